//! The interpreter of one execution. It is sans-IO: [`compile`] compiles a flow, and [`Machine::start`] starts it. The
//! driver passes the time and the results of tasks, and takes requests for tasks and events.
//!
//! `docs/emulator.md` describes behaviour that the service does not document. Error names that begin with `Local.` are
//! specific to this package.

mod compile;
mod data;
mod event;
mod expression;
mod function;
mod machine;
mod meter;
mod program;

pub use cloudflow_base::time::{self, Millis};
/// The status of an execution. `Starting` does not occur here: a start takes no time.
pub use cloudflow_service::wire::execution::Status;
pub use compile::{compile, read};
pub(crate) use compile::{read_accepted, refusal};
pub use data::Data;
pub(crate) use data::json;
pub(crate) use event::ObjectWriter;
pub use event::{Detail, Event, EventKind, Kept};
pub(crate) use function::{next as next_random, uuid};
pub use machine::{ChildFlow, Machine, Report, Start, TaskId, TaskMode, TaskRequest};
pub use machine::{Coming, InProgress, Work};
pub use machine::{Inner, Mock, Note, Visit, Visited};
pub use meter::{MOST_OF_A_STATE, MOST_OF_A_TURN};
pub use program::Program;

use serde_json::Value;

/// Maximum size of all global variables together as JSON, in bytes. Not documented: each event of a state that sets a
/// variable contains all variables.
pub const LARGEST_GLOBALS: usize = 1024 * 1024;

/// Maximum size of the events of an execution as JSON, in bytes. Not documented: 5,000 events with the maximum of data
/// would have more than 600 MB.
pub const LARGEST_HISTORY_BYTES: usize = 128 * 1024 * 1024;

/// Maximum memory of the events of an execution, in bytes: equal data count once.
pub const LARGEST_HISTORY_MEMORY: usize = 64 * 1024 * 1024;

/// Why a state or an execution failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The error name, which retry and catch rules match.
    pub error: String,
    /// The reason, for display.
    pub cause: String,
}

/// The result of a task.
pub type TaskResult = Result<Value, Failure>;

impl Failure {
    pub(crate) fn new(error: &str, cause: impl Into<String>) -> Self {
        Failure { error: error.to_owned(), cause: cause.into() }
    }

    /// Whether the error ends the execution: no rule retries or catches it. For a value that is too large, the
    /// documentation states "otherwise the execution fails". A rule that catches all errors must not hide a definition
    /// that cannot run.
    pub(crate) fn ends_execution(&self) -> bool {
        matches!(
            self.error.as_str(),
            "Local.DataLimitExceeded" | "Local.HistoryLimitExceeded" | "Local.InvalidDefinition" | "Local.NotSupported"
        )
    }

    /// The definition uses a feature that is not supported.
    pub(crate) fn not_supported(cause: impl Into<String>) -> Self {
        Failure::new("Local.NotSupported", cause)
    }

    /// The definition is invalid and was run without the checks.
    pub(crate) fn invalid_definition(cause: impl Into<String>) -> Self {
        Failure::new("Local.InvalidDefinition", cause)
    }

    /// An expression has no value, or a value of the wrong type.
    pub(crate) fn expression(cause: impl Into<String>) -> Self {
        Failure::new("Local.ExpressionError", cause)
    }
}
