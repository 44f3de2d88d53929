//! Messages to executions. The start of an execution, its messages and their times determine its outcome. Messages are
//! recorded, and the record can be replayed to a new machine.

use serde_json::{Value, json};

use crate::simulate::{Failure, Machine, Millis, Report, TaskId, TaskResult};

/// A message that was recorded: the record, the time, the message.
pub(crate) type Recorded = (Box<str>, Millis, Message);

/// A message to an execution.
#[derive(Debug)]
pub(crate) enum Message {
    /// The result of a task.
    Finished(TaskId, TaskResult),
    /// The execution that a task started is running. The value is the answer to the start.
    Submitted(TaskId, Value),
    /// The result of the task with a token.
    Reported(String, TaskResult),
    /// A stop, with error and cause.
    Stopped(Option<String>, Option<String>),
    /// The flow was deleted.
    Drained,
}

impl Message {
    /// Passes the message to a machine.
    pub fn deliver(self, machine: &mut Machine, now: Millis) -> Report {
        match self {
            Message::Finished(task, result) => machine.finish_task(now, task, result),
            Message::Submitted(task, answer) => machine.submit_task(now, task, answer),
            Message::Reported(token, result) => return machine.report(now, &token, result),
            Message::Stopped(error, cause) => machine.stop(now, error, cause),
            Message::Drained => machine.drain(now),
        }
        Report::Taken(0)
    }

    /// The record: one line of JSON.
    pub fn record(&self, now: Millis) -> Box<str> {
        let record = match self {
            Message::Finished(task, Ok(value)) => json!([now, "finished", task.0, value]),
            Message::Finished(task, Err(why)) => json!([now, "failed", task.0, why.error, why.cause]),
            Message::Submitted(task, answer) => json!([now, "submitted", task.0, answer]),
            Message::Reported(token, Ok(value)) => json!([now, "reported", token, value]),
            Message::Reported(token, Err(why)) => json!([now, "reported-failed", token, why.error, why.cause]),
            Message::Stopped(error, cause) => json!([now, "stopped", error, cause]),
            Message::Drained => json!([now, "drained"]),
        };
        record.to_string().into()
    }

    /// Reads a record of [`Message::record`]. Absent if the text is not such a record.
    pub fn read(record: &str) -> Option<(Millis, Message)> {
        let Value::Array(parts) = serde_json::from_str(record).ok()? else { return None };
        let mut parts = parts.into_iter();
        let at = parts.next()?.as_u64()?;
        let kind = parts.next()?;
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let message = match kind.as_str()? {
            "finished" => Message::Finished(TaskId(parts.next()?.as_u64()?), Ok(parts.next()?)),
            "failed" => {
                let task = TaskId(parts.next()?.as_u64()?);
                Message::Finished(task, Err(Failure { error: text(parts.next())?, cause: text(parts.next())? }))
            }
            "submitted" => Message::Submitted(TaskId(parts.next()?.as_u64()?), parts.next()?),
            "reported" => Message::Reported(text(parts.next())?, Ok(parts.next()?)),
            "reported-failed" => {
                let token = text(parts.next())?;
                Message::Reported(token, Err(Failure { error: text(parts.next())?, cause: text(parts.next())? }))
            }
            "stopped" => Message::Stopped(text(parts.next()), text(parts.next())),
            "drained" => Message::Drained,
            _ => return None,
        };
        Some((at, message))
    }
}
