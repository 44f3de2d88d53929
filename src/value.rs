//! JSON values of the JavaScript engine. Large texts stay there.

use std::cell::RefCell;

use js_sys::{Array, JsString, Object};
use wasm_bindgen::prelude::*;

use cloudflow_base::small;
use cloudflow_base::value::{Kind, Value};
use cloudflow_service::read::{Shape, VARIABLES, shape, variable};
use cloudflow_service::wire::execution::Execution;

#[wasm_bindgen]
extern "C" {
    /// `JSON.parse` of a text that is not copied.
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    pub(super) fn parse_json(text: &JsValue) -> Result<JsValue, JsValue>;

    /// Unlike the bindings of `js_sys` it may throw, for example for a revoked proxy.
    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn array_test(value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn object_keys(object: &JsValue) -> Result<Array, JsValue>;
    type Text;
    #[wasm_bindgen(method, js_name = isWellFormed)]
    fn is_well_formed(this: &Text) -> bool;

    /// `None` for `undefined` and `null`, without a further call.
    #[wasm_bindgen(js_namespace = Reflect, js_name = get, catch)]
    fn reflect_get(object: &JsValue, key: &JsValue) -> Result<Option<JsValue>, JsValue>;

    /// A plain object of the package. Setting a key cannot throw.
    type Fresh;
    #[wasm_bindgen(method, indexing_setter)]
    fn set(this: &Fresh, key: &JsValue, value: &JsValue);
}

/// Maximum number of keys in the table. The package itself uses some 70; the names of headers and of
/// unknown keys come from the caller.
const MAX_KEPT_KEYS: usize = 128;
/// Maximum length of the keys that [`Value::keys`] returns, in UTF-16 units. Longer ones are shortened.
const MAX_KEY_UNITS: u32 = 256;
/// Maximum number of the keys that [`Value::keys`] returns.
const MAX_KEYS: usize = 10_000;

thread_local! {
    // INVARIANT: sorted by name.
    static KEYS: RefCell<Vec<(Box<str>, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// A key as a string of the engine. Strings are kept, because making one costs more than reading a property.
#[inline(never)]
pub(super) fn key(name: &str) -> JsValue {
    KEYS.with_borrow_mut(|keys| match keys.binary_search_by(|(known, _)| (**known).cmp(name)) {
        Ok(found) => keys.get(found).map_or(JsValue::UNDEFINED, |(_, key)| key.clone()),
        Err(place) => {
            let key = JsValue::from_str(name);
            if keys.len() < MAX_KEPT_KEYS {
                keys.insert(place, (name.into(), key.clone()));
            }
            key
        }
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
        // The usual kinds need one call each.
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
        self.0 == key("")
    }

    fn boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn member(&self, name: &str) -> Option<Self> {
        // A getter that throws is an absent value.
        reflect_get(&self.0, &key(name)).ok().flatten().map(Js)
    }

    fn keys(&self) -> Vec<String> {
        let Ok(keys) = object_keys(&self.0) else { return Vec::new() };
        // The usual keys arrive in one text: one by one, each takes three calls of the host.
        let count = keys.length();
        let joined = keys.join("\n");
        if count > 0 && joined.length() <= MAX_KEY_UNITS {
            let joined = String::from(joined);
            let split: Vec<String> = small::split(&joined, "\n").into_iter().map(str::to_owned).collect();
            if split.len() == count as usize {
                return split;
            }
        }
        // Known keys are shorter and fewer. A shortened key stays unknown.
        let shown = |key: JsValue| String::from(key.unchecked_into::<JsString>().slice(0, MAX_KEY_UNITS));
        keys.iter().take(MAX_KEYS).map(shown).collect()
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

/// An execution as JavaScript sees it, made of references: no text is copied.
pub(super) fn execution(read: &Execution<Js>) -> JsValue {
    let object = Object::new();
    for (key, value) in shape(read) {
        if let Some(value) = value {
            put(&object, key, &shaped(&value));
        }
    }
    object.into()
}

fn shaped(value: &Shape<'_, Js>) -> JsValue {
    match value {
        Shape::Text(text) => text.0.clone(),
        Shape::EmptyText => key(""),
        Shape::Boolean(boolean) => JsValue::from_bool(*boolean),
        Shape::Environment(variables) => {
            let list = Array::new();
            for entry in *variables {
                let object = Object::new();
                for (key, value) in variable(entry) {
                    put(&object, key, &shaped(&value));
                }
                list.push(&object);
            }
            let environment = Object::new();
            put(&environment, VARIABLES, &list);
            environment.into()
        }
    }
}

pub(super) fn put(object: &Object, name: &str, value: &JsValue) {
    object.unchecked_ref::<Fresh>().set(&key(name), value);
}
