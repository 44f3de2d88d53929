//! The hub of one execution.
//!
//! # Rules
//!
//! - **One leader.** The hub elects one watcher, which polls for all. It elects another one only after that one has lost
//!   its place: it resigned, its socket was closed, or it was silent.
//! - **Election.** Streams before polls, because they stay longer. Polls with a short rest and watchers of the current
//!   state lead only if there are no others. The latest deadline leads, because each change of the leader abandons a long
//!   poll. A watcher whose deadline has passed by the hub's clock does not lead. If there are only such watchers, the
//!   object polls itself, every two seconds.
//! - **Silence.** The leader sends `p`. The host of the object answers it without waking the object
//!   (<https://developers.cloudflare.com/durable-objects/api/state/>, `setWebSocketAutoResponse`), and passes the time of the
//!   last answer to each step. One alarm checks it. A new leader must show a sign of life within ten seconds, so that a row
//!   of dead sockets is passed quickly.
//! - **Numbers.** The number of a state is the time in milliseconds, or one more than the last number. So it also grows if
//!   the hub has lost its storage, and a watcher that has seen an earlier number misses nothing. A leaf hub uses the
//!   numbers of its parent, so a watcher may change from one leaf hub to another.
//! - **Acceptance.** A report of the leader is accepted if it differs and its rank is not lower. Other reports are accepted
//!   only if their rank is higher, or if there is no leader. A final state is never replaced.
//! - **Current.** The state is current while a leader that lives holds a long poll open, and for two seconds after each read.
//! - **Faults** are not stored. A permanent one ends all watchers, a transient one those that wait for one answer.
//! - **Retention.** A hub without watchers is cleared after 24 hours.

use super::frame::{self, Words, line, push, push_number};
use super::record::{Record, Watcher};
use super::watchers::Watchers;
use super::{BodyOf, Bucket, Effect, Event, FINAL, Join, Kind, Millis};

/// A read state is current for this time.
const FRESH: Millis = 2_000;

/// A new leader reads a state that was last read before this time without a wait.
const STALE: Millis = 60_000;

/// A poll with less time left leads only if there are no others.
const SHORT: Millis = 5_000;

/// A new leader without a sign of life is replaced after this time.
const FIRST_SIGN: Millis = 10_000;

/// A leader is replaced after this silence: three times the interval of its `p`.
const SILENCE: Millis = 60_000;

/// The long poll of a leader proves nothing after this silence: it sends `p` every 20 s.
const ALIVE: Millis = 25_000;

/// The alarm, after the last sign of life of the leader.
const CHECK: Millis = 90_000;

/// An alarm that is early by up to this time is not moved: each change writes a row.
const KEEP_ALARM: Millis = 60_000;

/// A watcher is dropped so long after its deadline: it lingers for at most 25 s, and clocks differ.
const EXPIRED: Millis = 60_000;

/// Interval of the polls of the object itself.
const OWN_POLL: Millis = 2_000;

/// Time limit of such a poll, after which its result is not awaited any more.
const OWN_POLL_LIMIT: Millis = 15_000;

/// How long a hub without watchers keeps what it knows.
const RETENTION: Millis = 86_400_000;

/// A hub with more watchers sends further ones to leaf hubs. An object can have 32,768 sockets
/// (<https://developers.cloudflare.com/durable-objects/api/state/>), and handles about 1,000 requests per second
/// (<https://developers.cloudflare.com/durable-objects/platform/limits/>). After a reset all watchers join again within ten
/// seconds.
const FLAT: usize = 5_000;

/// The number of leaf hubs.
const LEAVES: u32 = 16;

/// The hub of one execution: its watchers, its leader, and its last state.
///
/// ```
/// use cloudflow_service::hub::{Effect, Event, Hub, Join, Kind};
/// let mut hub = Hub::restore("", false);
/// let join = Join { id: hub.next_id(1_000), since: 0, deadline: 60_000, kind: Kind::Stream, history: false, after: 0 };
/// let effects = hub.step(1_000, None, Event::Join(join));
/// // The first watcher leads. The hub has no state, so its first call does not wait.
/// assert!(effects.iter().any(|effect| matches!(effect, Effect::Send { header, .. } if header == "lead 1 0 0 - 0 0 1")));
/// let effects = hub.step(1_200, None, Event::Frame { from: Some(join.id), header: "report 1 00ff 2" });
/// assert!(effects.iter().any(|effect| matches!(effect, Effect::Send { header, .. } if header == "state 1200 2 00ff")));
/// ```
#[derive(Clone, Debug)]
pub struct Hub {
    leaf: bool,
    record: Record,
    // The text that the host has stored.
    saved: String,
    watchers: Watchers,
    leader: Option<u32>,
    last_id: u32,
}

impl Hub {
    /// A hub from its stored text. An empty or unknown text is a new hub. A `leaf` hub relays the states of its parent.
    pub fn restore(record: &str, leaf: bool) -> Self {
        let known = Record::read(record);
        Hub {
            leaf,
            saved: record.to_owned(),
            record: known.unwrap_or_default(),
            watchers: Watchers::default(),
            leader: None,
            last_id: 0,
        }
    }

    /// Adds a socket that outlived the machine: after [`Hub::restore`], the host calls it for each **open** socket. Returns
    /// its number, or nothing for a watcher that has left and for an unknown text.
    pub fn readd(&mut self, attachment: &str) -> Option<u32> {
        let (watcher, lead) = Watcher::read(attachment)?;
        self.last_id = self.last_id.max(watcher.id);
        if watcher.gone {
            return None;
        }
        if lead != 0 && lead == self.record.epoch {
            self.leader = Some(watcher.id);
        }
        self.watchers.add(watcher);
        Some(watcher.id)
    }

    /// The number for the next join: the time in seconds, or one more than the last number. So a number is not used again
    /// after an eviction, when the close of its socket may still be reported.
    pub fn next_id(&self, now: Millis) -> u32 {
        self.last_id.wrapping_add(1).max((now / 1000) as u32)
    }

    /// The socket of the leader. The host passes the time of its last automatic answer to every step.
    pub fn leader(&self) -> Option<u32> {
        self.leader
    }

    /// The number of watchers.
    pub fn watchers(&self) -> usize {
        self.watchers.live
    }

    /// The header of the current state: the answer to a posted report. Absent without a state.
    pub fn state(&self) -> Option<String> {
        (self.record.rank > 0).then(|| frame::state(self.record.seq, self.record.rank, &self.record.hash))
    }

    /// The header `page LAST MORE DONE FRESH` of a page of stored events that ends with `last`. `DONE`: the page ends the
    /// complete history. `FRESH`: the stored history is current.
    ///
    /// ```
    /// assert_eq!(cloudflow_service::hub::Hub::restore("", false).page(1_000, None, 0), "page 0 0 0 0");
    /// ```
    pub fn page(&self, now: Millis, leader_seen: Option<Millis>, last: u64) -> String {
        let record = &self.record;
        let more = last < record.last;
        let polled = record.asked && self.is_held(now, leader_seen);
        let fresh = record.complete || polled || is_recent(record.events_at, now);
        line("page", &[last, more.into(), (record.complete && !more).into(), fresh.into()])
    }

    /// Handles an event.
    pub fn step(&mut self, now: Millis, leader_seen: Option<Millis>, event: Event<'_>) -> Vec<Effect> {
        self.watchers.sort();
        let mut out = Vec::new();
        if matches!(event, Event::Alarm) {
            self.record.alarm = 0;
        }
        match event {
            Event::Frame { from, header } => {
                if from.is_some() && from == self.leader {
                    // Later than the election, so that it is a sign of life.
                    self.record.heard = now.max(self.record.led_at.saturating_add(1));
                }
                self.frame(now, from, header, &mut out);
            }
            Event::Join(join) => self.join(now, join, self.is_held(now, leader_seen), &mut out),
            Event::Closed(id) => self.remove(id),
            Event::Alarm => self.sweep(now, &mut out),
            Event::Polled => self.record.polling = false,
        }
        self.depose(now, self.seen(leader_seen), &mut out);
        let asked = self.watchers.histories > 0 && !self.record.complete;
        if self.leader.is_some() && self.record.asked != asked {
            self.record.asked = asked;
            self.tell_leader(line("history", &[asked.into()]), &mut out);
        }
        self.elect(now, &mut out);
        self.plan(now, self.seen(leader_seen), &mut out);
        let text = self.record.text();
        if text != self.saved {
            if !text.is_empty() || !out.contains(&Effect::Clear) {
                out.push(Effect::SaveRecord(text.clone()));
            }
            self.saved = text;
        }
        out
    }

    fn join(&mut self, now: Millis, join: Join, held: bool, out: &mut Vec<Effect>) {
        let watcher = Watcher::new(join);
        let id = watcher.id;
        let finished = self.is_final() && (!watcher.history || self.record.complete);
        let current =
            watcher.kind == Kind::Now && self.record.rank > 0 && (held || is_recent(self.record.known_at, now));
        if finished && !watcher.history || current {
            if let Some(header) = self.state() {
                out.push(Effect::Answer { header, body: BodyOf::Stored });
            }
            return;
        }
        if !self.leaf && self.watchers.live >= FLAT && matches!(watcher.kind, Kind::Poll | Kind::Stream) {
            out.push(Effect::Leaves(LEAVES));
            return;
        }
        if id <= self.last_id {
            // The host reuses the number of a socket that it has lost.
            self.remove(id);
            self.watchers.forget(id);
        }
        self.last_id = self.last_id.max(id);
        out.push(Effect::Accept { id, attachment: watcher.text(0) });
        // A watcher of the current state must not get an old one.
        let sends = self.record.seq > join.since || self.is_final();
        if let Some(header) = self.state().filter(|_| sends && watcher.kind != Kind::Now) {
            out.push(Effect::Send { to: vec![id], header, body: BodyOf::Stored });
        }
        if watcher.history && (self.record.last > join.after || self.record.complete) {
            let header = line("events", &[join.after, self.record.last.max(join.after), self.record.complete.into()]);
            out.push(Effect::Send { to: vec![id], header, body: BodyOf::Events { after: join.after } });
        }
        if finished {
            out.push(Effect::Close { ids: vec![id], reason: "final" });
            return;
        }
        self.watchers.add(watcher);
        self.watchers.sort();
        if watcher.kind == Kind::Now {
            self.tell_leader("now".to_owned(), out);
        }
    }

    fn frame(&mut self, now: Millis, from: Option<u32>, header: &str, out: &mut Vec<Effect>) {
        let mut words = Words(header);
        let (name, epoch) = (words.word(), words.number());
        let Some(epoch) = epoch else {
            return;
        };
        let leads = from.is_some() && from == self.leader && epoch == self.record.epoch;
        // The result of the object's own poll.
        let own = from.is_none() && std::mem::take(&mut self.record.polling);
        match name {
            "report" => {
                if let (Some(hash), Some(rank)) = (words.hash(), words.rank()) {
                    // Without a leader, a new read is as good as one of the leader.
                    let trusted = leads || self.leader.is_none() && epoch == 0;
                    self.report(now, trusted, hash, rank, words.number(), out);
                }
            }
            "same" if leads => self.confirm(now, out),
            "held" if leads => {
                self.record.open = true;
                self.confirm(now, out);
            }
            "gap" if leads => self.record.open = false,
            "events" => {
                if let (Some(after), Some(last), Some(done)) = (words.number(), words.number(), words.flag()) {
                    self.events(now, after, last, done, out);
                }
            }
            "fault" if leads || own => {
                let bucket = Bucket::parse(words.word());
                if let (Some(bucket), Some(status), Some(permanent)) = (bucket, words.number(), words.flag()) {
                    self.fault(bucket, status, permanent, out);
                }
            }
            "resign" if leads => self.resign(now, out),
            _ => {}
        }
    }

    fn report(
        &mut self,
        now: Millis,
        trusted: bool,
        hash: &str,
        rank: u8,
        parent_seq: Option<u64>,
        out: &mut Vec<Effect>,
    ) {
        let record = &mut self.record;
        if record.rank == FINAL || !trusted && rank <= record.rank {
            return;
        }
        let is_old = if self.leaf { parent_seq.is_none_or(|seq| seq <= record.seq) } else { hash == record.hash };
        if is_old || rank < record.rank {
            self.confirm(now, out);
            return;
        }
        record.seq = parent_seq.filter(|_| self.leaf).unwrap_or_else(|| now.max(record.seq.saturating_add(1)));
        record.rank = rank;
        record.hash = hash.to_owned();
        record.known_at = now;
        if rank == FINAL {
            record.final_at = now;
            record.open = false;
        }
        out.push(Effect::SaveState);
        self.send(|_| true, frame::state(self.record.seq, rank, hash), BodyOf::Current, out);
        if rank == FINAL {
            self.close(|watcher| !watcher.history, "final", out);
        } else {
            self.close(|watcher| watcher.kind == Kind::Now, "answered", out);
        }
    }

    /// The stored state is current.
    fn confirm(&mut self, now: Millis, out: &mut Vec<Effect>) {
        self.record.known_at = now;
        let Some(header) = self.state().filter(|_| self.watchers.nows > 0) else {
            return;
        };
        self.send(|watcher| watcher.kind == Kind::Now, header, BodyOf::Stored, out);
        self.close(|watcher| watcher.kind == Kind::Now, "answered", out);
    }

    /// The sender may repeat events. It must not leave a hole.
    fn events(&mut self, now: Millis, after: u64, last: u64, done: bool, out: &mut Vec<Effect>) {
        let stored = self.record.last;
        if after > stored {
            return;
        }
        if last >= stored {
            self.record.events_at = now;
        }
        // The history of an execution that has not ended is not complete.
        let completes = done && self.is_final() && !self.record.complete && last >= stored;
        if last <= stored && !completes {
            return;
        }
        let mut body = BodyOf::Nothing;
        if last > stored {
            self.record.last = last;
            out.push(Effect::SaveEvents { after: stored, last });
            body = if after == stored { BodyOf::Current } else { BodyOf::Events { after: stored } };
        }
        self.record.complete |= completes;
        let header = line("events", &[stored, self.record.last, self.record.complete.into()]);
        self.send(|watcher| watcher.history, header, body, out);
        if completes {
            self.close(|watcher| watcher.history, "final", out);
        }
    }

    fn fault(&mut self, bucket: Bucket, status: u64, permanent: bool, out: &mut Vec<Effect>) {
        let concerns = |watcher: &Watcher| match bucket {
            Bucket::History => watcher.history && permanent,
            _ => permanent || matches!(watcher.kind, Kind::Poll | Kind::Now),
        };
        let mut header = line("fault", &[status, permanent.into()]);
        push(&mut header, bucket.as_str());
        // A leaf hub passes a transient fault on, and stays.
        let relays = |watcher: &Watcher| watcher.kind == Kind::Leaf && bucket != Bucket::History;
        self.send(|watcher| concerns(watcher) || relays(watcher), header, BodyOf::Current, out);
        self.close(concerns, "fault", out);
    }

    fn resign(&mut self, now: Millis, out: &mut Vec<Effect>) {
        let Some(mut watcher) = self.leader.and_then(|id| self.watchers.get(id)) else {
            return;
        };
        // A leader resigns when its poll has ended.
        if self.record.open {
            self.record.known_at = now;
        }
        watcher.gone = true;
        out.push(Effect::Attach { id: watcher.id, attachment: watcher.text(0) });
        self.remove(watcher.id);
    }

    /// Replaces a leader that is silent.
    fn depose(&mut self, now: Millis, seen: Millis, out: &mut Vec<Effect>) {
        let Some(id) = self.leader else {
            return;
        };
        let limit = if self.has_shown(seen) { SILENCE } else { FIRST_SIGN };
        if now > seen.saturating_add(limit) {
            out.push(Effect::Close { ids: vec![id], reason: "silent" });
            self.remove(id);
        }
    }

    /// The last sign of life of the leader: a frame, or an automatic answer since its election.
    fn seen(&self, answered: Option<Millis>) -> Millis {
        let answered = answered.filter(|&at| at >= self.record.led_at).map_or(0, |at| at.saturating_add(1));
        answered.max(self.record.heard)
    }

    /// True if the leader has shown a sign of life since its election.
    fn has_shown(&self, seen: Millis) -> bool {
        seen > self.record.led_at
    }

    /// Drops watchers that are dead, and what is too old.
    fn sweep(&mut self, now: Millis, out: &mut Vec<Effect>) {
        self.close(|watcher| now > watcher.deadline.saturating_add(EXPIRED), "expired", out);
        if self.watchers.live == 0 && self.idle_until().is_some_and(|until| now >= until) {
            out.push(Effect::Clear);
            self.record = Record::default();
        }
    }

    /// Elects a leader if there is none and one is needed.
    fn elect(&mut self, now: Millis, out: &mut Vec<Effect>) {
        if self.leader.is_some() || !self.is_needed() {
            return;
        }
        let mut best: Option<(u8, Millis, Watcher)> = None;
        for watcher in self.watchers.iter() {
            // A leader for the history must wait for it.
            if watcher.deadline <= now || self.is_final() && !watcher.history {
                continue;
            }
            let class = match watcher.kind {
                Kind::Stream | Kind::Leaf => 2,
                Kind::Poll if watcher.deadline >= now.saturating_add(SHORT) => 1,
                _ => 0,
            };
            if best.is_none_or(|(most, latest, _)| (class, watcher.deadline) > (most, latest)) {
                best = Some((class, watcher.deadline, watcher));
            }
        }
        let stale = now > self.record.known_at.saturating_add(STALE);
        let quick = self.record.rank == 0 || self.watchers.nows > 0 || stale;
        let record = &mut self.record;
        let Some((_, _, watcher)) = best else {
            let pause = if record.polling { OWN_POLL_LIMIT } else { OWN_POLL };
            if !self.leaf && record.rank < FINAL && now >= record.poll_at.saturating_add(pause) {
                record.poll_at = now;
                record.polling = true;
                out.push(Effect::Poll);
            }
            return;
        };
        record.epoch = record.epoch.saturating_add(1);
        record.led_at = now;
        record.heard = now;
        record.open = false;
        record.asked = self.watchers.histories > 0;
        let mut header = line("lead", &[record.epoch, record.seq, record.rank.into()]);
        push(&mut header, &record.hash);
        for number in [record.last, record.asked.into(), quick.into()] {
            push_number(&mut header, number);
        }
        self.leader = Some(watcher.id);
        out.push(Effect::Attach { id: watcher.id, attachment: watcher.text(self.record.epoch) });
        self.tell_leader(header, out);
    }

    /// Sets the alarm.
    fn plan(&mut self, now: Millis, seen: Millis, out: &mut Vec<Effect>) {
        let record = &self.record;
        let wanted = if self.leader.is_some() {
            Some(if self.has_shown(seen) {
                seen.saturating_add(CHECK)
            } else {
                record.led_at.saturating_add(FIRST_SIGN + 1)
            })
        } else if self.watchers.live == 0 {
            self.idle_until()
        } else if self.is_needed() && !self.leaf && record.rank < FINAL {
            Some(record.poll_at.saturating_add(if record.polling { OWN_POLL_LIMIT } else { OWN_POLL }))
        } else {
            Some(now.saturating_add(CHECK))
        };
        let wanted = wanted.map_or(0, |at| at.max(now.saturating_add(1)));
        let set = record.alarm;
        if set != wanted && !(set > now && set <= wanted && wanted - set <= KEEP_ALARM) {
            self.record.alarm = wanted;
            out.push(Effect::Alarm((wanted > 0).then_some(wanted)));
        }
    }

    /// When a hub without watchers is cleared. Absent if it knows nothing.
    fn idle_until(&self) -> Option<Millis> {
        let record = &self.record;
        let used = record.known_at.max(record.heard).max(record.events_at).max(record.poll_at).max(record.final_at);
        (used > 0).then(|| used.saturating_add(RETENTION))
    }

    fn is_final(&self) -> bool {
        self.record.rank == FINAL
    }

    /// True if the watchers wait for something that is not stored.
    fn is_needed(&self) -> bool {
        if self.is_final() { self.watchers.histories > 0 && !self.record.complete } else { self.watchers.live > 0 }
    }

    /// True if a leader that lives holds a long poll open.
    fn is_held(&self, now: Millis, leader_seen: Option<Millis>) -> bool {
        self.leader.is_some() && self.record.open && now <= self.seen(leader_seen).saturating_add(ALIVE)
    }

    fn tell_leader(&self, header: String, out: &mut Vec<Effect>) {
        if let Some(id) = self.leader {
            out.push(Effect::Send { to: vec![id], header, body: BodyOf::Nothing });
        }
    }

    fn remove(&mut self, id: u32) {
        self.watchers.remove(id);
        if self.leader == Some(id) {
            self.leader = None;
        }
    }

    fn send(&self, to: impl Fn(&Watcher) -> bool, header: String, body: BodyOf, out: &mut Vec<Effect>) {
        let to = self.watchers.select(&to);
        if !to.is_empty() {
            out.push(Effect::Send { to, header, body });
        }
    }

    /// Closes and drops watchers.
    fn close(&mut self, which: impl Fn(&Watcher) -> bool, reason: &'static str, out: &mut Vec<Effect>) {
        let ids = self.watchers.select(&which);
        if ids.is_empty() {
            return;
        }
        for &id in &ids {
            self.remove(id);
        }
        out.push(Effect::Close { ids, reason });
    }
}

fn is_recent(at: Millis, now: Millis) -> bool {
    at > 0 && now <= at.saturating_add(FRESH)
}
