//! `replayExecution` against the interpreter: for every case of the simulator, the corpus and random flows, the replay of
//! the events has the statuses, attempts, errors and outputs of the interpreter's own state, at the end and at several
//! moments before it.
//!
//! The interpreter advances in turns of one action, and its states in progress are noted after each turn. The replay is
//! JavaScript, so the executions are written to a file that `tests/js/support/replay.mjs` reads in Node.

#![allow(clippy::disallowed_methods, reason = "tests write files and run programs")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path as FilePath;
use std::process::Command;
use std::rc::Rc;

use cloudflow_base::diagnostic::{Path, PathSegment};
use cloudflow_language::{Document, Options, shape};
use cloudflow_local::simulate::{
    Event, EventKind, Failure, Machine, Start, Status, TaskId, TaskMode, TaskResult, Work, compile, time,
};
use cloudflow_tests::corpus::{Definition, FOLDERS, definitions};
use cloudflow_tests::{cases, rounds};
use serde_json::{Value, json};

use crate::simulate as cases_of;
use cases_of::random::{self, Dice};

/// Maximum number of moments that are compared. Of a longer execution, every second, fourth ... moment is.
const MOMENTS: usize = 24;

/// An execution with more events is long.
const LONG: usize = 600;

/// The result of a task, by its state and its input: the delay, and the output or the error.
pub type Answers<'a> = dyn FnMut(&str, &Value) -> Option<(u64, TaskResult)> + 'a;

#[test]
fn cases_replay() {
    let mut lines = Lines::default();
    for case in cases("simulate", "flow.yaml") {
        let (input, mocks, options) = cases_of::parts(&case);
        let mut calls: HashMap<String, usize> = HashMap::new();
        let mut answer = |name: &str, _: &Value| {
            let list = mocks.get(name).and_then(Value::as_array);
            let call = calls.entry(name.to_owned()).or_default();
            let mock = list.and_then(|list| list.get(*call).or(list.last())).cloned();
            *call += 1;
            result_of(&mock.unwrap_or_else(|| json!({ "error": "NoMock", "cause": name })))
        };
        lines.run(&case.name, &case.read("flow.yaml"), input, options.express, &mut answer);
    }
    lines.check("cases");
}

#[test]
fn the_corpus_replays() {
    let mut lines = Lines::default();
    for Definition { name, text, .. } in definitions(&FOLDERS) {
        let made = cases_of::corpus::Made::of(&name, &text);
        for seed in 0..rounds(4).max(1) {
            let mut answers = made.answers(seed);
            lines.run(&format!("{name}, data {seed}"), &text, made.input(seed), false, &mut |name, _| {
                result_of(&answers(name))
            });
        }
    }
    lines.check("corpus");
}

/// A failing flow is run alone with `SIMULATE_SEED=<its seed>`.
#[test]
fn random_flows_replay() {
    let mut lines = Lines::default();
    let seeds = random::seeds("cloudflow-local --test it replay::");
    for seed in seeds.all() {
        let definition = random::definition(seed, &mut Dice(seed));
        let mut answers = random::answers(seed);
        lines.run(&seeds.advice(seed), &definition.to_string(), random::input(), false, &mut |name, _| answers(name));
    }
    lines.check("random");
}

pub fn result_of(mock: &Value) -> Option<(u64, TaskResult)> {
    let text = |key: &str| mock.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if mock.get("never").is_some() {
        return None;
    }
    let failure = || Failure { error: text("error"), cause: text("cause") };
    let result = mock.get("output").cloned().ok_or_else(failure);
    Some((mock.get("after").and_then(Value::as_u64).unwrap_or(0), result))
}

/// The executions, one in each line.
#[derive(Default)]
struct Lines {
    text: String,
    count: usize,
    /// The number of long executions. One of ten is compared.
    long: usize,
}

impl Lines {
    /// Runs a flow, unless the text is none.
    fn run(&mut self, name: &str, text: &str, input: Value, express: bool, answer: &mut Answers<'_>) {
        let tree = &mut None;
        let options = Options { express };
        let Some(flow) = Document::read(text, options, tree).flow else { return };
        let program = Rc::new(compile(&flow));
        let now = time::parse("2024-05-06T07:08:09Z").unwrap();
        let start = Start { input, now, seed: 1, work: Some(1), ..Start::default() };
        let mut run = Run {
            machine: Machine::start(Rc::clone(&program), start),
            moments: Vec::new(),
            stride: 1,
            turn: 0,
            continued: HashSet::new(),
        };
        run.finish(now, answer);
        if run.machine.events().len() > LONG {
            self.long += 1;
            if self.long % 10 != 1 {
                return;
            }
        }
        let paths = |event: &Event| event.state.and_then(|state| program.path(state)).map(path_of);
        let form = self.count;
        self.count += 1;
        let line = json!({
            "name": name,
            "plan": serde_json::to_value(shape::replay_plan(text)).unwrap(),
            "events": run.machine.events().iter().map(|event| in_form(event, paths(event), form)).collect::<Vec<_>>(),
            "moments": run.moments,
            "end": run.end(),
        });
        writeln!(self.text, "{line}").unwrap();
    }

    fn check(self, name: &str) {
        let file =
            FilePath::new(env!("CARGO_TARGET_TMPDIR")).join(format!("replay-{name}-{}.jsonl", std::process::id()));
        fs::write(&file, self.text).unwrap();
        let script = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/js/support/replay.mjs");
        let output = Command::new("node").arg(script).arg(&file).output();
        let output = output.expect("this test needs `node` in the PATH");
        let out = String::from_utf8(output.stdout).unwrap();
        let failures = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{failures}");
        let shown: String = out.chars().take(20_000).collect();
        assert_eq!(shown, format!("{} executions\n", self.count), "the executions are in {}", file.display());
        fs::remove_file(file).unwrap();
        assert!(self.count > 0, "no flow ran");
    }
}

/// An execution in turns of one action.
struct Run {
    machine: Machine,
    moments: Vec<Value>,
    /// Every n-th turn is a moment.
    stride: usize,
    turn: usize,
    /// The last events of series that continue with another state.
    continued: HashSet<u64>,
}

impl Run {
    fn finish(&mut self, begin: u64, answer: &mut Answers<'_>) {
        let mut now = begin;
        let mut due: BTreeMap<(u64, TaskId), TaskResult> = BTreeMap::new();
        loop {
            for request in self.machine.take_tasks() {
                if request.mode == TaskMode::SystemCallback && request.child.is_some() {
                    self.machine.submit_task(now, request.task, json!({ "ExecutionName": "child" }));
                }
                if let Some((after, result)) = answer(&request.name, &request.input) {
                    due.insert((now + after, request.task), result);
                }
            }
            self.note();
            let Some(wake) = self.machine.wake_at() else { break };
            self.machine.set_turn(1);
            if self.machine.is_behind(now) {
                self.machine.advance(now);
                continue;
            }
            match due.pop_first() {
                Some(((at, task), result)) if at < wake => {
                    now = at;
                    match self.machine.token_of(task).map(str::to_owned) {
                        Some(token) => drop(self.machine.report(at, &token, result)),
                        None => self.machine.finish_task(at, task, result),
                    }
                }
                later => {
                    due.extend(later);
                    now = wake;
                    self.machine.advance(wake);
                }
            }
        }
    }

    /// Notes the states in progress.
    fn note(&mut self) {
        let events = self.machine.events();
        let kind = |id: u64| events.get(usize::try_from(id).unwrap().wrapping_sub(1)).map(|event| event.kind);
        let entered: HashMap<u64, u64> = self.machine.in_progress().map(|state| (state.frame, state.entered)).collect();
        let mut states = Vec::new();
        for state in self.machine.in_progress() {
            let owner = state.parent.and_then(|(frame, _)| entered.get(&frame)).copied().unwrap_or(0);
            if state.work == Work::Nothing {
                self.continued.insert(state.last_event);
                continue;
            }
            let attempt = state.retries + 1;
            let last = kind(state.last_event);
            let task_failed =
                matches!(last, Some(EventKind::TaskFailed | EventKind::TaskTimedOut | EventKind::TaskSubmitFailed));
            let exited = matches!(last, Some(EventKind::BranchExited | EventKind::IterationExited));
            // An error outside of a task, and the retry after it, add no event.
            let (statuses, attempts) = match state.work {
                Work::Task if last == Some(EventKind::TaskSubmitted) => (vec!["waiting"], [attempt, attempt]),
                Work::Task => (vec!["running"], [attempt, attempt]),
                Work::Sleep => (vec!["waiting"], [1, attempt]),
                // The error of a branch is passed to its owner with the next action.
                Work::Children if exited => (vec!["running", "retrying"], [1, attempt]),
                Work::Children => (vec!["running"], [1, attempt]),
                _ if task_failed => (vec!["retrying"], [1, attempt - 1]),
                _ if exited && self.child_failed(state.last_event) => (vec!["retrying"], [1, attempt]),
                _ => (vec!["running", "waiting"], [1, attempt]),
            };
            let error = state.error.filter(|_| task_failed && state.retries == 1);
            states.push(json!({
                "entered": state.entered,
                "owner": owner,
                "index": state.parent.map(|(_, slot)| slot),
                "path": state.path.map(path_of),
                "statuses": statuses,
                "attempts": attempts,
                "error": error.map(|error| json!([error.error, error.cause])),
            }));
        }
        self.turn += 1;
        let at = events.len();
        let is_same = self.moments.last().is_some_and(|moment| moment["at"] == json!(at));
        if !self.turn.is_multiple_of(self.stride) || self.machine.status() != Status::Running || is_same {
            return;
        }
        self.moments.push(json!({ "at": at, "states": states }));
        if self.moments.len() > MOMENTS {
            let mut keep = false;
            self.moments.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride *= 2;
        }
    }

    /// Whether the branch or iteration that ended with an event failed: only ends of others precede the end of the first.
    fn child_failed(&self, last_event: u64) -> bool {
        let events = &self.machine.events()[..usize::try_from(last_event).unwrap()];
        let is_end =
            |kind| matches!(kind, EventKind::StepExited | EventKind::BranchExited | EventKind::IterationExited);
        events.iter().rev().find(|event| !is_end(event.kind)).is_some_and(|event| event.kind == EventKind::StepFailed)
    }

    /// The end of the execution, and the end of each visit.
    fn end(&self) -> Value {
        let machine = &self.machine;
        let failure = machine.failure();
        json!({
            "status": machine.status().as_str(),
            "output": machine.output(),
            "error": failure.map(|failure| &failure.error),
            "cause": failure.map(|failure| &failure.cause),
            "failed": machine.failed_state(),
            "visits": self.visits(),
            "children": self.children(),
        })
    }

    /// The end of each visit: its first event, its status, its error. The status is null if the history ends before it
    /// is known.
    fn visits(&self) -> Vec<Value> {
        let events = self.machine.events();
        let owners = owners(events);
        let last = events.len() as u64;
        let mut visits: BTreeMap<u64, Visit<'_>> = BTreeMap::new();
        for event in events {
            match event.kind {
                EventKind::StepEntered => drop(visits.insert(event.id, Visit::default())),
                kind => {
                    let Some(visit) = visits.get_mut(&owners[event.id as usize - 1]) else { continue };
                    match kind {
                        EventKind::StepSucceeded => visit.succeeded = true,
                        EventKind::StepFailed => visit.failed = Some(event),
                        EventKind::StepExited => visit.exited = Some(event.id),
                        EventKind::TaskTimedOut => visit.timed_out = Some(event.detail()),
                        EventKind::TaskScheduled => visit.timed_out = None,
                        _ => {}
                    }
                }
            }
        }
        let status = |visit: &Visit<'_>| match (visit.failed, visit.exited) {
            // The history was full before the next state.
            (Some(_), exited) if exited.is_none_or(|exited| exited + 1 == last) && !self.machine_failed_by(visit) => {
                None
            }
            (Some(_), Some(exited)) if self.continued.contains(&exited) => Some("caught"),
            (Some(failed), _) if visit.timed_out == Some(failed.detail()) => Some("timedOut"),
            (Some(_), _) => Some("failed"),
            (None, _) if visit.succeeded => Some("succeeded"),
            (None, None) if self.machine.status() == Status::TimedOut => Some("timedOut"),
            (None, _) => Some("stopped"),
        };
        let row = |(entered, visit): (&u64, &Visit<'_>)| {
            let detail = visit.failed.map(Event::detail).unwrap_or_default();
            json!([entered, status(visit), detail["error"], detail["cause"]])
        };
        visits.iter().map(row).collect()
    }

    fn machine_failed_by(&self, visit: &Visit<'_>) -> bool {
        let failure = self.machine.failure().map(|failure| json!({ "error": failure.error, "cause": failure.cause }));
        visit.failed.map(Event::detail) == failure
    }

    /// The number of branches or iterations that each Parallel or Map started in its last attempt, and whether it
    /// succeeded.
    fn children(&self) -> Vec<Value> {
        let events = self.machine.events();
        let owners = owners(events);
        let mut started: BTreeMap<u64, (u64, bool)> = BTreeMap::new();
        for event in events {
            let owner = owners[event.id as usize - 1];
            match event.kind {
                EventKind::BranchEntered | EventKind::IterationEntered => {
                    let count = started.entry(owner).or_default();
                    // Each attempt begins with the first one.
                    count.0 = if event.detail()["index"] == json!(0) { 1 } else { count.0 + 1 };
                }
                EventKind::StepSucceeded | EventKind::StepFailed => {
                    if let Some(count) = started.get_mut(&owner) {
                        count.1 = event.kind == EventKind::StepSucceeded;
                    }
                }
                _ => {}
            }
        }
        started.iter().map(|(owner, (count, succeeded))| json!([owner, count, succeeded])).collect()
    }
}

/// What the events tell about a visit.
#[derive(Default)]
struct Visit<'e> {
    succeeded: bool,
    failed: Option<&'e Event>,
    exited: Option<u64>,
    timed_out: Option<Value>,
}

/// For each event, the event that entered its state; 0 for events of the execution. Along the causes, states are left in
/// the reverse order in which they were entered.
fn owners(events: &[Event]) -> Vec<u64> {
    let mut stacks: Vec<Option<Rc<Entered>>> = vec![None];
    let mut owners = Vec::new();
    for event in events {
        let stack = stacks[usize::try_from(event.scheduled_by).unwrap()].clone();
        let kind = event.kind.as_str();
        let is_step = kind.starts_with("Step");
        let push = |of: &Option<Rc<Entered>>| Some(Rc::new(Entered { id: event.id, is_step, below: of.clone() }));
        let below = stack.as_ref().and_then(|top| top.below.clone());
        // The state of a branch that was left is below the branch.
        let state = |of: &Option<Rc<Entered>>| of.as_ref().filter(|top| top.is_step).map_or(0, |top| top.id);
        let (owner, next) = match kind {
            "StepEntered" => (event.id, push(&stack)),
            "BranchEntered" | "IterationEntered" => (state(&stack), push(&stack)),
            "BranchExited" | "IterationExited" => (state(&below), below),
            "StepExited" => (state(&stack), below),
            _ => (state(&stack), stack),
        };
        owners.push(owner);
        stacks.push(next);
    }
    owners
}

/// A state or a branch that was entered and not left.
struct Entered {
    id: u64,
    is_step: bool,
    below: Option<Rc<Entered>>,
}

fn path_of(path: &Path) -> Value {
    let segment = |segment: &PathSegment| match segment {
        PathSegment::Key(key) => Value::from(key.as_str()),
        PathSegment::Index(index) => Value::from(*index),
    };
    path.iter().map(segment).collect()
}

/// An event as `simulateFlow` returns it, as the service does, or with a parsed detail.
fn in_form(event: &Event, path: Option<Value>, form: usize) -> Value {
    let (step, time) = (event.step.as_deref().unwrap_or_default(), time::format(event.at));
    let detail = if form % 3 == 1 { event.detail().to_string().into() } else { event.detail() };
    if form.is_multiple_of(3) {
        return json!({
            "eventId": event.id, "scheduleEventId": event.scheduled_by, "type": event.kind.as_str(),
            "stepName": step, "time": time, "detail": detail, "path": path,
        });
    }
    json!({
        "EventId": event.id, "ScheduleEventId": event.scheduled_by, "Type": event.kind.as_str(),
        "StepName": step, "Time": time, "EventDetail": detail,
    })
}
