//! The rules that every run must satisfy.

use cloudflow_base::time;
use cloudflow_local::emulate::Response;
use cloudflow_service::poll::{Input, Outcome};
use cloudflow_service::wire::fault::Retry;
use serde_json::Value;

use super::{BOUND, Phase, World};

impl World {
    /// Counts consecutive failures of a call, and determines how many it must tolerate.
    pub(super) fn failed(&mut self, slot: usize, input: Input) {
        let most = self.slots[slot].caller.planned.attempts;
        let slot = &mut self.slots[slot];
        slot.tolerated_failures = match input {
            Input::NetworkError | Input::TimedOut => most,
            Input::Fault { retry: Retry::Never, .. } => 1,
            Input::Fault { retry: Retry::LimitedBackoff | Retry::NotYetVisible, .. } => most.min(3),
            Input::Fault { retry: Retry::Clock | Retry::Nonce | Retry::Credentials, .. } => most.min(2),
            Input::Fault { .. } => most,
            _ => return,
        };
        slot.consecutive_failures += 1;
    }

    pub(super) fn receive(&mut self, slot: usize, answer: &Response) -> Input {
        let machine = self.slots[slot].machine;
        let wall = self.wall(machine);
        let state = &mut self.machines[machine].state;
        let (input, reported) =
            self.slots[slot].caller.answered(state, wall, answer.status, &answer.headers, &answer.body);
        if let Input::Fault { retry: Retry::Clock, .. } = input {
            self.machines[machine].offset = Some(self.service_time(self.now) as i64 - wall as i64);
        }
        let Input::Execution { done } = input else { return input };
        self.slots[slot].consecutive_failures = 0;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let seen = self.slots[slot].caller.call.execution().map(|seen| (seen.status.0.as_ref().clone(), seen.done));
        if seen.as_ref().map(|(status, _)| status) != body.get("Status") {
            self.violate(format!("call {slot} reports {seen:?}, which was not sent"));
        }
        let mut shown = body;
        if let Some(object) = shown.as_object_mut() {
            object.remove("RequestId");
        }
        let new = self.slots[slot].reported.as_ref() != Some(&shown);
        if reported && !self.slots[slot].left {
            self.figures.reported += 1;
            if !new || self.slots[slot].final_reported {
                self.violate(format!("call {slot} reports a change twice, or after the end"));
            }
        } else if new {
            self.violate(format!("call {slot} does not report a change"));
        }
        self.slots[slot].reported = Some(shown);
        self.slots[slot].final_reported = done;
        input
    }

    pub(super) fn check_sending(&mut self, slot: usize, query: &str) {
        let machine = self.slots[slot].machine;
        let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let (left, refused, ended) = {
            let slot = &self.slots[slot];
            (slot.left, slot.refused, slot.final_reported)
        };
        if left || refused || ended {
            self.violate(format!(
                "call {slot} sends after abort ({left}), permanent error ({refused}) or end ({ended})"
            ));
        }
        if self.machines[machine].planned.counted {
            let nonce = field("SignatureNonce").unwrap_or_default().to_owned();
            if nonce.is_empty() || !self.nonces.insert(nonce) {
                self.violate(format!("call {slot} reuses a nonce"));
            }
            let stamp = field("Timestamp").unwrap_or_default().replace("%3A", ":");
            let stamp = time::parse(&stamp).unwrap_or_default();
            // The client's clock, corrected by the last response of the service.
            let believed = self.wall(machine) as i64 + self.machines[machine].offset.unwrap_or(0);
            if stamp.abs_diff(believed as u64) > 70_000 {
                self.violate(format!("call {slot} sends the time {stamp} instead of {believed}"));
            }
            let steady = self.steady(machine);
            self.machines[machine].sent.push(steady);
        }
        if self.slots[slot].sent > 60 + (self.now - self.slots[slot].begun) / 900 {
            self.violate(format!("call {slot} sends {} times", self.slots[slot].sent));
        }
    }

    /// The rate of the client's requests never exceeds its budget, over any interval.
    pub(super) fn check_budget(&mut self, machine: usize) {
        let sent = &self.machines[machine].sent;
        let (mut level, mut last) = (50_000u64, 0);
        for (at, now) in sent.iter().enumerate() {
            level = (level + (now - last) * 5).min(50_000);
            last = *now;
            if level < 1_000 {
                return self.violate(format!("client {machine} exceeds its budget with request {at}"));
            }
            level -= 1_000;
        }
    }

    pub(super) fn finish(&mut self, slot: usize, outcome: Outcome) {
        let machine = self.slots[slot].machine;
        self.slots[slot].phase = Phase::Over;
        let planned = &self.slots[slot].caller.planned;
        let until_done = planned.until_done;
        if self.slots[slot].left != (outcome == Outcome::Aborted) {
            return self.violate(format!("call {slot} ends with {outcome:?}, left: {}", self.slots[slot].left));
        }
        match outcome {
            Outcome::Aborted => {}
            Outcome::Execution => {
                let done = self.slots[slot].final_reported;
                let result =
                    self.slots[slot].caller.call.finish(&self.machines[machine].state, outcome).map(|e| e.done);
                if result != Ok(done) || until_done && !done {
                    return self.violate(format!("call {slot} ends with {result:?} before its execution"));
                }
                self.figures.ended += 1;
                if until_done {
                    let planned = &self.plan.executions[self.slots[slot].caller.planned.execution];
                    let end = planned.starts + planned.seconds * 1000;
                    let from = end.max(self.machines[machine].last_fault).max(self.slots[slot].begun);
                    let took = self.now.saturating_sub(from);
                    self.figures.worst = self.figures.worst.max((took, self.seed));
                    if took > BOUND {
                        self.violate(format!("call {slot} reports the end after {took} ms"));
                    }
                }
            }
            Outcome::DeadlinePassed => {
                let timeout = self.slots[slot].caller.planned.timeout.unwrap_or(u64::MAX);
                if self.now - self.slots[slot].begun < timeout.saturating_sub(self.machines[machine].lost) {
                    self.violate(format!("call {slot} ends before its deadline"));
                }
            }
            Outcome::Fault | Outcome::NetworkError | Outcome::AttemptTimedOut => {
                self.figures.failed += 1;
                let failure = self.slots[slot].caller.call.finish(&self.machines[machine].state, outcome);
                let failure = failure.err().map(|failure| (failure.code, failure.attempts));
                let state = &self.slots[slot];
                let has_deadline = state.caller.planned.timeout.is_some();
                // A call for one answer may end when the retry budget is used up, and a call with a deadline ends early.
                if state.consecutive_failures < state.tolerated_failures && !has_deadline && until_done {
                    self.violate(format!(
                        "call {slot} fails with {failure:?} after {} failures",
                        state.consecutive_failures
                    ));
                }
            }
        }
    }
}
