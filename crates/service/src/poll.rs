//! The long poll, sans-IO: when to send, when to sleep, when it is over.
//!
//! The machine reads no clock, throws no dice, opens no connection: each step gets what arrived,
//! the time and a random number, and says what to do next. The driver stamps and signs every
//! attempt afresh, because a signed request is good for one use only.
//!
//! Machines that belong to one client share a [`Pacing`]: the account's budget of calls, the budget
//! of retries, what the link holds, the service's clock.
//!
//! The only room that decides what is sent again, and when.

mod link;
mod pacing;
mod quota;
mod sleep;

pub use pacing::Pacing;
pub use sleep::SleepDetector;

use crate::wire::fault::Retry;
use quota::Ticket;

/// Milliseconds on a clock that does not jump; where it begins does not matter.
pub type Millis = u64;

/// How long an answer may take beyond the time it is held back.
const MARGIN: Millis = 10_000;

/// An answer that comes back sooner than this did not wait: the other side ignores the wish.
const EARLY: Millis = 1_000;

/// The longest pause after answers that come back early.
const LONGEST_PAUSE: Millis = 5_000;

/// What is said `few` times at most.
const FEW: u32 = 3;

/// Who comes back from a sleep or from being offline asks within this time: not all in one moment.
const RESUME: Millis = 1_000;

/// Without a network nothing is tried, but for once in this time: the host may be wrong about it.
const OFFLINE_PAUSE: Millis = 60_000;

/// What to ask for, and how long to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// True to go on until the execution has ended; false for one answer.
    pub until_done: bool,
    /// True where somebody watches: the first answer is not held back, so that they see at once how
    /// things stand.
    pub first_at_once: bool,
    /// How long the service may hold an answer back.
    pub wait_time_seconds: u32,
    /// How long all of it may take.
    pub timeout_ms: Option<Millis>,
    /// True where the service counts the call for an account of ours; a gateway counts for itself.
    pub counted: bool,
    /// How failures are met.
    pub retry: RetryOptions,
}

/// How failures are met: exponential backoff with full jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryOptions {
    /// How many attempts in a row may fail; 1 retries nothing.
    pub max_attempts: u32,
    /// The longest pause after the first failure; doubled after each further one.
    pub base_delay_ms: Millis,
    /// The longest pause at all, unless the service asks for a longer one.
    pub max_delay_ms: Millis,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Begin.
    Start,
    /// An execution came back.
    Execution {
        /// Its status is final.
        done: bool,
    },
    /// Something else came back.
    Fault {
        /// Whether asking again can help.
        retry: Retry,
        /// How long the service asks to be left alone.
        retry_after: Option<Millis>,
        /// The driver removed the cause: it has set the clock right or has new credentials.
        mended: bool,
    },
    /// Nothing came back: the connection failed.
    NetworkError,
    /// The attempt's time is over.
    TimedOut,
    /// The sleep is over, or was cut short.
    Woke,
    /// The machine has slept: whatever was open before is probably dead.
    Slept,
    /// Somebody looks at the page again.
    Visible,
    /// The host lost its network.
    Offline,
    /// The host has a network again.
    Online,
    /// The caller is no longer interested.
    Aborted,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Stamp, sign and send one attempt, then report what came back.
    Send(Attempt),
    /// Sleep so long, then report that. What was under way is given up.
    Sleep(Millis),
    /// Go on with what is under way: what was reported does not matter now.
    Stay,
    /// It is over.
    Finish(Outcome),
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1 since the last execution came back.
    pub number: u32,
    /// How long the service may hold this answer back.
    pub wait_time_seconds: u32,
    /// After this time the attempt is given up.
    pub timeout_ms: Millis,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With the execution that came back last.
    Execution,
    /// With the fault that came back last.
    Fault,
    /// No connection.
    NetworkError,
    /// The last attempt took too long.
    AttemptTimedOut,
    /// All of it took too long.
    DeadlinePassed,
    /// The caller left.
    Aborted,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Poll {
    options: Options,
    state: State,
    deadline: Option<Millis>,
    /// Attempts sent since the last execution came back.
    attempts: u32,
    /// A cause is mended once per call that works; else two wrong clocks could go on for ever.
    mended: bool,
    /// The last pause after an early answer.
    pause: Millis,
    /// An execution has come back.
    answered: bool,
    /// What the last retry took out of the client's budget.
    spent: u32,
    /// The place in the client's queue.
    place: Option<Ticket>,
    /// When the network went away.
    offline: Option<Millis>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Sending {
        since: Millis,
        attempt: Attempt,
    },
    /// Nothing, not even an event of the host, ends the sleep before `least`.
    Sleeping {
        until: Millis,
        least: Millis,
    },
    Finished(Outcome),
}

impl Default for RetryOptions {
    fn default() -> Self {
        RetryOptions { max_attempts: 5, base_delay_ms: 500, max_delay_ms: 10_000 }
    }
}

impl Poll {
    /// A machine that has not begun.
    pub fn new(options: Options) -> Self {
        Poll {
            options,
            state: State::Idle,
            deadline: None,
            attempts: 0,
            mended: false,
            pause: 0,
            answered: false,
            spent: 0,
            place: None,
            offline: None,
        }
    }

    /// Attempts sent since the last execution came back.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// One step. `random` is any number, new each time.
    pub fn step(&mut self, pacing: &mut Pacing, now: Millis, random: u32, input: Input) -> Action {
        let at = &mut At { pacing, now, random };
        match input {
            Input::Offline => self.offline = self.offline.or(Some(now)),
            Input::Aborted if !matches!(self.state, State::Finished(_)) => return self.finish(at, Outcome::Aborted),
            _ => {}
        }
        let action = match self.state {
            State::Finished(outcome) => Action::Finish(outcome),
            // Told before the beginning.
            State::Idle if input == Input::Offline => Action::Stay,
            State::Idle => {
                self.deadline = self.options.timeout_ms.map(|timeout| now.saturating_add(timeout));
                self.send(at)
            }
            State::Sleeping { until, least } => match input {
                Input::Woke => self.send(at),
                Input::Slept | Input::Visible | Input::Online => {
                    let soon = now.saturating_add(fraction(RESUME, random)).max(least).min(until);
                    self.sleep(now, soon.saturating_sub(now), least.saturating_sub(now))
                }
                // An answer that nobody waits for any more.
                _ => Action::Sleep(until.saturating_sub(now)),
            },
            State::Sending { since, attempt } => self.sent(at, since, attempt, input),
        };
        if input == Input::Online {
            self.offline = None;
        }
        action
    }

    /// An attempt is under way.
    fn sent(&mut self, at: &mut At<'_>, since: Millis, attempt: Attempt, input: Input) -> Action {
        let now = at.now;
        let most = self.options.retry.max_attempts;
        let cut = |at: &mut At<'_>, silent| at.pacing.link.cut(since, now, attempt.wait_time_seconds, silent);
        match input {
            Input::Execution { done } => self.answered(at, since, attempt, done),
            Input::Fault { retry, retry_after, mended } => {
                match retry {
                    Retry::Throttled => at.pacing.throttled(now, retry_after),
                    Retry::GatewayTimeout => cut(at, false),
                    _ => {}
                }
                let limit = self.limit(retry, mended);
                self.failed(at, limit, retry_after, Outcome::Fault)
            }
            Input::NetworkError | Input::TimedOut if self.is_parked() => {
                self.attempts = self.attempts.saturating_sub(1);
                let left = self.left(now);
                self.sleep(now, OFFLINE_PAUSE.min(left), 0)
            }
            Input::NetworkError => {
                cut(at, false);
                self.failed(at, most, None, Outcome::NetworkError)
            }
            Input::TimedOut if self.is_over(now) => self.finish(at, Outcome::DeadlinePassed),
            Input::TimedOut => {
                cut(at, true);
                self.failed(at, most, None, Outcome::AttemptTimedOut)
            }
            // The timer of a page in the background is late.
            Input::Visible if now >= since.saturating_add(attempt.timeout_ms) => {
                self.sent(at, since, attempt, Input::TimedOut)
            }
            // What was sent before the network changed will not be answered.
            Input::Online if self.offline.is_some_and(|offline| offline >= since) => self.again(at),
            Input::Slept => self.again(at),
            _ => Action::Stay,
        }
    }

    /// Gives the attempt up without blame and sends another one soon.
    fn again(&mut self, at: &mut At<'_>) -> Action {
        self.attempts = self.attempts.saturating_sub(1);
        let soon = fraction(RESUME, at.random).min(self.left(at.now));
        self.sleep(at.now, soon, 0)
    }

    fn send(&mut self, at: &mut At<'_>) -> Action {
        let now = at.now;
        if self.is_over(now) {
            return self.finish(at, Outcome::DeadlinePassed);
        }
        let left = self.left(now);
        if let Err(wait) = at.pacing.turn(now, &mut self.place, self.options.counted) {
            return self.sleep(now, wait.min(left), 0);
        }
        // The last answer should come before the deadline, not race with it.
        let wanted = if self.is_at_once() { 0 } else { self.options.wait_time_seconds };
        let is_stretched = self.options.counted && self.options.until_done;
        let wait = at.pacing.wait(now, wanted, is_stretched);
        let wait = Millis::from(wait).min(left.saturating_sub(1000) / 1000);
        self.attempts = self.attempts.saturating_add(1);
        let attempt = Attempt {
            number: self.attempts,
            wait_time_seconds: u32::try_from(wait).unwrap_or_default(),
            timeout_ms: (wait * 1000 + MARGIN).min(left),
        };
        self.state = State::Sending { since: now, attempt };
        Action::Send(attempt)
    }

    fn answered(&mut self, at: &mut At<'_>, since: Millis, attempt: Attempt, done: bool) -> Action {
        let now = at.now;
        let elapsed = now.saturating_sub(since);
        at.pacing.earn(self.spent);
        at.pacing.link.held(now, attempt.wait_time_seconds, elapsed);
        self.spent = 0;
        if done || !self.options.until_done {
            return self.finish(at, Outcome::Execution);
        }
        self.attempts = 0;
        self.mended = false;
        let is_early = elapsed < EARLY && !self.is_at_once();
        self.answered = true;
        if !is_early {
            self.pause = 0;
            return self.send(at);
        }
        self.pause = (self.pause * 2).clamp(EARLY, LONGEST_PAUSE);
        let left = self.left(now);
        self.sleep(now, self.pause.min(left), EARLY)
    }

    /// How many attempts in a row this fault allows.
    fn limit(&mut self, retry: Retry, mended: bool) -> u32 {
        let most = self.options.retry.max_attempts;
        match retry {
            Retry::Never => 1,
            Retry::Backoff | Retry::Throttled | Retry::GatewayTimeout => most,
            Retry::LimitedBackoff => most.min(FEW),
            Retry::NotYetVisible if self.options.until_done && !self.answered => most.min(FEW),
            Retry::NotYetVisible => 1,
            // Every attempt has a new nonce, so that this is mended by itself.
            Retry::Nonce | Retry::Clock | Retry::Credentials => {
                let again = (mended || retry == Retry::Nonce) && !self.mended;
                self.mended = true;
                if again { most } else { 1 }
            }
        }
    }

    fn failed(&mut self, at: &mut At<'_>, limit: u32, retry_after: Option<Millis>, outcome: Outcome) -> Action {
        if self.attempts >= limit {
            return self.finish(at, outcome);
        }
        let RetryOptions { base_delay_ms, max_delay_ms, .. } = self.options.retry;
        let doubled = base_delay_ms.saturating_mul(1 << (self.attempts - 1).min(30)).min(max_delay_ms);
        let delay = match at.pacing.spend(outcome != Outcome::Fault) {
            Some(cost) => {
                self.spent = cost;
                fraction(doubled, at.random)
            }
            // So much has failed that one answer is not worth the trouble. Who waits for the end
            // of an execution would have to begin again, so that they only take their time.
            None if !self.options.until_done => return self.finish(at, outcome),
            None => max_delay_ms / 2 + fraction(max_delay_ms / 2, at.random),
        };
        let least = retry_after.unwrap_or(0);
        let delay = delay.max(least);
        // Nobody is helped by a sleep that only the deadline ends: what went wrong is told now.
        if self.deadline.is_some_and(|deadline| at.now.saturating_add(delay) >= deadline) {
            return self.finish(at, outcome);
        }
        self.sleep(at.now, delay, least)
    }

    fn sleep(&mut self, now: Millis, delay: Millis, least: Millis) -> Action {
        self.state = State::Sleeping { until: now.saturating_add(delay), least: now.saturating_add(least.min(delay)) };
        Action::Sleep(delay)
    }

    fn finish(&mut self, at: &mut At<'_>, outcome: Outcome) -> Action {
        at.pacing.leave(&mut self.place);
        self.state = State::Finished(outcome);
        Action::Finish(outcome)
    }

    /// What is under way, or sent next, is not to be held back.
    fn is_at_once(&self) -> bool {
        self.options.first_at_once && !self.answered
    }

    /// Without a network, who waits for an end waits for the network. One answer is wanted soon or
    /// not at all.
    fn is_parked(&self) -> bool {
        self.offline.is_some() && self.options.until_done && self.options.retry.max_attempts > 1
    }

    fn is_over(&self, now: Millis) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }

    fn left(&self, now: Millis) -> Millis {
        self.deadline.map_or(Millis::MAX, |deadline| deadline.saturating_sub(now))
    }
}

/// The circumstances of a step.
struct At<'c> {
    pacing: &'c mut Pacing,
    now: Millis,
    random: u32,
}

/// Full jitter: anything from nothing to all of it.
fn fraction(of: Millis, random: u32) -> Millis {
    // No pause comes near the 49 days that fit in here; wider numbers would cost 1 KB of module.
    of.min(u32::MAX.into()) * Millis::from(random) / Millis::from(u32::MAX)
}
