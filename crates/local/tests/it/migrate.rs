//! The migration of flows: `tests/cases/migrate` and the corpus.
//!
//! `tests/README.md` describes the files of a case. A flow with errors has no `expected.yaml`. Both definitions
//! are run with each input: they must send the same to the same tasks and end with the same status and output.

#![allow(clippy::disallowed_methods, reason = "tests read the environment")]

mod flows;
mod growth;
mod random;

use std::env;

use cloudflow_language::shape::validate_flow;
use cloudflow_local::migrate::shape::migrate_flow;
use serde_json::{Value, json};

use cloudflow_tests::corpus::{self, definitions};
use cloudflow_tests::{Case, cases, report};

fn lines(text: &str) -> String {
    let mut out = String::new();
    for found in migrate_flow(text).diagnostics {
        if let Some(range) = found.range {
            let (start, end) = (range.start, range.end);
            out += &format!("{}:{}-{}:{} ", start.line, start.column, end.line, end.column);
        }
        out += &format!("{} {}: {}\n", found.severity, found.code, found.message);
    }
    out
}

#[test]
fn flows_become_state_machines() {
    let mut failures = Vec::new();
    for case in cases("migrate", "flow.yaml") {
        let old = case.read("flow.yaml");
        case.expect("diagnostics.txt", &lines(&old), &mut failures);
        let Some(new) = migrate_flow(&old).text else {
            assert!(
                case.read_if_there("expected.yaml").is_none(),
                "{}: a flow with errors has no expected text",
                case.name
            );
            continue;
        };
        case.expect("expected.yaml", &new, &mut failures);
        sound(&case.name, &old, &new, &mut failures);
        same_end(&case, &old, &new, &mut failures);
    }
    report("migrate", failures);
}

/// What came out is valid, holds every comment, comes out the same again, and is done.
fn sound(name: &str, old: &str, new: &str, failures: &mut Vec<String>) {
    let report = validate_flow(new);
    if report.dialect != Some("StateMachine") || !report.valid {
        let found: Vec<_> = report
            .diagnostics
            .iter()
            .filter(|found| found.severity == "error")
            .map(|found| format!("{}: {} {}", found.range.map_or(0, |r| r.start.line), found.code, found.message))
            .collect();
        failures.push(format!("{name}: not valid\n{}\n{new}", found.join("\n")));
    }
    for comment in comments(old) {
        if !new.contains(comment) {
            failures.push(format!("{name}: lost the comment {comment:?}\n{new}"));
        }
    }
    if migrate_flow(old).text.as_deref() != Some(new) {
        failures.push(format!("{name}: another text at the second time"));
    }
    let again = migrate_flow(new);
    if again.text.as_deref() != Some(new) || again.diagnostics.iter().any(|found| found.code != "migrate-nothing") {
        failures.push(format!("{name}: a StateMachine was changed"));
    }
}

/// The lines that are comments as a whole, outside block scalars as far as a test can tell.
fn comments(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| ["#", "{%", "{#"].iter().any(|mark| line.starts_with(mark)))
}

/// Cases that do something else after the migration, and the finding that tells it.
const DIFFERENT: [(&str, &str); 4] = [
    ("context", "the context of the new dialect does not contain `step.eventId`"),
    ("task-sync", "the new dialect has no known equivalent for the parameter `StatefulAsyncInvocationID`"),
    ("wait-too-long", "a Wait has no timestamp"),
    ("retry-two-rules", "the old dialect counts the retries of each rule"),
];

fn same_end(case: &Case, old: &str, new: &str, failures: &mut Vec<String>) {
    if let Some((_, told)) = DIFFERENT.iter().find(|(name, _)| *name == case.name) {
        assert!(lines(old).contains(told), "{}: no finding tells the difference", case.name);
        return;
    }
    let input = case.read_if_there("input.json").unwrap_or_else(|| "{}".to_owned());
    let mocks = case.read_if_there("mocks.json").map_or(json!({}), |text| serde_json::from_str(&text).unwrap());
    // A list of inputs is a list of runs.
    let inputs = match serde_json::from_str(&input).unwrap() {
        Value::Array(inputs) => inputs,
        input => vec![input],
    };
    for input in inputs {
        let (before, after) =
            (crate::simulate::run(old, input.clone(), &mocks), crate::simulate::run(new, input.clone(), &mocks));
        compare(&case.name, &input, &before, &after, new, failures);
    }
}

fn compare(name: &str, input: &Value, before: &Value, after: &Value, new: &str, failures: &mut Vec<String>) {
    // What cannot be handed out key by key is held under `local`, and said to be.
    let output = |trace: &Value| trace.get("output").cloned().unwrap_or_default();
    let local = output(after).get("local").filter(|_| output(before).get("local").is_none()).cloned();
    // A failure without a cause has to be given one.
    let cause = before.get("cause").filter(|cause| **cause != json!(""));
    let same = cause.is_none_or(|cause| after.get("cause") == Some(cause))
        && ["status", "error"].iter().all(|key| before.get(key) == after.get(key))
        && output(before) == local.unwrap_or_else(|| output(after));
    let calls = |trace: &Value| -> Vec<Value> {
        let calls = trace.get("tasks").and_then(Value::as_array).cloned().unwrap_or_default();
        calls.into_iter().map(|call| json!([call[0], call[2], payload(&call)])).collect()
    };
    if !same || calls(before) != calls(after) {
        let short = |trace: &Value| {
            json!([trace["status"], trace.get("error"), trace.get("cause"), trace.get("output"), trace.get("tasks")])
        };
        failures.push(format!(
            "{name}: input {input}\n--- flow\n{}\n--- StateMachine\n{}\n{new}",
            short(before),
            short(after)
        ));
    }
}

/// What a task was asked, in one spelling, without the name of the resource that only one dialect
/// puts there.
pub fn payload(call: &Value) -> Value {
    // What another flow gets: it is the mapped input where the old dialect names nothing else.
    match call[1].as_str() {
        Some("FNF:StartExecution") if call[3].get("input").is_some() => return call[3]["input"].clone(),
        Some(action) if action.starts_with("acs:fnf:") => return call[3].get("Input").unwrap_or(&call[3]).clone(),
        _ => {}
    }
    let Value::Object(object) = &call[3] else {
        return call[3].clone();
    };
    let lower = |key: &String| key.chars().take(1).map(|c| c.to_ascii_lowercase()).chain(key.chars().skip(1)).collect();
    let pairs = object.iter().filter(|(key, _)| *key != "resourceArn");
    let named = |key: &String| if key == "MessageBody" { "message".to_owned() } else { lower(key) };
    Value::Object(pairs.map(|(key, value)| (named(key), value.clone())).collect())
}

/// Flows of the simulator's cases that come to another end, and why.
const ENDS_ELSEWHERE: [&str; 7] = [
    // The path of a reference leads nowhere.
    "flow/choice-local",
    "flow/wildcards",
    // What is too large is so somewhere else.
    "flow/data-limit",
    // The limits of a wait are others.
    "flow/wait-negative",
    // What `!=` says about a missing value; told as `migrate-review`.
    "flow/choice-missing",
    // The error of a result that is no object has another name.
    "flow/invalid-local",
    // Two retry rules for one error; told as `migrate-review`.
    "flow/retry",
];

#[test]
fn the_flows_of_the_simulator_come_to_the_same_end() {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases("simulate", "flow.yaml") {
        let old = case.read("flow.yaml");
        let Some(new) = migrate_flow(&old).text.filter(|new| *new != old) else {
            continue;
        };
        count += 1;
        sound(&case.name, &old, &new, &mut failures);
        let told = migrate_flow(&old)
            .diagnostics
            .iter()
            .any(|found| found.code == "migrate-no-equal" && !found.message.starts_with("the output of the execution"));
        if !told && !ENDS_ELSEWHERE.contains(&case.name.as_str()) {
            let (before, after) = (crate::simulate::run_like(&case, &old), crate::simulate::run_like(&case, &new));
            compare(&case.name, &json!("of the case"), &before, &after, &new, &mut failures);
        }
    }
    assert!(count > 5, "only {count} flows");
    report("simulate, migrated", failures);
}

#[test]
fn the_corpus_migrates() {
    let mut failures = Vec::new();
    let (mut own, mut external) = (0, 0);
    for definition in definitions(&["flow", "templated"]) {
        let (name, old) = (definition.name, definition.text);
        let new = migrate_flow(&old).text;
        if new.is_none() && validate_flow(&old).valid {
            failures.push(format!("{name}: valid, but not migrated"));
        }
        if env::var("SHOW_CORPUS").is_ok() {
            println!("== {name} {}\n{}\n{}", new.is_some(), lines(&old), new.clone().unwrap_or_default());
        }
        if let Some(new) = new.filter(|new| *new != old) {
            *(if definition.own { &mut own } else { &mut external }) += 1;
            sound(&name, &old, &new, &mut failures);
        }
    }
    assert!(own >= 8, "only {own} flows of tests/corpus");
    assert!(corpus::external().is_none() || external > 50, "only {external} flows of CLOUDFLOW_CORPUS");
    report("the corpus, migrated", failures);
}

/// Whatever the checks let pass becomes something that they let pass.
#[test]
fn the_flows_of_the_checks_migrate() {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases("check", "yaml") {
        let old = case.read("yaml");
        let new = migrate_flow(&old).text;
        assert_eq!(new.is_some(), validate_flow(&old).valid, "{}", case.name);
        if let Some(new) = new.filter(|new| *new != old) {
            count += 1;
            sound(&case.name, &old, &new, &mut failures);
        }
    }
    assert!(count > 50, "only {count} flows");
    report("check, migrated", failures);
}

/// Every case cut at each character: nothing panics, and what comes out is valid.
#[test]
fn cut_flows_migrate_or_do_not() {
    let mut failures = Vec::new();
    for case in cases("migrate", "flow.yaml") {
        let text = case.read("flow.yaml");
        // The large ones at each line only.
        let at_lines = text.len() > 3000;
        for (at, c) in text.char_indices().step_by(cloudflow_tests::stride()) {
            if at_lines && c != '\n' {
                continue;
            }
            if let Some(new) = migrate_flow(&text[..at]).text
                && !validate_flow(&new).valid
            {
                let found = validate_flow(&new).diagnostics;
                let errors: Vec<_> = found.iter().filter(|f| f.severity == "error").map(|f| &f.message).collect();
                failures.push(format!("{} cut at {at}: {errors:?}\n{}\n-----\n{new}", case.name, &text[..at]));
                break;
            }
        }
    }
    report("migrate, cut", failures);
}

/// Twice the steps make twice the text: what is handed on does not pile up.
#[test]
fn the_text_grows_with_the_steps() {
    let flow = |steps: usize| {
        let mut text = "version: v1\ntype: flow\nsteps:\n".to_owned();
        for at in 0..steps {
            text += &format!(
                "  - type: task\n    name: s{at}\n    resourceArn: acs:fc:::services/a.b/functions/f\n    outputMappings:\n      \
                 - {{target: k{at}, source: $local.v}}\n"
            );
        }
        text
    };
    let length = |steps: usize| migrate_flow(&flow(steps)).text.unwrap().len();
    let (one, four) = (length(500), length(2000));
    assert!(four < one * 5, "{one} and {four}");
}

/// Every short text of these pieces, so that each may be before and after a U+0000.
#[test]
fn control_characters_end_the_text() {
    let pieces = ["\u{7}", "\0", "\n", " ", "a", ": ", "- ", "[", "{", "\"", "|", "#", "流"];
    let mut texts = vec![String::new()];
    for _ in 0..4 {
        for text in &texts {
            let migration = migrate_flow(text);
            assert!(migration.text.is_none() && !migration.diagnostics.is_empty(), "{text:?}: {migration:?}");
        }
        texts = texts.iter().flat_map(|text| pieces.map(|piece| text.clone() + piece)).collect();
    }
    let flow = "version: v1\ntype: flow\nsteps:\n- {type: pass, name: a}\n";
    let behind = migrate_flow(&format!("{flow}\u{7}\0- {{type: pass, name: b}}\n"));
    assert!(behind.text.is_none() && !behind.diagnostics.is_empty(), "{behind:?}");
}
