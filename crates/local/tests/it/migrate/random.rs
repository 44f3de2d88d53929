//! Random flows as people write them, migrated: both forms run with the same inputs and answers, and must end alike.
//! Where they do not, a finding must tell why.
//!
//! `MIGRATE_FLOWS=20000` runs so many flows, `MIGRATE_SEED=N` one of them.

use std::collections::{BTreeMap, HashMap};
use std::env;

use cloudflow_language::shape::validate_flow;
use cloudflow_local::migrate::shape::migrate_flow;
use cloudflow_local::simulation::SimulationOptions;
use cloudflow_tests::seeds::Seeds;
use serde_json::{Map, Value, json};

use super::flows::{self, answer, inputs};
use crate::simulate::random::{Dice, formats};
use crate::simulate::simulate;

const FLOWS: u64 = 1500;

/// Why the two forms of a flow may end differently: the finding, and a text of the trace of either form.
const REASONS: [(&str, &str); 9] = [
    ("a reference to an absent value", "Local.ExpressionError"),
    ("a result that is not an object", "FnF.InvalidLocal"),
    ("the old dialect counts the retries of each rule", ""),
    ("every branch must have it", "Local.ExpressionError"),
    ("a Wait takes 1 to", "Local.InvalidWait"),
    ("a Map has no index", ""),
    ("the iterations of the outer foreach share", ""),
    ("a second `[*]`", ""),
    ("the context of the new dialect does not contain", ""),
];

fn run(text: &str, input: &Value, seed: u64) -> Value {
    let mut counts: HashMap<String, u64> = HashMap::new();
    simulate(text, input.clone(), SimulationOptions::default(), |name, _, _| {
        let count = counts.entry(name.to_owned()).or_default();
        *count += 1;
        answer(name, *count, seed)
    })
}

/// What a run did: its end, and its calls in any order.
fn outcome(trace: &Value, unwrap: bool) -> Value {
    let mut calls: Vec<String> = trace["tasks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|call| json!([call[0], call[2], sorted(&super::payload(call))]).to_string())
        .collect();
    calls.sort();
    let mut output = &trace["output"];
    if unwrap && output.get("local").is_some() {
        output = &output["local"];
    }
    json!([trace["status"], trace.get("error"), sorted(output), calls])
}

/// The order of keys is no difference.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let sorted_entries: BTreeMap<_, _> =
                object.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            Value::Object(sorted_entries.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[test]
fn random_flows_end_alike() {
    let most = env::var("MIGRATE_FLOWS").ok().map_or(FLOWS, |count| count.parse().unwrap());
    let seeds = Seeds::of(
        "migrate",
        "MIGRATE_SEED",
        "cloudflow-local --test it migrate::random",
        cloudflow_tests::rounds(most),
    );
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    let (mut runs, mut equal, mut wrapped, mut before, mut after) = (0_u32, 0_u32, 0_u32, 0, 0);
    for seed in seeds.all() {
        let repeat = seeds.advice(seed);
        let definition = flows::flow(&mut Dice(seed));
        let old = formats::plain(&definition);
        let found = validate_flow(&old);
        let errors: Vec<_> = found.diagnostics.iter().filter(|found| found.severity == "error").collect();
        assert!(errors.is_empty(), "the generator made a flow with errors: {errors:?}\n{old}");
        let migration = migrate_flow(&old);
        let new = migration.text.unwrap();
        let checked = validate_flow(&new);
        let errors: Vec<_> = checked.diagnostics.iter().filter(|found| found.severity == "error").collect();
        if !errors.is_empty() {
            failures.push(format!("{repeat}: not valid: {errors:?}\n{old}\n{new}"));
            continue;
        }
        before += super::growth::states(&old);
        after += super::growth::states(&new);
        let told = |text: &str| migration.diagnostics.iter().any(|found| found.message.contains(text));
        let is_wrapped = told("under the key `local`");
        wrapped += u32::from(is_wrapped);
        for input in inputs(&mut Dice(seed ^ 0x5eed)) {
            let (first, second) = (run(&old, &input, seed), run(&new, &input, seed));
            runs += 1;
            let limited = [&first, &second].iter().any(|trace| {
                trace["error"] == "Local.HistoryLimitExceeded" || trace["error"] == "Local.DataLimitExceeded"
            });
            let (one, two) = (outcome(&first, false), outcome(&second, is_wrapped));
            if one == two {
                equal += 1;
                *ends.entry(format!("equal: {} {}", first["status"], first["error"])).or_default() += 1;
                continue;
            }
            if limited {
                *ends.entry("a limit".to_owned()).or_default() += 1;
                continue;
            }
            let traces = [first.to_string(), second.to_string()];
            let reason = REASONS.iter().find(|(finding, text)| {
                // A retry of a step leaves no event.
                let unseen = text.contains('.') && old.contains("FnF.ALL");
                // The old form made a null of the absent value.
                let null = !finding.starts_with("a reference") || first["events"].to_string().contains("null");
                let seen = text.is_empty() || unseen || traces.iter().any(|trace| trace.contains(text));
                told(finding) && null && seen
            });
            match reason {
                Some((finding, _)) => {
                    *ends.entry(format!("told: {finding}")).or_default() += 1;
                }
                None if failures.len() < 12 => failures.push(format!(
                    "{repeat}, input {input}\n--- flow\n{one}\n--- StateMachine\n{two}\n{old}\n-----\n{new}"
                )),
                None => *ends.entry("different".to_owned()).or_default() += 1,
            }
        }
    }
    println!("{runs} runs, {equal} equal; {wrapped} flows with the output under `local`; {before} -> {after} states");
    for (end, count) in &ends {
        println!("  {count} {end}");
    }
    cloudflow_tests::report("random flows, migrated", failures);
    if seeds.are_usual() {
        assert!(equal > runs / 2, "only {equal} of {runs} runs are equal");
        assert!(ends.keys().filter(|end| end.starts_with("equal: \"Succeeded\"")).count() == 1, "{ends:?}");
        assert!(ends.keys().filter(|end| end.starts_with("equal: \"Failed\"")).count() >= 3, "{ends:?}");
    }
}
