//! # What it does
//! Holds a `StateMachine` against the limits of the express mode, where the caller says that it is
//! to run in it, or the configuration of a distributed map that its items are. How long a `Wait`
//! may take the loader has looked at.
//!
//! # Why is this bad?
//! An express execution waits for 20 seconds at a time
//! (<https://alibabacloud.com/help/zh/serverless-workflow/latest/wait-wait>), for no callback, and ends after 5 minutes (<https://help.aliyun.com/document_detail/2504569.html>).
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

use crate::diagnostic::{Code, Severity};
use crate::flow::{Findings, Flow, Mode, ScopeId, StateKind, TaskMode};
use crate::text::decimal;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    let express = |scope| flow.scope(scope).is_some_and(|scope| scope.express);
    if express(ScopeId(0))
        && let Some(timeout) = flow.timeout
        && let Some(value) = timeout.int().filter(|value| *value > 300)
    {
        let message = "an express execution ends after 300 seconds: a `Timeout` of {} never comes";
        findings.report(Code::OutOfRange, timeout.span, message, &[&decimal(value)]).severity(Severity::Warning);
    }
    for state in flow.states() {
        let StateKind::Task(task) = &state.kind else { continue };
        if let Some(Mode { text, value: Some(mode) }) = task.mode
            && mode != TaskMode::RequestComplete
            && express(state.scope)
        {
            let message = "an express flow waits for no callback: `TaskMode` must be `RequestComplete`, not `{}`";
            findings.report(Code::UnsupportedMode, text.span, message, &[text.value]).severity(Severity::Error);
        }
    }
}
