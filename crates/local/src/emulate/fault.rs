//! The errors of the service: codes, statuses and messages, as in the reference of DescribeExecution, StartExecution
//! and StopExecution.

use crate::simulate::Millis;

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// The header `x-acs-retry-after`, in milliseconds.
    pub retry_after: Option<Millis>,
    /// The string to sign of the emulator, for a debug header. The message does not contain it.
    pub string_to_sign: Option<String>,
}

impl Fault {
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Fault { status, code: code.into(), message: short(message.into()), retry_after: None, string_to_sign: None }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Fault::new(400, "InvalidArgument", message)
    }

    pub fn missing_header(name: &str) -> Self {
        Fault::new(400, "MissingRequiredHeader", format!("The HTTP header '{name}' must be specified."))
    }

    pub fn missing_parameter(name: &str) -> Self {
        Fault::new(400, "MissingRequiredParams", format!("The HTTP query '{name}' must be specified."))
    }

    pub fn action(action: &str) -> Self {
        let message = format!("The requested API operation '{action}' is incorrect. Please check.");
        Fault::new(400, "ActionNotSupported", message)
    }

    /// An operation of the service that is not emulated. The code is the one that clients know for "not available
    /// here".
    pub fn not_emulated(action: &str) -> Self {
        let message = format!("The emulator does not implement the API operation '{action}'.");
        Fault::new(400, "ActionNotSupported", message)
    }

    /// StartSyncExecution of a Standard flow.
    pub fn standard_mode() -> Self {
        Fault::new(400, "ActionNotSupported", "Standard execution is not supported")
    }

    /// StartExecution of an Express flow. The message of the service is not known; this one has the form of
    /// [`Fault::standard_mode`].
    pub fn express_mode() -> Self {
        let message = "Express execution is not supported: start the flow with StartSyncExecution";
        Fault::new(400, "ActionNotSupported", message)
    }

    pub fn version(version: &str) -> Self {
        let message = format!("The requested API version '{version}' is not supported yet. Please check.");
        Fault::new(400, "APIVersionNotSupported", message)
    }

    pub fn too_large(limit: usize) -> Self {
        let message = format!("The payload size exceeds maximum allowed size ({limit} bytes).");
        Fault::new(400, "EntityTooLarge", message)
    }

    /// The request exceeds the maximum size.
    pub fn oversized(limit: usize) -> Self {
        Fault { status: 413, ..Fault::too_large(limit) }
    }

    pub fn access_key(id: &str) -> Self {
        Fault::new(403, "InvalidAccessKeyID", format!("The AccessKey ID {id} is invalid."))
    }

    pub fn skewed(sent: &str, now: &str) -> Self {
        let message =
            format!("The difference between the request time {sent} and the current time {now} is too large.");
        Fault::new(403, "RequestTimeTooSkewed", message)
    }

    pub fn signature(string_to_sign: String) -> Self {
        let message = "The request signature we calculated does not match the signature you provided. \
                       Check your access key and signing method.";
        Fault { string_to_sign: Some(string_to_sign), ..Fault::new(403, "SignatureNotMatch", message) }
    }

    pub fn throttled(retry_after: Millis) -> Self {
        let message = "The request is throttled. Please try again later.";
        Fault { retry_after: Some(retry_after), ..Fault::new(429, "ResourceThrottled", message) }
    }

    /// A code that is common to all of Alibaba Cloud.
    pub fn unavailable() -> Self {
        let message = "The request has failed due to a temporary failure of the server.";
        Fault::new(503, "ServiceUnavailable", message)
    }

    /// The text that clients of the service look for. The reference has it without quotes.
    pub fn no_flow(flow: &str) -> Self {
        Fault::new(404, "FlowNotExists", format!("Flow '{flow}' does not exist"))
    }

    pub fn next_token(token: &str) -> Self {
        Fault::invalid(format!("the token `{token}` of the next page is unknown"))
    }

    pub fn flow_exists(flow: &str) -> Self {
        Fault::new(409, "FlowAlreadyExists", format!("Flow {flow} already exists."))
    }

    pub fn no_execution(flow: &str, execution: &str) -> Self {
        Fault::new(404, "ExecutionNotExists", format!("Execution {execution} for flow {flow} does not exist."))
    }

    pub fn execution_exists(flow: &str, execution: &str) -> Self {
        Fault::new(400, "ExecutionAlreadyExists", format!("Execution {execution} for flow {flow} already exists."))
    }

    pub fn execution_completed(flow: &str, execution: &str) -> Self {
        let message = format!("Execution '{execution}' for flow '{flow}' has already completed.");
        Fault::new(400, "ExecutionAlreadyCompleted", message)
    }

    pub fn task_completed(token: &str) -> Self {
        Fault::new(400, "TaskAlreadyCompleted", format!("Task {token} has already completed."))
    }
}

/// Maximum length of a message that quotes the request, in bytes.
const LONGEST_MESSAGE: usize = 4096;

fn short(mut message: String) -> String {
    if message.len() > LONGEST_MESSAGE {
        let end = (0..=LONGEST_MESSAGE).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
        message.truncate(end);
        message.push('…');
    }
    message
}
