//! `parseExecution`, `validateExecution`: what came back, as plain data.

use serde::Serialize;

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

/// An execution as JavaScript sees it. Absent means absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// The service's id of the request.
    pub request_id: String,
    /// The flow's name.
    pub flow_name: String,
    /// The execution's name.
    pub name: String,
    /// The status as sent, known or not.
    pub status: String,
    /// The status is final.
    pub done: bool,
    /// RFC 3339 as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_time: Option<String>,
    /// RFC 3339 as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_time: Option<String>,
    /// JSON text as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// JSON text as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// YAML text as sent.
    pub flow_definition: String,
    /// The environment variables, where the service told them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
}

/// The environment of an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// In the service's order.
    pub variables: Vec<Variable>,
}

/// One environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl<V: Value> From<&execution::Execution<V>> for Execution {
    fn from(read: &execution::Execution<V>) -> Self {
        let text = |value: &V| value.text().unwrap_or_default();
        let optional = |value: &Option<V>| value.as_ref().map(text);
        Execution {
            request_id: optional(&read.request_id).unwrap_or_default(),
            flow_name: text(&read.flow_name),
            name: text(&read.name),
            status: text(&read.status),
            done: read.done,
            started_time: optional(&read.started_time),
            stopped_time: optional(&read.stopped_time),
            input: optional(&read.input),
            output: optional(&read.output),
            flow_definition: optional(&read.flow_definition).unwrap_or_default(),
            environment: read.environment.as_ref().map(|variables| Environment {
                variables: variables
                    .iter()
                    .map(|variable| Variable {
                        name: text(&variable.name),
                        value: optional(&variable.value).unwrap_or_default(),
                    })
                    .collect(),
            }),
        }
    }
}
