//! The history of an execution, in the shapes of GetExecutionHistory.

use std::fmt::Write;
use std::rc::Rc;

use serde_json::{Value, json};

use super::{Failure, Millis};

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// 1, 2, 3 … inside one execution.
    pub id: u64,
    /// The event that led to this one; 0 for the first.
    pub scheduled_by: u64,
    /// What happened.
    pub kind: EventKind,
    /// The name of the state; none where the execution itself is meant.
    pub step: Option<Rc<str>>,
    /// When.
    pub at: Millis,
    /// The state in the program: see [`Program::path`](super::Program::path).
    pub state: Option<usize>,
    pub(super) detail: Detail,
}

/// What an event tells besides. Values are shared with the execution: a history of thousands of
/// events holds each value once.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// `{"input": …}`
    Input(Rc<Value>),
    /// `{"input": …, "local": …}`
    Entered(Rc<Value>, Rc<Value>),
    /// `{"output": …}`
    Output(Rc<Value>),
    /// `{"local": …}`
    Local(Rc<Value>),
    /// `{"error": …, "cause": …}`
    Failure(Rc<Failure>),
    /// `{"index": …}`: the branch or the item.
    Index(usize),
    /// `{"resource": …, "attempt": …, "input": …}`
    Task(Rc<str>, u32, Rc<Value>),
    /// `{}`
    None,
    /// Any of these with large values, as JSON text: a list of numbers takes a tenth of the memory,
    /// and each iteration over it has it all in its input.
    Text(Rc<str>),
}

/// Values of more parts than this are kept as text.
const LARGE: usize = 256;

/// The types of events. The history API lists them; newer flows are said to have others, which
/// no page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the service's and say it")]
pub enum EventKind {
    ExecutionStarted,
    ExecutionStopped,
    ExecutionSucceeded,
    ExecutionFailed,
    ExecutionTimedOut,
    StepEntered,
    StepStarted,
    StepSucceeded,
    StepFailed,
    StepExited,
    BranchEntered,
    BranchExited,
    IterationEntered,
    IterationExited,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSubmitFailed,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
}

impl Event {
    /// The detail as JSON text, behind what `text` holds.
    pub(crate) fn write_detail(&self, text: &mut String) {
        self.detail.write(text);
    }

    /// The detail as the API gives it, before it becomes text.
    pub fn detail(&self) -> Value {
        match &self.detail {
            Detail::Input(input) => json!({ "input": **input }),
            Detail::Entered(input, local) => json!({ "input": **input, "local": **local }),
            Detail::Output(output) => json!({ "output": **output }),
            Detail::Local(local) => json!({ "local": **local }),
            Detail::Failure(failure) => json!({ "error": failure.error, "cause": failure.cause }),
            Detail::Index(index) => json!({ "index": index }),
            Detail::Task(resource, attempt, input) => {
                json!({ "resource": &**resource, "attempt": attempt, "input": **input })
            }
            Detail::None => json!({}),
            Detail::Text(text) => serde_json::from_str(text).unwrap_or_default(),
        }
    }
}

impl Detail {
    /// The form in which a history keeps it.
    pub(super) fn kept(self) -> Self {
        let large = match &self {
            Detail::Input(value) | Detail::Output(value) | Detail::Local(value) | Detail::Task(_, _, value) => {
                is_large(value)
            }
            Detail::Entered(input, local) => is_large(input) || is_large(local),
            Detail::Failure(_) | Detail::Index(_) | Detail::None | Detail::Text(_) => false,
        };
        if !large {
            return self;
        }
        let mut text = String::new();
        self.write(&mut text);
        Detail::Text(text.into())
    }

    fn write(&self, text: &mut String) {
        if let Detail::Text(detail) = self {
            return text.push_str(detail);
        }
        text.push('{');
        let mut first = true;
        self.each(|name, value| {
            let comma = if std::mem::take(&mut first) { "" } else { "," };
            // Writing to a text does not fail.
            let _ = write!(text, "{comma}\"{name}\":{value}");
        });
        text.push('}');
    }

    /// The values, by their names, without a copy.
    fn each(&self, mut say: impl FnMut(&str, &dyn std::fmt::Display)) {
        let text = |text: &str| Value::from(text);
        match self {
            Detail::Input(input) => say("input", input),
            Detail::Entered(input, local) => {
                say("input", input);
                say("local", local);
            }
            Detail::Output(output) => say("output", output),
            Detail::Local(local) => say("local", local),
            Detail::Failure(failure) => {
                say("error", &text(&failure.error));
                say("cause", &text(&failure.cause));
            }
            Detail::Index(index) => say("index", index),
            Detail::Task(resource, attempt, input) => {
                say("resource", &text(resource));
                say("attempt", attempt);
                say("input", input);
            }
            Detail::None | Detail::Text(_) => {}
        }
    }
}

/// Looks at no more parts than it has to.
fn is_large(value: &Value) -> bool {
    let mut left = LARGE;
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        let parts = match value {
            Value::Array(items) => items.len(),
            Value::Object(object) => object.len(),
            _ => continue,
        };
        match left.checked_sub(parts) {
            None => return true,
            Some(fewer) => left = fewer,
        }
        match value {
            Value::Array(items) => todo.extend(items),
            Value::Object(object) => todo.extend(object.values()),
            _ => {}
        }
    }
    false
}

impl EventKind {
    /// The service's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventKind::ExecutionStarted => "ExecutionStarted",
            EventKind::ExecutionStopped => "ExecutionStopped",
            EventKind::ExecutionSucceeded => "ExecutionSucceeded",
            EventKind::ExecutionFailed => "ExecutionFailed",
            EventKind::ExecutionTimedOut => "ExecutionTimedOut",
            EventKind::StepEntered => "StepEntered",
            EventKind::StepStarted => "StepStarted",
            EventKind::StepSucceeded => "StepSucceeded",
            EventKind::StepFailed => "StepFailed",
            EventKind::StepExited => "StepExited",
            EventKind::BranchEntered => "BranchEntered",
            EventKind::BranchExited => "BranchExited",
            EventKind::IterationEntered => "IterationEntered",
            EventKind::IterationExited => "IterationExited",
            EventKind::TaskScheduled => "TaskScheduled",
            EventKind::TaskStarted => "TaskStarted",
            EventKind::TaskSubmitted => "TaskSubmitted",
            EventKind::TaskSubmitFailed => "TaskSubmitFailed",
            EventKind::TaskSucceeded => "TaskSucceeded",
            EventKind::TaskFailed => "TaskFailed",
            EventKind::TaskTimedOut => "TaskTimedOut",
        }
    }
}
