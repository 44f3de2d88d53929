//! The transitions between states, with the local data that each brings along.

use cloudflow_language::flow::{Branch, Choice, Role, ScopeId, State, StateId, StateKind};

use super::expression::Expr;
use super::presence::body;
use super::symbol::{Desc, Local, Symbols};

/// Where a transition leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dest {
    State(StateId),
    /// The end of the list of states of the top, a branch or a body.
    Exit(ScopeId),
}

/// The cause of a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Normal,
    /// The catch rule with this index.
    Catch(usize),
    /// The option with this index.
    Option(usize),
    Default,
}

/// A transition.
pub(super) struct Route<'a> {
    pub cause: Cause,
    pub dest: Dest,
    /// The scope whose local data it changes: that of the destination.
    pub scope: ScopeId,
    /// These local data.
    pub desc: Desc<'a>,
}

impl<'f, 'a> Symbols<'f, 'a> {
    /// All transitions from a state. `own` is where the state keeps its input, `result` where a task finds its result.
    pub fn routes(&self, state: &State<'a>, own: Option<&Expr>, result: &Local<'a>) -> Vec<Route<'a>> {
        let next = self.flow.after(state.id);
        match &state.kind {
            StateKind::Fail(_) => Vec::new(),
            StateKind::Choice(choice) => self.choice_routes(state, choice, own),
            _ => {
                let over = match (&state.output, &state.kind) {
                    (Some(shaping), _) => self.mapped(state, shaping, result, own),
                    (None, StateKind::Task(_)) => match result {
                        Local::Value(data) => Desc::object(*data, super::presence::Keys::unknown().into()),
                        _ => Desc::default(),
                    },
                    (None, _) => Desc::default(),
                };
                let (dest, scope, desc) = self.proceed(state.scope, next, self.local(state).overlay(&over));
                let mut found = vec![Route { cause: Cause::Normal, dest, scope, desc }];
                for (at, rule) in state.catch_rules().iter().enumerate() {
                    let Some(target) = rule.target.and_then(|target| target.state) else { continue };
                    let over = match &state.error {
                        Some(shaping) => self.mapped(state, shaping, &Local::Error, own),
                        None => Desc::default(),
                    };
                    let desc = self.local(state).overlay(&over);
                    found.push(Route { cause: Cause::Catch(at), dest: Dest::State(target), scope: state.scope, desc });
                }
                found
            }
        }
    }

    fn choice_routes(&self, state: &State<'a>, choice: &Choice<'a>, own: Option<&Expr>) -> Vec<Route<'a>> {
        let default = (Cause::Default, choice.default.as_ref());
        let options = choice.options.iter().enumerate().map(|(at, way)| (Cause::Option(at), Some(way)));
        let route = |(cause, way): (Cause, Option<&Branch<'a>>)| {
            if let Some(inner) = way.and_then(|way| body(self.flow, way))
                && let Some(first) = self.flow.states_of(inner).first()
            {
                return Route { cause, dest: Dest::State(first.id), scope: inner, desc: self.initial(inner) };
            }
            let (dest, scope, desc) = self.leave_option(state, way, &Desc::default(), own);
            Route { cause, dest, scope, desc }
        };
        options.chain(std::iter::once(default)).map(route).collect()
    }

    /// Ends an option of a choice with these local data.
    fn leave_option(
        &self,
        owner: &State<'a>,
        way: Option<&Branch<'a>>,
        inner: &Desc<'a>,
        own: Option<&Expr>,
    ) -> (Dest, ScopeId, Desc<'a>) {
        let local = self.local(owner);
        let local = match &owner.output {
            Some(shaping) => local.overlay(&self.mapped(owner, shaping, &Local::Object(inner.clone()), own)),
            None => local.overlay(inner),
        };
        let target = way.and_then(|way| way.target?.state);
        self.proceed(owner.scope, target.or(self.flow.after(owner.id)), local)
    }

    /// Follows the ends of options outwards.
    // Recursion is bounded by the depth limit of the YAML reader.
    fn proceed(&self, scope: ScopeId, next: Option<StateId>, local: Desc<'a>) -> (Dest, ScopeId, Desc<'a>) {
        if let Some(next) = next {
            return (Dest::State(next), scope, local);
        }
        let around = self.flow.scope(scope).and_then(|scope| Some((scope.role, self.flow.state(scope.owner?)?)));
        let Some((role, owner)) = around else { return (Dest::Exit(scope), scope, local) };
        let StateKind::Choice(choice) = &owner.kind else { return (Dest::Exit(scope), scope, local) };
        let way = match role {
            Role::Option(index) => choice.options.get(index as usize),
            _ => choice.default.as_ref(),
        };
        self.leave_option(owner, way, &local, None)
    }
}
