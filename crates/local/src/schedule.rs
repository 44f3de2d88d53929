//! The scheduler of child flows: start, result, report by token and cancellation.
//!
//! [`simulation`](crate::simulation) and [`emulate`](crate::emulate) both drive this scheduler, so that flows have the
//! same outcome in both. It is sans-IO: it contains no machine, no clock and no random numbers.
//!
//! - After each change of a machine, the driver calls [`Schedule::collect`].
//! - The driver then takes the actions of [`Schedule::next`] one by one and carries out each.
//! - The effects of an action are appended to one queue. The order of all events follows from the order of the calls.

mod message;

pub(crate) use message::{Message, Recorded};

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cloudflow_base::limits::NAME_CHARACTERS;
use serde_json::{Value, json};

use crate::simulate::{ChildFlow, Data, Failure, Machine, Millis, Report, TaskId, TaskMode, TaskRequest, TaskResult};

/// The number of an execution. Numbers ascend in the order of the starts and are not reused.
pub(crate) type ExecutionId = u64;

/// A task of an execution.
pub(crate) type TaskKey = (ExecutionId, TaskId);

/// Number of child executions that may start at once. After that, one starts per [`INTERVAL`]: the rate that the
/// limits page gives for StartExecution. Without a limit, the time of a flow that starts itself would never advance.
const BURST: Millis = 1000;
const INTERVAL: Millis = 10;

/// The relations between executions, and the queue of what is to be done next.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    now: Millis,
    queue: VecDeque<Step>,
    /// INVARIANT: contains every task in `queue` and `delayed` that is not cancelled.
    requested: BTreeSet<TaskKey>,
    /// Starts of child flows that exceed the rate.
    delayed: VecDeque<(ExecutionId, TaskRequest)>,
    rate: Option<Rate>,
    /// Executions by flow and name.
    names: BTreeMap<String, BTreeMap<String, ExecutionId>>,
    /// Every token that was handed out.
    tokens: BTreeMap<String, ExecutionId>,
    /// Running executions, and ended ones whose outcome is not delivered yet.
    links: BTreeMap<ExecutionId, Box<Link>>,
    /// The child that a task waits for.
    children: BTreeMap<TaskKey, ExecutionId>,
    // INVARIANT: `calls` and `by_task` have one entry for each task that was handed out and is not cancelled.
    /// Pending calls, with the time of each.
    calls: BTreeMap<u64, (TaskKey, Millis)>,
    by_task: BTreeMap<TaskKey, u64>,
    last_call: u64,
}

/// The receivers of the outcome of an execution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    /// The flow.
    pub flow: String,
    /// The name of the execution.
    pub name: String,
    /// The tasks that started the execution and wait for its end.
    pub owners: Vec<TaskKey>,
    /// The token of a task that receives the outcome.
    pub callback: Option<String>,
    /// Whether the execution has ended. The link is kept until the outcome is delivered.
    pub ended: bool,
}

/// A task for the driver's handlers. Its result is passed to [`Schedule::finish`].
#[derive(Clone, Debug)]
pub struct TaskCall {
    /// The number of the call.
    pub id: u64,
    /// The flow.
    pub flow: String,
    /// The execution.
    pub execution: String,
    /// The task.
    pub request: TaskRequest,
}

/// The next action of the driver.
#[derive(Debug)]
pub(crate) enum Action {
    /// Passes a message to an execution.
    Post(Post),
    /// Starts an execution for a task: see [`Begin`].
    Begin(Begin),
    /// Hands a task out to the handlers.
    Call(TaskCall),
    /// Informs the handlers that a call is cancelled.
    Cancel(u64),
}

/// A message for an execution.
#[derive(Debug)]
pub(crate) struct Post {
    pub execution: ExecutionId,
    /// The time of the cause. The clock of the execution may be later.
    pub at: Millis,
    pub message: Message,
    /// The task that reported this. Its result is passed to [`Schedule::reported`].
    pub reporter: Option<TaskKey>,
}

/// The start of a child flow. The driver starts the execution, calls [`Schedule::add`], then passes
/// [`Begin::answer`] to the owner. If it cannot start the execution, it passes [`Begin::refuse`] instead.
#[derive(Debug)]
pub(crate) struct Begin {
    pub owner: TaskKey,
    pub flow: String,
    /// Absent if the driver chooses the name.
    pub name: Option<String>,
    pub input: Data,
    pub seed: u64,
    callback: Option<String>,
    waits: bool,
}

/// A token bucket for starts of child flows.
#[derive(Debug, Default)]
struct Rate {
    /// When the next start would happen if all starts were [`INTERVAL`] apart.
    next: Millis,
}

#[derive(Debug)]
enum Step {
    /// A task is cancelled.
    Cancel(Millis, TaskKey),
    Request(ExecutionId, TaskRequest),
    Answer(Millis, TaskKey, TaskResult),
    /// The end of a child, for the task that waits for it.
    Outcome(Millis, ExecutionId, TaskKey, TaskResult),
    /// The end of a child, for the task with its callback token.
    Callback(Millis, ExecutionId, String, TaskResult),
}

impl Schedule {
    /// Limits the rate of starts of child flows.
    pub fn with_rate() -> Self {
        Schedule { rate: Some(Rate::default()), ..Schedule::default() }
    }

    /// Advances the clock.
    pub fn advance(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }

    /// The clock: the latest time of any change.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// The time of the next action of [`Schedule::next`]. Absent if there is none.
    pub fn wake_at(&self) -> Option<Millis> {
        if !self.queue.is_empty() {
            return Some(self.now);
        }
        self.delayed.front()?;
        Some(self.now.max(self.rate.as_ref().map_or(0, Rate::opens)))
    }

    /// The state of the rate limit, for [`Schedule::set_next_start`].
    pub fn next_start(&self) -> Millis {
        self.rate.as_ref().map_or(0, |rate| rate.next)
    }

    /// Restores the state of the rate limit.
    pub fn set_next_start(&mut self, next: Millis) {
        self.rate = Some(Rate { next });
    }

    /// Adds an execution that starts.
    pub fn add(&mut self, id: ExecutionId, link: Link) {
        let names = self.names.entry(link.flow.clone()).or_default();
        names.insert(link.name.clone(), id);
        self.link(id, link);
    }

    /// Adds an execution whose flow was removed. It cannot be found by name.
    pub fn add_orphan(&mut self, id: ExecutionId, link: Link) {
        self.link(id, link);
    }

    fn link(&mut self, id: ExecutionId, link: Link) {
        self.children.extend(link.owners.iter().map(|owner| (*owner, id)));
        self.links.insert(id, Box::new(link));
    }

    /// The tasks and the token that receive the outcome of an execution. Absent if the outcome is delivered.
    pub fn get_link(&self, id: ExecutionId) -> Option<&Link> {
        self.links.get(&id).map(|link| &**link)
    }

    /// The execution of a name.
    pub fn find(&self, flow: &str, name: &str) -> Option<ExecutionId> {
        self.names.get(flow)?.get(name).copied()
    }

    /// The execution that has or had a task with this token.
    pub fn of_token(&self, token: &str) -> Option<ExecutionId> {
        self.tokens.get(token).copied()
    }

    /// Removes the names of a flow's executions.
    pub fn remove_flow(&mut self, flow: &str) {
        self.names.remove(flow);
    }

    /// Removes an execution that has ended.
    pub fn remove(&mut self, id: ExecutionId, flow: &str, name: &str) {
        if self.find(flow, name) == Some(id)
            && let Some(names) = self.names.get_mut(flow)
        {
            names.remove(name);
        }
        self.links.remove(&id);
        let prefix = format!("v1.{flow}.{name}.");
        let of_name = self.tokens.range(prefix.clone()..).take_while(|(token, _)| token.starts_with(&prefix));
        let tokens: Vec<String> = of_name.filter(|(_, of)| **of == id).map(|(token, _)| token.clone()).collect();
        for token in tokens {
            self.tokens.remove(&token);
        }
    }

    /// Takes the tasks and the end of a machine that has changed. True if it has just ended.
    pub fn collect(&mut self, id: ExecutionId, machine: &mut Machine) -> bool {
        self.advance(machine.now());
        for task in machine.take_cancelled() {
            // A task that is still in the queue is not started.
            if !self.requested.remove(&(id, task)) {
                self.queue.push_back(Step::Cancel(machine.now(), (id, task)));
            }
        }
        self.request(id, machine.take_tasks());
        let Some(link) = self.links.get_mut(&id).filter(|link| !link.ended) else { return false };
        let Some(outcome) = machine.outcome() else { return false };
        link.ended = true;
        let at = machine.stopped().unwrap_or(self.now);
        for owner in &link.owners {
            self.queue.push_back(Step::Outcome(at, id, *owner, outcome.clone()));
        }
        if let Some(token) = &link.callback {
            self.queue.push_back(Step::Callback(at, id, token.clone(), outcome));
        }
        self.clear(id);
        true
    }

    fn request(&mut self, id: ExecutionId, requests: Vec<TaskRequest>) {
        for request in requests {
            self.requested.insert((id, request.task));
            self.tokens.extend(request.token.clone().map(|token| (token, id)));
            self.queue.push_back(Step::Request(id, request));
        }
    }

    /// Adds an execution that was replayed, with its unfinished tasks. [`Schedule::reconcile`] is called after all
    /// executions have been replayed.
    pub fn restore(
        &mut self,
        id: ExecutionId,
        link: Link,
        orphan: bool,
        machine: &Machine,
        requested: Vec<TaskRequest>,
    ) {
        self.tokens.extend(machine.tokens().map(|token| (token.to_owned(), id)));
        match orphan {
            true => self.add_orphan(id, link),
            false => self.add(id, link),
        }
        self.request(id, requested);
    }

    /// Queues pending outcomes, and the cancellation of children whose task was cancelled.
    pub fn reconcile<'m>(&mut self, machine: impl Fn(ExecutionId) -> Option<&'m Machine>) {
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            let (Some(link), Some(child)) = (self.links.get_mut(&id), machine(id)) else { continue };
            let at = child.stopped().unwrap_or(self.now);
            let outcome = child.outcome();
            let queue = &mut self.queue;
            link.owners.retain(|owner| match (&outcome, machine(owner.0)) {
                (Some(outcome), Some(parent)) if parent.is_pending(owner.1) => {
                    queue.push_back(Step::Outcome(at, id, *owner, outcome.clone()));
                    true
                }
                (Some(_), _) => false,
                (None, Some(parent)) if !parent.is_pending(owner.1) => {
                    queue.push_back(Step::Cancel(parent.now(), *owner));
                    true
                }
                (None, _) => true,
            });
            if let Some(outcome) = outcome {
                let open = |token: &String| {
                    self.tokens.get(token).and_then(|id| machine(*id)).is_some_and(|machine| machine.awaits(token))
                };
                link.callback = link.callback.take().filter(open);
                if let Some(token) = &link.callback {
                    queue.push_back(Step::Callback(at, id, token.clone(), outcome));
                }
            }
            self.clear(id);
        }
    }

    /// Drops a link whose outcome is delivered.
    fn clear(&mut self, id: ExecutionId) {
        if self.links.get(&id).is_some_and(|link| link.ended && link.owners.is_empty() && link.callback.is_none()) {
            self.links.remove(&id);
        }
    }

    /// The next action that is due. Absent if there is none.
    pub fn next(&mut self, has_flow: impl Fn(&str) -> bool) -> Option<Action> {
        loop {
            if self.rate.as_ref().is_none_or(|rate| rate.opens() <= self.now)
                && let Some((id, request)) = self.delayed.pop_front()
            {
                if let Some(action) = self.carry_out(id, request, &has_flow) {
                    return Some(action);
                }
                continue;
            }
            let post = match self.queue.pop_front()? {
                Step::Request(id, request) => {
                    // This includes unknown flows: a flow may be created or removed before the start is due.
                    let starts = request.child.is_some();
                    let is_open = self.rate.as_ref().is_none_or(|rate| rate.opens() <= self.now);
                    if starts && !(is_open && self.delayed.is_empty()) {
                        self.delayed.push_back((id, request));
                        continue;
                    }
                    match self.carry_out(id, request, &has_flow) {
                        Some(action) => return Some(action),
                        None => continue,
                    }
                }
                Step::Cancel(at, key) => {
                    if let Some(call) = self.by_task.remove(&key) {
                        self.calls.remove(&call);
                        return Some(Action::Cancel(call));
                    }
                    let Some(child) = self.children.remove(&key) else { continue };
                    Post { execution: child, at, message: Message::Stopped(None, None), reporter: None }
                }
                Step::Answer(at, (execution, task), result) => {
                    Post { execution, at, message: Message::Finished(task, result), reporter: None }
                }
                Step::Outcome(at, child, owner, outcome) => {
                    if let Some(link) = self.links.get_mut(&child) {
                        link.owners.retain(|other| *other != owner);
                    }
                    self.clear(child);
                    if self.children.remove(&owner).is_none() {
                        continue;
                    }
                    Post { execution: owner.0, at, message: Message::Finished(owner.1, outcome), reporter: None }
                }
                Step::Callback(at, child, token, outcome) => {
                    if let Some(link) = self.links.get_mut(&child) {
                        link.callback = None;
                    }
                    self.clear(child);
                    let Some(execution) = self.of_token(&token) else { continue };
                    Post { execution, at, message: Message::Reported(token, outcome), reporter: None }
                }
            };
            return Some(Action::Post(post));
        }
    }

    /// A task: the start of a flow of the account, a report for a token of the account, or a call for a handler.
    fn carry_out(&mut self, id: ExecutionId, request: TaskRequest, has_flow: &impl Fn(&str) -> bool) -> Option<Action> {
        let key = (id, request.task);
        if !self.requested.remove(&key) {
            return None;
        }
        if let Some(child) = request.child.as_ref().filter(|child| has_flow(&child.flow)) {
            if let Some(rate) = &mut self.rate {
                rate.next = rate.next.max(self.now) + INTERVAL;
            }
            return Some(match self.refusal(child) {
                Some(failure) => {
                    let message = Message::Finished(request.task, Err(failure));
                    Action::Post(Post { execution: id, at: self.now, message, reporter: None })
                }
                None => Action::Begin(Begin {
                    owner: key,
                    flow: child.flow.clone(),
                    name: child.execution.clone(),
                    input: child.input.clone(),
                    seed: child.seed,
                    callback: child.callback.clone(),
                    waits: request.mode == TaskMode::SystemCallback,
                }),
            });
        }
        if let Some((token, result)) = report(&request)
            && let Some(execution) = self.of_token(&token)
        {
            let message = Message::Reported(token, result);
            return Some(Action::Post(Post { execution, at: self.now, message, reporter: Some(key) }));
        }
        let Link { flow, name, .. } = &**self.links.get(&id)?;
        self.last_call += 1;
        self.calls.insert(self.last_call, (key, self.now));
        self.by_task.insert(key, self.last_call);
        let (flow, execution) = (flow.clone(), name.clone());
        Some(Action::Call(TaskCall { id: self.last_call, flow, execution, request }))
    }

    /// The reason why a child execution cannot start: its name, or a callback token that no task has. A name can be used once per flow, by a running or by
    /// an ended execution: a task that starts a flow expects a new execution with the input of the task. (The operation
    /// StartExecution differs: it returns the running execution of the name, so that a request can be repeated.)
    fn refusal(&self, child: &ChildFlow) -> Option<Failure> {
        if let Some(token) = child.callback.as_deref().filter(|token| self.of_token(token).is_none()) {
            return Some(failure("fnf.InvalidArgument", format!("no task has the token `{token}`")));
        }
        let name = child.execution.as_deref()?;
        if let Err(cause) = check_name("ExecutionName", name) {
            return Some(failure("fnf.InvalidArgument", cause));
        }
        self.find(&child.flow, name)?;
        let cause = format!("Execution {name} for flow {} already exists.", child.flow);
        Some(failure("fnf.ExecutionAlreadyExists", cause))
    }

    /// The result of a report, for the task that sent it.
    pub fn reported(&mut self, reporter: TaskKey, token: &str, report: Report) {
        let answer = match report {
            Report::Taken(event) => Ok(json!({ "EventId": event })),
            Report::Completed => {
                Err(failure("fnf.TaskAlreadyCompleted", format!("Task {token} has already completed.")))
            }
            Report::Unknown => Err(failure("fnf.InvalidArgument", format!("no task has the token `{token}`"))),
        };
        self.queue.push_back(Step::Answer(self.now, reporter, answer));
    }

    /// Removes calls of an execution whose result was reported by another source.
    pub fn remove_calls(&mut self, id: ExecutionId, machine: &Machine) {
        let of_this = (id, TaskId(0))..=(id, TaskId(u64::MAX));
        let over = self.by_task.range(of_this).map(|(key, _)| *key).filter(|(_, task)| !machine.is_pending(*task));
        for key in over.collect::<Vec<_>>() {
            self.by_task.remove(&key).map(|call| self.calls.remove(&call));
        }
    }

    /// Number of pending calls.
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Number of executions that run and report their end by a token.
    pub fn callbacks(&self) -> usize {
        self.links.values().filter(|link| link.callback.is_some()).count()
    }

    /// Whether a call is pending.
    pub fn is_pending(&self, call: u64) -> bool {
        self.calls.contains_key(&call)
    }

    /// When a pending call was made. Absent if the call is not pending.
    pub fn called(&self, call: u64) -> Option<Millis> {
        self.calls.get(&call).map(|(_, at)| *at)
    }

    /// Removes a pending call and returns its task. Absent if the call is not pending.
    pub fn finish(&mut self, call: u64) -> Option<TaskKey> {
        let (key, _) = self.calls.remove(&call)?;
        self.by_task.remove(&key);
        Some(key)
    }
}

impl Begin {
    /// The link of the execution.
    pub fn link(&self, name: &str) -> Link {
        Link {
            flow: self.flow.clone(),
            name: name.to_owned(),
            owners: self.waits.then_some(self.owner).into_iter().collect(),
            callback: self.callback.clone(),
            ended: false,
        }
    }

    /// The message for the owner when the execution has started.
    pub fn answer(&self, name: &str, request_id: &str) -> Message {
        let answer = ChildFlow::started(&self.flow, name, request_id);
        match self.waits {
            true => Message::Submitted(self.owner.1, answer),
            false => Message::Finished(self.owner.1, Ok(answer)),
        }
    }

    /// The message for the owner if the execution cannot start.
    pub fn refuse(&self, error: &str, cause: &str) -> Message {
        Message::Finished(self.owner.1, Err(failure(error, cause.to_owned())))
    }
}

impl Rate {
    fn opens(&self) -> Millis {
        self.next.saturating_sub(BURST * INTERVAL)
    }
}

/// The rule for the names of new flows and executions. It does not apply to look-ups: generated names begin with a
/// digit, and those of Express flows contain a `:`.
pub(crate) fn check_name(parameter: &str, name: &str) -> Result<(), String> {
    let valid = name.len() <= NAME_CHARACTERS
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if valid {
        return Ok(());
    }
    Err(format!(
        "`{parameter}` must be 1 to {NAME_CHARACTERS} letters, digits, `_` or `-`, the first a letter or `_`, not `{name}`"
    ))
}

/// The token and the result that a task reports by an operation of the service.
fn report(request: &TaskRequest) -> Option<(String, TaskResult)> {
    let value = |upper: &str, lower: &str| request.input.get(upper).or_else(|| request.input.get(lower));
    let text = |upper: &str, lower: &str| value(upper, lower)?.as_str().map(str::to_owned);
    let token = text("TaskToken", "taskToken")?;
    if request.action.eq_ignore_ascii_case("fnf:ReportTaskSucceeded") {
        let output = value("Output", "output")?;
        let output = match output {
            Value::String(text) => crate::simulate::json(text).unwrap_or_else(|_| output.clone()),
            other => other.clone(),
        };
        return Some((token, Ok(output)));
    }
    if request.action.eq_ignore_ascii_case("fnf:ReportTaskFailed") {
        let error = text("Error", "error").unwrap_or_default();
        let cause = text("Cause", "cause").unwrap_or_default();
        return Some((token, Err(Failure { error, cause })));
    }
    None
}

fn failure(error: &str, cause: String) -> Failure {
    Failure { error: error.to_owned(), cause }
}
