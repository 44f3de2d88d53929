//! YAML text to a tree of spanned nodes, plus findings. Knows nothing of flows.
//!
//! Reading never fails: a broken text gives the part of the tree that can be trusted and a
//! diagnostic for every mistake. No input makes it recurse without bound, expand aliases
//! without bound, or take more than linear time.

mod granit;
mod keys;
mod resolve;
mod tree;

pub use tree::{Entries, Items, Kind, Node, Resolved, Style, Tree};

use crate::diagnostic::Diagnostic;

/// Collections may stand in each other this deep; flows are about twenty deep.
const MAX_DEPTH: usize = 128;
/// A 1 MiB definition has about 70,000 nodes.
const MAX_NODES: usize = 4_000_000;
/// As many values may be seen with every alias followed: a bound for all who walk the tree.
const MAX_EXPANSION: usize = 4_000_000;

/// Reads one YAML 1.2 document.
pub fn parse(text: &str) -> (Tree<'_>, Vec<Diagnostic>) {
    let mut tree = Tree::empty(text);
    let mut diagnostics = Vec::new();
    granit::read(&mut tree, &mut diagnostics);
    crate::diagnostic::sort(&mut diagnostics);
    (tree, diagnostics)
}
