//! A response: two bytes of status (the first times 10, plus the second's last digit), the headers up to
//! a U+001E, the body.

use cloudflow_language::shape::definition;
use cloudflow_service::client::call::Call;
use cloudflow_service::client::error::CloudFlowError;
use cloudflow_service::client::options::Host;
use cloudflow_service::client::state::ClientState;
use cloudflow_service::poll::{Action, Input};
use cloudflow_service::read::{self, Shape};
use cloudflow_service::sign::Credentials;
use cloudflow_service::wire::execution;
use cloudflow_service::wire::fault::{self, Body};
use serde_json::{Value, json};

/// Maximum number of steps of a call.
const STEPS: usize = 2_000;

const SECRET: &str = "a-secret-of-twenty";

/// Calls every public reader of responses with the body, then handles it as the response of a call.
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
        let error = CloudFlowError::of_fault(&fault, 1, None).redacted(&keys.secrets());
        assert!(!error.message.contains(SECRET) && !error.message.is_empty(), "{error:?}");
        assert!(!error.code.is_empty(), "{error:?}");
    }
    converse(status, &headers, &body);
}

fn read_execution(json: &&Value) {
    let (execution, found) = read::parse(json);
    assert!(execution.is_some() || !found.is_empty(), "no execution, and nothing is said about it");
    if let Some(execution) = execution {
        let status = execution.status.as_str().expect("a status is a text");
        assert_eq!(execution.done, execution::is_final(status));
        let is_text = |shape: &Option<Shape<'_, &Value>>| match shape {
            Some(Shape::Text(text)) => text.is_string(),
            _ => true,
        };
        assert!(read::shape(&execution).iter().all(|(_, value)| is_text(value)), "{execution:?}");
    }
    let all = read::validate(json, definition);
    assert!(all.len() >= found.len(), "validating finds less than parsing");
    for range in all.iter().filter_map(|found| found.range) {
        assert!(range.start.offset <= range.end.offset, "{range:?}");
    }
}

/// Repeats the same response until the call ends.
fn converse(status: u16, headers: &str, body: &Body<&Value>) {
    let options = json!({
        "endpoint": "https://example.com/",
        "credentials": { "accessKeyId": "id", "accessKeySecret": SECRET },
        "timeoutMs": 600_000,
    });
    let request = json!({ "flowName": "f", "executionName": "e" });
    let call = Call::new(Some(&request), Some(&options), true, &Host::default());
    let mut call = call.expect("the request and the options are valid");
    let mut state = ClientState::default();
    let header = |name: &str| {
        let value =
            headers.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name));
        value.map(|(_, value)| value.trim().to_owned())
    };
    let unix = 1_714_979_289_000;
    let (mut now, mut input) = (0, Input::Start);
    for _ in 0..STEPS {
        match call.step(&mut state, now, 7, input) {
            Action::Send(attempt) => {
                call.signed_request(&state, attempt, unix + now, [7; 16]);
                now += 10;
                input = call.answered(&mut state, unix + now, status, &header, body.clone()).0;
            }
            Action::Sleep(pause) => {
                now += pause.max(1);
                input = Input::Woke;
            }
            Action::Stay => panic!("no attempt is in flight"),
            Action::Finish(outcome) => {
                if let Err(error) = call.finish(&state, outcome) {
                    assert!(!error.message.contains(SECRET), "{error:?}");
                }
                return;
            }
        }
    }
    panic!("the call has not ended after {STEPS} steps");
}
