//! The long poll, sans-IO: when to send, when to sleep, and when to end.
//!
//! The state machine has no clock, no random numbers and no connection. Each step gets what arrived, the time and a
//! random number, and returns the next action. The driver stamps and signs every attempt anew, because the service
//! accepts a signed request once.
//!
//! The polls of one client share a [`Pacing`]: the rate limit of the account, the retry budget, the longest hold of
//! the link, and the service's clock.
//!
//! This module alone decides what is retried, and when. `docs/retries.md` documents it.
//!
//! ```
//! use cloudflow_service::poll::{Action, Input, Options, Outcome, Pacing, Poll, RetryOptions};
//! let options = Options {
//!     until_done: true,
//!     first_at_once: false,
//!     wait_time_seconds: 20,
//!     timeout_ms: None,
//!     counted: true,
//!     retry: RetryOptions::default(),
//! };
//! let (mut poll, mut pacing) = (Poll::new(options), Pacing::default());
//! let Action::Send(attempt) = poll.step(&mut pacing, 0, 0, Input::Start) else { panic!() };
//! assert_eq!((attempt.number, attempt.wait_time_seconds), (1, 20));
//! // The connection fails: retry after a random pause.
//! assert_eq!(poll.step(&mut pacing, 100, u32::MAX / 2, Input::NetworkError), Action::Sleep(249));
//! assert!(matches!(poll.step(&mut pacing, 349, 0, Input::Woke), Action::Send(_)));
//! // The execution has ended.
//! let done = poll.step(&mut pacing, 5_000, 0, Input::Execution { done: true });
//! assert_eq!(done, Action::Finish(Outcome::Execution));
//! ```

mod link;
mod pacing;
pub(crate) mod quota;
mod sleep;

pub use pacing::Pacing;
pub use sleep::SleepDetector;

use crate::wire::fault::Retry;
use crate::wire::page::Operation;
use quota::Ticket;

/// Milliseconds of a monotonic clock with any origin.
pub type Millis = u64;

/// Time limit of a response beyond the time that the service may hold it.
const MARGIN: Millis = 10_000;

/// A response that arrives within this time was not held: the other side ignores `WaitTimeSeconds`.
const EARLY: Millis = 1_000;

/// Maximum pause after responses that were not held.
const LONGEST_PAUSE: Millis = 5_000;

/// Maximum number of consecutive attempts for [`Retry::LimitedBackoff`] and [`Retry::NotYetVisible`].
const LIMITED_ATTEMPTS: u32 = 3;

/// Jitter window for the first request after sleep or offline.
const RESUME_JITTER: Millis = 1_000;

/// Time before the deadline of a wait in which no retry begins.
const LAST_RETRY: Millis = 1_000;

/// Interval of attempts without a network. The host may be wrong about its network.
const OFFLINE_PAUSE: Millis = 60_000;

/// The options of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// True to poll until the execution has ended. False for one response.
    pub until_done: bool,
    /// True to request the first response without a hold, so that a watcher sees the current status at once.
    pub first_at_once: bool,
    /// How long the service may hold a response, in seconds.
    pub wait_time_seconds: u32,
    /// Time limit of the whole poll.
    pub timeout_ms: Option<Millis>,
    /// True if the call counts for the rate limit of the account. A gateway has a limit of its own.
    pub counted: bool,
    /// The retry policy.
    pub retry: RetryOptions,
}

/// The retry policy: exponential backoff with full jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryOptions {
    /// Maximum number of consecutive failed attempts. 1 disables retries. `u32::MAX` is no limit.
    pub max_attempts: u32,
    /// Maximum pause after the first failure. It doubles with each further failure.
    pub base_delay_ms: Millis,
    /// Maximum pause, unless the service asks for a longer one.
    pub max_delay_ms: Millis,
}

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The poll starts.
    Start,
    /// A response with an execution arrived.
    Execution {
        /// True if its status is final.
        done: bool,
    },
    /// A response without an execution arrived.
    Fault {
        /// The retry class.
        retry: Retry,
        /// The pause that the service asks for.
        retry_after: Option<Millis>,
        /// True if the driver removed the cause: it corrected the clock or gets new credentials.
        mended: bool,
    },
    /// The connection failed.
    NetworkError,
    /// The time of the attempt is over.
    TimedOut,
    /// The sleep is over.
    Woke,
    /// The machine has slept. Open connections are probably dead.
    Slept,
    /// The page is visible again.
    Visible,
    /// The host lost its network.
    Offline,
    /// The host has a network again.
    Online,
    /// The caller aborted the call.
    Aborted,
}

/// The next action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Stamp, sign and send one attempt, then report the result.
    Send(Attempt),
    /// Sleep for this time, then report [`Input::Woke`]. An attempt in flight is abandoned.
    Sleep(Millis),
    /// Continue: the event has no consequence.
    Stay,
    /// The poll has ended.
    Finish(Outcome),
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The number of the attempt since the last execution, from 1.
    pub number: u32,
    /// How long the service may hold this response, in seconds.
    pub wait_time_seconds: u32,
    /// Time limit of the attempt.
    pub timeout_ms: Millis,
}

/// How a poll ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With the execution of the last response.
    Execution,
    /// With the fault of the last response.
    Fault,
    /// Without a connection.
    NetworkError,
    /// The last attempt exceeded its time limit.
    AttemptTimedOut,
    /// The time limit of the poll is over.
    DeadlinePassed,
    /// The caller aborted the call.
    Aborted,
}

/// The state machine of one call.
#[derive(Clone, Debug)]
pub struct Poll {
    options: Options,
    /// Whose rate limit counts.
    operation: Operation,
    state: State,
    deadline: Option<Millis>,
    /// Attempts since the last execution.
    attempts: u32,
    /// True after a cause was removed. It is removed once until the next execution, so that two wrong clocks cannot
    /// cause an endless loop.
    mended: bool,
    /// The last pause after a response that was not held.
    pause: Millis,
    /// True after the first execution.
    answered: bool,
    /// The tokens that the last retry took from the retry budget.
    spent: u32,
    /// The place in the queue of the rate limit.
    place: Option<Ticket>,
    /// When the network was lost. Absent if there is a network.
    offline: Option<Millis>,
    /// The failure before the current sleep, until [`Poll::take_retry`].
    retrying: Option<Outcome>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Sending {
        since: Millis,
        attempt: Attempt,
    },
    /// No event except an abort ends the sleep before `least`.
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

impl RetryOptions {
    /// The policy of a wait. Only its deadline, an abort or a permanent error ends it: its caller could only start it
    /// again, and a deployment of a gateway takes minutes.
    pub fn of_wait() -> Self {
        RetryOptions { max_attempts: u32::MAX, base_delay_ms: 500, max_delay_ms: 30_000 }
    }
}

impl Poll {
    /// A poll that has not started.
    pub fn new(options: Options) -> Self {
        Poll {
            options,
            operation: Operation::DescribeExecution,
            state: State::Idle,
            deadline: None,
            attempts: 0,
            mended: false,
            pause: 0,
            answered: false,
            spent: 0,
            place: None,
            offline: None,
            retrying: None,
        }
    }

    /// The poll of another operation than DescribeExecution, whose responses are not held.
    pub(crate) fn of(operation: Operation, options: Options) -> Self {
        Poll { operation, ..Poll::new(options) }
    }

    /// The failure before the current sleep, and the number of consecutive failed attempts. Returned once for each
    /// failure.
    pub(crate) fn take_retry(&mut self) -> Option<(Outcome, u32)> {
        self.retrying.take().map(|outcome| (outcome, self.attempts.max(1)))
    }

    /// Attempts since the last execution.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// One step. `random` is a new random number for each step.
    pub fn step(&mut self, pacing: &mut Pacing, now: Millis, random: u32, input: Input) -> Action {
        let at = &mut At { pacing, now, random };
        match input {
            Input::Offline => self.offline = self.offline.or(Some(now)),
            Input::Aborted if !matches!(self.state, State::Finished(_)) => return self.finish(at, Outcome::Aborted),
            _ => {}
        }
        let action = match self.state {
            State::Finished(outcome) => Action::Finish(outcome),
            // Reported before the start.
            State::Idle if input == Input::Offline => Action::Stay,
            State::Idle => {
                self.deadline = self.options.timeout_ms.map(|timeout| now.saturating_add(timeout));
                self.send(at)
            }
            State::Sleeping { until, least } => match input {
                Input::Woke => self.send(at),
                Input::Slept | Input::Visible | Input::Online => {
                    let soon = now.saturating_add(fraction(RESUME_JITTER, random)).max(least).min(until);
                    self.sleep(now, soon.saturating_sub(now), least.saturating_sub(now))
                }
                // The result of an abandoned attempt.
                _ => Action::Sleep(until.saturating_sub(now)),
            },
            State::Sending { since, attempt } => self.sent(at, since, attempt, input),
        };
        if input == Input::Online {
            self.offline = None;
        }
        action
    }

    /// An event while an attempt is in flight.
    fn sent(&mut self, at: &mut At<'_>, since: Millis, attempt: Attempt, input: Input) -> Action {
        let now = at.now;
        let most = self.options.retry.max_attempts;
        let interrupted =
            |at: &mut At<'_>, silent| at.pacing.link.interrupted(since, now, attempt.wait_time_seconds, silent);
        match input {
            Input::Execution { done } => self.answered(at, since, attempt, done),
            Input::Fault { retry, retry_after, mended } => {
                match retry {
                    Retry::Throttled => at.pacing.throttled(self.operation, now, retry_after),
                    Retry::GatewayTimeout => interrupted(at, false),
                    _ => {}
                }
                let limit = self.limit(retry, mended);
                self.failed(at, limit, retry_after, Outcome::Fault)
            }
            Input::NetworkError | Input::TimedOut if self.is_parked() => {
                self.attempts = self.attempts.saturating_sub(1);
                let is_timeout = input == Input::TimedOut;
                self.retrying = Some(if is_timeout { Outcome::AttemptTimedOut } else { Outcome::NetworkError });
                let left = self.left(now);
                self.sleep(now, OFFLINE_PAUSE.min(left), 0)
            }
            Input::NetworkError => {
                interrupted(at, false);
                self.failed(at, most, None, Outcome::NetworkError)
            }
            Input::TimedOut if self.is_over(now) => self.finish(at, Outcome::DeadlinePassed),
            Input::TimedOut => {
                interrupted(at, true);
                self.failed(at, most, None, Outcome::AttemptTimedOut)
            }
            // Timers of a page in the background are late.
            Input::Visible if now >= since.saturating_add(attempt.timeout_ms) => {
                self.sent(at, since, attempt, Input::TimedOut)
            }
            // A request that was sent before the network changed gets no response.
            Input::Online if self.offline.is_some_and(|offline| offline >= since) => self.resend(at),
            Input::Slept => self.resend(at),
            _ => Action::Stay,
        }
    }

    /// Abandons the attempt without counting it as a failure, and sends another one soon.
    fn resend(&mut self, at: &mut At<'_>) -> Action {
        self.attempts = self.attempts.saturating_sub(1);
        let soon = fraction(RESUME_JITTER, at.random).min(self.left(at.now));
        self.sleep(at.now, soon, 0)
    }

    fn send(&mut self, at: &mut At<'_>) -> Action {
        let now = at.now;
        self.retrying = None;
        if self.is_over(now) {
            return self.finish(at, Outcome::DeadlinePassed);
        }
        let left = self.left(now);
        if let Err(wait) = at.pacing.acquire(self.operation, now, &mut self.place, self.options.counted) {
            return self.sleep(now, wait.min(left), 0);
        }
        // The last response should arrive before the deadline.
        let wanted = if self.is_at_once() { 0 } else { self.options.wait_time_seconds };
        let is_stretched = self.options.counted && self.options.until_done;
        let wait = at.pacing.hold(now, wanted, is_stretched);
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
        at.pacing.refund(self.spent);
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

    /// Maximum number of consecutive attempts for this fault.
    fn limit(&mut self, retry: Retry, mended: bool) -> u32 {
        let most = self.options.retry.max_attempts;
        match retry {
            Retry::Never => 1,
            Retry::Backoff | Retry::Throttled | Retry::GatewayTimeout => most,
            // After an execution, the other side is known to be one that sends executions.
            Retry::LimitedBackoff if self.options.until_done && self.answered => most,
            Retry::LimitedBackoff => most.min(LIMITED_ATTEMPTS),
            Retry::NotYetVisible if self.options.until_done && !self.answered => most.min(LIMITED_ATTEMPTS),
            Retry::NotYetVisible => 1,
            // Every attempt has a new nonce, which removes the cause.
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
            // The retry budget is empty. A single call fails. A wait continues with long pauses, because its caller
            // would have to start it again.
            None if !self.options.until_done => return self.finish(at, outcome),
            None => max_delay_ms / 2 + fraction(max_delay_ms / 2, at.random),
        };
        let least = retry_after.unwrap_or(0);
        let delay = delay.max(least);
        let left = self.left(at.now);
        // A wait uses its time: the other side may be available again before the deadline.
        let delay = match self.options.until_done && left > LAST_RETRY {
            true => delay.min((left / 2).max(least)),
            false => delay,
        };
        // A sleep until the deadline has no use: the failure is reported now.
        if delay >= left {
            return self.finish(at, outcome);
        }
        self.retrying = Some(outcome);
        self.sleep(at.now, delay, least)
    }

    fn sleep(&mut self, now: Millis, delay: Millis, least: Millis) -> Action {
        self.state = State::Sleeping { until: now.saturating_add(delay), least: now.saturating_add(least.min(delay)) };
        Action::Sleep(delay)
    }

    fn finish(&mut self, at: &mut At<'_>, outcome: Outcome) -> Action {
        at.pacing.leave(self.operation, &mut self.place);
        self.state = State::Finished(outcome);
        Action::Finish(outcome)
    }

    /// True if the current or the next attempt requests a response without a hold.
    fn is_at_once(&self) -> bool {
        self.options.first_at_once && !self.answered
    }

    /// True if the poll waits for the network. A single call fails instead.
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

/// The arguments of a step.
struct At<'c> {
    pacing: &'c mut Pacing,
    now: Millis,
    random: u32,
}

/// Full jitter: a random part of a duration.
fn fraction(of: Millis, random: u32) -> Millis {
    // Durations fit in 49 days. Wider numbers would cost 1 KB of the module.
    of.min(u32::MAX.into()) * Millis::from(random) / Millis::from(u32::MAX)
}
