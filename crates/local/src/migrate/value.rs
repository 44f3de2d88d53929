//! Values that are copied to the new definition, with their comments.

use super::Migrator;
use super::comments::is_alias;
use super::write::{Entry, EntryComments, Item, Value, json_text, scalar};
use cloudflow_base::text::Span;
use cloudflow_language::flow::Mapping;
use cloudflow_language::yaml::{Kind, Node, Style};

impl<'a> Migrator<'_, 'a> {
    /// A value as written.
    // Recursion is bounded by the depth limit of the YAML reader.
    pub(super) fn constant(&mut self, node: Node<'a>) -> Value {
        if !self.spend() {
            return Value::Scalar("null".to_owned());
        }
        match node.kind() {
            Kind::Scalar => Value::Scalar(self.scalar(node)),
            _ if node.tag().is_some() => {
                self.no_equal(node.span(), "the tag of a list or mapping is removed: it cannot be migrated");
                self.collection(node)
            }
            _ => self.collection(node),
        }
    }

    fn collection(&mut self, node: Node<'a>) -> Value {
        let alias = is_alias(node, self.text);
        let source = node.span().of(self.text);
        // A collection on one line without anchors and aliases is copied.
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

    /// A scalar as written, on one line.
    pub(super) fn scalar(&self, node: Node<'a>) -> String {
        let source = node.span().of(self.text);
        let text = node.text().unwrap_or_default();
        let written = if is_alias(node, self.text) {
            // The anchor may not be copied, or not before the alias.
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

    /// The comments of the entry `key` of a mapping: before it, and after its scalar.
    fn scalar_comments(&mut self, mapping: Node<'a>, key: &str) -> EntryComments {
        let Some((key, value)) = mapping.entries().find(|(k, _)| k.text() == Some(key)) else {
            return EntryComments::default();
        };
        let lead = self.comments.lead(key.span().start);
        let place = if value.kind() == Kind::Scalar && !value.span().is_empty() { value } else { key };
        EntryComments { lead, trail: self.comments.trail(place.span().start) }
    }

    /// The comments of the entry `key` of a mapping: before it, and after the key.
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
    pub(super) fn scalar_entry(&mut self, entry: Entry, mapping: Node<'a>, key: &str) -> Entry {
        let comments = self.scalar_comments(mapping, key);
        entry.with(comments)
    }

    /// An entry with the comments of the entry `key` of a mapping, whose value is a collection.
    pub(super) fn collection_entry(&mut self, entry: Entry, mapping: Node<'a>, key: &str) -> Entry {
        let comments = self.key_comments(mapping, key);
        entry.with(comments)
    }

    /// An entry with a copied value under a new key, with its comments.
    pub(super) fn copied_entry(&mut self, name: &str, value: Node<'a>, mapping: Node<'a>, key: &str) -> Entry {
        let built = self.constant(value);
        let entry = Entry::new(name, built);
        if value.kind() == Kind::Scalar {
            self.scalar_entry(entry, mapping, key)
        } else {
            self.collection_entry(entry, mapping, key)
        }
    }

    /// The remaining comments in a node.
    pub(super) fn rest(&mut self, node: Node<'a>) -> Vec<String> {
        let span = node.span();
        let end = end_of(node).max(span.start);
        self.comments.rest(Span { start: span.start, end })
    }
}

/// The end of the last value of a node. The span of the node may include the lines after it.
fn end_of(mut node: Node<'_>) -> u32 {
    loop {
        let last = match node.kind() {
            Kind::Sequence => node.items().last(),
            Kind::Mapping => node.entries().last().map(|(_, value)| value),
            Kind::Scalar => None,
        };
        // The anchor of an alias is before it.
        match last.filter(|last| last.span().start >= node.span().start) {
            Some(last) => node = last,
            None => return node.span().end,
        }
    }
}
