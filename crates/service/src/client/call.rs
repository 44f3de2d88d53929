//! One call from its beginning to its end, without the network: what is sent, what an answer
//! means, what it all comes to. The driver carries requests, answers and the time.

use std::rc::Rc;

use super::options::{self, Failure, Keys, Settings, Source};
use crate::poll::{Action, Attempt, Pacing, Input, Millis, Outcome, Poll};
use crate::sign::{self, Credentials, SignedRequest, Stamp};
use crate::wire::execution::{self, Execution};
use crate::wire::fault::{self, Body, ErrorKind, Fault, Retry};
use crate::wire::request::DescribeExecution;
use cloudflow_base::diagnostic::Diagnostic;
use cloudflow_base::time;
use cloudflow_base::value::Value;

/// What the calls of one client share.
#[derive(Clone, Debug, Default)]
pub struct ClientState {
    /// Budgets, link and clock.
    pub pacing: Pacing,
    /// The credentials that a function gave, as long as they are good.
    keys: Option<Rc<Keys>>,
}

/// One call.
#[derive(Debug)]
pub struct Call<V> {
    settings: Settings<V>,
    request: DescribeExecution,
    is_page: bool,
    poll: Poll,
    keys: Option<Rc<Keys>>,
    /// The time in the request that was sent last.
    stamped: u64,
    /// Its signature.
    signature: String,
    /// The pause that the last answer asks for.
    retry_after: Option<Millis>,
    last: Last,
    seen: Option<Execution<V>>,
}

/// What came back last, if it was no execution.
#[derive(Debug)]
enum Last {
    Nothing,
    Fault(Fault),
    /// An object that is no execution.
    Unreadable(u16, Vec<Diagnostic>),
    /// What the host said of a broken connection.
    Silence(String),
}

impl<V: Value + PartialEq> Call<V> {
    /// A call that was checked. A page shows everybody what it knows.
    pub fn new(request: DescribeExecution, settings: Settings<V>, is_page: bool) -> Result<Self, Failure> {
        let poll = Poll::new(settings.poll);
        let mut call = Call {
            settings,
            request,
            is_page,
            poll,
            keys: None,
            stamped: 0,
            signature: String::new(),
            retry_after: None,
            last: Last::Nothing,
            seen: None,
        };
        if let Source::Fixed(keys) = &call.settings.credentials {
            call.keys = Some(call.allowed(keys.clone())?);
        }
        Ok(call)
    }

    /// The options.
    pub fn settings(&self) -> &Settings<V> {
        &self.settings
    }

    /// What to do next.
    pub fn step(&mut self, state: &mut ClientState, now: Millis, random: u32, input: Input) -> Action {
        self.poll.step(&mut state.pacing, now, random, input)
    }

    /// The function to ask for credentials before anything is sent, if there are none that last.
    pub fn lacks_keys(&mut self, state: &ClientState, unix_now: u64) -> Option<V> {
        let Source::Function(function) = &self.settings.credentials else {
            return None;
        };
        match state.keys.clone().filter(|keys| !keys.are_stale(unix_now)) {
            None => Some(function.clone()),
            good => {
                self.keys = good;
                None
            }
        }
    }

    /// The function gave this. It is kept for all by who `is_first` to hear of it.
    pub fn given(&mut self, state: &mut ClientState, given: V, is_first: bool) -> Result<(), Failure> {
        let keys = self.allowed(options::keys(Some(given))?)?;
        if is_first {
            state.keys = Some(keys.clone());
        }
        self.keys = Some(keys);
        Ok(())
    }

    /// The function failed.
    pub fn not_given(&self, reason: &str) -> Failure {
        let message = ["the function `credentials` failed: ", &self.redact(reason)].concat();
        Failure::new(ErrorKind::Credentials, "credentials-failed", message)
    }

    /// The request of an attempt, good for this one use.
    pub fn signed_request(&mut self, state: &ClientState, attempt: Attempt, unix_now: u64, random: [u8; 16]) -> SignedRequest {
        self.request.wait_time_seconds = attempt.wait_time_seconds;
        self.stamped = state.pacing.service_time(unix_now);
        let nonce = sign::nonce(random);
        let stamp = Stamp { now: self.stamped, nonce: &nonce };
        let signed = sign::sign(self.settings.scheme, &self.settings.endpoint, &self.request, self.credentials(), stamp);
        self.signature.clone_from(&signed.signature);
        signed
    }

    /// A text without the secrets of this call.
    pub fn redact(&self, text: &str) -> String {
        sign::without(text, &self.secrets())
    }

    /// An answer came. True where it holds an execution that differs from the one before.
    pub fn answered(
        &mut self,
        state: &mut ClientState,
        unix_now: u64,
        status: u16,
        header: &dyn Fn(&str) -> Option<String>,
        body: Body<V>,
    ) -> (Input, bool) {
        self.retry_after = retry_after(header);
        // Before it is shortened, which may cut a secret in two.
        let body = match body {
            Body::Text(text) => Body::Text(self.redact(&text)),
            body => body,
        };
        if let Some(mut fault) = fault::read(status, &body) {
            if let (Some(said), Some(keys)) = (&mut fault.said, &self.keys) {
                *said = sign::without(said, &[&keys.credentials.access_key_id]);
            }
            return (self.refused(state, unix_now, header, fault), false);
        }
        let Body::Json(json) = body else {
            return (self.not_a_response(), false);
        };
        let reading = execution::read(&json);
        let Some(read) = reading.execution else {
            self.last = Last::Unreadable(status, reading.diagnostics);
            return (Input::Fault { retry: Retry::Never, retry_after: None, mended: false }, false);
        };
        self.last = Last::Nothing;
        let done = read.done;
        let changed = self.seen.as_ref().is_none_or(|seen| !seen.looks_like(&read));
        self.seen = Some(read);
        (Input::Execution { done }, changed)
    }

    /// What `fetch` gave is no answer.
    pub fn not_a_response(&mut self) -> Input {
        self.of_ours(0, "not-a-response", "`fetch` did not answer with a `Response`")
    }

    /// The answer is longer than any of the service.
    pub fn too_large(&mut self, status: u16) -> Input {
        self.of_ours(status, "response-too-large", "the answer is larger than 8 MiB, which no answer of the service is")
    }

    fn of_ours(&mut self, status: u16, code: &str, message: &str) -> Input {
        self.last = Last::Fault(fault::ours(status, code, message, Retry::Never));
        Input::Fault { retry: Retry::Never, retry_after: None, mended: false }
    }

    /// The connection failed; `reason` is what the host says.
    pub fn silent(&mut self, reason: &str) -> Input {
        self.last = Last::Silence(self.redact(reason));
        Input::NetworkError
    }

    /// The execution that came back last.
    pub fn seen(&self) -> Option<&Execution<V>> {
        self.seen.as_ref()
    }

    /// What it all came to. An abort is the driver's: it knows the reason.
    pub fn finish(&mut self, state: &ClientState, outcome: Outcome) -> Result<&Execution<V>, Failure> {
        let last = std::mem::replace(&mut self.last, Last::Nothing);
        let attempts = self.poll.attempts();
        let endpoint = &self.settings.endpoint;
        let failure = match (outcome, last, &self.seen) {
            (Outcome::Execution, _, Some(execution)) => return Ok(execution),
            (Outcome::Fault, Last::Fault(fault), _) => {
                let failure = Failure::of_fault(&fault, attempts).placed(endpoint, state.pacing.offset());
                Failure { retry_after: self.retry_after, ..failure }
            }
            (Outcome::Fault, Last::Unreadable(status, found), _) => Failure::of_reading(status, found, attempts),
            (_, last, _) => {
                let reason = match last {
                    Last::Silence(reason) => reason,
                    Last::Fault(fault) if outcome == Outcome::DeadlinePassed => fault.message,
                    _ => String::new(),
                };
                Failure::of_silence(outcome, endpoint, &reason, self.is_page, attempts)
            }
        };
        Err(failure.redacted(&self.secrets()))
    }

    /// Notes a fault, and removes its cause where that can be done.
    fn refused(
        &mut self,
        state: &mut ClientState,
        unix_now: u64,
        header: &dyn Fn(&str) -> Option<String>,
        mut fault: Fault,
    ) -> Input {
        let retry = fault.retry;
        let mended = match retry {
            Retry::Clock => {
                let told = fault.time.or_else(|| time::parse_http_date(&header("date")?));
                state.pacing.set_clock(unix_now, self.stamped, told)
            }
            Retry::Credentials => {
                // Somebody else may have got new ones since.
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

    /// A secret that may be where we are.
    fn allowed(&self, keys: Keys) -> Result<Rc<Keys>, Failure> {
        keys.check_page(self.is_page, self.settings.allow_page)?;
        keys.check_endpoint(
            self.settings.page.as_ref().unwrap_or(&self.settings.endpoint),
            self.settings.allow_insecure_http,
        )?;
        Ok(Rc::new(keys))
    }

    /// What nothing that goes out may show.
    fn secrets(&self) -> Vec<&str> {
        let mut secrets = self.credentials().map(Credentials::secrets).unwrap_or_default();
        secrets.push(&self.signature);
        secrets
    }

    fn credentials(&self) -> Option<&Credentials> {
        self.keys.as_ref().map(|keys| &keys.credentials)
    }
}

/// Milliseconds; the service's own header first.
fn retry_after(header: &dyn Fn(&str) -> Option<String>) -> Option<Millis> {
    let number = |name: &str| header(name).and_then(|value| value.trim_ascii().parse::<u64>().ok());
    number("x-acs-retry-after").or_else(|| number("retry-after").map(|seconds| seconds.saturating_mul(1000)))
}
