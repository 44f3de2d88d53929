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
use cloudflow_base::time::is_rfc3339;

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
