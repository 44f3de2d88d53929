//! The place of the cursor in a line, and the text with a placeholder there, which the YAML reader can read.

use cloudflow_base::text::{Progress, Span};
use cloudflow_language::yaml::{Kind, Node, Style};

use crate::spot::Spot;
use crate::text::{run, unindented};
use crate::view::{View, line_end, line_start, part};

/// The key or value in place of a missing one.
pub(super) const PLACEHOLDER: &str = "__";

pub(super) struct Cursor {
    /// The text with the placeholder.
    pub text: String,
    /// The cursor. It is moved over the blanks before a value.
    pub at: usize,
    /// The word at the cursor, in the text without the placeholder.
    pub word: Span,
    /// The key has its colon.
    pub colon: bool,
    /// The cursor is in brackets.
    pub in_flow: bool,
    /// The column of the key, in bytes, from 0.
    pub column: usize,
    /// The inserted text must begin with a blank.
    pub blank: bool,
    /// There is no word.
    pub is_empty: bool,
    /// The word is a key.
    pub key: bool,
    /// The placeholder begins an item of a list, with its dash.
    pub dash: bool,
}

/// What a key without a dash may be instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An item of the list whose dashes are in this column.
    Item,
    /// An item of a list, or a key beside the key of the list.
    ItemOrKey,
}

/// The part of a line that contains the cursor.
struct Segment {
    /// Offset of its start in the line.
    start: usize,
    /// A value, not a key.
    value: bool,
    in_flow: bool,
    quote: Option<u8>,
}

impl Cursor {
    /// Absent if nothing can be completed: in a comment, and directly after a dash.
    pub fn find(view: &View<'_>, at: usize) -> Option<Self> {
        let text = view.text;
        let (mut start, end) = (line_start(text, at), line_end(text, at));
        // A byte order mark is not a part of the first word.
        if start == 0 && text.starts_with('\u{feff}') {
            start = at.min('\u{feff}'.len_utf8());
        }
        let spot = Spot::find(view, at);
        let unchanged = |word: Span| Cursor {
            text: text.to_owned(),
            at,
            word,
            colon: false,
            in_flow: false,
            column: 0,
            blank: false,
            is_empty: false,
            key: false,
            dash: false,
        };
        if let Some(node) = spot.value.filter(|node| is_inside(*node, start, at))
            && (node.style() != Style::Plain || spot.is_expression(node.text().unwrap_or_default()))
        {
            return Some(unchanged(Span::at(at)));
        }
        let head = part(text, start, at);
        let Segment { start: from, value, in_flow, quote } = segment(head, in_brackets(view, start))?;
        let typed = part(head, from, head.len());
        let blanks = typed.len() - typed.trim_ascii_start().len();
        let word = start + from + blanks;
        let tail = part(text, at, end);
        let mut cursor = Cursor { in_flow, column: from + blanks, ..unchanged(Span::at(at)) };
        if value {
            cursor.is_empty = word == at;
            // A text directly after the colon is a part of the key.
            cursor.blank = cursor.is_empty && blanks == 0 && head.ends_with(':');
            if cursor.is_empty {
                let rest = tail.trim_ascii_start();
                let is_free = rest.is_empty() || rest.starts_with([',', '}', ']', '#']);
                if !is_free {
                    cursor.is_empty = false;
                    cursor.at = at + tail.len() - rest.len();
                    cursor.word = Span::at(at);
                    return Some(cursor);
                }
                let before = if cursor.blank { " " } else { "" };
                let after = if rest.starts_with('#') { " " } else { "" };
                cursor.text.insert_str(at, &[before, PLACEHOLDER, after].concat());
            } else if let Some(quote) = quote
                && !tail.as_bytes().contains(&quote)
            {
                cursor.text.insert(at + tail.trim_ascii_end().len(), char::from(quote));
            }
            cursor.word = Span::new(word, at);
            return Some(cursor);
        }
        let is_part = |byte| !matches!(byte, b' ' | b'\t' | b':' | b',' | b'}' | b']' | b'{' | b'[' | b'#');
        let rest = tail.get(run(tail, is_part)..).unwrap_or_default();
        let after = end - rest.len();
        cursor.word = Span::new(word, after);
        cursor.colon = unindented(rest).starts_with(':');
        cursor.is_empty = word == after;
        let mut inserted = String::new();
        if cursor.is_empty {
            inserted.push_str(PLACEHOLDER);
        }
        if !cursor.colon && !in_flow {
            inserted.push_str(": ");
        }
        cursor.text.insert_str(after, &inserted);
        cursor.key = true;
        Some(cursor)
    }

    /// The same place, in an item of a list.
    pub fn with_dash(&self) -> Self {
        let mut text = self.text.clone();
        text.insert_str(self.word.start as usize, DASH);
        Cursor { text, at: self.at + DASH.len(), dash: true, ..*self }
    }

    /// Absent if only a key can begin at the cursor.
    pub fn item(&self, text: &str, at: usize) -> Option<Place> {
        let start = line_start(text, at);
        let is_first = part(text, start, self.word.start as usize).trim_ascii_start().is_empty();
        if !self.key || self.colon || self.in_flow || !is_first {
            return None;
        }
        // The lines above, up to the one that contains the list.
        let (mut end, mut in_list, mut nearest) = (start, false, true);
        while end > 0 {
            let above = line_start(text, end - 1);
            let line = part(text, above, end).trim_ascii_end();
            end = above;
            let content = unindented(line);
            let indent = line.len() - content.len();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let is_nearest = std::mem::replace(&mut nearest, false);
            if indent > self.column {
                continue;
            }
            if indent == self.column && (content == "-" || content.starts_with(DASH)) {
                in_list = true;
                continue;
            }
            let mut word = content;
            while let Some(rest) = word.strip_prefix(DASH) {
                word = unindented(rest);
            }
            let is_beside = line.len() - word.len() == self.column;
            let is_open = in_list || is_nearest && is_beside && word.ends_with(':');
            return is_open.then_some(if is_beside { Place::ItemOrKey } else { Place::Item });
        }
        in_list.then_some(Place::Item)
    }
}

/// The start of an item.
const DASH: &str = "- ";

/// True if the cursor is in a scalar that began in a line before, which starts at `line`.
fn is_inside(node: Node<'_>, line: usize, at: usize) -> bool {
    let span = node.span();
    (span.start as usize) < line && at <= span.end as usize
}

/// True if a line begins in brackets.
fn in_brackets(view: &View<'_>, line: usize) -> bool {
    let mut next = view.tree.root();
    while let Some(node) = next.take() {
        let span = node.span();
        if node.kind() != Kind::Scalar && node.style() == Style::Flow {
            return (span.start as usize) < line && line < span.end as usize;
        }
        let is_before = |node: &Node<'_>| node.span().start as usize <= line;
        next = match node.kind() {
            Kind::Scalar => None,
            Kind::Sequence => node.items().take_while(is_before).last(),
            Kind::Mapping => node.entries().take_while(|(key, _)| is_before(key)).last().map(|(_, value)| value),
        };
    }
    false
}

/// The last part of a line before the cursor. Absent in a comment and directly after a dash.
fn segment(head: &str, in_brackets: bool) -> Option<Segment> {
    let bytes = head.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
    let mut now = Segment { start: 0, value: false, in_flow: in_brackets, quote: None };
    // Whether the part of each open bracket was a value.
    let mut open: Vec<bool> = Vec::new();
    // Nothing but blanks since the start of the part.
    let mut fresh = true;
    let mut at = 0;
    let mut progress = Progress::default();
    while at < bytes.len() {
        progress.step(at, 0);
        let c = byte(at);
        at += 1;
        if let Some(quote) = now.quote {
            if quote == b'"' && c == b'\\' {
                at += 1;
            } else if c == quote {
                now.quote = None;
            }
            continue;
        }
        let ends = matches!(byte(at), b' ' | b'\t');
        let begin = |now: &mut Segment, value| {
            now.start = at;
            now.value = value;
        };
        match c {
            b' ' | b'\t' => continue,
            b'#' if at == 1 || matches!(byte(at - 2), b' ' | b'\t') => return None,
            b'"' | b'\'' if fresh => {
                now.quote = Some(c);
                fresh = false;
                continue;
            }
            b'{' | b'[' if fresh || !open.is_empty() => {
                open.push(now.value);
                now.in_flow = true;
                // An item of a list of texts is a value.
                begin(&mut now, c == b'[');
                fresh = true;
                continue;
            }
            b'}' | b']' if now.in_flow => {
                let value = open.pop().unwrap_or(true);
                now.in_flow = in_brackets || !open.is_empty();
                begin(&mut now, value);
            }
            b',' if now.in_flow => {
                let in_list = now.value && is_list(head, at - 1);
                begin(&mut now, in_list);
                fresh = true;
                continue;
            }
            b':' if ends || at == bytes.len() || now.in_flow && byte(at.wrapping_sub(2)) == b'"' => {
                begin(&mut now, true);
                fresh = true;
                continue;
            }
            b'-' if fresh && !now.in_flow && !now.value => {
                if at == bytes.len() {
                    return None;
                }
                if ends {
                    begin(&mut now, false);
                    continue;
                }
            }
            _ => {}
        }
        fresh = false;
    }
    Some(now)
}

/// True if the innermost open bracket before an offset is that of a list.
fn is_list(head: &str, at: usize) -> bool {
    let mut depth = 0;
    for byte in head.as_bytes().get(..at).unwrap_or_default().iter().rev() {
        match byte {
            b']' | b'}' => depth += 1,
            b'[' | b'{' if depth > 0 => depth -= 1,
            b'[' => return true,
            b'{' => return false,
            _ => {}
        }
    }
    false
}
