//! Builds lists of states: their starts, the transitions, and the states between two steps that only shape data.

use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Role, ScopeId, Shaping, State, StateKind};

use super::expression::{Data, Expr};
use super::layout::{Content, View, passes_input};
use super::route::{Cause, Dest, Route};
use super::source;
use super::symbol::{Desc, Local, Val};
use super::uses;
use super::write::{Entry, Item, Value};
use super::{Migrator, new_key, old_key, type_entry};

/// A list of states.
pub(super) struct StateList {
    /// The name of the first state.
    pub start: String,
    pub states: Vec<Item>,
}

/// A list of states that is being built.
pub(super) struct ListBuilder {
    pub states: Vec<Item>,
    /// The states between two steps: their entries and destinations, with their names.
    between: Vec<(Vec<Entry>, String, String)>,
    /// The states at the end.
    ends: Vec<(Option<Vec<Entry>>, String)>,
}

impl<'f, 'a> Migrator<'f, 'a> {
    /// Converts the steps of the top, a branch or a body.
    pub(super) fn list(&mut self, scope: ScopeId) -> StateList {
        let flow = self.flow;
        let steps = flow.states_of(scope);
        let mut list = ListBuilder { states: Vec::new(), between: Vec::new(), ends: Vec::new() };
        let mut start = steps.first().map(|state| self.entry_of(state.id)).unwrap_or_default();
        if let Some(first) = steps.first().filter(|_| self.layout.needs_start(scope)) {
            let name = self.unique_name("Start");
            let entries = self.layout.entries(scope, &Desc::default(), first.id);
            let view = self.start_view(scope);
            let entries = self.constructor(entries, &view, None);
            list.states.push(shaping_state(&name, entries, &start));
            start = name;
        }
        for state in steps {
            self.step(state, &mut list);
        }
        for (output, name) in list.ends {
            let mut entries =
                vec![type_entry(StateType::Succeed), Entry::text(new_key(Shape::State, Slot::Name), &name)];
            entries.extend(output.map(|output| Entry::new(new_key(Shape::State, Slot::Output), Value::Map(output))));
            list.states.push(Item::new(Value::Map(entries)));
        }
        StateList { start, states: list.states }
    }

    fn start_view(&self, scope: ScopeId) -> View {
        let around = self.flow.scope(scope);
        match around.map(|scope| (scope.role, scope.owner)) {
            Some((Role::Branch(_), Some(owner))) => self.layout.view(owner),
            Some((Role::Body, _)) => View::with_item(scope),
            _ => View::none(Content::Execution),
        }
    }

    /// The expression with the places of its data.
    pub(super) fn resolve(&self, expr: &Expr, view: &View) -> Expr {
        view.resolve(expr, &|list| self.layout.plan.is_wrapped(list))
    }

    /// An entry of a constructor.
    pub(super) fn entry(&mut self, key: &str, value: &Val<'a>, view: &View) -> Entry {
        match value {
            Val::Constant(node) => Entry::new(key, self.constant(*node)),
            Val::Expr(expr) => built_entry(key, self.resolve(expr, view)),
        }
    }

    /// The entries of a constructor, with the comments of the mappings that they come from.
    pub(super) fn constructor(
        &mut self,
        entries: Vec<(String, Val<'a>)>,
        view: &View,
        shaping: Option<&Shaping<'a>>,
    ) -> Vec<Entry> {
        let mappings = shaping.map(source::effective).unwrap_or_default();
        let mut built = Vec::new();
        for (key, value) in entries {
            let entry = self.entry(&key, &value, view);
            let comments = match mappings.iter().find(|(_, target, _)| **target == key) {
                Some((mapping, ..)) => self.mapping_comments(mapping),
                None => Default::default(),
            };
            built.push(entry.with(comments));
        }
        if let Some(first) = built.first_mut() {
            for (mapping, ..) in mappings {
                let comments = self.mapping_comments(mapping);
                first.lead.extend(comments.lead);
                first.lead.extend(comments.trail);
            }
        }
        built
    }

    /// The output of a state for a transition. Absent if the state passes its result on as it is.
    pub(super) fn output_of(&mut self, state: &State<'a>, route: &Route<'a>, view: &View) -> Option<Vec<Entry>> {
        let shaping = if matches!(route.cause, Cause::Catch(_)) { &state.error } else { &state.output };
        match route.dest {
            Dest::State(to) => {
                if !self.layout.builds(state, route, to) {
                    return hides_result(state, route).then(Vec::new);
                }
                let entries = self.layout.entries(route.scope, &route.desc, to);
                Some(self.constructor(entries, view, shaping.as_ref()))
            }
            Dest::Exit(_) if view.content == Content::Local => None,
            Dest::Exit(list) => {
                let output = self.layout.plan.output(list, &route.desc);
                let Some(entries) = output.entries else { return hides_result(state, route).then(Vec::new) };
                let exact = view.has_only(&entries);
                if passes_input(state) && self.layout.passes(view, &entries) && (exact || !output.exact) {
                    return None;
                }
                let of_flow = if list == ScopeId(0) { self.flow.output.as_ref() } else { None };
                let mut built = self.constructor(entries, view, of_flow.or(shaping.as_ref()));
                if let (Some(_), Some(first)) = (of_flow, built.first_mut()) {
                    let comments = self.key_comments(self.flow.root, old_key(Shape::Document, Slot::Output));
                    first.lead.splice(0..0, comments.lead);
                }
                Some(built)
            }
        }
    }

    /// Adds the output, and `Next` or `End`, of a state with one way out.
    pub(super) fn leave(&mut self, state: &State<'a>, routes: &[Route<'a>], entries: &mut Vec<Entry>) {
        let Some(route) = routes.iter().find(|route| route.cause == Cause::Normal) else { return };
        let view = self.layout.view(state.id);
        if let Some(output) = self.output_of(state, route, &view) {
            let entry = Entry::new(new_key(Shape::State, Slot::Output), Value::Map(output));
            entries.push(self.collection_entry(entry, state.node, old_key(Shape::State, Slot::Output)));
        }
        if let Dest::State(to) = route.dest
            && let Some(global) = self.published_by(state, to, route, &view)
        {
            entries.push(global);
        }
        let entry = match route.dest {
            Dest::State(to) => Entry::text(new_key(Shape::State, Slot::Next), &self.entry_of(to)),
            Dest::Exit(_) => Entry::new(new_key(Shape::State, Slot::End), Value::Scalar("true".to_owned())),
        };
        entries.push(self.scalar_entry(entry, state.node, old_key(Shape::State, Slot::End)));
    }

    /// The name of the state that a way out of a choice leads to.
    pub(super) fn way(&mut self, state: &State<'a>, route: &Route<'a>, label: &str, list: &mut ListBuilder) -> String {
        let view = self.layout.view(state.id);
        let output = self.output_of(state, route, &view);
        match route.dest {
            Dest::State(to) => {
                let target = self.entry_of(to);
                let Some(entries) = output else { return target };
                if let Some((.., name)) = list.between.iter().find(|(known, to, _)| *known == entries && *to == target)
                {
                    return name.clone();
                }
                let name = self.unique_name(&[&self.name_of(state.id), "-", label].concat());
                // Entries do not implement `Clone`: the second list is built for comparison only.
                let same = self.layout.entries(route.scope, &route.desc, to);
                let same = self.dry_run(|this| this.constructor(same, &view, None));
                list.states.push(shaping_state(&name, entries, &target));
                list.between.push((same, target, name.clone()));
                name
            }
            Dest::Exit(_) => {
                if let Some((_, name)) = list.ends.iter().find(|(known, _)| *known == output) {
                    return name.clone();
                }
                let name = self.unique_name("Done");
                list.ends.push((output, name.clone()));
                name
            }
        }
    }
}

/// True if the result of a task must not be its output: mappings of the old dialect accept a result that is not an
/// object, which no state may have as its output.
fn hides_result(state: &State<'_>, route: &Route<'_>) -> bool {
    let is_task = matches!(state.kind, StateKind::Task(_)) && route.cause == Cause::Normal;
    is_task && state.output.is_some() && matches!(uses::result(state), Local::Value(Data::Output))
}

/// An entry of a constructor for an expression. Constants and objects are written as YAML.
// Recursion is bounded by the depth of the expression.
pub(super) fn built_entry(key: &str, expr: Expr) -> Entry {
    match expr {
        Expr::Null => Entry::new(key, Value::Scalar("null".to_owned())),
        Expr::Literal(text) => Entry::new(key, Value::Scalar(text)),
        Expr::Text(text) => Entry::text(key, &text),
        Expr::Object(members) if members.iter().all(|(key, _)| !key.ends_with(".$")) => {
            Entry::new(key, Value::Map(members.into_iter().map(|(key, value)| built_entry(&key, value)).collect()))
        }
        Expr::List(items) if items.iter().all(is_constant) => {
            Entry::new(key, Value::Scalar(Expr::List(items).to_string()))
        }
        other => Entry::expression(key, other),
    }
}

fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Null | Expr::Literal(_) | Expr::Text(_) => true,
        Expr::List(items) => items.iter().all(is_constant),
        _ => false,
    }
}

/// A Pass that only builds data.
fn shaping_state(name: &str, entries: Vec<Entry>, next: &str) -> Item {
    Item::new(Value::Map(vec![
        type_entry(StateType::Pass),
        Entry::text(new_key(Shape::State, Slot::Name), name),
        Entry::new(new_key(Shape::State, Slot::Output), Value::Map(entries)),
        Entry::text(new_key(Shape::State, Slot::Next), next),
    ]))
}
