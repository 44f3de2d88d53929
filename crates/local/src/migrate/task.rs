//! Converts a task.

use super::route::{Cause, Route};
use super::source::{own_reference, own_references};
use super::uses::Service;
use super::write::{Entry, Item, Value};
use super::{Migrator, new_key, old_key};
use cloudflow_base::diagnostic::fill;
use cloudflow_base::limits::TASK_TIMEOUT_SECONDS;
use cloudflow_base::small::to_decimal;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Catch, Dialect, NumberValue, Retry, State, Task, TaskMode};
use cloudflow_language::yaml::{Kind, Node};

impl<'f, 'a> Migrator<'f, 'a> {
    pub(super) fn task(&mut self, state: &State<'a>, task: &Task<'a>, routes: &[Route<'a>], entries: &mut Vec<Entry>) {
        let service = Service::of(task);
        self.head(state, StateType::Task, entries);
        let action = self.action(task, state, service);
        entries.push(action);
        if let Some(mode) = task.mode {
            let entry = match mode.value {
                Some(value) => self.scalar_entry(
                    Entry::text(new_key(Shape::State, Slot::Mode), value.word(Dialect::StateMachine)),
                    state.node,
                    old_key(Shape::State, Slot::Mode),
                ),
                None => {
                    self.review(
                        mode.text.span,
                        "the mode is filled in by a template: the new dialect has other words for it",
                    );
                    self.copied_entry(
                        new_key(Shape::State, Slot::Mode),
                        mode.text.node,
                        state.node,
                        old_key(Shape::State, Slot::Mode),
                    )
                }
            };
            entries.push(entry);
        }
        let parameters = self.parameters(state, task, service);
        if !parameters.is_empty() {
            let entry = Entry::new(new_key(Shape::State, Slot::Params), Value::Map(parameters));
            let entry = self.collection_entry(entry, state.node, old_key(Shape::State, Slot::Params));
            entries.push(entry);
        }
        if let Some(timeout) = task.timeout {
            let entry = match timeout.value {
                NumberValue::Int(value) if value > TASK_TIMEOUT_SECONDS => {
                    let message = "the maximum timeout of a Task is {} seconds: it is written instead of {}";
                    let most = to_decimal(TASK_TIMEOUT_SECONDS);
                    self.no_equal(timeout.span, fill(message, &[&most, &to_decimal(value)]));
                    let entry = Entry::new(new_key(Shape::State, Slot::Timeout), Value::Scalar(most));
                    self.scalar_entry(entry, state.node, old_key(Shape::State, Slot::Timeout))
                }
                _ => self.copied_entry(
                    new_key(Shape::State, Slot::Timeout),
                    timeout.node,
                    state.node,
                    old_key(Shape::State, Slot::Timeout),
                ),
            };
            entries.push(entry);
        }
        if !state.retry.is_empty() {
            self.count_of_retries(&state.retry);
            let rules = state.retry.iter().enumerate().map(|(at, rule)| self.retry(rule, at)).collect();
            let entry = self.collection_entry(
                Entry::new(new_key(Shape::State, Slot::Retry), Value::List(rules)),
                state.node,
                old_key(Shape::State, Slot::Retry),
            );
            entries.push(entry);
        }
        let rules: Vec<Item> = state
            .catch_rules()
            .iter()
            .enumerate()
            .filter_map(|(at, rule)| {
                let route = routes.iter().find(|route| route.cause == Cause::Catch(at))?;
                Some(self.catch(state, rule, at, route))
            })
            .collect();
        if !rules.is_empty() {
            let entry = self.collection_entry(
                Entry::new(new_key(Shape::State, Slot::Catch), Value::List(rules)),
                state.node,
                old_key(Shape::State, Slot::Catch),
            );
            entries.push(entry);
        }
        let reported = task.mode.is_some_and(|mode| mode.value == Some(TaskMode::CustomCallback));
        if service == Service::Messages && !reported && state.output.is_some() {
            let message = "the response of the message service is not documented for the new dialect: \
                check that it has the same keys";
            self.review(state.place(), message);
        }
        self.leave(state, routes, entries);
    }

    /// The entry of `Action`.
    fn action(&mut self, task: &Task<'a>, state: &State<'a>, service: Service) -> Entry {
        if let (Service::Api, Some(action)) = (service, task.action.get()) {
            self.review(
                action.span,
                "the names of this service and its parameters are not documented for the new dialect: test them",
            );
            return self.copied_entry(new_key(Shape::State, Slot::Action), action.node, state.node, "action");
        }
        if let (Service::Function, Some(resource)) = (service, task.resource.get()) {
            let name = resource.value;
            if !name.starts_with("acs:fc:") {
                self.review(resource.span, "the resource is filled in by a template: a call of a function is written");
            } else if !self.qualifier_reported {
                let function = name.split("services/").nth(1).and_then(|rest| rest.split('/').next());
                if function.is_some_and(|service| !service.contains('.')) {
                    self.qualifier_reported = true;
                    let message = "the new dialect documents functions with a version or alias, `services/{service}.LATEST/functions/…`: \
                                   check that the service finds this name";
                    self.review(resource.span, message);
                }
            }
        }
        let action = match service {
            Service::Flow => "FNF:StartExecution",
            Service::Messages => "MNS:SendMessage",
            Service::Function | Service::Api => "FC:InvokeFunction",
        };
        Entry::text(new_key(Shape::State, Slot::Action), action)
    }

    fn parameters(&mut self, state: &State<'a>, task: &Task<'a>, service: Service) -> Vec<Entry> {
        let given = |key: &str| task.params.get().and_then(|params| params.get(key));
        let mut entries = Vec::new();
        if let Some(resource) = task.resource.get() {
            entries.push(self.copied_entry(
                "resourceArn",
                resource.node,
                state.node,
                old_key(Shape::State, Slot::Resource),
            ));
        }
        // The old and new names of parameters. Other names are kept.
        let names: &[(&str, &str)] = match service {
            Service::Function => &[("InvocationType", "invocationType")],
            Service::Flow => &[("Input", "input"), ("ExecutionName", "executionName")],
            Service::Messages => &[
                ("MessageBody", "message"),
                ("Priority", "priority"),
                ("DelaySeconds", "delaySeconds"),
                ("MessageTag", "messageTag"),
                ("MessageAttributes", "messageAttributes"),
            ],
            Service::Api => &[],
        };
        if service == Service::Function && given("InvocationType").is_none() {
            let kind = if task.mode.is_some_and(|mode| mode.value != Some(TaskMode::RequestComplete)) {
                "Async"
            } else {
                "Sync"
            };
            entries.push(Entry::text("invocationType", kind));
        }
        for (key, value) in task.params.get().into_iter().flat_map(Node::entries) {
            let name = key.text().unwrap_or_default();
            let known = names.iter().find(|(old, _)| *old == name).map(|(_, new)| *new);
            if known.is_none() && service != Service::Api {
                self.review(
                    key.span(),
                    fill("the new dialect has no known equivalent for the parameter `{}`: it is kept", &[name]),
                );
            }
            let lead = self.comments.lead(key.span().start);
            let entry = self.parameter(state, known.unwrap_or(name), value);
            let place = if value.kind() == Kind::Scalar { value } else { key };
            let trail = self.comments.trail(place.span().start);
            entries.push(entry.lead(lead).trail(trail));
        }
        if let Some(key) = service.payload(task) {
            let entry = self.own_entry(key, state, false);
            let kept = self.layout.plan.kept_own(state.id).is_some();
            let entry =
                if kept { entry } else { self.collection_entry(entry, state.node, old_key(Shape::State, Slot::Input)) };
            entries.push(entry);
        }
        if service == Service::Flow && given("ExecutionName").is_none() {
            let message =
                "the old dialect gives the execution a random name: check the new dialect, or set `executionName`";
            self.review(state.place(), message);
        }
        entries
    }

    /// Converts a parameter. A text that begins with `$` refers to the step's own input.
    // Recursion is bounded by the depth limit of the YAML reader.
    fn parameter(&mut self, state: &State<'a>, name: &str, value: Node<'a>) -> Entry {
        if value.kind() == Kind::Mapping && !own_references(value).is_empty() && self.spend() {
            let entries = value.entries().map(|(key, inner)| {
                let lead = self.comments.lead(key.span().start);
                let entry = self.parameter(state, key.text().unwrap_or_default(), inner);
                let trail = self.comments.trail(key.span().start);
                entry.lead(lead).trail(trail)
            });
            let entries = entries.collect();
            return Entry::new(name, Value::Map(entries));
        }
        match own_reference(value) {
            Some("") => self.own_entry(name, state, false),
            Some(rest) => {
                let kept = self.layout.plan.kept_own(state.id);
                let found = self.layout.plan.symbols.own_path(state, rest, kept.as_ref());
                let view = self.layout.view(state.id);
                self.entry(name, &found, &view)
            }
            None => Entry::new(name, self.constant(value)),
        }
    }

    fn catch(&mut self, state: &State<'a>, rule: &Catch<'a>, at: usize, route: &Route<'a>) -> Item {
        let lead = self.comments.lead(rule.node.span().start);
        let mut entries = vec![
            self.errors(rule.node),
            Entry::text(new_key(Shape::Retry, Slot::Description), &["catch rule ", &(at + 1).to_string()].concat()),
        ];
        let view = self.layout.view(state.id);
        if let Some(output) = self.output_of(state, route, &view) {
            entries.push(Entry::new(new_key(Shape::State, Slot::Output), Value::Map(output)));
        }
        let target =
            rule.target.and_then(|target| target.state).map(|target| self.entry_of(target)).unwrap_or_default();
        entries.push(self.scalar_entry(
            Entry::text(new_key(Shape::Catch, Slot::Next), &target),
            rule.node,
            old_key(Shape::Catch, Slot::Next),
        ));
        let rest = self.rest(rule.node);
        Item { lead: [lead, rest].concat(), value: Value::Map(entries), trail: None }
    }

    /// Reports several retry rules: the old dialect counts the retries of each rule.
    fn count_of_retries(&mut self, rules: &[Retry<'a>]) {
        let Some(second) = rules.get(1) else { return };
        let message = "the old dialect counts the retries of each rule, the new one the retries of the state: \
                       with several rules, the number of retries and the pauses can differ";
        let place = second.errors.first().map_or(second.node.span(), |error| error.span);
        self.review(place, message);
    }
}
