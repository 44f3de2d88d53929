//! JSON values that live in the JavaScript engine: large texts stay there.

use std::cell::RefCell;

use js_sys::{Array, JsString, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::wire::execution::Execution;
use crate::wire::value::{Kind, Value};

#[wasm_bindgen]
extern "C" {
    /// `JSON.parse` of a text that stays where it is.
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    pub(super) fn parse_json(text: &JsValue) -> Result<JsValue, JsValue>;

    /// A plain object of ours: it takes every key, so that nothing has to be caught.
    type Fresh;
    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &Fresh, key: &JsValue, value: &JsValue);
}

/// More keys than ours are the caller's, and need not be kept.
const KEPT_KEYS: usize = 96;

thread_local! {
    static KEYS: RefCell<Vec<(Box<str>, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// A key as the engine knows it. It is made once: that costs more than what it is used for.
#[inline(never)]
pub(super) fn key(name: &str) -> JsValue {
    // Nothing of the caller's runs while the table is borrowed.
    KEYS.with_borrow_mut(|keys| {
        if let Some((_, key)) = keys.iter().find(|(known, _)| **known == *name) {
            return key.clone();
        }
        let key = JsValue::from_str(name);
        if keys.len() < KEPT_KEYS {
            keys.push((name.into(), key.clone()));
        }
        key
    })
}

/// A value of the engine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Js(pub(super) JsValue);

impl Js {
    /// The value, unless it is `undefined` or `null`.
    pub(super) fn some(value: JsValue) -> Option<Self> {
        (!value.is_undefined() && !value.is_null()).then_some(Js(value))
    }
}

impl Value for Js {
    fn kind(&self) -> Kind {
        let value = &self.0;
        if value.is_string() {
            Kind::Text
        } else if value.is_undefined() || value.is_null() {
            Kind::Null
        } else if value.is_function() {
            Kind::Function
        } else if Array::is_array(value) {
            Kind::List
        } else if value.is_object() {
            Kind::Object
        } else if value.as_bool().is_some() {
            Kind::Boolean
        } else if value.as_f64().is_some() {
            Kind::Number
        } else {
            Kind::Other
        }
    }

    fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn is_empty_text(&self) -> bool {
        self.0.is_string() && self.0.unchecked_ref::<JsString>().length() == 0
    }

    fn boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn member(&self, name: &str) -> Option<Self> {
        // A getter that throws has nothing to say.
        Reflect::get(&self.0, &key(name)).ok().and_then(Js::some)
    }

    fn keys(&self) -> Vec<String> {
        Object::keys(self.0.unchecked_ref::<Object>()).iter().filter_map(|key| JsValue::from(key).as_string()).collect()
    }

    fn len(&self) -> usize {
        self.0.dyn_ref::<Array>().map_or(0, |list| list.length() as usize)
    }

    fn item(&self, index: usize) -> Option<Self> {
        let list = self.0.dyn_ref::<Array>()?;
        Js::some(list.get(u32::try_from(index).ok()?))
    }

    fn holds_json(&self) -> bool {
        parse_json(&self.0).is_ok()
    }
}

/// `Execution` as `api::read` shapes it, made of references: no text is copied.
pub(super) fn execution(read: &Execution<Js>) -> JsValue {
    let object = Object::new();
    let set = |key: &str, value: &JsValue| put(&object, key, value);
    let empty = JsValue::from_str("");
    let or_empty = |value: &Option<Js>| value.as_ref().map_or_else(|| empty.clone(), |value| value.0.clone());
    set("requestId", &or_empty(&read.request_id));
    set("flowName", &read.flow_name.0);
    set("name", &read.name.0);
    set("status", &read.status.0);
    set("done", &JsValue::from_bool(read.done));
    let optional = [
        ("startedTime", &read.started_time),
        ("stoppedTime", &read.stopped_time),
        ("input", &read.input),
        ("output", &read.output),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            set(key, &value.0);
        }
    }
    set("flowDefinition", &or_empty(&read.flow_definition));
    if let Some(variables) = &read.environment {
        let list = Array::new();
        for variable in variables {
            let entry = Object::new();
            put(&entry, "name", &variable.name.0);
            put(&entry, "value", &or_empty(&variable.value));
            list.push(&entry);
        }
        let environment = Object::new();
        put(&environment, "variables", &list);
        set("environment", &environment);
    }
    object.into()
}

pub(super) fn put(object: &Object, name: &str, value: &JsValue) {
    object.unchecked_ref::<Fresh>().set(&key(name), value);
}
