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

use super::frame::{PING, Words, line, push_number, report};
use super::{Bucket, FINAL, Kind, Millis, jitter};

/// Interval of the leader's `p`.
const PING_INTERVAL: Millis = 20_000;

/// A long poll that has been open for this time shows that the state is current.
const HELD: Millis = 1_000;

/// Without an open long poll for more than this time, the state is not current.
const GAP: Millis = 2_001;

/// Time limit of a response beyond the hold.
const MARGIN: Millis = 10_000;

/// Maximum wait for a first state after the deadline: clients allow 10 s beyond the hold.
const PATIENCE: Millis = 5_000;

/// Maximum pause before the first new connection, and of all.
const RELINK: (Millis, Millis) = (100, 10_000);

/// A connection that lasted this time ends a row of failed ones.
const STABLE: Millis = 5_000;

/// Maximum pause after the first transient fault, and of all.
const BACKOFF: (Millis, Millis) = (500, 30_000);

/// The number of transient faults in a row that is reported.
const REPORTED: u32 = 4;

/// A long poll that was answered within this time was not held.
const EARLY: Millis = 1_000;

/// Pause after the first response that was not held, and maximum of all.
const EARLY_PAUSE: (Millis, Millis) = (500, 5_000);

/// Interval of the requests for the history: after new events, and maximum without any.
const HISTORY_INTERVAL: (Millis, Millis) = (2_000, 10_000);

/// What a watcher waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// Its kind.
    pub kind: Kind,
    /// The last state that the caller has.
    pub since: u64,
    /// The last event that the caller has.
    pub after: u64,
    /// True to get the history.
    pub history: bool,
    /// When the caller is answered in any case.
    pub deadline: Millis,
    /// Maximum hold of an upstream call, in seconds: 60.
    pub max_wait_seconds: u32,
    /// How long the watch may continue after its caller was answered: 25,000.
    pub linger_ms: Millis,
}

/// What happened at a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The watch starts.
    Start,
    /// The socket is open.
    Joined,
    /// The socket cannot be opened.
    JoinFailed,
    /// The hub named its number of leaf hubs instead.
    Leaves(u32),
    /// A frame arrived, or an answer to the join in the place of a socket.
    Frame(&'a str),
    /// The socket was closed.
    Closed,
    /// The timer is due.
    Woke,
    /// An answer to [`Do::Permit`].
    Permit {
        /// The bucket.
        bucket: Bucket,
        /// The wait.
        wait_ms: Millis,
        /// The addition to the hold.
        stretch_seconds: u32,
    },
    /// The budget is not reachable.
    PermitFailed(Bucket),
    /// DescribeExecution succeeded.
    Answered {
        /// The hash of its body.
        hash: &'a str,
        /// 1 starting, 2 running or unknown, 3 final.
        rank: u8,
    },
    /// GetExecutionHistory succeeded.
    Events {
        /// The last event of the page. The value of `after` for an empty page.
        last: u64,
        /// True if the history is complete.
        done: bool,
        /// True if the next page exists now.
        more: bool,
    },
    /// An upstream call failed.
    Fault {
        /// Which call.
        bucket: Bucket,
        /// True for a transient fault.
        retryable: bool,
        /// True if the rate limit was exceeded.
        throttled: bool,
        /// The pause that the service asked for.
        retry_after: Option<Millis>,
        /// The HTTP status. 0 without a response.
        status: u16,
    },
    /// For the leader of a leaf hub: a frame that the watch of the parent delivered.
    Parent(&'a str),
    /// The caller has left.
    CallerGone,
}

/// The body of a frame of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// None.
    Nothing,
    /// The body of the last response of DescribeExecution, or of the last `state` frame of the parent.
    State,
    /// The lines of the last page of events, or of the last `events` frame of the parent.
    Events,
    /// The error of the last failed call, or of the last `fault` frame of the parent.
    Fault,
}

/// What the driver of a watch does, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Open a socket to the hub, or to a leaf hub.
    Connect {
        /// For the join.
        since: u64,
        /// For the join.
        deadline: Millis,
        /// For the join.
        after: u64,
        /// The number of the leaf hub.
        leaf: Option<u32>,
    },
    /// Send a frame.
    Send(String, Payload),
    /// Ask the budget.
    Permit {
        /// The bucket.
        bucket: Bucket,
        /// A call was refused by the rate limit, with the pause that the service asked for.
        throttled: Option<Millis>,
    },
    /// Call DescribeExecution.
    Describe {
        /// Its hold.
        wait_seconds: u32,
        /// Time limit of the response.
        timeout_ms: Millis,
    },
    /// Call GetExecutionHistory.
    History {
        /// The events after this one.
        after: u64,
    },
    /// For the leader of a leaf hub: start a watch of kind [`Kind::Leaf`] of the hub itself, and pass the frames that
    /// it delivers as [`Input::Parent`].
    Parent {
        /// The last state of the leaf hub.
        since: u64,
        /// The last event of the leaf hub.
        after: u64,
        /// True to get the history.
        history: bool,
        /// When the watch of the parent ends.
        deadline: Millis,
    },
    /// End the watch of the parent: pass [`Input::CallerGone`] to it.
    LeaveParent,
    /// Abandon the upstream calls.
    AbortCalls,
    /// Set the only timer to this time: it replaces the earlier one.
    Wake(Millis),
    /// Remember the state of this frame for [`Do::Answer`].
    Keep,
    /// Give the state of this frame to the caller. It answers everything but a stream.
    Deliver,
    /// Give the events of this frame to the caller.
    DeliverEvents {
        /// Only those after this one.
        after: u64,
        /// True if the history is complete with them.
        done: bool,
    },
    /// Give the fault of this frame to the caller. It ends the response.
    DeliverFault,
    /// The deadline has passed. Answer the caller with the last remembered state, or without one with 503. End the
    /// response of a stream, which its client may resume.
    Answer,
    /// Close the socket.
    Disconnect,
    /// The watch has ended. A stream whose response has not ended has everything.
    Done,
}

/// What a leader knows.
#[derive(Clone, Debug)]
struct Lead {
    epoch: u64,
    /// The last reported state.
    seq: u64,
    hash: String,
    /// The last reported event.
    last: u64,
    history: bool,
    /// The next call must not wait: a watcher needs a state.
    quick: bool,
    /// The hub knows that the state is current.
    held: bool,
    ping_at: Millis,
}

/// The calls of one operation, one after the other.
#[derive(Clone, Debug, Default)]
struct Calls {
    phase: Phase,
    /// The pause that the service asked for with its last refusal.
    refused: Option<Millis>,
    /// Transient faults in a row: those that were not reported, and all.
    faults: u32,
    backoff: u32,
    /// Responses in a row that were not held, or that had no events.
    idle: u32,
    /// When the last call ended.
    ended: Millis,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Idle,
    /// Ask for a permit at this time.
    At(Millis),
    /// The budget has been asked.
    Asked,
    /// A call is in flight.
    Open {
        since: Millis,
        /// Its hold is not zero.
        held: bool,
        /// The event after which it began, or 0.
        after: u64,
        /// The execution had ended before.
        ended: bool,
    },
}

impl Calls {
    fn is_busy(&self) -> bool {
        matches!(self.phase, Phase::Asked | Phase::Open { .. })
    }

    fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// Calls again at this time, unless a call is in flight or requested.
    fn schedule(&mut self, at: Millis) {
        if !self.is_busy() {
            self.phase = Phase::At(at);
        }
    }
}

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
            Input::JoinFailed | Input::Closed | Input::Leaves(_) => self.closed(now, random, &mut out),
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
                calls.ended = now;
                calls.phase = Phase::Idle;
                let pause = retry_after.unwrap_or(0);
                if throttled {
                    calls.refused = Some(pause);
                    calls.phase = Phase::At(now);
                } else {
                    self.failed(now, random, bucket, retryable, pause, status, &mut out);
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
                if !self.answered {
                    out.push(Do::DeliverFault);
                }
                self.finish(out);
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

    fn elected(&mut self, now: Millis, mut words: Words<'_>, out: &mut Vec<Do>) {
        let (Some(epoch), Some(seq), Some(rank)) = (words.number(), words.number(), words.number()) else {
            return;
        };
        let (Some(hash), Some(last), Some(history), Some(quick)) =
            (words.hash(), words.number(), words.flag(), words.flag())
        else {
            return;
        };
        let mut lead = Lead {
            epoch,
            seq,
            hash: hash.to_owned(),
            last,
            history,
            quick,
            held: false,
            ping_at: now.saturating_add(PING_INTERVAL),
        };
        out.push(Do::Send(PING.to_owned(), Payload::Nothing));
        let rank = u8::try_from(rank).unwrap_or(0);
        self.rank = self.rank.max(rank);
        self.epoch = epoch;
        if self.leaf.is_some() {
            self.lead = Some(lead);
            self.watch_parent(out);
            return;
        }
        if let Some((known, of)) = self.result.as_ref().filter(|(known, of)| known != hash && *of >= rank) {
            out.push(Do::Send(report(epoch, known, *of), Payload::State));
            known.clone_into(&mut lead.hash);
            self.rank = self.rank.max(*of);
        }
        self.lead = Some(lead);
        if self.rank < FINAL {
            self.describe.schedule(now);
        }
        if history {
            self.history.schedule(now);
        }
    }

    fn described(&mut self, now: Millis, hash: &str, rank: u8, out: &mut Vec<Do>) {
        let Phase::Open { since, held, .. } = self.describe.phase else {
            return;
        };
        let quickly = held && now < since.saturating_add(EARLY);
        self.describe = Calls { ended: now, idle: self.describe.idle, ..Calls::default() };
        let is_open = matches!(self.link, Link::Open { .. });
        let mut changed = true;
        if let Some(lead) = &mut self.lead {
            changed = lead.hash != hash;
            if changed {
                hash.clone_into(&mut lead.hash);
                out.push(Do::Send(report(lead.epoch, hash, rank), Payload::State));
            } else if lead.quick {
                out.push(Do::Send(line("same", &[lead.epoch]), Payload::Nothing));
            }
            lead.quick = false;
        } else if is_open {
            out.push(Do::Send(report(self.epoch, hash, rank), Payload::State));
        }
        if changed {
            self.result = Some((hash.to_owned(), rank));
        }
        self.describe.idle = if quickly && !changed { self.describe.idle + 1 } else { 0 };
        // A watch for one state gets it from the hub.
        if self.lead.is_some() && rank < FINAL && self.options.kind != Kind::Now {
            let pause = if self.describe.idle > 0 { doubled(self.describe.idle - 1, EARLY_PAUSE) } else { 0 };
            self.describe.phase = Phase::At(now + pause);
        }
        if changed && self.lead.as_ref().is_some_and(|lead| lead.history) {
            self.history.idle = 0;
            self.history.schedule(now);
        }
        if rank == FINAL {
            self.rank = FINAL;
        }
    }

    fn paged(&mut self, now: Millis, last: u64, done: bool, more: bool, out: &mut Vec<Do>) {
        let Phase::Open { after, ended, .. } = self.history.phase else {
            return;
        };
        self.history = Calls { ended: now, idle: self.history.idle, ..Calls::default() };
        let Some(lead) = &mut self.lead else {
            return;
        };
        let complete = done || ended && !more;
        let grows = last > lead.last;
        if grows || complete {
            out.push(Do::Send(line("events", &[lead.epoch, after, last, complete.into()]), Payload::Events));
            lead.last = lead.last.max(last);
        }
        if complete || !lead.history {
            return;
        }
        self.history.idle = if grows { 0 } else { self.history.idle + 1 };
        // After the end of the execution, one more call completes the history.
        let pause = if more || self.rank == FINAL { 0 } else { doubled(self.history.idle, HISTORY_INTERVAL) };
        self.history.phase = Phase::At(now + pause);
    }

    fn failed(
        &mut self,
        now: Millis,
        random: u32,
        bucket: Bucket,
        retryable: bool,
        pause: Millis,
        status: u16,
        out: &mut Vec<Do>,
    ) {
        let Some(lead) = &self.lead else {
            return;
        };
        let epoch = lead.epoch;
        let calls = self.calls(bucket);
        calls.faults += 1;
        if retryable {
            back_off(calls, now, random, pause);
        }
        if !retryable || calls.faults >= REPORTED {
            calls.faults = 0;
            let mut header = line("fault", &[epoch]);
            header.push(' ');
            header.push_str(bucket.as_str());
            push_number(&mut header, status.into());
            push_number(&mut header, (!retryable).into());
            out.push(Do::Send(header, Payload::Fault));
        }
    }

    fn permitted(&mut self, now: Millis, bucket: Bucket, wait_ms: Millis, stretch: u32, out: &mut Vec<Do>) {
        if self.calls(bucket).phase != Phase::Asked {
            return;
        }
        let leads = self.lead.is_some();
        let ended = self.rank == FINAL;
        let left = self.end_at.saturating_sub(now) / 1000;
        let most = self.options.max_wait_seconds;
        let Some(lead) = self.lead.as_ref().filter(|_| wait_ms == 0) else {
            self.calls(bucket).phase = if leads { Phase::At(now.saturating_add(wait_ms)) } else { Phase::Idle };
            return;
        };
        if bucket == Bucket::Describe {
            let hold = if lead.quick || self.options.kind == Kind::Now {
                0
            } else {
                let allowed = u32::try_from(left).unwrap_or(u32::MAX).clamp(1, 60);
                most.saturating_add(stretch).min(allowed)
            };
            self.describe.phase = Phase::Open { since: now, held: hold > 0, after: 0, ended };
            out.push(Do::Describe { wait_seconds: hold, timeout_ms: Millis::from(hold) * 1000 + MARGIN });
        } else {
            let after = lead.last;
            self.history.phase = Phase::Open { since: now, held: false, after, ended };
            out.push(Do::History { after });
        }
    }

    /// A frame of the hub itself, for a leaf hub.
    fn parent(&mut self, header: &str, out: &mut Vec<Do>) {
        let Some(lead) = self.lead.as_mut().filter(|_| self.parent) else {
            return;
        };
        let mut words = Words(header);
        match words.word() {
            "state" => {
                if let (Some(seq), Some(rank), Some(hash)) = (words.number(), words.rank(), words.hash()) {
                    if seq > lead.seq {
                        lead.seq = seq;
                        let mut header = report(lead.epoch, hash, rank);
                        push_number(&mut header, seq);
                        out.push(Do::Send(header, Payload::State));
                    }
                }
            }
            "events" => {
                if let (Some(after), Some(last), Some(done)) = (words.number(), words.number(), words.flag()) {
                    lead.last = lead.last.max(last);
                    out.push(Do::Send(line("events", &[lead.epoch, after, last, done.into()]), Payload::Events));
                }
            }
            "fault" => {
                if let (Some(status), Some(permanent)) = (words.number(), words.number()) {
                    let mut header = line("fault", &[lead.epoch]);
                    header.push_str(" describe");
                    push_number(&mut header, status);
                    push_number(&mut header, permanent);
                    out.push(Do::Send(header, Payload::Fault));
                }
            }
            _ => {}
        }
    }

    fn watch_parent(&mut self, out: &mut Vec<Do>) {
        if let Some(lead) = &self.lead {
            self.parent = true;
            let Lead { seq: since, last: after, history, .. } = *lead;
            out.push(Do::Parent { since, after, history, deadline: self.options.deadline });
        }
    }

    fn leave_parent(&mut self, out: &mut Vec<Do>) {
        if std::mem::take(&mut self.parent) {
            out.push(Do::LeaveParent);
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

    fn lead_on(&mut self, now: Millis, out: &mut Vec<Do>) {
        let held_at = self.held_at();
        let gap_at = self.gap_at();
        let Some(lead) = &mut self.lead else {
            return;
        };
        if now >= lead.ping_at {
            lead.ping_at = now.saturating_add(PING_INTERVAL);
            out.push(Do::Send(PING.to_owned(), Payload::Nothing));
        }
        if held_at.is_some_and(|at| now >= at) {
            lead.held = true;
            out.push(Do::Send(line("held", &[lead.epoch]), Payload::Nothing));
        }
        if gap_at.is_some_and(|at| now >= at) {
            lead.held = false;
            out.push(Do::Send(line("gap", &[lead.epoch]), Payload::Nothing));
        }
        for bucket in [Bucket::Describe, Bucket::History] {
            // A leader whose caller was answered takes no new permit.
            let answered = self.answered;
            let calls = self.calls(bucket);
            if matches!(calls.phase, Phase::At(at) if now >= at) && !answered {
                calls.phase = Phase::Asked;
                out.push(Do::Permit { bucket, throttled: calls.refused.take() });
            }
        }
    }

    /// When the hub is told that the state is current.
    fn held_at(&self) -> Option<Millis> {
        let lead = self.lead.as_ref()?;
        match self.describe.phase {
            Phase::Open { since, held: true, .. } if !lead.held => Some(since.saturating_add(HELD)),
            _ => None,
        }
    }

    /// When the hub is told that the state is not current any more.
    fn gap_at(&self) -> Option<Millis> {
        let lead = self.lead.as_ref()?;
        (lead.held && !self.describe.is_open() && self.rank < FINAL).then(|| self.describe.ended.saturating_add(GAP))
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
                if let Phase::At(at) = calls.phase {
                    consider(Some(at).filter(|_| !self.answered));
                }
            }
        }
        next.map(|at| at.max(now))
    }

    fn calls(&mut self, bucket: Bucket) -> &mut Calls {
        match bucket {
            Bucket::History => &mut self.history,
            _ => &mut self.describe,
        }
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

fn back_off(calls: &mut Calls, now: Millis, random: u32, pause: Millis) {
    let wait = backoff(random, calls.backoff, BACKOFF).max(pause);
    calls.backoff += 1;
    calls.phase = Phase::At(now.saturating_add(wait));
}
