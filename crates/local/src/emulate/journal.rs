//! The changes of the account since it was last saved, as text that continues the saved text.
//!
//! A batch has the form of the saved text: a head, lines of JSON, a checksum. The checksum also
//! covers the checksum before it, so a batch continues one text only. The batch is the unit: one
//! that is not complete is not applied.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};

use super::state::{self, checksum, line};
use super::store::{Execution, ExecutionId, Flow};
use crate::schedule::Link;

/// Records changes, if it is enabled.
#[derive(Debug, Default)]
pub(super) struct Journal(Option<Recorder>);

#[derive(Debug)]
struct Recorder {
    definitions: Definitions,
    body: String,
    /// An execution has continued at a time that the host does not know.
    time_passed: bool,
    /// The execution that the next record belongs to.
    open: Option<ExecutionId>,
    /// The checksum of the text that the next batch continues.
    sum: String,
}

impl Journal {
    /// Starts a journal that continues a text with this checksum and these definitions.
    pub fn after(definitions: Definitions, sum: String) -> Self {
        Journal(Some(Recorder { definitions, body: String::new(), time_passed: false, open: None, sum }))
    }

    /// A flow is new or has changed.
    pub fn flow(&mut self, flow: &Flow) {
        let Some(recorder) = &mut self.0 else { return };
        let definition = recorder.definition(&flow.definition);
        recorder.write(&state::flow(flow, definition));
    }

    /// A flow is removed.
    pub fn removed(&mut self, name: &str) {
        self.write(|| json!({ "removed": name }));
    }

    /// An execution begins.
    pub fn began(&mut self, id: ExecutionId, execution: &Execution, link: &Link) {
        let Some(recorder) = &mut self.0 else { return };
        let definition = recorder.definition(&execution.definition);
        recorder.write(&state::execution(id, execution, Some(link), definition));
        recorder.open = Some(id);
    }

    /// An execution received a message.
    pub fn message(&mut self, id: ExecutionId, record: &str) {
        let Some(recorder) = &mut self.0 else { return };
        if recorder.open != Some(id) {
            recorder.write(&json!({ "messages": id }));
            recorder.open = Some(id);
        }
        line(&mut recorder.body, record);
    }

    /// The flow of an execution is removed.
    pub fn orphaned(&mut self, id: ExecutionId) {
        self.write(|| json!({ "orphaned": id }));
    }

    /// An execution is removed.
    pub fn dropped(&mut self, id: ExecutionId) {
        self.write(|| json!({ "dropped": id }));
    }

    /// An execution has continued at a time that the host does not know: the next batch holds the time.
    pub fn time_passed(&mut self) {
        if let Some(recorder) = &mut self.0 {
            recorder.time_passed = true;
        }
    }

    /// The changes since the last call as a batch. Empty if there are none.
    pub fn take(&mut self, head: &Value) -> String {
        let Some(recorder) = &mut self.0 else { return String::new() };
        if recorder.body.is_empty() && !std::mem::take(&mut recorder.time_passed) {
            return String::new();
        }
        recorder.time_passed = false;
        recorder.open = None;
        let mut text = String::with_capacity(recorder.body.len() + 256);
        line(&mut text, &json!({ "batch": head }).to_string());
        text.push_str(&std::mem::take(&mut recorder.body));
        recorder.sum = chained(&recorder.sum, &text);
        line(&mut text, &json!({ "sha256": recorder.sum }).to_string());
        text
    }

    fn write(&mut self, value: impl FnOnce() -> Value) {
        if let Some(recorder) = &mut self.0 {
            recorder.write(&value());
        }
    }
}

impl Recorder {
    fn write(&mut self, value: &Value) {
        line(&mut self.body, &value.to_string());
    }

    fn definition(&mut self, text: &Rc<str>) -> usize {
        let known = self.definitions.texts.len();
        let number = self.definitions.number(text);
        if number == known {
            self.write(&json!({ "definition": &**text }));
        }
        number
    }
}

/// The checksum of a batch that continues a text.
pub(super) fn chained(sum: &str, batch: &str) -> String {
    checksum(&[sum, batch])
}

/// Definitions, each written once, because thousands of executions can share one.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    /// INVARIANT: owns every text whose address is a key of `numbers`.
    pub texts: Vec<Rc<str>>,
    numbers: BTreeMap<*const u8, usize>,
}

impl Definitions {
    pub fn number(&mut self, text: &Rc<str>) -> usize {
        *self.numbers.entry(text.as_ptr()).or_insert_with(|| {
            self.texts.push(Rc::clone(text));
            self.texts.len() - 1
        })
    }
}
