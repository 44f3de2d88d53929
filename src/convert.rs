//! The serializer of the boundary, and texts as arguments.

use js_sys::{Array, Object};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::error::error;
use crate::value::{is_list, put};
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_base::plain::Plain;
use cloudflow_base::text::TEXT_UNITS;

/// Maps become plain objects. Absent fields have no key.
const SERIALIZER: Serializer = Serializer::json_compatible();

/// A plain JavaScript value. Objects are made here: the serializer keeps their keys in a `HashMap`, which costs 1.2 KB
/// with gzip -9 in each module, beside the table of [`put`].
#[inline(never)]
pub(super) fn plain(value: &Plain) -> Result<JsValue, JsValue> {
    Ok(match value {
        Plain::Null => JsValue::NULL,
        Plain::Boolean(value) => to_js(value)?,
        // The serializer of 64 bits contains an error with a formatted message.
        Plain::Number(value) => to_js(&(*value as f64))?,
        Plain::Text(text) => to_js(text.as_str())?,
        Plain::List(items) => {
            let list = Array::new();
            for item in items {
                list.push(&plain(item)?);
            }
            list.into()
        }
        Plain::Range(range) => plain(&range.object())?,
        Plain::Object(fields) => {
            let object = Object::new();
            for (key, value) in fields.iter() {
                put(&object, key, &plain(value)?);
            }
            object.into()
        }
    })
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
