//! Runs a flow on a clock it is given, sans-IO: [`compile`] a flow, [`Machine::start`] it, hand
//! in time and task results, take out task requests and events.
//!
//! What the pages of the service leave open is decided in one place each, and told in
//! `docs/emulator.md`; `Local.*` error names are ours, chosen so that nobody takes them for the
//! service's.

mod compile;
mod data;
mod event;
mod expression;
mod function;
mod machine;
mod meter;
mod program;

pub use cloudflow_base::time::{self, Millis};
pub(crate) use compile::read_accepted;
pub use compile::{compile, read};
pub use data::Data;
pub(crate) use event::ObjectWriter;
pub use event::{Detail, Event, EventKind, Kept};
pub(crate) use function::{next as next_random, uuid};
pub use machine::{ChildFlow, Machine, Report, Start, TaskId, TaskMode, TaskRequest};
pub use meter::{MOST_OF_A_STATE, MOST_OF_A_TURN};
pub use program::Program;

use serde_json::Value;

/// The most that all global variables may take together as JSON, in bytes. No page says it: each
/// state that sets one takes the others along.
pub const LARGEST_GLOBALS: usize = 1024 * 1024;

/// The most that the events of one execution may take as JSON, in bytes. No page says it: 5,000 events
/// with all the data they may have would take more than 600 MB.
pub const LARGEST_HISTORY_BYTES: usize = 128 * 1024 * 1024;

/// The same of the data that are not there more than once: what the events take in memory.
pub const LARGEST_HISTORY_MEMORY: usize = 64 * 1024 * 1024;

/// Why a state or an execution failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The name that retry and catch rules match.
    pub error: String,
    /// For people.
    pub cause: String,
}

/// What a task came to.
pub type TaskResult = Result<Value, Failure>;

/// Where an execution is. `Starting` is never seen here: a start takes no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// In progress.
    Running,
    /// Reached its end.
    Succeeded,
    /// Ended by an error that nothing caught.
    Failed,
    /// Took longer than it may.
    TimedOut,
    /// Ended from outside.
    Stopped,
}

impl Status {
    /// The service's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Running => "Running",
            Status::Succeeded => "Succeeded",
            Status::Failed => "Failed",
            Status::TimedOut => "TimedOut",
            Status::Stopped => "Stopped",
        }
    }

    /// True where nothing can follow.
    pub const fn is_final(self) -> bool {
        !matches!(self, Status::Running)
    }
}

impl Failure {
    pub(crate) fn new(error: &str, cause: impl Into<String>) -> Self {
        Failure { error: error.to_owned(), cause: cause.into() }
    }

    /// The execution is over: nothing retries or catches this. "Otherwise the execution fails", say
    /// the pages of a value that is too large; and a rule that catches everything must not hide
    /// that a definition makes no sense here.
    pub(crate) fn ends_execution(&self) -> bool {
        matches!(
            self.error.as_str(),
            "Local.DataLimitExceeded" | "Local.HistoryLimitExceeded" | "Local.InvalidDefinition" | "Local.NotSupported"
        )
    }

    /// A definition asks for what is not interpreted here.
    pub(crate) fn not_supported(cause: impl Into<String>) -> Self {
        Failure::new("Local.NotSupported", cause)
    }

    /// A definition makes no sense where it is met: it was run unchecked.
    pub(crate) fn invalid_definition(cause: impl Into<String>) -> Self {
        Failure::new("Local.InvalidDefinition", cause)
    }

    /// An expression has no value, or one of the wrong type.
    pub(crate) fn expression(cause: impl Into<String>) -> Self {
        Failure::new("Local.ExpressionError", cause)
    }
}
