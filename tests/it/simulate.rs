//! Runs of flows on a virtual clock.
//!
//! A case is a `flow.yaml`, an `input.json` (`{}` where it is missing), a `mocks.json` where there
//! are tasks, and the `trace.json` it leads to. `mocks.json` maps the name of a state to the list
//! of what its attempts come to, the last for all that follow: `{ "output": … }` or
//! `{ "error": …, "cause": … }`, each with `"after": milliseconds` if it takes time, or
//! `{ "never": true }`.

use std::collections::HashMap;
use std::rc::Rc;

use cloudflow_wasm::check::check;
use cloudflow_wasm::simulate::{Failure, Machine, Start, TaskId, TaskResult, compile, time};
use serde_json::{Value, json};

use crate::support::{cases, report};

#[test]
fn traces() {
    let mut failures = Vec::new();
    for case in cases("simulate", "flow.yaml") {
        let input = case.read_if_there("input.json").map_or(json!({}), |text| serde_json::from_str(&text).unwrap());
        let mocks = case.read_if_there("mocks.json").map_or(json!({}), |text| serde_json::from_str(&text).unwrap());
        let trace = run(&case.read("flow.yaml"), input, &mocks);
        let text = write(&trace);
        case.expect("trace.json", &text, &mut failures);
    }
    report("simulate", failures);
}

/// Every case again, and cut at each line: nothing may panic, and what runs ends.
#[test]
fn broken_flows_end() {
    for case in cases("simulate", "flow.yaml") {
        let text = case.read("flow.yaml");
        for (at, _) in text.match_indices('\n') {
            let trace = run(&text[..at], json!({}), &json!({}));
            assert_ne!(trace["status"], "Running", "{} cut at {at}", case.name);
        }
    }
}

pub fn run(text: &str, input: Value, mocks: &Value) -> Value {
    let (tree, yaml) = cloudflow_wasm::yaml::parse(text);
    let (flow, _) = check(&tree, yaml);
    let Some(flow) = flow else { return json!({ "status": "not a flow" }) };
    let program = Rc::new(compile(&flow));
    let begin = time::parse("2024-05-06T07:08:09Z").unwrap();
    let start = Start {
        flow: "f".into(),
        execution: "e".into(),
        role: "acs:ram::1:role/r".into(),
        input,
        now: begin,
        seed: 3,
        ..Start::default()
    };
    let mut machine = Machine::start(Rc::clone(&program), start);
    let mut now = begin;
    let mut due: Vec<(u64, TaskId, TaskResult)> = Vec::new();
    let mut attempts: HashMap<String, usize> = HashMap::new();
    let mut calls = Vec::new();
    while !machine.status().is_final() {
        for request in machine.take_tasks() {
            calls.push(json!([request.name, request.action, request.attempt, *request.input]));
            let attempt = attempts.entry(request.name.clone()).or_default();
            let list = mocks.get(&request.name).and_then(Value::as_array);
            let mock = list.and_then(|list| list.get(*attempt).or(list.last())).cloned();
            *attempt += 1;
            let mock = mock.unwrap_or_else(|| json!({ "error": "NoMock", "cause": request.name }));
            if mock.get("never").is_some() {
                continue;
            }
            let text = |key: &str| mock.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let result = match mock.get("output") {
                Some(output) => Ok(output.clone()),
                None => Err(Failure { error: text("error"), cause: text("cause") }),
            };
            due.push((now + mock.get("after").and_then(Value::as_u64).unwrap_or(0), request.task, result));
        }
        for task in machine.take_cancelled() {
            due.retain(|(_, id, _)| *id != task);
        }
        due.sort_by_key(|(at, task, _)| (*at, *task));
        let wake = machine.wake_at().expect("a running execution has a deadline");
        match due.first() {
            Some((at, ..)) if *at <= wake => {
                let (at, task, result) = due.remove(0);
                now = at;
                machine.finish_task(at, task, result);
            }
            _ => {
                now = wake;
                machine.advance(wake);
            }
        }
    }
    let events: Vec<Value> = machine
        .events()
        .iter()
        .map(|event| {
            json!([
                event.id,
                event.scheduled_by,
                event.kind.as_str(),
                event.step.as_deref().unwrap_or_default(),
                event.at - begin,
                event.detail()
            ])
        })
        .collect();
    nested(&machine);
    let mut trace = json!({ "status": machine.status().as_str() });
    let object = trace.as_object_mut().unwrap();
    if let Some(output) = machine.output() {
        object.insert("output".into(), output.clone());
    }
    if let Some(failure) = machine.failure() {
        object.insert("error".into(), failure.error.clone().into());
        object.insert("cause".into(), failure.cause.clone().into());
    }
    if !calls.is_empty() {
        object.insert("tasks".into(), calls.into());
    }
    object.insert("events".into(), events.into());
    trace
}

/// Ids ascend by one, causes come before, and of a finished run every state that was entered was left.
fn nested(machine: &Machine) {
    let mut open = 0_i64;
    for (at, event) in machine.events().iter().enumerate() {
        assert_eq!(event.id, at as u64 + 1);
        assert!(event.scheduled_by < event.id);
        match event.kind.as_str() {
            "StepEntered" | "BranchEntered" | "IterationEntered" => open += 1,
            "StepExited" | "BranchExited" | "IterationExited" => open -= 1,
            _ => {}
        }
        assert!(open >= 0, "left before it was entered");
    }
    if machine.status().as_str() == "Succeeded" {
        assert_eq!(open, 0, "a state was entered and not left");
    }
}

/// One event a line: what changed shows in a diff.
fn write(trace: &Value) -> String {
    let lines: Vec<String> = trace
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| match (key.as_str(), value) {
            ("events" | "tasks", Value::Array(items)) => {
                let items: Vec<String> = items.iter().map(|item| format!("    {item}")).collect();
                format!("  \"{key}\": [\n{}\n  ]", items.join(",\n"))
            }
            _ => format!("  \"{key}\": {value}"),
        })
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// What would never end, or grow without bound, ends as the service would end it.
#[test]
fn limits_end_an_execution() {
    let endless = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - type: choice\n    name: b\n    \
                   choices: [{condition: true, goto: a}]\n";
    let trace = run(endless, json!({}), &json!({}));
    assert_eq!((&trace["status"], &trace["error"]), (&json!("Failed"), &json!("Local.HistoryLimitExceeded")));
    assert_eq!(trace["events"].as_array().unwrap().len(), 5000);

    let deep = "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: A\nStates:\n  - {Type: Pass, Name: A, Next: A, \
                InputConstructor: {a.$: $Input}}\n";
    let trace = run(deep, json!({}), &json!({}));
    assert_eq!(trace["error"], "Local.DataLimitExceeded");

    let doubling = "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: A\nStates:\n  - {Type: Pass, Name: A, Next: A, \
                    InputConstructor: {a.$: '[$Input.a, $Input.a]'}}\n";
    let trace = run(doubling, json!({ "a": "x".repeat(1000) }), &json!({}));
    assert_eq!(trace["error"], "Local.DataLimitExceeded");

    let output =
        "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/f'}\n";
    let mocks = json!({ "t": [{ "output": { "x": "y".repeat(65 * 1024) } }] });
    let trace = run(output, json!({}), &mocks);
    assert_eq!(trace["error"], "Local.DataLimitExceeded");
}
