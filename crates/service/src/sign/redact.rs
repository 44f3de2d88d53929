//! Removes secrets from texts that people see. The only redactor of the project.

use super::{Credentials, encode};

/// Replaces a secret.
const HIDDEN: &str = "***";

/// Names of secret values in URLs, strings to sign and headers.
const NAMES: &[&str] = &[
    "accesskeyid",
    "accesskeysecret",
    "securitytoken",
    "signature",
    "x-acs-security-token",
    "credential",
    "bearertoken",
];

/// Minimum length of a secret. A shorter text would occur in every message.
const MIN_SECRET: usize = 4;

/// A text may be cut inside a secret. The minimum number of characters before the cut that are removed.
const MIN_CUT_SECRET: usize = 10;

/// The text without the values of `AccessKeyId`, `SecurityToken` and `Signature` (in a URL, in a
/// string to sign, in an `Authorization` header), and without the secret and the token of the
/// credentials, however encoded. Services quote the string to sign in their messages.
pub fn redact(text: &str, credentials: Option<&Credentials>) -> String {
    match credentials {
        Some(credentials) => without(text, &credentials.secrets()),
        None => without(text, &[]),
    }
}

/// [`redact`] with any secrets: raw, percent-encoded up to four times with hexadecimal digits of
/// either case, or escaped as in JSON.
pub fn without(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= MIN_SECRET) {
        text = hide(&text, secret.as_bytes());
    }
    hide_named(&text)
}

impl Credentials {
    /// The texts that no message may contain: the secret and the token.
    pub fn secrets(&self) -> Vec<&str> {
        [Some(self.access_key_secret.as_str()), self.security_token.as_deref()].into_iter().flatten().collect()
    }
}

fn hide(text: &str, secret: &[u8]) -> String {
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    while at < text.len() {
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        match length(rest, secret) {
            // A match is ASCII: both ends are boundaries of characters.
            Some(length) => {
                out.push_str(text.get(kept..at).unwrap_or_default());
                out.push_str(HIDDEN);
                at += length;
                kept = at;
            }
            None => at += 1,
        }
    }
    out + text.get(kept..).unwrap_or_default()
}

/// The length of the secret at the beginning of `text`, in any encoding.
fn length(text: &[u8], secret: &[u8]) -> Option<usize> {
    if text.starts_with(secret) {
        return Some(secret.len());
    }
    let mut at = 0;
    for (matched, wanted) in secret.iter().enumerate() {
        let rest = text.get(at..).unwrap_or_default();
        match unit(rest, *wanted) {
            Some(length) => at += length,
            None => {
                return (matched >= MIN_CUT_SECRET && is_cut(rest)).then_some(at);
            }
        }
    }
    Some(at)
}

/// The length of one character of a secret at the beginning of `text`.
fn unit(text: &[u8], wanted: u8) -> Option<usize> {
    let first = *text.first()?;
    let is_hex = |at: usize| text.get(at..at + 2).is_some_and(|digits| encode::from_hex(digits) == Some(wanted));
    if first == b'%' {
        // Each further encoding replaces `%` by `%25`. The longest form is correct if the secret itself has a `%`.
        let forms = (0..4).take_while(|times| *times == 0 || text.get(1..1 + 2 * times).is_some_and(is_25));
        if let Some(times) = forms.filter(|times| is_hex(1 + 2 * times)).last() {
            return Some(3 + 2 * times);
        }
    }
    if first == b'\\' {
        if text.starts_with(b"\\u00") && is_hex(4) {
            return Some(6);
        }
        if matches!(wanted, b'/' | b'"' | b'\\') && text.get(1) == Some(&wanted) {
            return Some(2);
        }
    }
    // A form may have a blank instead of `+`.
    (first == wanted || (first == b' ' && wanted == b'+')).then_some(1)
}

/// True at the end of a text, also inside an encoded character.
fn is_cut(rest: &[u8]) -> bool {
    let digits = rest.iter().take(9).take_while(|byte| **byte == b'%' || byte.is_ascii_hexdigit()).count();
    let encoded = if rest.starts_with(b"%") { digits } else { 0 };
    let rest = rest.get(encoded..).unwrap_or_default();
    rest.is_empty() || rest.starts_with(b"`") || rest.starts_with("…".as_bytes())
}

fn is_25(text: &[u8]) -> bool {
    text.chunks(2).all(|pair| pair == b"25")
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

/// The start of the value, if a name with its sign is at `at`.
fn value_begin(lower: &str, at: usize) -> Option<usize> {
    let rest = lower.get(at..)?;
    let (name, behind) = NAMES.iter().find_map(|name| Some((*name, rest.strip_prefix(name)?)))?;
    let before = at.checked_sub(1).and_then(|before| lower.as_bytes().get(before));
    // `SignatureNonce` is no secret, and `xSignature` is another name. An encoded `&` or `?` ends in a digit or a letter.
    let encoded = ["%26", "%3f", "%2526", "%253f", "%252526", "%25253f"]
        .iter()
        .any(|sign| lower.get(..at).is_some_and(|head| head.ends_with(sign)));
    if !encoded && before.is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let sign = ["=", "%3d", "%253d", "%25253d", ":"].into_iter().find(|sign| behind.starts_with(sign))?;
    // A sentence may contain "signature: …": only the name of the header is followed by a colon.
    (sign != ":" || name.starts_with("x-acs")).then(|| at + name.len() + sign.len())
}

fn value_length(value: &str) -> usize {
    let end = |at: &usize| {
        let rest = value.get(*at..).unwrap_or_default();
        rest.starts_with(['&', ',', ';', '"', '\'', '`', '<', '>', ')', ']', '}'])
            || rest.starts_with(|c: char| c.is_ascii_whitespace())
            || ["%26", "%2526", "%252526", "\\n"].iter().any(|sign| rest.starts_with(sign))
    };
    (0..value.len()).filter(|at| value.is_char_boundary(*at)).find(end).unwrap_or(value.len())
}
