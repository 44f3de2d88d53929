//! Reports of errors, and how reading continues after them.

use super::scalar::leaf;
use super::{Leaf, Props, Reader, Role, State};
use crate::yaml::tree::Style;
use cloudflow_base::diagnostic::{Code, Severity};
use cloudflow_base::small::{find, to_decimal};
use cloudflow_base::text::{Progress, Span};

impl<'t> Reader<'t> {
    pub(super) fn report_at(&mut self, code: Code, start: usize, end: usize, message: &str) {
        self.report(code, Span::new(start, end), message, &[]);
    }

    /// The text of the user, for a message.
    fn quote(&self, start: usize, end: usize) -> &'t str {
        Span::new(start, end).of(self.tree.text)
    }

    /// The end of the word at `at`, for the span of a finding. A very long word is truncated.
    pub(super) fn word_end(&self, at: usize) -> usize {
        let mut end = at;
        let inside = |end: usize| end < at + 64 || self.at(end) & 0xC0 == 0x80;
        while inside(end) && !self.is_space(end) && !(end > at && (self.at(end) == b':' || self.is_flow(end))) {
            end += 1;
        }
        end.max(at + usize::from(!self.is_end(at)))
    }

    /// Reports the token at `pos`, whose column is that of no collection.
    pub(super) fn bad_indent(&mut self) {
        let frame = self.top;
        // A tab in the indentation is reported instead.
        let list = self.around.last();
        // An item without its `- ` has been reported with all its lines.
        let loose = frame.loose
            || frame.role == Role::Map
                && list.is_some_and(|list| list.role == Role::Seq && list.indent == frame.indent);
        if self.tab.is_some() || loose {
            return;
        }
        let (at, column) = (self.pos, self.column);
        let end = self.word_end(at);
        if frame.role == Role::Root {
            return self.report_at(Code::YamlBadIndent, at, end, "unexpected text after the end of the document");
        }
        let message = "wrong indentation: `{}` is indented by {}, the other entries by {}";
        let [column, indent] = [to_decimal(column), to_decimal(frame.indent)];
        self.report(Code::YamlBadIndent, Span::new(at, end), message, &[self.quote(at, end), &column, &indent]);
    }

    /// Reports a tab in the indentation. Consecutive lines give one finding.
    pub(super) fn tab_indent(&mut self, tab: usize) {
        self.tab = None;
        if self.fresh {
            if self.tab_run {
                return;
            }
            self.tab_run = true;
        }
        let mut end = tab;
        while self.at(end) == b'\t' {
            end += 1;
        }
        self.report_at(Code::YamlTabIndent, tab, end, "a tab cannot be used for indentation: use spaces");
    }

    /// The intended column of a line with tabs in its indentation: a column in use, for some width of a tab.
    pub(super) fn tab_column(&mut self, tab: usize) -> i32 {
        let width = |tabs: i32| {
            let blanks = self.bytes.get(self.line..self.pos).unwrap_or_default();
            blanks.iter().map(|byte| if *byte == b'\t' { tabs } else { 1 }).sum::<i32>()
        };
        let is_known = |column: &i32| self.top.is_at(*column) || self.around.iter().any(|frame| frame.is_at(*column));
        let known = [2, 4, 8, 1].into_iter().map(width).find(is_known);
        // After enough spaces the tab is only a separator.
        let spaces = (tab - self.line) as i32;
        let due = self.top.state == State::Node && spaces > self.top.indent;
        if due { spaces } else { known.unwrap_or(width(2)) }
    }

    /// Reports a line without `- ` between the items of a list.
    pub(super) fn no_dash(&mut self) {
        let at = self.pos;
        let end = self.word_end(at);
        if !self.top.loose {
            let message = "expected `- ` before `{}`: this line is between the items of a list";
            self.report(Code::YamlUnexpected, Span::new(at, end), message, &[self.quote(at, end)]);
        }
        self.top.loose = true;
    }

    /// Reports a list at a position where no list may begin.
    pub(super) fn list_here(&mut self, among_keys: bool) {
        let at = self.pos;
        let message = if among_keys {
            "a list item cannot be between the keys of a mapping"
        } else {
            "a list must begin on a new line"
        };
        self.report_at(Code::YamlUnexpected, at, at + 1, message);
    }

    /// Reports text after the only value of the document.
    pub(super) fn beyond(&mut self) {
        let at = self.pos;
        let end = self.line_end(at);
        if !self.top.loose {
            let last = self.word_end(at);
            let message = "unexpected `{}` after the end of the document";
            self.report(Code::YamlUnexpected, Span::new(at, last), message, &[self.quote(at, last)]);
        }
        self.top.loose = true;
        self.pos = end;
    }

    /// Reports a value whose first character cannot begin a value.
    pub(super) fn reserved(&mut self, at: usize) {
        self.curly = true;
        let first = self.quote(at, at + 1);
        let first = if first == "`" { "a backtick" } else { &["`", first, "`"].concat() };
        let quoted = if self.in_brackets() { None } else { Some((at, self.trim(at, self.line_end(at)))) };
        self.quoting(
            Code::YamlUnexpected,
            Span::new(at, at + 1),
            "a value cannot begin with {}: quote it",
            &[first],
            quoted,
        );
    }

    /// Reports `: ` at `at` inside a plain value.
    pub(super) fn colon_inside(&mut self, at: usize) {
        let message = "an unquoted value cannot contain `: `: quote the whole value";
        let (end, stop) = self.over_colons(at);
        // The text to quote is known only if the whole value is on this line.
        let (line, indented, first) = self.next_line(self.line_end(stop));
        let indent = self.top.indent;
        let goes_on = !self.is_end(first) && (indented - line) as i32 > indent;
        let before = self.quote(self.line, at);
        let colon = find(before, ": ").filter(|_| !before.contains(['\n', '\r'])).unwrap_or(before.len());
        let key = self.quote(self.line, self.line + colon);
        let value = self.blanks(self.line + colon + 1);
        let known = value < at
            && !key.contains(['"', '\''])
            && !matches!(self.at(value), b'"' | b'\'' | b'[' | b'{' | b'&' | b'!');
        self.quoting(
            Code::YamlUnexpected,
            Span::new(at, at + 1),
            message,
            &[],
            (known && !goes_on).then_some((value, end)),
        );
    }

    /// `list[0].name` inside brackets, where a bracket ends an unquoted value. Reads all of it as the value.
    pub(super) fn bracket_inside(&mut self, found: &mut Leaf) {
        let at = found.end;
        if at == found.start || !matches!(self.at(at), b'[' | b'{') {
            return;
        }
        let (mut end, mut open) = (at, 0_u32);
        while !self.is_break(end) {
            match self.at(end) {
                b'[' | b'{' => open += 1,
                b']' | b'}' if open > 0 => open -= 1,
                b',' | b']' | b'}' if open == 0 => break,
                b':' if open == 0 && self.is_space(end + 1) => break,
                _ => {}
            }
            end += 1;
        }
        if open > 0 {
            return;
        }
        end = self.trim(at, end);
        let place = (!found.multi).then_some((found.start, end));
        let message = "a bracket ends an unquoted value here: quote the whole value";
        self.quoting(Code::YamlUnexpected, Span::new(at, at + 1), message, &[], place);
        found.end = end;
        self.pos = end;
    }

    /// Reports an error, with a fix that quotes the text of `place` if there is one.
    fn quoting(&mut self, code: Code, span: Span, message: &str, args: &[&str], place: Option<(usize, usize)>) {
        let text = place.map_or("", |(start, end)| self.quote(start, end));
        let reported = self.report(code, span, message, args);
        let Some((start, end)) = place else { return };
        let mut quoted = String::from("'");
        for c in text.chars() {
            quoted.push(c);
            if c == '\'' {
                quoted.push(c);
            }
        }
        quoted.push('\'');
        reported.fix("quote the value", &[], Span::new(start, end), &quoted);
    }

    /// Reads the continuation lines of a plain value that contains `: `, so that they give no second finding.
    pub(super) fn more_lines(&mut self, found: &mut Leaf, indent: i32) {
        let mut progress = Progress::default();
        loop {
            progress.step(found.end, 0);
            let stop = self.line_end(found.end);
            let (line, indented, first) = self.next_line(stop);
            if self.is_end(first)
                || (indented - line) as i32 <= indent
                || self.is_marker(line)
                || self.is_structural(first)
            {
                return;
            }
            let end = self.line_end(first);
            found.end = self.trim(first, end);
            found.multi = true;
            found.verbatim = false;
            self.line = line;
            self.pos = found.end;
        }
    }

    /// Reports an entry without its colon. `found` is the key, or the whole line.
    pub(super) fn missing(&mut self, found: Leaf, node: Option<u32>, props: Props) {
        let mut key = found;
        let (start, end) = (found.start, found.end);
        let mut next = end;
        if node.is_none() && found.style == Style::Plain {
            let text = self.quote(start, end);
            let blank = text.bytes().position(|byte| matches!(byte, b' ' | b'\t'));
            let colon = find(text, ":").filter(|at| *at > 0 && blank.is_none_or(|blank| *at < blank));
            let wide = find(text, "：");
            if let Some(colon) = colon {
                key.end = start + colon;
                next = key.end + 1;
                let message = "missing space after the colon of `{}:`";
                let args = [self.quote(start, key.end)];
                let reported = self.report(Code::YamlMissingSpace, Span::new(start, next), message, &args);
                reported.fix("insert the space", &[], Span::at(next), " ");
            } else if let Some(wide) = wide {
                key.end = self.trim(start, start + wide);
                next = start + wide + '：'.len_utf8();
                let place = Span::new(start + wide, next);
                let message = "full-width colon: a key ends with `: `";
                self.report(Code::YamlMissingColon, place, message, &[]).write(place, ": ");
            } else {
                key.end = start + blank.unwrap_or(text.len());
                next = key.end;
                // The value is on the next lines.
                let (line, indented, first) = self.next_line(self.line_end(end));
                let deeper =
                    (indented - line) as i32 > self.column || self.at(first) == b'-' && self.is_space(first + 1);
                let certain = blank.is_none() && deeper && !self.is_end(first);
                let message = "missing colon after `{}`: an entry has the form `key: value`";
                let args = [self.quote(start, key.end)];
                let reported = self.report(Code::YamlMissingColon, Span::new(start, key.end), message, &args);
                if certain {
                    reported.fix("insert the colon", &[], Span::at(next), ":");
                }
            }
        } else {
            self.report_at(
                Code::YamlMissingColon,
                start,
                end,
                "missing colon after this key: an entry has the form `key: value`",
            );
        }
        let id = match node {
            Some(id) => id,
            None if key.style == Style::Plain => self.scalar(&leaf(Style::Plain, key.start, key.end), props),
            None => self.scalar(&key, props),
        };
        self.link(id);
        self.pos = next;
        self.compact = false;
        let frame = &mut self.top;
        frame.state = State::Node;
        frame.end = next;
    }

    /// Reads the rest of the line after a value.
    pub(super) fn trailing(&mut self, found: &Leaf) {
        let at = self.blanks(self.pos);
        if self.is_break(at) {
            self.pos = at;
            return;
        }
        if self.at(at) == b'#' && at > self.pos {
            self.pos = self.line_end(at);
            return;
        }
        let end = self.line_end(at);
        let last = self.trim(at, end);
        if !found.broken {
            let message = match found.style {
                Style::SingleQuoted | Style::DoubleQuoted => {
                    "unexpected text after the closing quote: escape a quote inside the text"
                }
                _ => "unexpected text after the value",
            };
            self.report_at(Code::YamlUnexpected, at, last, message);
        }
        self.pos = end;
    }

    /// Reports an unclosed quote. The text ends with its first line.
    pub(super) fn unclosed_quote(&mut self, mut found: Leaf) -> Leaf {
        let start = found.start;
        let mut end = self.trim(start + 1, self.line_end(start));
        // A character that ends a value in brackets is rarely the end of the text.
        let mut progress = Progress::default();
        while self.in_brackets() && end > start + 1 {
            progress.step(start, end);
            let text = self.quote(start + 1, end - 1);
            match self.at(end - 1) {
                b',' => {}
                b']' if !text.contains('[') => {}
                b'}' if !text.contains('{') => {}
                _ => break,
            }
            end = self.trim(start + 1, end - 1);
        }
        let quote = self.quote(start, start + 1);
        // Inside brackets, and before a comment, the end of the text is unknown.
        let text = self.quote(start + 1, end);
        let certain = !(self.in_brackets()
            || text.is_empty()
            || find(text, " #").is_some()
            || find(text, ": ").is_some()
            || text.bytes().any(|byte| byte == self.at(start))
            || text.ends_with('\\'));
        let span = Span::new(start, start + 1);
        let reported = self.report(Code::YamlUnclosedQuote, span, "unclosed `{}`", &[quote]);
        if certain {
            reported.fix("close the quote", &[], Span::at(end), quote);
        }
        found.broken = true;
        found.verbatim = false;
        found.multi = false;
        found.end = end;
        self.pos = end;
        found
    }

    /// Reports the opening bracket of `node` as unclosed.
    pub(super) fn unclosed_bracket(&mut self, node: u32) {
        let opening = self.tree.nodes.get(node as usize).map_or(0, |node| node.span.start as usize);
        // The closing bracket may be inside an unclosed quote.
        let cause = self.diagnostics.last().is_some_and(|last| {
            last.code == Code::YamlUnclosedQuote && last.span.is_some_and(|span| span.start as usize > opening)
        });
        if !cause {
            let span = Span::new(opening, opening + 1);
            let bracket = self.quote(opening, opening + 1);
            self.report(Code::YamlUnclosedBracket, span, "unclosed `{}`", &[bracket]);
        }
    }

    /// Reports a line inside brackets that is not indented more than the enclosing block.
    pub(super) fn shallow_bracket(&mut self, first: usize, closing: bool) {
        let end = self.word_end(first);
        let message = "a line inside brackets must be indented more than the key before them";
        // Most readers accept a closing bracket there.
        let severity = if closing { Severity::Warning } else { Severity::Error };
        self.report(Code::YamlBadIndent, Span::new(first, end), message, &[]).severity(severity);
    }

    /// Reports an unknown escape.
    pub(super) fn bad_escape(&mut self, start: usize, end: usize) {
        let escape = self.quote(start, end);
        let span = Span::new(start, end);
        let digits = match escape.get(1..) {
            Some("x") => "2",
            Some("u") => "4",
            Some("U") => "8",
            _ => "",
        };
        if digits.is_empty() {
            let message = "unknown escape `{}`: write a backslash as `\\\\`";
            let reported = self.report(Code::YamlBadEscape, span, message, &[escape]);
            reported.fix("double the backslash", &[], Span::at(start), "\\");
        } else {
            let message = "`{}` must have {} hexadecimal digits of a valid character: write a backslash as `\\\\`";
            self.report(Code::YamlBadEscape, span, message, &[escape, digits]);
        }
    }

    /// Reports an alias of an unknown anchor.
    pub(super) fn unknown_alias(&mut self, start: usize, end: usize) {
        let name = self.quote(start + 1, end);
        let span = Span::new(start, end);
        if !name.is_empty() {
            let message = "unknown anchor `&{}`: quote the value to write the character `*`";
            self.report(Code::YamlUnknownAlias, span, message, &[name]);
            return;
        }
        let message = "a `*` at the start of a value begins an alias: quote the value to write the character";
        let place = self.is_space(end).then_some((start, end));
        self.quoting(Code::YamlUnknownAlias, span, message, &[], place);
    }
}
