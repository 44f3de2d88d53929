//! The functions that answer at once.

use wasm_bindgen::prelude::*;

use crate::ask::thrown;
use crate::convert::{plain, text};
use crate::value::Js;
use cloudflow_language::shape;
use cloudflow_service::client::ask::Failure;

#[wasm_bindgen(js_name = parseFlow)]
pub fn parse_flow(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&shape::parse_flow(&text(flow, "text")?))
}

#[wasm_bindgen(js_name = validateFlow)]
pub fn validate_flow(flow: &JsValue, options: JsValue) -> Result<JsValue, JsValue> {
    let text = text(flow, "text")?;
    let options = shape::options(Js::some(options)).map_err(|found| thrown(Failure::of_call(found)))?;
    plain(&shape::validate_flow_with(&text, options).into())
}

#[wasm_bindgen(js_name = flowGraph)]
pub fn flow_graph(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&shape::flow_graph(&text(flow, "text")?))
}

#[wasm_bindgen(js_name = flowToMermaid)]
pub fn flow_to_mermaid(flow: &JsValue) -> Result<JsValue, JsValue> {
    Ok(JsValue::from_str(&shape::flow_to_mermaid(&text(flow, "text")?)))
}
