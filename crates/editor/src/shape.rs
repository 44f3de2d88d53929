//! The answers as JavaScript sees them. Offsets are in UTF-16 units.

use cloudflow_base::diagnostic::Edit;
use cloudflow_base::plain::{Object, Plain};
use cloudflow_base::shape::{self, Places};
use cloudflow_base::text::{LineIndex, Span, utf16_units};
use cloudflow_language::flow::Dialect;

use crate::explain::Note;
use crate::format::FormatOptions;
use crate::long;
use crate::names::Refusal;
use crate::open::OpenFlow;
use crate::outline::FoldKind;

/// The answer to a question by its name, about a range, as JSON. `text` is the new name of a renaming. In `graph` and
/// `symbols`, a range is a list of six numbers, see [`folding`].
///
/// # Errors
/// The reason why a state is not renamed.
pub fn ask(flow: &OpenFlow, what: &str, start: usize, end: usize, text: &str) -> Result<String, Refusal> {
    let at = || flow.byte(start);
    let answer = match what {
        "graph" => return Ok(long::graph(flow)),
        "symbols" => return Ok(long::symbols(flow)),
        "diagnostics" => Plain::list(Places::new(flow.text()).diagnostics(flow.diagnostics().to_vec())),
        "selectionRanges" => ranges(flow, flow.selection_ranges(at())),
        "completion" => completion(flow, at()),
        "hover" => hover(flow, at()),
        "signatureHelp" => signature(flow, at()),
        "inlayHints" => hints(flow),
        "definition" => range_or_null(flow, flow.definition(at())),
        "references" => ranges(flow, flow.references(at())),
        "prepareRename" => range_or_null(flow, flow.renamed(at())),
        "rename" => edits(flow.rename(at(), text)?, &mut Places::new(flow.text())),
        "codeActions" => actions(flow, at(), flow.byte(end.max(start))),
        "format" => format(flow, FormatOptions { sort_keys: text == "sortKeys" }),
        _ => Plain::Null,
    };
    let mut json = String::new();
    answer.json(&mut json);
    Ok(json)
}

/// The words of the text: offset, length and kind of each, as numbers. The kind is an index of
/// [`TokenKind::NAMES`](crate::TokenKind::NAMES).
pub fn tokens(flow: &OpenFlow) -> Vec<u32> {
    let text = flow.text();
    let is_ascii = text.len() == flow.units();
    let mut out = Vec::new();
    let (mut byte, mut units) = (0, 0);
    for token in flow.semantic_tokens() {
        let mut offset = |to: u32| {
            let part = text.as_bytes().get(byte..to as usize).unwrap_or_default();
            units += if is_ascii { part.len() as u32 } else { utf16_units(part) };
            byte = to as usize;
            units
        };
        let (start, end) = (offset(token.span.start), offset(token.span.end));
        out.extend([start, end - start, token.kind as u32]);
    }
    out
}

/// The ranges that can be folded: line, column and offset of the start and of the end, and 1 for a comment, else 0.
pub fn folding(flow: &OpenFlow) -> Vec<u32> {
    let lines = LineIndex::new(flow.text());
    let mut line = 0;
    let mut out = Vec::new();
    for fold in flow.folding() {
        out.extend(long::numbers(&lines, fold.span, &mut line));
        out.push(u32::from(fold.kind == FoldKind::Comment));
    }
    out
}

fn completion(flow: &OpenFlow, at: usize) -> Plain {
    let found = flow.completion(at);
    let dialect = found.dialect.unwrap_or(Dialect::StateMachine);
    let mut items = Vec::with_capacity(found.items.len());
    for item in found.items {
        let mut object = Object::new();
        object.put("label", Plain::Text(item.label));
        object.text("kind", item.kind.as_str());
        object.put("insertText", Plain::Text(item.insert));
        if !item.detail.is_empty() {
            object.put("detail", Plain::Text(item.detail));
        }
        note(item.note, dialect, &mut object);
        items.push(object.into());
    }
    let mut out = Object::new();
    out.put("range", Places::new(flow.text()).range(found.span).into());
    out.put("items", Plain::List(items));
    out.into()
}

fn note(note: Note, dialect: Dialect, out: &mut Object) {
    if !note.text.is_empty() {
        out.put("documentation", Plain::Text(note.words(dialect)));
        out.text("page", note.page);
    }
}

fn hover(flow: &OpenFlow, at: usize) -> Plain {
    let Some(found) = flow.hover(at) else { return Plain::Null };
    let mut out = Object::new();
    out.put("range", Places::new(flow.text()).range(found.span).into());
    out.put("title", Plain::Text(found.title));
    note(found.note, found.dialect, &mut out);
    if !found.summary.is_empty() {
        out.put("summary", Plain::Text(found.summary));
    }
    out.into()
}

fn signature(flow: &OpenFlow, at: usize) -> Plain {
    let Some(found) = flow.signature_help(at) else { return Plain::Null };
    let mut out = Object::new();
    out.text("label", found.label);
    let names = found.parameters.into_iter().map(|name| Plain::Text(name.to_owned()));
    out.put("parameters", Plain::List(names.collect()));
    out.number("activeParameter", found.active as i64);
    note(found.note, Dialect::StateMachine, &mut out);
    out.into()
}

fn hints(flow: &OpenFlow) -> Plain {
    let places = &mut Places::new(flow.text());
    let mut out = Vec::new();
    for hint in flow.inlay_hints() {
        let mut object = Object::new();
        object.put("position", places.range(Span::at(hint.at)).start.into());
        object.put("label", Plain::Text(hint.label));
        out.push(object.into());
    }
    Plain::List(out)
}

fn actions(flow: &OpenFlow, start: usize, end: usize) -> Plain {
    let places = &mut Places::new(flow.text());
    let mut out = Vec::new();
    for action in flow.code_actions(start, end) {
        let mut object = Object::new();
        object.put("title", Plain::Text(action.title));
        object.text("kind", action.kind.as_str());
        object.put("edits", edits(action.edits, places));
        if let Some((code, span)) = action.fixes {
            object.text("code", code);
            object.put("range", places.range(span).into());
        }
        out.push(object.into());
    }
    Plain::List(out)
}

fn format(flow: &OpenFlow, options: FormatOptions) -> Plain {
    let found = flow.format(options);
    let places = &mut Places::new(flow.text());
    let mut out = Object::new();
    out.put("edits", edits(found.edits, places));
    out.put("diagnostics", Plain::list(places.diagnostics(found.diagnostics)));
    out.into()
}

fn edits(edits: Vec<Edit>, places: &mut Places<'_>) -> Plain {
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
