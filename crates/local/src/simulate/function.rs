//! The built-in functions of the `StateMachine` dialect.
//!
//! Names, purposes and test values: <https://help.aliyun.com/document_detail/2579872.html>. What
//! it leaves open is decided here, and told in `docs/emulator.md`.

use std::cell::Cell;

use md5::Md5;
use regex_lite::Regex;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::Failure;
use super::expression::{equal, kind};

/// The value of a call. Arity is checked here once more: a flow may be run unchecked.
pub(super) fn call(name: &str, arguments: Vec<Value>, random: &Cell<u64>) -> Result<Value, Failure> {
    match (name, arguments.as_slice()) {
        ("arrayContains", [Value::Array(items), value]) => Ok(items.iter().any(|item| equal(item, value)).into()),
        ("arrayUnique", [Value::Array(items)]) => {
            let mut unique: Vec<Value> = Vec::new();
            for item in items {
                if !unique.iter().any(|seen| equal(seen, item)) {
                    unique.push(item.clone());
                }
            }
            Ok(Value::Array(unique))
        }
        ("format", [Value::String(template), values @ ..]) => Ok(format(template, values).into()),
        ("fromBase64", [Value::String(text)]) => {
            let bytes = from_base64(text).ok_or_else(|| wrong(name, "needs Base64"))?;
            String::from_utf8(bytes).map(Value::from).map_err(|_| wrong(name, "needs Base64 of UTF-8"))
        }
        ("fromJSON" | "stringToJson", [Value::String(text)]) => {
            serde_json::from_str(text).map_err(|_| wrong(name, "needs the text of a JSON value"))
        }
        ("get", [Value::Array(items), Value::Number(index)]) => {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            index.and_then(|index| items.get(index)).cloned().ok_or_else(|| wrong(name, "finds no such element"))
        }
        ("get", [Value::Object(object), Value::String(key)]) => {
            object.get(key).cloned().ok_or_else(|| wrong(name, "finds no such key"))
        }
        ("hash", [Value::String(text), Value::String(algorithm)]) => hash(text, algorithm),
        ("intAdd", [a, b]) => {
            let sum = a.as_i64().zip(b.as_i64()).and_then(|(a, b)| a.checked_add(b));
            sum.map(Value::from).ok_or_else(|| wrong(name, "needs two whole numbers whose sum fits"))
        }
        ("jsonMerge", [Value::Object(a), Value::Object(b)]) => {
            let mut merged = a.clone();
            merged.extend(b.clone());
            Ok(Value::Object(merged))
        }
        ("jsonToString", [value]) => Ok(value.to_string().into()),
        ("length", [Value::Array(items)]) => Ok(items.len().into()),
        ("length", [Value::Object(object)]) => Ok(object.len().into()),
        ("length", [Value::String(text)]) => Ok(text.chars().count().into()),
        ("mapKeys", [Value::Object(object)]) => Ok(object.keys().cloned().collect()),
        ("mapValues", [Value::Object(object)]) => Ok(object.values().cloned().collect()),
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
        ("regexMatchString", [Value::String(text), Value::String(pattern)]) => {
            let pattern =
                Regex::new(pattern).map_err(|problem| wrong(name, &format!("cannot read its pattern: {problem}")))?;
            Ok(pattern.is_match(text).into())
        }
        ("split", [Value::String(text), Value::String(delimiter)]) => Ok(text.split(delimiter.as_str()).collect()),
        ("toArray", values) => Ok(Value::Array(values.to_vec())),
        ("toBase64", [Value::String(text)]) => Ok(to_base64(text.as_bytes()).into()),
        ("uuid", []) => {
            let (a, b) = (next(random), next(random));
            let (a, b) = (a & !0xF000 | 0x4000, b & !(0b11 << 62) | 0b10 << 62);
            Ok(Value::from(format!(
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                a >> 32,
                a >> 16 & 0xFFFF,
                a & 0xFFFF,
                b >> 48,
                b & 0xFFFF_FFFF_FFFF
            )))
        }
        _ => {
            let kinds: Vec<&str> = arguments.iter().map(kind).collect();
            let with = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
            Err(wrong(name, &format!("cannot be called with {with}")))
        }
    }
}

fn wrong(name: &str, what: &str) -> Failure {
    Failure::expression(format!("`{name}` {what}"))
}

/// Each `{}` takes the next value; one without a value stays.
fn format(template: &str, values: &[Value]) -> String {
    let mut text = String::new();
    let mut values = values.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{}") {
        text.push_str(before);
        match values.next() {
            Some(Value::String(value)) => text.push_str(value),
            Some(value) => text.push_str(&value.to_string()),
            None => text.push_str("{}"),
        }
        rest = after;
    }
    text + rest
}

fn hash(text: &str, algorithm: &str) -> Result<Value, Failure> {
    fn hex(bytes: &[u8]) -> Value {
        Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
    match algorithm {
        "SHA-1" => Ok(hex(&Sha1::digest(text))),
        "SHA-256" => Ok(hex(&Sha256::digest(text))),
        "SHA-512" => Ok(hex(&Sha512::digest(text))),
        "MD5" => Ok(hex(&Md5::digest(text))),
        _ => Err(wrong("hash", "needs MD5, SHA-1, SHA-256 or SHA-512")),
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = BASE64.get((bits >> shift & 0x3F) as usize).copied().unwrap_or(b'=');
            text.push(if at <= chunk.len() { digit.into() } else { '=' });
        }
    }
    text
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.chunks(4) {
        let mut bits = 0;
        for &digit in chunk {
            let value = BASE64.iter().position(|&known| known == digit)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        bits <<= 6 * (4 - chunk.len());
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend([a, b, c].into_iter().take(chunk.len() - 1));
    }
    Some(bytes)
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
            ("format", json!(["hello {}", "world"]), json!("hello world")),
            ("length", json!([[1, 2, 3]]), json!(3)),
            ("length", json!(["name"]), json!(4)),
            ("fromBase64", json!(["Rm5G"]), json!("FnF")),
            ("toBase64", json!(["流 a"]), json!("5rWBIGE=")),
            ("fromBase64", json!(["5rWBIGE="]), json!("流 a")),
            ("stringToJson", json!(["{\"name\": \"Tom\", \"age\": 10}"]), json!({"name": "Tom", "age": 10})),
            ("hash", json!(["abc", "SHA-1"]), json!("a9993e364706816aba3e25717850c26c9cd0d89d")),
            ("hash", json!(["abc", "MD5"]), json!("900150983cd24fb0d6963f7d28e17f72")),
            ("regexMatchString", json!(["order-17", "-[0-9]+$"]), json!(true)),
            ("regexMatchString", json!(["order-17", "^[0-9]+$"]), json!(false)),
            ("jsonMerge", json!([{"a": 1, "b": 1}, {"b": 2}]), json!({"a": 1, "b": 2})),
            ("split", json!(["a,b", ","]), json!(["a", "b"])),
            ("intAdd", json!([1, -2]), json!(-1)),
            ("randomInt", json!([4, 4]), json!(4)),
        ] {
            let Value::Array(arguments) = arguments else { panic!("a list") };
            assert_eq!(call(name, arguments, &random).unwrap(), expected, "{name}");
        }
        for (name, arguments) in [
            ("fromBase64", vec![json!("流")]),
            ("regexMatchString", vec![json!("a"), json!("(")]),
            ("get", vec![json!([]), json!(0)]),
            ("uuid", vec![json!(1)]),
        ] {
            assert!(call(name, arguments, &random).is_err(), "{name}");
        }
    }
}
