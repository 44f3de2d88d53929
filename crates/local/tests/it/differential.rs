//! The differential test: `simulateFlow` and the emulator run the same flow, with the same input and the same answers to
//! tasks, and must agree on the status, the output, the error, the events and the task calls of every execution.
//!
//! One side is [`Simulation`], the other the HTTP interface of [`Emulator`] (CreateFlow, StartExecution, ReportTask...,
//! DescribeExecution, GetExecutionHistory) on a virtual clock. [`Emulated::make_equal`] replaces generated names and request
//! ids, which differ by design.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::collections::{BTreeMap, HashMap};

use cloudflow_language::flow::Dialect;
use cloudflow_language::{Document, Options as LanguageOptions};
use cloudflow_local::emulate::{AccessKey, Emulator, Options, Reply, Request, Response};
use cloudflow_local::simulate::{self, time};
use cloudflow_local::simulation::{Simulation, SimulationOptions};
use cloudflow_service::sign::{encode, rpc};
use cloudflow_tests::corpus::{Definition, FOLDERS, definitions};
use cloudflow_tests::{cases, parse, report};
use serde_json::{Value, json};

use crate::simulate as cases_of;
use cases_of::random::{self, Dice, flows};

/// Maximum number of turns of the emulator in one scenario. Flows that start themselves have no end there.
const MAX_TURNS: usize = 10_000;
const ENDLESS: &str = "endless";

/// A result that is due: the call, the token of its task, the output or the error.
type Due = (u64, Option<String>, Result<Value, (String, String)>);

/// The answer to a task: the delay, and the output or the error. Absent if the task has no result.
type Answer = Option<(u64, Result<Value, (String, String)>)>;

/// Answers tasks by the name of the state and the number of the call. Both sides start with a new one.
type Mocks<'m> = Box<dyn FnMut(&str, &Value) -> Answer + 'm>;

/// What both sides run.
struct Scenario<'m> {
    text: String,
    flows: Vec<(String, String)>,
    input: Value,
    express: bool,
    mocks: Box<dyn Fn() -> Mocks<'m> + 'm>,
}

const BEGIN: &str = "2024-05-06T07:08:09Z";
const EXECUTION: &str = "simulation";

/// The units of a turn. All actions of one time must fit into one turn: a shorter turn hands out tasks before a later
/// action of the same time cancels them.
const WORK: u64 = 1 << 40;

#[test]
fn cases_agree() {
    let mut failures = Vec::new();
    for case in cases("simulate", "flow.yaml") {
        let (input, mocks, options) = cases_of::parts(&case);
        let mocks = &mocks;
        let scenario = Scenario {
            text: case.read("flow.yaml"),
            flows: options.flows,
            input,
            express: options.express,
            mocks: Box::new(move || {
                let mut calls: HashMap<String, usize> = HashMap::new();
                Box::new(move |name, _| {
                    let list = mocks.get(name).and_then(Value::as_array);
                    let call = calls.entry(name.to_owned()).or_default();
                    let mock = list.and_then(|list| list.get(*call).or(list.last())).cloned();
                    *call += 1;
                    answer(&mock.unwrap_or_else(|| json!({ "error": "NoMock", "cause": name })))
                })
            }),
        };
        compare(&case.name, &scenario, &mut failures);
    }
    report("differential", failures);
}

#[test]
fn the_corpus_agrees() {
    let mut failures = Vec::new();
    for Definition { name, text, .. } in &definitions(&FOLDERS) {
        // A template is filled in before the service receives it.
        let own = name_of(text);
        let text = &if own.contains("${") || own.contains("{{") { text.replace(&own, "filled") } else { text.clone() };
        let made = cases_of::corpus::Made::of(name, text);
        let made = &made;
        for seed in 0..cloudflow_tests::rounds(12).max(2) {
            let scenario = Scenario {
                text: text.clone(),
                flows: Vec::new(),
                input: made.input(seed),
                express: false,
                mocks: Box::new(move || {
                    let mut answers = made.answers(seed);
                    Box::new(move |name, _| answer(&answers(name)))
                }),
            };
            compare(&format!("{name}, data {seed}"), &scenario, &mut failures);
        }
    }
    report("differential (corpus)", failures);
}

/// The random flows are run in parts, side by side.
const PARTS: u64 = 4;

#[test]
fn random_flows_agree_1() {
    random_flows(0);
}

#[test]
fn random_flows_agree_2() {
    random_flows(1);
}

#[test]
fn random_flows_agree_3() {
    random_flows(2);
}

#[test]
fn random_flows_agree_4() {
    random_flows(3);
}

/// A failing flow is run alone with `SIMULATE_SEED=<its seed>`.
fn random_flows(part: u64) {
    let mut failures = Vec::new();
    let mut children = 0;
    let seeds = random::seeds("cloudflow-local --test it differential::");
    for seed in seeds.all().filter(|seed| seed / 4 % PARTS == part) {
        let mut dice = Dice(seed);
        let mut flow = |name: &str, starts: bool| {
            let mut definition = if dice.one_in(2) { flows::flow(&mut dice) } else { flows::machine(&mut dice) };
            if definition.get("Name").is_some() {
                definition["Name"] = name.into();
            }
            if starts {
                start_children(&mut definition, &mut dice);
            }
            // A generated name cannot be replaced in a hash or in a length.
            let text = definition.to_string().replace("jsonToString($Input)", "jsonToString([1, 2])");
            text.replace("jsonToString($Context.Execution.Input)", "jsonToString([1, 2])")
        };
        let text = flow("f", seed % 2 == 0);
        let flows = vec![("c0".to_owned(), flow("c0", seed % 4 == 0)), ("c1".to_owned(), flow("c1", false))];
        let scenario = Scenario {
            text,
            flows,
            input: random::input(),
            express: false,
            mocks: Box::new(move || {
                let mut answers = random::answers(seed);
                Box::new(move |name, _| {
                    let (after, result) = answers(name)?;
                    Some((after, result.map_err(|failure| (failure.error, failure.cause))))
                })
            }),
        };
        children += compare(&seeds.advice(seed), &scenario, &mut failures);
        assert!(failures.len() < 5, "{}", failures.join("\n\n"));
    }
    report("differential (random)", failures);
    assert!(!seeds.are_usual() || children > 50, "only {children} child flows were run");
}

/// Turns some tasks into starts of `c0` and `c1`.
fn start_children(node: &mut Value, dice: &mut Dice) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| start_children(item, dice)),
        Value::Object(object) => {
            object.values_mut().for_each(|value| start_children(value, dice));
            let flow = format!("acs:fnf:::flow/c{}", dice.below(2));
            if object.get("type") == Some(&json!("task")) && dice.one_in(2) {
                if object.get("pattern") == Some(&json!("waitForCallback")) {
                    object.insert("pattern".into(), "sync".into());
                    object.shift_remove("inputMappings");
                }
                object.insert("resourceArn".into(), flow.into());
                if dice.one_in(4) {
                    object.insert("serviceParams".into(), json!({ "Input": "$", "ExecutionName": "same" }));
                }
            } else if object.get("Type") == Some(&json!("Task")) && dice.one_in(2) {
                object.insert("Action".into(), "FNF:StartExecution".into());
                let mut parameters = json!({ "resourceArn": flow, "input.$": "$Context.Execution.Input" });
                if dice.one_in(4) {
                    parameters["executionName"] = "same".into();
                }
                if object.get("TaskMode") == Some(&json!("WaitForCustomCallback")) {
                    parameters["CallbackFnFTaskToken.$"] = "$Context.Current.TaskToken".into();
                }
                object.insert("Parameters".into(), parameters);
            }
        }
        _ => {}
    }
}

fn answer(mock: &Value) -> Answer {
    let text = |key: &str| mock.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if mock.get("never").is_some() {
        return None;
    }
    let result = mock.get("output").cloned().ok_or_else(|| (text("error"), text("cause")));
    Some((mock.get("after").and_then(Value::as_u64).unwrap_or(0), result))
}

/// Runs both sides and compares them. Returns the number of child executions.
fn compare(name: &str, scenario: &Scenario<'_>, failures: &mut Vec<String>) -> usize {
    let emulated = Emulated::run(scenario);
    let seed = emulated.as_ref().map_or(0, |emulated| emulated.seed);
    let (emulated, simulated) = match (emulated, simulated(scenario, seed)) {
        (Ok(_), Ok(simulated)) if is_limited(&simulated) => return 0,
        (Ok(emulated), Ok(simulated)) => (emulated.make_equal(&simulated), simulated),
        (Err(emulated), Err(simulated)) if emulated == simulated => return 0,
        // A simulation has a maximum number of executions. The emulator has no such limit, so only this is compared.
        (Err(emulated), Ok(simulated)) if emulated == ENDLESS => {
            if !is_limited(&simulated) {
                failures.push(format!("{name}: the simulation ends, the emulator does not"));
            }
            return 0;
        }
        (emulated, simulated) => {
            let show = |side: Result<(), String>| side.err().unwrap_or_else(|| "started".to_owned());
            let (simulated, emulated) = (show(simulated.map(drop)), show(emulated.map(drop)));
            failures.push(format!("{name}\n--- simulateFlow\n{simulated}\n--- emulator\n{emulated}"));
            return 0;
        }
    };
    if simulated != emulated {
        let (left, right) = (simulated.lines(), emulated.lines());
        let at = left.iter().zip(&right).position(|(left, right)| left != right);
        let at = at.unwrap_or(left.len().min(right.len()));
        let part = |lines: &[String]| lines[at.saturating_sub(3)..lines.len().min(at + 3)].join("\n");
        failures.push(format!(
            "{name}, line {at}\n--- simulateFlow\n{}\n--- emulator\n{}\n--- the flow\n{}\n{:?}",
            part(&left),
            part(&right),
            scenario.text,
            scenario.flows
        ));
    }
    simulated.executions.len() - 1
}

/// Whether a flow starts itself until the simulation has its maximum number of executions. A rule may catch the error.
fn is_limited(simulated: &Outcome) -> bool {
    simulated.lines().iter().any(|line| line.contains("Local.TooManyExecutions"))
}

/// The outcome of one side.
#[derive(PartialEq)]
struct Outcome {
    executions: Vec<Execution>,
    calls: Vec<Value>,
}

/// An execution, in the form of `simulateFlow`.
#[derive(PartialEq)]
struct Execution {
    flow: String,
    name: String,
    status: String,
    output: Value,
    error: Value,
    events: Vec<Value>,
}

impl Outcome {
    fn lines(&self) -> Vec<String> {
        let calls = self.calls.iter().map(|call| format!("call {call}"));
        calls.chain(self.executions.iter().flat_map(Execution::lines)).collect()
    }
}

impl Execution {
    fn lines(&self) -> Vec<String> {
        let Execution { flow, name, status, output, error, events } = self;
        let mut lines = vec![format!("{flow} {name} {status} output {output} error {error}")];
        lines.extend(events.iter().map(Value::to_string));
        lines
    }
}

fn simulated(scenario: &Scenario<'_>, seed: u64) -> Result<Outcome, String> {
    let options = SimulationOptions {
        input: scenario.input.to_string(),
        flows: scenario.flows.clone(),
        express: scenario.express,
        work: Some(WORK),
    };
    let mut simulation = Simulation::start(&scenario.text, &options, time::parse(BEGIN).unwrap(), seed)?;
    let mut mocks = (scenario.mocks)();
    let mut calls = Vec::new();
    let mut answers = Vec::new();
    loop {
        let turn = simulation.turn(false);
        for task in &turn.requested {
            let input: Value = serde_json::from_str(&task.input).unwrap();
            answers.push((task.id, mocks(&task.name, &input)));
            calls.push(json!([task.name, task.action, task.attempt, input]));
        }
        if turn.more {
            continue;
        }
        for (call, answer) in answers.drain(..) {
            let Some((after, result)) = answer else { continue };
            let result = result.map(|value| value.to_string());
            #[allow(clippy::cast_precision_loss, reason = "small numbers")]
            simulation.finish_task(call, result.as_deref().map_err(Clone::clone), after as f64);
        }
        if turn.requested.is_empty() && simulation.is_over() {
            break;
        }
    }
    let mut executions: Vec<Execution> = Vec::new();
    while let Some(part) = simulation.next_part() {
        let mut part = parse(part.as_bytes());
        let keys = ["eventId", "scheduleEventId", "type", "stepName", "time", "detail"];
        let mut event = |event: &mut Value| -> Value { keys.iter().map(|key| event[key].take()).collect() };
        if let Some(events) = part.as_array_mut() {
            executions.last_mut().unwrap().events.extend(events.iter_mut().map(event));
            continue;
        }
        let text = |key: &str| part[key].as_str().unwrap_or_default().to_owned();
        executions.push(Execution {
            flow: text("flowName"),
            name: text("executionName"),
            status: text("status"),
            output: part["output"].clone(),
            error: json!([part["error"], part["cause"]]),
            events: part["events"].as_array_mut().unwrap().iter_mut().map(&mut event).collect(),
        });
    }
    Ok(Outcome { executions, calls })
}

/// The outcome of the emulator.
struct Emulated {
    outcome: Outcome,
    /// The seed of the first execution: identifiers of the flow are made from it.
    seed: u64,
}

struct Client {
    emulator: Emulator,
    now: u64,
}

impl Emulated {
    fn run(scenario: &Scenario<'_>) -> Result<Self, String> {
        let key = AccessKey { id: "k".into(), secret: "s".into(), security_token: None };
        let options = Options { seed: 1, access_keys: vec![key], work: Some(WORK), ..Options::default() };
        let message = |body: Value| body["Message"].as_str().unwrap().to_owned();
        let mut client = Client { emulator: Emulator::new(options), now: time::parse(BEGIN).unwrap() };
        let own = name_of(&scenario.text);
        let all = scenario.flows.iter().map(|(name, text)| (&**name, &**text, "Standard"));
        let mode = if scenario.express { "Express" } else { "Standard" };
        for (name, text, mode) in all.chain([(&*own, &*scenario.text, mode)]) {
            let create =
                [("Name", name), ("Definition", text), ("Type", "FDL"), ("Description", "d"), ("ExecutionMode", mode)];
            client.ask("CreateFlow", &create).map_err(message)?;
        }
        let start = if scenario.express { "StartSyncExecution" } else { "StartExecution" };
        let input = scenario.input.to_string();
        // The answer to StartSyncExecution is not needed.
        let _ = client
            .ask(start, &[("FlowName", &own), ("ExecutionName", EXECUTION), ("Input", &input)])
            .map_err(message)?;
        let mut mocks = (scenario.mocks)();
        let mut calls = Vec::new();
        let mut due: BTreeMap<(u64, u64), Due> = BTreeMap::new();
        let mut last = 0;
        for turn in 0.. {
            if turn > MAX_TURNS {
                return Err(ENDLESS.to_owned());
            }
            client.emulator.advance(client.now);
            for call in client.emulator.take_tasks() {
                let request = call.request;
                calls.push(json!([request.name, request.action, request.attempt, *request.input]));
                if let Some((after, result)) = mocks(&request.name, &request.input) {
                    last += 1;
                    due.insert((client.now + after, last), (call.id, request.token, result));
                }
            }
            for call in client.emulator.take_cancelled() {
                due.retain(|_, (id, ..)| *id != call);
            }
            let wake = client.emulator.wake_at();
            match due.first_key_value().map(|(key, _)| *key) {
                // Timers precede results of the same time: a result at the time of the timeout is too late.
                Some(key) if wake.is_none_or(|wake| key.0 < wake) => {
                    client.now = client.now.max(key.0);
                    let (call, token, result) = due.remove(&key).unwrap();
                    client.finish(call, token, result);
                }
                _ => match wake {
                    Some(wake) => client.now = client.now.max(wake),
                    None => break,
                },
            }
        }
        let saved = client.emulator.save();
        let heads = saved.lines().filter(|line| line.starts_with("{\"execution\":"));
        let heads: Vec<Value> =
            heads.map(|line| serde_json::from_str::<Value>(line).unwrap()["execution"].take()).collect();
        let text = |head: &Value, key: &str| head[key].as_str().unwrap().to_owned();
        let executions = heads.iter().map(|head| client.execution(text(head, "flow"), text(head, "name"))).collect();
        Ok(Emulated { outcome: Outcome { executions, calls }, seed: heads[0]["seed"].as_u64().unwrap() })
    }

    /// Replaces names and request ids of the emulator by those of the simulation.
    fn make_equal(self, simulated: &Outcome) -> Outcome {
        let mut outcome = self.outcome;
        let mut renamed: HashMap<String, String> = HashMap::new();
        let pairs: Vec<_> = outcome.executions.iter().zip(&simulated.executions).collect();
        for (number, (emulated, simulated)) in pairs.iter().enumerate().skip(1) {
            // A name that the flow specifies must be equal.
            if simulated.name == format!("child-{number}") && emulated.name.len() == 36 {
                renamed.insert(emulated.name.clone(), simulated.name.clone());
            }
        }
        let numbers: HashMap<(&str, &str), usize> =
            pairs.iter().enumerate().map(|(number, (one, _))| ((&*one.flow, &*one.name), number)).collect();
        for event in outcome.executions.iter().flat_map(|execution| &execution.events) {
            let output = &event[5]["output"];
            let text = |key: &str| output[key].as_str().unwrap_or_default();
            if let Some(number) = numbers.get(&(text("FlowName"), text("ExecutionName")))
                && text("RequestID").len() == 36
            {
                renamed.insert(text("RequestID").to_owned(), format!("request-{number}"));
            }
        }
        if let Some(first) = outcome.executions.first_mut() {
            renamed.insert(first.name.clone(), EXECUTION.to_owned());
            // `simulateFlow` does not return the name of the first execution.
            (first.flow, first.name) = (String::new(), String::new());
        }
        for execution in &mut outcome.executions {
            execution.name = renamed.get(&execution.name).unwrap_or(&execution.name).clone();
            rename(&mut execution.output, &renamed);
            rename(&mut execution.error, &renamed);
            execution.events.iter_mut().for_each(|event| rename(event, &renamed));
        }
        outcome.calls.iter_mut().for_each(|call| rename(call, &renamed));
        outcome
    }
}

/// Replaces names in texts and in parts of texts: a token contains the name of its execution.
fn rename(value: &mut Value, renamed: &HashMap<String, String>) {
    match value {
        // A generated name has 36 characters. The name of an Express execution ends with such a name.
        Value::String(text) if text.len() >= 36 => {
            for (from, to) in renamed {
                if text.contains(from.as_str()) {
                    *text = text.replace(from.as_str(), to);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        Value::Object(object) => object.values_mut().for_each(|item| rename(item, renamed)),
        _ => {}
    }
}

/// The name that `simulateFlow` gives a flow.
fn name_of(text: &str) -> String {
    let tree = &mut None;
    let flow = Document::read(text, LanguageOptions::default(), tree).flow;
    let machine = flow.filter(|flow| flow.dialect == Dialect::StateMachine);
    machine.and_then(|flow| flow.name.map(|name| name.value.to_owned())).unwrap_or_else(|| "flow".to_owned())
}

impl Client {
    /// Sends a signed request. Returns the body of the answer or of the error.
    fn ask(&mut self, action: &str, business: &[(&str, &str)]) -> Result<Value, Value> {
        let stamp = time::format(self.now)[..19].to_owned() + "Z";
        let mut pairs = vec![
            ("AccessKeyId", "k"),
            ("Action", action),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "n"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", &*stamp),
            ("Version", "2019-03-15"),
        ];
        pairs.extend(business);
        let canonical = rpc::canonical(&pairs);
        let signature = rpc::signature("s", &rpc::string_to_sign("GET", &canonical));
        let query = format!("{canonical}&Signature={}", encode::percent(&signature));
        let request = Request { method: "GET".into(), path: "/".into(), query, ..Request::default() };
        match self.emulator.request(self.now, &request) {
            Reply::Hold(_) => Ok(Value::Null),
            Reply::Answer(Response { status, body, .. }) => {
                let body = parse(&body);
                if status == 200 { Ok(body) } else { Err(body) }
            }
        }
    }

    fn finish(&mut self, call: u64, token: Option<String>, result: Result<Value, (String, String)>) {
        let Some(token) = token else {
            let result = result.map_err(|(error, cause)| simulate::Failure { error, cause });
            return self.emulator.finish_task(self.now, call, result);
        };
        // A report that arrives too late is refused.
        let _ = match result {
            Ok(output) => self.ask("ReportTaskSucceeded", &[("TaskToken", &token), ("Output", &output.to_string())]),
            Err((error, cause)) => {
                self.ask("ReportTaskFailed", &[("TaskToken", &token), ("Error", &error), ("Cause", &cause)])
            }
        };
    }

    fn execution(&mut self, flow: String, name: String) -> Execution {
        let execution = [("FlowName", &*flow), ("ExecutionName", &*name)];
        let body = self.ask("DescribeExecution", &execution).unwrap();
        let mut events: Vec<Value> = Vec::new();
        let mut from = "1".to_owned();
        loop {
            let page = [execution[0], execution[1], ("Limit", "1000"), ("NextToken", &from)];
            let mut page = self.ask("GetExecutionHistory", &page).unwrap();
            events.extend(page["Events"].as_array_mut().unwrap().iter_mut().map(|event| {
                let detail = parse(event["EventDetail"].as_str().unwrap().as_bytes());
                let keys = ["EventId", "ScheduleEventId", "Type", "StepName", "Time"];
                keys.iter().map(|key| event[key].take()).chain([detail]).collect::<Value>()
            }));
            match page["NextToken"].as_str() {
                Some(next) => from = next.to_owned(),
                None => break,
            }
        }
        let last = &events.last().unwrap()[5];
        Execution {
            status: body["Status"].as_str().unwrap().to_owned(),
            output: serde_json::from_str(body["Output"].as_str().unwrap()).unwrap_or_default(),
            error: json!([last["error"], last["cause"]]),
            events,
            flow,
            name,
        }
    }
}
