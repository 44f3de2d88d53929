//! The checks of a flow, one file per check.
//!
//! The severity follows from the evidence: a violation of the vendor's documentation is an error;
//! a contradiction to samples or to common practice is a warning.

mod ambiguous;
mod choice;
mod constructor;
mod ending;
mod express;
mod expression;
mod local_data;
mod loops;
mod map;
mod mapping;
mod name;
mod reach;
mod retry_catch;
mod service;
mod successor;
mod target;
mod task;
mod version;
mod wait;

pub(crate) use retry_catch::KNOWN as KNOWN_ERRORS;
pub(crate) use service::{Allowed, FORMS, allowed, needed};

use crate::Options;
use crate::expr::Members;
use crate::flow::{Dialect, Findings, Flow, State, Text, load};
use crate::yaml::{Node, Tree};
use cloudflow_base::diagnostic::{Code, Diagnostic, Severity, report};
use cloudflow_base::limits::REQUEST_BYTES;
use cloudflow_base::small;
use cloudflow_base::small::to_decimal;
use cloudflow_base::text::Span;

/// The result of [`check`].
pub(crate) struct Checked<'a> {
    pub flow: Option<Flow<'a>>,
    /// The flow with every misspelt key as the intended one. Absent if no key is misspelt.
    #[cfg(feature = "editor")]
    pub meant: Option<Flow<'a>>,
    pub diagnostics: Vec<Diagnostic>,
    /// Number of findings that were not collected.
    pub dropped: usize,
}

/// Maximum number of findings that are reported for one text. The last one tells the number of the others.
const MAX_REPORTED: usize = 100;

/// Replaces the findings above the maximum by one. `dropped` is the number of those that were not collected.
pub(crate) fn limit(list: &mut Vec<Diagnostic>, dropped: usize) {
    if list.len() + dropped <= MAX_REPORTED {
        return;
    }
    let rest = list.split_off((MAX_REPORTED - 1).min(list.len()));
    // Without an error the text would be valid.
    let severity = rest.iter().map(|found| found.severity).min().unwrap_or(Severity::Warning);
    let place = rest.first().or(list.last()).and_then(|found| found.span).unwrap_or_default();
    let count = to_decimal(rest.len() + dropped);
    report(list, Code::TooMany, place, "{} more findings: correct the ones above first", &[&count]).severity(severity);
}

/// Loads the flow of a tree and runs every check. The flow has only what is spelt correctly; the checks read a misspelt
/// key as the key that it means. `yaml` holds the findings of the YAML reader.
/// Returns all findings, sorted.
pub(crate) fn check<'a>(tree: &'a Tree<'a>, yaml: Vec<Diagnostic>, options: Options) -> Checked<'a> {
    let damaged: Vec<Span> =
        yaml.iter().filter(|found| hides_structure(found.code)).filter_map(|found| found.span).collect();
    let mut findings = Findings::new();
    for diagnostic in yaml {
        findings.add(diagnostic);
    }
    let mut flow = load(tree, &damaged, options.express, false, &mut findings);
    run(flow.as_ref(), &mut findings);
    #[cfg(feature = "editor")]
    let mut meant = None;
    if findings.has_typos() {
        // Only what is spelt correctly takes effect.
        let mut strict = Findings::new();
        let strictly = load(tree, &damaged, options.express, true, &mut strict);
        findings.raise(&strict);
        // Most misspelt keys are missing where they are needed: the loader knows already that they are errors.
        if findings.may_raise() {
            run(strictly.as_ref(), &mut strict);
            findings.raise(&strict);
        }
        #[cfg(feature = "editor")]
        (meant = flow.take());
        flow = strictly;
    }
    if flow.is_some() {
        ambiguous::check(tree, &mut findings);
    }
    let dropped = findings.dropped();
    Checked {
        flow,
        #[cfg(feature = "editor")]
        meant,
        diagnostics: findings.finish(tree.root()),
        dropped,
    }
}

/// Runs every check.
fn run(flow: Option<&Flow<'_>>, findings: &mut Findings) {
    let Some(flow) = flow else { return };
    if flow.text.len() > REQUEST_BYTES {
        let message = "a definition may have at most {} KiB, the limit of a request";
        let place = flow.root.entries().next().map_or(Span::at(0), |(key, _)| key.span());
        findings.report(Code::TooLarge, place, message, &[&to_decimal(REQUEST_BYTES / 1024)]).about(flow.root.span());
    }
    for check in CHECKS {
        check(flow, findings);
    }
}

/// True for a syntax error that may hide the structure around it.
fn hides_structure(code: Code) -> bool {
    !matches!(code, Code::DuplicateKey | Code::YamlBadEscape)
}

/// All checks, each in its own file.
const CHECKS: [fn(&Flow<'_>, &mut Findings); 15] = [
    choice::check,
    constructor::check,
    ending::check,
    expression::check,
    express::check,
    local_data::check,
    map::check,
    mapping::check,
    name::check,
    successor::check,
    retry_catch::check,
    target::check,
    task::check,
    version::check,
    wait::check,
];

/// The members of the context of a dialect.
pub(crate) fn context(dialect: Dialect) -> &'static [(&'static str, Members)] {
    match dialect {
        Dialect::Flow => expression::FLOW_CONTEXT,
        Dialect::StateMachine => expression::MACHINE_CONTEXT,
    }
}

/// The name of a state. Empty if it has none.
fn name_of<'a>(state: &State<'a>) -> &'a str {
    state.name.map_or("", |name| name.value)
}

/// The text, unless a template fills it in later.
fn literal(text: Option<Text<'_>>) -> Option<Text<'_>> {
    text.filter(|text| !text.opaque)
}

/// The key of the entry of `node` with this value.
#[inline(never)]
fn key_of<'a>(node: Node<'a>, value: Node<'_>) -> Option<Node<'a>> {
    for (key, other) in node.entries() {
        if other.span() == value.span() {
            return Some(key);
        }
    }
    None
}

/// Pushes the items and the values of a node.
#[inline(never)]
fn push_children<'a>(node: Node<'a>, todo: &mut Vec<Node<'a>>) {
    for item in node.items() {
        todo.push(item);
    }
    for (_, value) in node.entries() {
        todo.push(value);
    }
}

/// Calls `found` with each duplicate text and the previous occurrence of the text.
#[inline(never)]
fn duplicates(texts: &mut Vec<Text<'_>>, found: &mut dyn FnMut(Text<'_>, Text<'_>)) {
    // Fast path for a short list without duplicates.
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
    small::sort_by(texts, |a, b| a.value.cmp(b.value));
    for pair in texts.windows(2) {
        if let [first, second] = pair
            && first.value == second.value
        {
            found(*first, *second);
        }
    }
}
