//! Takes secrets out of texts that people will see.

use super::{Credentials, encode};
use cloudflow_base::text::split_at_first;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// Names whose values nobody should see, as they occur in URLs, strings to sign and headers.
const NAMES: &[&str] =
    &["accesskeyid", "securitytoken", "signature", "x-acs-security-token", "credential", "bearertoken"];

/// The text without the values of `AccessKeyId`, `SecurityToken` and `Signature` (in a URL, in a
/// string to sign, in an `Authorization` header), and without the secret and the token of the
/// credentials, however encoded. Services quote the string to sign in their messages.
pub fn redact(text: &str, credentials: Option<&Credentials>) -> String {
    let mut text = text.to_owned();
    if let Some(credentials) = credentials {
        let secrets = [Some(&credentials.access_key_secret), credentials.security_token.as_ref()];
        for secret in secrets.into_iter().flatten().filter(|secret| !secret.is_empty()) {
            let once = encode::percent(secret);
            let twice = encode::percent(&once);
            for form in [&twice, &once, secret] {
                text = hide(&text, form);
            }
        }
    }
    hide_named(&text)
}

fn hide(text: &str, secret: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = split_at_first(rest, secret) {
        out.push_str(before);
        out.push_str(HIDDEN);
        rest = behind;
    }
    out + rest
}

fn hide_named(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(begin) = value_begin(&lower, at) {
            let value = text.get(begin..).unwrap_or_default();
            let length = value_length(value);
            out.push_str(text.get(at..begin).unwrap_or_default());
            if length > 0 {
                out.push_str(HIDDEN);
            }
            at = begin + length;
        } else {
            let next = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(rest.get(..next).unwrap_or_default());
            at += next;
        }
    }
    out
}

/// Where the value begins, if a name with its sign stands at `at`.
fn value_begin(lower: &str, at: usize) -> Option<usize> {
    let before = at.checked_sub(1).and_then(|before| lower.as_bytes().get(before));
    // `SignatureNonce` is no secret, and `xSignature` is another name; but an encoded `&` or `?`
    // ends in a digit or a letter.
    let encoded =
        ["%26", "%3f", "%2526", "%253f"].iter().any(|sign| lower.get(..at).is_some_and(|head| head.ends_with(sign)));
    if !encoded && before.is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let rest = lower.get(at..)?;
    NAMES.iter().find_map(|name| {
        let behind = rest.strip_prefix(name)?;
        let sign = ["=", "%3d", "%253d", "%25253d", ":"].into_iter().find(|sign| behind.starts_with(sign))?;
        // Prose may say "signature: …"; only the header's own name is followed by a colon.
        (sign != ":" || name.starts_with("x-acs")).then(|| at + name.len() + sign.len())
    })
}

fn value_length(value: &str) -> usize {
    let end = |at: &usize| {
        let rest = value.get(*at..).unwrap_or_default();
        rest.starts_with(['&', ',', ';', '"', '\'', '`', '<', '>', ')', ']', '}'])
            || rest.starts_with(|c: char| c.is_ascii_whitespace())
            || rest.starts_with("%26")
            || rest.starts_with("%2526")
            || rest.starts_with("\\n")
    };
    (0..value.len()).filter(|at| value.is_char_boundary(*at)).find(end).unwrap_or(value.len())
}
