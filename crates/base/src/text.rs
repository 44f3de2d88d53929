//! Positions in a text: byte spans inside the crates, lines and columns for display.
//!
//! The only module that converts a byte offset to a line and a column.

/// Maximum length of a text from JavaScript, in UTF-16 units. It is a limit of this package: it bounds the memory of a call
/// and is sixteen times the largest definition that the service accepts.
pub const TEXT_UNITS: u32 = 16 * 1024 * 1024;

/// A range of bytes in the original text: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte.
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

    /// True if the span covers no byte.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The smallest span that covers both.
    pub fn join(self, other: Span) -> Self {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The text of the span. Empty if the span is outside of `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Offsets beyond 4 GiB are clamped. Such a text does not fit into a 32-bit memory.
fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Checks that a loop over a text ends: each iteration begins after the previous one, or at the same position with
/// less left to do. Active with debug assertions, which all tests and fuzzers have; otherwise it compiles to
/// nothing. A loop whose only step is `at += 1` does not need it.
#[derive(Debug, Default)]
pub struct Progress {
    #[cfg(debug_assertions)]
    before: Option<(usize, std::cmp::Reverse<usize>)>,
}

impl Progress {
    /// Called at the start of an iteration, with the position in the text and the amount of work left there.
    #[inline(always)]
    pub fn step(&mut self, at: usize, left: usize) {
        let _turn = (at, std::cmp::Reverse(left));
        #[cfg(debug_assertions)]
        {
            assert!(
                self.before.is_none_or(|before| before < _turn),
                "a loop makes no progress at byte {at}, {left} left"
            );
            self.before = Some(_turn);
        }
    }
}

/// A position for display and editors: line and column from 1, offset from 0. Column and offset are in UTF-16
/// units, as in JavaScript strings and editors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1. `\n`, `\r\n` and a lone `\r` end a line.
    pub line: u32,
    /// Column, from 1, in UTF-16 units.
    pub column: u32,
    /// Offset into the whole text, from 0, in UTF-16 units.
    pub offset: u32,
}

/// The starts of the lines of a text. Converts byte offsets to [`Position`]s.
#[derive(Clone, Debug)]
pub struct LineIndex<'t> {
    text: &'t str,
    // INVARIANT: ascending byte offsets, the first is 0.
    lines: Vec<u32>,
    // The number of UTF-16 units before every [`BLOCK`]th byte, so that a position in a very long line takes constant
    // time. Empty for ASCII, where units are bytes.
    blocks: Vec<u32>,
}

const BLOCK: usize = 64;

impl<'t> LineIndex<'t> {
    /// Builds the index in one pass over the text.
    pub fn new(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let mut lines = vec![0];
        for (at, &byte) in bytes.iter().enumerate() {
            if byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                lines.push(clamp(at + 1));
            }
        }
        let mut blocks = Vec::new();
        if !text.is_ascii() {
            let mut units = 0;
            for block in bytes.chunks(BLOCK) {
                blocks.push(units);
                units += utf16_units(block);
            }
            blocks.push(units);
        }
        LineIndex { text, lines, blocks }
    }

    /// The position of a byte offset. An offset past the end or inside a character is moved
    /// back to the nearest character boundary.
    pub fn position(&self, offset: u32) -> Position {
        self.position_near(offset, &mut 0)
    }

    /// As [`LineIndex::position`], for many offsets that are near each other. `known` is the line of the last one.
    pub fn position_near(&self, offset: u32, known: &mut usize) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let is_after = |line: usize| self.lines.get(line).is_none_or(|&start| start as usize > offset);
        let line = if *known > 0 && !is_after(*known - 1) && is_after(*known) {
            *known
        } else {
            self.lines.partition_point(|&start| start as usize <= offset).max(1)
        };
        *known = line;
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let (start, offset) = (self.utf16(start as usize), self.utf16(offset));
        Position { line: clamp(line), column: offset - start + 1, offset }
    }

    fn utf16(&self, offset: usize) -> u32 {
        let Some(&before) = self.blocks.get(offset / BLOCK) else { return clamp(offset) };
        let rest = self.text.as_bytes().get(offset - offset % BLOCK..offset).unwrap_or_default();
        before + utf16_units(rest)
    }
}

/// The number of UTF-16 units of UTF-8 bytes. The bytes may begin or end inside a character, whose first byte
/// counts for all of it.
///
/// ```
/// assert_eq!(cloudflow_base::text::utf16_units("e流🎈".as_bytes()), 4);
/// ```
#[inline(never)]
pub fn utf16_units(bytes: &[u8]) -> u32 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = if cfg!(feature = "editor") { bytes.as_chunks::<8>() } else { (&[][..], bytes) };
    let mut units = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // One bit for each byte inside a character, and one for each character of two units.
        let inside = (word >> 7) & !(word >> 6) & ONES;
        let pairs = (word >> 7) & (word >> 6) & (word >> 5) & (word >> 4) & ONES;
        units += 8 + pairs.count_ones() - inside.count_ones();
    }
    for byte in rest {
        units += u32::from(byte & 0xC0 != 0x80) + u32::from(*byte >= 0xF0);
    }
    units
}

#[cfg(test)]
#[allow(clippy::string_slice, reason = "a test may panic")]
mod tests {
    use super::*;

    /// Compares every offset of a text with a simple implementation.
    #[test]
    fn positions_count_utf16_units() {
        let long = "长🎈e".repeat(2 * BLOCK);
        let text = &*format!("\u{feff}a: 流程\r\nb: 🎈x\rc\n\nd{long}\ne");
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
