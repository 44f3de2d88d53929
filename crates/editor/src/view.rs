//! One reading of a text: the tree, and the flow without its findings.

use cloudflow_base::diagnostic::Diagnostic;
use cloudflow_base::text::Span;
use cloudflow_language::flow::dialect::{Shape, Slot};
use cloudflow_language::flow::{Dialect, Findings, Flow, load};
use cloudflow_language::yaml::{self, Node, Tree};

/// What a text contains.
pub(crate) struct View<'a> {
    pub text: &'a str,
    pub tree: &'a Tree<'a>,
    /// Absent if the text has no known dialect.
    pub flow: Option<Flow<'a>>,
    /// The dialect of the flow, or else the one that the keys of the document suggest.
    pub dialect: Option<Dialect>,
}

impl<'a> View<'a> {
    /// Reads a text and calls `ask` with its content. A misspelled key counts as the intended one.
    pub fn read<R>(text: &str, ask: impl FnOnce(&View<'_>) -> R) -> R {
        let (tree, found) = yaml::parse(text);
        ask(&View::new(text, &tree, flow(&tree, &found, false)))
    }

    /// As [`View::read`], without the flow.
    pub fn of_tree<R>(text: &str, ask: impl FnOnce(&View<'_>) -> R) -> R {
        let (tree, _) = yaml::parse(text);
        ask(&View::new(text, &tree, None))
    }

    /// The content of a text that was read.
    #[inline(never)]
    pub fn new(text: &'a str, tree: &'a Tree<'a>, flow: Option<Flow<'a>>) -> Self {
        let dialect = flow.as_ref().map(|flow| flow.dialect).or_else(|| tree.root().and_then(suggested));
        View { text, tree, flow, dialect }
    }
}

/// The flow of a tree that was read with these findings. `strict`: a misspelled key is ignored. Otherwise it counts as the
/// intended one.
#[inline(never)]
pub(crate) fn flow<'a>(tree: &'a Tree<'a>, found: &[Diagnostic], strict: bool) -> Option<Flow<'a>> {
    let damaged: Vec<Span> = found.iter().filter_map(|found| found.span).collect();
    load(tree, &damaged, false, strict, &mut Findings::new())
}

/// The dialect whose keys a document has.
fn suggested(root: Node<'_>) -> Option<Dialect> {
    let has = |dialect: Dialect, slot| root.get(dialect.key(Shape::Document, slot)).is_some();
    let slots = [Slot::States, Slot::Version, Slot::Type];
    Dialect::ALL.into_iter().find(|dialect| slots.into_iter().any(|slot| has(*dialect, slot)))
}

/// True if a span contains an offset or ends at it.
pub(crate) fn touches(span: Span, at: usize) -> bool {
    span.start as usize <= at && at <= span.end as usize
}

/// The offset of the first byte of the line that contains an offset.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1)
}

/// The offset of the line break after an offset, or the end of the text.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    let after = text.as_bytes().get(at..).unwrap_or_default();
    after.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(text.len(), |length| at + length)
}

/// The part of a text between two offsets. Empty if there is none.
pub(crate) fn part(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}

/// The offset after the last byte of a text that is neither a blank nor a line break.
pub(crate) fn trimmed_end(text: &str, span: Span) -> usize {
    span.start as usize + span.of(text).trim_ascii_end().len()
}
