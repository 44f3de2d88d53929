//! Corrections in the notation of the text: a quoted word stays quoted, and JSON stays JSON.

use cloudflow_base::diagnostic::{Diagnostic, Edit};
use cloudflow_base::small::{contains, split, split_once, trim_end};

/// Writes quotes where a correction replaces a quoted word, and around the words that it inserts into JSON.
///
/// A key in quotes may be followed by its value without a blank. Without the quotes, key and value would be one word.
pub(crate) fn keep_notation(text: &str, diagnostics: &mut [Diagnostic]) {
    let mut json = None;
    for edit in diagnostics.iter_mut().filter_map(|found| found.fix.as_mut()).flat_map(|fix| &mut fix.edits) {
        let written = if edit.span.start == edit.span.end {
            let is_json = *json.get_or_insert_with(|| is_json(text));
            is_json.then(|| entries(&edit.new_text)).flatten()
        } else {
            replaced(text, edit)
        };
        if let Some(written) = written {
            edit.new_text = written;
        }
    }
}

/// True for an object whose first key is in double quotes.
fn is_json(text: &str) -> bool {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_ascii_start();
    text.strip_prefix('{').is_some_and(|rest| rest.trim_ascii_start().starts_with('"'))
}

/// The replacement of a quoted word in the same quotes.
fn replaced(text: &str, edit: &Edit) -> Option<String> {
    let (start, end) = (edit.span.start as usize, edit.span.end as usize);
    let old = text.get(start..end)?;
    let quote = old.get(..1).filter(|quote| matches!(*quote, "\"" | "'"))?;
    let inner = old.strip_prefix(quote)?.strip_suffix(quote)?;
    let before = trim_end(text.get(..start)?, " \t").bytes().next_back();
    let after = text.get(end..)?.bytes().find(|byte| !matches!(byte, b' ' | b'\t'));
    // In an expression, quotes have another meaning.
    let is_whole = !contains(inner, quote)
        && matches!(before, None | Some(b'\n' | b'\r' | b'{' | b'[' | b',' | b':' | b'-' | b'?'))
        && matches!(after, None | Some(b'\n' | b'\r' | b'}' | b']' | b',' | b':' | b'#'));
    let new = edit.new_text.as_str();
    (is_whole && is_word(new) && (after == Some(b':') || !has_type(new))).then(|| [quote, new, quote].concat())
}

/// Inserted entries, such as `End: true, `, with their words in double quotes. Absent for any other text.
fn entries(text: &str) -> Option<String> {
    let mut out = String::new();
    for (i, part) in split(text, ", ").into_iter().enumerate() {
        out += if i > 0 { ", " } else { "" };
        if part.is_empty() {
            continue;
        }
        let (key, value) = split_once(part, ": ")?;
        if !is_word(key) || !is_word(value) {
            return None;
        }
        let quote = if has_type(value) { "" } else { "\"" };
        out += &["\"", key, "\": ", quote, value, quote].concat();
    }
    Some(out)
}

/// True for a text that means the same with quotes and without them, except for its type.
fn is_word(text: &str) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || *byte == b'_';
    let (Some(first), Some(last)) = (text.as_bytes().first(), text.as_bytes().last()) else { return false };
    // Before a blank, a colon would end a key.
    is_letter(first)
        && *last != b' '
        && *last != b':'
        && !contains(text, ": ")
        && text.bytes().all(|byte| is_letter(&byte) || matches!(byte, b'-' | b'.' | b'/' | b'$' | b' ' | b':'))
}

/// True for a number, a boolean or null.
fn has_type(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || text.as_bytes().first().is_some_and(u8::is_ascii_digit)
}
