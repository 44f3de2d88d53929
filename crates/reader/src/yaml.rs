//! YAML text to a tree of spanned nodes, plus findings. Knows nothing of flows.
//!
//! Reading never fails. An invalid text gives the valid part of the tree and a diagnostic for each error.
//! No input causes unbounded recursion, unbounded alias expansion, or more than linear time.

mod decode;
mod events;
mod raw;
mod reader;
mod resolve;
mod tree;

pub use tree::{Entries, Items, Kind, Node, Resolved, Style, Tree};

use cloudflow_base::diagnostic::{Code, Diagnostic};
use cloudflow_base::text::Span;
use reader::read;

/// Maximum nesting depth. Flows are about 20 levels deep.
const MAX_DEPTH: usize = 128;
/// Maximum number of nodes. A definition of 1 MiB has about 70,000.
const MAX_NODES: usize = 4_000_000;
/// Maximum number of nodes with every alias expanded. It bounds every walk over the tree.
const MAX_EXPANSION: usize = 4_000_000;
/// Maximum number of `%TAG` directives.
const MAX_HANDLES: usize = 100;
/// Maximum number of diagnostics.
const MAX_DIAGNOSTICS: usize = 500;

/// Reads one YAML 1.2 document.
pub fn parse(text: &str) -> (Tree<'_>, Vec<Diagnostic>) {
    let (tree, mut diagnostics) = read(text, true);
    if let Some(second) = tree.documents.get(1) {
        // The tree contains the text up to the first U+0000.
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

/// The text as event lines of the yaml-test-suite, with all documents, and the findings. For tests that
/// compare this reader with others.
#[doc(hidden)]
pub fn events(text: &str) -> (String, Vec<Diagnostic>) {
    let (tree, diagnostics) = read(text, false);
    (events::events(&tree), diagnostics)
}
