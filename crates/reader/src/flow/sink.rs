//! The collection of findings of the loader and the checks. One walk over the tree finds all their
//! paths at the end.

use crate::yaml::{Entries, Items, Node};
use cloudflow_base::diagnostic::{Code, Diagnostic, Path, Severity, report};
use cloudflow_base::small;
use cloudflow_base::text::Span;

/// Maximum number of findings that are collected for one text. Further findings would only cost time and memory.
const MAX_FINDINGS: usize = 1000;

/// A misspelt key that the checks read as the key that it means.
#[derive(Clone, Copy, Debug)]
struct Typo {
    key: Span,
    // The mapping that contains it.
    holder: Span,
    // The mapping needs the key, or one of a group of keys with it.
    vital: bool,
}

/// Findings about one tree.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Diagnostic>,
    // True if the full list contains an error. Absent while the list is not full.
    has_error: Option<bool>,
    // The misspelt keys that were read as the keys that they mean.
    typos: Vec<Typo>,
    // Number of findings that were not collected.
    dropped: usize,
    // Number of candidates that searches for a nearest name may still compare. It bounds the time
    // for a text with very many mistakes.
    budget: usize,
}

impl Findings {
    /// An empty collection.
    pub fn new() -> Self {
        Findings { list: Vec::new(), has_error: None, typos: Vec::new(), dropped: 0, budget: 100_000 }
    }

    /// Removes the findings above the maximum. The first error is kept: without an error, the text would be valid.
    pub fn make_room(&mut self) {
        if self.list.len() <= MAX_FINDINGS {
            return;
        }
        let is_error = |found: &Diagnostic| found.severity == Severity::Error;
        let over: Vec<Diagnostic> = self.list.drain(MAX_FINDINGS..).collect();
        self.dropped += over.len();
        let list = &mut self.list;
        let has_error = self.has_error.get_or_insert_with(|| list.iter().any(is_error));
        if !*has_error && let Some(error) = over.into_iter().find(is_error) {
            list.pop();
            list.push(error);
            *has_error = true;
        }
    }

    /// Number of findings that were not collected.
    pub fn dropped(&mut self) -> usize {
        self.make_room();
        self.dropped
    }

    /// Adds a finding at `span` with a filled template.
    pub fn report(&mut self, code: Code, span: Span, template: &str, args: &[&str]) -> &mut Diagnostic {
        self.make_room();
        report(&mut self.list, code, span, template, args)
    }

    /// The findings that were added.
    pub fn list(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.list
    }

    /// Adds a finding.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.make_room();
        self.list.push(diagnostic);
    }

    /// Records a misspelt key that is read as the key that it means. `vital` is true if the mapping may need the key.
    pub(super) fn typo(&mut self, key: Span, holder: Span, vital: bool) {
        if self.typos.len() < MAX_FINDINGS {
            self.typos.push(Typo { key, holder, vital });
        }
    }

    /// True if a misspelt key is read as the key that it means.
    pub fn has_typos(&self) -> bool {
        !self.typos.is_empty()
    }

    /// Makes a misspelt key an error if the flow without it, which has the findings `strict`, has an error that the
    /// flow with it does not have.
    #[cold]
    pub fn raise(&mut self, strict: &Findings) {
        let mut raised: Vec<Span> = Vec::new();
        for error in strict.list.iter().filter(|found| found.severity == Severity::Error) {
            let same = |found: &Diagnostic| found.code == error.code && found.span == error.span;
            let Some(place) = error.span.filter(|_| !self.list.iter().any(same)) else { continue };
            let holds = |typo: &&Typo| typo.holder.start <= place.start && place.end <= typo.holder.end;
            // The innermost mapping. In it the keys that it may need, or else all.
            let inner =
                self.typos.iter().filter(holds).map(|typo| typo.holder).min_by_key(|span| span.end - span.start);
            let mut causes: Vec<&Typo> =
                self.typos.iter().filter(|typo| inner.is_none_or(|inner| typo.holder == inner)).collect();
            if causes.iter().any(|typo| typo.vital) {
                causes.retain(|typo| typo.vital);
            }
            raised.extend(causes.into_iter().map(|typo| typo.key));
        }
        small::sort(&mut raised);
        for found in &mut self.list {
            if found.code == Code::UnknownKey && found.span.is_some_and(|span| raised.binary_search(&span).is_ok()) {
                found.severity = Severity::Error;
            }
        }
    }

    /// True if [`Self::raise`] may make another misspelt key an error.
    pub fn may_raise(&self) -> bool {
        self.list.iter().any(|found| found.code == Code::UnknownKey && found.severity != Severity::Error)
    }

    /// Takes `count` comparisons from the budget. False if it is exhausted.
    pub fn may_search(&mut self, count: usize) -> bool {
        let enough = self.budget >= count;
        self.budget = self.budget.saturating_sub(count);
        enough
    }

    /// The sorted findings with their paths.
    pub fn finish(mut self, root: Option<Node<'_>>) -> Vec<Diagnostic> {
        self.make_room();
        small::sort_by(&mut self.list, |a, b| (a.about.start, b.about.end).cmp(&(b.about.start, a.about.end)));
        if let Some(root) = root {
            let mut walk = Walk::new(root);
            for diagnostic in &mut self.list {
                diagnostic.path = walk.path_to(diagnostic.about);
            }
        }
        cloudflow_base::diagnostic::sort(&mut self.list);
        self.list
    }
}

/// A cursor over the tree. It only moves forward.
struct Walk<'a> {
    path: Path,
    // INVARIANT: one element more than the path.
    stack: Vec<Level<'a>>,
}

struct Level<'a> {
    // The span of the node and of its key, if it has one.
    span: Span,
    node: Node<'a>,
    // The current child with its key.
    child: Option<(Option<Node<'a>>, Node<'a>)>,
    // The children after the current one. One of the two is empty.
    entries: Entries<'a>,
    items: Items<'a>,
    index: usize,
}

impl<'a> Level<'a> {
    fn new(span: Span, node: Node<'a>) -> Self {
        let mut level = Level { span, node, child: None, entries: node.entries(), items: node.items(), index: 0 };
        level.next();
        level
    }

    fn next(&mut self) {
        let entry = self.entries.next().map(|(key, value)| (Some(key), value));
        self.child = entry.or_else(|| self.items.next().map(|item| (None, item)));
    }
}

impl<'a> Walk<'a> {
    fn new(root: Node<'a>) -> Self {
        Walk { path: Path::new(), stack: vec![Level::new(Span::new(0, usize::MAX), root)] }
    }

    fn path_to(&mut self, about: Span) -> Path {
        let holds = |span: Span| span.start <= about.start && about.end <= span.end;
        while self.stack.len() > 1 && !self.stack.last().is_some_and(|level| holds(level.span)) {
            self.stack.pop();
            self.path.pop();
        }
        while let Some(level) = self.stack.last_mut() {
            if level.node.span() == about {
                break;
            }
            let mut found = None;
            while let Some((key, value)) = level.child {
                let span = key.map_or(value.span(), |key| key.span().join(value.span()));
                if span.end < about.start || (span.end == about.start && !about.is_empty()) {
                    level.next();
                    level.index += 1;
                    continue;
                }
                if holds(span) {
                    found = Some((span, key, value));
                }
                break;
            }
            let Some((span, key, value)) = found else { break };
            self.path.push(match key {
                Some(key) => key.text().unwrap_or_default().into(),
                None => level.index.into(),
            });
            self.stack.push(Level::new(span, value));
            if key.is_some_and(|key| key.span() == about) {
                break;
            }
        }
        self.path.clone()
    }
}
