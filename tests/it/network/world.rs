//! One seed, played: callers, their machines, the network and the emulated service, on a clock of its
//! own. The first rule that is broken ends it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use cloudflow_wasm::api::talk::Shared;
use cloudflow_wasm::emulate::{AccessKey, Emulator, Options, Quirks, Reply, Request, Response, WaiterId};
use cloudflow_wasm::poll::{Action, Attempt, Input, Outcome};
use cloudflow_wasm::sign::{encode, rpc};
use cloudflow_wasm::wire::{fault::Retry, time};
use serde_json::{Value, json};

use super::caller::{Caller, Json, Mutant};
use super::plan::{Cut, Dice, KINDS, Kind, ON_THE_WAY, Plan, PlannedClient};

/// 2024-05-06T07:08:09Z, when every world begins.
const ZERO: u64 = 1_714_979_289_000;

/// How often the driver looks up, as in `src/wasm/ask.rs`.
const LOOK: u64 = 10_000;

/// Within this time of its end, or of the last trouble, an execution's end is known: one attempt that
/// nobody answers (60 s and 10 s more), or one look without a network (60 s); one pause (10 s); the
/// queue; ways.
pub const BOUND: u64 = 100_000;

/// The service accepts times so far from its own.
const WINDOW: u64 = 900_000;

/// What was counted.
#[derive(Clone, Default)]
pub struct Figures {
    pub met: [u64; KINDS],
    pub calls: u64,
    pub ended: u64,
    pub failed: u64,
    pub sent: u64,
    pub told: u64,
    /// The longest from an end, or the last trouble, to its notice; and the seed.
    pub worst: (u64, u64),
}

pub fn play(seed: u64, mutant: Mutant) -> (Figures, Option<String>) {
    let mut world = World::new(seed, mutant);
    world.run();
    (world.figures, world.broken)
}

enum Event {
    Start(usize),
    /// A timer of this turn of a caller.
    Timer(usize, u64),
    Abort(usize),
    /// A request arrives.
    Arrive(usize, u64, Request, Fate),
    /// A proxy has held this for long enough.
    Cut(usize, u64, WaiterId, Cut),
    /// Something comes back to this turn of a caller.
    Back(usize, u64, Back),
    /// The function gives credentials, or none.
    Keys(usize, Option<Value>),
    Happens(usize, Kind, u64),
    Over(usize, Kind),
    Service,
}

enum Back {
    Answer(Response),
    Failure,
}

#[derive(Clone, Copy)]
struct Fate {
    kind: Option<Kind>,
    down: u64,
}

struct Machine {
    planned: PlannedClient,
    shared: Shared,
    /// Sleeping since then, until then.
    suspended: Option<(u64, u64)>,
    /// What the steady clock lost by sleeping.
    lost: u64,
    jumped: i64,
    offline: bool,
    told_offline: bool,
    asking: bool,
    keys: u64,
    /// The last time that anything hindered it.
    trouble: u64,
    /// Signed requests, when they left by the steady clock.
    sent: Vec<u64>,
    /// What the service said of its clock: the offset.
    offset: Option<i64>,
}

enum Doing {
    Nothing,
    /// Waits for credentials.
    Keys(Attempt, u64),
    Flying(u64),
    Sleeping(u64),
    Over,
}

struct Slot {
    machine: usize,
    caller: Caller,
    doing: Doing,
    turn: u64,
    left: bool,
    hopeless: bool,
    told: Option<Value>,
    final_told: bool,
    bad_in_a_row: u64,
    bears: u64,
    sent: u64,
    begun: u64,
}

struct World {
    seed: u64,
    plan: Plan,
    dice: Dice,
    now: u64,
    order: u64,
    events: BinaryHeap<Reverse<(u64, u64, usize)>>,
    store: Vec<Option<Event>>,
    emulator: Emulator,
    held: HashMap<WaiterId, (usize, u64, Fate)>,
    service_at: Option<u64>,
    machines: Vec<Machine>,
    slots: Vec<Slot>,
    nonces: HashSet<String>,
    /// When each key ends, by the service's clock.
    keys: Vec<u64>,
    figures: Figures,
    broken: Option<String>,
}

impl World {
    fn new(seed: u64, mutant: Mutant) -> Self {
        let mut plan = Plan::new(seed);
        let quirks = Quirks { early_after: plan.early_after, late_by: plan.late_by, ..Quirks::default() };
        let key = |at: usize| AccessKey {
            id: format!("k{at}"),
            secret: "secret".into(),
            security_token: Some("token".into()),
        };
        let options = Options {
            seed,
            access_keys: (0..64).map(key).collect(),
            quotas: plan.quotas,
            nonces: plan.nonces,
            quirks,
        };
        let mut world = World {
            seed,
            dice: Dice::new(!seed),
            now: 0,
            order: 0,
            events: BinaryHeap::new(),
            store: Vec::new(),
            emulator: Emulator::new(options),
            held: HashMap::new(),
            service_at: None,
            machines: Vec::new(),
            slots: Vec::new(),
            nonces: HashSet::new(),
            keys: vec![u64::MAX],
            figures: Figures::default(),
            broken: None,
            plan: Plan { clients: Vec::new(), executions: Vec::new(), ..plan_of(&mut plan) },
        };
        for (kind, is_so) in [(Kind::EarlyAnswer, plan.early_after.is_some()), (Kind::LateAnswer, plan.late_by > 0)] {
            if is_so {
                world.met(kind);
            }
        }
        world.plan.executions = std::mem::take(&mut plan.executions);
        for mut planned in std::mem::take(&mut plan.clients) {
            let machine = world.machines.len();
            for (at, kind, long) in planned.events.clone() {
                world.at(at, Event::Happens(machine, kind, long));
            }
            let watchers = std::mem::take(&mut planned.watchers);
            if planned.skew.abs_diff(world.plan.skew) > WINDOW {
                world.met(Kind::SkewedClock);
            }
            world.machines.push(Machine {
                planned,
                shared: Shared::default(),
                suspended: None,
                lost: 0,
                jumped: 0,
                offline: false,
                told_offline: false,
                asking: false,
                keys: 0,
                trouble: 0,
                sent: Vec::new(),
                offset: None,
            });
            for watcher in watchers {
                let slot = world.slots.len();
                let begun = watcher.starts;
                world.at(begun, Event::Start(slot));
                if let Some(aborts) = watcher.aborts {
                    world.at(begun + aborts, Event::Abort(slot));
                }
                let caller = Caller::new(watcher, &world.machines[machine].planned, mutant, world.steady(machine), 0);
                world.slots.push(Slot {
                    machine,
                    caller,
                    doing: Doing::Nothing,
                    turn: 0,
                    left: false,
                    hopeless: false,
                    told: None,
                    final_told: false,
                    bad_in_a_row: 0,
                    bears: 0,
                    sent: 0,
                    begun,
                });
            }
        }
        world
    }

    fn run(&mut self) {
        self.service_starts();
        let mut steps = 0;
        while self.broken.is_none() {
            let Some(Reverse((at, _, event))) = self.events.pop() else { break };
            if self.slots.iter().all(|slot| matches!(slot.doing, Doing::Over)) && self.now + 60_000 < at {
                break;
            }
            self.now = self.now.max(at);
            let event = self.store[event].take().unwrap();
            self.happen(event);
            steps += 1;
            if steps > 200_000 {
                self.break_rule("it spins".into());
            }
        }
        for at in 0..self.slots.len() {
            if self.broken.is_none() && !matches!(self.slots[at].doing, Doing::Over) {
                self.break_rule(format!("call {at} never ends"));
            }
        }
        for machine in 0..self.machines.len() {
            self.check_budget(machine);
        }
        self.figures.calls = self.slots.len() as u64;
    }

    /// The flows and their executions. A world without these calls could have no quota for them.
    fn service_starts(&mut self) {
        for at in 0..self.plan.executions.len() {
            let planned = &self.plan.executions[at];
            let (starts, seconds, end) = (planned.starts, planned.seconds, if planned.fails { "Fail" } else { "Succeed" });
            let more = if planned.fails { "    Error: X\n" } else { "" };
            let flow = format!(
                "Type: StateMachine\nSpecVersion: v1\nName: f{at}\nStartAt: Nap\nStates:\n  - Type: Wait\n    Name: Nap\n    \
                 Seconds: {seconds}\n    Next: Done\n  - Type: {end}\n    Name: Done\n{more}"
            );
            let name = format!("f{at}");
            self.ask_service(0, "CreateFlow", &[("Name", &name), ("Definition", &flow), ("Description", "d"), ("Type", "FDL")]);
            if starts == 0 {
                self.ask_service(0, "StartExecution", &[("FlowName", &name), ("ExecutionName", "e")]);
            } else {
                self.met(Kind::NotYetThere);
                let nonce = format!("start-{at}");
                let request = service_call(self.service_time(starts), &nonce, "StartExecution", &[("FlowName", &name), ("ExecutionName", "e")]);
                self.at(starts, Event::Arrive(usize::MAX, 0, request, Fate { kind: None, down: 0 }));
            }
        }
    }

    fn ask_service(&mut self, at: u64, action: &str, parameters: &[(&str, &str)]) {
        let nonce = format!("{action}-{}", self.order);
        self.order += 1;
        let request = service_call(self.service_time(at), &nonce, action, parameters);
        let reply = self.emulator.request(self.service_time(at), &request);
        assert!(matches!(&reply, Reply::Answer(answer) if answer.status == 200), "{reply:?}");
        self.wake_service();
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Start(slot) => {
                let machine = self.slots[slot].machine;
                if self.postpone(machine, Event::Start(slot)) {
                    return;
                }
                let (steady, wall) = (self.steady(machine), self.wall(machine));
                self.slots[slot].caller.awake = cloudflow_wasm::poll::Awake::new(steady, wall);
                self.slots[slot].begun = self.now;
                if self.machines[machine].told_offline {
                    self.slots[slot].caller.online = false;
                    self.step(slot, Input::Offline);
                }
                let action = self.step(slot, Input::Start);
                self.act(slot, action);
            }
            Event::Timer(slot, turn) if self.slots[slot].turn == turn => {
                let machine = self.slots[slot].machine;
                if !self.postpone(machine, Event::Timer(slot, turn)) {
                    self.look(slot, false);
                }
            }
            Event::Timer(..) => {}
            Event::Abort(slot) => {
                let machine = self.slots[slot].machine;
                if matches!(self.slots[slot].doing, Doing::Over) || self.postpone(machine, Event::Abort(slot)) {
                    return;
                }
                self.met(Kind::Abort);
                self.slots[slot].left = true;
                if !matches!(self.slots[slot].doing, Doing::Nothing) && !self.slots[slot].caller.ignores_abort() {
                    let action = self.step(slot, Input::Aborted);
                    self.act(slot, action);
                }
            }
            Event::Arrive(slot, turn, request, fate) => self.arrive(slot, turn, &request, fate),
            Event::Cut(slot, turn, waiter, cut) => {
                if self.held.remove(&waiter).is_none() {
                    return;
                }
                self.emulator.disconnect(waiter);
                self.met(Kind::ProxyCut);
                match cut {
                    Cut::Broken => self.at(self.now + 20, Event::Back(slot, turn, Back::Failure)),
                    Cut::Status => self.at(self.now + 20, Event::Back(slot, turn, Back::Answer(page(504)))),
                    Cut::Silent => {}
                }
                // A cut is no trouble that ends: it is how the way is.
            }
            Event::Back(slot, turn, back) => self.back(slot, turn, back),
            Event::Keys(machine, keys) => self.keys(machine, keys),
            Event::Happens(machine, kind, long) => self.happens(machine, kind, long),
            Event::Over(machine, kind) => self.over(machine, kind),
            Event::Service => self.service(),
        }
    }

    // ---- the machine under the caller ----

    fn happens(&mut self, machine: usize, kind: Kind, long: u64) {
        if self.postpone(machine, Event::Happens(machine, kind, long)) {
            return;
        }
        self.met(kind);
        self.machines[machine].trouble = self.now + long;
        match kind {
            Kind::Suspended => {
                self.machines[machine].suspended = Some((self.now, self.now + long));
                self.at(self.now + long, Event::Over(machine, kind));
            }
            Kind::Offline | Kind::UntoldOffline => {
                self.machines[machine].offline = true;
                self.at(self.now + long, Event::Over(machine, kind));
                self.break_connections(machine);
                if kind == Kind::Offline {
                    self.machines[machine].told_offline = true;
                    self.look_all(machine, false);
                }
            }
            Kind::ClockJump => {
                self.machines[machine].jumped += self.dice.one(&[-3_600_000, 3_600_000, 4_000, -90_000_000]);
                self.machines[machine].trouble = self.now;
            }
            _ => {
                self.machines[machine].trouble = self.now;
                self.look_all(machine, true);
            }
        }
    }

    fn over(&mut self, machine: usize, kind: Kind) {
        match kind {
            Kind::Suspended => {
                let since = self.machines[machine].suspended.take().map_or(self.now, |(since, _)| since);
                if self.machines[machine].planned.clock_sleeps {
                    self.machines[machine].lost += self.now - since;
                }
                self.break_connections(machine);
            }
            _ => {
                if self.postpone(machine, Event::Over(machine, kind)) {
                    return;
                }
                self.machines[machine].offline = false;
                self.machines[machine].trouble = self.now;
                if self.machines[machine].told_offline {
                    self.machines[machine].told_offline = false;
                    // The event may be lost; what the host says later is not.
                    if self.dice.chance(800) {
                        self.look_all(machine, false);
                    }
                }
            }
        }
        let trouble = &mut self.machines[machine].trouble;
        *trouble = (*trouble).max(self.now);
    }

    /// Everything open fails, soon or without a word.
    fn break_connections(&mut self, machine: usize) {
        for slot in 0..self.slots.len() {
            if self.slots[slot].machine == machine && matches!(self.slots[slot].doing, Doing::Flying(_)) {
                let turn = self.slots[slot].turn;
                for event in self.store.iter_mut() {
                    if matches!(event, Some(Event::Back(s, t, _)) if *s == slot && *t == turn) {
                        *event = Some(Event::Back(usize::MAX, 0, Back::Failure));
                    }
                }
                self.held.retain(|_, held| held.0 != slot || held.1 != turn);
                if self.dice.chance(500) {
                    self.at(self.now + 30, Event::Back(slot, turn, Back::Failure));
                }
            }
        }
    }

    fn look_all(&mut self, machine: usize, visible: bool) {
        for slot in 0..self.slots.len() {
            if self.slots[slot].machine == machine && !matches!(self.slots[slot].doing, Doing::Nothing | Doing::Over) {
                self.look(slot, visible);
            }
        }
    }

    /// What the driver does when its timer fires or the host has news.
    fn look(&mut self, slot: usize, visible: bool) {
        let machine = self.slots[slot].machine;
        let (steady, wall) = (self.steady(machine), self.wall(machine));
        let (until, due) = match self.slots[slot].doing {
            Doing::Keys(_, until) | Doing::Flying(until) | Doing::Sleeping(until) => (until, steady),
            _ => return,
        };
        let online = !self.machines[machine].told_offline;
        let caller = &mut self.slots[slot].caller;
        let input = if caller.awake.slept(steady, wall, due) {
            Input::Slept
        } else if online != caller.online {
            caller.online = online;
            if online { Input::Online } else { Input::Offline }
        } else if steady >= until {
            if matches!(self.slots[slot].doing, Doing::Sleeping(_)) { Input::Woke } else { Input::TimedOut }
        } else if visible {
            Input::Visible
        } else {
            return self.set_timer(slot);
        };
        self.failed(slot, input);
        match self.step(slot, input) {
            Action::Stay => self.set_timer(slot),
            action => self.act(slot, action),
        }
    }

    /// Puts an event off until the machine is awake; true where it did.
    fn postpone(&mut self, machine: usize, event: Event) -> bool {
        let Some((_, until)) = self.machines[machine].suspended else { return false };
        self.at(until.max(self.now + 1) + 1, event);
        true
    }

    // ---- the call ----

    fn step(&mut self, slot: usize, input: Input) -> Action {
        let machine = self.slots[slot].machine;
        let ignores_abort = self.slots[slot].caller.ignores_abort();
        let input = if self.slots[slot].left && !ignores_abort { Input::Aborted } else { input };
        let (steady, random) = (self.steady(machine), self.dice.next() as u32);
        self.slots[slot].caller.step(&mut self.machines[machine].shared, steady, random, input)
    }

    fn act(&mut self, slot: usize, action: Action) {
        let machine = self.slots[slot].machine;
        let steady = self.steady(machine);
        self.slots[slot].turn += 1;
        match action {
            Action::Send(attempt) => {
                let until = steady + attempt.timeout_ms;
                self.slots[slot].doing = Doing::Keys(attempt, until);
                self.fetch_keys(slot);
            }
            Action::Sleep(ms) => {
                self.slots[slot].doing = Doing::Sleeping(steady.saturating_add(ms));
                self.set_timer(slot);
            }
            Action::Stay => self.break_rule("it stays where nothing is under way".into()),
            Action::Finish(outcome) => self.finish(slot, outcome),
        }
    }

    fn set_timer(&mut self, slot: usize) {
        let machine = self.slots[slot].machine;
        let steady = self.steady(machine);
        if let Doing::Keys(_, until) | Doing::Flying(until) | Doing::Sleeping(until) = self.slots[slot].doing {
            let turn = self.slots[slot].turn;
            self.at(self.now + until.saturating_sub(steady).min(LOOK) + 1, Event::Timer(slot, turn));
        }
    }

    fn fetch_keys(&mut self, slot: usize) {
        let machine = self.slots[slot].machine;
        let wall = self.wall(machine);
        let Doing::Keys(attempt, until) = self.slots[slot].doing else { return };
        let caller = &mut self.slots[slot].caller;
        if caller.talk.lacks_keys(&self.machines[machine].shared, wall).is_none() {
            self.slots[slot].doing = Doing::Flying(until);
            return self.send(slot, attempt);
        }
        self.set_timer(slot);
        if !self.machines[machine].asking {
            self.machines[machine].asking = true;
            let fails = self.dice.chance(self.machines[machine].planned.no_keys);
            let lifetime = self.machines[machine].planned.lifetime.unwrap_or(0);
            let keys = (!fails && self.keys.len() < 64).then(|| {
                self.keys.push(self.service_time(self.now + lifetime));
                self.machines[machine].keys += 1;
                json!({ "accessKeyId": format!("k{}", self.keys.len() - 1), "accessKeySecret": "secret", "securityToken": "token" })
            });
            let delay = self.dice.from(0, 400);
            self.at(self.now + delay, Event::Keys(machine, keys));
        }
    }

    fn keys(&mut self, machine: usize, keys: Option<Value>) {
        if self.postpone(machine, Event::Keys(machine, keys.clone())) {
            return;
        }
        self.machines[machine].asking = false;
        let mut is_first = true;
        for slot in 0..self.slots.len() {
            if self.slots[slot].machine != machine || !matches!(self.slots[slot].doing, Doing::Keys(..)) {
                continue;
            }
            let Some(keys) = &keys else {
                self.met(Kind::NoKeys);
                self.slots[slot].doing = Doing::Over;
                self.figures.failed += 1;
                continue;
            };
            let given = Json(std::rc::Rc::new(keys.clone()));
            let done = self.slots[slot].caller.talk.given(&mut self.machines[machine].shared, given, is_first);
            assert!(done.is_ok(), "{done:?}");
            is_first = false;
            let Doing::Keys(attempt, until) = self.slots[slot].doing else { continue };
            self.slots[slot].doing = Doing::Flying(until);
            self.send(slot, attempt);
        }
    }

    fn send(&mut self, slot: usize, attempt: Attempt) {
        let machine = self.slots[slot].machine;
        let wall = self.wall(machine);
        let mut random = [0; 16];
        random[..8].copy_from_slice(&self.dice.next().to_le_bytes());
        let shared = &self.machines[machine].shared;
        let signed = self.slots[slot].caller.request(shared, attempt, wall, random);
        self.slots[slot].sent += 1;
        self.figures.sent += 1;
        let query = signed.url.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
        self.check_sending(slot, &query);
        self.set_timer(slot);
        let turn = self.slots[slot].turn;
        if self.machines[machine].offline {
            return self.at(self.now + 5, Event::Back(slot, turn, Back::Failure));
        }
        let mut fate = Fate { kind: None, down: self.dice.from(1, self.plan.slowest) };
        let mut up = self.dice.from(1, self.plan.slowest);
        if self.now < self.plan.calm_at {
            fate.kind = ON_THE_WAY.iter().zip(self.plan.chances).find(|(_, chance)| self.dice.chance(*chance)).map(|(kind, _)| *kind);
        }
        if let Some(kind) = fate.kind {
            self.met(kind);
            self.machines[machine].trouble = self.now + 20_000;
        }
        let request = Request { method: "GET".into(), host: "service.example".into(), path: "/".into(), query, ..Request::default() };
        match fate.kind {
            Some(Kind::LostRequest) => return self.at(self.now + up, Event::Back(slot, turn, Back::Failure)),
            Some(Kind::SilentRequest) => return,
            Some(Kind::Slow) => {
                up += self.dice.from(0, 8_000);
                fate.down += self.dice.from(0, 8_000);
            }
            Some(Kind::Duplicate) => {
                let later = self.now + up + self.dice.from(0, 3_000);
                self.at(later, Event::Arrive(slot, turn, request.clone(), fate));
            }
            _ => {}
        }
        self.at(self.now + up, Event::Arrive(slot, turn, request, fate));
    }

    // ---- the service ----

    fn arrive(&mut self, slot: usize, turn: u64, request: &Request, fate: Fate) {
        let now = self.service_time(self.now);
        if slot == usize::MAX {
            let reply = self.emulator.request(now, request);
            assert!(matches!(&reply, Reply::Answer(answer) if answer.status == 200), "{reply:?}");
            return self.wake_service();
        }
        let error = |status: u16, code: &str, after: Option<u64>| Response {
            status,
            headers: after.map(|after| ("x-acs-retry-after".to_owned(), after.to_string())).into_iter().collect(),
            body: json!({ "RequestId": "r", "Code": code, "Message": "m" }).to_string().into_bytes(),
            cut: false,
        };
        let after = self.dice.chance(500).then(|| self.dice.from(0, 15_000));
        let key = request.query.split('&').find_map(|pair| pair.strip_prefix("AccessKeyId=k")).map(|key| key.parse::<usize>().unwrap());
        let expired = key.is_some_and(|key| self.keys[key] < now);
        let front = match fate.kind {
            Some(Kind::Throttled) => Some(error(429, "ResourceThrottled", after)),
            Some(Kind::ServerError) => Some(error(500, "InternalServerError", None)),
            Some(Kind::BadGateway) => Some(page(502)),
            Some(Kind::Unavailable) => Some(error(503, "ServiceUnavailable", None)),
            Some(Kind::EmptyBody) => Some(Response { body: Vec::new(), ..error(200, "", None) }),
            Some(Kind::Xml) => Some(Response { body: b"<Error><Code>InternalError</Code></Error>".to_vec(), ..error(500, "", None) }),
            Some(Kind::Denied) => Some(error(403, "AccessDenied", None)),
            _ if expired => {
                self.met(Kind::ExpiredToken);
                self.trouble(slot);
                Some(error(400, "InvalidSecurityToken.Expired", None))
            }
            _ => None,
        };
        if let Some(front) = front {
            return self.answer(slot, turn, front, fate);
        }
        let mut request = request.clone();
        if key.is_none() {
            // A gateway stands there, which signs.
            request = gateway(&request, now, &format!("gateway-{}", self.order));
        }
        match self.emulator.request(now, &request) {
            Reply::Answer(answer) => self.answer(slot, turn, answer, fate),
            Reply::Hold(waiter) => {
                self.held.insert(waiter, (slot, turn, fate));
                let machine = self.slots[slot].machine;
                if let Some((long, cut)) = self.machines[machine].planned.proxy {
                    self.at(self.now + long, Event::Cut(slot, turn, waiter, cut));
                }
            }
        }
        self.wake_service();
    }

    fn service(&mut self) {
        if self.service_at.is_some_and(|due| due <= self.now) {
            self.service_at = None;
        }
        for (waiter, response) in self.emulator.advance(self.service_time(self.now)) {
            if let Some((slot, turn, fate)) = self.held.remove(&waiter) {
                self.answer(slot, turn, response, fate);
            }
        }
        self.wake_service();
    }

    fn wake_service(&mut self) {
        if let Some(at) = self.emulator.wake_at() {
            let at = (at as i64 - (ZERO as i64 + self.plan.skew)).max(self.now as i64) as u64;
            if self.service_at.is_none_or(|due| at < due) {
                self.service_at = Some(at);
                self.at(at, Event::Service);
            }
        }
    }

    fn answer(&mut self, slot: usize, turn: u64, mut answer: Response, fate: Fate) {
        let code = serde_json::from_slice::<Value>(&answer.body).ok().and_then(|body| Some(body.get("Code")?.as_str()?.to_owned()));
        if fate.kind.is_none() && code.is_some() {
            self.trouble(slot);
        }
        if answer.status == 429 && fate.kind != Some(Kind::Throttled) {
            self.met(Kind::OverQuota);
        }
        match fate.kind {
            Some(Kind::LostAnswer) => return self.at(self.now + fate.down, Event::Back(slot, turn, Back::Failure)),
            Some(Kind::SilentAnswer) => return,
            Some(Kind::Truncated) => answer.body.truncate(answer.body.len() / 2),
            _ => {}
        }
        self.at(self.now + fate.down, Event::Back(slot, turn, Back::Answer(answer)));
    }

    fn back(&mut self, slot: usize, turn: u64, back: Back) {
        if slot == usize::MAX || self.slots[slot].turn != turn || !matches!(self.slots[slot].doing, Doing::Flying(_)) {
            return;
        }
        let machine = self.slots[slot].machine;
        if let Some((_, until)) = self.machines[machine].suspended {
            return self.at(until + 2, Event::Back(slot, turn, back));
        }
        let input = match back {
            Back::Failure => self.slots[slot].caller.talk.silent("broken".into()),
            Back::Answer(answer) => self.hear(slot, &answer),
        };
        self.failed(slot, input);
        let action = self.step(slot, input);
        if matches!(input, Input::Fault { retry: Retry::Never, .. }) {
            self.slots[slot].hopeless = true;
        }
        self.act(slot, action);
    }

    // ---- the rules ----

    /// Notes how many failures in a row the call met, and how many it has to bear.
    fn failed(&mut self, slot: usize, input: Input) {
        let most = self.slots[slot].caller.planned.attempts;
        let slot = &mut self.slots[slot];
        slot.bears = match input {
            Input::NetworkError | Input::TimedOut => most,
            Input::Fault { retry: Retry::Never, .. } => 1,
            Input::Fault { retry: Retry::Few | Retry::Start, .. } => most.min(3),
            Input::Fault { retry: Retry::Clock | Retry::Nonce | Retry::Credentials, .. } => most.min(2),
            Input::Fault { .. } => most,
            _ => return,
        };
        slot.bad_in_a_row += 1;
    }

    fn hear(&mut self, slot: usize, answer: &Response) -> Input {
        let machine = self.slots[slot].machine;
        let wall = self.wall(machine);
        let shared = &mut self.machines[machine].shared;
        let (input, told) = self.slots[slot].caller.answered(shared, wall, answer.status, &answer.headers, &answer.body);
        if let Input::Fault { retry: Retry::Clock, .. } = input {
            self.machines[machine].offset = Some(self.service_time(self.now) as i64 - wall as i64);
        }
        let Input::Execution { done } = input else { return input };
        self.slots[slot].bad_in_a_row = 0;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let seen = self.slots[slot].caller.talk.seen().map(|seen| (seen.status.0.as_ref().clone(), seen.done));
        if seen.as_ref().map(|(status, _)| status) != body.get("Status") {
            self.break_rule(format!("call {slot} saw {seen:?}, which was not sent"));
        }
        let mut shown = body;
        if let Some(object) = shown.as_object_mut() {
            object.remove("RequestId");
        }
        let new = self.slots[slot].told.as_ref() != Some(&shown);
        if told && !self.slots[slot].left {
            self.figures.told += 1;
            if !new || self.slots[slot].final_told {
                self.break_rule(format!("call {slot} tells what it told before, or after the end"));
            }
        } else if new {
            self.break_rule(format!("call {slot} keeps a change to itself"));
        }
        self.slots[slot].told = Some(shown);
        self.slots[slot].final_told = done;
        input
    }

    fn check_sending(&mut self, slot: usize, query: &str) {
        let machine = self.slots[slot].machine;
        let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let (left, hopeless, ended) = {
            let slot = &self.slots[slot];
            (slot.left, slot.hopeless, slot.final_told)
        };
        if left || hopeless || ended {
            self.break_rule(format!("call {slot} sends after abort ({left}), refusal ({hopeless}) or end ({ended})"));
        }
        if self.machines[machine].planned.counted {
            let nonce = field("SignatureNonce").unwrap_or_default().to_owned();
            if nonce.is_empty() || !self.nonces.insert(nonce) {
                self.break_rule(format!("call {slot} uses a nonce again"));
            }
            let stamp = field("Timestamp").unwrap_or_default().replace("%3A", ":");
            let stamp = time::parse_rfc3339(&stamp).unwrap_or_default();
            // The client's clock, as far as the service has told of its own.
            let believed = self.wall(machine) as i64 + self.machines[machine].offset.unwrap_or(0);
            if stamp.abs_diff(believed as u64) > 70_000 {
                self.break_rule(format!("call {slot} stamps {stamp}, but it is {believed}"));
            }
            let steady = self.steady(machine);
            self.machines[machine].sent.push(steady);
        }
        if self.slots[slot].sent > 60 + (self.now - self.slots[slot].begun) / 900 {
            self.break_rule(format!("call {slot} sends {} times", self.slots[slot].sent));
        }
    }

    /// In no time that slides over it more calls than the budget allows.
    fn check_budget(&mut self, machine: usize) {
        let sent = &self.machines[machine].sent;
        let (mut level, mut last) = (50_000u64, 0);
        for (at, now) in sent.iter().enumerate() {
            level = (level + (now - last) * 5).min(50_000);
            last = *now;
            if level < 1_000 {
                return self.break_rule(format!("client {machine} is over its budget with call {at}"));
            }
            level -= 1_000;
        }
    }

    fn finish(&mut self, slot: usize, outcome: Outcome) {
        let machine = self.slots[slot].machine;
        self.slots[slot].doing = Doing::Over;
        let planned = &self.slots[slot].caller.planned;
        let until_done = planned.until_done;
        if self.slots[slot].left != (outcome == Outcome::Aborted) {
            return self.break_rule(format!("call {slot} ends with {outcome:?}, left: {}", self.slots[slot].left));
        }
        match outcome {
            Outcome::Aborted => {}
            Outcome::Execution => {
                let done = self.slots[slot].final_told;
                let result = self.slots[slot].caller.talk.finish(&self.machines[machine].shared, outcome).map(|e| e.done);
                if result != Ok(done) || until_done && !done {
                    return self.break_rule(format!("call {slot} ends with {result:?} before its execution"));
                }
                self.figures.ended += 1;
                if until_done {
                    let planned = &self.plan.executions[self.slots[slot].caller.planned.execution];
                    let end = planned.starts + planned.seconds * 1000;
                    let from = end.max(self.machines[machine].trouble).max(self.slots[slot].begun);
                    let took = self.now.saturating_sub(from);
                    self.figures.worst = self.figures.worst.max((took, self.seed));
                    if took > BOUND {
                        self.break_rule(format!("call {slot} knows of the end after {took} ms"));
                    }
                }
            }
            Outcome::DeadlinePassed => {
                let timeout = self.slots[slot].caller.planned.timeout.unwrap_or(u64::MAX);
                if self.now - self.slots[slot].begun < timeout.saturating_sub(self.machines[machine].lost) {
                    self.break_rule(format!("call {slot} ends before its deadline"));
                }
            }
            Outcome::Fault | Outcome::NetworkError | Outcome::AttemptTimedOut => {
                self.figures.failed += 1;
                let failure = self.slots[slot].caller.talk.finish(&self.machines[machine].shared, outcome);
                let failure = failure.err().map(|failure| (failure.code, failure.attempts));
                let slot_ = &self.slots[slot];
                let has_deadline = slot_.caller.planned.timeout.is_some();
                // A single answer may end with the budget of retries; and nobody sleeps past a deadline.
                if slot_.bad_in_a_row < slot_.bears && !has_deadline && until_done {
                    self.break_rule(format!("call {slot} gives up with {failure:?} after {}", slot_.bad_in_a_row));
                }
            }
        }
    }

    // ---- small things ----

    fn at(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.store.push(Some(event));
        self.events.push(Reverse((at, self.order, self.store.len() - 1)));
    }

    fn met(&mut self, kind: Kind) {
        self.figures.met[kind as usize] += 1;
    }

    fn trouble(&mut self, slot: usize) {
        let machine = self.slots[slot].machine;
        self.machines[machine].trouble = self.machines[machine].trouble.max(self.now);
    }

    fn break_rule(&mut self, what: String) {
        let now = self.now;
        self.broken.get_or_insert(format!("at {now} ms: {what}"));
    }

    fn service_time(&self, at: u64) -> u64 {
        (ZERO + at).saturating_add_signed(self.plan.skew)
    }

    fn wall(&self, machine: usize) -> u64 {
        let machine = &self.machines[machine];
        (ZERO + self.now).saturating_add_signed(machine.planned.skew + machine.jumped)
    }

    fn steady(&self, machine: usize) -> u64 {
        1_000 + self.now - self.machines[machine].lost
    }
}

fn plan_of(plan: &mut Plan) -> Plan {
    Plan { executions: Vec::new(), clients: Vec::new(), ..*plan }
}

fn page(status: u16) -> Response {
    Response { status, headers: Vec::new(), body: b"<html><title>Bad Gateway</title></html>".to_vec(), cut: false }
}

/// A signed call of the world's own.
fn service_call(now: u64, nonce: &str, action: &str, parameters: &[(&str, &str)]) -> Request {
    let stamp = time::utc(now);
    let mut pairs = vec![
        ("Action", action),
        ("Version", "2019-03-15"),
        ("Format", "json"),
        ("Timestamp", &stamp),
        ("SignatureNonce", nonce),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("AccessKeyId", "k0"),
        ("SecurityToken", "token"),
    ];
    pairs.extend(parameters);
    let canonical = rpc::canonical(&pairs);
    let signature = encode::percent(&rpc::signature("secret", &rpc::string_to_sign("GET", &canonical)));
    let query = format!("{canonical}&Signature={signature}");
    Request { method: "GET".into(), host: "service.example".into(), path: "/".into(), query, ..Request::default() }
}

/// The same call, signed on its way.
fn gateway(request: &Request, now: u64, nonce: &str) -> Request {
    let field = |name: &str| request.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let parameters: Vec<(&str, &str)> = ["FlowName", "ExecutionName", "WaitTimeSeconds"]
        .into_iter()
        .filter_map(|name| Some((name, field(name)?)))
        .collect();
    service_call(now, nonce, "DescribeExecution", &parameters)
}
