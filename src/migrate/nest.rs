//! The steps that hold other steps.

use super::data::{Frame, Input, Local};
use super::expression::{Data, Expr};
use super::scope::{Home, Next, Site};
use super::step::Draft;
use super::write::{Entry, Item, Value, scalar};
use super::{Migrator, reads};
use crate::flow::{Choice, Map, Parallel, State};

/// A Parallel has no more (<https://help.aliyun.com/en/document_detail/2412619.html>).
pub(super) const MOST_BRANCHES: usize = 50;

impl<'f, 'a> Migrator<'f, 'a> {
    pub(super) fn choice(
        &mut self,
        draft: &mut Draft<'_, 'f, 'a>,
        choice: &'f Choice<'a>,
        exit: &Next,
        home: &mut Home,
    ) {
        let (frame, state) = (draft.frame, draft.state);
        let conditions = || choice.options.iter().filter_map(|option| option.condition);
        let plain = |this: &mut Self| conditions().all(|text| this.own_expression(frame, state, text, None).is_some());
        // Mappings that several ways need are written once.
        let mut bodies = choice.options.iter().chain(&choice.default).filter_map(|way| way.body);
        let shared = state.input.is_some()
            && bodies.any(|body| self.facts.get(body.0 as usize).is_some_and(|facts| !facts.inert()));
        if shared || !self.dry_run(plain) {
            draft.own = Some(Data::Own);
        }
        let site = Site { frame, state, own: draft.own, exit };
        self.head(draft, "Choice");
        let mut branches = Vec::new();
        for (index, option) in choice.options.iter().enumerate() {
            let lead = self.comments.lead(option.node.span().start);
            let mut entries = Vec::new();
            if let Some(condition) = option.condition {
                if condition.value.contains("!=") && !condition.opaque {
                    let message = "where the value is missing, `!=` does not hold in the old dialect; whether it does in \
                                   the new one is not documented";
                    self.review(condition.span, message);
                }
                let said = self.own_expression(frame, state, condition, draft.own);
                let said = said.map(|expression| expression.to_string()).unwrap_or_default();
                // An unchanged condition keeps its quotes.
                let value = if said == condition.value { self.scalar(condition.node) } else { scalar(&said) };
                entries.push(self.dressed(Entry::new("Condition", Value::Scalar(value)), option.node, "condition"));
            }
            let label = ["option", &(index + 1).to_string()].concat();
            let steps = self.key_comments(option.node, "steps");
            let next = self.way(&site, option, &label, home);
            let next = self.dressed(Entry::text("Next", &next).with(steps), option.node, "goto");
            entries.push(next);
            branches.push(Item { lead, value: Value::Map(entries), trail: None });
        }
        let entry = self.dressed_collection(Entry::new("Branches", Value::List(branches)), state.node, "choices");
        draft.entries.push(entry);
        let default = match &choice.default {
            Some(default) => {
                let comments = self.key_comments(state.node, "default");
                let steps = self.key_comments(default.node, "steps");
                let next = self.way(&site, default, "default", home);
                let entry = self.dressed(Entry::text("Default", &next), default.node, "goto");
                entry.with(comments).with(steps)
            }
            None if state.output.is_some() && frame.local => {
                let next = self.no_match(&site, home);
                Entry::text("Default", &next)
            }
            None => Entry::text("Default", &self.after_name(state, exit, home)),
        };
        draft.entries.push(default);
    }

    pub(super) fn parallel(
        &mut self,
        draft: &mut Draft<'_, 'f, 'a>,
        parallel: &'f Parallel,
        exit: &Next,
        home: &mut Home,
    ) {
        let (frame, state) = (draft.frame, draft.state);
        if parallel.branches.len() > MOST_BRANCHES {
            self.review(
                state.place(),
                "a Parallel has at most 50 branches: these stand in a Parallel of Parallels now",
            );
        }
        let reads = |this: &Self| {
            parallel.branches.iter().filter(|b| this.facts.get(b.0 as usize).is_some_and(|f| f.reads_input)).count()
        };
        if state.input.is_some() && reads(self) > 1 {
            draft.own = Some(Data::Own);
        }
        self.head(draft, "Parallel");
        let mut branches = Vec::new();
        for scope in &parallel.branches {
            let Some((reads_input, local)) =
                self.facts.get(scope.0 as usize).map(|facts| (facts.reads_input, facts.keeps_local()))
            else {
                continue;
            };
            let node = self.flow.scope(*scope).map_or(state.node, |scope| scope.node);
            let lead = self.comments.lead(node.span().start);
            let whole = state.input.is_none() && !frame.local && draft.own.is_none();
            let (input, begin) = match reads_input {
                false => (Input::Unread, None),
                true if whole && frame.input == Input::Execution => (Input::Execution, None),
                true => {
                    let own = self.own_whole(frame, state, draft.own);
                    (Input::Travels, Some(Entry::new("input", own)))
                }
            };
            let inner = Frame { scope: *scope, input, local, fresh: false, outer: false, at: None };
            let result = self.result(*scope);
            let built = self.home(&inner, begin, result);
            let states = self.dressed_collection(Entry::new("States", Value::List(built.states)), node, "steps");
            let entries = vec![Entry::text("StartAt", &built.start), states];
            branches.push(Item { lead, value: Value::Map(entries), trail: None });
        }
        let count = branches.len();
        if count > MOST_BRANCHES {
            branches = self.groups(state, branches);
        }
        let entry = Entry::new("Branches", Value::List(branches));
        let entry = self.dressed_collection(entry, state.node, "branches");
        draft.entries.push(entry);
        self.hand_on(draft, exit, &Local::Branches(count), true);
        self.go_on(draft, exit, home);
    }

    /// Branches in groups, each a Parallel in a branch of its own.
    fn groups(&mut self, state: &State<'a>, branches: Vec<Item>) -> Vec<Item> {
        let mut groups = Vec::new();
        let mut rest = branches.into_iter().peekable();
        while rest.peek().is_some() {
            let group: Vec<Item> = rest.by_ref().take(MOST_BRANCHES).collect();
            let name = self.made_name(&[&self.name_of(state.id), "-group"].concat());
            let inner = vec![
                Entry::text("Type", "Parallel"),
                Entry::text("Name", &name),
                Entry::new("Branches", Value::List(group)),
                Entry::new("End", Value::Scalar("true".to_owned())),
            ];
            let states = Value::List(vec![Item::new(Value::Map(inner))]);
            let entries = vec![Entry::text("StartAt", &name), Entry::new("States", states)];
            groups.push(Item::new(Value::Map(entries)));
        }
        groups
    }

    pub(super) fn map(&mut self, draft: &mut Draft<'_, 'f, 'a>, map: &'f Map<'a>, exit: &Next, home: &mut Home) {
        let (frame, state) = (draft.frame, draft.state);
        let path = map.items.get().map(|items| self.own_or_keep(draft, items).to_string()).unwrap_or_default();
        self.head(draft, "Map");
        let Some(body) = map.body else { return };
        let Some((reads_input, local)) =
            self.facts.get(body.0 as usize).map(|facts| (facts.reads_input, facts.keeps_local()))
        else {
            return;
        };
        if let (Some(index), true) = (map.index, reads_input) {
            let message = ["a Map does not number its items: `", index.value, "` has no equal, it is left out"];
            self.no_equal(index.span, message.concat());
        }
        self.review(state.place(), "a Map runs 40 iterations at once at most, a foreach 100");
        let iteration = state.node.get("iterationMapping").unwrap_or(state.node);
        let items = self.dressed(Entry::text("ItemsPath", &path), iteration, "collection");
        let items = self.dressed_collection(items, state.node, "iterationMapping");
        let rest = self.rest(iteration);
        draft.entries.push(items.lead(rest));
        let begin = reads_input.then(|| self.iteration_input(frame, state, map));
        let input = if reads_input { Input::Travels } else { Input::Unread };
        let inner = Frame { scope: body, input, local, fresh: false, outer: false, at: None };
        let result = self.result(body);
        let built = self.home(&inner, begin, result);
        let states = self.dressed_collection(Entry::new("States", Value::List(built.states)), state.node, "steps");
        let processor = vec![Entry::text("StartAt", &built.start), states];
        draft.entries.push(Entry::new("Processor", Value::Map(processor)));
        self.hand_on(draft, exit, &Local::Items, true);
        self.go_on(draft, exit, home);
    }

    /// The entry that makes the input of an iteration: the item, and what stands around it.
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

    /// The state before a Map that keeps for its iterations what stands around them.
    pub(super) fn published(&mut self, frame: &Frame, state: &'f State<'a>) -> Option<Item> {
        let published = self.publish.get(&state.id)?.clone();
        if self.repeats(state.scope) {
            let message = "what the steps of this foreach read from around it is kept in `$Global`, which the iterations \
                           of the foreach around it share: they overwrite each other's";
            self.no_equal(state.place(), message);
        }
        let own = self.own_whole(frame, state, None);
        let global = Entry::new(&published.global, own);
        Some(Item::new(Value::Map(vec![
            Entry::text("Type", "Pass"),
            Entry::text("Name", &published.entry),
            Entry::new("GlobalConstructor", Value::Map(vec![global])),
            Entry::text("Next", &self.name_of(state.id)),
        ])))
    }
}
