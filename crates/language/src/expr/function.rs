//! The built-in functions of the `StateMachine` dialect.
//!
//! Names and purposes: <https://help.aliyun.com/document_detail/2579872.html>. Only its newest translation has
//! `get`, `intAdd` and `randomInt`. The public list is not complete.

/// The kind of a value that is known without running the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not known, or any.
    Any,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
    /// A list, an object or a text: an argument of `length` and of `get`.
    Sized,
}

impl Kind {
    /// The kind in a message.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Any => "a value",
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::List => "a list",
            Kind::Object => "an object",
            Kind::Sized => "a list, an object or a text",
        }
    }

    /// True if a value of the kind `given` may be used where this kind is needed.
    pub fn accepts(self, given: Kind) -> bool {
        self == given
            || self == Kind::Any
            || given == Kind::Any
            || self == Kind::Sized && matches!(given, Kind::List | Kind::Object | Kind::Text)
    }
}

/// A built-in function.
#[derive(Debug)]
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// The kinds of its arguments.
    pub takes: &'static [Kind],
    /// The last argument may be repeated or omitted.
    pub variadic: bool,
    /// The kind of its result.
    pub gives: Kind,
    /// The signature, for messages.
    pub signature: &'static str,
    /// A page of the vendor names it.
    pub documented: bool,
}

impl Function {
    /// True if the function can be called with this number of arguments.
    pub fn accepts(&self, count: usize) -> bool {
        count == self.takes.len() || self.variadic && count + 1 >= self.takes.len()
    }
}

const fn f(name: &'static str, takes: &'static [Kind], gives: Kind, signature: &'static str) -> Function {
    Function { name, takes, variadic: false, gives, signature, documented: true }
}

use Kind::{Any, Bool, List, Number, Object, Sized, Text};

/// The known functions, sorted by name.
pub static FUNCTIONS: [Function; 20] = [
    f("arrayContains", &[List, Any], Bool, "arrayContains(array, value)"),
    f("arrayUnique", &[List], List, "arrayUnique(array)"),
    Function { variadic: true, ..f("format", &[Text, Any], Text, "format(template, value, ...)") },
    f("fromBase64", &[Text], Text, "fromBase64(text)"),
    f("fromJSON", &[Text], Any, "fromJSON(text)"),
    f("get", &[Sized, Any], Any, "get(value, key)"),
    f("hash", &[Text, Text], Text, "hash(text, algorithm)"),
    f("intAdd", &[Number, Number], Number, "intAdd(number, number)"),
    f("jsonMerge", &[Object, Object], Object, "jsonMerge(object, object)"),
    Function { documented: false, ..f("jsonToString", &[Any], Text, "jsonToString(value)") },
    f("length", &[Sized], Number, "length(value)"),
    f("mapKeys", &[Object], List, "mapKeys(object)"),
    f("mapValues", &[Object], List, "mapValues(object)"),
    f("randomInt", &[Number, Number], Number, "randomInt(number, number)"),
    f("regexMatchString", &[Text, Text], Bool, "regexMatchString(pattern, text)"),
    f("split", &[Text, Text], List, "split(text, delimiter)"),
    f("stringToJson", &[Text], Any, "stringToJson(text)"),
    Function { variadic: true, ..f("toArray", &[Any], List, "toArray(value, ...)") },
    Function { documented: false, ..f("toBase64", &[Text], Text, "toBase64(text)") },
    f("uuid", &[], Text, "uuid()"),
];

/// The algorithms of `hash`.
pub const ALGORITHMS: [&str; 4] = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

/// The function with a name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
