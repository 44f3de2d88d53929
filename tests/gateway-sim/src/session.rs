//! A Worker with one request: the driver of a `Watch`.

use cloudflow_service::hub::{Bucket, Do, Input, Kind, Payload, Watch, WatchOptions};

use crate::object::rank;
use crate::queue::{Body, Caller, Frame, What};
use crate::sim::{Link, Sim};
use crate::upstream::{Millis, Reply};

/// Assumed time from a Worker to the service.
const UPSTREAM_MS: Millis = 20;

/// A Worker with a request.
pub struct Session {
    /// Its client. Absent after the client was answered or has left, and for the watch of a parent.
    pub client: Option<u32>,
    /// The leader of a leaf hub, for which this one watches the parent.
    parent_of: Option<u32>,
    /// The watch of the parent, if this one leads a leaf hub.
    child: Option<u32>,
    pub execution: u32,
    pub location: u32,
    kind: Kind,
    history: bool,
    machine: Watch,
    link: Option<u32>,
    timer: u32,
    describe: u32,
    fetch: u32,
    /// The last state, for the answer to a held poll: number and version.
    kept: Option<(u64, u8)>,
    /// The last state of the service or of the parent.
    state: Body,
    /// The same for events.
    events: Body,
}

/// What a session is for.
pub struct Purpose {
    pub client: Option<u32>,
    pub parent_of: Option<u32>,
    pub execution: u32,
    pub location: u32,
    pub kind: Kind,
    pub history: bool,
    pub since: u64,
    pub after: u64,
    pub deadline: Millis,
}

impl Sim {
    /// Starts a session. Returns its number.
    pub fn open(&mut self, purpose: Purpose) -> u32 {
        let Purpose { client, parent_of, execution, location, kind, history, since, after, deadline } = purpose;
        let options = WatchOptions { kind, since, after, history, deadline, max_wait_seconds: 60, linger_ms: 25_000 };
        self.last_session += 1;
        let number = self.last_session;
        let session = Session {
            client,
            parent_of,
            child: None,
            execution,
            location,
            kind,
            history,
            machine: Watch::new(options),
            link: None,
            timer: 0,
            describe: 0,
            fetch: 0,
            kept: None,
            state: Body::Nothing,
            events: Body::Nothing,
        };
        self.sessions.insert(number, Box::new(session));
        self.watch_step(number, Input::Start, Body::Nothing);
        number
    }

    /// Ends a session without a word, as a Worker that dies.
    pub fn kill(&mut self, number: u32) -> Option<u32> {
        let session = self.sessions.remove(&number)?;
        if let Some(child) = session.child {
            self.kill(child);
        }
        if let Some(link) = session.link.and_then(|link| self.links.get_mut(&link)) {
            link.session = None;
        }
        session.client
    }

    /// Runs an input of a session. `body` belongs to the frame.
    pub fn watch_step(&mut self, number: u32, input: Input<'_>, body: Body) {
        let Some(mut session) = self.sessions.remove(&number) else {
            return;
        };
        let header = match input {
            Input::Frame(header) | Input::Parent(header) => header,
            _ => "",
        };
        if let Input::Parent(_) = input {
            match body {
                Body::State(_) => session.state = body,
                Body::Events { .. } => session.events = body,
                Body::Nothing | Body::Fault => {}
            }
        }
        let now = self.now + self.skew(session.location);
        let effects = session.machine.step(now, self.rng.word(), input);
        self.sessions.insert(number, session);
        for effect in effects {
            self.act(number, effect, header, body);
        }
    }

    fn act(&mut self, number: u32, effect: Do, header: &str, body: Body) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        match effect {
            Do::Connect { since, deadline, after, leaf } => {
                let (execution, location) = (session.execution, session.location);
                let leaf = if session.parent_of.is_some() { None } else { leaf };
                self.last_link += 1;
                let link = self.last_link;
                session.link = Some(link);
                let object = self.object(execution, leaf);
                let delay = self.delay(location, object);
                let entry =
                    Link { session: Some(number), execution, object, id: None, open: true, delay, pinged: None };
                self.links.insert(link, entry);
                self.report.joins += 1;
                self.queue.push(now + delay, What::Join { session: number, link, since, deadline, after });
            }
            Do::Send(header, payload) => {
                let body = match payload {
                    Payload::Nothing => Body::Nothing,
                    Payload::State => session.state,
                    Payload::Events => session.events,
                    Payload::Fault => Body::Fault,
                };
                let link = session.link;
                if let Some(link) = link {
                    self.send_up(link, |link| What::Up { link, frame: Frame { header, body } });
                }
            }
            Do::Permit { bucket, throttled } => {
                let history = bucket == Bucket::History;
                let turn = if history { session.fetch } else { session.describe };
                self.ask(Caller::Session(number), history, throttled, turn);
            }
            Do::Describe { wait_seconds, timeout_ms } => {
                session.describe += 1;
                let turn = session.describe;
                let wait_ms = u64::from(wait_seconds) * 1000;
                self.call(number, false, wait_ms, 0, turn, timeout_ms);
            }
            Do::History { after } => {
                session.fetch += 1;
                let turn = session.fetch;
                self.call(number, true, 0, after, turn, 10_000);
            }
            Do::Parent { since, after, history, deadline } => {
                let (execution, location) = (session.execution, session.location);
                let purpose = Purpose {
                    client: None,
                    parent_of: Some(number),
                    execution,
                    location,
                    kind: Kind::Leaf,
                    history,
                    since,
                    after,
                    deadline,
                };
                let child = self.open(purpose);
                if let Some(session) = self.sessions.get_mut(&number) {
                    session.child = Some(child);
                }
            }
            Do::LeaveParent => {
                if let Some(child) = session.child.take() {
                    self.watch_step(child, Input::CallerGone, Body::Nothing);
                }
            }
            Do::AbortCalls => {
                session.describe += 1;
                session.fetch += 1;
            }
            Do::Wake(at) => {
                session.timer += 1;
                let (turn, location, execution) = (session.timer, session.location, session.execution);
                let late = if self.rng.chance(self.world.faults.late_timers) { self.rng.below(3000) } else { 0 };
                if late > 0 {
                    self.disturb(execution);
                }
                let at = at.saturating_sub(self.skew(location)).max(now) + late;
                self.queue.push(at, What::Timer { session: number, turn });
            }
            Do::Keep => session.kept = state_of(header, body).or(session.kept),
            Do::Deliver => {
                session.kept = state_of(header, body).or(session.kept);
                self.deliver(number, header, body);
            }
            Do::DeliverEvents { after, done } => {
                let (client, parent_of) = (session.client, session.parent_of);
                if let Some(leader) = parent_of {
                    self.watch_step(leader, Input::Parent(header), body);
                } else if let Some(client) = client {
                    let last = header.split(' ').nth(2).and_then(|word| word.parse().ok()).unwrap_or(0);
                    self.events(client, after, last, done);
                }
            }
            Do::DeliverFault => {
                let (client, parent_of) = (session.client.take(), session.parent_of);
                if let Some(leader) = parent_of {
                    self.watch_step(leader, Input::Parent(header), body);
                } else if let Some(client) = client {
                    self.refused(client);
                }
            }
            Do::Answer => {
                let (kept, client, kind) = (session.kept, session.client.take(), session.kind);
                match client {
                    Some(client) if kind == Kind::Stream => self.ended(client),
                    Some(client) => self.answered(client, kept),
                    None => {}
                }
            }
            Do::Disconnect => {
                if let Some(link) = session.link.take() {
                    if let Some(entry) = self.links.get_mut(&link) {
                        entry.session = None;
                    }
                    self.send_up(link, |link| What::ClosedUp { link });
                }
            }
            Do::Done => {
                let (client, link, child) = (session.client, session.link, session.child);
                self.sessions.remove(&number);
                if let Some(child) = child {
                    self.kill(child);
                }
                if let Some(link) = link {
                    self.send_up(link, |link| What::ClosedUp { link });
                }
                if let Some(client) = client {
                    self.ended(client);
                }
            }
        }
    }

    fn deliver(&mut self, number: u32, header: &str, body: Body) {
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        if let Some(leader) = session.parent_of {
            self.watch_step(leader, Input::Parent(header), body);
            return;
        }
        let Some((seq, version)) = state_of(header, body) else {
            self.report.fault(format!("a state without a body: `{header}` {body:?}"));
            return;
        };
        if session.kind == Kind::Stream {
            if let Some(client) = session.client {
                self.streamed(client, seq, version);
            }
        } else if let Some(client) = session.client.take() {
            self.answered(client, Some((seq, version)));
        }
    }

    fn call(&mut self, number: u32, history: bool, wait_ms: Millis, after: u64, turn: u32, timeout_ms: Millis) {
        let caller = Caller::Session(number);
        self.queue.push(self.now + UPSTREAM_MS, What::Call { caller, history, wait_ms, after, turn });
        self.queue.push(self.now + timeout_ms, What::Reply { caller, history, reply: None, turn });
    }

    /// An answer of the budget.
    pub fn permit(&mut self, number: u32, history: bool, wait_ms: Millis, stretch_seconds: u32) {
        let bucket = if history { Bucket::History } else { Bucket::Describe };
        self.watch_step(number, Input::Permit { bucket, wait_ms, stretch_seconds }, Body::Nothing);
    }

    /// True if a call of a session was abandoned.
    pub fn is_abandoned(&self, number: u32, history: bool, turn: u32) -> bool {
        self.sessions.get(&number).is_none_or(|s| turn != if history { s.fetch } else { s.describe })
    }

    /// The answer of the service, or the end of its time.
    pub fn reply(&mut self, number: u32, history: bool, reply: Option<Reply>, turn: u32) {
        if self.is_abandoned(number, history, turn) {
            return;
        }
        let Some(session) = self.sessions.get_mut(&number) else {
            return;
        };
        // A later time limit of the same call is void.
        if history {
            session.fetch += 1;
        } else {
            session.describe += 1;
        }
        let bucket = if history { Bucket::History } else { Bucket::Describe };
        match reply {
            Some(Reply::State(version)) => {
                session.state = Body::State(version);
                let hash = format!("{version:016x}");
                self.watch_step(number, Input::Answered { hash: &hash, rank: rank(version) }, Body::Nothing);
            }
            Some(Reply::Events { after, last, done, more }) => {
                session.events = Body::Events { after, last };
                self.watch_step(number, Input::Events { last, done, more }, Body::Nothing);
            }
            Some(Reply::Throttled { retry_after }) => {
                let input = Input::Fault { bucket, retryable: true, throttled: true, retry_after, status: 429 };
                self.watch_step(number, input, Body::Nothing);
            }
            Some(Reply::Unavailable) | None => {
                let status = if reply.is_some() { 503 } else { 0 };
                let input = Input::Fault { bucket, retryable: true, throttled: false, retry_after: None, status };
                self.watch_step(number, input, Body::Nothing);
            }
        }
    }

    /// The kind of a session and whether it wants the history.
    pub fn wish(&self, number: u32) -> Option<(Kind, bool)> {
        self.sessions.get(&number).map(|session| (session.kind, session.history))
    }

    /// The timer of a session is due.
    pub fn timer(&mut self, number: u32, turn: u32) {
        if self.sessions.get(&number).is_some_and(|session| session.timer == turn) {
            self.watch_step(number, Input::Woke, Body::Nothing);
        }
    }

    /// The socket of a session is closed.
    pub fn closed_down(&mut self, link: u32) {
        let Some(number) = self.links.get_mut(&link).and_then(|link| link.session.take()) else {
            return;
        };
        if let Some(session) = self.sessions.get_mut(&number).filter(|session| session.link == Some(link)) {
            session.link = None;
            self.watch_step(number, Input::Closed, Body::Nothing);
        }
    }
}

/// The number and the version of a state.
fn state_of(header: &str, body: Body) -> Option<(u64, u8)> {
    let mut words = header.split(' ');
    if words.next() != Some("state") {
        return None;
    }
    let seq = words.next()?.parse().ok()?;
    match body {
        Body::State(version) => Some((seq, version)),
        _ => None,
    }
}
