//! The events of an execution, page by page.

use serde_json::{Map, Value, json};

use super::Call;
use super::executions::find;
use super::fault::Fault;
use super::store::Store;
use crate::simulate::time;

/// GetExecutionHistory. The token of the next page is the id of its first event.
pub(super) fn get(store: &mut Store, call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let parameters = call.parameters;
    let (flow, name) = (parameters.required("FlowName")?, parameters.required("ExecutionName")?);
    let limit = parameters.number("Limit", 1, 1000)?.unwrap_or(60);
    let from = parameters.number("NextToken", 1, u64::MAX)?.unwrap_or(1);
    let id = find(store, flow, name)?;
    let execution = store.execution(id).ok_or_else(|| Fault::no_execution(flow, name))?;
    let events = execution.machine.events();
    // Ids are 1, 2, 3 …
    let place = |id: u64| usize::try_from(id.saturating_sub(1)).unwrap_or(usize::MAX).min(events.len());
    let page = events.get(place(from)..place(from.saturating_add(limit))).unwrap_or_default().iter().map(|event| {
        json!({
            "EventId": event.id,
            "ScheduleEventId": event.scheduled_by,
            "Type": event.kind.as_str(),
            "StepName": event.step.as_deref().unwrap_or_default(),
            "Time": time::format(event.at),
            "EventDetail": event.detail().to_string(),
        })
    });
    let mut body = Map::from_iter([("Events".to_owned(), Value::Array(page.collect()))]);
    let next = from.saturating_add(limit);
    if events.last().is_some_and(|last| last.id >= next) {
        body.insert("NextToken".to_owned(), Value::from(next.to_string()));
    }
    Ok(body)
}
