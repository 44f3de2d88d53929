//! The output: a tree of YAML values with comments, and its text.

use std::fmt::Write as _;

use super::expression::Expr;

/// A value to be written.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    /// As written.
    Scalar(String),
    /// An expression. The key of its entry ends in `.$`.
    Expression(Expr),
    Map(Vec<Entry>),
    List(Vec<Item>),
}

/// A key and its value.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// The comments above the entry. An empty comment is an empty line.
    pub lead: Vec<String>,
    /// As written.
    pub key: String,
    pub value: Value,
    /// The comment after the entry, on the same line.
    pub trail: Option<String>,
}

/// The comments of an entry of the old definition.
#[derive(Debug, Default)]
pub(super) struct EntryComments {
    pub lead: Vec<String>,
    pub trail: Option<String>,
}

/// An item of a list.
#[derive(Debug, PartialEq)]
pub(super) struct Item {
    pub lead: Vec<String>,
    pub value: Value,
    pub trail: Option<String>,
}

impl Entry {
    /// An entry without comments. The key is quoted if necessary.
    pub fn new(key: &str, value: Value) -> Self {
        let key = match value {
            Value::Expression(_) => scalar(&[key, ".$"].concat()),
            _ => scalar(key),
        };
        Entry { lead: Vec::new(), key, value, trail: None }
    }

    /// An entry with a text, which is quoted if necessary.
    pub fn text(key: &str, text: &str) -> Self {
        Entry::new(key, Value::Scalar(scalar(text)))
    }

    /// `key.$: expression`
    pub fn expression(key: &str, expression: impl Into<Expr>) -> Self {
        Entry::new(key, Value::Expression(expression.into()))
    }

    /// The same entry with comments.
    pub fn with(self, comments: EntryComments) -> Self {
        self.lead(comments.lead).trail(comments.trail)
    }

    /// The same entry with comments above it.
    pub fn lead(mut self, lead: Vec<String>) -> Self {
        self.lead.extend(lead);
        self
    }

    /// The same entry with a comment after it.
    pub fn trail(mut self, trail: Option<String>) -> Self {
        self.trail = self.trail.or(trail);
        self
    }
}

impl Item {
    /// An item without comments.
    pub fn new(value: Value) -> Self {
        Item { lead: Vec::new(), value, trail: None }
    }
}

/// The text of a document: its entries and the comments at its end.
pub(super) fn document(entries: &[Entry], end: &[String]) -> String {
    let mut out = String::new();
    map(&mut out, entries, 0, false);
    comments(&mut out, end, 0);
    out
}

// Recursion is bounded: the output is only a few levels deeper than the input.
fn map(out: &mut String, entries: &[Entry], indent: usize, mut begun: bool) {
    for entry in entries {
        if !begun {
            comments(out, &entry.lead, indent);
            pad(out, indent);
        }
        begun = false;
        out.push_str(&entry.key);
        out.push(':');
        let trail = entry.trail.as_deref();
        match &entry.value {
            Value::Scalar(text) => {
                if !text.is_empty() {
                    out.push(' ');
                    out.push_str(text);
                }
                end_line(out, trail);
            }
            Value::Expression(expression) => match expression.lines() {
                // A folded block.
                Some(lines) => {
                    out.push_str(" >-");
                    end_line(out, trail);
                    for line in lines {
                        pad(out, indent + 2);
                        out.push_str(&line);
                        out.push('\n');
                    }
                }
                None => {
                    out.push(' ');
                    out.push_str(&scalar(&expression.to_string()));
                    end_line(out, trail);
                }
            },
            Value::Map(inner) if inner.is_empty() => {
                out.push_str(" {}");
                end_line(out, trail);
            }
            Value::List(items) if items.is_empty() => {
                out.push_str(" []");
                end_line(out, trail);
            }
            Value::Map(inner) => {
                end_line(out, trail);
                map(out, inner, indent + 2, false);
            }
            Value::List(items) => {
                end_line(out, trail);
                list(out, items, indent + 2);
            }
        }
    }
}

fn list(out: &mut String, items: &[Item], indent: usize) {
    for item in items {
        comments(out, &item.lead, indent);
        if let Value::Map(entries) = &item.value
            && let Some(first) = entries.first()
        {
            comments(out, &first.lead, indent);
        }
        pad(out, indent);
        out.push('-');
        let trail = item.trail.as_deref();
        match &item.value {
            Value::Map(entries) if !entries.is_empty() => {
                out.push(' ');
                map(out, entries, indent + 2, true);
            }
            Value::List(inner) if !inner.is_empty() => {
                end_line(out, trail);
                list(out, inner, indent + 2);
            }
            Value::Scalar(text) => {
                let _ = write!(out, " {text}");
                end_line(out, trail);
            }
            Value::Expression(expression) => {
                let _ = write!(out, " {}", scalar(&expression.to_string()));
                end_line(out, trail);
            }
            Value::Map(_) => {
                out.push_str(" {}");
                end_line(out, trail);
            }
            Value::List(_) => {
                out.push_str(" []");
                end_line(out, trail);
            }
        }
    }
}

fn end_line(out: &mut String, trail: Option<&str>) {
    if let Some(comment) = trail {
        out.push(' ');
        out.push_str(comment);
    }
    out.push('\n');
}

fn comments(out: &mut String, comments: &[String], indent: usize) {
    for comment in comments {
        if !comment.is_empty() {
            pad(out, indent);
            out.push_str(comment);
        }
        out.push('\n');
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A text as a scalar: plain if it remains the same text, or else quoted.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')) {
        json_text(text)
    } else {
        ["'", &text.replace('\'', "''"), "'"].concat()
    }
}

fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    // Excludes everything that a YAML reader may read as a number, a date or a keyword.
    let letter = first.is_alphabetic() || matches!(first, '$' | '_' | '/' | '(');
    let word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    letter
        && !word
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}'))
}

/// A text in double quotes, in the syntax of JSON and YAML.
pub(super) fn json_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
