//! Finds the ends of scalars. The module `decode` decodes them.

use super::{Leaf, Reader};
use crate::yaml::tree::Style;
use cloudflow_base::diagnostic::Code;
use cloudflow_base::text::Progress;

/// The class of a byte in a plain scalar.
const ORDINARY: u8 = 0;
const COLON: u8 = 1;
const HASH: u8 = 2;
const BREAK: u8 = 3;
/// `,[]{}`: ends a plain scalar inside brackets.
const FLOW: u8 = 4;

static CLASS: [u8; 256] = {
    let mut class = [ORDINARY; 256];
    let special = [b":", b"#", b"\n", b"\r", b"\0", b",", b"[", b"]", b"{", b"}"];
    let classes = [COLON, HASH, BREAK, BREAK, BREAK, FLOW, FLOW, FLOW, FLOW, FLOW];
    let mut at = 0;
    while at < special.len() {
        #[allow(clippy::indexing_slicing, reason = "the compiler evaluates it")]
        {
            class[special[at][0] as usize] = classes[at];
        }
        at += 1;
    }
    class
};

/// [`ORDINARY`] is 0.
pub(super) fn class_of(byte: u8) -> u8 {
    CLASS.get(byte as usize).copied().unwrap_or(ORDINARY)
}

impl Reader<'_> {
    /// A comma or a bracket.
    pub(super) fn is_flow(&self, at: usize) -> bool {
        matches!(self.at(at), b',' | b'[' | b']' | b'{' | b'}')
    }

    /// Reads one line of a plain scalar from `at`. Returns the end without trailing spaces, and the position where
    /// it stopped.
    pub(super) fn plain_line(&mut self, start: usize, flow: bool) -> (usize, usize) {
        let mut at = start;
        let mut progress = Progress::default();
        loop {
            progress.step(at, 0);
            at += self
                .bytes
                .get(at..)
                .map_or(0, |rest| rest.iter().position(|byte| class_of(*byte) != ORDINARY).unwrap_or(rest.len()));
            match class_of(self.at(at)) {
                COLON => {
                    if self.is_space(at + 1) || flow && self.is_flow(at + 1) {
                        break;
                    }
                }
                HASH => {
                    if at > 0 && self.is_blank(at - 1) {
                        break;
                    }
                }
                FLOW => {
                    // Inside brackets a placeholder `${…}` is part of the scalar too.
                    self.curly |= self.at(at) == b'{';
                    let dollar = flow && at > start && self.at(at - 1) == b'$';
                    if self.at(at) == b'{'
                        && let Some(end) = self.template(at, dollar)
                    {
                        at = end;
                        continue;
                    }
                    if flow {
                        break;
                    }
                }
                _ => break,
            }
            at += 1;
        }
        (self.trim(start, at), at)
    }

    /// The end of a placeholder `{{ … }}` that begins at `at` and ends on the same line, or of `{…}` after a `$`.
    pub(super) fn template(&mut self, at: usize, dollar: bool) -> Option<usize> {
        let double = self.at(at) == b'{' && self.at(at + 1) == b'{';
        if !(double || dollar) || at < self.no_template {
            return None;
        }
        let mut end = at + 1;
        while !self.is_break(end) {
            if self.at(end) == b'}' && (!double || self.at(end + 1) == b'}') {
                return Some(end + 1 + usize::from(double));
            }
            end += 1;
        }
        // The rest of the line is searched once only.
        self.no_template = end;
        None
    }

    /// Reads a plain scalar at `pos`. Its continuation lines must be indented by more than `indent`. With `key` it
    /// has one line.
    pub(super) fn plain(&mut self, indent: i32, flow: bool, key: bool) -> Leaf {
        let start = self.pos;
        let (mut end, mut stop) = match self.template(start, false) {
            Some(behind) => {
                self.curly = true;
                self.plain_line(behind, flow)
            }
            None => self.plain_line(start, flow),
        };
        let mut leaf = leaf(Style::Plain, start, end);
        let mut progress = Progress::default();
        while !key && self.is_break(stop) && !self.is_end(stop) {
            progress.step(stop, 0);
            let (line, indented, first) = self.next_line(stop);
            if self.is_end(first)
                || (indented - line) as i32 <= indent
                || self.at(first) == b'#'
                || self.is_marker(line)
                || self.is_template_line(first)
            {
                break;
            }
            let (next_end, next_stop) = self.plain_line(first, flow);
            if flow {
                if next_end == first {
                    break;
                }
            } else if self.at(next_stop) == b':' {
                if self.is_structural(first) {
                    leaf.broken = true;
                    break;
                }
                self.colon_inside(next_stop);
                (end, stop) = self.over_colons(next_stop);
                (leaf.multi, self.line) = (true, line);
                continue;
            }
            (end, stop) = (next_end, next_stop);
            leaf.multi = true;
            self.line = line;
        }
        leaf.end = end;
        leaf.verbatim = !leaf.multi;
        self.pos = end;
        leaf
    }

    /// From a misplaced `: ` to the end of the line or a comment.
    pub(super) fn over_colons(&mut self, mut stop: usize) -> (usize, usize) {
        let mut end = stop;
        let mut progress = Progress::default();
        while self.at(stop) == b':' {
            progress.step(stop, 0);
            (end, stop) = self.plain_line(stop + 1, false);
            end = end.max(self.trim(0, stop));
        }
        (end, stop)
    }

    /// True if the line from `first` on is an entry of a block: `- …`, `key: …`.
    pub(super) fn is_structural(&mut self, first: usize) -> bool {
        let byte = self.at(first);
        if matches!(byte, b'-' | b'?' | b':') && self.is_space(first + 1) {
            return true;
        }
        if matches!(byte, b'"' | b'\'') {
            let mut at = first + 1;
            while !self.is_break(at) && self.at(at) != byte {
                at += 1 + usize::from(self.at(at) == b'\\' && !self.is_break(at + 1));
            }
            let colon = self.blanks(at + 1);
            return self.at(at) == byte && self.at(colon) == b':' && self.is_space(colon + 1);
        }
        let (end, stop) = self.plain_line(first, false);
        end > first && self.at(stop) == b':' && !self.is_flow(first)
    }

    /// Reads a quoted scalar at `pos`. Its continuation lines must be indented by more than `indent`.
    pub(super) fn quoted(&mut self, indent: i32) -> Leaf {
        let start = self.pos;
        let quote = self.at(start);
        let style = if quote == b'"' { Style::DoubleQuoted } else { Style::SingleQuoted };
        let mut leaf = leaf(style, start, start);
        let mut at = start + 1;
        let mut here = self.line;
        let mut wrong = None;
        let mut progress = Progress::default();
        loop {
            progress.step(at, 0);
            let byte = self.at(at);
            if byte == quote {
                at += 1;
                if quote == b'"' || self.at(at) != b'\'' {
                    break;
                }
                leaf.verbatim = false;
                at += 1;
            } else if byte == b'\\' && quote == b'"' {
                leaf.verbatim = false;
                at += if self.is_break(at + 1) { 1 } else { 2 };
            } else if self.is_break(at) {
                let (line, indented, first) = self.next_line(at);
                if self.is_end(first) || self.is_marker(line) {
                    return self.unclosed_quote(leaf);
                }
                if (indented - line) as i32 <= indent {
                    if self.is_structural(first) || !self.closes(first, quote) {
                        return self.unclosed_quote(leaf);
                    }
                    wrong = Some(first);
                }
                leaf.verbatim = false;
                leaf.multi = true;
                here = line;
                at = first;
            } else {
                at += self.bytes.get(at..).map_or(1, |rest| {
                    // The byte at `at` has been checked above.
                    let stops = |byte: &u8| matches!(byte, b'\n' | b'\r' | b'\\') || *byte == quote;
                    rest.iter().position(stops).unwrap_or(rest.len()).max(1)
                });
            }
        }
        if leaf.multi && self.is_another_opening(at, quote) {
            leaf.multi = false;
            return self.unclosed_quote(leaf);
        }
        self.line = here;
        self.pos = at;
        leaf.end = at;
        if let Some(first) = wrong {
            self.report_at(
                Code::YamlBadIndent,
                first,
                at,
                "a line of a quoted text must be indented more than its key",
            );
        }
        leaf
    }

    /// True if the quote before `at`, which closes a text of several lines, is more likely an opening quote: nothing
    /// that may follow a text follows, and the rest of the line has an odd number of such quotes.
    fn is_another_opening(&self, at: usize, quote: u8) -> bool {
        let behind = self.blanks(at);
        let follows = match self.at(behind) {
            b':' => true,
            b'#' => behind > at,
            b',' | b']' | b'}' => self.in_brackets(),
            _ => self.is_break(behind),
        };
        let rest = self.bytes.get(at..self.line_end(at)).unwrap_or_default();
        !follows && rest.iter().filter(|byte| **byte == quote).count() % 2 == 1
    }

    /// True if the line contains `quote`, with at most a comment after it.
    fn closes(&self, first: usize, quote: u8) -> bool {
        let mut at = first;
        while !self.is_break(at) && self.at(at) != quote {
            at += 1;
        }
        let behind = self.blanks(at + 1);
        self.at(at) == quote && (self.is_break(behind) || matches!(self.at(behind), b'#' | b',' | b']' | b'}'))
    }

    /// Reads a block scalar at `pos`, inside a collection at `indent`.
    pub(super) fn block_scalar(&mut self, indent: i32) -> Leaf {
        let start = self.pos;
        let style = if self.at(start) == b'|' { Style::Literal } else { Style::Folded };
        let mut leaf = leaf(style, start, start + 1);
        leaf.verbatim = false;
        leaf.multi = true;
        let parent = indent.max(0) as usize;
        let mut keep = false;
        // At the top of a document the text may have no indentation.
        let mut known = false;
        let mut header = start + 1;
        loop {
            match self.at(header) {
                digit @ b'1'..=b'9' if !known => {
                    leaf.indent = parent + usize::from(digit - b'0');
                    known = true;
                }
                b'+' | b'-' if !matches!(self.at(header - 1), b'+' | b'-') => keep |= self.at(header) == b'+',
                _ => break,
            }
            header += 1;
        }
        self.pos = header;
        self.rest_of_line("only `+`, `-` and an indentation may follow `|` or `>`: the text begins on the next line");
        leaf.end = header;
        let mut at = self.pos;
        leaf.tail = at;
        // The longest line of spaces before the first line of text.
        let mut deepest = 0;
        let mut progress = Progress::default();
        while !self.is_end(at) {
            progress.step(at, 0);
            let line = self.after_break(at);
            let mut first = self.spaces(line);
            let width = first - line;
            if self.is_end(line) || self.is_marker(line) {
                break;
            }
            if known {
                first = first.min(line + leaf.indent);
            }
            let blank = self.is_break(first);
            if !known && !blank {
                if width as i32 <= indent {
                    // A line of spaces that is not the first line of the text because it has a tab.
                    if self.is_blank(first) && self.is_break(self.blanks(first)) {
                        self.tab_indent(first);
                    }
                    break;
                }
                leaf.indent = width;
                known = true;
                if deepest > width {
                    let message = "an empty line before the text is indented more than the text";
                    self.report_at(Code::YamlBadIndent, start, header, message);
                }
            }
            if !blank && width < leaf.indent {
                break;
            }
            deepest = deepest.max(width);
            at = self.line_end(first);
            leaf.tail = self.after_break(at);
            if !blank {
                leaf.end = at;
                self.line = line;
            }
            self.pos = at;
        }
        if !known {
            leaf.indent = usize::MAX;
        }
        // Distinguishes the end that `+` keeps from the clipped end.
        if !keep {
            leaf.tail = leaf.tail.min(self.after_break(leaf.end));
        }
        leaf
    }
}

pub(super) fn leaf(style: Style, start: usize, end: usize) -> Leaf {
    Leaf { style, start, end, verbatim: true, multi: false, broken: false, indent: 0, tail: end }
}
