//! # What it does
//! Reports retry and catch rules that are never matched, error names that are misspelled or meant as
//! patterns, and maximum intervals that are less than the first interval.
//!
//! # Why is this bad?
//! The first rule that contains the name of the error is used. Names are compared exactly, and
//! `FnF.ALL` matches every error (<https://www.alibabacloud.com/help/doc-detail/2500862.html>). A
//! rule after it is never matched.
//!
//! # Example
//! ```yaml
//! catch:
//!   - {errors: [FnF.ALL], goto: failed}
//!   - {errors: [FnF.TaskTimeout], goto: late}
//! ```
//!
//! # Use instead
//! ```yaml
//! catch:
//!   - {errors: [FnF.TaskTimeout], goto: late}
//!   - {errors: [FnF.ALL], goto: failed}
//! ```

use super::duplicates;
use crate::flow::{Findings, Flow, Text};
use cloudflow_base::diagnostic::{Code, nearest};
use cloudflow_base::small::is_one_of;

const ALL: &str = "FnF.ALL";

/// Error names in the vendor's pages and samples. The set is open: a function can raise any name.
pub(crate) const KNOWN: [&str; 12] = [
    ALL,
    "FnF.TaskTimeout",
    "FnF.InvalidLocal",
    "FnF.RuntimeError",
    "FC.ResourceThrottled",
    "FC.ResourceExhausted",
    "FC.InternalServerError",
    "FC.Unknown",
    "FC.ServerError",
    "FC.ServiceNotFound",
    "FC.FunctionNotFound",
    "FC.InvalidArgument",
];

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for state in flow.states() {
        let mut shadows = Shadows::default();
        for rule in &state.retry {
            shadows.rule(&rule.errors, findings);
        }
        shadows.finish(findings);
        let mut shadows = Shadows::default();
        for rule in state.catch_rules() {
            shadows.rule(&rule.errors, findings);
        }
        shadows.finish(findings);
        for rule in &state.retry {
            let (Some(interval), Some(most)) = (rule.interval, rule.max_interval) else { continue };
            if let (Some(first), Some(cap)) = (interval.int(), most.int())
                && cap < first
            {
                let message = "the maximum interval is less than the first interval";
                findings.report(Code::NoEffect, most.span, message, &[]).related(
                    interval.span,
                    "the first interval",
                    &[],
                );
            }
        }
    }
}

/// The rules of one list in their order.
#[derive(Default)]
struct Shadows<'a> {
    all: Option<Text<'a>>,
    names: Vec<Text<'a>>,
}

impl<'a> Shadows<'a> {
    #[inline(never)]
    fn rule(&mut self, errors: &[Text<'a>], findings: &mut Findings) {
        let earlier = self.all;
        for error in errors {
            if !error.opaque {
                name(*error, findings);
            }
            if let Some(all) = earlier {
                let message = "`{}` is never matched here: an earlier rule matches `FnF.ALL`";
                findings.report(Code::ShadowedRule, error.span, message, &[error.value]).related(
                    all.span,
                    "the earlier rule",
                    &[],
                );
                continue;
            }
            if error.value == ALL {
                self.all = Some(*error);
            }
            self.names.push(*error);
        }
    }

    #[inline(never)]
    fn finish(mut self, findings: &mut Findings) {
        duplicates(&mut self.names, &mut |first, second| {
            if !first.opaque {
                let message = "`{}` is never matched here: an earlier rule matches it";
                findings.report(Code::ShadowedRule, second.span, message, &[second.value]).related(
                    first.span,
                    "the earlier rule",
                    &[],
                );
            }
        });
    }
}

fn name(error: Text<'_>, findings: &mut Findings) {
    let text = error.value;
    if text.as_bytes().contains(&b'*') {
        let message = "`{}` is not a pattern and matches only itself: use `FnF.ALL` to match every error";
        findings.report(Code::UnknownError, error.span, message, &[text]);
        return;
    }
    if is_one_of(text, &KNOWN) {
        return;
    }
    let dot = text.bytes().position(|b| b == b'.').unwrap_or(text.len());
    let prefix = text.get(..dot).unwrap_or_default();
    // `action` tasks have product names in lower case: `fnf.ResourceThrottled`.
    if !matches!(prefix, "FnF" | "FC" | "States") && !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(text)) {
        return;
    }
    let meant = match text {
        "States.ALL" => Some(ALL),
        _ => nearest(text, KNOWN).filter(|meant| meant.len().abs_diff(text.len()) <= 2),
    };
    let Some(meant) = meant else { return };
    findings
        .report(Code::UnknownError, error.span, "unknown error `{}`: did you mean `{}`?", &[text, meant])
        .change(text, error.span, meant);
}
