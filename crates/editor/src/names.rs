//! The names of states: where they are defined, where they are used, and how they are changed.

use cloudflow_base::diagnostic::Edit;
use cloudflow_base::small;
use cloudflow_base::text::Span;
use cloudflow_language::flow::{Flow, State, StateId, StateKind, Target, Text};
use cloudflow_language::graph::graph;
use cloudflow_language::yaml::{self, Node, Resolved, Style};

use crate::text::{cat, replaced};
use crate::view::{View, touches};

/// Why a state is not renamed: one line, lower-case, without a final period.
pub type Refusal = String;

/// Calls `seen` with every target in the text, and the state that it names.
pub(crate) fn targets<'a>(flow: &Flow<'a>, mut seen: impl FnMut(Target<'a>)) {
    for scope in flow.scopes() {
        scope.start_at.into_iter().for_each(&mut seen);
    }
    for state in flow.states() {
        state.next.get().into_iter().for_each(&mut seen);
        state.catch_rules().iter().filter_map(|rule| rule.target).for_each(&mut seen);
        if let StateKind::Choice(choice) = &state.kind {
            choice.options.iter().chain(&choice.default).filter_map(|way| way.target).for_each(&mut seen);
        }
    }
}

/// The state whose name, or a reference to it, is at an offset, and the span at the offset.
fn at_offset<'f, 'a>(flow: &'f Flow<'a>, at: usize) -> Option<(&'f State<'a>, Text<'a>)> {
    let named = flow.states().iter().find_map(|state| Some((state, state.name.filter(|name| touches(name.span, at))?)));
    if named.is_some() {
        return named;
    }
    let mut found = None;
    targets(flow, |target| {
        if touches(target.text.span, at) {
            found = target.state.map(|state| (state, target.text));
        }
    });
    found.and_then(|(id, text)| Some((flow.state(id)?, text)))
}

/// The state whose name, or a reference to it, is at an offset, and the span of the name at the offset.
pub(crate) fn state_at<'f, 'a>(flow: &'f Flow<'a>, at: usize) -> Option<(&'f State<'a>, Span)> {
    at_offset(flow, at).map(|(state, text)| (state, text.span))
}

pub(crate) fn definition(view: &View<'_>, at: usize) -> Option<Span> {
    let flow = view.flow.as_ref()?;
    Some(at_offset(flow, at)?.0.place())
}

pub(crate) fn references(view: &View<'_>, at: usize) -> Vec<Span> {
    let Some(flow) = &view.flow else { return Vec::new() };
    let Some((state, _)) = at_offset(flow, at) else { return Vec::new() };
    uses(flow, state.id).into_iter().map(|text| text.span).collect()
}

/// The name of a state and all references to it, in the order of the text.
pub(crate) fn uses<'a>(flow: &Flow<'a>, id: StateId) -> Vec<Text<'a>> {
    let mut all: Vec<Text<'a>> = flow.state(id).and_then(|state| state.name).into_iter().collect();
    targets(flow, |target| {
        if target.state == Some(id) {
            all.push(target.text);
        }
    });
    small::sort_by(&mut all, |a, b| a.span.cmp(&b.span));
    all.dedup_by(|a, b| a.span == b.span);
    all
}

pub(crate) fn named(view: &View<'_>, at: usize) -> Option<Span> {
    let (state, text) = at_offset(view.flow.as_ref()?, at)?;
    state.name.filter(|name| !name.opaque).map(|_| text.span)
}

pub(crate) fn rename(view: &View<'_>, at: usize, new: &str) -> Result<Vec<Edit>, Refusal> {
    let found = view.flow.as_ref().and_then(|flow| Some((flow, at_offset(flow, at)?.0)));
    let Some((flow, state)) = found else {
        return Err("no name of a state is at this place".to_owned());
    };
    let word = flow.dialect.state_word();
    let Some(name) = state.name.filter(|name| !name.opaque && !name.value.is_empty()) else {
        return Err(cat(&["the name of this ", word, " is filled in by a template"]));
    };
    let is_end = |c: Option<char>| c.is_none_or(char::is_whitespace);
    if is_end(new.chars().next()) || is_end(new.chars().next_back()) {
        return Err(cat(&["the name of a ", word, " must not be empty, and must not begin or end with a blank"]));
    }
    if new.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')) {
        return Err(cat(&["the name of a ", word, " must not contain a line break or a control character"]));
    }
    if new == name.value {
        return Ok(Vec::new());
    }
    if flow.find(state.scope, new).is_some() {
        return Err(cat(&["a ", word, " `", new, "` exists already in this list"]));
    }
    let edits: Vec<Edit> = uses(flow, state.id)
        .into_iter()
        .map(|text| Edit { span: text.span, new_text: scalar(new, text.node) })
        .collect();
    let after = apply(view.text, &edits);
    if View::read(&after, |after| after.flow.as_ref().is_some_and(|after| is_renamed(flow, after, name.span, new))) {
        return Ok(edits);
    }
    let why = "` as a whole: an anchor shares it, or another name is equal to it";
    Err(cat(&["cannot rename the ", word, " `", name.value, why]))
}

/// True if the flows differ in the name at this span only.
fn is_renamed(before: &Flow<'_>, after: &Flow<'_>, renamed: Span, new: &str) -> bool {
    let same = |old: &State<'_>, state: &State<'_>| {
        // An anchor can make several states of one name in the text.
        let expected = old.name.map(|name| if name.span == renamed { new } else { name.value });
        state.name.map(|name| name.value) == expected && state.scope == old.scope
    };
    before.states().len() == after.states().len()
        && before.states().iter().zip(after.states()).all(|(old, state)| same(old, state))
        && graph(before).edges == graph(after).edges
}

/// The text after edits in ascending order.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        out.push_str(&edit.new_text);
        at = edit.span.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// A text as a YAML scalar, in the quotes of the scalar that it replaces, or without quotes if possible.
pub(crate) fn scalar(text: &str, old: Node<'_>) -> String {
    match old.style() {
        Style::SingleQuoted => cat(&["'", &replaced(text, "'", "''"), "'"]),
        Style::DoubleQuoted => quoted(text),
        _ if is_plain(text) => text.to_owned(),
        _ => quoted(text),
    }
}

/// The content of a scalar in double quotes.
pub(crate) fn escaped(text: &str) -> String {
    replaced(&replaced(text, "\\", "\\\\"), "\"", "\\\"")
}

pub(crate) fn quoted(text: &str) -> String {
    cat(&["\"", &escaped(text), "\""])
}

/// True if a text can be written without quotes everywhere, also in brackets.
pub(crate) fn is_plain(text: &str) -> bool {
    let document = cat(&["[", text, "]"]);
    let (tree, found) = yaml::parse(&document);
    let item = tree.root().and_then(|root| {
        let mut items = root.items();
        let first = items.next();
        first.filter(|_| items.next().is_none())
    });
    found.is_empty()
        && item.is_some_and(|item| {
            item.style() == Style::Plain
                && item.tag().is_none()
                && item.resolve() == Some(Resolved::Text(text))
                && !text.contains([':', '#'])
                && !item.is_template()
                && !matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n")
        })
}
