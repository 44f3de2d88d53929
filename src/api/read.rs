//! `parseExecution`: what came back, as plain data.

use serde::Serialize;

use crate::wire::execution;
use crate::wire::value::Value;

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
