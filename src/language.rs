//! The exports of the module `language`: they read flow definitions.

use wasm_bindgen::prelude::*;

use crate::convert::{plain, text};
use crate::error::thrown;
use crate::value::Js;
use cloudflow_base::plain::{Object, Plain};
use cloudflow_language::shape;
use cloudflow_service::client::error::CloudFlowError;

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

/// The graph of a flow with the rules that the replay of a history needs. `pkg/language/replay/` folds the history.
#[wasm_bindgen(js_name = replayPlan)]
pub fn replay_plan(flow: &JsValue) -> Result<JsValue, JsValue> {
    plain(&match text(flow, "definition")? {
        Some(text) => shape::replay_plan(&text),
        None => too_long(&[("nodes", Plain::List(Vec::new())), ("edges", Plain::List(Vec::new()))]),
    })
}

#[wasm_bindgen(js_name = flowToMermaid)]
pub fn flow_to_mermaid(flow: &JsValue) -> Result<JsValue, JsValue> {
    let drawn = text(flow, "text")?.map(|text| shape::flow_to_mermaid(&text));
    Ok(JsValue::from_str(&drawn.unwrap_or_default()))
}

/// The diagnostics of the definition inside an execution: the second half of `validateExecution`.
#[wasm_bindgen(js_name = validateDefinition)]
pub fn validate_definition(definition: &JsValue) -> Result<JsValue, JsValue> {
    let text = text(definition, "definition")?;
    plain(&Plain::list(text.map_or_else(shape::too_long, |text| shape::definition(&text))))
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
