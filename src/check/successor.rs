//! Where control can go inside one scope; several checks ask.

use crate::flow::{Dialect, Flow, Scope, State, StateId, StateKind};

/// What can follow a state in its own scope, what stands inside it left aside.
#[derive(Debug, Default)]
pub(super) struct Successors {
    /// The states.
    pub states: Vec<StateId>,
    /// The scope may end here.
    pub exit: bool,
}

/// True where every transition of a scope is known: no template, no mistake that is already said.
/// Only then can a check draw conclusions from where control goes.
pub(super) fn is_sound(flow: &Flow<'_>, scope: &Scope<'_>) -> bool {
    let sound = |state: &State<'_>| {
        let known = |target: &crate::flow::Target<'_>| target.state.is_some();
        let on = match (&state.kind, flow.dialect) {
            (StateKind::Unknown, _) => false,
            // Its targets are not read.
            (StateKind::Task(task), _) if task.on_errors.is_some() => false,
            (StateKind::Choice(choice), dialect) => {
                let ways = || choice.options.iter().chain(&choice.default);
                ways().all(|way| way.target.as_ref().is_none_or(known))
                    && choice.list.is_some()
                    && (dialect == Dialect::Flow
                        || choice.default.is_some() && ways().all(|way| way.target.is_some()))
            }
            (_, Dialect::Flow) => true,
            // Which of `Next` and `End` is meant is open where both stand.
            (_, Dialect::StateMachine) if state.has_next => !state.ends() && state.next.as_ref().is_some_and(known),
            (_, Dialect::StateMachine) => state.ends(),
        };
        on && state.catch.iter().all(|rule| rule.target.as_ref().is_some_and(known))
    };
    !scope.open && !scope.torn && flow.start(scope.id).is_some() && flow.states_of(scope.id).iter().all(sound)
}

pub(super) fn successors(flow: &Flow<'_>, state: &State<'_>) -> Successors {
    let mut next = Successors::default();
    let on = |next: &mut Successors| match flow.after(state.id) {
        Some(after) => next.states.push(after),
        None => next.exit = true,
    };
    match &state.kind {
        StateKind::Choice(choice) => {
            for way in choice.options.iter().chain(&choice.default) {
                match way.target {
                    Some(target) => next.states.extend(target.state),
                    None => on(&mut next),
                }
            }
            if choice.default.is_none() {
                on(&mut next);
            }
        }
        _ => on(&mut next),
    }
    next.states.extend(state.catch.iter().filter_map(|rule| rule.target?.state));
    next
}

/// Marks the states of a scope that control can come to from one of them.
pub(super) fn reach(flow: &Flow<'_>, from: Option<StateId>, reached: &mut [bool]) {
    let mut todo: Vec<StateId> = from.into_iter().collect();
    while let Some(state) = todo.pop().and_then(|id| flow.state(id)) {
        match reached.get_mut(state.index as usize) {
            Some(reached) if !*reached => *reached = true,
            _ => continue,
        }
        todo.extend(successors(flow, state).states);
    }
}
