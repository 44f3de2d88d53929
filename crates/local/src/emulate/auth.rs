//! Checks the key and the signature of a request. Both schemes use the signing code of the client.

use std::collections::{BTreeMap, VecDeque};

use super::AccessKey;
use super::fault::Fault;
use super::http::{HEADERS, Parameters, Request};
use crate::simulate::{Millis, time};
use cloudflow_service::sign::{self, Scheme, acs3, rpc};

/// Maximum difference between the time of a request and the clock.
const WINDOW: Millis = 15 * 60 * 1000;

/// Maximum length of a nonce, in bytes. A nonce is kept as long as its request is valid.
const LONGEST_NONCE: usize = 256;

/// Maximum number of nonces that are kept.
const NONCES: usize = 100_000;

/// The signature scheme of a request.
pub(super) fn scheme_of(request: &Request) -> Scheme {
    match request.header("authorization") {
        Some(value) if value.starts_with(acs3::ALGORITHM) => Scheme::Acs3HmacSha256,
        _ => Scheme::HmacSha1,
    }
}

/// The operation or the version. The official core sends both headers with either scheme. For an RPC request, the
/// query takes precedence.
pub(super) fn common<'r>(
    scheme: Scheme,
    request: &'r Request,
    parameters: &'r Parameters,
    name: &str,
) -> Option<&'r str> {
    match (scheme, name) {
        (Scheme::Acs3HmacSha256, "Action") => request.header("x-acs-action"),
        (Scheme::Acs3HmacSha256, _) => request.header("x-acs-version"),
        (Scheme::HmacSha1, name) => parameters.get(name),
    }
}

/// The authentication parameters of a request.
struct Claim<'r> {
    key: &'r str,
    token: Option<&'r str>,
    time: &'r str,
    nonce: &'r str,
    signature: &'r str,
}

/// Checks the key, the clock, the signature and the token, in this order. Returns the nonce.
pub(super) fn check<'r>(
    scheme: Scheme,
    request: &'r Request,
    parameters: &'r Parameters,
    keys: &[AccessKey],
    now: Millis,
) -> Result<&'r str, Fault> {
    let claim = match scheme {
        Scheme::HmacSha1 => rpc_claim(parameters)?,
        Scheme::Acs3HmacSha256 => acs3_claim(request)?,
    };
    if claim.nonce.len() > LONGEST_NONCE {
        return Err(Fault::invalid(format!("the nonce is longer than {LONGEST_NONCE} bytes")));
    }
    let key = keys.iter().find(|key| key.id == claim.key).ok_or_else(|| Fault::access_key(claim.key))?;
    let sent = time::parse(claim.time)
        .filter(|_| claim.time.ends_with('Z') && claim.time.len() == "2019-03-15T00:00:00Z".len())
        .ok_or_else(|| Fault::invalid(format!("the time `{}` must have the form 2019-03-15T00:00:00Z", claim.time)))?;
    if sent.abs_diff(now) > WINDOW {
        return Err(Fault::skewed(claim.time, &time::format(now)));
    }
    let (string_to_sign, signature, body_matches) = match scheme {
        Scheme::HmacSha1 => {
            let pairs: Vec<(&str, &str)> = parameters.all().collect();
            let string = rpc::string_to_sign(&request.method, &rpc::canonical(&pairs));
            let signature = rpc::signature(&key.secret, &string);
            (string, signature, true)
        }
        Scheme::Acs3HmacSha256 => {
            let canonical = acs3_canonical(request, parameters);
            let signature = acs3::signature(&key.secret, &acs3::string_to_sign(&canonical));
            let hash = acs3::sha256_hex(&request.body);
            // The canonical request, because the string to sign contains only its hash.
            (canonical, signature, request.header("x-acs-content-sha256") == Some(hash.as_str()))
        }
    };
    if !sign::same(&signature, claim.signature) || !body_matches {
        return Err(Fault::signature(string_to_sign));
    }
    match (&key.security_token, claim.token) {
        (None, None) => {}
        (Some(_), None) => {
            return Err(Fault::new(400, "MissingSecurityToken", "SecurityToken is mandatory for this action."));
        }
        (Some(expected), Some(token)) if sign::same(expected, token) => {}
        (_, Some(_)) => {
            let message = "The security token does not match the AccessKey.";
            return Err(Fault::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message));
        }
    }
    Ok(claim.nonce)
}

fn rpc_claim(parameters: &Parameters) -> Result<Claim<'_>, Fault> {
    let claim = Claim {
        key: parameters.required("AccessKeyId")?,
        token: parameters.get("SecurityToken"),
        time: parameters.required("Timestamp")?,
        nonce: parameters.required("SignatureNonce")?,
        signature: parameters.required("Signature")?,
    };
    for (name, expected) in [("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")] {
        let value = parameters.required(name)?;
        if value != expected {
            return Err(Fault::invalid(format!("`{name}` must be `{expected}`, not `{value}`")));
        }
    }
    Ok(claim)
}

fn acs3_claim(request: &Request) -> Result<Claim<'_>, Fault> {
    let header = |name: &str| request.header(name).filter(|v| !v.is_empty()).ok_or_else(|| Fault::missing_header(name));
    let incomplete = |what: &str| {
        let message = format!("The request signature does not conform to Aliyun standards: {what}.");
        Fault::new(400, "IncompleteSignature", message)
    };
    let parts = authorization(request);
    let part = |name: &str| {
        let found = parts.get(name).copied().filter(|value| !value.is_empty());
        found.ok_or_else(|| incomplete(&format!("`{name}` is missing in `authorization`")))
    };
    let signed: Vec<&str> = part("SignedHeaders")?.split(';').take(HEADERS + 1).collect();
    if signed.len() > HEADERS {
        return Err(incomplete(&format!("`SignedHeaders` has more than {HEADERS} names")));
    }
    let must = |name: &str| name == "host" || name.starts_with("x-acs-");
    let names = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).chain(["host".to_owned()]);
    if let Some(name) = names.into_iter().find(|name| must(name) && !signed.contains(&name.as_str())) {
        return Err(incomplete(&format!("the header `{name}` is not among the signed ones")));
    }
    header("x-acs-content-sha256")?;
    Ok(Claim {
        key: part("Credential")?,
        token: request.header("x-acs-security-token"),
        time: header("x-acs-date")?,
        nonce: header("x-acs-signature-nonce")?,
        signature: part("Signature")?,
    })
}

/// The parts of `ACS3-HMAC-SHA256 Credential=..,SignedHeaders=..,Signature=..`.
fn authorization(request: &Request) -> BTreeMap<&str, &str> {
    let value = request.header("authorization").unwrap_or_default();
    let parts = value.strip_prefix(acs3::ALGORITHM).unwrap_or_default();
    parts.split(',').filter_map(|part| part.trim().split_once('=')).collect()
}

fn acs3_canonical(request: &Request, parameters: &Parameters) -> String {
    let parts = authorization(request);
    let signed: Vec<&str> = parts.get("SignedHeaders").copied().unwrap_or_default().split(';').collect();
    let mut headers: Vec<(&str, &str)> = vec![("host", &request.host)];
    headers.extend(
        request
            .headers
            .iter()
            .filter(|(name, _)| {
                !name.eq_ignore_ascii_case("host") && signed.iter().any(|s| s.eq_ignore_ascii_case(name))
            })
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    let query: Vec<(&str, &str)> = parameters.query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let hash = acs3::sha256_hex(&request.body);
    acs3::canonical_request(&request.method, &request.path, &query, &headers, &hash).request
}

/// Nonces of earlier requests. Each is kept as long as its request is valid.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    seen: BTreeMap<String, Millis>,
    order: VecDeque<(Millis, String)>,
}

impl Nonces {
    pub fn remember(&mut self, nonce: &str, now: Millis) -> Result<(), Fault> {
        while let Some((until, _)) = self.order.front() {
            if *until > now && self.order.len() < NONCES {
                break;
            }
            if let Some((_, old)) = self.order.pop_front() {
                self.seen.remove(&old);
            }
        }
        if self.seen.contains_key(nonce) {
            return Err(Fault::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
        }
        let until = now + 2 * WINDOW;
        self.seen.insert(nonce.to_owned(), until);
        self.order.push_back((until, nonce.to_owned()));
        Ok(())
    }
}
