//! Third phase: the data that each state passes on.
//!
//! Every state must find the data that it and later states read. The phase follows all transitions backwards until
//! nothing changes. It then chooses where the data are: each key of its own, or the local data as one object.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cloudflow_language::flow::{NumberValue, ScopeId, State, StateId, StateKind};

use super::expression::Expr;
use super::presence::{Has, Keys};
use super::route::{Dest, Route};
use super::source::{self, first_key};
use super::symbol::{Desc, Found, Layer, Symbols, Val};
use super::uses;

/// Maximum number of keys that states pass one by one. More keys are passed as one object, so that the text does not
/// grow with the square of their number.
const MOST_SLOTS: usize = 12;

/// The parts of an object that are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Need {
    /// The keys that are read. True: the reader needs to know whether the key is there.
    pub keys: BTreeMap<String, bool>,
    /// All of it is read.
    pub whole: bool,
}

impl Need {
    fn key(&mut self, key: &str, presence: bool) {
        match self.keys.get_mut(key) {
            Some(known) => *known |= presence,
            None => {
                self.keys.insert(key.to_owned(), presence);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        !self.whole && self.keys.is_empty()
    }
}

/// What is read before a state.
#[derive(Clone, Debug, Default, PartialEq)]
struct Needs {
    local: BTreeMap<ScopeId, Need>,
    items: BTreeSet<ScopeId>,
}

/// A part of the data that a state receives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// A key of the local data of a scope.
    Key(ScopeId, String),
    /// The local data of a scope.
    Local(ScopeId),
    /// The item of an iteration.
    Item(ScopeId),
}

impl Slot {
    /// The value of the slot.
    pub fn expr(&self) -> Expr {
        match self {
            Slot::Key(scope, key) => Expr::Local(*scope).member(key),
            Slot::Local(scope) => Expr::Local(*scope),
            Slot::Item(scope) => Expr::Item(*scope),
        }
    }
}

/// The output that a transition gives to a list of states that it ends.
pub(super) struct Output<'a> {
    /// Absent if nothing reads the output, or if the output is the result of the state.
    pub entries: Option<Vec<(String, Val<'a>)>>,
    /// Further keys would be seen.
    pub exact: bool,
}

/// The places of the local data of one scope.
#[derive(Clone, Debug, PartialEq)]
enum Places {
    None,
    Keys(Vec<String>),
    Together,
    /// The object that the state receives is the local data.
    Root,
}

/// The result of the phase.
pub(super) struct Plan<'f, 'a> {
    pub symbols: Symbols<'f, 'a>,
    /// The states that keep their own input in their data.
    keeps_own: BTreeSet<StateId>,
    needs: Vec<Needs>,
    /// The parts of the output of each list that are read.
    exits: Vec<Need>,
    /// Lists whose output is under the key `local`.
    wrapped: BTreeSet<ScopeId>,
    /// The parts of published data that are read, by their keys in `$Global`.
    published: HashMap<String, Need>,
    /// Points whose local data must be one object.
    together: BTreeSet<(StateId, ScopeId)>,
    /// The last states of lists, which only pass on the output of the list.
    last: BTreeSet<StateId>,
    /// The bodies whose steps read their index.
    pub indices: BTreeSet<ScopeId>,
    changed: bool,
    /// The order of the keys in the text.
    order: HashMap<&'a str, usize>,
}

impl<'f, 'a> Plan<'f, 'a> {
    pub fn of(symbols: Symbols<'f, 'a>) -> Self {
        let flow = symbols.flow;
        let mut order = HashMap::new();
        for state in flow.states() {
            for (_, key, _) in state.output.iter().chain(&state.error).flat_map(source::effective) {
                let next = order.len();
                order.entry(key).or_insert(next);
            }
        }
        let keeps_own = flow.states().iter().filter(|state| uses::keeps_own(&symbols, state)).map(|s| s.id).collect();
        let mut plan = Plan {
            keeps_own,
            needs: vec![Needs::default(); flow.states().len()],
            exits: vec![Need::default(); flow.scopes().len()],
            wrapped: BTreeSet::new(),
            published: HashMap::new(),
            together: BTreeSet::new(),
            last: last_states(&symbols),
            indices: BTreeSet::new(),
            changed: true,
            order,
            symbols,
        };
        if let Some(top) = plan.exits.first_mut() {
            top.whole = flow.output.is_none();
        }
        // Needs only grow, so that the loop ends.
        while plan.changed {
            plan.changed = false;
            for state in flow.states().iter().rev() {
                let needs = plan.before(state);
                if let Some(slot) = plan.needs.get_mut(state.id.0 as usize)
                    && *slot != needs
                {
                    *slot = needs;
                    plan.changed = true;
                }
            }
        }
        plan
    }

    /// True if the output of the list is under the key `local`.
    pub fn is_wrapped(&self, list: ScopeId) -> bool {
        self.wrapped.contains(&list)
    }

    /// The place of a step's own input, if its state keeps it.
    pub fn kept_own(&self, state: StateId) -> Option<Expr> {
        self.keeps_own.contains(&state).then(|| Expr::Written("$Input.own".to_owned()))
    }

    /// The data that a state needs, in the order of the text.
    pub fn slots(&self, state: &State<'a>) -> Vec<Slot> {
        let Some(needs) = self.needs.get(state.id.0 as usize) else { return Vec::new() };
        let mut found: Vec<Slot> = needs.items.iter().map(|scope| Slot::Item(*scope)).collect();
        for (scope, need) in &needs.local {
            match self.places(state, *scope, need) {
                Places::None => {}
                Places::Together | Places::Root => found.push(Slot::Local(*scope)),
                Places::Keys(keys) => found.extend(keys.into_iter().map(|key| Slot::Key(*scope, key))),
            }
        }
        found
    }

    /// True if the object that the state receives is the local data of its scope.
    pub fn is_root(&self, state: &State<'a>) -> bool {
        let is_read = self.exits.get(state.scope.0 as usize).is_some_and(|need| need.whole);
        let keys = self.symbols.presence.before(state.id);
        is_read && self.last.contains(&state.id) && !keys.is_empty() && !keys.is_exact()
    }

    /// The keys of local data in the order of the text.
    pub fn ordered(&self, local: &Desc<'a>) -> Vec<&'a str> {
        let mut keys: Vec<&str> = local.keys().maybe.into_iter().collect();
        keys.sort_by_key(|key| self.order.get(key).copied().unwrap_or(usize::MAX));
        keys
    }

    /// The parts of the data around a Map that its iterations read.
    pub fn published(&self, state: StateId) -> Vec<(Option<String>, Val<'a>)> {
        let need = self.symbols.globals.get(&state).and_then(|global| self.published.get(global));
        let Some(need) = need.filter(|need| !need.is_empty()) else { return Vec::new() };
        let own = self.symbols.own(state);
        let mut entries = Vec::new();
        for key in need.keys.keys() {
            match own.lookup(key) {
                Found::Val(value, true) => entries.push((Some(key.clone()), value)),
                Found::Absent => {}
                _ => return vec![(None, Val::Expr(own.whole()))],
            }
        }
        if need.whole { vec![(None, Val::Expr(own.whole()))] } else { entries }
    }

    fn places(&self, state: &State<'a>, scope: ScopeId, need: &Need) -> Places {
        let keys = self.keys(state, scope);
        if need.is_empty() || keys.is_empty() {
            return Places::None;
        }
        let has = |key: &str| keys.has(key);
        let mut wanted: Vec<&str> = if need.whole {
            keys.maybe.iter().copied().collect()
        } else {
            need.keys.keys().map(String::as_str).filter(|key| has(key) != Has::Never).collect()
        };
        let together = self.together.contains(&(state.id, scope))
            || (need.whole && !keys.is_exact())
            || need.keys.iter().any(|(key, presence)| has(key) == Has::Maybe && (*presence || keys.unknown))
            || wanted.len() > MOST_SLOTS
            || !wanted.is_empty() && self.is_together_around(state, scope);
        if together {
            let root = state.scope == scope && self.is_root(state);
            return if root { Places::Root } else { Places::Together };
        }
        wanted.sort_by_key(|key| self.order.get(key).copied().unwrap_or(usize::MAX));
        if wanted.is_empty() { Places::None } else { Places::Keys(wanted.into_iter().map(str::to_owned).collect()) }
    }

    /// True if the state of the scope around a state receives the local data of the scope as one object: it passes the
    /// object on.
    fn is_together_around(&self, state: &State<'a>, scope: ScopeId) -> bool {
        let Some(around) = self.around(state, scope).filter(|_| state.scope != scope) else { return false };
        let need = self.needs.get(around.id.0 as usize).and_then(|needs| needs.local.get(&scope));
        need.is_some_and(|need| self.places(around, scope, need) == Places::Together)
    }

    /// The state of a scope that contains a state, or the state itself.
    fn around<'s>(&'s self, state: &'s State<'a>, scope: ScopeId) -> Option<&'s State<'a>> {
        let flow = self.symbols.flow;
        let mut state = Some(state);
        while let Some(inner) = state.filter(|state| state.scope != scope) {
            state = flow.scope(inner.scope).and_then(|around| flow.state(around.owner?));
        }
        state
    }

    /// The keys of the local data of a scope around or of a state, before the state.
    fn keys(&self, state: &State<'a>, scope: ScopeId) -> Keys<'a> {
        let state = self.around(state, scope);
        state.map(|state| (**self.symbols.presence.before(state.id)).clone()).unwrap_or_default()
    }

    /// What is read before a state, by it or by later states.
    fn before(&mut self, state: &State<'a>) -> Needs {
        let mut needs = Needs::default();
        for (expr, presence) in uses::of(&self.symbols, state, self.keeps_own.contains(&state.id)) {
            self.collect(&expr, presence, &mut needs);
        }
        for (_, value) in self.published(state.id) {
            self.collect(&value.expr(), false, &mut needs);
        }
        let own = self.kept_own(state.id);
        for route in self.symbols.routes(state, own.as_ref(), &uses::result(state)) {
            match route.dest {
                Dest::State(to) => self.through(state, to, &route, &mut needs),
                Dest::Exit(_) if self.is_root(state) => self.collect(&route.desc.whole(), true, &mut needs),
                Dest::Exit(list) => {
                    for (_, value) in self.output(list, &route.desc).entries.into_iter().flatten() {
                        self.collect(&value.expr(), false, &mut needs);
                    }
                }
            }
        }
        if let StateKind::Parallel(parallel) = &state.kind {
            for branch in &parallel.branches {
                let first = self.symbols.flow.states_of(*branch).first();
                let Some(inner) = first.and_then(|first| self.needs.get(first.id.0 as usize)) else { continue };
                needs.items.extend(&inner.items);
                for (scope, need) in inner.local.iter().filter(|(scope, _)| *scope != branch) {
                    add(needs.local.entry(*scope).or_default(), need);
                }
            }
        }
        needs
    }

    /// Adds what a transition needs for its destination.
    fn through(&mut self, from: &State<'a>, to: StateId, route: &Route<'a>, needs: &mut Needs) {
        let (Some(target), Some(state)) = (self.needs.get(to.0 as usize).cloned(), self.symbols.flow.state(to)) else {
            return;
        };
        needs.items.extend(&target.items);
        for (scope, need) in &target.local {
            if *scope != route.scope {
                add(needs.local.entry(*scope).or_default(), need);
                continue;
            }
            match self.places(state, *scope, need) {
                Places::None => {}
                Places::Together => self.collect(&route.desc.whole(), true, needs),
                Places::Root => {
                    // A state cannot build a whole object whose keys are not known.
                    if !self.is_root(from) && !route.desc.is_result() && !route.desc.keys().is_exact() {
                        self.last.remove(&to);
                        self.changed = true;
                    }
                    self.collect(&route.desc.whole(), true, needs);
                }
                Places::Keys(keys) => {
                    for key in keys {
                        let presence = need.keys.get(&key).copied().unwrap_or_default();
                        match route.desc.lookup(&key) {
                            Found::Absent => {}
                            Found::Mixed => self.collect(&route.desc.whole(), true, needs),
                            Found::Val(value, sure) => {
                                let expr = value.expr();
                                if !sure && self.may_miss(from, &expr) {
                                    self.changed |= self.together.insert((to, *scope));
                                }
                                self.collect(&expr, presence, needs);
                            }
                        }
                    }
                }
            }
        }
    }

    /// True if a state finds the value in an object that may lack it.
    fn may_miss(&self, state: &State<'a>, expr: &Expr) -> bool {
        let Expr::Path(base, _) = expr else { return false };
        match &**base {
            Expr::Local(scope) => {
                let need = self.needs.get(state.id.0 as usize).and_then(|needs| needs.local.get(scope));
                need.is_none_or(|need| self.places(state, *scope, need) == Places::Together)
            }
            _ => true,
        }
    }

    /// The output of a list that ends with these local data.
    pub fn output(&mut self, list: ScopeId, local: &Desc<'a>) -> Output<'a> {
        if let (Some(shaping), ScopeId(0)) = (&self.symbols.flow.output, list) {
            let desc = self.symbols.flow_output(shaping, local);
            let entries = desc.layers.iter().flat_map(|layer| match &**layer {
                Layer::Known(entries) => {
                    entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
                }
                _ => Vec::new(),
            });
            return Output { entries: Some(entries.collect()), exact: true };
        }
        let need = self.exits.get(list.0 as usize).cloned().unwrap_or_default();
        if need.is_empty() {
            return Output { entries: None, exact: false };
        }
        if !self.wrapped.contains(&list) {
            if local.is_result() {
                return Output { entries: None, exact: false };
            }
            if let Some(entries) = self.entries(&need, local) {
                // A key that is left out must not be seen.
                let exact = need.whole || entries.len() < need.keys.len();
                return Output { entries: Some(entries), exact };
            }
            self.wrapped.insert(list);
            self.last.retain(|state| self.symbols.flow.state(*state).is_none_or(|state| state.scope != list));
            self.changed = true;
        }
        let whole = vec![("local".to_owned(), Val::Expr(local.whole()))];
        Output { entries: Some(whole), exact: list == ScopeId(0) }
    }

    /// The keys of the local data that are read. Absent if only the whole object shows them.
    fn entries(&self, need: &Need, local: &Desc<'a>) -> Option<Vec<(String, Val<'a>)>> {
        let keys = local.keys();
        let mut wanted: Vec<&str> = if need.whole {
            keys.maybe.iter().copied().collect()
        } else {
            need.keys.keys().map(String::as_str).collect()
        };
        if need.whole && !keys.is_exact() {
            return None;
        }
        wanted.sort_by_key(|key| self.order.get(key).copied().unwrap_or(usize::MAX));
        let mut entries = Vec::new();
        for key in wanted {
            let presence = need.keys.get(key).copied().unwrap_or_default();
            let value = match local.lookup(key) {
                Found::Absent if presence => continue,
                Found::Absent => Val::Expr(Expr::Null),
                Found::Val(value, true) => value,
                Found::Mixed if local.has(key) == Has::Always => local.get(&[".", key].concat()),
                Found::Val(..) | Found::Mixed => return None,
            };
            entries.push((key.to_owned(), value));
        }
        Some(entries)
    }

    /// Collects the data that an expression reads.
    // Recursion is bounded by the depth of the expression.
    fn collect(&mut self, expr: &Expr, presence: bool, needs: &mut Needs) {
        match expr {
            Expr::Local(scope) => needs.local.entry(*scope).or_default().whole = true,
            Expr::Item(scope) => {
                needs.items.insert(*scope);
            }
            Expr::Index(scope) => {
                self.indices.insert(*scope);
            }
            Expr::Path(base, path) => match (&**base, first_key(path)) {
                (Expr::Local(scope), Some((key, _))) => {
                    needs.local.entry(*scope).or_default().key(key, presence);
                }
                (Expr::Global(global), Some((key, _))) => self.read(Some(global), None, Some((key, presence))),
                (Expr::Result(scope, base), Some((key, _))) => {
                    // `[*]` leaves out the elements without the key.
                    let every = base.is_every();
                    self.read(None, Some(*scope), Some((key, presence || every)));
                }
                (base, _) => self.collect(base, presence, needs),
            },
            Expr::Global(global) => self.read(Some(global), None, None),
            Expr::Result(scope, _) => self.read(None, Some(*scope), None),
            Expr::Merge(base, over) => {
                self.collect(base, presence, needs);
                self.collect(over, presence, needs);
            }
            Expr::Object(members) => members.iter().for_each(|(_, value)| self.collect(value, presence, needs)),
            // `[*]` over branches leaves out those without the key.
            Expr::List(items) => items.iter().for_each(|item| self.collect(item, true, needs)),
            Expr::Null | Expr::Text(_) | Expr::Literal(_) | Expr::Written(_) | Expr::Data(_) => {}
        }
    }

    /// Records what is read of published data or of the output of a list: a key, or all of it.
    fn read(&mut self, global: Option<&str>, list: Option<ScopeId>, key: Option<(&str, bool)>) {
        let need = match (global, list) {
            (Some(global), _) => Some(self.published.entry(global.to_owned()).or_default()),
            (None, Some(list)) => self.exits.get_mut(list.0 as usize),
            (None, None) => None,
        };
        let Some(need) = need else { return };
        let before = need.clone();
        match key {
            Some((key, presence)) => need.key(key, presence),
            None => need.whole = true,
        }
        self.changed |= *need != before;
    }
}

/// The states without effect that only such states follow. The first state of a list receives other data.
fn last_states(symbols: &Symbols<'_, '_>) -> BTreeSet<StateId> {
    let mut found = BTreeSet::new();
    for state in symbols.flow.states().iter().rev() {
        let plain = match &state.kind {
            StateKind::Pass | StateKind::Succeed => true,
            StateKind::Wait(wait) => matches!(wait.seconds.get().map(|s| s.value), Some(NumberValue::Int(_))),
            _ => false,
        };
        if plain && state.output.is_none() && state.index > 0 && symbols.flow.output.is_none() {
            let routes = symbols.routes(state, None, &uses::result(state));
            let ends = |dest: Dest| match dest {
                Dest::State(next) => next > state.id && found.contains(&next),
                Dest::Exit(list) => list == state.scope,
            };
            if routes.iter().all(|route| ends(route.dest)) {
                found.insert(state.id);
            }
        }
    }
    found
}

fn add(to: &mut Need, from: &Need) {
    to.whole |= from.whole;
    for (key, presence) in &from.keys {
        to.key(key, *presence);
    }
}
