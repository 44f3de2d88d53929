//! The flows and executions of the account, and the timers of the running ones.

use cloudflow_base::limits::EXPRESS_EXECUTION_SECONDS;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use super::WaiterId;
use super::children::Children;
use super::journal::Journal;
use super::random::Random;
use super::tasks::TaskCall;
use super::told::{Recorded, Told};
use super::turn::Message;
use crate::simulate::{
    Failure, MOST_OF_A_TURN, Machine, Millis, Program, Report, Start, TaskId, TaskRequest, TaskResult,
};

/// Finished executions that are kept. How long the service keeps its own is not documented;
/// an emulator must not grow without bound.
const FINISHED_KEPT: usize = 10_000;

/// The most memory that the executions take together, in bytes, about. Beyond it those that ended go
/// first, and no other begins.
pub(super) const MEMORY: usize = 512 * 1024 * 1024;

/// The data of the tasks that are handed out at once, in bytes.
const TASKS_AT_ONCE: usize = 2 * 1024 * 1024;

/// What an execution takes in memory apart from its data.
const EXECUTION: usize = 2_000;

/// The longest that an execution of an Express flow takes, by the page on the two modes.
pub(super) const EXPRESS_LIMIT: Millis = EXPRESS_EXECUTION_SECONDS.unsigned_abs() * 1000;

/// An execution, for life: the name alone may come again once the flow was deleted.
pub(super) type ExecutionId = u64;

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
    // INVARIANT: both hold the same executions; ids ascend with the start.
    pub by_name: BTreeMap<String, ExecutionId>,
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
    /// As submitted, white space included.
    pub input: String,
    pub started: Millis,
    pub machine: Machine,
    pub role: String,
    pub seed: u64,
    pub express: bool,
    /// What it was told, by [`Told::record`].
    pub told: Vec<Box<str>>,
    /// The token of a task elsewhere that wants the result.
    pub callback: Option<String>,
    /// The tasks of others that began it and wait for its end.
    pub owners: Vec<(ExecutionId, TaskId)>,
    /// Its flow was deleted: no name leads to it, and it goes with its end.
    pub orphan: bool,
    waiters: BTreeSet<WaiterId>,
    timer: Option<Millis>,
    ended: bool,
    /// What it is told while it is behind: it hears it when it has got there.
    pub(super) inbox: VecDeque<Message>,
    /// Stands in the queue of those that are behind.
    pub(super) lags: bool,
    told_bytes: usize,
    memory: usize,
}

/// How an execution begins.
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
    pub callback: Option<String>,
    pub owners: Vec<(ExecutionId, TaskId)>,
    pub started: Millis,
    pub seed: u64,
    pub express: bool,
    pub orphan: bool,
}

/// What the saved text says of an execution: where it was at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'t> {
    /// How many messages it had received.
    pub length: usize,
    /// The time.
    pub at: Millis,
    pub status: &'t str,
    pub events: u64,
    /// It was behind, and gets further this time.
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

/// What a caller says of an execution that begins.
#[derive(Debug)]
pub(super) struct New {
    pub name: String,
    /// The input, as submitted, and read.
    pub text: String,
    pub input: Value,
    pub callback: Option<String>,
    pub owners: Vec<(ExecutionId, TaskId)>,
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
            told: Vec::new(),
            callback: begun.callback,
            owners: begun.owners,
            orphan: begun.orphan,
            waiters: BTreeSet::new(),
            timer: None,
            ended: false,
            inbox: VecDeque::new(),
            lags: false,
            told_bytes: 0,
            memory: 0,
        }
    }

    /// Keeps what it was told.
    pub(super) fn record(&mut self, record: Box<str>) {
        self.told_bytes += record.len();
        self.told.push(record);
    }

    /// The messages that it has not received yet, as [`Told::record`] writes them.
    pub fn unheard(&self) -> impl Iterator<Item = Box<str>> {
        self.inbox.iter().map(|message| message.told.record(message.at))
    }

    /// True where something that is due has not happened yet, for want of work.
    pub fn is_behind(&self) -> bool {
        self.lags
    }

    /// Why it ended without an output.
    pub fn why(&self) -> Failure {
        let status = self.machine.status().as_str();
        match self.machine.failure() {
            Some(failure) if !failure.error.is_empty() => failure.clone(),
            _ => Failure {
                error: format!("FnF.Execution{status}"),
                cause: format!("the execution `{}` ended as {status}", self.name),
            },
        }
    }
}

#[derive(Debug)]
pub(super) struct Store {
    pub flows: BTreeMap<String, Flow>,
    pub random: Random,
    /// Goes up with every change that [`super::Emulator::save`] would tell of.
    pub changes: u64,
    /// The changes since the account was last saved.
    pub journal: Journal,
    pub(super) executions: BTreeMap<ExecutionId, Execution>,
    pub last_execution: ExecutionId,
    running: usize,
    pub(super) memory: usize,
    /// The units of work that are left of this turn.
    pub work: u64,
    // INVARIANT: holds every execution that lags, and no timer of it.
    pub(super) lagging: VecDeque<ExecutionId>,
    /// What became of the messages that requests wait for.
    pub(super) heard: Vec<(WaiterId, ExecutionId, Report)>,
    // INVARIANT: every execution whose flow was deleted, by the beginning of its tokens.
    orphans: BTreeMap<String, Vec<ExecutionId>>,
    // INVARIANT: holds (timer, id) of every execution whose timer is set.
    pub(super) timers: BTreeSet<(Millis, ExecutionId)>,
    finished: VecDeque<ExecutionId>,
    ended: Vec<(ExecutionId, BTreeSet<WaiterId>)>,
    /// Results of executions for tasks elsewhere.
    reports: Vec<(Millis, String, TaskResult)>,
    removed: Vec<ExecutionId>,
    pub(super) children: Children,
    /// What ended executions come to, for the tasks that began them.
    outcomes: Vec<(Millis, ExecutionId, TaskId, TaskResult)>,
    pub(super) calls: VecDeque<TaskCall>,
    cancelled: Vec<u64>,
    // INVARIANT: one entry for every task that was handed out and is still wanted.
    pub(super) tasks: BTreeMap<u64, (ExecutionId, TaskId)>,
    pub(super) by_task: BTreeMap<(ExecutionId, TaskId), u64>,
    last_task: u64,
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
            memory: 0,
            work: MOST_OF_A_TURN,
            lagging: VecDeque::new(),
            heard: Vec::new(),
            orphans: BTreeMap::new(),
            timers: BTreeSet::new(),
            finished: VecDeque::new(),
            ended: Vec::new(),
            reports: Vec::new(),
            removed: Vec::new(),
            children: Children::default(),
            outcomes: Vec::new(),
            calls: VecDeque::new(),
            cancelled: Vec::new(),
            tasks: BTreeMap::new(),
            by_task: BTreeMap::new(),
            last_task: 0,
        }
    }

    pub fn execution(&self, id: ExecutionId) -> Option<&Execution> {
        self.executions.get(&id)
    }

    /// Starts an execution of a flow, if there is one of that name.
    pub fn start(&mut self, flow: &str, new: New, now: Millis) -> Option<ExecutionId> {
        let flow = self.flows.get(flow)?;
        let begun = Begun {
            flow: flow.name.clone(),
            name: new.name,
            definition: Rc::clone(&flow.definition),
            program: Rc::clone(&flow.program),
            environment: Rc::clone(&flow.environment),
            text: new.text,
            role: flow.role.clone(),
            callback: new.callback,
            owners: new.owners,
            started: now,
            seed: new.seed,
            express: flow.express,
            orphan: false,
        };
        self.last_execution += 1;
        let id = self.last_execution;
        self.children.clock(now);
        let execution = Execution::begin(begun, new.input, Some(self.work));
        self.work = execution.machine.work_left();
        self.journal.began(id, &execution);
        self.adopt(id, execution);
        self.after(id, now);
        Some(id)
    }

    /// Runs an execution again up to a time. Where it comes to something else than is `known`, it is
    /// not taken in.
    pub fn replay(
        &mut self,
        id: ExecutionId,
        begun: Begun,
        told: Vec<Recorded>,
        now: Millis,
        known: Option<Known<'_>>,
    ) -> bool {
        let Ok(input) = serde_json::from_str(&begun.text) else { return false };
        let mut execution = Execution::begin(begun, input, None);
        let machine = &mut execution.machine;
        // The tasks asked for that are not over. Those were lost with the process: a task is done
        // at least once.
        let mut over = BTreeSet::new();
        let differs = |number: usize, machine: &mut Machine| {
            known.filter(|known| known.length == number).is_some_and(|known| {
                machine.grant(u64::MAX);
                machine.advance(known.at);
                !known.fits(machine)
            })
        };
        let total = told.len();
        // A message that was recorded before the execution received it may have come too late.
        for (number, (record, at, message)) in told.into_iter().enumerate() {
            if differs(number, machine) {
                return false;
            }
            if let Told::Finished(task, _) | Told::Submitted(task, _) = &message {
                over.insert(*task);
            }
            if matches!(message.tell(machine, at), Report::Taken(_)) {
                execution.told_bytes += record.len();
                execution.told.push(record);
            } else if known.is_some_and(|known| number < known.length && !known.behind) {
                return false;
            }
        }
        if differs(total, machine) {
            return false;
        }
        machine.grant(u64::MAX);
        machine.advance(now);
        let mut wanted = machine.take_tasks();
        wanted.retain(|request| machine.wants(request.task) && !over.contains(&request.task));
        machine.take_cancelled();
        execution.ended = machine.status().is_final();
        if execution.ended {
            // Whoever waited for the end was told; that is in their records.
            execution.callback = None;
            execution.owners.clear();
        }
        let (ended, orphan) = (execution.ended, execution.orphan);
        self.adopt(id, execution);
        match ended {
            true if orphan => self.removed.push(id),
            true => self.finished.push_back(id),
            false => self.hand_out(id, wanted),
        }
        self.after(id, now);
        true
    }

    /// Takes an execution in, under its flow if it has one.
    fn adopt(&mut self, id: ExecutionId, execution: Execution) {
        if execution.orphan {
            let tokens = format!("{}.{}", execution.flow, execution.name);
            self.orphans.entry(tokens).or_default().push(id);
        } else if let Some(flow) = self.flows.get_mut(&execution.flow) {
            flow.by_name.insert(execution.name.clone(), id);
            flow.executions.insert(id);
        }
        self.running += usize::from(!execution.ended);
        self.changes += 1;
        self.executions.insert(id, execution);
    }

    /// Every execution, those of deleted flows too.
    pub fn executions(&self) -> impl Iterator<Item = (ExecutionId, &Execution)> {
        self.executions.iter().map(|(id, execution)| (*id, execution))
    }

    /// How many executions run.
    pub fn running(&self) -> usize {
        self.running
    }

    /// When the next execution has something to do.
    pub fn wake_at(&self) -> Option<Millis> {
        let timer = self.timers.first().map(|(at, _)| *at);
        [timer, self.children.wake_at()].into_iter().flatten().min()
    }

    /// What ended executions have to say to tasks elsewhere, which may end those.
    pub(super) fn pass_on(&mut self) {
        loop {
            if let Some((at, id, task, result)) = self.outcomes.pop() {
                self.tell_one(id, at, Told::Finished(task, result));
            } else if let Some((at, token, result)) = self.reports.pop() {
                if let Some(id) = self.of_token(&token) {
                    self.tell_one(id, at, Told::Reported(token, result));
                }
            } else {
                return;
            }
        }
    }

    /// The execution whose task has a token: `v1.<flow>.<execution>.…`. Neither name holds a dot.
    pub fn of_token(&self, token: &str) -> Option<ExecutionId> {
        let rest = token.strip_prefix("v1.")?;
        let (flow, after) = rest.split_once('.')?;
        let (name, _) = after.split_once('.')?;
        // The name may have come again since its first flow was deleted.
        let orphans = self.orphans.get(rest.get(..flow.len() + 1 + name.len())?).into_iter().flatten().copied();
        let mut candidates = self.find(flow, name).into_iter().chain(orphans);
        candidates.find(|id| self.executions.get(id).is_some_and(|execution| execution.machine.knows(token)))
    }

    /// Removes a flow. What its executions are at may still end, as the page of DeleteFlow says;
    /// then they are stopped. They cannot be asked for any more, but who waits already is told.
    pub fn remove(&mut self, flow: &str, now: Millis) {
        let Some(flow) = self.flows.remove(flow) else { return };
        self.changes += 1;
        self.journal.removed(&flow.name);
        let mut finished = false;
        for id in flow.executions {
            let Some(execution) = self.executions.get_mut(&id) else { continue };
            execution.orphan = true;
            if execution.ended {
                self.memory = self.memory.saturating_sub(execution.memory);
                self.executions.remove(&id);
                self.journal.forgotten(id);
                finished = true;
                continue;
            }
            let tokens = format!("{}.{}", execution.flow, execution.name);
            self.orphans.entry(tokens).or_default().push(id);
            self.journal.orphaned(id);
            self.tell(id, now, Told::Drained);
        }
        if finished {
            self.finished.retain(|id| self.executions.contains_key(id));
        }
    }

    /// Forgets the executions of removed flows, now that their waiters have been told.
    pub fn forget_removed(&mut self) {
        for id in std::mem::take(&mut self.removed) {
            let Some(execution) = self.executions.remove(&id) else { continue };
            self.journal.forgotten(id);
            self.memory = self.memory.saturating_sub(execution.memory);
            let tokens = format!("{}.{}", execution.flow, execution.name);
            if let Some(ids) = self.orphans.get_mut(&tokens) {
                ids.retain(|orphan| *orphan != id);
                if ids.is_empty() {
                    self.orphans.remove(&tokens);
                }
            }
        }
    }

    /// Lets further tasks wait for the end of an execution.
    pub fn own(&mut self, id: ExecutionId, owners: Vec<(ExecutionId, TaskId)>) {
        if let Some(execution) = self.executions.get_mut(&id) {
            self.journal.owned(id, &owners);
            execution.owners.extend(owners);
        }
    }

    pub fn add_waiter(&mut self, id: ExecutionId, waiter: WaiterId) {
        if let Some(execution) = self.executions.get_mut(&id) {
            execution.waiters.insert(waiter);
        }
    }

    pub fn forget_waiter(&mut self, id: ExecutionId, waiter: WaiterId) {
        if let Some(execution) = self.executions.get_mut(&id) {
            execution.waiters.remove(&waiter);
        }
    }

    /// The executions that ended since the last call, with who waited for each.
    pub fn take_ended(&mut self) -> Vec<(ExecutionId, BTreeSet<WaiterId>)> {
        std::mem::take(&mut self.ended)
    }

    /// Tasks that wait to be handed out, as many as have some MiB of data.
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

    pub fn finish_task(&mut self, now: Millis, task: u64, result: TaskResult) {
        if let Some((execution, task)) = self.tasks.remove(&task) {
            self.by_task.remove(&(execution, task));
            self.tell(execution, now, Told::Finished(task, result));
        }
    }

    /// The execution of a name, among those of a flow.
    pub fn find(&self, flow: &str, name: &str) -> Option<ExecutionId> {
        self.flows.get(flow)?.by_name.get(name).copied()
    }

    /// What follows any change of an execution up to a time: its timer, its tasks, its end.
    pub(super) fn after(&mut self, id: ExecutionId, now: Millis) {
        while let Some(Message { at, told, waiter }) = self.take_late(id) {
            let report = self.hear(id, at, told, true);
            self.heard.extend(waiter.map(|waiter| (waiter, id, report)));
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
        for task in execution.machine.take_cancelled() {
            if let Some(number) = self.by_task.remove(&(id, task)) {
                self.tasks.remove(&number);
                self.cancelled.push(number);
            }
        }
        let wanted = execution.machine.take_tasks();
        self.hand_out(id, wanted);
        let Some(execution) = self.executions.get_mut(&id) else { return };
        if execution.machine.status().is_final() && !execution.ended {
            execution.ended = true;
            self.running = self.running.saturating_sub(1);
            let machine = &execution.machine;
            if let (Some(token), Some(at)) = (execution.callback.take(), machine.stopped()) {
                let result = machine.output().cloned().ok_or_else(|| execution.why());
                self.reports.push((at, token, result));
            }
            if let (Some(outcome), Some(at)) = (machine.outcome(), machine.stopped()) {
                for (owner, task) in std::mem::take(&mut execution.owners) {
                    self.outcomes.push((at, owner, task, outcome.clone()));
                }
            }
            self.ended.push((id, std::mem::take(&mut execution.waiters)));
            if execution.orphan {
                self.removed.push(id);
            } else {
                self.finished.push_back(id);
            }
        }
        let memory = EXECUTION + execution.input.len() + execution.told_bytes + execution.machine.memory();
        self.memory = self.memory.saturating_sub(execution.memory) + memory;
        execution.memory = memory;
        self.forget_oldest();
    }

    fn hand_out(&mut self, id: ExecutionId, wanted: Vec<TaskRequest>) {
        for request in wanted {
            match request.child {
                Some(_) => self.children.wait(id, request),
                None => self.give(id, request),
            }
        }
    }

    /// Gives a task to whoever does tasks.
    pub fn give(&mut self, id: ExecutionId, request: TaskRequest) {
        let Some(execution) = self.executions.get(&id) else { return };
        self.last_task += 1;
        self.tasks.insert(self.last_task, (id, request.task));
        self.by_task.insert((id, request.task), self.last_task);
        let (flow, execution) = (execution.flow.clone(), execution.name.clone());
        self.calls.push_back(TaskCall { id: self.last_task, flow, execution, request });
    }

    fn forget_oldest(&mut self) {
        // The one that ended last stays: who waits for it wants to know.
        while self.finished.len() > FINISHED_KEPT || (self.memory > MEMORY && self.finished.len() > 1) {
            let Some(id) = self.finished.pop_front() else { return };
            let Some(execution) = self.executions.remove(&id) else { continue };
            self.journal.forgotten(id);
            self.memory = self.memory.saturating_sub(execution.memory);
            if let Some(flow) = self.flows.get_mut(&execution.flow) {
                flow.executions.remove(&id);
                flow.by_name.remove(&execution.name);
            }
        }
    }
}
