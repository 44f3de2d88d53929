//! Reads the fields of an object one by one, and collects findings about them.

use crate::diagnostic::{Code, Diagnostic, Path, PathSegment, nearest};
use crate::small::{self, to_decimal};
use crate::value::{Kind, Value};

/// Maximum length of a text in a request or an option, in UTF-16 units. The longest valid one is an STS token.
const MAX_UNITS: usize = 65_536;

/// Keys of this length may have been truncated.
const CUT_KEY: usize = 200;

/// Maximum number of reported unknown keys.
const MAX_UNKNOWN: usize = 20;

/// The object, its path, and the findings about it.
pub struct Fields<'d, V> {
    value: Option<V>,
    path: Path,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'d, V: Value> Fields<'d, V> {
    /// Starts to read `value`. A value that is not an object is reported and read as an empty object.
    pub fn new(value: Option<V>, path: Path, what: &str, diagnostics: &'d mut Vec<Diagnostic>) -> Self {
        let is_object = value.as_ref().is_some_and(|value| value.is(Kind::Object));
        if !is_object {
            let kind = value.as_ref().map_or(Kind::Null, Value::kind);
            let message = [what, " must be an object, not ", kind.name()].concat();
            diagnostics.push(Diagnostic::new(Code::WrongType, None, message).at(path.clone()));
        }
        Fields { value: value.filter(|_| is_object), path, diagnostics }
    }

    /// True if the value is an object.
    pub fn is_object(&self) -> bool {
        self.value.is_some()
    }

    /// Reports every key that is not in `known`, with the nearest known key.
    pub fn only(&mut self, known: &[&str]) {
        let Some(object) = self.value.clone() else {
            return;
        };
        let mut unknown = 0;
        for key in object.keys() {
            // `{ key: undefined }` says nothing. What came changed cannot be looked up: a lone surrogate, a cut key.
            if known.contains(&key.as_str())
                || (object.member(&key).is_none() && !has_replacement(&key) && key.len() < CUT_KEY)
            {
                continue;
            }
            unknown += 1;
            if unknown > MAX_UNKNOWN {
                break;
            }
            let hint = match nearest(&key, known.iter().copied()) {
                Some(near) => ["; did you mean `", near, "`?"].concat(),
                None => ["; known are ", &list(known)].concat(),
            };
            self.report(Code::UnknownOption, &key, ["`", &key, "` is unknown", &hint].concat());
        }
    }

    /// The field, if present.
    pub fn get(&self, key: &str) -> Option<V> {
        self.value.as_ref()?.member(key)
    }

    /// The field, if present and of this kind. Another kind is reported.
    pub fn of_kind(&mut self, key: &str, kind: Kind) -> Option<V> {
        let value = self.get(key)?;
        self.checked(key, value, kind)
    }

    /// The value of a field, if it is of this kind. Another kind is reported.
    pub fn checked(&mut self, key: &str, value: V, kind: Kind) -> Option<V> {
        if value.is(kind) {
            return Some(value);
        }
        let message = ["`", key, "` must be ", kind.name(), ", not ", value.kind().name()].concat();
        self.report(Code::WrongType, key, message);
        None
    }

    /// The text, if present.
    pub fn text(&mut self, key: &str) -> Option<String> {
        let value = self.of_kind(key, Kind::Text)?;
        // The length is checked before the text is copied.
        let units = value.units();
        if units > MAX_UNITS {
            let (length, most) = (to_decimal(units), to_decimal(MAX_UNITS));
            let message = ["`", key, "` has ", &length, " characters; the maximum is ", &most];
            self.report(Code::OutOfRange, key, message.concat());
            return None;
        }
        let text = value.text()?;
        // A copy has the replacement character in place of a lone surrogate.
        if has_replacement(&text) && !value.is_well_formed() {
            let message = ["`", key, "` has a lone surrogate: half of a character, which no request can hold"];
            self.report(Code::OutOfRange, key, message.concat());
            return None;
        }
        Some(text)
    }

    /// The boolean, if present.
    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        self.of_kind(key, Kind::Boolean)?.boolean()
    }

    /// The whole number between two bounds, if present. Other values are reported.
    pub fn integer(&mut self, key: &str, least: u32, most: u32) -> Option<u32> {
        let number = self.of_kind(key, Kind::Number)?.number()?;
        let (low, high) = (f64::from(least), f64::from(most));
        if number >= low && number <= high && number % 1.0 == 0.0 {
            // The number is whole and in range, so the conversion is exact.
            return Some(number as u32);
        }
        let range = [&*to_decimal(least), " to ", &to_decimal(most)].concat();
        let message = ["`", key, "` must be a whole number from ", &range, &shown(number)].concat();
        self.report(Code::OutOfRange, key, message);
        None
    }

    /// Reports a finding about one field.
    pub fn report(&mut self, code: Code, key: &str, message: String) {
        let path = self.path_of(key);
        self.diagnostics.push(Diagnostic::new(code, None, message).at(path));
    }

    /// The path of one field.
    pub fn path_of(&self, key: &str) -> Path {
        let mut path = self.path.clone();
        path.push(PathSegment::from(key));
        path
    }

    /// The list of findings, for functions that read a part of the object.
    pub fn diagnostics(&mut self) -> &mut Vec<Diagnostic> {
        self.diagnostics
    }
}

/// Names in backticks, joined with commas and "and".
pub fn list(names: &[&str]) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        text.push_str(match at {
            0 => "`",
            at if at + 1 == names.len() => " and `",
            _ => ", `",
        });
        text.push_str(name);
        text.push('`');
    }
    text
}

/// Only whole numbers are shown, because the standard formatter of fractions is large.
fn shown(number: f64) -> String {
    if number % 1.0 == 0.0 && number.abs() < 1e15 {
        [", not ", &to_decimal(number as i64)].concat()
    } else {
        String::new()
    }
}

/// True for a text with U+FFFD.
fn has_replacement(text: &str) -> bool {
    small::contains(text, "\u{FFFD}")
}
