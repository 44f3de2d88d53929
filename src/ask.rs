//! Drives a call: carries its requests to `fetch`, the answers and the time back.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

use crate::convert::plain;
use crate::host::{self, Facade, Signal, Wait};
use crate::shared::{ClientState, common};
use crate::value::{self, Js};
use cloudflow_base::value::Value;
use cloudflow_service::client::options::{self, Failure};
use cloudflow_service::client::call::Call;
use cloudflow_service::poll::{Action, Attempt, SleepDetector, Input, Outcome};
use cloudflow_service::wire::fault::{Body, ErrorKind};
use cloudflow_service::wire::request::{self, Endpoint};

/// A text of an answer that is not JSON is read so far.
const SHOWN_CHARACTERS: u32 = 4096;

/// No answer of the service is longer: an execution holds a definition of 1 MiB at most, and texts of 256 KiB.
const MOST_BYTES: u32 = 8 * 1024 * 1024;

/// Credentials that a function still has not given after this time are asked for anew: in a Worker
/// the request that asked may be gone.
const ASKING_MS: u64 = 10_000;

/// How often one looks up: only so a sleep of the machine is noticed.
const LOOK_MS: u64 = 10_000;

/// One answer, as it is now or as it becomes within `waitTimeSeconds`; or, `until_done`, the execution
/// when it has ended, where `onUpdate` gets each change once.
#[wasm_bindgen(js_name = askExecution)]
pub async fn ask(
    request: JsValue,
    options: JsValue,
    client: u32,
    until_done: bool,
    facade: Facade,
) -> Result<JsValue, JsValue> {
    let mut driver = Driver::new(request, options, client, until_done, facade)?;
    if !driver.online {
        driver.step(Input::Offline)?;
    }
    let mut action = driver.step(Input::Start)?;
    loop {
        action = match action {
            Action::Send(attempt) => match driver.attempt(attempt).await? {
                Ok(input) => driver.step(input)?,
                Err(action) => action,
            },
            Action::Sleep(ms) => driver.sleep(ms).await?,
            // Nothing is under way here.
            Action::Stay => driver.step(Input::NetworkError)?,
            Action::Finish(outcome) => return driver.finish(outcome),
        };
    }
}

/// One call from its beginning to its end.
struct Driver {
    call: Call<Js>,
    common: Rc<RefCell<ClientState>>,
    facade: Facade,
    fetch: Option<Function>,
    signal: Option<Signal>,
    on_update: Option<Function>,
    awake: SleepDetector,
    online: bool,
}

/// What came of an attempt: what is to be told to the machine, or what it said meanwhile.
type Ended<T> = Result<T, Action>;

impl Driver {
    fn new(request: JsValue, options: JsValue, client: u32, until_done: bool, facade: Facade) -> Result<Self, JsValue> {
        let call = request::read(Js::some(request), !until_done).map_err(|found| thrown(Failure::of_call(found)))?;
        let options = Js::some(options);
        let mut settings = options::settings(options.clone(), until_done, call.wait_time_seconds).map_err(thrown)?;
        if settings.endpoint.is_relative() {
            let Some(origin) = host::origin() else {
                let message = "the endpoint is a path, which only a page can complete: name the host".to_owned();
                return Err(thrown(Failure::new(ErrorKind::Request, "bad-endpoint", message)));
            };
            settings.page = Endpoint::parse(&origin).ok();
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
        let common = common(client, &settings);
        let call = Call::new(call, settings, host::is_page()).map_err(thrown)?;
        let awake = SleepDetector::new(host::steady_now(), host::unix_now());
        Ok(Driver { call, common, facade, fetch, signal, on_update, awake, online: host::is_online() })
    }

    fn is_aborted(&self) -> bool {
        self.signal.as_ref().is_some_and(Signal::aborted)
    }

    fn step(&mut self, input: Input) -> Result<Action, JsValue> {
        let input = if self.is_aborted() { Input::Aborted } else { input };
        let [a, b, c, d, ..] = host::random()?;
        let random = u32::from_le_bytes([a, b, c, d]);
        Ok(self.call.step(&mut self.common.borrow_mut().shared, host::steady_now(), random, input))
    }

    /// Sleeps until the time is over or the machine thinks otherwise.
    async fn sleep(&mut self, ms: u64) -> Result<Action, JsValue> {
        match self.wait(None, host::steady_now().saturating_add(ms)).await? {
            Ok(_) => self.step(Input::Woke),
            Err(action) => Ok(action),
        }
    }

    /// Waits for a value, which may be a promise, or only for the time; `None` where it takes too long.
    async fn wait(
        &mut self,
        work: Option<&JsValue>,
        until: u64,
    ) -> Result<Ended<Option<Result<JsValue, JsValue>>>, JsValue> {
        loop {
            let left = until.saturating_sub(host::steady_now());
            let stop = Wait::after(left.min(LOOK_MS), self.signal.as_ref());
            if let Some(value) = stop.race(work).await {
                return Ok(Ok(Some(value)));
            }
            let now = host::steady_now();
            let online = host::is_online();
            let input = if self.is_aborted() {
                Input::Aborted
            } else if self.awake.slept(now, host::unix_now(), stop.due()) {
                Input::Slept
            } else if online != self.online {
                self.online = online;
                if online { Input::Online } else { Input::Offline }
            } else if now >= until {
                return Ok(Ok(None));
            } else if now < stop.due() && host::is_visible() {
                Input::Visible
            } else {
                continue;
            };
            match self.step(input)? {
                Action::Stay => {}
                action => return Ok(Err(action)),
            }
        }
    }

    /// Sends once and says what came of it. An error ends the call.
    async fn attempt(&mut self, attempt: Attempt) -> Result<Ended<Input>, JsValue> {
        let until = host::steady_now().saturating_add(attempt.timeout_ms);
        match self.refresh(until).await? {
            Ok(true) => {}
            Ok(false) => return Ok(Ok(Input::TimedOut)),
            Err(action) => return Ok(Err(action)),
        }
        let (now, random) = (host::unix_now(), host::random()?);
        let signed = self.call.signed_request(&self.common.borrow().shared, attempt, now, random);
        // Ours, aborted without a reason: what the caller's signal holds is for the caller only.
        let controller = AbortController::new()?;
        let headers = &self.call.settings().headers;
        let sent = host::send(&signed, headers, self.fetch.as_ref(), &controller.signal());
        let input = match sent {
            Ok(pending) => match self.wait(Some(&pending), until).await? {
                Ok(Some(Ok(answer))) => self.answered(&answer, &controller.signal(), until).await,
                Ok(Some(Err(error))) => Ok(Ok(self.call.silent(&host::reason(&error)))),
                Ok(None) => Ok(Ok(Input::TimedOut)),
                Err(action) => Ok(Err(action)),
            },
            Err(error) => Ok(Ok(self.call.silent(&host::reason(&error)))),
        };
        // Whatever is still open is of no use any more.
        if !matches!(input, Ok(Ok(Input::Execution { .. }))) {
            controller.abort();
        }
        input
    }

    /// Asks the caller's function for credentials, if there are none that last. All calls of a
    /// client wait for the same answer. False where it takes too long.
    async fn refresh(&mut self, until: u64) -> Result<Ended<bool>, JsValue> {
        let function = self.call.lacks_keys(&self.common.borrow().shared, host::unix_now());
        let Some(Js(function)) = function else {
            return Ok(Ok(true));
        };
        let now = host::steady_now();
        let asking = self.common.borrow().asking.clone();
        let pending = match asking.filter(|(_, since)| now.saturating_sub(*since) < ASKING_MS) {
            Some((pending, _)) => pending,
            None => {
                let given = function.unchecked_ref::<Function>().call0(&JsValue::UNDEFINED);
                let pending = given.map_or_else(|error| Promise::reject(&error), |given| Promise::resolve(&given));
                let pending = JsValue::from(pending);
                self.common.borrow_mut().asking = Some((pending.clone(), now));
                pending
            }
        };
        let given = match self.wait(Some(&pending), until).await? {
            Ok(Some(given)) => given,
            Ok(None) => return Ok(Ok(false)),
            Err(action) => return Ok(Err(action)),
        };
        let common = &mut *self.common.borrow_mut();
        // Whoever hears it first keeps it for all.
        let is_first = common.asking.as_ref().is_some_and(|(asking, _)| *asking == pending);
        if is_first {
            common.asking = None;
        }
        let given = given.map_err(|error| {
            let reason = host::reason(&error);
            let failure = self.call.not_given(&reason);
            // The error itself, unless it shows what nobody should see, however deep.
            let is_clean = self.facade.texts(&error).is_some_and(|shown| self.call.redact(&shown) == shown);
            let cause = match is_clean {
                true => error,
                false => js_sys::Error::new(&failure.message).into(),
            };
            let failure = thrown(failure);
            let _ = js_sys::Reflect::set(&failure, &"cause".into(), &cause);
            failure
        })?;
        // What a getter throws is the caller's own.
        let given = self.facade.keys(&given).map_err(callers_own)?;
        self.call.given(&mut common.shared, Js(given), is_first).map_err(thrown)?;
        Ok(Ok(true))
    }

    async fn answered(&mut self, answer: &JsValue, signal: &AbortSignal, until: u64) -> Result<Ended<Input>, JsValue> {
        let Some(response) = host::response(answer) else {
            return Ok(Ok(self.call.not_a_response()));
        };
        let status = response.status();
        // The body of a redirect is of no use, and an opaque one has nothing to read. A body that
        // is asked for must be waited for, else its failure would be nobody's.
        let body = if status == 0 || (300..400).contains(&status) {
            Body::Empty
        } else {
            let text = match self.facade.read(answer, signal, MOST_BYTES) {
                Ok(pending) => self.wait(Some(&pending), until).await?,
                Err(error) => Ok(Some(Err(error))),
            };
            match text {
                Ok(Some(Ok(text))) if is_too_large(&text) => return Ok(Ok(self.call.too_large(status))),
                Ok(Some(Ok(text))) => body(&text),
                Ok(Some(Err(error))) => return Ok(Ok(self.call.silent(&host::reason(&error)))),
                Ok(None) => return Ok(Ok(Input::TimedOut)),
                Err(action) => return Ok(Err(action)),
            }
        };
        let header = |name: &str| host::header(answer, name);
        let now = host::unix_now();
        let (input, changed) = self.call.answered(&mut self.common.borrow_mut().shared, now, status, &header, body);
        // Nothing is told to somebody who has left.
        if changed
            && !self.is_aborted()
            && let (Some(on_update), Some(seen)) = (&self.on_update, self.call.seen())
        {
            on_update.call1(&JsValue::UNDEFINED, &value::execution(seen)).map_err(callers_own)?;
        }
        Ok(Ok(input))
    }

    fn finish(mut self, outcome: Outcome) -> Result<JsValue, JsValue> {
        if outcome == Outcome::Aborted {
            return Err(callers_own(self.signal.map_or(JsValue::UNDEFINED, |signal| signal.reason())));
        }
        let execution = self.call.finish(&self.common.borrow().shared, outcome).map(value::execution);
        execution.map_err(thrown)
    }
}

/// What is thrown goes out as it is where it is the caller's own, even if it looks like ours: the
/// array tells them apart.
fn callers_own(thrown: JsValue) -> JsValue {
    js_sys::Array::of1(&thrown).into()
}

/// What is thrown where it is ours.
pub(super) fn thrown(failure: Failure) -> JsValue {
    plain(&failure.into()).unwrap_or_else(|error| error)
}

/// True for what the facade gives in the place of a text that is too long, and for the text of a double that is.
fn is_too_large(text: &JsValue) -> bool {
    text.is_symbol() || text.dyn_ref::<js_sys::JsString>().is_some_and(|text| text.length() > MOST_BYTES)
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
