//! The flows and executions of the account, and the timers of the running ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::WaiterId;
use super::random::Random;
use super::tasks::TaskCall;
use crate::simulate::{Failure, Machine, Millis, Program, TaskId, TaskResult};

/// Finished executions that are kept. How long the service keeps its own is not documented;
/// an emulator must not grow without bound.
const FINISHED_KEPT: usize = 10_000;

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
    /// The token of a task elsewhere that wants the result.
    callback: Option<String>,
    waiters: BTreeSet<WaiterId>,
    timer: Option<Millis>,
    ended: bool,
}

#[derive(Debug)]
pub(super) struct Store {
    pub flows: BTreeMap<String, Flow>,
    pub random: Random,
    executions: BTreeMap<ExecutionId, Execution>,
    last_execution: ExecutionId,
    // INVARIANT: holds (timer, id) of every execution whose timer is set.
    timers: BTreeSet<(Millis, ExecutionId)>,
    finished: VecDeque<ExecutionId>,
    ended: Vec<(ExecutionId, BTreeSet<WaiterId>)>,
    /// Results of executions for tasks elsewhere.
    reports: Vec<(Millis, String, TaskResult)>,
    removed: Vec<ExecutionId>,
    calls: Vec<TaskCall>,
    cancelled: Vec<u64>,
    // INVARIANT: one entry for every task that was handed out and is still wanted.
    tasks: BTreeMap<u64, (ExecutionId, TaskId)>,
    by_task: BTreeMap<(ExecutionId, TaskId), u64>,
    last_task: u64,
}

impl Store {
    pub fn new(seed: u64) -> Self {
        Store {
            flows: BTreeMap::new(),
            random: Random::new(seed),
            executions: BTreeMap::new(),
            last_execution: 0,
            timers: BTreeSet::new(),
            finished: VecDeque::new(),
            ended: Vec::new(),
            reports: Vec::new(),
            removed: Vec::new(),
            calls: Vec::new(),
            cancelled: Vec::new(),
            tasks: BTreeMap::new(),
            by_task: BTreeMap::new(),
            last_task: 0,
        }
    }

    pub fn execution(&self, id: ExecutionId) -> Option<&Execution> {
        self.executions.get(&id)
    }

    /// Takes a started execution in. The flow must be there.
    pub fn add(
        &mut self,
        flow: &str,
        name: String,
        input: String,
        callback: Option<String>,
        now: Millis,
        machine: Machine,
    ) -> ExecutionId {
        self.last_execution += 1;
        let id = self.last_execution;
        if let Some(flow) = self.flows.get_mut(flow) {
            flow.by_name.insert(name.clone(), id);
            flow.executions.insert(id);
            let execution = Execution {
                flow: flow.name.clone(),
                name,
                definition: Rc::clone(&flow.definition),
                environment: Rc::clone(&flow.environment),
                input,
                started: now,
                machine,
                callback,
                waiters: BTreeSet::new(),
                timer: None,
                ended: false,
            };
            self.executions.insert(id, execution);
            self.after(id);
        }
        id
    }

    /// How many executions run.
    pub fn running(&self) -> usize {
        self.executions.len() - self.finished.len()
    }

    /// When the next execution has something to do.
    pub fn wake_at(&self) -> Option<Millis> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Runs the execution whose timer is the first.
    pub fn advance(&mut self, now: Millis) {
        if let Some((_, id)) = self.timers.first().copied() {
            self.change(id, |machine| machine.advance(now));
        }
    }

    /// Lets something happen to an execution, and follows it up.
    pub fn change<R>(&mut self, id: ExecutionId, change: impl FnOnce(&mut Machine) -> R) -> Option<R> {
        let execution = self.executions.get_mut(&id)?;
        let result = change(&mut execution.machine);
        self.after(id);
        while let Some((at, token, result)) = self.reports.pop() {
            if let Some(id) = self.of_token(&token) {
                if let Some(execution) = self.executions.get_mut(&id) {
                    execution.machine.report(at, &token, result);
                }
                self.after(id);
            }
        }
        Some(result)
    }

    /// The execution whose task has a token: `v1.<flow>.<execution>.…`. Neither name holds a dot.
    pub fn of_token(&self, token: &str) -> Option<ExecutionId> {
        let mut parts = token.strip_prefix("v1.")?.split('.');
        self.find(parts.next()?, parts.next()?)
    }

    /// Removes a flow. Its running executions are stopped at once: the service lets each end
    /// its current step first, and says neither how long that takes nor what becomes visible.
    pub fn remove(&mut self, flow: &str, now: Millis) {
        let Some(flow) = self.flows.remove(flow) else { return };
        for id in flow.executions {
            self.change(id, |machine| machine.stop(now, None, None));
            self.removed.push(id);
        }
    }

    /// Forgets the executions of removed flows, now that their waiters have been told.
    pub fn forget_removed(&mut self) {
        if self.removed.is_empty() {
            return;
        }
        for id in self.removed.drain(..) {
            self.executions.remove(&id);
        }
        self.finished.retain(|id| self.executions.contains_key(id));
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

    pub fn take_tasks(&mut self) -> Vec<TaskCall> {
        std::mem::take(&mut self.calls)
    }

    pub fn take_cancelled(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.cancelled)
    }

    pub fn finish_task(&mut self, now: Millis, task: u64, result: TaskResult) {
        if let Some((execution, task)) = self.tasks.remove(&task) {
            self.by_task.remove(&(execution, task));
            self.change(execution, |machine| machine.finish_task(now, task, result));
        }
    }

    /// The execution of a name, among those of a flow.
    pub fn find(&self, flow: &str, name: &str) -> Option<ExecutionId> {
        self.flows.get(flow)?.by_name.get(name).copied()
    }

    /// What follows any change of an execution: its timer, its tasks, its end.
    fn after(&mut self, id: ExecutionId) {
        let Some(execution) = self.executions.get_mut(&id) else { return };
        let timer = execution.machine.wake_at();
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
        for request in execution.machine.take_tasks() {
            self.last_task += 1;
            self.tasks.insert(self.last_task, (id, request.task));
            self.by_task.insert((id, request.task), self.last_task);
            let (flow, name) = (execution.flow.clone(), execution.name.clone());
            self.calls.push(TaskCall { id: self.last_task, flow, execution: name, request });
        }
        if execution.machine.status().is_final() && !execution.ended {
            execution.ended = true;
            let machine = &execution.machine;
            if let (Some(token), Some(at)) = (execution.callback.take(), machine.stopped()) {
                let result = machine.output().cloned().ok_or_else(|| match machine.failure() {
                    Some(failure) if !failure.error.is_empty() => failure.clone(),
                    _ => {
                        let cause =
                            format!("the execution `{}` ended as {}", execution.name, machine.status().as_str());
                        Failure { error: format!("FnF.Execution{}", machine.status().as_str()), cause }
                    }
                });
                self.reports.push((at, token, result));
            }
            self.ended.push((id, std::mem::take(&mut execution.waiters)));
            self.finished.push_back(id);
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        while self.finished.len() > FINISHED_KEPT {
            let Some(id) = self.finished.pop_front() else { return };
            let Some(execution) = self.executions.remove(&id) else { continue };
            if let Some(flow) = self.flows.get_mut(&execution.flow) {
                flow.executions.remove(&id);
                flow.by_name.remove(&execution.name);
            }
        }
    }
}
