//! Findings on their way out of the loader and the checks; their paths are found at the end,
//! all in one walk over the tree.

use crate::diagnostic::{Code, Diagnostic, Path, report};
use crate::order;
use crate::text::Span;
use crate::yaml::{Entries, Items, Node};

/// Findings about one tree.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Diagnostic>,
    // How many candidates the search for a nearest name may still look at: bounds the work for
    // texts made of nothing but mistakes.
    budget: usize,
}

impl Findings {
    /// No findings yet.
    pub fn new() -> Self {
        Findings { list: Vec::new(), budget: 100_000 }
    }

    /// Adds a finding at `span`: `template` with its `{}` filled.
    pub fn report(&mut self, code: Code, span: Span, template: &str, args: &[&str]) -> &mut Diagnostic {
        report(&mut self.list, code, span, template, args)
    }

    /// The findings so far.
    pub fn list(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.list
    }

    /// Adds a finding.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Spends `count` of the budget for looking for names; false when it is used up.
    pub fn may_search(&mut self, count: usize) -> bool {
        let enough = self.budget >= count;
        self.budget = self.budget.saturating_sub(count);
        enough
    }

    /// Every finding with its path, in the one order everybody sees.
    pub fn finish(mut self, root: Option<Node<'_>>) -> Vec<Diagnostic> {
        order::sort_by(&mut self.list, |a, b| (a.about.start, b.about.end).cmp(&(b.about.start, a.about.end)));
        if let Some(root) = root {
            let mut walk = Walk::new(root);
            for diagnostic in &mut self.list {
                diagnostic.path = walk.path_to(diagnostic.about);
            }
        }
        crate::diagnostic::sort(&mut self.list);
        self.list
    }
}

/// A cursor over the tree that only moves forward.
struct Walk<'a> {
    path: Path,
    // INVARIANT: one more than the path is long.
    stack: Vec<Level<'a>>,
}

struct Level<'a> {
    // The node, and its key if it has one.
    span: Span,
    node: Node<'a>,
    // The child the cursor stands at, and its index.
    child: Option<(Option<Node<'a>>, Node<'a>)>,
    // What is behind that child: one of the two.
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
