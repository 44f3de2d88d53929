//! Findings about a text or a value: what is wrong, where, and what would be correct.
//!
//! A finding has byte [`Span`]s. `api` converts them to positions.

mod code;
mod error_code;
mod nearest;

pub use code::Code;
pub use error_code::{ErrorCode, ErrorKind, Retryable};
pub use nearest::nearest;

use crate::small;
use crate::text::Span;

/// One finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// The stable name of the kind of finding. `docs/diagnostics.md` documents it.
    pub code: Code,
    /// The severity. By default the severity of the code.
    pub severity: Severity,
    /// One line, lower-case, without a final period, with user text in backticks.
    pub message: String,
    /// The path from the root of the parsed value.
    pub path: Path,
    /// The span of the node or key that the path leads to.
    pub about: Span,
    /// The position in the text. Absent if the finding has none.
    pub span: Option<Span>,
    /// Other positions that explain the finding.
    pub related: Vec<Related>,
    /// An edit that fixes the finding, if the fix is certain.
    pub fix: Option<Fix>,
}

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The service refuses the definition or can never run it.
    Error,
    /// The definition is probably wrong, or a limit is not documented.
    Warning,
    /// Information.
    Info,
}

/// A path from the root of a parsed value.
pub type Path = Vec<PathSegment>;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathSegment {
    /// A key of a mapping.
    Key(String),
    /// An index of a list, from 0.
    Index(usize),
}

/// A second position that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// One line, in the form of [`Diagnostic::message`].
    pub message: String,
    /// The position in the same text.
    pub span: Span,
}

/// Edits that together fix a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The effect of the edits in the imperative: "change `Nxt` to `Next`".
    pub title: String,
    /// Non-overlapping edits in ascending order.
    pub edits: Vec<Edit>,
}

/// One replacement in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The replaced span. Empty for an insertion.
    pub span: Span,
    /// The replacement.
    pub new_text: String,
}

impl Severity {
    /// The name in the JavaScript interface.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

impl Diagnostic {
    /// A finding with the severity of its code, at `span`, about the node there.
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

    /// The same finding at a path.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// Sets the node or key that the finding is about, if it is not the one at its span.
    #[inline(never)]
    pub fn about(&mut self, about: Span) -> &mut Self {
        self.about = about;
        self
    }

    /// Sets a severity other than that of the code.
    #[inline(never)]
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Adds a second position.
    #[inline(never)]
    pub fn related(&mut self, span: Span, template: &str, args: &[&str]) -> &mut Self {
        self.related.push(Related { message: fill(template, args), span });
        self
    }

    /// Sets a fix of one edit.
    #[inline(never)]
    pub fn fix(&mut self, title: &str, args: &[&str], span: Span, new_text: &str) -> &mut Self {
        let edits = vec![Edit { span, new_text: new_text.to_owned() }];
        self.fix = Some(Fix { title: fill(title, args), edits });
        self
    }

    /// Sets the fix that writes `new_text` at `span`.
    #[inline(never)]
    pub fn write(&mut self, span: Span, new_text: &str) -> &mut Self {
        self.fix("write `{}`", &[new_text], span, new_text)
    }

    /// Sets the fix that changes `text` at `span` to `new_text`.
    #[inline(never)]
    pub fn change(&mut self, text: &str, span: Span, new_text: &str) -> &mut Self {
        self.fix("change `{}` to `{}`", &[text, new_text], span, new_text)
    }
}

/// Adds a finding at `span` with a [filled](fill) template, and returns it for more details. The
/// function is not generic because it has more than one hundred callers, and each instance costs
/// module size.
#[inline(never)]
#[allow(clippy::indexing_slicing, reason = "the index is that of the element pushed in the line before")]
pub fn report<'l>(
    list: &'l mut Vec<Diagnostic>,
    code: Code,
    span: Span,
    template: &str,
    args: &[&str],
) -> &'l mut Diagnostic {
    let last = list.len();
    list.push(Diagnostic::at_span(code, Some(span), fill(template, args)));
    &mut list[last]
}

/// Replaces each `{}` of the template with the next argument. The numbers must agree: a debug
/// build checks each call, and a test checks the calls in the sources.
#[inline(never)]
pub fn fill(template: &str, args: &[&str]) -> String {
    debug_assert_eq!(template.matches("{}").count(), args.len(), "arguments of {template:?}");
    let mut out = String::with_capacity(template.len() + args.iter().map(|arg| arg.len()).sum::<usize>());
    let mut rest = template;
    for arg in args {
        let hole = small::find(rest, "{}").unwrap_or(rest.len());
        out.push_str(rest.get(..hole).unwrap_or_default());
        out.push_str(arg);
        rest = rest.get(hole + 2..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Sorts findings by position in the text (findings without one come first), severity and code,
/// and removes duplicates.
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
