//! The result of a simulation as JSON text, in parts.

use super::{PART, Run};
use crate::shape::path_value;
use crate::simulate::{Event, ObjectWriter, time};

impl Run {
    /// Writes the head of the execution and its first events. Returns the index after the last event.
    pub(super) fn write_head(&self, is_child: bool, text: &mut String) -> usize {
        let machine = &self.machine;
        let mut object = ObjectWriter::begin(text);
        if is_child {
            object.text("flowName", &self.flow);
            object.text("executionName", &self.name);
        }
        object.text("status", machine.status().as_str());
        if let Some(output) = machine.output() {
            object.member("output", output);
        }
        if let Some(failure) = machine.failure() {
            object.text("error", &failure.error);
            object.text("cause", &failure.cause);
        }
        let last = self.write_events(0, object.name("events"));
        object.end();
        last
    }

    /// Writes the events from an index on as a list that ends after [`PART`] bytes. Returns the index after the last.
    pub(super) fn write_events(&self, from: usize, text: &mut String) -> usize {
        let begin = text.len();
        let mut last = from;
        text.push('[');
        for event in self.machine.events().get(from..).unwrap_or_default() {
            if text.len() - begin > PART {
                break;
            }
            if last > from {
                text.push(',');
            }
            last += 1;
            self.write_event(event, text);
        }
        text.push(']');
        last
    }

    fn write_event(&self, event: &Event, text: &mut String) {
        let mut object = ObjectWriter::begin(text);
        object.member("eventId", &event.id);
        object.member("scheduleEventId", &event.scheduled_by);
        object.text("type", event.kind.as_str());
        object.text("stepName", event.step.as_deref().unwrap_or_default());
        object.text("time", &time::format(event.at));
        event.write_detail(object.name("detail"));
        if let Some(path) = event.state.and_then(|state| self.program.path(state)) {
            object.member("path", &path_value(path));
        }
        object.end();
    }
}
