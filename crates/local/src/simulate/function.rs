//! The built-in functions of the `StateMachine` dialect.
//!
//! Names, purposes and test values: <https://help.aliyun.com/document_detail/2579872.html>. `docs/emulator.md`
//! describes undocumented behaviour.

use cloudflow_base::small;
use std::cell::Cell;
use std::collections::BTreeSet;

use md5::Md5;
use regex_lite::RegexBuilder;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::Failure;
use super::data::normal;
use super::expression::{equal, kind};
use super::meter::{MOST_OF_A_STATE, Meter, cost};

/// Evaluates a call. The number of arguments is verified, because a flow may be run without the checks. The work of a
/// call is counted before the call.
pub(super) fn call(name: &str, arguments: &[&Value], random: &Cell<u64>, meter: &Meter) -> Result<Value, Failure> {
    let text = |text: String| Value::from(text);
    match (name, arguments) {
        ("arrayContains", [list @ Value::Array(items), value]) => {
            meter.charge(cost(list))?;
            Ok(items.iter().any(|item| equal(item, value)).into())
        }
        ("arrayUnique", [list @ Value::Array(items)]) => {
            meter.charge(2 * cost(list))?;
            let mut seen = BTreeSet::new();
            Ok(items.iter().filter(|item| seen.insert(key(item))).cloned().collect())
        }
        ("format", [Value::String(template), values @ ..]) => format(template, values, meter).map(text),
        ("fromBase64", [Value::String(text)]) => {
            meter.charge(8 * text.len() as u64)?;
            let bytes = small::from_base64(text).ok_or_else(|| wrong(name, "needs Base64"))?;
            String::from_utf8(bytes).map(Value::from).map_err(|_| wrong(name, "needs Base64 of UTF-8"))
        }
        ("fromJSON" | "stringToJson", [Value::String(text)]) => {
            meter.charge(16 * text.len() as u64)?;
            super::data::json(text).map_err(|_| wrong(name, "needs the text of a JSON value"))
        }
        ("get", [Value::Array(items), Value::Number(index)]) => {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            let item = index.and_then(|index| items.get(index)).ok_or_else(|| wrong(name, "finds no such element"))?;
            meter.copy(item)
        }
        ("get", [Value::Object(object), Value::String(key)]) => {
            meter.copy(object.get(key).ok_or_else(|| wrong(name, "finds no such key"))?)
        }
        ("hash", [Value::String(text), Value::String(algorithm)]) => {
            meter.charge(16 * text.len() as u64)?;
            hash(text, algorithm)
        }
        ("intAdd", [a, b]) => {
            let sum = a.as_i64().zip(b.as_i64()).and_then(|(a, b)| a.checked_add(b));
            sum.map(|sum| Value::Number(normal(sum.into())))
                .ok_or_else(|| wrong(name, "needs two whole numbers whose sum fits"))
        }
        ("jsonMerge", [first @ Value::Object(a), second @ Value::Object(b)]) => {
            meter.charge(cost(first) + cost(second))?;
            let mut merged = a.clone();
            merged.extend(b.clone());
            Ok(Value::Object(merged))
        }
        ("jsonToString", [value]) => {
            // An escape sequence has up to six characters.
            meter.charge(4 * cost(value))?;
            Ok(text(value.to_string()))
        }
        ("length", [Value::Array(items)]) => Ok(items.len().into()),
        ("length", [Value::Object(object)]) => Ok(object.len().into()),
        ("length", [Value::String(text)]) => {
            meter.charge(text.len() as u64)?;
            Ok(text.chars().count().into())
        }
        ("mapKeys", [value @ Value::Object(object)]) => {
            meter.charge(cost(value))?;
            Ok(object.keys().cloned().collect())
        }
        ("mapValues", [value @ Value::Object(object)]) => {
            meter.charge(cost(value))?;
            Ok(object.values().cloned().collect())
        }
        ("randomInt", [a, b]) => {
            let (least, most) = a
                .as_i64()
                .zip(b.as_i64())
                .filter(|(a, b)| a <= b)
                .ok_or_else(|| wrong(name, "needs two whole numbers, the smaller one first"))?;
            let span = u128::from(most.abs_diff(least)) + 1;
            let step = i64::try_from(u128::from(next(random)) % span).unwrap_or(0);
            Ok(least.saturating_add(step).into())
        }
        // Not documented which argument is the pattern. A product with the same functions documents it first, and so
        // does `regexp.MatchString` of Go.
        ("regexMatchString", [Value::String(pattern), Value::String(text)]) => {
            matches(text, pattern, meter).map(Value::from)
        }
        ("split", [Value::String(text), Value::String(delimiter)]) => {
            // Each delimiter makes a part. An empty delimiter splits before every character.
            let parts = text.len() / delimiter.len().max(1) + 2;
            meter.charge(2 * text.len() as u64 + 16 * parts as u64)?;
            Ok(text.split(delimiter.as_str()).collect())
        }
        ("toArray", values) => {
            values.iter().map(|value| meter.copy(value)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        ("toBase64", [Value::String(text)]) => {
            meter.charge(4 * text.len() as u64)?;
            Ok(small::base64(text.as_bytes()).into())
        }
        ("uuid", []) => {
            let (a, b) = (next(random), next(random));
            let (a, b) = (a & !0xF000 | 0x4000, b & !(0b11 << 62) | 0b10 << 62);
            Ok(uuid(a, b).into())
        }
        _ => {
            let kinds: Vec<&str> = arguments.iter().map(|value| kind(value)).collect();
            let with = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
            Err(wrong(name, &format!("cannot be called with {with}")))
        }
    }
}

/// Two random numbers in the form of a UUID.
pub(crate) fn uuid(a: u64, b: u64) -> String {
    small::uuid((u128::from(a) << 64 | u128::from(b)).to_be_bytes())
}

fn wrong(name: &str, what: &str) -> Failure {
    Failure::expression(format!("`{name}` {what}"))
}

/// Replaces each `{}` by the next value. A `{}` without a value is kept.
fn format(template: &str, values: &[&Value], meter: &Meter) -> Result<String, Failure> {
    meter.charge(2 * template.len() as u64)?;
    let mut text = String::new();
    let mut values = values.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{}") {
        text.push_str(before);
        match values.next() {
            Some(Value::String(value)) => {
                meter.charge(value.len() as u64)?;
                text.push_str(value);
            }
            Some(value) => {
                meter.charge(4 * cost(value))?;
                text.push_str(&value.to_string());
            }
            None => text.push_str("{}"),
        }
        rest = after;
    }
    Ok(text + rest)
}

/// Maximum size of a compiled pattern, in bytes.
const LARGEST_PATTERN: usize = 128 * 1024;

/// Whether the text contains the pattern. The cost of the search is the size of the compiled pattern times the length
/// of the text. Both are known before the search.
fn matches(text: &str, pattern: &str, meter: &Meter) -> Result<bool, Failure> {
    let name = "regexMatchString";
    // Compiling a pattern costs far more than copying it.
    meter.charge(64 * pattern.len() as u64)?;
    let mut size = 512;
    let compiled = loop {
        // The library does not return the size. The smallest limit that accepts the pattern is an upper bound.
        meter.charge(2 * size as u64)?;
        match RegexBuilder::new(pattern).size_limit(size).build() {
            Ok(compiled) => break compiled,
            Err(problem) if !problem.to_string().contains("size limit") => {
                return Err(wrong(name, &format!("cannot read its pattern: {problem}")));
            }
            Err(_) if size < LARGEST_PATTERN => size *= 2,
            Err(_) => {
                return Err(wrong(
                    name,
                    &format!("needs a pattern that takes at most {LARGEST_PATTERN} bytes compiled"),
                ));
            }
        }
    };
    let work = (size as u64 / 8).saturating_mul(text.len() as u64 + 1);
    meter.charge(work).map_err(|_| {
        let (bytes, most) = (text.len(), MOST_OF_A_STATE / (1024 * 1024));
        let cause = format!(
            "would take more than {most} Mi units of work: the pattern takes up to {size} bytes compiled, the text {bytes}"
        );
        wrong(name, &cause)
    })?;
    Ok(compiled.is_match(text))
}

/// A text that is equal for equal values only.
// Recursion is bounded by the depth of the value.
fn key(value: &Value) -> Vec<u8> {
    fn write(value: &Value, key: &mut Vec<u8>) {
        fn text(text: &str, key: &mut Vec<u8>) {
            key.extend((text.len() as u64).to_le_bytes());
            key.extend(text.as_bytes());
        }
        match value {
            Value::Null => key.push(0),
            Value::Bool(value) => key.extend([1, u8::from(*value)]),
            Value::Number(number) => {
                // `1` and `1.0` are one number, and so are `0` and `-0`.
                let number = number.as_f64().unwrap_or_default() + 0.0;
                key.push(2);
                key.extend(number.to_bits().to_le_bytes());
            }
            Value::String(value) => {
                key.push(3);
                text(value, key);
            }
            Value::Array(items) => {
                key.push(4);
                key.extend((items.len() as u64).to_le_bytes());
                items.iter().for_each(|item| write(item, key));
            }
            Value::Object(object) => {
                key.push(5);
                key.extend((object.len() as u64).to_le_bytes());
                let sorted: std::collections::BTreeMap<&String, &Value> = object.iter().collect();
                for (name, value) in sorted {
                    text(name, key);
                    write(value, key);
                }
            }
        }
    }
    let mut key = Vec::new();
    write(value, &mut key);
    key
}

fn hash(text: &str, algorithm: &str) -> Result<Value, Failure> {
    fn hex(bytes: &[u8]) -> Value {
        small::hex(bytes).into()
    }
    match algorithm {
        "SHA-1" => Ok(hex(&Sha1::digest(text))),
        "SHA-256" => Ok(hex(&Sha256::digest(text))),
        "SHA-512" => Ok(hex(&Sha512::digest(text))),
        "MD5" => Ok(hex(&Md5::digest(text))),
        _ => Err(wrong("hash", "needs MD5, SHA-1, SHA-256 or SHA-512")),
    }
}

/// The next random number: SplitMix64, after Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators" (2014).
pub(crate) fn next(random: &Cell<u64>) -> u64 {
    let state = random.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
    random.set(state);
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The values that the vendor's page prints, and some of our own.
    #[test]
    fn published_values() {
        let random = Cell::new(7);
        for (name, arguments, expected) in [
            ("arrayContains", json!([["Tom", 10], 10]), json!(true)),
            ("arrayContains", json!([["Tom", 10], "Jack"]), json!(false)),
            ("arrayUnique", json!([[1, 2, 3, 1]]), json!([1, 2, 3])),
            (
                "arrayUnique",
                json!([[1, 1.0, "1", true, null, [0], [-0.0], {"a": 1, "b": 2}, {"b": 2, "a": 1.0}]]),
                json!([1, "1", true, null, [0], {"a": 1, "b": 2}]),
            ),
            ("format", json!(["hello {}", "world"]), json!("hello world")),
            ("length", json!([[1, 2, 3]]), json!(3)),
            ("length", json!(["name"]), json!(4)),
            ("fromBase64", json!(["Rm5G"]), json!("FnF")),
            ("toBase64", json!(["流 a"]), json!("5rWBIGE=")),
            ("fromBase64", json!(["5rWBIGE="]), json!("流 a")),
            ("stringToJson", json!(["{\"name\": \"Tom\", \"age\": 10}"]), json!({"name": "Tom", "age": 10})),
            ("hash", json!(["abc", "SHA-1"]), json!("a9993e364706816aba3e25717850c26c9cd0d89d")),
            ("hash", json!(["abc", "MD5"]), json!("900150983cd24fb0d6963f7d28e17f72")),
            ("regexMatchString", json!(["-[0-9]+$", "order-17"]), json!(true)),
            ("regexMatchString", json!(["^[0-9]+$", "order-17"]), json!(false)),
            ("jsonMerge", json!([{"a": 1, "b": 1}, {"b": 2}]), json!({"a": 1, "b": 2})),
            ("split", json!(["a,b", ","]), json!(["a", "b"])),
            ("intAdd", json!([1, -2]), json!(-1)),
            ("randomInt", json!([4, 4]), json!(4)),
        ] {
            let Value::Array(arguments) = arguments else { panic!("a list") };
            let arguments: Vec<&Value> = arguments.iter().collect();
            assert_eq!(call(name, &arguments, &random, &Meter::new(0)).unwrap(), expected, "{name}");
        }
        for (name, arguments) in [
            ("fromBase64", vec![json!("流")]),
            ("regexMatchString", vec![json!("("), json!("a")]),
            ("get", vec![json!([]), json!(0)]),
            ("uuid", vec![json!(1)]),
        ] {
            let arguments: Vec<&Value> = arguments.iter().collect();
            assert!(call(name, &arguments, &random, &Meter::new(0)).is_err(), "{name}");
        }
    }
}
