//! The operations on executions: start, describe, stop, list.

use cloudflow_base::limits;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::faults::Faults;
use super::flows::{NO_VERSIONS, check_name};
use super::page::Page;
use super::store::{EXPRESS_LIMIT, Execution, ExecutionId, New, Store};
use super::turn::Receipt;
use super::{Call, Outcome, Then};
use crate::schedule::{Link, Message};
use crate::simulate::{Report, Status, time};

/// Maximum number of running executions.
pub(super) const RUNNING: usize = 10_000;

/// StartExecution. Returns the running execution of the name if there is one. The name of an execution that has ended is
/// refused.
pub(super) fn start(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Map<String, Value>, Fault> {
    let begin = Begin::read(call)?;
    let flow = store.flows.get(begin.flow).ok_or_else(|| Fault::no_flow(begin.flow))?;
    if flow.express {
        let message = format!("the flow `{}` is an Express flow: start it with StartSyncExecution", begin.flow);
        return Err(Fault::invalid(message));
    }
    if let Some((name, running)) = begin.name.and_then(|name| Some((name, store.find(begin.flow, name)?))) {
        return match store.execution(running) {
            Some(execution) if !execution.machine.status().is_final() => Ok(start_body(execution, faults)),
            _ => Err(Fault::execution_exists(begin.flow, name)),
        };
    }
    let execution = begin.run(store, call, |store, name| name.map_or_else(|| store.random.id(), str::to_owned))?.1;
    Ok(start_body(execution, faults))
}

/// StartSyncExecution: answered when the execution has ended. If the client disconnects, the execution continues.
pub(super) fn start_sync(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Outcome, Fault> {
    let begin = Begin::read(call)?;
    let flow = store.flows.get(begin.flow).ok_or_else(|| Fault::no_flow(begin.flow))?;
    if !flow.express {
        let message = format!("the flow `{}` is a Standard flow: start it with StartExecution", begin.flow);
        return Err(Fault::invalid(message));
    }
    // The name need not be unique: the service appends a UUID. What precedes it without a name is not documented.
    let (id, execution) = begin.run(store, call, |store, name| {
        let name = name.map_or_else(|| store.random.id(), str::to_owned);
        format!("{name}:{}", store.random.id())
    })?;
    if execution.machine.status().is_final() {
        return Ok(Outcome::Body(Shape::Sync.body(execution, faults)));
    }
    // The execution has ended by then: it reaches its limit at this time, and comes before the deadline.
    Ok(Outcome::Poll { execution: id, until: call.now + EXPRESS_LIMIT, shape: Shape::Sync })
}

/// The parameters of both operations that start.
struct Begin<'c> {
    flow: &'c str,
    name: Option<&'c str>,
    text: &'c str,
    input: Value,
    callback: Option<&'c str>,
}

impl<'c> Begin<'c> {
    fn read(call: &Call<'c>) -> Result<Self, Fault> {
        let parameters = call.parameters;
        let flow = parameters.required("FlowName")?;
        let name = parameters.get("ExecutionName");
        if let Some(name) = name {
            check_name("ExecutionName", name)?;
        }
        parameters.refuse("Qualifier", NO_VERSIONS)?;
        let text = parameters.get("Input").unwrap_or("{}");
        let input = match crate::simulate::json(text) {
            Ok(input @ Value::Object(_)) => input,
            _ => return Err(Fault::invalid("`Input` must be the text of a JSON object")),
        };
        if text.len() > limits::DATA_BYTES {
            return Err(Fault::too_large(limits::DATA_BYTES));
        }
        Ok(Begin { flow, name, text, input, callback: parameters.get("CallbackFnFTaskToken") })
    }

    fn run<'s>(
        self,
        store: &'s mut Store,
        call: &Call<'_>,
        name: impl FnOnce(&mut Store, Option<&str>) -> String,
    ) -> Result<(ExecutionId, &'s Execution), Fault> {
        if store.running() >= RUNNING || store.is_full() {
            return Err(Fault::throttled(1000));
        }
        let link = Link {
            flow: self.flow.to_owned(),
            name: name(store, self.name),
            callback: self.callback.map(str::to_owned),
            ..Link::default()
        };
        let new = New { link, text: self.text.to_owned(), input: self.input, seed: store.random.number() };
        let id = store.start(new, call.now).ok_or_else(|| Fault::no_flow(self.flow))?;
        store.execution(id).map(|execution| (id, execution)).ok_or_else(|| Fault::no_flow(self.flow))
    }
}

/// The form of the answer to a request that waits for an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// By DescribeExecution.
    Describe,
    /// By StartSyncExecution.
    Sync,
}

impl Shape {
    pub fn body(self, execution: &Execution, faults: &Faults) -> Map<String, Value> {
        let mut body = describe_body(execution, faults);
        if self == Shape::Sync {
            for own in ["FlowDefinition", "Input"] {
                body.shift_remove(own);
            }
            let (error, cause) = match execution.machine.outcome() {
                None | Some(Ok(_)) => (String::new(), String::new()),
                Some(Err(failure)) => (failure.error, failure.cause),
            };
            for (name, value) in [("ErrorCode", error), ("ErrorMessage", cause)] {
                if !(faults.missing_fields && value.is_empty()) {
                    body.insert(name.to_owned(), Value::from(value));
                }
            }
        }
        body
    }
}

/// DescribeExecution.
pub(super) fn describe(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Outcome, Fault> {
    let (flow, name) = (call.parameters.required("FlowName")?, call.parameters.required("ExecutionName")?);
    let wait = call.parameters.number("WaitTimeSeconds", 0, 60)?.unwrap_or(0) * 1000;
    let id = find(store, flow, name)?;
    let execution = store.execution(id).ok_or_else(|| Fault::no_execution(flow, name))?;
    let wait = faults.early_after.map_or(wait, |early| wait.min(early));
    if wait == 0 || execution.machine.status().is_final() {
        return Ok(Outcome::Body(describe_body(execution, faults)));
    }
    Ok(Outcome::Poll { execution: id, until: call.now + wait, shape: Shape::Describe })
}

/// StopExecution.
pub(super) fn stop(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Outcome, Fault> {
    let (flow, name) = (call.parameters.required("FlowName")?, call.parameters.required("ExecutionName")?);
    let error = call.parameters.text("Error", limits::ERROR_CHARACTERS)?.map(str::to_owned);
    let cause = call.parameters.text("Cause", limits::CAUSE_CHARACTERS)?.map(str::to_owned);
    let id = find(store, flow, name)?;
    match store.tell(id, call.now, Message::Stopped(error, cause), None) {
        Some(Receipt::Later) => Ok(Outcome::Message { execution: id, then: Then::Stopped }),
        Some(Receipt::Now(report)) => stopped(store.execution(id), report, faults).map(Outcome::Body),
        None => Err(Fault::no_execution(flow, name)),
    }
}

/// The answer to a stop, by its result.
pub(super) fn stopped(
    execution: Option<&Execution>,
    report: Report,
    faults: &Faults,
) -> Result<Map<String, Value>, Fault> {
    match execution {
        None => Err(Fault::no_execution("", "")),
        Some(execution) if report == Report::Completed => {
            Err(Fault::execution_completed(&execution.flow, &execution.name))
        }
        Some(execution) => Ok(start_body(execution, faults)),
    }
}

/// ListExecutions, the newest first. The order is not documented.
pub(super) fn list(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Map<String, Value>, Fault> {
    let parameters = call.parameters;
    let name = parameters.required("FlowName")?;
    let limit = parameters.number("Limit", 1, 100)?.unwrap_or(60);
    let status = parameters.get("Status");
    let statuses = Status::ALL.map(Status::as_str);
    if let Some(status) = status.filter(|status| !statuses.contains(status)) {
        return Err(Fault::invalid(format!("`Status` must be one of {}, not `{status}`", statuses.join(", "))));
    }
    let moment = |name: &str| match parameters.get(name) {
        None => Ok(None),
        Some(text) => {
            time::parse(text).map(Some).ok_or_else(|| Fault::invalid(format!("`{name}` is not an RFC 3339 time")))
        }
    };
    let (begin, end) = (moment("StartedTimeBegin")?, moment("StartedTimeEnd")?);
    let prefix = parameters.get("ExecutionNamePrefix").unwrap_or_default();
    let short = match parameters.get("MetadataOnly") {
        None => false,
        Some(text) if text.eq_ignore_ascii_case("false") => false,
        Some(text) if text.eq_ignore_ascii_case("true") => true,
        Some(text) => return Err(Fault::invalid(format!("`MetadataOnly` must be `true` or `false`, not `{text}`"))),
    };
    parameters.refuse("Qualifier", NO_VERSIONS)?;
    parameters.refuse("MapRunName", "map runs are not emulated")?;
    let flow = store.flows.get(name).ok_or_else(|| Fault::no_flow(name))?;
    let from = match parameters.get("NextToken") {
        None => ExecutionId::MAX,
        Some(token) => {
            store.find(name, token).ok_or_else(|| Fault::invalid(format!("the token `{token}` is unknown")))?
        }
    };
    let mut executions =
        flow.executions.range(..=from).rev().filter_map(|id| store.execution(*id)).filter(|execution| {
            execution.name.starts_with(prefix)
                && status.is_none_or(|status| execution.machine.status().as_str() == status)
                && begin.is_none_or(|begin| execution.started >= begin)
                && end.is_none_or(|end| execution.started <= end)
        });
    let mut page = Page::new(limit);
    while !page.is_full() {
        let Some(execution) = executions.next() else { break };
        let mut body = describe_body(execution, faults);
        if short {
            for bulky in ["FlowDefinition", "Input", "Output", "Environment"] {
                body.shift_remove(bulky);
            }
        }
        page.push(Value::Object(body));
    }
    let mut body = Map::new();
    if let Some(next) = executions.next() {
        body.insert("NextToken".to_owned(), Value::from(next.name.as_str()));
    }
    body.insert("Executions".to_owned(), Value::Array(page.items));
    Ok(body)
}

/// Looks up an execution. The flow is checked first, as in every operation.
pub(super) fn find(store: &Store, flow: &str, name: &str) -> Result<ExecutionId, Fault> {
    if !store.flows.contains_key(flow) {
        return Err(Fault::no_flow(flow));
    }
    store.find(flow, name).ok_or_else(|| Fault::no_execution(flow, name))
}

/// The answer of DescribeExecution without the request id.
pub(super) fn describe_body(execution: &Execution, faults: &Faults) -> Map<String, Value> {
    let mut body = basic(execution, faults);
    let variables: Vec<Value> =
        execution.environment.iter().map(|v| json!({ "Name": v.name, "Value": v.value })).collect();
    body.insert("Environment".to_owned(), json!({ "Variables": variables }));
    body
}

fn start_body(execution: &Execution, faults: &Faults) -> Map<String, Value> {
    let mut body = basic(execution, faults);
    if faults.start_without_status {
        body.insert("Status".to_owned(), Value::from(""));
    }
    body
}

fn basic(execution: &Execution, faults: &Faults) -> Map<String, Value> {
    let machine = &execution.machine;
    let status = match &faults.status {
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
        .filter(|(_, value)| !(faults.missing_fields && value.is_empty()))
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}
