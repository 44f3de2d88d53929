//! The rate limit of the account, shared by the calls of one client, or of a gateway.
//!
//! The service counts each operation in a token bucket of the account. A call without a token waits in a queue, first in,
//! first out. The places of a client belong to its calls, those of a gateway to executions. Urgent calls pass the others.

use cloudflow_base::limits::RateLimit;

use super::Millis;

/// The bucket has five tokens less than that of the service, because calls may arrive in a burst.
const RESERVE: u64 = 5;

/// One call, in ten-thousandths of a token.
const CALL: u64 = 10_000;

/// One token per ten seconds, in ten-thousandths of a token per millisecond.
const PER_TEN_SECONDS: u64 = 1;

/// A waiter that is later than this loses its turn: timers of a page in the background may be minutes late.
const GRACE: Millis = 1_000;

/// A waiter that is later than this loses its place: a request of a Worker may end without notice.
const FORGOTTEN: Millis = 300_000;

/// Maximum sleep of a waiter: others may leave the queue.
const MAX_SLEEP: Millis = 2_000;

/// Maximum sleep of a waiter of a gateway. Each question is a request to another machine.
const MAX_REMOTE_SLEEP: Millis = 30_000;

/// Maximum number of waiters. The stored text of 20,000 has 600 KB.
const MAX_QUEUE: usize = 20_000;

/// The bucket and the queue of its waiters.
#[derive(Clone, Debug)]
pub(crate) struct Quota {
    /// Size of the bucket, in ten-thousandths of a token.
    full: u64,
    /// Ten-thousandths of a token per millisecond.
    rate: u64,
    max_sleep: Millis,
    /// In ten-thousandths of a token.
    level: u64,
    at: Millis,
    /// The service asked for a pause until then.
    closed_until: Millis,
    // INVARIANT: the urgent ones first, each part in the order of arrival; every ticket once.
    queue: Vec<Waiting>,
    last: u64,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(pub u64);

/// The bit of tickets that pass those without it.
pub(crate) const URGENT: u64 = 1 << 63;

#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    /// When it should call again.
    due: Millis,
}

impl Quota {
    /// A full bucket for a rate limit of the service.
    pub fn new(limit: RateLimit) -> Self {
        Self::with(limit.burst.saturating_sub(RESERVE), limit.per_second * 10, MAX_SLEEP)
    }

    /// A full bucket whose waiters are on other machines.
    pub fn remote(burst: u64, per_ten_seconds: u64) -> Self {
        Self::with(burst, per_ten_seconds, MAX_REMOTE_SLEEP)
    }

    fn with(burst: u64, per_ten_seconds: u64, max_sleep: Millis) -> Self {
        let full = burst * CALL;
        let rate = per_ten_seconds * PER_TEN_SECONDS;
        Quota { full, rate, max_sleep, level: full, at: 0, closed_until: 0, queue: Vec::new(), last: 0 }
    }

    /// Takes a token. Without one, keeps the place in the queue and returns the time to wait. A call that is not
    /// `counted` needs no token.
    pub fn acquire(&mut self, now: Millis, place: &mut Option<Ticket>, counted: bool) -> Result<(), Millis> {
        self.refill(now);
        if !counted {
            let closed = self.closed_until.saturating_sub(now);
            return if closed == 0 { Ok(()) } else { Err(closed) };
        }
        let ticket = place.unwrap_or_else(|| {
            self.last = self.last.wrapping_add(1);
            Ticket(self.last)
        });
        let taken = self.take(now, ticket);
        *place = taken.is_err().then_some(ticket);
        taken
    }

    /// Takes a token for the waiter with this ticket. Without one, keeps its place in the queue, or gives it one, and
    /// returns the time to wait.
    pub fn take(&mut self, now: Millis, ticket: Ticket) -> Result<(), Millis> {
        self.refill(now);
        self.queue.retain(|waiting| now <= waiting.due.saturating_add(FORGOTTEN));
        let closed = self.closed_until.saturating_sub(now);
        let known = self.queue.iter().position(|waiting| waiting.ticket == ticket);
        let end =
            if ticket.0 < URGENT { None } else { self.queue.iter().position(|waiting| waiting.ticket.0 < URGENT) };
        let end = end.unwrap_or(self.queue.len());
        let in_front = self.queue.iter().take(known.unwrap_or(end));
        let ahead = in_front.filter(|waiting| now <= waiting.due.saturating_add(GRACE)).count() as u64;
        // The bucket of a gateway is not filled while the service is closed.
        let pause = self.at.saturating_sub(now);
        let wait = (((ahead + 1) * CALL).saturating_sub(self.level).div_ceil(self.rate) + pause).max(closed);
        if wait == 0 {
            self.level = self.level.saturating_sub(CALL);
            self.leave(&mut Some(ticket));
            return Ok(());
        }
        let wait = wait.min(self.max_sleep);
        let due = now.saturating_add(wait);
        if let Some(waiting) = self.queue.get_mut(known.unwrap_or(usize::MAX)) {
            waiting.due = due;
        } else if self.queue.len() < MAX_QUEUE {
            self.queue.insert(end, Waiting { ticket, due });
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

    /// Fills the bucket only after the pause that the service asked for. Otherwise the tokens of a long pause would be
    /// used at once after it.
    pub fn pause(&mut self) {
        self.at = self.at.max(self.closed_until);
    }

    /// Appends the numbers that describe this bucket and its queue.
    pub fn save(&self, numbers: &mut Vec<u64>) {
        numbers.extend([self.level, self.at, self.closed_until, self.queue.len() as u64]);
        for waiting in &self.queue {
            numbers.extend([waiting.ticket.0, waiting.due]);
        }
    }

    /// Reads these numbers.
    pub fn load(&mut self, next: &mut dyn FnMut() -> Option<u64>) -> Option<()> {
        self.level = next()?.min(self.full);
        self.at = next()?;
        self.closed_until = next()?;
        let count = usize::try_from(next()?).ok()?.min(MAX_QUEUE);
        for _ in 0..count {
            self.queue.push(Waiting { ticket: Ticket(next()?), due: next()? });
        }
        Some(())
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
