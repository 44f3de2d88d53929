//! Reports of tasks by token.

use cloudflow_base::limits;
use serde_json::{Map, Value};

use super::fault::Fault;
use super::store::Store;
use super::turn::Receipt;
use super::{Call, Outcome, Then};
use crate::schedule::Message;
pub use crate::schedule::TaskCall;
use crate::simulate::{Failure, Report, TaskResult};

/// ReportTaskSucceeded.
pub(super) fn succeeded(store: &mut Store, call: &Call<'_>) -> Result<Outcome, Fault> {
    let token = call.parameters.required("TaskToken")?;
    let output = call.parameters.required("Output")?;
    let output = crate::simulate::json(output).map_err(|_| Fault::invalid("`Output` is not JSON"))?;
    report(store, call, token, Ok(output))
}

/// ReportTaskFailed.
pub(super) fn failed(store: &mut Store, call: &Call<'_>) -> Result<Outcome, Fault> {
    let token = call.parameters.required("TaskToken")?;
    call.parameters.required("Error")?;
    let error = call.parameters.text("Error", limits::ERROR_CHARACTERS)?.unwrap_or_default().to_owned();
    let cause = call.parameters.text("Cause", limits::CAUSE_CHARACTERS)?.unwrap_or_default().to_owned();
    report(store, call, token, Err(Failure { error, cause }))
}

fn report(store: &mut Store, call: &Call<'_>, token: &str, result: TaskResult) -> Result<Outcome, Fault> {
    let id = store.schedule.of_token(token).ok_or_else(|| unknown(token))?;
    let message = Message::Reported(token.to_owned(), result);
    match store.post(id, call.now, message, None).ok_or_else(|| unknown(token))? {
        Receipt::Now(report) => reported(token, report).map(Outcome::Body),
        Receipt::Later => Ok(Outcome::Message { execution: id, then: Then::Reported(token.to_owned()) }),
    }
}

/// Converts the result of a report to an answer.
pub(super) fn reported(token: &str, report: Report) -> Result<Map<String, Value>, Fault> {
    match report {
        Report::Taken(event) => Ok(Map::from_iter([("EventId".to_owned(), Value::from(event))])),
        Report::Completed => Err(Fault::task_completed(token)),
        Report::Unknown => Err(unknown(token)),
    }
}

pub(super) fn unknown(token: &str) -> Fault {
    Fault::invalid(format!("the task token `{token}` is unknown in this account"))
}
