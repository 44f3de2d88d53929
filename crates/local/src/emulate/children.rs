//! Executions that tasks of other executions begin.

use std::collections::VecDeque;

use super::executions::{RUNNING, check_name};
use super::store::{ExecutionId, New, Store};
use super::told::Told;
use crate::simulate::{ChildFlow, Failure, Millis, TaskId, TaskMode, TaskRequest};

/// Once so many have begun at a time, one more begins every so often: the rate that the limits page
/// gives StartExecution. Without it a flow that begins itself would never let time pass.
const AT_ONCE: Millis = 1000;
const EVERY: Millis = 10;

/// Children that wait to begin.
#[derive(Debug, Default)]
pub(super) struct Children {
    waiting: VecDeque<(ExecutionId, TaskRequest)>,
    now: Millis,
    /// When the next one would have its turn, did all begin one by one.
    pub turn: Millis,
}

impl Children {
    pub fn clock(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }

    pub fn wait(&mut self, owner: ExecutionId, request: TaskRequest) {
        self.waiting.push_back((owner, request));
    }

    /// When the next one may begin.
    pub fn wake_at(&self) -> Option<Millis> {
        self.waiting.front()?;
        Some(self.now.max(self.turn.saturating_sub(AT_ONCE * EVERY)))
    }

    fn next(&mut self, now: Millis) -> Option<(ExecutionId, TaskRequest)> {
        let next = self.waiting.pop_front()?;
        self.turn = self.turn.max(now) + EVERY;
        Some(next)
    }
}

/// Begins the child that is the next, and tells its owner. Where there is no flow of that name, the
/// task is anybody's.
pub(super) fn begin_next(store: &mut Store, now: Millis) {
    let Some((owner, request)) = store.children.next(now) else { return };
    let (task, mode) = (request.task, request.mode);
    if !store.execution(owner).is_some_and(|execution| execution.machine.wants(task)) {
        return;
    }
    let known = request.child.as_ref().filter(|child| store.flows.contains_key(&child.flow)).cloned();
    let Some(child) = known else {
        store.give(owner, request);
        return;
    };
    if let Err(failure) = begin(store, now, (owner, task), mode, child) {
        store.tell_one(owner, now, Told::Finished(task, Err(failure)));
    }
}

/// As StartExecution does, whose codes come with `fnf.` before them.
fn begin(
    store: &mut Store,
    now: Millis,
    (owner, task): (ExecutionId, TaskId),
    mode: TaskMode,
    child: ChildFlow,
) -> Result<(), Failure> {
    let refused = |code: &str, cause: String| Failure { error: format!("fnf.{code}"), cause };
    let ChildFlow { flow, execution, input, callback } = child;
    if let Some(name) = &execution {
        check_name("ExecutionName", name).map_err(|fault| refused(&fault.code, fault.message))?;
    }
    let there = execution.as_ref().and_then(|name| store.find(&flow, name));
    let runs = there.and_then(|id| store.execution(id)).map(|execution| !execution.machine.status().is_final());
    if runs == Some(false) {
        let name = execution.unwrap_or_default();
        return Err(refused("ExecutionAlreadyExists", format!("Execution {name} for flow {flow} already exists.")));
    }
    if runs.is_none() && (store.running() >= RUNNING || store.is_full()) {
        return Err(refused(
            "ResourceThrottled",
            "too many executions run already, or they take too much memory".to_owned(),
        ));
    }
    let name = execution.unwrap_or_else(|| store.random.id());
    let answer = ChildFlow::started(&flow, &name, &store.random.id());
    let waits = mode == TaskMode::SystemCallback;
    let told = if waits { Told::Submitted(task, answer) } else { Told::Finished(task, Ok(answer)) };
    store.tell_one(owner, now, told);
    let owners: Vec<_> = waits.then_some((owner, task)).into_iter().collect();
    match there {
        // The name runs already: that is the one which is waited for.
        Some(id) => store.own(id, owners),
        None => {
            let seed = store.random.number();
            let new = New { name, text: input.to_string(), input: (*input).clone(), callback, owners, seed };
            store.start(&flow, new, now);
        }
    }
    Ok(())
}
