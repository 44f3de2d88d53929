//! Plain data across the boundary, and what a JavaScript caller may hand in for a text.

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use super::{error, value};
use crate::api::plain::Plain;

/// A plain JavaScript value. By hand: a serializer brings its errors, its formatter and a hash
/// table along.
#[inline(never)]
pub(super) fn plain(value: &Plain) -> JsValue {
    match value {
        Plain::Null => JsValue::NULL,
        Plain::Boolean(value) => JsValue::from_bool(*value),
        Plain::Number(value) => JsValue::from_f64(*value as f64),
        Plain::Text(text) => JsValue::from_str(text),
        Plain::List(items) => {
            let list = Array::new();
            for item in items {
                list.push(&plain(item));
            }
            list.into()
        }
        Plain::Object(fields) => {
            let object = Object::new();
            for (key, value) in fields.fields() {
                value::put(&object, key, &plain(value));
            }
            object.into()
        }
    }
}

/// A plain JavaScript value of a shape of the local build. Each shape costs code of its own.
#[cfg(feature = "local")]
pub(super) fn to_js<T: serde::Serialize + ?Sized>(value: &T) -> Result<JsValue, JsValue> {
    // Maps become plain objects and an absent field stays absent.
    const SERIALIZER: serde_wasm_bindgen::Serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&SERIALIZER).map_err(|problem| error::internal(&problem.to_string()))
}

/// The text an argument holds. A wrong call throws; a wrong text is an answer.
pub(super) fn text(value: &JsValue, what: &str) -> Result<String, JsValue> {
    value
        .as_string()
        .ok_or_else(|| error::request("not-a-text", &["`", what, "` must be a string, not ", kind_of(value)].concat()))
}

/// What a value is, in the caller's words.
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
    } else if js_sys::Array::is_array(value) {
        "an array"
    } else {
        "an object"
    }
}
