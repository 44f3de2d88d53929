//! The usual order of keys.

use cloudflow_base::diagnostic::Edit;
use cloudflow_base::small;
use cloudflow_base::text::Span;
use cloudflow_language::flow::Dialect;
use cloudflow_language::flow::dialect::{Shape, Slot as S, Value, computed_base};
use cloudflow_language::yaml::{Kind, Node, Style};

use crate::outline::is_alias;
use crate::spot::key_named;
use crate::text::{is_blank, run, run_before, unindented};
use crate::view::{View, line_end, line_start, part, trimmed_end};

/// The order of the keys. The others are before the last two.
const ORDER: [S; 29] = [
    S::Type,
    S::Version,
    S::Name,
    S::Description,
    S::StartAt,
    S::Errors,
    S::Condition,
    S::Target,
    S::Source,
    S::Resource,
    S::Action,
    S::Mode,
    S::Timeout,
    S::Seconds,
    S::Timestamp,
    S::Items,
    S::Item,
    S::Index,
    S::Input,
    S::Iteration,
    S::Params,
    S::Branches,
    S::Processor,
    S::States,
    S::Default,
    S::Output,
    S::Global,
    S::Retry,
    S::Catch,
];

/// The place of a key in the order.
fn rank(dialect: Dialect, shape: Shape, key: Node<'_>) -> usize {
    let name = key.text().unwrap_or_default();
    let known = key_named(dialect, shape, None, computed_base(name).unwrap_or(name));
    match known.map(|known| known.slot) {
        // The other dialect begins with its version.
        Some(S::Version) if dialect == Dialect::Flow => 0,
        Some(S::Type) => 1,
        Some(slot @ (S::Next | S::End)) => ORDER.len() + 10 + usize::from(slot == S::End),
        // The list of states is the last key of a definition and of a branch.
        Some(S::States) if shape != Shape::State => ORDER.len() + 5,
        Some(slot) => ORDER.iter().position(|known| *known == slot).map_or(ORDER.len() + 3, |at| at + 2),
        None => ORDER.len() + 4,
    }
}

/// The text with the keys of every mapping with a table in order.
pub(super) fn sorted(view: &View<'_>) -> Option<String> {
    let root = view.tree.root()?;
    let mut out = String::with_capacity(view.text.len());
    let sorter = Sorter { view, dialect: view.dialect?, deep: true };
    sorter.write(root, Value::One(Shape::Document), Span::new(0, view.text.len()), &mut out);
    Some(out)
}

/// The mapping of a state with its keys in order, without those inside.
pub(super) fn mapping(view: &View<'_>, node: Node<'_>) -> Option<Edit> {
    let sorter = Sorter { view, dialect: view.dialect?, deep: false };
    let end = line_end(view.text, trimmed_end(view.text, node.span()));
    let span = Span::new(node.span().start as usize, end);
    let mut out = String::new();
    sorter.write(node, Value::One(Shape::State), span, &mut out);
    Some(Edit { span, new_text: out })
}

struct Sorter<'v, 'a> {
    view: &'v View<'a>,
    dialect: Dialect,
    /// Sorts the mappings inside, too.
    deep: bool,
}

/// An entry with the comments before it, and what follows up to the next entry.
struct Chunk<'a> {
    key: Node<'a>,
    value: Node<'a>,
    /// With the comments.
    start: usize,
    rank: usize,
}

impl<'a> Sorter<'_, 'a> {
    /// Writes a span of the text, which contains a node. Recursion is bounded by the depth limit of the YAML reader.
    fn write(&self, node: Node<'a>, expects: Value, span: Span, out: &mut String) {
        let shape = match expects {
            Value::One(shape) | Value::Many(shape) => Some(shape),
            _ => None,
        };
        let (start, end) = (span.start as usize, span.end as usize);
        if node.style() != Style::Block || is_alias(self.view, node) {
            out.push_str(part(self.view.text, start, end));
            return;
        }
        match (node.kind(), shape) {
            (Kind::Mapping, Some(shape)) => self.mapping(node, shape, span, out),
            (Kind::Sequence, Some(shape)) => {
                let mut at = start;
                let items: Vec<Node<'_>> = node.items().collect();
                for (index, item) in items.iter().enumerate() {
                    let item_start = (item.span().start as usize).max(at);
                    out.push_str(part(self.view.text, at, item_start));
                    let next =
                        items.get(index + 1).map_or(end, |next| line_start(self.view.text, next.span().start as usize));
                    at = next.clamp(item_start, end.max(item_start));
                    self.write(*item, Value::One(shape), Span::new(item_start, at), out);
                }
                out.push_str(part(self.view.text, at, end));
            }
            _ => out.push_str(part(self.view.text, start, end)),
        }
    }

    fn mapping(&self, node: Node<'a>, shape: Shape, span: Span, out: &mut String) {
        let text = self.view.text;
        let (start, limit) = (span.start as usize, span.end as usize);
        // Comments after the last entry stay where they are.
        let content = line_end(text, trimmed_end(text, node.span()));
        let end = (content + if part(text, content, content + 2) == "\r\n" { 2 } else { 1 }).min(limit).max(start);
        let column = {
            let first = node.span().start as usize;
            first - line_start(text, first)
        };
        let mut chunks: Vec<Chunk<'a>> = Vec::new();
        let mut is_plain = true;
        for (key, value) in node.entries() {
            let at = key.span().start as usize;
            let line = line_start(text, at);
            let is_first = chunks.is_empty();
            is_plain &= is_first || part(text, line, at).trim_ascii().is_empty() && at - line == column;
            is_plain &= (node.span().start as usize..node.span().end as usize).contains(&at);
            is_plain &= chunks.last().is_none_or(|last| last.start <= line);
            let from = if is_first { at } else { self.comments_above(line, column) };
            chunks.push(Chunk { key, value, start: from, rank: rank(self.dialect, shape, key) });
        }
        let known = |chunk: &Chunk<'_>| {
            let name = chunk.key.text().unwrap_or_default();
            key_named(self.dialect, shape, None, computed_base(name).unwrap_or(name))
                .map_or(Value::Any, |key| key.value)
        };
        let mut order: Vec<usize> = (0..chunks.len()).collect();
        let rank_of = |index: &usize| chunks.get(*index).map_or(0, |chunk| chunk.rank);
        small::sort_by(&mut order, |a, b| (rank_of(a), *a).cmp(&(rank_of(b), *b)));
        let first = order.first().and_then(|first| chunks.get(*first));
        // Comments cannot move to the line of a dash.
        let has_comment = first.is_some_and(|first| first.start != first.key.span().start as usize)
            && first.is_some_and(|first| first.start != line_start(text, first.key.span().start as usize))
            && chunks
                .first()
                .is_some_and(|first| !part(text, line_start(text, first.start), first.start).trim_ascii().is_empty());
        if !is_plain || has_comment || chunks.is_empty() {
            order = (0..chunks.len()).collect();
            if !is_plain || chunks.is_empty() {
                out.push_str(part(text, start, limit));
                return;
            }
        }
        let ends: Vec<usize> = (1..=chunks.len()).map(|next| chunks.get(next).map_or(end, |next| next.start)).collect();
        let first_start = chunks.first().map_or(start, |first| first.start);
        out.push_str(part(text, start, first_start));
        if self.deep && order.is_sorted() {
            // Nothing moves here.
            for (chunk, stop) in chunks.iter().zip(ends) {
                let from = (chunk.value.span().start as usize).clamp(chunk.key.span().start as usize, stop);
                out.push_str(part(text, chunk.start, from));
                self.write(chunk.value, known(chunk), Span::new(from, stop), out);
            }
            out.push_str(part(text, end, limit));
            return;
        }
        let mut pieces = Vec::with_capacity(order.len());
        for index in &order {
            let (Some(chunk), Some(stop)) = (chunks.get(*index), ends.get(*index)) else { continue };
            let key_start = chunk.key.span().start as usize;
            let from = (chunk.value.span().start as usize).clamp(key_start, *stop);
            let mut piece = part(text, chunk.start, from).to_owned();
            let inner = Span::new(from, *stop);
            if self.deep {
                self.write(chunk.value, known(chunk), inner, &mut piece);
            } else {
                piece.push_str(inner.of(text));
            }
            // Without the indentation of its first line.
            let is_indented = chunk.start != key_start || *index != 0;
            pieces.push(if is_indented { unindented(&piece).to_owned() } else { piece });
        }
        let closed = text.get(..end).is_some_and(|text| text.ends_with('\n'));
        let count = pieces.len();
        for (index, piece) in pieces.into_iter().enumerate() {
            if index > 0 {
                out.push_str(&" ".repeat(column));
            }
            out.push_str(&piece);
            if index + 1 < count && !piece.ends_with('\n') {
                out.push('\n');
            }
        }
        if !closed && out.ends_with('\n') {
            out.truncate(run_before(out, |byte| matches!(byte, b'\n' | b'\r')));
        }
        out.push_str(part(text, end, limit));
    }

    /// The start of the comments directly above a line, at the same column.
    fn comments_above(&self, line: usize, column: usize) -> usize {
        let text = self.view.text;
        let mut start = line;
        while start > 0 {
            let above = line_start(text, start.saturating_sub(1));
            let source = part(text, above, start);
            let indent = run(source, is_blank);
            if indent != column || !source.trim_ascii_start().starts_with('#') {
                break;
            }
            start = above;
        }
        start
    }
}
