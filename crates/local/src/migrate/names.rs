//! The names of the states of the new definition.

use std::collections::{HashMap, HashSet};

use cloudflow_language::flow::{Flow, Role, ScopeId, StateId, StateKind};

/// The names of all states.
pub(super) struct Names {
    /// The new names of the steps, by their ids.
    pub of_states: Vec<String>,
    /// The steps with another name than before.
    pub renamed: Vec<StateId>,
    /// All names of states, old and new.
    taken: HashSet<String>,
    /// The number of requests for each generated name.
    counts: HashMap<String, u32>,
}

impl Names {
    /// Names every step. A step keeps its name unless its new list already has a state with the name.
    pub fn of(flow: &Flow<'_>) -> Self {
        let mut names = Names {
            of_states: vec![String::new(); flow.states().len()],
            renamed: Vec::new(),
            taken: flow.states().iter().filter_map(|state| Some(state.name?.value.to_owned())).collect(),
            counts: HashMap::new(),
        };
        let mut assigned: HashSet<(ScopeId, String)> = HashSet::new();
        let mut lists: Vec<ScopeId> = Vec::with_capacity(flow.scopes().len());
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
                    name = names.unique(own);
                    assigned.insert((list, name.clone()));
                    names.renamed.push(state.id);
                }
                if let Some(slot) = names.of_states.get_mut(state.id.0 as usize) {
                    *slot = name;
                }
            }
        }
        names
    }

    /// A new name that no state has.
    pub fn unique(&mut self, wanted: &str) -> String {
        let count = self.counts.entry(wanted.to_owned()).or_insert(0);
        loop {
            *count += 1;
            let name = if *count == 1 { wanted.to_owned() } else { [wanted, "-", &count.to_string()].concat() };
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    pub fn of_state(&self, state: StateId) -> String {
        self.of_states.get(state.0 as usize).cloned().unwrap_or_default()
    }

    /// The keys in `$Global` for the data around each Map.
    pub fn globals(&self, flow: &Flow<'_>) -> HashMap<StateId, String> {
        let mut taken = HashSet::new();
        let maps = flow.states().iter().filter(|state| matches!(state.kind, StateKind::Map(_)));
        let name = |id: StateId| {
            let name = self.of_state(id);
            let plain = name.len() <= 64
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && name.starts_with(|c: char| !c.is_ascii_digit());
            let name = if plain { name } else { ["foreach_", &id.0.to_string()].concat() };
            if taken.insert(name.clone()) { name } else { [&name, "_", &id.0.to_string()].concat() }
        };
        let mut name = name;
        maps.map(|state| (state.id, name(state.id))).collect()
    }
}
