//! # What it does
//! Looks for options of a choice that can never be taken.
//!
//! # Why is this bad?
//! Options are tried in order and the first that is true is taken
//! (<https://help.aliyun.com/document_detail/122497.html>): one that repeats an earlier condition,
//! or stands behind `true`, is dead.
//!
//! # Example
//! ```yaml
//! choices:
//!   - {condition: $.n > 0, goto: a}
//!   - {condition: $.n > 0, goto: b}
//! ```
//!
//! # Use instead
//! ```yaml
//! choices:
//!   - {condition: $.n > 0, goto: a}
//! ```

use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Findings, Flow, StateKind, Text};
use crate::order;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for state in flow.states() {
        let StateKind::Choice(choice) = &state.kind else { continue };
        let mut always: Option<Text<'_>> = None;
        let mut seen: Vec<Text<'_>> = Vec::new();
        for option in &choice.options {
            let Some(condition) = option.condition.filter(|condition| !condition.opaque) else { continue };
            if let Some(always) = always {
                let message = "this option is never taken: an earlier one is always true";
                let diagnostic = Diagnostic::new(Code::ShadowedRule, condition.span, message);
                findings.add(diagnostic.related(always.span, "it is this one"));
            } else if condition.value.trim() == "true" {
                always = Some(condition);
            }
            seen.push(condition);
        }
        order::sort_by(&mut seen, |a, b| a.value.cmp(b.value));
        for pair in seen.windows(2) {
            let [first, second] = pair else { continue };
            if first.value == second.value && always.is_none() {
                let message = "this option is never taken: an earlier one has the same condition";
                let diagnostic = Diagnostic::new(Code::ShadowedRule, second.span, message);
                findings.add(diagnostic.related(first.span, "it is this one"));
            }
        }
    }
}
