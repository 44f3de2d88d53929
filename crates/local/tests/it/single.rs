//! One attempt of one state against whole executions: for every case of the simulator, the corpus and random flows, each
//! attempt of an execution is repeated alone, with its input, its context and the outcome of its work. All its steps must
//! be the same: the values, the conditions, the rule and its pause, the next state, the error.

#![allow(clippy::disallowed_methods, reason = "tests read the environment")]

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use cloudflow_language::flow::{Dialect, Flow, StateKind, TaskMode};
use cloudflow_language::{Document, Options};
use cloudflow_local::simulate::{
    Coming, Data, Failure, Machine, Mock, Note, Program, Start, TaskId, TaskResult, Visit, compile, time,
};
use cloudflow_local::single::simulate_state;
use cloudflow_tests::corpus::{Definition, FOLDERS, definitions};
use cloudflow_tests::{cases, report};
use serde_json::{Map, Value, json};

use crate::replay::{Answers, result_of};
use crate::simulate as cases_of;
use cases_of::random::{self, Dice};

/// `tests/cases/state`: a definition, calls of `simulateState`, and their results.
#[test]
fn calls_have_their_results() {
    let mut failures = Vec::new();
    for case in cases("state", "yaml") {
        let text = case.read("yaml");
        let calls: Vec<Value> = serde_json::from_str(&case.read("calls.json")).unwrap();
        let results = calls.into_iter().map(|mut call| {
            let options = call.as_object_mut().unwrap();
            let now = options.shift_remove("now").map_or(1_714_979_289_000, |now| now.as_u64().unwrap());
            let mode = options.shift_remove("mode").is_some_and(|mode| mode == "Express");
            options.insert("express".to_owned(), mode.into());
            match simulate_state(&text, &call.to_string(), now, 3) {
                Ok(result) => serde_json::from_str(&result).unwrap(),
                Err(refusal) => {
                    let codes: Vec<_> = refusal.diagnostics.iter().map(|found| found.code).collect();
                    json!({ "code": refusal.code.as_str(), "message": refusal.message, "diagnostics": codes })
                }
            }
        });
        let lines: Vec<String> = results.map(|result: Value| format!("  {result}")).collect();
        case.expect("out.json", &format!("[\n{}\n]\n", lines.join(",\n")), &mut failures);
    }
    report("state", failures);
}

/// A map with more iterations than a history has events ends as in an execution.
#[test]
fn too_many_iterations_end() {
    let text = "version: v1\ntype: flow\nsteps:\n  - type: foreach\n    name: e\n    iterationMapping: {collection: $.list, item: i}\n    \
                steps: [{type: pass, name: p}]\n";
    for (count, status) in [(2_000, "succeeded"), (20_000, "failed")] {
        let (list, output) = (vec![1; count], vec![json!({}); count]);
        let options = json!({ "state": "e", "input": { "list": list }, "mock": { "output": output } });
        let result = simulate_state(text, &options.to_string(), 0, 1).unwrap();
        let result: Value = serde_json::from_str(&result).unwrap();
        assert_eq!(result["status"], status, "{}", result["cause"]);
        assert!(count == 2_000 || result["error"] == "Local.HistoryLimitExceeded", "{}", result["error"]);
    }
}

#[test]
fn attempts_of_cases_alone() {
    let mut tested = Tested::default();
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
        tested.run(&case.name, &case.read("flow.yaml"), input, options.express, &mut answer);
    }
    tested.report(100);
}

#[test]
fn attempts_of_the_corpus_alone() {
    let mut tested = Tested::default();
    for Definition { name, text, .. } in definitions(&FOLDERS) {
        let made = cases_of::corpus::Made::of(&name, &text);
        for seed in 0..3 {
            let mut answers = made.answers(seed);
            tested.run(&format!("{name}, data {seed}"), &text, made.input(seed), false, &mut |name, _| {
                result_of(&answers(name))
            });
        }
    }
    tested.report(100);
}

/// A failing flow is run alone with `SIMULATE_SEED=<its seed>`.
#[test]
fn attempts_of_random_flows_alone() {
    let mut tested = Tested::default();
    let seeds = random::seeds("cloudflow-local --test it single::");
    for seed in seeds.all() {
        let definition = random::definition(seed, &mut Dice(seed));
        let mut answers = random::answers(seed);
        tested.run(&seeds.advice(seed), &definition.to_string(), random::input(), false, &mut |name, _| answers(name));
    }
    if seeds.are_usual() {
        // An outcome that never occurs is not tested.
        for kind in ["task", "pass", "wait", "choice", "parallel", "foreach", "succeed", "fail"] {
            let key = |end: &str| format!("{kind} {end}");
            let end = if kind == "fail" { "failed" } else { "succeeded" };
            assert!(tested.ends.contains_key(&key(end)), "{:?}", tested.ends);
        }
        for end in
            ["task retriable", "task caught", "task open", "foreach caught", "parallel retriable", "choice failed"]
        {
            assert!(tested.ends.contains_key(end), "no `{end}`: {:?}", tested.ends);
        }
    }
    // One seed has few attempts.
    tested.report(if seeds.are_first() { 100 } else { 0 });
}

/// The maximum number of attempts of one execution that are compared.
const MOST: usize = 100;

#[derive(Default)]
struct Tested {
    /// The number of attempts by the type of the state and the end.
    ends: BTreeMap<String, usize>,
    differences: Vec<String>,
}

/// An attempt in an execution.
struct Attempt {
    visit: Visit,
    notes: Vec<Note>,
    mock: Option<Mock>,
    /// The token of its task.
    token: Option<String>,
    requested: bool,
    /// All errors of the state before it are this one.
    same_errors: bool,
}

impl Tested {
    /// Runs a flow, unless the text is none, and each of its attempts alone.
    fn run(&mut self, name: &str, text: &str, input: Value, express: bool, answer: &mut Answers<'_>) {
        // Its number depends on the events of the whole execution.
        if text.contains("eventId") {
            return;
        }
        let tree = &mut None;
        let Some(flow) = Document::read(text, Options { express }, tree).flow else { return };
        let program = Rc::new(compile(&flow));
        for attempt in attempts(&flow, &program, &input, answer).into_iter().take(MOST) {
            self.compare(name, &flow, &program, &attempt);
        }
    }

    fn compare(&mut self, name: &str, flow: &Flow<'_>, program: &Rc<Program>, attempt: &Attempt) {
        let state = &flow.states()[attempt.visit.state];
        let kind = state.kind.state_type().map_or("unknown", |kind| kind.name(Dialect::Flow));
        let is_over = ended(&attempt.notes);
        let caught = attempt.notes.iter().any(|note| matches!(note, Note::Catch(_)));
        let end = match attempt.notes.last() {
            _ if !is_over => "open",
            Some(Note::Retry { .. }) => "retriable",
            Some(Note::Failed(_)) => "failed",
            _ if caught => "caught",
            _ => "succeeded",
        };
        // A token is known with its request only.
        let is_callback = matches!(&state.kind, StateKind::Task(task) if task.mode.and_then(|mode| mode.value) == Some(TaskMode::CustomCallback));
        if is_callback && !attempt.requested {
            return;
        }
        *self.ends.entry(format!("{kind} {end}")).or_default() += 1;
        let mut visits = vec![attempt.visit.clone()];
        if attempt.same_errors {
            visits.push(Visit { tries: None, ..attempt.visit.clone() });
        }
        for visit in visits {
            let alone = Machine::visit(program, &visit, attempt.mock.as_ref());
            let is_same = if is_over { alone.notes == attempt.notes } else { alone.notes.starts_with(&attempt.notes) };
            if !is_same || alone.problem.is_some() {
                let name_of = state.name.map_or("", |name| name.value);
                let Attempt { mock, notes, .. } = attempt;
                self.differences.push(format!(
                    "{name}: `{name_of}`, attempt {}\n  {visit:?}\n  {mock:?}\n  execution: {notes:#?}\n  alone: {alone:#?}",
                    visit.attempt
                ));
            }
        }
    }

    /// Fails with the differences, or if at most `few` attempts were compared.
    fn report(self, few: usize) {
        let first: Vec<&str> = self.differences.iter().take(3).map(String::as_str).collect();
        let shown: String = first.join("\n\n").chars().take(20_000).collect();
        assert!(self.differences.is_empty(), "{} attempts differ:\n{shown}", self.differences.len());
        let all: usize = self.ends.values().sum();
        println!("{all} attempts: {:?}", self.ends);
        assert!(few == 0 || all > few, "only {all} attempts");
    }
}

fn ended(notes: &[Note]) -> bool {
    matches!(notes.last(), Some(Note::Retry { .. } | Note::Left(..) | Note::Failed(_)))
        && !matches!(notes, [.., Note::Left(..)] if notes.len() < 2)
}

/// The attempts of an execution, in the order of their ends; then those that did not end.
fn attempts(flow: &Flow<'_>, program: &Rc<Program>, input: &Value, answer: &mut Answers<'_>) -> Vec<Attempt> {
    let mut now = time::parse("2024-05-06T07:08:09Z").unwrap();
    let start = Start {
        flow: "f".to_owned(),
        execution: "e".to_owned(),
        role: "r".to_owned(),
        input: input.clone(),
        now,
        seed: 1,
        work: Some(0),
        ..Start::default()
    };
    let mut machine = Machine::start(Rc::clone(program), start);
    machine.keep_notes();
    let mut open: BTreeMap<u64, Attempt> = BTreeMap::new();
    let mut over: Vec<Attempt> = Vec::new();
    let mut due: BTreeMap<(u64, TaskId), TaskResult> = BTreeMap::new();
    let mut asked: HashMap<TaskId, u64> = HashMap::new();
    // The errors of the current state of each series.
    let mut errors: HashMap<u64, Vec<String>> = HashMap::new();
    // The series whose attempt requested the last task.
    let mut last_begun = 0;
    loop {
        for request in machine.take_tasks() {
            if let Some(attempt) = open.get_mut(&last_begun) {
                attempt.requested = true;
                attempt.token = request.token.clone();
            }
            asked.insert(request.task, now);
            if let Some((after, result)) = answer(&request.name, &request.input) {
                due.insert((now + after, request.task), result);
            }
        }
        let coming: HashMap<u64, Visit> =
            machine.coming().map(|coming| (coming.frame, visit(flow, input, &coming))).collect();
        let (global, seed) = machine.shared();
        let before = (global.as_object().unwrap().clone(), seed);
        let Some(wake) = machine.wake_at() else { break };
        machine.set_turn(1);
        let mut outcome = None;
        if machine.is_behind(now) {
            machine.advance(now);
        } else {
            match due.pop_first() {
                Some(((at, task), result)) if at < wake => {
                    now = at;
                    outcome = asked.get(&task).map(|asked| Mock { result: result.clone(), after: Some(at - asked) });
                    match machine.token_of(task).map(str::to_owned) {
                        Some(token) => drop(machine.report(at, &token, result)),
                        None => machine.finish_task(at, task, result),
                    }
                }
                later => {
                    due.extend(later);
                    now = wake;
                    machine.advance(wake);
                }
            }
        }
        let mut of_frame: BTreeMap<u64, Vec<Note>> = BTreeMap::new();
        for (frame, note) in machine.take_notes() {
            of_frame.entry(frame).or_default().push(note);
        }
        for (frame, notes) in of_frame {
            if matches!(notes.first(), Some(Note::Begin(_))) {
                let Some(mut visit) = coming.get(&frame).cloned() else { panic!("no series {frame}") };
                visit.now = now;
                visit.global = before.0.clone();
                visit.seed = before.1;
                let so_far = if visit.attempt == 0 { Vec::new() } else { errors.remove(&frame).unwrap_or_default() };
                let attempt = Attempt {
                    same_errors: visit.attempt > 0 && so_far.windows(2).all(|pair| pair[0] == pair[1]),
                    visit,
                    notes: Vec::new(),
                    mock: None,
                    token: None,
                    requested: false,
                };
                errors.insert(frame, so_far);
                open.insert(frame, attempt);
                last_begun = frame;
            } else if let Some(attempt) = open.get_mut(&frame) {
                attempt.visit.later_global = Some(before.0.clone());
                attempt.visit.later_seed = Some(before.1);
                let kind = &flow.states()[attempt.visit.state].kind;
                attempt.mock = outcome.clone().or_else(|| mock_of(flow.dialect, kind, &notes));
            }
            let Some(attempt) = open.get_mut(&frame) else { continue };
            attempt.notes.extend(notes);
            if let Some(Note::Error(error)) = attempt.notes.iter().find(|note| matches!(note, Note::Error(_))) {
                let so_far = errors.entry(frame).or_default();
                attempt.same_errors &= so_far.last().is_none_or(|last| *last == error.error);
                so_far.push(error.error.clone());
            }
            if ended(&attempt.notes) {
                over.extend(open.remove(&frame));
            }
        }
    }
    over.extend(open.into_values());
    for attempt in &mut over {
        if let Some(token) = attempt.token.take() {
            let (part, key) = if flow.dialect == Dialect::Flow { ("task", "token") } else { ("Current", "TaskToken") };
            attempt.visit.context.insert(part.to_owned(), json!({ key: token }));
        }
    }
    over
}

fn visit(flow: &Flow<'_>, input: &Value, coming: &Coming<'_>) -> Visit {
    let (attempt, tries) = coming.retries;
    let own = flow.dialect == Dialect::Flow;
    let context = match flow.dialect {
        Dialect::Flow => json!({ "flow": { "name": "f" }, "execution": { "name": "e" } }),
        Dialect::StateMachine => json!({ "Execution": { "Name": "e", "RoleArn": "r", "Input": input } }),
    };
    Visit {
        state: coming.state,
        input: if own { coming.input.clone() } else { coming.data.clone() },
        local: if own { coming.data.clone() } else { Data::new(Value::Null) },
        global: Map::new(),
        context: context.as_object().unwrap().clone(),
        attempt,
        tries: Some(tries.to_vec()),
        error: coming.error.cloned(),
        objects: coming.objects,
        now: 0,
        seed: 0,
        iteration: 0,
        later_global: None,
        later_seed: None,
    }
}

/// The outcome of the work of a state, from the steps after it.
fn mock_of(dialect: Dialect, kind: &StateKind<'_>, notes: &[Note]) -> Option<Mock> {
    let failure = |failure: &Failure| Some(Mock { result: Err(failure.clone()), after: Some(0) });
    let raw = match (notes.first()?, kind) {
        (_, StateKind::Wait(_)) => return None,
        (Note::Error(_), StateKind::Task(_)) => return Some(Mock { result: Ok(Value::Null), after: None }),
        (Note::Error(error), _) => return failure(error),
        (Note::Failed(error), _) => return failure(error),
        (Note::Result(raw), _) => (**raw).clone(),
        (other, _) => panic!("{other:?} after the work"),
    };
    let result = match (kind, dialect) {
        (StateKind::Parallel(_), Dialect::StateMachine) => raw.as_object().unwrap().values().cloned().collect(),
        (StateKind::Map(_), Dialect::StateMachine) => raw["Items"].clone(),
        _ => raw,
    };
    Some(Mock { result: Ok(result), after: Some(0) })
}
