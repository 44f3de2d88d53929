//! What is thrown: a plain object with the fields of `CloudFlowError`.

use serde::Serialize;
use wasm_bindgen::prelude::*;

#[derive(Serialize)]
struct Thrown<'a> {
    kind: &'static str,
    code: &'a str,
    message: &'a str,
    retryable: bool,
    attempts: u32,
}

/// The caller's mistake: `kind: "request"`.
pub(super) fn request(code: &str, message: &str) -> JsValue {
    thrown("request", code, message)
}

/// Our mistake: `kind: "internal"`.
pub(super) fn internal(message: &str) -> JsValue {
    thrown("internal", "internal", message)
}

fn thrown(kind: &'static str, code: &str, message: &str) -> JsValue {
    serde_wasm_bindgen::to_value(&Thrown { kind, code, message, retryable: false, attempts: 0 })
        .unwrap_or_else(|_| JsValue::from_str(message))
}
