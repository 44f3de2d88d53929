//! # What it does
//! Looks for retry and catch rules that another one always comes before, for names of errors that
//! are misspelt or meant as patterns, and for waits that grow the wrong way.
//!
//! # Why is this bad?
//! Rules are tried in order, the first that has the error's name is used, names are compared as
//! they are, and `FnF.ALL` stands for every error
//! (<https://www.alibabacloud.com/help/doc-detail/2500862.html>). What stands behind it is dead.
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
use crate::diagnostic::{Code, nearest};
use crate::flow::{Findings, Flow, Text};

const ALL: &str = "FnF.ALL";

/// Names the vendor's pages and samples show. The set is open: any function can raise any name.
const KNOWN: [&str; 12] = [
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
                let message = "the greatest interval is less than the first one, which it cuts off";
                findings.report(Code::NoEffect, most.span, message, &[]).related(
                    interval.span,
                    "the first interval",
                    &[],
                );
            }
        }
    }
}

/// The rules of one list, which are tried in order.
#[derive(Default)]
struct Shadows<'a> {
    all: Option<Text<'a>>,
    names: Vec<Text<'a>>,
}

impl<'a> Shadows<'a> {
    #[inline(never)]
    fn rule(&mut self, errors: &[Text<'a>], findings: &mut Findings) {
        let behind = self.all;
        for error in errors {
            if !error.opaque {
                name(*error, findings);
            }
            if let Some(all) = behind {
                let message = "`{}` is never matched here: `FnF.ALL` stands before it";
                findings.report(Code::ShadowedRule, error.span, message, &[error.value]).related(
                    all.span,
                    "`FnF.ALL` stands here",
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
                let message = "`{}` is never matched here: it stands before already";
                findings.report(Code::ShadowedRule, second.span, message, &[second.value]).related(
                    first.span,
                    "it stands here",
                    &[],
                );
            }
        });
    }
}

fn name(error: Text<'_>, findings: &mut Findings) {
    let text = error.value;
    if text.as_bytes().contains(&b'*') {
        let message = "names of errors are no patterns: `{}` matches only itself; `FnF.ALL` matches every error";
        findings.report(Code::UnknownError, error.span, message, &[text]);
        return;
    }
    if KNOWN.contains(&text) {
        return;
    }
    let dot = text.bytes().position(|b| b == b'.').unwrap_or(text.len());
    let prefix = text.get(..dot).unwrap_or_default();
    // The names of products in small letters are those of `action` tasks: `fnf.ResourceThrottled`.
    if !matches!(prefix, "FnF" | "FC" | "States") && !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(text)) {
        return;
    }
    let meant = match text {
        "States.ALL" => Some(ALL),
        _ => nearest(text, KNOWN).filter(|meant| meant.len().abs_diff(text.len()) <= 2),
    };
    let Some(meant) = meant else { return };
    findings
        .report(Code::UnknownError, error.span, "no error `{}` is documented: did you mean `{}`?", &[text, meant])
        .change(text, error.span, meant);
}
