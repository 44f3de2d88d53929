//! Fourth phase: the names of the data in the object that each state receives, and what else this object is known to be.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cloudflow_language::flow::{Role, ScopeId, State, StateId, StateKind};

use super::expression::{Data, Expr};
use super::plan::{Plan, Slot};
use super::route::{Cause, Dest, Route};
use super::source::{first_key, is_plain_key};
use super::symbol::{Desc, Val};
use super::uses;

/// What the object that a state receives certainly is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    /// The input of the execution.
    Execution,
    /// The item of an iteration over this scope.
    Item(ScopeId),
    /// The local data of the scope of the state.
    Local,
    /// An object with exactly these keys.
    Keys(BTreeSet<String>),
    Other,
}

/// The data of a state, as its expressions see them.
#[derive(Clone, Debug)]
pub(super) struct View {
    slots: Vec<(Slot, String)>,
    pub content: Content,
}

/// The names and contents of all states.
pub(super) struct Layout<'f, 'a> {
    pub plan: Plan<'f, 'a>,
    names: BTreeMap<Slot, String>,
    slots: Vec<Vec<Slot>>,
    /// The content that each state receives. Absent if no transition leads to it.
    contents: Vec<Option<Content>>,
}

impl<'f, 'a> Layout<'f, 'a> {
    pub fn of(plan: Plan<'f, 'a>) -> Self {
        let states = plan.symbols.flow.states();
        let slots: Vec<Vec<Slot>> = states.iter().map(|state| plan.slots(state)).collect();
        let keeps_own = states.iter().any(|state| plan.kept_own(state.id).is_some());
        let names = name_slots(&plan, &slots, keeps_own);
        let contents = vec![None; states.len()];
        let mut layout = Layout { plan, names, slots, contents };
        layout.find_contents();
        layout
    }

    /// The only state that comes before each Map, if it can publish the data around the Map: a Choice cannot.
    pub fn publishers(&self) -> BTreeMap<StateId, StateId> {
        let flow = self.plan.symbols.flow;
        let mut before: BTreeMap<StateId, Vec<Option<StateId>>> = BTreeMap::new();
        for scope in flow.scopes() {
            if let Some(first) = flow.states_of(scope.id).first() {
                before.entry(first.id).or_default().push(None);
            }
        }
        for state in flow.states() {
            for route in self.plan.symbols.routes(state, None, &uses::result(state)) {
                let Dest::State(to) = route.dest else { continue };
                before.entry(to).or_default().push((route.cause == Cause::Normal).then_some(state.id));
            }
        }
        let single = |(map, before): (StateId, Vec<Option<StateId>>)| match before.as_slice() {
            [Some(one)] => Some((map, *one)),
            _ => None,
        };
        before.into_iter().filter_map(single).collect()
    }

    pub fn slots(&self, state: StateId) -> &[Slot] {
        self.slots.get(state.0 as usize).map_or(&[], Vec::as_slice)
    }

    fn name(&self, slot: &Slot) -> String {
        self.names.get(slot).cloned().unwrap_or_default()
    }

    /// The names and values of the data that a state receives.
    pub fn named_slots(&self, state: StateId) -> Vec<(String, Val<'a>)> {
        self.slots(state).iter().map(|slot| (self.name(slot), Val::Expr(slot.expr()))).collect()
    }

    /// The data of a state before its `InputConstructor`.
    pub fn raw(&self, state: StateId) -> View {
        let slots = self.slots(state).iter().map(|slot| (slot.clone(), self.name(slot))).collect();
        let is_root = self.plan.symbols.flow.state(state).is_some_and(|state| self.plan.is_root(state));
        let known = self.contents.get(state.0 as usize).cloned().flatten().unwrap_or(Content::Other);
        let content = if is_root { Content::Local } else { known };
        View { slots, content }
    }

    /// The data of a state after its `InputConstructor`.
    pub fn view(&self, state: StateId) -> View {
        let raw = self.raw(state);
        if self.plan.kept_own(state).is_none() {
            return raw;
        }
        let keys = raw.slots.iter().map(|(_, name)| name.clone()).chain(["own".to_owned()]);
        View { content: Content::Keys(keys.collect()), slots: raw.slots }
    }

    /// The first state of a list needs data that the input of the list does not have.
    pub fn needs_start(&self, list: ScopeId) -> bool {
        let Some(first) = self.plan.symbols.flow.states_of(list).first() else { return false };
        let own = |slot: &Slot| matches!(slot, Slot::Key(scope, _) | Slot::Local(scope) if *scope == list);
        let slots = self.slots(first.id);
        let item = slots.contains(&Slot::Item(list)) && self.raw(first.id).content != Content::Item(list);
        item || slots.iter().any(own)
    }

    /// The entries that a state passes to another one.
    pub fn entries(&self, scope: ScopeId, desc: &Desc<'a>, to: StateId) -> Vec<(String, Val<'a>)> {
        if self.is_root(to) {
            let keys = self.plan.ordered(desc).into_iter();
            return keys.map(|key| (key.to_owned(), desc.get(&[".", key].concat()))).collect();
        }
        let value = |slot: &Slot| match slot {
            Slot::Key(own, key) if *own == scope => desc.get(&[".", key].concat()),
            Slot::Local(own) if *own == scope => Val::Expr(desc.whole()),
            other => Val::Expr(other.expr()),
        };
        self.slots(to).iter().map(|slot| (self.name(slot), value(slot))).collect()
    }

    /// True if the data of a state have all entries already, under the same names.
    pub fn passes(&self, view: &View, entries: &[(String, Val<'a>)]) -> bool {
        entries.iter().all(|(name, value)| match value {
            Val::Expr(expr) => view.names(expr, name),
            Val::Constant(_) => false,
        })
    }

    /// True if a state must build its output for this destination.
    pub fn builds(&self, state: &State<'a>, route: &Route<'a>, to: StateId) -> bool {
        let entries = self.entries(route.scope, &route.desc, to);
        if self.is_root(to) && !matches!(route.cause, Cause::Catch(_)) {
            if route.desc.is_result() {
                return false;
            }
            let view = self.view(state.id);
            let same = passes_input(state) && self.passes(&view, &entries) && view.has_only(&entries);
            return view.content != Content::Local && !same;
        }
        if !passes_input(state) || matches!(route.cause, Cause::Catch(_)) {
            return !entries.is_empty();
        }
        let view = self.view(state.id);
        let item = |content: &Option<Content>| matches!(content, Some(Content::Item(_)));
        // The item itself, and not an object with the item.
        let same_item = self.contents.get(to.0 as usize).is_some_and(item) && matches!(view.content, Content::Item(_));
        !same_item && !self.passes(&view, &entries)
    }

    fn is_root(&self, state: StateId) -> bool {
        self.plan.symbols.flow.state(state).is_some_and(|state| self.plan.is_root(state))
    }

    /// Assumes the best, and corrects it along the transitions until nothing changes.
    fn find_contents(&mut self) {
        let flow = self.plan.symbols.flow;
        self.find_items();
        let items: Vec<bool> = self.contents.iter().map(Option::is_some).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for scope in flow.scopes() {
                let Some(first) = flow.states_of(scope.id).first() else { continue };
                let start = match scope.role {
                    Role::Option(_) | Role::Default => continue,
                    _ if self.needs_start(scope.id) => Some(self.built(first.id)),
                    Role::Top => Some(Content::Execution),
                    Role::Body => Some(Content::Item(scope.id)),
                    Role::Branch(_) => scope.owner.and_then(|owner| self.sent(owner)),
                };
                changed |= self.arrive(first.id, start, &items);
            }
            for state in flow.states() {
                if self.contents.get(state.id.0 as usize).is_none_or(Option::is_none) {
                    continue;
                }
                let own = self.plan.kept_own(state.id);
                for route in self.plan.symbols.routes(state, own.as_ref(), &uses::result(state)) {
                    let Dest::State(to) = route.dest else { continue };
                    let content = if self.builds(state, &route, to) {
                        Some(self.built(to))
                    } else if passes_input(state) && !matches!(route.cause, Cause::Catch(_)) {
                        self.sent(state.id)
                    } else {
                        Some(Content::Other)
                    };
                    changed |= self.arrive(to, content, &items);
                }
            }
        }
    }

    fn sent(&self, state: StateId) -> Option<Content> {
        self.contents.get(state.0 as usize)?.as_ref()?;
        Some(self.view(state).content)
    }

    fn built(&self, to: StateId) -> Content {
        Content::Keys(self.slots(to).iter().map(|slot| self.name(slot)).collect())
    }

    fn arrive(&mut self, to: StateId, content: Option<Content>, items: &[bool]) -> bool {
        let Some(content) = content else { return false };
        // Where the item is, is decided.
        if items.get(to.0 as usize).copied().unwrap_or_default() {
            return false;
        }
        let Some(slot) = self.contents.get_mut(to.0 as usize) else { return false };
        let joined = match slot {
            None => content,
            Some(own) if *own == content => return false,
            Some(Content::Other) => return false,
            Some(_) => Content::Other,
        };
        *slot = Some(joined);
        true
    }

    /// Finds the states that receive the item of an iteration as it is: those that read nothing else, and that only
    /// states without effect precede.
    fn find_items(&mut self) {
        let flow = self.plan.symbols.flow;
        for state in flow.states() {
            if let Some([Slot::Item(scope)]) = self.slots.get(state.id.0 as usize).map(Vec::as_slice)
                && let Some(content) = self.contents.get_mut(state.id.0 as usize)
            {
                *content = Some(Content::Item(*scope));
            }
        }
        let mut changed = true;
        while changed {
            let is_item = |this: &Self, state: StateId| this.raw_is_item(state) && this.plan.kept_own(state).is_none();
            let mut others: HashSet<StateId> = HashSet::new();
            for scope in flow.scopes() {
                let Some(first) = flow.states_of(scope.id).first() else { continue };
                match (scope.role, scope.owner) {
                    (Role::Branch(_), Some(owner)) if !is_item(self, owner) => {
                        others.insert(first.id);
                    }
                    (Role::Top, _) => {
                        others.insert(first.id);
                    }
                    _ => {}
                }
            }
            for state in flow.states() {
                let own = self.plan.kept_own(state.id);
                for route in self.plan.symbols.routes(state, own.as_ref(), &uses::result(state)) {
                    let same =
                        passes_input(state) && !matches!(route.cause, Cause::Catch(_)) && is_item(self, state.id);
                    if let (Dest::State(to), false) = (route.dest, same) {
                        others.insert(to);
                    }
                }
            }
            changed = false;
            for state in others {
                if self.raw_is_item(state)
                    && let Some(content) = self.contents.get_mut(state.0 as usize)
                {
                    *content = None;
                    changed = true;
                }
            }
        }
    }

    fn raw_is_item(&self, state: StateId) -> bool {
        matches!(self.contents.get(state.0 as usize), Some(Some(Content::Item(_))))
    }
}

/// True if the output of a state is its input, unless a constructor changes it.
pub(super) fn passes_input(state: &State<'_>) -> bool {
    !matches!(state.kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_))
}

impl View {
    /// A view without data.
    pub fn none(content: Content) -> Self {
        View { slots: Vec::new(), content }
    }

    /// The view at the start of an iteration.
    pub fn with_item(scope: ScopeId) -> Self {
        View { slots: vec![(Slot::Item(scope), "item".to_owned())], content: Content::Item(scope) }
    }

    fn slot(&self, slot: &Slot) -> Option<Expr> {
        let name = self.slots.iter().find(|(own, _)| own == slot).map(|(_, name)| name)?;
        Some(Expr::Written(["$Input.", name].concat()))
    }

    /// True if the object has the keys of these entries, and no others.
    pub fn has_only(&self, entries: &[(String, Val<'_>)]) -> bool {
        match &self.content {
            Content::Keys(keys) => keys.len() == entries.len() && entries.iter().all(|(key, _)| keys.contains(key)),
            _ => false,
        }
    }

    /// True if the value is in the data under this name.
    fn names(&self, expr: &Expr, name: &str) -> bool {
        if matches!(self.content, Content::Item(_) | Content::Local) {
            return false;
        }
        let slot = match expr {
            Expr::Local(scope) => Slot::Local(*scope),
            Expr::Item(scope) => Slot::Item(*scope),
            Expr::Path(base, path) => match (&**base, first_key(path)) {
                (Expr::Local(scope), Some((key, ""))) => Slot::Key(*scope, key.to_owned()),
                _ => return false,
            },
            _ => return false,
        };
        self.slots.iter().any(|(own, known)| *own == slot && known == name)
    }

    /// The expression with the places of its data.
    // Recursion is bounded by the depth of the expression.
    pub fn resolve(&self, expr: &Expr, wrapped: &dyn Fn(ScopeId) -> bool) -> Expr {
        let inner = |expr: &Expr| self.resolve(expr, wrapped);
        match expr {
            Expr::Path(base, path) => match (&**base, first_key(path)) {
                (Expr::Local(scope), Some((key, rest))) => {
                    let key = Slot::Key(*scope, key.to_owned());
                    match self.slot(&key) {
                        Some(found) => found.path(rest),
                        None => self.local(*scope).path(path),
                    }
                }
                (Expr::Result(scope, base), _) => self.result(*scope, inner(base), wrapped).extend(path),
                _ => match inner(base) {
                    base if base.is_every() || matches!(base, Expr::List(_)) => base.extend(path),
                    base => base.path(path),
                },
            },
            Expr::Local(scope) => self.local(*scope),
            Expr::Index(_) => Expr::Null,
            Expr::Item(scope) => match self.slot(&Slot::Item(*scope)) {
                Some(_) if self.content == Content::Item(*scope) => Data::Input.into(),
                found => found.unwrap_or(Expr::Null),
            },
            Expr::Result(scope, base) => match self.result(*scope, inner(base), wrapped) {
                // All items as they are.
                Expr::Path(base, path) if path.ends_with("[*]") => {
                    base.path(path.strip_suffix("[*]").unwrap_or_default())
                }
                other => other,
            },
            Expr::Data(Data::ExecutionInput) if self.content == Content::Execution => Data::Input.into(),
            Expr::Merge(base, over) => Expr::merge(inner(base), inner(over)),
            Expr::Object(members) => {
                let members = members.iter().filter(|(_, value)| !matches!(value, Expr::Index(_)));
                Expr::Object(members.map(|(key, value)| (key.clone(), inner(value))).collect())
            }
            Expr::List(items) => Expr::List(items.iter().map(inner).collect()),
            other => other.clone(),
        }
    }

    /// The local data of a finished branch or iteration.
    fn result(&self, scope: ScopeId, base: Expr, wrapped: &dyn Fn(ScopeId) -> bool) -> Expr {
        if wrapped(scope) { base.extend(".local") } else { base }
    }

    fn local(&self, scope: ScopeId) -> Expr {
        if self.content == Content::Local {
            return Data::Input.into();
        }
        if let Some(found) = self.slot(&Slot::Local(scope)) {
            return found;
        }
        let keys = || {
            self.slots.iter().filter_map(|(slot, name)| match slot {
                Slot::Key(own, key) if *own == scope => Some((key, name)),
                _ => None,
            })
        };
        let exact = match &self.content {
            Content::Keys(all) => keys().count() == all.len() && keys().all(|(key, name)| key == name),
            _ => false,
        };
        if exact && keys().next().is_some() {
            return Data::Input.into();
        }
        let member = |(key, name): (&String, &String)| (key.clone(), Expr::Written(["$Input.", name].concat()));
        Expr::Object(keys().map(member).collect())
    }
}

/// Names the slots. Two slots of one state have different names.
fn name_slots(plan: &Plan<'_, '_>, slots: &[Vec<Slot>], keeps_own: bool) -> BTreeMap<Slot, String> {
    let flow = plan.symbols.flow;
    let item_name = |scope: ScopeId| {
        let owner = flow.scope(scope).and_then(|scope| flow.state(scope.owner?));
        match owner.map(|owner| &owner.kind) {
            Some(StateKind::Map(map)) => map.item.map(|item| item.value).filter(|name| is_plain_key(name)),
            _ => None,
        }
    };
    let base = |slot: &Slot| match slot {
        Slot::Key(_, key) => key.clone(),
        Slot::Local(_) => "local".to_owned(),
        Slot::Item(scope) => item_name(*scope).unwrap_or("item").to_owned(),
    };
    let mut names: BTreeMap<Slot, String> = slots.iter().flatten().map(|slot| (slot.clone(), base(slot))).collect();
    let mut taken: HashSet<String> = names.values().cloned().collect();
    let rename = |names: &mut BTreeMap<Slot, String>, taken: &mut HashSet<String>, slot: &Slot| {
        let base = base(slot);
        let mut number = 2;
        let mut name = format!("{base}_{number}");
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{base}_{number}");
        }
        names.insert(slot.clone(), name);
    };
    if keeps_own {
        let same: Vec<Slot> = names.iter().filter(|(_, name)| *name == "own").map(|(slot, _)| slot.clone()).collect();
        same.iter().for_each(|slot| rename(&mut names, &mut taken, slot));
    }
    for list in slots {
        let mut seen: HashSet<String> = HashSet::new();
        let mut sorted: Vec<&Slot> = list.iter().collect();
        // A key keeps its name before a whole object, an outer scope before an inner one.
        sorted.sort_by_key(|slot| match slot {
            Slot::Key(scope, _) => (0, scope.0),
            Slot::Item(scope) => (1, scope.0),
            Slot::Local(scope) => (2, scope.0),
        });
        for slot in sorted {
            if !seen.insert(names.get(slot).cloned().unwrap_or_default()) {
                rename(&mut names, &mut taken, slot);
                seen.insert(names.get(slot).cloned().unwrap_or_default());
            }
        }
    }
    names
}
