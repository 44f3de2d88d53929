//! The exports that read flow definitions, and the redactor.

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::convert::{plain, text};
use crate::error::thrown;
use crate::value::Js;
use cloudflow_base::plain::{Object, Plain};
use cloudflow_language::shape;
use cloudflow_service::client::error::CloudFlowError;
use cloudflow_service::sign;

#[wasm_bindgen(js_name = parseFlow)]
pub fn parse_flow(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&match text(flow, "text")? {
        Some(text) => shape::parse_flow(&text),
        None => too_long(&[("dialect", Plain::Null), ("flow", Plain::Null)]),
    })
}

#[wasm_bindgen(js_name = validateFlow)]
pub fn validate_flow(flow: &JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let text = text(flow, "text")?;
    let options = shape::options(Js::some(options)).map_err(|found| thrown(CloudFlowError::of_arguments(found)))?;
    plain(&match text {
        Some(text) => shape::validate_flow_with(&text, options).into(),
        None => too_long(&[("dialect", Plain::Null), ("valid", Plain::Boolean(false))]),
    })
}

#[wasm_bindgen(js_name = flowGraph)]
pub fn flow_graph(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&match text(flow, "text")? {
        Some(text) => shape::flow_graph(&text),
        None => too_long(&[("nodes", Plain::List(Vec::new())), ("edges", Plain::List(Vec::new()))]),
    })
}

#[wasm_bindgen(js_name = flowToMermaid)]
pub fn flow_to_mermaid(flow: &JsValue) -> Result<JsValue, JsValue> {
    let drawn = text(flow, "text")?.map(|text| shape::flow_to_mermaid(&text));
    Ok(JsValue::from_str(&drawn.unwrap_or_default()))
}

/// The result for a text that is too long.
fn too_long(fields: &[(&'static str, Plain)]) -> Plain {
    let mut out = Object::new();
    for (key, value) in fields {
        out.put(key, value.clone());
    }
    out.put("diagnostics", Plain::list(shape::too_long()));
    out.into()
}

/// Maximum length of a text in a log, in UTF-16 units.
const MAX_LOG_UNITS: u32 = 16_384;

/// A text for the log of the gateway, without values of secret names.
#[wasm_bindgen]
pub fn redact(text: &JsString) -> String {
    sign::redact(&String::from(text.slice(0, MAX_LOG_UNITS)), None)
}
