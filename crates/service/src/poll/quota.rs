//! The account's budget of calls, shared by everything one client does.
//!
//! The service counts DescribeExecution in a token bucket of 50 that refills with 5 a second, for
//! the whole account (<https://help.aliyun.com/zh/cloudflow/product-overview/limits>). Whoever
//! has no token waits for one in the order of asking; nothing is sent only to be refused.

use super::Millis;

/// Five tokens less than the service's bucket holds: what left here evenly may arrive in a bunch.
const BURST: u64 = 45;

/// Tokens a second: thousandths of a token a millisecond.
const RATE: u64 = 5;

/// One call, in thousandths of a token.
const CALL: u64 = 1000;

const FULL: u64 = BURST * CALL;

/// Who comes back so much later than agreed is passed by the others meanwhile: the timers of a
/// page in the background may be minutes late.
const GRACE: Millis = 1_000;

/// Who does not come back at all loses the place: a Worker's request may end without a word.
const FORGOTTEN: Millis = 300_000;

/// Nobody sleeps through more than this: others may have left the queue.
const LONGEST: Millis = 2_000;

/// The bucket, and who waits for its tokens.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    /// In thousandths of a token.
    level: u64,
    at: Millis,
    /// The service asked to be left alone until then.
    closed_until: Millis,
    // INVARIANT: in the order of asking; every ticket once.
    queue: Vec<Waiting>,
    last: u32,
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u32);

#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    /// When it was told to come back.
    due: Millis,
}

impl Default for Quota {
    fn default() -> Self {
        Quota { level: FULL, at: 0, closed_until: 0, queue: Vec::new(), last: 0 }
    }
}

impl Quota {
    /// Takes a token; or says when to ask again, and keeps the place. A call that is not
    /// `counted` needs no token: somebody else counts.
    pub fn turn(&mut self, now: Millis, place: &mut Option<Ticket>, counted: bool) -> Result<(), Millis> {
        self.refill(now);
        self.queue.retain(|waiting| now <= waiting.due.saturating_add(FORGOTTEN));
        let closed = self.closed_until.saturating_sub(now);
        if !counted {
            return if closed == 0 { Ok(()) } else { Err(closed) };
        }
        let known = place.and_then(|ticket| self.queue.iter().position(|waiting| waiting.ticket == ticket));
        let in_front = self.queue.iter().take(known.unwrap_or(self.queue.len()));
        let ahead = in_front.filter(|waiting| now <= waiting.due.saturating_add(GRACE)).count() as u64;
        let wait = ((ahead + 1) * CALL).saturating_sub(self.level).div_ceil(RATE).max(closed);
        if wait == 0 {
            self.level = self.level.saturating_sub(CALL);
            self.leave(place);
            return Ok(());
        }
        let wait = wait.min(LONGEST);
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

    /// Gives the place up.
    pub fn leave(&mut self, place: &mut Option<Ticket>) {
        if let Some(ticket) = place.take() {
            self.queue.retain(|waiting| waiting.ticket != ticket);
        }
    }

    /// The service says that the account has no tokens left, whoever used them.
    pub fn drain(&mut self, now: Millis, retry_after: Option<Millis>) {
        self.refill(now);
        self.level = 0;
        self.closed_until = self.closed_until.max(now.saturating_add(retry_after.unwrap_or(0)));
    }

    /// How long an answer should be held that was to be held for `seconds`: the emptier the bucket
    /// is, once half of it is gone, the longer, up to `most`. So many watchers ask less often before
    /// they have to queue.
    pub fn stretched(&self, seconds: u32, most: u32) -> u32 {
        let missing = (FULL / 2).saturating_sub(self.level);
        let room = u64::from(most.saturating_sub(seconds));
        seconds + u32::try_from(room * missing / (FULL / 2)).unwrap_or(0)
    }

    fn refill(&mut self, now: Millis) {
        let elapsed = now.saturating_sub(self.at);
        self.level = self.level.saturating_add(elapsed.saturating_mul(RATE)).min(FULL);
        self.at = self.at.max(now);
    }
}
