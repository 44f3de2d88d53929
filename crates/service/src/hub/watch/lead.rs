//! The leader: permits, calls and reports.

use super::{Do, Link, Payload, Watch, backoff, doubled};
use crate::hub::frame::{PING, Words, line, push, push_number, report};
use crate::hub::{Bucket, FINAL, Kind, Millis};

/// Interval of the leader's `p`.
const PING_INTERVAL: Millis = 20_000;

/// A long poll that has been open for this time shows that the state is current.
pub(super) const HELD: Millis = 1_000;

/// Without an open long poll for more than this time, the state is not current.
const GAP: Millis = 2_001;

/// Time limit of a response beyond the hold.
const MARGIN: Millis = 10_000;

/// A request of which the driver reports neither a result nor a fault is abandoned after this time beyond its own limit.
const LOST: Millis = 30_000;

/// Maximum pause after the first transient fault, and of all.
const BACKOFF: (Millis, Millis) = (500, 30_000);

/// The number of transient faults in a row that is reported.
const REPORTED: u32 = 4;

/// A long poll that was answered within this time was not held.
const EARLY: Millis = 1_000;

/// Pause after the first response that was not held, and maximum of all.
const EARLY_PAUSE: (Millis, Millis) = (500, 5_000);

/// Interval of the requests for the history: after new events, and maximum without any.
const HISTORY_INTERVAL: (Millis, Millis) = (2_000, 5_000);

/// What a leader knows.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    pub epoch: u64,
    /// The last reported state.
    pub seq: u64,
    pub hash: String,
    /// The last reported event.
    pub last: u64,
    pub history: bool,
    /// The next call must not wait: a watcher needs a state.
    pub quick: bool,
    /// The hub knows that the state is current.
    pub held: bool,
    pub ping_at: Millis,
}

/// The calls of one operation, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    pub phase: Phase,
    /// The pause that the service asked for with its last refusal.
    pub refused: Option<Millis>,
    /// Transient faults in a row: those that were not reported, and all.
    pub faults: u32,
    pub backoff: u32,
    /// Responses in a row that were not held, or that had no events.
    pub idle: u32,
    /// When the last call ended.
    pub ended: Millis,
    /// When the request in flight is abandoned.
    pub limit: Millis,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// Ask for a permit at this time.
    At(Millis),
    /// The budget has been asked.
    Asked,
    /// A call is in flight.
    Open {
        since: Millis,
        /// It is held: it shows that the state is current.
        held: bool,
        /// The leadership in which it began.
        epoch: u64,
        /// The event after which it began, or 0.
        after: u64,
        /// The execution had ended before.
        ended: bool,
    },
}

impl Calls {
    pub fn is_busy(&self) -> bool {
        matches!(self.phase, Phase::Asked | Phase::Open { .. })
    }

    fn is_lost(&self, now: Millis) -> bool {
        self.is_busy() && now >= self.limit
    }

    /// Calls again at this time, unless a call is in flight or requested.
    pub fn schedule(&mut self, at: Millis) {
        if !self.is_busy() {
            self.phase = Phase::At(at);
        }
    }
}

/// A failed call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub bucket: Bucket,
    pub retryable: bool,
    /// The pause that the service asked for.
    pub pause: Millis,
    pub status: u16,
}

impl Watch {
    pub(super) fn elected(&mut self, now: Millis, mut words: Words<'_>, out: &mut Vec<Do>) {
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
        // The hub may have a later state of the same rank than the last result.
        if let Some((known, of)) = self.result.as_ref().filter(|(known, of)| known != hash && *of >= rank) {
            if *of > rank {
                out.push(Do::Send(report(epoch, known, *of), Payload::State));
                known.clone_into(&mut lead.hash);
                self.rank = self.rank.max(*of);
            } else {
                lead.quick = true;
            }
        }
        self.lead = Some(lead);
        // What the hub has counts: it may have lost its storage.
        let ended = self.result.as_ref().is_some_and(|(_, of)| *of == FINAL);
        if rank < FINAL && !ended {
            self.describe.schedule(now);
        }
        if history {
            self.history.schedule(now);
        }
    }

    pub(super) fn described(&mut self, now: Millis, hash: &str, rank: u8, out: &mut Vec<Do>) {
        let Phase::Open { since, held, epoch, .. } = self.describe.phase else {
            return;
        };
        let quickly = held && now < since.saturating_add(EARLY);
        self.describe = Calls { ended: now, idle: self.describe.idle, ..Calls::default() };
        let is_open = matches!(self.link, Link::Open { .. });
        let mut changed = true;
        if let Some(lead) = &mut self.lead {
            changed = lead.hash != hash;
            if changed && epoch != lead.epoch && rank <= self.rank {
                // Another leader may have reported a later state since. Read it again.
                lead.quick = true;
                self.describe.schedule(now);
                return;
            }
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

    pub(super) fn paged(&mut self, now: Millis, last: u64, done: bool, more: bool, out: &mut Vec<Do>) {
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

    pub(super) fn failed(&mut self, now: Millis, random: u32, failure: Failure, out: &mut Vec<Do>) {
        let Some(lead) = &self.lead else {
            return;
        };
        let epoch = lead.epoch;
        let Failure { bucket, retryable, pause, status } = failure;
        let calls = self.calls(bucket);
        calls.faults += 1;
        if retryable {
            back_off(calls, now, random, pause);
        }
        if !retryable || calls.faults >= REPORTED {
            calls.faults = 0;
            let mut header = line("fault", &[epoch]);
            push(&mut header, bucket.as_str());
            push_number(&mut header, status.into());
            push_number(&mut header, (!retryable).into());
            out.push(Do::Send(header, Payload::Fault));
        }
    }

    pub(super) fn permitted(&mut self, now: Millis, bucket: Bucket, wait_ms: Millis, stretch: u32, out: &mut Vec<Do>) {
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
        let epoch = lead.epoch;
        if bucket != Bucket::History {
            let hold = if lead.quick || self.options.kind == Kind::Now {
                0
            } else {
                let allowed = u32::try_from(left).unwrap_or(u32::MAX).clamp(1, 60);
                most.saturating_add(stretch).min(allowed)
            };
            let timeout_ms = Millis::from(hold) * 1000 + MARGIN;
            self.describe.phase = Phase::Open { since: now, held: hold > 0, epoch, after: 0, ended };
            self.describe.limit = now.saturating_add(timeout_ms + LOST);
            out.push(Do::Describe { wait_seconds: hold, timeout_ms });
        } else {
            let after = lead.last;
            self.history.phase = Phase::Open { since: now, held: false, epoch, after, ended };
            self.history.limit = now.saturating_add(MARGIN + LOST);
            out.push(Do::History { after });
        }
    }

    /// A frame of the hub itself, for a leaf hub.
    pub(super) fn parent(&mut self, header: &str, out: &mut Vec<Do>) {
        let Some(lead) = self.lead.as_mut().filter(|_| self.parent) else {
            return;
        };
        let mut words = Words(header);
        match words.word() {
            "state" => {
                if let (Some(seq), Some(rank), Some(hash)) = (words.number(), words.rank(), words.hash())
                    && seq > lead.seq
                {
                    lead.seq = seq;
                    let mut header = report(lead.epoch, hash, rank);
                    push_number(&mut header, seq);
                    out.push(Do::Send(header, Payload::State));
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
                    push(&mut header, Bucket::parse(words.word()).unwrap_or(Bucket::Describe).as_str());
                    push_number(&mut header, status);
                    push_number(&mut header, permanent);
                    out.push(Do::Send(header, Payload::Fault));
                }
            }
            _ => {}
        }
    }

    pub(super) fn watch_parent(&mut self, out: &mut Vec<Do>) {
        if let Some(lead) = &self.lead {
            self.parent = true;
            let Lead { seq: since, last: after, history, .. } = *lead;
            out.push(Do::Parent { since, after, history, deadline: self.options.deadline });
        }
    }

    pub(super) fn leave_parent(&mut self, out: &mut Vec<Do>) {
        if std::mem::take(&mut self.parent) {
            out.push(Do::LeaveParent);
        }
    }

    pub(super) fn lead_on(&mut self, now: Millis, out: &mut Vec<Do>) {
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
            if let Phase::Open { held, .. } = &mut self.describe.phase {
                *held = false;
            }
            out.push(Do::Send(line("gap", &[lead.epoch]), Payload::Nothing));
        }
        if self.describe.is_lost(now) || self.history.is_lost(now) {
            out.push(Do::AbortCalls);
            for calls in [&mut self.describe, &mut self.history] {
                if calls.is_busy() {
                    back_off(calls, now, u32::MAX, 0);
                }
            }
        }
        for bucket in [Bucket::Describe, Bucket::History] {
            // A leader whose caller was answered takes no new permit.
            let (answered, first) =
                (self.answered, bucket == Bucket::Describe && self.rank == 0 && self.result.is_none());
            let calls = self.calls(bucket);
            if matches!(calls.phase, Phase::At(at) if now >= at) && !answered {
                calls.phase = Phase::Asked;
                calls.limit = now.saturating_add(LOST);
                let bucket = if first { Bucket::First } else { bucket };
                out.push(Do::Permit { bucket, throttled: calls.refused.take() });
            }
        }
    }

    /// When the hub is told that the state is current.
    pub(super) fn held_at(&self) -> Option<Millis> {
        let lead = self.lead.as_ref()?;
        match self.describe.phase {
            Phase::Open { since, held: true, .. } if !lead.held => Some(since.saturating_add(HELD)),
            _ => None,
        }
    }

    /// When the hub is told that the state is not current any more.
    pub(super) fn gap_at(&self) -> Option<Millis> {
        let lead = self.lead.as_ref()?;
        // A response that is overdue shows that the connection is dead.
        let known = match self.describe.phase {
            Phase::Open { held: true, .. } => self.describe.limit.saturating_sub(MARGIN + LOST),
            _ => self.describe.ended,
        };
        (lead.held && self.rank < FINAL).then(|| known.saturating_add(GAP))
    }

    pub(super) fn calls(&mut self, bucket: Bucket) -> &mut Calls {
        match bucket {
            Bucket::History => &mut self.history,
            _ => &mut self.describe,
        }
    }
}

pub(super) fn back_off(calls: &mut Calls, now: Millis, random: u32, pause: Millis) {
    let wait = backoff(random, calls.backoff, BACKOFF).max(pause);
    calls.backoff += 1;
    calls.phase = Phase::At(now.saturating_add(wait));
}
