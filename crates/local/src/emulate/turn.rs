//! The turns of executions: how far each gets, and when it hears what it is told.

use super::WaiterId;
use super::children;
use super::store::{ExecutionId, MEMORY, Store};
use super::told::Told;
use crate::simulate::{Millis, Report, TaskId};

/// The units that a timer or the start of a child takes.
const STEP: u64 = 2_000;

/// What waits to be told.
#[derive(Debug)]
pub(super) struct Message {
    pub at: Millis,
    pub told: Told,
    /// The request that is answered with what becomes of it.
    pub waiter: Option<WaiterId>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The execution has heard it.
    Now(Report),
    /// It hears it later, being behind.
    Later,
}

impl Store {
    /// True where an execution is behind.
    pub fn lags(&self) -> bool {
        !self.lagging.is_empty()
    }

    /// True where tasks wait to be handed out.
    pub fn has_tasks(&self) -> bool {
        !self.calls.is_empty()
    }

    /// True where no execution can begin for want of memory.
    pub fn is_full(&self) -> bool {
        self.memory > MEMORY
    }

    /// Runs the execution whose timer is the first, or begins the child that is the next.
    pub fn advance(&mut self, now: Millis) {
        self.children.clock(now);
        // Whatever it is that happens, it is a step nearer to the end of the turn.
        self.work = self.work.saturating_sub(STEP);
        if self.children.wake_at().is_some_and(|at| at <= now) {
            children::begin_next(self, now);
            self.pass_on();
        } else if let Some((_, id)) = self.timers.first().copied() {
            self.go_on(id, now);
            self.pass_on();
        }
    }

    /// Lets the next execution that is behind go on.
    pub fn advance_lagging(&mut self, now: Millis) {
        let Some(id) = self.lagging.pop_front() else { return };
        if let Some(execution) = self.executions.get_mut(&id) {
            execution.lags = false;
            self.go_on(id, now);
            self.pass_on();
        }
    }

    /// Lets an execution get as far as it gets, and hear on its way what it was told meanwhile.
    fn go_on(&mut self, id: ExecutionId, now: Millis) {
        while let Some(execution) = self.executions.get_mut(&id) {
            let until = execution.inbox.front().map_or(now, |message| message.at);
            execution.machine.grant(self.work);
            execution.machine.advance(until);
            self.work = execution.machine.work_left();
            if execution.machine.is_behind(until) {
                break;
            }
            let Some(Message { at, told, waiter }) = execution.inbox.pop_front() else { break };
            let report = self.hear(id, at, told, true);
            self.heard.extend(waiter.map(|waiter| (waiter, id, report)));
        }
        self.after(id, now);
    }

    /// Tells an execution something, and follows it up.
    pub fn tell(&mut self, id: ExecutionId, now: Millis, told: Told) -> Option<Heard> {
        let heard = self.tell_one(id, now, told);
        self.pass_on();
        heard
    }

    pub(super) fn tell_one(&mut self, id: ExecutionId, now: Millis, told: Told) -> Option<Heard> {
        self.children.clock(now);
        let execution = self.executions.get_mut(&id)?;
        // What tells it may itself have been behind, and its own clock has gone on.
        let now = execution.inbox.back().map_or(execution.machine.now(), |message| message.at).max(now);
        if execution.inbox.is_empty() && self.work > 0 {
            execution.machine.grant(self.work);
            execution.machine.advance(now);
            self.work = execution.machine.work_left();
        }
        let behind = !execution.inbox.is_empty() || self.work == 0 || execution.machine.is_behind(now);
        let heard = if behind {
            // Recorded here, in the order of arrival: the record must not depend on how far the execution is.
            self.journal.told(id, &told.record(now));
            execution.inbox.push_back(Message { at: now, told, waiter: None });
            Heard::Later
        } else {
            Heard::Now(self.hear(id, now, told, false))
        };
        self.changes += 1;
        self.after(id, now);
        Some(heard)
    }

    /// A request waits for what becomes of the message that was the last for an execution.
    pub fn await_message(&mut self, id: ExecutionId, waiter: WaiterId) {
        if let Some(message) = self.executions.get_mut(&id).and_then(|execution| execution.inbox.back_mut()) {
            message.waiter = Some(waiter);
        }
    }

    /// What became of the messages that requests wait for, since the last call.
    pub fn take_heard(&mut self) -> Vec<(WaiterId, ExecutionId, Report)> {
        std::mem::take(&mut self.heard)
    }

    /// A message for an execution that has ended: it comes too late.
    pub(super) fn take_late(&mut self, id: ExecutionId) -> Option<Message> {
        let execution = self.executions.get_mut(&id)?;
        if execution.machine.status().is_final() { execution.inbox.pop_front() } else { None }
    }

    /// An execution that is not behind hears something. `is_recorded`: the journal has it already.
    pub(super) fn hear(&mut self, id: ExecutionId, now: Millis, told: Told, is_recorded: bool) -> Report {
        let Some(execution) = self.executions.get_mut(&id) else { return Report::Unknown };
        let ended = execution.machine.status().is_final();
        if ended && matches!(told, Told::Stopped(..)) {
            return Report::Completed;
        }
        let record = (!ended).then(|| told.record(now));
        let by_token = matches!(told, Told::Reported(..));
        execution.machine.grant(self.work);
        let report = told.tell(&mut execution.machine, now);
        self.work = execution.machine.work_left();
        if by_token {
            // Whoever was handed the task may answer late, or never.
            let of_this = (id, TaskId(0))..=(id, TaskId(u64::MAX));
            let over = |(_, task): &&(ExecutionId, TaskId)| !execution.machine.wants(*task);
            for key in self.by_task.range(of_this).map(|(key, _)| key).filter(over).copied().collect::<Vec<_>>() {
                self.by_task.remove(&key).map(|number| self.tasks.remove(&number));
            }
        }
        // What was of no use is not kept: anyone can report anything.
        if let Some(record) = record.filter(|_| matches!(report, Report::Taken(_))) {
            if !is_recorded {
                self.journal.told(id, &record);
            }
            execution.record(record);
        }
        report
    }
}
