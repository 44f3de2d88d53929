//! The parts of a signed request: texts separated by U+001F. In order: endpoint, flow, execution, AccessKey ID, secret,
//! token, nonce, seconds since 1970, seconds to wait, then alternating names and values of parameters and headers.

use cloudflow_local::emulate::{AccessKey, Emulator, Options, Reply, Request};
use cloudflow_service::sign::{Credentials, Scheme, Stamp, acs3, encode, redact, rpc, sign};
use cloudflow_service::wire::request::{DescribeExecution, Endpoint};

/// Signs a request with each scheme. The emulator verifies it.
pub fn run(bytes: &[u8]) {
    let text = crate::text(bytes);
    let parts: Vec<&str> = text.split('\u{1F}').collect();
    let field = |at: usize| parts.get(at).copied().unwrap_or_default();
    for part in &parts {
        encodings(part);
    }
    let pairs: Vec<(&str, &str)> =
        parts.get(9..).unwrap_or_default().chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    rpc_canonical(&pairs);
    // HTTP allows no other header.
    let token = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~!#$%&'*+^`|".contains(&b))
    };
    let headers: Vec<_> =
        pairs.iter().copied().filter(|(name, value)| token(name) && !value.contains(['\n', '\r'])).collect();
    acs3_canonical(&pairs, &headers, field(0));

    let credentials = Credentials {
        access_key_id: field(3).to_owned(),
        access_key_secret: field(4).to_owned(),
        security_token: (!field(5).is_empty()).then(|| field(5).to_owned()),
    };
    hidden(&text, &credentials);
    let _ = Endpoint::of_region(field(0)).map(|endpoint| check_invariants(&endpoint));
    let Ok(endpoint) = Endpoint::parse(field(0)) else { return };
    check_invariants(&endpoint);
    let call = DescribeExecution {
        flow_name: field(1).to_owned(),
        execution_name: field(2).to_owned(),
        wait_time_seconds: field(8).parse::<u32>().unwrap_or(0).min(60),
    };
    let now = field(7).parse::<u64>().unwrap_or(1_714_979_289).min(253_402_300_799) * 1000;
    for scheme in [Scheme::HmacSha1, Scheme::Acs3HmacSha256] {
        let stamp = Stamp { now, nonce: field(6) };
        for credentials in [None, Some(&credentials)] {
            let signed = sign(scheme, &endpoint, &call, credentials, stamp);
            let query = signed.url.strip_prefix(endpoint.base()).and_then(|rest| rest.strip_prefix('?'));
            let query = query.expect("the URL begins with the endpoint");
            assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{query}");
            let Some(credentials) = credentials.filter(|credentials| credentials.problem().is_none()) else { continue };
            let nonce_is_sent = !field(6).is_empty() && field(6).trim_ascii() == field(6);
            if !endpoint.is_relative() && nonce_is_sent {
                verified(&endpoint, query, signed.headers, credentials, now);
            }
        }
    }
}

/// The emulator, which shares only the stages of the signature, accepts the request.
fn verified(endpoint: &Endpoint, query: &str, headers: Vec<(String, String)>, credentials: &Credentials, now: u64) {
    let mut emulator = Emulator::new(Options {
        access_keys: vec![AccessKey {
            id: credentials.access_key_id.clone(),
            secret: credentials.access_key_secret.clone(),
            security_token: credentials.security_token.clone(),
        }],
        ..Options::default()
    });
    let request = Request {
        method: "GET".to_owned(),
        host: endpoint.host().to_owned(),
        path: "/".to_owned(),
        query: query.to_owned(),
        headers,
        body: Vec::new(),
    };
    let Reply::Answer(response) = emulator.request(now, &request) else { panic!("no flow is there to wait for") };
    let body = String::from_utf8_lossy(&response.body).into_owned();
    assert!(!body.contains("SignatureNotMatch"), "{request:?}: {body}");
}

fn encodings(text: &str) {
    let encoded = encode::percent(text);
    let mut decoded = Vec::new();
    let mut rest = encoded.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte == b'%' {
            let (digits, behind) = rest.split_at(2);
            assert!(!digits.iter().any(u8::is_ascii_lowercase), "{encoded}");
            let digits = std::str::from_utf8(digits).expect("the encoding is ASCII");
            decoded.push(u8::from_str_radix(digits, 16).expect("two digits follow a `%`"));
            rest = behind;
        } else {
            assert!(byte.is_ascii_alphanumeric() || b"-_.~".contains(byte), "{encoded}");
            decoded.push(*byte);
        }
    }
    assert_eq!(decoded, text.as_bytes(), "{encoded}");
}

/// The order of the parameters does not matter, and no parameter is lost.
fn rpc_canonical(pairs: &[(&str, &str)]) {
    let canonical = rpc::canonical(pairs);
    let mut turned = pairs.to_vec();
    turned.reverse();
    assert_eq!(canonical, rpc::canonical(&turned));
    let mut expected: Vec<String> = pairs
        .iter()
        .filter(|(name, _)| *name != "Signature")
        .map(|(name, value)| encode::percent(name) + "=" + &encode::percent(value))
        .collect();
    let mut found: Vec<String> = canonical.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    // The order of names that hold encoded characters is that of the plain names.
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    let to_sign = rpc::string_to_sign("GET", &canonical);
    assert_eq!(to_sign.matches('&').count(), 2, "{to_sign}");
    assert_eq!(rpc::signature("secret", &to_sign).len(), 28);
}

fn acs3_canonical(pairs: &[(&str, &str)], headers: &[(&str, &str)], path: &str) {
    let hash = acs3::EMPTY_BODY_SHA256;
    let canonical = acs3::canonical_request("GET", path, pairs, headers, hash);
    let turned = |pairs: &[(_, _)]| pairs.iter().rev().copied().collect::<Vec<(&str, &str)>>();
    assert_eq!(canonical, acs3::canonical_request("GET", path, &turned(pairs), &turned(headers), hash));
    assert!(canonical.request.ends_with(&format!("\n{}\n{hash}", canonical.signed_headers)));
    let names: Vec<&str> = canonical.signed_headers.split(';').collect();
    assert!(names.is_sorted() && names.iter().all(|name| !name.bytes().any(|byte| byte.is_ascii_uppercase())));
    let to_sign = acs3::string_to_sign(&canonical.request);
    assert_eq!(acs3::signature("secret", &to_sign).len(), 64);
}

fn check_invariants(endpoint: &Endpoint) {
    let base = endpoint.base();
    assert!(base.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#'), "{base}");
    assert!(!endpoint.host().bytes().any(|byte| byte.is_ascii_uppercase() || b"/@".contains(&byte)), "{base}");
    assert_eq!(Endpoint::parse(base).as_ref(), Ok(endpoint), "read again, it is the same");
}

/// No text contains a secret.
fn hidden(text: &str, credentials: &Credentials) {
    let shown = redact(text, Some(credentials));
    for secret in [Some(&credentials.access_key_secret), credentials.security_token.as_ref()].into_iter().flatten() {
        // A part of the replacement could equal a secret that is shorter or consists of stars.
        if secret.len() >= 8 && !secret.contains('*') {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
    }
}
