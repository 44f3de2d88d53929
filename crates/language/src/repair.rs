//! Repairs of a text before it is checked: one finding for one mistake, and the rest of the text is checked as if the
//! mistake were repaired. Only an invalid text, or a text with characters that resemble others, is searched.
//!
//! A repair is a set of edits. The repaired text is read and checked; its findings are reported at their places in the
//! original text. The flow that runs is that of the original text.

mod frame;
mod look;
mod scan;
mod shape;

use crate::Options;
use crate::check;
use crate::yaml::{self, Tree};
use cloudflow_base::diagnostic::{Code, Diagnostic, Edit, Fix, Severity, fill, sort};
use cloudflow_base::small::{self, contains};
use cloudflow_base::text::Span;

/// A mistake with the edits that repair it.
struct Repair {
    found: Diagnostic,
    // Non-overlapping, ascending.
    edits: Vec<Edit>,
}

/// Maximum number of edits of a repair that is offered as a fix.
const MOST_EDITS: usize = 1000;

impl Repair {
    fn new(code: Code, span: Span, message: String, mut edits: Vec<Edit>) -> Self {
        sort_edits(&mut edits);
        Repair { found: Diagnostic::new(code, span, message), edits }
    }

    /// Offers the edits as a fix.
    fn offered(mut self, title: &str, args: &[&str]) -> Self {
        if self.edits.len() <= MOST_EDITS {
            self.found.fix = Some(Fix { title: fill(title, args), edits: self.edits.clone() });
        }
        self
    }
}

#[inline(never)]
fn edit(start: usize, end: usize, new_text: &str) -> Edit {
    Edit { span: Span::new(start, end), new_text: new_text.to_owned() }
}

/// Adds the edit that removes a part of the text.
#[inline(never)]
fn cut(edits: &mut Vec<Edit>, start: usize, end: usize) {
    edits.push(edit(start, end, ""));
}

fn sort_edits(edits: &mut [Edit]) {
    small::sort_by(edits, |a, b| (a.span.start, a.span.end).cmp(&(b.span.start, b.span.end)));
}

/// The findings of a text with repairs, and the number of findings that were not collected. Absent if there is nothing
/// to repair. `found` holds the findings of the text.
pub(crate) fn repair(
    text: &str,
    tree: &Tree<'_>,
    found: &[Diagnostic],
    options: Options,
) -> Option<(Vec<Diagnostic>, usize)> {
    let before = errors(found);
    if before == 0 && !look::suspicious(text) && !shape::may_break(tree) && !frame::may_comment(text) {
        return None;
    }
    let mut best = attempt(text, tree, before, options, false)?;
    if best.choice
        && !best.rest.is_empty()
        && let Some(other) = attempt(text, tree, before, options, true)
        && (other.errors, other.rest.len()) < (best.errors, best.rest.len())
    {
        best = other;
    }
    let Attempt { repairs: mut all, rest, dropped, errors: after, stages, .. } = best;
    // A repair that breaks the syntax of YAML changed a text.
    if after > 0 && before == 0 || is_broken(&rest) && !is_broken(found) {
        return None;
    }
    for repair in &mut all {
        // In a valid text it may be a part of a remark or of a value.
        let doubtful = before == 0 && matches!(repair.code, Code::BadEncoding | Code::YamlUnexpected);
        let certain = repair.severity == Severity::Error && !doubtful;
        repair.severity = if certain || before > after { Severity::Error } else { Severity::Warning };
    }
    all.extend(rest.into_iter().map(|found| back(found, &stages)));
    sort(&mut all);
    Some((all, dropped))
}

/// What a decoder writes instead of a byte that is not UTF-8.
const REPLACED: &str = "\u{FFFD}";

/// A span and one character on each side.
fn around(text: &str, span: Span) -> &str {
    let (start, end) = (span.start as usize, span.end as usize);
    let before = text.get(..start).and_then(|text| text.chars().next_back()).map_or(0, char::len_utf8);
    let behind = text.get(end..).and_then(|text| text.chars().next()).map_or(0, char::len_utf8);
    text.get(start - before..end + behind).unwrap_or_default()
}

/// The places of a text in another one.
#[inline(never)]
fn places(text: &str, needle: &str) -> Vec<usize> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(next) = text.get(at..).and_then(|rest| small::find(rest, needle)) {
        found.push(at + next);
        at += next + needle.len();
    }
    found
}

/// A repaired text.
struct Attempt {
    repairs: Vec<Diagnostic>,
    /// The findings of the repaired text, and the number of errors among them.
    rest: Vec<Diagnostic>,
    errors: usize,
    dropped: usize,
    stages: Vec<Map>,
    /// It can be repaired in another way.
    choice: bool,
}

/// Repairs a text with `before` errors, `other`: in another way. Absent if there is nothing to repair.
///
/// Never inlined, because engines compile a function as a whole when it is called first: 11 of 121 KB that the first check
/// of a valid flow would compile.
#[inline(never)]
fn attempt(text: &str, tree: &Tree<'_>, before: usize, options: Options, other: bool) -> Option<Attempt> {
    let mut all: Vec<Diagnostic> = Vec::new();
    let mut stages: Vec<Map> = Vec::new();
    let mut repaired: Option<String> = None;
    // Most texts have mistakes of the last kind only.
    let is_plain = cfg!(feature = "editor") && !scan::quick::may_repair(text);
    let mut choice = !is_plain && contains(text, REPLACED);
    // The frame around the text, then its characters, then its shape, each on the result of the one before.
    for stage in 0..3 {
        let current = repaired.as_deref().unwrap_or(text);
        let repairs = match (stage, &repaired) {
            (0 | 1, _) if is_plain => continue,
            (0, _) => frame::find(current, before > 0, other),
            (1, _) => {
                let (repairs, has) = scan::find(current, before > 0, other);
                choice |= has;
                repairs
            }
            (_, None) => shape::find(tree),
            (_, Some(_)) => shape::find(&yaml::parse(current).0),
        };
        if repairs.is_empty() {
            continue;
        }
        let (next, map) = apply(current, &repairs);
        all.extend(repairs.into_iter().map(|repair| back(repair.found, &stages)));
        stages.push(map);
        repaired = Some(next);
    }
    let repaired = repaired?;
    let (parsed, found) = yaml::parse(&repaired);
    let check::Checked { diagnostics: mut rest, dropped, .. } = check::check(&parsed, found, options);
    // What was not read causes no findings.
    if repaired.is_empty() || contains(&repaired, REPLACED) {
        rest.retain(|found| {
            let around = found.span.map_or("", |span| around(&repaired, span));
            !repaired.is_empty() && !contains(&found.message, REPLACED) && !contains(around, REPLACED)
        });
    }
    Some(Attempt { errors: errors(&rest), repairs: all, rest, dropped, stages, choice })
}

fn is_broken(found: &[Diagnostic]) -> bool {
    found.iter().any(|found| found.severity == Severity::Error && found.code.as_str().starts_with("yaml-"))
}

/// Number of errors that an edit may repair. No edit shortens a text that is too long: without this exception, the search
/// takes five times as long as the check of such a text.
fn errors(found: &[Diagnostic]) -> usize {
    found.iter().filter(|found| found.severity == Severity::Error && found.code != Code::TooLarge).count()
}

/// The pieces that edits replaced: start and end before, start and end after.
struct Map(Vec<[usize; 4]>);

/// Applies the edits of all repairs.
fn apply(text: &str, repairs: &[Repair]) -> (String, Map) {
    let mut edits = Vec::new();
    for repair in repairs {
        edits.extend_from_slice(&repair.edits);
    }
    sort_edits(&mut edits);
    let mut out = String::with_capacity(text.len() + 64);
    let mut map = Map(Vec::with_capacity(edits.len()));
    let mut at = 0;
    for edit in &edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        if start < at {
            continue;
        }
        out.push_str(text.get(at..start).unwrap_or_default());
        let from = out.len();
        out.push_str(&edit.new_text);
        map.0.push([start, end, from, out.len()]);
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    (out, map)
}

impl Map {
    /// The offset before the edits of an offset after them. The end of a span lies behind a replaced piece.
    fn back(&self, offset: u32, is_end: bool) -> u32 {
        let offset = offset as usize;
        let next = self.0.partition_point(|[_, _, from, _]| *from < offset + usize::from(!is_end));
        let Some([start, end, from, to]) = next.checked_sub(1).and_then(|last| self.0.get(last)) else {
            return Span::at(offset).start;
        };
        let before = if offset >= *to {
            end + offset - to
        } else if is_end {
            *end
        } else {
            (start + offset - from).min(*end)
        };
        Span::at(before).start
    }

    fn span(&self, span: Span) -> Span {
        let start = self.back(span.start, false);
        Span { start, end: if span.is_empty() { start } else { self.back(span.end, true).max(start) } }
    }

    /// True if an edit changes a part of the span.
    fn touches(&self, span: Span) -> bool {
        let (start, end) = (span.start as usize, span.end as usize);
        self.0.iter().any(|[_, _, from, to]| *from < end && start < *to)
    }
}

/// A finding at its place in the original text.
fn back(mut found: Diagnostic, stages: &[Map]) -> Diagnostic {
    for map in stages.iter().rev() {
        // A fix of a piece that does not exist in the original text is not offered.
        if found.fix.as_ref().is_some_and(|fix| fix.edits.iter().any(|edit| map.touches(edit.span))) {
            found.fix = None;
        }
        found.span = found.span.map(|span| map.span(span));
        found.about = map.span(found.about);
        found.related.iter_mut().for_each(|related| related.span = map.span(related.span));
        let edits = found.fix.iter_mut().flat_map(|fix| &mut fix.edits);
        edits.for_each(|edit| edit.span = map.span(edit.span));
    }
    found
}
