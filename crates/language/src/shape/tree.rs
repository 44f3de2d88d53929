//! The flow as JavaScript sees it: a tree of states, with the same shape for both dialects. Values that the text
//! does not contain are absent. A missing name or type of a state is an empty text.

use crate::flow::{Branch, Flow, Number, NumberValue, ScopeId, State, StateKind, Target, Text, TextValue};
use cloudflow_base::plain::{Object, Plain};
use cloudflow_base::shape::{Places, path};

/// The flow as a tree. Its depth is bounded by the depth limit of the YAML reader.
pub(super) fn shape(flow: &Flow<'_>, places: &mut Places<'_>) -> Plain {
    let mut out = Object::new();
    out.text("dialect", flow.dialect.as_str());
    out.text_if("name", text(flow.name));
    out.text_if("version", text(flow.version));
    out.text_if("description", text(flow.description));
    out.number_if("timeoutSeconds", seconds(flow.timeout));
    body(&mut out, flow, ScopeId(0), places);
    out.into()
}

/// A list of states. `startAt` is absent in the `flow` dialect, which begins with the first state of the list.
fn body(out: &mut Object, flow: &Flow<'_>, scope: ScopeId, places: &mut Places<'_>) {
    out.text_if("startAt", target(flow.scope(scope).and_then(|scope| scope.start_at)));
    out.put("states", states(flow, scope, places));
}

fn states(flow: &Flow<'_>, scope: ScopeId, places: &mut Places<'_>) -> Plain {
    let list = flow.list_path(scope);
    let mut states = Vec::new();
    for found in flow.states_of(scope) {
        let mut way = list.clone();
        way.push((found.index as usize).into());
        states.push(state(flow, found, Plain::list(path(way)), places));
    }
    Plain::List(states)
}

fn state(flow: &Flow<'_>, state: &State<'_>, path: Plain, places: &mut Places<'_>) -> Plain {
    let mut out = Object::new();
    out.text("name", text(state.name).unwrap_or_default());
    out.text("type", text(state.type_name).unwrap_or_default());
    out.put("path", path);
    out.put("range", places.range(state.node.span()).into());
    out.text_if("description", text(state.description));
    out.text_if("next", target(state.next.get()));
    if let Some(end) = state.end.get() {
        out.put("end", Plain::Boolean(end.value));
    }
    match &state.kind {
        StateKind::Task(task) => {
            out.text_if("action", text(task.resource.get().or(task.action.get())));
            out.text_if("mode", text(task.mode.map(|mode| mode.text)));
            out.number_if("timeoutSeconds", seconds(task.timeout));
        }
        StateKind::Wait(wait) => {
            match wait.seconds.get().map(|number| number.value) {
                Some(NumberValue::Int(value)) if is_exact(value) => out.number("seconds", value),
                Some(NumberValue::Expression(text)) => out.text("seconds", text.value),
                _ => {}
            }
            out.text_if("timestamp", value(wait.timestamp.get()));
        }
        StateKind::Fail(fail) => {
            out.text_if("error", value(fail.error));
            out.text_if("cause", value(fail.cause));
        }
        _ => {}
    }
    if !state.catch_rules().is_empty() {
        let mut rules = Vec::new();
        for rule in state.catch_rules() {
            let errors = rule.errors.iter().map(|error| Plain::Text(error.value.to_owned())).collect();
            let mut out = Object::new();
            out.put("errors", Plain::List(errors));
            out.text_if("next", target(rule.target));
            rules.push(out.into());
        }
        out.put("catch", Plain::List(rules));
    }
    match &state.kind {
        StateKind::Choice(choice) => {
            let options = choice.options.iter().map(|way| option(flow, way, places)).collect();
            out.put("options", Plain::List(options));
            if let Some(way) = &choice.default {
                out.put("default", option(flow, way, places));
            }
        }
        StateKind::Parallel(parallel) => {
            let branches = parallel.branches.iter().map(|branch| list(flow, *branch, places)).collect();
            out.put("branches", Plain::List(branches));
        }
        StateKind::Map(map) => {
            if let Some(scope) = map.body {
                out.put("body", list(flow, scope, places));
            }
            out.text_if("items", text(map.items.get()));
        }
        _ => {}
    }
    out.into()
}

fn list(flow: &Flow<'_>, scope: ScopeId, places: &mut Places<'_>) -> Plain {
    let mut out = Object::new();
    body(&mut out, flow, scope, places);
    out.into()
}

/// An option of a choice. A default has no condition. Only the `flow` dialect has steps here.
fn option(flow: &Flow<'_>, way: &Branch<'_>, places: &mut Places<'_>) -> Plain {
    let mut out = Object::new();
    out.text_if("condition", text(way.condition));
    out.text_if("next", target(way.target));
    if let Some(scope) = way.body {
        out.put("states", states(flow, scope, places));
    }
    out.into()
}

fn seconds(number: Option<Number<'_>>) -> Option<i64> {
    number.as_ref().and_then(Number::int).filter(|value| is_exact(*value))
}

/// Larger values have no exact JavaScript number, and no timeout is that long.
fn is_exact(value: i64) -> bool {
    value.unsigned_abs() < 1 << 53
}

fn text<'f>(text: Option<Text<'f>>) -> Option<&'f str> {
    text.map(|text| text.value)
}

fn target<'f>(target: Option<Target<'f>>) -> Option<&'f str> {
    target.map(|target| target.text.value)
}

fn value<'f>(text: Option<TextValue<'f>>) -> Option<&'f str> {
    match text? {
        TextValue::Literal(text) | TextValue::Expression(text) => Some(text.value),
    }
}
