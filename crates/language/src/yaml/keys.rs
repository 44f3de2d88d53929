//! Duplicate keys in a mapping.

use super::MAX_DIAGNOSTICS;
use super::reader::Reader;
use super::tree::{ALIAS, DECODED, NONE, Style, Tree};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::small;
use cloudflow_base::text::Span;

/// A duplicate key: its node, and the span of the first occurrence.
type Repeated = (u32, Span);

/// Maximum number of keys that are compared pairwise, which is faster than sorting for few keys.
const SMALL: usize = 8;

impl Reader<'_> {
    /// Reports every duplicate key of the mapping `node`, with the first occurrence as `related`. Keys that
    /// are collections are not compared.
    pub fn duplicates(&mut self, node: u32) {
        if differ(&self.tree, node) {
            return;
        }
        for (key, first) in small(&self.tree, node).unwrap_or_else(|| large(&self.tree, node)) {
            let Some(key) = self.tree.node(key) else { continue };
            let (span, text) = (key.span(), key.text().unwrap_or_default().to_owned());
            let reported = self.report(Code::DuplicateKey, span, "duplicate key `{}`: keep one of the two", &[&text]);
            reported.related(first, "the first occurrence", &[]);
        }
    }
}

/// True if all keys certainly differ. A Bloom filter of 64 bits over length, first and last byte. Most mappings
/// are small, so that it decides nearly all of them without a comparison of keys.
fn differ(tree: &Tree<'_>, node: u32) -> bool {
    let mut seen = 0u64;
    let byte = |at: u32| tree.text.as_bytes().get(at as usize).copied().map_or(0, u32::from);
    let mut next = tree.nodes.get(node as usize).map_or(NONE, |mapping| mapping.first);
    while let Some(key) = tree.nodes.get(next as usize) {
        // Other styles have their text elsewhere.
        if key.style != Style::Plain || key.flags & (DECODED | ALIAS) != 0 {
            return false;
        }
        next = tree.nodes.get(key.next as usize).map_or(NONE, |value| value.next);
        let Span { start, end } = key.span;
        let mark = 1 << (((end - start) * 7 + byte(start) * 5 + byte(end.wrapping_sub(1)) * 11) % 64);
        if seen & mark != 0 {
            return false;
        }
        seen |= mark;
    }
    true
}

#[inline(never)]
fn small(tree: &Tree<'_>, node: u32) -> Option<Vec<Repeated>> {
    let mut found = Vec::new();
    let mut keys = [("", Span::default()); SMALL];
    let mut count = 0;
    for (key, _) in tree.node(node)?.entries() {
        let Some(text) = key.text() else { continue };
        if let Some((_, first)) = keys.iter().take(count).find(|(other, _)| *other == text) {
            found.push((key.id, *first));
        }
        *keys.get_mut(count)? = (text, key.span());
        count += 1;
    }
    Some(found)
}

#[cold]
#[inline(never)]
fn large(tree: &Tree<'_>, node: u32) -> Vec<Repeated> {
    let mut found = Vec::new();
    let Some(mapping) = tree.node(node) else { return found };
    // Sorting has no worst-case input, unlike hashing.
    let mut keys: Vec<(&str, Span, u32)> =
        mapping.entries().filter_map(|(key, _)| Some((key.text()?, key.span(), key.id))).collect();
    small::sort(&mut keys);
    let mut first: Option<(&str, Span)> = None;
    for (text, span, key) in keys {
        match first {
            Some((same, first)) if same == text => found.push((key, first)),
            _ => first = Some((text, span)),
        }
        if found.len() >= MAX_DIAGNOSTICS {
            break;
        }
    }
    found
}
