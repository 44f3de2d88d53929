//! The flow as JavaScript sees it: a tree of states, the same shape for both dialects.

use serde::Serialize;

use crate::api::shape::{PathSegment, Places, Range, path};
use crate::flow::{Branch, Flow, Number, NumberValue, ScopeId, State, StateKind, TextValue};

/// A flow. What the text does not say is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowShape {
    /// `"flow"` or `"StateMachine"`.
    pub dialect: &'static str,
    /// Its name; the `flow` dialect usually gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `version` or `SpecVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How long an execution may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    /// Where it begins and what it consists of.
    #[serde(flatten)]
    pub body: FlowBody,
}

/// A list of states that run after one another.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowBody {
    /// The name of the first state to run; absent in the `flow` dialect, which begins with the
    /// first of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_at: Option<String>,
    /// The states, in the order of the text.
    pub states: Vec<FlowState>,
}

/// A state, or step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowState {
    /// Its name; empty where it is missing.
    pub name: String,
    /// Its type as the text spells it; empty where it is missing.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where in the parsed value.
    pub path: Vec<PathSegment>,
    /// Where in the text, the whole of it.
    pub range: Range,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The state that follows, by `Next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// `end` or `End`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<bool>,
    /// What a task calls: `resourceArn`, `action` or `Action`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// How a task waits: `pattern` or `TaskMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// How long a task may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i64>,
    /// How long a wait takes: a number of seconds, or an expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<NumberOrExpression>,
    /// Until when a wait takes: a time, or an expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The error a fail raises: `error` or `Code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why a fail fails: `cause` or `Detail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The catch rules, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub catch: Vec<FlowCatch>,
    /// The ways out of a choice, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<FlowOption>>,
    /// The way out of a choice when no option is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<FlowOption>,
    /// The branches of a parallel, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<Vec<FlowBody>>,
    /// What a map runs for each of its items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<FlowBody>,
    /// The items of a map: an expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
}

/// A number, or the expression that gives it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum NumberOrExpression {
    /// A number.
    Number(i64),
    /// An expression.
    Expression(String),
}

/// A catch rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowCatch {
    /// The names of errors it is for.
    pub errors: Vec<String>,
    /// The state that follows then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A way out of a choice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowOption {
    /// When it is taken; absent in a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The state that follows, after the steps if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Its own steps, in the `flow` dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<Vec<FlowState>>,
}

/// The flow as a tree. As deep as its text is nested, which the YAML reader bounds.
pub(super) fn shape(flow: &Flow<'_>, places: &mut Places<'_>) -> FlowShape {
    let own = |text: Option<crate::flow::Text<'_>>| text.map(|text| text.value.to_owned());
    FlowShape {
        dialect: flow.dialect.as_str(),
        name: own(flow.name),
        version: own(flow.version),
        description: own(flow.description),
        timeout_seconds: seconds(flow.timeout),
        body: body(flow, ScopeId(0), places),
    }
}

fn body(flow: &Flow<'_>, scope: ScopeId, places: &mut Places<'_>) -> FlowBody {
    let list = flow.list_path(scope);
    let states = flow
        .states_of(scope)
        .iter()
        .map(|found| {
            let mut way = list.clone();
            way.push((found.index as usize).into());
            state(flow, found, path(way), places)
        })
        .collect();
    let start_at = flow.scope(scope).and_then(|scope| scope.start_at);
    FlowBody { start_at: start_at.map(|target| target.text.value.to_owned()), states }
}

fn state(flow: &Flow<'_>, state: &State<'_>, path: Vec<PathSegment>, places: &mut Places<'_>) -> FlowState {
    let own = |text: Option<crate::flow::Text<'_>>| text.map(|text| text.value.to_owned());
    let mut out = FlowState {
        name: own(state.name).unwrap_or_default(),
        kind: own(state.type_name).unwrap_or_default(),
        path,
        range: places.range(state.node.span()),
        description: own(state.description),
        next: state.next.map(|target| target.text.value.to_owned()),
        end: state.end.map(|end| end.value),
        action: None,
        mode: None,
        timeout_seconds: None,
        seconds: None,
        timestamp: None,
        error: None,
        cause: None,
        catch: Vec::new(),
        options: None,
        default: None,
        branches: None,
        body: None,
        items: None,
    };
    for rule in &state.catch {
        out.catch.push(FlowCatch {
            errors: rule.errors.iter().map(|error| error.value.to_owned()).collect(),
            next: rule.target.map(|target| target.text.value.to_owned()),
        });
    }
    match &state.kind {
        StateKind::Task(task) => {
            out.action = own(task.resource.or(task.action));
            out.mode = own(task.mode);
            out.timeout_seconds = seconds(task.timeout);
        }
        StateKind::Wait(wait) => {
            out.seconds = wait.seconds.and_then(|number| match number.value {
                NumberValue::Int(value) if is_exact(value) => Some(NumberOrExpression::Number(value)),
                NumberValue::Expression(text) => Some(NumberOrExpression::Expression(text.value.to_owned())),
                NumberValue::Int(_) | NumberValue::Float(_) | NumberValue::Opaque => None,
            });
            out.timestamp = value(wait.timestamp);
        }
        StateKind::Choice(choice) => {
            out.options = Some(choice.options.iter().map(|way| option(flow, way, places)).collect());
            out.default = choice.default.as_ref().map(|way| option(flow, way, places));
        }
        StateKind::Parallel(parallel) => {
            out.branches = Some(parallel.branches.iter().map(|branch| body(flow, *branch, places)).collect());
        }
        StateKind::Map(map) => {
            out.items = own(map.items);
            out.body = map.body.map(|scope| body(flow, scope, places));
        }
        StateKind::Fail(fail) => {
            out.error = value(fail.error);
            out.cause = value(fail.cause);
        }
        StateKind::Pass | StateKind::Succeed | StateKind::Unknown => {}
    }
    out
}

fn option(flow: &Flow<'_>, way: &Branch<'_>, places: &mut Places<'_>) -> FlowOption {
    FlowOption {
        condition: way.condition.map(|condition| condition.value.to_owned()),
        next: way.target.map(|target| target.text.value.to_owned()),
        states: way.body.map(|scope| body(flow, scope, places).states),
    }
}

fn seconds(number: Option<Number<'_>>) -> Option<i64> {
    number.as_ref().and_then(Number::int).filter(|value| is_exact(*value))
}

/// A JavaScript number holds it as it is; beyond, no wait is ever that long.
fn is_exact(value: i64) -> bool {
    value.unsigned_abs() < 1 << 53
}

fn value(text: Option<TextValue<'_>>) -> Option<String> {
    match text? {
        TextValue::Literal(text) | TextValue::Expression(text) => Some(text.value.to_owned()),
    }
}
