//! The stream: byte order mark, directives, documents and their markers.

use super::{Reader, State};
use crate::yaml::MAX_HANDLES;
use cloudflow_base::diagnostic::Code;
use cloudflow_base::small::{find, to_decimal};
use cloudflow_base::text::{Progress, Span};

impl Reader<'_> {
    /// Reads every document of the text.
    pub(super) fn stream(&mut self) {
        let mut progress = Progress::default();
        while let Some(explicit) = self.prologue() {
            progress.step(self.pos, 0);
            self.start_document(self.pos, explicit);
            self.compact = !explicit;
            if explicit {
                self.pos += 3;
            }
            self.block();
            if !self.epilogue() {
                break;
            }
        }
    }

    /// Reports control characters other than tabs and line breaks, which YAML excludes (section 5.1): one finding per
    /// line. U+0000, which ends the text, has its own finding.
    #[cold]
    #[inline(never)]
    pub(super) fn controls(&mut self) {
        let mut from = 0;
        let mut progress = Progress::default();
        while let Some(next) = self.bytes.get(from..).and_then(control) {
            let at = from + next;
            progress.step(at, 0);
            let byte = self.at(at);
            let digits = "0123456789ABCDEF";
            let digit = |digit: u8| digits.get(usize::from(digit)..=usize::from(digit)).unwrap_or_default();
            let number = [digit(byte >> 4), digit(byte & 15)].concat();
            let message = "invalid character U+00{}: write it as `\\x{}` in double quotes";
            self.report(Code::YamlUnexpected, Span::new(at, at + 1), message, &[&number, &number]);
            from = self.line_end(at);
        }
    }

    /// Moves to the start of a document. Absent at the end of the text. True for `---`.
    fn prologue(&mut self) -> Option<bool> {
        let mut directives = None;
        let mut version = false;
        self.handles = self.tree.handles.len();
        let mut progress = Progress::default();
        loop {
            progress.step(self.pos, 0);
            self.skip();
            // A byte order mark may precede every document, also after empty lines.
            let rest = self.bytes.get(self.pos..).unwrap_or_default();
            if self.pos == self.line && rest.starts_with(b"\xEF\xBB\xBF") {
                self.new_line(self.pos + 3);
                continue;
            }
            let at = self.pos;
            if at == self.line && self.at(at) == b'%' {
                directives = directives.or(Some(at));
                self.directive(&mut version);
                continue;
            }
            let marker = at == self.line && self.is_marker(at);
            if marker && self.at(at) == b'-' {
                return Some(true);
            }
            if let Some(directive) = directives.take() {
                let message = "a directive needs a line `---` before the document";
                self.report_at(Code::YamlUnexpected, directive, self.line_end(directive), message);
            }
            if self.is_end(at) {
                return None;
            }
            if !marker {
                // The next reader starts at the beginning of the line.
                self.pos = self.line;
                return Some(false);
            }
            self.end_marker();
        }
    }

    /// Reads the end of a document. False at the end of the text.
    fn epilogue(&mut self) -> bool {
        if self.is_end(self.pos) {
            return false;
        }
        if self.at(self.pos) == b'.' {
            if let Some(document) = self.tree.documents.last_mut() {
                document.ended = true;
            }
            self.end_marker();
        }
        true
    }

    /// Consumes `...`.
    fn end_marker(&mut self) {
        self.pos += 3;
        self.rest_of_line("unexpected text after `...`");
    }

    /// `%YAML 1.2` and `%TAG !e! prefix`.
    fn directive(&mut self, version: &mut bool) {
        let start = self.pos;
        let end = self.line_end(start);
        let text = self.tree.text;
        let line = Span::new(start, end).of(text);
        // A comment needs a space before it.
        let content = find(line, " #").map_or(end, |at| start + at);
        let name = self.word(start, content);
        let first = self.word(name.end as usize, content);
        let second = self.word(first.end as usize, content);
        let third = self.word(second.end as usize, content);
        match name.of(text) {
            "%YAML" => {
                let number = first.of(text);
                let known = number
                    .strip_prefix("1.")
                    .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|digit| digit.is_ascii_digit()));
                if *version || !known || !second.is_empty() {
                    self.report_at(Code::YamlUnexpected, start, end, "expected `%YAML 1.2`, at most once");
                }
                *version = true;
            }
            "%TAG" => {
                let (handle, prefix) = (first.of(text), second.of(text));
                let declared = self.tree.handles.get(self.handles..).unwrap_or_default();
                let twice = declared.iter().any(|(other, _)| other.of(text) == handle);
                if !third.is_empty()
                    || prefix.is_empty()
                    || !super::props::is_tag(prefix)
                    || !is_handle(handle)
                    || twice
                {
                    self.report_at(
                        Code::YamlUnexpected,
                        start,
                        end,
                        "expected `%TAG !name! prefix`, at most once for each name",
                    );
                } else if declared.len() >= MAX_HANDLES {
                    let message = "more than {} `%TAG` directives";
                    self.limit(Span::new(start, end), message, &[&to_decimal(MAX_HANDLES)]);
                } else {
                    self.tree.handles.push((first, second));
                }
            }
            "%" => self.report_at(Code::YamlUnexpected, start, end, "expected `%YAML` or `%TAG`"),
            // Other directives are ignored.
            _ => {}
        }
        self.pos = end;
    }

    /// The first word between `at` and `end`. Empty at `end` if there is none.
    fn word(&self, at: usize, end: usize) -> Span {
        let start = self.blanks(at).min(end);
        let mut stop = start;
        while stop < end && !self.is_blank(stop) {
            stop += 1;
        }
        Span::new(start, stop)
    }

    /// Reads the content of a document up to the next marker or the end, and closes it.
    fn block(&mut self) {
        let mut progress = Progress::default();
        loop {
            progress.step(self.pos, self.around.len());
            self.skip();
            if self.is_end(self.pos) || self.pos == self.line && self.is_marker(self.pos) {
                break;
            }
            if self.fresh {
                self.compact = true;
                if !self.dedent() {
                    continue;
                }
            }
            if self.tab.is_some() || !self.outer.none() || !self.entries() {
                self.step();
            }
        }
        let mut progress = Progress::default();
        while !self.around.is_empty() {
            progress.step(0, self.around.len());
            self.close_block();
        }
        let (state, end) = (self.top.state, self.top.end);
        if state == State::Node {
            let props = std::mem::take(&mut self.outer);
            self.empty(end, props);
        }
    }

    /// Reports a rest of the line that is not a comment.
    pub(super) fn rest_of_line(&mut self, message: &str) {
        let at = self.blanks(self.pos);
        let comment = self.at(at) == b'#' && at > self.pos;
        let end = self.line_end(at);
        if at < end && !comment {
            let last = self.trim(at, end);
            self.report_at(Code::YamlUnexpected, at, last, message);
        }
        self.pos = end;
    }
}

/// The text up to its first U+0000, and whether it has control characters.
pub(super) fn before_nul(text: &str) -> (&str, bool) {
    let bytes = text.as_bytes();
    let Some(first) = control(bytes) else { return (text, false) };
    let mut from = first;
    let mut progress = Progress::default();
    while let Some(next) = bytes.get(from..).and_then(control) {
        let at = from + next;
        progress.step(at, 0);
        if bytes.get(at) == Some(&0) {
            return (text.get(..at).unwrap_or_default(), first < at);
        }
        from = at + 1;
    }
    (text, true)
}

/// The first control character, if there is one. It checks 32 bytes at a time, because every text is searched
/// completely and nearly none has one: 2 % of the instructions of a check, against 9 % byte by byte.
fn control(bytes: &[u8]) -> Option<usize> {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    // The highest bit of a byte is set if the byte is less than a space and not `\n`. No sum carries into the next byte.
    let suspects = |bytes: &[u8; 8]| {
        let word = u64::from_le_bytes(*bytes);
        let breaks = word ^ 0x0A0A_0A0A_0A0A_0A0A;
        !(((word & LOW) + 0x6060_6060_6060_6060) | word) & (((breaks & LOW) + LOW) | breaks) & !LOW
    };
    let (blocks, rest) = bytes.as_chunks::<32>();
    for (index, block) in blocks.iter().enumerate() {
        let (words, _) = block.as_chunks::<8>();
        if words.iter().fold(0, |any, word| any | suspects(word)) != 0
            && let Some(at) = block.iter().position(is_control)
        {
            return Some(index * 32 + at);
        }
    }
    Some(blocks.len() * 32 + rest.iter().position(is_control)?)
}

/// `!`, `!!` or `!name!`.
fn is_handle(text: &str) -> bool {
    let name = text.strip_prefix('!').unwrap_or("?");
    let name = name.strip_suffix('!').unwrap_or(if name.is_empty() { name } else { "?" });
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
