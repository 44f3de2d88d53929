//! Findings about a text or a value: what is wrong, where, and what would be right.
//!
//! Inside the core a finding carries byte [`Span`]s; `api` turns them into positions once.

mod code;
mod nearest;

pub use code::Code;
pub use nearest::nearest;

use crate::small;
use crate::text::Span;

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// The stable name of the finding; its documentation is `docs/diagnostics.md`.
    pub code: Code,
    /// How grave it is. Usually the code's own.
    pub severity: Severity,
    /// One line, lower-case, no final period, the user's own text in backticks.
    pub message: String,
    /// Where in the parsed value, from its root.
    pub path: Path,
    /// The node or key that the path leads to, by its place in the text.
    pub about: Span,
    /// Where in the text, if there is one.
    pub span: Option<Span>,
    /// Other places that explain the finding.
    pub related: Vec<Related>,
    /// An edit that repairs it, where the repair is certain.
    pub fix: Option<Fix>,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The service refuses it or could never run it.
    Error,
    /// Likely wrong, or rests on an undocumented limit.
    Warning,
    /// Good to know.
    Info,
}

/// The way from the root of a parsed value to a part of it.
pub type Path = Vec<PathSegment>;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathSegment {
    /// A key of a mapping.
    Key(String),
    /// An index of a list, from 0.
    Index(usize),
}

/// A second place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// One line, worded as [`Diagnostic::message`].
    pub message: String,
    /// Where in the same text.
    pub span: Span,
}

/// Edits that repair a finding when all are applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the edits do, as an order: "change `Nxt` to `Next`".
    pub title: String,
    /// Non-overlapping, in ascending order.
    pub edits: Vec<Edit>,
}

/// One replacement in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What comes in its place.
    pub new_text: String,
}

impl Severity {
    /// The word JavaScript sees.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

impl Diagnostic {
    /// A finding of the code's own severity, at `span`, with nothing else known yet.
    pub fn new(code: Code, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Diagnostic::at_span(code, span.into(), message.into())
    }

    fn at_span(code: Code, span: Option<Span>, message: String) -> Self {
        Diagnostic {
            code,
            severity: code.severity(),
            message,
            path: Path::new(),
            about: span.unwrap_or_default(),
            span,
            related: Vec::new(),
            fix: None,
        }
    }

    /// The same finding, at a path.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// The same finding, with a repair of one edit.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, new_text: impl Into<String>) -> Self {
        self.fix = Some(Fix { title: title.into(), edits: vec![Edit { span, new_text: new_text.into() }] });
        self
    }
}

/// Adds a finding at `span`, about the node or key there: `template` with its `{}` filled. What
/// comes back takes what else there is to say. One call, not generic: there are some hundred
/// kinds of findings, and what each costs counts.
#[inline(never)]
pub fn report<'l>(
    list: &'l mut Vec<Diagnostic>,
    code: Code,
    span: Span,
    template: &str,
    args: &[&str],
) -> Reported<'l> {
    list.push(Diagnostic::at_span(code, Some(span), fill(template, args)));
    Reported { list }
}

/// The finding that was just reported.
#[derive(Debug)]
pub struct Reported<'l> {
    // INVARIANT: it is the last one.
    list: &'l mut Vec<Diagnostic>,
}

impl Reported<'_> {
    /// It is shown in one place but is about the node or key at another.
    #[inline(never)]
    pub fn about(self, about: Span) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.about = about;
        }
        self
    }

    /// It is of another severity than its code's own.
    #[inline(never)]
    pub fn severity(self, severity: Severity) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.severity = severity;
        }
        self
    }

    /// A second place explains it.
    #[inline(never)]
    pub fn related(self, span: Span, template: &str, args: &[&str]) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.related.push(Related { message: fill(template, args), span });
        }
        self
    }

    /// One edit repairs it.
    #[inline(never)]
    pub fn fix(self, title: &str, args: &[&str], span: Span, new_text: &str) -> Self {
        if let Some(last) = self.list.last_mut() {
            let edits = vec![Edit { span, new_text: new_text.to_owned() }];
            last.fix = Some(Fix { title: fill(title, args), edits });
        }
        self
    }

    /// Writing `new_text` at `span` repairs it.
    #[inline(never)]
    pub fn write(self, span: Span, new_text: &str) -> Self {
        self.fix("write `{}`", &[new_text], span, new_text)
    }

    /// Changing `text`, which stands at `span`, to `new_text` repairs it.
    #[inline(never)]
    pub fn change(self, text: &str, span: Span, new_text: &str) -> Self {
        self.fix("change `{}` to `{}`", &[text, new_text], span, new_text)
    }
}

/// The template with each `{}` replaced by the next argument.
#[inline(never)]
pub fn fill(template: &str, args: &[&str]) -> String {
    let mut out = String::with_capacity(template.len() + args.iter().map(|arg| arg.len()).sum::<usize>());
    let mut rest = template;
    for arg in args {
        let hole = rest.as_bytes().windows(2).position(|pair| pair == b"{}").unwrap_or(rest.len());
        out.push_str(rest.get(..hole).unwrap_or_default());
        out.push_str(arg);
        rest = rest.get(hole + 2..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Brings findings into the one order everybody sees: by place in the text (findings without
/// one first), then severity, then code; each once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    let place = |found: &Diagnostic| (found.span.map(|span| (span.start, span.end)), found.severity);
    small::sort_by(diagnostics, |a, b| {
        place(a)
            .cmp(&place(b))
            .then_with(|| a.code.as_str().cmp(b.code.as_str()))
            .then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup_by(|a, b| a.code == b.code && a.span == b.span && a.message == b.message);
}

impl From<&str> for PathSegment {
    fn from(key: &str) -> Self {
        PathSegment::Key(key.to_owned())
    }
}

impl From<usize> for PathSegment {
    fn from(index: usize) -> Self {
        PathSegment::Index(index)
    }
}
