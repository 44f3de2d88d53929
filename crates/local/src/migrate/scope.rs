//! Converts a list of steps to a list of states: its start, its transitions and its end.

use super::data::{Frame, Input, Local};
use super::expression::{Data, Expr};
use super::write::{Entry, Item, Value};
use super::{Migrator, new_key, old_key, reads, type_entry};
use cloudflow_base::text::Span;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Branch, Role, ScopeId, State, StateKind};

/// A list of states.
pub(super) struct StateList {
    /// The name of the first state.
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

/// A choice, for the conversion of its options.
pub(super) struct ChoiceContext<'s, 'f, 'a> {
    pub frame: &'s Frame,
    pub state: &'f State<'a>,
    /// The location of its own input, if it is kept.
    pub own: Option<Data>,
    pub exit: &'s Next,
}

/// A list of states that is being built.
pub(super) struct ListBuilder {
    pub states: Vec<Item>,
    /// The state that builds the output of the list.
    pub last: Option<OutputState>,
}

/// The state that builds the output of a list of states.
pub(super) struct OutputState {
    pub name: String,
    /// The step with this role. Absent if the state is generated.
    pub step: Option<cloudflow_language::flow::StateId>,
    /// The output. Absent if the state passes its input.
    pub output: Option<Vec<Entry>>,
    pub used: bool,
    /// The output is only the local data.
    pub plain: bool,
}

impl<'f, 'a> Migrator<'f, 'a> {
    /// Converts the top scope.
    pub fn top(&mut self) -> StateList {
        let flow = self.flow;
        let Some(scope) = flow.scopes().first() else {
            return StateList { start: String::new(), states: Vec::new() };
        };
        let (reads_input, local) =
            self.facts.first().map_or((false, false), |facts| (facts.reads_input, facts.keeps_local()));
        let input = match (&flow.input, reads_input) {
            (Some(_), true) => Input::Passed,
            (None, true) => Input::Execution,
            (_, false) => Input::Unread,
        };
        if let (Some(shaping), false) = (&flow.input, reads_input) {
            self.review(shaping.node().span(), "these mappings are removed: no step reads their targets");
        }
        let begin = match (&flow.input, input) {
            (Some(shaping), Input::Passed) => {
                // In these mappings `$input` is the input of the execution.
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
                Some(self.collection_entry(entry, flow.root, old_key(Shape::Document, Slot::Input)))
            }
            _ => None,
        };
        let frame = Frame { scope: scope.id, input, local, fresh: false, outer: false, at: None };
        let output = self.top_output(&frame);
        self.state_list(&frame, begin, output)
    }

    /// The output of the execution. Absent if the last state builds it.
    fn top_output(&mut self, frame: &Frame) -> Option<ListOutput> {
        let flow = self.flow;
        if let Some(shaping) = &flow.output {
            let mut entries = self.parent_entries(frame, reads::entries(shaping));
            if let Some(first) = entries.first_mut() {
                let comments = self.key_comments(flow.root, old_key(Shape::Document, Slot::Output));
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
        let place = flow
            .root
            .get(old_key(Shape::Document, Slot::States))
            .and_then(|steps| steps.items().last())
            .and_then(|last| last.get(old_key(Shape::State, Slot::Name)));
        let place = place.map_or(Span::at(0), |node| node.span());
        self.no_equal(
            place,
            "the output of the execution was all of `$local`, whose keys are not all known: the new output has this \
             object under the key `local`",
        );
        Some(ListOutput::Local)
    }

    /// Converts a scope that becomes a list of states: the top, a branch, the body of a Map. `input`
    /// is the entry that builds the scope's input, if the states pass it.
    pub fn state_list(&mut self, frame: &Frame, input: Option<Entry>, output: Option<ListOutput>) -> StateList {
        let steps = self.flow.states_of(frame.scope);
        let mut list = ListBuilder { states: Vec::new(), last: None };
        let mut begin: Vec<Entry> = input.into_iter().collect();
        // A first step that runs once and has an output creates `local` itself.
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
                // A last step without data can build the output of the list.
                let can_build = |state: &&State<'_>| {
                    state.output.is_none()
                        && matches!(state.kind, StateKind::Pass | StateKind::Succeed | StateKind::Wait(_))
                };
                let step = steps.last().filter(can_build).map(|state| state.id);
                let name = match step {
                    Some(step) => self.entry_of(step),
                    None => self.unique_name("Done"),
                };
                let plain = step.is_none() && matches!(output, ListOutput::Local);
                let output = match output {
                    ListOutput::Empty => Vec::new(),
                    ListOutput::Local => vec![Entry::expression("local", Data::Local)],
                    ListOutput::Entries(entries) => entries,
                };
                list.last = Some(OutputState { name: name.clone(), step, output: Some(output), used: false, plain });
                Next::To(name)
            }
        };
        let mut start = steps.first().map(|state| self.entry_of(state.id)).unwrap_or_default();
        if !begin.is_empty() {
            let name = self.unique_name("Start");
            let entries = vec![
                type_entry(StateType::Pass),
                Entry::text(new_key(Shape::State, Slot::Name), &name),
                Entry::new(new_key(Shape::State, Slot::Input), Value::Map(begin)),
                Entry::text(new_key(Shape::State, Slot::Next), &start),
            ];
            list.states.push(Item::new(Value::Map(entries)));
            start = name;
        }
        for (at, state) in steps.iter().enumerate() {
            if at == 0 && fresh {
                let first = Frame { local: false, fresh, ..frame.clone() };
                self.step(&first, state, &exit, &mut list);
            } else {
                self.step(frame, state, &exit, &mut list);
            }
        }
        if let Some(OutputState { name, step: None, output, used: true, .. }) = list.last {
            let mut entries =
                vec![type_entry(StateType::Succeed), Entry::text(new_key(Shape::State, Slot::Name), &name)];
            entries.extend(output.map(|output| Entry::new(new_key(Shape::State, Slot::Output), Value::Map(output))));
            list.states.push(Item::new(Value::Map(entries)));
        }
        StateList { start, states: list.states }
    }

    /// The successor of a step that does not jump.
    pub fn after(&mut self, state: &State<'_>, exit: &Next, list: &mut ListBuilder) -> Next {
        if let Some(next) = self.flow.after(state.id) {
            return Next::To(self.entry_of(next));
        }
        match exit {
            Next::End { empty } => Next::End { empty: *empty },
            Next::To(name) => {
                if let Some(last) = list.last.as_mut().filter(|last| last.name == *name) {
                    last.used = true;
                }
                Next::To(name.clone())
            }
        }
    }

    /// The name of the successor, for a place that needs a state.
    pub fn after_name(&mut self, state: &State<'_>, exit: &Next, list: &mut ListBuilder) -> String {
        match self.after(state, exit, list) {
            Next::To(name) => name,
            Next::End { empty } => {
                if list.last.is_none() {
                    let name = self.unique_name("Done");
                    let output = empty.then(Vec::new);
                    list.last = Some(OutputState { name, step: None, output, used: true, plain: false });
                }
                list.last
                    .as_mut()
                    .map(|last| {
                        last.used = true;
                        last.name.clone()
                    })
                    .unwrap_or_default()
            }
        }
    }

    /// Converts the steps of an option, which move to the list of the choice. Returns the name of the
    /// state that the option leads to.
    pub fn way(
        &mut self,
        choice: &ChoiceContext<'_, 'f, 'a>,
        way: &'f Branch<'a>,
        label: &str,
        list: &mut ListBuilder,
    ) -> String {
        let ChoiceContext { frame, state, own: _, exit } = *choice;
        let body = way.body.filter(|body| !self.flow.states_of(*body).is_empty());
        let inert = body.and_then(|body| self.facts.get(body.0 as usize)).is_none_or(reads::Facts::inert);
        // The state after the steps.
        let target = match way.target.and_then(|target| target.state) {
            Some(target) => self.entry_of(target),
            None => self.after_name(state, exit, list),
        };
        let maps = state.output.is_some() && frame.local;
        let own_name = self.name_of(state.id);
        let mut target = target;
        let mut done = None;
        if maps || (!inert && frame.passes_data()) {
            let name = self.unique_name(&[&own_name, "-", label, "-done"].concat());
            done = Some(self.leave(choice, &name, &target, inert));
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
                    let name = self.unique_name(&[&own_name, "-", label].concat());
                    let entered = self.enter(choice, &name, &first);
                    list.states.push(entered);
                    (
                        Frame { scope: body, input: Input::Passed, local: true, fresh: false, outer: true, at: None },
                        name,
                    )
                };
                let exit = Next::To(target.clone());
                for step in self.flow.states_of(body) {
                    self.step(&inner, step, &exit, list);
                }
                start
            }
        };
        list.states.extend(done);
        start
    }

    /// The target of a choice if no option is true: a state that maps its output.
    pub fn no_match(&mut self, choice: &ChoiceContext<'_, 'f, 'a>, list: &mut ListBuilder) -> String {
        let target = self.after_name(choice.state, choice.exit, list);
        let name = self.unique_name(&[&self.name_of(choice.state.id), "-default-done"].concat());
        let item = self.leave(choice, &name, &target, true);
        list.states.push(item);
        name
    }

    /// The state before the steps of an option. It creates their scope.
    fn enter(&mut self, choice: &ChoiceContext<'_, 'f, 'a>, name: &str, first: &str) -> Item {
        let own = self.own_whole(choice.frame, choice.state, choice.own);
        let entries = vec![
            Entry::new("input", own),
            Entry::new("local", Value::Map(Vec::new())),
            Entry::expression("outer", Data::Input),
        ];
        Item::new(Value::Map(vec![
            type_entry(StateType::Pass),
            Entry::text(new_key(Shape::State, Slot::Name), name),
            Entry::new(new_key(Shape::State, Slot::Output), Value::Map(entries)),
            Entry::text(new_key(Shape::State, Slot::Next), first),
        ]))
    }

    /// The state after the steps of an option. It merges their data into the outer scope.
    fn leave(&mut self, choice: &ChoiceContext<'_, 'f, 'a>, name: &str, target: &str, inert: bool) -> Item {
        let ChoiceContext { frame, state, own, .. } = *choice;
        let mut entries;
        if inert {
            entries = frame.pass_on(Data::Input);
            if frame.local {
                entries.push(self.local_entry(Data::Local, frame, state, state.output.as_ref(), &Local::Empty, own));
            }
        } else {
            entries = frame.pass_on(Data::Outer);
            if frame.local {
                // The input of the choice is the input of the inner scope.
                let (local, own) = (Local::Value(Data::Local), Some(Data::ScopeInput));
                let entry = self.local_entry(Data::OuterLocal, frame, state, state.output.as_ref(), &local, own);
                entries.push(entry);
            }
        }
        Item::new(Value::Map(vec![
            type_entry(StateType::Pass),
            Entry::text(new_key(Shape::State, Slot::Name), name),
            Entry::new(new_key(Shape::State, Slot::Output), Value::Map(entries)),
            Entry::text(new_key(Shape::State, Slot::Next), target),
        ]))
    }

    /// The output of a branch or body. Absent if it is not read.
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

    /// True if the scope is in the body of a Map, whose iterations run concurrently.
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
