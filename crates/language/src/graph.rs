//! A flow as nodes and edges.
//!
//! The nodes are the states, one start and one end. The edges are the control flow, with the same
//! kinds for both dialects. Scopes are not nodes: the last state of a branch leads back to its
//! parallel, the last state of an option leads to the successor of the choice.

#![allow(missing_docs, reason = "a comment is written only where the name is not enough")]

mod mermaid;

pub use mermaid::mermaid;

use std::borrow::Cow;

use crate::flow::{Branch, Flow, Role, ScopeId, State, StateId, StateKind, Text};
use cloudflow_base::small::to_decimal;

/// The edges of a flow; the nodes are its states.
#[derive(Debug, Default)]
pub struct Graph<'a> {
    /// The control flow, in the order of the scopes and states.
    pub edges: Vec<Edge<'a>>,
}

/// One edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge<'a> {
    pub from: Place,
    pub to: Place,
    pub kind: EdgeKind,
    /// A condition, the names of errors, or the index of a branch.
    pub label: Option<Cow<'a, str>>,
    /// The case of a choice that leads here. A `join` or a `collect` has it too: the choice ends its branch.
    pub case: Option<Case>,
}

/// A case of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The option with this index.
    Option(usize),
    Default,
    /// No option is true, and there is no default.
    NoMatch,
}

/// An end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The start of the flow.
    Start,
    /// The end of the flow, successful or not.
    End,
    State(StateId),
}

/// The kind of a control flow edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// To the first state of the flow.
    Start,
    /// To the next state in order, or the target of `Next`.
    Next,
    /// To an option whose condition (the label) is true.
    Choice,
    /// To the default of a choice.
    Default,
    /// From a choice without a default if no option is true.
    NoMatch,
    /// A jump after the steps of an option.
    Goto,
    /// To the branch with this index (the label) of a parallel.
    Fork,
    /// From the end of a branch to its parallel.
    Join,
    /// From a map to its body.
    Iterate,
    /// From the end of an iteration to its map.
    Collect,
    /// To the target of a catch rule for an error (the label).
    Catch,
    /// To the end of the flow.
    End,
    /// From a fail to the owner of its scope or to the end.
    Fail,
}

impl EdgeKind {
    /// The name in the JavaScript interface.
    pub fn as_str(self) -> &'static str {
        match self {
            EdgeKind::Start => "start",
            EdgeKind::Next => "next",
            EdgeKind::Choice => "choice",
            EdgeKind::Default => "default",
            EdgeKind::NoMatch => "noMatch",
            EdgeKind::Goto => "goto",
            EdgeKind::Fork => "fork",
            EdgeKind::Join => "join",
            EdgeKind::Iterate => "iterate",
            EdgeKind::Collect => "collect",
            EdgeKind::Catch => "catch",
            EdgeKind::End => "end",
            EdgeKind::Fail => "fail",
        }
    }
}

/// The edges of a flow, without transitions to states that do not exist.
pub fn graph<'a>(flow: &Flow<'a>) -> Graph<'a> {
    let mut builder = Builder { flow, edges: Vec::with_capacity(flow.states().len() * 2), case: None };
    if let Some(start) = flow.start(ScopeId(0)) {
        builder.edge(Place::Start, Place::State(start), EdgeKind::Start, None);
    }
    for scope in flow.scopes() {
        for state in flow.states_of(scope.id) {
            builder.state(state);
        }
    }
    Graph { edges: builder.edges }
}

struct Builder<'f, 'a> {
    flow: &'f Flow<'a>,
    edges: Vec<Edge<'a>>,
    /// The case of the next edges.
    case: Option<Case>,
}

impl<'a> Builder<'_, 'a> {
    fn state(&mut self, state: &State<'a>) {
        let from = Place::State(state.id);
        match &state.kind {
            StateKind::Choice(choice) => {
                for (index, option) in choice.options.iter().enumerate() {
                    self.case = Some(Case::Option(index));
                    let label = option.condition.map(|condition| condition.value.into());
                    self.way(state, option, EdgeKind::Choice, label);
                }
                self.case = Some(if choice.default.is_some() { Case::Default } else { Case::NoMatch });
                match &choice.default {
                    Some(default) => self.way(state, default, EdgeKind::Default, None),
                    // A `StateMachine` requires a default: its absence is a mistake, not an edge.
                    None if self.flow.dialect == crate::flow::Dialect::Flow => {
                        self.done(from, state, EdgeKind::NoMatch, None);
                    }
                    None => {}
                }
                self.case = None;
            }
            StateKind::Fail(_) => {
                let owner = self.flow.scope(state.scope).and_then(|scope| scope.owner);
                self.edge(from, owner.map_or(Place::End, Place::State), EdgeKind::Fail, None);
            }
            StateKind::Parallel(parallel) => {
                for (index, branch) in parallel.branches.iter().enumerate() {
                    if let Some(start) = self.flow.start(*branch) {
                        self.edge(from, Place::State(start), EdgeKind::Fork, Some(to_decimal(index).into()));
                    }
                }
                self.done(from, state, EdgeKind::Next, None);
            }
            StateKind::Map(map) => {
                if let Some(start) = map.body.and_then(|body| self.flow.start(body)) {
                    self.edge(from, Place::State(start), EdgeKind::Iterate, None);
                }
                self.done(from, state, EdgeKind::Next, None);
            }
            StateKind::Task(_) | StateKind::Pass | StateKind::Wait(_) | StateKind::Succeed | StateKind::Unknown => {
                self.done(from, state, EdgeKind::Next, None);
            }
        }
        for rule in state.catch_rules() {
            if let Some(target) = rule.target.and_then(|target| target.state) {
                self.edge(from, Place::State(target), EdgeKind::Catch, Some(join(&rule.errors)));
            }
        }
    }

    /// An option of a choice: to its steps, to its target, or to the successor of the choice.
    fn way(&mut self, choice: &State<'a>, way: &Branch<'a>, kind: EdgeKind, label: Option<Cow<'a, str>>) {
        let from = Place::State(choice.id);
        let inner = way.body.and_then(|body| self.flow.start(body));
        let target = way.target.and_then(|target| target.state);
        match inner.or(target) {
            Some(to) => self.edge(from, Place::State(to), kind, label),
            None if way.target.is_none() => self.done(from, choice, kind, label),
            None => {}
        }
    }

    /// The edge from `from` to the successor of `state`.
    fn done(&mut self, from: Place, state: &State<'a>, kind: EdgeKind, label: Option<Cow<'a, str>>) {
        match self.flow.after(state.id) {
            Some(next) => self.edge(from, Place::State(next), kind, label),
            // A `Next` to an unknown state is not an end.
            None if state.next.get().is_some() && !state.ends() => {}
            None if self.flow.dialect == crate::flow::Dialect::StateMachine && !state.ends() => {}
            None => self.exit(from, state, kind, label),
        }
    }

    /// The edge from `from` to the successor of the scope that `last` ends.
    fn exit(&mut self, from: Place, last: &State<'a>, kind: EdgeKind, label: Option<Cow<'a, str>>) {
        let flow = self.flow;
        let mut scope = flow.scope(last.scope);
        // Options may be nested. The loop is bounded by the nesting of the text.
        while let Some(at) = scope {
            let Some(owner) = at.owner.and_then(|owner| flow.state(owner)) else {
                let kind = if kind == EdgeKind::Next { EdgeKind::End } else { kind };
                return self.edge(from, Place::End, kind, label);
            };
            let way = match (&owner.kind, at.role) {
                (StateKind::Choice(choice), Role::Option(index)) => choice.options.get(index as usize),
                (StateKind::Choice(choice), Role::Default) => choice.default.as_ref(),
                (_, role) => {
                    let kind = if role == Role::Body { EdgeKind::Collect } else { EdgeKind::Join };
                    return self.edge(from, Place::State(owner.id), kind, label);
                }
            };
            if let Some(target) = way.and_then(|way| way.target) {
                if let Some(to) = target.state {
                    self.edge(from, Place::State(to), EdgeKind::Goto, label);
                }
                return;
            }
            if let Some(next) = flow.after(owner.id) {
                return self.edge(from, Place::State(next), kind, label);
            }
            scope = flow.scope(owner.scope);
        }
    }

    fn edge(&mut self, from: Place, to: Place, kind: EdgeKind, label: Option<Cow<'a, str>>) {
        self.edges.push(Edge { from, to, kind, label, case: self.case });
    }
}

fn join<'a>(errors: &[Text<'a>]) -> Cow<'a, str> {
    match errors {
        [one] => one.value.into(),
        _ => errors.iter().map(|error| error.value).collect::<Vec<_>>().join(", ").into(),
    }
}
