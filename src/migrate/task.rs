//! What a task calls, and how.

use super::Migrator;
use super::data::{Local, Source};
use super::expression::Data;
use super::reads::{self, Root};
use super::scope::{Home, Next};
use super::step::Draft;
use super::write::{Entry, Item, Value};
use crate::flow::{Catch, Dialect, NumberValue, Retry, State, Task, TaskMode};
use crate::yaml::{Kind, Node, Resolved};

/// A task may take this long (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/task-task>).
const LONGEST_TASK: i64 = 604_800;

/// A service that the old dialect calls by a resource name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Function,
    Flow,
    Messages,
    /// Called by an action.
    Api,
}

impl<'f, 'a> Migrator<'f, 'a> {
    pub(super) fn task(&mut self, draft: &mut Draft<'_, 'f, 'a>, task: &Task<'a>, exit: &Next, home: &mut Home) {
        let state = draft.state;
        let (service, action) = self.service(task, state);
        // The parameters may need the whole input; trying tells.
        if draft.own.is_none()
            && let Some(params) = task.params.get()
            && self.dry_run(|this| this.parameters_need_own(draft, params))
        {
            draft.own = Some(Data::Own);
        }
        // A function's parameters beside its payload: the mappings are written once.
        if service == Service::Function && state.input.is_some() && task.params.get().is_some_and(reads::refers) {
            draft.own = Some(Data::Own);
        }
        self.head(draft, "Task");
        draft.entries.push(action);
        if let Some(mode) = task.mode {
            let entry = match mode.value {
                Some(value) => {
                    self.dressed(Entry::text("TaskMode", value.word(Dialect::StateMachine)), state.node, "pattern")
                }
                None => {
                    self.review(mode.text.span, "how the task waits is filled in later: the words are other ones now");
                    self.dressed_value("TaskMode", mode.text.node, state.node, "pattern")
                }
            };
            draft.entries.push(entry);
        }
        let parameters = self.parameters(draft, task, service);
        if !parameters.is_empty() {
            let entry = Entry::new("Parameters", Value::Map(parameters));
            let entry = self.dressed_collection(entry, state.node, "serviceParams");
            draft.entries.push(entry);
        }
        if let Some(timeout) = task.timeout {
            let entry = match timeout.value {
                NumberValue::Int(value) if value > LONGEST_TASK => {
                    let message = [
                        "a Task may take 604800 seconds at most, this one ",
                        &value.to_string(),
                        ": it may take 604800 now",
                    ];
                    self.no_equal(timeout.span, message.concat());
                    let entry = Entry::new("Timeout", Value::Scalar(LONGEST_TASK.to_string()));
                    self.dressed(entry, state.node, "timeoutSeconds")
                }
                _ => self.dressed_value("Timeout", timeout.node, state.node, "timeoutSeconds"),
            };
            draft.entries.push(entry);
        }
        if !state.retry.is_empty() {
            self.overlaps(&state.retry);
            let rules = state.retry.iter().enumerate().map(|(at, rule)| self.retry(rule, at)).collect();
            let entry = self.dressed_collection(Entry::new("Retry", Value::List(rules)), state.node, "retry");
            draft.entries.push(entry);
        }
        if !state.catch_rules().is_empty() {
            let rules = state.catch_rules().iter().enumerate().map(|(at, rule)| self.catch(draft, rule, at)).collect();
            let entry = self.dressed_collection(Entry::new("Catch", Value::List(rules)), state.node, "catch");
            draft.entries.push(entry);
        }
        let reported = task.mode.is_some_and(|mode| mode.value == Some(TaskMode::CustomCallback));
        let result = if service == Service::Function && !reported { Data::OutputBody } else { Data::Output };
        if service == Service::Messages && !reported && state.output.is_some() {
            let message = "what the message service answers is not documented for the new dialect: see that the names are the same";
            self.review(state.place(), message);
        }
        self.hand_on(draft, exit, &Local::Value(result), true);
        self.go_on(draft, exit, home);
    }

    /// The service, and the entry of `Action`.
    fn service(&mut self, task: &Task<'a>, state: &State<'a>) -> (Service, Entry) {
        if let Some(action) = task.action.get().filter(|_| task.resource.get().is_none()) {
            self.review(
                action.span,
                "how the new dialect spells this service and its parameters is not documented: try it",
            );
            return (Service::Api, self.dressed_value("Action", action.node, state.node, "action"));
        }
        let Some(resource) = task.resource.get() else {
            return (Service::Function, Entry::text("Action", "FC:InvokeFunction"));
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
            self.review(
                resource.span,
                "what is called cannot be told before the template is filled in: it is taken for a function",
            );
        } else if service == Service::Function && !self.qualifier_reported {
            let function = name.split("services/").nth(1).and_then(|rest| rest.split('/').next());
            if function.is_some_and(|service| !service.contains('.')) {
                self.qualifier_reported = true;
                let message = "the new dialect shows functions with a version or alias, `services/{service}.LATEST/functions/…`: \
                               see that this name is still found";
                self.review(resource.span, message);
            }
        }
        let action = match service {
            Service::Flow => "FNF:StartExecution",
            Service::Messages => "MNS:SendMessage",
            Service::Function | Service::Api => "FC:InvokeFunction",
        };
        (service, Entry::text("Action", action))
    }

    fn parameters(&mut self, draft: &mut Draft<'_, 'f, 'a>, task: &Task<'a>, service: Service) -> Vec<Entry> {
        let state = draft.state;
        let given = |key: &str| task.params.get().and_then(|params| params.get(key));
        let mut entries = Vec::new();
        if let Some(resource) = task.resource.get() {
            entries.push(self.dressed_value("resourceArn", resource.node, state.node, "resourceArn"));
        }
        // Names in the new dialect's spelling; others are kept.
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
                    ["no parameter of the new dialect is known for `", name, "`: it is kept"].concat(),
                );
            }
            let lead = self.comments.lead(key.span().start);
            let entry = self.parameter(draft, known.unwrap_or(name), value);
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
            let own = self.own_whole(draft.frame, state, draft.own);
            let entry = Entry::new(key, own);
            let entry =
                if draft.own.is_none() { self.dressed_collection(entry, state.node, "inputMappings") } else { entry };
            entries.push(entry);
        }
        if service == Service::Flow && given("ExecutionName").is_none() {
            let message =
                "an execution was given a random name: see whether the new dialect does so too, or set `executionName`";
            self.review(state.place(), message);
        }
        entries
    }

    /// A parameter: texts that begin with `$` refer to the step's own input.
    // Recursion is bounded by the depth that the reader of YAML allows.
    fn parameter(&mut self, draft: &Draft<'_, 'f, 'a>, name: &str, value: Node<'a>) -> Entry {
        if value.kind() == Kind::Mapping && reads::refers(value) && self.spend() {
            let entries = value.entries().map(|(key, inner)| {
                let lead = self.comments.lead(key.span().start);
                let entry = self.parameter(draft, key.text().unwrap_or_default(), inner);
                let trail = self.comments.trail(key.span().start);
                entry.lead(lead).trail(trail)
            });
            let entries = entries.collect();
            return Entry::new(name, Value::Map(entries));
        }
        match own_reference(value) {
            Some("") if draft.own.is_none() => {
                let own = self.own_whole(draft.frame, draft.state, None);
                Entry::new(name, own)
            }
            Some(rest) => match self.own_source(draft.frame, draft.state, rest, draft.own) {
                Source::Expression(expression) => Entry::expression(name, expression),
                _ => Entry::new(name, Value::Scalar("null".to_owned())),
            },
            None => Entry::new(name, self.constant(value)),
        }
    }

    fn parameters_need_own(&mut self, draft: &Draft<'_, 'f, 'a>, params: Node<'a>) -> bool {
        let mut todo = vec![params];
        while let Some(node) = todo.pop() {
            todo.extend(node.entries().map(|(_, value)| value));
            if let Some(rest) = own_reference(node)
                && !rest.is_empty()
                && !matches!(self.own_source(draft.frame, draft.state, rest, None), Source::Expression(_))
            {
                return true;
            }
        }
        false
    }

    fn catch(&mut self, draft: &Draft<'_, 'f, 'a>, rule: &Catch<'a>, at: usize) -> Item {
        let (frame, state) = (draft.frame, draft.state);
        let lead = self.comments.lead(rule.node.span().start);
        let mut entries =
            vec![self.errors(rule.node), Entry::text("Description", &["catch rule ", &(at + 1).to_string()].concat())];
        if frame.carries() {
            let mut data = frame.carry(Data::Input);
            if frame.local || frame.fresh {
                let shaping = state.error.as_ref();
                let local = if shaping.is_some() { Local::Error } else { Local::Empty };
                data.push(self.local_entry(Data::Local, frame, state, shaping, &local, draft.own));
            }
            entries.push(Entry::new("OutputConstructor", Value::Map(data)));
        }
        let target =
            rule.target.and_then(|target| target.state).map(|target| self.entry_of(target)).unwrap_or_default();
        entries.push(self.dressed(Entry::text("Next", &target), rule.node, "goto"));
        let rest = self.rest(rule.node);
        Item { lead: [lead, rest].concat(), value: Value::Map(entries), trail: None }
    }

    /// Tells of rules that would take turns in the old dialect.
    fn overlaps(&mut self, rules: &[Retry<'a>]) {
        let mut seen = std::collections::HashSet::new();
        for rule in rules {
            for error in &rule.errors {
                if seen.contains("FnF.ALL")
                    || (error.value == "FnF.ALL" && !seen.is_empty())
                    || seen.contains(error.value)
                {
                    let message = "two rules are for the same error: when the first is used up the old dialect may go on with \
                                   the next, the new one does not";
                    self.review(error.span, message);
                    return;
                }
            }
            seen.extend(rule.errors.iter().map(|error| error.value));
        }
    }
}

/// A parameter that refers to the step's own input: what is behind `$`.
fn own_reference(node: Node<'_>) -> Option<&str> {
    if let Some(Resolved::Text("$")) = node.resolve() {
        return Some("");
    }
    reads::reference(node).filter(|(root, _)| matches!(root, Root::Own | Root::Input)).map(|(_, rest)| rest)
}
