//! Collections by indentation.

use super::fast_path::MAX_KEY;
use super::scalar::leaf;
use super::{Frame, Leaf, Props, Reader, Role, State};
use crate::yaml::decode::{Sink, decode};
use crate::yaml::raw::{DECODED, Form, MARKED, Raw};
use crate::yaml::tree::{Decoded, Style};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::text::{Progress, Span};

/// What may begin at a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    /// The next entry of a mapping: its key is required.
    Entry,
    /// A value, or the first key of a new mapping.
    Key,
    /// A value. A mapping may not begin here.
    Value,
}

impl Position {
    fn takes_key(self) -> bool {
        self != Position::Value
    }
}

/// A scalar, or the node of an alias or of a collection in brackets with its extent.
struct Content {
    leaf: Leaf,
    node: Option<u32>,
}

impl Content {
    fn is_block(&self) -> bool {
        matches!(self.leaf.style, Style::Literal | Style::Folded)
    }
}

impl Reader<'_> {
    /// Before the first token of a line: closes the collections that its indentation ends. False if the line cannot
    /// be read.
    pub(super) fn dedent(&mut self) -> bool {
        if let Some(tab) = self.tab {
            self.column = self.tab_column(tab);
        }
        let column = self.column;
        // Fast path.
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
                    // A list may have the column of its key.
                    (Role::Map, State::Node | State::Key) if dash => {}
                    // An item without its `- ` ends where the next item begins.
                    (Role::Map, _) if dash && parent.role == Role::Seq && parent.is_at(column) => {
                        self.close_block();
                        continue;
                    }
                    (Role::Map, State::Node | State::Key) => self.fill(),
                    // A list at the column of its key ends at the next key.
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
                // A column between those of the two collections: the line belongs to the one whose kind of entry it is.
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

    /// Reports the column of this line as wrong, and accepts it as a second column of the innermost collection. True if
    /// the line is not an entry and is skipped.
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

    /// True if a line at the column of a list has a key that its current item does not have yet: the indentation is
    /// wrong. A key that the item already has begins another item.
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

    /// Reads the token at `pos`.
    pub(super) fn step(&mut self) {
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

    /// Reads a node, or the key of an entry of a mapping.
    fn node(&mut self) {
        let position = self.position();
        let entry = position == Position::Entry;
        let start = self.pos;
        if self.is_indicator(b'-') {
            if entry || !self.compact {
                self.list_here(entry);
            }
            self.begin(Role::Seq, start, entry, None);
            if entry || !self.compact {
                self.top.loose = true;
            }
            return self.indicator(State::Node);
        }
        if self.is_indicator(b'?') && position.takes_key() {
            self.begin_entry(start, position, None);
            return self.indicator(State::Key);
        }
        let inner = if matches!(self.at(start), b'!' | b'&') { self.props() } else { Props::default() };
        let at = self.blanks(self.pos);
        if !inner.none() && !entry && (self.is_break(at) || self.at(at) == b'#') {
            // They belong to the node on the next line.
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
                "the tag or the anchor of a list must be on the line before the list",
            );
            self.begin(Role::Seq, at, entry, None);
            return self.indicator(State::Node);
        }
        if self.is_indicator(b':') && position.takes_key() {
            self.begin_entry(start, position, None);
            self.empty(at, inner);
            return self.colon(at);
        }
        self.content(start, inner, position);
    }

    fn position(&self) -> Position {
        if self.top.role == Role::Map && self.top.state == State::Start {
            Position::Entry
        } else if self.compact {
            Position::Key
        } else {
            Position::Value
        }
    }

    /// Begins the mapping of an entry at `start`, unless the entry continues a mapping. `key` is its key, if that is
    /// complete.
    fn begin_entry(&mut self, start: usize, position: Position, key: Option<u32>) {
        if position != Position::Entry {
            self.begin(Role::Map, start, false, key);
        }
    }

    /// Reads a scalar, an alias or a collection in brackets: a value, or the key of an entry.
    fn content(&mut self, start: usize, inner: Props, position: Position) {
        let at = self.pos;
        if self.fresh
            && let Some(tab) = self.tab
            && (tab - self.line) as i32 <= self.top.indent
        {
            self.tab_indent(tab);
        }
        let mut content = Content { leaf: leaf(Style::Plain, at, at), node: None };
        self.scan(&mut content, position);
        if self.at(at) == b'*' && !inner.none() {
            self.report_at(Code::YamlUnexpected, start, at, "an alias cannot have a tag or an anchor");
        }
        let colon = self.key_colon(&mut content, position);
        let leaf = &content.leaf;
        let lost = leaf.broken && leaf.style == Style::Plain && position.takes_key() && !leaf.multi;
        if colon.is_none() && position != Position::Entry && !lost {
            return self.attach_value(&content, inner);
        }
        if let Some(colon) = colon
            && (leaf.multi || colon - at > MAX_KEY)
        {
            self.report_at(Code::YamlUnexpected, at, leaf.end, "a key must be on one line and have at most 1024 bytes");
        }
        self.begin_entry(start, position, content.node);
        if position != Position::Entry {
            // The key is after the mapping now.
            content.node = content.node.map(|id| id + 1);
        }
        if position == Position::Entry
            && let Some(tab) = self.tab.filter(|_| self.fresh)
        {
            self.tab_indent(tab);
        }
        let Some(colon) = colon else { return self.missing(*leaf, content.node, inner) };
        let id = self.content_node(&content, inner);
        self.link(id);
        self.colon(colon);
    }

    /// Finds the end of what begins at `pos`, and moves there. Aliases and collections in brackets are
    /// complete nodes then, without tag and anchor; a scalar is not a node yet.
    fn scan(&mut self, content: &mut Content, position: Position) {
        let (at, line, indent) = (self.pos, self.line, self.top.indent);
        let found = &mut content.leaf;
        match self.at(at) {
            b'"' | b'\'' => {
                *found = self.quoted(indent);
                if found.broken && position.takes_key() && self.is_structural(at + 1) {
                    // A key without its closing quote: the rest of the line is read as a plain key.
                    self.pos = at + 1;
                    *found = self.plain(indent, false, true);
                }
            }
            b'|' | b'>' if position != Position::Entry => *found = self.block_scalar(indent),
            b'*' => {
                found.end = self.name_end(at + 1);
                self.pos = found.end;
                content.node = Some(self.alias(at, found.end));
            }
            b'[' | b'{' if self.template(at, false).is_none() => {
                content.node = Some(self.brackets(indent));
                found.end = self.pos;
                found.multi = self.line != line;
            }
            b'|' | b'>' | b'@' | b'`' | b'%' | b',' | b']' | b'}' | b'#' => found.end = self.reserved_line(at),
            b'-' | b'?' | b':' if self.is_space(at + 1) => found.end = self.reserved_line(at),
            _ => *found = self.plain(indent, false, position == Position::Entry),
        }
    }

    /// Reports an indicator that begins no value. The rest of the line is the value; its end.
    fn reserved_line(&mut self, at: usize) -> usize {
        self.reserved(at);
        self.pos = self.trim(at, self.line_end(at));
        self.pos
    }

    /// The position of the `:` after the content, if the content is a key. A `:` where no key may be is
    /// reported, and becomes part of the value.
    fn key_colon(&mut self, content: &mut Content, position: Position) -> Option<usize> {
        let colon = self.blanks(self.pos);
        if content.is_block() || self.at(colon) != b':' || !self.is_space(colon + 1) {
            return None;
        }
        if position.takes_key() {
            return Some(colon);
        }
        self.colon_inside(colon);
        let (end, _) = self.over_colons(colon);
        self.pos = end;
        if content.node.is_none() && content.leaf.style == Style::Plain {
            content.leaf.end = end;
            self.more_lines(&mut content.leaf, self.top.indent);
        }
        None
    }

    /// Attaches the content as a value.
    fn attach_value(&mut self, content: &Content, inner: Props) {
        let outer = std::mem::take(&mut self.outer);
        let props = if outer.none() { inner } else { self.merge(outer, inner) };
        let id = self.content_node(content, props);
        self.link(id);
        self.advance();
        if !content.is_block() {
            self.trailing(&content.leaf);
        }
    }

    /// The node of the content, with its tag and anchor.
    fn content_node(&mut self, content: &Content, props: Props) -> u32 {
        match content.node {
            Some(id) => {
                self.give(id, props);
                id
            }
            None => self.scalar(&content.leaf, props),
        }
    }

    /// Consumes the `:` at `at` after an implicit key.
    pub(super) fn colon(&mut self, at: usize) {
        self.pos = at + 1;
        self.compact = false;
        let frame = &mut self.top;
        frame.state = State::Node;
        frame.end = at + 1;
    }

    /// Consumes `-`, `?` or `:` at `pos`. The next token is a node.
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

    /// Begins a block collection at the column of the token. It is part of the tree unless `detached`.
    pub(super) fn begin(&mut self, role: Role, start: usize, detached: bool, key: Option<u32>) {
        if let Some(tab) = self.tab {
            self.tab_indent(tab);
        }
        let props = if detached { Props::default() } else { std::mem::take(&mut self.outer) };
        let column = self.column;
        let id = self.collection(role, start, key);
        if detached {
            self.detach(id);
        } else {
            self.link(id);
            self.advance();
        }
        self.enter(role, id, start, column, props);
    }

    /// Updates the state of the innermost collection after a node.
    fn advance(&mut self) {
        let frame = &mut self.top;
        frame.state = match (frame.role, frame.state) {
            (Role::Root, _) => State::After,
            (Role::Map, State::Key) => State::Colon,
            _ => State::Start,
        };
    }

    /// Inserts a missing value.
    fn fill(&mut self) {
        let end = self.top.end;
        let props = std::mem::take(&mut self.outer);
        self.empty(end, props);
        self.advance();
    }

    fn fill_all(&mut self) {
        let mut progress = Progress::default();
        while self.top.role != Role::Root && self.top.state != State::Start {
            // After a missing key its value is missing too.
            progress.step(0, usize::from(self.top.state == State::Key));
            self.fill();
        }
    }

    /// Ends the innermost block collection.
    pub(super) fn close_block(&mut self) {
        self.fill_all();
        let end = self.top.end;
        self.close(end);
    }

    /// Creates the node of a scalar. Decodes its text if it differs from the source.
    pub(super) fn scalar(&mut self, leaf: &Leaf, props: Props) -> u32 {
        let mut raw = Raw::new(Form::scalar(leaf.style), leaf.start, leaf.end);
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
            raw.set_link(self.tree.ranges.len() as u32);
            raw.set(DECODED);
            let end = self.tree.decoded.len() as u32;
            let (indent, tail) = (leaf.indent as u32, leaf.tail as u32);
            self.tree.ranges.push(Decoded { start, end, indent, tail, broken: leaf.broken });
        }
        // Every byte of a verbatim plain scalar has been checked when its end was found.
        let known = leaf.verbatim && leaf.style == Style::Plain && self.at(leaf.start) != b'<';
        if std::mem::take(&mut self.curly) || !known {
            raw.set(MARKED);
        }
        self.create(raw, props)
    }

    pub(super) fn is_indicator(&self, byte: u8) -> bool {
        self.at(self.pos) == byte && self.is_space(self.pos + 1)
    }
}
