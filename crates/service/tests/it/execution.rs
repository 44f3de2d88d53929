//! Responses of the service: executions in `tests/cases/execution`, faults in `tests/cases/fault`.

use cloudflow_base::diagnostic::{Code, PathSegment};
use cloudflow_base::shape;
use cloudflow_language::shape::definition;
use cloudflow_service::client::credentials::Keys;
use cloudflow_service::client::error::CloudFlowError;
use cloudflow_service::client::options::{self, Host};
use cloudflow_service::read::{self, Shape};
use cloudflow_service::wire::execution::{self, Status};
use cloudflow_service::wire::fault::{self, Body, TABLE};
use cloudflow_service::wire::request::{self, Endpoint};
use serde_json::{Value, json};

use cloudflow_tests::{cases, report};

#[test]
fn executions() {
    let mut failures = Vec::new();
    for case in cases("execution", "response.json") {
        let body: Value =
            serde_json::from_str(&case.read("response.json")).unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let reading = execution::read(&&body);
        let execution = match &reading.execution {
            Some(execution) => serde_json::to_string_pretty(&json_of(execution)).unwrap() + "\n",
            None => "null\n".to_owned(),
        };
        case.expect("execution.json", &execution, &mut failures);
        case.expect("out", &findings(&read::validate(&&body, definition)), &mut failures);
        let parsed = shape::Places::new("").diagnostics(read::parse(&&body).1);
        assert!(
            read::validate(&&body, definition).starts_with(&parsed),
            "{}: validating starts with what parsing finds",
            case.name
        );
    }
    report("execution", failures);
}

/// The keys of an execution whose value is a text.
const TEXTS: [&str; 9] =
    ["FlowName", "Name", "Status", "RequestId", "StartedTime", "StoppedTime", "Input", "Output", "FlowDefinition"];

/// Fields are removed or get a wrong type: nothing panics, wrong types are found, and each finding has the path of the
/// changed field.
#[test]
fn every_field_removed_or_replaced() {
    for case in cases("execution", "response.json") {
        let body: Value = serde_json::from_str(&case.read("response.json")).unwrap();
        let Some(object) = body.as_object() else { continue };
        let before = execution::read(&&body).diagnostics;
        let was_fault = before.iter().any(|found| found.code == Code::ServiceFault);
        for key in object.keys() {
            for other in
                [json!(null), json!(""), json!(1.5), json!(true), json!([1, null]), json!({ "a": [] }), json!("x")]
            {
                let mut changed = object.clone();
                changed[key] = other;
                let is_text = changed[key].is_null() || changed[key].is_string();
                let changed = Value::Object(changed);
                if TEXTS.contains(&key.as_str()) && !is_text && !was_fault {
                    let found = execution::read(&&changed).diagnostics;
                    let path = vec![PathSegment::from(key.as_str())];
                    let wrong = found.iter().any(|found| found.code == Code::WrongType && found.path == path);
                    assert!(wrong, "{}: `{key}` has a wrong type: {found:?}", case.name);
                }
                for diagnostic in execution::read(&&changed).diagnostics {
                    // A fault instead of an execution is a finding about the whole body.
                    let is_whole = diagnostic.code == Code::ServiceFault;
                    assert_eq!(diagnostic.path.is_empty(), is_whole, "{}: {key}: {diagnostic:?}", case.name);
                    let Some(PathSegment::Key(first)) = diagnostic.path.first() else { continue };
                    assert!(
                        first == key || was_fault || before.contains(&diagnostic),
                        "{}: `{key}` was changed, the finding is about `{first}`: {diagnostic:?}",
                        case.name
                    );
                }
            }
        }
    }
}

#[test]
fn millions_of_wrong_variables_are_not_all_reported() {
    for wrong in [json!(1), json!({}), json!([]), json!({ "Name": 1 })] {
        let list = vec![wrong; 100_000];
        let body = json!({ "Environment": { "Variables": list } });
        let found = execution::read(&&body).diagnostics;
        let about = |found: &&cloudflow_base::diagnostic::Diagnostic| found.path.len() > 1;
        assert_eq!(found.iter().filter(about).count(), 20);
    }
}

#[test]
fn faults() {
    let mut failures = Vec::new();
    for case in cases("fault", "answer.txt") {
        let answer = case.read("answer.txt");
        let (status, body) = answer.split_once("\n\n").unwrap();
        let json = serde_json::from_str::<Value>(body);
        let body = match &json {
            Ok(value) => Body::Json(value),
            Err(_) if body.trim().is_empty() => Body::Empty,
            Err(_) => Body::Text(body.to_owned()),
        };
        let shown = match fault::read(status.parse().unwrap(), &body) {
            None => "none\n".to_owned(),
            Some(fault) => {
                let failure = CloudFlowError::of_fault(&fault, 1, None).redacted(&[]);
                format!(
                    "kind: {}\ncode: {}\nretry: {:?}\nrequestId: {}\nmessage: {}\n",
                    failure.kind.as_str(),
                    failure.code,
                    fault.retry,
                    failure.request_id.unwrap_or_default(),
                    failure.message
                )
            }
        };
        case.expect("out", &shown, &mut failures);
    }
    report("fault", failures);
}

/// `docs/retries.md` ends with the table.
#[test]
fn retries_are_documented() {
    let page = include_str!("../../../../docs/retries.md");
    let (_, codes) = page.split_once("## Codes\n\n").unwrap();
    let mut table = "| code | kind | class |\n|---|---|---|\n".to_owned();
    for row in TABLE {
        table += &format!("| `{}` | {} | `{:?}` |\n", row.code, row.kind.as_str(), row.retry);
        assert!(page.contains(&format!("\n| `{:?}` | ", row.retry)), "{:?} is not explained", row.retry);
    }
    assert_eq!(codes, table);
    for (status, retry) in [
        (429, "Throttled"),
        (408, "GatewayTimeout"),
        (502, "GatewayTimeout"),
        (504, "GatewayTimeout"),
        (522, "GatewayTimeout"),
        (524, "GatewayTimeout"),
        (425, "Backoff"),
        (520, "Backoff"),
        (521, "Backoff"),
        (530, "Backoff"),
        (505, "Never"),
        (500, "Backoff"),
        (503, "Backoff"),
        (501, "Never"),
        (404, "Never"),
    ] {
        let fault = fault::read(status, &Body::<&Value>::Empty).unwrap();
        assert_eq!(format!("{:?}", fault.retry), retry, "{status}");
    }
}

/// Each row of the table has a case.
#[test]
fn every_known_code_has_a_case() {
    let all: String = cases("fault", "out").iter().map(|case| case.read("out")).collect();
    for row in TABLE {
        let prefix = row.code.trim_end_matches('*');
        assert!(all.contains(&format!("code: {prefix}")), "no case under tests/cases/fault has the code {}", row.code);
    }
}

#[test]
fn four_statuses_are_final() {
    let done: Vec<_> = Status::ALL.into_iter().filter(|status| status.is_final()).map(Status::as_str).collect();
    assert_eq!(done, ["Stopped", "Succeeded", "Failed", "TimedOut"]);
    assert!(!execution::is_final("") && !execution::is_final("succeeded") && !execution::is_final("Paused"));
}

#[test]
fn wrong_requests_are_refused() {
    let table = [
        (json!({ "flowName": "f", "executionName": "69f71f89:x", "waitTimeSeconds": 60 }), ""),
        (json!({ "flowName": "f", "executionName": "e", "waitTimeSeconds": null }), ""),
        (json!(null), "error wrong-type $: the request must be an object, not nothing\n"),
        (json!("f"), "error wrong-type $: the request must be an object, not a text\n"),
        (
            json!({ "flowName": "", "waitTimeSeconds": 61 }),
            "error missing-field flowName: `flowName` is empty\n\
             error missing-field executionName: `executionName` is missing\n\
             error out-of-range waitTimeSeconds: `waitTimeSeconds` must be a whole number from 0 to 60, not 61\n",
        ),
        (
            json!({ "flowName": 7, "executionName": "e", "waitTimeSecond": 20 }),
            "error unknown-option waitTimeSecond: `waitTimeSecond` is unknown; did you mean `waitTimeSeconds`?\n\
             error wrong-type flowName: `flowName` must be a text, not a number\n",
        ),
        (
            json!({ "flowName": "f", "executionName": "e", "waitTimeSeconds": 1.5 }),
            "error out-of-range waitTimeSeconds: `waitTimeSeconds` must be a whole number from 0 to 60\n",
        ),
        (
            json!({ "flowName": "f\n", "executionName": "n".repeat(201) }),
            "error out-of-range flowName: `flowName` has a line break or another control character\n\
             error out-of-range executionName: `executionName` has 201 characters; the maximum is 128\n",
        ),
        (
            json!({ "flowName": "f", "executionName": "e", "region": "cn-hangzhou" }),
            "error unknown-option region: `region` is unknown; known are `flowName`, `executionName` and `waitTimeSeconds`\n",
        ),
    ];
    for (given, expected) in &table {
        let found = request::read(Some(given), true).err().unwrap_or_default();
        assert_eq!(&findings(&shape::Places::new("").diagnostics(found)), expected, "{given}");
    }
    // The duration of a wait is an option.
    let given = json!({ "flowName": "f", "executionName": "e", "waitTimeSeconds": 5 });
    assert!(request::read(Some(&given), false).is_err());
}

#[test]
fn wrong_options_are_refused() {
    let key = json!({ "accessKeyId": "id", "accessKeySecret": "very-secret" });
    let table = [
        (json!({}), "request missing-field: `region` or `endpoint` is missing"),
        (json!(1), "request wrong-type: the options must be an object, not a number (and 1 more)"),
        (
            json!({ "region": "cn_hangzhou" }),
            "request bad-endpoint: `cn_hangzhou` is not a region id; did you mean `cn-hangzhou`?",
        ),
        (
            json!({ "regin": "cn-hangzhou", "endpoint": "/x" }),
            "request unknown-option: `regin` is unknown; did you mean `region`?",
        ),
        (
            json!({ "endpoint": "/x", "timeoutMs": 0 }),
            "request out-of-range: `timeoutMs` must be a whole number from 1 to 4294967295, not 0",
        ),
        (
            json!({ "endpoint": "/x", "waitTimeSeconds": 20 }),
            "request unknown-option: `waitTimeSeconds` is unknown; known are",
        ),
        (json!({ "endpoint": "/x", "signature": "HMAC-SHA256" }), "request unknown-value: `signature` must be"),
        (json!({ "endpoint": "/x", "retry": true }), "request wrong-type: `retry` must be an object, not a boolean"),
        (json!({ "endpoint": "/x", "retry": { "attempts": 3 } }), "request unknown-option: `attempts` is unknown"),
        (
            json!({ "endpoint": "/x", "headers": { "x y": "1" } }),
            "request out-of-range: this is not a valid name of a header",
        ),
        (json!({ "endpoint": "/x", "headers": { "x-a": "1\n2" } }), "request out-of-range: the value of `x-a`"),
        (
            json!({ "endpoint": "/x", "credentials": key, "signature": "ACS3-HMAC-SHA256" }),
            "request bad-endpoint: `ACS3-HMAC-SHA256` signs the host",
        ),
        (
            json!({ "region": "cn-hangzhou", "credentials": key, "signature": "ACS3-HMAC-SHA256", "headers": { "X-Acs-Foo": "1" } }),
            "request unknown-option: `X-Acs-Foo` is set by the signature",
        ),
        (
            json!({ "endpoint": "/x", "credentials": "very-secret" }),
            "credentials bad-credentials: `credentials` must be an object, not a text",
        ),
        (
            json!({ "endpoint": "/x", "credentials": { "accessKeyId": "id" } }),
            "credentials bad-credentials: `accessKeySecret` is missing",
        ),
        (
            json!({ "endpoint": "/x", "credentials": { "accessKeyId": "id", "accessKeySecret": "very-secret " } }),
            "credentials bad-credentials: `accessKeySecret` has a blank",
        ),
        (
            json!({ "endpoint": "/x", "credentials": { "accessKeyId": "id", "accessKeySecret": "very-secret", "expiration": "soon" } }),
            "credentials bad-credentials: `expiration` must be an RFC 3339 time",
        ),
    ];
    let page = Host { origin: Some("https://page.example".to_owned()), ..Host::default() };
    for (given, expected) in &table {
        let failure = options::settings(Some(given), false, 0, &page).unwrap_err();
        let shown = format!("{} {}: {}", failure.kind.as_str(), failure.code, failure.message);
        assert!(shown.starts_with(expected), "{given}\n{shown}");
        assert!(!format!("{failure:?}").contains("very-secret"));
    }
    let nowhere = options::settings(Some(&json!({ "endpoint": "/x" })), false, 0, &Host::default()).unwrap_err();
    assert_eq!(nowhere.code, "bad-endpoint", "a path needs a page");
    assert_eq!(
        findings(&shape::Places::new("").diagnostics(nowhere.diagnostics)).split(':').next().unwrap(),
        "error bad-endpoint endpoint"
    );
    let in_page = Host { is_page: true, ..page.clone() };
    let insecure = Host { origin: Some("http://page.example".to_owned()), ..Host::default() };
    let with_key = json!({ "endpoint": "/x", "credentials": key });
    for (host, code) in [(&in_page, "secret-in-page"), (&insecure, "insecure-endpoint")] {
        assert_eq!(options::settings(Some(&with_key), false, 0, host).unwrap_err().code, code);
    }
    assert!(options::settings(Some(&with_key), false, 0, &page).is_ok());
    // The destination decides: this machine, a page on it, or an emulator.
    let of_local_page = Host { origin: Some("http://localhost:5173".to_owned()), ..in_page.clone() };
    let emulated = Host { is_emulated: true, ..in_page.clone() };
    for (endpoint, host, expected) in [
        ("http://127.0.0.1:8791", &in_page, Ok(())),
        ("https://emulator.localhost", &in_page, Ok(())),
        ("/x", &of_local_page, Ok(())),
        ("https://service.example", &of_local_page, Err("secret-in-page")),
        ("https://localhost.example", &in_page, Err("secret-in-page")),
        ("http://service.example", &emulated, Ok(())),
    ] {
        let given = json!({ "endpoint": endpoint, "credentials": key });
        let found = options::settings(Some(&given), false, 0, host).map(|_| ()).map_err(|error| error.code);
        assert_eq!(found, expected.map_err(str::to_owned), "{endpoint}");
    }
    let no_signal = json!({ "endpoint": "/x", "signal": { "aborted": false } });
    let no_signal = options::settings(Some(&no_signal), false, 0, &page).unwrap_err();
    assert_eq!(
        (no_signal.code.as_str(), no_signal.message.as_str()),
        ("wrong-type", "`signal` must be an `AbortSignal`")
    );
    let given =
        json!({ "region": "cn-hangzhou", "credentials": key, "retry": false, "waitTimeSeconds": 5, "timeoutMs": 9 });
    let settings = options::settings(Some(&given), true, 0, &Host::default()).unwrap();
    assert_eq!(settings.endpoint.base(), "https://cn-hangzhou.fnf.aliyuncs.com/");
    assert_eq!(
        (settings.poll.retry.max_attempts, settings.poll.wait_time_seconds, settings.poll.timeout_ms),
        (1, 5, Some(9))
    );
    assert!(!format!("{settings:?}").contains("very-secret"));
    let wait = |seconds: u32| {
        let given = json!({ "endpoint": "/x", "waitTimeSeconds": seconds });
        options::settings(Some(&given), true, 0, &page)
            .map(|settings| settings.poll.wait_time_seconds)
            .map_err(|e| e.message)
    };
    assert_eq!((wait(0), wait(60)), (Ok(0), Ok(60)));
    assert_eq!(wait(61), Err("`waitTimeSeconds` must be a whole number from 0 to 60, not 61".to_owned()));
    let keys = Keys::read(Some(&key)).unwrap();
    assert_eq!(keys.check_page(true, false).unwrap_err().code, "secret-in-page");
    let check = |endpoint: &str, allow: bool| {
        let checked = keys.check_endpoint(&Endpoint::parse(endpoint).unwrap(), allow);
        checked.map_err(|failure| (failure.kind.as_str(), failure.code))
    };
    let refused = || Err(("credentials", "insecure-endpoint".to_owned()));
    for outside in [
        "http://a.example",
        "http://localhost.a",
        "http://127.0.0.1.a",
        "http://0127.0.0.1",
        "http://127.1",
        "http://127.0.0.256",
        "http://[::2]",
    ] {
        assert_eq!(check(outside, false), refused(), "{outside}");
        assert_eq!(check(outside, true), Ok(()));
    }
    for inside in [
        "https://a.example",
        "http://a.localhost:80",
        "http://127.255.0.1:8080/x",
        "http://[::1]",
        "http://[::1]:1",
        "/path",
    ] {
        assert_eq!(check(inside, false), Ok(()), "{inside}");
    }
    assert!(keys.check_page(true, true).is_ok() && keys.check_page(false, false).is_ok());
}

/// The shape as JSON, as the npm package returns it.
fn json_of(execution: &execution::Execution<&Value>) -> Value {
    let value = |shape: &Shape<'_, &Value>| match shape {
        Shape::Text(text) => (**text).clone(),
        Shape::EmptyText => json!(""),
        Shape::Boolean(boolean) => json!(boolean),
        Shape::Environment(_) => panic!("variables have no environment"),
    };
    let mut object = serde_json::Map::new();
    for (key, shape) in read::shape(execution) {
        let value = match shape {
            None => continue,
            Some(Shape::Environment(variables)) => {
                let entry = |variable| {
                    read::variable(variable).iter().map(|(key, shape)| ((*key).to_owned(), value(shape))).collect()
                };
                let list: Vec<Value> = variables.iter().map(entry).collect();
                json!({ read::VARIABLES: list })
            }
            Some(shape) => value(&shape),
        };
        object.insert(key.to_owned(), value);
    }
    Value::Object(object)
}

fn findings(diagnostics: &[shape::Diagnostic]) -> String {
    diagnostics.iter().map(finding).collect()
}

fn finding(diagnostic: &shape::Diagnostic) -> String {
    let mut path = String::new();
    for segment in &diagnostic.path {
        match segment {
            shape::PathSegment::Key(key) if path.is_empty() => path.push_str(key),
            shape::PathSegment::Key(key) => path += &format!(".{key}"),
            shape::PathSegment::Index(index) => path += &format!("[{index}]"),
        }
    }
    let path = if path.is_empty() { "$" } else { &path };
    let place = diagnostic.range.map(|range| format!(" at {}:{}", range.start.line, range.start.column));
    format!("{} {} {path}{}: {}\n", diagnostic.severity, diagnostic.code, place.unwrap_or_default(), diagnostic.message)
}
