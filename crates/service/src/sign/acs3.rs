//! ACS3-HMAC-SHA256 ("V3"): headers and parameters, signed into the `Authorization` header.
//!
//! Source: <https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature>

use super::{hash, rpc};
use cloudflow_base::small;

/// The name of the algorithm, first word of the string to sign and of the header.
pub const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The SHA-256 of no bytes: the body hash of every GET.
pub const EMPTY_BODY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The canonical request and the names of the signed headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
    /// The whole canonical request.
    pub request: String,
    /// The signed names, joined with `;`.
    pub signed_headers: String,
}

/// First stage. It includes the headers `host`, `content-type` and `x-acs-*` only. Values of one name are joined.
pub fn canonical_request(
    method: &str,
    path: &str,
    query: &[(&str, &str)],
    headers: &[(&str, &str)],
    body_sha256: &str,
) -> Canonical {
    let mut signed: Vec<(String, &str)> = Vec::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if name.starts_with("x-acs-") || name == "host" || name == "content-type" {
            signed.push((name, value.trim_ascii()));
        }
    }
    small::sort(&mut signed);
    let mut lines = String::new();
    let mut names = String::new();
    for group in signed.chunk_by(|(a, _), (b, _)| a == b) {
        let name = group.first().map_or("", |(name, _)| name.as_str());
        lines.push_str(name);
        for (at, (_, value)) in group.iter().enumerate() {
            lines.push(if at == 0 { ':' } else { ',' });
            lines.push_str(value);
        }
        lines.push('\n');
        if !names.is_empty() {
            names.push(';');
        }
        names.push_str(name);
    }
    let path = if path.is_empty() { "/" } else { path };
    let request =
        [method, "\n", path, "\n", &rpc::canonical(query), "\n", &lines, "\n", &names, "\n", body_sha256].concat();
    Canonical { request, signed_headers: names }
}

/// Second stage: the algorithm and the hash of the canonical request.
pub fn string_to_sign(canonical_request: &str) -> String {
    [ALGORITHM, "\n", &sha256_hex(canonical_request.as_bytes())].concat()
}

/// Third stage: the HMAC in hexadecimal. The key is the secret itself.
pub fn signature(secret: &str, string_to_sign: &str) -> String {
    small::hex(&hash::hmac(hash::sha256, secret.as_bytes(), string_to_sign.as_bytes()))
}

/// Last stage: the value of the `Authorization` header.
pub fn authorization(access_key_id: &str, signed_headers: &str, signature: &str) -> String {
    [ALGORITHM, " Credential=", access_key_id, ",SignedHeaders=", signed_headers, ",Signature=", signature].concat()
}

/// The SHA-256 of a body, in hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    small::hex(&hash::sha256(&[bytes]))
}
