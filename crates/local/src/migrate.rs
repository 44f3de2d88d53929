//! Migrates a definition of the `flow` dialect to the `StateMachine` dialect.
//!
//! The behaviour is preserved where the new dialect has an equivalent. Each construct without an
//! equivalent is reported at its position. Comments are preserved.

mod comments;
mod data;
mod expression;
mod nest;
mod output;
mod reads;
mod scope;
pub mod shape;
mod step;
mod task;
mod value;
mod write;

use std::collections::{HashMap, HashSet};

use cloudflow_base::diagnostic::{Code, Diagnostic, fill};
use cloudflow_base::text::Span;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Dialect, Findings, Flow, Role, ScopeId, Shaping, StateId, StateKind};
use cloudflow_language::yaml::Tree;
use cloudflow_language::{Document, Options};
use comments::Comments;
use reads::{Facts, Root};
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
    facts: Vec<Facts<'f>>,
    name: String,
    /// The new names of the states, by their ids.
    names: Vec<String>,
    /// The maps whose iterations read data from outside their body.
    publish: HashMap<StateId, Publish>,
    /// All names of states, old and new.
    taken: HashSet<String>,
    /// The number of requests for each generated name.
    counts: HashMap<String, u32>,
    /// The number of values that may still be written.
    left: usize,
    /// A function name without a qualifier has been reported.
    qualifier_reported: bool,
}

/// A value of `$Global` that passes the data around a Map to its iterations.
#[derive(Clone, Debug)]
struct Publish {
    /// The key in `$Global`.
    global: String,
    /// The state that writes the value. Transitions to the Map lead to this state.
    entry: String,
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
        Migrator {
            flow,
            text: tree.text(),
            comments: Comments::new(tree),
            findings: Findings::new(),
            dry: false,
            facts: reads::facts(flow),
            name: flow.name.map_or("flow", |name| name.value).to_owned(),
            names: Vec::new(),
            publish: HashMap::new(),
            taken: flow.states().iter().filter_map(|state| Some(state.name?.value.to_owned())).collect(),
            counts: HashMap::new(),
            left: MAX_VALUES,
            qualifier_reported: false,
        }
    }

    fn run(mut self, tree: &Tree<'a>) -> Migration {
        if let Some(line) = self.comments.template_line() {
            let message = "template lines are kept before the lines that followed them: check that they still enclose the same lines";
            self.no_equal(Span { start: line, end: line }, message);
        }
        self.assign_names();
        self.find_published();
        self.report_null_references();
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
        let top = self.top();
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

    /// Names every state. A state keeps its name unless its new list already has a state with the name.
    fn assign_names(&mut self) {
        let flow = self.flow;
        let mut assigned: HashSet<(ScopeId, String)> = HashSet::new();
        let mut lists: Vec<ScopeId> = Vec::with_capacity(flow.scopes().len());
        self.names = vec![String::new(); flow.states().len()];
        for scope in flow.scopes() {
            let outer = scope.owner.and_then(|owner| flow.state(owner)).map(|owner| owner.scope);
            let lifted = matches!(scope.role, Role::Option(_) | Role::Default);
            let list = outer.filter(|_| lifted).and_then(|outer| lists.get(outer.0 as usize)).copied();
            let list = list.unwrap_or(scope.id);
            lists.push(list);
            for state in flow.states_of(scope.id) {
                let own = state.name.map_or("step", |name| name.value);
                let mut name = own.to_owned();
                if !assigned.insert((list, name.clone())) {
                    name = self.unique_name(own);
                    assigned.insert((list, name.clone()));
                    let message = "the step `{}` is renamed to `{}`: its new list already contains the name";
                    self.report(Code::MigrateRenamed, state.place(), fill(message, &[own, &name]));
                }
                if let Some(slot) = self.names.get_mut(state.id.0 as usize) {
                    *slot = name;
                }
            }
        }
    }

    /// A new name that no state has.
    fn unique_name(&mut self, wanted: &str) -> String {
        let count = self.counts.entry(wanted.to_owned()).or_insert(0);
        loop {
            *count += 1;
            let name = if *count == 1 { wanted.to_owned() } else { [wanted, "-", &count.to_string()].concat() };
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// Finds the maps whose iterations read more than their item.
    fn find_published(&mut self) {
        let flow = self.flow;
        let direct = flow.input.is_none() && self.facts.first().is_some_and(|top| !top.keeps_local());
        let mut globals = HashSet::new();
        for state in flow.states() {
            let StateKind::Map(map) = &state.kind else {
                continue;
            };
            let reads =
                map.body.and_then(|body| self.facts.get(body.0 as usize)).is_some_and(|facts| facts.reads_input);
            let is_top = flow.scope(state.scope).is_some_and(|scope| scope.role == Role::Top);
            if !reads || reads::reads_only_item(&self.facts, map) || (direct && is_top && state.input.is_none()) {
                continue;
            }
            let name = self.name_of(state.id);
            let entry = self.unique_name(&[&name, "-input"].concat());
            let plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let global = if plain { name } else { ["foreach_", &state.id.0.to_string()].concat() };
            let twice = !globals.insert(global.clone());
            let global = if twice { [&global, "_", &state.id.0.to_string()].concat() } else { global };
            self.publish.insert(state.id, Publish { global, entry });
        }
    }

    /// Reports once that references to absent values behave differently. Only the data show which
    /// references these are.
    fn report_null_references(&mut self) {
        let flow = self.flow;
        let of_states = flow.states().iter().flat_map(|state| [&state.input, &state.output]);
        let entries =
            [&flow.input, &flow.output].into_iter().chain(of_states).flatten().flat_map(|shaping| match shaping {
                Shaping::Mappings { entries, .. } => entries.as_slice(),
                Shaping::Constructor(_) => &[],
            });
        let sources = entries.filter_map(|entry| entry.source).filter(|source| {
            let found = reads::reference(*source);
            found.is_some_and(|(root, rest)| root != Root::Context && !rest.is_empty() && !rest.contains("[*]"))
        });
        // Without a mapping the parameters of a task refer to data that the step did not make.
        let unmapped = flow.states().iter().filter(|state| state.input.is_none());
        let params = unmapped.filter_map(|state| match &state.kind {
            StateKind::Task(task) => task.params.get(),
            _ => None,
        });
        let sources = sources.chain(params.flat_map(task::own_references));
        if let Some(first) = sources.min_by_key(|source| source.span().start) {
            let message = "a reference to an absent value gives null in the old dialect; this is not documented for the \
                           new one, where the simulation fails: check that the values of all references exist";
            self.review(first.span(), message);
        }
    }

    /// The name of the state that a transition to this state must name.
    fn entry_of(&self, state: StateId) -> String {
        self.publish.get(&state).map_or_else(|| self.name_of(state), |published| published.entry.clone())
    }

    fn name_of(&self, state: StateId) -> String {
        self.names.get(state.0 as usize).cloned().unwrap_or_default()
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
