//! Values that are carried over, and the comments beside them.

use super::Migrator;
use super::comments::is_alias;
use super::write::{Entry, EntryComments, Item, Value, json_text, scalar};
use crate::flow::Mapping;
use crate::text::Span;
use crate::yaml::{Kind, Node, Style};

impl<'a> Migrator<'_, 'a> {
    /// A value as its author wrote it.
    // Recursion is bounded by the depth that the reader of YAML allows.
    pub(super) fn constant(&mut self, node: Node<'a>) -> Value {
        if !self.spend() {
            return Value::Scalar("null".to_owned());
        }
        match node.kind() {
            Kind::Scalar => Value::Scalar(self.scalar(node)),
            _ if node.tag().is_some() => {
                self.no_equal(node.span(), "a list or mapping with a tag cannot be carried over: the tag is left out");
                self.collection(node)
            }
            _ => self.collection(node),
        }
    }

    fn collection(&mut self, node: Node<'a>) -> Value {
        let alias = is_alias(node, self.text);
        let source = node.span().of(self.text);
        // On one line and without a name for others to use: as it stands.
        if !alias && node.style() == Style::Flow && !source.contains(['\n', '&', '*', '#']) {
            return Value::Scalar(source.to_owned());
        }
        match node.kind() {
            Kind::Sequence => Value::List(
                node.items()
                    .map(|item| {
                        let lead = if alias { Vec::new() } else { self.comments.lead(item.span().start) };
                        let value = self.constant(item);
                        let trail = if alias || item.kind() != Kind::Scalar {
                            None
                        } else {
                            self.comments.trail(item.span().start)
                        };
                        Item { lead, value, trail }
                    })
                    .collect(),
            ),
            _ => Value::Map(
                node.entries()
                    .map(|(key, value)| {
                        let lead = if alias { Vec::new() } else { self.comments.lead(key.span().start) };
                        let built = self.constant(value);
                        let trail = if alias { None } else { self.comments.trail(key.span().start) };
                        Entry { lead, key: self.scalar(key), value: built, trail }
                    })
                    .collect(),
            ),
        }
    }

    /// A scalar as its author wrote it, on one line.
    pub(super) fn scalar(&self, node: Node<'a>) -> String {
        let source = node.span().of(self.text);
        let text = node.text().unwrap_or_default();
        let written = if is_alias(node, self.text) {
            // What it stands for may not be carried over, or not before it.
            match node.style() {
                Style::Plain => text.to_owned(),
                _ => json_text(text),
            }
        } else if source.is_empty() && node.style() == Style::Plain {
            "null".to_owned()
        } else if source.contains(['\n', '\r']) || matches!(node.style(), Style::Literal | Style::Folded) {
            if text.contains(['\n', '\r']) { json_text(text) } else { scalar(text) }
        } else {
            source.to_owned()
        };
        match node.tag() {
            Some(tag) if written == "null" && source.is_empty() => tag.to_owned(),
            Some(tag) => [tag, " ", &written].concat(),
            None => written,
        }
    }

    /// The comments of the entry `key` of a mapping: above it, and behind its scalar.
    fn scalar_comments(&mut self, mapping: Node<'a>, key: &str) -> EntryComments {
        let Some((key, value)) = mapping.entries().find(|(k, _)| k.text() == Some(key)) else {
            return EntryComments::default();
        };
        let lead = self.comments.lead(key.span().start);
        let place = if value.kind() == Kind::Scalar && !value.span().is_empty() { value } else { key };
        EntryComments { lead, trail: self.comments.trail(place.span().start) }
    }

    /// The comments of the entry `key` of a mapping: above it, and behind the key.
    pub(super) fn key_comments(&mut self, mapping: Node<'a>, key: &str) -> EntryComments {
        let Some((key, _)) = mapping.entries().find(|(k, _)| k.text() == Some(key)) else {
            return EntryComments::default();
        };
        let lead = self.comments.lead(key.span().start);
        EntryComments { lead, trail: self.comments.trail(key.span().start) }
    }

    /// The comments of a data mapping.
    pub(super) fn mapping_comments(&mut self, mapping: &Mapping<'a>) -> EntryComments {
        let mut lead = self.comments.lead(mapping.node.span().start);
        let trail = mapping.source.filter(|source| source.kind() == Kind::Scalar);
        let trail = trail.and_then(|source| self.comments.trail(source.span().start));
        lead.extend(self.rest(mapping.node));
        EntryComments { lead, trail }
    }

    /// An entry with the comments of the scalar entry `key` of a mapping.
    pub(super) fn dressed(&mut self, entry: Entry, mapping: Node<'a>, key: &str) -> Entry {
        let comments = self.scalar_comments(mapping, key);
        entry.with(comments)
    }

    /// An entry with the comments of the entry `key` of a mapping, whose value is a collection.
    pub(super) fn dressed_collection(&mut self, entry: Entry, mapping: Node<'a>, key: &str) -> Entry {
        let comments = self.key_comments(mapping, key);
        entry.with(comments)
    }

    /// A value carried over under another key, with its comments.
    pub(super) fn dressed_value(&mut self, name: &str, value: Node<'a>, mapping: Node<'a>, key: &str) -> Entry {
        let built = self.constant(value);
        let entry = Entry::new(name, built);
        if value.kind() == Kind::Scalar {
            self.dressed(entry, mapping, key)
        } else {
            self.dressed_collection(entry, mapping, key)
        }
    }

    /// The comments that are left in a node.
    pub(super) fn rest(&mut self, node: Node<'a>) -> Vec<String> {
        let span = node.span();
        let end = end_of(node).max(span.start);
        self.comments.rest(Span { start: span.start, end })
    }
}

/// Where the last value of a node ends: what reads YAML may count the lines behind it as well.
fn end_of(mut node: Node<'_>) -> u32 {
    loop {
        let last = match node.kind() {
            Kind::Sequence => node.items().last(),
            Kind::Mapping => node.entries().last().map(|(_, value)| value),
            Kind::Scalar => None,
        };
        // An alias leads backwards.
        match last.filter(|last| last.span().start >= node.span().start) {
            Some(last) => node = last,
            None => return node.span().end,
        }
    }
}
