//! Detects the dialect of a document.

use super::Dialect;
use super::dialect::{Shape, Slot};
use super::fields::is_opaque;
use super::sink::Findings;
use crate::yaml::{Kind, Node, Style};
use cloudflow_base::diagnostic::{Code, Edit, Fix, fill, nearest};
use cloudflow_base::small::find;
use cloudflow_base::text::Span;

const CODE: Code = Code::UnknownDialect;

/// The dialect of a document, and whether its header is that of the other dialect, which is reported. The body decides
/// then, or the header if `strict`.
pub(super) fn detect(root: Node<'_>, text: &str, strict: bool, findings: &mut Findings) -> Option<(Dialect, bool)> {
    if is_amazon(root) {
        let place = root.entries().next().map_or(root.span(), |(key, _)| key.span());
        let message = "this is a definition in Amazon States Language: CloudFlow has the dialect `Type: StateMachine` \
                       with `States` as a list";
        findings.report(CODE, place, message, &[]).about(root.span());
        return None;
    }
    // The response of an operation of the service.
    if let Some(value) = root.get("Definition").filter(|value| value.kind() == Kind::Scalar)
        && let Some((key, _)) = root.entries().find(|(key, _)| key.text() == Some("Definition"))
        && Dialect::ALL.into_iter().all(|dialect| root.get(dialect.key(Shape::Document, Slot::States)).is_none())
    {
        let message = "the definition is the value of `Definition`: write only this value";
        findings.report(CODE, key.span(), message, &[]).about(value.span());
        return None;
    }
    let dialect = header(root, findings)?;
    let other = dialect.other();
    let states = |dialect: Dialect| root.get(dialect.key(Shape::Document, Slot::States));
    let is_body = |list: Node<'_>| {
        let first = list.items().next().or_else(|| list.entries().next().map(|(_, state)| state));
        first.is_some_and(|state| state.get(other.key(Shape::State, Slot::Type)).is_some())
    };
    let mut headers = root.entries().filter(|(key, _)| key.text() == Some(dialect.key(Shape::Document, Slot::Type)));
    let Some((key, value)) = headers.next().filter(|_| states(other).is_some_and(is_body) && states(dialect).is_none())
    else {
        return Some((dialect, false));
    };
    let [right, list] = [other.key(Shape::Document, Slot::Type), other.key(Shape::Document, Slot::States)];
    let message = "the header is that of the `{}` dialect, but `{}` belongs to `{}: {}`";
    let args = [dialect.as_str(), list, right, other.as_str()];
    let reported = findings.report(CODE, key.span().join(value.span()), message, &args);
    reported.about(key.span());
    if let Some(edits) = header_of(root, text, dialect, states(other)) {
        reported.fix = Some(Fix { title: fill("write the header of `{}`", &[other.as_str()]), edits });
    }
    Some((if strict { dialect } else { other }, true))
}

/// The edits that write the header of the other dialect. Absent if a key has no certain repair.
#[cold]
#[inline(never)]
fn header_of(root: Node<'_>, text: &str, dialect: Dialect, list: Option<Node<'_>>) -> Option<Vec<Edit>> {
    let other = dialect.other();
    let first = list?.items().next()?.get(other.key(Shape::State, Slot::Name))?;
    let mut edits = Vec::new();
    for (key, value) in root.entries() {
        let Some(own) = dialect.keys(Shape::Document).iter().find(|own| key.text() == Some(own.name)) else { continue };
        let name = other.key(Shape::Document, own.slot);
        let mut new_text = name.to_owned();
        let mut span = key.span();
        if name.is_empty() || own.slot == Slot::Name {
            // The name and the start have no counterpart in the `flow` dialect.
            if dialect == Dialect::Flow || own.slot == Slot::StartAt && value.text() != first.text() {
                return None;
            }
            span = line_of(text, key.span().join(value.span()))?;
            new_text.clear();
        } else if own.slot == Slot::Type {
            span = key.span().join(value.span());
            new_text.extend([": ", other.as_str()]);
            if other == Dialect::StateMachine && root.style() == Style::Block {
                let before = text.get(..key.span().start as usize)?;
                let line = before.bytes().rposition(|byte| byte == b'\n').map_or(0, |at| at + 1);
                for (slot, value) in [(Slot::Name, "flow"), (Slot::StartAt, first.span().of(text))] {
                    let name = other.key(Shape::Document, slot);
                    if root.get(name).is_none() {
                        new_text.extend(["\n", before.get(line..)?, name, ": ", value]);
                    }
                }
            }
        }
        edits.push(Edit { span, new_text });
    }
    Some(edits)
}

/// The line of an entry, if the entry is all of it.
fn line_of(text: &str, entry: Span) -> Option<Span> {
    let (start, end) = (entry.start as usize, entry.end as usize);
    let (before, rest) = (text.get(..start)?, text.get(end..)?);
    // A block scalar ends behind its line break.
    let whole = text.get(..end)?.ends_with('\n');
    let line = if whole { end } else { find(rest, "\n").map_or(text.len(), |at| end + at + 1) };
    let behind = text.get(end..line)?.trim_ascii();
    let is_whole = (before.is_empty() || before.ends_with('\n')) && (behind.is_empty() || behind.starts_with('#'));
    is_whole.then_some(Span::new(start, line))
}

/// True for Amazon States Language: `States` is a mapping, and nothing says that the text is a flow.
pub fn is_amazon(root: Node<'_>) -> bool {
    let has = |dialect: Dialect, slot| root.get(dialect.key(Shape::Document, slot)).is_some();
    let ours =
        [Slot::Type, Slot::Version].into_iter().any(|slot| Dialect::ALL.into_iter().any(|dialect| has(dialect, slot)));
    let states = root.get(Dialect::StateMachine.key(Shape::Document, Slot::States));
    !ours && has(Dialect::StateMachine, Slot::StartAt) && states.is_some_and(|states| states.kind() == Kind::Mapping)
}

/// The dialect of the header. A wrong header with a clear intention is reported, and the intended dialect is returned.
fn header(root: Node<'_>, findings: &mut Findings) -> Option<Dialect> {
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
            .filter(|(key, _)| {
                keys.iter().any(|k| !matches!(k.slot, Slot::Type | Slot::Name) && key.text() == Some(k.name))
            })
            .count()
    };
    let (flow, machine) = (count(Dialect::Flow), count(Dialect::StateMachine));
    match flow.cmp(&machine) {
        std::cmp::Ordering::Greater => Some(Dialect::Flow),
        std::cmp::Ordering::Less => Some(Dialect::StateMachine),
        std::cmp::Ordering::Equal => None,
    }
}
