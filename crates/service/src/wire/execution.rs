//! An execution as the service describes it. Reading is lenient: unknown fields and statuses are kept.
//!
//! Sources: <https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-describeexecution>;
//! that a missing value is an empty text: transcripts in <https://github.com/awesome-fnf/post-execution-actions>.

use super::fault;
use cloudflow_base::diagnostic::{Code, Diagnostic, Path, PathSegment, nearest};
use cloudflow_base::fields::Fields;
use cloudflow_base::small;
use cloudflow_base::time;
use cloudflow_base::value::{Kind, Value};

/// Maximum number of diagnostics about environment variables.
const MAX_WRONG: usize = 20;

/// One execution. `V` refers to the texts, which are not copied.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution<V> {
    /// The id of the request. Absent in an incomplete response only.
    pub request_id: Option<V>,
    /// The flow's name.
    pub flow_name: V,
    /// The execution's name.
    pub name: V,
    /// The status as sent. It may be unknown.
    pub status: V,
    /// True if the status is final.
    pub done: bool,
    /// RFC 3339 as sent.
    pub started_time: Option<V>,
    /// RFC 3339 as sent.
    pub stopped_time: Option<V>,
    /// JSON text as sent.
    pub input: Option<V>,
    /// JSON text as sent.
    pub output: Option<V>,
    /// YAML text as sent. Absent in an incomplete response only.
    pub flow_definition: Option<V>,
    /// The environment variables, if the service sent them.
    pub environment: Option<Vec<Variable<V>>>,
}

impl<V: PartialEq> Execution<V> {
    /// True if everything but the request id is equal.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        self.status == other.status
            && self.started_time == other.started_time
            && self.stopped_time == other.stopped_time
            && self.input == other.input
            && self.output == other.output
            && self.flow_definition == other.flow_definition
            && self.environment == other.environment
    }
}

/// One environment variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable<V> {
    /// Its name.
    pub name: V,
    /// Its value. `None` is the empty text.
    pub value: Option<V>,
}

/// The documented statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Accepted, not yet running.
    Starting,
    /// In progress.
    Running,
    /// Ended by StopExecution.
    Stopped,
    /// Reached the end.
    Succeeded,
    /// Ended by an uncaught error.
    Failed,
    /// Exceeded its time limit.
    TimedOut,
}

/// The result of reading a response.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading<V> {
    /// The execution. Absent if the body is no object, is an error, or has no name or status.
    pub execution: Option<Execution<V>>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the body of a response. `""`, `null` and absent are equal. Unknown fields are ignored.
///
/// ```
/// use cloudflow_service::wire::execution;
/// let body = serde_json::json!({
///     "FlowName": "f", "Name": "e", "Status": "Running", "RequestId": "r", "FlowDefinition": "type: flow"
/// });
/// let reading = execution::read(&&body);
/// assert!(!reading.execution.unwrap().done && reading.diagnostics.is_empty());
/// ```
pub fn read<V: Value>(body: &V) -> Reading<V> {
    let mut diagnostics = Vec::new();
    if body.kind() != Kind::Object {
        let message = ["an execution is a JSON object, not ", body.kind().name()].concat();
        diagnostics.push(Diagnostic::new(Code::NotJson, None, message));
        return Reading { execution: None, diagnostics };
    }
    if let Some(code) = fault::code_in(body) {
        let said = fault::message_in(body).unwrap_or_default();
        let message = ["this is not an execution but the error `", &code, "` of the service: ", &said].concat();
        diagnostics.push(Diagnostic::new(Code::ServiceFault, None, small::trim_end(&message, " :.")));
        return Reading { execution: None, diagnostics };
    }
    let mut fields = Fields::new(Some(body.clone()), Path::new(), "an execution", &mut diagnostics);
    let flow_name = required(&mut fields, body, "FlowName");
    let name = required(&mut fields, body, "Name");
    let status = status(&mut fields, body);
    let done = status.as_ref().and_then(Value::text).is_some_and(|text| is_final(&text));
    let request_id = required(&mut fields, body, "RequestId");
    let started_time = moment(&mut fields, "StartedTime");
    let stopped_time = moment(&mut fields, "StoppedTime");
    let input = embedded(&mut fields, "Input");
    let output = embedded(&mut fields, "Output");
    let flow_definition = required(&mut fields, body, "FlowDefinition");
    let environment = environment(&mut fields);
    let execution = match (flow_name, name, status) {
        (Some(flow_name), Some(name), Some(status)) => Some(Execution {
            request_id,
            flow_name,
            name,
            status,
            done,
            started_time,
            stopped_time,
            input,
            output,
            flow_definition,
            environment,
        }),
        _ => None,
    };
    Reading { execution, diagnostics }
}

/// Reports what is wrong with the JSON texts in an execution. Separate from [`read`], because it reads every byte of texts that
/// may be large.
pub(crate) fn embedded_json<V: Value>(execution: &Execution<V>, found: &mut Vec<Diagnostic>) {
    for (key, value) in [("Input", &execution.input), ("Output", &execution.output)] {
        if value.as_ref().is_some_and(|value| !value.holds_json()) {
            let message = ["the text in `", key, "` is not JSON"].concat();
            found.push(Diagnostic::new(Code::EmbeddedJson, None, message).at(vec![PathSegment::from(key)]));
        }
    }
}

/// True for a final status. An unknown status is not final.
pub fn is_final(status: &str) -> bool {
    Status::from_name(status).is_some_and(Status::is_final)
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 6] =
        [Status::Starting, Status::Running, Status::Stopped, Status::Succeeded, Status::Failed, Status::TimedOut];

    /// The service's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Starting => "Starting",
            Status::Running => "Running",
            Status::Stopped => "Stopped",
            Status::Succeeded => "Succeeded",
            Status::Failed => "Failed",
            Status::TimedOut => "TimedOut",
        }
    }

    /// The status with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Status::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// True if the execution does not change any more.
    pub fn is_final(self) -> bool {
        match self {
            Status::Starting | Status::Running => false,
            Status::Stopped | Status::Succeeded | Status::Failed | Status::TimedOut => true,
        }
    }
}

/// The text, if it is present and not empty.
fn optional<V: Value>(fields: &mut Fields<'_, V>, key: &str) -> Option<V> {
    fields.of_kind(key, Kind::Text).filter(|value| !value.is_empty_text())
}

fn required<V: Value>(fields: &mut Fields<'_, V>, body: &V, key: &str) -> Option<V> {
    // Each access to a member is a call of the host: only one is made.
    let Some(value) = fields.get(key).filter(|value| !value.is_empty_text()) else {
        missing(fields, body, key);
        return None;
    };
    fields.checked(key, value, Kind::Text)
}

fn missing<V: Value>(fields: &mut Fields<'_, V>, body: &V, key: &str) {
    let keys = body.keys();
    let near = nearest(key, keys.iter().map(String::as_str).filter(|near| *near != key));
    let hint = near.map(|near| [": the nearest is `", near, "`"].concat()).unwrap_or_default();
    fields.report(Code::MissingField, key, ["the response has no `", key, "`", &hint].concat());
}

/// The empty text is a status: StartExecution was observed to return it.
fn status<V: Value>(fields: &mut Fields<'_, V>, body: &V) -> Option<V> {
    let key = "Status";
    let Some(value) = fields.get(key) else {
        missing(fields, body, key);
        return None;
    };
    let status = fields.checked(key, value, Kind::Text)?;
    let name = status.text()?;
    if Status::from_name(&name).is_none() {
        let message = match nearest(&name, Status::ALL.iter().map(|status| status.as_str())) {
            Some(near) => ["the status `", &name, "` is unknown; the nearest is `", near, "`"].concat(),
            None if name.is_empty() => "the status is empty: the execution is treated as not ended".to_owned(),
            None => ["the status `", &name, "` is unknown: the execution is treated as not ended"].concat(),
        };
        fields.report(Code::UnknownStatus, key, message);
    }
    Some(status)
}

/// A time. The time zero of the service, `1970-01-01T00:00:00Z` or earlier, means that there is none: it was recorded as
/// the end of an execution that has not ended.
fn moment<V: Value>(fields: &mut Fields<'_, V>, key: &str) -> Option<V> {
    let value = optional(fields, key)?;
    let text = value.text()?;
    let time = time::parse(&text);
    if time == Some(0) {
        return None;
    }
    if time.is_none() {
        let shown = small::head(&text, 40);
        let message = ["`", key, "` must be an RFC 3339 time like `2019-01-01T01:01:01.001Z`, not `", shown, "`"];
        fields.report(Code::BadTime, key, message.concat());
    }
    Some(value)
}

fn embedded<V: Value>(fields: &mut Fields<'_, V>, key: &str) -> Option<V> {
    let value = fields.get(key)?;
    if !value.is(Kind::Text) {
        let message = ["`", key, "` must be a text with JSON, not ", value.kind().name()].concat();
        fields.report(Code::WrongType, key, message);
        return None;
    }
    let value = Some(value).filter(|value| !value.is_empty_text())?;
    Some(value)
}

fn environment<V: Value>(fields: &mut Fields<'_, V>) -> Option<Vec<Variable<V>>> {
    let key = "Environment";
    if fields.get(key)?.is_empty_text() {
        return None;
    }
    let value = fields.of_kind(key, Kind::Object)?;
    let path = fields.path_of(key);
    let mut inner = Fields::new(Some(value), path, "`Environment`", fields.diagnostics());
    let mut variables = Vec::new();
    let Some(list) = inner.get("Variables").filter(|list| !list.is_empty_text()) else {
        return Some(variables);
    };
    if !list.is(Kind::List) {
        inner.of_kind("Variables", Kind::List);
        return None;
    }
    let before = inner.diagnostics().len();
    for index in 0..list.len() {
        // A list may have millions of wrong elements, and a sparse list has none.
        if inner.diagnostics().len() - before >= MAX_WRONG {
            break;
        }
        let mut path = inner.path_of("Variables");
        path.push(PathSegment::from(index));
        let mut entry = Fields::new(list.item(index), path, "an environment variable", inner.diagnostics());
        if !entry.is_object() {
            continue;
        }
        let value = optional(&mut entry, "Value");
        if entry.get("Name").is_none_or(|name| name.is_empty_text()) {
            entry.report(Code::MissingField, "Name", "the variable has no `Name`".to_owned());
        } else if let Some(name) = optional(&mut entry, "Name") {
            variables.push(Variable { name, value });
        }
    }
    Some(variables)
}
