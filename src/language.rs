//! The functions that answer at once.

use wasm_bindgen::prelude::*;

use super::ask::thrown;
use super::convert::{plain, text};
use super::value::Js;
use crate::api::understand;

#[wasm_bindgen(js_name = parseFlow)]
pub fn parse_flow(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&understand::parse_flow(&text(flow, "text")?))
}

#[wasm_bindgen(js_name = validateFlow)]
pub fn validate_flow(flow: &JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let text = text(flow, "text")?;
    let options = understand::options(Js::some(options)).map_err(thrown)?;
    plain(&understand::validate_flow_with(&text, options).into())
}

#[wasm_bindgen(js_name = flowGraph)]
pub fn flow_graph(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&understand::flow_graph(&text(flow, "text")?))
}

#[wasm_bindgen(js_name = flowToMermaid)]
pub fn flow_to_mermaid(flow: &JsValue) -> Result<JsValue, JsValue> {
    Ok(JsValue::from_str(&understand::flow_to_mermaid(&text(flow, "text")?)))
}
