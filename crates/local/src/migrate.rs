//! Migrates a definition of the `flow` dialect to the `StateMachine` dialect.
//!
//! The behaviour is preserved where the new dialect has an equivalent. Each construct without an
//! equivalent is reported at its position. Comments are preserved.

mod comments;
mod condition;
mod expression;
mod layout;
mod list;
mod names;
mod nest;
mod plan;
mod presence;
mod report;
mod route;
pub mod shape;
mod source;
mod step;
mod symbol;
mod task;
mod uses;
mod value;
mod write;

use std::collections::{BTreeMap, HashMap};

use cloudflow_base::diagnostic::{Code, Diagnostic};
use cloudflow_base::text::Span;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Dialect, Findings, Flow, Role, ScopeId, StateId};
use cloudflow_language::yaml::Tree;
use cloudflow_language::{Document, Options};
use comments::Comments;
use layout::Layout;
use names::Names;
use plan::Plan;
use symbol::Symbols;
use write::Entry;

/// The result of [`migrate`].
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// The new definition. Absent if the old one has errors.
    pub text: Option<String>,
    /// The findings of the checks, or of the migration.
    pub diagnostics: Vec<Diagnostic>,
}

/// Maximum number of values in the output. Only aliases can exceed it.
const MAX_VALUES: usize = 1_000_000;

/// Migrates a definition of the `flow` dialect to the `StateMachine` dialect.
///
/// ```
/// let old = "version: v1\ntype: flow\nsteps:\n  - type: succeed\n    name: done\n";
/// let new = cloudflow_local::migrate::migrate(old).text.unwrap_or_default();
/// assert!(new.contains("Type: Succeed"));
/// ```
pub fn migrate(text: &str) -> Migration {
    let tree = &mut None;
    let document = Document::read(text, Options::default(), tree);
    let tree = document.tree;
    let Some(flow) = document.flow.as_ref().filter(|_| document.is_valid()) else {
        return Migration { text: None, diagnostics: document.diagnostics };
    };
    if flow.dialect == Dialect::StateMachine {
        let message = "the definition is already a `StateMachine`: nothing is changed";
        let place = flow.root.get(new_key(Shape::Document, Slot::Type)).map_or(flow.root.span(), |node| node.span());
        let mut findings = Findings::new();
        findings.add(Diagnostic::new(Code::MigrateNothing, place, message));
        return Migration { text: Some(text.to_owned()), diagnostics: findings.finish(tree.root()) };
    }
    Migrator::new(tree, flow).run(tree)
}

struct Migrator<'f, 'a> {
    flow: &'f Flow<'a>,
    text: &'a str,
    comments: Comments,
    findings: Findings,
    /// Findings are not recorded: see [`Migrator::dry_run`].
    dry: bool,
    name: String,
    names: Names,
    layout: Layout<'f, 'a>,
    /// The states that publish the data around a Map. Transitions to the Map lead to this state.
    entries: HashMap<StateId, String>,
    /// The states that publish the data around the Map that follows them, by the Map.
    publishers: BTreeMap<StateId, StateId>,
    /// The number of values that may still be written.
    left: usize,
    /// A function name without a qualifier has been reported.
    qualifier_reported: bool,
}

/// The spelling of a key in the old dialect.
fn old_key(shape: Shape, slot: Slot) -> &'static str {
    Dialect::Flow.key(shape, slot)
}

/// The spelling of a key in the new dialect.
fn new_key(shape: Shape, slot: Slot) -> &'static str {
    Dialect::StateMachine.key(shape, slot)
}

/// The type of a state in the new dialect.
fn type_entry(of: StateType) -> Entry {
    Entry::text(new_key(Shape::State, Slot::Type), of.name(Dialect::StateMachine))
}

impl<'f, 'a> Migrator<'f, 'a> {
    fn new(tree: &'a Tree<'a>, flow: &'f Flow<'a>) -> Self {
        let name = flow.name.map_or("flow", |name| name.value).to_owned();
        let mut names = Names::of(flow);
        let symbols = Symbols::of(flow, &name, &names.of_states, names.globals(flow));
        let layout = Layout::of(Plan::of(symbols));
        let publishers = layout.publishers();
        let needs_state = |id: StateId| !publishers.contains_key(&id) && !layout.plan.published(id).is_empty();
        let published = flow.states().iter().filter(|state| needs_state(state.id));
        let entries = published.map(|state| {
            let wanted = [&names.of_state(state.id), "-input"].concat();
            (state.id, names.unique(&wanted))
        });
        let entries = entries.collect();
        Migrator {
            flow,
            text: tree.text(),
            comments: Comments::new(tree),
            findings: Findings::new(),
            dry: false,
            name,
            names,
            layout,
            entries,
            publishers,
            left: MAX_VALUES,
            qualifier_reported: false,
        }
    }

    fn run(mut self, tree: &Tree<'a>) -> Migration {
        if let Some(line) = self.comments.template_line() {
            let message = "template lines are kept before the lines that followed them: check that they still enclose the same lines";
            self.no_equal(Span { start: line, end: line }, message);
        }
        self.report_all();
        let root = self.flow.root;
        let mut entries = vec![self.scalar_entry(
            Entry::text(new_key(Shape::Document, Slot::Type), Dialect::StateMachine.as_str()),
            root,
            old_key(Shape::Document, Slot::Type),
        )];
        let version = self.scalar_entry(
            Entry::text(new_key(Shape::Document, Slot::Version), "v1"),
            root,
            old_key(Shape::Document, Slot::Version),
        );
        // The author's order of the two keys is kept.
        let before = |key: &str| root.entries().position(|(k, _)| k.text() == Some(key)).unwrap_or(usize::MAX);
        entries.insert(
            usize::from(before(old_key(Shape::Document, Slot::Type)) < before(old_key(Shape::Document, Slot::Version))),
            version,
        );
        let name = match self.flow.name {
            Some(name) => self.copied_entry(
                new_key(Shape::Document, Slot::Name),
                name.node,
                root,
                old_key(Shape::Document, Slot::Name),
            ),
            None => Entry::text(new_key(Shape::Document, Slot::Name), &self.name),
        };
        if self.flow.name.is_none() {
            let place = root.get(old_key(Shape::Document, Slot::Type)).map_or(Span::at(0), |node| node.span());
            self.review(place, "a StateMachine needs a name: replace `flow` with the name of the flow");
        }
        entries.push(name);
        if let Some(timeout) = &self.flow.timeout {
            let timeout = self.copied_entry(
                new_key(Shape::Document, Slot::Timeout),
                timeout.node,
                root,
                old_key(Shape::Document, Slot::Timeout),
            );
            entries.push(timeout);
        }
        let top = self.list(ScopeId(0));
        let steps = self.collection_entry(
            Entry::new(new_key(Shape::Document, Slot::States), write::Value::List(top.states)),
            root,
            old_key(Shape::Document, Slot::States),
        );
        entries.push(Entry::text(new_key(Shape::Document, Slot::StartAt), &top.start));
        entries.push(steps);
        let end = self.comments.all();
        let text = write::document(&entries, &end);
        Migration { text: Some(text), diagnostics: self.findings.finish(tree.root()) }
    }

    /// A new name that no state has.
    fn unique_name(&mut self, wanted: &str) -> String {
        self.names.unique(wanted)
    }

    /// The name of the state that a transition to this state must name.
    fn entry_of(&self, state: StateId) -> String {
        self.entries.get(&state).cloned().unwrap_or_else(|| self.name_of(state))
    }

    fn name_of(&self, state: StateId) -> String {
        self.names.of_state(state)
    }

    /// True if the scope is in the body of a Map, whose iterations run concurrently.
    fn repeats(&self, scope: ScopeId) -> bool {
        let mut next = self.flow.scope(scope);
        while let Some(scope) = next {
            if scope.role == Role::Body {
                return true;
            }
            next = scope.owner.and_then(|owner| self.flow.state(owner)).and_then(|owner| self.flow.scope(owner.scope));
        }
        false
    }

    fn review(&mut self, span: Span, message: impl Into<String>) {
        self.report(Code::MigrateReview, span, message);
    }

    fn no_equal(&mut self, span: Span, message: impl Into<String>) {
        self.report(Code::MigrateNoEqual, span, message);
    }

    fn report(&mut self, code: Code, span: Span, message: impl Into<String>) {
        if !self.dry {
            self.findings.add(Diagnostic::new(code, span, message));
        }
    }

    /// Runs a conversion for its result only: it reports nothing.
    fn dry_run<T>(&mut self, convert: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.dry, true);
        let result = convert(self);
        self.dry = before;
        result
    }

    fn spend(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}
