//! Runs of flows on a virtual clock: `tests/cases/simulate`. `tests/README.md` describes the files of a case.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod choices;
pub mod corpus;
pub mod random;
mod valid;
mod work;

use std::collections::HashMap;
use std::fs;
use std::rc::Rc;

use cloudflow_language::{Document, Options};
use cloudflow_local::simulate::{Failure, Machine, Start, compile, time};
use cloudflow_local::simulation::{Simulation, SimulationOptions};
use serde_json::{Value, json};

use cloudflow_tests::{Case, cases, report};

const BEGIN: &str = "2024-05-06T07:08:09Z";

#[test]
fn traces() {
    let mut failures = Vec::new();
    for case in cases("simulate", "flow.yaml") {
        let (input, mocks, options) = parts(&case);
        let trace = run_with(&case.read("flow.yaml"), input, &mocks, options);
        nested(&trace);
        case.expect("trace.json", &write(&trace), &mut failures);
    }
    report("simulate", failures);
}

/// Each case, truncated at each line: nothing panics, and each execution ends.
#[test]
fn broken_flows_end() {
    let mut ran = 0;
    for case in cases("simulate", "flow.yaml") {
        let text = case.read("flow.yaml");
        for (at, _) in text.match_indices('\n') {
            if let Some(is_over) = unchecked(&text[..at]) {
                assert!(is_over, "{} cut at {at}", case.name);
                ran += 1;
            }
        }
    }
    assert!(ran > 1000, "only {ran} flows were run");
}

/// Runs a flow regardless of its findings, with tasks that fail. Returns whether it ended, or `None` if the text is not
/// a flow.
fn unchecked(text: &str) -> Option<bool> {
    let tree = &mut None;
    let flow = Document::read(text, Options::default(), tree).flow?;
    let start = Start { input: json!({}), now: time::parse(BEGIN).unwrap(), ..Start::default() };
    let mut machine = Machine::start(Rc::new(compile(&flow)), start);
    while let Some(at) = machine.wake_at() {
        let tasks = machine.take_tasks();
        if tasks.is_empty() {
            machine.advance(at);
        }
        for request in tasks {
            machine.finish_task(at, request.task, Err(Failure { error: "E".into(), cause: String::new() }));
        }
    }
    Some(machine.status().is_final())
}

pub fn parts(case: &Case) -> (Value, Value, SimulationOptions) {
    let json = |file: &str| case.read_if_there(file).map_or(json!({}), |text| serde_json::from_str(&text).unwrap());
    let mut flows = Vec::new();
    for entry in fs::read_dir(case.dir.join("flows")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        flows.push((name, fs::read_to_string(path).unwrap()));
    }
    let express = json("options.json")["express"] == json!(true);
    (json("input.json"), json("mocks.json"), SimulationOptions { flows, express, ..SimulationOptions::default() })
}

/// Runs a text with the input, the mocks and the options of a case.
pub fn run_like(case: &Case, text: &str) -> Value {
    let (input, mocks, options) = parts(case);
    run_with(text, input, &mocks, options)
}

/// Runs a flow without child flows.
pub fn run(text: &str, input: Value, mocks: &Value) -> Value {
    run_with(text, input, mocks, SimulationOptions::default())
}

/// Runs a flow with mocks by the names of its states. Returns its trace.
fn run_with(text: &str, input: Value, mocks: &Value, options: SimulationOptions) -> Value {
    let mut attempts: HashMap<String, usize> = HashMap::new();
    simulate(text, input, options, |name, _, _| {
        let list = mocks.get(name).and_then(Value::as_array);
        let attempt = attempts.entry(name.to_owned()).or_default();
        let mock = list.and_then(|list| list.get(*attempt).or(list.last())).cloned();
        *attempt += 1;
        mock.unwrap_or_else(|| json!({ "error": "NoMock", "cause": name }))
    })
}

/// Runs a flow. `mock` returns the result of a call, by the name of its state, the attempt and the input.
pub fn simulate(
    text: &str,
    input: Value,
    options: SimulationOptions,
    mut mock: impl FnMut(&str, u32, &Value) -> Value,
) -> Value {
    let options = SimulationOptions { input: input.to_string(), ..options };
    let mut simulation = match Simulation::start(text, &options, time::parse(BEGIN).unwrap(), 3) {
        Ok(simulation) => simulation,
        Err(problem) => return json!({ "status": "not a flow", "problem": problem }),
    };
    let mut calls = Vec::new();
    let mut results = Vec::new();
    let end = loop {
        let turn = simulation.turn(false);
        for task in &turn.requested {
            let input: Value = serde_json::from_str(&task.input).unwrap();
            let mock = mock(&task.name, task.attempt, &input);
            calls.push(json!([task.name, task.action, task.attempt, input]));
            let text = |key: &str| mock.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let never = mock.get("never").map(|_| f64::INFINITY);
            let delay = never.or(mock.get("after").and_then(Value::as_f64)).unwrap_or(0.0);
            let result = mock.get("output").map(Value::to_string).ok_or_else(|| (text("error"), text("cause")));
            results.push((task.id, result, delay));
        }
        if turn.more {
            continue;
        }
        for (task, result, delay) in results.drain(..) {
            simulation.finish_task(task, result.as_deref().map_err(Clone::clone), delay);
        }
        if turn.requested.is_empty()
            && let Some(end) = simulation.end()
        {
            break end;
        }
    };
    let end: Value = serde_json::from_str(&end).unwrap();
    let mut trace = short(&end);
    let object = trace.as_object_mut().unwrap();
    if !calls.is_empty() {
        let events = object.shift_remove("events").unwrap_or_default();
        object.insert("tasks".into(), calls.into());
        object.insert("events".into(), events);
    }
    trace
}

/// A history stores large values as text and returns the same values.
#[test]
fn large_values_are_complete_in_the_history() {
    // More parts than the limit from which a value is stored as text.
    let list: Vec<u32> = (0..400).collect();
    let flow = "version: v1\ntype: flow\nsteps:\n  - type: foreach\n    name: e\n    iterationMapping: {collection: $.list, item: i}\n    \
                steps: [{type: pass, name: p}]\n";
    let trace = run(flow, json!({ "list": list }), &json!({}));
    assert_eq!(trace["status"], "Succeeded");
    let (list, mut starts) = (json!(list), 0);
    for event in trace["events"].as_array().unwrap().iter().filter(|event| event[2] == "StepStarted") {
        assert_eq!(event[5]["input"]["list"], list);
        starts += 1;
    }
    assert_eq!(starts, 401);
}

/// An outcome with one line per event. Times are relative to the start.
fn short(end: &Value) -> Value {
    let begin = time::parse(BEGIN).unwrap();
    let mut trace = serde_json::Map::new();
    for (key, value) in end.as_object().unwrap() {
        let value = match key.as_str() {
            "events" => value
                .as_array()
                .unwrap()
                .iter()
                .map(|event| {
                    let after = time::parse(event["time"].as_str().unwrap()).unwrap() - begin;
                    json!([
                        event["eventId"],
                        event["scheduleEventId"],
                        event["type"],
                        event["stepName"],
                        after,
                        event["detail"]
                    ])
                })
                .collect(),
            "children" => value.as_array().unwrap().iter().map(short).collect(),
            _ => value.clone(),
        };
        trace.insert(key.clone(), value);
    }
    Value::Object(trace)
}

/// The parts of an event that determine its nesting.
struct Placed<'a> {
    id: u64,
    by: u64,
    kind: &'a str,
    step: &'a str,
    at: u64,
    index: u64,
}

fn nested(trace: &Value) {
    for child in trace["children"].as_array().into_iter().flatten() {
        nested(child);
    }
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    let events = trace["events"].as_array().into_iter().flatten().map(|event| Placed {
        id: number(&event[0]),
        by: number(&event[1]),
        kind: event[2].as_str().unwrap(),
        step: event[3].as_str().unwrap(),
        at: number(&event[4]),
        index: number(&event[5]["index"]),
    });
    let ends_at_once = trace["error"] == "Local.HistoryLimitExceeded";
    well_nested(events, trace["status"] == "Succeeded" || trace["status"] == "Failed" && !ends_at_once);
}

/// Ids ascend by one, times never decrease, causes precede effects. Along the causes, states are left in the reverse
/// order in which they were entered. `all` of them are left if the execution was not ended from outside.
fn well_nested<'a>(events: impl Iterator<Item = Placed<'a>>, all: bool) {
    let mut stacks: Vec<Rc<Stack>> = vec![Rc::new(Stack::Empty)];
    let mut last = 0;
    let mut open = 0_i64;
    for (at, Placed { id, by, kind, step, at: time, index }) in events.enumerate() {
        assert_eq!(id, at as u64 + 1, "the ids of events ascend by one");
        assert!(by <= at as u64 && (by > 0) == (at > 0), "event {id} must follow its cause");
        assert!(time >= last, "the time decreases at event {id}");
        last = time;
        let stack = Rc::clone(&stacks[usize::try_from(by).unwrap()]);
        let place = match kind.trim_end_matches("Entered").trim_end_matches("Exited") {
            "Branch" => Place::Branch(index),
            "Iteration" => Place::Iteration(index),
            _ => Place::Step(step.to_owned()),
        };
        stacks.push(if kind.ends_with("Entered") {
            Rc::new(Stack::On(place, stack))
        } else {
            let Stack::On(top, below) = &*stack else {
                assert!(kind.starts_with("Execution"), "event {id} has no state");
                stacks.push(stack);
                continue;
            };
            if kind.starts_with("Execution") {
                assert!(!all || at == 0, "event {id} ends the execution inside a state");
                Rc::clone(&stack)
            } else {
                assert_eq!(*top, place, "event {id}");
                if kind.ends_with("Exited") { Rc::clone(below) } else { Rc::clone(&stack) }
            }
        });
        open += i64::from(kind.ends_with("Entered")) - i64::from(kind.ends_with("Exited"));
        assert!(open >= 0, "left before it was entered: event {id}");
    }
    assert!(!all || open == 0, "a state was entered and not left");
}

enum Stack {
    Empty,
    On(Place, Rc<Stack>),
}

#[derive(Debug, PartialEq)]
enum Place {
    Step(String),
    Branch(u64),
    Iteration(u64),
}

/// Writes one event per line, so that a diff shows changes. A long history is shortened in the middle.
fn write(trace: &Value) -> String {
    let lines: Vec<String> = trace
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| match (key.as_str(), value) {
            ("events" | "tasks", Value::Array(items)) => {
                let mut lines: Vec<String> = items.iter().map(|item| format!("    {}", cut(item))).collect();
                if lines.len() > 100 {
                    let left_out = format!("    \"{} more\"", lines.len() - 15);
                    lines.splice(10..lines.len() - 5, [left_out]);
                }
                format!("  \"{key}\": [\n{}\n  ]", lines.join(",\n"))
            }
            ("children", Value::Array(items)) => {
                let items: Vec<String> = items.iter().map(write).collect();
                format!("  \"{key}\": [\n{}  ]", items.join(",\n"))
            }
            _ => format!("  \"{key}\": {}", cut(value)),
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// Replaces a large value by its size.
fn cut(value: &Value) -> String {
    let text = value.to_string();
    if text.len() > 2000 { json!(format!("{} bytes", text.len())).to_string() } else { text }
}
