//! Attacks on the interpreter's time and memory: the work of a state and of a turn is limited, and the length of turns
//! does not change the outcome.

use std::rc::Rc;

use cloudflow_language::{Document, Options};
use cloudflow_local::simulate::{MOST_OF_A_TURN, Machine, Start, Status, compile};
use cloudflow_local::simulation::{Simulation, SimulationOptions};
use serde_json::{Value, json};

use super::{parts, run, run_with};
use cloudflow_tests::cases;

/// A flow of one state whose output is the value of an expression.
fn pass(expression: &str) -> String {
    format!(
        "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: A\nStates:\n  - Type: Pass\n    Name: A\n    \
         OutputConstructor:\n      r.$: \"{expression}\"\n    End: true\n"
    )
}

fn value(expression: &str, input: Value) -> Result<Value, (String, String)> {
    let trace = run(&pass(expression), input, &json!({}));
    let text = |key: &str| trace[key].as_str().unwrap_or_default().to_owned();
    if trace["status"] == "Succeeded" {
        Ok(trace["output"]["r"].clone())
    } else {
        Err((text("error"), text("cause") + &text("problem")))
    }
}

#[test]
fn patterns_are_limited_in_size_and_time() {
    let is_match = |text: String, pattern: &str| {
        value("regexMatchString($Input.pattern, $Input.text)", json!({ "text": text, "pattern": pattern }))
    };
    let xs = |count| "x".repeat(count);
    let alternatives = format!("({}y)z", "x*|".repeat(2_000));
    let (classes, nested) = ("[a-z]{0,200}".repeat(40), "(".repeat(40) + "x" + &"{0,9})".repeat(40));
    for (text, pattern) in [
        (xs(3_000), "^(x{0,1000}){0,100}$"),
        (xs(30_000), "^(x{0,30}){0,30}$"),
        (xs(60_000), "(x*)*(x*)*(x*)*(x*)*(x*)*(x*)*(x*)*(x*)*(x*)*(x*)*(x*)*(x*)*y"),
        (xs(30_000), &alternatives),
        (xs(1), &classes),
        (xs(1), &nested),
        (xs(1), "((((){1000}){1000}){1000}){1000}"),
        (xs(1), "x{4294967295}"),
        (xs(1), "(?i)[\u{0}-\u{10ffff}]{5000}"),
    ] {
        let (error, cause) = is_match(text, pattern).unwrap_err();
        assert_eq!(error, "Local.ExpressionError", "{cause}");
        assert!(cause.contains("`regexMatchString`"), "{cause}");
    }
    for (text, pattern, expected) in [
        (xs(60_000), "^x+$", true),
        (xs(60_000), "y$", false),
        ("a.b-c@example.com".into(), "^[a-z0-9.-]{1,64}@([a-z0-9-]{1,63}\\.)+[a-z]{2,10}$", true),
        (xs(200), "^(x{0,10}){0,20}$", true),
    ] {
        assert_eq!(is_match(text, pattern), Ok(json!(expected)), "{pattern}");
    }
}

#[test]
fn values_cannot_grow_without_bound() {
    let text = json!({ "t": "x".repeat(12_000), "l": (0..8_000).collect::<Vec<u32>>() });
    let grown = |inner: &str, one: &str, times| (0..times).fold(inner.to_owned(), |e, _| one.replace('_', &e));
    for expression in [
        grown("$Input.t", "format('{}{}{}{}{}{}{}{}', _, _, _, _, _, _, _, _)", 4),
        grown("$Input.l", "toArray(_, _, _, _, _, _, _, _)", 4),
        grown("$Input.l", "[_, _, _, _, _, _, _, _]", 4),
        grown("$Input.l", "jsonToString([_, _, _, _, _, _])", 4),
        grown("$Input", "{'a': _, 'b': _, 'c': _, 'd': _, 'e': _, 'f': _}", 4),
        grown("$Input.t", "toBase64(format('{}{}{}{}', _, _, _, _))", 4),
    ] {
        let (error, cause) = value(&format!("length({expression})"), text.clone()).unwrap_err();
        assert_eq!(error, "Local.ExpressionError", "{cause}");
        assert!(cause.contains("units of work"), "{cause}");
    }
    // The function does not exist, so there is no result.
    assert!(value("arrayRange(0, 1000000000)", json!({})).is_err());
    assert_eq!(value("length(split($Input.t, ''))", text.clone()), Ok(json!(12_002)));
    assert_eq!(value("length(arrayUnique($Input.l))", text.clone()), Ok(json!(8_000)));
    assert_eq!(value("length(arrayUnique(split($Input.t, '')))", text), Ok(json!(2)));
}

#[test]
fn the_work_of_all_conditions_of_a_state_is_limited() {
    let list = (0..6_000).collect::<Vec<u32>>();
    let ways = "      - {condition: '$.l == $.m', goto: a}\n".repeat(4_000);
    let flow = format!(
        "version: v1\ntype: flow\nsteps:\n  - {{type: pass, name: a}}\n  - type: choice\n    name: b\n    choices:\n{ways}"
    );
    let trace = run(&flow, json!({ "l": list, "m": list.iter().rev().collect::<Vec<_>>() }), &json!({}));
    assert_eq!(trace["error"], "Local.ExpressionError");
    // Many small conditions are within the limit.
    let trace = run(&flow, json!({ "l": [1], "m": [2] }), &json!({}));
    assert_eq!(trace["status"], "Succeeded");
}

#[test]
fn aliases_cannot_expand_to_much_data() {
    let long = format!("a: &a {}\n", "x".repeat(100_000));
    let many = |alias: &str| format!("[{}]", vec![alias; 2_000].join(", "));
    let double = |key: &str, of: &str| format!("{key}: &{key} {{p: *{of}, q: *{of}, r: *{of}, s: *{of}}}\n");
    let levels: String = ("bcdefghijkl".chars())
        .zip("abcdefghijk".chars())
        .map(|(k, o)| double(&k.to_string(), &o.to_string()))
        .collect();
    let mut refused = 0;
    for (head, value) in [(long.clone(), many("*a")), (format!("a: &a {{x: 1}}\n{levels}"), "*l".to_owned())] {
        let head: String = head.lines().map(|line| format!("      {line}\n")).collect();
        for (kind, key) in [("pass", "outputMappings"), ("task", "serviceParams")] {
            let flow = if kind == "pass" {
                format!(
                    "version: v1\ntype: flow\nsteps:\n  - type: pass\n    name: x\n    outputMappings:\n      - target: t\n        source:\n{}          z: {value}\n",
                    head.lines().map(|line| format!("    {line}\n")).collect::<String>()
                )
            } else {
                format!(
                    "version: v1\ntype: flow\nsteps:\n  - type: task\n    name: x\n    resourceArn: acs:mns:::/topics/t/messages\n    {key}:\n{head}      z: {value}\n"
                )
            };
            let tree = &mut None;
            let Some(flow) = Document::read(&flow, Options::default(), tree).flow else { continue };
            let program = compile(&flow);
            assert!(program.oversized().is_some_and(|why| why.contains("aliases")), "{kind}");
            let machine = Machine::start(Rc::new(program), Start { input: json!({}), ..Start::default() });
            assert_eq!(machine.status(), Status::Failed);
            assert_eq!(machine.failure().unwrap().error, "Local.InvalidDefinition");
            refused += 1;
        }
    }
    assert_eq!(refused, 4, "no definition reached the interpreter");
}

#[test]
fn retries_without_events_end() {
    let case = cases("simulate", "flow.yaml").into_iter().find(|case| case.name.ends_with("retries-limit")).unwrap();
    for interval in [0, 1] {
        let flow = case.read("flow.yaml").replace("IntervalSeconds: 1", &format!("IntervalSeconds: {interval}"));
        let program = Rc::new(compile(&Document::read(&flow, Options::default(), &mut None).flow.unwrap()));
        let mut machine = Machine::start(program, Start { input: json!({}), ..Start::default() });
        while let Some(at) = machine.wake_at() {
            machine.advance(at);
        }
        let failure = machine.failure().unwrap();
        assert_eq!(failure.error, "Local.HistoryLimitExceeded", "{}", failure.cause);
        assert!(failure.cause.contains("5000 retries"), "{}", failure.cause);
    }
}

#[test]
fn globals_are_limited_together() {
    let flow = "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: A\nStates:\n  - Type: Pass\n    Name: A\n    \
                GlobalConstructor:\n      a.$: format('{}{}{}', $Input.t, $Input.t, $Input.t)\n      b.$: format('{}{}{}', $Input.t, $Input.t, $Input.t)\n      \
                c.$: format('{}{}{}', $Input.t, $Input.t, $Input.t)\n      d.$: format('{}{}{}', $Input.t, $Input.t, $Input.t)\n      \
                e.$: format('{}{}{}', $Input.t, $Input.t, $Input.t)\n      f.$: format('{}{}{}', $Input.t, $Input.t, $Input.t)\n    End: true\n";
    let trace = run(flow, json!({ "t": "x".repeat(60_000) }), &json!({}));
    assert_eq!(trace["error"], "Local.DataLimitExceeded");
    assert!(trace["cause"].as_str().unwrap().contains("together"), "{trace}");
}

/// A history with different data reaches the limit of memory, a history with equal data the limit of its length.
#[test]
fn histories_are_limited_in_bytes() {
    let list: Vec<u32> = (10_000..20_000).collect();
    let same = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - {type: choice, name: b, choices: [{condition: '1 == 1', goto: a}]}\n";
    let each = "version: v1\ntype: flow\nsteps:\n  - type: foreach\n    name: e\n    iterationMapping: {collection: $.list, item: i}\n    steps: [{type: pass, name: p}, {type: pass, name: q}]\n";
    for flow in [same, each] {
        let mut simulation = Simulation::start(
            flow,
            &SimulationOptions { input: json!({ "list": list }).to_string(), ..SimulationOptions::default() },
            0,
            1,
        )
        .unwrap();
        while !simulation.is_over() {
            simulation.turn(false);
        }
        let mut bytes = 0;
        let mut first = None;
        while let Some(part) = simulation.next_part() {
            assert!(part.len() < 2 * 1024 * 1024, "a part of {} bytes", part.len());
            bytes += part.len();
            first.get_or_insert(part);
        }
        assert!(bytes < 140 * 1024 * 1024, "{bytes}");
        assert!(first.unwrap().contains("Local.HistoryLimitExceeded"));
    }
}

/// The number of events of a turn is limited, and each execution needs several turns.
#[test]
fn turns_end() {
    let big = json!({ "list": (0..9_000).collect::<Vec<u32>>(), "text": "x".repeat(10_000) });
    let flows = [
        "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - {type: choice, name: b, choices: [{condition: '$.list[*] == $.list', goto: a}, {condition: '1 == 1', goto: a}]}\n",
        "version: v1\ntype: flow\nsteps:\n  - type: foreach\n    name: e\n    iterationMapping: {collection: $.list, item: i}\n    steps: [{type: pass, name: p}]\n",
        "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: A\nStates:\n  - Type: Pass\n    Name: A\n    Next: B\n  - Type: Pass\n    Name: B\n    OutputConstructor:\n      list.$: $Input.list\n      text.$: format('{}{}', $Input.text, length(arrayUnique($Input.list)))\n    Retry: [{Errors: [FnF.ALL], MaxAttempts: 3}]\n    Next: A\n",
    ];
    let flows = flows.iter().take(if cloudflow_tests::is_quick() { 1 } else { flows.len() });
    for flow in flows {
        let program = Rc::new(compile(&Document::read(flow, Options::default(), &mut None).flow.unwrap()));
        let start = Start { input: big.clone(), work: Some(MOST_OF_A_TURN), ..Start::default() };
        let mut machine = Machine::start(program, start);
        let mut turns = 1;
        while machine.is_behind(machine.now()) {
            machine.set_turn(MOST_OF_A_TURN);
            let before = machine.events().len();
            machine.advance(machine.now());
            assert!(machine.events().len() - before < 1_500, "the turn is too long");
            turns += 1;
        }
        assert!(turns > 10, "{turns} turns");
        assert!(machine.status().is_final());
    }
}

/// The outcome of an execution does not depend on the length of the turns.
#[test]
fn turns_change_nothing() {
    for case in cases("simulate", "flow.yaml") {
        let traces: Vec<Value> = [None, Some(4_000), Some(60_000)]
            .into_iter()
            .map(|work| {
                let (input, mocks, options) = parts(&case);
                run_with(&case.read("flow.yaml"), input, &mocks, SimulationOptions { work, ..options })
            })
            .collect();
        for trace in &traces[1..] {
            assert_eq!(*trace, traces[0], "{}", case.name);
        }
    }
}
