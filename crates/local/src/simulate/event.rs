//! The history of an execution, in the shapes of GetExecutionHistory.

use std::fmt::Write;
use std::rc::Rc;

use serde_json::Value;

use super::data::Data;
use super::{Failure, Millis};

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The number of the event in its execution, from 1.
    pub id: u64,
    /// The event that caused this one; 0 for the first event.
    pub scheduled_by: u64,
    /// The type of the event.
    pub kind: EventKind,
    /// The name of the state. Absent for an event of the execution itself.
    pub step: Option<Rc<str>>,
    /// The time of the event.
    pub at: Millis,
    /// The state in the program: see [`Program::path`](super::Program::path).
    pub state: Option<usize>,
    pub(super) detail: Detail,
}

/// The detail of an event. Values are shared with the execution: a history of thousands of events holds each value
/// once.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// `{"input": …}`
    Input(Kept),
    /// `{"input": …, "local": …}`
    Entered(Kept, Kept),
    /// `{"output": …}`
    Output(Kept),
    /// `{"local": …}`
    Local(Kept),
    /// `{"error": …, "cause": …}`
    Failure(Rc<Failure>),
    /// `{"index": …}`: the branch or the item.
    Index(usize),
    /// `{"resource": …, "attempt": …, "input": …}`
    Task(Rc<str>, u32, Kept),
    /// `{}`
    None,
}

/// A value in a history.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// As a value.
    Data(Data),
    /// As JSON text, for a value with many parts. A list of numbers needs a tenth of the memory as text, and each iteration
    /// over the list has the complete list in its input.
    Text(Rc<str>),
}

/// The types of events, as listed by the history API. The further types of newer flows are not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the service")]
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
    /// Appends the detail as JSON to `text`.
    pub(crate) fn write_detail(&self, text: &mut String) {
        self.detail.write(text);
    }

    /// The detail as a value.
    pub fn detail(&self) -> Value {
        let mut text = String::new();
        self.write_detail(&mut text);
        serde_json::from_str(&text).unwrap_or_default()
    }
}

impl Detail {
    /// The form in which a history stores the value.
    pub(super) fn kept(self) -> Self {
        match self {
            Detail::Input(value) => Detail::Input(value.kept()),
            Detail::Entered(input, local) => Detail::Entered(input.kept(), local.kept()),
            Detail::Output(value) => Detail::Output(value.kept()),
            Detail::Local(value) => Detail::Local(value.kept()),
            Detail::Task(resource, attempt, input) => Detail::Task(resource, attempt, input.kept()),
            other => other,
        }
    }

    /// The values that the event shares with the execution.
    pub(super) fn shared(&self) -> [Option<&Data>; 2] {
        fn one(kept: &Kept) -> Option<&Data> {
            match kept {
                Kept::Data(data) => Some(data),
                Kept::Text(_) => None,
            }
        }
        match self {
            Detail::Input(value) | Detail::Output(value) | Detail::Local(value) | Detail::Task(_, _, value) => {
                [one(value), None]
            }
            Detail::Entered(input, local) => [one(input), one(local)],
            Detail::Failure(_) | Detail::Index(_) | Detail::None => [None, None],
        }
    }

    fn write(&self, text: &mut String) {
        let mut object = ObjectWriter::begin(text);
        self.each(|name, value| object.member(name, value));
        object.end();
    }

    /// Passes each value with its name.
    fn each(&self, mut write: impl FnMut(&str, &dyn std::fmt::Display)) {
        let text = |text: &str| Value::from(text);
        match self {
            Detail::Input(input) => write("input", input),
            Detail::Entered(input, local) => {
                write("input", input);
                write("local", local);
            }
            Detail::Output(output) => write("output", output),
            Detail::Local(local) => write("local", local),
            Detail::Failure(failure) => {
                write("error", &text(&failure.error));
                write("cause", &text(&failure.cause));
            }
            Detail::Index(index) => write("index", index),
            Detail::Task(resource, attempt, input) => {
                write("resource", &text(resource));
                write("attempt", attempt);
                write("input", input);
            }
            Detail::None => {}
        }
    }
}

/// Writes a JSON object to a text, member by member, so that large data are not copied.
pub(crate) struct ObjectWriter<'t> {
    text: &'t mut String,
    is_empty: bool,
}

impl<'t> ObjectWriter<'t> {
    /// Begins an object.
    pub fn begin(text: &'t mut String) -> Self {
        text.push('{');
        ObjectWriter { text, is_empty: true }
    }

    /// Appends a member. `value` is displayed as JSON.
    pub fn member(&mut self, name: &str, value: &dyn std::fmt::Display) {
        // Writing to a `String` does not fail.
        let _ = write!(self.name(name), "{value}");
    }

    /// Appends a member with a text.
    pub fn text(&mut self, name: &str, value: &str) {
        self.member(name, &Value::from(value));
    }

    /// Appends the name of a member. The caller appends its value to the text.
    pub fn name(&mut self, name: &str) -> &mut String {
        if !std::mem::take(&mut self.is_empty) {
            self.text.push(',');
        }
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
        self.text
    }

    /// Ends the object.
    pub fn end(self) {
        self.text.push('}');
    }
}

impl Kept {
    fn kept(self) -> Self {
        match self {
            Kept::Data(data) => data.large_text().map_or(Kept::Data(data), Kept::Text),
            text @ Kept::Text(_) => text,
        }
    }
}

impl From<Data> for Kept {
    fn from(data: Data) -> Self {
        Kept::Data(data)
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Kept::Data(data) => std::fmt::Display::fmt(&**data, f),
            Kept::Text(text) => f.write_str(text),
        }
    }
}

impl EventKind {
    /// The name in the service.
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
