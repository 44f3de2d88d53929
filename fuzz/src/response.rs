//! A response: two bytes of status (the first times 10, plus the second's last digit), the headers up to
//! a U+001E, the body.

use cloudflow_language::shape::definition;
use cloudflow_service::client::ask::{Failure, settings};
use cloudflow_service::client::talk::{Shared, Talk};
use cloudflow_service::poll::{Action, Input};
use cloudflow_service::read;
use cloudflow_service::sign::Credentials;
use cloudflow_service::wire::execution;
use cloudflow_service::wire::fault::{self, Body};
use cloudflow_service::wire::request;
use serde_json::{Value, json};

/// Every conversation ends after so many steps.
const STEPS: usize = 2_000;

const SECRET: &str = "a-secret-of-twenty";

/// Reads the body in every public way, then as the answer to a call.
pub fn run(bytes: &[u8]) {
    let Some((status, mut bytes)) = bytes.split_first_chunk::<2>() else { return };
    let status = u16::from(status[0]) * 10 + u16::from(status[1] % 10);
    let headers = crate::text(crate::part(&mut bytes, 0x1E));
    let text = crate::text(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let json = serde_json::from_str::<Value>(text).ok();
    let body = match &json {
        Some(json) => {
            read_execution(&json);
            Body::Json(json)
        }
        None => {
            assert_eq!(read::not_json(text).len(), 1);
            if text.trim_ascii().is_empty() { Body::Empty } else { Body::Text(text.to_owned()) }
        }
    };
    if let Some(fault) = fault::read(status, &body) {
        let keys = Credentials {
            access_key_id: "id".to_owned(),
            access_key_secret: SECRET.to_owned(),
            security_token: Some("a-token-of-twenty".to_owned()),
        };
        let failure = Failure::of_fault(&fault, 1).redacted(&keys.secrets());
        assert!(!failure.message.contains(SECRET) && !failure.message.is_empty(), "{failure:?}");
        assert!(!failure.code.is_empty(), "{failure:?}");
    }
    converse(status, &headers, &body);
}

fn read_execution(json: &&Value) {
    let (execution, found) = read::parse(json);
    assert!(execution.is_some() || !found.is_empty(), "no execution, and nothing is said about it");
    if let Some(execution) = execution {
        let plain = read::Execution::from(&execution);
        assert_eq!(plain.done, execution::is_final(&plain.status));
        serde_json::to_string(&plain).expect("an execution can be written");
    }
    let all = read::validate(json, definition);
    assert!(all.len() >= found.len(), "validating finds less than parsing");
    for range in all.iter().filter_map(|found| found.range) {
        assert!(range.start.offset <= range.end.offset, "{range:?}");
    }
}

/// The same answer, again and again, until the call is over.
fn converse(status: u16, headers: &str, body: &Body<&Value>) {
    let options = json!({
        "endpoint": "https://example.com/",
        "credentials": { "accessKeyId": "id", "accessKeySecret": SECRET },
        "timeoutMs": 600_000,
    });
    let call = json!({ "flowName": "f", "executionName": "e" });
    let call = request::read(Some(&call), false).expect("the request is right");
    let settings = settings(Some(&options), true, 0).expect("the options are right");
    let mut talk = Talk::new(call, settings, false).expect("the call is right");
    let mut shared = Shared::default();
    let header = |name: &str| {
        let value =
            headers.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name));
        value.map(|(_, value)| value.trim().to_owned())
    };
    let unix = 1_714_979_289_000;
    let (mut now, mut input) = (0, Input::Start);
    for _ in 0..STEPS {
        match talk.step(&mut shared, now, 7, input) {
            Action::Send(attempt) => {
                talk.request(&shared, attempt, unix + now, [7; 16]);
                now += 10;
                input = talk.answered(&mut shared, unix + now, status, &header, body.clone()).0;
            }
            Action::Sleep(pause) => {
                now += pause.max(1);
                input = Input::Woke;
            }
            Action::Stay => panic!("nothing is under way"),
            Action::Finish(outcome) => {
                if let Err(failure) = talk.finish(&shared, outcome) {
                    assert!(!failure.message.contains(SECRET), "{failure:?}");
                }
                return;
            }
        }
    }
    panic!("the call is not over after {STEPS} steps");
}
