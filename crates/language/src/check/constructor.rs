//! # What it does
//! Checks constructors and parameters of the `StateMachine` dialect. The values of keys that end
//! in `.$` are expressions; all other values are constants. Checks the total size of the constants.
//!
//! # Why is this bad?
//! `name: $Input.name` passes the text `$Input.name`. The service refuses a value under `.$` that is
//! not an expression. The input or output of a state may have at most 64 KiB
//! (<https://help.aliyun.com/document_detail/2402077.html>). The name of a global variable may have at
//! most 128 bytes, its value at most 256 KiB (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/global-io>).
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

use super::expression::{AFTER, BEFORE, ITEM, check_path};
use super::{key_of, push_children};
use crate::expr::{Place, function};
use crate::flow::dialect::computed_base;
use crate::flow::{Dialect, Findings, Flow, Shaping, StateKind, text};
use crate::yaml::{Kind, Node, Resolved};
use cloudflow_base::diagnostic::{Code, Diagnostic, Severity, fill};
use cloudflow_base::limits::{DATA_BYTES, GLOBAL_BYTES, GLOBAL_NAME_BYTES};
use cloudflow_base::small::to_decimal;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if flow.dialect != Dialect::StateMachine {
        return;
    }
    for state in flow.states() {
        let data = [(state.input.as_ref(), &BEFORE), (state.output.as_ref(), &AFTER)];
        for (shaping, place) in data {
            let node = shaping.map(Shaping::node);
            let size = constructor(node, place, findings);
            too_large(state.node, node, size, findings);
        }
        let size = constructor(state.global, &AFTER, findings);
        variables(state.global, size, findings);
        // The failed state has no output, but the documentation does not forbid `$Output` here.
        for rule in state.catch_rules() {
            let size = constructor(rule.output, &AFTER, findings);
            too_large(rule.node, rule.output, size, findings);
        }
        match &state.kind {
            StateKind::Task(task) => {
                constructor(task.params.get(), &BEFORE, findings);
            }
            StateKind::Map(map) => {
                let size = constructor(map.item_constructor, &ITEM, findings);
                too_large(state.node, map.item_constructor, size, findings);
            }
            _ => {}
        }
    }
}

/// Reports constants that exceed the data of a state. `size` is their minimum size in bytes.
fn too_large(parent: Node<'_>, node: Option<Node<'_>>, size: usize, findings: &mut Findings) {
    if size > DATA_BYTES {
        report_size(parent, node, size, DATA_BYTES, findings);
    }
}

/// Reports that the constants of a node have `size` bytes, more than `most`.
pub(super) fn report_size<'f>(
    parent: Node<'_>,
    node: Option<Node<'_>>,
    size: usize,
    most: usize,
    findings: &'f mut Findings,
) -> &'f mut Diagnostic {
    let key = node.and_then(|node| key_of(parent, node)).unwrap_or(parent);
    let (size, most) = (to_decimal(size.div_ceil(1024)), to_decimal(most / 1024));
    let message = "the constants in `{}` have {} KiB: at most {} KiB can be passed here";
    findings.report(Code::TooLarge, key.span(), message, &[key.text().unwrap_or_default(), &size, &most])
}

/// Checks the names and values of global variables. `size` is the total size of their constants.
fn variables(node: Option<Node<'_>>, size: usize, findings: &mut Findings) {
    for (key, value) in node.into_iter().flat_map(Node::entries) {
        let name = key.text().unwrap_or_default();
        if size > GLOBAL_BYTES && computed_base(name).is_none() {
            let size = constants(value);
            if size > GLOBAL_BYTES {
                let (size, most) = (to_decimal(size.div_ceil(1024)), to_decimal(GLOBAL_BYTES / 1024));
                let message = "the constants in `{}` have {} KiB: a global variable may have at most {} KiB";
                findings.report(Code::TooLarge, key.span(), message, &[name, &size, &most]);
            }
        }
        let length = computed_base(name).unwrap_or(name).len();
        if length > GLOBAL_NAME_BYTES {
            let message = "the name of a global variable may have at most {} bytes, not {}";
            findings.report(
                Code::InvalidName,
                key.span(),
                message,
                &[&to_decimal(GLOBAL_NAME_BYTES), &to_decimal(length)],
            );
        }
    }
}

/// Checks everything below `node`, in any order. Returns the minimum size of its constants as JSON.
#[inline(never)]
fn constructor(node: Option<Node<'_>>, place: &Place, findings: &mut Findings) -> usize {
    let mut size = 0;
    let mut todo = Vec::new();
    todo.extend(node);
    while let Some(node) = todo.pop() {
        size += constant(node);
        todo.extend(node.items());
        let (mut computed, mut plain) = (false, false);
        for (key, value) in node.entries() {
            let Some(name) = key.text() else { continue };
            match computed_base(name) {
                Some(base) => {
                    computed = true;
                    // `a.$.$` beside `a.$`.
                    plain |= computed_base(base).is_some();
                    expression(key, value, place, &mut todo, findings);
                }
                None => {
                    plain = true;
                    // With the quotes and the colon.
                    size += name.len() + 3;
                    todo.push(value);
                    literal(name, key, value, findings);
                }
            }
        }
        if computed && plain {
            both(node, findings);
        }
    }
    size
}

/// The total size of the scalars in a constant, in bytes.
pub(super) fn constants(value: Node<'_>) -> usize {
    let mut size = 0;
    let mut todo = vec![value];
    while let Some(node) = todo.pop() {
        size += constant(node);
        push_children(node, &mut todo);
    }
    size
}

/// Reports keys that are set twice: as a constant and as an expression.
#[inline(never)]
fn both(node: Node<'_>, findings: &mut Findings) {
    let bases = node.entries().filter_map(|(key, _)| computed_base(key.text()?));
    let mut computed: Vec<&str> = bases.collect();
    cloudflow_base::small::sort(&mut computed);
    for (plain, _) in node.entries() {
        if let Some(name) = plain.text().filter(|name| computed.binary_search(name).is_ok()) {
            let message = "`{}` and `{}.$` set the same key: keep one of them";
            findings.report(Code::ConflictingKeys, plain.span(), message, &[name, name]);
        }
    }
}

/// The size of a scalar in bytes. 0 if a template fills it in.
pub(super) fn constant(node: Node<'_>) -> usize {
    text(node).filter(|text| !text.opaque).map_or(0, |text| text.value.len())
}

fn expression<'a>(key: Node<'a>, value: Node<'a>, place: &Place, todo: &mut Vec<Node<'a>>, findings: &mut Findings) {
    let name = key.text().unwrap_or_default();
    match value.kind() {
        Kind::Scalar => match (value.resolve(), text(value)) {
            (Some(Resolved::Null), _) => {
                findings.report(Code::WrongType, key.span(), "`{}` must be an expression, but has no value", &[name]);
            }
            (_, Some(text)) => {
                check_path(text, place, findings);
            }
            _ => {}
        },
        // One page of the vendor shows this form, another page contradicts it.
        Kind::Mapping | Kind::Sequence => {
            let message = "`{}` should be an expression: the evaluation of nested values is not documented";
            let place = value.entries().next().map_or(value.span(), |(key, _)| key.span());
            findings.report(Code::WrongType, place, message, &[name]).severity(Severity::Warning).about(value.span());
            todo.push(value);
        }
    }
}

/// True for a call of a documented function, from its name to its closing parenthesis.
fn is_call(text: &str) -> bool {
    text.ends_with(')')
        && text
            .bytes()
            .position(|b| b == b'(')
            .and_then(|at| text.get(..at))
            .is_some_and(|name| function(name).is_some())
}

fn literal(name: &str, key: Node<'_>, value: Node<'_>, findings: &mut Findings) {
    let Some(text) = text(value).filter(|text| !text.opaque) else { return };
    let end = text.value.bytes().position(|b| matches!(b, b'.' | b'[')).unwrap_or(text.value.len());
    let variable = text.value.get(..end).and_then(|name| AFTER.variable(name));
    if variable.is_none() && !is_call(text.value) {
        return;
    }
    let computed = fill("{}.$", &[name]);
    let message = "`{}` is the constant text `{}`: an expression needs the key `{}`";
    findings.report(Code::LiteralReference, text.span, message, &[name, text.value, &computed]).change(
        name,
        key.span(),
        &computed,
    );
}
