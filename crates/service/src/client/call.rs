//! One call, without the network: what is sent, what a response means, and the result.
//!
//! The driver carries the requests, the responses and the time: `pkg/ask/call.js` in the npm package, a simulated network
//! in the tests.

use std::rc::Rc;

use super::credentials::{Keys, Source};
use super::error::CloudFlowError;
use super::options::{self, Host, Settings};
use super::state::ClientState;
use crate::poll::{Action, Attempt, Input, Millis, Outcome, Poll};
use crate::sign::{self, Credentials, SignedRequest, Stamp};
use crate::wire::execution::{self, Execution};
use crate::wire::fault::{self, Advice, Body, Fault, Retry};
use crate::wire::page::{self, Operation, PageRequest, Signable};
use crate::wire::request::{self, DescribeExecution};
use cloudflow_base::diagnostic::{Diagnostic, ErrorCode};
use cloudflow_base::small;
use cloudflow_base::time;
use cloudflow_base::value::Value;

/// Maximum size of a response in bytes. The service sends less: an execution has a definition of at most 1 MiB and
/// texts of at most 256 KiB.
pub const MAX_RESPONSE_BYTES: u32 = 8 * 1024 * 1024;

/// One call.
#[derive(Debug)]
pub struct Call<V> {
    settings: Settings<V>,
    request: DescribeExecution,
    /// The request of another operation, which is sent instead.
    page: Option<PageRequest>,
    /// The body of a page.
    body: Option<V>,
    poll: Poll,
    keys: Option<Rc<Keys>>,
    /// The time in the request that was sent last.
    stamped: u64,
    /// The signature of the request that was sent last.
    signature: String,
    /// The pause that the last response asks for.
    retry_after: Option<Millis>,
    last: Last,
    execution: Option<Execution<V>>,
}

/// The last response, if it has no execution.
#[derive(Debug)]
enum Last {
    Nothing,
    Fault(Fault),
    /// A JSON value that is not an execution, or not a page.
    NotAnExecution(u16, Vec<Diagnostic>),
    /// The host's message of a failed connection.
    NoResponse(String),
}

impl<V: Value + PartialEq> Call<V> {
    /// Checks the request and the options of a call. Nothing else checks them.
    pub fn new(request: Option<V>, options: Option<V>, until_done: bool, host: &Host) -> Result<Self, CloudFlowError> {
        let request = request::read(request, !until_done).map_err(CloudFlowError::of_arguments)?;
        let settings = options::settings(options, until_done, request.wait_time_seconds, host)?;
        Ok(Call::with(settings, request, None))
    }

    /// A call of an operation whose response is a page. With `persistent`, failures are retried as in a wait.
    pub fn of_page(
        operation: Operation,
        request: Option<V>,
        options: Option<V>,
        persistent: bool,
        host: &Host,
    ) -> Result<Self, CloudFlowError> {
        let page = page::read(operation, request).map_err(CloudFlowError::of_arguments)?;
        let mut settings = options::settings(options, persistent, 0, host)?;
        settings.poll.wait_time_seconds = 0;
        let flow_name = page.flow_name().to_owned();
        let request = DescribeExecution { flow_name, execution_name: String::new(), wait_time_seconds: 0 };
        Ok(Call::with(settings, request, Some(page)))
    }

    fn with(settings: Settings<V>, request: DescribeExecution, page: Option<PageRequest>) -> Self {
        let keys = match &settings.credentials {
            Source::Fixed(keys) => Some(Rc::new(keys.clone())),
            Source::None | Source::Function(_) => None,
        };
        let operation = page.as_ref().map_or(Operation::DescribeExecution, Signable::operation);
        Call {
            poll: Poll::of(operation, settings.poll),
            settings,
            request,
            page,
            body: None,
            keys,
            stamped: 0,
            signature: String::new(),
            retry_after: None,
            last: Last::Nothing,
            execution: None,
        }
    }

    /// The options.
    pub fn settings(&self) -> &Settings<V> {
        &self.settings
    }

    /// The next action.
    pub fn step(&mut self, state: &mut ClientState<V>, now: Millis, random: u32, input: Input) -> Action {
        self.poll.step(&mut state.pacing, now, random, input)
    }

    /// The function to call before anything is sent. Absent if the client has valid credentials.
    pub fn credentials_function(&mut self, state: &ClientState<V>, unix_now: u64) -> Option<V> {
        let Source::Function(function) = &self.settings.credentials else {
            return None;
        };
        match state.keys.clone().filter(|keys| !keys.are_stale(unix_now)) {
            None => Some(function.clone()),
            valid => {
                self.keys = valid;
                None
            }
        }
    }

    /// The function returned `given`. The first call that receives the result stores it for the client.
    pub fn set_credentials(
        &mut self,
        state: &mut ClientState<V>,
        given: V,
        is_first: bool,
    ) -> Result<(), CloudFlowError> {
        let keys = Keys::read(Some(given))?;
        self.settings.check_keys(&keys)?;
        let keys = Rc::new(keys);
        if is_first {
            state.keys = Some(keys.clone());
        }
        self.keys = Some(keys);
        Ok(())
    }

    /// The function threw or rejected.
    pub fn credentials_failed(&self, reason: &str) -> CloudFlowError {
        let message = ["the function `credentials` failed: ", &self.redact(reason)].concat();
        CloudFlowError::new(ErrorCode::CredentialsFailed, message)
    }

    /// The request of an attempt. It can be sent once.
    pub fn signed_request(
        &mut self,
        state: &ClientState<V>,
        attempt: Attempt,
        unix_now: u64,
        random: [u8; 16],
    ) -> SignedRequest {
        self.request.wait_time_seconds = attempt.wait_time_seconds;
        self.stamped = state.pacing.service_time(unix_now);
        let nonce = sign::nonce(random);
        let stamp = Stamp { now: self.stamped, nonce: &nonce };
        let request: &dyn Signable = match &self.page {
            Some(page) => page,
            None => &self.request,
        };
        let signed = sign::sign(self.settings.scheme, &self.settings.endpoint, request, self.credentials(), stamp);
        self.signature.clone_from(&signed.signature);
        signed
    }

    /// A text without the secrets of this call.
    pub fn redact(&self, text: &str) -> String {
        sign::without(text, &self.secrets())
    }

    /// A response arrived. True if it has an execution that differs from the one before.
    pub fn answered(
        &mut self,
        state: &mut ClientState<V>,
        unix_now: u64,
        status: u16,
        header: &dyn Fn(&str) -> Option<String>,
        body: Body<V>,
    ) -> (Input, bool) {
        self.retry_after = retry_after(header);
        // Before the text is shortened, which may cut a secret in two.
        let body = match body {
            Body::Text(text) => Body::Text(self.redact(&text)),
            body => body,
        };
        if let Some(mut fault) = fault::read(status, &body) {
            // A gateway passes these on, and its callers must not learn the id of its key.
            if let Some(keys) = &self.keys {
                let id = [keys.credentials.access_key_id.as_str()];
                for text in [&mut fault.said, &mut fault.request_id] {
                    *text = text.take().map(|text| sign::without(&text, &id));
                }
                if fault::of_code(&fault.code).is_none() {
                    fault.code = sign::without(&fault.code, &id);
                }
            }
            return (self.refused(state, unix_now, header, fault), false);
        }
        let Body::Json(json) = body else {
            return (self.not_a_response(), false);
        };
        if let Some(page) = &self.page {
            let found = page::check(page.operation(), &json);
            if !found.is_empty() {
                self.last = Last::NotAnExecution(status, found);
                return (Input::Fault { retry: Retry::Never, retry_after: None, mended: false }, false);
            }
            self.last = Last::Nothing;
            self.body = Some(json);
            return (Input::Execution { done: true }, false);
        }
        let reading = execution::read(&json);
        let Some(read) = reading.execution else {
            self.last = Last::NotAnExecution(status, reading.diagnostics);
            return (Input::Fault { retry: Retry::Never, retry_after: None, mended: false }, false);
        };
        self.last = Last::Nothing;
        let done = read.done;
        let changed = self.execution.as_ref().is_none_or(|before| !before.looks_like(&read));
        self.execution = Some(read);
        (Input::Execution { done }, changed)
    }

    /// `fetch` returned something other than a response.
    pub fn not_a_response(&mut self) -> Input {
        self.own_fault(0, ErrorCode::NotAResponse, "`fetch` must return a `Response`")
    }

    /// The response is larger than [`MAX_RESPONSE_BYTES`].
    pub fn too_large(&mut self, status: u16) -> Input {
        let message = "the response is larger than 8 MiB, more than the service sends";
        self.own_fault(status, ErrorCode::ResponseTooLarge, message)
    }

    fn own_fault(&mut self, status: u16, code: ErrorCode, message: &str) -> Input {
        self.last = Last::Fault(fault::own(status, code, message, Retry::Never));
        Input::Fault { retry: Retry::Never, retry_after: None, mended: false }
    }

    /// The connection failed. `reason` is the host's message.
    pub fn no_response(&mut self, reason: &str) -> Input {
        self.last = Last::NoResponse(self.redact(reason));
        Input::NetworkError
    }

    /// The execution of the last response that had one.
    pub fn execution(&self) -> Option<&Execution<V>> {
        self.execution.as_ref()
    }

    /// The body of the page, if the call ended with one.
    pub fn take_page(&mut self, outcome: Outcome) -> Option<V> {
        if outcome == Outcome::Execution { self.body.take() } else { None }
    }

    /// The failure before the sleep that was returned last. Absent if the sleep has another reason. Returned once for each
    /// failure.
    pub fn take_retry(&mut self, state: &ClientState<V>) -> Option<CloudFlowError> {
        let (outcome, attempts) = self.poll.take_retry()?;
        let last = std::mem::replace(&mut self.last, Last::Nothing);
        let error = self.error(state, outcome, &last, attempts);
        // The end of the call may need it.
        self.last = last;
        Some(error)
    }

    /// The result. The driver handles [`Outcome::Aborted`]: it knows the reason of the abort.
    pub fn finish(&mut self, state: &ClientState<V>, outcome: Outcome) -> Result<&Execution<V>, CloudFlowError> {
        let last = std::mem::replace(&mut self.last, Last::Nothing);
        match &self.execution {
            Some(execution) if outcome == Outcome::Execution => Ok(execution),
            _ => Err(self.error(state, outcome, &last, self.poll.attempts())),
        }
    }

    fn error(&self, state: &ClientState<V>, outcome: Outcome, last: &Last, attempts: u32) -> CloudFlowError {
        let endpoint = &self.settings.endpoint;
        let error = match (outcome, last) {
            (Outcome::Fault, Last::Fault(fault)) => {
                let mut error = CloudFlowError::of_fault(fault, attempts, self.retry_after);
                if let (Advice::Permission, Some(page)) = (fault.advice, &self.page)
                    && let Some((before, after)) = small::split_once(&error.message, "fnf:DescribeExecution")
                {
                    error.message = [before, "fnf:", page.operation().as_str(), after].concat();
                }
                error.with_details(fault, endpoint, &self.request.flow_name, state.pacing.offset())
            }
            (Outcome::Fault, Last::NotAnExecution(status, found)) => {
                CloudFlowError::of_response(*status, found.clone(), attempts, self.page.is_some())
            }
            (_, last) => {
                let reason = match last {
                    Last::NoResponse(reason) => reason,
                    Last::Fault(fault) if outcome == Outcome::DeadlinePassed => &fault.message,
                    _ => "",
                };
                CloudFlowError::of_no_response(outcome, endpoint, reason, self.settings.is_page, attempts)
            }
        };
        error.redacted(&self.secrets())
    }

    /// Stores a fault, and removes its cause if that is possible.
    fn refused(
        &mut self,
        state: &mut ClientState<V>,
        unix_now: u64,
        header: &dyn Fn(&str) -> Option<String>,
        mut fault: Fault,
    ) -> Input {
        let retry = fault.retry;
        let mended = match retry {
            Retry::Clock => {
                let service_time = fault.time.or_else(|| time::parse_http_date(&header("date")?));
                state.pacing.set_clock(unix_now, self.stamped, service_time)
            }
            Retry::Credentials => {
                // Another call may have stored newer ones.
                let are_ours = |kept: &Rc<Keys>| self.keys.as_ref().is_some_and(|keys| Rc::ptr_eq(keys, kept));
                if state.keys.as_ref().is_some_and(are_ours) {
                    state.keys = None;
                }
                matches!(self.settings.credentials, Source::Function(_))
            }
            _ => false,
        };
        // Now, with the secrets of this attempt: the next one may have others.
        fault.message = self.redact(&fault.message);
        self.last = Last::Fault(fault);
        Input::Fault { retry, retry_after: self.retry_after, mended }
    }

    /// What no text may contain.
    fn secrets(&self) -> Vec<&str> {
        let mut secrets = self.credentials().map(Credentials::secrets).unwrap_or_default();
        secrets.push(&self.signature);
        secrets
    }

    fn credentials(&self) -> Option<&Credentials> {
        self.keys.as_ref().map(|keys| &keys.credentials)
    }
}

/// The pause that a response asks for, in milliseconds. The service's own header takes precedence.
fn retry_after(header: &dyn Fn(&str) -> Option<String>) -> Option<Millis> {
    let number = |name: &str| header(name).and_then(|value| value.trim_ascii().parse::<u64>().ok());
    number("x-acs-retry-after").or_else(|| number("retry-after").map(|seconds| seconds.saturating_mul(1000)))
}
