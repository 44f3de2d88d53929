//! Steps that contain other steps.

use super::data::{Frame, Input, Local};
use super::expression::{Data, Expr};
use super::scope::{ChoiceContext, ListBuilder, Next};
use super::step::StateBuilder;
use super::write::{Entry, Item, Value, scalar};
use super::{Migrator, new_key, old_key, reads, type_entry};
use cloudflow_base::diagnostic::fill;
use cloudflow_base::limits::PARALLEL_BRANCHES;
use cloudflow_base::small::to_decimal;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Choice, Dialect, Map, Parallel, State};

impl<'f, 'a> Migrator<'f, 'a> {
    pub(super) fn choice(
        &mut self,
        builder: &mut StateBuilder<'_, 'f, 'a>,
        choice: &'f Choice<'a>,
        exit: &Next,
        list: &mut ListBuilder,
    ) {
        let (frame, state) = (builder.frame, builder.state);
        let conditions = || choice.options.iter().filter_map(|option| option.condition);
        let plain = |this: &mut Self| conditions().all(|text| this.own_expression(frame, state, text, None).is_some());
        // Mappings that several options need are written once.
        let mut bodies = choice.options.iter().chain(&choice.default).filter_map(|way| way.body);
        let shared = state.input.is_some()
            && bodies.any(|body| self.facts.get(body.0 as usize).is_some_and(|facts| !facts.inert()));
        if shared || !self.dry_run(plain) {
            builder.own = Some(Data::Own);
        }
        let context = ChoiceContext { frame, state, own: builder.own, exit };
        self.head(builder, StateType::Choice);
        let mut branches = Vec::new();
        for (index, option) in choice.options.iter().enumerate() {
            let lead = self.comments.lead(option.node.span().start);
            let mut entries = Vec::new();
            if let Some(condition) = option.condition {
                if condition.value.contains("!=") && !condition.opaque {
                    let message = "`!=` is false for an absent value in the old dialect; this is not \
                        documented for the new \
                                   one";
                    self.review(condition.span, message);
                }
                let said = self.own_expression(frame, state, condition, builder.own);
                let said = said.map(|expression| expression.to_string()).unwrap_or_default();
                // An unchanged condition keeps its quotes.
                let value = if said == condition.value { self.scalar(condition.node) } else { scalar(&said) };
                entries.push(self.scalar_entry(
                    Entry::new(new_key(Shape::Option, Slot::Condition), Value::Scalar(value)),
                    option.node,
                    old_key(Shape::Option, Slot::Condition),
                ));
            }
            let label = ["option", &(index + 1).to_string()].concat();
            let steps = self.key_comments(option.node, old_key(Shape::Option, Slot::States));
            let next = self.way(&context, option, &label, list);
            let next = self.scalar_entry(
                Entry::text(new_key(Shape::Option, Slot::Next), &next).with(steps),
                option.node,
                old_key(Shape::Option, Slot::Next),
            );
            entries.push(next);
            branches.push(Item { lead, value: Value::Map(entries), trail: None });
        }
        let entry = self.collection_entry(
            Entry::new(new_key(Shape::State, Slot::Branches), Value::List(branches)),
            state.node,
            old_key(Shape::State, Slot::Branches),
        );
        builder.entries.push(entry);
        let default = match &choice.default {
            Some(default) => {
                let comments = self.key_comments(state.node, old_key(Shape::State, Slot::Default));
                let steps = self.key_comments(default.node, old_key(Shape::Default, Slot::States));
                let next = self.way(&context, default, "default", list);
                let entry = self.scalar_entry(
                    Entry::text(new_key(Shape::State, Slot::Default), &next),
                    default.node,
                    old_key(Shape::Default, Slot::Next),
                );
                entry.with(comments).with(steps)
            }
            None if state.output.is_some() && frame.local => {
                let next = self.no_match(&context, list);
                Entry::text(new_key(Shape::State, Slot::Default), &next)
            }
            None => Entry::text(new_key(Shape::State, Slot::Default), &self.after_name(state, exit, list)),
        };
        builder.entries.push(default);
    }

    pub(super) fn parallel(
        &mut self,
        builder: &mut StateBuilder<'_, 'f, 'a>,
        parallel: &'f Parallel,
        exit: &Next,
        list: &mut ListBuilder,
    ) {
        let (frame, state) = (builder.frame, builder.state);
        if parallel.branches.len() > PARALLEL_BRANCHES {
            let message = "a Parallel has at most {} branches: the branches are grouped into nested Parallels";
            self.review(state.place(), fill(message, &[&to_decimal(PARALLEL_BRANCHES)]));
        }
        let reads = |this: &Self| {
            parallel.branches.iter().filter(|b| this.facts.get(b.0 as usize).is_some_and(|f| f.reads_input)).count()
        };
        if state.input.is_some() && reads(self) > 1 {
            builder.own = Some(Data::Own);
        }
        self.head(builder, StateType::Parallel);
        let mut branches = Vec::new();
        for scope in &parallel.branches {
            let Some((reads_input, local)) =
                self.facts.get(scope.0 as usize).map(|facts| (facts.reads_input, facts.keeps_local()))
            else {
                continue;
            };
            let node = self.flow.scope(*scope).map_or(state.node, |scope| scope.node);
            let lead = self.comments.lead(node.span().start);
            let whole = state.input.is_none() && !frame.local && builder.own.is_none();
            let (input, begin) = match reads_input {
                false => (Input::Unread, None),
                true if whole && frame.input == Input::Execution => (Input::Execution, None),
                true => {
                    let own = self.own_whole(frame, state, builder.own);
                    (Input::Passed, Some(Entry::new("input", own)))
                }
            };
            let inner = Frame { scope: *scope, input, local, fresh: false, outer: false, at: None };
            let result = self.result(*scope);
            let built = self.state_list(&inner, begin, result);
            let states = self.collection_entry(
                Entry::new(new_key(Shape::Branch, Slot::States), Value::List(built.states)),
                node,
                old_key(Shape::Branch, Slot::States),
            );
            let entries = vec![Entry::text(new_key(Shape::Branch, Slot::StartAt), &built.start), states];
            branches.push(Item { lead, value: Value::Map(entries), trail: None });
        }
        let count = branches.len();
        if count > PARALLEL_BRANCHES {
            branches = self.groups(state, branches);
        }
        let entry = Entry::new(new_key(Shape::State, Slot::Branches), Value::List(branches));
        let entry = self.collection_entry(entry, state.node, Dialect::Flow.branches_key());
        builder.entries.push(entry);
        self.pass_data(builder, exit, &Local::Branches(count), true);
        self.add_transition(builder, exit, list);
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
        builder: &mut StateBuilder<'_, 'f, 'a>,
        map: &'f Map<'a>,
        exit: &Next,
        list: &mut ListBuilder,
    ) {
        let (frame, state) = (builder.frame, builder.state);
        let path = map.items.get().map(|items| self.own_or_keep(builder, items).to_string()).unwrap_or_default();
        self.head(builder, StateType::Map);
        let Some(body) = map.body else { return };
        let Some((reads_input, local)) =
            self.facts.get(body.0 as usize).map(|facts| (facts.reads_input, facts.keeps_local()))
        else {
            return;
        };
        if let (Some(index), true) = (map.index, reads_input) {
            let message = "a Map has no index: `{}` is removed";
            self.no_equal(index.span, fill(message, &[index.value]));
        }
        self.review(state.place(), "a Map runs at most 40 iterations concurrently, a foreach 100");
        let iteration = state.node.get(old_key(Shape::State, Slot::Iteration)).unwrap_or(state.node);
        let items = self.scalar_entry(
            Entry::text(new_key(Shape::State, Slot::Items), &path),
            iteration,
            old_key(Shape::Iteration, Slot::Items),
        );
        let items = self.collection_entry(items, state.node, old_key(Shape::State, Slot::Iteration));
        let rest = self.rest(iteration);
        builder.entries.push(items.lead(rest));
        let begin = reads_input.then(|| self.iteration_input(frame, state, map));
        let input = if reads_input { Input::Passed } else { Input::Unread };
        let inner = Frame { scope: body, input, local, fresh: false, outer: false, at: None };
        let result = self.result(body);
        let built = self.state_list(&inner, begin, result);
        let states = self.collection_entry(
            Entry::new(new_key(Shape::Branch, Slot::States), Value::List(built.states)),
            state.node,
            old_key(Shape::State, Slot::States),
        );
        let processor = vec![Entry::text(new_key(Shape::Branch, Slot::StartAt), &built.start), states];
        builder.entries.push(Entry::new(new_key(Shape::State, Slot::Processor), Value::Map(processor)));
        self.pass_data(builder, exit, &Local::Items, true);
        self.add_transition(builder, exit, list);
    }

    /// The entry for the input of an iteration: the item, and the data around the Map.
    fn iteration_input(&mut self, frame: &Frame, state: &'f State<'a>, map: &Map<'a>) -> Entry {
        let item = map.item.map_or("item", |item| item.value);
        let around = match self.publish.get(&state.id) {
            Some(published) => Expr::Global(published.global.clone()),
            None if reads::reads_only_item(&self.facts, map) => {
                return Entry::new("input", Value::Map(vec![Entry::expression(item, Data::Input)]));
            }
            None => frame.input(),
        };
        let item = Expr::Object(vec![(item.to_owned(), Data::Input.into())]);
        Entry::expression("input", Expr::merge(around, item))
    }

    /// The state before a Map that writes the data around the Map to `$Global` for the iterations.
    pub(super) fn published(&mut self, frame: &Frame, state: &'f State<'a>) -> Option<Item> {
        let published = self.publish.get(&state.id)?.clone();
        if self.repeats(state.scope) {
            let message = "the iterations of the outer foreach share `$Global`, which passes data to this foreach: they \
                           overwrite each other's data";
            self.no_equal(state.place(), message);
        }
        let own = self.own_whole(frame, state, None);
        let global = Entry::new(&published.global, own);
        Some(Item::new(Value::Map(vec![
            type_entry(StateType::Pass),
            Entry::text(new_key(Shape::State, Slot::Name), &published.entry),
            Entry::new(new_key(Shape::State, Slot::Global), Value::Map(vec![global])),
            Entry::text(new_key(Shape::State, Slot::Next), &self.name_of(state.id)),
        ])))
    }
}
