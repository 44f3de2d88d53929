//! The data of an execution. A value is shared, and its size and its text are computed once.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use serde_json::{Number, Value};

/// Values with more parts are kept as text.
const LARGE: usize = 256;

/// Reads JSON with the numbers of JavaScript and of the service: see [`normal`].
pub(crate) fn json(text: &str) -> serde_json::Result<Value> {
    // Recursion is bounded by the depth that the parser allows.
    fn walk(value: &mut Value) {
        match value {
            Value::Number(number) => *number = normal(number.clone()),
            Value::Array(items) => items.iter_mut().for_each(walk),
            Value::Object(object) => object.values_mut().for_each(walk),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    let mut value = serde_json::from_str(text)?;
    walk(&mut value);
    Ok(value)
}

/// A number as a 64-bit float, in its shortest form: `-0` is `0`, `1.0` is `1`, and a whole number above 2^53 is the
/// nearest one that a float can represent. All ways into the interpreter have the same numbers therefore: JavaScript
/// values, JSON text and definitions.
pub(super) fn normal(number: Number) -> Number {
    /// 2^53: up to it every whole number is a float.
    const EXACT: u64 = 1 << 53;
    if number.as_i64().is_some_and(|number| number.unsigned_abs() <= EXACT) {
        return number;
    }
    let Some(float) = number.as_f64() else { return number };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
    let (signed, unsigned) = (float as i64, float as u64);
    #[allow(clippy::cast_precision_loss, reason = "compared with the float")]
    match (signed as f64 == float, unsigned as f64 == float) {
        // 2^63 and 2^64 saturate to numbers that are not equal to the float.
        (true, _) if signed < i64::MAX => signed.into(),
        (_, true) if unsigned < u64::MAX => unsigned.into(),
        _ => Number::from_f64(float).unwrap_or(number),
    }
}

/// A value that many states and events share.
#[derive(Clone)]
pub struct Data(Rc<Inner>);

struct Inner {
    value: Value,
    bytes: OnceCell<usize>,
    text: OnceCell<Rc<str>>,
    counted: Cell<bool>,
}

impl Data {
    /// Shares a value.
    pub fn new(value: Value) -> Self {
        Data(Rc::new(Inner { value, bytes: OnceCell::new(), text: OnceCell::new(), counted: Cell::new(false) }))
    }

    /// The value. It is copied only if it is shared.
    pub(super) fn into_value(self) -> Value {
        Rc::try_unwrap(self.0).map_or_else(|shared| shared.value.clone(), |inner| inner.value)
    }

    /// The size as JSON in bytes, and whether it was measured by this call.
    pub(crate) fn bytes(&self) -> (usize, bool) {
        let known = self.0.bytes.get().copied();
        let bytes = known.unwrap_or_else(|| *self.0.bytes.get_or_init(|| self.measure()));
        (bytes, known.is_none())
    }

    /// The text of a value with many parts. A list of numbers needs a tenth of the memory as text.
    pub(super) fn large_text(&self) -> Option<Rc<str>> {
        self.bytes();
        self.0.text.get().cloned()
    }

    /// True for the first call only, so that shared data are counted once.
    pub(super) fn count(&self) -> bool {
        !self.0.counted.replace(true)
    }

    fn measure(&self) -> usize {
        if is_large(&self.0.value) {
            return self.0.text.get_or_init(|| self.0.value.to_string().into()).len();
        }
        struct Count(usize);
        impl std::io::Write for Count {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0 += bytes.len();
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut count = Count(0);
        // Counting does not fail, and every key is a text.
        let _ = serde_json::to_writer(&mut count, &self.0.value);
        count.0
    }
}

impl Deref for Data {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0.value
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.0.value == other.0.value
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.value, f)
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.value, f)
    }
}

/// Whether the value has more than [`LARGE`] parts. Stops counting there.
fn is_large(value: &Value) -> bool {
    let mut left = LARGE;
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        let parts = match value {
            Value::Array(items) => items.len(),
            Value::Object(object) => object.len(),
            _ => continue,
        };
        match left.checked_sub(parts) {
            None => return true,
            Some(fewer) => left = fewer,
        }
        match value {
            Value::Array(items) => todo.extend(items),
            Value::Object(object) => todo.extend(object.values()),
            _ => {}
        }
    }
    false
}
