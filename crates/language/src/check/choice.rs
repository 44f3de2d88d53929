//! # What it does
//! Reports options of a choice that are never taken.
//!
//! # Why is this bad?
//! A choice takes the first option that is true
//! (<https://help.aliyun.com/document_detail/122497.html>). An option that repeats an earlier
//! condition or follows the condition `true` is never taken.
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
use crate::flow::{Findings, Flow, StateKind, Text};
use cloudflow_base::diagnostic::Code;

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
                    "the earlier option",
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
                    "the earlier option",
                    &[],
                );
            });
        }
    }
}
