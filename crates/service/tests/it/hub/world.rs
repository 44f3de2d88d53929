//! A simulated world: executions, hubs, watches, one budget, and an upstream with quotas. Everything derives from one seed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use cloudflow_service::hub::{
    BodyOf, Bucket, Budget, Do, Effect, Event, Hub, Input, Join, Kind, Millis, Payload, Watch, WatchOptions,
};

/// When the world begins, in Unix milliseconds.
pub const START: Millis = 1_800_000_000_000;

/// A fault of a machine that the tests must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// None.
    No,
    /// The hub is not told that a leader died, and hears signs of life of it.
    ImmortalLeader,
    /// The record is lost at each eviction.
    ForgetfulHub,
    /// Every third permit costs nothing.
    LeakyBudget,
    /// Each request for a permit gets a new place at the end of the queue.
    PlacePerLeader,
    /// The reports of the leader get lost.
    SilentReports,
}

/// What the world does to its machines.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    pub executions: usize,
    pub clients: usize,
    /// Watchers use leaf hubs.
    pub leaves: bool,
    /// Sockets are cut, Workers die, hubs are reset, responses fail. The mean number per 10 s.
    pub chaos: u32,
    /// Calls of other programs, per 10 s.
    pub foreign: u32,
    /// Only held polls, with short waits.
    pub short: bool,
    pub broken: Broken,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub struct Report {
    /// From the end of an execution until a client saw it.
    pub delays: Vec<Millis>,
    pub calls: usize,
    pub refused: usize,
    pub wakes: usize,
    pub faults: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Body {
    Nothing,
    State(u32),
    Events(Vec<u64>),
    Fault,
}

#[derive(Debug)]
enum Happening {
    Client(usize),
    Join { worker: usize, link: u64, leaf: Option<u32>, since: u64, after: u64, deadline: Millis },
    ToHub { object: usize, socket: u32, header: String, body: Body },
    HubClosed { object: usize, socket: u32 },
    ToWorker { worker: usize, link: u64, header: Option<String>, body: Body },
    Timer { worker: usize, at: Millis },
    Alarm { object: usize, at: Millis },
    Ask { worker: usize, bucket: Bucket, throttled: Option<Millis> },
    Permit { worker: usize, bucket: Bucket, wait_ms: Millis, stretch_seconds: u32 },
    Call { worker: usize, call: u64, bucket: Bucket, result: Outcome },
    Held { worker: usize, call: u64, execution: usize },
    OwnPoll { object: usize },
    Chaos,
    Foreign,
}

#[derive(Clone, Debug)]
enum Outcome {
    State(u32),
    Events { list: Vec<u64>, after: u64, done: bool, more: bool },
    Fault { throttled: bool },
}

struct Execution {
    /// When each version begins. The last one is final.
    versions: Vec<Millis>,
    /// When each event was written.
    events: Vec<Millis>,
    /// A held response is sent at each change, not only at the end.
    eager: bool,
}

impl Execution {
    fn version(&self, now: Millis) -> u32 {
        self.versions.iter().filter(|&&at| at <= now).count() as u32
    }

    fn is_final(&self, version: u32) -> bool {
        version as usize == self.versions.len()
    }

    fn rank(&self, version: u32) -> u8 {
        if self.is_final(version) { 3 } else { version.min(2) as u8 }
    }

    fn end(&self) -> Millis {
        *self.versions.last().unwrap()
    }
}

struct Object {
    hub: Hub,
    leaf: bool,
    record: String,
    state: Body,
    events: Vec<u64>,
    sockets: BTreeMap<u32, Socket>,
    alarm: Option<Millis>,
    leader: Option<u32>,
    last_id: u32,
}

struct Socket {
    worker: usize,
    link: u64,
    attachment: String,
    answered_at: Option<Millis>,
    down_at: Millis,
    up_at: Millis,
}

struct Worker {
    owner: Owner,
    execution: usize,
    watch: Watch,
    options: WatchOptions,
    alive: bool,
    done: bool,
    link: u64,
    socket: Option<(usize, u32)>,
    parent: Option<usize>,
    calls: u64,
    state: Body,
    events: Body,
    kept: Option<u32>,
    began: Millis,
}

#[derive(Clone, Copy)]
enum Owner {
    Client(usize),
    Leaf(usize),
}

struct Client {
    execution: usize,
    kind: Kind,
    history: bool,
    wait: Millis,
    since: u64,
    after: u64,
    version: u32,
    worker: Option<usize>,
    done: bool,
}

pub struct World {
    plan: Plan,
    random: u64,
    now: Millis,
    serial: u64,
    queue: BinaryHeap<Reverse<(Millis, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    executions: Vec<Execution>,
    objects: Vec<Object>,
    workers: Vec<Worker>,
    clients: Vec<Client>,
    budget: Budget,
    /// Of the upstream, in thousandths.
    tokens: u64,
    history_tokens: u64,
    filled_at: Millis,
    open: usize,
    permits: usize,
    pub report: Report,
}

/// One hub, and two leaf hubs, per execution.
const OBJECTS: usize = 3;

impl World {
    pub fn new(plan: Plan) -> Self {
        let mut world = World {
            plan,
            random: plan.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D,
            now: START,
            serial: 0,
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            executions: Vec::new(),
            objects: Vec::new(),
            workers: Vec::new(),
            clients: Vec::new(),
            budget: Budget::restore(""),
            tokens: 50_000,
            history_tokens: 50_000,
            filled_at: START,
            open: plan.clients,
            permits: 0,
            report: Report::default(),
        };
        for _ in 0..plan.executions {
            let mut at = START - world.below(5_000);
            let mut versions = vec![at];
            for _ in 0..world.below(4) + 1 {
                at += 100 + world.below(40_000);
                versions.push(at);
            }
            let mut at = START - 5_000;
            let mut events = Vec::new();
            while at < *versions.last().unwrap() {
                events.push(at);
                at += 50 + world.below(9_000);
            }
            events.push(*versions.last().unwrap());
            let eager = world.one_in(2);
            world.executions.push(Execution { versions, events, eager });
            for leaf in [false, true, true] {
                world.objects.push(Object {
                    hub: Hub::restore("", leaf),
                    leaf,
                    record: String::new(),
                    state: Body::Nothing,
                    events: Vec::new(),
                    sockets: BTreeMap::new(),
                    alarm: None,
                    leader: None,
                    last_id: 0,
                });
            }
        }
        for client in 0..plan.clients {
            let execution = world.below(plan.executions as u64) as usize;
            let kind = match world.below(8) {
                _ if plan.short => Kind::Poll,
                0 if !plan.leaves => Kind::Now,
                1..4 => Kind::Stream,
                _ => Kind::Poll,
            };
            let wait = match kind {
                Kind::Now => 20_000,
                Kind::Stream => 20_000 + world.below(200_000),
                _ if plan.short => 1_000 + world.below(6_000),
                _ => 1_000 + world.below(59_000),
            };
            let history = kind == Kind::Stream && world.one_in(3);
            world.clients.push(Client {
                execution,
                kind,
                history,
                wait,
                since: 0,
                after: 0,
                version: 0,
                worker: None,
                done: false,
            });
            let late = if world.one_in(3) { 100_000 } else { 3_000 };
            let at = world.below(late);
            world.after(at, Happening::Client(client));
        }
        if plan.chaos > 0 {
            world.after(1_000, Happening::Chaos);
        }
        if plan.foreign > 0 {
            world.after(1_000, Happening::Foreign);
        }
        world
    }

    fn below(&mut self, most: u64) -> u64 {
        // SplitMix64.
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31) % most.max(1)
    }

    fn one_in(&mut self, most: u64) -> bool {
        self.below(most) == 0
    }

    fn after(&mut self, delay: Millis, happening: Happening) {
        self.at(self.now + delay, happening);
    }

    fn at(&mut self, at: Millis, happening: Happening) {
        self.serial += 1;
        self.queue.push(Reverse((at.max(self.now), self.serial)));
        self.happenings.insert(self.serial, happening);
    }

    /// Runs until every client has seen the end of its execution, or until the time is over.
    pub fn run(mut self, limit: Millis) -> Result<Report, String> {
        while self.open > 0 {
            let Some(Reverse((at, serial))) = self.queue.pop() else {
                return Err(format!("{} watchers are lost", self.open));
            };
            if at > START + limit {
                return Err(format!("{} watchers are lost after {limit} ms", self.open));
            }
            self.now = at;
            let happening = self.happenings.remove(&serial).unwrap();
            self.happen(happening)?;
        }
        Ok(self.report)
    }

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Client(client) => self.start(client)?,
            Happening::Join { worker, link, leaf, since, after, deadline } => {
                self.join(worker, link, leaf, since, after, deadline)?;
            }
            Happening::ToHub { object, socket, header, body } => {
                if self.objects[object].sockets.contains_key(&socket) {
                    if header == "p" {
                        let now = self.now;
                        self.objects[object].sockets.get_mut(&socket).unwrap().answered_at = Some(now);
                    } else if !(self.plan.broken == Broken::SilentReports && header.starts_with("report")) {
                        self.hub(object, Event::Frame { from: Some(socket), header: &header }, body, None)?;
                    }
                }
            }
            Happening::HubClosed { object, socket } => {
                let spared = self.plan.broken == Broken::ImmortalLeader && self.objects[object].leader == Some(socket);
                if !spared && self.objects[object].sockets.remove(&socket).is_some() {
                    self.hub(object, Event::Closed(socket), Body::Nothing, None)?;
                }
            }
            Happening::ToWorker { worker, link, header, body } => {
                if self.workers[worker].link == link {
                    match header {
                        Some(header) => self.frame(worker, &header, body)?,
                        None => {
                            self.workers[worker].socket = None;
                            self.workers[worker].link += 1;
                            self.worker(worker, Input::Closed, "", &Body::Nothing)?;
                        }
                    }
                }
            }
            Happening::Timer { worker, at } => {
                // A timer that was replaced may still fire.
                let _ = at;
                self.worker(worker, Input::Woke, "", &Body::Nothing)?;
            }
            Happening::Alarm { object, at } => {
                if self.objects[object].alarm == Some(at) {
                    self.objects[object].alarm = None;
                    self.hub(object, Event::Alarm, Body::Nothing, None)?;
                }
            }
            Happening::Ask { worker, bucket, throttled } => self.ask(worker, bucket, throttled),
            Happening::Permit { worker, bucket, wait_ms, stretch_seconds } => {
                self.worker(worker, Input::Permit { bucket, wait_ms, stretch_seconds }, "", &Body::Nothing)?;
            }
            Happening::Held { worker, call, execution } => {
                if self.workers[worker].calls == call && self.workers[worker].alive {
                    let version = self.executions[execution].version(self.now);
                    let delay = 5 + self.below(50);
                    let result = Outcome::State(version);
                    self.after(delay, Happening::Call { worker, call, bucket: Bucket::Describe, result });
                }
            }
            Happening::Call { worker, call, bucket, result } => self.called(worker, call, bucket, result)?,
            Happening::OwnPoll { object } => {
                let execution = object / OBJECTS;
                let permit = self.permit(execution, 0, Bucket::Describe, None);
                if permit.0 > 0 || !self.charge(Bucket::Describe) {
                    self.hub(object, Event::Polled, Body::Nothing, None)?;
                } else {
                    let version = self.executions[execution].version(self.now);
                    let header = format!("report 0 {version:016x} {}", self.executions[execution].rank(version));
                    self.hub(object, Event::Frame { from: None, header: &header }, Body::State(version), None)?;
                }
            }
            Happening::Chaos => {
                self.chaos()?;
                let next = 10_000 / u64::from(self.plan.chaos);
                let delay = self.below(2 * next) + 1;
                self.after(delay, Happening::Chaos);
            }
            Happening::Foreign => {
                self.charge(Bucket::Describe);
                let delay = self.below(20_000 / u64::from(self.plan.foreign)) + 1;
                self.after(delay, Happening::Foreign);
            }
        }
        Ok(())
    }

    // ---- Clients ----

    fn start(&mut self, client: usize) -> Result<(), String> {
        let Client { execution, kind, history, wait, since, after, done, .. } = self.clients[client];
        if done || self.clients[client].worker.is_some() {
            return Ok(());
        }
        let options = WatchOptions {
            kind,
            since,
            after,
            history,
            deadline: self.now + wait,
            max_wait_seconds: 60,
            linger_ms: 25_000,
        };
        let worker = self.employ(Owner::Client(client), execution, options);
        self.clients[client].worker = Some(worker);
        self.worker(worker, Input::Start, "", &Body::Nothing)
    }

    fn employ(&mut self, owner: Owner, execution: usize, options: WatchOptions) -> usize {
        self.workers.push(Worker {
            owner,
            execution,
            watch: Watch::new(options),
            options,
            alive: true,
            done: false,
            link: 0,
            socket: None,
            parent: None,
            calls: 0,
            state: Body::Nothing,
            events: Body::Nothing,
            kept: None,
            began: self.now,
        });
        self.workers.len() - 1
    }

    /// The response of the client has ended: it asks again.
    fn respond(&mut self, worker: usize, pause: Millis) {
        if let Owner::Client(client) = self.workers[worker].owner
            && self.clients[client].worker == Some(worker)
        {
            self.clients[client].worker = None;
            if !self.clients[client].done {
                let delay = 5 + self.below(20) + if pause > 0 { self.below(pause) } else { 0 };
                self.after(delay, Happening::Client(client));
            }
        }
    }

    fn see(&mut self, client: usize, worker: usize, seq: u64, version: u32) -> Result<(), String> {
        let began = self.workers[worker].began;
        // The long poll of a leader that has died proves nothing after 25 s.
        let fresh = if self.plan.chaos > 0 { 28_000 } else { 3_500 };
        let known = &mut self.clients[client];
        let execution = &self.executions[known.execution];
        if known.kind == Kind::Stream {
            if seq <= known.since || version <= known.version {
                return Err(format!(
                    "a change was delivered twice: {version} as {seq} after {} as {}",
                    known.version, known.since
                ));
            }
            known.since = seq;
        }
        known.version = known.version.max(version);
        let is_final = execution.is_final(version);
        if known.kind == Kind::Now && !is_final && began > execution.end() + fresh {
            return Err(format!("a caller got a state that is {} ms old", began - execution.end()));
        }
        let complete = !known.history || known.after == execution.events.len() as u64;
        if is_final {
            let end = execution.end().max(began);
            self.report.delays.push(self.now.saturating_sub(end));
        }
        if is_final && complete {
            self.finish(client);
        }
        Ok(())
    }

    fn finish(&mut self, client: usize) {
        if !self.clients[client].done {
            self.clients[client].done = true;
            self.open -= 1;
        }
    }

    // ---- Workers ----

    fn frame(&mut self, worker: usize, header: &str, body: Body) -> Result<(), String> {
        self.worker(worker, Input::Frame(header), header, &body)
    }

    fn worker(&mut self, worker: usize, input: Input<'_>, header: &str, body: &Body) -> Result<(), String> {
        if !self.workers[worker].alive || self.workers[worker].done {
            return Ok(());
        }
        let random = self.below(1 << 32) as u32;
        let todo = self.workers[worker].watch.step(self.now, random, input);
        let seq = header.split(' ').nth(1).and_then(|seq| seq.parse().ok()).unwrap_or(0);
        for action in todo {
            self.act(worker, action, header, seq, body)?;
        }
        Ok(())
    }

    fn act(&mut self, worker: usize, action: Do, header: &str, seq: u64, body: &Body) -> Result<(), String> {
        match action {
            Do::Connect { since, deadline, after, leaf } => {
                self.workers[worker].link += 1;
                let link = self.workers[worker].link;
                let delay = 2 + self.below(30);
                self.after(delay, Happening::Join { worker, link, leaf, since, after, deadline });
            }
            Do::Send(header, payload) => {
                let Worker { state, events, .. } = &self.workers[worker];
                let body = match payload {
                    Payload::Nothing => Body::Nothing,
                    Payload::State => state.clone(),
                    Payload::Events => events.clone(),
                    Payload::Fault => Body::Fault,
                };
                if let Some((object, socket)) = self.workers[worker].socket {
                    let delay = 1 + self.below(20);
                    if let Some(known) = self.objects[object].sockets.get_mut(&socket) {
                        known.up_at = known.up_at.max(self.now + delay);
                        let at = known.up_at;
                        self.at(at, Happening::ToHub { object, socket, header, body });
                    }
                }
            }
            Do::Permit { bucket, throttled } => {
                let delay = 1 + self.below(15);
                self.after(delay, Happening::Ask { worker, bucket, throttled });
            }
            Do::Describe { wait_seconds, timeout_ms } => self.describe(worker, wait_seconds, timeout_ms),
            Do::History { after } => self.fetch(worker, after),
            Do::Parent { since, after, history, deadline } => {
                let execution = self.workers[worker].execution;
                let options =
                    WatchOptions { kind: Kind::Leaf, since, after, history, deadline, ..self.workers[worker].options };
                let parent = self.employ(Owner::Leaf(worker), execution, options);
                self.workers[worker].parent = Some(parent);
                self.worker(parent, Input::Start, "", &Body::Nothing)?;
            }
            Do::LeaveParent => {
                if let Some(parent) = self.workers[worker].parent.take() {
                    self.worker(parent, Input::CallerGone, "", &Body::Nothing)?;
                }
            }
            Do::AbortCalls => self.workers[worker].calls += 1,
            Do::Wake(at) => {
                // Timers are late now and then.
                let late = if self.one_in(20) { self.below(1_500) } else { self.below(5) };
                self.at(at + late, Happening::Timer { worker, at });
            }
            Do::Keep => self.workers[worker].kept = state(body),
            Do::Deliver => {
                let version = state(body).ok_or("a state without a body was delivered")?;
                match self.workers[worker].owner {
                    Owner::Client(client) => {
                        self.see(client, worker, seq, version)?;
                        if self.clients[client].kind != Kind::Stream {
                            let pause = if self.clients[client].kind == Kind::Now { 3_000 } else { 0 };
                            self.respond(worker, pause);
                        }
                    }
                    Owner::Leaf(leaf) => self.pass(leaf, worker, header, body)?,
                }
            }
            Do::DeliverEvents { after, done } => match self.workers[worker].owner {
                Owner::Client(client) => {
                    let Body::Events(list) = body else {
                        return if done { self.history_done(client, worker) } else { Err("no events".to_owned()) };
                    };
                    for &event in list.iter().filter(|&&event| event > after) {
                        let known = &mut self.clients[client];
                        if event != known.after + 1 {
                            return Err(format!("event {event} was delivered after {}", known.after));
                        }
                        known.after = event;
                    }
                    if done {
                        self.history_done(client, worker)?;
                    }
                }
                Owner::Leaf(leaf) => self.pass(leaf, worker, header, body)?,
            },
            Do::DeliverFault => {
                self.report.faults += 1;
                match self.workers[worker].owner {
                    Owner::Client(_) => self.respond(worker, 2_000),
                    Owner::Leaf(leaf) => self.pass(leaf, worker, header, body)?,
                }
            }
            Do::Answer => {
                if let (Owner::Client(client), Some(version)) = (self.workers[worker].owner, self.workers[worker].kept)
                {
                    self.see(client, worker, 0, version)?;
                }
                self.respond(worker, if self.workers[worker].kept.is_some() { 0 } else { 2_000 });
            }
            Do::Disconnect => {
                if let Some((object, socket)) = self.workers[worker].socket.take() {
                    // The close follows the frames that were sent before.
                    if let Some(known) = self.objects[object].sockets.get(&socket) {
                        let at = known.up_at.max(self.now + 1);
                        self.at(at, Happening::HubClosed { object, socket });
                    }
                }
                self.workers[worker].link += 1;
            }
            Do::Done => {
                self.workers[worker].done = true;
                self.respond(worker, 500);
            }
        }
        Ok(())
    }

    fn history_done(&mut self, client: usize, worker: usize) -> Result<(), String> {
        let known = &self.clients[client];
        let execution = &self.executions[known.execution];
        if known.after != execution.events.len() as u64 {
            return Err(format!("a history of {} events was complete with {}", execution.events.len(), known.after));
        }
        if execution.is_final(known.version) {
            self.finish(client);
            self.respond(worker, 0);
        }
        Ok(())
    }

    /// Passes a frame of the hub to the leader of a leaf hub.
    fn pass(&mut self, leaf: usize, parent: usize, header: &str, body: &Body) -> Result<(), String> {
        if self.workers[leaf].parent != Some(parent) {
            return Ok(());
        }
        match body {
            Body::State(_) => self.workers[leaf].state = body.clone(),
            _ if header.starts_with("events") => {
                self.workers[leaf].events =
                    if *body == Body::Nothing { Body::Events(Vec::new()) } else { body.clone() };
            }
            _ => {}
        }
        self.worker(leaf, Input::Parent(header), header, body)
    }

    // ---- Upstream ----

    fn charge(&mut self, bucket: Bucket) -> bool {
        let filled = (self.now - self.filled_at) * 5;
        self.filled_at = self.now;
        self.tokens = (self.tokens + filled).min(50_000);
        self.history_tokens = (self.history_tokens + filled).min(50_000);
        let tokens = if bucket == Bucket::History { &mut self.history_tokens } else { &mut self.tokens };
        let allowed = *tokens >= 1_000;
        if allowed {
            *tokens -= 1_000;
        }
        allowed
    }

    fn upstream(&mut self, worker: usize, bucket: Bucket) -> Option<u64> {
        self.report.calls += 1;
        let call = self.workers[worker].calls;
        let latency = 10 + self.below(100);
        if !self.charge(bucket) {
            self.report.refused += 1;
            self.after(latency, Happening::Call { worker, call, bucket, result: Outcome::Fault { throttled: true } });
            return None;
        }
        if self.plan.chaos > 0 && self.one_in(12) {
            self.after(latency, Happening::Call { worker, call, bucket, result: Outcome::Fault { throttled: false } });
            return None;
        }
        Some(latency)
    }

    fn describe(&mut self, worker: usize, wait_seconds: u32, timeout_ms: Millis) {
        let call = self.workers[worker].calls;
        let Some(latency) = self.upstream(worker, Bucket::Describe) else {
            return;
        };
        if self.plan.chaos > 0 && self.one_in(40) {
            // The response never arrives.
            let result = Outcome::Fault { throttled: false };
            self.after(timeout_ms, Happening::Call { worker, call, bucket: Bucket::Describe, result });
            return;
        }
        let execution = self.workers[worker].execution;
        let Execution { versions, eager, .. } = &self.executions[execution];
        let version = self.executions[execution].version(self.now);
        let changes =
            if *eager { versions.get(version as usize).copied() } else { Some(self.executions[execution].end()) };
        let until = self.now + Millis::from(wait_seconds) * 1000;
        let at = if self.executions[execution].is_final(version) { self.now } else { changes.unwrap().min(until) };
        self.at(at.max(self.now + latency), Happening::Held { worker, call, execution });
    }

    fn fetch(&mut self, worker: usize, after: u64) {
        let call = self.workers[worker].calls;
        let Some(latency) = self.upstream(worker, Bucket::History) else {
            return;
        };
        let execution = &self.executions[self.workers[worker].execution];
        let written = execution.events.iter().filter(|&&at| at <= self.now).count() as u64;
        let last = written.min(after + 4);
        let list = (after + 1..=last).collect();
        let result = Outcome::Events { list, after, done: false, more: last < written };
        self.after(latency, Happening::Call { worker, call, bucket: Bucket::History, result });
    }

    fn called(&mut self, worker: usize, call: u64, bucket: Bucket, result: Outcome) -> Result<(), String> {
        if self.workers[worker].calls != call {
            return Ok(());
        }
        match result {
            Outcome::State(version) => {
                let rank = self.executions[self.workers[worker].execution].rank(version);
                self.workers[worker].state = Body::State(version);
                self.worker(worker, Input::Answered { hash: &format!("{version:016x}"), rank }, "", &Body::Nothing)
            }
            Outcome::Events { list, after, done, more } => {
                let last = list.last().copied().unwrap_or(after);
                self.workers[worker].events = Body::Events(list);
                self.worker(worker, Input::Events { last, done, more }, "", &Body::Nothing)
            }
            Outcome::Fault { throttled } => {
                let status = if throttled { 429 } else { 503 };
                let input = Input::Fault { bucket, retryable: true, throttled, retry_after: None, status };
                self.worker(worker, input, "", &Body::Nothing)
            }
        }
    }

    fn ask(&mut self, worker: usize, bucket: Bucket, throttled: Option<Millis>) {
        let (wait_ms, stretch_seconds) = self.permit(self.workers[worker].execution, worker, bucket, throttled);
        let delay = 1 + self.below(15);
        self.after(delay, Happening::Permit { worker, bucket, wait_ms, stretch_seconds });
    }

    fn permit(&mut self, execution: usize, worker: usize, bucket: Bucket, throttled: Option<Millis>) -> (Millis, u32) {
        if self.one_in(3) {
            self.budget = Budget::restore(&self.budget.record());
        }
        self.permits += 1;
        if self.plan.broken == Broken::LeakyBudget && self.permits.is_multiple_of(3) {
            return (0, 0);
        }
        let key = match self.plan.broken {
            Broken::PlacePerLeader => format!("{execution}/{worker}"),
            _ => execution.to_string(),
        };
        let random = self.below(1 << 32) as u32;
        let permit = self.budget.permit(self.now, random, bucket, &key, throttled);
        (permit.wait_ms, permit.stretch_seconds)
    }

    // ---- Hubs ----

    fn join(
        &mut self,
        worker: usize,
        link: u64,
        leaf: Option<u32>,
        since: u64,
        after: u64,
        deadline: Millis,
    ) -> Result<(), String> {
        let Worker { execution, options, alive, done, link: current, .. } = self.workers[worker];
        if !alive || done || current != link {
            return Ok(());
        }
        if self.plan.chaos > 0 && self.one_in(20) {
            return self.worker(worker, Input::JoinFailed, "", &Body::Nothing);
        }
        if self.plan.leaves && leaf.is_none() && options.kind != Kind::Leaf {
            return self.worker(worker, Input::Leaves(2), "", &Body::Nothing);
        }
        let object = execution * OBJECTS + leaf.map_or(0, |leaf| leaf as usize + 1);
        // Evictions are more frequent than in reality, where a second passes between two.
        let id = self.objects[object].hub.next_id(self.now).max(self.objects[object].last_id + 1);
        self.objects[object].last_id = id;
        let join = Join { id, since, deadline, kind: options.kind, history: options.history, after };
        self.hub(object, Event::Join(join), Body::Nothing, Some((worker, link)))
    }

    fn evict(&mut self, object: usize) {
        let broken = self.plan.broken == Broken::ForgetfulHub;
        let Object { record, leaf, sockets, .. } = &self.objects[object];
        let mut hub = Hub::restore(if broken { "" } else { record }, *leaf);
        for socket in sockets.values() {
            hub.readd(&socket.attachment);
        }
        self.objects[object].hub = hub;
    }

    fn hub(&mut self, object: usize, event: Event<'_>, body: Body, joiner: Option<(usize, u64)>) -> Result<(), String> {
        self.report.wakes += 1;
        let now = self.now;
        let known = &self.objects[object];
        let mut seen = known.hub.leader().and_then(|id| known.sockets.get(&id)?.answered_at);
        if self.plan.broken == Broken::ImmortalLeader {
            seen = Some(now);
        }
        let mut never_evicted = known.hub.clone();
        let is_evicted = self.one_in(3);
        if is_evicted {
            self.evict(object);
        }
        let effects = self.objects[object].hub.step(now, seen, event);
        if is_evicted && self.plan.broken != Broken::ForgetfulHub {
            let expected = never_evicted.step(now, seen, event);
            if effects != expected {
                return Err(format!("an evicted hub differs: {effects:?} instead of {expected:?} for {event:?}"));
            }
        }
        let mut joined = None;
        for effect in effects {
            match effect {
                Effect::Answer { header, body: of } => {
                    let (worker, link) = joiner.ok_or("an answer without a join")?;
                    let body = self.body(object, of, &body);
                    self.after(3, Happening::ToWorker { worker, link, header: Some(header), body });
                }
                Effect::Leaves(_) => return Err("leaf hubs for few watchers".to_owned()),
                Effect::Accept { id, attachment } => {
                    let (worker, link) = joiner.ok_or("a socket without a join")?;
                    let socket = Socket { worker, link, attachment, answered_at: None, down_at: now, up_at: now };
                    if self.objects[object].sockets.insert(id, socket).is_some() {
                        return Err(format!("two sockets with number {id}"));
                    }
                    self.workers[worker].socket = Some((object, id));
                    joined = Some(worker);
                }
                Effect::Attach { id, attachment } => {
                    if let Some(socket) = self.objects[object].sockets.get_mut(&id) {
                        socket.attachment = attachment;
                    }
                }
                Effect::Send { to, header, body: of } => {
                    if header.starts_with("lead ") {
                        self.check_leader(object, to[0])?;
                    }
                    let body = self.body(object, of, &body);
                    for id in to {
                        self.down(object, id, Some(header.clone()), body.clone());
                    }
                }
                Effect::Close { ids, .. } => {
                    for id in ids {
                        self.down(object, id, None, Body::Nothing);
                        self.objects[object].sockets.remove(&id);
                    }
                }
                Effect::SaveState => self.objects[object].state = body.clone(),
                Effect::SaveEvents { after, last } => {
                    let Body::Events(list) = &body else {
                        return Err("events without a body".to_owned());
                    };
                    let stored = &mut self.objects[object].events;
                    stored.extend(list.iter().filter(|&&event| event > after));
                    if stored.iter().copied().ne(1..=last) {
                        return Err(format!("stored events until {last}: {stored:?}"));
                    }
                }
                Effect::SaveRecord(record) => self.objects[object].record = record,
                Effect::Alarm(at) => {
                    self.objects[object].alarm = at;
                    if let Some(at) = at {
                        let late = self.below(200);
                        self.at(at + late, Happening::Alarm { object, at });
                    }
                }
                Effect::Poll => self.after(20, Happening::OwnPoll { object }),
                Effect::Clear => return Err("a hub was cleared within a day".to_owned()),
            }
        }
        if let Some(worker) = joined {
            // Nothing arrives before the socket is open.
            self.worker(worker, Input::Joined, "", &Body::Nothing)?;
        }
        Ok(())
    }

    fn check_leader(&mut self, object: usize, id: u32) -> Result<(), String> {
        let Object { sockets, leader, .. } = &mut self.objects[object];
        let before = leader.replace(id);
        // One that resigned has an attachment that says so.
        let leads = |socket: &Socket| !socket.attachment.ends_with(" 0");
        match before.and_then(|before| sockets.get(&before)) {
            Some(socket) if before != Some(id) && leads(socket) => Err(format!("two leaders: {before:?} and {id}")),
            _ if before == Some(id) => Err(format!("{id} was elected twice")),
            _ => Ok(()),
        }
    }

    fn body(&self, object: usize, of: BodyOf, current: &Body) -> Body {
        match of {
            BodyOf::Nothing => Body::Nothing,
            BodyOf::Current => current.clone(),
            BodyOf::Stored => self.objects[object].state.clone(),
            BodyOf::Events { after } => {
                let events = &self.objects[object].events;
                Body::Events(events.iter().copied().filter(|&event| event > after).collect())
            }
        }
    }

    /// A frame, or the close, from a hub to a Worker.
    fn down(&mut self, object: usize, id: u32, header: Option<String>, body: Body) {
        let delay = 1 + self.below(20);
        if let Some(socket) = self.objects[object].sockets.get_mut(&id) {
            socket.down_at = socket.down_at.max(self.now + delay);
            let (at, worker, link) = (socket.down_at, socket.worker, socket.link);
            self.at(at, Happening::ToWorker { worker, link, header, body });
        }
    }

    // ---- Chaos ----

    fn chaos(&mut self) -> Result<(), String> {
        let object = self.below(self.objects.len() as u64) as usize;
        let ids: Vec<u32> = self.objects[object].sockets.keys().copied().collect();
        let any = self.below(ids.len() as u64) as usize;
        let leader = self.objects[object].hub.leader();
        let victim = if self.one_in(2) { leader } else { ids.get(any).copied() };
        match self.below(5) {
            // The object is reset: its sockets are lost, its storage remains.
            0 => {
                for &id in &ids {
                    self.down(object, id, None, Body::Nothing);
                }
                self.objects[object].sockets.clear();
                self.objects[object].leader = None;
                self.evict(object);
            }
            // A socket is cut.
            1 => {
                if let Some(id) = victim {
                    self.down(object, id, None, Body::Nothing);
                    let delay = self.below(500);
                    self.after(delay, Happening::HubClosed { object, socket: id });
                }
            }
            // A Worker dies. The hub may hear of it or not.
            kind => {
                let Some(worker) = victim.and_then(|id| Some(self.objects[object].sockets.get(&id)?.worker)) else {
                    return Ok(());
                };
                if kind == 4 {
                    // Its caller has left, and asks again.
                    self.respond(worker, 0);
                    return self.worker(worker, Input::CallerGone, "", &Body::Nothing);
                }
                self.die(worker);
                if kind == 2 {
                    let delay = self.below(500);
                    self.after(delay, Happening::HubClosed { object, socket: victim.unwrap() });
                }
            }
        }
        Ok(())
    }

    fn die(&mut self, worker: usize) {
        self.workers[worker].alive = false;
        match self.workers[worker].owner {
            Owner::Client(_) => self.respond(worker, 0),
            // Both watches are in one Worker.
            Owner::Leaf(leaf) => self.die(leaf),
        }
        if let Some(parent) = self.workers[worker].parent.take() {
            self.die(parent);
        }
    }
}

fn state(body: &Body) -> Option<u32> {
    match body {
        Body::State(version) => Some(*version),
        _ => None,
    }
}
