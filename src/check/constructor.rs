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
use crate::diagnostic::{Code, Severity, fill};
use crate::expr::Place;
use crate::flow::{Dialect, Findings, Flow, Shaping, StateKind, text};
use crate::yaml::{Kind, Node, Resolved};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if flow.dialect != Dialect::StateMachine {
        return;
    }
    for state in flow.states() {
        constructor(state.input.as_ref().map(Shaping::node), &BEFORE, findings);
        constructor(state.output.as_ref().map(Shaping::node), &AFTER, findings);
        constructor(state.global, &AFTER, findings);
        // The failed state has no output of its own, but nothing says that it cannot be asked for.
        for rule in &state.catch {
            constructor(rule.output, &AFTER, findings);
        }
        match &state.kind {
            StateKind::Task(task) => constructor(task.params, &BEFORE, findings),
            StateKind::Map(map) => constructor(map.item_constructor, &ITEM, findings),
            _ => {}
        }
    }
}

/// Everything below `node`, in any order.
#[inline(never)]
fn constructor(node: Option<Node<'_>>, place: &Place, findings: &mut Findings) {
    let mut todo = Vec::new();
    todo.extend(node);
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
                let message = "`{}` and `{}.$` make the same key: keep one";
                findings.report(Code::ConflictingKeys, plain.span(), message, &[name, name]);
            }
        }
    }
}

fn expression<'a>(key: Node<'a>, value: Node<'a>, place: &Place, todo: &mut Vec<Node<'a>>, findings: &mut Findings) {
    let name = key.text().unwrap_or_default();
    match value.kind() {
        Kind::Scalar => match (value.resolve(), text(value)) {
            (Some(Resolved::Null), _) => {
                findings.report(Code::WrongType, key.span(), "`{}` must be an expression, but has no value", &[name]);
            }
            (_, Some(text)) => {
                read(text, place, findings);
            }
            _ => {}
        },
        // One vendor page shows it, against the rule of another.
        Kind::Mapping | Kind::Sequence => {
            let message = "`{}` should be an expression: whether what stands below it is computed is not documented";
            let place = value.entries().next().map_or(value.span(), |(key, _)| key.span());
            findings
                .report(Code::WrongType, place, message, &[name])
                .severity(Severity::Warning)
                .about(value.span());
            todo.push(value);
        }
    }
}

fn literal(name: &str, key: Node<'_>, value: Node<'_>, findings: &mut Findings) {
    let Some(text) = text(value).filter(|text| !text.opaque) else { return };
    let end = text.value.bytes().position(|b| matches!(b, b'.' | b'[')).unwrap_or(text.value.len());
    if !matches!(text.value.get(..end), Some("$Input" | "$Output" | "$Context" | "$Global")) {
        return;
    }
    let computed = fill("{}.$", &[name]);
    let message = "`{}` is the text `{}` as it stands: an expression needs the key `{}`";
    findings
        .report(Code::LiteralReference, text.span, message, &[name, text.value, &computed])
        .change(name, key.span(), &computed);
}
