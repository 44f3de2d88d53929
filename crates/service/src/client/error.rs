//! The data of a `CloudFlowError`.

use crate::poll::Outcome;
use crate::sign;
use crate::wire::fault::{self, Advice, Fault, Retry};
use crate::wire::request::Endpoint;
use cloudflow_base::diagnostic::{Diagnostic, ErrorCode, ErrorKind, PathSegment};
use cloudflow_base::plain::{Object, Plain};
use cloudflow_base::shape;
use cloudflow_base::small::{contains, to_decimal};

/// A smaller difference between the clocks is not mentioned in messages.
const NOTABLE_OFFSET_MS: u64 = 60_000;

/// The data of a `CloudFlowError`. Its texts contain no secret.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudFlowError {
    /// The kind. Callers distinguish errors by it.
    pub kind: ErrorKind,
    /// The code of the service, or an [`ErrorCode`].
    pub code: String,
    /// What is wrong, where, and what would be correct.
    pub message: String,
    /// The HTTP status of the response.
    pub status: Option<u16>,
    /// The id that the service gave the request.
    pub request_id: Option<String>,
    /// Whether the same call can succeed later.
    pub retryable: bool,
    /// Number of consecutive failed attempts.
    pub attempts: u32,
    /// What is wrong with the arguments or with the response, in detail.
    pub diagnostics: Vec<Diagnostic>,
    /// The refusal of the service, if it was JSON. The gateway passes it on.
    pub refusal: Option<Box<Refusal>>,
}

/// What the service itself said in a refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The message, without the key id.
    pub message: String,
    /// The pause that the service asks for, in milliseconds.
    pub retry_after: Option<u64>,
}

impl CloudFlowError {
    /// An error of the usual kind of its code.
    pub fn new(code: ErrorCode, message: String) -> Self {
        CloudFlowError::with(code.kind(), code.as_str().to_owned(), message)
    }

    fn with(kind: ErrorKind, code: String, message: String) -> Self {
        CloudFlowError {
            kind,
            code,
            message,
            status: None,
            request_id: None,
            retryable: false,
            attempts: 0,
            diagnostics: Vec::new(),
            refusal: None,
        }
    }

    /// Arguments that are not valid. The code is that of the first finding; the registry has all codes that occur here.
    pub fn of_arguments(diagnostics: Vec<Diagnostic>) -> Self {
        let code = diagnostics.first().map_or(ErrorCode::Internal.as_str(), |first| first.code.as_str());
        let error = CloudFlowError::with(ErrorKind::Request, code.to_owned(), summary(&diagnostics));
        CloudFlowError { diagnostics, ..error }
    }

    /// A response with a fault. `retry_after` is the pause that it asks for, in milliseconds.
    pub fn of_fault(fault: &Fault, attempts: u32, retry_after: Option<u64>) -> Self {
        CloudFlowError {
            status: (fault.status > 0).then_some(fault.status),
            request_id: fault.request_id.clone(),
            // An execution that does not exist will not exist later.
            retryable: !matches!(fault.retry, Retry::Never | Retry::NotYetVisible),
            attempts,
            refusal: fault.said.clone().map(|message| Box::new(Refusal { message, retry_after })),
            ..CloudFlowError::with(fault.kind, fault.code.clone(), fault.message.clone())
        }
    }

    /// A response that should be an execution, or a page of a list if `is_page`, but is not.
    pub(super) fn of_response(status: u16, diagnostics: Vec<Diagnostic>, attempts: u32, is_page: bool) -> Self {
        let (code, what) = match is_page {
            true => (ErrorCode::NotAPage, "a page of a list: "),
            false => (ErrorCode::NotAnExecution, "an execution: "),
        };
        let message = ["the response is not ", what, &summary(&diagnostics)].concat();
        let error = CloudFlowError::new(code, message);
        CloudFlowError { status: Some(status), attempts, diagnostics, ..error }
    }

    /// No response. `reason` is the host's message, or what failed before the time was over.
    pub(super) fn of_no_response(
        outcome: Outcome,
        endpoint: &Endpoint,
        reason: &str,
        is_page: bool,
        attempts: u32,
    ) -> Self {
        let at = ["`", endpoint.base(), "`"].concat();
        let (code, mut message) = match outcome {
            Outcome::NetworkError => (ErrorCode::Network, ["no response from ", &at].concat()),
            Outcome::AttemptTimedOut => (ErrorCode::Timeout, [&at, " did not respond in time"].concat()),
            Outcome::DeadlinePassed => (ErrorCode::Timeout, "the time given by `timeoutMs` is over".to_owned()),
            _ => (ErrorCode::Internal, "the call ended in an impossible state".to_owned()),
        };
        if !reason.is_empty() && outcome != Outcome::AttemptTimedOut {
            message.push_str(if outcome == Outcome::DeadlinePassed { "; before that: " } else { ": " });
            message.push_str(reason);
        }
        if is_page && outcome == Outcome::NetworkError {
            message.push_str(
                "; a browser gives no details if the endpoint does not allow this origin (CORS): use a gateway",
            );
        }
        CloudFlowError { retryable: code != ErrorCode::Internal, attempts, ..CloudFlowError::new(code, message) }
    }

    /// Removes secrets from every text. Every error of a call with credentials goes through here.
    #[must_use]
    pub fn redacted(mut self, secrets: &[&str]) -> Self {
        let clean = |text: &mut String| *text = sign::without(text, secrets);
        clean(&mut self.message);
        // A known code is no secret, whatever the secret is.
        if fault::of_code(&self.code).is_none() {
            clean(&mut self.code);
        }
        self.request_id.as_mut().map(clean);
        if let Some(refusal) = &mut self.refusal {
            clean(&mut refusal.message);
        }
        for found in &mut self.diagnostics {
            clean(&mut found.message);
            for segment in &mut found.path {
                if let PathSegment::Key(key) = segment {
                    clean(key);
                }
            }
        }
        self
    }

    /// Completes the message with the endpoint, the difference of the clocks or the name of the resource, if the advice
    /// is about that. `offset` is how far the service's clock is ahead, in milliseconds.
    pub(super) fn with_details(mut self, fault: &Fault, endpoint: &Endpoint, flow: &str, offset: i64) -> Self {
        match fault.advice {
            Advice::Flow | Advice::Execution | Advice::Endpoint | Advice::Key => {
                for part in ["; the endpoint is `", endpoint.base(), "`"] {
                    self.message.push_str(part);
                }
            }
            // The service itself names the resource in some of its messages.
            Advice::Permission if !contains(&self.message, "acs:fnf:") => {
                let region = endpoint.region().unwrap_or("*");
                let account = fault.account.as_deref().unwrap_or("*");
                for part in ["; the resource is `acs:fnf:", region, ":", account, ":flow/", flow, "`"] {
                    self.message.push_str(part);
                }
            }
            Advice::Clock if offset.unsigned_abs() >= NOTABLE_OFFSET_MS => {
                let minutes = to_decimal(offset.unsigned_abs() / 60_000);
                let way = if offset > 0 { " minutes behind the service's" } else { " minutes ahead of the service's" };
                for part in ["; it is ", &minutes, way] {
                    self.message.push_str(part);
                }
            }
            _ => {}
        }
        self
    }
}

/// The error in the JavaScript interface. What is absent has no key.
impl From<CloudFlowError> for Plain {
    fn from(error: CloudFlowError) -> Self {
        let mut out = Object::new();
        out.text("kind", error.kind.as_str());
        out.put("code", Plain::Text(error.code));
        out.put("message", Plain::Text(error.message));
        out.number_if("status", error.status.map(i64::from));
        out.text_if("requestId", error.request_id.as_deref());
        out.put("retryable", Plain::Boolean(error.retryable));
        out.number("attempts", error.attempts.into());
        if !error.diagnostics.is_empty() {
            out.put("diagnostics", shape::findings(error.diagnostics));
        }
        if let Some(refusal) = error.refusal {
            out.put("said", Plain::Text(refusal.message));
            out.number_if("retryAfter", refusal.retry_after.and_then(|ms| i64::try_from(ms).ok()));
        }
        out.into()
    }
}

/// The first finding and the number of further ones.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.first().map(|first| first.message.clone()).unwrap_or_default();
    match diagnostics.len() {
        0 | 1 => first,
        all => [&first, " (and ", &to_decimal(all - 1), " more)"].concat(),
    }
}
