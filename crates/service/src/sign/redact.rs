//! Removes secrets from texts that people see. The only redactor of the project.

use super::Credentials;
use cloudflow_base::small;

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

/// What ends the value of a name, also encoded.
const ENDS: &[&str] = &[
    "&", ",", ";", "\"", "'", "`", "<", ">", ")", "]", "}", " ", "\t", "\n", "\r", "\x0C", "%26", "%2526", "%252526",
    "\\n",
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
        let mut secrets = vec![self.access_key_secret.as_str()];
        if let Some(token) = &self.security_token {
            secrets.push(token);
        }
        secrets
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
    // `%2525` is `%25` encoded once, and also `%` encoded twice: every reading is followed.
    let mut ends = Vec::new();
    forms(text, *secret.first()?, &mut |length| ends.push(length));
    for (matched, wanted) in secret.iter().enumerate().skip(1) {
        let mut next = Vec::new();
        for at in &ends {
            forms(text.get(*at..).unwrap_or_default(), *wanted, &mut |length| {
                if !next.contains(&(at + length)) {
                    next.push(at + length);
                }
            });
        }
        if next.is_empty() {
            ends.retain(|at| matched >= MIN_CUT_SECRET && is_cut(text.get(*at..).unwrap_or_default()));
            break;
        }
        ends = next;
    }
    ends.into_iter().max()
}

/// Calls `found` with the length of each form of one character of a secret at the beginning of `text`.
fn forms(text: &[u8], wanted: u8, found: &mut dyn FnMut(usize)) {
    let Some(first) = text.first() else { return };
    let is_hex = |at: usize| text.get(at..at + 2).is_some_and(|digits| small::from_hex(digits) == Some(wanted));
    // A form may have a blank instead of `+`.
    if *first == wanted || (*first == b' ' && wanted == b'+') {
        found(1);
    }
    if *first == b'%' {
        // Each further encoding replaces `%` by `%25`.
        for times in (0..4).take_while(|times| *times == 0 || text.get(1..1 + 2 * times).is_some_and(is_25)) {
            if is_hex(1 + 2 * times) {
                found(3 + 2 * times);
            }
        }
    }
    if *first == b'\\' {
        if text.starts_with(b"\\u00") && is_hex(4) {
            found(6);
        }
        if matches!(wanted, b'/' | b'"' | b'\\') && text.get(1) == Some(&wanted) {
            found(2);
        }
    }
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
    let behind = small::strip_one(rest, NAMES)?;
    let before = at.checked_sub(1).and_then(|before| lower.as_bytes().get(before));
    // `SignatureNonce` is no secret, and `xSignature` is another name. An encoded `&` or `?` ends in a digit or a letter.
    let head = lower.get(..at).unwrap_or_default();
    let encoded = ["%26", "%3f", "%2526", "%253f", "%252526", "%25253f"].iter().any(|sign| head.ends_with(sign));
    if !encoded && before.is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    // A sentence may contain "signature: …": only the name of the header is followed by a colon.
    let colon = || behind.strip_prefix(':').filter(|_| rest.starts_with("x-acs"));
    let value = small::strip_one(behind, &["=", "%3d", "%253d", "%25253d"]).or_else(colon)?;
    Some(lower.len() - value.len())
}

fn value_length(value: &str) -> usize {
    // Inside of a character, no text begins.
    let end = |at: &usize| small::strip_one(value.get(*at..).unwrap_or_default(), ENDS).is_some();
    (0..value.len()).find(end).unwrap_or(value.len())
}
