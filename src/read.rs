//! The exports of the module `ask` that read responses, and the redactor. Texts stay in the engine.

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::convert::plain;
use crate::error::error;
use crate::value::{self, Js};
use cloudflow_base::diagnostic::{Diagnostic, ErrorCode};
use cloudflow_base::shape;
use cloudflow_base::value::{Kind, Value};
use cloudflow_service::client::call::MAX_RESPONSE_BYTES;
use cloudflow_service::{read, sign};

#[wasm_bindgen]
extern "C" {
    type TextDecoder;

    #[wasm_bindgen(constructor)]
    fn new() -> TextDecoder;

    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, bytes: &JsValue) -> Result<JsValue, JsValue>;
}

/// `{ execution, diagnostics }` of a body.
#[wasm_bindgen(js_name = parseExecution)]
pub fn parse_execution(body: &JsValue) -> Result<JsValue, JsValue> {
    let (execution, diagnostics) = match json(body)? {
        Ok(body) => read::parse(&body),
        Err(diagnostics) => (None, diagnostics),
    };
    let answer = js_sys::Object::new();
    let execution = execution.map_or(JsValue::NULL, |execution| value::execution(&execution));
    value::put(&answer, "execution", &execution);
    value::put(&answer, "diagnostics", &list(diagnostics)?);
    Ok(answer.into())
}

/// Judges the status and the two times of a response, one per line, for `pkg/ask/execution.js`. 0 if they are unusual,
/// 1 if the status is not final, 2 if it is.
#[cfg(feature = "ask")]
#[wasm_bindgen(js_name = judgeExecution)]
pub fn judge_execution(facts: &str) -> u32 {
    read::judge(facts).map_or(0, |done| 1 + u32::from(done))
}

/// `{ diagnostics, definition }` of a body: the first half of `validateExecution`. The module `language` checks the
/// definition, which is absent if there is nothing to check.
#[cfg(feature = "ask")]
#[wasm_bindgen(js_name = validateFields)]
pub fn validate_fields(body: &JsValue) -> Result<JsValue, JsValue> {
    let (diagnostics, definition) = match json(body)? {
        Ok(body) => read::validate_fields(&body),
        Err(diagnostics) => (diagnostics, None),
    };
    let answer = js_sys::Object::new();
    value::put(&answer, "diagnostics", &list(diagnostics)?);
    if let Some(definition) = definition {
        value::put(&answer, "definition", &definition.0);
    }
    Ok(answer.into())
}

/// Maximum length of a text in a log, in UTF-16 units.
const MAX_LOG_UNITS: u32 = 16_384;

/// A text for the log of the gateway, without values of secret names.
#[wasm_bindgen]
pub fn redact(text: &JsString) -> String {
    sign::redact(&String::from(text.slice(0, MAX_LOG_UNITS)), None)
}

/// The JSON value of a body: a text, bytes, or a parsed value.
fn json(body: &JsValue) -> Result<Result<Js, Vec<Diagnostic>>, JsValue> {
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

fn list(diagnostics: Vec<Diagnostic>) -> Result<JsValue, JsValue> {
    plain(&shape::findings(diagnostics))
}
