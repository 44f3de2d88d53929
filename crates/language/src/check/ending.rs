//! # What it does
//! Reports states without a transition, states with both `Next` and `End: true`, and flags without
//! effect.
//!
//! # Why is this bad?
//! In the `StateMachine` dialect every task, pass, wait, parallel and map needs `Next` or
//! `End: true` (<https://help.aliyun.com/en/document_detail/2412526.html>). If both are present, the
//! intention is unclear.
//!
//! # Example
//! ```yaml
//! - Type: Pass
//!   Name: Last
//! ```
//!
//! # Use instead
//! ```yaml
//! - Type: Pass
//!   Name: Last
//!   End: true
//! ```

use super::name_of;
use crate::flow::{Dialect, Findings, Flow, State, StateKind};
use cloudflow_base::diagnostic::{Code, Severity};
use cloudflow_base::text::Span;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for state in flow.states() {
        match flow.dialect {
            Dialect::StateMachine => machine(flow, state, findings),
            Dialect::Flow => series(state, findings),
        }
    }
}

fn machine(flow: &Flow<'_>, state: &State<'_>, findings: &mut Findings) {
    match state.kind {
        StateKind::Unknown | StateKind::Choice(_) => {}
        StateKind::Succeed | StateKind::Fail(_) => {
            if let Some(end) = state.end.get().filter(|end| !end.value) {
                let message = "`End: false` has no effect: a `Succeed` or `Fail` state always ends";
                findings.report(Code::NoEffect, end.span, message, &[]);
            }
        }
        _ => {
            let ends = state.end.get().filter(|end| end.value);
            if let (Some(end), Some(next)) = (ends, state.next.get()) {
                let message = "`Next` and `End: true` exclude each other: keep one of them";
                findings.report(Code::ConflictingKeys, end.span, message, &[]).related(next.text.span, "`Next`", &[]);
            }
            let has_transition = state.next.is_present() || state.end.is_unreadable() || ends.is_some();
            if has_transition || flow.scope(state.scope).is_none_or(|scope| scope.damaged) {
                return;
            }
            let message = "`{}` has no transition: it needs `Next` or `End: true`";
            let reported = findings
                .report(Code::MissingTransition, state.place(), message, &[name_of(state)])
                .about(state.node.span());
            // The fix is certain only for the last state of a list.
            let siblings = flow.states_of(state.scope);
            if siblings.last().is_some_and(|last| last.id == state.id) {
                if let Some(end) = state.end.get() {
                    reported.change("false", end.span, "true");
                } else if let Some(null) = state.node.get("End") {
                    reported.change(null.text().unwrap_or_default(), null.span(), "true");
                } else if let Some((at, text)) = end_before_first_key(flow, state) {
                    reported.fix("add `End: true`", &[], at, &text);
                }
            }
        }
    }
}

/// The insertion of `End: true` before the first key, which keeps the indentation.
fn end_before_first_key(flow: &Flow<'_>, state: &State<'_>) -> Option<(Span, String)> {
    use crate::yaml::Style;
    let (key, _) = state.node.entries().next()?;
    let at = Span { start: key.span().start, end: key.span().start };
    match state.node.style() {
        Style::Flow => Some((at, "End: true, ".to_owned())),
        _ => {
            // The siblings of the key have the same column.
            let column = flow.column(key.span().start)?;
            Some((at, ["End: true\n", &" ".repeat(column)].concat()))
        }
    }
}

fn series(state: &State<'_>, findings: &mut Findings) {
    let StateKind::Choice(choice) = &state.kind else { return };
    if !state.end.get().is_some_and(|end| end.value) {
        return;
    }
    let jumps = choice.options.iter().chain(&choice.default).filter_map(|way| way.target.as_ref());
    for target in jumps {
        let message =
            "this jump may have no effect: the choice has `end: true`, and their combination is not documented";
        findings.report(Code::ConflictingKeys, target.text.span, message, &[]).severity(Severity::Warning);
    }
}
