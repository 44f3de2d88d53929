//! The flows and executions of the account, and the timers of the running ones.

use cloudflow_base::limits::EXPRESS_EXECUTION_SECONDS;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use super::WaiterId;
use super::journal::Journal;
use super::late::LateResults;
use super::random::Random;
use super::turn::Delivery;
pub(super) use crate::schedule::ExecutionId;
use crate::schedule::{Link, Message, Recorded, Schedule, TaskCall};
use crate::simulate::{Failure, MOST_OF_A_TURN, Machine, Millis, Program, Report, Start, Status, TaskResult};

/// Maximum number of finished executions that are kept. How long the service keeps them is not documented.
const FINISHED_KEPT: usize = 10_000;

/// Approximate maximum memory of all executions, in bytes. Above it, the executions that ended first are removed, and
/// no execution starts.
pub(super) const MEMORY: usize = 512 * 1024 * 1024;

/// Maximum size of the data of the tasks that are handed out in one batch, in bytes.
const TASKS_AT_ONCE: usize = 2 * 1024 * 1024;

/// The memory of an execution without its data, in bytes.
const EXECUTION: usize = 2_000;

/// Maximum time of an execution of an Express flow, as documented on the page of the two modes.
pub(super) const EXPRESS_LIMIT: Millis = EXPRESS_EXECUTION_SECONDS.unsigned_abs() * 1000;

/// A flow of the account.
#[derive(Debug)]
pub(super) struct Flow {
    pub id: String,
    pub name: String,
    pub definition: Rc<str>,
    pub program: Rc<Program>,
    pub description: String,
    pub role: String,
    pub group: String,
    pub express: bool,
    pub environment: Rc<[Variable]>,
    pub created: Millis,
    pub modified: Millis,
    /// Its executions. Numbers ascend in the order of the starts.
    pub executions: BTreeSet<ExecutionId>,
}

/// A variable of a flow's environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Variable {
    pub name: String,
    pub value: String,
    pub description: String,
}

/// An execution of a flow.
#[derive(Debug)]
pub(super) struct Execution {
    pub flow: String,
    pub name: String,
    pub definition: Rc<str>,
    pub environment: Rc<[Variable]>,
    /// The submitted text, including white space.
    pub input: String,
    pub started: Millis,
    pub machine: Machine,
    pub role: String,
    pub seed: u64,
    pub express: bool,
    /// The records of the messages that it has received: [`Message::record`].
    pub records: Vec<Box<str>>,
    /// Its flow was deleted: it cannot be found by name, and it is removed when it ends.
    pub orphan: bool,
    waiters: BTreeSet<WaiterId>,
    timer: Option<Millis>,
    ended: bool,
    /// Messages that arrived while it was behind. It receives each message when its clock reaches the time of the message.
    pub(super) inbox: VecDeque<Delivery>,
    /// Whether it is in the queue of the executions that are behind.
    pub(super) lags: bool,
    record_bytes: usize,
    memory: usize,
    /// Number of its tasks that wait for a report by a token.
    open_tokens: usize,
}

/// The start of an execution.
#[derive(Debug)]
pub(super) struct Begun {
    pub flow: String,
    pub name: String,
    pub definition: Rc<str>,
    pub program: Rc<Program>,
    pub environment: Rc<[Variable]>,
    /// The input, as submitted.
    pub text: String,
    pub role: String,
    pub started: Millis,
    pub seed: u64,
    pub express: bool,
    pub orphan: bool,
}

/// An execution that failed or timed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The flow.
    pub flow: String,
    /// The execution.
    pub execution: String,
    /// `Failed` or `TimedOut`.
    pub status: Status,
    /// The state whose error ended it. Absent if no state failed.
    pub state: Option<String>,
    /// The error and its cause.
    pub failure: Failure,
}

/// The state of an execution in the saved text, to verify the replay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'t> {
    /// The number of messages that it had received.
    pub length: usize,
    /// The time.
    pub at: Millis,
    pub status: &'t str,
    pub events: u64,
    /// Whether it was behind. The replay may run further.
    pub behind: bool,
}

impl Known<'_> {
    fn fits(&self, machine: &Machine) -> bool {
        let Ok(events) = u64::try_from(machine.events().len()) else { return false };
        if self.behind {
            self.events <= events
        } else {
            machine.status().as_str() == self.status && self.events == events
        }
    }
}

/// The start of an execution, as specified by the caller.
#[derive(Debug)]
pub(super) struct New {
    /// The flow, the name, and the receivers of the outcome.
    pub link: Link,
    /// The input, as submitted, and read.
    pub text: String,
    pub input: Value,
    pub seed: u64,
}

impl Execution {
    fn begin(begun: Begun, input: Value, work: Option<u64>) -> Self {
        let start = Start {
            flow: begun.flow.clone(),
            execution: begun.name.clone(),
            role: begun.role.clone(),
            input,
            now: begun.started,
            seed: begun.seed,
            limit: begun.express.then_some(EXPRESS_LIMIT),
            work,
        };
        Execution {
            machine: Machine::start(begun.program, start),
            flow: begun.flow,
            name: begun.name,
            definition: begun.definition,
            environment: begun.environment,
            input: begun.text,
            started: begun.started,
            role: begun.role,
            seed: begun.seed,
            express: begun.express,
            records: Vec::new(),
            orphan: begun.orphan,
            waiters: BTreeSet::new(),
            timer: None,
            ended: false,
            inbox: VecDeque::new(),
            lags: false,
            record_bytes: 0,
            memory: 0,
            open_tokens: 0,
        }
    }

    /// The end, if it failed or timed out.
    fn failed(&self) -> Option<Ended> {
        let status = self.machine.status();
        if !matches!(status, Status::Failed | Status::TimedOut) {
            return None;
        }
        Some(Ended {
            flow: self.flow.clone(),
            execution: self.name.clone(),
            status,
            state: self.machine.failed_state().map(str::to_owned),
            failure: self.machine.failure().cloned().unwrap_or_else(|| Failure::new("", "")),
        })
    }

    /// Keeps the record of a message.
    pub(super) fn record(&mut self, record: Box<str>) {
        self.record_bytes += record.len();
        self.records.push(record);
    }

    /// The records of the messages that it has not received yet.
    pub fn pending(&self) -> impl Iterator<Item = Box<str>> {
        self.inbox.iter().map(|delivery| delivery.message.record(delivery.at))
    }

    /// Whether a due action is postponed because the units of work are used up.
    pub fn is_behind(&self) -> bool {
        self.lags
    }
}

#[derive(Debug)]
pub(super) struct Store {
    pub flows: BTreeMap<String, Box<Flow>>,
    pub random: Random,
    /// A number that increases with every change of what [`super::Emulator::save`] returns.
    pub changes: u64,
    /// The changes since the account was last saved.
    pub journal: Journal,
    pub(super) executions: BTreeMap<ExecutionId, Box<Execution>>,
    pub last_execution: ExecutionId,
    running: usize,
    /// Number of tasks that wait for a report by a token.
    open_tokens: usize,
    pub(super) memory: usize,
    /// The units of work that are left of this turn.
    pub work: u64,
    // INVARIANT: contains every execution that is behind. Such an execution has no entry in `timers`.
    pub(super) lagging: VecDeque<ExecutionId>,
    /// The results of the messages that requests wait for.
    pub(super) received: Vec<(WaiterId, ExecutionId, Report)>,
    // INVARIANT: holds (timer, id) of every execution whose timer is set.
    pub(super) timers: BTreeSet<(Millis, ExecutionId)>,
    finished: VecDeque<ExecutionId>,
    ended: Vec<(ExecutionId, BTreeSet<WaiterId>)>,
    removed: Vec<ExecutionId>,
    failed: Vec<Ended>,
    pub(super) schedule: Schedule,
    /// Tasks that wait to be handed out.
    // INVARIANT: the numbers ascend.
    pub(super) calls: VecDeque<TaskCall>,
    pub(super) cancelled: Vec<u64>,
}

impl Store {
    pub fn new(seed: u64) -> Self {
        Store {
            flows: BTreeMap::new(),
            random: Random::new(seed),
            changes: 0,
            journal: Journal::default(),
            executions: BTreeMap::new(),
            last_execution: 0,
            running: 0,
            open_tokens: 0,
            memory: 0,
            work: MOST_OF_A_TURN,
            lagging: VecDeque::new(),
            received: Vec::new(),
            timers: BTreeSet::new(),
            finished: VecDeque::new(),
            ended: Vec::new(),
            removed: Vec::new(),
            failed: Vec::new(),
            schedule: Schedule::with_rate(),
            calls: VecDeque::new(),
            cancelled: Vec::new(),
        }
    }

    pub fn execution(&self, id: ExecutionId) -> Option<&Execution> {
        self.executions.get(&id).map(|execution| &**execution)
    }

    /// Starts an execution. Absent if there is no such flow.
    pub fn start(&mut self, new: New, now: Millis) -> Option<ExecutionId> {
        let New { link, text, input, seed } = new;
        let flow = self.flows.get(&link.flow)?;
        let begun = Begun {
            flow: flow.name.clone(),
            name: link.name.clone(),
            definition: Rc::clone(&flow.definition),
            program: Rc::clone(&flow.program),
            environment: Rc::clone(&flow.environment),
            text,
            role: flow.role.clone(),
            started: now,
            seed,
            express: flow.express,
            orphan: false,
        };
        self.last_execution += 1;
        let id = self.last_execution;
        self.schedule.advance(now);
        let execution = Execution::begin(begun, input, Some(self.work));
        self.work = execution.machine.work_left();
        self.journal.began(id, &execution, &link);
        self.schedule.add(id, link);
        self.adopt(id, execution);
        self.after(id, now);
        Some(id)
    }

    /// Runs an execution again up to a time. False if the result differs from what is `known`: the execution is not
    /// added. [`Store::reconcile`] is called when all executions have been replayed.
    pub fn replay(
        &mut self,
        id: ExecutionId,
        begun: Begun,
        mut link: Link,
        records: Vec<Recorded>,
        now: Millis,
        known: Option<Known<'_>>,
    ) -> bool {
        let Ok(input) = crate::simulate::json(&begun.text) else { return false };
        let mut execution = Execution::begin(begun, input, None);
        let machine = &mut execution.machine;
        // Tasks without a result were lost with the process. They are handed out again: at-least-once delivery.
        let mut over = BTreeSet::new();
        let differs = |number: usize, machine: &mut Machine| {
            known.filter(|known| known.length == number).is_some_and(|known| {
                machine.set_turn(u64::MAX);
                machine.advance(known.at);
                !known.fits(machine)
            })
        };
        let total = records.len();
        // A message that was recorded before the execution received it may have arrived too late.
        for (number, (record, at, message)) in records.into_iter().enumerate() {
            if differs(number, machine) {
                return false;
            }
            if let Message::Finished(task, _) | Message::Submitted(task, _) = &message {
                over.insert(*task);
            }
            if matches!(message.deliver(machine, at), Report::Taken(_)) {
                execution.record_bytes += record.len();
                execution.records.push(record);
            } else if known.is_some_and(|known| number < known.length && !known.behind) {
                return false;
            }
        }
        if differs(total, machine) {
            return false;
        }
        machine.set_turn(u64::MAX);
        machine.advance(now);
        let mut requested = machine.take_tasks();
        requested.retain(|request| machine.is_pending(request.task) && !over.contains(&request.task));
        machine.take_cancelled();
        execution.ended = machine.status().is_final();
        link.ended = execution.ended;
        let (ended, orphan) = (execution.ended, execution.orphan);
        if ended {
            requested.clear();
        }
        self.schedule.restore(id, link, orphan, machine, requested);
        self.adopt(id, execution);
        match ended {
            true if orphan => self.removed.push(id),
            true => self.finished.push_back(id),
            false => {}
        }
        self.after(id, now);
        true
    }

    /// Delivers outcomes and cancellations that were pending when the saved text was written.
    pub fn reconcile(&mut self) {
        self.schedule.reconcile(|id| self.executions.get(&id).map(|execution| &execution.machine));
    }

    /// Adds an execution.
    fn adopt(&mut self, id: ExecutionId, execution: Execution) {
        if !execution.orphan
            && let Some(flow) = self.flows.get_mut(&execution.flow)
        {
            flow.executions.insert(id);
        }
        self.running += usize::from(!execution.ended);
        self.changes += 1;
        self.executions.insert(id, Box::new(execution));
    }

    /// All executions, including those of deleted flows.
    pub fn executions(&self) -> impl Iterator<Item = (ExecutionId, &Execution)> {
        self.executions.iter().map(|(id, execution)| (*id, &**execution))
    }

    /// Number of running executions.
    pub fn running(&self) -> usize {
        self.running
    }

    /// The time of the next timer of an execution.
    pub fn wake_at(&self) -> Option<Millis> {
        let timer = self.timers.first().map(|(at, _)| *at);
        [timer, self.schedule.wake_at()].into_iter().flatten().min()
    }

    /// Removes a flow. The current states of its executions may end, as documented on the page of DeleteFlow; then the
    /// executions are stopped. Requests can no longer find them by name. Held requests are answered.
    pub fn remove(&mut self, flow: &str, now: Millis) {
        let Some(flow) = self.flows.remove(flow) else { return };
        self.changes += 1;
        self.journal.removed(&flow.name);
        self.schedule.remove_flow(&flow.name);
        let mut finished = false;
        for id in flow.executions {
            let Some(execution) = self.executions.get_mut(&id) else { continue };
            execution.orphan = true;
            if execution.ended {
                self.memory = self.memory.saturating_sub(execution.memory);
                self.schedule.remove(id, &execution.flow, &execution.name);
                self.executions.remove(&id);
                self.journal.dropped(id);
                finished = true;
                continue;
            }
            self.journal.orphaned(id);
            self.post(id, now, Message::Drained, None);
        }
        if finished {
            self.finished.retain(|id| self.executions.contains_key(id));
        }
    }

    /// Drops the executions of removed flows after the requests that waited for them are answered.
    pub fn drop_removed(&mut self) {
        for id in std::mem::take(&mut self.removed) {
            let Some(execution) = self.executions.remove(&id) else { continue };
            self.journal.dropped(id);
            self.memory = self.memory.saturating_sub(execution.memory);
            self.schedule.remove(id, &execution.flow, &execution.name);
        }
    }

    pub fn add_waiter(&mut self, id: ExecutionId, waiter: WaiterId) {
        if let Some(execution) = self.executions.get_mut(&id) {
            execution.waiters.insert(waiter);
        }
    }

    pub fn remove_waiter(&mut self, id: ExecutionId, waiter: WaiterId) {
        if let Some(execution) = self.executions.get_mut(&id) {
            execution.waiters.remove(&waiter);
        }
    }

    /// The executions that ended since the last call, with the requests that waited for each.
    pub fn take_ended(&mut self) -> Vec<(ExecutionId, BTreeSet<WaiterId>)> {
        std::mem::take(&mut self.ended)
    }

    /// Tasks to hand out, up to a size of [`TASKS_AT_ONCE`].
    pub fn take_tasks(&mut self) -> Vec<TaskCall> {
        let mut bytes = 0;
        let mut taken = Vec::new();
        while bytes < TASKS_AT_ONCE {
            let Some(call) = self.calls.pop_front() else { break };
            bytes += call.request.input.bytes().0;
            taken.push(call);
        }
        taken
    }

    pub fn take_cancelled(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.cancelled)
    }

    /// The executions that failed or timed out since the last call. Those that failed before a restart are not among
    /// them.
    pub fn take_failed(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.failed)
    }

    /// Whether a task waits for a result from outside: a handler at work, or a report by a token. A mock with a delay is
    /// not outside, and neither is a child that will report.
    pub fn awaits_outside(&self, late: &LateResults) -> bool {
        self.schedule.calls() > late.count(|call| self.schedule.is_pending(call))
            || self.open_tokens > self.schedule.callbacks()
    }

    pub fn finish_task(&mut self, now: Millis, call: u64, result: TaskResult) {
        if let Some((execution, task)) = self.schedule.finish(call) {
            self.post(execution, now, Message::Finished(task, result), None);
        }
    }

    /// The execution of a name, among those of a flow.
    pub fn find(&self, flow: &str, name: &str) -> Option<ExecutionId> {
        self.schedule.find(flow, name)
    }

    /// Updates the timer, the tasks and the end of an execution that has changed.
    pub(super) fn after(&mut self, id: ExecutionId, now: Millis) {
        while let Some(delivery) = self.take_late(id) {
            self.deliver(id, delivery);
        }
        let Some(execution) = self.executions.get_mut(&id) else { return };
        let behind = !execution.inbox.is_empty() || execution.machine.is_behind(now);
        if behind && !execution.lags {
            execution.lags = true;
            self.lagging.push_back(id);
        }
        let timer = execution.machine.wake_at().filter(|_| !execution.lags);
        if timer != execution.timer {
            if let Some(old) = execution.timer {
                self.timers.remove(&(old, id));
            }
            if let Some(new) = timer {
                self.timers.insert((new, id));
            }
            execution.timer = timer;
        }
        self.schedule.collect(id, &mut execution.machine);
        let open = execution.machine.open_tokens();
        self.open_tokens = self.open_tokens.saturating_sub(execution.open_tokens) + open;
        execution.open_tokens = open;
        if execution.machine.status().is_final() && !execution.ended {
            execution.ended = true;
            self.failed.extend(execution.failed());
            self.running = self.running.saturating_sub(1);
            self.ended.push((id, std::mem::take(&mut execution.waiters)));
            if execution.orphan {
                self.removed.push(id);
            } else {
                self.finished.push_back(id);
            }
        }
        let memory = EXECUTION + execution.input.len() + execution.record_bytes + execution.machine.memory();
        self.memory = self.memory.saturating_sub(execution.memory) + memory;
        execution.memory = memory;
        self.remove_oldest();
    }

    fn remove_oldest(&mut self) {
        // The execution that ended last is kept, because its waiters need it.
        while self.finished.len() > FINISHED_KEPT || (self.memory > MEMORY && self.finished.len() > 1) {
            let Some(id) = self.finished.pop_front() else { return };
            let Some(execution) = self.executions.remove(&id) else { continue };
            self.journal.dropped(id);
            self.memory = self.memory.saturating_sub(execution.memory);
            self.schedule.remove(id, &execution.flow, &execution.name);
            if let Some(flow) = self.flows.get_mut(&execution.flow) {
                flow.executions.remove(&id);
            }
        }
    }
}
