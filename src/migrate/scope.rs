//! A list of steps as a list of states: where it begins, what follows what, how it ends.

use super::data::{Frame, Input, Local};
use super::expression::{Data, Expr};
use super::write::{Entry, Item, Value};
use super::{Migrator, reads};
use crate::flow::{Branch, Role, ScopeId, State, StateKind};
use crate::text::Span;

/// A list of states.
pub(super) struct Built {
    /// The name of the first.
    pub start: String,
    pub states: Vec<Item>,
}

/// What follows a state, or the last state of a scope.
#[derive(Clone, Debug)]
pub(super) enum Next {
    /// The state with this name.
    To(String),
    /// The end of the list of states. If `empty` is set, its output must be an empty object.
    End { empty: bool },
}

/// The output of a list of states.
pub(super) enum ListOutput {
    /// An empty object.
    Empty,
    /// An object with the local data under the key `local`.
    Local,
    Entries(Vec<Entry>),
}

impl ListOutput {
    fn new(entries: Vec<Entry>) -> Self {
        match entries.as_slice() {
            [] => ListOutput::Empty,
            [one]
                if one.key == "local.$"
                    && one.lead.is_empty()
                    && one.value == Value::Expression(Data::Local.into()) =>
            {
                ListOutput::Local
            }
            _ => ListOutput::Entries(entries),
        }
    }
}

/// A choice, seen from its ways.
pub(super) struct Site<'s, 'f, 'a> {
    pub frame: &'s Frame,
    pub state: &'f State<'a>,
    /// Where its own input is kept, if it is.
    pub own: Option<Data>,
    pub exit: &'s Next,
}

/// A list of states in the making.
pub(super) struct Home {
    pub states: Vec<Item>,
    /// The state that says what the list comes to.
    pub last: Option<Last>,
}

/// The state that says what a list of states comes to.
pub(super) struct Last {
    pub name: String,
    /// It is this step; else it is made.
    pub step: Option<crate::flow::StateId>,
    /// What it says; none where it says nothing of its own.
    pub output: Option<Vec<Entry>>,
    pub used: bool,
    /// What it says is the local data, and nothing else.
    pub plain: bool,
}

impl<'f, 'a> Migrator<'f, 'a> {
    /// The flow itself.
    pub fn top(&mut self) -> Built {
        let flow = self.flow;
        let Some(scope) = flow.scopes().first() else {
            return Built { start: String::new(), states: Vec::new() };
        };
        let (reads_input, local) =
            self.facts.first().map_or((false, false), |facts| (facts.reads_input, facts.keeps_local()));
        let input = match (&flow.input, reads_input) {
            (Some(_), true) => Input::Travels,
            (None, true) => Input::Execution,
            (_, false) => Input::Unread,
        };
        if let (Some(shaping), false) = (&flow.input, reads_input) {
            self.review(shaping.node().span(), "nobody reads what these mappings make: they are left out");
        }
        let begin = match (&flow.input, input) {
            (Some(shaping), Input::Travels) => {
                // Here `$input` is what the execution was started with.
                let outside = Frame {
                    scope: scope.id,
                    input: Input::Execution,
                    local: false,
                    fresh: false,
                    outer: false,
                    at: None,
                };
                let entries = self.parent_entries(&outside, reads::entries(shaping));
                let entry = Entry::new("input", Value::Map(entries));
                Some(self.dressed_collection(entry, flow.root, "inputMappings"))
            }
            _ => None,
        };
        let frame = Frame { scope: scope.id, input, local, fresh: false, outer: false, at: None };
        let output = self.top_output(&frame);
        self.home(&frame, begin, output)
    }

    /// What the execution comes to; none where the last state says so already.
    fn top_output(&mut self, frame: &Frame) -> Option<ListOutput> {
        let flow = self.flow;
        if let Some(shaping) = &flow.output {
            let mut entries = self.parent_entries(frame, reads::entries(shaping));
            if let Some(first) = entries.first_mut() {
                let comments = self.key_comments(flow.root, "outputMappings");
                first.lead.splice(0..0, comments.lead);
            }
            return Some(ListOutput::new(entries));
        }
        let facts = self.facts.first()?;
        if !facts.writes {
            return Some(ListOutput::Empty);
        }
        if facts.is_certain() {
            let entry = |key: &&str| Entry::expression(key, Expr::from(Data::Local).member(key));
            let plain = facts.order.iter().all(|key| key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-'));
            if plain {
                return Some(ListOutput::new(facts.order.iter().map(entry).collect()));
            }
        }
        let place = flow.root.get("steps").and_then(|steps| steps.items().last()).and_then(|last| last.get("name"));
        let place = place.map_or(Span::at(0), |node| node.span());
        self.no_equal(
            place,
            "the output of the execution was all of `$local`; its keys are not all known here, and a StateMachine \
             cannot hand out an object without naming them: the output holds it under `local`",
        );
        Some(ListOutput::Local)
    }

    /// A list of states of its own: the top, a branch, the body of a Map. `input` is the entry
    /// that makes the scope's input where it has to travel.
    pub fn home(&mut self, frame: &Frame, input: Option<Entry>, output: Option<ListOutput>) -> Built {
        let steps = self.flow.states_of(frame.scope);
        let mut home = Home { states: Vec::new(), last: None };
        let mut begin: Vec<Entry> = input.into_iter().collect();
        // A first step that hands on data of its own, and is run once, makes `local` itself.
        let fresh = frame.local
            && begin.is_empty()
            && self.facts.get(frame.scope.0 as usize).is_some_and(|facts| !facts.restarts)
            && steps.first().is_some_and(|state| match state.kind {
                StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_) => true,
                StateKind::Pass => state.output.is_some(),
                _ => false,
            });
        if frame.local && !fresh {
            begin.push(Entry::new("local", Value::Map(Vec::new())));
        }
        let exit = match output {
            None => Next::End { empty: false },
            Some(ListOutput::Empty) => Next::End { empty: true },
            Some(output) => {
                // A last step that only passes on can say itself what the list comes to.
                let says = |state: &&State<'_>| {
                    state.output.is_none()
                        && matches!(state.kind, StateKind::Pass | StateKind::Succeed | StateKind::Wait(_))
                };
                let step = steps.last().filter(says).map(|state| state.id);
                let name = match step {
                    Some(step) => self.entry_of(step),
                    None => self.made_name("Done"),
                };
                let plain = step.is_none() && matches!(output, ListOutput::Local);
                let output = match output {
                    ListOutput::Empty => Vec::new(),
                    ListOutput::Local => vec![Entry::expression("local", Data::Local)],
                    ListOutput::Entries(entries) => entries,
                };
                home.last = Some(Last { name: name.clone(), step, output: Some(output), used: false, plain });
                Next::To(name)
            }
        };
        let mut start = steps.first().map(|state| self.entry_of(state.id)).unwrap_or_default();
        if !begin.is_empty() {
            let name = self.made_name("Start");
            let entries = vec![
                Entry::text("Type", "Pass"),
                Entry::text("Name", &name),
                Entry::new("InputConstructor", Value::Map(begin)),
                Entry::text("Next", &start),
            ];
            home.states.push(Item::new(Value::Map(entries)));
            start = name;
        }
        for (at, state) in steps.iter().enumerate() {
            if at == 0 && fresh {
                let first = Frame { local: false, fresh, ..frame.clone() };
                self.step(&first, state, &exit, &mut home);
            } else {
                self.step(frame, state, &exit, &mut home);
            }
        }
        if let Some(Last { name, step: None, output, used: true, .. }) = home.last {
            let mut entries = vec![Entry::text("Type", "Succeed"), Entry::text("Name", &name)];
            entries.extend(output.map(|output| Entry::new("OutputConstructor", Value::Map(output))));
            home.states.push(Item::new(Value::Map(entries)));
        }
        Built { start, states: home.states }
    }

    /// What comes after a step that does not jump.
    pub fn after(&mut self, state: &State<'_>, exit: &Next, home: &mut Home) -> Next {
        if let Some(next) = self.flow.after(state.id) {
            return Next::To(self.entry_of(next));
        }
        match exit {
            Next::End { empty } => Next::End { empty: *empty },
            Next::To(name) => {
                if let Some(last) = home.last.as_mut().filter(|last| last.name == *name) {
                    last.used = true;
                }
                Next::To(name.clone())
            }
        }
    }

    /// The name of what comes after, where there must be a state.
    pub fn after_name(&mut self, state: &State<'_>, exit: &Next, home: &mut Home) -> String {
        match self.after(state, exit, home) {
            Next::To(name) => name,
            Next::End { empty } => {
                if home.last.is_none() {
                    let name = self.made_name("Done");
                    let output = empty.then(Vec::new);
                    home.last = Some(Last { name, step: None, output, used: true, plain: false });
                }
                home.last
                    .as_mut()
                    .map(|last| {
                        last.used = true;
                        last.name.clone()
                    })
                    .unwrap_or_default()
            }
        }
    }

    /// The steps of one way of a choice, lifted. Returns the state that the way goes to.
    pub fn way(&mut self, site: &Site<'_, 'f, 'a>, way: &'f Branch<'a>, label: &str, home: &mut Home) -> String {
        let Site { frame, state, own: _, exit } = *site;
        let body = way.body.filter(|body| !self.flow.states_of(*body).is_empty());
        let inert = body.and_then(|body| self.facts.get(body.0 as usize)).is_none_or(reads::Facts::inert);
        // Where the steps go in the end.
        let target = match way.target.and_then(|target| target.state) {
            Some(target) => self.entry_of(target),
            None => self.after_name(state, exit, home),
        };
        let maps = state.output.is_some() && frame.local;
        let own_name = self.name_of(state.id);
        let mut target = target;
        let mut done = None;
        if maps || (!inert && frame.carries()) {
            let name = self.made_name(&[&own_name, "-", label, "-done"].concat());
            done = Some(self.leave(site, &name, &target, inert));
            target = name;
        }
        let start = match body {
            None => target.clone(),
            Some(body) => {
                let first = self.flow.states_of(body).first().map(|first| self.entry_of(first.id)).unwrap_or_default();
                let (inner, start) = if inert {
                    let at = frame.at.or(Some(state.index));
                    (Frame { at, ..frame.clone() }, first)
                } else {
                    let name = self.made_name(&[&own_name, "-", label].concat());
                    let entered = self.enter(site, &name, &first);
                    home.states.push(entered);
                    (
                        Frame { scope: body, input: Input::Travels, local: true, fresh: false, outer: true, at: None },
                        name,
                    )
                };
                let exit = Next::To(target.clone());
                for step in self.flow.states_of(body) {
                    self.step(&inner, step, &exit, home);
                }
                start
            }
        };
        home.states.extend(done);
        start
    }

    /// Where a choice goes when no way is taken, past the state that maps its output.
    pub fn no_match(&mut self, site: &Site<'_, 'f, 'a>, home: &mut Home) -> String {
        let target = self.after_name(site.state, site.exit, home);
        let name = self.made_name(&[&self.name_of(site.state.id), "-default-done"].concat());
        let item = self.leave(site, &name, &target, true);
        home.states.push(item);
        name
    }

    /// The state that sets the steps of an option apart from those around it.
    fn enter(&mut self, site: &Site<'_, 'f, 'a>, name: &str, first: &str) -> Item {
        let own = self.own_whole(site.frame, site.state, site.own);
        let entries = vec![
            Entry::new("input", own),
            Entry::new("local", Value::Map(Vec::new())),
            Entry::expression("outer", Data::Input),
        ];
        Item::new(Value::Map(vec![
            Entry::text("Type", "Pass"),
            Entry::text("Name", name),
            Entry::new("OutputConstructor", Value::Map(entries)),
            Entry::text("Next", first),
        ]))
    }

    /// The state that joins what the steps of an option have made to the data around them.
    fn leave(&mut self, site: &Site<'_, 'f, 'a>, name: &str, target: &str, inert: bool) -> Item {
        let Site { frame, state, own, .. } = *site;
        let mut entries;
        if inert {
            entries = frame.carry(Data::Input);
            if frame.local {
                entries.push(self.local_entry(Data::Local, frame, state, state.output.as_ref(), &Local::Empty, own));
            }
        } else {
            entries = frame.carry(Data::Outer);
            if frame.local {
                // From inside, the input of the choice is the input of the scope.
                let (local, own) = (Local::Value(Data::Local), Some(Data::ScopeInput));
                let entry = self.local_entry(Data::OuterLocal, frame, state, state.output.as_ref(), &local, own);
                entries.push(entry);
            }
        }
        Item::new(Value::Map(vec![
            Entry::text("Type", "Pass"),
            Entry::text("Name", name),
            Entry::new("OutputConstructor", Value::Map(entries)),
            Entry::text("Next", target),
        ]))
    }

    /// The facts' scope of a branch or body, and what it comes to.
    pub fn result(&self, scope: ScopeId) -> Option<ListOutput> {
        let facts = self.facts.get(scope.0 as usize)?;
        if !facts.result {
            return None;
        }
        Some(if facts.keeps_local() {
            ListOutput::Local
        } else {
            ListOutput::Entries(vec![Entry::new("local", Value::Map(Vec::new()))])
        })
    }

    /// True where the steps of a body run several times at once.
    pub fn repeats(&self, scope: ScopeId) -> bool {
        let mut next = self.flow.scope(scope);
        while let Some(scope) = next {
            if scope.role == Role::Body {
                return true;
            }
            next = scope.owner.and_then(|owner| self.flow.state(owner)).and_then(|owner| self.flow.scope(owner.scope));
        }
        false
    }
}
