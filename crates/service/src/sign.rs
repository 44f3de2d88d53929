//! Signatures: RPC V1 (HMAC-SHA1) and ACS3-HMAC-SHA256.
//!
//! Each stage of both schemes is a function of its own: a wrong signature can be traced to its stage, and the emulator
//! verifies with the functions that the client signs with. Clock and nonce are arguments. This module alone has secrets,
//! and alone percent-encodes.

pub mod acs3;
pub mod encode;
mod hash;
mod redact;
pub mod rpc;

pub use redact::{redact, without};

use cloudflow_base::small;
use std::fmt;

use crate::wire::page::{Signable, common};
use crate::wire::request::{API_VERSION, Endpoint};
use cloudflow_base::time;

/// An AccessKey pair, with a token if it is temporary. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The AccessKey ID. It is sent as it is.
    pub access_key_id: String,
    /// The AccessKey secret. It is never sent.
    pub access_key_secret: String,
    /// The STS token of a temporary pair.
    pub security_token: Option<String>,
}

/// The signature scheme of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// RPC V1, the scheme that the official SDKs use with this service.
    #[default]
    HmacSha1,
    /// V3. It is not documented that the service accepts it.
    Acs3HmacSha256,
}

/// The unique parts of a request. Both are new for each attempt.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The time of the request, in Unix milliseconds.
    pub now: u64,
    /// A text that was never used before, see [`nonce`].
    pub nonce: &'a str,
}

/// A request ready to be sent, byte for byte. `Debug` shows the URL without its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL. It must be sent unchanged: a query builder would invalidate the signature.
    pub url: String,
    /// Headers to set, with lower-case names. `host` is not included, because it is part of the URL.
    pub headers: Vec<(String, String)>,
    /// The signature. Empty if the request is not signed.
    pub signature: String,
}

/// A signed POST of any operation: the query of its URL, and its body.
/// `Debug` shows the query without its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    /// The common parameters and the signature.
    pub query: String,
    /// The parameters of the operation, as `application/x-www-form-urlencoded`.
    pub body: String,
}

/// Stamps and signs one call. Without credentials the request is not signed: a gateway signs it.
///
/// The path in the signature is always `/`, for any path of the endpoint: a gateway with a path forwards to the service,
/// whose only path is `/`.
pub fn sign(
    scheme: Scheme,
    endpoint: &Endpoint,
    call: &dyn Signable,
    credentials: Option<&Credentials>,
    stamp: Stamp<'_>,
) -> SignedRequest {
    let parameters = call.parameters();
    let mut pairs: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let timestamp = time::utc(stamp.now);
    match (credentials, scheme) {
        (None, _) => {
            // A gateway always answers in JSON: `Format` is not needed.
            let [action, _, version] = common(call.operation());
            pairs.extend_from_slice(&[action, version]);
            SignedRequest {
                method: "GET",
                url: endpoint.url(&rpc::canonical(&pairs)),
                headers: Vec::new(),
                signature: String::new(),
            }
        }
        (Some(credentials), Scheme::HmacSha1) => {
            pairs.extend_from_slice(&common(call.operation()));
            push_rpc_parameters(&mut pairs, credentials, &timestamp, stamp.nonce);
            let mut query = rpc::canonical(&pairs);
            let signature = rpc::signature(&credentials.access_key_secret, &rpc::string_to_sign("GET", &query));
            push_signature(&mut query, &signature);
            SignedRequest { method: "GET", url: endpoint.url(&query), headers: Vec::new(), signature }
        }
        (Some(credentials), Scheme::Acs3HmacSha256) => {
            let mut headers = vec![
                ("host", endpoint.host()),
                ("x-acs-action", call.operation().as_str()),
                ("x-acs-content-sha256", acs3::EMPTY_BODY_SHA256),
                ("x-acs-date", timestamp.as_str()),
                ("x-acs-signature-nonce", stamp.nonce),
                ("x-acs-version", API_VERSION),
            ];
            if let Some(token) = &credentials.security_token {
                headers.push(("x-acs-security-token", token));
            }
            let canonical = acs3::canonical_request("GET", "/", &pairs, &headers, acs3::EMPTY_BODY_SHA256);
            let signature = acs3::signature(&credentials.access_key_secret, &acs3::string_to_sign(&canonical.request));
            let authorization = acs3::authorization(&credentials.access_key_id, &canonical.signed_headers, &signature);
            headers.extend_from_slice(&[("accept", "application/json"), ("authorization", &authorization)]);
            let mut sent = Vec::with_capacity(headers.len());
            for (name, value) in headers {
                if name != "host" {
                    sent.push((name.to_owned(), value.to_owned()));
                }
            }
            SignedRequest { method: "GET", url: endpoint.url(&rpc::canonical(&pairs)), headers: sent, signature }
        }
    }
}

/// Signs any operation with RPC V1, in the form of the official SDKs: a POST with the common parameters in the query
/// and the parameters of the operation in a form. Fails for a parameter that the signature itself sets.
///
/// ```
/// use cloudflow_service::sign::{Credentials, Stamp, form};
/// let credentials = Credentials { access_key_id: "id".into(), access_key_secret: "secret".into(), security_token: None };
/// let stamp = Stamp { now: 0, nonce: "n" };
/// let signed = form("DescribeFlow", &[("Name".into(), "a b".into())], &credentials, stamp).unwrap();
/// assert_eq!(signed.body, "Name=a%20b");
/// assert!(signed.query.starts_with("AccessKeyId=id&Action=DescribeFlow&Format=json&"));
/// assert!(form("DescribeFlow", &[("Action".into(), "x".into())], &credentials, stamp).is_err());
/// ```
pub fn form(
    action: &str,
    parameters: &[(String, String)],
    credentials: &Credentials,
    stamp: Stamp<'_>,
) -> Result<Form, String> {
    let timestamp = time::utc(stamp.now);
    let mut common = vec![("Action", action), ("Format", "json"), ("Version", API_VERSION)];
    push_rpc_parameters(&mut common, credentials, &timestamp, stamp.nonce);
    let own: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let is_reserved = |name: &str| name == "Signature" || common.iter().any(|(common, _)| *common == name);
    if let Some((name, _)) = own.iter().find(|(name, _)| is_reserved(name)) {
        return Err(["`", name, "` is set by the signature"].concat());
    }
    let all: Vec<(&str, &str)> = common.iter().chain(&own).copied().collect();
    let to_sign = rpc::string_to_sign("POST", &rpc::canonical(&all));
    let mut query = rpc::canonical(&common);
    push_signature(&mut query, &rpc::signature(&credentials.access_key_secret, &to_sign));
    Ok(Form { query, body: rpc::canonical(&own) })
}

/// Appends the parameters that RPC V1 adds to those of the operation.
fn push_rpc_parameters<'a>(
    parameters: &mut Vec<(&'a str, &'a str)>,
    credentials: &'a Credentials,
    timestamp: &'a str,
    nonce: &'a str,
) {
    parameters.extend_from_slice(&[
        ("AccessKeyId", &credentials.access_key_id),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", nonce),
        ("SignatureVersion", "1.0"),
        ("Timestamp", timestamp),
    ]);
    if let Some(token) = &credentials.security_token {
        parameters.push(("SecurityToken", token));
    }
}

fn push_signature(query: &mut String, signature: &str) {
    query.push_str("&Signature=");
    encode::percent_into(query, signature);
}

/// A nonce from random bytes, in the form of a version 4 UUID.
pub fn nonce(mut random: [u8; 16]) -> String {
    random[6] = random[6] & 0x0F | 0x40;
    random[8] = random[8] & 0x3F | 0x80;
    let hex = small::hex(&random);
    let mut nonce = String::with_capacity(36);
    for (at, digit) in hex.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            nonce.push('-');
        }
        nonce.push(digit);
    }
    nonce
}

/// Compares two signatures in constant time.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

impl Credentials {
    /// What is wrong with them. Absent if they are valid. The message contains no value.
    pub fn problem(&self) -> Option<String> {
        let parts = [
            ("accessKeyId", Some(&self.access_key_id)),
            ("accessKeySecret", Some(&self.access_key_secret)),
            ("securityToken", self.security_token.as_ref()),
        ];
        parts.into_iter().find_map(|(name, value)| {
            let value = value?;
            if value.is_empty() {
                Some(["`", name, "` is empty"].concat())
            } else if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                Some(["`", name, "` has a blank, a line break or another character that is not valid in a key: copy the key again"].concat())
            } else {
                None
            }
        })
    }
}

impl Scheme {
    /// The name in the options and in requests.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::HmacSha1 => "HMAC-SHA1",
            Scheme::Acs3HmacSha256 => "ACS3-HMAC-SHA256",
        }
    }

    /// The scheme with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Scheme::HmacSha1, Scheme::Acs3HmacSha256].into_iter().find(|scheme| scheme.as_str() == name)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials { .. }")
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form {{ {} }}", redact(&self.query, None))
    }
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedRequest {{ {} {} }}", self.method, redact(&self.url, None))
    }
}
