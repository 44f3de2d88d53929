//! # What it does
//! Reports plain values that loaders of YAML read differently: numbers with a leading zero, words such as `on`, dates.
//!
//! # Why is this bad?
//! The service reads YAML with a loader that is not documented. A loader of YAML 1.1 reads `014` as 12, a loader of
//! YAML 1.2 as 14.
//!
//! # Example
//! ```yaml
//! - Type: Wait
//!   Name: on
//!   Seconds: 014
//! ```
//!
//! # Use instead
//! ```yaml
//! - Type: Wait
//!   Name: "on"
//!   Seconds: 14
//! ```

use crate::flow::Findings;
use crate::yaml::{Node, Tree};
use cloudflow_base::diagnostic::{Code, nearest};
use cloudflow_base::small::to_decimal;

pub(super) fn check(tree: &Tree<'_>, findings: &mut Findings) {
    for (before, node) in tree.doubtful_scalars() {
        let Some(text) = node.text() else { continue };
        let Some((new, old, right)) = readings(text) else { continue };
        // A time is documented for this key, without quotes.
        let is_time = old == "a time"
            && before
                .and_then(Node::text)
                .is_some_and(|key| key == "timestamp" || nearest(key, ["timestamp"]).is_some());
        let span = node.span();
        // A wrong type has been reported for the same mistake.
        if is_time || findings.list().iter().any(|found| found.span == Some(span) || found.about == span) {
            continue;
        }
        if new == old {
            continue;
        }
        let old = if text.starts_with("0x") {
            "a text for loaders of the JSON schema".to_owned()
        } else {
            [&*old, " in YAML 1.1"].concat()
        };
        let message = "`{}` is {} in YAML 1.2 and {}: write `{}`";
        findings.report(Code::AmbiguousValue, span, message, &[text, &new, &old, &right]).write(span, &right);
    }
}

/// The meaning of a value in YAML 1.2 and in YAML 1.1, and a notation that has only the first one. Absent if the
/// meanings are equal.
fn readings(text: &str) -> Option<(String, String, String)> {
    let all = |text: &str, known: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(known);
    if !text.starts_with('0') && all(text, u8::is_ascii_digit) {
        return None;
    }
    let quoted = || ["\"", text, "\""].concat();
    let number = |number: i64| ["the number ", &*to_decimal(number)].concat();
    let as_text = |old: String| Some(("a text".to_owned(), old, quoted()));
    let is = |word: &&str| text.eq_ignore_ascii_case(word);
    if let Some(at) = ["on", "yes", "off", "no"].iter().position(is) {
        return as_text(if at < 2 { "true" } else { "false" }.to_owned());
    }
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (if text.starts_with('-') { -1 } else { 1 }, rest),
        None => (1, text),
    };
    let octal = |digits: &str| i64::from_str_radix(digits, 8).ok().map(|value| value * sign);
    if let Some(rest) = digits.strip_prefix("0x") {
        let value = i64::from_str_radix(rest, 16).ok().filter(|_| all(rest, u8::is_ascii_hexdigit) && sign > 0)?;
        return Some((number(value), "a text".to_owned(), to_decimal(value)));
    }
    if let Some(rest) = digits.strip_prefix("0o") {
        let value = octal(rest).filter(|_| sign > 0)?;
        return Some((number(value), "a text".to_owned(), to_decimal(value)));
    }
    if let Some(rest) = digits.strip_prefix("0b") {
        let value = i64::from_str_radix(rest, 2).ok().filter(|_| all(rest, u8::is_ascii_digit))?;
        return as_text(number(value * sign));
    }
    if digits.len() > 1 && digits.starts_with('0') && all(digits, u8::is_ascii_digit) {
        let value = digits.parse::<i64>().ok()? * sign;
        let old = octal(digits).map_or("a text".to_owned(), number);
        return (value != 0).then(|| (number(value), old, to_decimal(value)));
    }
    if digits.contains('_')
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && all(digits, |byte| byte.is_ascii_digit() || *byte == b'_')
    {
        return as_text(number(digits.replace('_', "").parse::<i64>().ok()? * sign));
    }
    if digits.contains(':') && all(digits, |byte| byte.is_ascii_digit() || *byte == b':') {
        let mut parts = digits.split(':');
        let mut value = parts.next()?.parse::<i64>().ok()?;
        for part in parts {
            let next = part.parse::<i64>().ok().filter(|next| *next < 60 && part.len() <= 2)?;
            value = value.checked_mul(60)?.checked_add(next)?;
        }
        return as_text(number(value * sign));
    }
    let bytes = text.as_bytes();
    let is_date = bytes.len() >= 10
        && bytes
            .iter()
            .take(10)
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() });
    match bytes.get(10) {
        None if is_date => as_text("a date".to_owned()),
        Some(b'T' | b't' | b' ') if is_date && cloudflow_base::time::is_rfc3339(text) => as_text("a time".to_owned()),
        _ => None,
    }
}
