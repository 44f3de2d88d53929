//! The answers as JavaScript sees them.

use cloudflow_base::diagnostic::Edit;
use cloudflow_base::plain::{Object, Plain};
use cloudflow_base::shape::{self, Places};
use cloudflow_base::text::Span;

use crate::open::OpenFlow;
use crate::outline::{FoldKind, Symbol};

/// The findings.
pub fn diagnostics(flow: &OpenFlow) -> Plain {
    Plain::list(Places::new(flow.text()).diagnostics(flow.diagnostics()))
}

/// The tree of states.
pub fn symbols(flow: &OpenFlow) -> Plain {
    list(flow.symbols(), &mut Places::new(flow.text()))
}

// Recursion is bounded by the depth limit of the YAML reader.
fn list(symbols: Vec<Symbol>, places: &mut Places<'_>) -> Plain {
    let mut out = Vec::with_capacity(symbols.len());
    for symbol in symbols {
        let mut object = Object::new();
        object.put("name", Plain::Text(symbol.name));
        object.put("type", Plain::Text(symbol.kind));
        if !symbol.list.is_empty() {
            object.put("list", Plain::Text(symbol.list));
        }
        object.put("range", places.range(symbol.span).into());
        object.put("nameRange", places.range(symbol.name_span).into());
        object.put("children", list(symbol.children, places));
        out.push(object.into());
    }
    Plain::List(out)
}

/// The ranges that can be folded.
pub fn folding(flow: &OpenFlow) -> Plain {
    let places = &mut Places::new(flow.text());
    let mut out = Vec::new();
    for fold in flow.folding() {
        let mut object = Object::new();
        object.put("range", places.range(fold.span).into());
        object.text("kind", if fold.kind == FoldKind::Comment { "comment" } else { "region" });
        out.push(object.into());
    }
    Plain::List(out)
}

/// The ranges that contain an offset in UTF-16 units.
pub fn selection_ranges(flow: &OpenFlow, offset: usize) -> Plain {
    ranges(flow, flow.selection_ranges(flow.byte(offset)))
}

/// The name of the state that an offset in UTF-16 units leads to, or null.
pub fn definition(flow: &OpenFlow, offset: usize) -> Plain {
    range_or_null(flow, flow.definition(flow.byte(offset)))
}

/// The name and all references of the state at an offset in UTF-16 units.
pub fn references(flow: &OpenFlow, offset: usize) -> Plain {
    ranges(flow, flow.references(flow.byte(offset)))
}

/// The name that a renaming replaces at an offset in UTF-16 units, or null.
pub fn renamed(flow: &OpenFlow, offset: usize) -> Plain {
    range_or_null(flow, flow.renamed(flow.byte(offset)))
}

/// The edits of a renaming.
///
/// # Errors
/// The reason of the refusal.
pub fn rename(flow: &OpenFlow, offset: usize, name: &str) -> Result<Plain, String> {
    flow.rename(flow.byte(offset), name).map(|list| edits(flow, list))
}

fn edits(flow: &OpenFlow, edits: Vec<Edit>) -> Plain {
    let places = &mut Places::new(flow.text());
    let edit = |edit: Edit| shape::Edit { range: places.range(edit.span), new_text: edit.new_text };
    Plain::list(edits.into_iter().map(edit).collect())
}

fn ranges(flow: &OpenFlow, spans: Vec<Span>) -> Plain {
    let places = &mut Places::new(flow.text());
    Plain::list(spans.into_iter().map(|span| places.range(span)).collect())
}

fn range_or_null(flow: &OpenFlow, span: Option<Span>) -> Plain {
    span.map_or(Plain::Null, |span| Places::new(flow.text()).range(span).into())
}
