//! # What it does
//! Looks at what a task calls and how it waits: the form of the resource or action, whether the
//! service supports the mode, whether its parameters and the token for a callback are given.
//!
//! # Why is this bad?
//! The call fails, or waits for ever (<https://help.aliyun.com/document_detail/122494.html>,
//! <https://help.aliyun.com/document_detail/2642848.html>).
//!
//! # Example
//! ```yaml
//! - type: task
//!   name: work
//!   resourceArn: acs:fc:::service/s/function/work
//! ```
//!
//! # Use instead
//! ```yaml
//! - type: task
//!   name: work
//!   resourceArn: acs:fc:::services/s/functions/work
//! ```

use super::service::{Resource, by_name, needed, resource};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::flow::{Dialect, Findings, Flow, Shaping, State, StateKind, Task, Text};
use crate::yaml::{Kind, Node};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for state in flow.states() {
        if let StateKind::Task(task) = &state.kind {
            match flow.dialect {
                Dialect::Flow => step(state, task, findings),
                Dialect::StateMachine => machine(state, task, findings),
            }
        }
    }
}

fn step(state: &State<'_>, task: &Task<'_>, findings: &mut Findings) {
    match (task.has_resource, task.has_action) {
        (true, true) => {
            let message = "`resourceArn` and `action` exclude each other: keep one";
            let place = task.action.map_or(state.place(), |action| action.span);
            findings.add(Diagnostic::new(Code::ConflictingKeys, place, message));
        }
        (false, false) => {
            let message = "`resourceArn` is missing: a `task` step needs it";
            findings.about(state.node.span(), Diagnostic::new(Code::MissingKey, state.place(), message));
        }
        _ => {}
    }
    if let Some(action) = task.action.filter(|action| !action.opaque) {
        action_form(action, findings);
    }
    let kind = task.resource.filter(|arn| !arn.opaque).and_then(|arn| arn_form(arn, findings));
    if let Some(mode) = task.mode.filter(|mode| !mode.opaque) {
        let queue = matches!(kind, Some(Resource::Queue | Resource::Topic));
        if mode.value == "sync" && queue {
            let message = "a queue or topic has no result to wait for: `sync` is documented for functions and flows only";
            findings.add(Diagnostic::new(Code::UnsupportedMode, mode.span, message));
        }
        if mode.value == "waitForCallback" && !gives_token(state, task, "$context.task.token") {
            let message = "nobody gets the token to report with: map `$context.task.token` into the input";
            findings.add(Diagnostic::new(Code::MissingToken, mode.span, message));
        }
    }
    if let Some(kind @ (Resource::Queue | Resource::Topic)) = kind {
        let given = match task.params {
            Some(params) => params.get("MessageBody").is_some() || params.kind() != Kind::Mapping,
            None => task.has_params,
        };
        if !given {
            let what = if kind == Resource::Queue { "a queue" } else { "a topic" };
            let message = ["`MessageBody` is missing in `serviceParams`: a message to ", what, " needs it"].concat();
            let place = task.resource.map_or(state.place(), |arn| arn.span);
            findings.about(state.node.span(), Diagnostic::new(Code::MissingParameter, place, message));
        }
    }
    if let (Some(errors), true) = (&state.error, state.catch.is_empty() && !state.has_catch) {
        let message = "`errorMappings` has no effect: the step catches nothing";
        let key = state.node.entries().find(|(_, value)| value.span() == errors.node().span());
        let place = key.map_or(state.place(), |(key, _)| key.span());
        findings.add(Diagnostic::new(Code::NoEffect, place, message));
    }
}

fn machine(state: &State<'_>, task: &Task<'_>, findings: &mut Findings) {
    let Some(action) = task.action.filter(|action| !action.opaque) else { return };
    if !action_form(action, findings) {
        return;
    }
    let service = action.value.split(':').next().unwrap_or_default();
    if let Some(mode) = task.mode.filter(|mode| !mode.opaque) {
        let known = by_name(service);
        let supported = match mode.value {
            "WaitForSystemCallback" => known.is_some_and(|service| service.system_callback),
            "WaitForCustomCallback" => known.is_some_and(|service| service.custom_callback),
            _ => true,
        };
        if !supported {
            let message = ["`", mode.value, "` is not documented for `", service, "`"].concat();
            findings.add(Diagnostic::new(Code::UnsupportedMode, mode.span, message));
        } else if mode.value == "WaitForCustomCallback"
            // The token of an HTTP request goes into a header by itself.
            && !service.eq_ignore_ascii_case("HTTP")
            && !gives_token(state, task, "TaskToken")
        {
            let message = "nobody gets the token to report with: pass `$Context.Current.TaskToken` in the parameters";
            findings.add(Diagnostic::new(Code::MissingToken, mode.span, message));
        }
    }
    for name in needed(action.value) {
        let is_it = |key: Node<'_>| key.text().is_some_and(|key| key.strip_suffix(".$").unwrap_or(key) == *name);
        let given = match task.params {
            Some(params) => params.kind() != Kind::Mapping || params.entries().any(|(key, _)| is_it(key)),
            None => task.has_params,
        };
        if !given {
            let message = ["the parameter `", name, "` is missing: `", action.value, "` needs it"].concat();
            findings.about(
                task.params.map_or(state.node.span(), Node::span),
                // The pages of the services are not all read, and the service does not check it beforehand.
                Diagnostic::new(Code::MissingParameter, action.span, message).severity(Severity::Warning),
            );
        }
    }
}

/// `Service:Operation`
fn action_form(action: Text<'_>, findings: &mut Findings) -> bool {
    let text = action.value;
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    if text.split_once(':').is_some_and(|(service, operation)| word(service) && word(operation)) {
        return true;
    }
    let mut message = ["an action is written `Service:Operation`, not `", text, "`"].concat();
    let single = text.replace("::", ":");
    let mends = single != text && single.split_once(':').is_some_and(|(a, b)| word(a) && word(b));
    if mends {
        message = ["an action has one colon: `", &single, "`"].concat();
    }
    let mut diagnostic = Diagnostic::new(Code::InvalidAction, action.span, message);
    if mends {
        diagnostic = diagnostic.fix(["write `", &single, "`"].concat(), action.span, single);
    }
    findings.add(diagnostic);
    false
}

fn arn_form(arn: Text<'_>, findings: &mut Findings) -> Option<Resource> {
    let text = arn.value;
    // `acs:fc:{region}:{accountID}:...` as the pages show it, `<ServiceName>` as samples do.
    let placeholder = text.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(name, _)| name);
    if let Some(name) = placeholder {
        let message = ["the placeholder `{", name, "}` is left: put the real name here"].concat();
        findings.add(Diagnostic::new(Code::PlaceholderLeft, arn.span, message));
        return None;
    }
    if text.contains('<') && text.contains('>') {
        return None;
    }
    match resource(text) {
        Ok(found) => Some(found),
        Err(form) => {
            let message = ["`", text, "` is no resource name: it should look like `", form, "`"].concat();
            findings.add(Diagnostic::new(Code::InvalidArn, arn.span, message));
            None
        }
    }
}

/// True where the token is mentioned in what the task sends, or where that cannot be known.
fn gives_token(state: &State<'_>, task: &Task<'_>, token: &str) -> bool {
    let sent = [state.input.as_ref().map(Shaping::node), task.params, state.global];
    sent.into_iter().flatten().any(|node| mentions(node, token))
        // Without mappings of its own the step passes on what it was given: perhaps the token too.
        || matches!(state.input, Some(Shaping::Mappings { ref entries, .. }) if entries.iter().any(passes_context))
}

fn passes_context(mapping: &crate::flow::Mapping<'_>) -> bool {
    mapping.source.and_then(Node::text).is_some_and(|source| source == "$context" || source == "$context.task")
}

/// True where a text below `node` holds `word`.
fn mentions(node: Node<'_>, word: &str) -> bool {
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        if node.text().is_some_and(|text| text.contains(word)) {
            return true;
        }
        todo.extend(node.items());
        todo.extend(node.entries().map(|(_, value)| value));
    }
    false
}
