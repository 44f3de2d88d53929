//! A definition of the `flow` dialect as one of the `StateMachine` dialect.
//!
//! What the definition does stays the same as far as the new dialect can say it; every construct
//! that has no equal there is reported where it stands. Comments stay with what they speak of.

mod comments;
mod data;
mod expression;
mod nest;
mod output;
mod reads;
mod scope;
mod step;
mod task;
mod value;
mod write;

use std::collections::{HashMap, HashSet};

use crate::check::check;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::flow::{Dialect, Findings, Flow, Role, ScopeId, Shaping, StateId, StateKind};
use crate::text::Span;
use crate::yaml::{self, Tree};
use comments::Comments;
use reads::{Facts, Root};
use write::Entry;

/// What [`migrate`] comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Migration {
    /// The new definition; none where the old one has errors.
    pub text: Option<String>,
    /// What is wrong with the old definition, or what the new one cannot say as the old one did.
    pub diagnostics: Vec<Diagnostic>,
}

/// Values that may be written out. A definition that means more got there by aliases.
const MOST_VALUES: usize = 1_000_000;

/// Turns a definition of the `flow` dialect into one of the `StateMachine` dialect.
///
/// ```
/// let old = "version: v1\ntype: flow\nsteps:\n  - type: succeed\n    name: done\n";
/// let new = cloudflow_wasm::migrate::migrate(old).text.unwrap_or_default();
/// assert!(new.contains("Type: Succeed"));
/// ```
pub fn migrate(text: &str) -> Migration {
    let (tree, found) = yaml::parse(text);
    let (flow, diagnostics) = check(&tree, found);
    if diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Migration { text: None, diagnostics };
    }
    let Some(flow) = flow else {
        return Migration { text: None, diagnostics };
    };
    if flow.dialect == Dialect::StateMachine {
        let message = "the definition is a `StateMachine` already: nothing is changed";
        let place = flow.root.get("Type").map_or(flow.root.span(), |node| node.span());
        let mut findings = Findings::new();
        findings.add(Diagnostic::new(Code::MigrateNothing, place, message));
        return Migration { text: Some(text.to_owned()), diagnostics: findings.finish(tree.root()) };
    }
    Migrator::new(&tree, &flow).run(&tree)
}

struct Migrator<'f, 'a> {
    flow: &'f Flow<'a>,
    text: &'a str,
    comments: Comments,
    findings: Findings,
    /// Findings are not recorded: see [`Migrator::dry_run`].
    dry: bool,
    facts: Vec<Facts<'f>>,
    /// The name of the flow.
    name: String,
    /// The new names of the states, by their ids.
    names: Vec<String>,
    /// The maps whose iterations read what stands around them.
    publish: HashMap<StateId, Publish>,
    /// Every name that is given.
    taken: HashSet<String>,
    /// How often a made name was asked for.
    counts: HashMap<String, u32>,
    /// Values that may still be written out.
    left: usize,
    /// A function without a qualifier has been reported.
    qualifier_reported: bool,
}

/// What the iterations of a Map read from around it goes through `$Global`.
#[derive(Clone, Debug)]
struct Publish {
    /// The key.
    global: String,
    /// The state that writes it, and that others go to instead of the Map.
    entry: String,
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
            left: MOST_VALUES,
            qualifier_reported: false,
        }
    }

    fn run(mut self, tree: &Tree<'a>) -> Migration {
        if let Some(line) = self.comments.template_line() {
            let message =
                "lines of the template stand before what they stood before; what they enclose may stand elsewhere now";
            self.no_equal(Span { start: line, end: line }, message);
        }
        self.give_names();
        self.find_published();
        self.tell_of_missing();
        let root = self.flow.root;
        let mut entries = vec![self.dressed(Entry::text("Type", "StateMachine"), root, "type")];
        let version = self.dressed(Entry::text("SpecVersion", "v1"), root, "version");
        // The order of the two keys is the author's.
        let before = |key: &str| root.entries().position(|(k, _)| k.text() == Some(key)).unwrap_or(usize::MAX);
        entries.insert(usize::from(before("type") < before("version")), version);
        let name = match self.flow.name {
            Some(name) => self.dressed_value("Name", name.node, root, "name"),
            None => Entry::text("Name", &self.name),
        };
        if self.flow.name.is_none() {
            let place = root.get("type").map_or(Span::at(0), |node| node.span());
            self.review(place, "a StateMachine says its name: put the name of the flow in place of `flow`");
        }
        entries.push(name);
        if let Some(timeout) = &self.flow.timeout {
            let timeout = self.dressed_value("Timeout", timeout.node, root, "timeoutSeconds");
            entries.push(timeout);
        }
        let top = self.top();
        let steps = self.dressed_collection(Entry::new("States", write::Value::List(top.states)), root, "steps");
        entries.push(Entry::text("StartAt", &top.start));
        entries.push(steps);
        let end = self.comments.all();
        let text = write::document(&entries, &end);
        Migration { text: Some(text), diagnostics: self.findings.finish(tree.root()) }
    }

    /// Names every state: its own name, unless a state of another list that is lifted into the
    /// same one has it already.
    fn give_names(&mut self) {
        let flow = self.flow;
        let mut given: HashSet<(ScopeId, String)> = HashSet::new();
        let mut homes: Vec<ScopeId> = Vec::with_capacity(flow.scopes().len());
        self.names = vec![String::new(); flow.states().len()];
        for scope in flow.scopes() {
            let outer = scope.owner.and_then(|owner| flow.state(owner)).map(|owner| owner.scope);
            let lifted = matches!(scope.role, Role::Option(_) | Role::Default);
            let home = outer.filter(|_| lifted).and_then(|outer| homes.get(outer.0 as usize)).copied();
            let home = home.unwrap_or(scope.id);
            homes.push(home);
            for state in flow.states_of(scope.id) {
                let own = state.name.map_or("step", |name| name.value);
                let mut name = own.to_owned();
                if !given.insert((home, name.clone())) {
                    name = self.made_name(own);
                    given.insert((home, name.clone()));
                    let message = [
                        "the step `",
                        own,
                        "` is called `",
                        &name,
                        "` now: where it stands now there is another `",
                        own,
                        "`",
                    ];
                    self.report(Code::MigrateRenamed, state.place(), message.concat());
                }
                if let Some(slot) = self.names.get_mut(state.id.0 as usize) {
                    *slot = name;
                }
            }
        }
    }

    /// A name that no state has.
    fn made_name(&mut self, wanted: &str) -> String {
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
            let entry = self.made_name(&[&name, "-input"].concat());
            let plain = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let global = if plain { name } else { ["foreach_", &state.id.0.to_string()].concat() };
            let twice = !globals.insert(global.clone());
            let global = if twice { [&global, "_", &state.id.0.to_string()].concat() } else { global };
            self.publish.insert(state.id, Publish { global, entry });
        }
    }

    /// Says once that a reference may lead nowhere: which of them do, only the data know.
    fn tell_of_missing(&mut self) {
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
        if let Some(first) = sources.min_by_key(|source| source.span().start) {
            let message = "a reference that leads nowhere gives null in the old dialect; in the new one that is not \
                           documented, and here the state fails: see that this one and the others are always there";
            self.review(first.span(), message);
        }
    }

    /// Where to go to come to a state.
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
