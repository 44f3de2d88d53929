//! Plain data: one type for every answer to JavaScript.
//!
//! A serializer is compiled again for every type. The answers have many types, so they are converted to this type
//! first.

#[cfg(feature = "editor")]
use crate::shape::Range;
use serde::ser::{Serialize, SerializeSeq, SerializeStruct, Serializer};

/// A JSON value whose keys are known when it is compiled.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Plain>),
    /// An object.
    Object(Object),
    /// A range of a text: an object with two positions. Answers have thousands of them.
    #[cfg(feature = "editor")]
    Range(Range),
}

/// The keys and values of an object, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(&'static str, Plain)>);

impl Object {
    /// An object without keys.
    pub fn new() -> Self {
        Object(Vec::new())
    }

    /// The keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, Plain)> {
        self.0.iter()
    }

    /// Adds a key with a value.
    #[inline(never)]
    pub fn put(&mut self, key: &'static str, value: Plain) {
        self.0.push((key, value));
    }

    /// A text.
    #[inline(never)]
    pub fn text(&mut self, key: &'static str, text: &str) {
        self.put(key, Plain::Text(text.to_owned()));
    }

    /// Adds a key with a text, if there is one.
    #[inline(never)]
    pub fn text_if(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// A whole number.
    #[inline(never)]
    pub fn number(&mut self, key: &'static str, number: i64) {
        self.put(key, Plain::Number(number));
    }

    /// Adds a key with a whole number, if there is one.
    #[inline(never)]
    pub fn number_if(&mut self, key: &'static str, number: Option<i64>) {
        if let Some(number) = number {
            self.number(key, number);
        }
    }
}

impl Plain {
    /// A text, or `null`.
    pub fn text_or_null(text: Option<&str>) -> Self {
        text.map_or(Plain::Null, |text| Plain::Text(text.to_owned()))
    }

    /// Writes the value as JSON.
    ///
    /// ```
    /// use cloudflow_base::plain::{Object, Plain};
    ///
    /// let mut object = Object::new();
    /// object.text("a", "\"line\"\n");
    /// object.put("b", Plain::List(vec![Plain::Number(-1), Plain::Null, Plain::Boolean(true)]));
    /// let mut json = String::new();
    /// Plain::from(object).json(&mut json);
    /// assert_eq!(json, r#"{"a":"\"line\"\u000a","b":[-1,null,true]}"#);
    /// ```
    #[allow(clippy::single_char_add_str, reason = "a push encodes its character: it takes longer than a copy")]
    pub fn json(&self, out: &mut String) {
        let mut separator = "";
        match self {
            Plain::Null => out.push_str("null"),
            Plain::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Plain::Number(value) => json_number(*value, out),
            Plain::Text(text) => json_text(text, out),
            Plain::List(items) => {
                out.push_str("[");
                for item in items {
                    out.push_str(separator);
                    separator = ",";
                    item.json(out);
                }
                out.push_str("]");
            }
            Plain::Object(fields) => {
                out.push_str("{");
                for (key, value) in fields.iter() {
                    out.push_str(separator);
                    separator = ",";
                    // Keys are words.
                    out.push_str("\"");
                    out.push_str(key);
                    out.push_str("\":");
                    value.json(out);
                }
                out.push_str("}");
            }
            #[cfg(feature = "editor")]
            Plain::Range(range) => {
                let mut before = "{\"start\":";
                for place in [range.start, range.end] {
                    let numbers =
                        [("{\"line\":", place.line), (",\"column\":", place.column), (",\"offset\":", place.offset)];
                    out.push_str(before);
                    for (key, number) in numbers {
                        out.push_str(key);
                        json_number(number.into(), out);
                    }
                    before = "},\"end\":";
                }
                out.push_str("}}");
            }
        }
    }

    /// A list of values that convert to plain data.
    pub fn list<T: Into<Plain>>(items: Vec<T>) -> Self {
        Plain::List(items.into_iter().map(Into::into).collect())
    }
}

/// Writes a whole number as JSON.
#[inline(never)]
pub fn json_number(number: i64, out: &mut String) {
    let mut digits = [b'0'; 20];
    let (mut at, mut left) = (digits.len(), number.unsigned_abs());
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        (*digit, left, at) = (b'0' + (left % 10) as u8, left / 10, place);
        if left == 0 {
            break;
        }
    }
    out.push_str(if number < 0 { "-" } else { "" });
    let digits = digits.get(at..).unwrap_or_default();
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

/// Writes a text as JSON.
#[inline(never)]
#[allow(clippy::single_char_add_str, reason = "a push encodes its character: it takes longer than a copy")]
pub fn json_text(text: &str, out: &mut String) {
    out.push_str("\"");
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.push_str(text.get(from..at).unwrap_or_default());
        if byte < 0x20 {
            out.push_str(if byte < 0x10 { "\\u000" } else { "\\u001" });
            out.push(char::from_digit(u32::from(byte) & 15, 16).unwrap_or('0'));
            from = at + 1;
        } else {
            out.push_str("\\");
            from = at;
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push_str("\"");
}

impl From<Object> for Plain {
    fn from(object: Object) -> Self {
        Plain::Object(object)
    }
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Plain::Null => serializer.serialize_none(),
            Plain::Boolean(value) => serializer.serialize_bool(*value),
            // The serializer of 64 bits contains an error with a formatted message.
            Plain::Number(value) => match i32::try_from(*value) {
                Ok(value) => serializer.serialize_i32(value),
                Err(_) => serializer.serialize_f64(*value as f64),
            },
            Plain::Text(text) => serializer.serialize_str(text),
            Plain::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            #[cfg(feature = "editor")]
            Plain::Range(range) => range.object().serialize(serializer),
            // A struct, not a map, so that the serializer can reuse the keys.
            Plain::Object(Object(fields)) => {
                let mut object = serializer.serialize_struct("", fields.len())?;
                for (key, value) in fields {
                    object.serialize_field(key, value)?;
                }
                object.end()
            }
        }
    }
}
