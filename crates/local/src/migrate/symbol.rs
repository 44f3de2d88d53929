//! Second phase: the data of the old definition as expressions.
//!
//! A [`Desc`] describes an object in layers. The local data of a scope are [`Expr::Local`]: the third phase decides
//! where a state finds them.

use std::collections::HashMap;
use std::rc::Rc;

use cloudflow_language::flow::{Flow, Role, ScopeId, Shaping, State, StateId, StateKind};
use cloudflow_language::yaml::Node;

use super::expression::{Data, Expr};
use super::presence::{Has, Keys, Presence};
use super::source::{self, AtPath, Root, constant_path, element, first_key};

/// Maximum size of an expression. Mappings that repeat a whole object in nested steps can exceed it.
const MOST_PARTS: usize = 5_000;

/// A value of the old definition.
#[derive(Clone, Debug)]
pub(super) enum Val<'a> {
    Expr(Expr),
    Constant(Node<'a>),
}

/// A part of an object.
#[derive(Clone, Debug)]
pub(super) enum Layer<'a> {
    /// Keys with their values.
    Known(Vec<(&'a str, Val<'a>)>),
    /// An object as a whole.
    Object(Expr, Rc<Keys<'a>>),
    /// An object that a value of `$Global` contains, because its states cannot see it otherwise.
    Published(Rc<Desc<'a>>, Expr),
}

/// An object of the old definition. Later layers replace the keys of earlier ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Desc<'a> {
    pub layers: Vec<Rc<Layer<'a>>>,
}

/// The value of a key.
pub(super) enum Found<'a> {
    /// The value, and whether the key is certainly there.
    Val(Val<'a>, bool),
    Absent,
    /// Two layers may have the key.
    Mixed,
}

/// The meaning of `$local` in output mappings.
#[derive(Clone, Debug)]
pub(super) enum Local<'a> {
    /// The result of a task.
    Value(Data),
    /// The local data of an option.
    Object(Desc<'a>),
    /// The outputs of these branches.
    Branches(Vec<ScopeId>),
    /// The outputs of the iterations.
    Items(ScopeId),
    /// An error.
    Error,
}

impl<'a> Val<'a> {
    pub fn path(self, rest: &str) -> Self {
        match self {
            Val::Expr(expr) => Val::Expr(expr.path(rest)),
            Val::Constant(node) => match constant_path(node, rest) {
                AtPath::Absent => Val::Expr(Expr::Null),
                AtPath::One(node) => Val::Constant(node),
                AtPath::Every(nodes) => {
                    let items = nodes.into_iter().map(|node| Val::Constant(node).expr());
                    Val::Expr(Expr::List(items.collect()))
                }
            },
        }
    }

    /// The value as an expression.
    pub fn expr(&self) -> Expr {
        match self {
            Val::Expr(expr) => expr.clone(),
            Val::Constant(node) => source::json(*node, &mut MOST_PARTS.clone()),
        }
    }
}

impl<'a> Layer<'a> {
    fn has(&self, key: &str) -> Has {
        match self {
            Layer::Known(entries) if entries.iter().any(|(name, _)| *name == key) => Has::Always,
            Layer::Known(_) => Has::Never,
            Layer::Object(_, keys) => keys.has(key),
            Layer::Published(desc, _) => desc.has(key),
        }
    }
}

impl<'a> Desc<'a> {
    pub fn known(entries: Vec<(&'a str, Val<'a>)>) -> Self {
        let layer = Rc::new(Layer::Known(entries));
        Desc { layers: vec![layer] }
    }

    pub fn object(expr: impl Into<Expr>, keys: Rc<Keys<'a>>) -> Self {
        if keys.is_empty() {
            return Desc::default();
        }
        Desc { layers: vec![Rc::new(Layer::Object(expr.into(), keys))] }
    }

    /// The object with another one merged over it.
    pub fn overlay(mut self, over: &Desc<'a>) -> Self {
        self.layers.extend(over.layers.iter().cloned());
        self
    }

    pub fn has(&self, key: &str) -> Has {
        let mut found = Has::Never;
        for layer in &self.layers {
            match layer.has(key) {
                Has::Always => return Has::Always,
                Has::Maybe => found = Has::Maybe,
                Has::Never => {}
            }
        }
        found
    }

    pub fn keys(&self) -> Keys<'a> {
        let mut keys = Keys::default();
        for layer in &self.layers {
            match &**layer {
                Layer::Known(entries) => entries.iter().for_each(|(key, _)| keys.set(key)),
                Layer::Object(_, own) => keys.overlay(own),
                Layer::Published(desc, _) => keys.overlay(&desc.keys()),
            }
        }
        keys
    }

    pub fn lookup(&self, key: &str) -> Found<'a> {
        let may_be_below = |at: usize| self.layers.iter().take(at).any(|layer| !matches!(layer.has(key), Has::Never));
        for (at, layer) in self.layers.iter().enumerate().rev() {
            match &**layer {
                Layer::Known(entries) => {
                    if let Some((_, value)) = entries.iter().rev().find(|(name, _)| *name == key) {
                        return Found::Val(value.clone(), true);
                    }
                }
                Layer::Object(expr, keys) => match keys.has(key) {
                    Has::Never => {}
                    Has::Maybe if may_be_below(at) => return Found::Mixed,
                    has => return Found::Val(Val::Expr(expr.clone().member(key)), has == Has::Always),
                },
                Layer::Published(desc, expr) => match desc.lookup(key) {
                    Found::Val(value @ Val::Constant(_), sure) => return Found::Val(value, sure),
                    Found::Val(Val::Expr(value), sure) if value.is_immutable() => {
                        return Found::Val(Val::Expr(value), sure);
                    }
                    Found::Absent => {}
                    other => {
                        let sure = matches!(other, Found::Val(_, true));
                        return Found::Val(Val::Expr(expr.clone().member(key)), sure);
                    }
                },
            }
        }
        Found::Absent
    }

    /// The whole object.
    pub fn whole(&self) -> Expr {
        let mut whole = Expr::Object(Vec::new());
        for layer in &self.layers {
            let over = match &**layer {
                Layer::Known(entries) => {
                    let members = entries.iter().map(|(key, value)| ((*key).to_owned(), value.expr()));
                    Expr::Object(members.collect())
                }
                Layer::Object(expr, _) | Layer::Published(_, expr) => expr.clone(),
            };
            whole = Expr::merge(whole, over);
        }
        whole
    }

    /// True if the object is the result of the state: a state without an `OutputConstructor` passes it on.
    pub fn is_result(&self) -> bool {
        self.whole() == Expr::Data(Data::Output)
    }

    /// The value at a path as written.
    pub fn get(&self, rest: &str) -> Val<'a> {
        let found = first_key(rest).map(|(key, rest)| (self.lookup(key), rest));
        match found {
            Some((Found::Val(value, _), rest)) => value.path(rest),
            Some((Found::Absent, _)) => Val::Expr(Expr::Null),
            Some((Found::Mixed, _)) | None => Val::Expr(self.whole().path(rest)),
        }
    }

    /// The value at a path, if one expression without a merge has it.
    pub fn get_plain(&self, rest: &str) -> Option<Val<'a>> {
        match first_key(rest) {
            Some((key, rest)) => match self.lookup(key) {
                Found::Val(value, _) => Some(value.path(rest)),
                Found::Absent => Some(Val::Expr(Expr::Null)),
                Found::Mixed => None,
            },
            None if rest.is_empty() => Some(Val::Expr(self.whole())),
            None => None,
        }
    }
}

/// Replaces the local data of a scope in an expression.
// Recursion is bounded by the depth of the expression.
pub(super) fn replace(expr: &Expr, scope: ScopeId, local: &Desc<'_>) -> Expr {
    let inner = |expr: &Expr| replace(expr, scope, local);
    match expr {
        Expr::Path(base, path) if **base == Expr::Local(scope) => local.get(path).expr(),
        Expr::Local(own) if *own == scope => local.whole(),
        Expr::Path(base, path) => inner(base).path(path),
        Expr::Merge(base, over) => Expr::merge(inner(base), inner(over)),
        Expr::Object(members) => Expr::Object(members.iter().map(|(key, value)| (key.clone(), inner(value))).collect()),
        Expr::List(items) => Expr::List(items.iter().map(inner).collect()),
        other => other.clone(),
    }
}

/// The data that the steps of a flow read and write.
pub(super) struct Symbols<'f, 'a> {
    pub flow: &'f Flow<'a>,
    pub presence: Presence<'a>,
    /// The name of the flow.
    name: String,
    /// The new names of the states.
    names: Vec<String>,
    /// The keys in `$Global` for the maps whose iterations read more than their item.
    pub globals: HashMap<StateId, String>,
    /// The input of each scope.
    inputs: Vec<Rc<Desc<'a>>>,
    /// The input of each step after its mappings.
    owns: Vec<Rc<Desc<'a>>>,
    /// The steps whose data are too large to be described.
    pub too_large: Vec<StateId>,
}

impl<'f, 'a> Symbols<'f, 'a> {
    pub fn of(flow: &'f Flow<'a>, name: &str, names: &[String], globals: HashMap<StateId, String>) -> Self {
        let mut found = Symbols {
            flow,
            presence: Presence::of(flow),
            name: name.to_owned(),
            names: names.to_vec(),
            globals,
            inputs: vec![Rc::default(); flow.scopes().len()],
            owns: vec![Rc::default(); flow.states().len()],
            too_large: Vec::new(),
        };
        // A scope comes after the scope of its owner.
        for scope in flow.scopes() {
            let input = match scope.owner.and_then(|owner| flow.state(owner)) {
                None => found.flow_input(),
                Some(owner) => found.scope_input(owner, scope.id, scope.role),
            };
            if let Some(slot) = found.inputs.get_mut(scope.id.0 as usize) {
                *slot = Rc::new(input);
            }
            for state in flow.states_of(scope.id) {
                let mut own = found.make_own(state);
                if own.whole().size(MOST_PARTS) > MOST_PARTS {
                    found.too_large.push(state.id);
                    own = Desc::default();
                }
                if let Some(slot) = found.owns.get_mut(state.id.0 as usize) {
                    *slot = Rc::new(own);
                }
            }
        }
        found
    }

    /// The input of a scope.
    pub fn input(&self, scope: ScopeId) -> Rc<Desc<'a>> {
        self.inputs.get(scope.0 as usize).cloned().unwrap_or_default()
    }

    /// The input of a step after its mappings.
    pub fn own(&self, state: StateId) -> Rc<Desc<'a>> {
        self.owns.get(state.0 as usize).cloned().unwrap_or_default()
    }

    /// The local data of the scope of a step, before the step.
    pub fn local(&self, state: &State<'a>) -> Desc<'a> {
        Desc::object(Expr::Local(state.scope), Rc::clone(self.presence.before(state.id)))
    }

    /// The local data at the start of a scope.
    pub fn initial(&self, scope: ScopeId) -> Desc<'a> {
        let Some(keys) = self.presence.initial.get(&scope) else { return Desc::default() };
        let input = self.input(scope);
        Desc::known(keys.iter().map(|key| (*key, input.get(&[".", key].concat()))).collect())
    }

    fn flow_input(&self) -> Desc<'a> {
        let execution = Desc::object(Data::ExecutionInput, Rc::new(Keys::unknown()));
        match &self.flow.input {
            None => execution,
            Some(shaping) => {
                let value = |node| match source::reference(node) {
                    None => Val::Constant(node),
                    Some((Root::Input | Root::Own, rest)) => execution.get(rest),
                    Some((Root::Context, rest)) => Val::Expr(self.context(rest, None)),
                    Some((Root::Local, _)) => Val::Expr(Expr::Null),
                };
                Desc::known(source::effective(shaping).into_iter().map(|(_, key, node)| (key, value(node))).collect())
            }
        }
    }

    fn scope_input(&self, owner: &State<'a>, scope: ScopeId, role: Role) -> Desc<'a> {
        let own = self.own(owner.id);
        let own = Desc { layers: own.layers.iter().map(|layer| self.freeze(layer, owner.id)).collect() };
        let (Role::Body, StateKind::Map(map)) = (role, &owner.kind) else { return own };
        let around = match self.globals.get(&owner.id) {
            Some(global) if !own.whole().is_immutable() => {
                let layer = Layer::Published(Rc::new(own), Expr::Global(global.clone()));
                Desc { layers: vec![Rc::new(layer)] }
            }
            _ => own,
        };
        let mut entries = Vec::new();
        entries.extend(map.item.map(|item| (item.value, Val::Expr(Expr::Item(scope)))));
        entries.extend(map.index.map(|index| (index.value, Val::Expr(Expr::Index(scope)))));
        around.overlay(&Desc::known(entries))
    }

    /// The context of a step, as other steps see it.
    fn freeze(&self, layer: &Rc<Layer<'a>>, state: StateId) -> Rc<Layer<'a>> {
        let Layer::Known(entries) = &**layer else { return Rc::clone(layer) };
        let name = self.flow.state(state).and_then(|state| state.name).map_or("", |name| name.value);
        let frozen = entries.iter().map(|(key, value)| {
            let value = match value {
                Val::Expr(Expr::Data(Data::StateName)) => Val::Expr(Expr::Text(name.to_owned())),
                Val::Expr(Expr::Data(Data::TaskToken)) => Val::Expr(Expr::Text(String::new())),
                other => other.clone(),
            };
            (*key, value)
        });
        Rc::new(Layer::Known(frozen.collect()))
    }

    fn make_own(&self, state: &State<'a>) -> Desc<'a> {
        match &state.input {
            None => (*self.input(state.scope)).clone().overlay(&self.local(state)),
            Some(shaping) => {
                let entries = source::effective(shaping).into_iter();
                Desc::known(entries.map(|(_, key, node)| (key, self.parent_source(state, node))).collect())
            }
        }
    }

    /// The value of a source in the input mappings of a step.
    pub fn parent_source(&self, state: &State<'a>, node: Node<'a>) -> Val<'a> {
        match source::reference(node) {
            None => Val::Constant(node),
            // The value is the same, and one copy of it is enough.
            Some((Root::Input, rest)) if first_key(rest).is_some_and(|(key, _)| self.presence.inherits(state, key)) => {
                self.local(state).get(rest)
            }
            Some((Root::Input, rest)) => self.input(state.scope).get(rest),
            Some((Root::Local, rest)) => self.local(state).get(rest),
            Some((Root::Context, rest)) => Val::Expr(self.context(rest, Some(state))),
            Some((Root::Own, rest)) => (*self.input(state.scope)).clone().overlay(&self.local(state)).get(rest),
        }
    }

    /// The value at a path in the own input of a step. `kept`: where the state keeps the input.
    pub fn own_path(&self, state: &State<'a>, rest: &str, kept: Option<&Expr>) -> Val<'a> {
        let own = self.own(state.id);
        let absent = first_key(rest).is_some_and(|(key, _)| own.has(key) == Has::Never);
        match kept {
            Some(kept) if !absent => Val::Expr(kept.clone().path(rest)),
            _ => own.get(rest),
        }
    }

    /// What output or error mappings build. `own` is the input of the step, if the state keeps it.
    pub fn mapped(&self, state: &State<'a>, shaping: &Shaping<'a>, local: &Local<'a>, own: Option<&Expr>) -> Desc<'a> {
        let value = |node| match source::reference(node) {
            None => Val::Constant(node),
            Some((Root::Local, rest)) => self.local_path(local, rest),
            Some((Root::Input | Root::Own, rest)) => self.own_path(state, rest, own),
            Some((Root::Context, rest)) => Val::Expr(self.context(rest, Some(state))),
        };
        Desc::known(source::effective(shaping).into_iter().map(|(_, key, node)| (key, value(node))).collect())
    }

    fn context(&self, rest: &str, state: Option<&State<'a>>) -> Expr {
        match (rest, state) {
            (".task.token", Some(_)) => Data::TaskToken.into(),
            (".task.token", None) | (".step.name", None) => Expr::Text(String::new()),
            (".execution.name", _) => Data::ExecutionName.into(),
            (".step.name", Some(state)) => self.step_name(state),
            (".flow.name", _) => Expr::Text(self.name.clone()),
            _ => Expr::Null,
        }
    }

    /// The name of a step. Other states evaluate the mappings of a choice.
    fn step_name(&self, state: &State<'a>) -> Expr {
        let old = state.name.map_or("", |name| name.value);
        let same = self.names.get(state.id.0 as usize).is_some_and(|name| name == old);
        // The last state of a chain of waits has another name.
        if same && !matches!(state.kind, StateKind::Choice(_) | StateKind::Wait(_)) {
            return Data::StateName.into();
        }
        Expr::Text(old.to_owned())
    }

    /// The values of the mappings of the flow's output.
    pub fn flow_output(&self, shaping: &Shaping<'a>, local: &Desc<'a>) -> Desc<'a> {
        let top = ScopeId(0);
        let value = |node| match source::reference(node) {
            None => Val::Constant(node),
            Some((Root::Input, rest)) => self.input(top).get(rest),
            Some((Root::Local, rest)) => local.get(rest),
            Some((Root::Context, rest)) => Val::Expr(self.context(rest, None)),
            Some((Root::Own, rest)) => self.input(top).get(rest),
        };
        Desc::known(source::effective(shaping).into_iter().map(|(_, key, node)| (key, value(node))).collect())
    }

    /// `$local…` in output or error mappings.
    fn local_path(&self, local: &Local<'a>, rest: &str) -> Val<'a> {
        Val::Expr(match local {
            Local::Object(desc) => return desc.get(rest),
            Local::Value(value) => Expr::from(*value).path(rest),
            Local::Error => match rest {
                ".error" | ".code" => Data::ErrorCode.into(),
                ".cause" => Data::ErrorDetail.into(),
                "" => Expr::Object(vec![
                    ("error".to_owned(), Data::ErrorCode.into()),
                    ("cause".to_owned(), Data::ErrorDetail.into()),
                    ("code".to_owned(), Data::ErrorCode.into()),
                ]),
                _ => Expr::Null,
            },
            Local::Items(body) => {
                let (index, tail) = element(rest);
                let item = |index: &str| {
                    let base = Expr::from(Data::Output).path(&[".Items[", index, "]"].concat());
                    Expr::Result(*body, Box::new(base))
                };
                match index {
                    None if rest.is_empty() => item("*"),
                    None => Expr::Null,
                    Some(index) => item(index).extend(tail),
                }
            }
            Local::Branches(branches) => {
                let branch = |at: usize, scope: ScopeId, tail: &str| {
                    let base = Expr::from(Data::Output).path(&super::report::branch_path(at, branches.len()));
                    Expr::Result(scope, Box::new(base)).path(tail)
                };
                // Branches that never have the key are left out.
                let has = |scope: ScopeId, tail: &str| {
                    first_key(tail).is_none_or(|(key, _)| {
                        self.presence.at_end(scope).is_none_or(|keys| keys.has(key) != Has::Never)
                    })
                };
                let every = |tail: &str| {
                    let all = branches.iter().enumerate().filter(|(_, scope)| has(**scope, tail));
                    Expr::List(all.map(|(at, scope)| branch(at, *scope, tail)).collect())
                };
                match element(rest) {
                    (None, _) if rest.is_empty() => every(""),
                    (None, _) => Expr::Null,
                    (Some("*"), tail) => every(tail),
                    (Some(index), tail) => {
                        let at: Option<usize> = index.parse().ok();
                        match at.and_then(|at| Some((at, *branches.get(at)?))) {
                            Some((at, scope)) => branch(at, scope, tail),
                            None => Expr::Null,
                        }
                    }
                }
            }
        })
    }
}
