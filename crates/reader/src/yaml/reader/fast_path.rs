//! The fast path of `key: value` on one line, which is most of any definition. It leaves everything else to the
//! general reader.

use super::scalar::class_of;
use super::{Reader, Role, State};
use crate::yaml::raw::{Form, MARKED, Raw};
use cloudflow_base::text::Progress;

/// Maximum length of an implicit key, in bytes.
pub(super) const MAX_KEY: usize = 1024;

/// The bytes that can only begin a plain scalar.
static WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        #[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
        {
            word[at] = byte.is_ascii_alphanumeric() || !byte.is_ascii() || matches!(byte, b'_' | b'$' | b'/');
        }
        at += 1;
    }
    word
};

impl Reader<'_> {
    /// Reads the entries of a block mapping at `pos`. False if there is none and nothing was read.
    pub(super) fn entries(&mut self) -> bool {
        let mut any = false;
        let mut progress = Progress::default();
        while let Some(colon) = self.fast_key() {
            progress.step(colon, 0);
            any = true;
            if !self.fast_value(colon + 1) {
                break;
            }
        }
        any
    }

    /// Reads a key and its colon. Returns the position of the colon, or none if there is no simple key.
    fn fast_key(&mut self) -> Option<usize> {
        let start = self.pos;
        let (role, state) = (self.top.role, self.top.state);
        let inside = role == Role::Map && state == State::Start;
        if !(inside || state == State::Node && self.compact) || !is_word(self.at(start)) {
            return None;
        }
        let rest = self.bytes.get(start..)?;
        let colon = start + rest.iter().position(|byte| class_of(*byte) != 0)?;
        if self.at(colon) != b':' || !self.is_space(colon + 1) || colon - start > MAX_KEY {
            return None;
        }
        let end = self.trim(start, colon);
        if !inside {
            self.begin(Role::Map, start, false, None);
        }
        self.push(Raw::new(Form::PLAIN, start, end));
        self.colon(colon);
        Some(colon)
    }

    /// Reads a value on the line of `at`. True if the next line is the next entry, and `pos` is its first byte.
    fn fast_value(&mut self, at: usize) -> bool {
        let start = self.spaces(at);
        let Some((raw, stop)) = self.fast_scalar(start) else { return false };
        // After a comment the general reader continues.
        if self.at(stop) == b'#' {
            self.fast_node(raw);
            self.pos = self.line_end(stop);
            return false;
        }
        let (line, indented, first) = self.next_line(stop);
        let (indent, column) = (self.top.indent, (indented - line) as i32);
        let over = self.is_end(first) || column <= indent;
        let next = !over && raw.is(Form::PLAIN);
        // The value may continue on the next line.
        if next && !(self.at(first) == b'#' || self.is_marker(line) || self.is_template_line(first)) {
            return false;
        }
        self.fast_node(raw);
        self.new_line(line);
        if self.is_end(first) || first != indented || column != indent || !is_word(self.at(first)) {
            return false;
        }
        self.pos = first;
        self.column = column;
        self.tab_run = false;
        self.compact = true;
        true
    }

    fn fast_node(&mut self, raw: Raw) {
        self.push(raw);
        self.top.end = raw.span.end as usize;
        self.top.state = State::Start;
    }

    /// A scalar of one line without escapes and placeholders, and the position of the line break or comment after
    /// it.
    fn fast_scalar(&self, start: usize) -> Option<(Raw, usize)> {
        let quote = self.at(start);
        let mut at = start + 1;
        if matches!(quote, b'"' | b'\'') {
            let rest = self.bytes.get(at..)?;
            at += rest.iter().position(|byte| *byte == quote || matches!(byte, b'\\' | b'\n' | b'\r' | b'{'))?;
            let end = at + 1;
            let stop = self.blanks(end);
            if self.at(at) != quote || !self.is_break(stop) {
                return None;
            }
            let form = if quote == b'"' { Form::DOUBLE_QUOTED } else { Form::SINGLE_QUOTED };
            let mut raw = Raw::new(form, start, end);
            if self.at(start + 1) == b'<' {
                raw.set(MARKED);
            }
            return Some((raw, stop));
        }
        if !is_word(quote) {
            return None;
        }
        let mut progress = Progress::default();
        loop {
            progress.step(at, 0);
            let rest = self.bytes.get(at..)?;
            at += rest.iter().position(|byte| class_of(*byte) != 0).unwrap_or(rest.len());
            match self.at(at) {
                b':' if self.is_space(at + 1) => return None,
                b'{' => return None,
                b'#' if self.is_blank(at - 1) => break,
                b'\n' | b'\r' | 0 => break,
                _ => at += 1,
            }
        }
        Some((Raw::new(Form::PLAIN, start, self.trim(start, at)), at))
    }
}

fn is_word(byte: u8) -> bool {
    WORD.get(byte as usize) == Some(&true)
}
