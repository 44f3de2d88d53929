//! One run: callers, their machines, the network and the emulator on a virtual clock. The first violation of a rule ends
//! the run.

mod call;
mod machine;
mod rules;
mod service;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use cloudflow_local::emulate::{AccessKey, Emulator, Faults, Options, Reply, Request, Response, WaiterId};
use cloudflow_service::poll::{Attempt, Input};
use serde_json::Value;

use super::caller::{Caller, ClientState, Mutant};
use service::{page, service_call};

use super::plan::{Cut, Dice, KINDS, Kind, Plan, PlannedClient};

/// 2024-05-06T07:08:09Z, the start of each run.
const ZERO: u64 = 1_714_979_289_000;

/// The interval at which the driver checks its clocks, as in `src/ask.rs`.
const CHECK_MS: u64 = 10_000;

/// Maximum delay between the end of an execution, or the last fault, and its report: an attempt without a response
/// (60 s + 10 s) or one interval without a network (60 s), one pause (10 s), the queue and the latency.
pub const BOUND: u64 = 100_000;

/// Maximum difference between the time of a request and the service's clock.
const WINDOW: u64 = 900_000;

/// Counts of one or more runs.
#[derive(Clone, Default)]
pub struct Figures {
    pub counts: [u64; KINDS],
    pub calls: u64,
    pub ended: u64,
    pub failed: u64,
    pub sent: u64,
    pub reported: u64,
    /// The maximum delay until an end is reported, and its seed.
    pub worst: (u64, u64),
}

pub fn run(seed: u64, mutant: Mutant) -> (Figures, Option<String>) {
    let mut world = World::new(seed, mutant);
    world.run();
    (world.figures, world.violation)
}

enum Event {
    Start(usize),
    /// A timer of this turn of a caller.
    Timer(usize, u64),
    Abort(usize),
    /// A request arrives.
    Arrive(usize, u64, Request, Fate),
    /// A proxy ends a held request.
    Cut(usize, u64, WaiterId, Cut),
    /// A response or a failure arrives for this turn of a caller.
    Back(usize, u64, Back),
    /// The result of the credentials function.
    Keys(usize, Option<Value>),
    FaultBegins(usize, Kind, u64),
    FaultEnds(usize, Kind),
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
    state: ClientState,
    /// Start and end of the sleep.
    suspended: Option<(u64, u64)>,
    /// Time by which the monotonic clock is behind because of sleep.
    lost: u64,
    jumped: i64,
    offline: bool,
    reports_offline: bool,
    fetching_keys: bool,
    keys: u64,
    /// The time of the last fault.
    last_fault: u64,
    /// The times of signed requests on the monotonic clock.
    sent: Vec<u64>,
    /// The clock offset in the last response of the service.
    offset: Option<i64>,
}

enum Phase {
    NotStarted,
    /// Waits for credentials.
    Keys(Attempt, u64),
    InFlight(u64),
    Sleeping(u64),
    Over,
}

struct Slot {
    machine: usize,
    caller: Caller,
    phase: Phase,
    turn: u64,
    left: bool,
    refused: bool,
    reported: Option<Value>,
    final_reported: bool,
    consecutive_failures: u64,
    tolerated_failures: u64,
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
    /// The expiry of each key on the service's clock.
    keys: Vec<u64>,
    figures: Figures,
    violation: Option<String>,
}

impl World {
    fn new(seed: u64, mutant: Mutant) -> Self {
        let mut plan = Plan::new(seed);
        let faults = Faults { early_after: plan.early_after, late_by: plan.late_by, ..Faults::default() };
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
            faults,
            ..Options::default()
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
            violation: None,
            plan: Plan { clients: Vec::new(), executions: Vec::new(), ..plan_of(&mut plan) },
        };
        for (kind, applies) in [(Kind::EarlyAnswer, plan.early_after.is_some()), (Kind::LateAnswer, plan.late_by > 0)] {
            if applies {
                world.count(kind);
            }
        }
        world.plan.executions = std::mem::take(&mut plan.executions);
        for mut planned in std::mem::take(&mut plan.clients) {
            let machine = world.machines.len();
            for (at, kind, long) in planned.events.clone() {
                world.at(at, Event::FaultBegins(machine, kind, long));
            }
            let watchers = std::mem::take(&mut planned.watchers);
            if planned.skew.abs_diff(world.plan.skew) > WINDOW {
                world.count(Kind::SkewedClock);
            }
            world.machines.push(Machine {
                planned,
                state: ClientState::default(),
                suspended: None,
                lost: 0,
                jumped: 0,
                offline: false,
                reports_offline: false,
                fetching_keys: false,
                keys: 0,
                last_fault: 0,
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
                    phase: Phase::NotStarted,
                    turn: 0,
                    left: false,
                    refused: false,
                    reported: None,
                    final_reported: false,
                    consecutive_failures: 0,
                    tolerated_failures: 0,
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
        while self.violation.is_none() {
            let Some(Reverse((at, _, event))) = self.events.pop() else { break };
            if self.slots.iter().all(|slot| matches!(slot.phase, Phase::Over)) && self.now + 60_000 < at {
                break;
            }
            self.now = self.now.max(at);
            let event = self.store[event].take().unwrap();
            self.process(event);
            steps += 1;
            if steps > 200_000 {
                self.violate("the run does not end".into());
            }
        }
        for at in 0..self.slots.len() {
            if self.violation.is_none() && !matches!(self.slots[at].phase, Phase::Over) {
                self.violate(format!("call {at} never ends"));
            }
        }
        for machine in 0..self.machines.len() {
            self.check_budget(machine);
        }
        self.figures.calls = self.slots.len() as u64;
    }

    /// Creates the flows and starts the executions. The requests of the clients need the rest of the quota.
    fn service_starts(&mut self) {
        for at in 0..self.plan.executions.len() {
            let planned = &self.plan.executions[at];
            let (starts, seconds, end) =
                (planned.starts, planned.seconds, if planned.fails { "Fail" } else { "Succeed" });
            let more = if planned.fails { "    Error: X\n" } else { "" };
            let flow = format!(
                "Type: StateMachine\nSpecVersion: v1\nName: f{at}\nStartAt: Nap\nStates:\n  - Type: Wait\n    Name: Nap\n    \
                 Seconds: {seconds}\n    Next: Done\n  - Type: {end}\n    Name: Done\n{more}"
            );
            let name = format!("f{at}");
            self.call_service(
                0,
                "CreateFlow",
                &[("Name", &name), ("Definition", &flow), ("Description", "d"), ("Type", "FDL")],
            );
            if starts == 0 {
                self.call_service(0, "StartExecution", &[("FlowName", &name), ("ExecutionName", "e")]);
            } else {
                self.count(Kind::StartedLater);
                let nonce = format!("start-{at}");
                let request = service_call(
                    self.service_time(starts),
                    &nonce,
                    "StartExecution",
                    &[("FlowName", &name), ("ExecutionName", "e")],
                );
                self.at(starts, Event::Arrive(usize::MAX, 0, request, Fate { kind: None, down: 0 }));
            }
        }
    }

    fn call_service(&mut self, at: u64, action: &str, parameters: &[(&str, &str)]) {
        let nonce = format!("{action}-{}", self.order);
        self.order += 1;
        let request = service_call(self.service_time(at), &nonce, action, parameters);
        let reply = self.emulator.request(self.service_time(at), &request);
        assert!(matches!(&reply, Reply::Answer(answer) if answer.status == 200), "{reply:?}");
        self.wake_service();
    }

    fn process(&mut self, event: Event) {
        match event {
            Event::Start(slot) => {
                let machine = self.slots[slot].machine;
                if self.postpone(machine, Event::Start(slot)) {
                    return;
                }
                let (steady, wall) = (self.steady(machine), self.wall(machine));
                self.slots[slot].caller.sleep = cloudflow_service::poll::SleepDetector::new(steady, wall);
                self.slots[slot].begun = self.now;
                if self.machines[machine].reports_offline {
                    self.slots[slot].caller.online = false;
                    self.step(slot, Input::Offline);
                }
                let action = self.step(slot, Input::Start);
                self.act(slot, action);
            }
            Event::Timer(slot, turn) if self.slots[slot].turn == turn => {
                let machine = self.slots[slot].machine;
                if !self.postpone(machine, Event::Timer(slot, turn)) {
                    self.check(slot, false);
                }
            }
            Event::Timer(..) => {}
            Event::Abort(slot) => {
                let machine = self.slots[slot].machine;
                if matches!(self.slots[slot].phase, Phase::Over) || self.postpone(machine, Event::Abort(slot)) {
                    return;
                }
                self.count(Kind::Abort);
                self.slots[slot].left = true;
                if !matches!(self.slots[slot].phase, Phase::NotStarted) && !self.slots[slot].caller.ignores_abort() {
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
                self.count(Kind::ProxyCut);
                match cut {
                    Cut::Broken => self.at(self.now + 20, Event::Back(slot, turn, Back::Failure)),
                    Cut::Status => self.at(self.now + 20, Event::Back(slot, turn, Back::Answer(page(504)))),
                    Cut::Silent => {}
                }
                // A cut is a property of the network, not a fault that ends.
            }
            Event::Back(slot, turn, back) => self.back(slot, turn, back),
            Event::Keys(machine, keys) => self.keys(machine, keys),
            Event::FaultBegins(machine, kind, long) => self.fault_begins(machine, kind, long),
            Event::FaultEnds(machine, kind) => self.fault_ends(machine, kind),
            Event::Service => self.service(),
        }
    }

    fn at(&mut self, at: u64, event: Event) {
        self.order += 1;
        self.store.push(Some(event));
        self.events.push(Reverse((at, self.order, self.store.len() - 1)));
    }

    fn count(&mut self, kind: Kind) {
        self.figures.counts[kind as usize] += 1;
    }

    fn note_fault(&mut self, slot: usize) {
        let machine = self.slots[slot].machine;
        self.machines[machine].last_fault = self.machines[machine].last_fault.max(self.now);
    }

    fn violate(&mut self, what: String) {
        let now = self.now;
        self.violation.get_or_insert(format!("at {now} ms: {what}"));
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
