//! The host: clocks, random numbers, timers, `fetch`. Globals are looked up at each use, not at import, because Workers
//! refuse most of them outside of a request.

use gloo_net::http::{Headers, Response};
use js_sys::{Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, RequestRedirect};

use crate::value::key;
use cloudflow_service::sign::SignedRequest;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn get_random_values(bytes: &Uint8Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(then: &Function, ms: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
    #[wasm_bindgen(js_name = fetch, catch)]
    fn global_fetch(url: &str, init: &RequestInit) -> Result<JsValue, JsValue>;

    /// Functions of pkg/ask/functions.js for a call.
    pub(super) type Facade;
    /// A copy of the result of the function `credentials`, with its own properties and those of its class.
    #[wasm_bindgen(method, catch)]
    pub(super) fn keys(this: &Facade, given: &JsValue) -> Result<JsValue, JsValue>;
    /// The body of a response, usually a promise of a text. A symbol if it is larger than `most` bytes.
    #[wasm_bindgen(method, catch)]
    pub(super) fn read(
        this: &Facade,
        response: &JsValue,
        signal: &web_sys::AbortSignal,
        most: u32,
    ) -> Result<JsValue, JsValue>;
    /// Every text that an error shows, with its causes. Absent if the error cannot be read. Never throws.
    #[wasm_bindgen(method)]
    pub(super) fn texts(this: &Facade, error: &JsValue) -> Option<String>;

    /// The relay of the caller's `AbortSignal`.
    #[derive(Clone)]
    pub(super) type Signal;
    #[wasm_bindgen(method, getter)]
    pub(super) fn aborted(this: &Signal) -> bool;
    #[wasm_bindgen(method, getter)]
    pub(super) fn reason(this: &Signal) -> JsValue;
}

/// A wait that ends with its time, the caller's signal, or news of the host, whichever comes first. Dropping it removes the
/// timer and the listeners.
pub(super) struct Wait {
    promise: Promise,
    /// The value of the promise: a new object, which no other value equals.
    mark: JsValue,
    timer: JsValue,
    due: u64,
    stop: Function,
    signal: Option<Signal>,
    /// True if the host reports changes of its network.
    has_news: bool,
}

/// Unix milliseconds.
pub(super) fn unix_now() -> u64 {
    date_now() as u64
}

/// Milliseconds of a monotonic clock.
pub(super) fn steady_now() -> u64 {
    performance_now() as u64
}

/// Sixteen random bytes.
pub(super) fn random() -> Result<[u8; 16], JsValue> {
    let array = Uint8Array::new_with_length(16);
    get_random_values(&array)?;
    let mut bytes = [0; 16];
    array.copy_to(&mut bytes);
    Ok(bytes)
}

/// True in a page, where every visitor can read what the program knows.
pub(super) fn is_page() -> bool {
    has_global("window") && has_global("document")
}

/// The origin that completes a URL that is a path. Absent outside of pages.
pub(super) fn origin() -> Option<String> {
    let location = global("location");
    let origin = Reflect::get(&location, &key("origin")).ok().and_then(|origin| origin.as_string());
    has_global("location").then(|| origin.unwrap_or_default())
}

/// False if the host reports that it has no network.
pub(super) fn is_online() -> bool {
    on_line() != Some(false)
}

/// True in a visible page.
pub(super) fn is_visible() -> bool {
    let state = Reflect::get(&global("document"), &key("visibilityState"));
    state.is_ok_and(|state| state == key("visible"))
}

/// The browser's report of its network. Absent in other hosts.
fn on_line() -> Option<bool> {
    Reflect::get(&global("navigator"), &key("onLine")).ok()?.as_bool()
}

impl Wait {
    /// Starts a wait.
    pub(super) fn new(ms: u64, signal: Option<&Signal>) -> Self {
        let mark = JsValue::from(Object::new());
        let mut resolve = None;
        let promise = Promise::new(&mut |done, _| resolve = Some(done));
        // `new Promise` calls back before it returns.
        let resolve: Function = resolve.map(JsValue::from).unwrap_or_default().unchecked_into();
        let stop: Function = resolve.bind1(&JsValue::UNDEFINED, &mark).unchecked_into();
        // Timers may fire a millisecond early by the monotonic clock. A time that does not fit would fire at once.
        let timer = set_timeout(&stop, i32::try_from(ms.saturating_add(1)).unwrap_or(i32::MAX));
        let due = steady_now().saturating_add(ms);
        let stop = Wait { promise, mark, timer, due, stop, signal: signal.cloned(), has_news: on_line().is_some() };
        stop.listen("addEventListener");
        stop
    }

    /// Adds or removes the listeners.
    fn listen(&self, method: &str) {
        // A program may have added parts of a browser to the global object.
        let tell = |target: &JsValue, event: &str| {
            if let Some(method) =
                Reflect::get(target, &key(method)).ok().and_then(|method| method.dyn_into::<Function>().ok())
            {
                let _ = method.call2(target, &JsValue::from_str(event), &self.stop);
            }
        };
        if let Some(signal) = &self.signal {
            tell(signal, "abort");
        }
        // Only browsers report changes, and only pages have visibility.
        if self.has_news {
            let everything = js_sys::global();
            tell(&everything, "online");
            tell(&everything, "offline");
            tell(&global("document"), "visibilitychange");
        }
    }

    /// When the time is over, by the monotonic clock.
    pub(super) fn due(&self) -> u64 {
        self.due
    }

    /// Waits for a value, which may be a promise. `None` if the wait ends first. Without a value, waits for the end.
    pub(super) async fn race(&self, work: Option<&JsValue>) -> Option<Result<JsValue, JsValue>> {
        let first = match work {
            // A test double may return a value instead of a promise. No rejection stays unhandled.
            Some(work) => Promise::race(&js_sys::Array::of2(&Promise::resolve(work), &self.promise)),
            None => self.promise.clone(),
        };
        match JsFuture::from(first).await {
            Ok(value) if value == self.mark => None,
            other => Some(other),
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
        self.listen("removeEventListener");
    }
}

/// Sends a request, and returns the result of `fetch`, usually a promise.
///
/// `fetch` gets the URL and options, not a `Request`: another implementation of `fetch` does not know the global `Request`,
/// the signal of a `Request` works only while the `Request` is reachable, and gloo's builder parses and rebuilds the signed
/// URL. `fetch` is not called as a method, because Workers refuse that. Only options that every host accepts are set.
pub(super) fn send(
    signed: &SignedRequest,
    more: &[(String, String)],
    injected: Option<&Function>,
    signal: &web_sys::AbortSignal,
) -> Result<JsValue, JsValue> {
    let headers = Headers::new();
    // Names and values are checked: an invalid one would trap.
    for (name, value) in signed.headers.iter().chain(more) {
        headers.set(name, value);
    }
    let init = RequestInit::new();
    init.set_method(signed.method);
    init.set_headers(&headers.into_raw());
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(signal));
    match injected {
        Some(injected) => injected.call2(&JsValue::UNDEFINED, &JsValue::from_str(&signed.url), &init),
        None => global_fetch(&signed.url, &init),
    }
}

/// The result of `fetch`, if it works like a response. Test doubles return plain objects.
pub(super) fn response(value: &JsValue) -> Option<Response> {
    let works = Reflect::get(value, &key("status")).is_ok_and(|status| status.as_f64().is_some())
        && Reflect::get(value, &key("text")).is_ok_and(|text| text.is_function());
    works.then(|| Response::from(value.clone().unchecked_into::<web_sys::Response>()))
}

/// A header of the response. The function of gloo is not used: it unwraps what a test double throws.
pub(super) fn header(value: &JsValue, name: &str) -> Option<String> {
    let headers = Reflect::get(value, &key("headers")).ok()?;
    let get: Function = Reflect::get(&headers, &key("get")).ok()?.dyn_into().ok()?;
    get.call1(&headers, &JsValue::from_str(name)).ok()?.as_string()
}

/// The message of an error of the host, with that of its cause. It may contain the URL.
pub(super) fn reason(error: &JsValue) -> String {
    let says = |error: &JsValue| {
        let get = |name: &str| Reflect::get(error, &key(name)).ok().and_then(|value| value.as_string());
        error.as_string().or_else(|| get("message").filter(|message| !message.is_empty()).or_else(|| get("code")))
    };
    let cause = Reflect::get(error, &key("cause")).ok().and_then(|cause| says(&cause));
    match (says(error), cause) {
        (Some(said), Some(cause)) => [&said, ": ", &cause].concat(),
        (said, cause) => said.or(cause).unwrap_or_default(),
    }
}

fn has_global(name: &str) -> bool {
    let value = global(name);
    !value.is_undefined() && !value.is_null()
}

fn global(name: &str) -> JsValue {
    Reflect::get(&js_sys::global(), &key(name)).unwrap_or_default()
}
