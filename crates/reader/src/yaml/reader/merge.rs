//! Merge keys: `<<: *base` and `<<: [*a, *b]` of YAML 1.1. The entries of the merged mappings become entries of the
//! mapping, as aliases, unless it has the key itself.

use super::Reader;
use crate::yaml::MAX_NODES;
use crate::yaml::raw::{ALIAS, Form, Raw};
use crate::yaml::tree::{Kind, Node, Style, Tree};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::small;
use cloudflow_base::text::Span;

/// Maximum number of mappings that one merge key merges.
const MAX_SOURCES: usize = 64;
/// Maximum number of nodes that all merge keys of a text add.
const MAX_ADDED: usize = MAX_NODES / 4;

/// An entry of a merge key.
struct Merge<'t> {
    /// The index of its key.
    key: u32,
    span: Span,
    /// The other keys of its mapping, sorted.
    own: Vec<&'t str>,
}

impl Reader<'_> {
    /// Replaces the merge keys of the tree, with a warning each.
    pub fn merge_keys(&mut self) {
        // Faster than a search in the text, which has more bytes.
        let may_merge = |raw: &Raw| raw.span.end - raw.span.start == 2 && self.at(raw.span.start as usize) == b'<';
        if !self.tree.nodes.iter().any(may_merge) {
            return;
        }
        let merges = merges(&self.tree);
        let spans: Vec<Span> = merges.iter().map(|merge| merge.span).collect();
        if merges.is_empty() {
            return;
        }
        let Rebuilt { nodes, places } = rebuild(&self.tree, merges);
        let place = |id: u32| places.get(id as usize).copied().unwrap_or(id);
        self.tree.nodes = nodes;
        for (id, _) in self.tree.tags.iter_mut().chain(&mut self.tree.anchors) {
            *id = place(*id);
        }
        for document in &mut self.tree.documents {
            document.root = place(document.root);
        }
        for span in spans {
            let message = "`<<` is a merge key of YAML 1.1, which YAML 1.2 does not have: not every loader merges it";
            self.report(Code::MergeKey, span, message, &[]);
        }
    }
}

/// The merge keys of a tree whose values are mappings, in the order of the text.
fn merges<'t>(tree: &'t Tree<'_>) -> Vec<Merge<'t>> {
    let mut merges = Vec::new();
    let ids = 0..tree.nodes.len() as u32;
    for mapping in ids.filter_map(|id| tree.node(id)).filter(|node| node.kind() == Kind::Mapping && !node.is_alias()) {
        // A second one is a duplicate key.
        let merge_key = mapping.entries().find(|(key, _)| key.style() == Style::Plain && key.text() == Some("<<"));
        let Some((key, value)) = merge_key else { continue };
        let is_mapping = |node: Node<'_>| node.kind() == Kind::Mapping;
        let is_list = (1..=MAX_SOURCES).contains(&value.items().count());
        if is_mapping(value) || (is_list && value.items().all(is_mapping)) {
            let mut own: Vec<&str> = mapping.entries().filter_map(|(key, _)| key.text()).collect();
            small::sort(&mut own);
            merges.push(Merge { key: key.id(), span: key.span(), own });
        }
    }
    small::sort_by(&mut merges, |a, b| a.key.cmp(&b.key));
    merges
}

struct Rebuilt {
    nodes: Vec<Raw>,
    /// The new index of each node.
    places: Vec<u32>,
}

/// Copies the nodes in their order. The entry of a merge key becomes a detached collection, so that aliases can refer
/// to nodes in it, and the merged entries follow it.
fn rebuild(tree: &Tree<'_>, merges: Vec<Merge<'_>>) -> Rebuilt {
    let old = &tree.nodes;
    let mut rebuilt = Rebuilt { nodes: Vec::with_capacity(old.len()), places: Vec::with_capacity(old.len()) };
    let mut merges = merges.into_iter().peekable();
    // The open collections: the old index after the last node, the new index, and the merge key.
    let mut open: Vec<(u32, u32, Option<Merge<'_>>)> = Vec::new();
    let mut added = 0;
    for (id, raw) in old.iter().enumerate() {
        let id = id as u32;
        close(tree, &mut rebuilt, &mut open, id, &mut added);
        let place = rebuilt.nodes.len() as u32;
        rebuilt.places.push(place);
        let mut copy = *raw;
        if let Some(merge) = merges.next_if(|merge| merge.key == id) {
            let value = old.get(id as usize + 1).map_or(id + 1, |value| value.after(id + 1));
            copy = Raw::new(Form::DETACHED, raw.span.start as usize, raw.span.end as usize);
            open.push((value, place, Some(merge)));
        } else if raw.has(ALIAS) {
            copy.set_link(rebuilt.places.get(raw.link() as usize).copied().unwrap_or(place));
        } else if raw.kind() != Kind::Scalar {
            open.push((raw.after(id), place, None));
        }
        rebuilt.nodes.push(copy);
    }
    close(tree, &mut rebuilt, &mut open, old.len() as u32, &mut added);
    rebuilt
}

/// Closes the collections that end before the node with the old index `id`.
fn close(
    tree: &Tree<'_>,
    rebuilt: &mut Rebuilt,
    open: &mut Vec<(u32, u32, Option<Merge<'_>>)>,
    id: u32,
    added: &mut usize,
) {
    while let Some((_, place, merge)) = open.pop_if(|(end, ..)| *end <= id) {
        let end = rebuilt.nodes.len() as u32;
        if let Some(node) = rebuilt.nodes.get_mut(place as usize) {
            node.set_link(end);
        }
        if let Some(merge) = merge
            && *added <= MAX_ADDED
        {
            let entries = merged(tree, rebuilt, place + 1, merge.own);
            *added += entries.len();
            rebuilt.nodes.extend(entries);
        }
    }
}

/// The entries of the value of a merge key, as aliases: all whose key is not in `taken`, which is sorted.
fn merged<'t>(tree: &'t Tree<'_>, rebuilt: &Rebuilt, value: u32, mut taken: Vec<&'t str>) -> Vec<Raw> {
    let mut added = Vec::new();
    for (id, source) in sources(&rebuilt.nodes, value) {
        let (first, mapping) = resolved(&rebuilt.nodes, id, source);
        let known = taken.len();
        let mut children = children(&rebuilt.nodes, first + 1, mapping.link());
        while let (Some((key_id, key)), Some(item)) = (children.next(), children.next()) {
            let (_, target) = resolved(&rebuilt.nodes, key_id, key);
            let Some(text) = tree.text_of(target) else { continue };
            if taken.get(..known).unwrap_or_default().binary_search(&text).is_ok() {
                continue;
            }
            taken.push(text);
            for (id, raw) in [(key_id, key), item] {
                let span = if source.has(ALIAS) { source.span } else { raw.span };
                let (id, raw) = resolved(&rebuilt.nodes, id, raw);
                added.push(Raw::alias(span, raw, id));
            }
        }
        small::sort(&mut taken);
    }
    added
}

/// The mappings in the value of a merge key.
fn sources(nodes: &[Raw], value: u32) -> Vec<(u32, Raw)> {
    let Some(&raw) = nodes.get(value as usize) else { return Vec::new() };
    if raw.kind() == Kind::Mapping {
        return vec![(value, raw)];
    }
    let (first, list) = resolved(nodes, value, raw);
    children(nodes, first + 1, list.link()).collect()
}

/// The node that an alias refers to, or the node itself.
fn resolved(nodes: &[Raw], id: u32, raw: Raw) -> (u32, Raw) {
    match nodes.get(raw.link() as usize) {
        Some(target) if raw.has(ALIAS) => (raw.link(), *target),
        _ => (id, raw),
    }
}

/// The nodes directly in a collection, without those that are not part of the tree.
fn children(nodes: &[Raw], first: u32, end: u32) -> impl Iterator<Item = (u32, Raw)> {
    let mut next = first;
    std::iter::from_fn(move || {
        loop {
            let id = next;
            let raw = *nodes.get(id as usize).filter(|_| id < end)?;
            next = raw.after(id);
            if !raw.is(Form::DETACHED) {
                return Some((id, raw));
            }
        }
    })
}
