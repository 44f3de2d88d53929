//! One execution.
//!
//! A series of states in progress is a [`Frame`]. The state it stands at may have frames of its
//! own below: the branches of a parallel, the iterations of a map, the steps of a choice's
//! option. So frames form a tree; those that can go on stand in a queue, and what waits for time
//! has a timer. Nothing recurses over the flow, and every turn of a loop costs an event, of which
//! there are at most [`LARGEST_HISTORY`].

mod states;
mod tasks;
mod work;

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::event::{Detail, Event, EventKind};
use super::expression::Env;
use super::program::{Kind, Number, Program, millis};
use super::{
    Failure, LARGEST_DATA, LARGEST_GLOBAL, LARGEST_HISTORY, LONGEST_GLOBAL_NAME, Millis, Status, TaskResult, time,
};
use cloudflow_language::flow::Dialect;
use tasks::Running;
pub use tasks::{ChildFlow, Report, TaskId, TaskMode, TaskRequest};

/// The longest an execution may take: a year; in the express mode five minutes.
const LONGEST: Millis = 365 * time::DAY;
const LONGEST_EXPRESS: Millis = 5 * 60 * 1000;

/// Data nested deeper could not be read again as JSON.
const DEEPEST_DATA: usize = 100;

/// How an execution begins.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The name of the flow.
    pub flow: String,
    /// The name of the execution.
    pub execution: String,
    /// The role it runs as.
    pub role: String,
    /// An object.
    pub input: Value,
    /// The clock.
    pub now: Millis,
    /// What random values and tokens are made from.
    pub seed: u64,
    /// The longest it may take, where that is less than the definition allows.
    pub limit: Option<Millis>,
}

/// One execution of a [`Program`].
#[derive(Debug)]
pub struct Machine {
    program: Rc<Program>,
    flow: String,
    execution: String,
    role: String,
    input: Rc<Value>,
    now: Millis,
    status: Status,
    stopped: Option<Millis>,
    output: Option<Value>,
    failure: Option<Rc<Failure>>,
    events: Vec<Event>,
    history_is_full: bool,
    /// No further state begins: see [`Machine::drain`].
    draining: bool,
    global: Value,
    random: Cell<u64>,
    key: u64,
    // INVARIANT: everything below is empty once the status is final.
    frames: BTreeMap<FrameId, Frame>,
    last_frame: FrameId,
    ready: VecDeque<FrameId>,
    timers: BTreeMap<TimerId, Timer>,
    last_timer: u64,
    running: BTreeMap<TaskId, Running>,
    last_task: u64,
    requests: Vec<TaskRequest>,
    cancelled: Vec<TaskId>,
    // Every token that was ever valid; none where its task is over.
    tokens: BTreeMap<String, Option<TaskId>>,
}

type FrameId = u64;
/// When, and which of those at the same time.
type TimerId = (Millis, u64);

#[derive(Clone, Copy, Debug)]
enum Timer {
    Execution,
    Frame(FrameId),
    Task(TaskId),
}

/// A series of states in progress.
#[derive(Debug)]
struct Frame {
    parent: Option<(FrameId, usize)>,
    /// What is said when it is over.
    exit: Option<EventKind>,
    /// The input of the owner: what `$input` means in the input mappings of the `flow` dialect.
    input: Rc<Value>,
    /// In the `flow` dialect the local data of the series, in `StateMachine` what the next state
    /// gets.
    data: Rc<Value>,
    /// Inputs and outputs must be objects. Not so in an iteration over other things.
    objects: bool,
    at: usize,
    current: Current,
    last_event: u64,
}

/// The state that a frame stands at.
#[derive(Debug)]
struct Current {
    phase: Phase,
    entered: u64,
    raw: Rc<Value>,
    input: Rc<Value>,
    attempt: u32,
    /// Retries so far, for each rule.
    tries: Vec<u32>,
    error: Option<Rc<Failure>>,
}

#[derive(Debug)]
enum Phase {
    Enter,
    /// Entered; its work begins, or begins again.
    Begin,
    /// Until the timer; then it is done.
    Sleep(TimerId),
    /// Until the timer; then it begins again.
    Pause(TimerId),
    Task(TaskId),
    Children(Children),
}

#[derive(Debug)]
struct Children {
    results: Vec<Option<Value>>,
    /// Those that have not begun.
    waiting: Range<usize>,
    open: usize,
    kind: ChildKind,
    inputs: Inputs,
}

/// What the frames below a state get. Made when it is their turn: an iteration of the `flow`
/// dialect gets a copy of everything its owner has.
#[derive(Debug)]
enum Inputs {
    /// The input of the owner, in these scopes.
    Same(Vec<usize>),
    /// One of these each, in order.
    Items(std::vec::IntoIter<Value>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChildKind {
    /// The steps of an option; what follows is the target.
    Option(Option<usize>),
    Branches,
    Iterations,
}

impl Machine {
    /// Starts, and runs as far as it gets without time passing.
    pub fn start(program: Rc<Program>, start: Start) -> Self {
        let input = Rc::new(start.input);
        let mut machine = Machine {
            flow: start.flow,
            execution: start.execution,
            role: start.role,
            input: Rc::clone(&input),
            now: start.now,
            status: Status::Running,
            stopped: None,
            output: None,
            failure: None,
            events: Vec::new(),
            history_is_full: false,
            draining: false,
            global: Value::Object(Map::new()),
            random: Cell::new(start.seed),
            key: start.seed,
            frames: BTreeMap::new(),
            last_frame: 0,
            ready: VecDeque::new(),
            timers: BTreeMap::new(),
            last_timer: 0,
            running: BTreeMap::new(),
            last_task: 0,
            requests: Vec::new(),
            cancelled: Vec::new(),
            tokens: BTreeMap::new(),
            program: Rc::clone(&program),
        };
        let first = machine.event(0, EventKind::ExecutionStarted, None, Detail::Input(Rc::clone(&input)));
        let longest = if program.express { LONGEST_EXPRESS } else { LONGEST };
        let timeout = match &program.timeout {
            Some(Number::Value(seconds)) if *seconds > 0.0 => millis(*seconds).min(longest),
            _ => longest,
        };
        let timeout = start.limit.map_or(timeout, |limit| timeout.min(limit));
        machine.timer(timeout, Timer::Execution);
        match machine.flow_input(&program) {
            Ok(input) => {
                machine.frame(None, 0, input, None, first);
                machine.run();
            }
            Err(failure) => machine.finish(Status::Failed, None, Some(failure)),
        }
        machine
    }

    /// Lets time pass. What is due happens at its own moment, also where the clock comes late.
    pub fn advance(&mut self, now: Millis) {
        while let Some(((at, _), timer)) = self.timers.first_key_value().map(|(id, timer)| (*id, *timer)) {
            if at > now {
                break;
            }
            self.timers.pop_first();
            self.now = self.now.max(at);
            match timer {
                Timer::Execution => self.finish(Status::TimedOut, None, None),
                Timer::Frame(frame) => self.woken(frame),
                Timer::Task(task) => self.task_timed_out(task),
            }
            self.run();
        }
        self.now = self.now.max(now);
    }

    /// When [`Machine::advance`] has something to do.
    pub fn wake_at(&self) -> Option<Millis> {
        self.timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Ends it from outside. One that has ended stays as it is.
    pub(crate) fn stop(&mut self, now: Millis, error: Option<String>, cause: Option<String>) {
        self.advance(now);
        let failure = Failure { error: error.unwrap_or_default(), cause: cause.unwrap_or_default() };
        self.finish(Status::Stopped, None, Some(failure));
    }

    /// Lets the states at work end and no other begin; then it is stopped. Where a state at work
    /// is the last one, it ends as ever.
    pub(crate) fn drain(&mut self, now: Millis) {
        self.advance(now);
        self.draining = true;
        self.run();
    }

    /// Where it is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// When it ended.
    pub(crate) fn stopped(&self) -> Option<Millis> {
        self.stopped
    }

    /// The output, once it succeeded.
    pub fn output(&self) -> Option<&Value> {
        self.output.as_ref()
    }

    /// Why it failed or was stopped.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_deref()
    }

    /// What a task of another execution gets that waits for this one; none while it runs. The
    /// error of a child reaches its parent by its own name.
    pub fn outcome(&self) -> Option<TaskResult> {
        Some(match (self.status, &self.output, self.failure()) {
            (Status::Running, ..) => return None,
            (Status::Succeeded, output, _) => Ok(output.clone().unwrap_or_else(|| json!({}))),
            (_, _, Some(failure)) if !failure.error.is_empty() => Err(failure.clone()),
            (status, ..) => {
                let (name, status) = (&self.execution, status.as_str());
                let cause = format!("the execution `{name}` ended as {status}");
                Err(Failure { error: format!("FnF.Execution{status}"), cause })
            }
        })
    }

    /// What happened so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Whatever can go on goes on.
    fn run(&mut self) {
        loop {
            if self.history_is_full {
                let cause = format!("the execution has more than {LARGEST_HISTORY} events");
                self.finish(Status::Failed, None, Some(Failure::new("Local.HistoryLimitExceeded", cause)));
            }
            let Some(frame) = self.ready.pop_front() else { break };
            self.step(frame);
        }
        // A frame with others below it does nothing itself.
        let idle = |frame: &Frame| matches!(frame.current.phase, Phase::Enter | Phase::Children(_));
        if self.draining && !self.status.is_final() && self.frames.values().all(idle) {
            self.finish(Status::Stopped, None, Some(Failure::new("", "")));
        }
    }

    fn finish(&mut self, status: Status, output: Option<Value>, failure: Option<Failure>) {
        if self.status.is_final() {
            return;
        }
        self.status = status;
        self.stopped = Some(self.now);
        self.history_is_full = false;
        let failure = failure.map(Rc::new);
        let detail = match (&output, &failure) {
            (Some(output), _) => Detail::Output(Rc::new(output.clone())),
            (None, Some(failure)) => Detail::Failure(Rc::clone(failure)),
            (None, None) => Detail::None,
        };
        let kind = match status {
            Status::Running | Status::Stopped => EventKind::ExecutionStopped,
            Status::Succeeded => EventKind::ExecutionSucceeded,
            Status::Failed => EventKind::ExecutionFailed,
            Status::TimedOut => EventKind::ExecutionTimedOut,
        };
        let last = self.events.last().map_or(0, |event| event.id);
        self.push(last, kind, None, detail);
        self.output = output;
        self.failure = failure;
        self.frames.clear();
        self.ready.clear();
        self.timers.clear();
        self.requests.clear();
        self.cancelled.extend(std::mem::take(&mut self.running).into_keys());
        for task in self.tokens.values_mut() {
            *task = None;
        }
    }

    /// The input of the flow, after its own mappings.
    fn flow_input(&self, program: &Program) -> Result<Rc<Value>, Failure> {
        let Some(shape) = &program.input else { return Ok(Rc::clone(&self.input)) };
        let context = || self.context(None);
        let built = shape.build(&Env {
            input: &self.input,
            own: None,
            output: None,
            local: None,
            global: &self.global,
            context: &context,
            random: &self.random,
            missing_compares: false,
        })?;
        check_size(&built, "the input of the flow")?;
        Ok(Rc::new(built))
    }

    /// The output of the flow, out of the frame at the top.
    fn flow_output(&self, program: &Program, frame: &Frame) -> Result<Value, Failure> {
        let Some(shape) = &program.output else { return Ok((*frame.data).clone()) };
        let context = || self.context(None);
        let built = shape.build(&Env {
            input: &frame.input,
            own: None,
            output: None,
            local: Some(&frame.data),
            global: &self.global,
            context: &context,
            random: &self.random,
            missing_compares: false,
        })?;
        check_size(&built, "the output of the flow")?;
        Ok(built)
    }

    /// Opens a frame at the start of a scope.
    fn frame(
        &mut self,
        parent: Option<(FrameId, usize)>,
        scope: usize,
        input: Rc<Value>,
        exit: Option<EventKind>,
        last_event: u64,
    ) {
        let program = Rc::clone(&self.program);
        self.last_frame += 1;
        let id = self.last_frame;
        let start = program.scopes.get(scope).and_then(|scope| scope.start);
        let data = match program.dialect {
            Dialect::Flow => Rc::new(Value::Object(Map::new())),
            Dialect::StateMachine => Rc::clone(&input),
        };
        let frame = Frame {
            parent,
            exit,
            objects: input.is_object(),
            input,
            data,
            // An empty scope stands at no state, and ends at its turn.
            at: start.unwrap_or(usize::MAX),
            current: Current::new(),
            last_event,
        };
        self.frames.insert(id, frame);
        self.ready.push_back(id);
    }

    fn timer(&mut self, after: Millis, timer: Timer) -> TimerId {
        self.last_timer += 1;
        let id = (self.now.saturating_add(after), self.last_timer);
        self.timers.insert(id, timer);
        id
    }

    /// Records an event, unless the history is full. The last place is kept for the end.
    fn event(&mut self, by: u64, kind: EventKind, state: Option<usize>, detail: Detail) -> u64 {
        if self.status.is_final() || self.events.len() + 1 >= LARGEST_HISTORY {
            self.history_is_full = !self.status.is_final();
            return by;
        }
        self.push(by, kind, state, detail)
    }

    fn push(&mut self, by: u64, kind: EventKind, state: Option<usize>, detail: Detail) -> u64 {
        let id = self.events.len() as u64 + 1;
        let step = state.and_then(|state| self.program.states.get(state)).map(|state| Rc::clone(&state.name));
        self.events.push(Event { id, scheduled_by: by, kind, step, at: self.now, state, detail: detail.kept() });
        id
    }

    /// Records an event of a frame.
    fn tell(&mut self, frame: FrameId, kind: EventKind, detail: Detail) {
        let Some((last, at)) = self.frames.get(&frame).map(|frame| (frame.last_event, frame.at)) else { return };
        let id = self.event(last, kind, Some(at), detail);
        if let Some(frame) = self.frames.get_mut(&frame) {
            frame.last_event = id;
        }
    }

    /// What an expression of the state that a frame stands at sees.
    fn with_env<R>(
        &self,
        frame: &Frame,
        input: &Value,
        output: Option<&Value>,
        local: Option<&Value>,
        evaluate: impl FnOnce(&Env<'_>) -> R,
    ) -> R {
        let context = || self.context(Some((frame, input, output)));
        evaluate(&Env {
            input,
            own: None,
            output,
            local,
            global: &self.global,
            context: &context,
            random: &self.random,
            missing_compares: self.program.dialect == Dialect::StateMachine,
        })
    }

    /// `$context` or `$Context`.
    fn context(&self, current: Option<(&Frame, &Value, Option<&Value>)>) -> Value {
        let name = |frame: &Frame| self.program.states.get(frame.at).map(|state| state.name.to_string());
        // Only a task that waits for a report has a token.
        let reported = |frame: &Frame| {
            let state = self.program.states.get(frame.at);
            matches!(state.map(|state| &state.kind), Some(Kind::Task(task)) if task.mode == TaskMode::CustomCallback)
        };
        let token = current.filter(|(frame, ..)| reported(frame)).map(|(frame, ..)| self.token(frame));
        let token = token.unwrap_or_default();
        match self.program.dialect {
            Dialect::Flow => json!({
                "flow": { "name": self.flow },
                "execution": { "name": self.execution },
                "step": {
                    "name": current.and_then(|(frame, ..)| name(frame)).unwrap_or_default(),
                    "eventId": self.events.len(),
                },
                "task": { "token": token },
            }),
            Dialect::StateMachine => {
                let error = current.and_then(|(frame, ..)| frame.current.error.clone());
                json!({
                    "Execution": { "Name": self.execution, "Input": *self.input, "RoleArn": self.role },
                    "Current": {
                        "Name": current.and_then(|(frame, ..)| name(frame)).unwrap_or_default(),
                        "Input": current.map(|(_, input, _)| input),
                        "Output": current.and_then(|(.., output)| output).cloned().unwrap_or_else(|| json!({})),
                        "Error": {
                            "Code": error.as_ref().map_or("", |error| &error.error),
                            "Detail": error.as_ref().map_or("", |error| &error.cause),
                        },
                        "RetryCount": current.map_or(0, |(frame, ..)| frame.current.attempt),
                        "TaskToken": token,
                    },
                })
            }
        }
    }
}

impl Current {
    fn new() -> Self {
        Current {
            phase: Phase::Enter,
            entered: 0,
            raw: Rc::new(Value::Null),
            input: Rc::new(Value::Null),
            attempt: 0,
            tries: Vec::new(),
            error: None,
        }
    }
}

/// Holds data to the limit of the service, and to a depth that can be read again.
fn check_size(value: &Value, what: &str) -> Result<(), Failure> {
    check_size_within(value, LARGEST_DATA, what)
}

/// Holds the global variables to the limits of each.
fn check_globals(global: &Value) -> Result<(), Failure> {
    for (name, value) in global.as_object().into_iter().flatten() {
        if name.len() > LONGEST_GLOBAL_NAME {
            let cause =
                format!("the name of a global variable takes {} bytes, more than {LONGEST_GLOBAL_NAME}", name.len());
            return Err(Failure::new("Local.DataLimitExceeded", cause));
        }
        check_size_within(value, LARGEST_GLOBAL, &format!("the global variable `{name}`"))?;
    }
    Ok(())
}

fn check_size_within(value: &Value, most: usize, what: &str) -> Result<(), Failure> {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    if depth(value) > DEEPEST_DATA {
        let cause = format!("{what} is nested more than {DEEPEST_DATA} deep");
        return Err(Failure::new("Local.DataLimitExceeded", cause));
    }
    let mut count = Count(0);
    let written = serde_json::to_writer(&mut count, value);
    if written.is_err() || count.0 > most {
        let cause = format!("{what} takes {} bytes, more than {most}", count.0);
        return Err(Failure::new("Local.DataLimitExceeded", cause));
    }
    Ok(())
}

// Recursion is bounded: data that have passed are `DEEPEST_DATA` deep at most, and what is built
// from them adds no more than the depth of one constructor.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// [`merged`], without a copy where one of them holds nothing: an iteration begins with nothing of
/// its own and all that its owner has.
fn overlaid(first: &Rc<Value>, second: &Rc<Value>) -> Rc<Value> {
    let empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
    if empty(second) && first.is_object() {
        Rc::clone(first)
    } else if empty(first) && second.is_object() {
        Rc::clone(second)
    } else {
        Rc::new(merged(first, second))
    }
}

/// Both objects; on equal keys the second wins. What is no object counts as an empty one.
fn merged(first: &Value, second: &Value) -> Value {
    let mut all = first.as_object().cloned().unwrap_or_default();
    if let Some(second) = second.as_object() {
        all.extend(second.clone());
    }
    Value::Object(all)
}
