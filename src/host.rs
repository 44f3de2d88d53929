//! The host: clocks, random numbers, the arguments and the result of `fetch`. Globals are looked up at each use, not at
//! import, because Workers refuse most of them outside of a request.

use std::cell::RefCell;

use gloo_net::http::{Headers, Response};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::RequestInit;

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
}

/// Random bytes are drawn in this number: a draw takes 1.4 to 2 us, and a call needs 24 bytes in three parts.
const DRAWN: u32 = 512;

thread_local! {
    /// Random bytes that were not used.
    static RANDOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Unix milliseconds.
pub(super) fn unix_now() -> u64 {
    date_now() as u64
}

/// Milliseconds of a monotonic clock.
pub(super) fn steady_now() -> u64 {
    performance_now() as u64
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], JsValue> {
    RANDOM.with_borrow_mut(|unused| {
        if unused.len() < N {
            let drawn = Uint8Array::new_with_length(DRAWN);
            get_random_values(&drawn)?;
            *unused = drawn.to_vec();
        }
        let bytes = unused.last_chunk().copied().unwrap_or([0; N]);
        unused.truncate(unused.len().saturating_sub(N));
        Ok(bytes)
    })
}

/// Completes the options of `fetch` for a request. Without headers, none are created.
pub(super) fn complete(init: &RequestInit, signed: &SignedRequest, more: &[(String, String)]) {
    init.set_method(signed.method);
    if signed.headers.is_empty() && more.is_empty() {
        return;
    }
    let headers = Headers::new();
    // Names and values are checked: an invalid one would trap.
    for (name, value) in signed.headers.iter().chain(more) {
        headers.set(name, value);
    }
    init.set_headers(&headers.into_raw());
}

/// The status of the result of `fetch`, if it works like a response. Test doubles return plain objects.
pub(super) fn status(value: &JsValue) -> Option<u16> {
    let works = value.is_object()
        && Reflect::get(value, &key("status")).is_ok_and(|status| status.as_f64().is_some())
        && Reflect::get(value, &key("text")).is_ok_and(|text| text.is_function());
    works.then(|| Response::from(value.clone().unchecked_into::<web_sys::Response>()).status())
}
