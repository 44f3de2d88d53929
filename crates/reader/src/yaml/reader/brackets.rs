//! Collections in `[ ]` and `{ }`.

use super::scalar::leaf;
use super::{Props, Reader, Role, State};
use crate::yaml::tree::Style;
use cloudflow_base::diagnostic::Code;
use cloudflow_base::text::{Progress, Span};

impl Reader<'_> {
    /// Reads the collection at `pos` with its content. Returns its node, which is not attached yet. Its lines
    /// must be indented by more than `indent`.
    pub(super) fn brackets(&mut self, indent: i32) -> u32 {
        let base = self.around.len();
        let mut warned = false;
        self.bracket(indent, Props::default());
        let mut progress = Progress::default();
        loop {
            progress.step(self.pos, self.around.len());
            if !self.skip_inside(indent, &mut warned) {
                // The next line belongs to the enclosing block: the bracket is unclosed.
                let frame = self.around.get(base + 1).copied().unwrap_or(self.top);
                let end = frame.end;
                self.unclosed_bracket(frame.node);
                let mut id = 0;
                let mut end = end;
                let mut progress = Progress::default();
                while self.around.len() > base {
                    progress.step(0, self.around.len());
                    end = end.max(self.top.end);
                    self.fill_inside();
                    id = self.close(end);
                    if self.around.len() > base {
                        self.link(id);
                    }
                }
                self.pos = end.max(self.pos.min(end));
                return id;
            }
            if let Some(id) = self.token(indent)
                && self.around.len() == base
            {
                return id;
            }
        }
    }

    /// Consumes an opening bracket.
    fn bracket(&mut self, indent: i32, props: Props) {
        let start = self.pos;
        let role = if self.at(start) == b'[' { Role::FlowSeq } else { Role::FlowMap };
        self.pos += 1;
        self.open(role, start, indent, props, None);
    }

    /// Reads one token. Returns the node of the collection that it ends.
    fn token(&mut self, indent: i32) -> Option<u32> {
        let frame = self.top;
        let at = self.pos;
        match self.at(at) {
            b',' => {
                self.fill_inside();
                let frame = self.top;
                if frame.state == State::Start {
                    self.report_at(Code::YamlUnexpected, at, at + 1, "a value is missing before this comma");
                }
                self.pos += 1;
                let frame = &mut self.top;
                frame.state = State::Start;
                frame.end = at + 1;
                return None;
            }
            b']' | b'}' => return self.closing(),
            b'?' if frame.state == State::Start && (self.is_space(at + 1) || self.is_flow(at + 1)) => {
                if frame.role == Role::FlowSeq {
                    self.open(Role::Pair, at, indent, Props::default(), None);
                }
                self.pos += 1;
                let frame = &mut self.top;
                frame.state = State::Key;
                frame.end = at + 1;
                return None;
            }
            b':' if self.is_space(at + 1) || self.is_flow(at + 1) || frame.state == State::Colon && frame.json => {
                match (frame.role, frame.state) {
                    (_, State::Colon) => {}
                    (Role::FlowMap, State::Start) | (_, State::Key) => self.empty(at, Props::default()),
                    (Role::FlowSeq, State::Start) => {
                        self.open(Role::Pair, at, indent, Props::default(), None);
                        self.empty(at, Props::default());
                    }
                    _ => {
                        self.report_at(
                            Code::YamlUnexpected,
                            at,
                            at + 1,
                            "expected `,` instead of this `:`: quote a value that contains `: `",
                        );
                        self.pos += 1;
                        self.top.state = State::Start;
                        return None;
                    }
                }
                self.pos += 1;
                let frame = &mut self.top;
                frame.state = State::Node;
                frame.end = at + 1;
                return None;
            }
            _ => {}
        }
        if matches!(frame.state, State::After | State::Colon) {
            let message = if frame.state == State::After {
                "expected `,` before this"
            } else {
                "expected `,` or `:` before this"
            };
            let end = self.word_end(at);
            self.report_at(Code::YamlUnexpected, at, end, message);
            self.fill_inside();
            self.top.state = State::Start;
        }
        self.value(indent);
        None
    }

    /// Reads a node with its properties.
    fn value(&mut self, indent: i32) {
        let start = self.pos;
        let line = self.line;
        let props = if matches!(self.at(start), b'!' | b'&') { self.props() } else { Props::default() };
        if !props.none() {
            let mut warned = false;
            if !self.skip_inside(indent, &mut warned) {
                let id = self.scalar(&leaf(Style::Plain, self.pos, self.pos), props);
                return self.place(id, start, false, line);
            }
        }
        let at = self.pos;
        let mut found = leaf(Style::Plain, at, at);
        let mut json = false;
        let state = self.top.state;
        match self.at(at) {
            b'[' | b'{' if self.template(at, false).is_none() => {
                return self.bracket(indent, props);
            }
            b'"' | b'\'' => {
                found = self.quoted(indent);
                json = true;
            }
            b'*' => {
                let end = self.name_end(at + 1);
                self.pos = end;
                if !props.none() {
                    self.report_at(Code::YamlUnexpected, start, at, "an alias cannot have a tag or an anchor");
                }
                let id = self.alias(at, end);
                return self.place(id, at, false, line);
            }
            b',' | b']' | b'}' if !props.none() => {}
            b':' if !props.none() && (self.is_space(at + 1) || self.is_flow(at + 1)) => {}
            b'|' | b'>' | b'@' | b'`' | b'%' | b'#' => {
                self.reserved(at);
                found = self.plain(indent, true, true);
                self.pos = self.pos.max(at + 1);
                found.end = self.pos;
            }
            b'-' | b'?' | b':' if self.is_space(at + 1) || self.is_flow(at + 1) => {
                self.reserved(at);
                self.pos += 1;
                found.end = self.pos;
            }
            _ => {
                found = self.plain(indent, true, false);
                self.bracket_inside(&mut found);
            }
        }
        let id = self.scalar(&found, props);
        let start = if state == State::Start { at } else { start };
        self.place(id, start, json, line);
    }

    /// Attaches a node to the enclosing collection. In `[ ]` it may be the key of a pair.
    fn place(&mut self, mut id: u32, start: usize, json: bool, line: usize) {
        let frame = self.top;
        if frame.role == Role::FlowSeq {
            let after = self.blanks(self.pos);
            if self.at(after) == b':' && (json || self.is_space(after + 1) || self.is_flow(after + 1)) {
                if self.line != line || after - start > 1024 {
                    self.report_at(
                        Code::YamlUnexpected,
                        start,
                        after,
                        "a key in `[ ]` must be on one line and have at most 1024 bytes",
                    );
                }
                self.open(Role::Pair, start, frame.indent, Props::default(), Some(id));
                self.top.state = State::Key;
                // After the pair.
                id += 1;
            }
        }
        self.link(id);
        let pos = self.pos;
        let frame = &mut self.top;
        frame.end = frame.end.max(pos);
        frame.json = json;
        let pair = frame.role == Role::Pair;
        frame.state = match (frame.role, frame.state) {
            (Role::FlowMap, State::Start) | (_, State::Key) => State::Colon,
            _ => State::After,
        };
        if pair && frame.state == State::After {
            self.end_pair();
        }
    }

    fn end_pair(&mut self) {
        let end = self.top.end;
        let id = self.close(end);
        self.link(id);
        self.top.state = State::After;
    }

    /// Inserts the missing values.
    fn fill_inside(&mut self) {
        let mut progress = Progress::default();
        loop {
            let frame = self.top;
            let due = match frame.state {
                State::Key => 2,
                State::Colon | State::Node => 1,
                State::Start | State::After => 0,
            };
            progress.step(0, self.around.len() * 3 + due);
            match frame.state {
                State::Key => {
                    self.empty(frame.end, Props::default());
                    self.top.state = State::Colon;
                }
                State::Colon | State::Node => {
                    self.empty(frame.end, Props::default());
                    self.top.state = State::After;
                }
                _ if frame.role == Role::Pair => self.end_pair(),
                _ => return,
            }
        }
    }

    /// Consumes a closing bracket. Returns the node of the outermost collection if it ends.
    fn closing(&mut self) -> Option<u32> {
        let at = self.pos;
        self.fill_inside();
        let role = if self.at(at) == b']' { Role::FlowSeq } else { Role::FlowMap };
        if self.top.role != role {
            let below = self.around.iter().rev().take(2).any(|frame| frame.role == role);
            if !below {
                let (is, should) = if role == Role::FlowSeq { ("]", "}") } else { ("}", "]") };
                let span = Span::new(at, at + 1);
                self.report(Code::YamlUnclosedBracket, span, "expected `{}` instead of `{}`", &[should, is]);
            } else {
                // The inner bracket is unclosed.
                self.unclosed_bracket(self.top.node);
                let id = self.close(at);
                self.finish(id, at);
                return None;
            }
        }
        self.pos = at + 1;
        let id = self.close(at + 1);
        self.finish(id, at + 1)
    }

    fn finish(&mut self, id: u32, end: usize) -> Option<u32> {
        self.pos = end;
        if !self.in_brackets() {
            return Some(id);
        }
        let raw = self.tree.nodes.get(id as usize).copied()?;
        let start = raw.span.start as usize;
        // The line of the opening bracket.
        let inside = self.bytes.get(start..end).unwrap_or_default();
        let line = if end - start <= 1024 && !inside.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line
        } else {
            usize::MAX
        };
        self.place(id, start, true, line);
        None
    }

    /// Moves to the next token inside brackets. False if the enclosing block continues.
    fn skip_inside(&mut self, indent: i32, warned: &mut bool) -> bool {
        let mut progress = Progress::default();
        loop {
            let at = self.pos;
            progress.step(at, 0);
            match self.at(at) {
                b' ' | b'\t' => self.pos += 1,
                b'#' if at == self.line || self.is_space(at - 1) => self.pos = self.line_end(at),
                b'\n' | b'\r' => {
                    let (line, indented, first) = self.next_line(at);
                    if self.is_end(first) {
                        return false;
                    }
                    if self.is_marker(line) {
                        return false;
                    }
                    if (indented - line) as i32 <= indent && self.at(first) != b'#' {
                        let closing = matches!(self.at(first), b']' | b'}');
                        if !closing && self.is_structural(first) {
                            return false;
                        }
                        if !*warned {
                            *warned = true;
                            self.shallow_bracket(first, closing);
                        }
                    }
                    self.line = line;
                    self.pos = first;
                    if self.is_template_line(first) {
                        self.tree.template_lines = true;
                        self.pos = self.line_end(first);
                    }
                }
                _ => return !self.is_end(at),
            }
        }
    }
}
