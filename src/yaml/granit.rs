//! The only room that knows granit-parser: its events become our tree.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};

use super::keys::report_duplicates;
use super::tree::{ALIAS, DECODED, Decoded, Document, Kind, NONE, Raw, Style, TAGGED, Tree};
use super::{MAX_DEPTH, MAX_EXPANSION, MAX_NODES};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::Span;

/// Reads the text into `tree`; stops at the first mistake and keeps what was read.
pub(super) fn read(tree: &mut Tree<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let text = tree.text;
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.strict_indentation = true;
    options.emit_unresolved_aliases = true;
    let mut events = Parser::new_from_str_with_options(text, options);
    let mut state = Builder {
        tree,
        diagnostics,
        open: Vec::new(),
        anchors: HashMap::new(),
        read: 0,
    };
    loop {
        let (event, span) = match events.next_event() {
            None => break,
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                let message = format!(
                    "the text is not YAML here: {}",
                    words(&format!("{:?}", error.kind()))
                );
                state
                    .diagnostics
                    .push(Diagnostic::new(Code::YamlSyntax, Span::at(at), message));
                break;
            }
        };
        let bytes = span.byte_range().unwrap_or(0..0);
        let place = Span::new(bytes.start, bytes.end);
        if !state.event(
            event,
            place,
            span.tag_span().and_then(|tag| tag.byte_range()),
        ) {
            break;
        }
    }
    while let Some(open) = state.open.last() {
        let end = open.end;
        state.close(end);
    }
}

struct Builder<'b, 't> {
    tree: &'b mut Tree<'t>,
    diagnostics: &'b mut Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchor>,
    /// Nodes so far, those behind aliases counted each time.
    read: usize,
}

/// A collection that is still being read.
struct Open {
    node: u32,
    last: u32,
    end: u32,
    anchor: usize,
    read: usize,
    height: usize,
}

/// A finished node that aliases may name.
struct Anchor {
    node: u32,
    size: usize,
    height: usize,
}

impl Builder<'_, '_> {
    /// Takes one event; false to stop.
    fn event(&mut self, event: Event<'_>, span: Span, tag: Option<std::ops::Range<usize>>) -> bool {
        let raw = |kind, style, span| Raw {
            span,
            first: NONE,
            next: NONE,
            kind,
            style,
            flags: 0,
        };
        match event {
            Event::DocumentStart(..) => {
                if !self.tree.documents.is_empty() {
                    let message = "a second document begins here; a definition is one document";
                    self.diagnostics.push(Diagnostic::new(
                        Code::YamlMultipleDocuments,
                        span,
                        message,
                    ));
                    return false;
                }
                self.tree.documents.push(Document { root: NONE });
            }
            Event::Scalar(value, style, anchor, _) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let id = self.add(raw(Kind::Scalar, style, span), tag);
                // A value that is not written arrives as `~` on no bytes.
                let value = if span.is_empty() { "" } else { value.as_ref() };
                if self.tree.node(id).and_then(|node| node.text()) != Some(value) {
                    let start = self.tree.decoded.len() as u32;
                    self.tree.decoded.push_str(value);
                    let index = self.tree.ranges.len() as u32;
                    self.tree.ranges.push(Decoded {
                        start,
                        end: self.tree.decoded.len() as u32,
                    });
                    if let Some(node) = self.tree.nodes.get_mut(id as usize) {
                        node.first = index;
                        node.flags |= DECODED;
                    }
                }
                if anchor != 0 {
                    self.anchors.insert(
                        anchor,
                        Anchor {
                            node: id,
                            size: 1,
                            height: 0,
                        },
                    );
                }
            }
            Event::SequenceStart(style, anchor, _) => {
                return self.start(raw(Kind::Sequence, collection(style), span), anchor, tag);
            }
            Event::MappingStart(style, anchor, _) => {
                return self.start(raw(Kind::Mapping, collection(style), span), anchor, tag);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span.end),
            Event::Alias(anchor) => {
                let mut alias = raw(Kind::Scalar, Style::Plain, span);
                match self.anchors.get(&anchor) {
                    None => {
                        let message = "an alias cannot stand inside the node it names";
                        self.diagnostics.push(Diagnostic::new(
                            Code::YamlUnknownAlias,
                            span,
                            message,
                        ));
                    }
                    Some(target)
                        if self.read + target.size > MAX_EXPANSION
                            || self.open.len() + target.height > MAX_DEPTH =>
                    {
                        let message = "the aliases up to here stand for too many values";
                        self.diagnostics
                            .push(Diagnostic::new(Code::YamlLimit, span, message));
                    }
                    Some(target) => {
                        alias.first = target.node;
                        alias.flags = ALIAS;
                        self.read += target.size;
                        let height = target.height + 1;
                        if let Some(open) = self.open.last_mut() {
                            open.height = open.height.max(height);
                        }
                    }
                }
                self.add(alias, None);
            }
            Event::UnresolvedAlias(name) => {
                let message = format!("no `&{name}` stands above this alias");
                self.diagnostics
                    .push(Diagnostic::new(Code::YamlUnknownAlias, span, message));
                self.add(raw(Kind::Scalar, Style::Plain, span), None);
            }
            _ => {}
        }
        if self.tree.nodes.len() > MAX_NODES {
            let message = "the text holds more values than are read";
            self.diagnostics
                .push(Diagnostic::new(Code::YamlLimit, span, message));
            return false;
        }
        true
    }

    fn add(&mut self, raw: Raw, tag: Option<std::ops::Range<usize>>) -> u32 {
        let id = self.tree.nodes.len() as u32;
        self.read += 1;
        let flags = if tag.is_some() { TAGGED } else { 0 };
        if let Some(tag) = tag {
            self.tree.tags.push((id, Span::new(tag.start, tag.end)));
        }
        self.tree.nodes.push(Raw {
            flags: raw.flags | flags,
            ..raw
        });
        match self.open.last_mut() {
            None => {
                if let Some(document) = self.tree.documents.last_mut() {
                    document.root = id;
                }
            }
            Some(open) => {
                let link = if open.last == NONE {
                    open.node
                } else {
                    open.last
                };
                if let Some(before) = self.tree.nodes.get_mut(link as usize) {
                    *(if open.last == NONE {
                        &mut before.first
                    } else {
                        &mut before.next
                    }) = id;
                }
                open.last = id;
                open.end = raw.span.end;
            }
        }
        id
    }

    fn start(&mut self, raw: Raw, anchor: usize, tag: Option<std::ops::Range<usize>>) -> bool {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            self.diagnostics
                .push(Diagnostic::new(Code::YamlLimit, raw.span, message));
            return false;
        }
        let read = self.read;
        let node = self.add(raw, tag);
        self.open.push(Open {
            node,
            last: NONE,
            end: raw.span.end,
            anchor,
            read,
            height: 0,
        });
        true
    }

    fn close(&mut self, end: u32) {
        let Some(open) = self.open.pop() else { return };
        let Some(node) = self.tree.nodes.get_mut(open.node as usize) else {
            return;
        };
        // A block collection ends with its last child, not where the next thing begins.
        node.span.end = if node.style == Style::Block {
            open.end
        } else {
            end
        }
        .max(node.span.start);
        let (end, mapping) = (node.span.end, node.kind == Kind::Mapping);
        if mapping {
            report_duplicates(self.tree, open.node, self.diagnostics);
        }
        if open.anchor != 0 {
            let anchor = Anchor {
                node: open.node,
                size: self.read - open.read,
                height: open.height,
            };
            self.anchors.insert(open.anchor, anchor);
        }
        if let Some(parent) = self.open.last_mut() {
            parent.height = parent.height.max(open.height + 1);
            parent.end = end;
        }
    }
}

fn collection(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Block,
        StructureStyle::Flow => Style::Flow,
    }
}

/// `ExpectedNodeContent { .. }` as `expected node content`.
fn words(kind: &str) -> String {
    let name = kind.split([' ', '{', '(']).next().unwrap_or_default();
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}
