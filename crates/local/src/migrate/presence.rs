//! First phase: which keys the local data of each scope have before each step, on every path to it.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use cloudflow_language::flow::{Branch, Choice, Flow, Role, ScopeId, Shaping, State, StateId, StateKind};

use super::source::{self, Root, first_key, is_plain_key};

/// Maximum number of keys of one scope that are told apart.
const MOST_KEYS: usize = 100;

/// The keys of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Keys<'a> {
    /// The keys that it has on every path.
    pub always: BTreeSet<&'a str>,
    /// These keys, and those that it has on some paths.
    pub maybe: BTreeSet<&'a str>,
    /// It may have any other key.
    pub unknown: bool,
}

/// Whether an object has a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Has {
    Always,
    Maybe,
    Never,
}

impl<'a> Keys<'a> {
    /// Any keys.
    pub fn unknown() -> Self {
        Keys { unknown: true, ..Keys::default() }
    }

    pub fn of(keys: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Keys::default();
        for key in keys {
            found.set(key);
        }
        found
    }

    /// The key is certainly written. A key that an expression cannot name counts as unknown.
    pub fn set(&mut self, key: &'a str) {
        if !is_plain_key(key) {
            self.unknown = true;
            return;
        }
        self.always.insert(key);
        self.maybe.insert(key);
        self.limit();
    }

    fn limit(&mut self) {
        if self.maybe.len() > MOST_KEYS {
            *self = Keys::unknown();
        }
    }

    /// The object is merged over this one.
    pub fn overlay(&mut self, over: &Keys<'a>) {
        self.always.extend(&over.always);
        self.maybe.extend(&over.maybe);
        self.unknown |= over.unknown;
        self.limit();
    }

    /// Another path leads to the same place.
    fn join(&mut self, other: &Keys<'a>) {
        self.always.retain(|key| other.always.contains(key));
        self.maybe.extend(&other.maybe);
        self.unknown |= other.unknown;
        self.limit();
    }

    pub fn has(&self, key: &str) -> Has {
        if self.always.contains(key) {
            Has::Always
        } else if self.unknown || self.maybe.contains(key) {
            Has::Maybe
        } else {
            Has::Never
        }
    }

    pub fn is_empty(&self) -> bool {
        !self.unknown && self.maybe.is_empty()
    }

    /// Every key is known, and is there on every path.
    pub fn is_exact(&self) -> bool {
        !self.unknown && self.always.len() == self.maybe.len()
    }
}

/// The keys of the local data of all scopes.
#[derive(Debug, Default)]
pub(super) struct Presence<'a> {
    /// Before each state, the local data of its scope. Absent if no path leads to the state.
    entry: Vec<Option<Rc<Keys<'a>>>>,
    /// At the end of each scope. Absent if no path leads to it.
    exit: Vec<Option<Keys<'a>>>,
    /// Keys that an option changes on some of its paths: its local data begin with the values around it.
    // The old dialect begins an option without local data. No step sees the difference: see `inheritable`.
    pub initial: HashMap<ScopeId, BTreeSet<&'a str>>,
    /// The same as `entry`, if no option had keys at its start.
    without_initial: Vec<Option<Rc<Keys<'a>>>>,
    none: Rc<Keys<'a>>,
}

impl<'a> Presence<'a> {
    pub fn of(flow: &Flow<'a>) -> Self {
        let mut found = Presence::default();
        found.solve(flow);
        found.without_initial = found.entry.clone();
        // Each round lets the keys reach one more level of options.
        for _ in 0..16 {
            let initial = found.inherited(flow);
            if initial == found.initial {
                break;
            }
            found.initial = initial;
            found.solve(flow);
        }
        found
    }

    /// The local data of the scope of a state, before the state.
    pub fn before(&self, state: StateId) -> &Rc<Keys<'a>> {
        self.entry.get(state.0 as usize).and_then(Option::as_ref).unwrap_or(&self.none)
    }

    /// The local data at the end of a scope.
    pub fn at_end(&self, scope: ScopeId) -> Option<&Keys<'a>> {
        self.exit.get(scope.0 as usize)?.as_ref()
    }

    /// True if the key has its value from the start of an option, before the state.
    pub fn inherits(&self, state: &State<'a>, key: &str) -> bool {
        let given = self.initial.get(&state.scope).is_some_and(|keys| keys.contains(key));
        let written = self.without_initial.get(state.id.0 as usize).cloned().flatten();
        given && written.is_none_or(|keys| keys.has(key) == Has::Never)
    }

    fn solve(&mut self, flow: &Flow<'a>) {
        self.entry = vec![None; flow.states().len()];
        self.exit = vec![None; flow.scopes().len()];
        // The scopes of a state come after the scope of the state.
        for scope in flow.scopes().iter().rev() {
            let initial = self.initial.get(&scope.id).into_iter().flatten().copied();
            self.solve_scope(flow, scope.id, Keys::of(initial));
        }
    }

    fn solve_scope(&mut self, flow: &Flow<'a>, scope: ScopeId, initial: Keys<'a>) {
        let states = flow.states_of(scope);
        let Some(first) = states.first() else {
            if let Some(exit) = self.exit.get_mut(scope.0 as usize) {
                *exit = Some(initial);
            }
            return;
        };
        self.arrive(first.id, &initial);
        let mut changed = true;
        while changed {
            changed = false;
            for state in states {
                let Some(before) = self.entry.get(state.id.0 as usize).cloned().flatten() else { continue };
                for (to, over) in self.results(flow, state) {
                    let mut keys = (*before).clone();
                    keys.overlay(&over);
                    match to {
                        // A step that comes later in the list is visited in this round.
                        Some(to) => changed |= self.arrive(to, &keys) && to <= state.id,
                        None => {
                            if let Some(exit) = self.exit.get_mut(scope.0 as usize) {
                                join(exit, &keys, Keys::clone);
                            }
                        }
                    }
                }
            }
        }
    }

    fn arrive(&mut self, state: StateId, keys: &Keys<'a>) -> bool {
        let Some(entry) = self.entry.get_mut(state.0 as usize) else { return false };
        let mut own = entry.as_deref().cloned();
        let changed = join(&mut own, keys, Keys::clone);
        if changed {
            *entry = own.map(Rc::new);
        }
        changed
    }

    /// What a state merges into the local data, by the next state. Absent: the end of the scope.
    fn results(&self, flow: &Flow<'a>, state: &State<'a>) -> Vec<(Option<StateId>, Keys<'a>)> {
        let targets = |shaping: &Shaping<'a>| Keys::of(source::effective(shaping).into_iter().map(|(_, key, _)| key));
        let mapped = state.output.as_ref().map(targets);
        let after = flow.after(state.id);
        match &state.kind {
            StateKind::Fail(_) => Vec::new(),
            StateKind::Choice(choice) => ways(choice)
                .filter_map(|way| {
                    let inner = match way.and_then(|way| body(flow, way)) {
                        // The steps of the option never end.
                        Some(body) => self.exit.get(body.0 as usize)?.clone()?,
                        None => Keys::default(),
                    };
                    let to = way.and_then(|way| way.target?.state).or(after);
                    Some((to, mapped.clone().unwrap_or(inner)))
                })
                .collect(),
            kind => {
                let over = match kind {
                    StateKind::Task(_) => mapped.unwrap_or_else(Keys::unknown),
                    _ => mapped.unwrap_or_default(),
                };
                let caught = state.error.as_ref().map(targets).unwrap_or_default();
                let rules = state.catch_rules().iter().filter_map(|rule| rule.target?.state);
                std::iter::once((after, over)).chain(rules.map(|to| (Some(to), caught.clone()))).collect()
            }
        }
    }

    /// The keys that each option may begin with.
    fn inherited(&self, flow: &Flow<'a>) -> HashMap<ScopeId, BTreeSet<&'a str>> {
        let mut found = HashMap::new();
        for scope in flow.scopes() {
            if !matches!(scope.role, Role::Option(_) | Role::Default) {
                continue;
            }
            let Some(owner) = scope.owner.and_then(|owner| flow.state(owner)) else { continue };
            if owner.input.is_some() || owner.output.is_some() {
                continue;
            }
            let around = self.before(owner.id);
            let states = flow.states_of(scope.id);
            let mut keys: BTreeSet<&'a str> = states.iter().flat_map(|s| &self.before(s.id).maybe).copied().collect();
            keys.extend(self.exit.get(scope.id.0 as usize).into_iter().flatten().flat_map(|exit| &exit.maybe));
            keys.retain(|key| around.always.contains(key));
            for state in states {
                self.keep_inheritable(state, &mut keys);
            }
            if !keys.is_empty() {
                found.insert(scope.id, keys);
            }
        }
        found
    }

    /// Removes the keys that `$local` of the old dialect shows to be absent.
    fn keep_inheritable(&self, state: &State<'a>, keys: &mut BTreeSet<&'a str>) {
        let before = self.without_initial.get(state.id.0 as usize).cloned().flatten().unwrap_or_default();
        let own = |key: &str| before.has(key) == Has::Always;
        for (_, _, source) in state.input.iter().flat_map(source::effective) {
            let Some((Root::Local, rest)) = source::reference(source) else { continue };
            match first_key(rest) {
                Some((key, _)) if own(key) => {}
                Some((key, _)) => {
                    keys.remove(key);
                }
                None => keys.clear(),
            }
        }
    }
}

/// Joins a further path. Returns whether the result changed.
fn join<'a>(slot: &mut Option<Keys<'a>>, keys: &Keys<'a>, copy: impl Fn(&Keys<'a>) -> Keys<'a>) -> bool {
    match slot {
        None => {
            *slot = Some(copy(keys));
            true
        }
        Some(own) => {
            let before = own.clone();
            own.join(keys);
            *own != before
        }
    }
}

/// The options and the default of a choice. Absent: there is no default.
pub(super) fn ways<'s, 'a>(choice: &'s Choice<'a>) -> impl Iterator<Item = Option<&'s Branch<'a>>> {
    choice.options.iter().map(Some).chain(std::iter::once(choice.default.as_ref()))
}

/// The steps of an option, if there are any.
pub(super) fn body(flow: &Flow<'_>, way: &Branch<'_>) -> Option<ScopeId> {
    way.body.filter(|body| !flow.states_of(*body).is_empty())
}
