//! Histories and lists of executions: requests, responses and rate limits.

use cloudflow_base::diagnostic::Code;
use cloudflow_service::client::call::Call;
use cloudflow_service::client::options::Host;
use cloudflow_service::client::state::ClientState;
use cloudflow_service::poll::{Action, Input, Outcome};
use cloudflow_service::wire::fault::Body;
use cloudflow_service::wire::page::{Operation, Signable, check, read};
use serde_json::{Value, json};

const HISTORY: Operation = Operation::GetExecutionHistory;
const LIST: Operation = Operation::ListExecutions;

#[test]
fn requests_have_the_parameters_of_the_service() {
    let request = json!({ "flowName": "f", "executionName": "e", "limit": 1000, "nextToken": "" });
    let sent = read(HISTORY, Some(&request)).unwrap().parameters();
    assert_eq!(sent, [("FlowName", "f"), ("ExecutionName", "e"), ("Limit", "1000")].map(|(n, v)| (n, v.to_owned())));
    let request = json!({ "flowName": "f", "metadataOnly": false, "status": "TimedOut", "limit": null });
    let sent = read(LIST, Some(&request)).unwrap().parameters();
    assert_eq!(
        sent,
        [("FlowName", "f"), ("Status", "TimedOut"), ("MetadataOnly", "false")].map(|(n, v)| (n, v.to_owned()))
    );
    assert_eq!(read::<&Value>(LIST, None).unwrap_err()[0].code, Code::WrongType);
}

#[test]
fn every_field_of_an_entry_removed_or_replaced() {
    let pages = [
        (HISTORY, "Events", json!({ "EventId": 1, "Type": "StepEntered" })),
        (LIST, "Executions", json!({ "FlowName": "f", "Name": "e", "Status": "Running" })),
    ];
    for (operation, list, entry) in pages {
        for others in [json!([]), json!([entry.clone(), entry.clone()]), Value::Null] {
            assert_eq!(check(operation, &&json!({ "RequestId": "r", list: others })), []);
        }
        for key in entry.as_object().unwrap().keys() {
            for other in [Value::Null, json!(true), json!([]), json!({})] {
                let mut wrong = entry.clone();
                wrong[key] = other;
                let found = check(operation, &&json!({ "RequestId": "r", list: [entry, wrong] }));
                assert_eq!(found.len(), 1, "{list} {key}: {found:?}");
                assert_eq!(found[0].path.len(), 3);
            }
        }
        assert_eq!(check(operation, &&json!({ list: vec![1; 100_000] })).len(), 20);
        assert_eq!(check(operation, &&json!({}))[0].code, Code::MissingField);
        assert_eq!(check(operation, &&json!({ "RequestId": "r", list: {} }))[0].code, Code::WrongType);
    }
}

/// A client spends the bucket of one operation, and the others are full.
#[test]
fn each_operation_has_a_bucket() {
    let key = json!({ "accessKeyId": "id", "accessKeySecret": "very-secret" });
    let options = json!({ "region": "cn-hangzhou", "credentials": key });
    let request = json!({ "flowName": "f", "executionName": "e" });
    let flow = json!({ "flowName": "f" });
    let mut state = ClientState::default();
    let mut sent_at_once = |operation| {
        let start = || match operation {
            Operation::DescribeExecution => Call::new(Some(&request), Some(&options), false, &Host::default()),
            HISTORY => Call::of_page(HISTORY, Some(&request), Some(&options), false, &Host::default()),
            LIST => Call::of_page(LIST, Some(&flow), Some(&options), false, &Host::default()),
        };
        (0..60).take_while(|_| matches!(start().unwrap().step(&mut state, 0, 0, Input::Start), Action::Send(_))).count()
    };
    assert_eq!(sent_at_once(HISTORY), 45);
    assert_eq!(sent_at_once(LIST), 5);
    assert_eq!(sent_at_once(Operation::DescribeExecution), 45);
}

/// A request is signed, a response is kept, and a wrong one is an error without secrets.
#[test]
fn a_call_ends_with_its_page() {
    let options =
        json!({ "region": "cn-hangzhou", "credentials": { "accessKeyId": "id", "accessKeySecret": "very-secret" } });
    let request = json!({ "flowName": "f", "executionName": "e" });
    for (body, is_page) in [
        (json!({ "RequestId": "r", "Events": [{ "EventId": 1, "Type": "A" }] }), true),
        (json!({ "RequestId": "r", "Events": [{ "Type": "A" }] }), false),
    ] {
        let mut state = ClientState::default();
        let mut call = Call::of_page(HISTORY, Some(&request), Some(&options), true, &Host::default()).unwrap();
        let Action::Send(attempt) = call.step(&mut state, 0, 0, Input::Start) else { panic!() };
        assert_eq!(attempt.wait_time_seconds, 0, "its response is not held");
        let signed = call.signed_request(&state, attempt, 0, [0; 16]);
        assert!(signed.url.contains("Action=GetExecutionHistory&") && signed.url.contains("&Signature="));
        let (input, _) = call.answered(&mut state, 0, 200, &|_| None, Body::Json(&body));
        let Action::Finish(outcome) = call.step(&mut state, 1, 0, input) else { panic!() };
        assert_eq!(outcome == Outcome::Execution, is_page);
        assert_eq!(call.take_page(outcome), is_page.then_some(&body));
        if !is_page {
            let error = call.finish(&state, outcome).unwrap_err();
            assert_eq!((error.code.as_str(), error.attempts), ("not-a-page", 1));
            assert_eq!(error.message, "the response is not a page of a list: the entry has no `EventId`");
        }
    }
}
