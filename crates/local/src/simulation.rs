//! A flow on a clock of its own, and the flows that it starts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::shape::{Task, task, task_result};
use crate::simulate::{
    self, ChildFlow, Failure, Machine, Millis, Program, Report, Start, TaskId, TaskMode, TaskRequest, TaskResult, time,
};
use cloudflow_base::diagnostic::PathSegment;
use cloudflow_language::check::{Options, check_with};

/// The most executions of one simulation: a flow may start itself without end.
const MOST_EXECUTIONS: usize = 1_000;

/// Events after which a turn ends, so that whoever waits can be asked whether he still does.
const EVENTS_A_TURN: usize = 20_000;

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
}

/// What a simulation wants before it can go on.
#[derive(Debug, Serialize)]
pub struct Turn {
    /// Tasks to do.
    pub wanted: Vec<Task>,
    /// Tasks that nobody waits for any more.
    pub cancelled: Vec<u64>,
    /// It has not come to a halt, but to the end of its turn.
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
        };
        let name = program.name().unwrap_or("flow").to_owned();
        simulation.run(name, "simulation".to_owned(), program, input, None, None);
        Ok(simulation)
    }

    /// The tasks wanted now. Where nothing is wanted and nobody is `busy` with a task, time jumps
    /// to what happens next.
    pub fn turn(&mut self, mut busy: bool) -> Turn {
        let mut turn = Turn { wanted: Vec::new(), cancelled: Vec::new(), more: false };
        let begun = self.events();
        loop {
            self.settle(&mut turn);
            busy |= !turn.wanted.is_empty() || !turn.cancelled.is_empty();
            if busy {
                return turn;
            }
            if self.events() - begun > EVENTS_A_TURN {
                turn.more = true;
                return turn;
            }
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
                    for at in self.active.clone() {
                        if let Some(run) = self.runs.get_mut(at) {
                            run.machine.advance(self.now);
                        }
                    }
                }
                _ => return turn,
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

    /// The end, as JSON text; none while anything runs.
    pub fn end(&self) -> Option<String> {
        if !self.active.is_empty() {
            return None;
        }
        let mut text = "{".to_owned();
        let (first, children) = self.runs.split_first()?;
        first.write_end(&mut text);
        if !children.is_empty() {
            text.push_str(",\"children\":[");
            for (at, run) in children.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                let (flow, name) = (Value::from(run.flow.as_str()), Value::from(run.name.as_str()));
                let _ = write!(text, "{comma}{{\"flowName\":{flow},\"executionName\":{name},");
                run.write_end(&mut text);
                text.push('}');
            }
            text.push(']');
        }
        text.push('}');
        Some(text)
    }

    fn events(&self) -> usize {
        self.runs.iter().map(|run| run.machine.events().len()).sum()
    }

    /// Takes out of the executions what they want, until none wants anything more.
    fn settle(&mut self, turn: &mut Turn) {
        loop {
            let mut quiet = true;
            for at in self.active.clone() {
                let Some(run) = self.runs.get_mut(at) else { continue };
                let (wanted, cancelled) = (run.machine.take_tasks(), run.machine.take_cancelled());
                quiet &= wanted.is_empty() && cancelled.is_empty();
                for task in cancelled {
                    self.cancel(at, task, turn);
                }
                for request in wanted {
                    self.want(at, request, turn);
                }
                quiet &= !self.close(at, turn);
            }
            if quiet {
                return;
            }
        }
    }

    /// A task: another flow where it is known here, else whoever does tasks.
    fn want(&mut self, at: usize, request: TaskRequest, turn: &mut Turn) {
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
        turn.wanted.push(task(self.last_call, request));
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
        if let Some(run) = self.runs.get_mut(at) {
            run.machine.submit_task(self.now, request.task, started);
        }
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
            ..Start::default()
        };
        let machine = Machine::start(Rc::clone(&program), start);
        self.runs.push(Run { flow, name, program, machine, owner, callback });
        self.active.insert(at);
    }

    /// Where an execution has ended, whoever waits for it hears so.
    fn close(&mut self, at: usize, turn: &mut Turn) -> bool {
        let Some(run) = self.runs.get_mut(at) else { return false };
        let Some(outcome) = run.machine.outcome() else { return false };
        let (owner, callback) = (run.owner, run.callback.clone());
        self.active.remove(&at);
        for task in run.machine.take_cancelled() {
            self.cancel(at, task, turn);
        }
        if let Some((owner, task)) = owner
            && self.by_task.remove(&(owner, task)).is_some()
        {
            self.answer(owner, task, outcome.clone());
        }
        if let Some(token) = callback {
            self.report(&token, &outcome);
        }
        true
    }

    fn report(&mut self, token: &str, result: &TaskResult) -> Report {
        let report = self.active.clone().into_iter().find_map(|at| {
            let run = self.runs.get_mut(at)?;
            Some(run.machine.report(self.now, token, result.clone())).filter(|report| *report != Report::Unknown)
        });
        report.unwrap_or(Report::Unknown)
    }

    fn cancel(&mut self, at: usize, task: TaskId, turn: &mut Turn) {
        match self.by_task.remove(&(at, task)) {
            Some(Work::Call(call)) => {
                self.calls.remove(&call);
                self.due.retain(|(_, due), _| *due != call);
                turn.wanted.retain(|wanted| wanted.id != call);
                turn.cancelled.push(call);
            }
            Some(Work::Run(child)) => {
                if let Some(run) = self.runs.get_mut(child) {
                    run.machine.stop(self.now, None, None);
                }
            }
            None => {}
        }
    }

    fn finish(&mut self, call: u64, result: TaskResult) {
        let Some((at, task)) = self.calls.remove(&call) else { return };
        self.by_task.remove(&(at, task));
        let Some(run) = self.runs.get_mut(at) else { return };
        match run.machine.token_of(task).map(str::to_owned) {
            Some(token) => drop(run.machine.report(self.now, &token, result)),
            None => run.machine.finish_task(self.now, task, result),
        }
    }

    fn answer(&mut self, at: usize, task: TaskId, result: TaskResult) {
        if let Some(run) = self.runs.get_mut(at) {
            run.machine.finish_task(self.now, task, result);
        }
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
        text.push_str(",\"events\":[");
        for (at, event) in machine.events().iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
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
    let (tree, yaml) = cloudflow_language::yaml::parse(text);
    let (flow, diagnostics) = check_with(&tree, yaml, Options { express });
    if let Some(problem) = simulate::refusal(text, &diagnostics) {
        return Err(problem);
    }
    Ok(Rc::new(simulate::compile(flow.as_ref().ok_or("the text holds no flow")?)))
}
