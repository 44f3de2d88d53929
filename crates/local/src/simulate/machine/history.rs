//! The history and its limits.

use cloudflow_base::limits::{DATA_BYTES, EVENTS, GLOBAL_BYTES, GLOBAL_NAME_BYTES};
use std::rc::Rc;

use serde_json::Value;

use super::super::data::Data;
use super::super::event::{Detail, Event, EventKind};
use super::super::{Failure, LARGEST_GLOBALS, LARGEST_HISTORY_BYTES, LARGEST_HISTORY_MEMORY};
use super::{FrameId, Machine};

/// Maximum depth of data. Deeper data could not be parsed again as JSON.
const DEEPEST_DATA: usize = 100;

/// The size of an event without its data, in bytes.
const EVENT: usize = 150;

impl Machine {
    /// Records an event, unless the history is full. The last place is reserved for the end.
    pub(super) fn event(&mut self, by: u64, kind: EventKind, state: Option<usize>, detail: Detail) -> u64 {
        let full = self.events.len() + 1 >= EVENTS
            || self.event_bytes > LARGEST_HISTORY_BYTES
            || self.memory > LARGEST_HISTORY_MEMORY;
        if self.status.is_final() || full {
            self.history_is_full = !self.status.is_final();
            return by;
        }
        self.push(by, kind, state, detail)
    }

    pub(super) fn push(&mut self, by: u64, kind: EventKind, state: Option<usize>, detail: Detail) -> u64 {
        let id = self.events.len() as u64 + 1;
        let step = state.and_then(|state| self.program.states.get(state)).map(|state| Rc::clone(&state.name));
        for data in detail.shared().into_iter().flatten() {
            let bytes = self.measured(data);
            self.event_bytes += bytes;
            self.memory += if data.count() { bytes } else { 0 };
        }
        self.event_bytes += EVENT;
        self.memory += EVENT;
        self.events.push(Event { id, scheduled_by: by, kind, step, at: self.now, state, detail: detail.kept() });
        id
    }

    /// The size of the data as JSON. It is measured once; this counts as work.
    fn measured(&self, data: &Data) -> usize {
        let (bytes, new) = data.bytes();
        if new {
            self.meter.spend(4 * bytes as u64);
        }
        bytes
    }

    /// Checks the size and the depth of data.
    pub(super) fn check_size(&self, value: &Data, what: &str) -> Result<(), Failure> {
        check_depth(value, what)?;
        let bytes = self.measured(value);
        if bytes > DATA_BYTES {
            let cause = format!("{what} takes {bytes} bytes, more than {DATA_BYTES}");
            return Err(Failure::new("Local.DataLimitExceeded", cause));
        }
        Ok(())
    }

    /// Records an event of a frame.
    pub(super) fn record(&mut self, frame: FrameId, kind: EventKind, detail: Detail) {
        let Some((last, at)) = self.frames.get(&frame).map(|frame| (frame.last_event, frame.at)) else { return };
        let id = self.event(last, kind, Some(at), detail);
        if let Some(frame) = self.frames.get_mut(&frame) {
            frame.last_event = id;
        }
    }
}

/// Checks the limits of each global variable, and of all together.
pub(super) fn check_globals(global: &Value) -> Result<(), Failure> {
    let limit = |cause: String| Err(Failure::new("Local.DataLimitExceeded", cause));
    let mut all = 0;
    for (name, value) in global.as_object().into_iter().flatten() {
        if name.len() > GLOBAL_NAME_BYTES {
            let bytes = name.len();
            return limit(format!("the name of a global variable takes {bytes} bytes, more than {GLOBAL_NAME_BYTES}"));
        }
        check_depth(value, &format!("the global variable `{name}`"))?;
        let bytes = value.to_string().len();
        if bytes > GLOBAL_BYTES {
            return limit(format!("the global variable `{name}` takes {bytes} bytes, more than {GLOBAL_BYTES}"));
        }
        all += name.len() + bytes;
    }
    if all > LARGEST_GLOBALS {
        return limit(format!("the global variables take {all} bytes together, more than {LARGEST_GLOBALS}"));
    }
    Ok(())
}

fn check_depth(value: &Value, what: &str) -> Result<(), Failure> {
    if depth(value) > DEEPEST_DATA {
        let cause = format!("{what} is nested more than {DEEPEST_DATA} deep");
        return Err(Failure::new("Local.DataLimitExceeded", cause));
    }
    Ok(())
}

// Recursion is bounded: checked data have at most `DEEPEST_DATA` levels, and a value that is built from them adds at
// most the depth of one constructor.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
