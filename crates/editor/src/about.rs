//! What is at an offset: hover texts, signatures, and hints in the text.

use cloudflow_base::small::{self, is_one_of};
use cloudflow_base::text::Span;
use cloudflow_language::facts;
use cloudflow_language::flow::dialect::{Slot, StateType, Value, computed_base};
use cloudflow_language::flow::{Dialect, Flow, State, StateKind, TaskMode};
use cloudflow_language::graph::{EdgeKind, Place, graph};
use cloudflow_language::yaml::{Node, Style};

use crate::complete;
use crate::explain::{self, Note};
use crate::names;
use crate::spot::Spot;
use crate::text::{cat, is_blank, is_name, joined, replaced, run};
use crate::view::{View, part, touches};

/// What is at an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The key, name or word that the text is about.
    pub span: Span,
    /// One line: the name with its type or signature.
    pub title: String,
    /// The documentation.
    pub note: Note,
    /// What the flow says about it. Empty if there is nothing.
    pub summary: String,
    /// The dialect, for [`Note::words`].
    pub dialect: Dialect,
}

/// The call around an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The signature: `hash(text, algorithm)`.
    pub label: &'static str,
    /// The names of the parameters.
    pub parameters: Vec<&'static str>,
    /// The index of the parameter at the offset.
    pub active: usize,
    /// The documentation.
    pub note: Note,
}

/// A text that an editor shows in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The offset in bytes.
    pub at: usize,
    /// The text.
    pub label: String,
}

pub(crate) fn hover(view: &View<'_>, at: usize) -> Option<Hover> {
    let spot = Spot::find(view, at);
    let (key, _) = spot.entry?;
    if spot.at_key {
        return touches(key.span(), at).then(|| about_key(&spot, key))?;
    }
    let scalar = spot.value.filter(|node| touches(node.span(), at));
    if let Some(flow) = &view.flow
        && let Some((state, span)) = names::state_at(flow, at)
    {
        return Some(about_state(flow, state, span));
    }
    let scalar = scalar?;
    let text = scalar.text()?;
    let dialect = spot.dialect;
    if spot.is_expression(text) {
        return about_expression(view, &spot, scalar, at);
    }
    let note = match (spot.expects, spot.slot()) {
        (Value::Text, Some(Slot::Type)) if spot.frames.len() > 1 => {
            explain::state_type(dialect, StateType::read(text, dialect)?)
        }
        (Value::OneOf(_), _) => explain::mode(dialect, TaskMode::read(text, dialect)?),
        (Value::Text | Value::Texts, Some(Slot::Errors)) => explain::error(dialect, text),
        (Value::Text, Some(Slot::Action)) => explain::action_named(text)?.note,
        _ => return None,
    };
    let summary = if spot.slot() == Some(Slot::Action) { parameters(text) } else { String::new() };
    Some(Hover { span: scalar.span(), title: text.to_owned(), note, summary, dialect })
}

/// The parameters of an action in one line.
fn parameters(action: &str) -> String {
    let Some(action) = explain::action_named(action) else { return String::new() };
    cat(&["Parameters: `", &joined(action.parameters, "`, `"), "`"])
}

fn about_key(spot: &Spot<'_>, key: Node<'_>) -> Option<Hover> {
    let name = key.text()?;
    let frame = spot.frames.last()?;
    let hover = |title: String, note| {
        Some(Hover { span: key.span(), title, note, summary: String::new(), dialect: spot.dialect })
    };
    let Some(shape) = frame.shape else {
        let action = complete::action(spot).filter(|_| spot.slot() == Some(Slot::Params) && spot.free_depth() == 1)?;
        let base = computed_base(name).unwrap_or(name);
        let name = *action.parameters.iter().find(|known| **known == base)?;
        let needed = is_one_of(name, facts::needed(action.name));
        let title = cat(&[name, " of ", action.name, if needed { ", required" } else { "" }]);
        return hover(title, Note { text: explain::parameter(name), page: action.note.page });
    };
    let known = spot.known.filter(|known| known.name == computed_base(name).unwrap_or(name))?;
    let kind = match known.value {
        Value::Text | Value::Remark => "text",
        Value::Target => "name of a state",
        Value::Expression => "expression",
        Value::OneOf(_) => "one of its words",
        Value::Bool => "true or false",
        Value::Whole | Value::Digits => "whole number",
        Value::Factor => "number greater than 0",
        Value::Texts | Value::Many(_) => "list",
        Value::Constructor | Value::Object | Value::One(_) => "mapping",
        Value::Any => "any value",
    };
    let kind = if spot.computed { "expression" } else { kind };
    let needed = if known.is_required(frame.of) { ", required" } else { "" };
    hover(cat(&[name, ": ", kind, needed]), explain::key(spot.dialect, shape, frame.of, known.slot))
}

fn about_state(flow: &Flow<'_>, state: &State<'_>, span: Span) -> Hover {
    let name = state.name.map_or("", |name| name.value);
    let kind = state.type_name.map_or("", |name| name.value);
    let note = state.kind.state_type().map(|of| explain::state_type(flow.dialect, of));
    let mut summary = String::new();
    let mut line = |text: &str| {
        summary.push_str(if summary.is_empty() { "" } else { "\n" });
        summary.push_str(text);
    };
    if let Some(remark) = state.description {
        line(remark.value.trim_ascii());
    }
    if let StateKind::Task(task) = &state.kind
        && let Some(action) = task.resource.get().or(task.action.get())
    {
        line(&cat(&["Calls `", action.value, "`."]));
    }
    let mut ways: Vec<String> = Vec::new();
    for edge in graph(flow).edges.iter().filter(|edge| edge.from == Place::State(state.id)) {
        let to = cat(&["`", place(flow, edge.to), "`"]);
        let to = if edge.to == Place::End { "the end".to_owned() } else { to };
        let way = match &edge.label {
            Some(label) if edge.kind != EdgeKind::Fork => cat(&[&to, " (", label, ")"]),
            _ => to,
        };
        if !ways.contains(&way) && ways.len() < 10 {
            ways.push(way);
        }
    }
    let list: Vec<&str> = ways.iter().map(String::as_str).collect();
    if !list.is_empty() {
        line(&cat(&["Leads to ", &joined(&list, ", "), "."]));
    }
    let uses = names::uses(flow, state.id).len().saturating_sub(1);
    let count = small::to_decimal(uses);
    line(&cat(&[&count, if uses == 1 { " reference." } else { " references." }]));
    Hover {
        span,
        title: cat(&[name, ": ", kind]),
        note: note.unwrap_or(Note { text: "", page: "" }),
        summary,
        dialect: flow.dialect,
    }
}

/// The name of a place in the graph.
fn place<'f>(flow: &'f Flow<'_>, place: Place) -> &'f str {
    match place {
        Place::Start => "start",
        Place::End => "end",
        Place::State(id) => flow.state(id).and_then(|state| state.name).map_or("", |name| name.value),
    }
}

fn about_expression(view: &View<'_>, spot: &Spot<'_>, scalar: Node<'_>, at: usize) -> Option<Hover> {
    let (start, end) = (scalar.span().start as usize, scalar.span().end as usize);
    let tail = part(view.text, at, end);
    let stop = at + run(tail, is_name);
    let source = part(view.text, start, stop);
    let (steps, from) = complete::path_before(source);
    let word = source.get(from..)?;
    let span = Span::new(start + from, stop);
    let hover = |title: String, note: Note| {
        let known = !note.text.is_empty() && touches(span, at);
        known.then_some(Hover { span, title, note, summary: String::new(), dialect: spot.dialect })
    };
    let Some((variable, path)) = steps.split_first() else {
        if word.starts_with('$') {
            return hover(word.to_owned(), explain::variable(spot.dialect, word));
        }
        let function = facts::function(word).filter(|_| spot.dialect == Dialect::StateMachine)?;
        return hover(function.signature.to_owned(), explain::function(word));
    };
    if is_one_of(variable, &["$context", "$Context"]) {
        let path: Vec<&str> = path.iter().copied().chain([word]).collect();
        let path = joined(&path, ".");
        return hover(cat(&[variable, ".", &path]), explain::member(spot.dialect, &path));
    }
    None
}

pub(crate) fn signature(view: &View<'_>, at: usize) -> Option<Signature> {
    let spot = Spot::find(view, at);
    // After the end of the scalar too: the call is not closed yet.
    let scalar = spot.value.filter(|_| spot.dialect == Dialect::StateMachine)?;
    // Blanks before the cursor do not belong to the scalar.
    let behind = view.text.get(scalar.span().end as usize..at).unwrap_or_default();
    let is_near = touches(scalar.span(), at) || !behind.is_empty() && run(behind, is_blank) == behind.len();
    if !spot.is_expression(scalar.text()?) || !is_near {
        return None;
    }
    let quote = usize::from(matches!(scalar.style(), Style::SingleQuoted | Style::DoubleQuoted));
    let source = part(view.text, scalar.span().start as usize + quote, at);
    let unescaped = replaced(source, "\\\"", "\"");
    let call = complete::call(if scalar.style() == Style::DoubleQuoted { &unescaped } else { source })?;
    let label = call.function.signature;
    let inner = label.get(call.function.name.len() + 1..label.len() - 1).unwrap_or_default();
    let parameters: Vec<&str> = small::split(inner, ", ").into_iter().filter(|name| !name.is_empty()).collect();
    let active = call.argument.min(parameters.len().saturating_sub(1));
    Some(Signature { label, parameters, active, note: explain::function(call.function.name) })
}

pub(crate) fn hints(view: &View<'_>) -> Vec<Hint> {
    let Some(flow) = &view.flow else { return Vec::new() };
    let mut hints: Vec<Hint> = Vec::new();
    for edge in graph(flow).edges {
        let Place::State(from) = edge.from else { continue };
        let Some(state) = flow.state(from) else { continue };
        let is_default = match edge.kind {
            EdgeKind::Next => flow.dialect == Dialect::Flow,
            EdgeKind::NoMatch => true,
            EdgeKind::Join | EdgeKind::Collect | EdgeKind::End | EdgeKind::Goto => edge.case.is_none(),
            _ => false,
        };
        let written = state.end.get().map(|end| end.span);
        let Some(span) = written.or(state.name.map(|name| name.span)).filter(|_| is_default) else { continue };
        let to = if edge.to == Place::End { "end" } else { place(flow, edge.to) };
        hints.push(Hint { at: span.end as usize, label: cat(&["→ ", to]) });
    }
    small::sort_by(&mut hints, |a, b| a.at.cmp(&b.at));
    // The content of an anchor has one place.
    hints.dedup_by(|a, b| a.at == b.at);
    hints
}
