//! The layout of a text: indentation, and the order of keys on request.
//!
//! Lines are moved to the left or to the right as a whole, so that comments and blank lines stay. The result is read
//! again: if it does not have the same content, the text is not changed.

mod order;

use std::borrow::Cow;
use std::cell::Cell;

use cloudflow_base::diagnostic::{Code, Diagnostic, Edit, Severity};
use cloudflow_base::small::contains;
use cloudflow_base::text::Span;
use cloudflow_language::yaml::{self, Kind, Node, Style, Tree};

use crate::names::apply;
use crate::text::{cat, is_blank, run, run_before, unindented};
use crate::view::{View, line_end, line_start, part, trimmed_end};

/// How a text is formatted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormatOptions {
    /// Writes the keys of the language in the usual order.
    pub sort_keys: bool,
}

/// The result of formatting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Formatted {
    /// The changes, in ascending order.
    pub edits: Vec<Edit>,
    /// Why the text is not changed. Empty if it is, or if it has this layout already.
    pub diagnostics: Vec<Diagnostic>,
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// A comment, a blank line, or a line without a node.
    Free,
    /// The first word of the line begins at this column.
    At(usize),
    /// The line moves by a number of columns, but not left of a column.
    Move(isize, usize),
    /// A line of a block scalar, whose indentation changes from the first to the second number.
    Block(usize, usize),
}

struct Line {
    start: usize,
    /// Without the line break.
    end: usize,
    plan: Plan,
    /// The blanks behind the colon of a key that are removed.
    gap: Option<Span>,
    /// A quoted text continues in the next line.
    open: bool,
}

/// The step of the indentation.
const STEP: usize = 2;
/// Maximum number of lines before a comment that are compared with its column.
const MAX_BACK: usize = 200;

/// `found` holds the findings of the YAML reader.
pub(crate) fn format(text: &str, tree: &Tree<'_>, found: &[Diagnostic], options: FormatOptions) -> Formatted {
    let errors: Vec<Diagnostic> = found.iter().filter(|found| found.severity == Severity::Error).cloned().collect();
    if !errors.is_empty() {
        return Formatted { edits: Vec::new(), diagnostics: errors };
    }
    let mut edits = laid_out(text, tree).unwrap_or_default();
    let mut after = Cow::Borrowed(text);
    if !edits.is_empty() {
        after = Cow::Owned(apply(text, &edits));
    }
    let sorted = match &after {
        _ if !options.sort_keys => None,
        Cow::Borrowed(text) => order::sorted(&View::new(text, tree, None)),
        Cow::Owned(after) => View::of_tree(after, order::sorted),
    };
    let done = match sorted.filter(|sorted| *sorted != after) {
        Some(sorted) => {
            let kept = is_kept(tree, &sorted, true);
            edits = vec![Edit { span: Span::new(0, text.len()), new_text: sorted }];
            kept
        }
        None => edits.is_empty() || is_kept(tree, &after, false),
    };
    if done {
        return Formatted { edits, diagnostics: Vec::new() };
    }
    let message = "the layout of this text cannot be changed without changing its meaning";
    let mut refusal = Diagnostic::new(Code::YamlUnexpected, Span::at(0), message);
    refusal.severity(Severity::Warning);
    Formatted { edits: Vec::new(), diagnostics: vec![refusal] }
}

/// The keys of the mapping of a state in the usual order, as one edit. Absent if they are in this order.
pub(crate) fn sort_mapping(view: &View<'_>, node: Node<'_>) -> Option<Edit> {
    let edit = order::mapping(view, node)?;
    let after = apply(view.text, std::slice::from_ref(&edit));
    (after != view.text && is_kept(view.tree, &after, true)).then_some(edit)
}

/// True if another text has the same content.
pub(crate) fn is_kept(before: &Tree<'_>, after: &str, any_order: bool) -> bool {
    let (tree, found) = yaml::parse(after);
    let broken = found.iter().any(|found| found.severity == Severity::Error);
    let mut todo = match (before.root(), tree.root()) {
        (Some(a), Some(b)) => vec![(a, b)],
        (None, None) => Vec::new(),
        _ => return false,
    };
    while let Some((a, b)) = todo.pop() {
        if a.kind() != b.kind() || a.tag() != b.tag() {
            return false;
        }
        let (first, second) = (a.span().of(before.text()), b.span().of(after));
        let is_alias = first.starts_with('*');
        if is_alias != second.starts_with('*') {
            return false;
        }
        // The content of a node without aliases depends on its source and on its column only.
        let column = |text, node: Node<'_>| node.span().start as usize - line_start(text, node.span().start as usize);
        if first == second && !first.contains('*') && column(before.text(), a) == column(after, b) {
            continue;
        }
        if a.kind() == Kind::Scalar {
            // The value of a block scalar depends on its indentation, that of an alias on its anchor.
            let is_certain = !is_alias && matches!(a.style(), Style::Plain | Style::SingleQuoted | Style::DoubleQuoted);
            let is_same = is_certain && a.style() == b.style() && first == second;
            if !is_same && (a.text() != b.text() || a.resolve() != b.resolve()) {
                return false;
            }
            continue;
        }
        if is_alias {
            continue;
        }
        let mut items = (a.items(), b.items());
        loop {
            match (items.0.next(), items.1.next()) {
                (Some(a), Some(b)) => todo.push((a, b)),
                (None, None) => break,
                _ => return false,
            }
        }
        let (mut ours, mut theirs): (Vec<_>, Vec<_>) = (a.entries().collect(), b.entries().collect());
        if ours.len() != theirs.len() {
            return false;
        }
        let same = || ours.iter().zip(&theirs).all(|((a, _), (b, _))| a.text() == b.text());
        if any_order && !same() {
            let by_key = |a: &(Node<'_>, Node<'_>), b: &(Node<'_>, Node<'_>)| a.0.text().cmp(&b.0.text());
            cloudflow_base::small::sort_by(&mut ours, by_key);
            cloudflow_base::small::sort_by(&mut theirs, by_key);
        }
        for ((key, value), (other_key, other_value)) in ours.into_iter().zip(theirs) {
            todo.push((key, other_key));
            todo.push((value, other_value));
        }
    }
    !broken
}

/// The edits of the indentation. Absent if the text has a form that is left as it is.
fn laid_out(text: &str, tree: &Tree<'_>) -> Option<Vec<Edit>> {
    let mut lines = Vec::new();
    let mut at = 0;
    loop {
        let end = line_end(text, at);
        lines.push(Line { start: at, end, plan: Plan::Free, gap: None, open: false });
        if end >= text.len() {
            break;
        }
        at = end + if part(text, end, end + 2) == "\r\n" { 2 } else { 1 };
    }
    let mut layout = Layout { text, lines, last: Cell::new(0) };
    layout.plan(tree.root()?)?;
    layout.edits()
}

struct Layout<'t> {
    text: &'t str,
    lines: Vec<Line>,
    /// The line of the last offset: the next one is near it.
    last: Cell<usize>,
}

impl<'t> Layout<'t> {
    /// The index of the line that contains an offset.
    fn line_of(&self, offset: usize) -> usize {
        let is_after = |line: usize| self.lines.get(line).is_none_or(|line| line.start > offset);
        let mut line = self.last.get();
        if is_after(line) || !is_after(line + 1) {
            line = self.lines.partition_point(|line| line.start <= offset).saturating_sub(1);
        }
        self.last.set(line);
        line
    }

    fn source(&self, line: usize) -> &'t str {
        self.lines.get(line).map_or("", |line| part(self.text, line.start, line.end))
    }

    /// The number of blanks at the start of a line.
    fn indent(&self, line: usize) -> usize {
        let source = self.source(line);
        run(source, is_blank)
    }

    fn set(&mut self, line: usize, plan: Plan) {
        if let Some(line) = self.lines.get_mut(line).filter(|line| line.plan == Plan::Free) {
            line.plan = plan;
        }
    }

    /// Plans every line with a node.
    fn plan(&mut self, root: Node<'_>) -> Option<()> {
        // The nodes with the column where they belong.
        let mut todo = vec![(root, 0)];
        while let Some((node, column)) = todo.pop() {
            if node.style() != Style::Block || node.kind() == Kind::Scalar {
                let line = self.line_of(node.span().start as usize);
                if self.source(line).trim_ascii_start().starts_with(['-', '.']) && node.span().start > 0 {
                    return None;
                }
                // A document in brackets has its own layout.
                continue;
            }
            let span = node.span();
            for (key, value) in node.entries().filter(|(key, _)| key.span().start >= span.start) {
                if key.span().start >= span.end {
                    continue;
                }
                let line = self.line_of(key.span().start as usize);
                if self.source(line).trim_ascii_start().starts_with("? ")
                    || self.line_of(key.span().end as usize) != line
                {
                    return None;
                }
                self.set(line, Plan::At(column));
                self.close_gap(line, key.span().end as usize);
                let old = key.span().start as usize - self.lines.get(line)?.start;
                self.value(value, line, (old, column), &mut todo);
            }
            for item in node.items() {
                let line = self.line_of(item.span().start as usize);
                let head = part(self.text, self.lines.get(line)?.start, item.span().start as usize);
                // The dash is in this line, or alone in a line before.
                let dash = if head.contains('-') { line } else { self.dash_before(line)? };
                self.set(dash, Plan::At(column));
                let inner = column + STEP;
                if item.style() == Style::Block && item.kind() != Kind::Scalar && !self.is_alias(item) {
                    todo.push((item, inner));
                } else {
                    let old = head.rfind('-').unwrap_or_else(|| self.indent(dash));
                    self.value(item, dash, (old, column), &mut todo);
                }
            }
        }
        Some(())
    }

    /// Plans one blank behind the colon of a key. A line whose comment is aligned with others is left as it is.
    fn close_gap(&mut self, line: usize, key_end: usize) {
        let text = self.text;
        let Some(line) = self.lines.get_mut(line) else { return };
        let behind = part(text, key_end, line.end);
        let colon = run(behind, is_blank);
        let Some(value) = behind.get(colon..).and_then(|rest| rest.strip_prefix(':')) else { return };
        let blanks = run(value, |byte| matches!(byte, b' ' | b'\t'));
        let content = value.get(blanks..).unwrap_or_default();
        let is_aligned = ["  #", "\t#"].iter().any(|comment| contains(content, comment));
        if !matches!(value.get(..blanks), Some("" | " "))
            && !is_aligned
            && !matches!(content.as_bytes(), [] | [b'#', ..])
        {
            let start = key_end + colon + 1;
            line.gap = Some(Span::new(start, start + blanks));
        }
    }

    /// The line before with only a dash.
    fn dash_before(&self, line: usize) -> Option<usize> {
        let is_free = |source: &str| source.is_empty() || source.starts_with(['#', '&', '!']);
        let before = (0..line).rev().take(MAX_BACK).find(|line| !is_free(self.source(*line).trim_ascii_start()))?;
        self.source(before).trim_ascii_start().starts_with('-').then_some(before)
    }

    fn is_alias(&self, node: Node<'_>) -> bool {
        node.span().of(self.text).starts_with('*')
    }

    /// Plans the lines of a value. `line` is that of its key or dash, with the old and the new column.
    fn value<'n>(
        &mut self,
        value: Node<'n>,
        line: usize,
        (old, column): (usize, usize),
        todo: &mut Vec<(Node<'n>, usize)>,
    ) {
        if self.is_alias(value) {
            return;
        }
        let (start, end) = (value.span().start as usize, trimmed_end(self.text, value.span()));
        let (first, last) = (self.line_of(start), self.line_of(end.max(start)));
        if value.kind() != Kind::Scalar && value.style() == Style::Block {
            todo.push((value, column + STEP));
            return;
        }
        let mut delta = column as isize - old as isize;
        if first != line && !value.span().is_empty() {
            self.set(first, Plan::At(column + STEP));
            delta = (column + STEP) as isize - self.indent(first) as isize;
        }
        if matches!(value.style(), Style::Literal | Style::Folded) {
            let header = self.source(first);
            let from = start - self.lines.get(first).map_or(0, |line| line.start);
            let mark = header.get(from..).unwrap_or_default();
            let mark = mark.bytes().take_while(|byte| !matches!(byte, b' ' | b'#'));
            let explicit = mark.into_iter().find(u8::is_ascii_digit).map(|digit| usize::from(digit - b'0'));
            let whole = self.line_of((value.span().end as usize).saturating_sub(1).max(start));
            let filled = (first + 1..=whole).find(|line| !self.source(*line).trim_ascii().is_empty());
            let content = filled.map_or(0, |line| self.indent(line));
            // A number counts from the column of the key or dash.
            let (from, to) = explicit.map_or((content, column + STEP), |number| (old + number, column + number));
            for line in first + 1..=whole {
                self.set(line, Plan::Block(from, to));
            }
            return;
        }
        for line in first + 1..=last {
            self.set(line, Plan::Move(delta, column + 1));
        }
        if matches!(value.style(), Style::SingleQuoted | Style::DoubleQuoted) {
            for line in self.lines.get_mut(first..last).into_iter().flatten() {
                line.open = true;
            }
        }
    }

    /// The edits of the planned lines. Absent if a line is indented with a tab.
    fn edits(&self) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let source = self.source(index);
            let content = unindented(source);
            if content.starts_with('\t') && matches!(line.plan, Plan::At(_)) {
                return None;
            }
            let kept = if line.open { content } else { trim_end(content) };
            let closed = line.gap.map(|gap| closed(self.text, gap, kept, line.end - content.len()));
            let kept = closed.as_deref().unwrap_or(kept);
            // Most lines are in their place.
            let is_whole = closed.is_none() && kept.len() == content.len() && !kept.is_empty();
            if is_whole && line.plan == Plan::At(source.len() - content.len()) && !content.starts_with("- ") {
                continue;
            }
            let written = match line.plan {
                Plan::Block(old, new) => match source.get(old..).filter(|_| self.indent(index) >= old) {
                    Some("") => String::new(),
                    Some(rest) => cat(&[&" ".repeat(new), rest]),
                    None => content.to_owned(),
                },
                _ if kept.is_empty() => String::new(),
                Plan::At(column) => cat(&[&" ".repeat(column), &dashes(kept)]),
                Plan::Move(delta, least) => {
                    let column = (self.indent(index) as isize + delta).max(least as isize) as usize;
                    cat(&[&" ".repeat(column), kept])
                }
                Plan::Free if content.starts_with('#') => cat(&[&" ".repeat(self.comment(index)), kept]),
                Plan::Free => cat(&[source.get(..source.len() - content.len()).unwrap_or_default(), kept]),
            };
            if written != source {
                edits.push(Edit { span: Span::new(line.start, line.end), new_text: written });
            }
        }
        Some(edits)
    }

    /// The column of a comment. A comment behind a block scalar must not become a line of it.
    fn comment(&self, index: usize) -> usize {
        let column = self.comment_column(index);
        let plans = (0..index).rev().take(MAX_BACK).filter_map(|line| self.lines.get(line).map(|line| line.plan));
        match plans.into_iter().find(|plan| *plan != Plan::Free) {
            Some(Plan::Block(_, content)) => column.min(content.saturating_sub(STEP)),
            _ => column,
        }
    }

    /// The column of the next line if both begin at the same column, or else that of a line before.
    fn comment_column(&self, index: usize) -> usize {
        let old = self.indent(index);
        let planned = |line: &usize| matches!(self.lines.get(*line).map(|line| line.plan), Some(Plan::At(_)));
        let next = (index + 1..self.lines.len()).take(MAX_BACK).find(planned);
        // The end of the text.
        if old == 0 && next.is_none() {
            return 0;
        }
        if let Some(column) = next.and_then(|line| self.column(line, old)) {
            return column;
        }
        for line in (0..index).rev().take(MAX_BACK).filter(planned) {
            if let Some(column) = self.column(line, old) {
                return column;
            }
            if self.indent(line) < old {
                let Some(Plan::At(new)) = self.lines.get(line).map(|line| line.plan) else { continue };
                return new + STEP;
            }
        }
        next.and_then(|line| self.lines.get(line)).map_or(0, |line| if let Plan::At(new) = line.plan { new } else { 0 })
    }

    /// The new column of an old column where a word of a line begins: a dash or the first word after the dashes.
    fn column(&self, line: usize, old: usize) -> Option<usize> {
        let Some(Plan::At(mut new)) = self.lines.get(line).map(|line| line.plan) else { return None };
        let source = self.source(line);
        let mut at = self.indent(line);
        loop {
            if at == old {
                return Some(new);
            }
            let rest = source.get(at..)?.strip_prefix("- ")?;
            at = source.len() - unindented(rest).len();
            new += STEP;
        }
    }
}

/// A line without the blanks at its end. Other white space belongs to a scalar.
fn trim_end(line: &str) -> &str {
    line.get(..run_before(line, |byte| matches!(byte, b' ' | b'\t'))).unwrap_or_default()
}

/// The content of a line that begins at an offset, with one blank in the place of a gap.
fn closed(text: &str, gap: Span, content: &str, start: usize) -> String {
    cat(&[part(text, start, gap.start as usize), " ", part(text, gap.end as usize, start + content.len())])
}

/// The content of a line with one blank after each dash.
fn dashes(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(after) = rest.strip_prefix("- ") {
        let after = unindented(after);
        // The blanks before a comment are not changed.
        if after.starts_with('#') {
            break;
        }
        out.push_str("- ");
        rest = after;
    }
    out.push_str(rest);
    out
}
