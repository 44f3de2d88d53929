//! The memory of a node: 12 bytes.

use super::MAX_NODES;
use super::tree::{Kind, Style};
use cloudflow_base::text::Span;

/// A node in the arena. A collection precedes the nodes in it, and they are adjacent, so that no links to children and
/// siblings are stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw {
    pub span: Span,
    /// From the lowest bit: four bits of form, four bits of flags, 24 bits of link.
    bits: u32,
}

/// The kind and the style of a node.
#[derive(Clone, Copy)]
pub(super) struct Form(u32);

impl Form {
    pub const PLAIN: Form = Form(0);
    pub const SINGLE_QUOTED: Form = Form(1);
    pub const DOUBLE_QUOTED: Form = Form(2);
    pub const LITERAL: Form = Form(3);
    pub const FOLDED: Form = Form(4);
    pub const BLOCK_SEQUENCE: Form = Form(COLLECTION);
    pub const FLOW_SEQUENCE: Form = Form(COLLECTION | FLOW);
    pub const BLOCK_MAPPING: Form = Form(COLLECTION | MAPPING);
    pub const FLOW_MAPPING: Form = Form(COLLECTION | MAPPING | FLOW);
    /// A list at a place where no list may be. It is not part of the tree, but aliases may refer to nodes in it.
    pub const DETACHED: Form = Form(COLLECTION | 2);

    /// The form of a scalar.
    pub fn scalar(style: Style) -> Form {
        match style {
            Style::SingleQuoted => Form::SINGLE_QUOTED,
            Style::DoubleQuoted => Form::DOUBLE_QUOTED,
            Style::Literal => Form::LITERAL,
            Style::Folded => Form::FOLDED,
            Style::Plain | Style::Block | Style::Flow => Form::PLAIN,
        }
    }
}

const FORM: u32 = 15;
const COLLECTION: u32 = 8;
const MAPPING: u32 = 4;
const FLOW: u32 = 1;

/// A flag: the text of the scalar is in [`super::Tree::decoded`].
pub(super) const DECODED: u32 = 1 << 4;
/// A flag: the node has a tag.
pub(super) const TAGGED: u32 = 1 << 5;
/// A flag: the node is an alias. It has the form and the other flags of the node that it refers to.
pub(super) const ALIAS: u32 = 1 << 6;
/// A flag: the text of the scalar may contain a placeholder. Without the flag it contains none.
pub(super) const MARKED: u32 = 1 << 7;

const LINK: u32 = 8;
/// The largest link.
const OPEN: u32 = u32::MAX >> LINK;

const _: () = assert!(MAX_NODES < OPEN as usize, "a link has 24 bits");

impl Raw {
    /// A node without flags. If it is a collection, it is open.
    pub fn new(form: Form, start: usize, end: usize) -> Self {
        Raw { span: Span::new(start, end), bits: OPEN << LINK | form.0 }
    }

    /// An alias of the node `target` at the index `link`. An alias of an alias, which is an error, is a text.
    pub fn alias(span: Span, target: Raw, link: u32) -> Self {
        let form = if target.has(ALIAS) { Form::PLAIN.0 } else { target.bits & (FORM | DECODED | TAGGED | MARKED) };
        Raw { span, bits: link << LINK | ALIAS | form }
    }

    /// True if one of these flags is set.
    pub fn has(self, flags: u32) -> bool {
        self.bits & flags != 0
    }

    pub fn set(&mut self, flags: u32) {
        self.bits |= flags;
    }

    pub fn is(self, form: Form) -> bool {
        self.bits & FORM == form.0
    }

    /// For a closed collection the index after its last node, for an alias the index of the node that it refers to, for
    /// a decoded scalar the index in [`super::Tree::ranges`].
    pub fn link(self) -> u32 {
        self.bits >> LINK
    }

    pub fn set_link(&mut self, link: u32) {
        self.bits = self.bits & !(OPEN << LINK) | link << LINK;
    }

    /// The index of the next node that is not part of this one, which has the index `id`.
    pub fn after(self, id: u32) -> u32 {
        if self.bits & (COLLECTION | ALIAS) == COLLECTION { self.link() } else { id + 1 }
    }

    /// Keeps the link correct when a node is inserted at the index `at`, before this one.
    pub fn shift(&mut self, at: u32) {
        let is_index = self.bits & (COLLECTION | ALIAS) != 0;
        if is_index && (at..OPEN).contains(&self.link()) {
            self.set_link(self.link() + 1);
        }
    }

    pub fn kind(self) -> Kind {
        match self.bits & (COLLECTION | MAPPING) {
            COLLECTION => Kind::Sequence,
            bits if bits > COLLECTION => Kind::Mapping,
            _ => Kind::Scalar,
        }
    }

    pub fn style(self) -> Style {
        match self.bits & FORM {
            0 => Style::Plain,
            1 => Style::SingleQuoted,
            2 => Style::DoubleQuoted,
            3 => Style::Literal,
            4 => Style::Folded,
            form if form & FLOW != 0 => Style::Flow,
            _ => Style::Block,
        }
    }

    /// The bytes of a verbatim scalar without its quotes.
    pub fn content(self) -> Span {
        let quote = u32::from(matches!(self.bits & FORM, 1 | 2));
        Span { start: self.span.start + quote, end: self.span.end.saturating_sub(quote) }
    }

    /// True if the value is certainly that of the source: no tag, no placeholder, and not in braces, which may be those of
    /// a placeholder.
    pub fn is_certain(self) -> bool {
        !self.has(TAGGED | MARKED) && !self.is(Form::FLOW_MAPPING)
    }
}
