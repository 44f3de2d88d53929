//! The control flow graph of one scope, for several checks.

use super::{loops, reach};
use crate::flow::{Dialect, Findings, Flow, Scope, State, StateId, StateKind};

/// Runs the checks of the control flow on each scope whose transitions are all known.
pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for scope in flow.scopes() {
        if let Some(ways) = Ways::of(flow, scope) {
            reach::check(flow, scope, &ways, findings);
            loops::check(flow, scope, &ways, findings);
        }
    }
}

/// The control flow of one scope, without the scopes inside its states. States are indices in the
/// scope.
pub(super) struct Ways {
    /// The successors of each state.
    pub next: Edges,
    /// The predecessors of each state.
    pub before: Edges,
    /// The states that may end the scope.
    pub exits: Vec<u32>,
    /// Whether each state is reachable.
    pub reached: Vec<bool>,
}

impl Ways {
    fn of(flow: &Flow<'_>, scope: &Scope<'_>) -> Option<Self> {
        let start = flow.state(flow.start(scope.id)?)?;
        let states = flow.states_of(scope.id);
        if scope.open || scope.damaged {
            return None;
        }
        let mut pairs = Vec::with_capacity(states.len());
        let mut exits = Vec::new();
        for state in states {
            if !has_known_transitions(flow, state) {
                return None;
            }
            if successors(flow, state, &mut pairs) {
                exits.push(state.index);
            }
        }
        let next = Edges::new(states.len(), &pairs);
        for pair in &mut pairs {
            *pair = (pair.1, pair.0);
        }
        let before = Edges::new(states.len(), &pairs);
        let mut reached = vec![false; states.len()];
        next.mark(vec![start.index], &mut reached);
        Some(Ways { next, before, exits, reached })
    }
}

/// Edges, grouped by their first state.
pub(super) struct Edges {
    // The edges of a state are in the range from its entry here to the next entry.
    first: Vec<u32>,
    to: Vec<u32>,
}

impl Edges {
    #[inline(never)]
    fn new(count: usize, pairs: &[(u32, u32)]) -> Self {
        // First the ends of the ranges. Filling each range from its end leaves the starts.
        let mut first = vec![0; count + 1];
        for (from, _) in pairs {
            if let Some(count) = first.get_mut(*from as usize) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for end in &mut first {
            sum += *end;
            *end = sum;
        }
        let mut to = vec![0; pairs.len()];
        for (from, target) in pairs.iter().rev() {
            if let Some(place) = first.get_mut(*from as usize) {
                *place -= 1;
                if let Some(to) = to.get_mut(*place as usize) {
                    *to = *target;
                }
            }
        }
        Edges { first, to }
    }

    /// The targets of the edges of a state.
    pub fn of(&self, at: u32) -> &[u32] {
        let at = at as usize;
        match self.first.get(at..at + 2) {
            Some([first, end]) => self.to.get(*first as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Marks the states of a list and all states reachable from them.
    #[inline(never)]
    pub fn mark(&self, mut todo: Vec<u32>, marks: &mut [bool]) {
        while let Some(at) = todo.pop() {
            match marks.get_mut(at as usize) {
                Some(mark) if !*mark => *mark = true,
                _ => continue,
            }
            todo.extend_from_slice(self.of(at));
        }
    }
}

/// True if every transition of a state is known: no template, no reported mistake.
fn has_known_transitions(flow: &Flow<'_>, state: &State<'_>) -> bool {
    let machine = flow.dialect == Dialect::StateMachine;
    if state.damaged {
        return false;
    }
    for rule in state.catch_rules() {
        if rule.target.as_ref().is_none_or(|target| target.state.is_none()) {
            return false;
        }
    }
    match &state.kind {
        StateKind::Unknown => return false,
        StateKind::Choice(choice) => {
            for way in choice.options.iter().chain(&choice.default) {
                let known = match &way.target {
                    Some(target) => target.state.is_some(),
                    None => !machine,
                };
                if !known {
                    return false;
                }
            }
            return choice.list.is_some() && (!machine || choice.default.is_some());
        }
        _ => {}
    }
    // If both `Next` and `End` are present, the intention is unclear.
    !machine
        || if state.next.is_present() || state.end.is_unreadable() {
            !state.ends() && state.next.get().is_some_and(|next| next.state.is_some())
        } else {
            state.ends()
        }
}

/// Adds an edge to each successor of a state. True if the scope may end after the state.
fn successors(flow: &Flow<'_>, state: &State<'_>, pairs: &mut Vec<(u32, u32)>) -> bool {
    let mut exit = false;
    // A dynamic closure, so that it is compiled once and not inlined four times.
    let add: &mut dyn FnMut(Option<StateId>) = &mut |target| match index_of(flow, target) {
        Some(to) => pairs.push((state.index, to)),
        None => exit = true,
    };
    let after = flow.after(state.id);
    if let StateKind::Choice(choice) = &state.kind {
        for way in choice.options.iter().chain(&choice.default) {
            add(way.target.as_ref().map_or(after, |target| target.state));
        }
        if choice.default.is_none() {
            add(after);
        }
    } else {
        add(after);
    }
    for rule in state.catch_rules() {
        add(rule.target.as_ref().and_then(|target| target.state));
    }
    exit
}

fn index_of(flow: &Flow<'_>, id: Option<StateId>) -> Option<u32> {
    Some(flow.state(id?)?.index)
}
