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

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::flow::{Findings, Flow, Text};
use crate::order;

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
        shadows(state.retry.iter().map(|rule| rule.errors.as_slice()), findings);
        shadows(state.catch.iter().map(|rule| rule.errors.as_slice()), findings);
        let rules = state.retry.iter().map(|rule| &rule.errors).chain(state.catch.iter().map(|rule| &rule.errors));
        for error in rules.flatten().filter(|error| !error.opaque) {
            name(*error, findings);
        }
        for rule in &state.retry {
            let (Some(interval), Some(most)) = (rule.interval, rule.max_interval) else { continue };
            if let (Some(first), Some(cap)) = (interval.int(), most.int())
                && cap < first
            {
                let message = "the greatest interval is less than the first one, which it cuts off";
                let diagnostic = Diagnostic::new(Code::NoEffect, most.span, message);
                findings.add(diagnostic.related(interval.span, "the first interval"));
            }
        }
    }
}

fn shadows<'r, 'a: 'r>(rules: impl Iterator<Item = &'r [Text<'a>]>, findings: &mut Findings) {
    let mut all: Option<Text<'_>> = None;
    let mut names: Vec<(&str, Text<'_>)> = Vec::new();
    for errors in rules {
        let behind = all;
        for error in errors {
            if let Some(all) = behind {
                let message = ["`", error.value, "` is never matched here: `FnF.ALL` stands before it"].concat();
                let diagnostic = Diagnostic::new(Code::ShadowedRule, error.span, message);
                findings.add(diagnostic.related(all.span, "`FnF.ALL` stands here"));
                continue;
            }
            if error.value == ALL {
                all = Some(*error);
            }
            names.push((error.value, *error));
        }
    }
    order::sort_by(&mut names, |(a, _), (b, _)| a.cmp(b));
    for pair in names.windows(2) {
        let [(name, first), (other, second)] = pair else { continue };
        if name == other && !first.opaque {
            let message = ["`", name, "` is never matched here: it stands before already"].concat();
            let diagnostic = Diagnostic::new(Code::ShadowedRule, second.span, message);
            findings.add(diagnostic.related(first.span, "it stands here"));
        }
    }
}

fn name(error: Text<'_>, findings: &mut Findings) {
    let text = error.value;
    if text.contains('*') {
        let message = ["names of errors are no patterns: `", text, "` matches only itself; `FnF.ALL` matches every error"];
        findings.add(Diagnostic::new(Code::UnknownError, error.span, message.concat()));
        return;
    }
    if KNOWN.contains(&text) {
        return;
    }
    let prefix = text.split('.').next().unwrap_or_default();
    // The names of products in small letters are those of `action` tasks: `fnf.ResourceThrottled`.
    if !matches!(prefix, "FnF" | "FC" | "States") && !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(text)) {
        return;
    }
    let meant = match text {
        "States.ALL" => Some(ALL),
        _ => nearest(text, KNOWN).filter(|meant| meant.len().abs_diff(text.len()) <= 2),
    };
    let Some(meant) = meant else { return };
    let message = ["no error `", text, "` is documented: did you mean `", meant, "`?"].concat();
    findings.add(
        Diagnostic::new(Code::UnknownError, error.span, message)
            .fix(["change `", text, "` to `", meant, "`"].concat(), error.span, meant),
    );
}
