//! The watchers: pages with held polls or event streams.

use cloudflow_service::hub::{Input, Kind};

use crate::queue::{Body, What};
use crate::session::Purpose;
use crate::sim::Sim;
use crate::upstream::Millis;

/// The version of an ended execution.
const ENDED: u8 = 3;

/// How a client watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Held polls of this many seconds.
    Poll(u64),
    /// Polls without a wait, every five seconds.
    Short,
    /// An event stream that ends itself after this time.
    Stream(Millis),
}

/// A watcher.
pub struct Client {
    execution: u32,
    location: u32,
    manner: Manner,
    history: bool,
    session: Option<u32>,
    /// When it sent its last request.
    asked: Millis,
    /// The last number and version that it has seen.
    seq: u64,
    version: u8,
    after: u64,
    events_done: bool,
    gone: bool,
    /// It has seen the end, and the whole history if it wants that.
    done: bool,
    refusals: u32,
}

impl Sim {
    /// Creates the watchers.
    pub fn populate(&mut self) {
        let world = self.world;
        for index in 0..world.watchers + world.crowd {
            // The first executions have more watchers.
            let uneven = self.rng.below(u64::from(world.executions)).min(self.rng.below(u64::from(world.executions)));
            let execution = if index < world.crowd { 0 } else { uneven as u32 };
            let manner = if self.rng.chance(500) {
                Manner::Stream(self.rng.between(60_000, 600_000))
            } else if self.rng.chance(world.short) {
                Manner::Short
            } else {
                Manner::Poll(self.rng.between(5, 60))
            };
            let history = matches!(manner, Manner::Stream(_)) && self.rng.chance(world.history);
            let client = Client {
                execution,
                location: self.rng.below(u64::from(world.locations)) as u32,
                manner,
                history,
                session: None,
                asked: 0,
                seq: 0,
                version: 0,
                after: 0,
                events_done: false,
                gone: false,
                done: false,
                refusals: 0,
            };
            let arrives = self.rng.below(world.arrive_ms);
            self.queue.push(arrives, What::Request { client: index });
            if self.rng.chance(world.leave) {
                let stays = self.rng.below(120_000);
                self.queue.push(arrives + stays, What::Leave { client: index });
            }
            self.clients.push(client);
            self.waiting += 1;
        }
    }

    /// A client sends its request.
    pub fn request(&mut self, number: u32) {
        let now = self.now;
        let Some(client) = self.clients.get(number as usize).filter(|c| !c.gone && !c.done && c.session.is_none())
        else {
            return;
        };
        let (kind, wait_ms) = match client.manner {
            Manner::Poll(seconds) => (Kind::Poll, seconds * 1000),
            Manner::Short => (Kind::Now, 0),
            Manner::Stream(ms) => (Kind::Stream, ms),
        };
        // A poll without a wait is answered within ten seconds in any case.
        let wait_ms = if kind == Kind::Now { 10_000 } else { wait_ms };
        // A poll has no memory: the service answers with the state at the end of the wait.
        let since = if kind == Kind::Stream { client.seq } else { 0 };
        let purpose = Purpose {
            client: Some(number),
            parent_of: None,
            execution: client.execution,
            location: client.location,
            kind,
            history: client.history,
            since,
            after: client.after,
            deadline: now + self.skew(client.location) + wait_ms,
        };
        self.report.requests += 1;
        if let Some(client) = self.clients.get_mut(number as usize) {
            client.asked = now;
        }
        let session = self.open(purpose);
        if let Some(client) = self.clients.get_mut(number as usize)
            && self.sessions.contains_key(&session)
        {
            client.session = Some(session);
        }
    }

    /// A client leaves: its Worker is told.
    pub fn leave(&mut self, number: u32) {
        let Some(client) = self.clients.get_mut(number as usize).filter(|client| !client.gone) else {
            return;
        };
        client.gone = true;
        if !client.done {
            self.waiting -= 1;
        }
        if let Some(session) = client.session.take() {
            if let Some(entry) = self.sessions.get_mut(&session) {
                entry.client = None;
            }
            self.watch_step(session, Input::CallerGone, Body::Nothing);
        }
    }

    /// A state arrives in a stream.
    pub fn streamed(&mut self, number: u32, seq: u64, version: u8) {
        let Some(client) = self.clients.get_mut(number as usize).filter(|client| !client.gone) else {
            return;
        };
        if seq <= client.seq || version <= client.version {
            let (old_seq, old) = (client.seq, client.version);
            self.report.fault(format!(
                "client {number} got version {version} with number {seq} after version {old} with number {old_seq}"
            ));
            return;
        }
        client.seq = seq;
        client.version = version;
        self.check_end(number);
    }

    /// Events arrive in a stream.
    pub fn events(&mut self, number: u32, after: u64, last: u64, done: bool) {
        let Some(client) = self.clients.get_mut(number as usize).filter(|client| !client.gone) else {
            return;
        };
        if after != client.after || last < after {
            let known = client.after;
            self.report.fault(format!("client {number} got the events {after} to {last} after {known}"));
        }
        client.after = last;
        client.events_done |= done;
        self.check_end(number);
    }

    /// A poll is answered.
    pub fn answered(&mut self, number: u32, state: Option<(u64, u8)>) {
        let Some(client) = self.clients.get_mut(number as usize).filter(|client| !client.gone) else {
            return;
        };
        client.session = None;
        let Some((seq, version)) = state else {
            self.refused(number);
            return;
        };
        if version < client.version || seq < client.seq {
            self.report.fault(format!("client {number} got an older state: version {version}, number {seq}"));
            return;
        }
        client.seq = seq;
        client.version = version;
        client.refusals = 0;
        let pause = if client.manner == Manner::Short { 5000 } else { 2 * (1 + u64::from(client.location) % 100) };
        self.check_end(number);
        self.again(number, pause);
    }

    /// A request is refused with an error: the client tries again.
    pub fn refused(&mut self, number: u32) {
        let Some(client) = self.clients.get_mut(number as usize) else {
            return;
        };
        client.session = None;
        client.refusals += 1;
        self.report.refusals += 1;
        let most = 500 << client.refusals.min(6);
        let pause = 100 + self.rng.below(most);
        self.again(number, pause);
    }

    /// A stream has ended.
    pub fn ended(&mut self, number: u32) {
        let Some(client) = self.clients.get_mut(number as usize) else {
            return;
        };
        client.session = None;
        let pause = self.rng.below(1000);
        self.again(number, pause);
    }

    /// A connection is lost.
    pub fn dropped(&mut self, number: u32) {
        let pause = 500 + self.rng.below(2000);
        if let Some(client) = self.clients.get_mut(number as usize) {
            client.session = None;
        }
        self.again(number, pause);
    }

    fn again(&mut self, number: u32, pause: Millis) {
        if self.clients.get(number as usize).is_some_and(|client| !client.gone && !client.done) {
            self.queue.push(self.now + pause, What::Request { client: number });
        }
    }

    fn check_end(&mut self, number: u32) {
        let now = self.now;
        let Some(client) = self.clients.get_mut(number as usize) else {
            return;
        };
        if client.done || client.version < ENDED || client.history && !client.events_done {
            return;
        }
        client.done = true;
        self.waiting -= 1;
        if client.history {
            // The rest of the history comes after the end.
            return;
        }
        if let Some(execution) = self.upstream.executions.get(client.execution as usize) {
            // A request that came later sees the end at once.
            let since_end = now.saturating_sub(execution.ends.max(client.asked));
            let since_known = execution.known.map_or(0, |known| now.saturating_sub(known.max(client.asked)));
            let quiet = execution.disturbed.is_none_or(|at| at + 120_000 < execution.ends);
            self.report.seen(since_end, since_known, quiet);
        }
    }

    /// The clients that wait.
    pub fn lost(&self) -> Vec<u32> {
        let waits = self.clients.iter().enumerate().filter(|(_, client)| !client.gone && !client.done);
        waits.map(|(number, _)| number as u32).collect()
    }
}
