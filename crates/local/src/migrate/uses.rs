//! The data that the work of a state reads: conditions, parameters, lists, times.

use cloudflow_language::expr::{self, CompareOp, ExprKind, StepKind};
use cloudflow_language::flow::{NumberValue, State, StateKind, Task, TaskMode};

use cloudflow_base::text::Span;

use super::expression::{Data, Expr};
use super::presence::Has;
use super::source::{self, Root, first_key, own_references};
use super::symbol::{Desc, Local, Symbols, Val};

/// The service that a task calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Function,
    Flow,
    Messages,
    /// A service that is called by an action.
    Api,
}

impl Service {
    pub fn of(task: &Task<'_>) -> Self {
        match task.resource.get().map(|resource| resource.value) {
            None if task.action.get().is_some() => Service::Api,
            Some(name) if name.starts_with("acs:fnf:") => Service::Flow,
            Some(name) if name.starts_with("acs:mns:") => Service::Messages,
            _ => Service::Function,
        }
    }

    /// The parameter that gets the step's own input.
    pub fn payload(self, task: &Task<'_>) -> Option<&'static str> {
        let given = |key: &str| task.params.get().is_some_and(|params| params.get(key).is_some());
        match self {
            Service::Function => Some("body"),
            Service::Flow if !given("Input") => Some("input"),
            _ => None,
        }
    }
}

/// The meaning of `$local` in the output mappings of a state.
pub(super) fn result<'a>(state: &State<'a>) -> Local<'a> {
    match &state.kind {
        StateKind::Task(task) => {
            let reported = task.mode.is_some_and(|mode| mode.value == Some(TaskMode::CustomCallback));
            let wrapped = Service::of(task) == Service::Function && !reported;
            Local::Value(if wrapped { Data::OutputBody } else { Data::Output })
        }
        StateKind::Parallel(parallel) => Local::Branches(parallel.branches.clone()),
        StateKind::Map(map) => map.body.map_or(Local::Object(Desc::default()), Local::Items),
        _ => Local::Object(Desc::default()),
    }
}

/// The texts of expressions over the step's own input.
fn texts<'a>(state: &State<'a>) -> Vec<&'a str> {
    match &state.kind {
        StateKind::Choice(choice) => choice.options.iter().filter_map(|way| Some(way.condition?.value)).collect(),
        StateKind::Map(map) => map.items.get().map(|text| text.value).into_iter().collect(),
        StateKind::Wait(wait) => match wait.seconds.get().map(|seconds| seconds.value) {
            Some(NumberValue::Expression(text)) => vec![text.value],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The paths into the step's own input that its work reads.
fn paths(state: &State<'_>) -> Vec<String> {
    let mut found: Vec<String> = texts(state).into_iter().flat_map(paths_of).collect();
    if let StateKind::Task(task) = &state.kind {
        let references = task.params.get().into_iter().flat_map(|params| own_references(params));
        found.extend(references.map(|(_, rest)| rest.to_owned()));
    }
    found
}

/// The paths in the text of an expression.
pub(super) fn paths_of(text: &str) -> Vec<String> {
    let text = unescaped(text);
    let Ok(parsed) = expr::parse(&text) else { return Vec::new() };
    let mut found = Vec::new();
    variables(&parsed.expr, &mut found);
    found.into_iter().map(|(span, end)| Span { start: span.end, end }.of(&text).to_owned()).collect()
}

/// The text without the backslashes of another language.
pub(super) fn unescaped(text: &str) -> String {
    if expr::parse(text).is_ok_and(|parsed| parsed.escaped_quotes) {
        return text.replace("\\\"", "\"");
    }
    text.to_owned()
}

/// True if the state must keep its whole own input: a path into it needs a merge of two objects.
pub(super) fn keeps_own<'a>(symbols: &Symbols<'_, 'a>, state: &State<'a>) -> bool {
    let own = symbols.own(state.id);
    let is_choice = matches!(state.kind, StateKind::Choice(_));
    let needs_own = |path: &String| {
        !has(&own, path) && !is_choice || own.get_plain(path).is_none_or(|value| is_constant(&value) && has(&own, path))
    };
    let may_be_null = |path: &String| state.input.is_some() && !is_sure(symbols, state, own.get_plain(path));
    if texts(state).into_iter().flat_map(paths_of).any(|path| needs_own(&path))
        || texts(state).into_iter().flat_map(compared_paths).any(|path| may_be_null(&path))
        || paths(state).iter().any(|path| own.get_plain(path).is_none())
    {
        return true;
    }
    if matches!(state.kind, StateKind::Choice(_) | StateKind::Fail(_)) {
        return false;
    }
    let errors = state.error.iter().filter(|_| !state.catch_rules().is_empty());
    let mut sources = state.output.iter().chain(errors).flat_map(source::effective);
    sources.any(|(_, _, node)| match source::reference(node) {
        Some((Root::Input | Root::Own, rest)) => own.get_plain(rest).is_none(),
        _ => false,
    })
}

/// Constants and constructors are not written into a condition or a path: they may have the wrong type there.
fn is_constant(value: &Val<'_>) -> bool {
    match value {
        Val::Constant(_) => true,
        Val::Expr(Expr::Path(base, _)) => is_constant(&Val::Expr((**base).clone())),
        // Only constructors are documented to read `$Global`.
        Val::Expr(expr) => matches!(
            expr,
            Expr::Null | Expr::Text(_) | Expr::Literal(_) | Expr::Object(_) | Expr::List(_) | Expr::Global(_)
        ),
    }
}

/// True if the value is certainly there: a key of local data that exists on all paths.
fn is_sure<'a>(symbols: &Symbols<'_, 'a>, state: &State<'a>, value: Option<Val<'a>>) -> bool {
    match value {
        Some(Val::Expr(Expr::Path(base, path))) => {
            let is_key = first_key(&path).is_some_and(|(_, rest)| rest.is_empty());
            is_key && symbols.has_first(state.id, &base, &path)
        }
        Some(Val::Constant(_)) => true,
        _ => false,
    }
}

/// The paths that a condition compares with other values than constants: there, two absent values are equal in the old
/// dialect, where mappings make them null.
fn compared_paths(text: &str) -> Vec<String> {
    let text = unescaped(text);
    let Ok(parsed) = expr::parse(&text) else { return Vec::new() };
    let mut found = Vec::new();
    compared(&parsed.expr, &mut found);
    found.into_iter().map(|(span, end)| Span { start: span.end, end }.of(&text).to_owned()).collect()
}

// Recursion is bounded by the parser's depth limit.
fn compared(expr: &expr::Expr<'_>, found: &mut Vec<(Span, u32)>) {
    match &expr.kind {
        ExprKind::Compare { op: CompareOp::Equal | CompareOp::NotEqual, left, right } => {
            let constant = |operand: &expr::Expr<'_>| {
                matches!(operand.kind, ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_))
            };
            if !constant(left) && !constant(right) {
                variables(left, found);
                variables(right, found);
            }
        }
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            operands.iter().for_each(|operand| compared(operand, found));
        }
        ExprKind::Unary(_, operand) => compared(operand, found),
        _ => {}
    }
}

fn has(own: &Desc<'_>, path: &str) -> bool {
    first_key(path).is_none_or(|(key, _)| own.has(key) != Has::Never)
}

/// The expressions that the work of a state evaluates. True: an absent value is no error there.
pub(super) fn of(symbols: &Symbols<'_, '_>, state: &State<'_>, keeps_own: bool) -> Vec<(Expr, bool)> {
    let own = symbols.own(state.id);
    if keeps_own {
        return vec![(own.whole(), true)];
    }
    let soft = matches!(state.kind, StateKind::Choice(_));
    let mut found: Vec<(Expr, bool)> = paths(state).iter().map(|path| (own.get(path).expr(), soft)).collect();
    if let StateKind::Task(task) = &state.kind
        && Service::of(task).payload(task).is_some()
    {
        found.push((own.whole(), false));
    }
    found
}

/// The variables of an expression: the span of each, and the end of its path.
// Recursion is bounded by the parser's depth limit.
pub(super) fn variables(expr: &expr::Expr<'_>, found: &mut Vec<(Span, u32)>) {
    match &expr.kind {
        ExprKind::Variable(_) => found.push((expr.span, expr.span.end)),
        ExprKind::Path(base, steps) => match base.kind {
            ExprKind::Variable(_) => {
                // Only a path that begins with a member is converted.
                let plain = steps.first().is_some_and(|step| matches!(step.kind, StepKind::Member(_)));
                let end = if plain { expr.span.end } else { base.span.end };
                found.push((base.span, end));
            }
            _ => variables(base, found),
        },
        ExprKind::Call { args, .. } => args.iter().for_each(|arg| variables(arg, found)),
        ExprKind::Unary(_, operand) => variables(operand, found),
        ExprKind::Compare { left, right, .. } => {
            variables(left, found);
            variables(right, found);
        }
        ExprKind::And(operands) | ExprKind::Or(operands) | ExprKind::Array(operands) => {
            operands.iter().for_each(|operand| variables(operand, found));
        }
        ExprKind::Object(entries) => entries.iter().for_each(|(_, _, value)| variables(value, found)),
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => {}
    }
}
