//! Duplicate keys in a mapping.

use super::Reader;
use crate::yaml::MAX_DIAGNOSTICS;
use crate::yaml::raw::{ALIAS, DECODED, Form};
use crate::yaml::tree::Tree;
use cloudflow_base::diagnostic::Code;
use cloudflow_base::small;
use cloudflow_base::text::Span;

/// A duplicate key: its text, its span, and the span of the first occurrence.
type Repeated = (String, Span, Span);

/// Maximum number of keys that are compared pairwise, which is faster than sorting for few keys.
const SMALL: usize = 8;

impl Reader<'_> {
    /// Reports every duplicate key of the mapping `node`, with the first occurrence as `related`. Keys that
    /// are collections are not compared.
    pub(super) fn duplicates(&mut self, node: u32) {
        if differ(&self.tree, node) {
            return;
        }
        for (text, span, first) in small(&self.tree, node).unwrap_or_else(|| large(&self.tree, node)) {
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
    let end = tree.nodes.get(node as usize).map_or(0, |mapping| mapping.link());
    let mut next = node + 1;
    while next < end
        && let Some(key) = tree.nodes.get(next as usize)
    {
        // Other forms have their text elsewhere.
        if !key.is(Form::PLAIN) || key.has(DECODED | ALIAS) {
            return false;
        }
        next = tree.nodes.get(next as usize + 1).map_or(end, |value| value.after(next + 1));
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
            found.push((text.to_owned(), key.span(), *first));
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
    let mut keys: Vec<(&str, Span)> =
        mapping.entries().filter_map(|(key, _)| Some((key.text()?, key.span()))).collect();
    small::sort(&mut keys);
    let mut first: Option<(&str, Span)> = None;
    for (text, span) in keys {
        match first {
            Some((same, first)) if same == text => found.push((text.to_owned(), span, first)),
            _ => first = Some((text, span)),
        }
        if found.len() >= MAX_DIAGNOSTICS {
            break;
        }
    }
    found
}
