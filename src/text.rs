//! Places in a text: byte spans inside the core, lines and columns for people.
//!
//! The only room that turns a byte offset into a line and a column.

/// A range of bytes in the text as it was given, `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The empty span at `offset`.
    pub fn at(offset: usize) -> Self {
        Span::new(offset, offset)
    }

    /// True where the span covers no byte.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The smallest span that covers both.
    pub fn join(self, other: Span) -> Self {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text under the span; empty where the span does not fit `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A text longer than 4 GiB cannot exist in a 32-bit memory; natively its tail shares one place.
fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// A place for people and editors: line and column from 1, offset from 0; column and offset
/// count UTF-16 units, as JavaScript strings and every editor do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1. `\n`, `\r\n` and a lone `\r` end a line.
    pub line: u32,
    /// Column, from 1, in UTF-16 units.
    pub column: u32,
    /// Offset into the whole text, from 0, in UTF-16 units.
    pub offset: u32,
}

/// Knows where the lines of one text begin; turns byte offsets into [`Position`]s.
#[derive(Clone, Debug)]
pub struct LineIndex<'t> {
    text: &'t str,
    // INVARIANT: never empty; the first line starts at (0, 0); both fields ascend.
    lines: Vec<LineStart>,
}

#[derive(Clone, Copy, Debug)]
struct LineStart {
    byte: u32,
    utf16: u32,
}

impl<'t> LineIndex<'t> {
    /// Reads the text once.
    pub fn new(text: &'t str) -> Self {
        let mut lines = vec![LineStart { byte: 0, utf16: 0 }];
        let bytes = text.as_bytes();
        // UTF-16 units so far = bytes - what multi-byte characters have too many of.
        let mut surplus = 0usize;
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' => {}
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => {}
                // A continuation byte adds no unit; the lead byte of four adds two.
                0x80..=0xBF => {
                    surplus += 1;
                    continue;
                }
                0xF0..=0xFF => {
                    surplus = surplus.wrapping_sub(1);
                    continue;
                }
                _ => continue,
            }
            let next = at + 1;
            lines.push(LineStart { byte: clamp(next), utf16: clamp(next.wrapping_sub(surplus)) });
        }
        LineIndex { text, lines }
    }

    /// The position of a byte offset. An offset past the end or inside a character is moved
    /// back to the nearest character boundary.
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let number = self.lines.partition_point(|line| line.byte as usize <= offset);
        let start = self
            .lines
            .get(number.saturating_sub(1))
            .copied()
            .unwrap_or(LineStart { byte: 0, utf16: 0 });
        let before = self.text.get(start.byte as usize..offset).unwrap_or_default();
        let units = clamp(before.chars().map(char::len_utf16).sum());
        Position { line: clamp(number.max(1)), column: units + 1, offset: start.utf16 + units }
    }
}

#[cfg(test)]
#[allow(clippy::string_slice, reason = "a test may panic")]
mod tests {
    use super::*;

    /// Every offset of a text, checked against the slow way.
    #[test]
    fn positions_count_utf16_units() {
        let text = "\u{feff}a: 流程\r\nb: 🎈x\rc\n\nd";
        let index = LineIndex::new(text);
        for (byte, _) in text.char_indices().chain([(text.len(), ' ')]) {
            let before = &text[..byte];
            let inside_crlf = before.ends_with('\r') && text[byte..].starts_with('\n');
            let unified = before.replace("\r\n", "\n").replace('\r', if inside_crlf { "" } else { "\n" });
            let line = unified.matches('\n').count() + 1;
            let last = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
            let column = if inside_crlf {
                let start = before[..last - 1].rfind(['\n', '\r']).map_or(0, |at| at + 1);
                before[start..].encode_utf16().count() + 1
            } else {
                before[last..].encode_utf16().count() + 1
            };
            let got = index.position(byte as u32);
            let want = (line as u32, column as u32, before.encode_utf16().count() as u32);
            assert_eq!((got.line, got.column, got.offset), want, "at byte {byte}");
        }
    }
}
