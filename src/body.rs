//! The bodies that the reader of responses accepts.

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::error::error;
use crate::value::{self, Js};
use cloudflow_base::diagnostic::{Diagnostic, ErrorCode};
use cloudflow_base::value::{Kind, Value};
use cloudflow_service::client::call::MAX_RESPONSE_BYTES;
use cloudflow_service::read;

#[wasm_bindgen]
extern "C" {
    type TextDecoder;

    #[wasm_bindgen(constructor)]
    fn new() -> TextDecoder;

    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &JsValue) -> Result<JsValue, JsValue>;
}

/// The JSON value of a body: a text, bytes, or a parsed value.
pub(super) fn json(body: &JsValue) -> Result<Result<Js, Vec<Diagnostic>>, JsValue> {
    // The length is checked before anything is copied.
    let text = if let Some(text) = body.dyn_ref::<JsString>() {
        if text.length() > MAX_RESPONSE_BYTES {
            return Ok(Err(read::too_large()));
        }
        body.clone()
    } else if body.is_instance_of::<js_sys::ArrayBuffer>() || js_sys::ArrayBuffer::is_view(body) {
        let length = js_sys::Reflect::get(body, &value::key("byteLength")).ok().and_then(|length| length.as_f64());
        if length.is_none_or(|length| length > f64::from(MAX_RESPONSE_BYTES)) {
            return Ok(Err(read::too_large()));
        }
        // Some hosts do not decode shared memory.
        let wrong = |_| error(ErrorCode::WrongType, "the bytes of `body` cannot be decoded");
        TextDecoder::new().decode(body).map_err(wrong)?
    } else {
        let body = Js(body.clone());
        return match body.kind() {
            Kind::Object | Kind::List if read::has_large_text(&body, MAX_RESPONSE_BYTES as usize) => {
                Ok(Err(read::too_large()))
            }
            Kind::Object | Kind::List => Ok(Ok(body)),
            kind => {
                let message = ["`body` must be a text, bytes or an object, not ", kind.name()].concat();
                Err(error(ErrorCode::WrongType, &message))
            }
        };
    };
    Ok(match value::parse_json(&text) {
        Ok(value) => Ok(Js(value)),
        Err(_) => Err(read::not_json(&text.as_string().unwrap_or_default())),
    })
}
