//! The tree: a flat arena, read through small copyable [`Node`] handles.

use crate::text::Span;

/// One document, borrowed from its text.
#[derive(Debug)]
pub struct Tree<'t> {
    text: &'t str,
}

/// What a node is. An alias shows as the node it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A single value: [`Node::text`], [`Node::resolve`].
    Scalar,
    /// A list: [`Node::items`].
    Sequence,
    /// Keys and values: [`Node::entries`], [`Node::get`].
    Mapping,
}

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `value`; also a value that is not written at all (then [`Node::span`] is empty).
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

/// A scalar by the YAML 1.2 core schema. Quoted and block scalars, and scalars with a local
/// tag, are text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved<'a> {
    /// `null`, `~`, or nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// Any other number, as written: reading it costs bytes that few callers need.
    Float(&'a str),
    /// Text.
    Text(&'a str),
}

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    tree: &'a Tree<'a>,
}

impl<'t> Tree<'t> {
    /// A document without a root.
    pub(super) fn empty(text: &'t str) -> Self {
        Tree { text }
    }

    /// The text that was read.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The top node; none in an empty document.
    pub fn root(&self) -> Option<Node<'_>> {
        None
    }
}

impl<'a> Node<'a> {
    /// Where the node stands: quotes and brackets included, tag and anchor not. The span of a
    /// value that is not written is empty and lies where the value would begin.
    pub fn span(self) -> Span {
        Span::default()
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        Kind::Scalar
    }

    /// How it is written.
    pub fn style(self) -> Style {
        Style::Plain
    }

    /// The tag as written (`!Ref`, `!!str`), if any.
    pub fn tag(self) -> Option<&'a str> {
        None
    }

    /// A scalar's text, decoded: escapes, folding and indentation undone.
    pub fn text(self) -> Option<&'a str> {
        Some(self.tree.text)
    }

    /// A scalar's value; `None` for a collection.
    pub fn resolve(self) -> Option<Resolved<'a>> {
        None
    }

    /// The items of a sequence; nothing for other nodes.
    pub fn items(self) -> Items<'a> {
        Items { next: None }
    }

    /// The keys and values of a mapping, in order; nothing for other nodes.
    pub fn entries(self) -> Entries<'a> {
        Entries { next: None }
    }

    /// The value of the first key whose text is `key`.
    pub fn get(self, key: &str) -> Option<Node<'a>> {
        self.entries().find(|(k, _)| k.text() == Some(key)).map(|(_, value)| value)
    }

    /// The byte offset in the document of a byte offset in [`Node::text`], so that a finding
    /// inside an expression has the right place also in quoted and folded scalars.
    pub fn source_offset(self, at: usize) -> u32 {
        self.span().start + at as u32
    }
}

/// The items of a sequence.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    next: Option<Node<'a>>,
}

/// The entries of a mapping: key, value.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    next: Option<Node<'a>>,
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;
    fn next(&mut self) -> Option<Node<'a>> {
        self.next.take()
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Node<'a>, Node<'a>);
    fn next(&mut self) -> Option<(Node<'a>, Node<'a>)> {
        self.next.take().map(|node| (node, node))
    }
}
