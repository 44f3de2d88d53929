//! YAML text to a tree of spanned nodes, plus findings. Knows nothing of flows.
//!
//! Reading never fails: a broken text gives the part of the tree that can be trusted and a
//! diagnostic for every mistake. No input makes it recurse without bound, expand aliases
//! without bound, or take more than linear time.

mod anchors;
mod block;
mod brackets;
mod decode;
mod events;
mod fast_path;
mod keys;
mod props;
mod reader;
mod recover;
mod resolve;
mod scalar;
mod stream;
mod tree;

pub use tree::{Entries, Items, Kind, Node, Resolved, Style, Tree};

use cloudflow_base::diagnostic::{Code, Diagnostic};
use cloudflow_base::text::Span;
use reader::Reader;

/// Collections may stand in each other this deep; flows are about twenty deep.
const MAX_DEPTH: usize = 128;
/// A 1 MiB definition has about 70,000 values.
const MAX_NODES: usize = 4_000_000;
/// As many values may be seen with every alias followed: a bound for all who walk the tree.
const MAX_EXPANSION: usize = 4_000_000;
/// Of the names that `%TAG` gives.
const MAX_HANDLES: usize = 100;
/// So many mistakes help nobody.
const MAX_DIAGNOSTICS: usize = 500;

/// Reads one YAML 1.2 document.
pub fn parse(text: &str) -> (Tree<'_>, Vec<Diagnostic>) {
    let (tree, mut diagnostics) = read(text);
    if let Some(second) = tree.documents.get(1) {
        // Of the text that was read: nothing behind a U+0000 counts.
        let rest = tree.text.get(second.start as usize..).unwrap_or_default();
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        let length = if second.explicit { 3 } else { line.len() };
        let span = Span::new(second.start as usize, second.start as usize + length);
        let message = "a second document begins here: a definition is one document";
        diagnostics.push(Diagnostic::new(Code::YamlMultipleDocuments, span, message));
    }
    cloudflow_base::diagnostic::sort(&mut diagnostics);
    (tree, diagnostics)
}

/// The text as the event lines of the yaml-test-suite, all documents of it, and the findings:
/// how tests compare this reader with others.
#[doc(hidden)]
pub fn events(text: &str) -> (String, Vec<Diagnostic>) {
    let (tree, diagnostics) = read(text);
    (events::events(&tree), diagnostics)
}

fn read(text: &str) -> (Tree<'_>, Vec<Diagnostic>) {
    let mut reader = Reader::new(text);
    reader.stream();
    (reader.tree, reader.diagnostics)
}
