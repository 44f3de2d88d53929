//! JSON values that live in the JavaScript engine: large texts stay there.

use std::cell::RefCell;

use js_sys::{Array, JsString, Object};
use wasm_bindgen::prelude::*;

use cloudflow_base::value::{Kind, Value};
use cloudflow_service::wire::execution::Execution;

#[wasm_bindgen]
extern "C" {
    /// `JSON.parse` of a text that stays where it is.
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    pub(super) fn parse_json(text: &JsValue) -> Result<JsValue, JsValue>;

    /// Unlike the bindings of `js_sys` it may throw: a proxy may have been revoked.
    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn array_test(value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn object_keys(object: &JsValue) -> Result<Array, JsValue>;
    type Text;
    #[wasm_bindgen(method, js_name = isWellFormed)]
    fn is_well_formed(this: &Text) -> bool;

    /// As one call: what is `undefined` or `null` need not be asked for.
    #[wasm_bindgen(js_namespace = Reflect, js_name = get, catch)]
    fn reflect_get(object: &JsValue, key: &JsValue) -> Result<Option<JsValue>, JsValue>;

    /// A plain object of ours: it takes every key, so that nothing has to be caught.
    type Fresh;
    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &Fresh, key: &JsValue, value: &JsValue);
}

/// Where keys are kept: each at the place that its letters say, or at one of the next few. What finds
/// no place is the caller's, and need not be kept.
const PLACES: usize = 256;
const NEXT: usize = 8;

/// Names of keys and their JavaScript strings, by slot.
type Keys = Vec<Option<(Box<str>, JsValue)>>;
/// Keys are read up to this length,
const LONGEST_KEY: u32 = 256;
/// and this number.
const MOST_KEYS: usize = 10_000;

thread_local! {
    static KEYS: RefCell<Keys> = const { RefCell::new(Vec::new()) };
    static EMPTY: JsValue = JsValue::from_str("");
}

/// A key as the engine knows it. It is made once: that costs more than what it is used for.
pub(super) fn key(name: &str) -> JsValue {
    with_key(name, JsValue::clone)
}

/// Calls `used` with a key as the engine knows it. What that calls may come back here.
#[inline(never)]
fn with_key<T>(name: &str, used: impl FnOnce(&JsValue) -> T) -> T {
    let bytes = name.as_bytes();
    let byte = |at: Option<&u8>| at.map_or(0, |byte| usize::from(*byte));
    let middle = byte(bytes.get(bytes.len() / 2));
    let first = (byte(bytes.first()) * 3 + byte(bytes.last()) * 7 + middle * 31 + bytes.len() * 13) % PLACES;
    KEYS.with(|keys| {
        if let Ok(keys) = keys.try_borrow() {
            let places = keys.iter().skip(first).take(NEXT);
            if let Some((_, key)) = places.map_while(Option::as_ref).find(|(known, _)| **known == *name) {
                return used(key);
            }
        }
        let key = JsValue::from_str(name);
        if let Ok(mut keys) = keys.try_borrow_mut() {
            if keys.is_empty() {
                keys.resize(PLACES + NEXT, None);
            }
            if let Some(place) = keys.iter_mut().skip(first).take(NEXT).find(|place| place.is_none()) {
                *place = Some((name.into(), key.clone()));
            }
        }
        used(&key)
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

/// True for a list of any realm.
pub(super) fn is_list(value: &JsValue) -> bool {
    array_test(value).unwrap_or(false)
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
        } else if is_list(value) {
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

    fn is(&self, kind: Kind) -> bool {
        // The usual questions in one call each.
        match kind {
            Kind::Text => self.0.is_string(),
            Kind::Object => self.0.is_object() && !is_list(&self.0),
            Kind::List => is_list(&self.0),
            _ => self.kind() == kind,
        }
    }

    fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    fn units(&self) -> usize {
        self.0.unchecked_ref::<JsString>().length() as usize
    }

    fn is_well_formed(&self) -> bool {
        !self.0.is_string() || self.0.unchecked_ref::<Text>().is_well_formed()
    }

    fn is_empty_text(&self) -> bool {
        EMPTY.with(|empty| self.0 == *empty)
    }

    fn boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn member(&self, name: &str) -> Option<Self> {
        // A getter that throws has nothing to say.
        with_key(name, |key| reflect_get(&self.0, key)).ok().flatten().map(Js)
    }

    fn keys(&self) -> Vec<String> {
        let Ok(keys) = object_keys(&self.0) else { return Vec::new() };
        // Nothing that is known is as long, nor are so many; what is cut is still unknown.
        let shown = |key: JsValue| String::from(key.unchecked_into::<JsString>().slice(0, LONGEST_KEY));
        keys.iter().take(MOST_KEYS).map(shown).collect()
    }

    fn len(&self) -> usize {
        let length = reflect_get(&self.0, &key("length")).ok().flatten().and_then(|length| length.as_f64());
        length.filter(|_| is_list(&self.0)).map_or(0, |length| length as usize)
    }

    fn item(&self, index: usize) -> Option<Self> {
        let index = JsValue::from_f64(f64::from(u32::try_from(index).ok()?));
        reflect_get(&self.0, &index).ok().flatten().map(Js)
    }

    fn holds_json(&self) -> bool {
        parse_json(&self.0).is_ok()
    }
}

/// `Execution` as `api::read` shapes it, made of references: no text is copied.
pub(super) fn execution(read: &Execution<Js>) -> JsValue {
    let object = Object::new();
    let set = |key: &str, value: &JsValue| put(&object, key, value);
    let empty = EMPTY.with(JsValue::clone);
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
    with_key(name, |key| object.unchecked_ref::<Fresh>().set(key, value));
}
