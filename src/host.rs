//! What the host gives: clock, randomness, timers, `fetch`. Everything is looked up when it is
//! used, never at import: Workers refuse most of it outside of a request.

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

    /// What pkg/ask/functions.js lends to a call.
    pub(super) type Facade;
    /// A copy of what a function gave for credentials, with its own and its class's properties.
    #[wasm_bindgen(method, catch)]
    pub(super) fn keys(this: &Facade, given: &JsValue) -> Result<JsValue, JsValue>;
    /// The body of an answer, usually a promise of a text; a symbol where it is longer than `most` bytes.
    #[wasm_bindgen(method, catch)]
    pub(super) fn read(
        this: &Facade,
        response: &JsValue,
        signal: &web_sys::AbortSignal,
        most: u32,
    ) -> Result<JsValue, JsValue>;
    /// Every text that an error shows, with its causes; nothing where it cannot be read. Never throws.
    #[wasm_bindgen(method)]
    pub(super) fn texts(this: &Facade, error: &JsValue) -> Option<String>;

    /// The caller's `AbortSignal`, behind the facade's relay.
    #[derive(Clone)]
    pub(super) type Signal;
    #[wasm_bindgen(method, getter)]
    pub(super) fn aborted(this: &Signal) -> bool;
    #[wasm_bindgen(method, getter)]
    pub(super) fn reason(this: &Signal) -> JsValue;
}

/// The end of a wait: its time, the caller's signal, or news of the host, whichever comes first.
/// The timer and the listeners go when this goes.
pub(super) struct Wait {
    promise: Promise,
    /// Every object is another one, so that no answer can be taken for this.
    mark: JsValue,
    timer: JsValue,
    due: u64,
    stop: Function,
    signal: Option<Signal>,
    /// The host tells of its network.
    has_news: bool,
}

/// Unix milliseconds.
pub(super) fn unix_now() -> u64 {
    date_now() as u64
}

/// Milliseconds that never go back.
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

/// True in a page, where everybody can read what the program knows.
pub(super) fn is_page() -> bool {
    has_global("window") && has_global("document")
}

/// What completes a URL that is a path; nothing where no page is.
pub(super) fn origin() -> Option<String> {
    let location = global("location");
    let origin = Reflect::get(&location, &key("origin")).ok().and_then(|origin| origin.as_string());
    has_global("location").then(|| origin.unwrap_or_default())
}

/// False where the host says that it has no network.
pub(super) fn is_online() -> bool {
    on_line() != Some(false)
}

/// True in a page that somebody can see.
pub(super) fn is_visible() -> bool {
    let state = Reflect::get(&global("document"), &key("visibilityState"));
    state.is_ok_and(|state| state == key("visible"))
}

/// What browsers say of the network; nothing elsewhere.
fn on_line() -> Option<bool> {
    Reflect::get(&global("navigator"), &key("onLine")).ok()?.as_bool()
}

impl Wait {
    /// Begins to run.
    pub(super) fn new(ms: u64, signal: Option<&Signal>) -> Self {
        let mark = JsValue::from(Object::new());
        let mut resolve = None;
        let promise = Promise::new(&mut |done, _| resolve = Some(done));
        // `new Promise` calls back before it returns.
        let resolve: Function = resolve.map(JsValue::from).unwrap_or_default().unchecked_into();
        let stop: Function = resolve.bind1(&JsValue::UNDEFINED, &mark).unchecked_into();
        // Timers may fire a millisecond early by the steady clock; a longer time than fits would
        // fire at once.
        let timer = set_timeout(&stop, i32::try_from(ms.saturating_add(1)).unwrap_or(i32::MAX));
        let due = steady_now().saturating_add(ms);
        let stop = Wait { promise, mark, timer, due, stop, signal: signal.cloned(), has_news: on_line().is_some() };
        stop.listen("addEventListener");
        stop
    }

    /// Begins to listen, or ends it.
    fn listen(&self, method: &str) {
        // A program may have put a part of a browser into the global object.
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
        // Only browsers have news, and only pages are looked at.
        if self.has_news {
            let everybody = js_sys::global();
            tell(&everybody, "online");
            tell(&everybody, "offline");
            tell(&global("document"), "visibilitychange");
        }
    }

    /// When the time is over, by the steady clock.
    pub(super) fn due(&self) -> u64 {
        self.due
    }

    /// Waits for a value, which may be a promise, or only for the stop; `None` where that comes first.
    pub(super) async fn race(&self, work: Option<&JsValue>) -> Option<Result<JsValue, JsValue>> {
        let first = match work {
            // The value of a double may be no promise; and nothing that loses goes unhandled.
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

/// Sends a request, and gives what `fetch` gave: usually a promise.
///
/// It gets the URL and options, not a `Request`: a `fetch` of another make does not know the global
/// one, its signal would only work as long as somebody keeps the `Request`, and gloo's builder takes
/// the signed URL apart and puts it together anew. It is not called as a method, which Workers refuse.
/// Nothing is set that some host does not take.
pub(super) fn send(
    signed: &SignedRequest,
    more: &[(String, String)],
    injected: Option<&Function>,
    signal: &web_sys::AbortSignal,
) -> Result<JsValue, JsValue> {
    let headers = Headers::new();
    // Names and values were checked: an illegal one would trap.
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

/// What `fetch` answered, if it can be read as a response. Doubles answer with plain objects.
pub(super) fn response(value: &JsValue) -> Option<Response> {
    let works = Reflect::get(value, &key("status")).is_ok_and(|status| status.as_f64().is_some())
        && Reflect::get(value, &key("text")).is_ok_and(|text| text.is_function());
    works.then(|| Response::from(value.clone().unchecked_into::<web_sys::Response>()))
}

/// A header of the answer. Not gloo's own: that one unwraps what a double throws.
pub(super) fn header(value: &JsValue, name: &str) -> Option<String> {
    let headers = Reflect::get(value, &key("headers")).ok()?;
    let get: Function = Reflect::get(&headers, &key("get")).ok()?.dyn_into().ok()?;
    get.call1(&headers, &JsValue::from_str(name)).ok()?.as_string()
}

/// What an error of the host says, with its cause where it has one; it may quote the URL.
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
