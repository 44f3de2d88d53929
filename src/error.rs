//! What is thrown: a plain object with the fields of `CloudFlowError`.

use wasm_bindgen::prelude::*;

use crate::convert::plain;
use cloudflow_base::plain::{Object, Plain};

/// The caller's mistake: `kind: "request"`.
pub(super) fn request(code: &str, message: &str) -> JsValue {
    thrown("request", code, message)
}

/// Our mistake: `kind: "internal"`.
#[cfg(feature = "local")]
pub(super) fn internal(message: &str) -> JsValue {
    thrown("internal", "internal", message)
}

fn thrown(kind: &str, code: &str, message: &str) -> JsValue {
    let mut out = Object::new();
    out.text("kind", kind);
    out.text("code", code);
    out.text("message", message);
    out.put("retryable", Plain::Boolean(false));
    out.number("attempts", 0);
    plain(&out.into()).unwrap_or_else(|error| error)
}
