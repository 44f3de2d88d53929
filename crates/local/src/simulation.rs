//! Runs a flow and the flows that it starts on a virtual clock. `simulateFlow` is a driver of this.

mod result;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schedule::{Action, Begin, ExecutionId, Link, Message, Post, Schedule};
use crate::shape::{Task, task, task_result};
use crate::simulate::{self, MOST_OF_A_TURN, Machine, Millis, Program, Start, TaskResult};

/// Maximum number of executions in one simulation. It ends the recursion of a flow that starts itself.
const MOST_EXECUTIONS: usize = 1_000;

/// Maximum size of the events of all executions as JSON, in bytes.
const LARGEST_HISTORIES: usize = 256 * 1024 * 1024;

/// The size at which a part of the result ends, in bytes. It also limits the tasks of a turn.
const PART: usize = 1024 * 1024;

/// The units of an action and of a step of time, in addition to the work of the executions.
const STEP: u64 = 1_000;

/// The options of `simulateFlow` that do not stay in JavaScript.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulationOptions {
    /// The input of the execution, as JSON text.
    pub input: String,
    /// The flows that it can start: names and definitions.
    #[serde(default)]
    pub flows: Vec<(String, String)>,
    /// The flow runs in Express mode.
    #[serde(default)]
    pub express: bool,
    /// The units of work of one turn.
    #[serde(skip)]
    pub work: Option<u64>,
}

/// The requirements of a simulation before it can continue.
#[derive(Debug, Default, Serialize)]
pub struct Turn {
    /// Tasks to do.
    pub requested: Vec<Task>,
    /// Cancelled tasks.
    pub cancelled: Vec<u64>,
    /// The turn is used up, but the simulation can continue. The caller can check for an abort. Results of tasks are
    /// passed when this is false.
    pub more: bool,
}

/// A flow that runs on a virtual clock.
#[derive(Debug)]
pub struct Simulation {
    flows: BTreeMap<String, Rc<Program>>,
    // INVARIANT: the number of an execution is its index. The first execution is that of the flow itself. A child follows
    // its parent.
    runs: Vec<Run>,
    /// The executions that have not ended.
    active: BTreeSet<usize>,
    schedule: Schedule,
    /// Results of tasks by the time when they arrive, in the order in which they were passed.
    due: BTreeMap<(Millis, u64), (u64, TaskResult)>,
    last_due: u64,
    now: Millis,
    /// The executions that have changed and may have work at this time.
    changed: VecDeque<usize>,
    turn: Turn,
    /// The units of a turn, and the units that are left of this turn. A turn that ends early leaves the rest to the
    /// next.
    work: u64,
    left: u64,
    /// The next part of the result: the execution, its event.
    given: (usize, usize),
    /// The size of the events of all executions as JSON, in bytes.
    event_bytes: usize,
}

/// An execution.
#[derive(Debug)]
struct Run {
    flow: String,
    name: String,
    program: Rc<Program>,
    machine: Machine,
    /// The part of [`Simulation::event_bytes`].
    event_bytes: usize,
}

impl Simulation {
    /// Starts a flow. An error is the reason why the flow cannot be started.
    pub fn start(text: &str, options: &SimulationOptions, now: u64, seed: u64) -> Result<Self, String> {
        let program = Rc::new(simulate::read(text, options.express)?);
        let mut flows = BTreeMap::new();
        for (name, text) in &options.flows {
            let program = simulate::read(text, false).and_then(|program| {
                program.check_name(name)?;
                Ok(program)
            });
            flows.insert(name.clone(), Rc::new(program.map_err(|problem| format!("the flow `{name}`: {problem}"))?));
        }
        if let Some(name) = program.name() {
            flows.entry(name.to_owned()).or_insert_with(|| Rc::clone(&program));
        }
        let Ok(input @ Value::Object(_)) = simulate::json(&options.input) else {
            return Err("the input must be an object".to_owned());
        };
        let work = options.work.unwrap_or(MOST_OF_A_TURN).max(1);
        let mut simulation = Simulation {
            flows,
            runs: Vec::new(),
            active: BTreeSet::new(),
            schedule: Schedule::default(),
            due: BTreeMap::new(),
            last_due: 0,
            now,
            changed: VecDeque::new(),
            turn: Turn::default(),
            work,
            left: work,
            given: (0, 0),
            event_bytes: 0,
        };
        let flow = program.name().unwrap_or("flow").to_owned();
        let link = Link { flow, name: "simulation".to_owned(), ..Link::default() };
        simulation.run(link, program, input, seed);
        Ok(simulation)
    }

    /// Runs until a task is requested. If no task is requested and the caller is not `busy` with a task, the clock is set
    /// to the next event.
    pub fn turn(&mut self, mut busy: bool) -> Turn {
        loop {
            if !self.settle() {
                self.left = self.work;
                return Turn { more: true, ..std::mem::take(&mut self.turn) };
            }
            let is_wanted = !self.turn.requested.is_empty();
            busy |= is_wanted || !self.turn.cancelled.is_empty();
            self.left = self.left.saturating_sub(STEP + self.active.len() as u64);
            let wake = |at: &usize| Some((self.runs.get(*at)?.machine.wake_at()?, *at));
            let wake = self.active.iter().filter_map(wake).min();
            let result = self.next_result();
            // Timers precede results of the same time: a result at the time of the timeout is too late.
            let is_result = result.is_some_and(|key| wake.is_none_or(|(at, _)| key.0 < at));
            let Some(at) = (if is_result { result.map(|key| key.0) } else { wake.map(|(at, _)| at) }) else {
                return std::mem::take(&mut self.turn);
            };
            // At one time, timers are processed first. Then tasks are handed out, and results follow one by one.
            if busy && (at > self.now || (is_wanted && is_result)) {
                return std::mem::take(&mut self.turn);
            }
            self.now = self.now.max(at);
            self.schedule.advance(self.now);
            match (is_result, result, wake) {
                (true, Some(key), _) => {
                    if let Some((call, result)) = self.due.remove(&key) {
                        self.finish(call, result);
                    }
                }
                (_, _, Some((_, run))) => self.changed.push_back(run),
                _ => {}
            }
        }
    }

    /// Passes the result of a task, which arrives after `delay` milliseconds. There is no other source of reports, so it is
    /// also the report for a task token. If the delay is not finite, the task has no result.
    pub fn finish_task(&mut self, call: u64, result: Result<&str, (String, String)>, delay: f64) {
        if (delay > 0.0 && !delay.is_finite()) || delay.is_nan() || !self.schedule.is_pending(call) {
            return;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
        let at = self.now.saturating_add(delay as Millis);
        self.last_due += 1;
        self.due.insert((at, self.last_due), (call, task_result(result)));
    }

    /// The first result whose task is pending.
    fn next_result(&mut self) -> Option<(Millis, u64)> {
        loop {
            let (key, call) = self.due.first_key_value().map(|(key, (call, _))| (*key, *call))?;
            if self.schedule.is_pending(call) {
                return Some(key);
            }
            self.due.remove(&key);
        }
    }

    /// Whether all executions have ended.
    pub fn is_over(&self) -> bool {
        self.active.is_empty()
    }

    /// The next part of the result, as JSON text: an execution with its first events, or a list of further events.
    /// Absent if there are no further parts. The first execution is that of the flow itself.
    pub fn next_part(&mut self) -> Option<String> {
        let (at, from) = self.given;
        let run = self.runs.get(at)?;
        let mut text = String::new();
        let last = if from == 0 { run.write_head(at > 0, &mut text) } else { run.write_events(from, &mut text) };
        self.given = if last < run.machine.events().len() { (at, last) } else { (at + 1, 0) };
        Some(text)
    }

    /// The whole result, as JSON text. Absent while an execution runs.
    pub fn end(&mut self) -> Option<String> {
        if !self.is_over() {
            return None;
        }
        let mut runs: Vec<Value> = Vec::new();
        while let Some(part) = self.next_part() {
            match (serde_json::from_str(&part).ok()?, runs.last_mut()) {
                (Value::Array(events), Some(run)) => run.get_mut("events")?.as_array_mut()?.extend(events),
                (run, _) => runs.push(run),
            }
        }
        let mut runs = runs.into_iter();
        let mut end = runs.next()?;
        if runs.len() > 0 {
            end.as_object_mut()?.insert("children".to_owned(), runs.collect());
        }
        Some(end.to_string())
    }

    /// Carries out all actions that are due at this time. False if the units or the tasks of the turn are used up.
    fn settle(&mut self) -> bool {
        loop {
            if !self.run_on() || self.turn_is_full() {
                return false;
            }
            let Some(action) = self.schedule.next(|flow| self.flows.contains_key(flow)) else { return true };
            match action {
                Action::Post(post) => self.post(post),
                Action::Begin(begin) => self.begin(&begin),
                Action::Call(call) => self.turn.requested.push(task(call.id, call.request)),
                Action::Cancel(call) => match self.turn.requested.iter().position(|requested| requested.id == call) {
                    // It was not handed out yet.
                    Some(at) => drop(self.turn.requested.remove(at)),
                    None => self.turn.cancelled.push(call),
                },
            }
            self.left = self.left.saturating_sub(STEP);
        }
    }

    fn turn_is_full(&self) -> bool {
        self.turn.requested.iter().map(|task| task.input.len()).sum::<usize>() >= PART
    }

    /// Runs the executions that have changed. False if the units of the turn are used up.
    fn run_on(&mut self) -> bool {
        while let Some(at) = self.changed.front().copied() {
            let Some(run) = self.runs.get_mut(at) else { break };
            while run.machine.is_behind(self.now) {
                if self.left == 0 {
                    return false;
                }
                run.machine.set_turn(self.left);
                run.machine.advance(self.now);
                self.left = run.machine.work_left();
            }
            let bytes = run.machine.event_bytes();
            self.event_bytes = self.event_bytes + bytes - run.event_bytes;
            run.event_bytes = bytes;
            if self.event_bytes > LARGEST_HISTORIES {
                let cause = format!("the events of all executions take more than {LARGEST_HISTORIES} bytes");
                run.machine.exhaust(cause);
            }
            if self.schedule.collect(at as ExecutionId, &mut run.machine) {
                self.active.remove(&at);
            }
            self.changed.pop_front();
        }
        true
    }

    fn post(&mut self, Post { execution, message, reporter, .. }: Post) {
        let token = match &message {
            Message::Reported(token, _) => Some(token.clone()),
            _ => None,
        };
        let Some(at) = usize::try_from(execution).ok() else { return };
        let Some(run) = self.runs.get_mut(at) else { return };
        self.changed.push_back(at);
        run.machine.set_turn(self.left);
        let report = message.deliver(&mut run.machine, self.now);
        self.left = run.machine.work_left();
        if let Some(token) = token {
            self.schedule.remove_calls(execution, &run.machine);
            if let Some(reporter) = reporter {
                self.schedule.reported(reporter, &token, report);
            }
        }
    }

    fn begin(&mut self, begin: &Begin) {
        let number = self.runs.len();
        let answer = match self.flows.get(&begin.flow).cloned() {
            Some(program) if number < MOST_EXECUTIONS => {
                let is_free = |name: &String| self.schedule.find(&begin.flow, name).is_none();
                let name = begin.name.clone().or_else(|| (number..).map(|n| format!("child-{n}")).find(is_free));
                let link = begin.link(&name.unwrap_or_default());
                let answer = begin.answer(&link.name, &format!("request-{number}"));
                self.run(link, program, (*begin.input).clone(), begin.seed);
                answer
            }
            _ => begin
                .refuse("Local.TooManyExecutions", &format!("a simulation has at most {MOST_EXECUTIONS} executions")),
        };
        self.post(Post { execution: begin.owner.0, at: self.now, message: answer, reporter: None });
    }

    fn run(&mut self, link: Link, program: Rc<Program>, input: Value, seed: u64) {
        let at = self.runs.len();
        let (flow, name) = (link.flow.clone(), link.name.clone());
        let start = Start {
            flow: flow.clone(),
            execution: name.clone(),
            input,
            now: self.now,
            seed,
            work: Some(self.left),
            ..Start::default()
        };
        let machine = Machine::start(Rc::clone(&program), start);
        self.left = machine.work_left();
        self.schedule.add(at as ExecutionId, link);
        self.runs.push(Run { flow, name, program, machine, event_bytes: 0 });
        self.active.insert(at);
        self.changed.push_back(at);
    }

    fn finish(&mut self, call: u64, result: TaskResult) {
        let Some((execution, task)) = self.schedule.finish(call) else { return };
        let run = usize::try_from(execution).ok().and_then(|at| self.runs.get(at));
        let message = match run.and_then(|run| run.machine.token_of(task)) {
            Some(token) => Message::Reported(token.to_owned(), result),
            None => Message::Finished(task, result),
        };
        self.post(Post { execution, at: self.now, message, reporter: None });
    }
}
