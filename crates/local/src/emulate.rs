//! The emulator of the service. It is sans-IO: its input is a request and the time, its output is a response or the
//! time of the next event.
//!
//! The order of the checks and the answers follow the reference pages of DescribeExecution, StartExecution,
//! StopExecution and the limits page. Undocumented behaviour is decided in one place, with a comment. Each execution is
//! a [`Machine`](crate::simulate::Machine) that interprets its definition.

mod auth;
mod clock;
mod executions;
mod fault;
mod faults;
mod flows;
mod held;
mod history;
mod http;
mod journal;
mod late;
mod page;
mod quota;
mod random;
mod render;
mod state;
mod store;
mod tasks;
mod turn;

pub use faults::{FailRule, Faults, How};
pub use http::{Request, Response};
pub use state::Restored;
pub use store::Ended;
pub use tasks::TaskCall;

use cloudflow_base::limits::REQUEST_BYTES;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use auth::Nonces;
use clock::Clock;
use executions::Shape;
use fault::Fault;
use http::{HEADERS, Parameters};
use late::LateResults;
use quota::Quotas;
use render::Envelope;
use serde_json::{Map, Value};
use store::{ExecutionId, Store};

use crate::simulate::{MOST_OF_A_TURN, Millis, TaskResult};
use cloudflow_service::sign::Scheme;

/// The only version of the API.
const VERSION: &str = "2019-03-15";

/// Maximum length of the host that an answer repeats, in characters.
const LONGEST_HOST: usize = 255;

/// The units of an answer, in addition to its text.
const ANSWER: u64 = 2_000;

/// Maximum time that a request waits until an execution that is behind receives its message.
const LONGEST_MESSAGE: Millis = 60_000;

/// The options of an emulator.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The seed of every identifier.
    pub seed: u64,
    /// The keys that may sign requests.
    pub access_keys: Vec<AccessKey>,
    /// The rate limits of the service apply.
    pub quotas: bool,
    /// A nonce is refused the second time.
    pub nonces: bool,
    /// The faults to inject.
    pub faults: Faults,
    /// Milliseconds on the clock of the flows per millisecond of the host. 0 counts as 1.
    pub speed: u32,
    /// The clock of the flows jumps to the next event while no task waits for a result from outside.
    pub skip_waits: bool,
    /// Called repeatedly during long work, so that the host can reserve memory.
    pub reserve_memory: Option<fn()>,
    /// The units of work of one turn. Each call works for at most two turns; the rest is left for the next call.
    pub work: Option<u64>,
}

/// A key of the emulated account.
#[derive(Clone)]
pub struct AccessKey {
    /// The AccessKey ID.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The STS token that it requires.
    pub security_token: Option<String>,
}

/// The result of a request.
#[derive(Debug)]
pub enum Reply {
    /// The answer.
    Answer(Response),
    /// The request is held. [`Emulator::advance`] returns its answer.
    Hold(WaiterId),
}

/// A request that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiterId(pub u64);

/// One account of the service, in one region.
#[derive(Debug)]
pub struct Emulator {
    options: Options,
    /// The clock of the host.
    now: Millis,
    /// The clock of the flows.
    clock: Clock,
    late: LateResults,
    store: Store,
    quotas: Quotas,
    nonces: Nonces,
    // INVARIANT: every held request is in `held` and once in `deadlines`. One that waits for an execution is also in
    // the waiters of that execution, unless the execution is removed.
    held: BTreeMap<WaiterId, Box<Held>>,
    deadlines: BTreeSet<(Millis, WaiterId)>,
    last_waiter: u64,
    /// Held requests whose execution has ended: their answers are made a few at a time.
    due: VecDeque<(WaiterId, ExecutionId)>,
    ready: Vec<(WaiterId, Response)>,
}

#[derive(Debug)]
struct Held {
    until: Millis,
    envelope: Envelope,
    waits: Waits,
}

#[derive(Debug)]
enum Waits {
    /// Until its deadline. The answer is complete.
    Out(Box<Response>),
    /// For the end of an execution.
    For(ExecutionId, Shape),
    /// Until an execution that is behind has received its message.
    Message(Then),
}

/// The message of a request to an execution.
#[derive(Clone, Debug)]
enum Then {
    /// StopExecution.
    Stopped,
    /// The result of the task with a token.
    Reported(String),
}

/// The result of an operation.
enum Outcome {
    Body(Map<String, Value>),
    /// The description of an execution, when it has ended or the time of the poll is over.
    Poll {
        execution: ExecutionId,
        wait: Millis,
        shape: Shape,
    },
    /// The result of a message, when an execution that is behind has received it.
    Message {
        execution: ExecutionId,
        then: Then,
    },
}

/// A request that was accepted.
struct Call<'r> {
    /// On the clock of the flows, as all times in answers.
    now: Millis,
    parameters: &'r Parameters,
}

impl Emulator {
    /// An account without flows.
    pub fn new(options: Options) -> Self {
        Emulator {
            store: Store::new(options.seed),
            clock: Clock::new(options.speed),
            late: LateResults::default(),
            options,
            now: 0,
            quotas: Quotas::default(),
            nonces: Nonces::default(),
            held: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            last_waiter: 0,
            due: VecDeque::new(),
            ready: Vec::new(),
        }
    }

    /// Processes a request. Everything that was due before happens first. [`Emulator::advance`] is called next: it
    /// returns the answers to other requests that have become ready.
    pub fn request(&mut self, now: Millis, request: &Request) -> Reply {
        self.catch_up(now);
        self.reserve_memory();
        self.store.work = self.turn();
        let host = request.host.chars().take(LONGEST_HOST).collect();
        let envelope = Envelope { request_id: self.store.random.id(), host };
        if request.method == "OPTIONS" && self.options.faults.cors {
            return self.answer(&envelope, Response { status: 200, headers: Vec::new(), body: Vec::new(), cut: false });
        }
        let mut cut = false;
        let outcome = self.admit(request).and_then(|(action, parameters)| {
            match self.options.faults.failure(&action) {
                None => {}
                Some(How::Cut) => cut = true,
                Some(how) => return Ok(Err(how)),
            }
            let call = Call { now: self.flow_time(), parameters: &parameters };
            self.operate(&action, &call).map(Ok)
        });
        self.settle();
        let response = match outcome {
            Ok(Ok(Outcome::Poll { execution, wait, shape })) if !cut => {
                let until = self.now + wait;
                return Reply::Hold(self.hold(until, envelope, Waits::For(execution, shape)));
            }
            Ok(Ok(Outcome::Message { execution, then })) if !cut => {
                let waiter = self.hold(self.now + LONGEST_MESSAGE, envelope, Waits::Message(then));
                self.store.await_message(execution, waiter);
                return Reply::Hold(waiter);
            }
            Ok(Ok(Outcome::Poll { .. } | Outcome::Message { .. })) => envelope.body(Map::new()),
            Ok(Ok(Outcome::Body(body))) => envelope.body(body),
            Ok(Err(how)) => envelope.failure(&how),
            Err(fault) => envelope.fault(&fault),
        };
        self.answer(&envelope, Response { cut, ..response })
    }

    /// Advances the clock. Returns the answers that are due.
    pub fn advance(&mut self, now: Millis) -> Vec<(WaiterId, Response)> {
        self.catch_up(now);
        std::mem::take(&mut self.ready)
    }

    /// The time of the next event, for [`Emulator::advance`]. Absent if only a request can change the state.
    pub fn wake_at(&self) -> Option<Millis> {
        if !self.ready.is_empty() || !self.due.is_empty() || self.store.has_lagging() || self.store.has_tasks() {
            return Some(self.now);
        }
        let held = self.deadlines.first().map(|(at, _)| *at);
        let flows = self.next_event();
        let flows = flows.map(|at| if self.may_jump() { self.now } else { self.clock.host(at).max(self.now) });
        [held, flows].into_iter().flatten().min()
    }

    /// When the next execution has something to do, on the clock of the flows.
    fn next_event(&self) -> Option<Millis> {
        [self.store.wake_at(), self.late.wake_at()].into_iter().flatten().min()
    }

    /// The time on the clock of the flows.
    fn flow_time(&self) -> Millis {
        self.clock.at(self.now)
    }

    /// The time on the clock of the flows, at a time of the host.
    pub fn time(&self, now: Millis) -> Millis {
        let mut clock = self.clock;
        clock.start(now);
        clock.at(now)
    }

    /// Whether the clock of the flows may jump: the next event depends on nothing outside. A handler at work and a
    /// report by a task token are outside. A child that reports to its parent by token is not.
    fn may_jump(&self) -> bool {
        self.options.skip_waits
            && !self.store.has_lagging()
            && !self.store.has_tasks()
            && !self.store.awaits_outside(&self.late)
    }

    /// Drops the held request of a client that has disconnected. The execution is not affected.
    pub fn disconnect(&mut self, waiter: WaiterId) {
        if let Some(Held { waits: Waits::For(execution, _), .. }) = self.release(waiter) {
            self.store.remove_waiter(execution, waiter);
        }
        self.ready.retain(|(ready, _)| *ready != waiter);
    }

    /// A number that increases with every change of what [`Emulator::save`] returns.
    pub fn changes(&self) -> u64 {
        self.store.changes
    }

    /// Flows and executions as text, for [`Emulator::restore`]. Held requests, quotas and nonces are not included.
    pub fn save(&self) -> String {
        state::save(&self.store, self.flow_time()).0
    }

    /// Like [`Emulator::save`]. From this call on, changes are recorded for [`Emulator::journal`].
    pub fn save_and_record(&mut self) -> String {
        let (text, journal) = state::save(&self.store, self.flow_time());
        self.store.journal = journal;
        text
    }

    /// The changes since [`Emulator::save_and_record`] or the last call, as text to append to the saved text. Empty if
    /// nothing changed, or if changes are not recorded.
    pub fn journal(&mut self) -> String {
        let head = state::head(&self.store, self.flow_time());
        self.store.journal.take(&head)
    }

    /// Restores a saved state. Running executions continue. Timers that were due in the meantime fire at their original
    /// time. Fails if the text is incomplete or is not a saved state, or if this emulator has flows.
    pub fn restore(&mut self, text: &str) -> Result<Restored, String> {
        if !self.store.flows.is_empty() || !self.held.is_empty() {
            return Err("this emulator is already in use".to_owned());
        }
        let (store, now, restored) = state::restore(text, self.options.reserve_memory)?;
        self.store = store;
        self.clock.restore(now);
        Ok(restored)
    }

    /// Creates a flow or changes its definition, without a request. False if nothing changes. The error is the message
    /// of the service for an invalid definition.
    pub fn put_flow(&mut self, now: Millis, name: &str, definition: &str, express: bool) -> Result<bool, String> {
        self.catch_up(now);
        let now = self.flow_time();
        flows::put(&mut self.store, now, name, definition, express).map_err(|fault| fault.message)
    }

    /// Removes a flow as DeleteFlow does. False if there is no such flow.
    pub fn remove_flow(&mut self, now: Millis, name: &str) -> bool {
        self.catch_up(now);
        let known = self.store.flows.contains_key(name);
        self.store.remove(name, self.clock.at(self.now));
        self.settle();
        known
    }

    /// Answers all held requests with the next [`Emulator::advance`], before the host shuts down. Polls get the current
    /// state, synchronous starts get an error.
    pub fn answer_held(&mut self, now: Millis) {
        self.catch_up(now);
        for waiter in self.held.keys().copied().collect::<Vec<_>>() {
            let Some(Held { envelope, waits, .. }) = self.release(waiter) else { continue };
            let response = match waits {
                Waits::Out(response) => *response,
                Waits::Message(_) => self.finished(envelope.fault(&Fault::unavailable())),
                Waits::For(execution, shape) => {
                    self.store.remove_waiter(execution, waiter);
                    let response = match (shape, self.store.execution(execution)) {
                        (Shape::Describe, Some(known)) => envelope.body(shape.body(known, &self.options.faults)),
                        _ => envelope.fault(&Fault::unavailable()),
                    };
                    self.finished(response)
                }
            };
            self.ready.push((waiter, response));
        }
    }

    /// Replaces the faults to inject.
    pub(crate) fn set_faults(&mut self, faults: Faults) {
        self.options.faults = faults;
    }

    /// The tasks that executions have requested since the last call.
    pub fn take_tasks(&mut self) -> Vec<TaskCall> {
        self.store.take_tasks()
    }

    /// The tasks that were cancelled since the last call.
    pub fn take_cancelled(&mut self) -> Vec<u64> {
        let cancelled = self.store.take_cancelled();
        cancelled.iter().for_each(|call| self.late.cancelled(*call));
        cancelled
    }

    /// Passes the result of a task. The result of a cancelled task is ignored.
    pub fn finish_task(&mut self, now: Millis, task: u64, result: TaskResult) {
        self.catch_up(now);
        self.store.finish_task(self.flow_time(), task, result);
        self.settle();
    }

    /// Passes the result of a task that takes a time on the clock of the flows, in milliseconds since the task was
    /// requested. With a time that is not finite, the task gets no result.
    pub fn finish_task_later(&mut self, now: Millis, task: u64, result: TaskResult, delay: f64) {
        if delay <= 0.0 {
            return self.finish_task(now, task, result);
        }
        self.catch_up(now);
        if !delay.is_finite() {
            return self.late.never(task);
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
        let at = self.store.schedule.called(task).map(|at| at.saturating_add(delay as Millis));
        if let Some(at) = at {
            self.late.add(at, task, result);
        }
    }

    /// The executions that failed or timed out since the last call.
    pub fn take_failed(&mut self) -> Vec<Ended> {
        self.store.take_failed()
    }

    /// The checks before the operation itself, in the documented order. Returns the operation. The size is checked
    /// first: an unsigned request must be cheap.
    fn admit(&mut self, request: &Request) -> Result<(String, Parameters), Fault> {
        if request.size() > REQUEST_BYTES {
            return Err(Fault::oversized(REQUEST_BYTES));
        }
        if request.headers.len() > HEADERS {
            return Err(Fault::invalid(format!("a request may have at most {HEADERS} headers")));
        }
        if request.path != "/" {
            return Err(Fault::invalid(format!("the path must be `/`, not `{}`", request.path)));
        }
        if !matches!(request.method.as_str(), "GET" | "POST") {
            return Err(Fault::invalid(format!("the method must be GET or POST, not `{}`", request.method)));
        }
        let parameters = Parameters::read(request)?;
        let scheme = auth::scheme_of(request);
        let missing = |parameter: &str, header: &str| match scheme {
            Scheme::HmacSha1 => Fault::missing_parameter(parameter),
            Scheme::Acs3HmacSha256 => Fault::missing_header(header),
        };
        let action = auth::common(scheme, request, &parameters, "Action").filter(|value| !value.is_empty());
        let action = action.ok_or_else(|| missing("Action", "x-acs-action"))?.to_owned();
        if !OPERATIONS.contains(&action.as_str()) {
            let is_known = NOT_EMULATED.contains(&action.as_str());
            return Err(if is_known { Fault::not_emulated(&action) } else { Fault::action(&action) });
        }
        let version = auth::common(scheme, request, &parameters, "Version").filter(|value| !value.is_empty());
        let version = version.ok_or_else(|| missing("Version", "x-acs-version"))?;
        if version != VERSION {
            return Err(Fault::version(version));
        }
        let nonce = auth::check(scheme, request, &parameters, &self.options.access_keys, self.now)?;
        if self.options.nonces {
            self.nonces.remember(nonce, self.now)?;
        }
        if self.options.quotas {
            self.quotas.take(&action, self.now).map_err(Fault::throttled)?;
        }
        Ok((action, parameters))
    }

    fn operate(&mut self, action: &str, call: &Call<'_>) -> Result<Outcome, Fault> {
        let store = &mut self.store;
        let faults = &self.options.faults;
        let body = match action {
            "CreateFlow" => flows::create(store, call),
            "DescribeFlow" => flows::describe(store, call),
            "UpdateFlow" => flows::update(store, call),
            "DeleteFlow" => flows::delete(store, call),
            "ListFlows" => flows::list(store, call),
            "ListSchedules" => flows::list_schedules(store, call),
            "StartExecution" => executions::start(store, call, faults),
            "StartSyncExecution" => return executions::start_sync(store, call, faults),
            "StopExecution" => return executions::stop(store, call, faults),
            "DescribeExecution" => return executions::describe(store, call, faults),
            "ListExecutions" => executions::list(store, call, faults),
            "GetExecutionHistory" => history::get(store, call),
            "ReportTaskSucceeded" => return tasks::succeeded(store, call),
            "ReportTaskFailed" => return tasks::failed(store, call),
            _ => Err(Fault::action(action)),
        };
        body.map(Outcome::Body)
    }

    /// Processes timers of executions, results and deadlines up to `now`, each at its own time. This clock never
    /// decreases, also if the clock of the host does. Work beyond one turn is left for the next call.
    fn catch_up(&mut self, now: Millis) {
        let now = now.max(self.now);
        self.clock.start(now);
        self.store.work = self.turn();
        self.answer_due();
        while self.store.work > 0 {
            self.late.prune(|call| self.store.schedule.is_pending(call));
            let event = self.next_event().filter(|at| self.clock.host(*at) <= now);
            let host = event.map(|at| self.clock.host(at));
            let deadline = self.deadlines.first().copied().filter(|(at, _)| *at <= now);
            match (event, deadline) {
                (Some(at), None) => self.advance_flows(at),
                // At equal times the execution precedes the deadline: the answer to the poll contains its end.
                (Some(at), Some((end, _))) if host <= Some(end) => self.advance_flows(at),
                (_, Some((at, waiter))) => {
                    self.now = self.now.max(at);
                    self.time_is_up(at, waiter);
                }
                (None, None) if self.store.has_lagging() => self.store.advance_lagging(self.clock.at(now)),
                (None, None) => match self.next_event() {
                    Some(at) if self.may_jump() => self.clock.jump(now, at),
                    _ => break,
                },
            }
            self.now = self.now.max(host.unwrap_or(0).min(now));
            self.settle();
            self.reserve_memory();
        }
        self.now = now;
    }

    /// Processes the next timer, or else the next result. A result at the last moment is too late.
    fn advance_flows(&mut self, at: Millis) {
        if self.clock.differs(self.now) {
            self.store.journal.time_passed();
        }
        if self.store.wake_at().is_some_and(|timer| timer <= at) {
            return self.store.advance(at);
        }
        if let Some((task, result)) = self.late.take() {
            self.store.finish_task(at, task, result);
        }
    }

    fn turn(&self) -> u64 {
        self.options.work.unwrap_or(MOST_OF_A_TURN).max(1)
    }

    fn reserve_memory(&self) {
        if let Some(reserve_memory) = self.options.reserve_memory {
            reserve_memory();
        }
    }
}

/// The operations of [`Emulator::operate`].
const OPERATIONS: [&str; 14] = [
    "CreateFlow",
    "DescribeFlow",
    "UpdateFlow",
    "DeleteFlow",
    "ListFlows",
    "ListSchedules",
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
    "DescribeExecution",
    "ListExecutions",
    "GetExecutionHistory",
    "ReportTaskSucceeded",
    "ReportTaskFailed",
];

/// The other operations of the API.
const NOT_EMULATED: [&str; 15] = [
    "CreateFlowAlias",
    "CreateSchedule",
    "DeleteFlowAlias",
    "DeleteFlowVersion",
    "DeleteSchedule",
    "DescribeFlowAlias",
    "DescribeMapRun",
    "DescribeRegions",
    "DescribeSchedule",
    "ListFlowAliases",
    "ListFlowVersions",
    "PublishFlowVersion",
    "UpdateFlowAlias",
    "UpdateMapRun",
    "UpdateSchedule",
];

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessKey {{ id: {:?}, .. }}", self.id)
    }
}
