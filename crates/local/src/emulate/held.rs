//! Requests that are held: until their execution ends or receives a message, until their time is up, or for an injected
//! delay.

use super::fault::Fault;
use super::{ANSWER, Emulator, Envelope, Held, Reply, Response, Then, WaiterId, Waits};
use super::{executions, render, tasks};
use crate::simulate::Millis;

impl Emulator {
    /// Carries out the actions that are due, and answers the requests whose execution has ended or received a message.
    pub(super) fn settle(&mut self) {
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

    /// Answers requests whose execution has ended, while there are units of work.
    pub(super) fn answer_due(&mut self) {
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
        // Pending answers still need the executions of removed flows.
        if self.due.is_empty() {
            self.store.drop_removed();
        }
    }

    /// Counts the work of writing an answer.
    pub(super) fn answered(&mut self, response: &Response) {
        self.store.work = self.store.work.saturating_sub(ANSWER + 4 * response.body.len() as u64);
    }

    pub(super) fn time_is_up(&mut self, now: Millis, waiter: WaiterId) {
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
                self.store.remove_waiter(execution, waiter);
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

    pub(super) fn answer(&mut self, envelope: &Envelope, response: Response) -> Reply {
        let response = self.finished(response);
        match self.options.faults.latency {
            0 => Reply::Answer(response),
            latency => Reply::Hold(self.hold(self.now + latency, envelope.clone(), Waits::Out(Box::new(response)))),
        }
    }

    pub(super) fn ready_after(&mut self, waiter: WaiterId, envelope: Envelope, response: Response) {
        let response = self.finished(response);
        match self.options.faults.latency {
            0 => self.ready.push((waiter, response)),
            latency => self.hold_as(waiter, self.now + latency, envelope, Waits::Out(Box::new(response))),
        }
    }

    /// Adds the headers of every response.
    pub(super) fn finished(&self, mut response: Response) -> Response {
        if self.options.faults.cors {
            render::cors(&mut response);
        }
        response
    }

    pub(super) fn hold(&mut self, until: Millis, envelope: Envelope, waits: Waits) -> WaiterId {
        self.last_waiter += 1;
        let waiter = WaiterId(self.last_waiter);
        if let Waits::For(execution, _) = waits {
            self.store.add_waiter(execution, waiter);
        }
        self.hold_as(waiter, until, envelope, waits);
        waiter
    }

    pub(super) fn hold_as(&mut self, waiter: WaiterId, until: Millis, envelope: Envelope, waits: Waits) {
        self.deadlines.insert((until, waiter));
        self.held.insert(waiter, Box::new(Held { until, envelope, waits }));
    }

    pub(super) fn release(&mut self, waiter: WaiterId) -> Option<Held> {
        let held = self.held.remove(&waiter)?;
        self.deadlines.remove(&(held.until, waiter));
        Some(*held)
    }
}
