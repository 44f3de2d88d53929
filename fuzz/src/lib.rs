//! The runs of the fuzzers and the invariants of each run. Each module is one target of
//! `cargo fuzz`. `README.md` describes how to start them and how each decodes its bytes.

#[path = "../../crates/language/tests/it/check/invariants.rs"]
mod check;
pub mod emulator;
pub mod expression;
pub mod flow;
pub mod response;
pub mod sign;
#[path = "../../crates/language/tests/it/yaml/invariants.rs"]
mod yaml;

/// Decodes bytes like a browser, Node and the command: as UTF-8, with U+FFFD for invalid bytes.
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
