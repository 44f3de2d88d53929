//! The turns of executions: how far each execution runs, and when it receives its messages.

use cloudflow_base::limits;

use super::WaiterId;
use super::store::{ExecutionId, MEMORY, New, Store};
use crate::schedule::{Action, Begin, Message, Post, TaskKey};
use crate::simulate::{Millis, Report};

/// The units of a timer or of an action of the schedule.
const STEP: u64 = 2_000;

/// A message for an execution that is behind.
#[derive(Debug)]
pub(super) struct Delivery {
    pub at: Millis,
    pub message: Message,
    /// The request that is answered with the result.
    pub waiter: Option<WaiterId>,
    /// The task that reported the message.
    pub reporter: Option<TaskKey>,
}

/// The result of passing a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receipt {
    /// The execution has received the message.
    Now(Report),
    /// The execution is behind and receives the message later.
    Later,
}

impl Store {
    /// Whether an execution is behind.
    pub fn has_lagging(&self) -> bool {
        !self.lagging.is_empty()
    }

    /// Whether tasks wait to be handed out.
    pub fn has_tasks(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Whether the memory is used up, so that no execution can start.
    pub fn is_full(&self) -> bool {
        self.memory > MEMORY
    }

    /// Carries out an action of the schedule, or else runs the execution with the first timer.
    pub fn advance(&mut self, now: Millis) {
        self.schedule.advance(now);
        if self.schedule.wake_at().is_some_and(|at| at <= now) {
            self.act();
        } else if let Some((_, id)) = self.timers.first().copied() {
            self.work = self.work.saturating_sub(STEP);
            self.continue_one(id, now);
        }
    }

    /// Continues the next execution that is behind.
    pub fn advance_lagging(&mut self, now: Millis) {
        let Some(id) = self.lagging.pop_front() else { return };
        if let Some(execution) = self.executions.get_mut(&id) {
            execution.lags = false;
            self.continue_one(id, now);
        }
    }

    /// Carries out the actions of the schedule that are due, while there are units.
    pub fn act_on_all(&mut self) {
        while self.work > 0 && self.act() {}
    }

    /// Carries out the next action of the schedule. False if none is due.
    fn act(&mut self) -> bool {
        self.work = self.work.saturating_sub(STEP);
        let Some(action) = self.schedule.next(|flow| self.flows.contains_key(flow)) else { return false };
        match action {
            Action::Post(Post { execution, at, message, reporter }) => {
                self.post(execution, at, message, reporter);
            }
            Action::Begin(begin) => self.begin(&begin),
            Action::Call(call) => self.calls.push_back(call),
            Action::Cancel(call) => match self.calls.binary_search_by_key(&call, |waiting| waiting.id) {
                // It was not handed out yet.
                Ok(at) => drop(self.calls.remove(at)),
                Err(_) => self.cancelled.push(call),
            },
        }
        true
    }

    /// Starts a child flow.
    fn begin(&mut self, begin: &Begin) {
        let now = self.schedule.now();
        let answer = if self.running() >= limits::RUNNING_EXECUTIONS || self.is_full() {
            let cause = "too many executions are running, or they take too much memory";
            begin.refuse("fnf.ResourceThrottled", cause)
        } else {
            let name = begin.name.clone().unwrap_or_else(|| self.random.id());
            let answer = begin.answer(&name, &self.random.id());
            let input = (*begin.input).clone();
            let new = New { link: begin.link(&name), text: input.to_string(), input, seed: begin.seed };
            self.start(new, now);
            answer
        };
        self.post(begin.owner.0, now, answer, None);
    }

    /// Runs an execution as far as possible in this turn, and passes it the messages that arrived in the meantime.
    fn continue_one(&mut self, id: ExecutionId, now: Millis) {
        while let Some(execution) = self.executions.get_mut(&id) {
            let until = execution.inbox.front().map_or(now, |delivery| delivery.at);
            execution.machine.set_turn(self.work);
            execution.machine.advance(until);
            self.work = execution.machine.work_left();
            if execution.machine.is_behind(until) {
                break;
            }
            let Some(delivery) = execution.inbox.pop_front() else { break };
            self.deliver(id, delivery);
        }
        self.after(id, now);
    }

    /// Passes a message from the inbox to its execution.
    pub(super) fn deliver(&mut self, id: ExecutionId, delivery: Delivery) {
        let Delivery { at, message, waiter, reporter } = delivery;
        let report = self.receive(id, at, message, reporter, true);
        self.received.extend(waiter.map(|waiter| (waiter, id, report)));
    }

    /// Passes a message to an execution. If the execution is behind, the message waits in its inbox.
    pub fn post(
        &mut self,
        id: ExecutionId,
        now: Millis,
        message: Message,
        reporter: Option<TaskKey>,
    ) -> Option<Receipt> {
        self.schedule.advance(now);
        let execution = self.executions.get_mut(&id)?;
        // If the sender was behind, the clock of this execution may be later.
        let now = execution.inbox.back().map_or(execution.machine.now(), |delivery| delivery.at).max(now);
        if execution.inbox.is_empty() && self.work > 0 {
            execution.machine.set_turn(self.work);
            execution.machine.advance(now);
            self.work = execution.machine.work_left();
        }
        let behind = !execution.inbox.is_empty() || self.work == 0 || execution.machine.is_behind(now);
        let receipt = if behind {
            // Recorded in the order of arrival: the record must not depend on how far the execution is.
            self.journal.message(id, &message.record(now));
            execution.inbox.push_back(Delivery { at: now, message, waiter: None, reporter });
            Receipt::Later
        } else {
            Receipt::Now(self.receive(id, now, message, reporter, false))
        };
        self.changes += 1;
        self.after(id, now);
        Some(receipt)
    }

    /// Lets a request wait for the result of the last message in the inbox of an execution.
    pub fn await_message(&mut self, id: ExecutionId, waiter: WaiterId) {
        if let Some(delivery) = self.executions.get_mut(&id).and_then(|execution| execution.inbox.back_mut()) {
            delivery.waiter = Some(waiter);
        }
    }

    /// The results of the messages that requests wait for, since the last call.
    pub fn take_received(&mut self) -> Vec<(WaiterId, ExecutionId, Report)> {
        std::mem::take(&mut self.received)
    }

    /// A message for an execution that has ended.
    pub(super) fn take_late(&mut self, id: ExecutionId) -> Option<Delivery> {
        let execution = self.executions.get_mut(&id)?;
        if execution.machine.status().is_final() { execution.inbox.pop_front() } else { None }
    }

    /// Passes a message to an execution that is not behind. `is_recorded`: the journal has it already.
    fn receive(
        &mut self,
        id: ExecutionId,
        now: Millis,
        message: Message,
        reporter: Option<TaskKey>,
        is_recorded: bool,
    ) -> Report {
        let Some(execution) = self.executions.get_mut(&id) else { return Report::Unknown };
        let ended = execution.machine.status().is_final();
        if ended && matches!(message, Message::Stopped(..)) {
            return Report::Completed;
        }
        let record = (!ended).then(|| message.record(now));
        let token = match &message {
            Message::Reported(token, _) => Some(token.clone()),
            _ => None,
        };
        execution.machine.set_turn(self.work);
        let report = message.deliver(&mut execution.machine, now);
        self.work = execution.machine.work_left();
        if let Some(token) = token {
            self.schedule.remove_calls(id, &execution.machine);
            if let Some(reporter) = reporter {
                self.schedule.reported(reporter, &token, report);
            }
        }
        // A message without an effect is not kept. Otherwise reports with invalid tokens would fill the memory.
        if let Some(record) = record.filter(|_| matches!(report, Report::Taken(_))) {
            if !is_recorded {
                self.journal.message(id, &record);
            }
            execution.record(record);
        }
        report
    }
}
