//! The built-in functions of the `StateMachine` dialect.
//!
//! Names and purposes: <https://help.aliyun.com/document_detail/2579872.html>. Only its newest translation has
//! `get`, `intAdd` and `randomInt`. The public list is not complete.

/// A built-in function.
#[derive(Debug)]
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// Minimum number of arguments.
    pub least: u8,
    /// Maximum number of arguments. `u8::MAX` if there is none.
    pub most: u8,
    /// The signature, for messages.
    pub signature: &'static str,
}

const fn f(name: &'static str, least: u8, most: u8, signature: &'static str) -> Function {
    Function { name, least, most, signature }
}

/// The known functions, sorted by name.
pub static FUNCTIONS: [Function; 20] = [
    f("arrayContains", 2, 2, "arrayContains(array, value)"),
    f("arrayUnique", 1, 1, "arrayUnique(array)"),
    f("format", 1, u8::MAX, "format(template, value, ...)"),
    f("fromBase64", 1, 1, "fromBase64(text)"),
    f("fromJSON", 1, 1, "fromJSON(text)"),
    f("get", 2, 2, "get(value, key)"),
    f("hash", 2, 2, "hash(text, algorithm)"),
    f("intAdd", 2, 2, "intAdd(number, number)"),
    f("jsonMerge", 2, 2, "jsonMerge(object, object)"),
    f("jsonToString", 1, 1, "jsonToString(value)"),
    f("length", 1, 1, "length(value)"),
    f("mapKeys", 1, 1, "mapKeys(object)"),
    f("mapValues", 1, 1, "mapValues(object)"),
    f("randomInt", 2, 2, "randomInt(number, number)"),
    f("regexMatchString", 2, 2, "regexMatchString(text, text)"),
    f("split", 2, 2, "split(text, delimiter)"),
    f("stringToJson", 1, 1, "stringToJson(text)"),
    f("toArray", 0, u8::MAX, "toArray(value, ...)"),
    f("toBase64", 1, 1, "toBase64(text)"),
    f("uuid", 0, 0, "uuid()"),
];

/// The function with a name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
