//! The comments of a text. Each comment is taken once, by the output of its line.

use cloudflow_base::text::Span;
use cloudflow_language::yaml::{Kind, Node, Tree};

/// Every comment of one text.
pub(super) struct Comments {
    // INVARIANT: ascending byte offsets, the first is 0.
    lines: Vec<u32>,
    // INVARIANT: in the order of the text.
    list: Vec<Comment>,
}

struct Comment {
    /// The line number, from 0.
    line: usize,
    /// The line that the comment describes: its own line if the line has other content, or else the
    /// next line with content.
    of: usize,
    /// An empty line separates the comment from another comment of the same block.
    apart: bool,
    /// `# …`. Empty after it is taken.
    text: String,
}

impl Comments {
    /// Reads the comments of a tree's text: the texts that begin with `#` outside all scalars.
    pub fn new(tree: &Tree<'_>) -> Self {
        let text = tree.text();
        let scalars = scalars(tree);
        let mut lines = vec![0_u32];
        let mut list: Vec<Comment> = Vec::new();
        // Index of the first comment that waits for the line that it describes.
        let mut waiting = 0;
        let mut scalar = scalars.iter().peekable();
        let mut offset = 0_u32;
        let mut blank = false;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let end = offset + line.len() as u32;
            // A line of a template language is treated as a comment.
            let content = line.trim();
            let is_template = content.starts_with("{%") || content.starts_with("{#") && content.ends_with("#}");
            // A scalar from an earlier line may extend into this line or over it.
            let mut from = offset;
            let mut found = is_template.then(|| offset + (line.len() - line.trim_start().len()) as u32);
            let mut inside = false;
            while found.is_none() {
                while scalar.peek().is_some_and(|span| span.end <= from) {
                    scalar.next();
                }
                let next = scalar.peek().map_or(end, |span| span.start.max(from).min(end));
                inside |= scalar.peek().is_some_and(|span| span.start < end);
                let gap = text.get(from as usize..next as usize).unwrap_or_default();
                if let Some(at) = mark(gap, from == offset) {
                    found = Some(from + at as u32);
                    break;
                }
                match scalar.peek() {
                    Some(span) if span.start < end && span.end < end => from = span.end.max(from + 1),
                    _ => break,
                }
            }
            let content = found.map_or(line, |at| text.get(offset as usize..at as usize).unwrap_or_default());
            let own = content.trim().is_empty() && !(inside && found.is_none());
            if let Some(at) = found {
                let comment = text.get(at as usize..end as usize).unwrap_or_default().trim_end();
                let apart = blank && list.len() > waiting;
                list.push(Comment { line: number, of: number, apart, text: comment.to_owned() });
            }
            blank = own && found.is_none();
            if !own && content.trim() != "---" {
                // The waiting comments and the comment on this line describe this line.
                list.iter_mut().skip(waiting).for_each(|comment| comment.of = number);
                waiting = list.len();
            }
            offset = end;
            lines.push(end);
        }
        list.iter_mut().skip(waiting).for_each(|comment| comment.of = usize::MAX);
        Comments { lines, list }
    }

    /// The comments above the line of an offset.
    pub fn lead(&mut self, offset: u32) -> Vec<String> {
        let line = self.line(offset);
        let from = self.list.partition_point(|comment| comment.of < line);
        let block = self.list.iter_mut().skip(from).take_while(|comment| comment.of == line && comment.line < line);
        take(block)
    }

    /// The comment after the content at an offset, on the same line.
    pub fn trail(&mut self, offset: u32) -> Option<String> {
        let line = self.line(offset);
        let at = self.list.partition_point(|comment| comment.line < line);
        let comment = self.list.get_mut(at).filter(|comment| comment.line == line && comment.of == line)?;
        Some(std::mem::take(&mut comment.text)).filter(|text| !text.is_empty())
    }

    /// The remaining comments within a span and above its first line.
    pub fn rest(&mut self, span: Span) -> Vec<String> {
        let (first, last) = (self.line(span.start), self.line(span.end.saturating_sub(1).max(span.start)));
        let from = self.list.partition_point(|comment| comment.of < first);
        take(self.list.iter_mut().skip(from).take_while(|comment| comment.line <= last))
    }

    /// The offset of the first line of a template language.
    pub fn template_line(&self) -> Option<u32> {
        let found = self.list.iter().find(|comment| comment.text.starts_with("{%"))?;
        self.lines.get(found.line).copied()
    }

    /// The remaining comments.
    pub fn all(&mut self) -> Vec<String> {
        take(self.list.iter_mut())
    }

    fn line(&self, offset: u32) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }
}

fn take<'c>(comments: impl Iterator<Item = &'c mut Comment>) -> Vec<String> {
    let mut found = Vec::new();
    for comment in comments.filter(|comment| !comment.text.is_empty()) {
        if comment.apart && !found.is_empty() {
            found.push(String::new());
        }
        found.push(std::mem::take(&mut comment.text));
    }
    found
}

/// The start of a comment: a `#` after whitespace, or at the beginning of a line.
fn mark(gap: &str, begins_line: bool) -> Option<usize> {
    gap.match_indices('#').map(|(at, _)| at).find(|at| {
        match gap.get(..*at).and_then(|before| before.chars().next_back()) {
            Some(before) => before.is_whitespace(),
            None => begins_line,
        }
    })
}

/// The spans of all scalars, in the order of the text.
fn scalars(tree: &Tree<'_>) -> Vec<Span> {
    let mut found = Vec::new();
    let mut todo: Vec<Node<'_>> = tree.root().into_iter().collect();
    while let Some(node) = todo.pop() {
        // An alias counts as a scalar: its anchor is elsewhere.
        if node.kind() == Kind::Scalar || is_alias(node, tree.text()) {
            found.push(node.span());
            continue;
        }
        todo.extend(node.items());
        todo.extend(node.entries().flat_map(|(key, value)| [key, value]));
    }
    found.retain(|span| !span.is_empty());
    found.sort_unstable();
    found
}

/// True for `*name`. No scalar begins with `*`.
pub(super) fn is_alias(node: Node<'_>, text: &str) -> bool {
    node.span().of(text).starts_with('*')
}
