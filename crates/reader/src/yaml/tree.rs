//! The tree: a flat arena, accessed through small copyable [`Node`] handles.

use super::raw::{ALIAS, DECODED, Form, MARKED, Raw, TAGGED};
use super::reader::Leaf;
use super::resolve;
use cloudflow_base::small::{contains, split_once};
use cloudflow_base::text::Span;

/// One document, borrowed from its text.
#[derive(Clone, Debug)]
pub struct Tree<'t> {
    pub(super) text: &'t str,
    // INVARIANT: a collection precedes its nodes, and an alias refers to a node that was complete before the alias was
    // read.
    pub(super) nodes: Vec<Raw>,
    /// The top nodes, one for each document of the text.
    pub(super) documents: Vec<Document>,
    /// The texts of the scalars that differ from their source, concatenated.
    pub(super) decoded: String,
    pub(super) ranges: Vec<Decoded>,
    /// Tags and anchors are rare, so they are stored outside the nodes, ordered by node.
    pub(super) tags: Vec<(u32, Span)>,
    pub(super) anchors: Vec<(u32, Span)>,
    /// The handles that `%TAG` declared, with their prefixes.
    pub(super) handles: Vec<(Span, Span)>,
    /// Lines of a template language were skipped.
    pub(super) template_lines: bool,
}

/// The kind of a node. An alias has the kind of the node that it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A single value: [`Node::text`], [`Node::resolve`].
    Scalar,
    /// A list: [`Node::items`].
    Sequence,
    /// Keys and values: [`Node::entries`], [`Node::get`].
    Mapping,
}

/// The notation of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `value`, or a missing value (whose [`Node::span`] is empty).
    Plain,
    /// `'value'`
    SingleQuoted,
    /// `"value"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// A collection in brackets.
    Flow,
}

/// A scalar resolved by the YAML 1.2 core schema. Quoted scalars, block scalars and scalars with a local tag
/// are text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved<'a> {
    /// `null`, `~`, or a missing value.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number in the range of the type.
    Int(i64),
    /// Any other number, as written. Few callers need its value.
    Float(&'a str),
    /// Text.
    Text(&'a str),
}

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    tree: &'a Tree<'a>,
    raw: &'a Raw,
}

/// The root of an empty document.
pub(super) const NONE: u32 = u32::MAX;

/// A document of the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document {
    pub root: u32,
    /// Byte offset of its start.
    pub start: u32,
    /// It begins with `---`.
    pub explicit: bool,
    /// It ends with `...`.
    pub ended: bool,
    /// Index of the first of its [`Tree::handles`].
    pub handles: u32,
}

/// A range of [`Tree::decoded`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoded {
    pub start: u32,
    pub end: u32,
    /// The data to decode it again: the indentation of a block scalar, the end of its last line break, and whether
    /// a quote is unclosed.
    pub indent: u32,
    pub tail: u32,
    pub broken: bool,
}

impl<'t> Tree<'t> {
    /// A document without a root.
    pub(super) fn empty(text: &'t str) -> Self {
        Tree {
            text,
            // Dense flows have one node per 13 bytes.
            nodes: Vec::with_capacity((text.len() / 12).min(100_000)),
            documents: Vec::new(),
            decoded: String::new(),
            ranges: Vec::new(),
            tags: Vec::new(),
            anchors: Vec::new(),
            handles: Vec::new(),
            template_lines: false,
        }
    }

    /// The tree with another copy of the text that was read. A caller that keeps a tree without its text gives it an empty one
    /// meanwhile. With any other text, nodes have wrong words.
    pub fn over(self, text: &str) -> Tree<'_> {
        let Tree { nodes, documents, decoded, ranges, tags, anchors, handles, template_lines, .. } = self;
        Tree { text, nodes, documents, decoded, ranges, tags, anchors, handles, template_lines }
    }

    /// The text that was read.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The top node. Absent in an empty document.
    pub fn root(&self) -> Option<Node<'_>> {
        self.node(self.documents.first()?.root)
    }

    /// The block scalars, in the order of the text.
    pub fn block_scalars(&self) -> impl Iterator<Item = Node<'_>> {
        let is_block = |raw: &Raw| matches!(raw.style(), Style::Literal | Style::Folded);
        let all = self.nodes.iter().enumerate().filter(move |(_, raw)| is_block(raw));
        all.filter_map(|(id, _)| self.node(u32::try_from(id).ok()?))
    }

    /// The plain scalars whose value may depend on the loader, by their first byte: digits, signs, and the letters of
    /// `yes`, `no`, `on` and `off`. Each with the node before it, which is its key if it is a value.
    pub fn doubtful_scalars(&self) -> impl Iterator<Item = (Option<Node<'_>>, Node<'_>)> {
        let bytes = self.text.as_bytes();
        let all = self.nodes.iter().enumerate().filter(|(_, raw)| {
            if !raw.is(Form::PLAIN) || raw.has(DECODED | TAGGED | ALIAS | MARKED) {
                return false;
            }
            match bytes.get(raw.span.start as usize) {
                Some(b'0'..=b'9' | b'+' | b'-') => true,
                // Names of keys begin with these letters too.
                Some(b'o' | b'O' | b'y' | b'Y' | b'n' | b'N') => raw.span.end - raw.span.start <= 3,
                _ => false,
            }
        });
        all.filter_map(|(id, _)| {
            let id = u32::try_from(id).ok()?;
            Some((id.checked_sub(1).and_then(|before| self.node(before)), self.node(id)?))
        })
    }

    /// The text of a scalar that is not an alias. Absent for a collection.
    pub(super) fn text_of(&self, raw: Raw) -> Option<&str> {
        if raw.kind() != Kind::Scalar {
            return None;
        }
        if raw.has(ALIAS) || !raw.has(DECODED) {
            return Some(raw.content().of(self.text));
        }
        let Decoded { start, end, .. } = self.ranges.get(raw.link() as usize)?;
        self.decoded.get(*start as usize..*end as usize)
    }

    /// The handle of a node. Absent for [`NONE`].
    pub(super) fn node(&self, id: u32) -> Option<Node<'_>> {
        Some(Node { tree: self, raw: self.nodes.get(id as usize)? })
    }
}

impl<'a> Node<'a> {
    /// The span of the node, with its quotes and brackets, without tag and anchor. The span of a missing value is
    /// empty, at the position where the value would begin. The span of an alias is that of the alias itself.
    pub fn span(self) -> Span {
        self.raw.span
    }

    /// The kind of the node.
    pub fn kind(self) -> Kind {
        self.raw.kind()
    }

    /// The notation of the node.
    pub fn style(self) -> Style {
        self.raw.style()
    }

    /// The tag as written (`!Ref`, `!!str`), if any.
    pub fn tag(self) -> Option<&'a str> {
        if !self.raw.has(TAGGED) {
            return None;
        }
        let (id, _) = self.target();
        let at = self.tree.tags.binary_search_by_key(&id, |(node, _)| *node).ok()?;
        self.tree.tags.get(at).map(|(_, span)| span.of(self.tree.text))
    }

    /// The decoded text of a scalar, without escapes, folding and indentation. Absent for a collection.
    pub fn text(self) -> Option<&'a str> {
        if self.raw.kind() != Kind::Scalar {
            return None;
        }
        if self.raw.has(DECODED | ALIAS) {
            return self.distant_text();
        }
        // Not `Span::of`: this is the most frequent call.
        let Span { start, end } = self.raw.content();
        self.tree.text.get(start as usize..end as usize)
    }

    /// The text of an alias or of a scalar that differs from its source.
    #[cold]
    #[inline(never)]
    fn distant_text(self) -> Option<&'a str> {
        self.tree.text_of(*self.target().1)
    }

    /// The value of a scalar. Absent for a collection.
    pub fn resolve(self) -> Option<Resolved<'a>> {
        let text = self.text()?;
        Some(match self.tag() {
            None if self.raw.is(Form::PLAIN) => resolve::core(text),
            None | Some("!" | "!!str") => Resolved::Text(text),
            // `!!int "3"` is a number in spite of its quotes.
            Some(tag) if tag.starts_with("!!") => resolve::core(text),
            Some(_) => Resolved::Text(text),
        })
    }

    /// True if the node has no tag and is neither a template nor a mapping in braces.
    #[inline]
    pub fn is_certain(self) -> bool {
        self.raw.is_certain()
    }

    /// True for a scalar whose value is not known yet: it contains a placeholder of a template language, `{{ … }}`
    /// or `${…}`, or is a placeholder `<name>`, or is an alias of an unknown anchor.
    pub fn is_template(self) -> bool {
        if !self.raw.has(MARKED) {
            return false;
        }
        let text = self.text().unwrap_or_default();
        if text.starts_with('*') && self.raw.is(Form::PLAIN) {
            return true;
        }
        let holds = |open: &str, close: &str| split_once(text, open).is_some_and(|(_, rest)| contains(rest, close));
        let whole = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        holds("{{", "}}")
            || holds("${", "}")
            || whole.is_some_and(|name| !name.is_empty() && !name.contains(['<', '>', ' ', '=']))
    }

    /// True if lines of a template language were skipped in its document.
    pub fn has_template_lines(self) -> bool {
        self.tree.template_lines
    }

    /// The items of a sequence. Empty for other nodes.
    pub fn items(self) -> Items<'a> {
        Items { children: self.children(Kind::Sequence) }
    }

    /// The keys and values of a mapping, in order. Empty for other nodes.
    pub fn entries(self) -> Entries<'a> {
        Entries { children: self.children(Kind::Mapping) }
    }

    /// The value of the first key whose text is `key`.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.entries().find(|(k, _)| k.text() == Some(key)).map(|(_, value)| value)
    }

    /// The scalar as the reader found it, and the text that contains it.
    pub(super) fn leaf(self) -> (Leaf, &'a str) {
        let (_, raw) = self.target();
        let Span { start, end } = raw.span;
        let range = self.tree.ranges.get(raw.link() as usize).filter(|_| raw.has(DECODED) && !raw.has(ALIAS));
        let leaf = Leaf {
            style: raw.style(),
            start: start as usize,
            end: end as usize,
            verbatim: range.is_none(),
            multi: false,
            broken: range.is_some_and(|range| range.broken),
            indent: range.map_or(0, |range| range.indent as usize),
            tail: range.map_or(0, |range| range.tail as usize),
        };
        (leaf, self.tree.text)
    }

    /// True for an alias of a known anchor.
    pub(super) fn is_alias(self) -> bool {
        self.raw.has(ALIAS)
    }

    /// The index of the node. It is computed from the address, so that a handle has 8 bytes in WebAssembly: a state of
    /// a flow contains 20 of them.
    pub(super) fn id(self) -> u32 {
        let offset = std::ptr::from_ref(self.raw).addr().wrapping_sub(self.tree.nodes.as_ptr().addr());
        (offset / size_of::<Raw>()) as u32
    }

    /// The node itself, or the node that an alias refers to.
    fn target(self) -> (u32, &'a Raw) {
        let link = self.raw.link();
        match self.tree.nodes.get(link as usize) {
            Some(target) if self.raw.has(ALIAS) => (link, target),
            _ => (self.id(), self.raw),
        }
    }

    fn children(self, kind: Kind) -> Children<'a> {
        if self.raw.kind() != kind {
            return Children::default();
        }
        let (id, raw) = if self.raw.has(ALIAS) { self.target() } else { (self.id(), self.raw) };
        Children { tree: Some(self.tree), next: id + 1, end: raw.link() }
    }
}

/// The nodes directly in a collection.
#[derive(Clone, Debug, Default)]
struct Children<'a> {
    tree: Option<&'a Tree<'a>>,
    next: u32,
    end: u32,
}

/// The items of a sequence.
#[derive(Clone, Debug, Default)]
pub struct Items<'a> {
    children: Children<'a>,
}

/// The entries of a mapping: keys and values.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    children: Children<'a>,
}

impl<'a> Children<'a> {
    #[inline]
    fn next(&mut self) -> Option<Node<'a>> {
        let tree = self.tree?;
        if self.next >= self.end {
            return None;
        }
        let raw = tree.nodes.get(self.next as usize)?;
        self.next = raw.after(self.next);
        Some(Node { tree, raw })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;
    fn next(&mut self) -> Option<Node<'a>> {
        self.children.next()
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Node<'a>, Node<'a>);
    fn next(&mut self) -> Option<(Node<'a>, Node<'a>)> {
        let mut key = self.children.next()?;
        while key.raw.is(Form::DETACHED) {
            key = self.children.next()?;
        }
        Some((key, self.children.next()?))
    }
}
