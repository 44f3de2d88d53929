//! The events of an execution, page by page.

use cloudflow_base::limits;
use serde_json::{Map, Value, json};

use super::Call;
use super::executions::find;
use super::fault::Fault;
use super::page::Page;
use super::store::Store;
use crate::simulate::{Event, time};

/// GetExecutionHistory. The token of the next page is the id of its first event.
pub(super) fn get(store: &mut Store, call: &Call<'_>) -> Result<Map<String, Value>, Fault> {
    let parameters = call.parameters;
    let (flow, name) = (parameters.required("FlowName")?, parameters.required("ExecutionName")?);
    let limit = parameters.number("Limit", 1, limits::EVENTS_PAGE)?.unwrap_or(limits::PAGE);
    let from = parameters.number("NextToken", 1, u64::MAX)?.unwrap_or(1);
    let id = find(store, flow, name)?;
    let execution = store.execution(id).ok_or_else(|| Fault::no_execution(flow, name))?;
    let events = execution.machine.events();
    // Ids are 1, 2, 3 …
    let place = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX).min(events.len());
    let mut events = events.get(place..).unwrap_or_default().iter();
    let mut page = Page::new(limit);
    while !page.is_full() {
        let Some(event) = events.next() else { break };
        page.push(json!({
            "EventId": event.id,
            "ScheduleEventId": event.scheduled_by,
            "Type": event.kind.as_str(),
            "StepName": event.step.as_deref().unwrap_or_default(),
            "Time": time::format(event.at),
            "EventDetail": detail(event),
        }));
    }
    let mut body = Map::from_iter([("Events".to_owned(), Value::Array(page.items))]);
    if let Some(next) = events.next() {
        body.insert("NextToken".to_owned(), Value::from(next.id.to_string()));
    }
    Ok(body)
}

fn detail(event: &Event) -> String {
    let mut text = String::new();
    event.write_detail(&mut text);
    text
}
