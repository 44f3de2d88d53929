//! The exports of the module `editor`: open definitions. Each is a numeric handle, closed by the facade. The numbers are
//! random, so that a handle of an instance that no longer exists is not valid in the next one.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use crate::convert::text;
use crate::error::{error, thrown};
use crate::value::Js;
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_base::small::to_decimal;
use cloudflow_base::text::TEXT_UNITS;
use cloudflow_editor::{OpenFlow, shape};
use cloudflow_language::shape::options;
use cloudflow_service::client::error::CloudFlowError;

thread_local! {
    // Few definitions are open: a list is smaller than a map.
    static FLOWS: RefCell<Vec<(u32, OpenFlow)>> = const { RefCell::new(Vec::new()) };
}

/// Opens a definition. `seed` is a random number. Returns the handle.
#[wasm_bindgen(js_name = flowOpen)]
pub fn flow_open(flow: &JsValue, options_given: JsValue, seed: u32) -> Result<u32, JsValue> {
    let text = text(flow, "text")?.ok_or_else(too_long)?;
    let read = options(Js::some(options_given)).map_err(|found| thrown(CloudFlowError::of_arguments(found)))?;
    Ok(FLOWS.with_borrow_mut(|flows| {
        let mut handle = seed;
        while flows.iter().any(|(other, _)| *other == handle) {
            handle = handle.wrapping_add(1);
        }
        flows.push((handle, OpenFlow::open(text, read)));
        handle
    }))
}

/// Closes a definition.
#[wasm_bindgen(js_name = flowClose)]
pub fn flow_close(handle: u32) {
    FLOWS.with_borrow_mut(|flows| flows.retain(|(other, _)| *other != handle));
}

/// Replaces the text between two offsets in UTF-16 units.
#[wasm_bindgen(js_name = flowEdit)]
pub fn flow_edit(handle: u32, start: u32, end: u32, new_text: &JsValue) -> Result<(), JsValue> {
    let new_text = text(new_text, "text")?.ok_or_else(too_long)?;
    with(handle, |flow| {
        let (start, end) = (start as usize, end as usize);
        if flow.units() + new_text.len() > 3 * TEXT_UNITS as usize {
            return Err(too_long());
        }
        flow.edit(start, end, &new_text);
        Ok(())
    })?
}

/// The answer to a question about a range, as JSON: the engine parses thousands of ranges faster than the module makes
/// them.
#[wasm_bindgen(js_name = flowAsk)]
pub fn flow_ask(handle: u32, what: &str, start: u32, end: u32, text: &str) -> Result<String, JsValue> {
    let answer = with(handle, |flow| shape::ask(flow, what, start as usize, end as usize, text))?;
    answer.map_err(|why| error(ErrorCode::RenameRefused, &why))
}

/// The words of the text with their kinds, three numbers for each, or what can be folded, seven numbers for each.
#[wasm_bindgen(js_name = flowNumbers)]
pub fn flow_numbers(handle: u32, folding: bool) -> Result<Vec<u32>, JsValue> {
    with(handle, |flow| if folding { shape::folding(flow) } else { shape::tokens(flow) })
}

/// The current text.
#[wasm_bindgen(js_name = flowText)]
pub fn flow_text(handle: u32) -> Result<String, JsValue> {
    with(handle, |flow| flow.text().to_owned())
}

fn with<R>(handle: u32, act: impl FnOnce(&mut OpenFlow) -> R) -> Result<R, JsValue> {
    FLOWS.with_borrow_mut(|flows| match flows.iter_mut().find(|(other, _)| *other == handle) {
        Some((_, flow)) => Ok(act(flow)),
        None => Err(error(ErrorCode::Internal, "the flow is closed, or was lost with its instance")),
    })
}

fn too_long() -> JsValue {
    let most = to_decimal(TEXT_UNITS);
    error(ErrorCode::OutOfRange, &["`text` must have at most ", &most, " characters"].concat())
}
