//! # What it does
//! Reads constructors and parameters of the `StateMachine` dialect: the values of keys that end
//! in `.$` are expressions, all others are taken as they stand.
//!
//! # Why is this bad?
//! `name: $Input.name` passes on the text `$Input.name`; a value under `.$` that is no expression
//! is refused (<https://help.aliyun.com/document_detail/2402077.html>).
//!
//! # Example
//! ```yaml
//! OutputConstructor:
//!   name: $Input.name
//! ```
//!
//! # Use instead
//! ```yaml
//! OutputConstructor:
//!   name.$: $Input.name
//! ```

use super::expression::{AFTER, BEFORE, ITEM, read};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::expr::Place;
use crate::flow::{Dialect, Findings, Flow, Shaping, StateKind, text};
use crate::yaml::{Kind, Node, Resolved};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if flow.dialect != Dialect::StateMachine {
        return;
    }
    for state in flow.states() {
        let shaped = |shaping: &Option<Shaping<'_>>, place: &Place, findings: &mut Findings| {
            if let Some(shaping) = shaping {
                constructor(shaping.node(), place, findings);
            }
        };
        shaped(&state.input, &BEFORE, findings);
        shaped(&state.output, &AFTER, findings);
        if let Some(global) = state.global {
            constructor(global, &AFTER, findings);
        }
        // The failed state has no output of its own, but nothing says that it cannot be asked for.
        for output in state.catch.iter().filter_map(|rule| rule.output) {
            constructor(output, &AFTER, findings);
        }
        match &state.kind {
            StateKind::Task(task) => {
                if let Some(params) = task.params {
                    constructor(params, &BEFORE, findings);
                }
            }
            StateKind::Map(map) => {
                if let Some(item) = map.item_constructor {
                    constructor(item, &ITEM, findings);
                }
            }
            _ => {}
        }
    }
}

/// Everything below `node`, in any order.
fn constructor(node: Node<'_>, place: &Place, findings: &mut Findings) {
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        let mut computed: Vec<&str> = Vec::new();
        for (key, value) in node.entries() {
            let Some(name) = key.text() else { continue };
            match name.strip_suffix(".$") {
                Some(base) => {
                    computed.push(base);
                    expression(key, value, place, &mut todo, findings);
                }
                None => {
                    todo.push(value);
                    literal(name, key, value, findings);
                }
            }
        }
        if computed.is_empty() {
            continue;
        }
        crate::order::sort(&mut computed);
        for (plain, _) in node.entries() {
            if let Some(name) = plain.text().filter(|name| computed.binary_search(name).is_ok()) {
                let message = ["`", name, "` and `", name, ".$` make the same key: keep one"].concat();
                findings.add(Diagnostic::new(Code::ConflictingKeys, plain.span(), message));
            }
        }
    }
}

fn expression<'a>(key: Node<'a>, value: Node<'a>, place: &Place, todo: &mut Vec<Node<'a>>, findings: &mut Findings) {
    let name = key.text().unwrap_or_default();
    match value.kind() {
        Kind::Scalar => match (value.resolve(), text(value)) {
            (Some(Resolved::Null), _) => {
                let message = ["`", name, "` must be an expression, but has no value"].concat();
                findings.add(Diagnostic::new(Code::WrongType, key.span(), message));
            }
            (_, Some(text)) => {
                read(text, place, findings);
            }
            _ => {}
        },
        // One vendor page shows it, against the rule of another.
        Kind::Mapping | Kind::Sequence => {
            let message = ["`", name, "` should be an expression: whether what stands below it is computed is not documented"];
            let place = value.entries().next().map_or(value.span(), |(key, _)| key.span());
            let diagnostic = Diagnostic::new(Code::WrongType, place, message.concat()).severity(Severity::Warning);
            findings.about(value.span(), diagnostic);
            todo.push(value);
        }
    }
}

fn literal(name: &str, key: Node<'_>, value: Node<'_>, findings: &mut Findings) {
    let Some(text) = text(value).filter(|text| !text.opaque) else { return };
    let variable = ["$Input", "$Output", "$Context", "$Global"].into_iter().find(|variable| {
        text.value.strip_prefix(variable).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    });
    if variable.is_none() {
        return;
    }
    let computed = [name, ".$"].concat();
    let message = ["`", name, "` is the text `", text.value, "` as it stands: an expression needs the key `", &computed, "`"];
    findings.about(
        text.span,
        Diagnostic::new(Code::LiteralReference, text.span, message.concat()).fix(
            ["change `", name, "` to `", &computed, "`"].concat(),
            key.span(),
            computed,
        ),
    );
}
