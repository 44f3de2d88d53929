//! Tasks: requests, results, reports by token, timeouts.

use std::cell::Cell;
use std::rc::Rc;

use cloudflow_base::limits::TASK_TIMEOUT_SECONDS;

use serde_json::{Value, json};

use super::super::data::Data;
use super::super::event::{Detail, EventKind};
use super::super::expression::kind;
use super::super::program::{Task, millis};
use super::super::{Failure, Millis, TaskResult, next_random};
use super::{Frame, FrameId, Machine, Note, Phase, Timer, TimerId};
use cloudflow_language::flow::Dialect;
pub use cloudflow_language::flow::TaskMode;

/// A task in its [`Machine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// The start of another flow.
#[derive(Clone, Debug)]
pub struct ChildFlow {
    /// The name of the flow.
    pub flow: String,
    /// The name of its execution. Absent if the driver chooses it.
    pub execution: Option<String>,
    /// The input of its execution: an object.
    pub input: Data,
    /// `CallbackFnFTaskToken`: the token of the task that gets its result.
    pub callback: Option<String>,
    /// The seed of its execution.
    pub seed: u64,
}

/// A task that an execution requests.
#[derive(Clone, Debug)]
pub struct TaskRequest {
    /// The number of the task. Its result is passed with it.
    pub task: TaskId,
    /// The name of the state.
    pub name: String,
    /// `resourceArn` or `Action`.
    pub action: String,
    /// `resourceArn` in the parameters of a `StateMachine` task.
    pub resource: Option<String>,
    /// The number of retries before this request.
    pub attempt: u32,
    /// The number of earlier calls of the state in this execution: tries, rounds of a loop and items count alike.
    pub call: u32,
    /// The condition under which the task completes.
    pub mode: TaskMode,
    /// The input of the function.
    pub input: Data,
    /// The flow that the task starts. If it is unknown, the task is handled like any other.
    ///
    /// In the mode [`TaskMode::RequestComplete`], the driver passes [`ChildFlow::started`] to [`Machine::finish_task`].
    /// In the mode [`TaskMode::SystemCallback`], it passes the same to [`Machine::submit_task`], and later the
    /// [`Machine::outcome`] of the child to [`Machine::finish_task`].
    pub child: Option<ChildFlow>,
    /// The state waits for a report by this token. The result only states whether the call succeeded.
    pub token: Option<String>,
}

/// The result of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Accepted, with the number of the event.
    Taken(u64),
    /// The task has ended.
    Completed,
    /// No task of this execution has the token.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Running {
    frame: FrameId,
    timer: Option<TimerId>,
    token: Option<String>,
    /// Whether the value is the return value of a function, which is wrapped in `Body`.
    wraps: bool,
}

impl ChildFlow {
    /// The answer to the start of an execution, for the task that started it
    /// (<https://help.aliyun.com/document_detail/2400188.html>).
    pub fn started(flow: &str, execution: &str, request: &str) -> Value {
        json!({ "FlowName": flow, "ExecutionName": execution, "RequestID": request })
    }
}

impl Machine {
    /// The tasks that were requested since the last call.
    pub fn take_tasks(&mut self) -> Vec<TaskRequest> {
        std::mem::take(&mut self.requests)
    }

    /// The tasks that were cancelled since the last call.
    pub(crate) fn take_cancelled(&mut self) -> Vec<TaskId> {
        std::mem::take(&mut self.cancelled)
    }

    /// Passes the answer to the start of an asynchronous task. Its result follows later.
    pub fn submit_task(&mut self, now: Millis, task: TaskId, answer: Value) {
        self.catch_up(now);
        let Some(frame) = self.running.get(&task).map(|running| running.frame) else { return };
        self.record(frame, EventKind::TaskSubmitted, Detail::Output(Data::new(answer).into()));
        self.run();
    }

    /// Passes the result of a task. If the task waits for a report, the result only states whether the call succeeded. A
    /// late result is ignored.
    pub fn finish_task(&mut self, now: Millis, task: TaskId, result: TaskResult) {
        self.catch_up(now);
        let Some(running) = self.running.get(&task) else { return };
        match (running.token.is_some(), result) {
            (true, Ok(_)) => {
                let frame = running.frame;
                self.record(frame, EventKind::TaskSubmitted, Detail::None);
            }
            (true, Err(failure)) => self.end_task(task, EventKind::TaskSubmitFailed, Err(failure)),
            (false, result) => {
                let kind = if result.is_ok() { EventKind::TaskSucceeded } else { EventKind::TaskFailed };
                self.end_task(task, kind, result);
            }
        }
        self.run();
    }

    /// Passes the result of the task with a token.
    pub fn report(&mut self, now: Millis, token: &str, result: TaskResult) -> Report {
        self.catch_up(now);
        match self.tokens.get(token) {
            None => Report::Unknown,
            Some(None) => Report::Completed,
            Some(Some(task)) => {
                let kind = if result.is_ok() { EventKind::TaskSucceeded } else { EventKind::TaskFailed };
                let event = self.events.len() as u64 + 1;
                self.end_task(*task, kind, result);
                self.run();
                Report::Taken(event)
            }
        }
    }

    /// Whether the task waits for its result.
    pub(crate) fn is_pending(&self, task: TaskId) -> bool {
        self.running.contains_key(&task)
    }

    /// Every token that a task of this execution has or had.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &str> {
        self.tokens.keys().map(String::as_str)
    }

    /// Whether a task waits for a report by this token.
    pub(crate) fn awaits(&self, token: &str) -> bool {
        self.tokens.get(token).is_some_and(Option::is_some)
    }

    /// Number of tasks that wait for a report by a token.
    pub(crate) fn open_tokens(&self) -> usize {
        self.open_tokens
    }

    /// The token whose report a task waits for.
    pub fn token_of(&self, task: TaskId) -> Option<&str> {
        self.running.get(&task)?.token.as_deref()
    }

    /// The token of the current task of a frame: `v1.<flow>.<execution>.<event>.<check>`. The tokens of the service have
    /// the same four parts.
    pub(super) fn token(&self, frame: &Frame) -> String {
        let check =
            (self.key ^ frame.current.entered.wrapping_mul(0x9E37_79B9_7F4A_7C15)).rotate_left(frame.current.attempt);
        format!("v1.{}.{}.{}.{check:016x}", self.flow, self.execution, frame.current.entered)
    }

    pub(super) fn task(&mut self, id: FrameId, task: &Task) -> Result<(), Failure> {
        let Some(frame) = self.frames.get(&id) else { return Ok(()) };
        let given = frame.current.input.clone();
        let parameters = match &task.parameters {
            None => None,
            Some(shape) => Some(Data::new(self.with_env(frame, &given, None, None, |env| shape.build(env))?)),
        };
        if let Some(parameters) = &parameters {
            self.note(id, Note::Parameters(parameters.clone()));
        }
        let Some(frame) = self.frames.get(&id) else { return Ok(()) };
        let timeout = match &task.timeout {
            None => 0.0,
            Some(timeout) => self.with_env(frame, &given, None, None, |env| timeout.value(env))?,
        };
        let machine = self.program.dialect == Dialect::StateMachine;
        let longest = if machine { TASK_TIMEOUT_SECONDS as f64 } else { f64::MAX };
        if !(0.0..=longest).contains(&timeout) || timeout.fract() != 0.0 {
            let cause = format!("the timeout of a task must be 0 to {longest} whole seconds, not {timeout}");
            return Err(Failure::new("Local.InvalidTimeout", cause));
        }
        let resource =
            parameters.as_ref().and_then(|parameters| parameters.get("resourceArn")?.as_str().map(str::to_owned));
        // The only integration with documented shapes: the function receives `body`, and its return value is in `Body`.
        let calls_function = machine && &*task.action == "FC:InvokeFunction";
        let number = TaskId(self.last_task + 1);
        let child = self.child(task, number, parameters.as_deref(), &given)?;
        let input = match parameters {
            Some(parameters) if calls_function => {
                Data::new(parameters.get("body").cloned().unwrap_or_else(|| json!({})))
            }
            Some(parameters) => parameters,
            None => given,
        };
        self.check_size(&input, "the input of the task")?;
        let token = (task.mode == TaskMode::CustomCallback).then(|| self.token(frame));
        // "In callback modes, the value delivered by the callback" is the output.
        let wraps = calls_function && token.is_none();
        let (attempt, at) = (frame.current.attempt, frame.at);
        self.last_task = number.0;
        let name = self.program.states.get(at).map(|state| state.name.to_string()).unwrap_or_default();
        self.record(id, EventKind::TaskScheduled, Detail::Task(Rc::clone(&task.action), attempt, input.clone().into()));
        self.record(id, EventKind::TaskStarted, Detail::None);
        let timer = (timeout > 0.0).then(|| self.timer(millis(timeout), Timer::Task(number)));
        if let Some(token) = &token {
            self.tokens.insert(token.clone(), Some(number));
            self.open_tokens += 1;
        }
        let calls = self.calls.entry(at).or_default();
        let call = *calls;
        *calls = calls.saturating_add(1);
        self.requests.push(TaskRequest {
            task: number,
            name,
            action: task.action.to_string(),
            resource,
            attempt,
            call,
            mode: task.mode,
            input,
            child,
            token: token.clone(),
        });
        self.running.insert(number, Box::new(Running { frame: id, timer, token, wraps }));
        self.phase(id, Phase::Task(number));
        Ok(())
    }

    /// The flow that a task starts. Absent if it starts none. The parameters of `fnf:StartExecution`, which are documented
    /// by samples only, are those of the operation.
    fn child(
        &self,
        task: &Task,
        number: TaskId,
        parameters: Option<&Value>,
        given: &Data,
    ) -> Result<Option<ChildFlow>, Failure> {
        let parameter = |name: &str| parameters.and_then(|parameters| parameters.get(name));
        let text = |name: &str| parameter(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let by_resource = |resource: &str| {
            let name = resource.strip_prefix("acs:fnf:")?.split_once(":flow/")?.1;
            Some(name.to_owned())
        };
        let (flow, execution, input) = if let Some(flow) = by_resource(&task.action) {
            (Some(flow), text("ExecutionName"), Some(parameter("Input").unwrap_or(given)))
        } else if task.action.eq_ignore_ascii_case("fnf:StartExecution") {
            let flow = text("resourceArn").and_then(by_resource).or_else(|| text("FlowName").map(str::to_owned));
            let execution = text("executionName").or_else(|| text("ExecutionName"));
            (flow, execution, parameter("input").or_else(|| parameter("Input")))
        } else {
            return Ok(None);
        };
        let Some(flow) = flow else { return Ok(None) };
        let input = match input {
            None | Some(Value::Null) => json!({}),
            // The parameter of the operation is a text.
            Some(Value::String(text)) => super::super::data::json(text).unwrap_or_default(),
            Some(input) => input.clone(),
        };
        if !input.is_object() {
            let cause = format!("the input of the flow `{flow}` must be an object, not {}", kind(&input));
            return Err(Failure::new("fnf.InvalidArgument", cause));
        }
        let callback = text("CallbackFnFTaskToken").map(str::to_owned);
        let seed = next_random(&Cell::new(self.key.rotate_left(32) ^ number.0));
        Ok(Some(ChildFlow { flow, execution: execution.map(str::to_owned), input: Data::new(input), callback, seed }))
    }

    pub(super) fn task_timed_out(&mut self, task: TaskId) {
        let failure = Failure::new("FnF.TaskTimeout", "the task timed out");
        if self.running.contains_key(&task) {
            self.cancelled.push(task);
        }
        self.end_task(task, EventKind::TaskTimedOut, Err(failure));
    }

    /// Cancels a task.
    pub(super) fn drop_task(&mut self, task: TaskId) {
        if self.remove_task(task).is_some() {
            self.cancelled.push(task);
            self.requests.retain(|request| request.task != task);
        }
    }

    /// The time at which the task times out.
    pub(super) fn deadline(&self, task: TaskId) -> Option<Millis> {
        Some(self.running.get(&task)?.timer?.0)
    }

    /// Ends a task with its result.
    pub(super) fn end_task(&mut self, task: TaskId, kind: EventKind, result: TaskResult) {
        let Some(running) = self.remove_task(task) else { return };
        let result = result.and_then(|value| {
            let value = Data::new(if running.wraps { json!({ "Body": value }) } else { value });
            self.check_size(&value, "the result of the task").map(|()| value)
        });
        match result {
            Ok(value) => {
                self.record(running.frame, kind, Detail::Output(value.clone().into()));
                self.succeed(running.frame, value, None);
            }
            Err(failure) => {
                let kind = if kind == EventKind::TaskSucceeded { EventKind::TaskFailed } else { kind };
                self.record(running.frame, kind, Detail::Failure(Rc::new(failure.clone())));
                self.fail(running.frame, failure);
            }
        }
    }

    fn remove_task(&mut self, task: TaskId) -> Option<Running> {
        let running = self.running.remove(&task)?;
        if let Some(timer) = running.timer {
            self.timers.remove(&timer);
        }
        if let Some(slot) = running.token.as_ref().and_then(|token| self.tokens.get_mut(token)) {
            *slot = None;
            self.open_tokens = self.open_tokens.saturating_sub(1);
        }
        Some(*running)
    }
}
