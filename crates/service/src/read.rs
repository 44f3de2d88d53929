//! `parseExecution`, `validateExecution`: what came back, as plain data.

use crate::wire::execution;
use cloudflow_base::diagnostic::{self, Code};
use cloudflow_base::shape::{Diagnostic, Places};
use cloudflow_base::value::{Kind, Value};

/// Reads the body of an answer, its fields only: what `parseExecution` gives.
pub fn parse<V: Value>(body: &V) -> (Option<execution::Execution<V>>, Vec<Diagnostic>) {
    let reading = execution::read(body);
    (reading.execution, Places::new("").diagnostics(reading.diagnostics))
}

/// Checks the body of an answer down to the JSON and the YAML inside it. The ranges of findings
/// below `FlowDefinition` count in that text; they are what `definition` finds in it.
pub fn validate<V: Value>(body: &V, definition: impl FnOnce(&str) -> Vec<Diagnostic>) -> Vec<Diagnostic> {
    let reading = execution::read(body);
    let mut found = reading.diagnostics;
    let Some(execution) = reading.execution else { return Places::new("").diagnostics(found) };
    found.extend(execution::embedded_json(&execution));
    let mut found = Places::new("").diagnostics(found);
    if let Some(text) = execution.flow_definition.as_ref().and_then(Value::text) {
        found.extend(definition(&text));
    }
    found
}

/// The finding for a body that is longer than any answer of the service.
pub fn too_large() -> Vec<Diagnostic> {
    let message = "the body is larger than 8 MiB, which no answer of the service is".to_owned();
    Places::new("").diagnostics(vec![diagnostic::Diagnostic::new(Code::TooLarge, None, message)])
}

/// True where one of the texts of a body that are copied is longer than this.
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

/// The finding for a body that is no JSON at all.
pub fn not_json(body: &str) -> Vec<Diagnostic> {
    let message = match body.trim_ascii_start().as_bytes() {
        [] => "the body is empty; an execution is a JSON object",
        [b'<', ..] => "the body is markup (XML or HTML), not JSON: something in between may have answered",
        _ => "the body is not JSON",
    };
    Places::new(body).diagnostics(vec![diagnostic::Diagnostic::new(Code::NotJson, None, message)])
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
