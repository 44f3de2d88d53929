//! The rate limit of the account, shared by the calls of one client.
//!
//! The service counts each operation in a token bucket of the account. A call without a token waits in a queue, first in,
//! first out.

use cloudflow_base::limits::RateLimit;

use super::Millis;

/// The bucket has five tokens less than that of the service, because calls may arrive in a burst.
const RESERVE: u64 = 5;

/// One call, in thousandths of a token.
const CALL: u64 = 1000;

/// A waiter that is later than this loses its turn: timers of a page in the background may be minutes late.
const GRACE: Millis = 1_000;

/// A waiter that is later than this loses its place: a request of a Worker may end without notice.
const FORGOTTEN: Millis = 300_000;

/// Maximum sleep of a waiter: others may leave the queue.
const MAX_SLEEP: Millis = 2_000;

/// The bucket and the queue of its waiters.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    /// Size of the bucket, in thousandths of a token.
    full: u64,
    /// Tokens per second, which equals thousandths of a token per millisecond.
    rate: u64,
    /// In thousandths of a token.
    level: u64,
    at: Millis,
    /// The service asked for a pause until then.
    closed_until: Millis,
    // INVARIANT: in the order of arrival; every ticket once.
    queue: Vec<Waiting>,
    last: u32,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u32);

#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    /// When it should call again.
    due: Millis,
}

impl Quota {
    /// A full bucket for a rate limit of the service.
    pub fn new(limit: RateLimit) -> Self {
        let full = limit.burst.saturating_sub(RESERVE) * CALL;
        Quota { full, rate: limit.per_second, level: full, at: 0, closed_until: 0, queue: Vec::new(), last: 0 }
    }

    /// Takes a token. Without one, keeps the place in the queue and returns the time to wait. A call that is not
    /// `counted` needs no token.
    pub fn acquire(&mut self, now: Millis, place: &mut Option<Ticket>, counted: bool) -> Result<(), Millis> {
        self.refill(now);
        self.queue.retain(|waiting| now <= waiting.due.saturating_add(FORGOTTEN));
        let closed = self.closed_until.saturating_sub(now);
        if !counted {
            return if closed == 0 { Ok(()) } else { Err(closed) };
        }
        let known = place.and_then(|ticket| self.queue.iter().position(|waiting| waiting.ticket == ticket));
        let in_front = self.queue.iter().take(known.unwrap_or(self.queue.len()));
        let ahead = in_front.filter(|waiting| now <= waiting.due.saturating_add(GRACE)).count() as u64;
        let wait = ((ahead + 1) * CALL).saturating_sub(self.level).div_ceil(self.rate).max(closed);
        if wait == 0 {
            self.level = self.level.saturating_sub(CALL);
            self.leave(place);
            return Ok(());
        }
        let wait = wait.min(MAX_SLEEP);
        let due = now.saturating_add(wait);
        match known.and_then(|at| self.queue.get_mut(at)) {
            Some(waiting) => waiting.due = due,
            None => {
                self.last = self.last.wrapping_add(1);
                let ticket = Ticket(self.last);
                *place = Some(ticket);
                self.queue.push(Waiting { ticket, due });
            }
        }
        Err(wait)
    }

    /// Gives up the place.
    pub fn leave(&mut self, place: &mut Option<Ticket>) {
        if let Some(ticket) = place.take() {
            self.queue.retain(|waiting| waiting.ticket != ticket);
        }
    }

    /// The service reported that the account has no tokens left.
    pub fn drain(&mut self, now: Millis, retry_after: Option<Millis>) {
        self.refill(now);
        self.level = 0;
        self.closed_until = self.closed_until.max(now.saturating_add(retry_after.unwrap_or(0)));
    }

    /// The hold to request instead of `seconds`. Below half of the bucket it grows up to `most` with each missing token,
    /// so that many watchers poll less often before they have to queue.
    pub fn stretched(&self, seconds: u32, most: u32) -> u32 {
        let half = self.full / 2;
        let missing = half.saturating_sub(self.level);
        let room = u64::from(most.saturating_sub(seconds));
        seconds + u32::try_from(room * missing / half).unwrap_or(0)
    }

    fn refill(&mut self, now: Millis) {
        let elapsed = now.saturating_sub(self.at);
        self.level = self.level.saturating_add(elapsed.saturating_mul(self.rate)).min(self.full);
        self.at = self.at.max(now);
    }
}
