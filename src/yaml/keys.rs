//! A key that stands twice in one mapping.

use super::MAX_DIAGNOSTICS;
use super::tree::{Node, Tree};
use crate::diagnostic::{Code, Diagnostic};
use crate::order;

/// Every key of the mapping `node` whose text stood before, with the first as `related`. Keys that
/// are collections are not compared.
pub(super) fn duplicates(tree: &Tree<'_>, node: u32) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(mapping) = tree.node(node) else { return found };
    // Nearly every mapping is small: then comparing each with each is quicker than any order.
    if mapping.entries().nth(8).is_none() {
        for (at, (key, _)) in mapping.entries().enumerate() {
            let Some(text) = key.text() else { continue };
            if let Some((first, _)) = mapping.entries().take(at).find(|(other, _)| other.text() == Some(text)) {
                found.push(duplicate(first, key, text));
            }
        }
        return found;
    }
    // Sorting, not hashing: no choice of keys makes it slow.
    let mut keys: Vec<(&str, u32, Node<'_>)> = mapping
        .entries()
        .filter_map(|(key, _)| Some((key.text()?, key.span().start, key)))
        .collect();
    order::sort_by(&mut keys, |a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let mut first: Option<(&str, Node<'_>)> = None;
    for (text, _, key) in keys {
        match first {
            Some((same, first)) if same == text => found.push(duplicate(first, key, text)),
            _ => first = Some((text, key)),
        }
        if found.len() >= MAX_DIAGNOSTICS {
            break;
        }
    }
    found
}

fn duplicate(first: Node<'_>, key: Node<'_>, text: &str) -> Diagnostic {
    let message = format!("the key `{text}` stands twice in this mapping");
    Diagnostic::new(Code::DuplicateKey, key.span(), message).related(first.span(), "first stands here")
}
