//! # What it does
//! Checks every expression: conditions, paths, collections, computed numbers and texts. Reports
//! syntax errors, and variables, members and functions that do not exist at the place.
//!
//! # Why is this bad?
//! The state fails at run time, or the choice never takes the option.
//!
//! # Example
//! ```yaml
//! Condition: $.status = "ready"
//! ```
//!
//! # Use instead
//! ```yaml
//! Condition: $Input.status == "ready"
//! ```

use super::push_children;
use crate::expr::{self, Constant, Expr, ExprKind, Members, Place, STEP_VARIABLES, Step, StepKind, Variable};
use crate::flow::{Dialect, Findings, Flow, Number, NumberValue, Shaping, State, StateKind, Text, TextValue};
use crate::yaml::{Kind, Node, Style};
use cloudflow_base::diagnostic::{Code, Severity, report};
use cloudflow_base::limits::{EXPRESS_WAIT_SECONDS, TASK_TIMEOUT_SECONDS, WAIT_SECONDS};
use cloudflow_base::small::{parse_int, to_decimal};
use cloudflow_base::text::Span;

/// The members of the context of the `flow` dialect that samples use.
pub(super) const FLOW_CONTEXT: &[(&str, Members)] = &[
    ("task.token", Members::Documented),
    ("execution.name", Members::Documented),
    ("flow.name", Members::Documented),
    ("step.eventId", Members::Documented),
];

/// <https://www.alibabacloud.com/help/en/serverless-workflow/latest/data-transfer>
pub(super) const MACHINE_CONTEXT: &[(&str, Members)] = &[
    ("Execution.Name", Members::Documented),
    ("Execution.Input", Members::Any),
    ("Execution.RoleArn", Members::Documented),
    ("Current.Name", Members::Documented),
    ("Current.Input", Members::Any),
    ("Current.Output", Members::Any),
    ("Current.Error.Code", Members::Documented),
    ("Current.Error.Detail", Members::Documented),
    ("Current.RetryCount", Members::Documented),
    ("Current.TaskToken", Members::Documented),
];

const INPUT: (&str, Variable) = ("$Input", Variable::Input);
const OUTPUT: (&str, Variable) = ("$Output", Variable::Output);
const CONTEXT: (&str, Variable) = ("$Context", Variable::Context);
const GLOBAL: (&str, Variable) = ("$Global", Variable::Global);

const STEP_INPUT: Place = Place {
    variables: STEP_VARIABLES,
    elsewhere: &[],
    instead: &[("$input", "$"), ("$Input", "$"), ("$local", "$")],
    context: &[],
    functions: false,
    condition: false,
};

const STEP_CONDITION: Place = Place { condition: true, ..STEP_INPUT };

/// A place that is evaluated before the state has an output.
pub(super) const BEFORE: Place = Place {
    variables: &[INPUT, CONTEXT, GLOBAL],
    elsewhere: &["$Output", "$Item"],
    instead: &[("$", "$Input"), ("$local", "$Input")],
    context: MACHINE_CONTEXT,
    functions: true,
    condition: false,
};

const CONDITION: Place = Place { condition: true, ..BEFORE };

/// A place that is evaluated after the state has an output.
pub(super) const AFTER: Place = Place { variables: &[INPUT, OUTPUT, CONTEXT, GLOBAL], elsewhere: &["$Item"], ..BEFORE };

/// A place that is evaluated for each item.
pub(super) const ITEM: Place =
    Place { variables: &[("$Item", Variable::Item), INPUT, CONTEXT, GLOBAL], elsewhere: &["$Output"], ..BEFORE };

/// Maximum number of findings about one expression. The position of each finding in the source costs
/// one pass over the expression.
const MOST: usize = 20;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for state in flow.states() {
        match flow.dialect {
            Dialect::Flow => step(state, findings),
            Dialect::StateMachine => {
                let express = flow.scope(state.scope).is_some_and(|scope| scope.express);
                machine(state, express, findings);
            }
        }
    }
}

/// [`read`] for its findings only. A plain path such as `$Input.order.id` has none; its fast path takes
/// a tenth of the time.
pub(super) fn check_path(text: Text<'_>, place: &Place, findings: &mut Findings) {
    if place.condition || text.opaque || plain_path(text.value, place).is_none() {
        read(text, place, findings);
    }
}

/// The variable of a path such as `$Input.order.id`, which is valid at the place. Absent for any
/// other expression and for the context, whose members are checked.
pub(super) fn plain_path(text: &str, place: &Place) -> Option<Variable> {
    let (rest, variable) = place.variables.iter().find_map(|(name, variable)| {
        let rest = text.strip_prefix(name).filter(|_| *variable != Variable::Context)?;
        (rest.is_empty() || rest.starts_with('.')).then_some((rest, *variable))
    })?;
    // A letter follows every dot.
    let mut dot = false;
    let plain = rest.bytes().all(|byte| {
        let letter = byte.is_ascii_alphabetic() || byte == b'_';
        let fits = letter || !dot && (byte.is_ascii_digit() || byte == b'.');
        dot = byte == b'.';
        fits
    });
    (plain && !dot).then_some(variable)
}

fn machine(state: &State<'_>, express: bool, findings: &mut Findings) {
    match &state.kind {
        StateKind::Choice(choice) => {
            for condition in choice.options.iter().filter_map(|option| option.condition) {
                read(condition, &CONDITION, findings);
            }
        }
        StateKind::Map(map) => {
            if let Some(items) = map.items.get()
                && plain_path(items.value, &BEFORE).is_none()
                && let Some(expr) = read(items, &BEFORE, findings)
            {
                of_kind(&expr, items, "ItemsPath", expr::Kind::List, findings);
            }
        }
        StateKind::Wait(wait) => {
            let most = if express { EXPRESS_WAIT_SECONDS } else { WAIT_SECONDS };
            number(wait.seconds.get(), ("Seconds", 1, most), findings);
        }
        StateKind::Task(task) => number(task.timeout, ("Timeout", 0, TASK_TIMEOUT_SECONDS), findings),
        StateKind::Fail(fail) => {
            for value in [fail.error, fail.cause].into_iter().flatten() {
                if let TextValue::Expression(text) = value {
                    check_path(text, &BEFORE, findings);
                }
            }
        }
        _ => {}
    }
}

/// Checks a computed number. A constant must be in the range.
fn number(value: Option<Number<'_>>, (key, least, most): (&str, i64, i64), findings: &mut Findings) {
    let Some(NumberValue::Expression(text)) = value.map(|number| number.value) else { return };
    if text.opaque || plain_path(text.value, &BEFORE).is_some() {
        return;
    }
    let Some(expr) = read(text, &BEFORE, findings) else { return };
    let value = match &expr.kind {
        // `Timeout` is declared a text.
        ExprKind::Text(digits) if key == "Timeout" => parse_int(digits).map(Constant::Whole),
        _ => expr::number(&expr),
    };
    let Some(value) = value else { return of_kind(&expr, text, key, expr::Kind::Number, findings) };
    if !matches!(value, Constant::Whole(value) if (least..=most).contains(&value)) {
        let message = "`{}` must be a whole number from {} to {}, not {}";
        let [least, most] = [to_decimal(least), to_decimal(most)];
        findings.report(Code::OutOfRange, text.span, message, &[key, &least, &most, text.value]);
    }
}

/// Reports an expression whose value is never of the kind.
fn of_kind(expr: &Expr<'_>, text: Text<'_>, key: &str, needed: expr::Kind, findings: &mut Findings) {
    let given = expr::kind(expr);
    if !needed.accepts(given) {
        let message = "`{}` must be {}, not {}";
        findings.report(Code::WrongType, text.span, message, &[key, needed.as_str(), given.as_str()]);
    }
}

fn step(state: &State<'_>, findings: &mut Findings) {
    let made = input_keys(state);
    let path = |text: Text<'_>, findings: &mut Findings| {
        if let Some(expr) = read(text, &STEP_INPUT, findings) {
            if is_reference(&expr) {
                inputs(&expr, text, made.as_deref(), findings);
            } else {
                let message = "`{}` must be a path such as `$.name`";
                findings.report(Code::ExpressionSyntax, text.span, message, &[text.value]);
            }
        }
    };
    match &state.kind {
        StateKind::Choice(choice) => {
            for condition in choice.options.iter().filter_map(|option| option.condition) {
                if let Some(expr) = read(condition, &STEP_CONDITION, findings) {
                    inputs(&expr, condition, made.as_deref(), findings);
                }
            }
        }
        StateKind::Map(map) => {
            if let Some(items) = map.items.get() {
                path(items, findings);
            }
        }
        StateKind::Wait(wait) => {
            if let Some(NumberValue::Expression(text)) = wait.seconds.get().map(|seconds| seconds.value) {
                path(text, findings);
            }
            if let Some(TextValue::Expression(text)) = wait.timestamp.get() {
                path(text, findings);
            }
        }
        StateKind::Task(task) => {
            let mut todo: Vec<Node<'_>> = Vec::new();
            todo.extend(task.params.get());
            while let Some(node) = todo.pop() {
                push_children(node, &mut todo);
                if let Some(text) = crate::flow::text(node).filter(|text| text.value.starts_with('$')) {
                    path(text, findings);
                }
            }
        }
        _ => {}
    }
}

/// Parses and checks one expression. The spans of its findings refer to the source.
pub(super) fn read<'a>(text: Text<'a>, place: &Place, findings: &mut Findings) -> Option<Expr<'a>> {
    if text.opaque || text.node.kind() != Kind::Scalar {
        return None;
    }
    findings.make_room();
    let found = findings.list();
    let before = found.len();
    let expr = match expr::parse(text.value) {
        Ok(parsed) => {
            expr::check(&parsed.expr, text.value, place, found);
            if parsed.escaped_quotes {
                let message = "the backslashes before the quotes are part of the text: remove them";
                report(found, Code::ExpressionSyntax, Span::new(0, text.value.len()), message, &[])
                    .severity(Severity::Warning);
            }
            Some(parsed.expr)
        }
        Err(mistake) => {
            found.push(*mistake);
            None
        }
    };
    if locate(text, before, findings) { expr } else { None }
}

/// Converts the spans of the findings from index `from` on, which are about the expression `text`,
/// to spans in the source. True if there are none.
pub(super) fn locate(text: Text<'_>, from: usize, findings: &mut Findings) -> bool {
    let mut valid = true;
    findings.list().truncate(from + MOST);
    for diagnostic in findings.list().iter_mut().skip(from) {
        valid = false;
        diagnostic.about = text.span;
        if let Some(span) = &mut diagnostic.span {
            *span = source(text, *span);
        }
        if let Some(fix) = &mut diagnostic.fix {
            for edit in &mut fix.edits {
                edit.span = source(text, edit.span);
                edit.new_text = escaped(&edit.new_text, text.node.style());
            }
        }
    }
    valid
}

/// A part of an expression as the source of a scalar in this notation.
fn escaped(part: &str, style: Style) -> String {
    match style {
        Style::DoubleQuoted => part.replace('\\', "\\\\").replace('"', "\\\""),
        Style::SingleQuoted => part.replace('\'', "''"),
        _ => part.to_owned(),
    }
}

/// The span in the document of a span in an expression.
pub(super) fn source(text: Text<'_>, span: Span) -> Span {
    let start = text.node.source_offset(span.start as usize);
    let end = text.node.source_offset(span.end as usize);
    Span { start, end: end.max(start) }
}

/// True for a variable with or without a path.
pub(super) fn is_reference(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::Variable(_) => true,
        ExprKind::Path(base, _) => matches!(base.kind, ExprKind::Variable(_)),
        _ => false,
    }
}

/// The sorted keys of a step's input. Absent if the step has no mappings or a key is unknown.
fn input_keys<'a>(state: &State<'a>) -> Option<Vec<&'a str>> {
    let Some(Shaping::Mappings { entries, .. }) = &state.input else { return None };
    let mut names = Vec::with_capacity(entries.len());
    for entry in entries {
        names.push(entry.target.filter(|target| !target.opaque)?.value);
    }
    cloudflow_base::small::sort(&mut names);
    Some(names)
}

/// Reports members of the step's input that its mappings do not set.
fn inputs(expr: &Expr<'_>, text: Text<'_>, made: Option<&[&str]>, findings: &mut Findings) {
    let Some(made) = made else { return };
    let mut unknown: Vec<(&str, Span)> = Vec::new();
    paths(expr, &mut |steps| {
        if let Some(Step { span, kind: StepKind::Member(name) }) = steps.first()
            && made.binary_search(&name.as_ref()).is_err()
        {
            unknown.push((name, *span));
        }
    });
    for (name, span) in unknown.into_iter().take(MOST) {
        let message = "`{}` is not in the input: the `inputMappings` of this step do not set it";
        findings.report(Code::UnknownMember, source(text, span), message, &[name]).about(text.span);
    }
}

/// Calls `seen` with the steps of every path. Recursion is bounded by the parser's depth limit.
fn paths<'e>(expr: &'e Expr<'_>, seen: &mut dyn FnMut(&'e [Step<'e>])) {
    match &expr.kind {
        ExprKind::Path(base, steps) => {
            if matches!(base.kind, ExprKind::Variable(_)) {
                seen(steps);
            }
            paths(base, seen);
        }
        ExprKind::Unary(_, operand) => paths(operand, seen),
        ExprKind::Compare { left, right, .. } => {
            paths(left, seen);
            paths(right, seen);
        }
        ExprKind::And(list) | ExprKind::Or(list) | ExprKind::Array(list) => {
            list.iter().for_each(|item| paths(item, seen));
        }
        _ => {}
    }
}
