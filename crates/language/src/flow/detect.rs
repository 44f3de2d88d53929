//! Detects the dialect of a document.

use super::Dialect;
use super::dialect::{Shape, Slot};
use super::fields::is_opaque;
use super::sink::Findings;
use crate::yaml::{Kind, Node};
use cloudflow_base::diagnostic::{Code, nearest};

const CODE: Code = Code::UnknownDialect;

/// The dialect of a document. A wrong header with a clear intention is reported, and the intended
/// dialect is returned.
pub(super) fn detect(root: Node<'_>, findings: &mut Findings) -> Option<Dialect> {
    if root.kind() != Kind::Mapping {
        findings.report(CODE, root.span(), "a flow must be a mapping", &[]);
        return None;
    }
    // `type` or `Type`.
    let mut headers = root.entries().filter_map(|(key, value)| {
        let text = key.text()?;
        text.eq_ignore_ascii_case("type").then_some((key, text, value))
    });
    let by_keys = by_keys(root);
    let Some((key, name, value)) = headers.next() else {
        let Some(dialect) = by_keys else {
            let place = root.entries().next().map_or(root.span(), |(key, _)| key.span());
            let message = "the dialect is missing: write `type: flow` or `Type: StateMachine`";
            findings.report(CODE, place, message, &[]).about(root.span());
            return None;
        };
        return Some(dialect);
    };
    if let Some((second, spelling, other)) = headers.next()
        && second.text() != Some(name)
    {
        let message = "`type` and `Type` exclude each other: write the flow in one dialect";
        findings.report(CODE, second.span(), message, &[]).related(key.span(), "the other key", &[]);
        // Two valid headers: the dialect is ambiguous.
        let is_header =
            |name: &str, value: Node<'_>| of_key(name).is_some_and(|dialect| value.text() == Some(dialect.as_str()));
        if is_header(name, value) && is_header(spelling, other) {
            return None;
        }
    }
    if is_opaque(value) {
        return by_keys.or_else(|| of_key(name));
    }
    let text = value.text().unwrap_or_default();
    if let Some(dialect) = of_key(name).filter(|dialect| dialect.as_str() == text) {
        return Some(dialect);
    }
    // `type: StateMachine`, `Type: statemachine`, `Type: Workflow`.
    let meant = nearest(text, Dialect::ALL.map(Dialect::as_str)).unwrap_or(text);
    let meant = Dialect::ALL.into_iter().find(|dialect| dialect.as_str() == meant).or(by_keys);
    let Some(dialect) = meant else {
        let message = "`{}` is not a dialect: write `type: flow` or `Type: StateMachine`";
        findings.report(CODE, value.span(), message, &[text]);
        return None;
    };
    let right_key = dialect.key(Shape::Document, Slot::Type);
    // The wrong part: the key or the value.
    let (span, old, new) =
        if text == dialect.as_str() { (key.span(), name, right_key) } else { (value.span(), text, dialect.as_str()) };
    let message = "`{}: {}` is not a dialect: write `{}: {}`";
    let reported = findings.report(CODE, span, message, &[name, text, right_key, dialect.as_str()]);
    if name == right_key || text == dialect.as_str() {
        reported.change(old, span, new);
    }
    Some(dialect)
}

fn of_key(name: &str) -> Option<Dialect> {
    Dialect::ALL.into_iter().find(|dialect| dialect.key(Shape::Document, Slot::Type) == name)
}

/// The dialect whose keys occur more often in the document.
fn by_keys(root: Node<'_>) -> Option<Dialect> {
    let count = |dialect: Dialect| {
        let keys = dialect.keys(Shape::Document);
        root.entries()
            .take(64)
            .filter(|(key, _)| keys.iter().any(|k| k.slot != Slot::Type && key.text() == Some(k.name)))
            .count()
    };
    let (flow, machine) = (count(Dialect::Flow), count(Dialect::StateMachine));
    match flow.cmp(&machine) {
        std::cmp::Ordering::Greater => Some(Dialect::Flow),
        std::cmp::Ordering::Less => Some(Dialect::StateMachine),
        std::cmp::Ordering::Equal => None,
    }
}
