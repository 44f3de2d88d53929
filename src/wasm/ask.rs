//! Drives the long poll: does what the machine says, and tells it what came back.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use super::convert::plain;
use super::host::{self, Interrupt, Signal, Stop};
use super::value::{self, Js};
use crate::api::ask::{self, Failure, Keys, Settings, Source};
use crate::diagnostic::Diagnostic;
use crate::poll::{Action, Attempt, Input, Outcome, Poll};
use crate::sign::{self, Stamp};
use crate::wire::execution::{self, Execution};
use crate::wire::fault::{self, Body, ErrorKind, Fault, Retry};
use crate::wire::request::{self, Call};
use crate::wire::time;
use crate::wire::value::Value;

/// A clock that is wrong by less is not why a request was refused.
const SKEW_MS: i64 = 60_000;

/// A text of an answer that is not JSON is read so far.
const SHOWN_CHARACTERS: u32 = 4096;

/// One answer, as it is now or as it becomes within `waitTimeSeconds`.
#[wasm_bindgen(js_name = describeExecution)]
pub async fn describe_execution(request: JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    ask(request, options, false).await
}

/// The execution when it has ended; `onUpdate` gets each change once.
#[wasm_bindgen(js_name = waitForExecution)]
pub async fn wait_for_execution(request: JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    ask(request, options, true).await
}

async fn ask(request: JsValue, options: JsValue, until_done: bool) -> Result<JsValue, JsValue> {
    let mut driver = Driver::new(request, options, until_done)?;
    let mut poll = Poll::new(driver.settings.poll);
    let mut input = Input::Start;
    loop {
        if driver.is_aborted() {
            input = Input::Aborted;
        }
        let [a, b, c, d, ..] = host::random()?;
        input = match poll.step(host::steady_now(), u32::from_le_bytes([a, b, c, d]), input) {
            Action::Send(attempt) => driver.attempt(attempt).await?,
            Action::Sleep(ms) => match Stop::after(ms, driver.signal.as_ref()).wait().await {
                Interrupt::TimedOut => Input::Woke,
                Interrupt::Aborted => Input::Aborted,
            },
            // Nothing is reported out of turn here.
            Action::Stay => Input::Aborted,
            Action::Finish(outcome) => return driver.finish(outcome, poll.attempts()),
        };
    }
}

/// One call from its beginning to its end.
struct Driver {
    call: Call,
    settings: Settings<Js>,
    fetch: Option<Function>,
    signal: Option<Signal>,
    on_update: Option<Function>,
    keys: Option<Keys>,
    /// The service's clock, less ours.
    offset: i64,
    last: Last,
    seen: Option<Execution<Js>>,
}

/// What came back last.
enum Last {
    Nothing,
    Execution(JsValue),
    Fault(Fault),
    /// An object that is no execution.
    Unreadable(u16, Vec<Diagnostic>),
    /// What the host said of a broken connection.
    Silence(String),
}

impl Driver {
    fn new(request: JsValue, options: JsValue, until_done: bool) -> Result<Self, JsValue> {
        let call = request::read(Js::some(request), !until_done).map_err(|found| thrown(Failure::of_call(found)))?;
        let options = Js::some(options);
        let settings = ask::settings(options.clone(), until_done, call.wait_time_seconds).map_err(thrown)?;
        if settings.endpoint.is_relative() && !host::has_location() {
            let message = "the endpoint is a path, which only a page can complete: name the host".to_owned();
            return Err(thrown(Failure::new(ErrorKind::Request, "bad-endpoint", message)));
        }
        let member = |key: &str| options.as_ref().and_then(|options| options.member(key)).map(|value| value.0);
        let signal = member("signal");
        let wrong = signal.is_some();
        let signal = signal.and_then(host::signal);
        if wrong && signal.is_none() {
            let message = "`signal` must be an `AbortSignal`".to_owned();
            return Err(thrown(Failure::new(ErrorKind::Request, "wrong-type", message)));
        }
        let function = |key: &str| member(key).map(JsCast::unchecked_into::<Function>);
        let (fetch, on_update) = (function("fetch"), function("onUpdate"));
        let mut driver =
            Driver { call, settings, fetch, signal, on_update, keys: None, offset: 0, last: Last::Nothing, seen: None };
        if let Source::Fixed(keys) = &driver.settings.credentials {
            driver.keys = Some(driver.allowed(keys.clone())?);
        }
        Ok(driver)
    }

    fn is_aborted(&self) -> bool {
        self.signal.as_ref().is_some_and(Signal::aborted)
    }

    /// A secret that may be where we are.
    fn allowed(&self, keys: Keys) -> Result<Keys, JsValue> {
        keys.check_page(host::is_page(), self.settings.allow_page).map_err(thrown)?;
        Ok(keys)
    }

    /// Sends once and says what came of it. An error ends the call.
    async fn attempt(&mut self, attempt: Attempt) -> Result<Input, JsValue> {
        let stop = Stop::after(attempt.timeout_ms, self.signal.as_ref());
        match self.refresh(&stop).await? {
            Ok(()) => {}
            Err(interrupt) => return Ok(ended(interrupt)),
        }
        self.call.wait_time_seconds = attempt.wait_time_seconds;
        let now = i64::try_from(host::unix_now()).unwrap_or(i64::MAX).saturating_add(self.offset);
        let nonce = sign::nonce(host::random()?);
        let stamp = Stamp { now: u64::try_from(now).unwrap_or_default(), nonce: &nonce };
        let credentials = self.keys.as_ref().map(|keys| &keys.credentials);
        let signed = sign::sign(self.settings.scheme, &self.settings.endpoint, &self.call, credentials, stamp);
        // Ours, aborted without a reason: what the caller's signal holds is for the caller only.
        let controller = AbortController::new()?;
        let sent = host::send(&signed, &self.settings.headers, self.fetch.as_ref(), &controller.signal());
        let answer = match sent {
            Ok(pending) => stop.race(&pending).await,
            Err(error) => Ok(Err(error)),
        };
        let input = match answer {
            Ok(Ok(answer)) => self.answered(&answer, &stop).await,
            Ok(Err(error)) => Ok(Ok(self.silent(&error))),
            Err(interrupt) => Ok(Err(interrupt)),
        };
        // Whatever is still open is of no use any more.
        if !matches!(self.last, Last::Execution(_)) || !matches!(input, Ok(Ok(_))) {
            controller.abort();
        }
        Ok(input?.unwrap_or_else(ended))
    }

    /// Asks the caller's function for credentials, if there are none that last.
    async fn refresh(&mut self, stop: &Stop) -> Result<Result<(), Interrupt>, JsValue> {
        let Source::Function(Js(function)) = &self.settings.credentials else {
            return Ok(Ok(()));
        };
        if self.keys.as_ref().is_some_and(|keys| !keys.are_stale(host::unix_now())) {
            return Ok(Ok(()));
        }
        let given = match function.unchecked_ref::<Function>().call0(&JsValue::UNDEFINED) {
            Ok(pending) => match stop.race(&pending).await {
                Ok(given) => given,
                Err(interrupt) => return Ok(Err(interrupt)),
            },
            Err(error) => Err(error),
        };
        let given = given.map_err(|error| {
            let message = ["the function `credentials` failed: ", &host::reason(&error)].concat();
            let failure = Failure::new(ErrorKind::Credentials, "credentials-failed", message);
            let failure = thrown(failure);
            let _ = js_sys::Reflect::set(&failure, &"cause".into(), &error);
            failure
        })?;
        let keys = ask::keys(Some(Js(given))).map_err(thrown)?;
        self.keys = Some(self.allowed(keys)?);
        Ok(Ok(()))
    }

    async fn answered(&mut self, answer: &JsValue, stop: &Stop) -> Result<Result<Input, Interrupt>, JsValue> {
        let Some(response) = host::response(answer) else {
            return Ok(Ok(self.refused(not_a_response(), None, None)));
        };
        let status = response.status();
        let header = |name: &str| host::header(answer, &response, name);
        let retry_after = retry_after(&header);
        let date = header("date").and_then(|date| time::parse_http_date(&date));
        // The body of a redirect is of no use, and an opaque one has nothing to read. A body that
        // is asked for must be waited for, else its failure would be nobody's.
        let body = if status == 0 || (300..400).contains(&status) {
            Body::Empty
        } else {
            let text = match host::text(answer) {
                Ok(pending) => stop.race(&pending).await,
                Err(error) => Ok(Err(error)),
            };
            match text {
                Ok(Ok(text)) => body(&text),
                Ok(Err(error)) => return Ok(Ok(self.silent(&error))),
                Err(interrupt) => return Ok(Err(interrupt)),
            }
        };
        if let Some(fault) = fault::read(status, &body) {
            return Ok(Ok(self.refused(fault, retry_after, date)));
        }
        let Body::Json(json) = body else {
            return Ok(Ok(self.refused(not_a_response(), None, None)));
        };
        let reading = execution::read(&json);
        let Some(read) = reading.execution else {
            self.last = Last::Unreadable(status, reading.diagnostics);
            return Ok(Ok(Input::Fault { retry: Retry::Never, retry_after: None, mended: false }));
        };
        let done = read.done;
        let shown = value::execution(&read);
        self.last = Last::Execution(shown.clone());
        let changed = self.seen.as_ref().is_none_or(|seen| differ(seen, &read));
        self.seen = Some(read);
        // Nothing is told to somebody who has left.
        if let Some(on_update) = self.on_update.as_ref().filter(|_| changed && !self.is_aborted()) {
            on_update.call1(&JsValue::UNDEFINED, &shown)?;
        }
        Ok(Ok(Input::Execution { done }))
    }

    /// Notes a fault, and removes its cause where that can be done.
    fn refused(&mut self, fault: Fault, retry_after: Option<u64>, date: Option<u64>) -> Input {
        let retry = fault.retry;
        self.last = Last::Fault(fault);
        let mended = match retry {
            Retry::Clock => date.is_some_and(|date| {
                let ours = i64::try_from(host::unix_now()).unwrap_or(i64::MAX);
                let offset = i64::try_from(date).unwrap_or(i64::MAX).saturating_sub(ours);
                let moved = offset.saturating_sub(self.offset).saturating_abs() > SKEW_MS;
                self.offset = offset;
                moved
            }),
            Retry::Credentials => {
                let asked = matches!(self.settings.credentials, Source::Function(_));
                if asked {
                    self.keys = None;
                }
                asked
            }
            _ => false,
        };
        Input::Fault { retry, retry_after, mended }
    }

    fn silent(&mut self, error: &JsValue) -> Input {
        self.last = Last::Silence(host::reason(error));
        Input::NetworkError
    }

    fn finish(self, outcome: Outcome, attempts: u32) -> Result<JsValue, JsValue> {
        let credentials = self.keys.as_ref().map(|keys| &keys.credentials);
        let failure = match (outcome, self.last) {
            (Outcome::Aborted, _) => {
                return Err(self.signal.map_or(JsValue::UNDEFINED, |signal| signal.reason()));
            }
            (Outcome::Execution, Last::Execution(execution)) => return Ok(execution),
            (Outcome::Fault, Last::Fault(fault)) => Failure::of_fault(&fault, attempts, credentials),
            (Outcome::Fault, Last::Unreadable(status, found)) => Failure::of_reading(status, found, attempts),
            (outcome, last) => {
                let reason = if let Last::Silence(reason) = last { reason } else { String::new() };
                Failure::of_silence(outcome, &self.settings.endpoint, &reason, attempts, credentials)
            }
        };
        Err(thrown(failure))
    }
}

/// What is thrown. An abort's reason goes out as it is, unlike this.
pub(super) fn thrown(failure: Failure) -> JsValue {
    plain(&failure.into()).unwrap_or_else(|error| error)
}

fn ended(interrupt: Interrupt) -> Input {
    match interrupt {
        Interrupt::TimedOut => Input::TimedOut,
        Interrupt::Aborted => Input::Aborted,
    }
}

/// The body of an answer. The text stays in the engine unless it has to be shown.
fn body(text: &JsValue) -> Body<Js> {
    let Some(string) = text.dyn_ref::<js_sys::JsString>() else {
        return Body::Empty;
    };
    if string.trim().length() == 0 {
        return Body::Empty;
    }
    match value::parse_json(text) {
        Ok(json) => Body::Json(Js(json)),
        Err(_) => Body::Text(String::from(string.slice(0, SHOWN_CHARACTERS))),
    }
}

fn not_a_response() -> Fault {
    Fault {
        kind: ErrorKind::Response,
        code: "not-a-response".to_owned(),
        message: "`fetch` did not answer with a `Response`".to_owned(),
        status: 0,
        request_id: None,
        retry: Retry::Never,
    }
}

/// Milliseconds; the service's own header first.
fn retry_after(header: &impl Fn(&str) -> Option<String>) -> Option<u64> {
    let number = |name: &str| header(name).and_then(|value| value.trim().parse::<u64>().ok());
    number("x-acs-retry-after").or_else(|| number("retry-after").map(|seconds| seconds.saturating_mul(1000)))
}

/// True where a person would see another execution; every answer has a request id of its own.
fn differ(a: &Execution<Js>, b: &Execution<Js>) -> bool {
    a.status != b.status
        || a.started_time != b.started_time
        || a.stopped_time != b.stopped_time
        || a.input != b.input
        || a.output != b.output
        || a.flow_definition != b.flow_definition
        || a.environment != b.environment
}
