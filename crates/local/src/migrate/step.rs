//! Converts one step to one state.

use super::data::{Frame, Input, Local};
use super::expression::{Data, Expr};
use super::scope::{ListBuilder, Next};
use super::write::{Entry, Item, Value};
use super::{Migrator, new_key, old_key, type_entry};
use cloudflow_base::diagnostic::fill;
use cloudflow_base::limits::WAIT_SECONDS;
use cloudflow_base::small::to_decimal;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Fail, NumberValue, Retry, State, StateKind, TextValue, Wait};
use cloudflow_language::yaml::Node;

/// A state that is being built.
pub(super) struct StateBuilder<'s, 'f, 'a> {
    pub frame: &'s Frame,
    pub state: &'f State<'a>,
    /// The location of its own input, if it is kept.
    pub own: Option<Data>,
    pub entries: Vec<Entry>,
}

impl<'f, 'a> Migrator<'f, 'a> {
    /// Adds the state for a step.
    // Recursion into nested steps is bounded by the depth limit of the YAML reader.
    pub(super) fn step(&mut self, frame: &Frame, state: &'f State<'a>, exit: &Next, list: &mut ListBuilder) {
        let mut lead = self.comments.lead(state.node.span().start);
        if let Some(mut item) = self.published(frame, state) {
            item.lead = std::mem::take(&mut lead);
            list.states.push(item);
        }
        // The nested steps follow the step in the output, but are converted first, so that they take
        // their comments.
        let at = list.states.len();
        list.states.push(Item::new(Value::Map(Vec::new())));
        let own = self.needs_own(frame, state).then_some(Data::Own);
        let mut builder = StateBuilder { frame, state, own, entries: Vec::new() };
        match &state.kind {
            StateKind::Task(task) => self.task(&mut builder, task, exit, list),
            StateKind::Pass | StateKind::Succeed => self.pass(&mut builder, exit, list),
            StateKind::Wait(wait) => self.wait(&mut builder, wait, exit, list),
            StateKind::Fail(fail) => self.fail(&mut builder, fail),
            StateKind::Choice(choice) => self.choice(&mut builder, choice, exit, list),
            StateKind::Parallel(parallel) => self.parallel(&mut builder, parallel, exit, list),
            StateKind::Map(map) => self.map(&mut builder, map, exit, list),
            StateKind::Unknown => {
                let place = state.type_name.map_or(state.place(), |name| name.span);
                self.no_equal(place, "the type of the step is filled in by a template: a Pass is written");
                self.pass(&mut builder, exit, list);
            }
        }
        let entries = builder.entries;
        let rest = self.rest(state.node);
        if let Some(item) = list.states.get_mut(at) {
            item.lead.extend(lead);
            item.lead.extend(rest);
            item.value = Value::Map(entries);
        }
    }

    /// Adds `Type` and `Name` in the author's order, then the constructor that keeps the step's own
    /// input, if it is needed.
    pub(super) fn head(&mut self, builder: &mut StateBuilder<'_, 'f, 'a>, of: StateType) {
        let node = builder.state.node;
        let name = self.name_of(builder.state.id);
        let type_entry = self.scalar_entry(type_entry(of), node, old_key(Shape::State, Slot::Type));
        let same = builder.state.name.is_some_and(|own| own.value == name);
        let name_entry = match node.get(old_key(Shape::State, Slot::Name)).filter(|_| same) {
            Some(value) => {
                self.copied_entry(new_key(Shape::State, Slot::Name), value, node, old_key(Shape::State, Slot::Name))
            }
            None => self.scalar_entry(
                Entry::text(new_key(Shape::State, Slot::Name), &name),
                node,
                old_key(Shape::State, Slot::Name),
            ),
        };
        let position = |key: &str| node.entries().position(|(k, _)| k.text() == Some(key)).unwrap_or(usize::MAX);
        if position(old_key(Shape::State, Slot::Name)) < position(old_key(Shape::State, Slot::Type)) {
            builder.entries.extend([name_entry, type_entry]);
        } else {
            builder.entries.extend([type_entry, name_entry]);
        }
        if builder.own.is_some() {
            let kept = self.keep_own(builder.frame, builder.state);
            let entry = self.collection_entry(
                Entry::new(new_key(Shape::State, Slot::Input), kept),
                node,
                old_key(Shape::State, Slot::Input),
            );
            builder.entries.push(entry);
        }
    }

    /// Adds `OutputConstructor` if the state must pass more than its output.
    pub(super) fn pass_data(
        &mut self,
        builder: &mut StateBuilder<'_, 'f, 'a>,
        exit: &Next,
        local: &Local,
        replaces: bool,
    ) {
        let (frame, state) = (builder.frame, builder.state);
        // The output of such a list is not read.
        if matches!(exit, Next::End { .. }) && self.flow.after(state.id).is_none() {
            return;
        }
        let keeps = frame.local || frame.fresh;
        let changes = keeps && (state.output.is_some() || matches!(local, Local::Value(_)));
        if !frame.passes_data() || !(replaces || changes) {
            return;
        }
        let mut entries = frame.pass_on(Data::Input);
        if keeps {
            let shaping = state.output.as_ref();
            entries.push(self.local_entry(Data::Local, frame, state, shaping, local, builder.own));
        }
        let entry = Entry::new(new_key(Shape::State, Slot::Output), Value::Map(entries));
        let entry = self.collection_entry(entry, state.node, old_key(Shape::State, Slot::Output));
        builder.entries.push(entry);
    }

    /// Adds `Next` or `End`.
    pub(super) fn add_transition(
        &mut self,
        builder: &mut StateBuilder<'_, 'f, 'a>,
        exit: &Next,
        list: &mut ListBuilder,
    ) {
        // The passed data are the output of the list if they are only the local data.
        let frame = builder.frame;
        let passes_on = builder.entries.iter().any(|entry| entry.key == new_key(Shape::State, Slot::Output));
        let ends = self.flow.after(builder.state.id).is_none();
        let builds =
            |last: &super::scope::OutputState| matches!(exit, Next::To(name) if *name == last.name) && last.plain;
        let alone = (frame.local || frame.fresh) && frame.input != Input::Passed && !frame.outer;
        let done = passes_on && ends && alone && list.last.as_ref().is_some_and(builds);
        let after = if done { Next::End { empty: false } } else { self.after(builder.state, exit, list) };
        let entry = match after {
            Next::To(name) => Entry::text(new_key(Shape::State, Slot::Next), &name),
            Next::End { empty } => {
                let is_output = |entry: &Entry| entry.key == new_key(Shape::State, Slot::Output);
                if empty && !builder.entries.iter().any(is_output) {
                    builder.entries.push(Entry::new(new_key(Shape::State, Slot::Output), Value::Map(Vec::new())));
                }
                Entry::new(new_key(Shape::State, Slot::End), Value::Scalar("true".to_owned()))
            }
        };
        let entry = self.scalar_entry(entry, builder.state.node, old_key(Shape::State, Slot::End));
        builder.entries.push(entry);
    }

    /// Adds the output of the list if this step builds it. Returns whether it does.
    fn builds_output(&mut self, builder: &mut StateBuilder<'_, 'f, 'a>, list: &mut ListBuilder, ends: bool) -> bool {
        let Some(last) = list.last.as_mut().filter(|last| last.step == Some(builder.state.id)) else {
            return false;
        };
        let output = last.output.take().unwrap_or_default();
        builder.entries.push(Entry::new(new_key(Shape::State, Slot::Output), Value::Map(output)));
        if ends {
            let entry = Entry::new(new_key(Shape::State, Slot::End), Value::Scalar("true".to_owned()));
            let entry = self.scalar_entry(entry, builder.state.node, old_key(Shape::State, Slot::End));
            builder.entries.push(entry);
        }
        true
    }

    fn pass(&mut self, builder: &mut StateBuilder<'_, 'f, 'a>, exit: &Next, list: &mut ListBuilder) {
        let state = builder.state;
        let is_last = list.last.as_ref().is_some_and(|last| last.step == Some(state.id));
        let maps = state.output.is_some() && (builder.frame.local || builder.frame.fresh);
        // A Succeed has no transition.
        let ends = matches!(exit, Next::End { .. }) || is_last;
        let succeeds = matches!(state.kind, StateKind::Succeed) && ends && !maps;
        if let (Some(shaping), None) = (&state.input, &state.output) {
            self.review(shaping.node().span(), "these mappings are removed: they have no effect");
        }
        self.head(builder, if succeeds { StateType::Succeed } else { StateType::Pass });
        if self.builds_output(builder, list, !succeeds) {
            return;
        }
        self.pass_data(builder, exit, &Local::Empty, false);
        if succeeds {
            if matches!(exit, Next::End { empty: true }) {
                builder.entries.push(Entry::new(new_key(Shape::State, Slot::Output), Value::Map(Vec::new())));
            }
        } else {
            self.add_transition(builder, exit, list);
        }
    }

    fn wait(&mut self, builder: &mut StateBuilder<'_, 'f, 'a>, wait: &Wait<'a>, exit: &Next, list: &mut ListBuilder) {
        let node = builder.state.node;
        let mut seconds = None;
        if let Some(number) = wait.seconds.get() {
            match number.value {
                NumberValue::Int(0) => self.review(number.span, "the minimum of a Wait is 1 second: a Pass is written"),
                NumberValue::Int(value) if value > WAIT_SECONDS => {
                    let message = "the maximum of a Wait is {} seconds: {} is written instead of {}; \
                        use several waits or a task with a callback";
                    let most = to_decimal(WAIT_SECONDS);
                    self.no_equal(number.span, fill(message, &[&most, &most, &to_decimal(value)]));
                    seconds = Some(self.scalar_entry(
                        Entry::new(new_key(Shape::State, Slot::Seconds), Value::Scalar(most)),
                        node,
                        old_key(Shape::State, Slot::Seconds),
                    ));
                }
                NumberValue::Expression(text) => {
                    let path = self.own_or_keep(builder, text);
                    let message = "a Wait takes 1 to {} seconds: check that the value is in this range";
                    self.review(number.span, fill(message, &[&to_decimal(WAIT_SECONDS)]));
                    seconds = Some(self.scalar_entry(
                        Entry::expression(new_key(Shape::State, Slot::Seconds), path),
                        node,
                        old_key(Shape::State, Slot::Seconds),
                    ));
                }
                _ => {
                    seconds = Some(self.copied_entry(
                        new_key(Shape::State, Slot::Seconds),
                        number.node,
                        node,
                        old_key(Shape::State, Slot::Seconds),
                    ))
                }
            }
        } else if let Some(timestamp) = wait.timestamp.get() {
            let text = timestamp.text();
            let message = "a Wait has no timestamp: 1 second is written instead of `{}`; compute the seconds in a task";
            self.no_equal(text.span, fill(message, &[text.value]));
            seconds = Some(self.scalar_entry(
                Entry::new(new_key(Shape::State, Slot::Seconds), Value::Scalar("1".to_owned())),
                node,
                old_key(Shape::State, Slot::Timestamp),
            ));
        }
        self.head(builder, if seconds.is_some() { StateType::Wait } else { StateType::Pass });
        builder.entries.extend(seconds);
        if !self.builds_output(builder, list, true) {
            self.pass_data(builder, exit, &Local::Empty, false);
            self.add_transition(builder, exit, list);
        }
    }

    /// Converts an expression over the step's own input. Keeps the input if the expression needs it.
    pub(super) fn own_or_keep(
        &mut self,
        builder: &mut StateBuilder<'_, 'f, 'a>,
        text: cloudflow_language::flow::Text<'a>,
    ) -> Expr {
        if let Some(expression) = self.own_expression(builder.frame, builder.state, text, builder.own) {
            return expression;
        }
        builder.own = Some(Data::Own);
        self.own_expression(builder.frame, builder.state, text, builder.own).unwrap_or(Expr::Null)
    }

    fn fail(&mut self, builder: &mut StateBuilder<'_, 'f, 'a>, fail: &Fail<'a>) {
        let state = builder.state;
        for shaping in state.input.iter().chain(&state.output) {
            self.review(shaping.node().span(), "these mappings are removed: they have no effect");
        }
        builder.own = None;
        self.head(builder, StateType::Fail);
        let text = |value: TextValue<'a>| value.text();
        if let Some(error) = fail.error.map(text) {
            let code = self.copied_entry(
                new_key(Shape::State, Slot::Code),
                error.node,
                state.node,
                old_key(Shape::State, Slot::Code),
            );
            builder.entries.push(code);
        }
        let detail = match fail.cause.map(text) {
            Some(cause) => self.copied_entry(
                new_key(Shape::State, Slot::Detail),
                cause.node,
                state.node,
                old_key(Shape::State, Slot::Detail),
            ),
            None => {
                let name = fail.error.map_or_else(|| self.name_of(state.id), |error| text(error).value.to_owned());
                self.review(
                    state.place(),
                    "a Fail needs a `Detail`, but the step has no `cause`: its `error` or name is written",
                );
                Entry::text(new_key(Shape::State, Slot::Detail), &name)
            }
        };
        builder.entries.push(detail);
    }
}

/// The numbers of a retry rule: each with the default of the old dialect.
const RETRY_DEFAULTS: [(Slot, &str); 4] =
    [(Slot::MaxAttempts, "3"), (Slot::Interval, "1"), (Slot::Multiplier, "2"), (Slot::MaxInterval, "86400")];

impl<'a> Migrator<'_, 'a> {
    /// Converts a retry rule. Writes the defaults, because the new dialect has other defaults.
    pub(super) fn retry(&mut self, rule: &Retry<'a>, at: usize) -> Item {
        let lead = self.comments.lead(rule.node.span().start);
        let mut entries = vec![
            self.errors(rule.node),
            Entry::text(new_key(Shape::Retry, Slot::Description), &["retry rule ", &(at + 1).to_string()].concat()),
        ];
        for (slot, default) in RETRY_DEFAULTS {
            let (old, new) = (old_key(Shape::Retry, slot), new_key(Shape::Retry, slot));
            entries.push(match rule.node.get(old) {
                Some(value) => self.copied_entry(new, value, rule.node, old),
                None => Entry::new(new, Value::Scalar(default.to_owned())),
            });
        }
        let rest = self.rest(rule.node);
        Item { lead: [lead, rest].concat(), value: Value::Map(entries), trail: None }
    }

    /// The error names of a rule.
    pub(super) fn errors(&mut self, rule: Node<'a>) -> Entry {
        match rule.get(old_key(Shape::Retry, Slot::Errors)) {
            Some(errors) => self.copied_entry(
                new_key(Shape::Retry, Slot::Errors),
                errors,
                rule,
                old_key(Shape::Retry, Slot::Errors),
            ),
            None => Entry::new(new_key(Shape::Retry, Slot::Errors), Value::List(Vec::new())),
        }
    }
}
