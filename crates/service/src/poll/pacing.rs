//! What the calls of one client share: budgets, the link, the service's clock.

use super::link::Link;
use super::quota::{Quota, Ticket};
use super::{Millis, link};

/// The retry budget is that of the standard retry mode of the AWS SDKs
/// (<https://github.com/aws/aws-sdk-js-v3/pull/1258>, `constants.ts`): so many tokens,
const RETRY_TOKENS: u32 = 500;
/// so many for each retry,
const RETRY_COST: u32 = 5;
/// so many where nothing came back,
const SILENCE_COST: u32 = 10;
/// and one back for each answer that needed no retry; after a retry, what it had cost.
const REWARD: u32 = 1;

/// A clock that is wrong by less is not why a request was refused.
const SKEW: u64 = 60_000;

/// What the calls of one client share. Calls that stand alone have one each.
#[derive(Clone, Debug)]
pub struct Pacing {
    retry_tokens: u32,
    quota: Quota,
    pub(super) link: Link,
    /// The service's clock, less ours, in milliseconds.
    offset: i64,
}

impl Default for Pacing {
    fn default() -> Self {
        Pacing { retry_tokens: RETRY_TOKENS, quota: Quota::default(), link: Link::default(), offset: 0 }
    }
}

impl Pacing {
    /// The service's time, as far as it is known, in Unix milliseconds: what an attempt is stamped
    /// with.
    pub(crate) fn service_time(&self, unix_now: u64) -> u64 {
        unix_now.saturating_add_signed(self.offset)
    }

    /// How far the service's clock is ahead of ours, in milliseconds.
    pub(crate) fn offset(&self) -> i64 {
        self.offset
    }

    /// The service refused an attempt for its time, which was `stamped`, and told its own. True
    /// where the next attempt will carry another time: only then is it worth sending.
    pub(crate) fn set_clock(&mut self, unix_now: u64, stamped: u64, service: Option<u64>) -> bool {
        let Some(service) = service else {
            return false;
        };
        self.offset = i64::try_from(service).unwrap_or(i64::MAX).saturating_sub_unsigned(unix_now);
        service.abs_diff(stamped) > SKEW
    }

    pub(super) fn turn(&mut self, now: Millis, place: &mut Option<Ticket>, counted: bool) -> Result<(), Millis> {
        self.quota.turn(now, place, counted)
    }

    pub(super) fn leave(&mut self, place: &mut Option<Ticket>) {
        self.quota.leave(place);
    }

    pub(super) fn throttled(&mut self, now: Millis, retry_after: Option<Millis>) {
        self.quota.drain(now, retry_after);
    }

    /// How long an answer should be held that is wanted held for `seconds`.
    pub(super) fn wait(&mut self, now: Millis, seconds: u32, counted: bool) -> u32 {
        if seconds == 0 {
            return 0;
        }
        let most = self.link.cap().min(link::MOST);
        let wanted = if counted { self.quota.stretched(seconds, most) } else { seconds };
        self.link.allowed(now, wanted)
    }

    /// Takes what a retry costs, if there is so much: the cost.
    pub(super) fn spend(&mut self, silent: bool) -> Option<u32> {
        let cost = if silent { SILENCE_COST } else { RETRY_COST };
        self.retry_tokens = self.retry_tokens.checked_sub(cost)?;
        Some(cost)
    }

    /// An answer came; the last retry before it had cost so much.
    pub(super) fn earn(&mut self, cost: u32) {
        self.retry_tokens = (self.retry_tokens + cost.max(REWARD)).min(RETRY_TOKENS);
    }
}
