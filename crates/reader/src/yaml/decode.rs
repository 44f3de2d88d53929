//! Decodes a scalar: escapes, folding, indentation. The same function finds the source position of an offset
//! in the decoded text, so that no table of positions is stored.

use super::reader::Leaf;
use super::tree::{Node, Style};
use cloudflow_base::small::parse_digits;
use cloudflow_base::text::Progress;

/// Receives the decoded text in pieces.
pub(super) struct Sink<'a> {
    /// The decoded text. Absent if only a position is needed.
    pub out: Option<&'a mut String>,
    /// Number of decoded bytes so far.
    len: usize,
    target: usize,
    /// The position of `target` in the source.
    pub found: Option<usize>,
    /// Unknown escapes: start and end in the source.
    pub bad: Vec<(usize, usize)>,
}

impl<'a> Sink<'a> {
    pub fn new(out: Option<&'a mut String>, target: usize) -> Self {
        Sink { out, len: 0, target, found: None, bad: Vec::new() }
    }

    /// Receives `text` from position `at`: verbatim, or written in another notation.
    #[inline(never)]
    fn push(&mut self, text: &str, at: usize, verbatim: bool) {
        let next = self.len + text.len();
        if self.found.is_none() && self.target < next {
            self.found = Some(if verbatim { at + self.target - self.len } else { at });
        }
        self.len = next;
        if let Some(out) = &mut self.out {
            out.push_str(text);
        }
    }
}

impl Node<'_> {
    /// The byte offset in the document of a byte offset in [`Node::text`]. A finding inside an expression has its
    /// exact position in quoted and folded scalars too. An offset past the end gives the end of the scalar (before
    /// a closing quote).
    pub fn source_offset(self, at: usize) -> u32 {
        let (leaf, source) = self.leaf();
        let quote = usize::from(matches!(leaf.style, Style::SingleQuoted | Style::DoubleQuoted));
        let end = leaf.end.saturating_sub(quote);
        if leaf.verbatim {
            return (leaf.start + quote + at).min(end) as u32;
        }
        let mut sink = Sink::new(None, at);
        decode(source, &leaf, &mut sink);
        sink.found.unwrap_or(end).min(end) as u32
    }
}

/// Decodes `leaf` of `text` into `sink`.
pub(super) fn decode(text: &str, leaf: &Leaf, sink: &mut Sink<'_>) {
    match leaf.style {
        Style::Literal | Style::Folded => block(text, leaf, sink),
        Style::SingleQuoted | Style::DoubleQuoted if !leaf.broken => {
            lines(text, leaf.start + 1, leaf.end.saturating_sub(1), leaf.style, sink);
        }
        // An unclosed quote: verbatim.
        Style::SingleQuoted | Style::DoubleQuoted => {
            sink.push(text.get(leaf.start + 1..leaf.end).unwrap_or_default(), leaf.start + 1, true);
        }
        _ => lines(text, leaf.start, leaf.end, Style::Plain, sink),
    }
}

/// Plain and quoted scalars: one line break becomes a space, n line breaks become n - 1. Spaces and tabs around
/// them are removed.
fn lines(text: &str, start: usize, end: usize, style: Style, sink: &mut Sink<'_>) {
    let bytes = text.as_bytes();
    let at = |index: usize| if index < end { bytes.get(index).copied().unwrap_or(0) } else { 0 };
    let mut flushed = start;
    // Escaped spaces at the end of a line are kept.
    let mut floor = start;
    let mut index = start;
    let mut progress = Progress::default();
    while index < end {
        progress.step(index, 0);
        match at(index) {
            b'\'' if style == Style::SingleQuoted => {
                sink.push(text.get(flushed..=index).unwrap_or_default(), flushed, true);
                index += 2;
                flushed = index;
                floor = index;
            }
            b'\\' if style == Style::DoubleQuoted => {
                sink.push(text.get(flushed..index).unwrap_or_default(), flushed, true);
                if matches!(at(index + 1), b'\n' | b'\r') {
                    let (next, breaks, _) = over_breaks(&at, index + 1);
                    for _ in 1..breaks {
                        sink.push("\n", index, false);
                    }
                    index = next;
                } else {
                    index = escape(text, index, end, sink);
                }
                flushed = index;
                floor = index;
            }
            b'\n' | b'\r' => {
                let mut stop = index;
                while stop > floor && matches!(at(stop - 1), b' ' | b'\t') {
                    stop -= 1;
                }
                sink.push(text.get(flushed..stop).unwrap_or_default(), flushed, true);
                let (next, breaks, _) = over_breaks(&at, index);
                if breaks == 1 {
                    sink.push(" ", index, false);
                }
                for _ in 1..breaks {
                    sink.push("\n", index, false);
                }
                index = next;
                flushed = index;
                floor = index;
            }
            _ => index += 1,
        }
    }
    sink.push(text.get(flushed..end).unwrap_or_default(), flushed, true);
}

/// From a line break: the next byte that is neither a break nor a space, the number of breaks, and the start
/// of the last line.
fn over_breaks(at: &dyn Fn(usize) -> u8, mut index: usize) -> (usize, usize, usize) {
    let (mut breaks, mut line) = (0, index);
    loop {
        match at(index) {
            b'\r' if at(index + 1) == b'\n' => index += 1,
            b'\n' | b'\r' => {
                index += 1;
                breaks += 1;
                line = index;
            }
            b' ' | b'\t' => index += 1,
            _ => return (index, breaks, line),
        }
    }
}

/// Decodes the escape at `start`. Returns its end.
fn escape(text: &str, start: usize, end: usize, sink: &mut Sink<'_>) -> usize {
    let rest = text.get(start + 1..end).unwrap_or_default();
    let Some(name) = rest.chars().next() else {
        sink.push("\\", start, true);
        return end;
    };
    let behind = start + 1 + name.len_utf8();
    let digits = match name {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    let plain = match name {
        '0' => "\0",
        'a' => "\u{7}",
        'b' => "\u{8}",
        't' | '\t' => "\t",
        'n' => "\n",
        'v' => "\u{b}",
        'f' => "\u{c}",
        'r' => "\r",
        'e' => "\u{1b}",
        ' ' => " ",
        '"' => "\"",
        '/' => "/",
        '\\' => "\\",
        'N' => "\u{85}",
        '_' => "\u{a0}",
        'L' => "\u{2028}",
        'P' => "\u{2029}",
        _ => "",
    };
    if !plain.is_empty() {
        sink.push(plain, start, false);
        return behind;
    }
    let hex = |from: usize| {
        let digits = text.get(from..from + digits).filter(|_| from + digits <= end)?;
        u32::try_from(parse_digits(digits, 16)?).ok()
    };
    if digits > 0
        && let Some(mut code) = hex(behind)
    {
        let mut last = behind + digits;
        // JSON writes a character beyond 16 bits as two escapes.
        if (0xD800..0xDC00).contains(&code)
            && digits == 4
            && text.get(last..last + 2) == Some("\\u")
            && let Some(low @ 0xDC00..0xE000) = hex(last + 2)
        {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            last += 6;
        }
        if let Some(c) = char::from_u32(code) {
            sink.push(c.encode_utf8(&mut [0; 4]), start, false);
            return last;
        }
    }
    sink.bad.push((start, behind));
    sink.push(text.get(start..behind).unwrap_or_default(), start, true);
    behind
}

/// Literal and folded scalars.
fn block(text: &str, leaf: &Leaf, sink: &mut Sink<'_>) {
    let bytes = text.as_bytes();
    let at = |index: usize| if index < leaf.tail { bytes.get(index).copied().unwrap_or(0) } else { 0 };
    let folded = leaf.style == Style::Folded;
    // The header contains `-`, and may contain a comment after a space.
    let mut index = leaf.start;
    let mut strip = false;
    while index < leaf.tail && !matches!(at(index), b'\n' | b'\r' | b' ' | b'\t') {
        strip |= at(index) == b'-';
        index += 1;
    }
    while index < leaf.tail && !matches!(at(index), b'\n' | b'\r') {
        index += 1;
    }
    // Pending line breaks: they depend on the next line.
    let (mut breaks, mut broken) = (0usize, index);
    let mut first = true;
    let mut before_deep = false;
    let mut progress = Progress::default();
    while index < leaf.tail {
        progress.step(index, 0);
        index += if at(index) == b'\r' && at(index + 1) == b'\n' { 2 } else { 1 };
        if index >= leaf.tail {
            break;
        }
        let line = index;
        while at(index) == b' ' && index - line < leaf.indent {
            index += 1;
        }
        let start = index;
        while index < leaf.tail && !matches!(at(index), b'\n' | b'\r') {
            index += 1;
        }
        if start < index {
            let deep = matches!(at(start), b' ' | b'\t');
            let fold = folded && !first && !deep && !before_deep;
            if fold && breaks == 1 {
                sink.push(" ", broken, false);
            }
            for _ in usize::from(fold)..breaks {
                sink.push("\n", broken, false);
            }
            sink.push(text.get(start..index).unwrap_or_default(), start, true);
            (breaks, first, before_deep) = (0, false, deep);
        }
        if breaks == 0 {
            broken = index;
        }
        // The end of the text ends a line too.
        breaks += 1;
    }
    if strip || first && leaf.tail <= leaf.end {
        return;
    }
    // `tail` ends after the first break unless the breaks are kept.
    for _ in 0..breaks {
        sink.push("\n", broken, false);
    }
}
