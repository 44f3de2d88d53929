//! What the polls of one client share: rate limit, retry budget, the longest hold, the service's clock.

use super::link::Link;
use super::quota::Quota;
use super::{Millis, link};
use crate::wire::page::Operation;

/// The retry budget is that of the standard retry mode of the AWS SDKs
/// (<https://github.com/aws/aws-sdk-js-v3/pull/1258>, `constants.ts`): the number of tokens,
const RETRY_TOKENS: u32 = 500;
/// the cost of a retry,
const RETRY_COST: u32 = 5;
/// the cost of a retry after no response,
const NO_RESPONSE_COST: u32 = 10;
/// and the tokens that a response without a retry returns. After a retry, its cost is returned.
const REWARD: u32 = 1;

/// Minimum correction of the clock, in milliseconds. A smaller error is not the cause of a refusal.
const MIN_SKEW: u64 = 60_000;

/// What the polls of one client share. A call without a client has its own.
#[derive(Clone, Debug)]
pub struct Pacing {
    retry_tokens: u32,
    /// One for each operation.
    describe: Quota,
    history: Quota,
    list: Quota,
    pub(super) link: Link,
    /// How far the service's clock is ahead of ours, in milliseconds.
    offset: i64,
}

impl Default for Pacing {
    fn default() -> Self {
        let full = |operation: Operation| Quota::new(operation.rate());
        Pacing {
            retry_tokens: RETRY_TOKENS,
            describe: full(Operation::DescribeExecution),
            history: full(Operation::GetExecutionHistory),
            list: full(Operation::ListExecutions),
            link: Link::default(),
            offset: 0,
        }
    }
}

impl Pacing {
    /// The time of the service in Unix milliseconds, for the timestamp of an attempt.
    pub(crate) fn service_time(&self, unix_now: u64) -> u64 {
        unix_now.saturating_add_signed(self.offset)
    }

    /// How far the service's clock is ahead of ours, in milliseconds.
    pub(crate) fn offset(&self) -> i64 {
        self.offset
    }

    /// The service refused an attempt because of its timestamp, and sent its own time. True if the next attempt gets
    /// another timestamp: only then a retry can succeed.
    pub(crate) fn set_clock(&mut self, unix_now: u64, stamped: u64, service: Option<u64>) -> bool {
        let Some(service) = service else {
            return false;
        };
        self.offset = i64::try_from(service).unwrap_or(i64::MAX).saturating_sub_unsigned(unix_now);
        service.abs_diff(stamped) > MIN_SKEW
    }

    fn quota(&mut self, operation: Operation) -> &mut Quota {
        match operation {
            Operation::DescribeExecution => &mut self.describe,
            Operation::GetExecutionHistory => &mut self.history,
            Operation::ListExecutions => &mut self.list,
        }
    }

    /// Takes a token of the rate limit of an operation, or returns the time to wait.
    pub(super) fn acquire(
        &mut self,
        operation: Operation,
        now: Millis,
        place: &mut Option<u64>,
        counted: bool,
    ) -> Result<(), Millis> {
        self.quota(operation).acquire(now, place, counted)
    }

    /// Gives up the place in the queue.
    pub(super) fn leave(&mut self, operation: Operation, place: &mut Option<u64>) {
        self.quota(operation).leave(place);
    }

    /// The service refused a call because of the rate limit.
    pub(super) fn throttled(&mut self, operation: Operation, now: Millis, retry_after: Option<Millis>) {
        self.quota(operation).drain(now, retry_after);
    }

    /// The hold to request instead of `seconds`.
    pub(super) fn hold(&mut self, now: Millis, seconds: u32, counted: bool) -> u32 {
        if seconds == 0 {
            return 0;
        }
        let most = self.link.cap().min(link::MAX_HOLD);
        let wanted = if counted { self.describe.stretched(seconds, most) } else { seconds };
        self.link.allowed(now, wanted)
    }

    /// Takes the cost of a retry, and returns it. `None` if the budget is too small.
    pub(super) fn spend(&mut self, no_response: bool) -> Option<u32> {
        let cost = if no_response { NO_RESPONSE_COST } else { RETRY_COST };
        self.retry_tokens = self.retry_tokens.checked_sub(cost)?;
        Some(cost)
    }

    /// A response arrived. The last retry before it had this cost.
    pub(super) fn refund(&mut self, cost: u32) {
        self.retry_tokens = (self.retry_tokens + cost.max(REWARD)).min(RETRY_TOKENS);
    }
}
