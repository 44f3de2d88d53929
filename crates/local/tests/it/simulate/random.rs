//! Random small flows of both dialects. Each ends with well-nested events. A second run and a differently formatted
//! definition have the same outcome.

pub mod flows;
pub mod formats;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use cloudflow_language::shape::validate_flow;
use cloudflow_language::{Document, Options};
use cloudflow_local::simulate::{
    Data, Event, Failure, Machine, Program, Report, Start, Status, TaskId, TaskResult, compile, time,
};
use cloudflow_tests::seeds::Seeds;
use serde_json::{Value, json};

use super::{Placed, well_nested};

/// Number of flows per dialect.
const FLOWS: u64 = 1000;

/// A failing flow is run alone with `SIMULATE_SEED=<its seed>`.
#[test]
fn random_flows_end_as_they_should() {
    let mut ends: HashMap<String, usize> = HashMap::new();
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    let seeds = seeds("cloudflow-local --test it simulate::random");
    for seed in seeds.all() {
        let mut dice = Dice(seed);
        let definition = definition(seed, &mut dice);
        let text = formats::plain(&definition);
        let told = Told { text: &text };
        let found = validate_flow(&text);
        let errors: Vec<_> = found.diagnostics.iter().filter(|found| found.severity == "error").collect();
        assert!(errors.is_empty(), "the generator made a flow with errors: {errors:?}");
        let trace = run(&text, seed);
        well_nested(trace.machine.events().iter().map(placed), trace.by_itself());
        let status = trace.machine.status();
        assert!(
            [Status::Succeeded, Status::Failed, Status::TimedOut].contains(&status),
            "unexpected status {status:?}"
        );
        let end = trace.machine.failure().map_or(status.as_str(), |failure| &failure.error);
        *ends.entry(end.to_owned()).or_default() += 1;
        for event in trace.machine.events() {
            *kinds.entry(event.kind.as_str()).or_default() += 1;
        }
        let other = formats::other(&definition, &mut dice);
        assert!(run(&other, seed) == trace, "the trace depends on the format:\n{other}");
        if seed % 8 < 2 {
            assert!(run(&text, seed) == trace, "the second trace differs");
        }
        std::mem::forget(told);
    }
    if seeds.are_usual() {
        // An outcome that never occurs is not tested.
        for end in [
            "Succeeded",
            "TimedOut",
            "Local.HistoryLimitExceeded",
            "Local.ExpressionError",
            "Local.InvalidItems",
            "Bad",
        ] {
            assert!(ends.contains_key(end), "no flow ended with {end}: {ends:?}");
        }
        assert!(ends["Succeeded"] > ends.values().sum::<usize>() / 4, "few succeed: {ends:?}");
        assert!(kinds.len() >= 17, "{kinds:?}");
    }
}

/// Prints the flow if the test panics.
struct Told<'t> {
    text: &'t str,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        println!("{}", self.text);
    }
}

/// The trace of an execution.
struct Trace {
    machine: Machine,
    program: Rc<Program>,
    calls: Vec<(String, u32, Data)>,
}

impl Trace {
    /// Whether the execution ended state by state.
    fn by_itself(&self) -> bool {
        let cut = self.machine.failure().is_some_and(|failure| failure.error == "Local.HistoryLimitExceeded");
        self.machine.status() != Status::TimedOut && !cut
    }
}

impl PartialEq for Trace {
    fn eq(&self, other: &Trace) -> bool {
        let (a, b) = (&self.machine, &other.machine);
        let paths = |trace: &Trace| -> Vec<_> {
            let states = trace.machine.events().iter().filter_map(|event| event.state);
            states.map(|state| trace.program.path(state).cloned()).collect()
        };
        (a.status(), a.output(), a.failure()) == (b.status(), b.output(), b.failure())
            && a.events() == b.events()
            && self.calls == other.calls
            && paths(self) == paths(other)
    }
}

fn placed(event: &Event) -> Placed<'_> {
    let kind = event.kind.as_str();
    let indexed = kind.starts_with("Branch") || kind.starts_with("Iteration");
    let index = if indexed { event.detail()["index"].as_u64().unwrap() } else { 0 };
    let step = event.step.as_deref().unwrap_or_default();
    Placed { id: event.id, by: event.scheduled_by, kind, step, at: event.at, index }
}

/// Runs a flow. The results of tasks depend on the seed, the state and the number of the call.
fn run(text: &str, seed: u64) -> Trace {
    let tree = &mut None;
    let flow = Document::read(text, Options::default(), tree).flow;
    let program = Rc::new(compile(&flow.unwrap()));
    let now = time::parse(super::BEGIN).unwrap();
    let start = Start { input: input(), now, seed, ..Start::default() };
    let mut machine = Machine::start(Rc::clone(&program), start);
    let mut answer = answers(seed);
    let mut calls = Vec::new();
    let mut due: BTreeMap<(u64, TaskId), TaskResult> = BTreeMap::new();
    let mut now = now;
    while let Some(wake) = machine.wake_at() {
        for request in machine.take_tasks() {
            if let Some((after, result)) = answer(&request.name) {
                due.insert((now + after, request.task), result);
            }
            calls.push((request.name, request.attempt, request.input));
        }
        match due.pop_first() {
            Some(((at, task), result)) if at <= wake => {
                now = at;
                match machine.token_of(task).map(str::to_owned) {
                    Some(token) => assert_ne!(machine.report(at, &token, result), Report::Unknown),
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
    Trace { machine, program, calls }
}

/// The seeds of the random flows, or the one in `SIMULATE_SEED`.
pub fn seeds(test: &'static str) -> Seeds {
    Seeds::of("simulate", "SIMULATE_SEED", test, cloudflow_tests::rounds(2 * FLOWS))
}

/// A flow of each dialect in turn.
pub fn definition(seed: u64, dice: &mut Dice) -> Value {
    if seed.is_multiple_of(2) { flows::flow(dice) } else { flows::machine(dice) }
}

/// The input of the random flows.
pub fn input() -> Value {
    json!({ "a": 1, "b": "x", "list": [1, "two", { "a": 3 }], "n": 2, "flag": true, "map": { "a": [1] } })
}

/// The delays and the results of tasks, by the name of the state and the number of its call. Absent if the task has no
/// result.
pub fn answers(seed: u64) -> impl FnMut(&str) -> Option<(u64, TaskResult)> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    move |name| {
        let count = counts.entry(name.to_owned()).or_default();
        *count += 1;
        answer(name, *count, seed)
    }
}

fn answer(name: &str, count: u64, seed: u64) -> Option<(u64, TaskResult)> {
    let of_name = name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let mut dice = Dice(seed.wrapping_mul(1_000_003) ^ of_name.wrapping_mul(101) ^ count);
    let fail = |error: &str| Err(Failure { error: error.to_owned(), cause: "requested by the test".to_owned() });
    let result = match dice.below(10) {
        0 => fail("Bad"),
        1 => fail("FC.ResourceThrottled"),
        2 if dice.one_in(4) => return None,
        3 => Ok(dice.pick(&[json!(7), json!([1, 2]), json!(null), json!("text")]).clone()),
        4 => Ok(json!({ "list": [1, 2], "n": count })),
        _ => Ok(json!({ "a": count, "b": name, "flag": count.is_multiple_of(2) })),
    };
    Some((if dice.one_in(3) { dice.below(5000) } else { 0 }, result))
}

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    /// True with the probability 1 / `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}
