//! What is wrong with a flow: one file for each check over the model.
//!
//! Which severity a finding has follows from how sure it is: what the vendor's pages say is an
//! error; what only samples or common sense say is a warning.

mod choice;
mod constructor;
mod ending;
mod express;
mod expression;
mod local;
mod loops;
mod map;
mod mapping;
mod name;
mod reach;
mod rules;
mod service;
mod successor;
mod target;
mod task;
mod version;
mod wait;

use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Findings, Flow, State, Text, load};
use crate::order;
use crate::text::Span;
use crate::yaml::{Node, Tree};

/// A request to the service may have 1,024 KiB
/// (<https://alibabacloud.com/help/zh/serverless-workflow/latest/limits>).
const MAX_BYTES: usize = 1024 * 1024;

/// What the text does not say of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The flow is to run in the express mode: how `CreateFlow` makes it, not its definition.
    pub express: bool,
}

/// Loads the flow of a tree and runs every check. `yaml` is what reading the text has found; all
/// findings come back in the one order.
pub fn check<'a>(tree: &'a Tree<'a>, yaml: Vec<Diagnostic>) -> (Option<Flow<'a>>, Vec<Diagnostic>) {
    check_with(tree, yaml, Options::default())
}

/// [`check`], told what the text does not say.
pub fn check_with<'a>(
    tree: &'a Tree<'a>,
    yaml: Vec<Diagnostic>,
    options: Options,
) -> (Option<Flow<'a>>, Vec<Diagnostic>) {
    let damaged: Vec<Span> =
        yaml.iter().filter(|found| hides_structure(found.code)).filter_map(|found| found.span).collect();
    let mut findings = Findings::new();
    for diagnostic in yaml {
        findings.add(diagnostic);
    }
    let flow = load(tree, &damaged, options.express, &mut findings);
    if let Some(flow) = &flow {
        if tree.text().len() > MAX_BYTES {
            let message = "a definition may have 1024 KiB at most, as much as a request to the service";
            let place = flow.root.entries().next().map_or(Span::at(0), |(key, _)| key.span());
            findings.report(Code::TooLarge, place, message, &[]).about(flow.root.span());
        }
        for check in CHECKS {
            check(flow, &mut findings);
        }
    }
    (flow, findings.finish(tree.root()))
}

/// True for a mistake that may hide what stands around it.
fn hides_structure(code: Code) -> bool {
    !matches!(code, Code::DuplicateKey | Code::YamlBadEscape)
}

/// Every check, each in its own file.
const CHECKS: [fn(&Flow<'_>, &mut Findings); 15] = [
    choice::check,
    constructor::check,
    ending::check,
    expression::check,
    express::check,
    local::check,
    map::check,
    mapping::check,
    name::check,
    successor::check,
    rules::check,
    target::check,
    task::check,
    version::check,
    wait::check,
];

/// The name of a state, if it has one.
fn name_of<'a>(state: &State<'a>) -> &'a str {
    state.name.map_or("", |name| name.value)
}

/// The text, unless a template fills it in later.
fn literal(text: Option<Text<'_>>) -> Option<Text<'_>> {
    text.filter(|text| !text.opaque)
}

/// The key of an entry of `node`, by its value.
#[inline(never)]
fn key_of<'a>(node: Node<'a>, value: Node<'_>) -> Option<Node<'a>> {
    for (key, other) in node.entries() {
        if other.span() == value.span() {
            return Some(key);
        }
    }
    None
}

/// Adds the items and the values of a node.
#[inline(never)]
fn push_children<'a>(node: Node<'a>, todo: &mut Vec<Node<'a>>) {
    for item in node.items() {
        todo.push(item);
    }
    for (_, value) in node.entries() {
        todo.push(value);
    }
}

/// Calls `found` with each text that stands there twice, and the one before it.
#[inline(never)]
fn duplicates(texts: &mut Vec<Text<'_>>, found: &mut dyn FnMut(Text<'_>, Text<'_>)) {
    // Lists are short and hold nothing twice: that is seen at once.
    let short = texts.len() <= 8;
    let mut rest = texts.as_slice();
    let mut differ = short;
    while let [first, others @ ..] = rest {
        differ = differ && !others.iter().any(|other| other.value == first.value);
        rest = if differ { others } else { &[] };
    }
    if differ {
        return;
    }
    order::sort_by(texts, |a, b| a.value.cmp(b.value));
    for pair in texts.windows(2) {
        if let [first, second] = pair
            && first.value == second.value
        {
            found(*first, *second);
        }
    }
}
