//! The exports of a call of the client. `pkg/ask/call.js` drives a call: it calls `fetch`, waits, and reports what
//! happened. [`Call`] decides.
//!
//! A call is a number in a table. No export calls code of the caller while the table is borrowed.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, JsString};
use wasm_bindgen::prelude::*;
use web_sys::RequestInit;

use crate::error::{error, thrown};
use crate::host;
use crate::value::{self, Js};
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_service::client::call::{Call, MAX_RESPONSE_BYTES};
use cloudflow_service::client::options::Host;
use cloudflow_service::client::state::{ClientState, Clients};
use cloudflow_service::poll::{Action, Attempt, Input, Outcome, SleepDetector};
use cloudflow_service::wire::fault::{self, Body};
use cloudflow_service::wire::page::Operation;

/// Maximum number of characters that are read of a text that is not JSON.
const MAX_TEXT_CHARACTERS: u32 = 4096;

/// Facts about the host, one bit each; `pkg/ask/host.js` has the same.
const PAGE: u32 = 1;
const OFFLINE: u32 = 2;
const VISIBLE: u32 = 4;
const EMULATED: u32 = 8;

thread_local! {
    static CLIENTS: RefCell<Clients<Js>> = const { RefCell::new(Clients::new()) };
    static CALLS: RefCell<Calls> = const { RefCell::new(Calls { slots: Vec::new(), free: Vec::new() }) };
}

/// The calls that have not ended, found by their number.
struct Calls {
    /// An empty slot is free, or its call is in use.
    slots: Vec<Option<Box<Ongoing>>>,
    free: Vec<u32>,
}

/// One call, and what the driver reported last.
struct Ongoing {
    call: Call<Js>,
    state: Rc<RefCell<ClientState<Js>>>,
    sleep: SleepDetector,
    online: bool,
    input: Input,
    attempt: Option<Attempt>,
    outcome: Outcome,
}

/// Checks the request and the options of a call, and returns its number. `pkg/ask/functions.js` has the kinds of calls: their
/// lowest bit is set if the call ends when the execution has ended. `looks` are facts about the host, `origin` is that of a page.
#[wasm_bindgen(js_name = callStart)]
pub fn start(
    request: JsValue,
    options: JsValue,
    client: u32,
    kind: u32,
    looks: u32,
    origin: Option<String>,
) -> Result<u32, JsValue> {
    let host = Host { is_page: looks & PAGE != 0, is_emulated: looks & EMULATED != 0, origin };
    let (request, options, until_done) = (Js::some(request), Js::some(options), kind & 1 != 0);
    let operation = match kind / 2 {
        0 => Operation::DescribeExecution,
        1 => Operation::GetExecutionHistory,
        _ => Operation::ListExecutions,
    };
    let call = match operation {
        Operation::DescribeExecution => Call::new(request, options, until_done, &host),
        page => Call::of_page(page, request, options, until_done, &host),
    };
    let call = call.map_err(thrown)?;
    let state = CLIENTS.with_borrow_mut(|clients| clients.state(client, call.settings()));
    let sleep = SleepDetector::new(host::steady_now(), host::unix_now());
    let online = looks & OFFLINE == 0;
    let mut ongoing =
        Ongoing { call, state, sleep, online, input: Input::Start, attempt: None, outcome: Outcome::Fault };
    if !online {
        ongoing.step(Input::Offline)?;
    }
    CALLS.with_borrow_mut(|calls| {
        let new = u32::try_from(calls.slots.len()).unwrap_or(u32::MAX);
        let slot = calls.free.pop().unwrap_or(new);
        if slot == new {
            calls.slots.push(None);
        }
        put(&mut calls.slots, slot, ongoing.into());
        Ok(slot)
    })
}

/// Removes a call.
#[wasm_bindgen(js_name = callEnd)]
pub fn end(call: u32) {
    CALLS.with_borrow_mut(|calls| {
        if calls.slots.get_mut(call as usize).and_then(Option::take).is_some() {
            calls.free.push(call);
        }
    });
}

/// The next action after the last report, see [`packed`].
#[wasm_bindgen(js_name = callStep)]
pub fn step(call: u32, aborted: bool) -> Result<f64, JsValue> {
    with(call, |ongoing| {
        let input = if aborted { Input::Aborted } else { ongoing.input };
        match ongoing.step(input)? {
            // Nothing is in flight here.
            Action::Stay => ongoing.step(Input::NetworkError),
            action => Ok(action),
        }
    })
    .map(packed)
}

/// A wait until `until` ended early, or a part of it that was due at `due` is over. The next action; 0 to wait on.
/// `asleep` tells a sleep from a wait for a response.
#[wasm_bindgen(js_name = callWake)]
pub fn wake(call: u32, due: f64, until: f64, looks: u32, aborted: bool, asleep: bool) -> Result<f64, JsValue> {
    let now = host::steady_now();
    let online = looks & OFFLINE == 0;
    with(call, |ongoing| {
        let input = if aborted {
            Input::Aborted
        } else if ongoing.sleep.slept(now, host::unix_now(), due as u64) {
            Input::Slept
        } else if online != ongoing.online {
            ongoing.online = online;
            if online { Input::Online } else { Input::Offline }
        } else if now >= until as u64 {
            if asleep { Input::Woke } else { Input::TimedOut }
        } else if now < due as u64 && looks & VISIBLE != 0 {
            Input::Visible
        } else {
            return Ok(Action::Stay);
        };
        ongoing.step(input)
    })
    .map(packed)
}

/// The next attempt, stamped and signed. Returns the URL, and completes the options of `fetch`.
#[wasm_bindgen(js_name = callRequest)]
pub fn request(call: u32, init: &RequestInit) -> Result<String, JsValue> {
    with(call, |ongoing| {
        let Some(attempt) = ongoing.attempt.take() else { return Err(lost()) };
        let (now, random) = (host::unix_now(), host::random()?);
        let signed = ongoing.call.signed_request(&ongoing.state.borrow(), attempt, now, random);
        host::complete(init, &signed, &ongoing.call.settings().headers);
        Ok(signed.url)
    })
}

/// Absent if the client has valid credentials. Otherwise the pending result of the function `credentials`, or `null` if
/// the function has to be called. All calls of a client wait for the same result.
#[wasm_bindgen(js_name = callCredentials)]
pub fn credentials(call: u32) -> Result<JsValue, JsValue> {
    with(call, |ongoing| {
        let state = &ongoing.state.borrow();
        Ok(match ongoing.call.credentials_function(state, host::unix_now()) {
            None => JsValue::UNDEFINED,
            Some(_) => state.pending_credentials(host::steady_now()).map_or(JsValue::NULL, |pending| pending.0),
        })
    })
}

/// The function `credentials` was called and returned this promise.
#[wasm_bindgen(js_name = callCredentialsPending)]
pub fn credentials_pending(call: u32, pending: JsValue) -> Result<(), JsValue> {
    with(call, |ongoing| {
        ongoing.state.borrow_mut().set_pending_credentials(host::steady_now(), Js(pending));
        Ok(())
    })
}

/// The promise is settled. True for the first call that reports it.
#[wasm_bindgen(js_name = callCredentialsSettled)]
pub fn credentials_settled(call: u32, pending: JsValue) -> Result<bool, JsValue> {
    with(call, |ongoing| Ok(ongoing.state.borrow_mut().take_pending_credentials(&Js(pending))))
}

/// The function returned `given`.
#[wasm_bindgen(js_name = callCredentialsGiven)]
pub fn credentials_given(call: u32, given: JsValue, is_first: bool) -> Result<(), JsValue> {
    with(call, |ongoing| {
        let state = &mut ongoing.state.borrow_mut();
        ongoing.call.set_credentials(state, Js(given), is_first).map_err(thrown)
    })
}

/// Throws the error for a function `credentials` that failed. `reason` is the message of the function's error.
#[wasm_bindgen(js_name = callCredentialsFailed)]
pub fn credentials_failed(call: u32, reason: &str) -> Result<(), JsValue> {
    with(call, |ongoing| Err(thrown(ongoing.call.credentials_failed(reason))))
}

/// True if a text shows no secret of the call.
#[wasm_bindgen(js_name = callIsClean)]
pub fn is_clean(call: u32, text: &str) -> Result<bool, JsValue> {
    with(call, |ongoing| Ok(ongoing.call.redact(text) == text))
}

/// `fetch` returned `response`. The maximum size of the body, which has to be read next. 0 if the body is not read.
#[wasm_bindgen(js_name = callOpened)]
pub fn opened(call: u32, response: &JsValue) -> Result<u32, JsValue> {
    let status = host::status(response);
    with(call, |ongoing| {
        let Some(status) = status else {
            ongoing.input = ongoing.call.not_a_response();
            return Ok(0);
        };
        // The body of a redirect has no use, and an opaque response has none.
        if fault::is_redirect(status) {
            ongoing.answered(status, Body::Empty, &|_| None);
            return Ok(0);
        }
        Ok(MAX_RESPONSE_BYTES)
    })
}

/// The body of a response was read: a text, or a symbol if it is too large. `header` returns a header. 0 if there is no
/// execution, 1 if it is the one before, 2 if it differs.
#[wasm_bindgen(js_name = callAnswered)]
pub fn answered(call: u32, response: &JsValue, text: &JsValue, header: &Function) -> Result<u32, JsValue> {
    let status = host::status(response).unwrap_or_default();
    with(call, |ongoing| {
        if is_too_large(text) {
            ongoing.input = ongoing.call.too_large(status);
            return Ok(0);
        }
        let header = |name: &str| header.call1(&JsValue::UNDEFINED, &JsValue::from_str(name)).ok()?.as_string();
        let is_changed = ongoing.answered(status, body(text), &header);
        let has_execution = matches!(ongoing.input, Input::Execution { .. });
        Ok(u32::from(has_execution) + u32::from(is_changed))
    })
}

/// There is no response. `reason` is the message of the host.
#[wasm_bindgen(js_name = callFailed)]
pub fn failed(call: u32, reason: &str) -> Result<(), JsValue> {
    with(call, |ongoing| {
        ongoing.input = ongoing.call.no_response(reason);
        Ok(())
    })
}

/// Throws the failure before the sleep that the last action requests, once. Returns if the sleep has another reason.
#[wasm_bindgen(js_name = callRetry)]
pub fn retry(call: u32) -> Result<(), JsValue> {
    with(call, |ongoing| {
        let failure = ongoing.call.take_retry(&ongoing.state.borrow());
        failure.map_or(Ok(()), |error| Err(thrown(error)))
    })
}

/// The execution of the last response that had one.
#[wasm_bindgen(js_name = callExecution)]
pub fn execution(call: u32) -> Result<JsValue, JsValue> {
    with(call, |ongoing| Ok(ongoing.call.execution().map_or(JsValue::UNDEFINED, value::execution)))
}

/// The result, after the action to finish: an execution, or the body of a page.
#[wasm_bindgen(js_name = callFinish)]
pub fn finish(call: u32) -> Result<JsValue, JsValue> {
    with(call, |ongoing| {
        if let Some(Js(page)) = ongoing.call.take_page(ongoing.outcome) {
            return Ok(page);
        }
        let execution = ongoing.call.finish(&ongoing.state.borrow(), ongoing.outcome);
        execution.map(value::execution).map_err(thrown)
    })
}

impl Ongoing {
    fn step(&mut self, input: Input) -> Result<Action, JsValue> {
        let random = u32::from_le_bytes(host::random()?);
        let action = self.call.step(&mut self.state.borrow_mut(), host::steady_now(), random, input);
        match action {
            Action::Send(attempt) => self.attempt = Some(attempt),
            Action::Finish(outcome) => self.outcome = outcome,
            Action::Sleep(_) => self.input = Input::Woke,
            Action::Stay => {}
        }
        Ok(action)
    }

    fn answered(&mut self, status: u16, body: Body<Js>, header: &dyn Fn(&str) -> Option<String>) -> bool {
        let state = &mut self.state.borrow_mut();
        let (input, changed) = self.call.answered(state, host::unix_now(), status, header, body);
        self.input = input;
        changed
    }
}

/// An action as one number: its kind in the two lowest bits, above it the milliseconds of a sleep, or those until the
/// time of an attempt is over. A call that was aborted finishes with 1.
fn packed(action: Action) -> f64 {
    /// Some 35,000 years; as a number of JavaScript it is exact.
    const LONGEST: u64 = 1 << 50;
    let (kind, ms) = match action {
        Action::Stay => (0, 0),
        Action::Send(attempt) => (1, attempt.timeout_ms),
        Action::Sleep(ms) => (2, ms),
        Action::Finish(outcome) => (3, u64::from(outcome == Outcome::Aborted)),
    };
    (ms.min(LONGEST) * 4 + kind) as f64
}

/// Uses a call. It is not in the table meanwhile.
fn with<T>(call: u32, act: impl FnOnce(&mut Ongoing) -> Result<T, JsValue>) -> Result<T, JsValue> {
    let mut ongoing = take(call)?;
    let result = act(&mut ongoing);
    give_back(call, ongoing);
    result
}

#[inline(never)]
fn take(call: u32) -> Result<Box<Ongoing>, JsValue> {
    let found = CALLS.with_borrow_mut(|calls| calls.slots.get_mut(call as usize).and_then(Option::take));
    found.ok_or_else(lost)
}

#[inline(never)]
fn give_back(call: u32, ongoing: Box<Ongoing>) {
    CALLS.with_borrow_mut(|calls| put(&mut calls.slots, call, ongoing));
}

fn put(slots: &mut [Option<Box<Ongoing>>], call: u32, ongoing: Box<Ongoing>) {
    if let Some(slot) = slots.get_mut(call as usize) {
        *slot = Some(ongoing);
    }
}

fn lost() -> JsValue {
    error(ErrorCode::Internal, "the call has ended, or was lost with its instance")
}

/// True for the symbol that the driver reports instead of a text that is too large, and for a text that is too large
/// from a test double.
fn is_too_large(text: &JsValue) -> bool {
    text.is_symbol() || text.dyn_ref::<JsString>().is_some_and(|text| text.length() > MAX_RESPONSE_BYTES)
}

/// The body of a response. The text stays in the engine unless a message shows it.
fn body(text: &JsValue) -> Body<Js> {
    let Some(string) = text.dyn_ref::<JsString>() else {
        return Body::Empty;
    };
    match value::parse_json(text) {
        Ok(json) => Body::Json(Js(json)),
        Err(_) if string.trim().length() == 0 => Body::Empty,
        Err(_) => Body::Text(String::from(string.slice(0, MAX_TEXT_CHARACTERS))),
    }
}
