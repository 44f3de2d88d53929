//! The emulator of the service, sans-IO: request and time in, response or "wake me at" out.
//!
//! The order of the checks, the answers and the faults are those of the reference pages of
//! DescribeExecution, StartExecution, StopExecution and the limits page; what no page says is
//! one safe choice, made where it is needed and said there. Executions are not canned: each is a
//! [`Machine`](crate::simulate::Machine) that interprets its definition.

mod auth;
mod executions;
mod fault;
mod faults;
mod flows;
mod history;
mod http;
mod journal;
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
pub use tasks::TaskCall;

use cloudflow_base::limits::REQUEST_BYTES;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use auth::{Nonces, Scheme};
use executions::Shape;
use fault::Fault;
use http::{HEADERS, Parameters};
use quota::Quotas;
use render::Envelope;
use serde_json::{Map, Value};
use store::{ExecutionId, Store};

use crate::simulate::{MOST_OF_A_TURN, Millis, TaskResult};

/// The only version of the API.
const VERSION: &str = "2019-03-15";

/// The most of a host that an answer repeats, in characters.
const LONGEST_HOST: usize = 255;

/// The units that an answer takes apart from its text.
const ANSWER: u64 = 2_000;

/// How long a request waits for an execution that is behind to hear of it.
const LONGEST_MESSAGE: Millis = 60_000;

/// How an emulator is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What every identifier is made from.
    pub seed: u64,
    /// Who may ask.
    pub access_keys: Vec<AccessKey>,
    /// The service's token buckets count.
    pub quotas: bool,
    /// A nonce is refused the second time.
    pub nonces: bool,
    /// What goes wrong on demand.
    pub faults: Faults,
    /// Called again and again while a lot is done at once, for a host that wants to see to its memory.
    pub breathe: Option<fn()>,
    /// The units of work of one turn. Each call works for two turns at most, and leaves the rest for the next.
    pub work: Option<u64>,
}

/// A key of the emulated account.
#[derive(Clone)]
pub struct AccessKey {
    /// The AccessKey ID.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The STS token that must come with it.
    pub security_token: Option<String>,
}

/// What became of a request.
#[derive(Debug)]
pub enum Reply {
    /// The answer.
    Answer(Response),
    /// It comes later, out of [`Emulator::advance`].
    Hold(WaiterId),
}

/// A request that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaiterId(pub u64);

/// One account of the service, in one region.
#[derive(Debug)]
pub struct Emulator {
    options: Options,
    now: Millis,
    store: Store,
    quotas: Quotas,
    nonces: Nonces,
    // INVARIANT: every held request stands in `held` and once in `deadlines`; one that waits for
    // an execution also stands in that execution's waiters (or waited for one that is gone).
    held: BTreeMap<WaiterId, Held>,
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
    /// Only for its time: the answer stands.
    Out(Box<Response>),
    /// For the end of an execution.
    For(ExecutionId, Shape),
    /// For an execution that is behind to hear of it.
    Message(Then),
}

/// What a request has told an execution.
#[derive(Clone, Debug)]
enum Then {
    /// To stop.
    Stopped,
    /// The result of the task with a token.
    Reported(String),
}

/// What an operation answers.
enum Outcome {
    Body(Map<String, Value>),
    /// The description of an execution, when it has ended or the time is up.
    Poll {
        execution: ExecutionId,
        until: Millis,
        shape: Shape,
    },
    /// What becomes of a message, when an execution that is behind has heard it.
    Message {
        execution: ExecutionId,
        then: Then,
    },
}

/// A request that was let in.
struct Call<'r> {
    now: Millis,
    parameters: &'r Parameters,
}

impl Emulator {
    /// An account without flows.
    pub fn new(options: Options) -> Self {
        Emulator {
            store: Store::new(options.seed),
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

    /// Takes a request. What was due before it happens before it; call [`Emulator::advance`]
    /// next for what that, or the request itself, has made ready for others.
    pub fn request(&mut self, now: Millis, request: &Request) -> Reply {
        self.catch_up(now);
        self.breathe();
        self.store.work = self.turn();
        let host = request.host.chars().take(LONGEST_HOST).collect();
        let envelope = Envelope { request_id: self.store.random.id(), host };
        if request.method == "OPTIONS" && self.options.faults.cors {
            return self.answer(&envelope, Response { status: 200, headers: Vec::new(), body: Vec::new(), cut: false });
        }
        let mut cut = false;
        let outcome = self.let_in(request).and_then(|(action, parameters)| {
            match self.options.faults.failure(&action) {
                None => {}
                Some(How::Cut) => cut = true,
                Some(how) => return Ok(Err(how)),
            }
            let call = Call { now: self.now, parameters: &parameters };
            self.operate(&action, &call).map(Ok)
        });
        self.settle();
        let response = match outcome {
            Ok(Ok(Outcome::Poll { execution, until, shape })) if !cut => {
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

    /// Lets time pass and returns the answers that are due.
    pub fn advance(&mut self, now: Millis) -> Vec<(WaiterId, Response)> {
        self.catch_up(now);
        std::mem::take(&mut self.ready)
    }

    /// When [`Emulator::advance`] has something to do again; none while only requests can
    /// change anything.
    pub fn wake_at(&self) -> Option<Millis> {
        if !self.ready.is_empty() || !self.due.is_empty() || self.store.lags() || self.store.has_tasks() {
            return Some(self.now);
        }
        let held = self.deadlines.first().map(|(at, _)| *at);
        [held, self.store.wake_at()].into_iter().flatten().min()
    }

    /// The client is gone: its request is no longer held. The execution does not notice.
    pub fn disconnect(&mut self, waiter: WaiterId) {
        if let Some(Held { waits: Waits::For(execution, _), .. }) = self.release(waiter) {
            self.store.forget_waiter(execution, waiter);
        }
        self.ready.retain(|(ready, _)| *ready != waiter);
    }

    /// Goes up with every change that [`Emulator::save`] would tell of.
    pub fn changes(&self) -> u64 {
        self.store.changes
    }

    /// Flows and executions as text, for [`Emulator::restore`]. Held requests, quotas and nonces
    /// are left out.
    pub fn save(&self) -> String {
        state::save(&self.store, self.now).0
    }

    /// As [`Emulator::save`], and [`Emulator::journal`] returns the changes from here on.
    pub fn save_and_record(&mut self) -> String {
        let (text, journal) = state::save(&self.store, self.now);
        self.store.journal = journal;
        text
    }

    /// The changes since [`Emulator::save_and_record`] or the last call. Appended to the saved text,
    /// they continue it. Empty if nothing changed, or if nothing is recorded.
    pub fn journal(&mut self) -> String {
        let head = state::head(&self.store, self.now);
        self.store.journal.take(&head)
    }

    /// Takes over what was saved. Running executions go on from where they were; what was due
    /// since then happens at its own moment. An error where the text is not whole or is no saved
    /// state, or where this emulator has flows already.
    pub fn restore(&mut self, text: &str) -> Result<Restored, String> {
        if !self.store.flows.is_empty() || !self.held.is_empty() {
            return Err("this emulator is in use already".to_owned());
        }
        let (store, now, restored) = state::restore(text, self.options.breathe)?;
        self.store = store;
        self.now = self.now.max(now);
        Ok(restored)
    }

    /// Makes a flow, or changes its definition, without a request and its checks: for whoever runs
    /// this. False where it is so already; the service's message where the definition is refused.
    pub fn put_flow(&mut self, now: Millis, name: &str, definition: &str, express: bool) -> Result<bool, String> {
        self.catch_up(now);
        flows::put(&mut self.store, self.now, name, definition, express).map_err(|fault| fault.message)
    }

    /// Removes a flow as DeleteFlow does. False where there is none.
    pub fn remove_flow(&mut self, now: Millis, name: &str) -> bool {
        self.catch_up(now);
        let known = self.store.flows.contains_key(name);
        self.store.remove(name, self.now);
        self.settle();
        known
    }

    /// Everyone who is held gets an answer from the next [`Emulator::advance`]: polls what is
    /// known by now, a synchronous start that it cannot be had. For a stop of whoever runs this.
    pub fn answer_held(&mut self, now: Millis) {
        self.catch_up(now);
        for waiter in self.held.keys().copied().collect::<Vec<_>>() {
            let Some(Held { envelope, waits, .. }) = self.release(waiter) else { continue };
            let response = match waits {
                Waits::Out(response) => *response,
                Waits::Message(_) => self.finished(envelope.fault(&Fault::unavailable())),
                Waits::For(execution, shape) => {
                    self.store.forget_waiter(execution, waiter);
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

    /// Other things go wrong from now on.
    pub(crate) fn set_faults(&mut self, faults: Faults) {
        self.options.faults = faults;
    }

    /// The tasks that executions have asked for since the last call.
    pub fn take_tasks(&mut self) -> Vec<TaskCall> {
        self.store.take_tasks()
    }

    /// The tasks whose result is no longer wanted, since the last call.
    pub fn take_cancelled(&mut self) -> Vec<u64> {
        self.store.take_cancelled()
    }

    /// The result of a task. One that nobody waits for any more is dropped.
    pub fn finish_task(&mut self, now: Millis, task: u64, result: TaskResult) {
        self.catch_up(now);
        self.store.finish_task(self.now, task, result);
        self.settle();
    }

    /// Everything before the operation itself, in the documented order. Returns the operation. The size comes
    /// first: what nobody has signed must cost little.
    fn let_in(&mut self, request: &Request) -> Result<(String, Parameters), Fault> {
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
        let scheme = Scheme::of(request);
        let missing = |parameter: &str, header: &str| match scheme {
            Scheme::Rpc => Fault::missing_parameter(parameter),
            Scheme::Acs3 => Fault::missing_header(header),
        };
        let action = scheme.common(request, &parameters, "Action").filter(|value| !value.is_empty());
        let action = action.ok_or_else(|| missing("Action", "x-acs-action"))?.to_owned();
        if !OPERATIONS.contains(&action.as_str()) {
            return Err(Fault::action(&action));
        }
        let version = scheme.common(request, &parameters, "Version").filter(|value| !value.is_empty());
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

    /// Executions and deadlines, each at its own moment, up to now. A clock that went back
    /// stands still. What does not fit into one turn is left for the next call.
    fn catch_up(&mut self, now: Millis) {
        let now = now.max(self.now);
        self.store.work = self.turn();
        self.answer_due();
        while self.store.work > 0 {
            let timer = self.store.wake_at().filter(|at| *at <= now);
            let deadline = self.deadlines.first().copied().filter(|(at, _)| *at <= now);
            match (timer, deadline) {
                (Some(at), None) => self.store.advance(at),
                // At the same moment the execution comes first: who waits for it wants to know.
                (Some(at), Some((end, _))) if at <= end => self.store.advance(at),
                (_, Some((at, waiter))) => {
                    self.now = self.now.max(at);
                    self.time_is_up(at, waiter);
                }
                (None, None) if self.store.lags() => self.store.advance_lagging(now),
                (None, None) => break,
            }
            self.now = self.now.max(timer.unwrap_or(0).min(now));
            self.settle();
            self.breathe();
        }
        self.now = now;
    }

    fn turn(&self) -> u64 {
        self.options.work.unwrap_or(MOST_OF_A_TURN).max(1)
    }

    fn breathe(&self) {
        if let Some(breathe) = self.options.breathe {
            breathe();
        }
    }

    /// Answers everyone who waited for an execution that has ended, or has heard something.
    fn settle(&mut self) {
        self.store.act_on_all();
        for (execution, waiters) in self.store.take_ended() {
            self.due.extend(waiters.into_iter().map(|waiter| (waiter, execution)));
        }
        for (waiter, execution, report) in self.store.take_received() {
            let Some(Held { envelope, waits: Waits::Message(then), .. }) = self.release(waiter) else { continue };
            let answer = match &then {
                Then::Stopped => executions::stopped(self.store.execution(execution), report, &self.options.faults),
                Then::Reported(token) => tasks::reported(token, report),
            };
            let response = answer.map_or_else(|fault| envelope.fault(&fault), |body| envelope.body(body));
            self.ready_after(waiter, envelope, response);
        }
        self.answer_due();
    }

    /// Makes answers for those whose execution has ended, while there are units of work.
    fn answer_due(&mut self) {
        while self.store.work > 0 {
            let Some((waiter, execution)) = self.due.pop_front() else { break };
            let Some(Held { envelope, waits: Waits::For(_, shape), .. }) = self.release(waiter) else { continue };
            let response = match self.store.execution(execution) {
                Some(execution) => envelope.body(shape.body(execution, &self.options.faults)),
                None => envelope.fault(&Fault::unavailable()),
            };
            self.answered(&response);
            self.ready_after(waiter, envelope, response);
        }
        // Those who wait for an answer about them still need them.
        if self.due.is_empty() {
            self.store.forget_removed();
        }
    }

    /// To write an answer is work.
    fn answered(&mut self, response: &Response) {
        self.store.work = self.store.work.saturating_sub(ANSWER + 4 * response.body.len() as u64);
    }

    fn time_is_up(&mut self, now: Millis, waiter: WaiterId) {
        let Some(held) = self.release(waiter) else { return };
        match held.waits {
            Waits::Out(response) => {
                self.answered(&response);
                self.ready.push((waiter, *response));
            }
            Waits::Message(_) => {
                let response = held.envelope.fault(&Fault::unavailable());
                self.ready_after(waiter, held.envelope, response);
            }
            Waits::For(execution, shape) => {
                self.store.forget_waiter(execution, waiter);
                let body = self.store.execution(execution).map(|e| shape.body(e, &self.options.faults));
                let response = held.envelope.body(body.unwrap_or_default());
                self.answered(&response);
                let late = self.options.faults.late_by;
                if late > 0 {
                    let response = self.finished(response);
                    self.hold_as(waiter, now + late, held.envelope, Waits::Out(Box::new(response)));
                } else {
                    self.ready_after(waiter, held.envelope, response);
                }
            }
        }
    }

    fn answer(&mut self, envelope: &Envelope, response: Response) -> Reply {
        let response = self.finished(response);
        match self.options.faults.latency {
            0 => Reply::Answer(response),
            latency => Reply::Hold(self.hold(self.now + latency, envelope.clone(), Waits::Out(Box::new(response)))),
        }
    }

    fn ready_after(&mut self, waiter: WaiterId, envelope: Envelope, response: Response) {
        let response = self.finished(response);
        match self.options.faults.latency {
            0 => self.ready.push((waiter, response)),
            latency => self.hold_as(waiter, self.now + latency, envelope, Waits::Out(Box::new(response))),
        }
    }

    /// What every response carries.
    fn finished(&self, mut response: Response) -> Response {
        if self.options.faults.cors {
            render::cors(&mut response);
        }
        response
    }

    fn hold(&mut self, until: Millis, envelope: Envelope, waits: Waits) -> WaiterId {
        self.last_waiter += 1;
        let waiter = WaiterId(self.last_waiter);
        if let Waits::For(execution, _) = waits {
            self.store.add_waiter(execution, waiter);
        }
        self.hold_as(waiter, until, envelope, waits);
        waiter
    }

    fn hold_as(&mut self, waiter: WaiterId, until: Millis, envelope: Envelope, waits: Waits) {
        self.deadlines.insert((until, waiter));
        self.held.insert(waiter, Held { until, envelope, waits });
    }

    fn release(&mut self, waiter: WaiterId) -> Option<Held> {
        let held = self.held.remove(&waiter)?;
        self.deadlines.remove(&(held.until, waiter));
        Some(held)
    }
}

/// What [`Emulator::operate`] knows.
const OPERATIONS: [&str; 13] = [
    "CreateFlow",
    "DescribeFlow",
    "UpdateFlow",
    "DeleteFlow",
    "ListFlows",
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
    "DescribeExecution",
    "ListExecutions",
    "GetExecutionHistory",
    "ReportTaskSucceeded",
    "ReportTaskFailed",
];

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessKey {{ id: {:?}, .. }}", self.id)
    }
}
