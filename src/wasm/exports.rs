//! The functions that answer at once.

use wasm_bindgen::prelude::*;

use super::convert::{text, plain};
use crate::api::understand;

#[wasm_bindgen(js_name = parseFlow)]
pub fn parse_flow(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&understand::parse_flow(&text(flow, "text")?))
}

#[wasm_bindgen(js_name = validateFlow)]
pub fn validate_flow(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&understand::validate_flow(&text(flow, "text")?).into())
}

#[wasm_bindgen(js_name = flowGraph)]
pub fn flow_graph(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&understand::flow_graph(&text(flow, "text")?))
}

#[wasm_bindgen(js_name = flowToMermaid)]
pub fn flow_to_mermaid(flow: &JsValue) -> Result<JsValue, JsValue> {
    Ok(JsValue::from_str(&understand::flow_to_mermaid(&text(flow, "text")?)))
}
