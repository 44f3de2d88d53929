//! # What it does
//! Holds a `StateMachine` against the limits of the express mode, where the caller says that it is
//! to run in it.
//!
//! # Why is this bad?
//! An express execution waits for 20 seconds at a time
//! (<https://alibabacloud.com/help/zh/serverless-workflow/latest/wait-wait>), for no callback, and ends after 5 minutes (<https://help.aliyun.com/document_detail/2504569.html>).
//!
//! # Example
//! ```yaml
//! - Type: Wait
//!   Name: Cool
//!   Seconds: 30
//! ```
//!
//! # Use instead
//! ```yaml
//! - Type: Wait
//!   Name: Cool
//!   Seconds: 20
//! ```

use super::clear;
use crate::diagnostic::{Code, Severity};
use crate::flow::{Dialect, Findings, Flow, Number, StateKind};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    // The mode is documented for the newer dialect only.
    if !flow.express || flow.dialect != Dialect::StateMachine {
        return;
    }
    if let Some((number, value)) = above(flow.timeout, 300) {
        let message = "an express execution ends after 300 seconds: a `Timeout` of {} never comes";
        findings.report(Code::OutOfRange, number.span, message, &[&value]).severity(Severity::Warning);
    }
    // What a distributed map runs are executions of their own, in a mode of their own.
    let mut apart: Vec<bool> = Vec::with_capacity(flow.scopes().len());
    for scope in flow.scopes() {
        let owner = scope.owner.and_then(|owner| flow.state(owner));
        apart.push(owner.is_some_and(|owner| {
            matches!(&owner.kind, StateKind::Map(map) if map.config.is_some())
                || apart.get(owner.scope.0 as usize).copied().unwrap_or_default()
        }));
    }
    for state in flow.states() {
        if apart.get(state.scope.0 as usize).copied().unwrap_or_default() {
            continue;
        }
        match &state.kind {
            StateKind::Wait(wait) => {
                if let Some((number, value)) = above(wait.seconds, 20) {
                    let message = "`Seconds` must be from 1 to 20 in the express mode, not {}";
                    findings.report(Code::OutOfRange, number.span, message, &[&value]);
                }
            }
            StateKind::Task(task) => {
                if let Some(mode) = clear(&task.mode).filter(|mode| mode.value != "RequestComplete") {
                    let message =
                        "an express flow waits for no callback: `TaskMode` must be `RequestComplete`, not `{}`";
                    findings.report(Code::UnsupportedMode, mode.span, message, &[mode.value]).severity(Severity::Error);
                }
            }
            _ => {}
        }
    }
}

fn above(number: Option<Number<'_>>, most: i64) -> Option<(Number<'_>, String)> {
    let number = number?;
    let value = number.int().filter(|value| *value > most)?;
    Some((number, value.to_string()))
}
