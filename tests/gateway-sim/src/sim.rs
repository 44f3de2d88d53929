//! The simulation of one account: its clients, Workers, objects, budget and service.

use std::collections::HashMap;

use cloudflow_service::hub::{Bucket, Budget, Input};

use crate::client::Client;
use crate::object::Object;
use crate::queue::{Body, Break, Caller, Queue, What};
use crate::report::Report;
use crate::rng::Rng;
use crate::session::Session;
use crate::upstream::{Millis, Upstream};
use crate::world::{Broken, World};

/// A socket between a Worker and an object.
pub struct Link {
    /// The Worker. Absent after it has died or closed the socket.
    pub session: Option<u32>,
    pub execution: u32,
    pub object: u32,
    /// The number in the object's machine.
    pub id: Option<u32>,
    /// The object reads from it.
    pub open: bool,
    /// Time in one direction. Frames do not overtake each other.
    pub delay: Millis,
    /// When the object's host last answered a `p`.
    pub pinged: Option<Millis>,
}

/// The state of a simulation.
pub struct Sim {
    pub world: World,
    pub rng: Rng,
    pub now: Millis,
    pub queue: Queue,
    pub upstream: Upstream,
    pub objects: Vec<Object>,
    object_of: HashMap<(u32, Option<u32>), u32>,
    pub links: HashMap<u32, Link>,
    pub last_link: u32,
    pub sessions: HashMap<u32, Box<Session>>,
    pub last_session: u32,
    pub clients: Vec<Client>,
    budget: Budget,
    budget_record: String,
    skews: Vec<u64>,
    pub report: Report,
    /// Clients that stay and have not seen the end.
    pub waiting: usize,
    /// Added to each clock, so that a skew is never negative.
    base: u64,
}

/// Simulates one account. Stops when all watchers have seen the end.
pub fn simulate(world: World, seed: u64) -> Report {
    let mut rng = Rng::new(seed);
    let upstream = Upstream::new(&world, &mut rng);
    let most = world.faults.skew_ms;
    let skews = (0..world.locations).map(|_| rng.below(2 * most + 1)).collect();
    let mut sim = Sim {
        world,
        rng,
        now: 0,
        queue: Queue::default(),
        upstream,
        objects: Vec::new(),
        object_of: HashMap::new(),
        links: HashMap::new(),
        last_link: 0,
        sessions: HashMap::new(),
        last_session: 0,
        clients: Vec::new(),
        budget: Budget::restore(""),
        budget_record: String::new(),
        skews,
        report: Report::default(),
        waiting: 0,
        // A plausible time.
        base: 1_700_000_000_000,
    };
    sim.populate();
    for (what, per_minute) in [
        (Break::Reset, world.faults.resets),
        (Break::Budget, world.faults.budget_resets),
        (Break::Evict, world.faults.evictions),
        (Break::Socket, world.faults.lost_sockets),
        (Break::Worker, world.faults.dead_workers),
        (Break::Leader, world.faults.dead_leaders),
    ] {
        sim.plan_break(what, per_minute);
    }
    while sim.waiting > 0 {
        let Some((at, what)) = sim.queue.pop() else {
            break;
        };
        if at > world.limit_ms {
            break;
        }
        sim.now = at;
        sim.happen(what);
    }
    sim.conclude()
}

impl Sim {
    /// The clock of a location or of an object is the time plus this.
    pub fn skew(&self, location: u32) -> u64 {
        self.base + self.skews.get(location as usize).copied().unwrap_or(0)
    }

    /// The object of an execution.
    pub fn object(&mut self, execution: u32, leaf: Option<u32>) -> u32 {
        if let Some(&known) = self.object_of.get(&(execution, leaf)) {
            return known;
        }
        let number = self.objects.len() as u32;
        let skew = self.skew(self.home(number));
        self.objects.push(Object::new(execution, leaf, skew, self.now));
        self.object_of.insert((execution, leaf), number);
        number
    }

    /// The location of an object.
    fn home(&self, object: u32) -> u32 {
        (object.wrapping_mul(2_654_435_761) >> 7) % self.world.locations.max(1)
    }

    /// The time from a location to an object: 1 to 150 ms.
    pub fn delay(&self, location: u32, object: u32) -> Millis {
        let home = self.home(object);
        let far = u64::from(location.abs_diff(home)) * 150 / u64::from(self.world.locations.max(1));
        1 + far
    }

    /// A link to its Worker.
    pub fn send_down(&mut self, link: u32, what: impl FnOnce(u32) -> What) {
        if let Some(delay) = self.links.get(&link).map(|link| link.delay) {
            self.queue.push(self.now + delay, what(link));
        }
    }

    /// A link to its object.
    pub fn send_up(&mut self, link: u32, what: impl FnOnce(u32) -> What) {
        if let Some(delay) = self.links.get(&link).map(|link| link.delay) {
            self.queue.push(self.now + delay, what(link));
        }
    }

    /// Asks the budget for a permit.
    pub fn ask(&mut self, caller: Caller, history: bool, throttled: Option<Millis>, turn: u32) {
        let delay = 5 + self.rng.below(60);
        self.queue.push(self.now + delay, What::Ask { caller, history, throttled, turn });
    }

    /// The execution of a caller.
    fn execution_of(&self, caller: Caller) -> Option<u32> {
        match caller {
            Caller::Session(number) => self.sessions.get(&number).map(|session| session.execution),
            Caller::Object(at) => self.objects.get(at as usize).map(|object| object.execution),
        }
    }

    /// Something disturbs an execution: the end may be seen later.
    pub fn disturb(&mut self, execution: u32) {
        let now = self.now;
        if let Some(execution) = self.upstream.executions.get_mut(execution as usize)
            && execution.known.is_none()
        {
            execution.disturbed = Some(now);
        }
    }

    /// The hub of an execution has its end.
    pub fn known(&mut self, execution: u32) {
        let now = self.now;
        if let Some(execution) = self.upstream.executions.get_mut(execution as usize) {
            execution.known.get_or_insert(now);
        }
    }

    fn happen(&mut self, what: What) {
        match what {
            What::Request { client } => self.request(client),
            What::Leave { client } => self.leave(client),
            What::Timer { session, turn } => self.timer(session, turn),
            What::Join { session, link, since, deadline, after } => {
                if self.rng.chance(self.world.faults.lost_sockets.min(10)) {
                    self.send_down(link, |link| What::Refused { link });
                    return;
                }
                // A Worker that died before has no request any more.
                if let Some((kind, history)) = self.wish(session) {
                    self.join(link, kind, history, since, deadline, after);
                }
            }
            What::Joined { link } => self.input(link, Input::Joined, Body::Nothing),
            What::Refused { link } => self.input(link, Input::JoinFailed, Body::Nothing),
            What::Leaves { link, count } => self.input(link, Input::Leaves(count), Body::Nothing),
            What::Answered { link, frame } | What::Down { link, frame } => {
                self.input(link, Input::Frame(&frame.header), frame.body);
            }
            What::Up { link, frame } => self.up(link, &frame),
            What::ClosedUp { link } => self.closed_up(link),
            What::ClosedDown { link } => self.closed_down(link),
            What::Alarm { object, turn } => self.alarm(object, turn),
            What::Ask { caller, history, throttled, turn } => self.asked(caller, history, throttled, turn),
            What::Permit { caller, history, wait_ms, stretch, turn } => match caller {
                Caller::Session(number) => self.permit(number, history, wait_ms, stretch),
                Caller::Object(at) => self.own_permit(at, wait_ms, turn),
            },
            What::Call { caller, history, wait_ms, after, turn } => self.called(caller, history, wait_ms, after, turn),
            What::Reply { caller, history, reply, turn } => match caller {
                Caller::Session(number) => self.reply(number, history, reply, turn),
                Caller::Object(at) => self.own_reply(at, reply, turn),
            },
            What::Break(what) => self.break_something(what),
        }
    }

    fn input(&mut self, link: u32, input: Input<'_>, body: Body) {
        if let Some(number) = self.links.get(&link).and_then(|link| link.session) {
            self.watch_step(number, input, body);
        }
    }

    fn asked(&mut self, caller: Caller, history: bool, throttled: Option<Millis>, turn: u32) {
        let Some(execution) = self.execution_of(caller) else {
            return;
        };
        if self.world.broken == Broken::Budget {
            self.budget = Budget::restore("");
        }
        let bucket = if history { Bucket::History } else { Bucket::Describe };
        let (now, random) = (self.now + self.base, self.rng.word());
        let permit = self.budget.permit(now, random, bucket, &execution.to_string(), throttled);
        self.budget_record = self.budget.record();
        if permit.wait_ms > 0 {
            self.report.queued += 1;
        }
        let delay = 5 + self.rng.below(60);
        let answer = What::Permit { caller, history, wait_ms: permit.wait_ms, stretch: permit.stretch_seconds, turn };
        self.queue.push(self.now + delay, answer);
    }

    fn called(&mut self, caller: Caller, history: bool, wait_ms: Millis, after: u64, turn: u32) {
        let Some(execution) = self.execution_of(caller) else {
            return;
        };
        let (now, faults) = (self.now, self.world.faults);
        let answer = if history {
            self.upstream.history(now, execution, after, &faults, &mut self.rng)
        } else {
            self.upstream.describe(now, execution, wait_ms, &faults, &mut self.rng)
        };
        match answer {
            Some((at, reply)) => {
                if !matches!(reply, crate::upstream::Reply::State(_) | crate::upstream::Reply::Events { .. }) {
                    self.disturb(execution);
                } else if !history {
                    let due = self
                        .upstream
                        .executions
                        .get(execution as usize)
                        .map_or(now, |e| e.ends.clamp(now, now + wait_ms));
                    if at > due + 100 {
                        self.disturb(execution);
                    }
                    self.watched(execution, at);
                }
                self.queue.push(at + 20, What::Reply { caller, history, reply: Some(reply), turn });
            }
            None => self.disturb(execution),
        }
    }

    /// The service has answered with the state of an execution, or will at `at`.
    fn watched(&mut self, execution: u32, at: Millis) {
        let Some(execution) = self.upstream.executions.get_mut(execution as usize) else {
            return;
        };
        if execution.answered > 0 {
            execution.longest_gap = execution.longest_gap.max(self.now.saturating_sub(execution.answered));
        }
        execution.answered = execution.answered.max(at);
    }

    fn plan_break(&mut self, what: Break, per_minute: u32) {
        if per_minute > 0 {
            let pause = self.rng.below(120_000 / u64::from(per_minute)) + 1;
            self.queue.push(self.now + pause, What::Break(what));
        }
    }

    fn break_something(&mut self, what: Break) {
        let rates = self.world.faults;
        let rate = match what {
            Break::Reset => {
                if let Some(at) = self.any_object() {
                    self.reset_object(at);
                }
                rates.resets
            }
            Break::Budget => {
                self.budget = Budget::restore(&self.budget_record);
                rates.budget_resets
            }
            Break::Evict => {
                let forgets = self.world.broken == Broken::Hub;
                if let Some(object) = self.any_object().and_then(|at| self.objects.get_mut(at as usize)) {
                    object.evict(forgets);
                }
                rates.evictions
            }
            Break::Socket => {
                if let Some(link) = self.any_link() {
                    self.lose(link);
                }
                rates.lost_sockets
            }
            Break::Worker => {
                if let Some(link) = self.any_link() {
                    self.kill_worker(link);
                }
                rates.dead_workers
            }
            Break::Leader => {
                let object = self.any_object().and_then(|at| self.objects.get(at as usize));
                if let Some(link) = object.and_then(Object::leader) {
                    self.kill_worker(link);
                }
                rates.dead_leaders
            }
        };
        self.report.faults += 1;
        self.plan_break(what, rate);
    }

    fn any_object(&mut self) -> Option<u32> {
        let count = self.objects.len() as u64;
        (count > 0).then(|| self.rng.below(count) as u32)
    }

    fn any_link(&mut self) -> Option<u32> {
        let at = self.any_object()?;
        let links = self.objects.get(at as usize)?.links();
        let index = self.rng.below(links.len() as u64) as usize;
        links.get(index).copied()
    }

    fn reset_object(&mut self, at: u32) {
        let Some(object) = self.objects.get_mut(at as usize) else {
            return;
        };
        let (links, execution) = (object.links(), object.execution);
        if self.world.broken == Broken::Hub {
            object.evict(true);
        }
        object.reset();
        for link in links {
            if let Some(link) = self.links.get_mut(&link) {
                link.open = false;
            }
            self.send_down(link, |link| What::ClosedDown { link });
        }
        self.disturb(execution);
    }

    /// Both sides are told, at different times.
    fn lose(&mut self, link: u32) {
        let Some(entry) = self.links.get_mut(&link) else {
            return;
        };
        entry.open = false;
        let (execution, up, down) = (entry.execution, self.rng.below(3000), self.rng.below(3000));
        self.disturb(execution);
        self.queue.push(self.now + up, What::ClosedUp { link });
        self.queue.push(self.now + down, What::ClosedDown { link });
    }

    fn kill_worker(&mut self, link: u32) {
        let Some(entry) = self.links.get(&link) else {
            return;
        };
        let (session, execution) = (entry.session, entry.execution);
        self.disturb(execution);
        // The watch of a parent runs in the Worker of the leader of the leaf hub.
        if let Some(client) = session.and_then(|number| self.kill(number)) {
            self.dropped(client);
        }
        if !self.rng.chance(200) {
            let delay = self.rng.below(200);
            self.queue.push(self.now + delay, What::ClosedUp { link });
        }
    }
}
