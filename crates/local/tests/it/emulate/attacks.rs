//! Unsigned requests, and flows that need much work: other requests are answered meanwhile.

use cloudflow_local::emulate::{AccessKey, Emulator, Options, Reply, Request, Response};
use cloudflow_local::simulate::time;
use cloudflow_service::sign::{acs3, rpc};
use serde_json::{Value, json};

use super::ask;

const LOOP: &str = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: a}\n  - {type: choice, name: b, choices: [{condition: '1 == 1', goto: a}]}\n";
const WAIT: &str = "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 1}\n";
const ASK: &str = "version: v1\ntype: flow\nsteps:\n  - {type: task, name: t, resourceArn: 'acs:fc:::services/s/functions/f', pattern: waitForCallback}\n  \
                   - {type: pass, name: a}\n  - {type: choice, name: b, choices: [{condition: '1 == 1', goto: a}]}\n";

fn zero() -> u64 {
    time::parse("2024-05-06T07:08:09Z").unwrap()
}

fn emulator(work: Option<u64>) -> Emulator {
    let key = AccessKey { id: "k".into(), secret: "s".into(), security_token: None };
    Emulator::new(Options { seed: 1, access_keys: vec![key], nonces: false, work, ..Options::default() })
}

fn answer(reply: Reply) -> (u16, Value, Response) {
    let Reply::Answer(response) = reply else { panic!("held") };
    (response.status, serde_json::from_slice(&response.body).unwrap(), response)
}

fn send(emulator: &mut Emulator, action: &str, business: &[(&str, &str)]) -> (u16, Value) {
    let (status, body, _) = answer(ask(emulator, zero(), action, business));
    (status, body)
}

fn status(emulator: &mut Emulator, flow: &str) -> String {
    let (_, body) = send(emulator, "DescribeExecution", &[("FlowName", flow), ("ExecutionName", "e")]);
    body["Status"].as_str().unwrap().to_owned()
}

/// Processes everything that is due at one time. Returns the number of calls.
fn settle(emulator: &mut Emulator) -> usize {
    let mut calls = 0;
    while emulator.wake_at().is_some_and(|at| at <= zero()) {
        emulator.advance(zero());
        emulator.take_tasks();
        calls += 1;
    }
    calls
}

#[test]
fn other_requests_are_answered_while_a_flow_runs() {
    let mut emulator = emulator(None);
    emulator.put_flow(zero(), "loop", LOOP, false).unwrap();
    emulator.put_flow(zero(), "nap", WAIT, false).unwrap();
    let input = json!({ "list": (0..8_000).collect::<Vec<u32>>() });
    let start = |emulator: &mut Emulator, flow: &str, input: &Value| {
        send(emulator, "StartExecution", &[("FlowName", flow), ("ExecutionName", "e"), ("Input", &input.to_string())])
    };
    // Each iteration has different data.
    let each = "version: v1\ntype: flow\nsteps:\n  - type: foreach\n    name: e\n    iterationMapping: {collection: $.list, item: i}\n    steps: [{type: pass, name: p}]\n";
    emulator.put_flow(zero(), "each", each, false).unwrap();
    assert_eq!(start(&mut emulator, "each", &input).1["Status"], "");
    assert_eq!(start(&mut emulator, "nap", &json!({})).1["Status"], "");
    assert_eq!(status(&mut emulator, "each"), "Running");
    assert_eq!(send(&mut emulator, "ListFlows", &[]).0, 200);
    assert!(settle(&mut emulator) > 5, "many turns");
    assert_eq!(status(&mut emulator, "each"), "Failed");
    assert_eq!(status(&mut emulator, "nap"), "Running");
    emulator.advance(zero() + 1000);
    assert_eq!(status(&mut emulator, "nap"), "Succeeded");
}

#[test]
fn turns_change_nothing() {
    let history = |work: Option<u64>| {
        let mut emulator = emulator(work);
        for (name, flow) in [("loop", LOOP), ("nap", WAIT), ("ask", ASK)] {
            emulator.put_flow(zero(), name, flow, false).unwrap();
            let start = [("FlowName", name), ("ExecutionName", "e"), ("Input", "{\"a\": 1}")];
            assert_eq!(send(&mut emulator, "StartExecution", &start).0, 200);
        }
        settle(&mut emulator);
        let mut all = Vec::new();
        for name in ["loop", "nap", "ask"] {
            let (mut next, mut events) = ("1".to_owned(), Vec::new());
            loop {
                let get = [("FlowName", name), ("ExecutionName", "e"), ("Limit", "1000"), ("NextToken", &*next)];
                let (_, body) = send(&mut emulator, "GetExecutionHistory", &get);
                events.extend(body["Events"].as_array().unwrap().clone());
                match body["NextToken"].as_str() {
                    Some(token) => next = token.to_owned(),
                    None => break,
                }
            }
            all.push(events);
        }
        all
    };
    let whole = history(Some(u64::MAX));
    assert_eq!(whole[0].len(), 5000);
    for work in [1, 10_000, 1_000_000] {
        assert!(history(Some(work)) == whole, "turns of {work} units");
    }
}

/// An execution that is behind receives a message when its clock reaches the time of the message. The request waits.
#[test]
fn an_execution_that_is_behind_receives_messages_in_order() {
    let begin = || {
        let mut emulator = emulator(Some(20_000));
        emulator.put_flow(zero(), "loop", LOOP, false).unwrap();
        let start = [("FlowName", "loop"), ("ExecutionName", "e")];
        assert_eq!(send(&mut emulator, "StartExecution", &start).1["Status"], "");
        emulator
    };
    let stop = [("FlowName", "loop"), ("ExecutionName", "e"), ("Error", "Mine")];
    // The execution ends before the time of the stop.
    let mut one = begin();
    let Reply::Hold(waiter) = ask(&mut one, zero(), "StopExecution", &stop) else { panic!("not held") };
    let saved = one.save();
    let mut answers = Vec::new();
    while one.wake_at().is_some_and(|at| at <= zero()) {
        answers.extend(one.advance(zero()));
    }
    assert_eq!(answers.len(), 1);
    assert_eq!((answers[0].0, answers[0].1.status), (waiter, 400));
    let body: Value = serde_json::from_slice(&answers[0].1.body).unwrap();
    assert_eq!(body["Code"], "ExecutionAlreadyCompleted");
    // A restored state has the same outcome.
    let mut again = Emulator::new(Options {
        seed: 1,
        access_keys: vec![AccessKey { id: "k".into(), secret: "s".into(), security_token: None }],
        ..Options::default()
    });
    let restored = again.restore(&saved).unwrap();
    assert_eq!((restored.executions, restored.problems), (1, vec![]));
    settle(&mut again);
    assert_eq!(status(&mut again, "loop"), "Failed");
    // The client disconnects, and the flow is deleted meanwhile.
    let mut left = begin();
    let Reply::Hold(waiter) = ask(&mut left, zero(), "StopExecution", &stop) else { panic!("not held") };
    left.disconnect(waiter);
    assert_eq!(send(&mut left, "DeleteFlow", &[("Name", "loop")]).0, 200);
    while left.wake_at().is_some_and(|at| at <= zero()) {
        assert!(left.advance(zero()).is_empty());
    }
    assert!(!left.save().contains("{\"execution\":"));
}

#[test]
fn a_report_to_an_execution_that_is_behind_waits_for_it() {
    let mut emulator = emulator(Some(20_000));
    emulator.put_flow(zero(), "ask", ASK, false).unwrap();
    send(&mut emulator, "StartExecution", &[("FlowName", "ask"), ("ExecutionName", "e")]);
    let mut token = None;
    while emulator.wake_at().is_some_and(|at| at <= zero()) {
        emulator.advance(zero());
        token = emulator.take_tasks().into_iter().find_map(|call| call.request.token).or(token);
    }
    let token = token.unwrap();
    let report = [("TaskToken", &*token), ("Output", "{}")];
    assert_eq!(send(&mut emulator, "ReportTaskSucceeded", &report).0, 200);
    let Reply::Hold(waiter) = ask(&mut emulator, zero(), "ReportTaskSucceeded", &report) else { panic!("not held") };
    let mut answers = Vec::new();
    while emulator.wake_at().is_some_and(|at| at <= zero()) {
        answers.extend(emulator.advance(zero()));
    }
    assert_eq!((answers[0].0, answers.len()), (waiter, 1));
    assert!(String::from_utf8_lossy(&answers[0].1.body).contains("TaskAlreadyCompleted"));
}

/// An unsigned request is refused by its size, before it is read.
#[test]
fn unsigned_requests_are_refused_cheaply() {
    let mut emulator = emulator(None);
    let form = || vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let base = Request { method: "POST".into(), host: "h".into(), path: "/".into(), ..Request::default() };
    let many = |count: usize| (0..count).map(|at| format!("p{at}=")).collect::<Vec<_>>().join("&");
    let large = vec![b'%'; 1024 * 1024 + 1];
    let text = String::from_utf8(large.clone()).unwrap();
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let acs3 = |signed: &str| {
        let value = format!("ACS3-HMAC-SHA256 Credential=k,SignedHeaders={signed},Signature=x");
        let mut headers = header("authorization", &value);
        headers.extend(header("x-acs-action", "ListFlows"));
        headers.extend(header("x-acs-version", "2019-03-15"));
        headers
    };
    let cases = [
        (413, "EntityTooLarge", Request { body: large.clone(), ..base.clone() }),
        (413, "EntityTooLarge", Request { body: large.clone(), headers: form(), ..base.clone() }),
        (413, "EntityTooLarge", Request { body: large, path: "/x".into(), method: "PUT".into(), ..base.clone() }),
        (413, "EntityTooLarge", Request { query: text.clone(), ..base.clone() }),
        (413, "EntityTooLarge", Request { headers: header("x", &text), ..base.clone() }),
        (413, "EntityTooLarge", Request { host: text.clone(), ..base.clone() }),
        (413, "EntityTooLarge", Request { path: text, ..base.clone() }),
        (400, "InvalidArgument", Request { body: many(1025).into(), headers: form(), ..base.clone() }),
        (400, "InvalidArgument", Request { query: many(1025), ..base.clone() }),
        (400, "InvalidArgument", Request { query: many(600), body: many(600).into(), headers: form(), ..base.clone() }),
        (
            400,
            "InvalidArgument",
            Request { headers: (0..257).map(|at| (format!("x-{at}"), String::new())).collect(), ..base.clone() },
        ),
        (400, "IncompleteSignature", Request { headers: acs3(&"a;".repeat(100_000)), ..base.clone() }),
        (
            403,
            "InvalidAccessKeyID",
            Request {
                query: format!(
                    "Action=ListFlows&Version=2019-03-15&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n&Timestamp=t&Signature=s&AccessKeyId={}",
                    "k".repeat(500_000)
                ),
                ..base.clone()
            },
        ),
        (400, "ActionNotSupported", Request { query: format!("Action={}", "%3C".repeat(300_000)), ..base.clone() }),
    ];
    for (number, (status, code, request)) in cases.into_iter().enumerate() {
        let (found, body, response) = answer(emulator.request(zero(), &request));
        assert_eq!((found, body["Code"].as_str().unwrap()), (status, code), "case {number}");
        assert!(response.body.len() < 10_000, "case {number}: an answer of {} bytes", response.body.len());
    }
    // The maximum number is accepted.
    let (_, body, _) = answer(emulator.request(zero(), &Request { query: many(1024), ..base }));
    assert_eq!(body["Code"], "MissingRequiredParams");
}

#[test]
fn a_long_string_to_sign_is_cut() {
    let mut emulator = emulator(None);
    let mut sent = 0;
    for definition in ["# 流\n".repeat(60_000), "x".repeat(900_000), "%\u{7f}\u{1}".repeat(60_000)] {
        let pairs = [
            ("AccessKeyId", "k"),
            ("Action", "CreateFlow"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "n"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2024-05-06T07:08:09Z"),
            ("Version", "2019-03-15"),
        ];
        let query = rpc::canonical(&pairs) + "&Signature=wrong";
        let form = rpc::canonical(&[("Definition", &definition), ("Name", "f")]);
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let request =
            Request { method: "POST".into(), host: "h".into(), path: "/".into(), query, headers, body: form.into() };
        if request.size() > 1024 * 1024 {
            continue;
        }
        let (status, body, response) = answer(emulator.request(zero(), &request));
        assert_eq!((status, &body["Code"]), (403, &json!("SignatureNotMatch")));
        let header = &response.headers.iter().find(|(name, _)| name == "x-emulator-string-to-sign").unwrap().1;
        assert!(
            header.len() <= 4096 && header.starts_with("POST&%2F&AccessKeyId") && header.ends_with("..."),
            "{}",
            header.len()
        );
        sent += 1;
    }
    assert!(sent >= 2, "only {sent} of the definitions fit into a request");
    // A canonical request has lines and contains the headers.
    let headers = [
        (
            "authorization",
            "ACS3-HMAC-SHA256 Credential=k,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-more;x-acs-signature-nonce;x-acs-version,Signature=x",
        ),
        ("x-acs-action", "ListFlows"),
        ("x-acs-version", "2019-03-15"),
        ("x-acs-date", "2024-05-06T07:08:09Z"),
        ("x-acs-signature-nonce", "n"),
        ("x-acs-content-sha256", acs3::EMPTY_BODY_SHA256),
        ("x-acs-more", &"流".repeat(100_000)),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let request = Request { method: "GET".into(), host: "h".into(), path: "/".into(), headers, ..Request::default() };
    let (status, _, response) = answer(emulator.request(zero(), &request));
    assert_eq!(status, 403);
    let header = &response.headers.iter().find(|(name, _)| name == "x-emulator-string-to-sign").unwrap().1;
    assert!(header.len() <= 4096 && header.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
}

/// Pages end after some MiB, independent of the requested limit.
#[test]
fn answers_are_limited_too() {
    let mut emulator = emulator(None);
    let flow = format!("{WAIT}# {}\n", "x".repeat(900_000));
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        emulator.put_flow(zero(), name, &flow, false).unwrap();
    }
    let (mut next, mut pages, mut flows) = (String::new(), 0, 0);
    loop {
        let (_, body, response) =
            answer(ask(&mut emulator, zero(), "ListFlows", &[("Limit", "1000"), ("NextToken", &next)]));
        assert!(response.body.len() < 6 * 1024 * 1024);
        pages += 1;
        flows += body["Flows"].as_array().unwrap().len();
        match body["NextToken"].as_str() {
            Some(token) => next = token.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, flows), (2, 7));
}
