//! One watcher, in the Worker of its request.
//!
//! # Rules
//!
//! - **Answer.** A held poll is answered with the final state, or at its deadline with the last state. A stream gets every
//!   state. A watch drops states and events that its caller has.
//! - **Leadership.** The hub's frame `lead` makes the watch the leader. It asks the budget for a permit, calls the service,
//!   and reports changes only: an unchanged poll wakes nothing.
//! - **Leaving.** A leader whose caller was answered leaves before it asks for a permit, and its successor continues in its
//!   place of the queue. If a call is in flight, the watch lingers until the call has ended, for up to 25 s: a Worker may
//!   continue for 30 s after its response
//!   (<https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil>). It sends `resign` before it closes its
//!   socket.
//! - **Lost socket.** The watch connects again, after a random pause that doubles with each attempt: all watchers of a hub
//!   lose their sockets together. A call in flight continues. Its result is reported when the socket is open again.
//! - **Leaf hub.** Its leader does not call the service. It watches the hub itself, by a second watch of kind
//!   [`Kind::Leaf`], and reports what that delivers.
//! - **Faults.** A permanent one is reported at once. Of transient ones every fourth in a row is reported. The pause
//!   between attempts is random and doubles. A refusal by the rate limit only asks for a new permit.

mod action;
mod lead;

pub use action::{Do, Input, Payload, WatchOptions};

use super::frame::{Words, line, report};
use super::{FINAL, Kind, Millis, jitter};
use lead::{Calls, Failure, HELD, Lead, Phase, back_off};

/// Maximum wait for a first state after the deadline: clients allow 10 s beyond the hold.
const PATIENCE: Millis = 5_000;

/// Maximum pause before the first new connection, and of all.
const RELINK: (Millis, Millis) = (100, 10_000);

/// A connection that lasted this time ends a row of failed ones.
const STABLE: Millis = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Closed,
    Opening,
    Open { since: Millis },
}

/// One watcher in its Worker: its connection, its leadership, its deadline.
///
/// ```
/// use cloudflow_service::hub::{Do, Input, Kind, Watch, WatchOptions};
/// let options = WatchOptions {
///     kind: Kind::Poll,
///     since: 0,
///     after: 0,
///     history: false,
///     deadline: 20_000,
///     max_wait_seconds: 60,
///     linger_ms: 25_000,
/// };
/// let mut watch = Watch::new(options);
/// let connect = Do::Connect { since: 0, deadline: 20_000, after: 0, leaf: None };
/// assert_eq!(watch.step(0, 0, Input::Start), [connect, Do::Wake(25_000)]);
/// assert_eq!(watch.step(5, 0, Input::Joined), []);
/// // The deadline is 20 s, and a state is known.
/// assert_eq!(watch.step(9, 0, Input::Frame("state 7 2 00ff")), [Do::Keep, Do::Wake(20_000)]);
/// assert_eq!(watch.step(20_000, 0, Input::Woke), [Do::Answer, Do::Disconnect, Do::Done]);
/// ```
#[derive(Clone, Debug)]
pub struct Watch {
    options: WatchOptions,
    link: Link,
    relink_at: Option<Millis>,
    /// Failed connections in a row.
    tries: u32,
    leaf: Option<u32>,
    rank: u8,
    /// The history is complete.
    complete: bool,
    /// The caller was answered, or has left.
    answered: bool,
    /// When a watch whose caller was answered ends.
    end_at: Millis,
    lead: Option<Lead>,
    /// The epoch of the last leadership.
    epoch: u64,
    describe: Calls,
    history: Calls,
    /// The last result of DescribeExecution, until the hub has sent it.
    result: Option<(String, u8)>,
    parent: bool,
    timer: Option<Millis>,
    done: bool,
}

impl Watch {
    /// A watch that has not started.
    pub fn new(options: WatchOptions) -> Self {
        Watch {
            options,
            link: Link::Closed,
            relink_at: None,
            tries: 0,
            leaf: None,
            rank: 0,
            complete: false,
            answered: false,
            end_at: options.deadline.saturating_add(options.linger_ms),
            lead: None,
            epoch: 0,
            describe: Calls::default(),
            history: Calls::default(),
            result: None,
            parent: false,
            timer: None,
            done: false,
        }
    }

    /// True if the watch leads.
    pub fn leads(&self) -> bool {
        self.lead.is_some()
    }

    /// Handles an input.
    pub fn step(&mut self, now: Millis, random: u32, input: Input<'_>) -> Vec<Do> {
        let mut out = Vec::new();
        if self.done {
            return out;
        }
        match input {
            Input::Start => self.connect(&mut out),
            Input::Joined => self.joined(now, &mut out),
            Input::Leaves(count) if count > 0 => {
                self.leaf = Some(jitter(random, count.into()) as u32);
                self.connect(&mut out);
            }
            Input::JoinFailed | Input::Closed | Input::Leaves(_) => {
                // The parent cannot be reached: another watcher may lead.
                if input == Input::JoinFailed && matches!(self.link, Link::Open { .. }) {
                    out.push(Do::Disconnect);
                }
                self.closed(now, random, &mut out);
            }
            Input::Frame(header) => self.frame(now, random, header, &mut out),
            Input::Woke => self.timer = None,
            Input::Permit { bucket, wait_ms, stretch_seconds } => {
                self.permitted(now, bucket, wait_ms, stretch_seconds, &mut out);
            }
            Input::PermitFailed(bucket) => {
                let calls = self.calls(bucket);
                if calls.phase == Phase::Asked {
                    back_off(calls, now, random, 0);
                }
            }
            Input::Answered { hash, rank } => self.described(now, hash, rank, &mut out),
            Input::Events { last, done, more } => self.paged(now, last, done, more, &mut out),
            Input::Fault { bucket, retryable, throttled, retry_after, status } => {
                let calls = self.calls(bucket);
                let Phase::Open { since, .. } = calls.phase else {
                    return out;
                };
                // A call that failed at once shows nothing about the state.
                if now >= since.saturating_add(HELD) {
                    calls.ended = now;
                }
                calls.phase = Phase::Idle;
                let pause = retry_after.unwrap_or(0);
                if throttled {
                    calls.refused = Some(pause);
                    calls.phase = Phase::At(now);
                } else {
                    self.failed(now, random, Failure { bucket, retryable, pause, status }, &mut out);
                }
            }
            Input::Parent(header) => self.parent(header, &mut out),
            Input::CallerGone => {
                self.answered = true;
                self.end_at = self.end_at.min(now.saturating_add(self.options.linger_ms));
            }
        }
        self.run(now, &mut out);
        out
    }

    fn connect(&mut self, out: &mut Vec<Do>) {
        let WatchOptions { since, deadline, after, .. } = self.options;
        self.link = Link::Opening;
        out.push(Do::Connect { since, deadline, after, leaf: self.leaf });
    }

    fn joined(&mut self, now: Millis, out: &mut Vec<Do>) {
        self.link = Link::Open { since: now };
        if let Some((hash, rank)) = &self.result {
            out.push(Do::Send(report(self.epoch, hash, *rank), Payload::State));
        }
    }

    fn closed(&mut self, now: Millis, random: u32, out: &mut Vec<Do>) {
        if matches!(self.link, Link::Open { since } if now >= since.saturating_add(STABLE)) {
            self.tries = 0;
        }
        self.link = Link::Closed;
        self.lead = None;
        self.leave_parent(out);
        // Calls in flight continue.
        for calls in [&mut self.describe, &mut self.history] {
            if let Phase::At(_) = calls.phase {
                calls.phase = Phase::Idle;
            }
        }
        self.relink_at = Some(now + backoff(random, self.tries, RELINK) + 1);
        self.tries += 1;
    }

    fn frame(&mut self, now: Millis, random: u32, header: &str, out: &mut Vec<Do>) {
        let mut words = Words(header);
        match words.word() {
            "state" => {
                if let (Some(seq), Some(rank), Some(hash)) = (words.number(), words.rank(), words.hash()) {
                    self.state(now, seq, rank, hash, out);
                }
            }
            "events" => {
                if let (Some(after), Some(last), Some(done)) = (words.number(), words.number(), words.flag()) {
                    self.events(now, random, after, last, done, out);
                }
            }
            "lead" => self.elected(now, words, out),
            "history" => {
                if let (Some(lead), Some(on)) = (&mut self.lead, words.flag()) {
                    lead.history = on;
                    if self.leaf.is_some() {
                        self.leave_parent(out);
                        self.watch_parent(out);
                    } else if on {
                        self.history.schedule(now);
                    } else if !self.history.is_busy() {
                        self.history.phase = Phase::Idle;
                    }
                }
            }
            "now" => {
                if let Some(lead) = &mut self.lead {
                    lead.quick = true;
                    // The pause after a response that was not held ends.
                    if self.describe.idle > 0 && self.describe.backoff == 0 && self.rank < FINAL {
                        self.describe.schedule(now);
                    }
                }
            }
            "fault" => {
                let permanent = words.number().and(words.flag()).unwrap_or(true);
                if !self.answered {
                    out.push(Do::DeliverFault);
                }
                if permanent || self.options.kind != Kind::Leaf {
                    self.finish(out);
                }
            }
            _ => {}
        }
        // The answer to a join in the place of a socket is the only one.
        if self.link == Link::Opening && !self.done {
            self.closed(now, random, out);
        }
    }

    fn state(&mut self, now: Millis, seq: u64, rank: u8, hash: &str, out: &mut Vec<Do>) {
        if self.result.as_ref().is_some_and(|(known, of)| known == hash || *of < rank) {
            self.result = None;
        }
        let is_new = seq > self.options.since;
        let ends = rank == FINAL && self.rank < FINAL;
        self.options.since = self.options.since.max(seq);
        self.rank = self.rank.max(rank);
        if ends {
            // What is left of the history can be fetched at once.
            self.history.idle = 0;
            if let Phase::At(_) = self.history.phase {
                self.history.phase = Phase::At(now);
            }
        }
        if is_new && !self.answered {
            let is_answer = match self.options.kind {
                Kind::Poll => rank == FINAL,
                _ => true,
            };
            out.push(if is_answer { Do::Deliver } else { Do::Keep });
        }
        let satisfied = match self.options.kind {
            Kind::Now => true,
            Kind::Poll => rank == FINAL,
            _ => rank == FINAL && (self.complete || !self.options.history),
        };
        if satisfied {
            self.finish(out);
        }
    }

    fn events(&mut self, now: Millis, random: u32, after: u64, last: u64, done: bool, out: &mut Vec<Do>) {
        let known = self.options.after;
        if after > known {
            // Events are missing: join again.
            out.push(Do::Disconnect);
            self.closed(now, random, out);
            return;
        }
        if last > known || done && !self.complete {
            if !self.answered {
                out.push(Do::DeliverEvents { after: known, done });
            }
            self.options.after = known.max(last);
            self.complete = done;
        }
        if done && self.rank == FINAL {
            self.finish(out);
        }
    }

    /// Does what is due, and sets the timer.
    fn run(&mut self, now: Millis, out: &mut Vec<Do>) {
        if self.done {
            return;
        }
        if !self.answered && now >= self.answer_at() {
            self.answered = true;
            out.push(Do::Answer);
        }
        let in_flight = self.lead.is_some() && (self.describe.is_busy() || self.history.is_busy());
        if self.answered && (!in_flight || now >= self.end_at) {
            self.finish(out);
            return;
        }
        if self.relink_at.is_some_and(|at| now >= at) {
            self.relink_at = None;
            self.connect(out);
        }
        if self.lead.is_some() {
            self.lead_on(now, out);
        }
        let next = self.next(now);
        if next != self.timer {
            self.timer = next;
            if let Some(at) = next {
                out.push(Do::Wake(at));
            }
        }
    }

    /// When the caller is answered in any case.
    fn answer_at(&self) -> Millis {
        let waits = self.options.since == 0 && matches!(self.options.kind, Kind::Poll | Kind::Now);
        self.options.deadline.saturating_add(if waits { PATIENCE } else { 0 })
    }

    /// When the next thing is due.
    fn next(&self, now: Millis) -> Option<Millis> {
        let mut next = Some(if self.answered { self.end_at } else { self.answer_at() });
        let mut consider = |at: Option<Millis>| {
            if at.is_some_and(|at| next.is_none_or(|next| at < next)) {
                next = at;
            }
        };
        consider(self.relink_at);
        if let Some(lead) = &self.lead {
            consider(Some(lead.ping_at));
            consider(self.held_at());
            consider(self.gap_at());
            for calls in [&self.describe, &self.history] {
                match calls.phase {
                    Phase::At(at) => consider(Some(at).filter(|_| !self.answered)),
                    Phase::Idle => {}
                    _ => consider(Some(calls.limit)),
                }
            }
        }
        next.map(|at| at.max(now))
    }

    fn finish(&mut self, out: &mut Vec<Do>) {
        if self.done {
            return;
        }
        if self.describe.is_busy() || self.history.is_busy() {
            out.push(Do::AbortCalls);
        }
        self.leave_parent(out);
        if let Some(lead) = self.lead.take() {
            out.push(Do::Send(line("resign", &[lead.epoch]), Payload::Nothing));
        }
        if self.link != Link::Closed {
            out.push(Do::Disconnect);
        }
        self.done = true;
        out.push(Do::Done);
    }
}

/// The limit of a pause that doubles.
fn doubled(times: u32, (base, most): (Millis, Millis)) -> Millis {
    (base << times.min(16)).min(most)
}

/// A random pause whose limit doubles.
fn backoff(random: u32, times: u32, limits: (Millis, Millis)) -> Millis {
    jitter(random, doubled(times, limits))
}
