//! The service: executions that end at a planned time, long polls, and the rate limits of the account.

use crate::rng::Rng;
use crate::world::{Faults, World};

/// Milliseconds since the start of the simulation.
pub type Millis = u64;

/// Number of events of a history.
const EVENTS: u64 = 40;

/// Maximum number of events of a page.
const PAGE: u64 = 25;

/// The bucket of one operation: 50 calls at once, then 5 per second
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>).
#[derive(Clone, Debug)]
struct Bucket {
    /// In thousandths of a call.
    level: u64,
    at: Millis,
    /// Calls.
    calls: u64,
    /// Calls beyond the limit.
    beyond: u64,
}

/// One execution.
#[derive(Clone, Copy, Debug)]
pub struct Execution {
    /// When it starts to run.
    pub runs: Millis,
    /// When it ends.
    pub ends: Millis,
    /// When the last response with its state was sent.
    pub answered: Millis,
    /// The longest time without such a response while a watcher waited.
    pub longest_gap: Millis,
    /// When a request first failed, or an object, Worker or socket was lost, in its last minutes.
    pub disturbed: Option<Millis>,
    /// When its hub first had the final state.
    pub known: Option<Millis>,
}

impl Execution {
    /// The version of its state, which is the number of changes: 1 starting, 2 running, 3 ended.
    pub fn version(&self, now: Millis) -> u8 {
        if now >= self.ends {
            3
        } else if now >= self.runs {
            2
        } else {
            1
        }
    }

    /// The number of events so far.
    pub fn events(&self, now: Millis) -> u64 {
        if now >= self.ends { EVENTS } else { (EVENTS - 1) * now / self.ends.max(1) }
    }
}

/// An answer of the service.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// The state has this version.
    State(u8),
    /// The events after `after` until `last`.
    Events { after: u64, last: u64, done: bool, more: bool },
    /// The rate limit is exceeded.
    Throttled { retry_after: Option<Millis> },
    /// A transient error.
    Unavailable,
}

/// The service, for one account.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The executions.
    pub executions: Vec<Execution>,
    describe: Bucket,
    history: Bucket,
}

impl Bucket {
    const FULL: u64 = 50_000;

    fn new() -> Self {
        Bucket { level: Self::FULL, at: 0, calls: 0, beyond: 0 }
    }

    fn take(&mut self, now: Millis) -> bool {
        self.level = (self.level + (now - self.at) * 5).min(Self::FULL);
        self.at = now;
        self.calls += 1;
        let ok = self.level >= 1000;
        if ok {
            self.level -= 1000;
        } else {
            self.beyond += 1;
        }
        ok
    }
}

impl Upstream {
    /// The service of a world.
    pub fn new(world: &World, rng: &mut Rng) -> Self {
        let mut execution = || {
            let ends = rng.between(world.ends_ms.0, world.ends_ms.1);
            let runs = rng.below(ends / 2);
            Execution { runs, ends, answered: 0, longest_gap: 0, disturbed: None, known: None }
        };
        let executions = (0..world.executions).map(|_| execution()).collect();
        Upstream { executions, describe: Bucket::new(), history: Bucket::new() }
    }

    /// Calls, and calls beyond the limit, of both operations.
    pub fn calls(&self) -> (u64, u64) {
        (self.describe.calls + self.history.calls, self.describe.beyond + self.history.beyond)
    }

    /// A call of DescribeExecution arrives. Returns the time of the answer and the answer. Absent: there is no answer.
    pub fn describe(
        &mut self,
        now: Millis,
        index: u32,
        wait_ms: Millis,
        faults: &Faults,
        rng: &mut Rng,
    ) -> Option<(Millis, Reply)> {
        if !self.describe.take(now) {
            return Some((now, Reply::Throttled { retry_after: Some(200) }));
        }
        let slow = match fault(faults, rng) {
            Fault::Lost => return None,
            Fault::Refused(reply) => return Some((now + rng.between(1, 300), reply)),
            Fault::Slow(ms) => ms,
        };
        let execution = self.executions.get(index as usize)?;
        let at = if now >= execution.ends { now } else { execution.ends.min(now + wait_ms) };
        Some((at + slow, Reply::State(execution.version(at))))
    }

    /// A call of GetExecutionHistory arrives.
    pub fn history(
        &mut self,
        now: Millis,
        index: u32,
        after: u64,
        faults: &Faults,
        rng: &mut Rng,
    ) -> Option<(Millis, Reply)> {
        if !self.history.take(now) {
            return Some((now, Reply::Throttled { retry_after: None }));
        }
        let slow = match fault(faults, rng) {
            Fault::Lost => return None,
            Fault::Refused(reply) => return Some((now + rng.between(1, 300), reply)),
            Fault::Slow(ms) => ms,
        };
        let execution = self.executions.get(index as usize)?;
        let known = execution.events(now);
        let last = known.min(after + PAGE).max(after);
        let more = last < known;
        Some((now + slow, Reply::Events { after, last, done: last == EVENTS, more }))
    }
}

enum Fault {
    Slow(Millis),
    Refused(Reply),
    Lost,
}

fn fault(faults: &Faults, rng: &mut Rng) -> Fault {
    if rng.chance(faults.dropped) {
        return Fault::Lost;
    }
    if rng.chance(faults.throttled) {
        let retry_after = if rng.chance(500) { Some(rng.between(100, 3000)) } else { None };
        return Fault::Refused(Reply::Throttled { retry_after });
    }
    if rng.chance(faults.unavailable) {
        return Fault::Refused(Reply::Unavailable);
    }
    let base = rng.between(5, 60);
    Fault::Slow(if rng.chance(faults.slow) { base + rng.below(8000) } else { base })
}
