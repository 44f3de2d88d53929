//! Results of tasks that arrive later, on the clock of the flows: those of mocks.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulate::{Millis, TaskResult};

/// Results by the time when they arrive, in the order in which they were passed.
#[derive(Debug, Default)]
pub(super) struct LateResults {
    due: BTreeMap<(Millis, u64), (u64, TaskResult)>,
    last: u64,
    /// Calls that get no result at all.
    mute: BTreeSet<u64>,
}

impl LateResults {
    /// Adds the result of a call.
    pub fn add(&mut self, at: Millis, call: u64, result: TaskResult) {
        self.last += 1;
        self.due.insert((at, self.last), (call, result));
    }

    /// Only a timeout or a cancellation ends the call.
    pub fn never(&mut self, call: u64) {
        self.mute.insert(call);
    }

    /// Forgets a call that was cancelled.
    pub fn cancelled(&mut self, call: u64) {
        self.mute.remove(&call);
    }

    /// Drops the first results if their calls are not pending: the clock must not jump to them.
    pub fn prune(&mut self, is_pending: impl Fn(u64) -> bool) {
        while self.due.first_key_value().is_some_and(|(_, (call, _))| !is_pending(*call)) {
            self.due.pop_first();
        }
    }

    /// When the first result arrives.
    pub fn wake_at(&self) -> Option<Millis> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// The first result.
    pub fn take(&mut self) -> Option<(u64, TaskResult)> {
        self.due.pop_first().map(|(_, result)| result)
    }

    /// Number of pending calls whose result is known or does not come.
    pub fn count(&self, is_pending: impl Fn(u64) -> bool) -> usize {
        let due = self.due.values().map(|(call, _)| call);
        due.chain(&self.mute).filter(|call| is_pending(**call)).count()
    }
}
