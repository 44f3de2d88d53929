//! Executions: start, look, stop, list.

use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::quirk::Quirks;
use super::store::{Execution, ExecutionId, Store};
use super::{Call, Outcome};
use crate::simulate::{Machine, Start, Status, time};

/// Executions that may run at once.
const RUNNING: usize = 10_000;

/// StartExecution.
pub(super) fn start(store: &mut Store, call: &Call<'_>, quirks: &Quirks) -> Result<Map<String, Value>, Fault> {
    let parameters = call.parameters;
    let flow_name = parameters.required("FlowName")?;
    let name = parameters.get("ExecutionName");
    if let Some(name) = name {
        check_name("ExecutionName", name)?;
    }
    let text = parameters.get("Input").unwrap_or("{}");
    let input = match serde_json::from_str::<Value>(text) {
        Ok(input @ Value::Object(_)) => input,
        _ => return Err(Fault::invalid("`Input` must be the text of a JSON object")),
    };
    if text.len() > crate::simulate::LARGEST_DATA {
        return Err(Fault::too_large(crate::simulate::LARGEST_DATA));
    }
    let flow = store.flows.get(flow_name).ok_or_else(|| Fault::no_flow(flow_name))?;
    if flow.express {
        return Err(Fault::invalid(format!(
            "the flow `{flow_name}` is an Express flow, which StartSyncExecution starts"
        )));
    }
    if let Some((name, running)) = name.and_then(|name| Some((name, flow.by_name.get(name)?))) {
        return match store.execution(*running) {
            Some(execution) if !execution.machine.status().is_final() => Ok(start_body(execution, quirks)),
            _ => Err(Fault::execution_exists(flow_name, name)),
        };
    }
    let (program, role) = (Rc::clone(&flow.program), flow.role.clone());
    if store.running() >= RUNNING {
        return Err(Fault::throttled(1000));
    }
    let name = name.map_or_else(|| store.random.id(), str::to_owned);
    let begin = Start {
        flow: flow_name.to_owned(),
        execution: name.clone(),
        role,
        input,
        now: call.now,
        seed: store.random.number(),
    };
    let machine = Machine::start(program, begin);
    let callback = parameters.get("CallbackFnFTaskToken").map(str::to_owned);
    let id = store.add(flow_name, name, text.to_owned(), callback, call.now, machine);
    let execution = store.execution(id).ok_or_else(|| Fault::no_flow(flow_name))?;
    Ok(start_body(execution, quirks))
}

/// DescribeExecution.
pub(super) fn describe(store: &mut Store, call: &Call<'_>, quirks: &Quirks) -> Result<Outcome, Fault> {
    let (flow, name) = (call.parameters.required("FlowName")?, call.parameters.required("ExecutionName")?);
    let wait = call.parameters.number("WaitTimeSeconds", 0, 60)?.unwrap_or(0) * 1000;
    let id = find(store, flow, name)?;
    let execution = store.execution(id).ok_or_else(|| Fault::no_execution(flow, name))?;
    let wait = quirks.early_after.map_or(wait, |early| wait.min(early));
    if wait == 0 || execution.machine.status().is_final() {
        return Ok(Outcome::Body(describe_body(execution, quirks)));
    }
    Ok(Outcome::Poll { execution: id, until: call.now + wait })
}

/// StopExecution.
pub(super) fn stop(store: &mut Store, call: &Call<'_>, quirks: &Quirks) -> Result<Map<String, Value>, Fault> {
    let (flow, name) = (call.parameters.required("FlowName")?, call.parameters.required("ExecutionName")?);
    let error = call.parameters.text("Error", 128)?.map(str::to_owned);
    let cause = call.parameters.text("Cause", 4096)?.map(str::to_owned);
    let id = find(store, flow, name)?;
    let execution = store.execution(id).ok_or_else(|| Fault::no_execution(flow, name))?;
    if execution.machine.status().is_final() {
        return Err(Fault::execution_completed(flow, name));
    }
    store.change(id, |machine| machine.stop(call.now, error, cause));
    let execution = store.execution(id).ok_or_else(|| Fault::no_execution(flow, name))?;
    Ok(start_body(execution, quirks))
}

/// ListExecutions, the newest first. The order of the service is not documented.
pub(super) fn list(store: &mut Store, call: &Call<'_>, quirks: &Quirks) -> Result<Map<String, Value>, Fault> {
    let parameters = call.parameters;
    let name = parameters.required("FlowName")?;
    let limit = parameters.number("Limit", 1, 100)?.unwrap_or(60);
    let status = parameters.get("Status");
    if let Some(status) = status.filter(|s| !STATUSES.contains(s)) {
        return Err(Fault::invalid(format!("`Status` must be one of {}, not `{status}`", STATUSES.join(", "))));
    }
    let moment = |name: &str| match parameters.get(name) {
        None => Ok(None),
        Some(text) => {
            time::parse(text).map(Some).ok_or_else(|| Fault::invalid(format!("`{name}` is not an RFC 3339 time")))
        }
    };
    let (begin, end) = (moment("StartedTimeBegin")?, moment("StartedTimeEnd")?);
    let prefix = parameters.get("ExecutionNamePrefix").unwrap_or_default();
    let short = parameters.get("MetadataOnly") == Some("true");
    let flow = store.flows.get(name).ok_or_else(|| Fault::no_flow(name))?;
    let from = match parameters.get("NextToken") {
        None => ExecutionId::MAX,
        Some(token) => {
            *flow.by_name.get(token).ok_or_else(|| Fault::invalid(format!("the token `{token}` is unknown")))?
        }
    };
    let mut executions =
        flow.executions.range(..=from).rev().filter_map(|id| store.execution(*id)).filter(|execution| {
            execution.name.starts_with(prefix)
                && status.is_none_or(|status| execution.machine.status().as_str() == status)
                && begin.is_none_or(|begin| execution.started >= begin)
                && end.is_none_or(|end| execution.started <= end)
        });
    let page: Vec<Value> = executions
        .by_ref()
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .map(|execution| {
            let mut body = describe_body(execution, quirks);
            if short {
                for bulky in ["FlowDefinition", "Input", "Output", "Environment"] {
                    body.shift_remove(bulky);
                }
            }
            Value::Object(body)
        })
        .collect();
    let mut body = Map::new();
    if let Some(next) = executions.next() {
        body.insert("NextToken".to_owned(), Value::from(next.name.as_str()));
    }
    body.insert("Executions".to_owned(), Value::Array(page));
    Ok(body)
}

/// Flow before execution, as every operation looks them up.
pub(super) fn find(store: &Store, flow: &str, name: &str) -> Result<ExecutionId, Fault> {
    let known = store.flows.get(flow).ok_or_else(|| Fault::no_flow(flow))?;
    known.by_name.get(name).copied().ok_or_else(|| Fault::no_execution(flow, name))
}

/// The rule for the names of flows and executions, checked where one is made. Look-ups take any
/// name: generated ones begin with a digit, and those of Express flows hold a `:`.
pub(super) fn check_name(parameter: &str, name: &str) -> Result<(), Fault> {
    let valid = name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if valid {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "`{parameter}` must be 1 to 128 letters, digits, `_` or `-`, the first a letter or `_`, not `{name}`"
    )))
}

/// The answer of DescribeExecution without the request id.
pub(super) fn describe_body(execution: &Execution, quirks: &Quirks) -> Map<String, Value> {
    let mut body = basic(execution, quirks);
    let variables: Vec<Value> =
        execution.environment.iter().map(|v| json!({ "Name": v.name, "Value": v.value })).collect();
    body.insert("Environment".to_owned(), json!({ "Variables": variables }));
    body
}

fn start_body(execution: &Execution, quirks: &Quirks) -> Map<String, Value> {
    let mut body = basic(execution, quirks);
    if quirks.start_without_status {
        body.insert("Status".to_owned(), Value::from(""));
    }
    body
}

fn basic(execution: &Execution, quirks: &Quirks) -> Map<String, Value> {
    let machine = &execution.machine;
    let status = match &quirks.status {
        Some(text) if !machine.status().is_final() => text.as_str(),
        _ => machine.status().as_str(),
    };
    let stopped = machine.stopped().map(time::format).unwrap_or_default();
    let fields = [
        ("FlowName", execution.flow.clone()),
        ("Name", execution.name.clone()),
        ("Status", status.to_owned()),
        ("StartedTime", time::format(execution.started)),
        ("StoppedTime", stopped),
        ("FlowDefinition", execution.definition.to_string()),
        ("Input", execution.input.clone()),
        ("Output", machine.output().map(Value::to_string).unwrap_or_default()),
    ];
    fields
        .into_iter()
        .filter(|(_, value)| !(quirks.missing_fields && value.is_empty()))
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

const STATUSES: [&str; 6] = [
    "Starting",
    Status::Running.as_str(),
    Status::Stopped.as_str(),
    Status::Succeeded.as_str(),
    Status::Failed.as_str(),
    Status::TimedOut.as_str(),
];
