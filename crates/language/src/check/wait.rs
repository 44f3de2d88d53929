//! # What it does
//! Reports waits without a duration or time, waits with both, and times that are not in RFC 3339
//! form.
//!
//! # Why is this bad?
//! A wait step of the `flow` dialect has either a `duration` in seconds or a `timestamp`
//! (<https://help.aliyun.com/document_detail/122495.html>).
//!
//! # Example
//! ```yaml
//! - type: wait
//!   name: untilNoon
//!   timestamp: 12:00
//! ```
//!
//! # Use instead
//! ```yaml
//! - type: wait
//!   name: untilNoon
//!   timestamp: "2030-01-01T12:00:00+08:00"
//! ```

use crate::flow::{Dialect, Findings, Flow, StateKind, TextValue};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::text::whole;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for state in flow.states() {
        let StateKind::Wait(wait) = &state.kind else { continue };
        if let Some(TextValue::Literal(time)) = wait.timestamp.get()
            && !time.opaque
            && !is_rfc3339(time.value)
        {
            let message = "`{}` is not an RFC 3339 time such as `2030-01-01T12:00:00+08:00`";
            findings.report(Code::InvalidTime, time.span, message, &[time.value]);
        }
        if flow.dialect != Dialect::Flow {
            continue;
        }
        match (wait.seconds.is_present(), wait.timestamp.is_present()) {
            (true, true) => {
                let message = "`duration` and `timestamp` exclude each other: keep one of them";
                let place = wait.timestamp.get().map_or(state.place(), |time| time.text().span);
                findings.report(Code::ConflictingKeys, place, message, &[]);
            }
            (false, false) => {
                let message = "`duration` or `timestamp` is missing: a `wait` step needs one of them";
                findings.report(Code::MissingKey, state.place(), message, &[]).about(state.node.span());
            }
            _ => {}
        }
    }
}

/// `2030-01-01T12:00:00.5+08:00`
fn is_rfc3339(text: &str) -> bool {
    let shape = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(c, p)| if p == b'0' { c.is_ascii_digit() } else { c == p })
    };
    let number = |from: usize, to: usize| text.get(from..to).and_then(whole);
    let in_range =
        |from: usize, least: i64, most: i64| number(from, from + 2).is_some_and(|n| (least..=most).contains(&n));
    let upper = text.to_ascii_uppercase();
    let (Some(head), Some(mut rest)) = (upper.get(..19), upper.get(19..)) else { return false };
    if !shape(head, "0000-00-00T00:00:00") && !shape(head, "0000-00-00 00:00:00") {
        return false;
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if digits.len() == fraction.len() {
            return false;
        }
        rest = digits;
    }
    let zone = rest == "Z" || shape(rest, "+00:00") || shape(rest, "-00:00");
    zone && in_range(5, 1, 12)
        && in_range(8, 1, 31)
        && in_range(11, 0, 23)
        && in_range(14, 0, 59)
        && in_range(17, 0, 60)
}

#[cfg(test)]
mod tests {
    use super::is_rfc3339;

    #[test]
    fn knows_times() {
        for right in ["2030-01-01T12:00:00+08:00", "2030-01-01T12:00:00Z", "2030-01-01t12:00:00.125z"] {
            assert!(is_rfc3339(right), "{right}");
        }
        for wrong in
            ["2030-01-01", "2030-01-01T12:00:00", "2030-13-01T12:00:00Z", "12:00", "2030-01-01T12:00:00.Z", "明天"]
        {
            assert!(!is_rfc3339(wrong), "{wrong}");
        }
    }
}
