//! A simulated world: executions, hubs, watches, one budget, and an upstream with quotas. Everything derives from one seed.

mod hubs;
mod upstream;
mod workers;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use cloudflow_service::hub::{Bucket, Budget, Event, Hub, Input, Kind, Millis, Watch, WatchOptions};

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
    /// Answers without a state.
    pub busy: usize,
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
    Timer { worker: usize },
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
    /// How far its clock is ahead.
    skew: i64,
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
            // A timer that was replaced may still fire.
            Happening::Timer { worker } => {
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

    fn employ(&mut self, owner: Owner, execution: usize, mut options: WatchOptions) -> usize {
        // Both watches of a leader of a leaf hub are in one Worker.
        let skew = match owner {
            Owner::Leaf(leaf) => self.workers[leaf].skew,
            Owner::Client(_) => {
                let skew = self.below(4_000) as i64 - 2_000;
                options.deadline = options.deadline.saturating_add_signed(skew);
                skew
            }
        };
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
            skew,
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
        // A long poll whose response is lost looks like a held one until its hold is over. It may happen twice.
        let fresh = if self.plan.chaos > 0 { 130_000 } else { 3_500 };
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
}

fn state(body: &Body) -> Option<u32> {
    match body {
        Body::State(version) => Some(*version),
        _ => None,
    }
}
