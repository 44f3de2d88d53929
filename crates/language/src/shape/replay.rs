//! What the replay of a history needs to know of a state, besides the graph.

use crate::flow::{Dialect, Flow, Number, NumberValue, State, StateId, StateKind, Text};
use cloudflow_base::plain::{Object, Plain};
use cloudflow_base::shape::Places;

/// Adds to the node of a state: `retry` and `catch`, the rules in order; `branches`, their number; `items`, the keys
/// that lead from the input to the items.
pub(super) fn rules<'i>(
    flow: &Flow<'_>,
    state: &State<'_>,
    id: &impl Fn(StateId) -> &'i str,
    places: &mut Places<'_>,
    out: &mut Object,
) {
    if !state.retry.is_empty() {
        let mut list = Vec::with_capacity(state.retry.len());
        for rule in &state.retry {
            let mut shown = errors(&rule.errors);
            number(&mut shown, "maxAttempts", rule.max_attempts.as_ref());
            number(&mut shown, "intervalSeconds", rule.interval.as_ref());
            number(&mut shown, "multiplier", rule.multiplier.as_ref());
            number(&mut shown, "maxIntervalSeconds", rule.max_interval.as_ref());
            shown.put("range", places.range(rule.node.span()).into());
            list.push(shown.into());
        }
        out.put("retry", Plain::List(list));
    }
    if !state.catch_rules().is_empty() {
        let mut list = Vec::new();
        for rule in state.catch_rules() {
            let mut shown = errors(&rule.errors);
            shown.text_if("to", rule.target.and_then(|target| target.state).map(id));
            shown.put("range", places.range(rule.node.span()).into());
            list.push(shown.into());
        }
        out.put("catch", Plain::List(list));
    }
    match &state.kind {
        StateKind::Parallel(parallel) => out.number("branches", parallel.branches.len() as i64),
        StateKind::Map(map) => {
            if let Some(keys) = map.items.as_ref().and_then(|items| keys(flow.dialect, items.value)) {
                out.put("items", Plain::List(keys));
            }
        }
        _ => {}
    }
}

fn errors(names: &[Text<'_>]) -> Object {
    let mut out = Object::new();
    out.put("errors", Plain::List(names.iter().map(|name| Plain::Text(name.value.to_owned())).collect()));
    out
}

/// A number of a rule: a fraction as it is written. A number that is computed is absent.
fn number(out: &mut Object, key: &'static str, number: Option<&Number<'_>>) {
    match number.map(|number| number.value) {
        Some(NumberValue::Int(value)) => out.number(key, value),
        Some(NumberValue::Float(text)) => out.text(key, text),
        Some(NumberValue::Expression(_) | NumberValue::Opaque) | None => {}
    }
}

/// The keys of an expression that only reads a member of the input, such as `$.a.b` or `$Input.a.b`. Any other
/// expression would have to be evaluated.
fn keys(dialect: Dialect, expression: &str) -> Option<Vec<Plain>> {
    let mut parts = expression.split('.');
    let input = match dialect {
        Dialect::Flow => "$",
        Dialect::StateMachine => "$Input",
    };
    if parts.next() != Some(input) {
        return None;
    }
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    parts.map(|key| is_key(key).then(|| Plain::Text(key.to_owned()))).collect()
}
