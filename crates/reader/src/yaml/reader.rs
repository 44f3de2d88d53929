//! The state of the reader, and the operations that all its parts share: inspect bytes, move to the next token,
//! create nodes, open and close collections.

mod anchors;
mod block;
mod brackets;
mod fast_path;
mod keys;
mod merge;
mod props;
mod recover;
mod scalar;
mod stream;

use super::raw::{Form, MARKED, Raw, TAGGED};
use super::tree::{Document, Kind, NONE, Style, Tree};
use super::{MAX_DEPTH, MAX_DIAGNOSTICS, MAX_EXPANSION, MAX_NODES};
use anchors::{Anchor, Anchors};
use cloudflow_base::diagnostic::{Code, Diagnostic, report};
use cloudflow_base::small::to_decimal;
use cloudflow_base::text::{Progress, Span};
use stream::before_nul;

/// Reads every document of a text, and the findings. `merges`: merge keys are replaced.
pub(super) fn read(text: &str, merges: bool) -> (Tree<'_>, Vec<Diagnostic>) {
    let mut reader = Reader::new(text);
    reader.stream();
    if merges {
        reader.merge_keys();
    }
    (reader.tree, reader.diagnostics)
}

/// Reads a text into a tree. INVARIANT: every iteration of a loop moves `pos` forward or closes a frame, so that
/// reading takes linear time.
struct Reader<'t> {
    bytes: &'t [u8],
    pos: usize,
    /// The start of the line of `pos`.
    line: usize,
    /// The first tab between the last indicator, or the start of the line, and `pos`.
    tab: Option<usize>,
    /// The previous line was indented by a tab too, which was reported.
    tab_run: bool,
    /// The indentation of the token at `pos`.
    column: i32,
    /// `pos` is the first token of its line.
    fresh: bool,
    /// A block collection may begin at `pos`.
    compact: bool,
    /// Tag and anchor on a line of their own before their node.
    outer: Props,
    /// The innermost collection.
    top: Frame,
    /// The enclosing collections. The first is the frame of the document.
    around: Vec<Frame>,
    tree: Tree<'t>,
    diagnostics: Vec<Diagnostic>,
    /// The scalar at `pos` may contain a `{`.
    curly: bool,
    /// No `}}` before this position closes a `{{`.
    no_template: usize,
    handles: usize,
    anchors: Anchors<'t>,
    /// The number of nodes that all aliases so far expand to.
    expansion: usize,
    /// Size and height of the last closed collection.
    closed: (usize, usize),
    /// A limit was exceeded: later findings are discarded.
    halted: bool,
    late: Vec<Diagnostic>,
}

/// An open collection. The outermost frame is the document.
#[derive(Clone, Copy)]
struct Frame {
    role: Role,
    state: State,
    /// The column of its entries. In brackets, the column of the enclosing block collection.
    indent: i32,
    /// A second accepted column, after a line with a wrong indentation.
    alt: i32,
    /// A wrong indentation in it has been reported.
    loose: bool,
    node: u32,
    /// The end of its last byte.
    end: usize,
    /// The last key was quoted or a collection, so that `:` needs no space after it.
    json: bool,
    props: Props,
    read: usize,
    height: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Root,
    Seq,
    Map,
    FlowSeq,
    FlowMap,
    /// A mapping of one entry without braces inside `[ ]`.
    Pair,
}

/// The next expected element of a collection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// An entry, or the end.
    Start,
    /// The node after `?`.
    Key,
    /// The `:` after a key.
    Colon,
    /// The value, the item, the root.
    Node,
    /// A comma, or the end.
    After,
}

/// The spans of a tag and an anchor (without its `&`). Empty if absent.
#[derive(Clone, Copy, Default)]
struct Props {
    tag: Span,
    anchor: Span,
}

impl Props {
    fn none(self) -> bool {
        self.tag.is_empty() && self.anchor.is_empty()
    }
}

/// The extent of a scalar that is not a node yet.
#[derive(Clone, Copy)]
pub(super) struct Leaf {
    pub style: Style,
    pub start: usize,
    pub end: usize,
    /// Its text equals its source.
    pub verbatim: bool,
    /// It has more than one line.
    pub multi: bool,
    /// It ends early, because of an error.
    pub broken: bool,
    /// The indentation of a block scalar's content.
    pub indent: usize,
    /// The end of the content of a block scalar, with its final line breaks.
    pub tail: usize,
}

impl<'t> Reader<'t> {
    /// A reader of the text up to its first U+0000. INVARIANT: no byte of its text is 0, so that [`Reader::at`] can
    /// return 0 for the end.
    fn new(whole: &'t str) -> Self {
        let (text, controls) = before_nul(whole);
        let mut reader = Reader {
            bytes: text.as_bytes(),
            pos: 0,
            line: 0,
            tab: None,
            tab_run: false,
            column: 0,
            fresh: true,
            compact: true,
            outer: Props::default(),
            top: Frame::new(Role::Root, State::After, -1, NONE, 0, 0, Props::default()),
            around: Vec::new(),
            tree: Tree::empty(text),
            diagnostics: Vec::new(),
            curly: false,
            no_template: 0,
            handles: 0,
            anchors: Anchors::default(),
            expansion: 0,
            closed: (0, 0),
            halted: false,
            late: Vec::new(),
        };
        if text.len() < whole.len() {
            let message = "invalid character U+0000: the text after it is not read";
            reader.report_at(Code::YamlUnexpected, text.len(), text.len() + 1, message);
        }
        if controls {
            reader.controls();
        }
        reader
    }

    /// The byte at `at`. 0 at the end only.
    fn at(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn is_end(&self, at: usize) -> bool {
        at >= self.bytes.len()
    }

    /// True for a space, a tab, a line break, or the end.
    fn is_space(&self, at: usize) -> bool {
        matches!(self.at(at), b' ' | b'\t' | b'\n' | b'\r' | 0)
    }

    fn is_break(&self, at: usize) -> bool {
        matches!(self.at(at), b'\n' | b'\r' | 0)
    }

    fn is_blank(&self, at: usize) -> bool {
        matches!(self.at(at), b' ' | b'\t')
    }

    /// The end of the spaces and tabs at `at`.
    fn blanks(&self, mut at: usize) -> usize {
        while self.is_blank(at) {
            at += 1;
        }
        at
    }

    /// The end of the spaces at `at`.
    fn spaces(&self, mut at: usize) -> usize {
        while self.at(at) == b' ' {
            at += 1;
        }
        at
    }

    /// The end of the line of `at`.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
    }

    /// The end of the line break at `at`, if there is one.
    fn after_break(&self, at: usize) -> usize {
        match self.at(at) {
            b'\r' if self.at(at + 1) == b'\n' => at + 2,
            b'\r' | b'\n' => at + 1,
            _ => at,
        }
    }

    /// The end without the spaces and tabs before `end`.
    fn trim(&self, start: usize, mut end: usize) -> usize {
        while end > start && self.is_blank(end - 1) {
            end -= 1;
        }
        end
    }

    /// The next line with content after a line break: its start, its first byte that is not a space, and its first
    /// byte that is neither a space nor a tab.
    fn next_line(&self, mut at: usize) -> (usize, usize, usize) {
        let mut progress = Progress::default();
        loop {
            progress.step(at, 0);
            let line = self.after_break(at);
            let indented = self.spaces(line);
            let first = self.blanks(indented);
            if !self.is_break(first) || self.is_end(first) {
                return (line, indented, first);
            }
            at = first;
        }
    }

    /// True for `---` and `...` at the start of a line.
    fn is_marker(&self, line: usize) -> bool {
        let first = self.at(line);
        matches!(first, b'-' | b'.')
            && self.at(line + 1) == first
            && self.at(line + 2) == first
            && self.is_space(line + 3)
    }

    /// True for a line of a template language: `{% … %}` or `{# … #}`, with nothing after it.
    fn is_template_line(&self, at: usize) -> bool {
        let close = self.at(at + 1);
        if self.at(at) != b'{' || !matches!(close, b'%' | b'#') {
            return false;
        }
        let end = self.trim(at, self.line_end(at));
        end >= at + 4 && self.at(end - 1) == b'}' && self.at(end - 2) == close
    }

    /// Skips spaces, comments, line breaks and template lines up to the next token.
    fn skip(&mut self) {
        self.tab = None;
        self.fresh = self.pos == self.line;
        let mut progress = Progress::default();
        loop {
            let start = self.pos;
            progress.step(start, 0);
            match self.at(start) {
                b' ' => self.pos = self.spaces(start),
                b'\t' => {
                    self.tab = self.tab.or(Some(start));
                    self.pos += 1;
                }
                b'\n' | b'\r' => self.new_line(self.after_break(start)),
                b'#' if start == self.line || self.is_blank(start - 1) => self.pos = self.line_end(start),
                b'{' if self.fresh && self.is_template_line(start) => {
                    self.tree.template_lines = true;
                    self.pos = self.line_end(start);
                }
                _ => break,
            }
        }
        if self.fresh && self.tab.is_none() {
            self.tab_run = false;
        }
        self.column = (self.pos - self.line) as i32;
    }

    fn new_line(&mut self, line: usize) {
        self.pos = line;
        self.line = line;
        self.fresh = true;
        self.tab = None;
    }

    /// Creates a node. It becomes the next child of the innermost collection by its place in the arena.
    fn push(&mut self, raw: Raw) -> u32 {
        let id = self.tree.nodes.len() as u32;
        self.tree.nodes.push(raw);
        self.limit_nodes(raw.span);
        id
    }

    fn limit_nodes(&mut self, last: Span) {
        if self.tree.nodes.len() == MAX_NODES {
            self.limit(last, "the text has more than {} values", &[&to_decimal(MAX_NODES)]);
        }
    }

    /// The number of nodes so far, with every alias expanded.
    fn read(&self) -> usize {
        self.tree.nodes.len() + self.expansion
    }

    /// Creates a node with its tag and anchor.
    fn create(&mut self, raw: Raw, props: Props) -> u32 {
        let id = self.push(raw);
        if !props.none() {
            self.attach(id, props, 1, 0);
        }
        id
    }

    /// Inserts a collection before its first key, which was read before it was known to be a key, and which is an alias
    /// or a collection itself. The time is proportional to the length of the key.
    #[cold]
    #[inline(never)]
    fn insert(&mut self, raw: Raw, key: u32) {
        for node in self.tree.nodes.iter_mut().skip(key as usize) {
            node.shift(key);
        }
        self.tree.nodes.insert(key as usize, raw);
        self.limit_nodes(raw.span);
        for (node, _) in self.tree.tags.iter_mut().chain(&mut self.tree.anchors) {
            *node += u32::from(*node >= key);
        }
        self.anchors.shift(key);
    }

    /// Records the tag and the anchor of a complete node.
    fn attach(&mut self, id: u32, props: Props, size: usize, height: usize) {
        if !props.tag.is_empty() {
            let at = self.tree.tags.partition_point(|(node, _)| *node < id);
            self.tree.tags.insert(at, (id, props.tag));
            if let Some(node) = self.tree.nodes.get_mut(id as usize) {
                node.set(TAGGED);
            }
        }
        if !props.anchor.is_empty() {
            self.anchors.insert(Anchor { name: props.anchor.of(self.tree.text), node: id, size, height });
            self.tree.anchors.push((id, props.anchor));
        }
    }

    /// Records the tag and the anchor of a node that was created without them.
    fn give(&mut self, id: u32, props: Props) {
        if !props.none() {
            let (size, height) = self.closed;
            self.attach(id, props, size, height);
        }
    }

    /// Extends the innermost collection to the end of its next child.
    fn link(&mut self, id: u32) {
        let end = self.tree.nodes.get(id as usize).map_or(0, |node| node.span.end as usize);
        self.top.end = self.top.end.max(end);
        if self.top.role == Role::Root
            && let Some(document) = self.tree.documents.last_mut()
        {
            document.root = id;
        }
    }

    /// Creates a missing value at `at` in the innermost collection.
    fn empty(&mut self, at: usize, props: Props) {
        let id = self.create(Raw::new(Form::PLAIN, at, at), props);
        self.link(id);
    }

    /// Creates the node of the alias `*name`.
    fn alias(&mut self, start: usize, end: usize) -> u32 {
        let mut raw = Raw::new(Form::PLAIN, start, end);
        let name = Span::new(start + 1, end).of(self.tree.text);
        let depth = self.around.len() + 1;
        match self.anchors.find(name) {
            None => {
                self.unknown_alias(start, end);
                raw.set(MARKED);
            }
            Some(anchor) => {
                let depth_there = depth + anchor.height;
                if self.read() + anchor.size > MAX_EXPANSION || depth_there > MAX_DEPTH {
                    self.limit(raw.span, "the aliases expand to too many values", &[]);
                } else if let Some(target) = self.tree.nodes.get(anchor.node as usize) {
                    self.expansion += anchor.size;
                    raw = Raw::alias(raw.span, *target, anchor.node);
                    self.top.height = self.top.height.max(anchor.height + 1);
                }
            }
        }
        self.push(raw)
    }

    /// Begins a collection in brackets. It is attached to its parent when it ends, because it may be a key. `key` is its
    /// first key, if that is complete.
    fn open(&mut self, role: Role, start: usize, indent: i32, props: Props, key: Option<u32>) -> u32 {
        let id = self.collection(role, start, key);
        self.enter(role, id, start, indent, props);
        id
    }

    /// Creates the node of a collection, before its first key if that is complete.
    fn collection(&mut self, role: Role, start: usize, key: Option<u32>) -> u32 {
        let form = match role {
            Role::Seq => Form::BLOCK_SEQUENCE,
            Role::FlowSeq => Form::FLOW_SEQUENCE,
            Role::FlowMap | Role::Pair => Form::FLOW_MAPPING,
            Role::Root | Role::Map => Form::BLOCK_MAPPING,
        };
        let raw = Raw::new(form, start, start + 1);
        match key {
            None => self.push(raw),
            Some(key) => {
                self.insert(raw, key);
                key
            }
        }
    }

    /// Removes a collection from the tree, before its content is read.
    fn detach(&mut self, id: u32) {
        if let Some(node) = self.tree.nodes.get_mut(id as usize) {
            *node = Raw::new(Form::DETACHED, node.span.start as usize, node.span.end as usize);
        }
    }

    /// Makes the collection that was just created the innermost.
    fn enter(&mut self, role: Role, id: u32, start: usize, indent: i32, props: Props) {
        let frame = Frame::new(role, State::Start, indent, id, start + 1, self.read() - 1, props);
        self.around.push(std::mem::replace(&mut self.top, frame));
        if self.around.len() >= MAX_DEPTH {
            self.limit(Span::new(start, start + 1), "nested more than {} levels deep", &[&to_decimal(MAX_DEPTH)]);
        }
    }

    /// Ends the innermost collection at `end`. Returns its node.
    fn close(&mut self, end: usize) -> u32 {
        // INVARIANT: the frame of the document is never removed while reading.
        let Some(parent) = self.around.pop() else { return NONE };
        let frame = std::mem::replace(&mut self.top, parent);
        let (after, size) = (self.tree.nodes.len() as u32, self.read() - frame.read);
        let Some(node) = self.tree.nodes.get_mut(frame.node as usize) else { return NONE };
        node.span.end = Span::at(end).end;
        node.set_link(after);
        if node.kind() == Kind::Mapping && !self.tree.template_lines {
            self.duplicates(frame.node);
        }
        self.closed = (size, frame.height);
        if !frame.props.none() {
            self.attach(frame.node, frame.props, size, frame.height);
        }
        let parent = &mut self.top;
        parent.height = parent.height.max(frame.height + 1);
        parent.end = parent.end.max(end);
        frame.node
    }

    /// Begins a document.
    fn start_document(&mut self, start: usize, explicit: bool) {
        self.anchors.clear();
        let document =
            Document { root: NONE, start: Span::at(start).start, explicit, ended: false, handles: self.handles as u32 };
        self.tree.documents.push(document);
        self.around.clear();
        self.top = Frame::new(Role::Root, State::Node, -1, NONE, start, 0, Props::default());
    }

    /// Reports an error with a filled template.
    #[cold]
    #[inline(never)]
    fn report(&mut self, code: Code, span: Span, template: &str, args: &[&str]) -> &mut Diagnostic {
        let halted = self.halted;
        if !halted && self.diagnostics.len() + 1 >= MAX_DIAGNOSTICS {
            self.limit(Span::at(self.pos), "too many errors: the rest is not read", &[]);
        }
        // Late findings are not reported. One is kept, because the caller may change it.
        self.late.clear();
        report(if halted { &mut self.late } else { &mut self.diagnostics }, code, span, template, args)
    }

    /// Reports an exceeded limit and stops reading.
    #[cold]
    #[inline(never)]
    fn limit(&mut self, span: Span, template: &str, args: &[&str]) {
        if !self.halted {
            report(&mut self.diagnostics, Code::YamlLimit, span, template, args);
        }
        self.halted = true;
        self.bytes = self.bytes.get(..self.pos).unwrap_or_default();
    }
}

impl Frame {
    fn new(role: Role, state: State, indent: i32, node: u32, end: usize, read: usize, props: Props) -> Self {
        Frame { role, state, indent, alt: indent, loose: false, node, end, json: false, props, read, height: 0 }
    }

    /// True if a line at `column` is one of its entries.
    fn is_at(&self, column: i32) -> bool {
        self.place().is_at(column)
    }

    /// The part of the frame that decides whether a line belongs to it. It is small, because it is copied for every
    /// line.
    fn place(&self) -> Place {
        Place { role: self.role, state: self.state, indent: self.indent, alt: self.alt }
    }
}

/// The columns and the state of a [`Frame`].
#[derive(Clone, Copy)]
struct Place {
    role: Role,
    state: State,
    indent: i32,
    alt: i32,
}

impl Place {
    fn is_at(self, column: i32) -> bool {
        column == self.indent || column == self.alt
    }
}
