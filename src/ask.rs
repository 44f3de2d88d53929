//! The driver of a call: sends its requests with `fetch`, and passes the responses, the time and news of the host to
//! [`Call`].

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, AbortSignal};

use crate::error::thrown;
use crate::host::{self, Facade, Signal, Wait};
use crate::value::{self, Js};
use cloudflow_service::client::call::{Call, MAX_RESPONSE_BYTES};
use cloudflow_service::client::options::Host;
use cloudflow_service::client::state::{ClientState, Clients};
use cloudflow_service::poll::{Action, Attempt, Input, Outcome, SleepDetector};
use cloudflow_service::wire::fault::{self, Body};

/// Maximum number of characters that are read of a text that is not JSON.
const MAX_TEXT_CHARACTERS: u32 = 4096;

/// Maximum time between two looks at the clocks, which detect that the machine has slept.
const LOOK_MS: u64 = 10_000;

thread_local! {
    static CLIENTS: RefCell<Clients<Js>> = const { RefCell::new(Clients::new()) };
}

/// Returns one execution, as it is now or as it becomes within `waitTimeSeconds`. With `until_done`, returns the
/// execution when it has ended, and calls `onUpdate` with each change once.
#[wasm_bindgen(js_name = askExecution)]
pub async fn ask(
    request: JsValue,
    options: JsValue,
    client: u32,
    until_done: bool,
    facade: Facade,
) -> Result<JsValue, JsValue> {
    let mut driver = CallDriver::new(request, options, client, until_done, facade)?;
    if !driver.online {
        driver.step(Input::Offline)?;
    }
    let mut action = driver.step(Input::Start)?;
    loop {
        action = match action {
            Action::Send(attempt) => match driver.attempt(attempt).await? {
                Waited::Value(input) => driver.step(input)?,
                Waited::TimedOut => driver.step(Input::TimedOut)?,
                Waited::Ended(action) => action,
            },
            Action::Sleep(ms) => driver.sleep(ms).await?,
            // Nothing is in flight here.
            Action::Stay => driver.step(Input::NetworkError)?,
            Action::Finish(outcome) => return driver.finish(outcome),
        };
    }
}

/// One call, with the parts of JavaScript that it uses.
struct CallDriver {
    call: Call<Js>,
    state: Rc<RefCell<ClientState<Js>>>,
    facade: Facade,
    signal: Option<Signal>,
    sleep: SleepDetector,
    online: bool,
}

/// The end of a wait.
enum Waited<T> {
    /// The value arrived.
    Value(T),
    /// The time is over.
    TimedOut,
    /// The call needs no value any more: something happened that has this action as its consequence.
    Ended(Action),
}

/// A promise that was fulfilled or rejected.
type Settled = Result<JsValue, JsValue>;

impl CallDriver {
    fn new(request: JsValue, options: JsValue, client: u32, until_done: bool, facade: Facade) -> Result<Self, JsValue> {
        let host = Host { is_page: host::is_page(), origin: host::origin() };
        let call = Call::new(Js::some(request), Js::some(options), until_done, &host).map_err(thrown)?;
        let settings = call.settings();
        let signal = settings.signal.clone().map(|signal| signal.0.unchecked_into());
        let state = CLIENTS.with_borrow_mut(|clients| clients.state(client, settings));
        let sleep = SleepDetector::new(host::steady_now(), host::unix_now());
        Ok(CallDriver { call, state, facade, signal, sleep, online: host::is_online() })
    }

    fn is_aborted(&self) -> bool {
        self.signal.as_ref().is_some_and(Signal::aborted)
    }

    fn step(&mut self, input: Input) -> Result<Action, JsValue> {
        let input = if self.is_aborted() { Input::Aborted } else { input };
        let [a, b, c, d, ..] = host::random()?;
        let random = u32::from_le_bytes([a, b, c, d]);
        Ok(self.call.step(&mut self.state.borrow_mut(), host::steady_now(), random, input))
    }

    /// Sleeps until the time is over or the call ends the sleep.
    async fn sleep(&mut self, ms: u64) -> Result<Action, JsValue> {
        match self.wait(None, host::steady_now().saturating_add(ms)).await? {
            Waited::Value(_) | Waited::TimedOut => self.step(Input::Woke),
            Waited::Ended(action) => Ok(action),
        }
    }

    /// Waits for a value, which may be a promise, until a time. Without a value, waits for the time only.
    async fn wait(&mut self, work: Option<&JsValue>, until: u64) -> Result<Waited<Settled>, JsValue> {
        loop {
            let left = until.saturating_sub(host::steady_now());
            let wait = Wait::new(left.min(LOOK_MS), self.signal.as_ref());
            if let Some(value) = wait.race(work).await {
                return Ok(Waited::Value(value));
            }
            let now = host::steady_now();
            let online = host::is_online();
            let input = if self.is_aborted() {
                Input::Aborted
            } else if self.sleep.slept(now, host::unix_now(), wait.due()) {
                Input::Slept
            } else if online != self.online {
                self.online = online;
                if online { Input::Online } else { Input::Offline }
            } else if now >= until {
                return Ok(Waited::TimedOut);
            } else if now < wait.due() && host::is_visible() {
                Input::Visible
            } else {
                continue;
            };
            match self.step(input)? {
                Action::Stay => {}
                action => return Ok(Waited::Ended(action)),
            }
        }
    }

    /// Sends one request and returns what came of it. An error ends the call.
    async fn attempt(&mut self, attempt: Attempt) -> Result<Waited<Input>, JsValue> {
        let until = host::steady_now().saturating_add(attempt.timeout_ms);
        match self.refresh_credentials(until).await? {
            Waited::Value(()) => {}
            Waited::TimedOut => return Ok(Waited::TimedOut),
            Waited::Ended(action) => return Ok(Waited::Ended(action)),
        }
        let (now, random) = (host::unix_now(), host::random()?);
        let signed = self.call.signed_request(&self.state.borrow(), attempt, now, random);
        // Our own controller, aborted without a reason: the reason of the caller's signal is for the caller only.
        let controller = AbortController::new()?;
        let settings = self.call.settings();
        let fetch = settings.fetch.as_ref().map(|fetch| fetch.0.unchecked_ref::<Function>());
        let sent = host::send(&signed, &settings.headers, fetch, &controller.signal());
        let input = match sent {
            Ok(pending) => match self.wait(Some(&pending), until).await? {
                Waited::Value(Ok(answer)) => self.answered(&answer, &controller.signal(), until).await,
                Waited::Value(Err(error)) => Ok(Waited::Value(self.call.no_response(&host::reason(&error)))),
                Waited::TimedOut => Ok(Waited::TimedOut),
                Waited::Ended(action) => Ok(Waited::Ended(action)),
            },
            Err(error) => Ok(Waited::Value(self.call.no_response(&host::reason(&error)))),
        };
        // Closes the connection if it is still open.
        if !matches!(input, Ok(Waited::Value(Input::Execution { .. }))) {
            controller.abort();
        }
        input
    }

    /// Calls the function `credentials` if the client has no valid credentials. All calls of a client wait for the same
    /// result.
    async fn refresh_credentials(&mut self, until: u64) -> Result<Waited<()>, JsValue> {
        let function = self.call.credentials_function(&self.state.borrow(), host::unix_now());
        let Some(Js(function)) = function else {
            return Ok(Waited::Value(()));
        };
        let now = host::steady_now();
        let pending = self.state.borrow().pending_credentials(now);
        let pending = pending.unwrap_or_else(|| {
            let given = function.unchecked_ref::<Function>().call0(&JsValue::UNDEFINED);
            let pending = given.map_or_else(|error| Promise::reject(&error), |given| Promise::resolve(&given));
            let pending = Js(pending.into());
            self.state.borrow_mut().set_pending_credentials(now, pending.clone());
            pending
        });
        let given = match self.wait(Some(&pending.0), until).await? {
            Waited::Value(given) => given,
            Waited::TimedOut => return Ok(Waited::TimedOut),
            Waited::Ended(action) => return Ok(Waited::Ended(action)),
        };
        let is_first = self.state.borrow_mut().take_pending_credentials(&pending);
        let given = given.map_err(|error| self.credentials_failed(error))?;
        // An exception of a getter is the caller's own.
        let given = self.facade.keys(&given).map_err(callers_own)?;
        let stored = self.call.set_credentials(&mut self.state.borrow_mut(), Js(given), is_first);
        stored.map_err(thrown)?;
        Ok(Waited::Value(()))
    }

    /// The error for a function `credentials` that failed. Its cause is the error of the function, unless that shows a
    /// secret at any depth.
    fn credentials_failed(&self, error: JsValue) -> JsValue {
        let failed = self.call.credentials_failed(&host::reason(&error));
        let is_clean = self.facade.texts(&error).is_some_and(|shown| self.call.redact(&shown) == shown);
        let cause = match is_clean {
            true => error,
            false => js_sys::Error::new(&failed.message).into(),
        };
        let failed = thrown(failed);
        let _ = js_sys::Reflect::set(&failed, &"cause".into(), &cause);
        failed
    }

    async fn answered(&mut self, answer: &JsValue, signal: &AbortSignal, until: u64) -> Result<Waited<Input>, JsValue> {
        let Some(response) = host::response(answer) else {
            return Ok(Waited::Value(self.call.not_a_response()));
        };
        let status = response.status();
        // The body of a redirect has no use, and an opaque response has none. A body that is read must be awaited:
        // otherwise its failure would be an unhandled rejection.
        let body = if fault::is_redirect(status) {
            Body::Empty
        } else {
            let text = match self.facade.read(answer, signal, MAX_RESPONSE_BYTES) {
                Ok(pending) => self.wait(Some(&pending), until).await?,
                Err(error) => Waited::Value(Err(error)),
            };
            match text {
                Waited::Value(Ok(text)) if is_too_large(&text) => {
                    return Ok(Waited::Value(self.call.too_large(status)));
                }
                Waited::Value(Ok(text)) => body(&text),
                Waited::Value(Err(error)) => {
                    return Ok(Waited::Value(self.call.no_response(&host::reason(&error))));
                }
                Waited::TimedOut => return Ok(Waited::TimedOut),
                Waited::Ended(action) => return Ok(Waited::Ended(action)),
            }
        };
        let header = |name: &str| host::header(answer, name);
        let now = host::unix_now();
        let (input, changed) = self.call.answered(&mut self.state.borrow_mut(), now, status, &header, body);
        // A caller who has aborted the call gets no update.
        if changed
            && !self.is_aborted()
            && let (Some(on_update), Some(execution)) = (&self.call.settings().on_update, self.call.execution())
        {
            let on_update = on_update.0.unchecked_ref::<Function>();
            on_update.call1(&JsValue::UNDEFINED, &value::execution(execution)).map_err(callers_own)?;
        }
        Ok(Waited::Value(input))
    }

    fn finish(mut self, outcome: Outcome) -> Result<JsValue, JsValue> {
        if outcome == Outcome::Aborted {
            return Err(callers_own(self.signal.map_or(JsValue::UNDEFINED, |signal| signal.reason())));
        }
        let execution = self.call.finish(&self.state.borrow(), outcome).map(value::execution);
        execution.map_err(thrown)
    }
}

/// Marks an exception of the caller, which is rethrown unchanged even if it looks like an error of ours: it leaves the
/// module in an array.
fn callers_own(thrown: JsValue) -> JsValue {
    js_sys::Array::of1(&thrown).into()
}

/// True for the symbol that the facade returns instead of a text that is too large, and for a text that is too large
/// from a test double.
fn is_too_large(text: &JsValue) -> bool {
    text.is_symbol() || text.dyn_ref::<js_sys::JsString>().is_some_and(|text| text.length() > MAX_RESPONSE_BYTES)
}

/// The body of a response. The text stays in the engine unless a message shows it.
fn body(text: &JsValue) -> Body<Js> {
    let Some(string) = text.dyn_ref::<js_sys::JsString>() else {
        return Body::Empty;
    };
    if string.trim().length() == 0 {
        return Body::Empty;
    }
    match value::parse_json(text) {
        Ok(json) => Body::Json(Js(json)),
        Err(_) => Body::Text(String::from(string.slice(0, MAX_TEXT_CHARACTERS))),
    }
}
