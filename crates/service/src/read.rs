//! `parseExecution` and `validateExecution`: reads the body of a response.

use crate::wire::execution::{self, Status};
use cloudflow_base::diagnostic::{Code, Diagnostic};
use cloudflow_base::shape::{self, Places};
use cloudflow_base::small::split_once;
use cloudflow_base::time;
use cloudflow_base::value::{Kind, Value};

/// Reads the fields of a body: the result of `parseExecution`. Its findings have no range in a text.
pub fn parse<V: Value>(body: &V) -> (Option<execution::Execution<V>>, Vec<Diagnostic>) {
    let reading = execution::read(body);
    (reading.execution, reading.diagnostics)
}

/// True if the execution is done, for the status and the two times of a response without findings: one per line, a
/// missing time empty. Otherwise `None`.
///
/// ```
/// use cloudflow_service::read::judge;
/// assert_eq!(judge("Running\n2026-01-01T00:00:00Z\n"), Some(false));
/// assert_eq!(judge("Running\nyesterday\n"), None);
/// assert_eq!(judge("Running\n2026-01-01T00:00:00Z\n1970-01-01T00:00:00Z"), None);
/// ```
pub fn judge(facts: &str) -> Option<bool> {
    let (status, times) = split_once(facts, "\n")?;
    let (started, stopped) = split_once(times, "\n")?;
    // The time zero means that there is no time: the whole reader handles it.
    let is_time = |text: &str| text.is_empty() || time::parse(text).is_some_and(|time| time > 0);
    let status = Status::from_name(status).filter(|_| is_time(started) && is_time(stopped))?;
    Some(status.is_final())
}

/// Checks a body and the JSON and YAML texts in it: the result of `validateExecution`. `definition` checks the text of
/// `FlowDefinition`. The ranges of its findings are positions in that text.
pub fn validate<V: Value>(body: &V, definition: impl FnOnce(&str) -> Vec<shape::Diagnostic>) -> Vec<shape::Diagnostic> {
    let (found, text) = validate_fields(body);
    let mut found = Places::new("").diagnostics(found);
    if let Some(text) = text.as_ref().and_then(Value::text) {
        found.extend(definition(&text));
    }
    found
}

/// [`validate`] without the check of the definition. Returns the text of the definition, if there is one.
pub fn validate_fields<V: Value>(body: &V) -> (Vec<Diagnostic>, Option<V>) {
    let reading = execution::read(body);
    let mut found = reading.diagnostics;
    if let Some(execution) = &reading.execution {
        execution::embedded_json(execution, &mut found);
    }
    (found, reading.execution.and_then(|execution| execution.flow_definition))
}

/// The finding for a body that is larger than any response of the service.
pub fn too_large() -> Vec<Diagnostic> {
    let message = "the body is larger than 8 MiB, more than the service sends".to_owned();
    vec![Diagnostic::new(Code::TooLarge, None, message)]
}

/// True if a text of the body that would be copied is longer than `units`.
pub fn has_large_text<V: Value>(body: &V, units: usize) -> bool {
    let copied = [
        "Code",
        "code",
        "Message",
        "message",
        "Status",
        "StartedTime",
        "StoppedTime",
        "FlowDefinition",
        "Input",
        "Output",
    ];
    copied.iter().any(|key| body.member(key).is_some_and(|value| value.is(Kind::Text) && value.units() > units))
}

/// The finding for a body that is not JSON.
pub fn not_json(body: &str) -> Vec<Diagnostic> {
    let message = match body.trim_ascii_start().as_bytes() {
        [] => "the body is empty; an execution is a JSON object",
        [b'<', ..] => "the body is XML or HTML, not JSON: a proxy may have sent it",
        _ => "the body is not JSON",
    };
    vec![Diagnostic::new(Code::NotJson, None, message)]
}

/// The value of one key of an execution in the JavaScript interface. Texts are references: no text is copied.
#[derive(Clone, Copy, Debug)]
pub enum Shape<'e, V> {
    /// A text of the response.
    Text(&'e V),
    /// The text `""`.
    EmptyText,
    /// A boolean.
    Boolean(bool),
    /// An object with the one key [`VARIABLES`], a list of objects with the keys of [`variable`].
    Environment(&'e [execution::Variable<V>]),
}

/// The key of the list in [`Shape::Environment`].
pub const VARIABLES: &str = "variables";

/// An execution in the JavaScript interface: its keys in order. `None` is an absent key.
pub fn shape<V>(read: &execution::Execution<V>) -> [(&'static str, Option<Shape<'_, V>>); 11] {
    [
        ("requestId", Some(or_empty(&read.request_id))),
        ("flowName", Some(Shape::Text(&read.flow_name))),
        ("name", Some(Shape::Text(&read.name))),
        ("status", Some(Shape::Text(&read.status))),
        ("done", Some(Shape::Boolean(read.done))),
        ("startedTime", read.started_time.as_ref().map(Shape::Text)),
        ("stoppedTime", read.stopped_time.as_ref().map(Shape::Text)),
        ("input", read.input.as_ref().map(Shape::Text)),
        ("output", read.output.as_ref().map(Shape::Text)),
        ("flowDefinition", Some(or_empty(&read.flow_definition))),
        ("environment", read.environment.as_deref().map(Shape::Environment)),
    ]
}

/// An environment variable in the JavaScript interface: its keys in order.
pub fn variable<V>(variable: &execution::Variable<V>) -> [(&'static str, Shape<'_, V>); 2] {
    [("name", Shape::Text(&variable.name)), ("value", or_empty(&variable.value))]
}

fn or_empty<V>(value: &Option<V>) -> Shape<'_, V> {
    value.as_ref().map_or(Shape::EmptyText, Shape::Text)
}
