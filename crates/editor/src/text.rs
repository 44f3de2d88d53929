//! Small functions on texts, each compiled once. Those of the standard library are compiled for every pattern, and need
//! tables of Unicode.

use cloudflow_base::small::find;

/// True for a byte of a name: of a state type, a member or a function. Every character that is not ASCII belongs to a name.
pub(crate) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii()
}

/// True for a byte of a path.
pub(crate) fn is_path(byte: u8) -> bool {
    is_name(byte) || matches!(byte, b'$' | b'.' | b'[' | b']' | b'*')
}

/// True for the blank.
pub(crate) fn is_blank(byte: u8) -> bool {
    byte == b' '
}

/// The number of bytes at the start of a text that belong to it.
#[inline(never)]
pub(crate) fn run(text: &str, belongs: fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !belongs(byte)).unwrap_or(text.len())
}

/// The offset of the bytes at the end of a text that belong to it.
#[inline(never)]
pub(crate) fn run_before(text: &str, belongs: fn(u8) -> bool) -> usize {
    text.bytes().rposition(|byte| !belongs(byte)).map_or(0, |at| at + 1)
}

/// The text without blanks at its start.
pub(crate) fn unindented(text: &str) -> &str {
    text.get(run(text, is_blank)..).unwrap_or_default()
}

/// The text with another text in each place of one.
#[inline(never)]
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, from) {
        out.push_str(rest.get(..at).unwrap_or_default());
        out.push_str(to);
        rest = rest.get(at + from.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The texts with another one between them.
#[inline(never)]
pub(crate) fn joined(texts: &[&str], between: &str) -> String {
    let mut out = String::new();
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        out.push_str(text);
    }
    out
}

/// The parts as one text.
#[inline(never)]
pub(crate) fn cat(parts: &[&str]) -> String {
    joined(parts, "")
}
