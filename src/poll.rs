//! The long poll, sans-IO: when to send, when to sleep, when it is over.
//!
//! The machine reads no clock, throws no dice, opens no connection: each step gets what arrived,
//! the time and a random number, and says what to do next. The driver stamps and signs every
//! attempt afresh, because a signed request is good for one use only.
//!
//! The only room that decides what is sent again, and when.

use crate::wire::fault::Retry;

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
    /// The caller is no longer interested.
    Aborted,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Stamp, sign and send one attempt, then report what came back.
    Send(Attempt),
    /// Sleep so long, then report that.
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
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Sending { since: Millis },
    Sleeping { until: Millis },
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
        Poll { options, state: State::Idle, deadline: None, attempts: 0, mended: false, pause: 0, answered: false }
    }

    /// Attempts sent since the last execution came back.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// One step. `random` is any number, new each time.
    pub fn step(&mut self, now: Millis, random: u32, input: Input) -> Action {
        match (self.state, input) {
            (State::Finished(outcome), _) => Action::Finish(outcome),
            (_, Input::Aborted) => self.finish(Outcome::Aborted),
            (State::Idle, _) => {
                self.deadline = self.options.timeout_ms.map(|timeout| now.saturating_add(timeout));
                self.send(now)
            }
            (State::Sleeping { .. }, Input::Woke) => self.send(now),
            // An answer that nobody waits for any more.
            (State::Sleeping { until }, _) => Action::Sleep(until.saturating_sub(now)),
            (State::Sending { .. }, Input::Start | Input::Woke) => Action::Stay,
            (State::Sending { since }, Input::Execution { done }) => self.answered(now, since, done),
            (State::Sending { .. }, Input::Fault { retry, retry_after, mended }) => {
                let limit = self.limit(retry, mended);
                self.failed(now, random, limit, retry_after, Outcome::Fault)
            }
            (State::Sending { .. }, Input::NetworkError) => {
                self.failed(now, random, self.options.retry.max_attempts, None, Outcome::NetworkError)
            }
            (State::Sending { .. }, Input::TimedOut) => {
                if self.is_over(now) {
                    return self.finish(Outcome::DeadlinePassed);
                }
                self.failed(now, random, self.options.retry.max_attempts, None, Outcome::AttemptTimedOut)
            }
        }
    }

    fn send(&mut self, now: Millis) -> Action {
        if self.is_over(now) {
            return self.finish(Outcome::DeadlinePassed);
        }
        let left = self.deadline.map_or(Millis::MAX, |deadline| deadline.saturating_sub(now));
        // The last answer should come before the deadline, not race with it.
        let wait = if self.is_at_once() { 0 } else { self.options.wait_time_seconds };
        let wait = Millis::from(wait).min(left.saturating_sub(1000) / 1000);
        self.attempts = self.attempts.saturating_add(1);
        self.state = State::Sending { since: now };
        Action::Send(Attempt {
            number: self.attempts,
            wait_time_seconds: u32::try_from(wait).unwrap_or_default(),
            timeout_ms: (wait * 1000 + MARGIN).min(left),
        })
    }

    fn answered(&mut self, now: Millis, since: Millis, done: bool) -> Action {
        if done || !self.options.until_done {
            return self.finish(Outcome::Execution);
        }
        self.attempts = 0;
        self.mended = false;
        let is_early = now.saturating_sub(since) < EARLY && !self.is_at_once();
        self.answered = true;
        if !is_early {
            self.pause = 0;
            return self.send(now);
        }
        self.pause = (self.pause * 2).clamp(EARLY, LONGEST_PAUSE);
        let left = self.deadline.map_or(Millis::MAX, |deadline| deadline.saturating_sub(now));
        self.sleep(now, self.pause.min(left))
    }

    /// How many attempts in a row this fault allows.
    fn limit(&mut self, retry: Retry, mended: bool) -> u32 {
        let most = self.options.retry.max_attempts;
        match retry {
            Retry::Never => 1,
            Retry::Backoff => most,
            Retry::Few => most.min(FEW),
            // Every attempt has a new nonce, so that this is mended by itself.
            Retry::Nonce | Retry::Clock | Retry::Credentials => {
                let again = (mended || retry == Retry::Nonce) && !self.mended;
                self.mended = true;
                if again { most } else { 1 }
            }
        }
    }

    fn failed(
        &mut self,
        now: Millis,
        random: u32,
        limit: u32,
        retry_after: Option<Millis>,
        outcome: Outcome,
    ) -> Action {
        if self.attempts >= limit {
            return self.finish(outcome);
        }
        let RetryOptions { base_delay_ms, max_delay_ms, .. } = self.options.retry;
        let doubled = base_delay_ms.saturating_mul(1 << (self.attempts - 1).min(30));
        let delay = fraction(doubled.min(max_delay_ms), random).max(retry_after.unwrap_or(0));
        // Nobody is helped by a sleep that only the deadline ends: what went wrong is told now.
        if self.deadline.is_some_and(|deadline| now.saturating_add(delay) >= deadline) {
            return self.finish(outcome);
        }
        self.sleep(now, delay)
    }

    fn sleep(&mut self, now: Millis, delay: Millis) -> Action {
        self.state = State::Sleeping { until: now.saturating_add(delay) };
        Action::Sleep(delay)
    }

    fn finish(&mut self, outcome: Outcome) -> Action {
        self.state = State::Finished(outcome);
        Action::Finish(outcome)
    }

    /// What is under way, or sent next, is not to be held back.
    fn is_at_once(&self) -> bool {
        self.options.first_at_once && !self.answered
    }

    fn is_over(&self, now: Millis) -> bool {
        self.deadline.is_some_and(|deadline| now >= deadline)
    }
}

/// Full jitter: anything from nothing to all of it.
fn fraction(of: Millis, random: u32) -> Millis {
    let product = u128::from(of) * u128::from(random) / u128::from(u32::MAX);
    Millis::try_from(product).unwrap_or(of)
}
