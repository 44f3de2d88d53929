//! Where control can go inside one scope; several checks ask.

use super::{loops, reach};
use crate::flow::{Dialect, Findings, Flow, Scope, State, StateId, StateKind};

/// Runs the checks that draw conclusions from where control goes, on each scope that allows it.
pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for scope in flow.scopes() {
        if let Some(ways) = Ways::of(flow, scope) {
            reach::check(flow, scope, &ways, findings);
            loops::check(flow, scope, &ways, findings);
        }
    }
}

/// What can follow what in one scope, what stands inside its states left aside. States are
/// indices in the scope.
pub(super) struct Ways {
    /// What follows each state.
    pub next: Edges,
    /// What comes before each state.
    pub before: Edges,
    /// The states after which the scope may end.
    pub exits: Vec<u32>,
    /// Whether control can come to each state.
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
            if !is_sound(flow, state) {
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

/// Edges by where they begin.
pub(super) struct Edges {
    // The edges that begin at a state stand from its entry here to the next one.
    first: Vec<u32>,
    to: Vec<u32>,
}

impl Edges {
    #[inline(never)]
    fn new(count: usize, pairs: &[(u32, u32)]) -> Self {
        // Where the edges of each state end; then, filled from behind, where they begin.
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

    /// Where the edges of a state lead.
    pub fn of(&self, at: u32) -> &[u32] {
        let at = at as usize;
        match self.first.get(at..at + 2) {
            Some([first, end]) => self.to.get(*first as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Marks the states of a list and all that can be reached from them.
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

/// True where every transition of a state is known: no template, no mistake that is already said.
fn is_sound(flow: &Flow<'_>, state: &State<'_>) -> bool {
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
    // Which of `Next` and `End` is meant is open where both stand.
    !machine
        || if state.next.is_present() || state.end.is_unreadable() {
            !state.ends() && state.next.get().is_some_and(|next| next.state.is_some())
        } else {
            state.ends()
        }
}

/// Adds an edge to whatever can follow a state; true where the scope may end after it.
fn successors(flow: &Flow<'_>, state: &State<'_>, pairs: &mut Vec<(u32, u32)>) -> bool {
    let mut exit = false;
    // Not a closure by value: it would stand here four times.
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
