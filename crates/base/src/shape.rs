//! Shapes that several functions share.

use serde::{Serialize, Serializer};

use crate::diagnostic;
use crate::plain::{Object, Plain};
use crate::text::{LineIndex, Span};

/// A finding, as JavaScript sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// `"error"`, `"warning"` or `"info"`.
    pub severity: &'static str,
    /// The stable name of the finding, in kebab-case.
    pub code: &'static str,
    /// What is wrong, and what would be correct.
    pub message: String,
    /// The path in the parsed value.
    pub path: Vec<PathSegment>,
    /// The range in the text, if there is one.
    pub range: Option<Range>,
    /// Other ranges that explain the finding.
    pub related: Vec<Related>,
    /// A fix, if one is certain.
    pub fix: Option<Fix>,
}

/// A key or an index.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// A key of a mapping.
    Key(String),
    /// An index of a list, from 0.
    Index(u32),
}

/// A range of the text. The end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The start.
    pub start: Position,
    /// The end.
    pub end: Position,
}

/// A position in the text: line and column from 1, offset from 0. Columns and offsets are in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The offset into the text, from 0.
    pub offset: u32,
}

/// A second range.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// How it relates to the finding.
    pub message: String,
    /// The range.
    pub range: Range,
}

/// Edits that fix a finding together.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// The effect of the edits.
    pub title: String,
    /// Non-overlapping, in ascending order.
    pub edits: Vec<Edit>,
}

/// One replacement in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The replaced range. Empty for an insertion.
    pub range: Range,
    /// The replacement.
    pub new_text: String,
}

/// Converts byte spans of one text to ranges. Builds the line index at the first call.
#[derive(Debug)]
pub struct Places<'t> {
    text: &'t str,
    index: Option<LineIndex<'t>>,
}

impl<'t> Places<'t> {
    /// For one text.
    pub fn new(text: &'t str) -> Self {
        Places { text, index: None }
    }

    /// For a text whose lines are known.
    pub fn with_lines(text: &'t str, lines: LineIndex<'t>) -> Self {
        Places { text, index: Some(lines) }
    }

    /// The range of a span.
    pub fn range(&mut self, span: Span) -> Range {
        let index = self.index.get_or_insert_with(|| LineIndex::new(self.text));
        let place = |offset| {
            let at = index.position(offset);
            Position { line: at.line, column: at.column, offset: at.offset }
        };
        Range { start: place(span.start), end: place(span.end) }
    }

    /// The findings as JavaScript sees them.
    pub fn diagnostics(&mut self, found: Vec<diagnostic::Diagnostic>) -> Vec<Diagnostic> {
        found.into_iter().map(|diagnostic| self.diagnostic(diagnostic)).collect()
    }

    fn diagnostic(&mut self, found: diagnostic::Diagnostic) -> Diagnostic {
        Diagnostic {
            severity: found.severity.as_str(),
            code: found.code.as_str(),
            message: found.message,
            path: path(found.path),
            range: found.span.map(|span| self.range(span)),
            related: found
                .related
                .into_iter()
                .map(|related| Related { message: related.message, range: self.range(related.span) })
                .collect(),
            fix: found.fix.map(|fix| Fix {
                title: fix.title,
                edits: fix
                    .edits
                    .into_iter()
                    .map(|edit| Edit { range: self.range(edit.span), new_text: edit.new_text })
                    .collect(),
            }),
        }
    }
}

impl From<Diagnostic> for Plain {
    fn from(found: Diagnostic) -> Self {
        let mut out = finding(found.severity, found.code, found.message, Plain::list(found.path));
        if let Some(range) = found.range {
            out.put("range", range.into());
        }
        if !found.related.is_empty() {
            out.put("related", Plain::list(found.related));
        }
        if let Some(fix) = found.fix {
            let mut repair = Object::new();
            repair.put("title", Plain::Text(fix.title));
            repair.put("edits", Plain::list(fix.edits));
            out.put("fix", repair.into());
        }
        out.into()
    }
}

/// Findings about a value, as JavaScript sees them. They have paths, but no range, no related range and no fix, so a
/// module without texts needs no index of lines: `ask.wasm` is 1,765 bytes smaller (gzip -9).
pub fn findings(found: Vec<diagnostic::Diagnostic>) -> Plain {
    let mut list = Vec::with_capacity(found.len());
    for found in found {
        debug_assert!(found.span.is_none() && found.related.is_empty() && found.fix.is_none(), "{found:?}");
        let mut path = Vec::with_capacity(found.path.len());
        for segment in found.path {
            path.push(PathSegment::from(segment).into());
        }
        let (severity, code) = (found.severity.as_str(), found.code.as_str());
        list.push(finding(severity, code, found.message, Plain::List(path)).into());
    }
    Plain::List(list)
}

fn finding(severity: &str, code: &str, message: String, path: Plain) -> Object {
    let mut out = Object::new();
    out.text("severity", severity);
    out.text("code", code);
    out.put("message", Plain::Text(message));
    out.put("path", path);
    out
}

/// Fields of the shapes of `local`.
impl Serialize for Diagnostic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Plain::from(self.clone()).serialize(serializer)
    }
}

impl From<PathSegment> for Plain {
    fn from(segment: PathSegment) -> Self {
        match segment {
            PathSegment::Key(key) => Plain::Text(key),
            PathSegment::Index(index) => Plain::Number(index.into()),
        }
    }
}

impl From<Range> for Plain {
    fn from(range: Range) -> Self {
        #[cfg(feature = "editor")]
        return Plain::Range(range);
        #[cfg(not(feature = "editor"))]
        range.object()
    }
}

impl Range {
    /// The range as an object.
    #[inline(never)]
    pub fn object(self) -> Plain {
        let mut out = Object::new();
        out.put("start", self.start.into());
        out.put("end", self.end.into());
        out.into()
    }
}

impl From<Position> for Plain {
    #[inline(never)]
    fn from(place: Position) -> Self {
        let mut out = Object::new();
        out.number("line", place.line.into());
        out.number("column", place.column.into());
        out.number("offset", place.offset.into());
        out.into()
    }
}

impl From<Related> for Plain {
    fn from(related: Related) -> Self {
        let mut out = Object::new();
        out.put("message", Plain::Text(related.message));
        out.put("range", related.range.into());
        out.into()
    }
}

impl From<Edit> for Plain {
    fn from(edit: Edit) -> Self {
        let mut out = Object::new();
        out.put("range", edit.range.into());
        out.put("newText", Plain::Text(edit.new_text));
        out.into()
    }
}

/// A path as JavaScript sees it.
pub fn path(path: diagnostic::Path) -> Vec<PathSegment> {
    path.into_iter().map(PathSegment::from).collect()
}

impl From<diagnostic::PathSegment> for PathSegment {
    fn from(segment: diagnostic::PathSegment) -> Self {
        match segment {
            diagnostic::PathSegment::Key(key) => PathSegment::Key(key),
            diagnostic::PathSegment::Index(index) => PathSegment::Index(u32::try_from(index).unwrap_or(u32::MAX)),
        }
    }
}
