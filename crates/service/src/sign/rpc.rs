//! RPC V1: parameters in the query, signed with HMAC-SHA1.
//!
//! Source: <https://help.aliyun.com/zh/sdk/product-overview/rpc-mechanism>

use super::{encode, hash};
use cloudflow_base::small;

/// First stage: the parameters of query and form, sorted by name, encoded and joined. A parameter `Signature` is omitted.
/// The result is also the query of the URL.
pub fn canonical(pairs: &[(&str, &str)]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.retain(|(name, _)| *name != "Signature");
    small::sort(&mut sorted);
    let mut text = String::with_capacity(sorted.iter().map(|(name, value)| name.len() + value.len() + 8).sum());
    for (name, value) in sorted {
        if !text.is_empty() {
            text.push('&');
        }
        encode::percent_into(&mut text, name);
        text.push('=');
        encode::percent_into(&mut text, value);
    }
    text
}

/// Second stage: the method, the path (always `/`), and the canonical parameters, encoded again.
pub fn string_to_sign(method: &str, canonical: &str) -> String {
    let mut text = String::with_capacity(canonical.len() * 3 / 2);
    text.push_str(method);
    text.push_str("&%2F&");
    encode::percent_into(&mut text, canonical);
    text
}

/// Third stage: Base64 of the HMAC. The key is the secret with a trailing `&`. Some documents omit it, but the published
/// values need it.
pub fn signature(secret: &str, string_to_sign: &str) -> String {
    let key = [secret, "&"].concat();
    small::base64(&hash::hmac(hash::sha1, key.as_bytes(), string_to_sign.as_bytes()))
}
