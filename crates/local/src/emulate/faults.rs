//! Fault injection, for tests of clients. Every fault is off by default.

use crate::simulate::Millis;

/// The faults.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The `StoppedTime` of an execution that has not ended is the epoch, as recorded in 2023. Otherwise it is `""`.
    pub epoch_stopped_time: bool,
    /// Maximum time of a long poll, also if the request specifies more.
    pub early_after: Option<Millis>,
    /// Delay of the answer to a long poll that times out.
    pub late_by: Millis,
    /// Delay of every answer.
    pub latency: Millis,
    /// Fields without a value are absent. Otherwise they are `""`.
    pub missing_fields: bool,
    /// Replaces each status that is not final.
    pub status: Option<String>,
    /// The CORS headers of the shared gateway, and its answer to OPTIONS. Without them a page of another origin cannot
    /// read an answer. The documentation of the service does not mention CORS.
    pub cors: bool,
    /// Requests that fail. The first rule that matches is used.
    pub failures: Vec<FailRule>,
}

/// Requests of one kind that fail.
#[derive(Clone, Debug)]
pub struct FailRule {
    /// The operation. Absent: every operation.
    pub action: Option<String>,
    /// Number of such requests that succeed first.
    pub skip: u32,
    /// Number of requests that fail after that. Absent: all.
    pub times: Option<u32>,
    /// The kind of failure.
    pub how: How,
}

/// A kind of failure.
#[derive(Clone, Debug)]
pub enum How {
    /// The request takes effect, but the connection is closed without an answer.
    Cut,
    /// An error in the service's JSON. The request has no effect.
    Error {
        /// The HTTP status.
        status: u16,
        /// `Code`.
        code: String,
        /// `Message`.
        message: String,
        /// `x-acs-retry-after`.
        retry_after: Option<Millis>,
    },
    /// An error in XML, like that of gateways that ignore `Format`. The request has no effect.
    Xml {
        /// The HTTP status.
        status: u16,
        /// `Code`.
        code: String,
        /// `Message`.
        message: String,
    },
    /// A success with truncated JSON. The request has no effect.
    Garbage {
        /// The HTTP status.
        status: u16,
    },
    /// An error without a body. The request has no effect.
    Empty {
        /// The HTTP status.
        status: u16,
    },
}

impl Faults {
    /// The failure of this request. Absent if the request succeeds.
    pub(super) fn failure(&mut self, action: &str) -> Option<How> {
        for failure in &mut self.failures {
            if failure.action.as_deref().is_some_and(|requested| requested != action) {
                continue;
            }
            if let Some(skip) = failure.skip.checked_sub(1) {
                failure.skip = skip;
                continue;
            }
            match &mut failure.times {
                None => {}
                Some(0) => continue,
                Some(times) => *times -= 1,
            }
            return Some(failure.how.clone());
        }
        None
    }
}
