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

use super::{duplicates, literal};
use crate::diagnostic::Code;
use crate::flow::{Findings, Flow, StateKind, Text};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for state in flow.states() {
        let StateKind::Choice(choice) = &state.kind else { continue };
        let mut always: Option<Text<'_>> = None;
        let mut seen: Vec<Text<'_>> = Vec::new();
        for option in &choice.options {
            let Some(condition) = literal(option.condition) else { continue };
            if let Some(always) = always {
                let message = "this option is never taken: an earlier one is always true";
                findings.report(Code::ShadowedRule, condition.span, message, &[]).related(
                    always.span,
                    "it is this one",
                    &[],
                );
            } else if condition.value.trim_ascii() == "true" {
                always = Some(condition);
            }
            seen.push(condition);
        }
        if always.is_none() {
            duplicates(&mut seen, &mut |first, second| {
                let message = "this option is never taken: an earlier one has the same condition";
                findings.report(Code::ShadowedRule, second.span, message, &[]).related(
                    first.span,
                    "it is this one",
                    &[],
                );
            });
        }
    }
}
