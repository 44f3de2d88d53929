//! # What it does
//! Checks the call of a task: the form of the resource or action, the support of the service for the
//! mode, the required parameters, and the token for a callback.
//!
//! # Why is this bad?
//! The call fails, or the task never ends (<https://help.aliyun.com/document_detail/122494.html>,
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

use super::service::{Allowed, Resource, allowed, by_name, needed, resource};
use super::{key_of, literal, push_children};
use crate::flow::dialect::computed_base;
use crate::flow::{Dialect, Findings, Flow, Mode, Shaping, State, StateKind, Task, TaskMode, Text, text};
use crate::yaml::{Kind, Node};
use cloudflow_base::diagnostic::{Code, Severity, fill};
use cloudflow_base::small::{contains, split_once, to_decimal};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for state in flow.states() {
        if let StateKind::Task(task) = &state.kind {
            match flow.dialect {
                Dialect::Flow => step(state, task, findings),
                Dialect::StateMachine => machine(flow, state, task, findings),
            }
        }
    }
}

fn step(state: &State<'_>, task: &Task<'_>, findings: &mut Findings) {
    match (task.resource.is_present(), task.action.is_present()) {
        (true, true) => {
            let message = "`resourceArn` and `action` exclude each other: keep one of them";
            let place = task.action.get().map_or(state.place(), |action| action.span);
            findings.report(Code::ConflictingKeys, place, message, &[]);
        }
        (false, false) => {
            let message = "`resourceArn` is missing: a `task` step needs it";
            findings.report(Code::MissingKey, state.place(), message, &[]).about(state.node.span());
        }
        _ => {}
    }
    if let Some(action) = literal(task.action.get()) {
        action_form(action, findings);
    }
    let kind = literal(task.resource.get()).and_then(|arn| arn_form(arn, findings));
    if let Some(Mode { text, value: Some(mode) }) = task.mode {
        let queue = matches!(kind, Some(Resource::Queue | Resource::Topic));
        if mode == TaskMode::SystemCallback && queue {
            let message = "`sync` is not documented for queues and topics, only for functions and flows";
            findings.report(Code::UnsupportedMode, text.span, message, &[]);
        }
        if mode == TaskMode::CustomCallback && !gives_token(state, task, "$context.task") {
            let message = "the task token is not sent: map `$context.task.token` into the input";
            findings.report(Code::MissingToken, text.span, message, &[]);
        }
    }
    if let Some(kind @ (Resource::Queue | Resource::Topic)) = kind {
        let given = match task.params.get() {
            Some(params) => params.get("MessageBody").is_some() || params.kind() != Kind::Mapping,
            None => task.params.is_present(),
        };
        if !given {
            let what = if kind == Resource::Queue { "a queue" } else { "a topic" };
            let message = "`MessageBody` is missing in `serviceParams`: a message to {} needs it";
            let place = task.resource.get().map_or(state.place(), |arn| arn.span);
            findings.report(Code::MissingParameter, place, message, &[what]).about(state.node.span());
        }
    }
    if let (Some(errors), true) = (&state.error, !state.catch.is_present()) {
        let message = "`errorMappings` has no effect without `catch`";
        let place = key_of(state.node, errors.node()).map_or(state.place(), Node::span);
        findings.report(Code::NoEffect, place, message, &[]);
    }
}

fn machine(flow: &Flow<'_>, state: &State<'_>, task: &Task<'_>, findings: &mut Findings) {
    let Some(action) = literal(task.action.get()) else { return };
    if !action_form(action, findings) {
        return;
    }
    let (service, _) = split_once(action.value, ":").unwrap_or_default();
    // Another check reports the modes of an express flow.
    if let Some(Mode { text, value: Some(mode) }) = task.mode
        && flow.scope(state.scope).is_none_or(|scope| !scope.express)
    {
        let known = by_name(service);
        let supported = match mode {
            TaskMode::SystemCallback => known.is_some_and(|service| service.system_callback),
            TaskMode::CustomCallback => known.is_some_and(|service| service.custom_callback),
            TaskMode::RequestComplete => true,
        };
        if !supported {
            let message = "`{}` is not documented for `{}`";
            findings.report(Code::UnsupportedMode, text.span, message, &[text.value, service]);
        } else if mode == TaskMode::CustomCallback
            // The service itself adds the token to a header of an HTTP request.
            && !service.eq_ignore_ascii_case("HTTP")
            && !gives_token(state, task, "$Context.Current.Task")
        {
            let message = "the task token is not sent: pass `$Context.Current.TaskToken` in the parameters";
            findings.report(Code::MissingToken, text.span, message, &[]);
        }
    }
    for (name, allowed) in allowed(action.value) {
        if let Some(value) =
            task.params.get().and_then(|params| params.get(name)).and_then(text).filter(|text| !text.opaque)
        {
            parameter(name, allowed, value, findings);
        }
    }
    for name in needed(action.value) {
        let is_it = |key: Node<'_>| key.text().is_some_and(|key| computed_base(key).unwrap_or(key) == *name);
        let given = match task.params.get() {
            Some(params) => params.kind() != Kind::Mapping || params.entries().any(|(key, _)| is_it(key)),
            None => task.params.is_present(),
        };
        if !given {
            // The pages of other services may differ, and the service does not validate parameters.
            let message = "the parameter `{}` is missing: `{}` needs it";
            findings
                .report(Code::MissingParameter, action.span, message, &[name, action.value])
                .severity(Severity::Warning)
                .about(task.params.get().map_or(state.node.span(), Node::span));
        }
    }
}

/// Checks a constant against the values that the called service allows.
fn parameter(name: &str, allowed: &Allowed, value: Text<'_>, findings: &mut Findings) {
    // A warning: CloudFlow does not validate parameters.
    match *allowed {
        Allowed::Words(words) => {
            if !words.iter().any(|word| word.eq_ignore_ascii_case(value.value)) {
                let message = "`{}` must be one of `{}`, not `{}`";
                let args = [name, &words.join("`, `"), value.value];
                findings.report(Code::UnknownValue, value.span, message, &args).severity(Severity::Warning);
            }
        }
        Allowed::From(least, most) => {
            if !value.value.parse().is_ok_and(|number| (least..=most).contains(&number)) {
                let message = "`{}` must be from {} to {}, not {}";
                let args = [name, &to_decimal(least), &to_decimal(most), value.value];
                findings.report(Code::OutOfRange, value.span, message, &args).severity(Severity::Warning);
            }
        }
    }
}

/// `Service:Operation`
fn action_form(action: Text<'_>, findings: &mut Findings) -> bool {
    let text = action.value;
    let mut parts = split_once(text, ":");
    if parts.is_some_and(|(service, operation)| is_word(service) && is_word(operation)) {
        return true;
    }
    parts = split_once(text, "::");
    if let Some((service, operation)) = parts
        && is_word(service)
        && is_word(operation)
    {
        let single = fill("{}:{}", &[service, operation]);
        findings
            .report(Code::InvalidAction, action.span, "an action has one colon: write `{}`", &[&single])
            .write(action.span, &single);
    } else {
        let message = "an action has the form `Service:Operation`, not `{}`";
        findings.report(Code::InvalidAction, action.span, message, &[text]);
    }
    false
}

#[inline(never)]
fn is_word(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn arn_form(arn: Text<'_>, findings: &mut Findings) -> Option<Resource> {
    let text = arn.value;
    // The pages use `acs:fc:{region}:{accountID}:...`, samples use `<ServiceName>`.
    let marked = text.bytes().any(|byte| matches!(byte, b'{' | b'<'));
    if marked
        && let Some((_, rest)) = split_once(text, "{")
        && let Some((name, _)) = split_once(rest, "}")
    {
        let message = "replace the placeholder `{{}}`";
        findings.report(Code::PlaceholderLeft, arn.span, message, &[name]);
        return None;
    }
    if marked && contains(text, "<") && contains(text, ">") {
        return None;
    }
    match resource(text) {
        Ok(found) => Some(found),
        Err(form) => {
            let message = "`{}` is not a resource name: it should have the form `{}`";
            findings.report(Code::InvalidArn, arn.span, message, &[text, form]);
            None
        }
    }
}

/// True if the data that the task sends may contain the token. A misspelled reference counts.
fn gives_token(state: &State<'_>, task: &Task<'_>, token: &str) -> bool {
    // Every text that the task sends.
    let mut todo = Vec::new();
    todo.extend(state.input.as_ref().map(Shaping::node));
    todo.extend(task.params.get());
    todo.extend(state.global);
    while let Some(node) = todo.pop() {
        let text = node.text().unwrap_or_default();
        // The whole context contains it too.
        if contains(text, token) || text.len() >= "$context".len() && token.starts_with(text) {
            return true;
        }
        push_children(node, &mut todo);
    }
    // A mapping may pass the context.
    let Some(Shaping::Mappings { entries, .. }) = &state.input else { return false };
    entries.iter().any(|entry| matches!(entry.source.and_then(Node::text), Some("$context" | "$context.task")))
}
