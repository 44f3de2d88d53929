//! A JSON value of any implementation: the JavaScript engine, or `serde_json` natively.

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`, or absent.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
    /// An object with keys.
    Object,
    /// A function. Only the options of a caller have one.
    Function,
    /// Any other value that is not JSON.
    Other,
}

impl Kind {
    /// The name in messages, with its article.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Null => "nothing",
            Kind::Boolean => "a boolean",
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::List => "a list",
            Kind::Object => "an object",
            Kind::Function => "a function",
            Kind::Other => "something that is not JSON",
        }
    }
}

/// One value. Reading it copies as little as possible: only [`Value::text`] copies a text, and a large text can be
/// passed on without calling it.
pub trait Value: Clone {
    /// The kind.
    fn kind(&self) -> Kind;
    /// True if the value is of this kind.
    fn is(&self, kind: Kind) -> bool {
        self.kind() == kind
    }
    /// The text, if the value is a text.
    fn text(&self) -> Option<String>;
    /// The length of a text in UTF-16 units, without reading it. Only for a value that is a text.
    fn units(&self) -> usize {
        self.text().map_or(0, |text| text.chars().map(char::len_utf16).sum())
    }
    /// False for a text with a lone surrogate, which a URL cannot contain.
    fn is_well_formed(&self) -> bool {
        true
    }
    /// True for the text `""`.
    fn is_empty_text(&self) -> bool;
    /// The boolean, if the value is a boolean.
    fn boolean(&self) -> Option<bool>;
    /// The number, if the value is a number.
    fn number(&self) -> Option<f64>;
    /// The value of a key. `None` if the key is absent or the value is `null`.
    fn member(&self, key: &str) -> Option<Self>;
    /// The keys of an object, in order.
    fn keys(&self) -> Vec<String>;
    /// The length of a list.
    fn len(&self) -> usize;
    /// An entry of a list. `None` if it is absent or `null`.
    fn item(&self, index: usize) -> Option<Self>;
    /// True for a text that is itself JSON.
    fn holds_json(&self) -> bool;

    /// True for a list without entries.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(any(test, feature = "serde_json"))]
impl Value for &serde_json::Value {
    fn kind(&self) -> Kind {
        match self {
            serde_json::Value::Null => Kind::Null,
            serde_json::Value::Bool(_) => Kind::Boolean,
            serde_json::Value::Number(_) => Kind::Number,
            serde_json::Value::String(_) => Kind::Text,
            serde_json::Value::Array(_) => Kind::List,
            serde_json::Value::Object(_) => Kind::Object,
        }
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn is_empty_text(&self) -> bool {
        self.as_str().is_some_and(str::is_empty)
    }

    fn boolean(&self) -> Option<bool> {
        self.as_bool()
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn member(&self, key: &str) -> Option<Self> {
        self.get(key).filter(|value| !value.is_null())
    }

    fn keys(&self) -> Vec<String> {
        self.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.as_array().map_or(0, Vec::len)
    }

    fn item(&self, index: usize) -> Option<Self> {
        self.get(index).filter(|value| !value.is_null())
    }

    fn holds_json(&self) -> bool {
        self.as_str().is_some_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok())
    }
}
