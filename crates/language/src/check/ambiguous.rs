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
use cloudflow_base::small::{contains, parse_digits, parse_int, split, to_decimal};

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
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1, text.get(1..)?),
        Some(b'+') => (1, text.get(1..)?),
        _ => (1, text),
    };
    let radix = |digits: &str, radix| parse_digits(digits, radix).and_then(|value| i64::try_from(value).ok());
    let octal = |digits: &str| radix(digits, 8).map(|value| value * sign);
    if let Some(rest) = digits.strip_prefix("0x") {
        let value = radix(rest, 16).filter(|_| sign > 0)?;
        return Some((number(value), "a text".to_owned(), to_decimal(value)));
    }
    if let Some(rest) = digits.strip_prefix("0o") {
        let value = octal(rest).filter(|_| sign > 0)?;
        return Some((number(value), "a text".to_owned(), to_decimal(value)));
    }
    if let Some(rest) = digits.strip_prefix("0b") {
        let value = radix(rest, 2)?;
        return as_text(number(value * sign));
    }
    if digits.len() > 1 && digits.starts_with('0') && all(digits, u8::is_ascii_digit) {
        let value = parse_int(digits)? * sign;
        let old = octal(digits).map_or("a text".to_owned(), number);
        return (value != 0).then(|| (number(value), old, to_decimal(value)));
    }
    if contains(digits, "_")
        && digits.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && all(digits, |byte| byte.is_ascii_digit() || *byte == b'_')
    {
        return as_text(number(parse_int(&split(digits, "_").concat())? * sign));
    }
    if contains(digits, ":") && all(digits, |byte| byte.is_ascii_digit() || *byte == b':') {
        let parts = split(digits, ":");
        let mut value = parse_int(parts.first()?)?;
        for part in parts.iter().skip(1) {
            let next = parse_int(part).filter(|next| *next < 60 && part.len() <= 2)?;
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
