//! One execution.
//!
//! A series of states in progress is a [`Frame`]. Its current state may have child frames: the branches of a parallel, the
//! iterations of a map, the steps of a choice's option. Frames form a tree. Frames that can continue are in a queue.
//! Frames that wait for a time have a timer. There is no recursion over the flow. Each round of a loop adds an event or
//! a retry. The maximum number of both is [`EVENTS`].
//!
//! Work is counted. When the units of a turn are used up, the rest of the queue and the clock of the machine wait for
//! the next [`Machine::advance`]. Therefore the outcome does not depend on the length of the turns.

mod context;
mod history;
mod note;
mod observe;
mod single;
mod states;
mod tasks;
mod work;

use cloudflow_base::limits::{EVENTS, EXECUTION_SECONDS, EXPRESS_EXECUTION_SECONDS};
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::data::Data;
use super::event::{Detail, Event, EventKind};
use super::meter::{Meter, cost};
use super::program::{Number, Program, millis};
use super::{Failure, LARGEST_HISTORY_BYTES, LARGEST_HISTORY_MEMORY, Millis, Status, TaskResult};
use cloudflow_language::flow::Dialect;
use history::check_globals;
pub use note::Note;
pub use observe::{Coming, InProgress, Work};
pub use single::{Inner, Mock, Visit, Visited};
use tasks::Running;
pub use tasks::{ChildFlow, Report, TaskId, TaskMode, TaskRequest};

/// The start of an execution.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The name of the flow.
    pub flow: String,
    /// The name of the execution.
    pub execution: String,
    /// The RAM role of the execution.
    pub role: String,
    /// An object.
    pub input: Value,
    /// The clock.
    pub now: Millis,
    /// The seed of random values and tokens.
    pub seed: u64,
    /// Maximum time, in addition to the limits of the definition.
    pub limit: Option<Millis>,
    /// The units of work of the first turn. Absent: no limit.
    pub work: Option<u64>,
}

/// One execution of a [`Program`].
#[derive(Debug)]
pub struct Machine {
    program: Rc<Program>,
    flow: String,
    execution: String,
    role: String,
    input: Data,
    now: Millis,
    status: Status,
    stopped: Option<Millis>,
    output: Option<Data>,
    failure: Option<Rc<Failure>>,
    events: Vec<Event>,
    /// The size of the events as JSON, and their memory.
    event_bytes: usize,
    memory: usize,
    retries: usize,
    history_is_full: bool,
    meter: Meter,
    /// No further state starts: see [`Machine::drain`].
    draining: bool,
    global: Value,
    random: Cell<u64>,
    key: u64,
    // INVARIANT: everything below is empty once the status is final.
    // Maps with equal keys and boxed values share their code: docs/decisions.md has the figures.
    frames: BTreeMap<FrameId, Box<Frame>>,
    last_frame: FrameId,
    ready: VecDeque<Ready>,
    timers: BTreeMap<TimerId, Timer>,
    last_timer: u64,
    running: BTreeMap<TaskId, Box<Running>>,
    last_task: u64,
    requests: Vec<TaskRequest>,
    cancelled: Vec<TaskId>,
    // All tokens. Each has its task while the task waits.
    tokens: BTreeMap<String, Option<TaskId>>,
    /// Number of tokens whose task waits.
    open_tokens: usize,
    /// Number of calls of each state that is a task.
    calls: BTreeMap<usize, u32>,
    /// Kept on request only: see [`Machine::keep_notes`].
    notes: Option<Vec<(FrameId, Note)>>,
    /// Parts of `$context` or `$Context` that replace those of this execution.
    given_context: Map<String, Value>,
}

/// The units of a step, in addition to its data.
const STEP: u64 = 2_000;

type FrameId = u64;
/// The time, and a number that distinguishes timers of the same time.
type TimerId = (Millis, u64);

/// Work that can be done now.
#[derive(Debug)]
enum Ready {
    /// A frame takes its next step.
    Step(FrameId),
    /// The work of the current state of a frame is done: its output, and the target of its jump.
    Done(FrameId, Data, Option<usize>),
    /// The current state of a frame has failed.
    Failed(FrameId, Failure),
}

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
    /// The type of the event when it ends.
    exit: Option<EventKind>,
    /// The input of the owner: `$input` in the input mappings of the `flow` dialect.
    input: Data,
    /// In the `flow` dialect the local data of the series, in `StateMachine` the input of the next state.
    data: Data,
    /// Inputs and outputs must be objects. This does not apply in an iteration over other values.
    objects: bool,
    at: usize,
    current: Current,
    last_event: u64,
}

/// The current state of a frame.
#[derive(Debug)]
struct Current {
    phase: Phase,
    entered: u64,
    raw: Data,
    input: Data,
    attempt: u32,
    /// Retries so far, for each rule.
    tries: Vec<u32>,
    error: Option<Rc<Failure>>,
}

#[derive(Debug)]
enum Phase {
    Enter,
    /// Entered. Its work starts or restarts.
    Begin,
    /// Waits for the timer, then completes.
    Sleep(TimerId),
    /// Waits for the timer, then restarts.
    Pause(TimerId),
    Task(TaskId),
    Children(Children),
}

#[derive(Debug)]
struct Children {
    results: Vec<Option<Data>>,
    /// Those that have not started.
    waiting: Range<usize>,
    open: usize,
    kind: ChildKind,
    inputs: Inputs,
}

/// The inputs of the child frames of a state. They are built when a frame starts: an iteration of the `flow` dialect gets
/// a copy of all data of its owner.
#[derive(Debug)]
enum Inputs {
    /// The input of the owner, in these scopes.
    Same(Vec<usize>),
    /// One of these values for each frame, in order.
    Items(std::vec::IntoIter<Value>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChildKind {
    /// The steps of an option, and the target after them.
    Option(Option<usize>),
    Branches,
    Iterations,
}

impl Machine {
    /// Starts an execution, and runs it as far as possible at this time.
    pub fn start(program: Rc<Program>, start: Start) -> Self {
        let limit = start.limit;
        let mut machine = Machine::new(Rc::clone(&program), start);
        let input = machine.input.clone();
        let first = machine.event(0, EventKind::ExecutionStarted, None, Detail::Input(input.into()));
        let longest = if program.express { EXPRESS_EXECUTION_SECONDS } else { EXECUTION_SECONDS };
        let longest = millis(longest as f64);
        let timeout = match &program.timeout {
            Some(Number::Value(seconds)) if *seconds > 0.0 => millis(*seconds).min(longest),
            _ => longest,
        };
        let timeout = limit.map_or(timeout, |limit| timeout.min(limit));
        machine.timer(timeout, Timer::Execution);
        if let Some(why) = program.oversized.as_ref().or(program.unfilled.as_ref()) {
            machine.finish(Status::Failed, None, Some(Failure::invalid_definition(why.clone())));
            return machine;
        }
        match machine.flow_input(&program) {
            Ok(input) => {
                machine.frame(None, 0, input, None, first);
                machine.run();
            }
            Err(failure) => machine.finish(Status::Failed, None, Some(failure)),
        }
        machine
    }

    /// An execution in which no state has started.
    fn new(program: Rc<Program>, start: Start) -> Self {
        Machine {
            flow: start.flow,
            execution: start.execution,
            role: start.role,
            input: Data::new(start.input),
            now: start.now,
            status: Status::Running,
            stopped: None,
            output: None,
            failure: None,
            events: Vec::new(),
            event_bytes: 0,
            memory: 0,
            retries: 0,
            history_is_full: false,
            meter: Meter::new(start.work.unwrap_or(u64::MAX)),
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
            open_tokens: 0,
            calls: BTreeMap::new(),
            notes: None,
            given_context: Map::new(),
            program,
        }
    }

    /// Advances the clock. Each timer fires at its own time, also if `now` is later. Returns early if the units of the
    /// turn are used up.
    pub fn advance(&mut self, now: Millis) {
        loop {
            self.run();
            if !self.ready.is_empty() {
                return;
            }
            let Some(((at, _), timer)) = self.timers.first_key_value().map(|(id, timer)| (*id, *timer)) else { break };
            if at > now {
                break;
            }
            if self.meter.left() == 0 {
                return;
            }
            self.timers.pop_first();
            self.now = self.now.max(at);
            self.meter.begin_state();
            self.meter.spend(STEP);
            match timer {
                Timer::Execution => self.finish(Status::TimedOut, None, None),
                Timer::Frame(frame) => self.woken(frame),
                Timer::Task(task) => self.task_timed_out(task),
            }
        }
        self.now = self.now.max(now);
    }

    /// The time of the next event, for [`Machine::advance`].
    pub fn wake_at(&self) -> Option<Millis> {
        if !self.ready.is_empty() {
            return Some(self.now);
        }
        self.timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// Whether an event that is due at this time is postponed because the units are used up.
    pub fn is_behind(&self, now: Millis) -> bool {
        self.wake_at().is_some_and(|at| at <= now)
    }

    /// The clock of the machine.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// Begins a turn of that many units of work.
    pub fn set_turn(&mut self, work: u64) {
        self.meter.set_turn(work);
    }

    /// The units that are left of the turn.
    pub fn work_left(&self) -> u64 {
        self.meter.left()
    }

    /// The approximate size of the events as JSON, in bytes.
    pub fn event_bytes(&self) -> usize {
        self.event_bytes
    }

    /// Ends the execution because its history is too large.
    pub fn exhaust(&mut self, cause: String) {
        self.finish(Status::Failed, None, Some(Failure::new("Local.HistoryLimitExceeded", cause)));
    }

    /// The approximate memory of the events, in bytes.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Processes everything that is due before a message. A driver that counts units advances the machine until it
    /// [is not behind](Machine::is_behind) before it passes a message.
    fn catch_up(&mut self, now: Millis) {
        self.advance(now);
        if self.is_behind(now) {
            self.meter.set_turn(u64::MAX);
            self.advance(now);
            self.meter.set_turn(0);
        }
        self.meter.begin_state();
        self.meter.spend(STEP);
    }

    /// Stops the execution. No effect if it has ended.
    pub(crate) fn stop(&mut self, now: Millis, error: Option<String>, cause: Option<String>) {
        self.catch_up(now);
        let failure = Failure { error: error.unwrap_or_default(), cause: cause.unwrap_or_default() };
        self.finish(Status::Stopped, None, Some(failure));
    }

    /// Stops the execution after the current states have ended. No further state starts. If a current state is the last
    /// one, the execution ends normally.
    pub(crate) fn drain(&mut self, now: Millis) {
        self.catch_up(now);
        self.draining = true;
        self.run();
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The time when it ended.
    pub(crate) fn stopped(&self) -> Option<Millis> {
        self.stopped
    }

    /// The output. Present if it succeeded.
    pub fn output(&self) -> Option<&Value> {
        self.output.as_deref()
    }

    /// The reason why it failed or was stopped.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_deref()
    }

    /// The result for a task of another execution that waits for this one. Absent while it runs. The error of a child
    /// reaches its parent under its own name.
    pub fn outcome(&self) -> Option<TaskResult> {
        Some(match (self.status, &self.output, self.failure()) {
            (Status::Starting | Status::Running, ..) => return None,
            (Status::Succeeded, output, _) => Ok(output.as_deref().cloned().unwrap_or_else(|| json!({}))),
            (_, _, Some(failure)) if !failure.error.is_empty() => Err(failure.clone()),
            (status, ..) => {
                let (name, status) = (&self.execution, status.as_str());
                let cause = format!("the execution `{name}` ended with status {status}");
                Err(Failure { error: format!("FnF.Execution{status}"), cause })
            }
        })
    }

    /// The state whose error ended the execution: the innermost one. Absent if no state failed.
    pub fn failed_state(&self) -> Option<&str> {
        let failure = self.failure()?;
        let mut found = None;
        for event in self.events.iter().rev() {
            match (event.kind, &event.detail) {
                (EventKind::StepFailed, Detail::Failure(why)) if **why == *failure => found = event.step.as_deref(),
                (EventKind::ExecutionFailed | EventKind::StepExited, _)
                | (EventKind::BranchExited | EventKind::IterationExited, _) => {}
                _ => break,
            }
        }
        found
    }

    /// The events so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Does all work that can be done now, while there are units.
    fn run(&mut self) {
        loop {
            if self.history_is_full {
                let cause = if self.event_bytes > LARGEST_HISTORY_BYTES {
                    format!("the events of the execution take more than {LARGEST_HISTORY_BYTES} bytes")
                } else if self.memory > LARGEST_HISTORY_MEMORY {
                    format!(
                        "the different data of the execution's events take more than {LARGEST_HISTORY_MEMORY} bytes"
                    )
                } else if self.retries > EVENTS {
                    format!("the execution has more than {EVENTS} retries")
                } else {
                    format!("the execution has more than {EVENTS} events")
                };
                self.finish(Status::Failed, None, Some(Failure::new("Local.HistoryLimitExceeded", cause)));
            }
            if self.ready.is_empty() {
                break;
            }
            if self.meter.left() == 0 {
                return;
            }
            let Some(ready) = self.ready.pop_front() else { break };
            self.meter.begin_state();
            self.meter.spend(STEP);
            match ready {
                Ready::Step(frame) => self.step(frame),
                Ready::Done(frame, output, jump) => self.succeed(frame, output, jump),
                Ready::Failed(frame, failure) => self.fail(frame, failure),
            }
        }
        // A frame with child frames waits for them.
        let idle = |frame: &Frame| matches!(frame.current.phase, Phase::Enter | Phase::Children(_));
        if self.draining && !self.status.is_final() && self.frames.values().all(|frame| idle(frame)) {
            self.finish(Status::Stopped, None, Some(Failure::new("", "")));
        }
    }

    fn finish(&mut self, status: Status, output: Option<Data>, failure: Option<Failure>) {
        if self.status.is_final() {
            return;
        }
        self.status = status;
        self.stopped = Some(self.now);
        self.history_is_full = false;
        let failure = failure.map(Rc::new);
        let detail = match (&output, &failure) {
            (Some(output), _) => Detail::Output(output.clone().into()),
            (None, Some(failure)) => Detail::Failure(Rc::clone(failure)),
            (None, None) => Detail::None,
        };
        let kind = match status {
            Status::Starting | Status::Running | Status::Stopped => EventKind::ExecutionStopped,
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
        self.open_tokens = 0;
        self.calls.clear();
    }

    /// Opens a frame at the start of a scope.
    fn frame(
        &mut self,
        parent: Option<(FrameId, usize)>,
        scope: usize,
        input: Data,
        exit: Option<EventKind>,
        last_event: u64,
    ) {
        let program = Rc::clone(&self.program);
        self.last_frame += 1;
        let id = self.last_frame;
        let start = program.scopes.get(scope).and_then(|scope| scope.start);
        let data = match program.dialect {
            Dialect::Flow => Data::new(Value::Object(Map::new())),
            Dialect::StateMachine => input.clone(),
        };
        let frame = Frame {
            parent,
            exit,
            objects: input.is_object(),
            input,
            data,
            // An empty scope has no state, and ends at its first step.
            at: start.unwrap_or(usize::MAX),
            current: Current::new(),
            last_event,
        };
        self.frames.insert(id, Box::new(frame));
        self.ready.push_back(Ready::Step(id));
    }

    fn timer(&mut self, after: Millis, timer: Timer) -> TimerId {
        self.last_timer += 1;
        let id = (self.now.saturating_add(after), self.last_timer);
        self.timers.insert(id, timer);
        id
    }
}

impl Current {
    fn new() -> Self {
        Current {
            phase: Phase::Enter,
            entered: 0,
            raw: Data::new(Value::Null),
            input: Data::new(Value::Null),
            attempt: 0,
            tries: Vec::new(),
            error: None,
        }
    }
}

/// [`merged`], without a copy if one of them is empty. An iteration starts with empty local data and with all data of
/// its owner.
fn overlaid(first: &Data, second: &Data, meter: &Meter) -> Data {
    let empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
    if empty(second) && first.is_object() {
        first.clone()
    } else if empty(first) && second.is_object() {
        second.clone()
    } else {
        meter.spend(cost(first) + cost(second));
        Data::new(merged(first, second))
    }
}

/// Both objects. On equal keys, the second value is used. A value that is not an object counts as empty.
fn merged(first: &Value, second: &Value) -> Value {
    let mut all = first.as_object().cloned().unwrap_or_default();
    if let Some(second) = second.as_object() {
        all.extend(second.clone());
    }
    Value::Object(all)
}
