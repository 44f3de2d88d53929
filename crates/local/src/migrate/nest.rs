//! Steps that contain other steps.

use cloudflow_base::diagnostic::fill;
use cloudflow_base::limits::PARALLEL_BRANCHES;
use cloudflow_base::small::to_decimal;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Choice, Dialect, Map, Parallel, State, StateId};

use super::layout::View;
use super::list::ListBuilder;
use super::presence::body;
use super::route::{Cause, Route};
use super::symbol::{Val, replace};
use super::write::{Entry, Item, Value, scalar};
use super::{Migrator, new_key, old_key, type_entry};

impl<'f, 'a> Migrator<'f, 'a> {
    pub(super) fn choice(
        &mut self,
        state: &'f State<'a>,
        choice: &'f Choice<'a>,
        routes: &[Route<'a>],
        entries: &mut Vec<Entry>,
        list: &mut ListBuilder,
    ) {
        self.head(state, StateType::Choice, entries);
        let mut branches = Vec::new();
        let route = |cause: Cause| routes.iter().find(|route| route.cause == cause);
        for (index, option) in choice.options.iter().enumerate() {
            let lead = self.comments.lead(option.node.span().start);
            let mut branch = Vec::new();
            if let Some(condition) = option.condition {
                let said = self.condition(state, condition);
                // An unchanged condition keeps its quotes.
                let value = if said == condition.value { self.scalar(condition.node) } else { scalar(&said) };
                branch.push(self.scalar_entry(
                    Entry::new(new_key(Shape::Option, Slot::Condition), Value::Scalar(value)),
                    option.node,
                    old_key(Shape::Option, Slot::Condition),
                ));
            }
            let label = ["option", &(index + 1).to_string()].concat();
            let steps = self.key_comments(option.node, old_key(Shape::Option, Slot::States));
            let next = route(Cause::Option(index)).map(|route| self.way(state, route, &label, list));
            for step in body(self.flow, option).into_iter().flat_map(|body| self.flow.states_of(body)) {
                self.step(step, list);
            }
            branch.push(self.scalar_entry(
                Entry::text(new_key(Shape::Option, Slot::Next), &next.unwrap_or_default()).with(steps),
                option.node,
                old_key(Shape::Option, Slot::Next),
            ));
            branches.push(Item { lead, value: Value::Map(branch), trail: None });
        }
        let entry = self.collection_entry(
            Entry::new(new_key(Shape::State, Slot::Branches), Value::List(branches)),
            state.node,
            old_key(Shape::State, Slot::Branches),
        );
        entries.push(entry);
        let key = new_key(Shape::State, Slot::Default);
        let next = route(Cause::Default).map(|route| self.way(state, route, "default", list));
        let entry = Entry::text(key, &next.unwrap_or_default());
        entries.push(match &choice.default {
            Some(default) => {
                let comments = self.key_comments(state.node, old_key(Shape::State, Slot::Default));
                let steps = self.key_comments(default.node, old_key(Shape::Default, Slot::States));
                for step in body(self.flow, default).into_iter().flat_map(|body| self.flow.states_of(body)) {
                    self.step(step, list);
                }
                let entry = self.scalar_entry(entry, default.node, old_key(Shape::Default, Slot::Next));
                entry.with(comments).with(steps)
            }
            None => entry,
        });
    }

    pub(super) fn parallel(
        &mut self,
        state: &'f State<'a>,
        parallel: &'f Parallel,
        routes: &[Route<'a>],
        entries: &mut Vec<Entry>,
    ) {
        if parallel.branches.len() > PARALLEL_BRANCHES {
            let message = "a Parallel has at most {} branches: the branches are grouped into nested Parallels";
            self.review(state.place(), fill(message, &[&to_decimal(PARALLEL_BRANCHES)]));
        }
        self.head(state, StateType::Parallel, entries);
        let mut branches = Vec::new();
        for scope in &parallel.branches {
            let node = self.flow.scope(*scope).map_or(state.node, |scope| scope.node);
            let lead = self.comments.lead(node.span().start);
            let built = self.list(*scope);
            let states = self.collection_entry(
                Entry::new(new_key(Shape::Branch, Slot::States), Value::List(built.states)),
                node,
                old_key(Shape::Branch, Slot::States),
            );
            let branch = vec![Entry::text(new_key(Shape::Branch, Slot::StartAt), &built.start), states];
            branches.push(Item { lead, value: Value::Map(branch), trail: None });
        }
        if branches.len() > PARALLEL_BRANCHES {
            branches = self.groups(state, branches);
        }
        let entry = Entry::new(new_key(Shape::State, Slot::Branches), Value::List(branches));
        entries.push(self.collection_entry(entry, state.node, Dialect::Flow.branches_key()));
        self.leave(state, routes, entries);
    }

    /// Groups the branches. Each group is a Parallel in a branch of its own.
    fn groups(&mut self, state: &State<'a>, branches: Vec<Item>) -> Vec<Item> {
        let mut groups = Vec::new();
        let mut rest = branches.into_iter().peekable();
        while rest.peek().is_some() {
            let group: Vec<Item> = rest.by_ref().take(PARALLEL_BRANCHES).collect();
            let name = self.unique_name(&[&self.name_of(state.id), "-group"].concat());
            let inner = vec![
                type_entry(StateType::Parallel),
                Entry::text(new_key(Shape::State, Slot::Name), &name),
                Entry::new(new_key(Shape::State, Slot::Branches), Value::List(group)),
                Entry::new(new_key(Shape::State, Slot::End), Value::Scalar("true".to_owned())),
            ];
            let states = Value::List(vec![Item::new(Value::Map(inner))]);
            let entries = vec![
                Entry::text(new_key(Shape::Branch, Slot::StartAt), &name),
                Entry::new(new_key(Shape::Branch, Slot::States), states),
            ];
            groups.push(Item::new(Value::Map(entries)));
        }
        groups
    }

    pub(super) fn map(
        &mut self,
        state: &'f State<'a>,
        map: &'f Map<'a>,
        routes: &[Route<'a>],
        entries: &mut Vec<Entry>,
    ) {
        let path = map.items.get().map(|items| self.own_expression(state, items)).unwrap_or_default();
        self.head(state, StateType::Map, entries);
        let Some(body) = map.body else { return };
        self.review(state.place(), "a Map runs at most 40 iterations concurrently, a foreach 100");
        let iteration = state.node.get(old_key(Shape::State, Slot::Iteration)).unwrap_or(state.node);
        let items = self.scalar_entry(
            Entry::text(new_key(Shape::State, Slot::Items), &path),
            iteration,
            old_key(Shape::Iteration, Slot::Items),
        );
        let items = self.collection_entry(items, state.node, old_key(Shape::State, Slot::Iteration));
        let rest = self.rest(iteration);
        entries.push(items.lead(rest));
        let built = self.list(body);
        let states = self.collection_entry(
            Entry::new(new_key(Shape::Branch, Slot::States), Value::List(built.states)),
            state.node,
            old_key(Shape::State, Slot::States),
        );
        let processor = vec![Entry::text(new_key(Shape::Branch, Slot::StartAt), &built.start), states];
        entries.push(Entry::new(new_key(Shape::State, Slot::Processor), Value::Map(processor)));
        self.leave(state, routes, entries);
    }

    /// The state before a Map that writes the data around the Map to `$Global` for the iterations.
    pub(super) fn published(&mut self, state: &'f State<'a>) -> Option<Item> {
        let entry = self.entries.get(&state.id)?.clone();
        let view = self.layout.raw(state.id);
        let value = self.published_entry(state, &view, None)?;
        Some(Item::new(Value::Map(vec![
            type_entry(StateType::Pass),
            Entry::text(new_key(Shape::State, Slot::Name), &entry),
            Entry::new(new_key(Shape::State, Slot::Global), Value::Map(vec![value])),
            Entry::text(new_key(Shape::State, Slot::Next), &self.name_of(state.id)),
        ])))
    }

    /// The `GlobalConstructor` of a state before a Map that needs it, if the Map has no state of its own for it.
    pub(super) fn published_by(
        &mut self,
        state: &State<'a>,
        to: StateId,
        route: &Route<'a>,
        view: &View,
    ) -> Option<Entry> {
        if self.publishers.get(&to) != Some(&state.id) || self.layout.plan.published(to).is_empty() {
            return None;
        }
        let map = self.flow.state(to)?;
        let value = self.published_entry(map, view, Some(route))?;
        Some(Entry::new(new_key(Shape::State, Slot::Global), Value::Map(vec![value])))
    }

    /// The data around a Map in `$Global`. `route` is the transition that brings the local data.
    fn published_entry(&mut self, map: &State<'a>, view: &View, route: Option<&Route<'a>>) -> Option<Entry> {
        let global = self.layout.plan.symbols.globals.get(&map.id)?.clone();
        if self.repeats(map.scope) {
            let message = "the iterations of the outer foreach share `$Global`, which passes data to this foreach: they \
                           overwrite each other's data";
            self.no_equal(map.place(), message);
        }
        let mut members = Vec::new();
        for (key, value) in self.layout.plan.published(map.id) {
            let value = match route {
                Some(route) => Val::Expr(replace(&value.expr(), route.scope, &route.desc)),
                None => value,
            };
            match key {
                Some(key) => members.push(self.entry(&key, &value, view)),
                None => return Some(self.entry(&global, &value, view)),
            }
        }
        Some(Entry::new(&global, Value::Map(members)))
    }
}
