//! The definitions of the corpus, run with generated data: all values that they read are present, conditions are true
//! and false, tasks succeed and fail. The outcome is written to the file that `CORPUS_TABLE` names.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::{env, fs};

use cloudflow_base::shape::Diagnostic;
use cloudflow_local::migrate::shape::migrate_flow;
use cloudflow_local::simulation::SimulationOptions;
use serde_json::{Map, Value, json};

use cloudflow_tests::corpus::{self, Definition, FOLDERS, definitions};

use super::random::Dice;
use super::{nested, simulate};

/// Number of runs of a definition, each with different data.
const RUNS: u64 = 12;

#[test]
fn the_corpus_runs() {
    let mut table = "| file | outcomes of the runs | events | migrated | why not |\n|---|---|---|---|---|\n".to_owned();
    let mut failures = Vec::new();
    let (mut ran, mut own, mut succeeded, mut compared, mut announced) = (0, 0, 0, 0, 0);
    for Definition { name, text, own: is_own } in definitions(&FOLDERS) {
        let made = Made::of(&name, &text);
        if let Err(problem) = start(&text, &json!({})) {
            writeln!(table, "| {name} | - | - | - | {} |", problem.replace('|', "\\|")).unwrap();
            continue;
        }
        ran += 1;
        own += usize::from(is_own);
        let migration = migrate_flow(&text);
        let new = migration.text.filter(|new| *new != text);
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        let (mut least, mut most) = (usize::MAX, 0);
        let mut difference = None;
        for seed in 0..RUNS {
            let trace = made.run(&text, seed);
            nested(&trace);
            let status = trace["status"].as_str().unwrap();
            let error = trace["error"].as_str().map_or(String::new(), |error| format!(" ({error})"));
            *ends.entry(format!("{status}{error}")).or_default() += 1;
            let count = trace["events"].as_array().unwrap().len();
            (least, most) = (least.min(count), most.max(count));
            if let Some(new) = &new {
                let after = made.run(new, seed);
                nested(&after);
                if let Some(what) = differs(&trace, &after) {
                    difference.get_or_insert(what);
                }
            }
        }
        succeeded += usize::from(ends.contains_key("Succeeded"));
        if let Some((_, end)) = NOT_SIMULATED.iter().find(|(file, _)| *file == name) {
            if ends.contains_key("Succeeded") || !ends.contains_key(*end) {
                failures.push(format!("{name}: expected the end {end}, found {ends:?}"));
            }
        } else if !ends.contains_key("Succeeded") {
            failures.push(format!("{name}: never succeeds: {ends:?}"));
        }
        let migrated = match (&new, &difference) {
            (None, _) => "-".to_owned(),
            (Some(_), None) => {
                compared += 1;
                "the same".to_owned()
            }
            (Some(new), Some((what, missing))) => {
                let found = migration.diagnostics.iter().find(|found| announces(found, *missing));
                if found.is_some() {
                    announced += 1;
                } else {
                    failures.push(format!(
                        "{name}: the migrated definition behaves differently, without a finding\n{what}\n{new}"
                    ));
                }
                found.map_or("differs".to_owned(), |found| format!("differs, with a finding: {}", found.message))
            }
        };
        let ends: Vec<String> = ends.iter().map(|(end, count)| format!("{count} {end}")).collect();
        writeln!(table, "| {name} | {} | {least} to {most} | {} | |", ends.join(", "), migrated.replace('|', "\\|"))
            .unwrap();
    }
    writeln!(table, "\n{ran} run, {succeeded} of them to `Succeeded` with some data; {compared} behave the same after migration, {announced} differ with a finding.").unwrap();
    if let Ok(path) = env::var("CORPUS_TABLE") {
        fs::write(path, &table).unwrap();
    }
    cloudflow_tests::report("the corpus, run", failures);
    assert!(own >= 14, "only {own} definitions of tests/corpus were run");
    let external = ran - own;
    assert!(corpus::external().is_none() || external > 60, "only {external} of CLOUDFLOW_CORPUS were run");
}

/// Definitions that the simulator refuses, and how they end.
const NOT_SIMULATED: [(&str, &str); 4] = [
    ("statemachine/nightly-table-export.yaml", "Failed (Local.NotSupported)"),
    // A template cannot run before its placeholders are filled in.
    ("templated/terraform-variables.yaml", "Failed (Local.InvalidDefinition)"),
    ("templated/fnfig-ros-definition.yaml", "Failed (Local.InvalidDefinition)"),
    ("templated/jinja-loop.yaml", "Failed (Local.InvalidDefinition)"),
];

/// Results of tasks whose form does not follow from the references to them.
const FIXED: [(&str, &str, &str); 2] = [
    ("templated/flow-rag-offline.yaml", "TextSplit", r#"[{"document": "d", "source": "s"}]"#),
    ("templated/flow-rag-offline.yaml", "Embedding", r#"{"Body": "{\"Data\": {\"text_embedding\": [[0.5]]}}"}"#),
];

/// True for a finding that announces a difference: a construct without an equivalent or, if the migrated run has an
/// absent value, a reference to an absent value.
fn announces(found: &Diagnostic, missing: bool) -> bool {
    if missing {
        return found.message.starts_with("a reference to an absent value");
    }
    found.code == "migrate-no-equal" && !found.message.starts_with("the output of the execution")
}

fn start(text: &str, input: &Value) -> Result<(), String> {
    let options = SimulationOptions { input: input.to_string(), ..SimulationOptions::default() };
    cloudflow_local::simulation::Simulation::start(text, &options, 0, 0).map(drop)
}

/// A value without its task tokens. A token contains the number of an event, which depends on the number of states.
fn without_tokens(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("v1.flow.simulation.") => json!("a task token"),
        Value::Array(list) => list.into_iter().map(without_tokens).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, without_tokens(value))).collect(),
        other => other,
    }
}

/// The difference between a run and the run of the migrated definition.
fn differs(before: &Value, after: &Value) -> Option<(String, bool)> {
    let calls = |trace: &Value| -> Vec<Value> {
        let calls = trace["tasks"].as_array().into_iter().flatten();
        calls.map(|call| without_tokens(json!([call[0], call[2], crate::migrate::payload(call)]))).collect()
    };
    let part = |trace: &Value| json!([trace["status"], trace["error"], calls(trace)]);
    let output = |trace: &Value| trace["output"].clone();
    let held = output(after).get("local").filter(|_| output(before).get("local").is_none()).cloned();
    let same = part(before) == part(after) && output(before) == held.unwrap_or_else(|| output(after));
    (!same).then(|| {
        let show = |trace: &Value| format!("{} {}", part(trace), output(trace));
        let missing = after["error"] == "Local.ExpressionError";
        (format!("--- before\n{}\n--- after\n{}", show(before), show(after)), missing)
    })
}

/// Data that contain every value that a definition reads.
pub struct Made {
    file: String,
    data: Data,
    texts: Vec<Value>,
    errors: Vec<String>,
}

#[derive(Debug, Default)]
struct Data {
    members: BTreeMap<String, Data>,
    element: Option<Box<Data>>,
    /// A list of the top-level value of this name.
    named: Option<String>,
    leaf: Leaf,
}

#[derive(Clone, Copy, Debug, Default)]
enum Leaf {
    #[default]
    Any,
    List,
    Seconds,
    Time,
}

impl Made {
    pub fn of(file: &str, text: &str) -> Self {
        let mut data = Data::default();
        let (mut item, mut collection) = (None, None);
        let mut texts = BTreeSet::new();
        let mut errors = BTreeSet::new();
        for line in text.replace("$Context.Execution.Input", "$Input").lines() {
            let leaf = match line.trim().trim_start_matches("- ").split(':').next().unwrap_or_default() {
                "collection" | "ItemsPath" => Leaf::List,
                "duration" | "Seconds.$" => Leaf::Seconds,
                "timestamp" => Leaf::Time,
                _ => Leaf::Any,
            };
            for (at, _) in line.match_indices('$') {
                data.note(&line[at..], leaf);
            }
            // The body of an iteration names the elements of the collection.
            if let Some((key, value)) = line.trim().split_once(": ") {
                match key.trim_start_matches("- ") {
                    "item" => item = Some(value.trim().to_owned()),
                    "collection" => collection = Some(value.trim().to_owned()),
                    "ItemsPath" => data.note_element(value.trim(), ""),
                    _ => {}
                }
            }
            if let (Some(name), Some(list)) = (&item, &collection) {
                data.note_element(list, name);
                (item, collection) = (None, None);
            }
            if line.contains("ondition:") {
                texts.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
            }
            if let Some(name) = line.trim().strip_prefix("- ")
                && !name.contains(' ')
                && name.contains('.')
            {
                errors.insert(name.trim_matches(['"', '\'']).to_owned());
            }
        }
        errors.insert("Odd".to_owned());
        let texts = texts.into_iter().map(|text| Value::from(text.trim_matches('\\'))).collect();
        Made { file: file.to_owned(), data, texts, errors: errors.into_iter().collect() }
    }

    fn run(&self, text: &str, seed: u64) -> Value {
        let mut answers = self.answers(seed);
        simulate(text, self.input(seed), SimulationOptions::default(), |name, _, _| answers(name))
    }

    /// The input of a run.
    pub fn input(&self, seed: u64) -> Value {
        self.object(&mut Dice(seed))
    }

    /// The answers to the tasks of a run, by the name of the state.
    pub fn answers(&self, seed: u64) -> impl FnMut(&str) -> Value {
        let mut counts: HashMap<String, u64> = HashMap::new();
        move |name| {
            let count = counts.entry(name.to_owned()).or_default();
            *count += 1;
            let of_name = name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
            let mut dice = Dice(seed.wrapping_mul(1_000_003) ^ of_name.wrapping_mul(101) ^ *count);
            // Tasks of the first runs succeed.
            if seed > 3 && dice.one_in(4) {
                return json!({ "error": dice.pick(&self.errors), "cause": "requested by the test" });
            }
            if seed > 3 && dice.one_in(20) {
                return json!({ "never": true });
            }
            let output = FIXED.iter().find(|(file, state, _)| *file == self.file && *state == name);
            let output = output.map(|(.., output)| serde_json::from_str(output).unwrap());
            json!({ "output": output.unwrap_or_else(|| self.object(&mut dice)) })
        }
    }
}

impl Made {
    fn object(&self, dice: &mut Dice) -> Value {
        self.members(&self.data, dice, 0)
    }

    fn members(&self, data: &Data, dice: &mut Dice, depth: usize) -> Value {
        let members = data.members.iter().map(|(name, data)| (name.clone(), self.make(data, dice, depth)));
        Value::Object(members.collect::<Map<_, _>>())
    }

    fn make(&self, data: &Data, dice: &mut Dice, depth: usize) -> Value {
        if let Some(name) = data.named.as_ref().filter(|_| depth < 4) {
            let element = self.data.members.get(name);
            return (0..2)
                .map(|_| match element {
                    Some(element) => self.make(element, dice, depth + 1),
                    None if name.is_empty() => self.members(&self.data, dice, depth + 4),
                    None => json!({ "n": dice.below(9) }),
                })
                .collect();
        }
        if let Some(element) = &data.element {
            return (0..2).map(|_| self.make(element, dice, depth)).collect();
        }
        if !data.members.is_empty() {
            return self.members(data, dice, depth);
        }
        match data.leaf {
            Leaf::List => json!([]),
            Leaf::Seconds => json!(1 + dice.below(5)),
            Leaf::Time => json!("2024-05-06T08:00:00Z"),
            Leaf::Any if !self.texts.is_empty() && dice.one_in(2) => dice.pick(&self.texts).clone(),
            Leaf::Any => {
                dice.pick(&[json!(0), json!(1), json!(7), json!(true), json!(false), json!("x"), json!("")]).clone()
            }
        }
    }
}

impl Data {
    /// Records that the elements of a referenced list have this name.
    fn note_element(&mut self, list: &str, name: &str) {
        if let Some(place) = self.note(list, Leaf::List) {
            place.named = Some(name.to_owned());
        }
    }

    /// Records a reference: `$.a`, `$input.a[0].b`, `$Output.Body.c`.
    fn note(&mut self, text: &str, leaf: Leaf) -> Option<&mut Data> {
        let text = text.trim_start_matches(['"', '\'']);
        let end = text[1..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(text.len(), |at| at + 1);
        let (root, mut rest) = text.split_at(end);
        if !["$", "$input", "$local", "$Input", "$Output"].contains(&root) {
            return None;
        }
        let mut place = self;
        loop {
            if let Some(after) = rest.strip_prefix('[') {
                rest = after.split_once(']').map_or("", |(_, rest)| rest);
                place = place.element.get_or_insert_default();
            } else if let Some(after) = rest.strip_prefix('.') {
                let end =
                    after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(after.len());
                let (name, after) = after.split_at(end);
                if name.is_empty() {
                    break;
                }
                rest = after;
                // The interpreter adds `Body`.
                if !(root == "$Output" && name == "Body") {
                    place = place.members.entry(name.to_owned()).or_default();
                }
            } else {
                break;
            }
        }
        if !matches!(leaf, Leaf::Any) {
            place.leaf = leaf;
        }
        Some(place)
    }
}
