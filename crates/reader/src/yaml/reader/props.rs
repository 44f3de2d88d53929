//! Tags, anchors and aliases.

use super::{Props, Reader};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::text::{Progress, Span};

impl Reader<'_> {
    /// Reads the tags and anchors at `pos` on this line.
    pub(super) fn props(&mut self) -> Props {
        let mut props = Props::default();
        let mut progress = Progress::default();
        loop {
            let start = self.pos;
            progress.step(start, 0);
            let (place, end) = match self.at(start) {
                b'&' => {
                    let end = self.name_end(start + 1);
                    if end == start + 1 {
                        self.report_at(
                            Code::YamlUnexpected,
                            start,
                            end,
                            "missing name after `&`: quote the value to write the character `&`",
                        );
                    }
                    (Span::new(start + 1, end), end)
                }
                b'!' => {
                    let end = self.tag(start);
                    (Span::new(start, end), end)
                }
                _ => return props,
            };
            let field = if self.at(start) == b'&' { &mut props.anchor } else { &mut props.tag };
            let twice = !field.is_empty();
            *field = place;
            if twice {
                self.report_at(Code::YamlUnexpected, start, end, "a value has at most one tag and one anchor");
            }
            self.pos = self.blanks(end);
            if self.pos == end && !self.is_space(end) && !(self.in_brackets() && self.is_flow(end)) {
                self.report_at(Code::YamlUnexpected, start, end, "missing space after a tag or an anchor");
            }
        }
    }

    /// Combines a tag and an anchor on different lines.
    pub(super) fn merge(&mut self, outer: Props, inner: Props) -> Props {
        let pick = |reader: &mut Self, above: Span, here: Span| {
            if !above.is_empty() && !here.is_empty() {
                let message = "a value has at most one tag and one anchor";
                reader.report_at(Code::YamlUnexpected, here.start as usize, here.end as usize, message);
            }
            if here.is_empty() { above } else { here }
        };
        Props { tag: pick(self, outer.tag, inner.tag), anchor: pick(self, outer.anchor, inner.anchor) }
    }

    /// The end of the name of an anchor or an alias.
    pub(super) fn name_end(&self, mut at: usize) -> usize {
        while !self.is_space(at) && !self.is_flow(at) {
            at += 1;
        }
        at
    }

    /// The end of the tag at `start`. Reports an undeclared handle.
    fn tag(&mut self, start: usize) -> usize {
        let mut end = start + 1;
        if self.at(end) == b'<' {
            while !self.is_space(end) && self.at(end) != b'>' {
                end += 1;
            }
            let closed = self.at(end) == b'>';
            if !closed || !is_tag(Span::new(start + 2, end).of(self.tree.text)) {
                self.report_at(Code::YamlUnexpected, start, end, "expected a tag `!<tag>`");
            }
            return end + usize::from(closed);
        }
        let mut handle = start;
        // A tag has no commas and no brackets.
        while !self.is_space(end) && !self.is_flow(end) {
            if self.at(end) == b'!' && handle == start {
                handle = end;
            }
            end += 1;
        }
        let suffix = Span::new(handle + 1, end).of(self.tree.text);
        if handle > start && suffix.is_empty()
            || suffix.contains('!')
            || !is_tag(Span::new(start, end).of(self.tree.text))
        {
            let message = "invalid tag: quote the value to write the character `!`";
            self.report_at(Code::YamlUnexpected, start, end, message);
            return end;
        }
        let text = Span::new(start, handle + 1).of(self.tree.text);
        // `!!` is always declared.
        if handle > start + 1 && !self.is_declared(text) {
            let message = "undeclared tag `{}`: declare it with a line `%TAG {} prefix` before the document";
            self.report(Code::YamlUnexpected, Span::new(start, handle + 1), message, &[text, text]);
        }
        end
    }

    fn is_declared(&self, handle: &str) -> bool {
        let declared = self.tree.handles.get(self.handles..).unwrap_or_default();
        declared.iter().any(|(known, _)| known.of(self.tree.text) == handle)
    }

    /// True inside `[ ]` or `{ }`.
    pub(super) fn in_brackets(&self) -> bool {
        use super::Role::{FlowMap, FlowSeq, Pair};
        matches!(self.top.role, FlowSeq | FlowMap | Pair)
    }
}

/// True for the characters of a URI, with two hexadecimal digits after each `%`.
pub(super) fn is_tag(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!-#;/?:@&=+$,_.~*'()%[]".contains(&byte);
    let is_hex = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
    text.bytes().enumerate().all(|(at, byte)| known(byte) && (byte != b'%' || is_hex(at + 1) && is_hex(at + 2)))
}
