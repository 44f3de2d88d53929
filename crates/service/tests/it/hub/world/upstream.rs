//! The service, and the budget of the account.

use cloudflow_service::hub::{Bucket, Budget, Input, Millis};

use super::{Body, Broken, Execution, Happening, Outcome, World};

impl World {
    pub(super) fn charge(&mut self, bucket: Bucket) -> bool {
        let filled = (self.now - self.filled_at) * 5;
        self.filled_at = self.now;
        self.tokens = (self.tokens + filled).min(50_000);
        self.history_tokens = (self.history_tokens + filled).min(50_000);
        let tokens = if bucket == Bucket::History { &mut self.history_tokens } else { &mut self.tokens };
        let allowed = *tokens >= 1_000;
        if allowed {
            *tokens -= 1_000;
        }
        allowed
    }

    pub(super) fn upstream(&mut self, worker: usize, bucket: Bucket) -> Option<u64> {
        self.report.calls += 1;
        let call = self.workers[worker].calls;
        let latency = 10 + self.below(100);
        if !self.charge(bucket) {
            self.report.refused += 1;
            self.after(latency, Happening::Call { worker, call, bucket, result: Outcome::Fault { throttled: true } });
            return None;
        }
        if self.plan.chaos > 0 && self.one_in(12) {
            self.after(latency, Happening::Call { worker, call, bucket, result: Outcome::Fault { throttled: false } });
            return None;
        }
        Some(latency)
    }

    pub(super) fn describe(&mut self, worker: usize, wait_seconds: u32, timeout_ms: Millis) {
        let call = self.workers[worker].calls;
        let Some(latency) = self.upstream(worker, Bucket::Describe) else {
            return;
        };
        if self.plan.chaos > 0 && self.one_in(40) {
            // The response never arrives.
            let result = Outcome::Fault { throttled: false };
            self.after(timeout_ms, Happening::Call { worker, call, bucket: Bucket::Describe, result });
            return;
        }
        let execution = self.workers[worker].execution;
        let Execution { versions, eager, .. } = &self.executions[execution];
        let version = self.executions[execution].version(self.now);
        let changes =
            if *eager { versions.get(version as usize).copied() } else { Some(self.executions[execution].end()) };
        let until = self.now + Millis::from(wait_seconds) * 1000;
        let at = if self.executions[execution].is_final(version) { self.now } else { changes.unwrap().min(until) };
        self.at(at.max(self.now + latency), Happening::Held { worker, call, execution });
    }

    pub(super) fn fetch(&mut self, worker: usize, after: u64) {
        let call = self.workers[worker].calls;
        let Some(latency) = self.upstream(worker, Bucket::History) else {
            return;
        };
        let execution = &self.executions[self.workers[worker].execution];
        let written = execution.events.iter().filter(|&&at| at <= self.now).count() as u64;
        let last = written.min(after + 4);
        let list = (after + 1..=last).collect();
        let result = Outcome::Events { list, after, done: false, more: last < written };
        self.after(latency, Happening::Call { worker, call, bucket: Bucket::History, result });
    }

    pub(super) fn called(&mut self, worker: usize, call: u64, bucket: Bucket, result: Outcome) -> Result<(), String> {
        if self.workers[worker].calls != call {
            return Ok(());
        }
        match result {
            Outcome::State(version) => {
                let rank = self.executions[self.workers[worker].execution].rank(version);
                self.workers[worker].state = Body::State(version);
                self.worker(worker, Input::Answered { hash: &format!("{version:016x}"), rank }, "", &Body::Nothing)
            }
            Outcome::Events { list, after, done, more } => {
                let last = list.last().copied().unwrap_or(after);
                self.workers[worker].events = Body::Events(list);
                self.worker(worker, Input::Events { last, done, more }, "", &Body::Nothing)
            }
            Outcome::Fault { throttled } => {
                let status = if throttled { 429 } else { 503 };
                let input = Input::Fault { bucket, retryable: true, throttled, retry_after: None, status };
                self.worker(worker, input, "", &Body::Nothing)
            }
        }
    }

    pub(super) fn ask(&mut self, worker: usize, bucket: Bucket, throttled: Option<Millis>) {
        let (wait_ms, stretch_seconds) = self.permit(self.workers[worker].execution, worker, bucket, throttled);
        let delay = 1 + self.below(15);
        self.after(delay, Happening::Permit { worker, bucket, wait_ms, stretch_seconds });
    }

    pub(super) fn permit(
        &mut self,
        execution: usize,
        worker: usize,
        bucket: Bucket,
        throttled: Option<Millis>,
    ) -> (Millis, u32) {
        if self.one_in(3) {
            self.budget = Budget::restore(&self.budget.record());
        }
        self.permits += 1;
        if self.plan.broken == Broken::LeakyBudget && self.permits.is_multiple_of(3) {
            return (0, 0);
        }
        let key = match self.plan.broken {
            Broken::PlacePerLeader => format!("{execution}/{worker}"),
            _ => execution.to_string(),
        };
        let random = self.below(1 << 32) as u32;
        let permit = self.budget.permit(self.now, random, bucket, &key, throttled);
        (permit.wait_ms, permit.stretch_seconds)
    }
}
