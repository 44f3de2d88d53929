//! Every documented operation with every documented parameter, and what all answers have in common.

use cloudflow_local::emulate::{AccessKey, Emulator, Options, Reply};
use serde_json::{Map, Value};

use super::{ask, time};

/// The operations that are emulated, with a request that succeeds and the further parameters that each one reads. A
/// parameter that the service documents and the emulator refuses is among them.
type Operation = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const OPERATIONS: [Operation; 14] = [
    ("CreateFlow", &[("Name", "g"), ("Definition", FLOW), ("Description", "d"), ("Type", "FDL")], FLOW_FIELDS),
    ("UpdateFlow", &[("Name", "f")], FLOW_FIELDS),
    ("DescribeFlow", &[("Name", "f")], &["FlowVersion"]),
    ("DeleteFlow", &[("Name", "f")], &[]),
    ("ListFlows", &[], &["Limit", "NextToken", "ResourceGroupId"]),
    ("ListSchedules", &[("FlowName", "f")], &["Limit", "NextToken"]),
    ("StartExecution", &[("FlowName", "f")], &["ExecutionName", "Input", "CallbackFnFTaskToken", "Qualifier"]),
    ("StartSyncExecution", &[("FlowName", "x")], &["ExecutionName", "Input", "Qualifier"]),
    ("StopExecution", &[("FlowName", "f"), ("ExecutionName", "e")], &["Error", "Cause"]),
    ("DescribeExecution", &[("FlowName", "f"), ("ExecutionName", "e")], &["WaitTimeSeconds"]),
    (
        "ListExecutions",
        &[("FlowName", "f")],
        &[
            "Limit",
            "NextToken",
            "Status",
            "StartedTimeBegin",
            "StartedTimeEnd",
            "ExecutionNamePrefix",
            "MapRunName",
            "MetadataOnly",
            "Qualifier",
        ],
    ),
    ("GetExecutionHistory", &[("FlowName", "f"), ("ExecutionName", "e")], &["Limit", "NextToken"]),
    ("ReportTaskSucceeded", &[("TaskToken", TOKEN), ("Output", "{}")], &[]),
    ("ReportTaskFailed", &[("TaskToken", TOKEN), ("Error", "Mine")], &["Cause"]),
];

const FLOW_FIELDS: &[&str] =
    &["Definition", "Description", "Type", "RoleArn", "ExecutionMode", "Environment", "ResourceGroupId"];

/// The names of all parameters of the API, those of clients of other kinds, and names of no parameter.
const PARAMETERS: [&str; 49] = [
    "AcceptLanguage",
    "AliasName",
    "CallbackFnFTaskToken",
    "Cause",
    "ClientToken",
    "Concurrency",
    "CronExpression",
    "Definition",
    "Description",
    "Enable",
    "Environment",
    "Error",
    "ExecutionMode",
    "ExecutionName",
    "ExecutionNamePrefix",
    "ExternalInputUri",
    "ExternalOutputUri",
    "ExternalStorageLocation",
    "FlowName",
    "FlowVersion",
    "Input",
    "Limit",
    "MapRunName",
    "MetadataOnly",
    "Name",
    "NextToken",
    "Output",
    "Payload",
    "Qualifier",
    "RegionId",
    "RequestId",
    "ResourceGroupId",
    "ResourceOwnerAccount",
    "RoleArn",
    "RoutingConfigurations",
    "ScheduleName",
    "SignatureType",
    "StartedTimeBegin",
    "StartedTimeEnd",
    "Status",
    "TaskToken",
    "ToleratedFailedCount",
    "ToleratedFailedPercentage",
    "Type",
    "WaitTimeSeconds",
    "waitTimeSeconds",
    "limit",
    "流",
    "",
];

/// Values that no parameter with a rule accepts, and one that all texts accept.
const VALUES: [&str; 5] = ["cn-hangzhou", "-1", "{", "流 🎈", ""];

const NOT_EMULATED: [&str; 15] = [
    "CreateFlowAlias",
    "CreateSchedule",
    "DeleteFlowAlias",
    "DeleteFlowVersion",
    "DeleteSchedule",
    "DescribeFlowAlias",
    "DescribeMapRun",
    "DescribeRegions",
    "DescribeSchedule",
    "ListFlowAliases",
    "ListFlowVersions",
    "PublishFlowVersion",
    "UpdateFlowAlias",
    "UpdateMapRun",
    "UpdateSchedule",
];

const FLOW: &str = "version: v1\ntype: flow\nsteps:\n  - type: task\n    name: ask\n    resourceArn: acs:fc:::services/s/functions/ask\n    \
                    pattern: waitForCallback\n    inputMappings:\n      - {target: t, source: $context.task.token}\n";

const EXPRESS: &str = "version: v1\ntype: flow\nsteps:\n  - {type: pass, name: p}\n";

/// Replaced by the token of the task of the execution `e`.
const TOKEN: &str = "(token)";

/// An account with the flow `f`, its execution `e`, which waits for a report, and the Express flow `x`.
fn account() -> (Emulator, String, u64) {
    let key = AccessKey { id: "k".into(), secret: "s".into(), security_token: None };
    let mut emulator = Emulator::new(Options { seed: 1, access_keys: vec![key], ..Options::default() });
    let now = time::parse("2024-05-06T07:08:09Z").unwrap();
    emulator.put_flow(now, "f", FLOW, false).unwrap();
    emulator.put_flow(now, "x", EXPRESS, true).unwrap();
    ask(&mut emulator, now, "StartExecution", &[("FlowName", "f"), ("ExecutionName", "e")]);
    emulator.advance(now);
    let token = emulator.take_tasks().remove(0).request.token.unwrap();
    (emulator, token, now)
}

/// Status and body of the answer to a request.
fn answer(action: &str, parameters: &[(&str, &str)]) -> (u16, Map<String, Value>) {
    let (mut emulator, token, now) = account();
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|&(name, value)| (name, if value == TOKEN { &token } else { value })).collect();
    let Reply::Answer(response) = ask(&mut emulator, now, action, &parameters) else { panic!("{action} is held") };
    (response.status, serde_json::from_slice(&response.body).unwrap())
}

#[test]
fn parameters_that_an_operation_does_not_have_are_ignored() {
    let mut tried = 0;
    for (action, required, further) in OPERATIONS {
        let expected = answer(action, required);
        assert_eq!(expected.0, 200, "{action}: {:?}", expected.1);
        for name in PARAMETERS {
            if further.contains(&name) || required.iter().any(|(own, _)| *own == name) {
                continue;
            }
            for value in VALUES {
                let all: Vec<_> = required.iter().copied().chain([(name, value)]).collect();
                assert_eq!(answer(action, &all), expected, "{action} with {name}={value}");
                tried += 1;
            }
        }
    }
    assert!(tried > 2_500, "{tried}");
}

/// A parameter that is given and empty is absent, for every operation and parameter.
#[test]
fn an_empty_parameter_is_absent() {
    for (action, required, further) in OPERATIONS {
        let expected = answer(action, required);
        for name in further.iter().filter(|name| required.iter().all(|(own, _)| own != *name)) {
            let all: Vec<_> = required.iter().copied().chain([(*name, "")]).collect();
            assert_eq!(answer(action, &all), expected, "{action} with an empty {name}");
        }
    }
}

#[test]
fn operations_that_are_not_emulated_are_named() {
    let message = |action: &str| {
        let (status, body) = answer(action, &[("FlowName", "f")]);
        assert_eq!((status, body["Code"].as_str()), (400, Some("ActionNotSupported")), "{action}");
        body["Message"].as_str().unwrap().to_owned()
    };
    for action in NOT_EMULATED {
        assert_eq!(message(action), format!("The emulator does not implement the API operation '{action}'."));
    }
    for action in ["MakeCoffee", "describeExecution", "CreateFlows"] {
        let expected = format!("The requested API operation '{action}' is incorrect. Please check.");
        assert_eq!(message(action), expected);
    }
}

#[test]
fn an_unknown_flow_has_the_message_of_the_service() {
    for (action, required, _) in OPERATIONS {
        let Some(own) = required.iter().map(|(name, _)| *name).find(|name| matches!(*name, "Name" | "FlowName")) else {
            continue;
        };
        if action == "CreateFlow" {
            continue;
        }
        for flow in ["nope", "F", "1流", "a'b"] {
            let changed =
                |&(name, value): &(&'static str, &'static str)| (name, if name == own { flow } else { value });
            let (status, body) = answer(action, &required.iter().map(changed).collect::<Vec<_>>());
            assert_eq!((status, body["Code"].as_str()), (404, Some("FlowNotExists")), "{action}");
            assert_eq!(body["Message"], format!("Flow '{flow}' does not exist"), "{action}");
        }
    }
}

/// The order of the responses that were recorded in 2024. `Environment` is absent where there is none.
#[test]
fn answers_have_the_recorded_order() {
    const RECORDED: [&str; 8] =
        ["Name", "FlowName", "FlowDefinition", "Input", "Output", "Status", "StartedTime", "StoppedTime"];
    for (action, required, _) in OPERATIONS {
        let (_, body) = answer(action, required);
        assert_eq!(body.keys().next_back().unwrap(), "RequestId", "{action}");
        assert!(!body.contains_key("Environment"), "{action}");
        let items = body.get("Executions").and_then(Value::as_array);
        let executions = items.into_iter().flatten().filter_map(Value::as_object).chain([&body]);
        for execution in executions.filter(|body| body.contains_key("StartedTime")) {
            let known: Vec<&str> = execution.keys().map(String::as_str).filter(|key| RECORDED.contains(key)).collect();
            let present = |key: &&str| known.contains(key);
            assert_eq!(known, RECORDED.into_iter().filter(present).collect::<Vec<_>>(), "{action}");
        }
    }
    let (_, started) = answer("StartExecution", &[("FlowName", "f")]);
    assert_eq!(started.keys().take(8).collect::<Vec<_>>(), RECORDED);
}
