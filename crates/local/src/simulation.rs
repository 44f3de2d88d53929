//! A flow on a clock of its own, and the flows that it starts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::shape::{Task, task, task_result};
use crate::simulate::{
    self, ChildFlow, Failure, MOST_OF_A_TURN, Machine, Millis, Program, Report, Start, TaskId, TaskMode, TaskRequest,
    TaskResult, time,
};
use cloudflow_base::diagnostic::PathSegment;
use cloudflow_language::{Document, Options};

/// The most executions of one simulation: a flow may start itself without end.
const MOST_EXECUTIONS: usize = 1_000;

/// The most that the events of all its executions may take as JSON, in bytes.
const LARGEST_HISTORIES: usize = 256 * 1024 * 1024;

/// The bytes after which a part of the result ends, and the tasks of a turn.
const PART: usize = 1024 * 1024;

/// The units that a turn and a step of it take apart from the work of the executions.
const STEP: u64 = 1_000;

/// What `simulateFlow` takes, apart from what stays in JavaScript.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulationOptions {
    /// The input of the execution, as JSON text.
    pub input: String,
    /// The flows that it can start: names and definitions.
    #[serde(default)]
    pub flows: Vec<(String, String)>,
    /// The limits of the express mode hold.
    #[serde(default)]
    pub express: bool,
    /// The units of work of one turn.
    #[serde(skip)]
    pub work: Option<u64>,
}

/// What a simulation wants before it can go on.
#[derive(Debug, Default, Serialize)]
pub struct Turn {
    /// Tasks to do.
    pub wanted: Vec<Task>,
    /// Tasks that nobody waits for any more.
    pub cancelled: Vec<u64>,
    /// It has not come to a halt, but to the end of its turn: whoever waits can be asked whether he still
    /// does. Results of tasks are given when it has come to a halt.
    pub more: bool,
}

/// A flow that runs on a clock of its own.
#[derive(Debug)]
pub struct Simulation {
    flows: BTreeMap<String, Rc<Program>>,
    // INVARIANT: the first is the flow itself; the others come after those that started them.
    runs: Vec<Run>,
    /// Those that have not ended.
    active: BTreeSet<usize>,
    calls: BTreeMap<u64, (usize, TaskId)>,
    by_task: BTreeMap<(usize, TaskId), Work>,
    last_call: u64,
    due: BTreeMap<(Millis, u64), TaskResult>,
    now: Millis,
    seed: u64,
    /// What is to be done next, each when no execution has anything left to do by itself.
    steps: VecDeque<Step>,
    /// The executions that have something to do by now.
    told_something: BTreeSet<usize>,
    /// Those that have moved since they were asked what they want. They are asked in rounds: from the one at the first
    /// index to the one that was the last when the round began.
    moved: BTreeSet<usize>,
    round: (usize, usize),
    turn: Turn,
    /// The units of a turn, and what is left of this one. A turn that comes to a halt leaves the rest to the next.
    work: u64,
    left: u64,
    /// How far the result has been given out: the execution, its event.
    given: (usize, usize),
    /// What the events of all executions take as JSON.
    told: usize,
}

/// Something that an execution is told, or that is begun for it.
#[derive(Debug)]
enum Step {
    Cancel(usize, TaskId),
    Want(usize, TaskRequest),
    Answer(usize, TaskId, TaskResult),
    Report(String, TaskResult),
}

/// An execution.
#[derive(Debug)]
struct Run {
    flow: String,
    name: String,
    program: Rc<Program>,
    machine: Machine,
    /// The task that gets its result.
    owner: Option<(usize, TaskId)>,
    /// The token of a task that gets its result.
    callback: Option<String>,
    /// What its events took when it was looked at last.
    told: usize,
}

/// Who does a task.
#[derive(Clone, Copy, Debug)]
enum Work {
    Call(u64),
    Run(usize),
}

impl Simulation {
    /// Starts a flow. One that the checks refuse is not started: the message says why.
    pub fn start(text: &str, options: &SimulationOptions, now: u64, seed: u64) -> Result<Self, String> {
        let program = program(text, options.express)?;
        let mut flows = BTreeMap::new();
        for (name, text) in &options.flows {
            let program = self::program(text, false).map_err(|problem| format!("the flow `{name}`: {problem}"))?;
            flows.insert(name.clone(), program);
        }
        let Ok(input @ Value::Object(_)) = serde_json::from_str(&options.input) else {
            return Err("the input must be an object".to_owned());
        };
        let mut simulation = Simulation {
            flows,
            runs: Vec::new(),
            active: BTreeSet::new(),
            calls: BTreeMap::new(),
            by_task: BTreeMap::new(),
            last_call: 0,
            due: BTreeMap::new(),
            now,
            seed,
            steps: VecDeque::new(),
            told_something: BTreeSet::new(),
            moved: BTreeSet::new(),
            round: (0, 0),
            turn: Turn::default(),
            work: options.work.unwrap_or(MOST_OF_A_TURN).max(1),
            left: 0,
            given: (0, 0),
            told: 0,
        };
        simulation.left = simulation.work;
        let name = program.name().unwrap_or("flow").to_owned();
        simulation.run(name, "simulation".to_owned(), program, input, None, None);
        Ok(simulation)
    }

    /// The tasks wanted now. Where nothing is wanted and nobody is `busy` with a task, time jumps
    /// to what happens next.
    pub fn turn(&mut self, mut busy: bool) -> Turn {
        loop {
            self.left = self.left.saturating_sub(STEP);
            if self.left == 0 || !self.settle() {
                // The next one begins anew.
                self.left = self.work;
                return Turn { more: true, ..std::mem::take(&mut self.turn) };
            }
            busy |= !self.turn.wanted.is_empty() || !self.turn.cancelled.is_empty();
            if busy {
                return std::mem::take(&mut self.turn);
            }
            self.left = self.left.saturating_sub(self.active.len() as u64);
            let wake = self.active.iter().filter_map(|at| self.runs.get(*at)?.machine.wake_at()).min();
            match (self.due.first_key_value().map(|(key, _)| *key), wake) {
                (Some(key), wake) if wake.is_none_or(|wake| key.0 <= wake) => {
                    self.now = self.now.max(key.0);
                    if let Some(result) = self.due.remove(&key) {
                        self.finish(key.1, result);
                    }
                }
                (_, Some(wake)) => {
                    self.now = self.now.max(wake);
                    let due = |at: &&usize| self.runs.get(**at).is_some_and(|run| run.machine.is_behind(self.now));
                    self.told_something.extend(self.active.iter().filter(due));
                }
                _ => return std::mem::take(&mut self.turn),
            }
        }
    }

    /// The result of a task, that long after now. Nobody else reports here, so it also answers for a
    /// task token. Without a delay that can be counted, the task never answers.
    pub fn finish_task(&mut self, call: u64, result: Result<&str, (String, String)>, delay: f64) {
        let result = task_result(result);
        if delay <= 0.0 {
            self.finish(call, result);
        } else if delay.is_finite() && self.calls.contains_key(&call) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
            let at = self.now.saturating_add(delay as Millis);
            self.due.insert((at, call), result);
        }
    }

    /// True where everything has ended.
    pub fn is_over(&self) -> bool {
        self.active.is_empty()
    }

    /// The next part of the result, as JSON text: the head of an execution with `events` that may be all of them, or
    /// a list of the events that follow. None where that was all. The first execution is that of the flow itself.
    pub fn next_part(&mut self) -> Option<String> {
        let (at, from) = self.given;
        let run = self.runs.get(at)?;
        let mut text = String::new();
        let last = if from == 0 {
            text.push('{');
            if at > 0 {
                let (flow, name) = (Value::from(run.flow.as_str()), Value::from(run.name.as_str()));
                let _ = write!(text, "\"flowName\":{flow},\"executionName\":{name},");
            }
            run.write_end(&mut text);
            text.push_str(",\"events\":");
            let last = run.write_events(from, &mut text);
            text.push('}');
            last
        } else {
            run.write_events(from, &mut text)
        };
        self.given = if last < run.machine.events().len() { (at, last) } else { (at + 1, 0) };
        Some(text)
    }

    /// The end, as JSON text; none while anything runs.
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

    /// Lets the executions get as far as they get, and takes out of them what they want, until none wants
    /// anything more. False where the units of the turn, or its tasks, are used up before.
    fn settle(&mut self) -> bool {
        loop {
            if !self.run_on() || self.turn_is_full() {
                return false;
            }
            if let Some(step) = self.steps.pop_front() {
                self.step(step);
                continue;
            }
            let (from, end) = self.round;
            match self.moved.range(from..end.max(from)).next().copied() {
                Some(at) => {
                    self.moved.remove(&at);
                    self.round.0 = at + 1;
                    self.ask(at);
                }
                None => {
                    self.round = (0, self.runs.len());
                    if self.moved.is_empty() {
                        return true;
                    }
                }
            }
        }
    }

    fn turn_is_full(&self) -> bool {
        self.turn.wanted.iter().map(|task| task.input.len()).sum::<usize>() >= PART
    }

    /// Every execution does what it can do by now. False where the units are used up.
    fn run_on(&mut self) -> bool {
        while let Some(at) = self.told_something.first().copied() {
            let Some(run) = self.runs.get_mut(at) else { break };
            while run.machine.is_behind(self.now) {
                if self.left == 0 {
                    return false;
                }
                run.machine.grant(self.left);
                run.machine.advance(self.now);
                self.left = run.machine.work_left();
            }
            let told = run.machine.told();
            self.told = self.told + told - run.told;
            run.told = told;
            if self.told > LARGEST_HISTORIES {
                let cause = format!("the events of all executions take more than {LARGEST_HISTORIES} bytes");
                run.machine.exhaust(cause);
            }
            self.told_something.remove(&at);
            self.moved.insert(at);
        }
        true
    }

    /// Tells an execution something, as a part of this turn.
    fn tell<R>(&mut self, at: usize, tell: impl FnOnce(&mut Machine, Millis) -> R) -> Option<R> {
        let run = self.runs.get_mut(at)?;
        self.told_something.insert(at);
        run.machine.grant(self.left);
        let told = tell(&mut run.machine, self.now);
        self.left = run.machine.work_left();
        Some(told)
    }

    /// What an execution wants.
    fn ask(&mut self, at: usize) {
        self.left = self.left.saturating_sub(STEP);
        if !self.active.contains(&at) {
            return;
        }
        let Some(run) = self.runs.get_mut(at) else { return };
        let (wanted, cancelled) = (run.machine.take_tasks(), run.machine.take_cancelled());
        self.steps.extend(cancelled.into_iter().map(|task| Step::Cancel(at, task)));
        self.steps.extend(wanted.into_iter().map(|request| Step::Want(at, request)));
        self.close(at);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Cancel(at, task) => self.cancel(at, task),
            Step::Want(at, request) => self.want(at, request),
            Step::Answer(at, task, result) => self.answer(at, task, result),
            Step::Report(token, result) => drop(self.report(&token, &result)),
        }
    }

    /// A task: another flow where it is known here, else whoever does tasks.
    fn want(&mut self, at: usize, request: TaskRequest) {
        let known =
            request.child.as_ref().and_then(|child| Some((child.clone(), self.flows.get(&child.flow)?.clone())));
        if let Some((child, program)) = known {
            return self.child(at, &request, child, program);
        }
        // A flow that was started with a token has no other way to report.
        if !self.flows.is_empty()
            && let Some((token, result)) = reports(&request)
        {
            let answer = match self.report(&token, &result) {
                Report::Taken(event) => Ok(json!({ "EventId": event })),
                Report::Completed => Err(refusal("fnf.TaskAlreadyCompleted", "the task is over".to_owned())),
                Report::Unknown => Err(refusal("fnf.InvalidArgument", format!("no task has the token `{token}`"))),
            };
            return self.answer(at, request.task, answer);
        }
        self.last_call += 1;
        self.calls.insert(self.last_call, (at, request.task));
        self.by_task.insert((at, request.task), Work::Call(self.last_call));
        self.turn.wanted.push(task(self.last_call, request));
    }

    fn child(&mut self, at: usize, request: &TaskRequest, child: ChildFlow, program: Rc<Program>) {
        let name = child.execution.unwrap_or_else(|| format!("child-{}", self.runs.len()));
        let refused = if self.runs.iter().any(|run| run.flow == child.flow && run.name == name) {
            Some(("fnf.ExecutionAlreadyExists", format!("the flow `{}` has an execution `{name}`", child.flow)))
        } else if self.runs.len() >= MOST_EXECUTIONS {
            Some(("Local.TooManyExecutions", format!("a simulation has at most {MOST_EXECUTIONS} executions")))
        } else {
            None
        };
        if let Some((error, cause)) = refused {
            return self.answer(at, request.task, Err(refusal(error, cause)));
        }
        let waits = request.mode == TaskMode::SystemCallback;
        let started = ChildFlow::started(&child.flow, &name, &format!("request-{}", self.runs.len()));
        let owner = waits.then_some((at, request.task));
        let input = (*child.input).clone();
        let number = self.runs.len();
        self.run(child.flow, name, program, input, owner, child.callback);
        if !waits {
            return self.answer(at, request.task, Ok(started));
        }
        self.by_task.insert((at, request.task), Work::Run(number));
        self.tell(at, |machine, now| machine.submit_task(now, request.task, started));
    }

    fn run(
        &mut self,
        flow: String,
        name: String,
        program: Rc<Program>,
        input: Value,
        owner: Option<(usize, TaskId)>,
        callback: Option<String>,
    ) {
        let at = self.runs.len();
        let start = Start {
            flow: flow.clone(),
            execution: name.clone(),
            role: String::new(),
            input,
            now: self.now,
            seed: self.seed.wrapping_add(at as u64),
            work: Some(self.left),
            ..Start::default()
        };
        let machine = Machine::start(Rc::clone(&program), start);
        self.left = machine.work_left();
        self.runs.push(Run { flow, name, program, machine, owner, callback, told: 0 });
        self.active.insert(at);
        self.told_something.insert(at);
    }

    /// Where an execution has ended, whoever waits for it hears so.
    fn close(&mut self, at: usize) {
        let Some(run) = self.runs.get(at) else { return };
        let Some(outcome) = run.machine.outcome() else { return };
        let (owner, callback) = (run.owner, run.callback.clone());
        self.active.remove(&at);
        if let Some((owner, task)) = owner
            && self.by_task.remove(&(owner, task)).is_some()
        {
            self.steps.push_back(Step::Answer(owner, task, outcome.clone()));
        }
        self.steps.extend(callback.map(|token| Step::Report(token, outcome)));
    }

    fn report(&mut self, token: &str, result: &TaskResult) -> Report {
        let report = self.active.clone().into_iter().find_map(|at| {
            let report = self.tell(at, |machine, now| machine.report(now, token, result.clone()));
            report.filter(|report| *report != Report::Unknown)
        });
        report.unwrap_or(Report::Unknown)
    }

    fn cancel(&mut self, at: usize, task: TaskId) {
        match self.by_task.remove(&(at, task)) {
            Some(Work::Call(call)) => {
                self.calls.remove(&call);
                self.due.retain(|(_, due), _| *due != call);
                self.turn.wanted.retain(|wanted| wanted.id != call);
                self.turn.cancelled.push(call);
            }
            Some(Work::Run(child)) => {
                self.tell(child, |machine, now| machine.stop(now, None, None));
            }
            None => {}
        }
    }

    fn finish(&mut self, call: u64, result: TaskResult) {
        let Some((at, task)) = self.calls.remove(&call) else { return };
        self.by_task.remove(&(at, task));
        self.tell(at, |machine, now| match machine.token_of(task).map(str::to_owned) {
            Some(token) => drop(machine.report(now, &token, result)),
            None => machine.finish_task(now, task, result),
        });
    }

    fn answer(&mut self, at: usize, task: TaskId, result: TaskResult) {
        self.tell(at, |machine, now| machine.finish_task(now, task, result));
    }
}

impl Run {
    /// Straight to text: a history of large data is not held a second time. Writing to a text does
    /// not fail.
    fn write_end(&self, text: &mut String) {
        let machine = &self.machine;
        let _ = write!(text, "\"status\":\"{}\"", machine.status().as_str());
        if let Some(output) = machine.output() {
            let _ = write!(text, ",\"output\":{output}");
        }
        if let Some(failure) = machine.failure() {
            let (error, cause) = (Value::from(failure.error.as_str()), Value::from(failure.cause.as_str()));
            let _ = write!(text, ",\"error\":{error},\"cause\":{cause}");
        }
    }

    /// Events from the one at an index on, as a list of some length; gives the index behind the last.
    fn write_events(&self, from: usize, text: &mut String) -> usize {
        let begin = text.len();
        let mut last = from;
        text.push('[');
        for event in self.machine.events().get(from..).unwrap_or_default() {
            if text.len() - begin > PART {
                break;
            }
            let comma = if last == from { "" } else { "," };
            last += 1;
            let step = Value::from(event.step.as_deref().unwrap_or_default());
            let (id, by, kind, time) = (event.id, event.scheduled_by, event.kind.as_str(), time::format(event.at));
            let _ = write!(
                text,
                "{comma}{{\"eventId\":{id},\"scheduleEventId\":{by},\"type\":\"{kind}\",\"stepName\":{step},\"time\":\"{time}\",\"detail\":"
            );
            event.write_detail(text);
            if let Some(path) = event.state.and_then(|state| self.program.path(state)) {
                text.push_str(",\"path\":[");
                for (at, segment) in path.iter().enumerate() {
                    text.push_str(if at == 0 { "" } else { "," });
                    let _ = match segment {
                        PathSegment::Key(key) => write!(text, "{}", Value::from(key.as_str())),
                        PathSegment::Index(index) => write!(text, "{index}"),
                    };
                }
                text.push(']');
            }
            text.push('}');
        }
        text.push(']');
        last
    }
}

/// The token and the result that a task reports which calls the operation for it.
fn reports(request: &TaskRequest) -> Option<(String, TaskResult)> {
    let text = |name: &str| request.input.get(name)?.as_str().map(str::to_owned);
    let token = || text("TaskToken").or_else(|| text("taskToken"));
    if request.action.eq_ignore_ascii_case("fnf:ReportTaskSucceeded") {
        let output = request.input.get("Output").or_else(|| request.input.get("output"))?;
        let output = match output {
            Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| output.clone()),
            other => other.clone(),
        };
        return Some((token()?, Ok(output)));
    }
    if request.action.eq_ignore_ascii_case("fnf:ReportTaskFailed") {
        let error = text("Error").or_else(|| text("error")).unwrap_or_default();
        let cause = text("Cause").or_else(|| text("cause")).unwrap_or_default();
        return Some((token()?, Err(Failure { error, cause })));
    }
    None
}

fn refusal(error: &str, cause: String) -> Failure {
    Failure { error: error.to_owned(), cause }
}

fn program(text: &str, express: bool) -> Result<Rc<Program>, String> {
    let tree = &mut None;
    let Document { flow, diagnostics, .. } = Document::read(text, Options { express }, tree);
    if let Some(problem) = simulate::refusal(text, &diagnostics) {
        return Err(problem);
    }
    let program = simulate::compile(flow.as_ref().ok_or("the text holds no flow")?);
    match program.oversized() {
        Some(why) => Err(why.to_owned()),
        None => Ok(Rc::new(program)),
    }
}
