//! Merge keys: `<<: *base` and `<<: [*a, *b]` of YAML 1.1. The entries of the merged mappings become entries of the
//! mapping, as aliases, unless it has the key itself.

use super::MAX_NODES;
use super::reader::Reader;
use super::tree::{ALIAS, Kind, NONE, Raw, Style, Tree};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::small;

impl Reader<'_> {
    /// Replaces the merge keys of the tree, with a warning each.
    pub fn merge_keys(&mut self) {
        if small::find(self.tree.text, "<<").is_none() {
            return;
        }
        // Keys are in the order of the text: a merged mapping, which is complete before it is merged, comes first.
        let mut keys: Vec<(u32, u32)> = Vec::new();
        for id in 0..self.tree.nodes.len() as u32 {
            let entries = self.tree.node(id).filter(|node| node.id == id && node.kind() == Kind::Mapping);
            let is_alias = self.tree.nodes.get(id as usize).is_some_and(|node| node.flags & ALIAS != 0);
            for (key, _) in entries.filter(|_| !is_alias).into_iter().flat_map(|node| node.entries()) {
                if key.text() == Some("<<") && key.style() == Style::Plain {
                    keys.push((key.id, id));
                    // A second one is a duplicate key.
                    break;
                }
            }
        }
        small::sort(&mut keys);
        let before = self.tree.nodes.len();
        for (key, mapping) in keys {
            if self.tree.nodes.len() - before > MAX_NODES / 4 {
                break;
            }
            let Some(span) = self.tree.node(key).map(|key| key.span()) else { continue };
            if merge(&mut self.tree, mapping, key) {
                let message =
                    "`<<` is a merge key of YAML 1.1, which YAML 1.2 does not have: not every loader merges it";
                self.report(Code::MergeKey, span, message, &[]);
            }
        }
    }
}

/// Maximum number of mappings that one merge key merges.
const MOST_SOURCES: usize = 64;

/// Replaces the entry of a merge key. False if its value is not a mapping and not a list of mappings.
fn merge(tree: &mut Tree<'_>, mapping: u32, merge_key: u32) -> bool {
    let Some(node) = tree.node(mapping) else { return false };
    let mut own: Vec<&str> = Vec::new();
    let mut kept: Vec<u32> = Vec::new();
    // The place of the merge key.
    let mut place = 0;
    let mut sources = Vec::new();
    for (key, value) in node.entries() {
        if key.id == merge_key {
            place = kept.len();
            if value.kind() == Kind::Mapping {
                sources.push(value);
            } else {
                sources.extend(value.items());
            }
            continue;
        }
        own.extend(key.text());
        kept.extend([key.id, value.id]);
    }
    if sources.is_empty() || sources.len() > MOST_SOURCES || sources.iter().any(|source| source.kind() != Kind::Mapping)
    {
        return false;
    }
    let mut added: Vec<Raw> = Vec::new();
    for source in sources {
        small::sort(&mut own);
        let taken = own.len();
        for (key, value) in source.entries() {
            let Some(text) = key.text() else { continue };
            if own.get(..taken).unwrap_or_default().binary_search(&text).is_ok() {
                continue;
            }
            own.push(text);
            for node in [key, value] {
                // The place of the alias, or of the entry itself if it is written here.
                let raw = tree.nodes.get(node.id as usize).copied();
                let target = raw.filter(|raw| raw.flags & ALIAS != 0).map_or(node.id, |raw| raw.first);
                let is_alias = tree.nodes.get(source.id as usize).is_some_and(|raw| raw.flags & ALIAS != 0);
                let span = if is_alias { source.span() } else { node.span() };
                added.push(Raw {
                    span,
                    first: target,
                    next: NONE,
                    kind: Kind::Scalar,
                    style: Style::Plain,
                    flags: ALIAS,
                });
            }
        }
    }
    let first = tree.nodes.len() as u32;
    tree.nodes.extend(added);
    kept.splice(place..place, first..tree.nodes.len() as u32);
    let mut next = NONE;
    for id in kept.into_iter().rev() {
        if let Some(node) = tree.nodes.get_mut(id as usize) {
            node.next = next;
        }
        next = id;
    }
    if let Some(node) = tree.nodes.get_mut(mapping as usize) {
        node.first = next;
    }
    true
}
