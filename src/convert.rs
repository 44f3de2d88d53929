//! The serializer of the boundary, and texts as arguments.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::error::error;
use crate::value::is_list;
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_base::limits::TEXT_UNITS;
use cloudflow_base::plain::Plain;

/// Maps become plain objects. Absent fields have no key.
const SERIALIZER: Serializer = Serializer::json_compatible();

/// A plain JavaScript value.
#[inline(never)]
pub(super) fn plain(value: &Plain) -> Result<JsValue, JsValue> {
    to_js(value)
}

/// A plain JavaScript value of a type of the local module. Each type adds code to the module.
pub(super) fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, JsValue> {
    // Not `to_string`, which needs the standard formatter.
    value.serialize(&SERIALIZER).map_err(JsValue::from)
}

/// Maximum length of a text, in UTF-16 units: sixteen times the limit of the service.
pub(super) const MAX_UNITS: u32 = TEXT_UNITS;

/// The text of an argument. `None` if it is too long, which is checked before it is copied. An argument that is not a
/// text throws.
pub(super) fn text(value: &JsValue, what: &str) -> Result<Option<String>, JsValue> {
    if value.dyn_ref::<js_sys::JsString>().is_some_and(|text| text.length() > MAX_UNITS) {
        return Ok(None);
    }
    let text = value.as_string().map(Some);
    text.ok_or_else(|| error(ErrorCode::NotAText, &["`", what, "` must be a string, not ", kind_of(value)].concat()))
}

/// The type of a value in the terms of JavaScript.
pub(super) fn kind_of(value: &JsValue) -> &'static str {
    if value.is_null() {
        "null"
    } else if value.is_undefined() {
        "undefined"
    } else if value.is_string() {
        "a string"
    } else if value.as_bool().is_some() {
        "a boolean"
    } else if value.as_f64().is_some() {
        "a number"
    } else if value.is_function() {
        "a function"
    } else if is_list(value) {
        "an array"
    } else {
        "an object"
    }
}
