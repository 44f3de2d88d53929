//! What the fuzzers run, and what must hold of every run. Each module is one target of
//! `cargo fuzz`; `README.md` says how to start them and how each reads its bytes.

#[path = "../../crates/language/tests/it/check/look.rs"]
mod check;
pub mod emulator;
pub mod expression;
pub mod flow;
pub mod response;
pub mod sign;
#[path = "../../crates/language/tests/it/yaml/look.rs"]
mod yaml;

/// Bytes as the product reads them: a browser, Node and the command decode UTF-8, and put U+FFFD in
/// the place of what is none.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The next part of `bytes`, up to `end`.
fn part<'b>(bytes: &mut &'b [u8], end: u8) -> &'b [u8] {
    let at = bytes.iter().position(|byte| *byte == end).unwrap_or(bytes.len());
    let (part, rest) = bytes.split_at(at);
    *bytes = rest.get(1..).unwrap_or_default();
    part
}
