//! A flow that the checker accepts never fails because of a constant in it: `validateFlow` and the interpreter agree on
//! numbers, times, results and the limits of the express mode.

use std::collections::BTreeMap;
use std::rc::Rc;

use cloudflow_language::shape::validate_flow_with;
use cloudflow_language::{Document, Options};
use cloudflow_local::simulate::{Machine, Start, compile, time};
use serde_json::json;

use super::random::Dice;
use cloudflow_tests::scaled;
use cloudflow_tests::seeds::Seeds;

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "5",
    "20",
    "21",
    "300",
    "301",
    "172800",
    "172801",
    "86400",
    "86401",
    "604800",
    "604801",
    "-1",
    "-0",
    "0.0",
    "-0.0",
    "1.0",
    "5.0",
    "1.5",
    "1e2",
    "1e99",
    "\"5\"",
    "'20'",
    "\" 5\"",
    "\"+5\"",
    "\"\"",
    "0x10",
    "0o17",
    "014",
    "null",
    "~",
    "true",
    ".inf",
    ".nan",
    "-.inf",
    "1_000",
    "9007199254740993",
    "99999999999999999999",
    "[]",
    "{}",
    "[5]",
    "$.n",
    "$.text",
    "!!int \"5\"",
    "!!str 5",
];

const EXPRESSIONS: &[&str] = &[
    "5",
    "0",
    "-1",
    "-0",
    "1.5",
    "301",
    "400",
    "21",
    "1e2",
    "\"5\"",
    "'5'",
    "\"x\"",
    "null",
    "true",
    "[1]",
    "[]",
    "{\"a\": 1}",
    "$Input.n",
    "$Input.list",
    "uuid()",
    "toArray(1)",
    "intAdd(2, 3)",
    "length(\"abc\")",
    "1 == 1",
    "!true",
    "-5",
    "format(\"{}\", 5)",
    "split(\"a\", \",\")",
    "$Input",
    "$Context",
    "$Context.Execution.Name",
    "mapKeys({\"a\": 1})",
];

const TIMES: &[&str] = &[
    "2024-05-06T07:08:09Z",
    "2024-05-06t07:08:09z",
    "2024-05-06 07:08:09Z",
    "2024-05-06T07:08:09.123456789+08:00",
    "2024-02-29T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2024-02-30T12:00:00Z",
    "2024-04-31T12:00:00Z",
    "2024-05-06T24:00:00Z",
    "2024-05-06T23:59:60Z",
    "2024-05-06T23:60:00Z",
    "2024-05-06T07:08:09+24:00",
    "2024-05-06T07:08:09+23:60",
    "2024-05-06T07:08:09-23:59",
    "2024-05-06",
    "07:08:09",
    "2024-05-06T07:08Z",
    "2024-5-6T07:08:09Z",
    "2024-05-06T07:08:09",
    "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "2024-13-01T00:00:00Z",
    "2024-00-10T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "1714979289",
    "$.time",
    "2024-05-06T07:08:09.Z",
    "2024-05-06T07:08:09+0800",
];

const DATA: &[&str] = &[
    "{}",
    "null",
    "~",
    "[]",
    "5",
    "text",
    "{a: null}",
    "{a: 1, b: [x]}",
    "\"\"",
    "{a.$: $Input.n}",
    "{a.$: \"null\"}",
    "{a.$: \"5\"}",
    "$Input",
];

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A flow with a few constants from the tables.
fn flow(dice: &mut Dice) -> (String, bool) {
    let mut pick = |list: &[&'static str]| list[dice.below(list.len() as u64) as usize];
    if pick(&["flow", "machine"]) == "flow" {
        let step = match pick(&["duration", "time", "task", "pass", "foreach", "choice", "parallel"]) {
            "duration" => format!("type: wait\n    duration: {}", pick(NUMBERS)),
            "time" => format!("type: wait\n    timestamp: {}", pick(TIMES)),
            "task" => format!(
                "type: task\n    resourceArn: acs:fc:::services/s/functions/f\n    timeoutSeconds: {}\n    retry:\n      - errors: [Bad]\n        \
                 maxAttempts: {}\n        intervalSeconds: {}\n        multiplier: {}\n        maxIntervalSeconds: {}",
                pick(NUMBERS),
                pick(NUMBERS),
                pick(NUMBERS),
                pick(NUMBERS),
                pick(NUMBERS)
            ),
            "pass" => format!(
                "type: pass\n    outputMappings:\n      - {{target: a, source: {}}}\n      - {{target: {}, source: {}}}",
                pick(NUMBERS),
                pick(NUMBERS),
                pick(TIMES)
            ),
            "foreach" => format!(
                "type: foreach\n    iterationMapping: {{collection: {}, item: {}}}\n    steps:\n      - {{type: pass, name: b}}",
                pick(&["$.list", "$.absent", "[1]", "\"[1]\"", "5", "list"]),
                pick(NUMBERS)
            ),
            "choice" => format!(
                "type: choice\n    choices:\n      - condition: {}\n        steps: [{{type: pass, name: b}}]",
                quoted(pick(EXPRESSIONS).replace("$Input", "$").as_str())
            ),
            _ => "type: parallel\n    branches:\n      - steps: [{type: pass, name: b}]".to_owned(),
        };
        let end = pick(&["", "\n    end: true", "\n    end: yes", "\n    end: 1"]);
        (
            format!(
                "version: v1\ntype: flow\ntimeoutSeconds: {}\nsteps:\n  - name: a\n    {step}{end}\n",
                pick(&["100", "0", "-1", "\"5\"", "1.5"])
            ),
            false,
        )
    } else {
        let state = match pick(&["seconds", "computed", "task", "timeout", "pass", "map", "choice", "fail"]) {
            "seconds" => format!("Type: Wait\n    Seconds: {}", pick(NUMBERS)),
            "computed" => format!("Type: Wait\n    Seconds.$: {}", quoted(pick(EXPRESSIONS))),
            "task" => format!(
                "Type: Task\n    Action: FC:InvokeFunction\n    Parameters: {{resourceArn: f, invocationType: Sync}}\n    Timeout: {}\n    Retry:\n      \
                 - Errors: [Bad]\n        Description: d\n        MaxAttempts: {}\n        IntervalSeconds: {}\n        BackoffRate: {}\n        \
                 MaxBackoffSeconds: {}",
                pick(NUMBERS),
                pick(NUMBERS),
                pick(NUMBERS),
                pick(NUMBERS),
                pick(NUMBERS)
            ),
            "timeout" => format!(
                "Type: Task\n    Action: FC:InvokeFunction\n    Parameters: {{resourceArn: f, invocationType: Sync}}\n    Timeout.$: {}",
                quoted(pick(EXPRESSIONS))
            ),
            "pass" => format!(
                "Type: Pass\n    InputConstructor: {}\n    OutputConstructor: {}\n    GlobalConstructor: {}",
                pick(DATA),
                pick(DATA),
                pick(DATA)
            ),
            "map" => format!(
                "Type: Map\n    ItemsPath: {}\n    MaxConcuccency: {}\n    Processor:\n      StartAt: B\n      States:\n        - {{Type: Pass, Name: B, End: true}}",
                quoted(pick(EXPRESSIONS)),
                pick(NUMBERS)
            ),
            "choice" => format!(
                "Type: Choice\n    Branches:\n      - Condition: {}\n        Next: Z\n    Default: Z",
                quoted(pick(EXPRESSIONS))
            ),
            _ => format!("Type: Fail\n    Code.$: {}\n    Detail: {}", quoted(pick(EXPRESSIONS)), pick(NUMBERS)),
        };
        let end = if state.contains("Type: Choice") || state.contains("Type: Fail") {
            ""
        } else {
            pick(&["\n    End: true", "\n    Next: Z"])
        };
        let last =
            if state.contains("Next: Z") || end.contains("Next: Z") { "  - {Type: Succeed, Name: Z}\n" } else { "" };
        let text = format!(
            "Type: StateMachine\nSpecVersion: v1\nName: f\nTimeout: {}\nStartAt: A\nStates:\n  - Name: A\n    {state}{end}\n{last}",
            pick(&["100", "1", "0", "400"])
        );
        (text, pick(&["Standard", "Express"]) == "Express")
    }
}

#[test]
fn a_valid_flow_never_fails_because_of_a_constant() {
    let (mut valid, mut tried) = (0, 0);
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    let count = cloudflow_tests::rounds(scaled("VALID_ROUNDS", 6000));
    let seeds = Seeds::of("valid", "VALID_SEED", "cloudflow-local --test it simulate::valid", count);
    for seed in seeds.all() {
        let mut dice = Dice(seed);
        let (text, express) = flow(&mut dice);
        tried += 1;
        if !validate_flow_with(&text, Options { express }).valid {
            continue;
        }
        valid += 1;
        let tree = &mut None;
        let flow = Document::read(&text, Options { express }, tree).flow.unwrap();
        let program = Rc::new(compile(&flow));
        let input = json!({ "n": 2, "text": "3", "list": [1, 2], "time": "2024-05-06T07:08:09Z", "a": 1 });
        let now = time::parse("2024-05-06T07:08:09Z").unwrap();
        let mut machine = Machine::start(program, Start { input, now, seed, ..Start::default() });
        while let Some(wake) = machine.wake_at() {
            for request in machine.take_tasks() {
                machine.finish_task(now, request.task, Ok(json!({})));
            }
            machine.advance(wake);
        }
        let Some(failure) = machine.failure() else { continue };
        // A path into the data is no constant.
        let data = text.contains("$.") || text.contains("$Input") || text.contains("$Context");
        if failure.error.contains(".Invalid") && !data || failure.error == "Local.InvalidDefinition" {
            let kind = format!("{}: {}", failure.error, failure.cause);
            failures.entry(kind).or_insert_with(|| format!("{}\n{text}", seeds.advice(seed)));
        }
    }
    println!("{tried} flows, {valid} valid");
    assert!(!seeds.are_first() || valid * 20 > tried, "{valid} valid flows of {tried}");
    let list: Vec<String> = failures.into_iter().map(|(kind, text)| format!("{kind}\n{text}")).collect();
    cloudflow_tests::report("valid flows", list);
}
