//! What an execution is told from outside. With its start that is all it depends on: told the same
//! at the same times, it comes to the same. So these are recorded, and what was recorded can be
//! told to a new machine.

use serde_json::{Value, json};

use crate::simulate::{Failure, Machine, Millis, Report, TaskId, TaskResult};

/// A message that was recorded: the record, when, and what.
pub(super) type Recorded = (Box<str>, Millis, Told);

/// One message.
#[derive(Debug)]
pub(super) enum Told {
    /// The result of a task that was handed out.
    Finished(TaskId, TaskResult),
    /// What a task began goes on: the answer to its start.
    Submitted(TaskId, Value),
    /// The result of a task, by its token.
    Reported(String, TaskResult),
    /// StopExecution, with error and cause.
    Stopped(Option<String>, Option<String>),
    /// DeleteFlow.
    Drained,
}

impl Told {
    /// Tells it.
    pub fn tell(self, machine: &mut Machine, now: Millis) -> Report {
        match self {
            Told::Finished(task, result) => machine.finish_task(now, task, result),
            Told::Submitted(task, answer) => machine.submit_task(now, task, answer),
            Told::Reported(token, result) => return machine.report(now, &token, result),
            Told::Stopped(error, cause) => machine.stop(now, error, cause),
            Told::Drained => machine.drain(now),
        }
        Report::Taken(0)
    }

    /// As one line of JSON: what is kept for long is kept small.
    pub fn record(&self, now: Millis) -> Box<str> {
        let record = match self {
            Told::Finished(task, Ok(value)) => json!([now, "finished", task.0, value]),
            Told::Finished(task, Err(why)) => json!([now, "failed", task.0, why.error, why.cause]),
            Told::Submitted(task, answer) => json!([now, "submitted", task.0, answer]),
            Told::Reported(token, Ok(value)) => json!([now, "reported", token, value]),
            Told::Reported(token, Err(why)) => json!([now, "reported-failed", token, why.error, why.cause]),
            Told::Stopped(error, cause) => json!([now, "stopped", error, cause]),
            Told::Drained => json!([now, "drained"]),
        };
        record.to_string().into()
    }

    /// From [`Told::record`]; nothing from anything else.
    pub fn read(record: &str) -> Option<(Millis, Told)> {
        let Value::Array(parts) = serde_json::from_str(record).ok()? else { return None };
        let mut parts = parts.into_iter();
        let at = parts.next()?.as_u64()?;
        let kind = parts.next()?;
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let told = match kind.as_str()? {
            "finished" => Told::Finished(TaskId(parts.next()?.as_u64()?), Ok(parts.next()?)),
            "failed" => {
                let task = TaskId(parts.next()?.as_u64()?);
                Told::Finished(task, Err(Failure { error: text(parts.next())?, cause: text(parts.next())? }))
            }
            "submitted" => Told::Submitted(TaskId(parts.next()?.as_u64()?), parts.next()?),
            "reported" => Told::Reported(text(parts.next())?, Ok(parts.next()?)),
            "reported-failed" => {
                let token = text(parts.next())?;
                Told::Reported(token, Err(Failure { error: text(parts.next())?, cause: text(parts.next())? }))
            }
            "stopped" => Told::Stopped(text(parts.next()), text(parts.next())),
            "drained" => Told::Drained,
            _ => return None,
        };
        Some((at, told))
    }
}
