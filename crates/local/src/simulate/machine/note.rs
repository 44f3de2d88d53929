//! What a state does, step by step: more than its events tell.

use std::rc::Rc;

use serde_json::Value;

use super::super::data::Data;
use super::super::{Failure, Millis};
use super::{FrameId, Machine};

/// A step of an attempt of a state.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The attempt begins with this input.
    Begin(Data),
    /// The input after `InputConstructor` or `inputMappings`.
    Input(Data),
    /// The results of the conditions of a choice, up to the first one that is true. The error is the reason why a
    /// condition has no truth value.
    Conditions(Vec<Result<bool, Failure>>),
    /// The items of a map, and the maximum number of concurrent iterations.
    Items(Value, usize),
    /// The duration of a wait.
    Wait(Millis),
    /// `Parameters` or `serviceParams` of a task.
    Parameters(Data),
    /// The result of the work.
    Result(Data),
    /// The output after `OutputConstructor` or `outputMappings`, or that of a catch rule.
    Output(Data),
    /// The global variables after `GlobalConstructor`.
    Global(Value),
    /// The error of the attempt.
    Error(Rc<Failure>),
    /// The retry rule that applies.
    Retry {
        /// Its index.
        rule: usize,
        /// The number of this retry by the rule, from 1.
        retry: u32,
        /// The maximum number of its retries.
        most: u32,
        /// The pause.
        delay: Millis,
    },
    /// The catch rule that applies.
    Catch(usize),
    /// The state is left to the next one, with the data of the series.
    Left(Option<usize>, Data),
    /// The series fails with this error.
    Failed(Failure),
}

impl Machine {
    /// Keeps notes from now on.
    pub fn keep_notes(&mut self) {
        self.notes = Some(Vec::new());
    }

    /// Takes the notes since the last call, each with its series of states: see [`InProgress::frame`](super::InProgress).
    pub fn take_notes(&mut self) -> Vec<(u64, Note)> {
        self.notes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The global variables, and the state of the generator of random values.
    pub fn shared(&self) -> (&Value, u64) {
        (&self.global, self.random.get())
    }

    /// Whether notes are kept. A note that copies data is made only then.
    pub(super) fn keeps_notes(&self) -> bool {
        self.notes.is_some()
    }

    pub(super) fn note(&mut self, id: FrameId, note: Note) {
        if let Some(notes) = &mut self.notes {
            notes.push((id, note));
        }
    }
}
