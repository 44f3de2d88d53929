//! # What it does
//! Checks a `StateMachine` against the limits of the express mode, if the caller selects it or the
//! configuration of a distributed map selects it for its items. The loader checks the duration of
//! a `Wait`.
//!
//! # Why is this bad?
//! A `Wait` in express mode may take at most 20 seconds
//! (<https://alibabacloud.com/help/zh/serverless-workflow/latest/wait-wait>). An express execution
//! does not support callbacks and ends after 5 minutes
//! (<https://help.aliyun.com/document_detail/2504569.html>).
//!
//! # Example
//! ```yaml
//! - Type: Task
//!   Name: Ask
//!   Action: FC:InvokeFunction
//!   TaskMode: WaitForCustomCallback
//! ```
//!
//! # Use instead
//! ```yaml
//! - Type: Task
//!   Name: Ask
//!   Action: FC:InvokeFunction
//!   TaskMode: RequestComplete
//! ```

use crate::flow::{Findings, Flow, Mode, ScopeId, StateKind, TaskMode};
use cloudflow_base::diagnostic::{Code, Severity};
use cloudflow_base::limits::EXPRESS_EXECUTION_SECONDS;
use cloudflow_base::small::to_decimal;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    let express = |scope| flow.scope(scope).is_some_and(|scope| scope.express);
    if express(ScopeId(0))
        && let Some(timeout) = flow.timeout
        && let Some(value) = timeout.int().filter(|value| *value > EXPRESS_EXECUTION_SECONDS)
    {
        let message = "a `Timeout` of {} has no effect: an express execution ends after {} seconds";
        let args = [&*to_decimal(value), &*to_decimal(EXPRESS_EXECUTION_SECONDS)];
        findings.report(Code::OutOfRange, timeout.span, message, &args).severity(Severity::Warning);
    }
    for state in flow.states() {
        let StateKind::Task(task) = &state.kind else { continue };
        if let Some(Mode { text, value: Some(mode) }) = task.mode
            && mode != TaskMode::RequestComplete
            && express(state.scope)
        {
            let message = "`TaskMode` must be `RequestComplete` in express mode, not `{}`";
            findings.report(Code::UnsupportedMode, text.span, message, &[text.value]).severity(Severity::Error);
        }
    }
}
