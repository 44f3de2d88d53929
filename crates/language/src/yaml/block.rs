//! Collections by indentation.

use super::decode::{Sink, decode};
use super::quick::MAX_KEY;
use super::reader::{Frame, Leaf, Props, Reader, Role, State};
use super::scalar::leaf;
use super::tree::{DECODED, Decoded, Kind, MARKED, Style};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::text::{Progress, Span};

impl Reader<'_> {
    /// Before the first token of a line: closes what its indentation ends. False where the line
    /// cannot be read.
    pub fn dedent(&mut self) -> bool {
        if let Some(tab) = self.tab {
            self.column = self.tab_column(tab);
        }
        let column = self.column;
        // Nearly always.
        let top = &self.top;
        if top.role == Role::Map && top.state == State::Start && column == top.indent && self.at(self.pos) != b'-' {
            return true;
        }
        let dash = self.is_indicator(b'-');
        let mut progress = Progress::default();
        loop {
            progress.step(0, self.around.len());
            let frame = self.top.place();
            if frame.role == Role::Root {
                return true;
            }
            let parent = self.around.last().map_or(frame, Frame::place);
            if frame.is_at(column) {
                match (frame.role, frame.state) {
                    // A list may stand at the column of its key.
                    (Role::Map, State::Node | State::Key) if dash => {}
                    // The item without its `- ` ends where the next one begins.
                    (Role::Map, _) if dash && parent.role == Role::Seq && parent.is_at(column) => {
                        self.close_block();
                        continue;
                    }
                    (Role::Map, State::Node | State::Key) => self.fill(),
                    // Such a list ends where the next key stands.
                    (Role::Seq, _) if !dash && parent.role == Role::Map && parent.is_at(column) => {
                        self.close_block();
                        continue;
                    }
                    (Role::Seq, State::Node) => self.fill(),
                    _ => {}
                }
                return true;
            }
            if column > frame.indent {
                let complete = frame.role == Role::Map && matches!(frame.state, State::Start | State::Colon);
                return !(complete && self.wrong_column(dash));
            }
            if column > parent.indent && !parent.is_at(column) {
                // Between the two: no column of theirs. The one whose kind of entry it is.
                let fits = |role: Role| if dash { role == Role::Seq } else { role == Role::Map };
                if fits(frame.role) || !fits(parent.role) {
                    self.fill_all();
                } else {
                    self.close_block();
                }
                return !self.wrong_column(dash);
            }
            if frame.role == Role::Map && parent.role == Role::Seq && !dash && self.is_shallow() {
                self.fill_all();
                return !self.wrong_column(dash);
            }
            self.close_block();
        }
    }

    /// Takes the column of this line as one more of the innermost collection, and says that it
    /// is wrong. True where the line is no entry at all, and is passed over.
    fn wrong_column(&mut self, dash: bool) -> bool {
        self.bad_indent();
        if let Some(tab) = self.tab {
            self.tab_indent(tab);
        }
        let column = self.column;
        self.top.alt = column;
        let passed = !dash && !self.is_structural(self.pos) && self.plain_line(self.pos, false).0 > self.pos;
        if passed {
            self.pos = self.line_end(self.pos);
        }
        passed
    }

    /// True where a line stands at the column of a list, but says what the item `frame` does not
    /// say yet: its indentation is wrong. What the item says already begins another item.
    fn is_shallow(&mut self) -> bool {
        let mut around = self.around.iter().rev();
        let column = self.column;
        let list = around.next().is_some_and(|list| list.is_at(column));
        if !list
            || around.next().is_some_and(|map| map.role == Role::Map && map.is_at(column))
            || !self.is_structural(self.pos)
        {
            return false;
        }
        let (end, _) = self.plain_line(self.pos, false);
        let key = Span::new(self.pos, end).of(self.tree.text);
        self.tree.node(self.top.node).is_some_and(|map| map.get(key).is_none())
    }

    /// Reads what stands at `pos`.
    pub fn step(&mut self) {
        let frame = self.top;
        match (frame.role, frame.state) {
            (Role::Seq, State::Start) => {
                if self.fresh && !frame.is_at(self.column) {
                    self.bad_indent();
                    self.top.alt = self.column;
                }
                if self.is_indicator(b'-') {
                    return self.indicator(State::Node);
                }
                self.no_dash();
                let frame = &mut self.top;
                frame.state = State::Node;
                self.compact = true;
            }
            (Role::Map, State::Colon) => {
                if self.fresh && frame.is_at(self.column) && self.is_indicator(b':') {
                    return self.indicator(State::Node);
                }
                self.fill();
            }
            (Role::Root, State::After) => return self.beyond(),
            _ => {}
        }
        self.node();
    }

    /// Reads a node, or an entry of a mapping: its key at least.
    fn node(&mut self) {
        let frame = self.top;
        let must = frame.role == Role::Map && frame.state == State::Start;
        let may = must || self.compact;
        let start = self.pos;
        if self.is_indicator(b'-') {
            if must || !self.compact {
                self.list_here(must);
            }
            self.begin(Role::Seq, start, must);
            if must || !self.compact {
                self.top.loose = true;
            }
            return self.indicator(State::Node);
        }
        if self.is_indicator(b'?') && may {
            if !must {
                self.begin(Role::Map, start, false);
            }
            return self.indicator(State::Key);
        }
        let inner = if matches!(self.at(start), b'!' | b'&') { self.props() } else { Props::default() };
        let at = self.blanks(self.pos);
        if !inner.none() && !must && (self.is_break(at) || self.at(at) == b'#') {
            // They belong to what stands below.
            self.pos = at;
            let outer = self.outer;
            self.outer = self.merge(outer, inner);
            return;
        }
        self.pos = at;
        if !inner.none() && self.is_indicator(b'-') {
            self.report_at(
                Code::YamlUnexpected,
                start,
                at,
                "a tag or an anchor of a list stands on the line above the list",
            );
            self.begin(Role::Seq, at, must);
            return self.indicator(State::Node);
        }
        if self.is_indicator(b':') && may {
            if !must {
                self.begin(Role::Map, start, false);
            }
            self.empty(at, inner);
            return self.colon(at);
        }
        self.content(start, inner, must, may);
    }

    /// A scalar, an alias or a collection in brackets; the key of an entry where `:` follows.
    fn content(&mut self, start: usize, inner: Props, must: bool, may: bool) {
        let frame = self.top;
        let indent = frame.indent;
        let at = self.pos;
        if self.fresh
            && let Some(tab) = self.tab
            && (tab - self.line) as i32 <= indent
        {
            self.tab_indent(tab);
        }
        let line = self.line;
        let mut found = leaf(Style::Plain, at, at);
        let mut node = None;
        match self.at(at) {
            b'"' | b'\'' => {
                found = self.quoted(indent);
                if found.broken && may && self.is_structural(at + 1) {
                    // A key lost its quote: the rest of the line says what was meant.
                    self.pos = at + 1;
                    found = self.plain(indent, false, true);
                }
            }
            b'|' | b'>' if !must => found = self.block_scalar(indent),
            b'*' => {
                found.end = self.name_end(at + 1);
                self.pos = found.end;
                node = Some(self.alias(at, found.end));
                if !inner.none() {
                    self.report_at(Code::YamlUnexpected, start, at, "an alias has no tag and no anchor of its own");
                }
            }
            b'[' | b'{' if self.template(at, false).is_none() => {
                node = Some(self.brackets(indent));
                found.end = self.pos;
                found.multi = self.line != line;
            }
            b'|' | b'>' | b'@' | b'`' | b'%' | b',' | b']' | b'}' | b'#' => {
                self.reserved(at);
                found.end = self.trim(at, self.line_end(at));
                self.pos = found.end;
            }
            b'-' | b'?' | b':' if self.is_space(at + 1) => {
                self.reserved(at);
                found.end = self.trim(at, self.line_end(at));
                self.pos = found.end;
            }
            _ => found = self.plain(indent, false, must),
        }
        let after = self.blanks(self.pos);
        let block = matches!(found.style, Style::Literal | Style::Folded);
        let mut key = !block && self.at(after) == b':' && self.is_space(after + 1);
        if key && !may {
            self.colon_inside(after);
            let (end, _) = self.over_colons(after);
            self.pos = end;
            if node.is_none() && found.style == Style::Plain {
                found.end = end;
                self.more_lines(&mut found, indent);
            }
            key = false;
        }
        let lost = found.broken && found.style == Style::Plain && may && !found.multi;
        if !(key || must || lost) {
            let outer = std::mem::take(&mut self.outer);
            let props = if outer.none() { inner } else { self.merge(outer, inner) };
            let id = match node {
                Some(id) => {
                    self.give(id, props);
                    id
                }
                None => self.scalar(&found, props),
            };
            self.link(id);
            self.advance();
            if !block {
                self.trailing(&found);
            }
            return;
        }
        if key && (found.multi || after - at > MAX_KEY) {
            self.report_at(Code::YamlUnexpected, at, found.end, "a key must stand on one line of at most 1024 bytes");
        }
        if !must {
            self.begin(Role::Map, start, false);
        } else if let Some(tab) = self.tab.filter(|_| self.fresh) {
            self.tab_indent(tab);
        }
        if !key {
            return self.missing(found, node, inner);
        }
        let id = match node {
            Some(id) => {
                self.give(id, inner);
                id
            }
            None => self.scalar(&found, inner),
        };
        self.link(id);
        self.colon(after);
    }

    /// Over the `:` at `at` that follows an implicit key.
    pub fn colon(&mut self, at: usize) {
        self.pos = at + 1;
        self.compact = false;
        let frame = &mut self.top;
        frame.state = State::Node;
        frame.end = at + 1;
    }

    /// Over `-`, `?` or `:` at `pos`: a node comes next.
    fn indicator(&mut self, state: State) {
        if let Some(tab) = self.tab {
            self.tab_indent(tab);
        }
        self.pos += 1;
        self.compact = true;
        let end = self.pos;
        let frame = &mut self.top;
        frame.state = state;
        frame.end = end;
    }

    /// Begins a block collection at the column of the token, part of the tree unless `detached`.
    pub fn begin(&mut self, role: Role, start: usize, detached: bool) {
        if let Some(tab) = self.tab {
            self.tab_indent(tab);
        }
        let props = if detached { Props::default() } else { std::mem::take(&mut self.outer) };
        let column = self.column;
        let id = self.collection(role, start);
        if !detached {
            self.link(id);
            self.advance();
        }
        self.enter(role, id, start, column, props);
        self.top.detached |= detached;
    }

    /// The innermost collection got the node it waited for.
    fn advance(&mut self) {
        let frame = &mut self.top;
        frame.state = match (frame.role, frame.state) {
            (Role::Root, _) => State::After,
            (Role::Map, State::Key) => State::Colon,
            _ => State::Start,
        };
    }

    /// A value that is due and does not come.
    fn fill(&mut self) {
        let end = self.top.end;
        let props = std::mem::take(&mut self.outer);
        self.empty(end, props);
        self.advance();
    }

    fn fill_all(&mut self) {
        let mut progress = Progress::default();
        while self.top.role != Role::Root && self.top.state != State::Start {
            // A key that is due leaves its value due.
            progress.step(0, usize::from(self.top.state == State::Key));
            self.fill();
        }
    }

    /// Ends the innermost block collection.
    pub fn close_block(&mut self) {
        self.fill_all();
        let end = self.top.end;
        self.close(end);
    }

    /// Makes the node of a scalar, with its text decoded where it must be.
    pub fn scalar(&mut self, leaf: &Leaf, props: Props) -> u32 {
        let mut raw = Self::raw(Kind::Scalar, leaf.style, leaf.start, leaf.end);
        if !leaf.verbatim {
            let start = self.tree.decoded.len() as u32;
            let mut out = std::mem::take(&mut self.tree.decoded);
            let mut sink = Sink::new(Some(&mut out), usize::MAX);
            decode(self.tree.text, leaf, &mut sink);
            let bad = sink.bad;
            self.tree.decoded = out;
            for (start, end) in bad {
                self.bad_escape(start, end);
            }
            raw.first = self.tree.ranges.len() as u32;
            raw.flags = DECODED;
            let end = self.tree.decoded.len() as u32;
            let (indent, tail) = (leaf.indent as u32, leaf.tail as u32);
            self.tree.ranges.push(Decoded { start, end, indent, tail, broken: leaf.broken });
        }
        // A plain word, as nearly all are, was looked at byte by byte when its end was sought.
        let known = leaf.verbatim && leaf.style == Style::Plain && self.at(leaf.start) != b'<';
        if std::mem::take(&mut self.curly) || !known {
            raw.flags |= MARKED;
        }
        self.create(raw, props)
    }

    pub fn is_indicator(&self, byte: u8) -> bool {
        self.at(self.pos) == byte && self.is_space(self.pos + 1)
    }
}
