//! The states in progress, for tests: the replay of the events must agree with them.

use cloudflow_base::diagnostic::Path;

use super::{FrameId, Machine, Phase};
use crate::simulate::{Data, Failure};

/// The current state of a series of states.
#[derive(Debug)]
pub struct InProgress<'m> {
    /// The series.
    pub frame: u64,
    /// The series of the state that contains this one, and the index of the branch, item or option.
    pub parent: Option<(u64, usize)>,
    /// The path of the state in the definition. Absent in an empty series.
    pub path: Option<&'m Path>,
    /// The event that entered the state. 0 if it is not entered yet.
    pub entered: u64,
    /// The last event of the series.
    pub last_event: u64,
    /// The number of retries.
    pub retries: u32,
    /// The last error of the state.
    pub error: Option<&'m Failure>,
    /// What the state does.
    pub work: Work,
}

/// What a state in progress does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It is not entered yet.
    Nothing,
    /// It is in the pause before a retry, or at its end.
    Pause,
    /// It waits for a time.
    Sleep,
    /// It waits for the result of a task.
    Task,
    /// It waits for the series that it contains.
    Children,
}

/// An attempt that begins with the next step of its series.
#[derive(Debug)]
pub struct Coming<'m> {
    /// The series.
    pub frame: u64,
    /// The index of the state in the program.
    pub state: usize,
    /// The input of the series.
    pub input: &'m Data,
    /// The data of the series.
    pub data: &'m Data,
    /// Whether outputs must be objects.
    pub objects: bool,
    /// The number of retries, and those of each rule.
    pub retries: (u32, &'m [u32]),
    /// The error before.
    pub error: Option<&'m Failure>,
}

impl Machine {
    /// The attempts that begin with the next step of their series.
    pub fn coming(&self) -> impl Iterator<Item = Coming<'_>> {
        let frames = self
            .frames
            .iter()
            .filter(|(_, frame)| matches!(frame.current.phase, Phase::Enter | Phase::Begin) && frame.at != usize::MAX);
        frames.map(|(id, frame)| Coming {
            frame: *id,
            state: frame.at,
            input: &frame.input,
            data: &frame.data,
            objects: frame.objects,
            retries: (frame.current.attempt, &frame.current.tries),
            error: frame.current.error.as_deref(),
        })
    }

    /// The states in progress.
    pub fn in_progress(&self) -> impl Iterator<Item = InProgress<'_>> {
        self.frames.iter().map(|(id, frame): (&FrameId, _)| InProgress {
            frame: *id,
            parent: frame.parent,
            path: self.program.path(frame.at),
            entered: frame.current.entered,
            last_event: frame.last_event,
            retries: frame.current.attempt,
            error: frame.current.error.as_deref(),
            work: match frame.current.phase {
                Phase::Enter => Work::Nothing,
                Phase::Begin | Phase::Pause(_) => Work::Pause,
                Phase::Sleep(_) => Work::Sleep,
                Phase::Task(_) => Work::Task,
                Phase::Children(_) => Work::Children,
            },
        })
    }
}
