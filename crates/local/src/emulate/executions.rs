//! The operations on executions: start, describe, stop, list.

use cloudflow_base::limits;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::faults::Faults;
use super::flows::{NO_VERSIONS, check_name};
use super::page::{self, Page};
use super::store::{EXPRESS_LIMIT, Execution, ExecutionId, New, Store};
use super::tasks::unknown;
use super::turn::Receipt;
use super::{Call, Outcome, Then};
use crate::schedule::{Link, Message};
use crate::simulate::{Report, Status, time};

/// The status of the answer to StartExecution. The service answers before the execution has run: the recorded responses
/// have this text. The documented value for the same moment is `Starting`.
const STATUS_OF_START: &str = "";

/// The time `0` of the service.
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// StartExecution. The answer precedes all that the execution does: it contains no status and no output. Returns the
/// running execution of the name if there is one. The name of an execution that has ended is refused.
pub(super) fn start(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Map<String, Value>, Fault> {
    let begin = Begin::read(call)?;
    let flow = store.flows.get(begin.flow).ok_or_else(|| Fault::no_flow(begin.flow))?;
    if flow.express {
        return Err(Fault::express_mode());
    }
    if let Some((name, running)) = begin.name.and_then(|name| Some((name, store.find(begin.flow, name)?))) {
        return match store.execution(running) {
            Some(execution) if !execution.machine.status().is_final() => Ok(basic(execution, faults)),
            _ => Err(Fault::execution_exists(begin.flow, name)),
        };
    }
    let callback = callback(store, call)?;
    let name = |store: &mut Store, name: Option<&str>| name.map_or_else(|| store.random.id(), str::to_owned);
    let execution = begin.run(store, call, callback, name)?.1;
    Ok(Moment::Start.fields(execution, faults))
}

/// StartSyncExecution: answered when the execution has ended. If the client disconnects, the execution continues.
pub(super) fn start_sync(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Outcome, Fault> {
    let begin = Begin::read(call)?;
    let flow = store.flows.get(begin.flow).ok_or_else(|| Fault::no_flow(begin.flow))?;
    if !flow.express {
        return Err(Fault::standard_mode());
    }
    // The name need not be unique: the service appends a UUID. The prefix of an absent name is not documented.
    let (id, execution) = begin.run(store, call, None, |store, name| {
        let name = name.map_or_else(|| store.random.id(), str::to_owned);
        format!("{name}:{}", store.random.id())
    })?;
    if execution.machine.status().is_final() {
        return Ok(Outcome::Body(Shape::Sync.body(execution, faults)));
    }
    // The execution ends at this time at the latest, and its end is processed before the deadline.
    Ok(Outcome::Poll { execution: id, wait: EXPRESS_LIMIT, shape: Shape::Sync })
}

/// The parameters of both operations that start.
struct Begin<'c> {
    flow: &'c str,
    name: Option<&'c str>,
    text: &'c str,
    input: Value,
}

/// The task that gets the outcome of the execution, by its token.
fn callback<'c>(store: &Store, call: &Call<'c>) -> Result<Option<&'c str>, Fault> {
    let Some(token) = call.parameters.get("CallbackFnFTaskToken") else { return Ok(None) };
    let owner = store.schedule.of_token(token).and_then(|id| store.execution(id)).ok_or_else(|| unknown(token))?;
    if owner.machine.awaits(token) { Ok(Some(token)) } else { Err(Fault::task_completed(token)) }
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
        Ok(Begin { flow, name, text, input })
    }

    fn run<'s>(
        self,
        store: &'s mut Store,
        call: &Call<'_>,
        callback: Option<&str>,
        name: impl FnOnce(&mut Store, Option<&str>) -> String,
    ) -> Result<(ExecutionId, &'s Execution), Fault> {
        if store.running() >= limits::RUNNING_EXECUTIONS || store.is_full() {
            return Err(Fault::throttled(1000));
        }
        let link = Link {
            flow: self.flow.to_owned(),
            name: name(store, self.name),
            callback: callback.map(str::to_owned),
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
            add_text(&mut body, "ErrorCode", &error, faults);
            add_text(&mut body, "ErrorMessage", &cause, faults);
        }
        body
    }
}

/// DescribeExecution.
pub(super) fn describe(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Outcome, Fault> {
    let (flow, name) = (call.parameters.required("FlowName")?, call.parameters.required("ExecutionName")?);
    let wait = call.parameters.number("WaitTimeSeconds", 0, limits::LONG_POLL_SECONDS.into())?.unwrap_or(0) * 1000;
    let id = find(store, flow, name)?;
    let execution = store.execution(id).ok_or_else(|| Fault::no_execution(flow, name))?;
    let wait = faults.early_after.map_or(wait, |early| wait.min(early));
    if wait == 0 || execution.machine.status().is_final() {
        return Ok(Outcome::Body(describe_body(execution, faults)));
    }
    Ok(Outcome::Poll { execution: id, wait, shape: Shape::Describe })
}

/// StopExecution.
pub(super) fn stop(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Outcome, Fault> {
    let (flow, name) = (call.parameters.required("FlowName")?, call.parameters.required("ExecutionName")?);
    let error = call.parameters.text("Error", limits::ERROR_CHARACTERS)?.map(str::to_owned);
    let cause = call.parameters.text("Cause", limits::CAUSE_CHARACTERS)?.map(str::to_owned);
    let id = find(store, flow, name)?;
    match store.post(id, call.now, Message::Stopped(error, cause), None) {
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
        Some(execution) => {
            let mut body = basic(execution, faults);
            add_text(&mut body, "RoleArn", &execution.role, faults);
            Ok(body)
        }
    }
}

/// ListExecutions, the newest first. The order is not documented.
pub(super) fn list(store: &mut Store, call: &Call<'_>, faults: &Faults) -> Result<Map<String, Value>, Fault> {
    let parameters = call.parameters;
    let name = parameters.required("FlowName")?;
    let limit = parameters.number("Limit", 1, limits::EXECUTIONS_PAGE)?.unwrap_or(limits::PAGE);
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
            let id = page::read_token(token).and_then(|text| text.parse().ok());
            id.ok_or_else(|| Fault::next_token(token))?
        }
    };
    let mut executions =
        flow.executions.range(..=from).rev().filter_map(|id| Some((*id, store.execution(*id)?))).filter(
            |(_, execution)| {
                execution.name.starts_with(prefix)
                    && status.is_none_or(|status| execution.machine.status().as_str() == status)
                    && begin.is_none_or(|begin| execution.started >= begin)
                    && end.is_none_or(|end| execution.started <= end)
            },
        );
    let mut page = Page::new(limit);
    while !page.is_full() {
        let Some((_, execution)) = executions.next() else { break };
        let mut body = describe_body(execution, faults);
        if short {
            for bulky in ["FlowDefinition", "Input", "Output", "Environment"] {
                body.shift_remove(bulky);
            }
        }
        page.push(Value::Object(body));
    }
    let mut body = Map::from_iter([("Executions".to_owned(), Value::Array(page.items))]);
    if let Some((next, _)) = executions.next() {
        body.insert("NextToken".to_owned(), Value::from(page::token(&next.to_string())));
    }
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
    if !variables.is_empty() {
        body.insert("Environment".to_owned(), json!({ "Variables": variables }));
    }
    body
}

fn basic(execution: &Execution, faults: &Faults) -> Map<String, Value> {
    Moment::Now.fields(execution, faults)
}

/// The moment that an answer describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Before the execution has run.
    Start,
    Now,
}

impl Moment {
    /// The fields of every answer about an execution, in the order of the responses recorded in 2024.
    fn fields(self, execution: &Execution, faults: &Faults) -> Map<String, Value> {
        let machine = &execution.machine;
        let has_ended = self == Moment::Now && machine.status().is_final();
        let status = match (&faults.status, self) {
            (Some(text), _) if !has_ended => text.as_str(),
            (_, Moment::Start) => STATUS_OF_START,
            (_, Moment::Now) => machine.status().as_str(),
        };
        let stopped = match machine.stopped().filter(|_| has_ended) {
            Some(at) => time::format(at),
            None if faults.epoch_stopped_time => EPOCH.to_owned(),
            None => String::new(),
        };
        let output = machine.output().filter(|_| has_ended).map(Value::to_string).unwrap_or_default();
        let mut body = Map::new();
        for (name, value) in [
            ("Name", &*execution.name),
            ("FlowName", &execution.flow),
            ("FlowDefinition", &execution.definition),
            ("Input", &execution.input),
            ("Output", &output),
            ("Status", status),
            ("StartedTime", &time::format(execution.started)),
            ("StoppedTime", &stopped),
        ] {
            add_text(&mut body, name, value, faults);
        }
        body
    }
}

/// Adds a field. A field without a value is `""`, or absent by a fault.
fn add_text(body: &mut Map<String, Value>, name: &str, value: &str, faults: &Faults) {
    if !(faults.missing_fields && value.is_empty()) {
        body.insert(name.to_owned(), Value::from(value));
    }
}
