//! What real services and networks do now and then, on demand: for testing other people's
//! clients. Everything is off by default.

use crate::simulate::Millis;

/// The switches.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// StartExecution answers with the status `""`, as recorded in 2020.
    pub start_without_status: bool,
    /// A long poll is answered after at most this long, whatever it asked for.
    pub early_after: Option<Millis>,
    /// A long poll that runs out is answered this much after its time.
    pub late_by: Millis,
    /// Every answer takes this long.
    pub latency: Millis,
    /// Fields without a value are left out; without the switch they are `""`.
    pub missing_fields: bool,
    /// What a status that is not final reads as.
    pub status: Option<String>,
    /// The headers of the shared gateway, and its answer to OPTIONS. Without the switch a page of
    /// another origin cannot read an answer, as assumed of the real service.
    pub cors: bool,
    /// Requests that fail, tried in order.
    pub failures: Vec<FailRule>,
}

/// Requests of one kind that fail.
#[derive(Clone, Debug)]
pub struct FailRule {
    /// The operation; every operation where there is none.
    pub action: Option<String>,
    /// How many such requests go through first.
    pub skip: u32,
    /// How many fail after that; all where there is none.
    pub times: Option<u32>,
    /// How they fail.
    pub how: How,
}

/// A way to fail.
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
    /// An error in XML, as gateways answer that never saw `Format`. The request has no effect.
    Xml {
        /// The HTTP status.
        status: u16,
        /// `Code`.
        code: String,
        /// `Message`.
        message: String,
    },
    /// A success whose JSON breaks off. The request has no effect.
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
    /// How this request fails, if it is to fail.
    pub(super) fn failure(&mut self, action: &str) -> Option<How> {
        for failure in &mut self.failures {
            if failure.action.as_deref().is_some_and(|wanted| wanted != action) {
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
