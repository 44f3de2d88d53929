//! The exports of the modules `ask` and `gateway` that read responses, and the redactor. Texts stay in the engine.

use js_sys::JsString;
use wasm_bindgen::prelude::*;

#[cfg(feature = "ask")]
use crate::body::json;
use crate::convert::plain;
use crate::value;
use cloudflow_base::diagnostic::Diagnostic;
use cloudflow_base::shape;
use cloudflow_service::{read, sign};

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

/// The gateway reads values that the client has parsed.
#[cfg(not(feature = "ask"))]
#[allow(clippy::unnecessary_wraps, reason = "the other module reads texts too")]
fn json(body: &JsValue) -> Result<Result<value::Js, Vec<Diagnostic>>, JsValue> {
    Ok(Ok(value::Js(body.clone())))
}

fn list(diagnostics: Vec<Diagnostic>) -> Result<JsValue, JsValue> {
    plain(&shape::findings(diagnostics))
}
