//! Converts a task.

use super::data::{Local, Source};
use super::expression::Data;
use super::reads::{self, Root};
use super::scope::{ListBuilder, Next};
use super::step::StateBuilder;
use super::write::{Entry, Item, Value};
use super::{Migrator, new_key, old_key};
use cloudflow_base::diagnostic::fill;
use cloudflow_base::limits::TASK_TIMEOUT_SECONDS;
use cloudflow_base::small::to_decimal;
use cloudflow_language::flow::dialect::{Shape, Slot, StateType};
use cloudflow_language::flow::{Catch, Dialect, NumberValue, Retry, State, Task, TaskMode};
use cloudflow_language::yaml::{Kind, Node, Resolved};

/// The service that a task calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Function,
    Flow,
    Messages,
    /// A service that is called by an action.
    Api,
}

impl<'f, 'a> Migrator<'f, 'a> {
    pub(super) fn task(
        &mut self,
        builder: &mut StateBuilder<'_, 'f, 'a>,
        task: &Task<'a>,
        exit: &Next,
        list: &mut ListBuilder,
    ) {
        let state = builder.state;
        let (service, action) = self.service(task, state);
        // A dry run finds out whether the parameters need the whole input.
        if builder.own.is_none()
            && let Some(params) = task.params.get()
            && self.dry_run(|this| this.parameters_need_own(builder, params))
        {
            builder.own = Some(Data::Own);
        }
        // The parameters and the payload of a function both use the mappings: they are written once.
        if service == Service::Function && state.input.is_some() && task.params.get().is_some_and(reads::refers) {
            builder.own = Some(Data::Own);
        }
        self.head(builder, StateType::Task);
        builder.entries.push(action);
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
            builder.entries.push(entry);
        }
        let parameters = self.parameters(builder, task, service);
        if !parameters.is_empty() {
            let entry = Entry::new(new_key(Shape::State, Slot::Params), Value::Map(parameters));
            let entry = self.collection_entry(entry, state.node, old_key(Shape::State, Slot::Params));
            builder.entries.push(entry);
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
            builder.entries.push(entry);
        }
        if !state.retry.is_empty() {
            self.overlaps(&state.retry);
            let rules = state.retry.iter().enumerate().map(|(at, rule)| self.retry(rule, at)).collect();
            let entry = self.collection_entry(
                Entry::new(new_key(Shape::State, Slot::Retry), Value::List(rules)),
                state.node,
                old_key(Shape::State, Slot::Retry),
            );
            builder.entries.push(entry);
        }
        if !state.catch_rules().is_empty() {
            let rules =
                state.catch_rules().iter().enumerate().map(|(at, rule)| self.catch(builder, rule, at)).collect();
            let entry = self.collection_entry(
                Entry::new(new_key(Shape::State, Slot::Catch), Value::List(rules)),
                state.node,
                old_key(Shape::State, Slot::Catch),
            );
            builder.entries.push(entry);
        }
        let reported = task.mode.is_some_and(|mode| mode.value == Some(TaskMode::CustomCallback));
        let result = if service == Service::Function && !reported { Data::OutputBody } else { Data::Output };
        if service == Service::Messages && !reported && state.output.is_some() {
            let message = "the response of the message service is not documented for the new dialect: \
                check that it has the same keys";
            self.review(state.place(), message);
        }
        self.pass_data(builder, exit, &Local::Value(result), true);
        self.add_transition(builder, exit, list);
    }

    /// The service, and the entry of `Action`.
    fn service(&mut self, task: &Task<'a>, state: &State<'a>) -> (Service, Entry) {
        if let Some(action) = task.action.get().filter(|_| task.resource.get().is_none()) {
            self.review(
                action.span,
                "the names of this service and its parameters are not documented for the new dialect: test them",
            );
            return (
                Service::Api,
                self.copied_entry(new_key(Shape::State, Slot::Action), action.node, state.node, "action"),
            );
        }
        let Some(resource) = task.resource.get() else {
            return (Service::Function, Entry::text(new_key(Shape::State, Slot::Action), "FC:InvokeFunction"));
        };
        let name = resource.value;
        let service = if name.starts_with("acs:fnf:") {
            Service::Flow
        } else if name.starts_with("acs:mns:") {
            Service::Messages
        } else {
            Service::Function
        };
        if service == Service::Function && !name.starts_with("acs:fc:") {
            self.review(resource.span, "the resource is filled in by a template: a call of a function is written");
        } else if service == Service::Function && !self.qualifier_reported {
            let function = name.split("services/").nth(1).and_then(|rest| rest.split('/').next());
            if function.is_some_and(|service| !service.contains('.')) {
                self.qualifier_reported = true;
                let message = "the new dialect documents functions with a version or alias, `services/{service}.LATEST/functions/…`: \
                               check that the service finds this name";
                self.review(resource.span, message);
            }
        }
        let action = match service {
            Service::Flow => "FNF:StartExecution",
            Service::Messages => "MNS:SendMessage",
            Service::Function | Service::Api => "FC:InvokeFunction",
        };
        (service, Entry::text(new_key(Shape::State, Slot::Action), action))
    }

    fn parameters(&mut self, builder: &mut StateBuilder<'_, 'f, 'a>, task: &Task<'a>, service: Service) -> Vec<Entry> {
        let state = builder.state;
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
            let entry = self.parameter(builder, known.unwrap_or(name), value);
            let place = if value.kind() == Kind::Scalar { value } else { key };
            let trail = self.comments.trail(place.span().start);
            entries.push(entry.lead(lead).trail(trail));
        }
        let payload = match service {
            Service::Function => Some("body"),
            Service::Flow if given("Input").is_none() => Some("input"),
            _ => None,
        };
        if let Some(key) = payload {
            let own = self.own_whole(builder.frame, state, builder.own);
            let entry = Entry::new(key, own);
            let entry = if builder.own.is_none() {
                self.collection_entry(entry, state.node, old_key(Shape::State, Slot::Input))
            } else {
                entry
            };
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
    fn parameter(&mut self, builder: &StateBuilder<'_, 'f, 'a>, name: &str, value: Node<'a>) -> Entry {
        if value.kind() == Kind::Mapping && reads::refers(value) && self.spend() {
            let entries = value.entries().map(|(key, inner)| {
                let lead = self.comments.lead(key.span().start);
                let entry = self.parameter(builder, key.text().unwrap_or_default(), inner);
                let trail = self.comments.trail(key.span().start);
                entry.lead(lead).trail(trail)
            });
            let entries = entries.collect();
            return Entry::new(name, Value::Map(entries));
        }
        match own_reference(value) {
            Some("") if builder.own.is_none() => {
                let own = self.own_whole(builder.frame, builder.state, None);
                Entry::new(name, own)
            }
            Some(rest) => match self.own_source(builder.frame, builder.state, rest, builder.own) {
                Source::Expression(expression) => Entry::expression(name, expression),
                _ => Entry::new(name, Value::Scalar("null".to_owned())),
            },
            None => Entry::new(name, self.constant(value)),
        }
    }

    fn parameters_need_own(&mut self, builder: &StateBuilder<'_, 'f, 'a>, params: Node<'a>) -> bool {
        let mut todo = vec![params];
        while let Some(node) = todo.pop() {
            todo.extend(node.entries().map(|(_, value)| value));
            if let Some(rest) = own_reference(node)
                && !rest.is_empty()
                && !matches!(self.own_source(builder.frame, builder.state, rest, None), Source::Expression(_))
            {
                return true;
            }
        }
        false
    }

    fn catch(&mut self, builder: &StateBuilder<'_, 'f, 'a>, rule: &Catch<'a>, at: usize) -> Item {
        let (frame, state) = (builder.frame, builder.state);
        let lead = self.comments.lead(rule.node.span().start);
        let mut entries = vec![
            self.errors(rule.node),
            Entry::text(new_key(Shape::Retry, Slot::Description), &["catch rule ", &(at + 1).to_string()].concat()),
        ];
        if frame.passes_data() {
            let mut data = frame.pass_on(Data::Input);
            if frame.local || frame.fresh {
                let shaping = state.error.as_ref();
                let local = if shaping.is_some() { Local::Error } else { Local::Empty };
                data.push(self.local_entry(Data::Local, frame, state, shaping, &local, builder.own));
            }
            entries.push(Entry::new(new_key(Shape::State, Slot::Output), Value::Map(data)));
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

    /// Reports rules for the same error, which the old dialect uses in turn.
    fn overlaps(&mut self, rules: &[Retry<'a>]) {
        let mut seen = std::collections::HashSet::new();
        for rule in rules {
            for error in &rule.errors {
                if seen.contains("FnF.ALL")
                    || (error.value == "FnF.ALL" && !seen.is_empty())
                    || seen.contains(error.value)
                {
                    let message = "two rules match the same error: the old dialect may continue with the second rule after the \
                                   first, the new dialect does not";
                    self.review(error.span, message);
                    return;
                }
            }
            seen.extend(rule.errors.iter().map(|error| error.value));
        }
    }
}

/// The path of a parameter that refers to the step's own input.
fn own_reference(node: Node<'_>) -> Option<&str> {
    if let Some(Resolved::Text("$")) = node.resolve() {
        return Some("");
    }
    reads::reference(node).filter(|(root, _)| matches!(root, Root::Own | Root::Input)).map(|(_, rest)| rest)
}

/// The values below parameters that are paths into the step's own input.
pub(super) fn own_references(params: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut todo = vec![params];
    while let Some(node) = todo.pop() {
        todo.extend(node.entries().map(|(_, value)| value));
        if own_reference(node).is_some_and(|rest| !rest.is_empty() && !rest.contains("[*]")) {
            found.push(node);
        }
    }
    found
}
