//! The structure of a definition: its states, what an editor can fold, what it selects step by step.

use cloudflow_base::small;
use cloudflow_base::text::Span;
use cloudflow_language::flow::{Flow, ScopeId, State};
use cloudflow_language::yaml::{Kind, Node};

use crate::text::{is_name, run, run_before};
use crate::view::{View, line_end, line_start, part, touches, trimmed_end};

/// A state in the tree of states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name. Empty if the state has none.
    pub name: String,
    /// The type as written. Empty if the state has none.
    pub kind: String,
    /// The list that contains the state, such as `branches[0]`. Empty for the list of the flow.
    pub list: String,
    /// The span of the state.
    pub span: Span,
    /// The span of the name, or of the whole state.
    pub name_span: Span,
    /// The states inside, in the order of the text.
    pub children: Vec<Symbol>,
}

/// A range that an editor can fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// From the end of the first line, which stays visible, to the end of the last line.
    pub span: Span,
    /// What is folded.
    pub kind: FoldKind,
}

/// The kind of a [`Fold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// A value.
    Region,
    /// Lines of comments.
    Comment,
}

pub(crate) fn symbols(view: &View<'_>) -> Vec<Symbol> {
    let Some(flow) = &view.flow else { return Vec::new() };
    // From the last scope to the first: a scope comes after the state that owns it.
    let mut inner: Vec<Vec<Symbol>> = flow.states().iter().map(|_| Vec::new()).collect();
    for scope in flow.scopes().iter().rev() {
        let mut list = Vec::new();
        for state in flow.states_of(scope.id) {
            let children = inner.get_mut(state.id.0 as usize).map(std::mem::take).unwrap_or_default();
            list.push(symbol(view, flow, scope.id, state, children));
        }
        let Some(owner) = scope.owner else { return list };
        if let Some(all) = inner.get_mut(owner.0 as usize) {
            list.append(all);
            *all = list;
        }
    }
    Vec::new()
}

fn symbol(view: &View<'_>, flow: &Flow<'_>, scope: ScopeId, state: &State<'_>, children: Vec<Symbol>) -> Symbol {
    let span = state.node.span();
    let end = trimmed_end(view.text, span);
    let is_top = flow.scope(scope).is_none_or(|scope| scope.owner.is_none());
    Symbol {
        name: state.name.map_or("", |name| name.value).to_owned(),
        kind: state.type_name.map_or("", |name| name.value).to_owned(),
        list: if is_top { String::new() } else { flow.slot(scope) },
        span: Span::new(span.start as usize, end),
        name_span: state.place(),
        children,
    }
}

/// True for an alias of a collection: its content is at another place of the text.
pub(crate) fn is_alias(view: &View<'_>, node: Node<'_>) -> bool {
    node.kind() != Kind::Scalar && node.span().of(view.text).starts_with('*')
}

pub(crate) fn folding(view: &View<'_>) -> Vec<Fold> {
    let mut folds = Vec::new();
    let mut todo: Vec<Node<'_>> = view.tree.root().into_iter().collect();
    while let Some(node) = todo.pop() {
        if is_alias(view, node) {
            continue;
        }
        for item in node.items() {
            fold(view, item.span().start, item, &mut folds);
            todo.push(item);
        }
        for (key, value) in node.entries() {
            fold(view, key.span().start, value, &mut folds);
            todo.push(value);
        }
    }
    comments(view.text, &mut folds);
    small::sort_by(&mut folds, |a, b| (a.span.start, b.span.end).cmp(&(b.span.start, a.span.end)));
    // An item and its only value fold the same lines.
    folds.dedup_by(|a, b| a.span.start == b.span.start);
    folds
}

/// Adds the lines after the one with `start`, up to the end of a value.
fn fold(view: &View<'_>, start: u32, value: Node<'_>, folds: &mut Vec<Fold>) {
    let first = line_end(view.text, start as usize);
    let end = trimmed_end(view.text, value.span());
    if end > first && !is_alias(view, value) {
        folds.push(Fold { span: Span::new(first, end), kind: FoldKind::Region });
    }
}

/// Adds every block of at least two lines of comments.
fn comments(text: &str, folds: &mut Vec<Fold>) {
    let mut block: Option<Span> = None;
    let mut at = 0;
    loop {
        let end = line_end(text, at);
        if part(text, at, end).trim_ascii_start().starts_with('#') {
            let start = block.map_or(end, |block| block.start as usize);
            block = Some(Span::new(start, end));
        } else {
            folds.extend(block.take().filter(|block| !block.is_empty()).map(comment));
        }
        if end >= text.len() {
            break;
        }
        at = end + if part(text, end, end + 2) == "\r\n" { 2 } else { 1 };
    }
    folds.extend(block.filter(|block| !block.is_empty()).map(comment));
}

fn comment(span: Span) -> Fold {
    Fold { span, kind: FoldKind::Comment }
}

pub(crate) fn selection(view: &View<'_>, at: usize) -> Vec<Span> {
    let text = view.text;
    let mut spans = vec![Span::new(0, text.len())];
    let mut next = view.tree.root().filter(|root| touches(root.span(), at));
    while let Some(node) = next.take() {
        spans.push(Span::new(node.span().start as usize, trimmed_end(text, node.span())));
        if is_alias(view, node) {
            break;
        }
        for item in node.items() {
            if touches(item.span(), at) {
                next = Some(item);
            }
        }
        for (key, value) in node.entries() {
            let entry = key.span().join(value.span());
            if touches(entry, at) {
                // From the start of the key to the end of the value.
                spans.truncate(spans.len());
                spans.push(Span::new(entry.start as usize, trimmed_end(text, entry)));
                next = Some(if touches(key.span(), at) { key } else { value });
            }
        }
        next = next.filter(|node| touches(node.span(), at));
    }
    let (start, end) = (line_start(text, at), line_end(text, at));
    let head = part(text, start, at);
    let word = run_before(head, is_word) + start;
    let tail = part(text, at, end);
    spans.push(Span::new(word, at + run(tail, is_word)));
    spans.reverse();
    spans.retain(|span| touches(*span, at) && !span.is_empty());
    // Each one contains the one before it.
    let mut wider: Vec<Span> = Vec::new();
    for span in spans {
        if wider.last().is_none_or(|last| span.start <= last.start && span.end >= last.end && span != *last) {
            wider.push(span);
        }
    }
    wider
}

/// True for a byte of a word that is selected first.
fn is_word(byte: u8) -> bool {
    byte == b'$' || byte != b'-' && is_name(byte)
}
