//! Texts with marked places: `tests/cases/editor/<function>/<name>.yaml`.
//!
//! Each `<|>` is one test: the function is asked at the mark, with all marks removed. A text without a mark is one
//! test of a function that needs no place. The first line of a text can be `# rename: <name>`.

use std::fmt::Write;

use crate::corpus::apply;
use cloudflow_base::text::{LineIndex, Span};
use cloudflow_editor::{Completion, FoldKind, FormatOptions, Hover, ItemKind, OpenFlow, Symbol, TokenKind};
use cloudflow_tests::{cases, report};

const MARK: &str = "<|>";

/// The text without its marks, and their byte offsets.
fn unmarked(marked: &str) -> (String, Vec<usize>) {
    let mut text = String::new();
    let mut marks = Vec::new();
    for (index, part) in marked.split(MARK).enumerate() {
        if index > 0 {
            marks.push(text.len());
        }
        text.push_str(part);
    }
    (text, marks)
}

fn place(text: &str, span: Span) -> String {
    let lines = LineIndex::new(text);
    let (start, end) = (lines.position(span.start), lines.position(span.end));
    format!("{}:{}-{}:{}", start.line, start.column, end.line, end.column)
}

/// A span with its text, if it is in one line.
fn shown(text: &str, span: Span) -> String {
    let of = span.of(text);
    let of = if of.contains('\n') { String::new() } else { format!(" {of:?}") };
    format!("{}{of}\n", place(text, span))
}

fn all(text: &str, spans: Vec<Span>) -> String {
    if spans.is_empty() { "none\n".to_owned() } else { spans.into_iter().map(|span| shown(text, span)).collect() }
}

fn tree(text: &str, symbols: &[Symbol], depth: usize, out: &mut String) {
    for symbol in symbols {
        let (indent, at) = ("  ".repeat(depth), place(text, symbol.span));
        let list = if symbol.list.is_empty() { String::new() } else { format!(" in {}", symbol.list) };
        let name = symbol.name_span.of(text).lines().next().unwrap_or_default();
        writeln!(out, "{indent}{:?} {:?}{list} {at} at {name:?}", symbol.name, symbol.kind).unwrap();
        tree(text, &symbol.children, depth + 1, out);
    }
}

/// One line for each kind of items. A text to insert is shown if it is not the label.
fn completion(text: &str, found: &Completion) -> String {
    let mut out = format!("replaces {}", shown(text, found.span));
    let mut kind = None;
    for item in &found.items {
        if kind.replace(item.kind) != Some(item.kind) {
            write!(out, "{}{}:", if out.ends_with('\n') { "" } else { "\n" }, item.kind.as_str()).unwrap();
        }
        write!(out, " {}", item.label).unwrap();
        if item.insert != item.label && item.kind != ItemKind::Function {
            write!(out, "={:?}", item.insert).unwrap();
        }
        if !item.detail.is_empty() && item.kind != ItemKind::Function {
            write!(out, "({})", item.detail).unwrap();
        }
    }
    out + if found.items.is_empty() { "nothing\n" } else { "\n" }
}

/// The answer at one mark.
fn answer(function: &str, flow: &OpenFlow, at: usize) -> String {
    let text = flow.text();
    match function {
        "symbols" => {
            let mut out = String::new();
            tree(text, &flow.symbols(), 0, &mut out);
            out
        }
        "folding" => {
            let line = |fold: &cloudflow_editor::Fold| {
                let kind = if fold.kind == FoldKind::Comment { "comment" } else { "region" };
                format!("{} {kind}\n", place(text, fold.span))
            };
            flow.folding().iter().map(line).collect()
        }
        "selection" => all(text, flow.selection_ranges(at)),
        "definition" => all(text, flow.definition(at).into_iter().collect()),
        "references" => all(text, flow.references(at)),
        "rename" => {
            let name = text.lines().next().unwrap().strip_prefix("# rename: ").expect("the new name");
            match flow.rename(at, &name.replace("\\n", "\n").replace("\\s", " ")) {
                Ok(edits) => {
                    edits.iter().map(|edit| format!("{} -> {}\n", place(text, edit.span), edit.new_text)).collect()
                }
                Err(why) => format!("refused: {why}\n"),
            }
        }
        "completion" => completion(text, &flow.completion(at)),
        "hover" => match flow.hover(at) {
            None => "nothing\n".to_owned(),
            Some(hover) => {
                let summary: String = hover.summary.lines().map(|line| format!("  {line}\n")).collect();
                let Hover { span, title, note, dialect, .. } = hover;
                format!("{}# {title}\n{}\n<{}>\n{summary}", shown(text, span), note.words(dialect), note.page)
            }
        },
        "signature" => match flow.signature_help(at) {
            None => "nothing\n".to_owned(),
            Some(call) => {
                let active = call.parameters.get(call.active).unwrap_or(&"-");
                format!("{} at {active}\n{}\n<{}>\n", call.label, call.note.text, call.note.page)
            }
        },
        "hints" => {
            let line = |hint: &cloudflow_editor::Hint| format!("{} {}\n", place(text, Span::at(hint.at)), hint.label);
            flow.inlay_hints().iter().map(line).collect()
        }
        "tokens" => {
            let line = |token: &cloudflow_editor::Token| {
                format!("{} {}", TokenKind::NAMES[token.kind as usize], shown(text, token.span))
            };
            flow.semantic_tokens().iter().map(line).collect()
        }
        "format" | "sort" => {
            let formatted = flow.format(FormatOptions { sort_keys: function == "sort" });
            let mut out: String = formatted
                .diagnostics
                .iter()
                .map(|found| {
                    format!("{} {}: {}\n", place(text, found.span.unwrap()), found.code.as_str(), found.message)
                })
                .collect();
            if out.is_empty() {
                out = apply(text, &formatted.edits).replace('\r', "<CR>");
            }
            out + "\n"
        }
        "actions" => {
            let line = |action: &cloudflow_editor::Action| {
                let fixes =
                    action.fixes.map_or(String::new(), |(code, span)| format!(" ({code} at {})", place(text, span)));
                let mut out = format!("{}: {}{fixes}\n", action.kind.as_str(), action.title);
                for edit in &action.edits {
                    out += &format!("  {} -> {:?}\n", place(text, edit.span), edit.new_text);
                }
                out
            };
            flow.code_actions(at, at).iter().map(line).collect()
        }
        other => panic!("`{other}` is not a function"),
    }
}

#[test]
fn answers_are_as_expected() {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases("editor", "yaml") {
        let (function, _) = case.name.split_once('/').unwrap();
        let (text, mut marks) = unmarked(&case.read("yaml"));
        if marks.is_empty() {
            marks.push(0);
        }
        let flow = OpenFlow::open(text.clone(), Default::default());
        let mut out = String::new();
        for at in marks {
            count += 1;
            let lines = LineIndex::new(&text).position(at as u32);
            let line = text.lines().nth(lines.line as usize - 1).unwrap_or_default();
            let split = lines.column as usize - 1;
            let head: String = line.chars().take(split).collect();
            let tail: String = line.chars().skip(split).collect();
            write!(out, "=== {}: {head}{MARK}{tail}\n{}", lines.line, answer(function, &flow, at)).unwrap();
        }
        case.expect("out", &out, &mut failures);
    }
    report("editor", failures);
    assert!(count >= 300, "only {count} marked places");
}
