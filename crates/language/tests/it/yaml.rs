//! The YAML reader.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod hostile;
mod invariants;
mod oracle;
mod suite;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use cloudflow_base::diagnostic::Code;
use cloudflow_base::text::{LineIndex, Span};
use cloudflow_language::yaml::{self, Kind, Node, Resolved, Style};

use cloudflow_tests::corpus::{FOLDERS, definitions};
use cloudflow_tests::{cases, report};

#[test]
fn reads_a_flow() {
    let text = "Type: StateMachine\nStates:\n- Name: 流程\n  Timeout: 60\n  Parameters: {a: \"x\\ty\", b: !Ref c}\n  E: >-\n    one\n    two\n  N:\n";
    let (tree, diagnostics) = yaml::parse(text);
    assert_eq!(diagnostics, []);
    let root = tree.root().unwrap();
    assert_eq!(root.kind(), Kind::Mapping);
    assert_eq!(root.entries().count(), 2);
    let state = root.get("States").unwrap().items().next().unwrap();
    assert_eq!(state.get("Name").unwrap().span().of(text), "流程");
    assert_eq!(state.get("Timeout").unwrap().resolve(), Some(Resolved::Int(60)));
    let parameters = state.get("Parameters").unwrap();
    assert_eq!(parameters.style(), Style::Flow);
    assert_eq!(parameters.span().of(text), "{a: \"x\\ty\", b: !Ref c}");
    assert_eq!(parameters.get("a").unwrap().text(), Some("x\ty"));
    let reference = parameters.get("b").unwrap();
    assert_eq!((reference.tag(), reference.span().of(text)), (Some("!Ref"), "c"));
    assert_eq!(state.get("E").unwrap().text(), Some("one two"));
    assert_eq!(state.get("N").unwrap().resolve(), Some(Resolved::Null));
    assert!(state.get("N").unwrap().span().is_empty());
}

#[test]
fn reports_a_duplicate_key() {
    let (_, diagnostics) = yaml::parse("a: 1\nb: 2\na: 3\n");
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, Code::DuplicateKey);
    assert_eq!(diagnostics[0].span.unwrap().start, 10);
    assert_eq!(diagnostics[0].related[0].span.start, 0);
}

#[test]
fn an_alias_is_resolved_to_its_node() {
    let (tree, diagnostics) = yaml::parse("a: &x [1, 2]\nb: *x\nc: *y\n");
    let root = tree.root().unwrap();
    assert_eq!(root.get("b").unwrap().items().count(), 2);
    assert_eq!(root.entries().count(), 3);
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::YamlUnknownAlias]);
}

/// The trees and the findings of the cases. Cases in `ok` have no finding.
#[test]
fn cases_hold() {
    let mut failures = Vec::new();
    for case in cases("yaml", "yaml") {
        let text = case.read("yaml");
        let (tree, diagnostics) = yaml::parse(&text);
        let index = LineIndex::new(&text);
        let range = |span: Span| {
            let (start, end) = (index.position(span.start), index.position(span.end));
            format!("{}:{}-{}:{}", start.line, start.column, end.line, end.column)
        };
        let mut found = String::new();
        for d in &diagnostics {
            let place = range(d.span.unwrap());
            writeln!(found, "{place} {} {}: {}", d.severity.as_str(), d.code.as_str(), d.message).unwrap();
            for related in &d.related {
                writeln!(found, "  {} {}", range(related.span), related.message).unwrap();
            }
            if let Some(fix) = &d.fix {
                let edit = &fix.edits[0];
                writeln!(found, "  fix: {}: {} {:?}", fix.title, range(edit.span), edit.new_text).unwrap();
            }
        }
        if case.name.starts_with("ok/") != found.is_empty() {
            failures.push(format!("{}: found {found:?}", case.name));
        }
        let mut shown = String::new();
        if let Some(root) = tree.root() {
            show(root, 0, &range, &mut shown);
        }
        case.expect("tree", &shown, &mut failures);
        case.expect("out", &found, &mut failures);
    }
    report("yaml", failures);
}

/// One line per node: range, kind, style, tag, value. Children follow, indented.
fn show(node: Node<'_>, depth: usize, range: &impl Fn(Span) -> String, out: &mut String) {
    write!(out, "{}{} {:?}", "  ".repeat(depth), range(node.span()), node.style()).unwrap();
    if let Some(tag) = node.tag() {
        write!(out, " {tag}").unwrap();
    }
    match node.resolve() {
        Some(value) => write!(out, " {value:?}").unwrap(),
        None => write!(out, " {:?}", node.kind()).unwrap(),
    }
    *out += if node.is_template() { " template\n" } else { "\n" };
    for item in node.items() {
        show(item, depth + 1, range, out);
    }
    for (key, value) in node.entries() {
        show(key, depth + 1, range, out);
        show(value, depth + 2, range, out);
    }
}

/// A repair removes its finding.
#[test]
fn repairs_remove_their_finding() {
    let mut repaired = 0;
    for case in cases("yaml", "yaml") {
        let text = case.read("yaml");
        for diagnostic in yaml::parse(&text).1 {
            let Some(fix) = &diagnostic.fix else { continue };
            let mut fixed = text.clone();
            for edit in fix.edits.iter().rev() {
                fixed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.new_text);
            }
            let start = diagnostic.span.unwrap().start;
            let again = yaml::parse(&fixed).1;
            assert!(
                !again.iter().any(|d| d.code == diagnostic.code && d.span.unwrap().start == start),
                "{}: {:?} is still there:\n{fixed}",
                case.name,
                diagnostic.message
            );
            repaired += 1;
        }
    }
    assert!(repaired > 10);
}

#[test]
fn places_inside_scalars() {
    let text = "a: \"x\\ty\\u6d41z\"\nb: 'it''s'\nc: >-\n  one\n  two\n\n  three\nd: one\n  two\ne: \"p\n   q\"\n";
    let (tree, diagnostics) = yaml::parse(text);
    assert_eq!(diagnostics, []);
    let root = tree.root().unwrap();
    // A word of the decoded value, and the text at its position in the source.
    for (key, word, there) in [
        ("a", "y", "y\\u6d41z"),
        ("a", "流", "\\u6d41z"),
        ("a", "z", "z\"\nb"),
        ("b", "s", "s'"),
        ("b", "'", "''s"),
        ("c", "two", "two\n\n"),
        ("c", "three", "three\n"),
        ("c", "\nthree", "\n\n  three"),
        ("d", "two", "two\ne"),
        ("e", "q", "q\"\n"),
    ] {
        let node = root.get(key).unwrap();
        let at = node.text().unwrap().find(word).unwrap();
        let place = node.source_offset(at) as usize;
        assert!(text[place..].starts_with(there), "{key} {word:?}: {:?}", &text[place..]);
        // An offset at the end maps to the closing quote.
        let end = node.source_offset(node.text().unwrap().len());
        assert_eq!(end, node.span().end - u32::from(matches!(node.style(), Style::DoubleQuoted | Style::SingleQuoted)));
    }
}

/// Texts for random tests: the cases, the corpus and the suite.
fn texts() -> Vec<String> {
    let mut texts = texts_of(&cloudflow_tests::root().join("tests/cases"));
    texts.extend(definitions(&FOLDERS).into_iter().map(|definition| definition.text));
    assert!(texts.len() > 700, "only {} texts", texts.len());
    texts.extend(suite::texts());
    texts
}

/// Every YAML file below a folder.
fn texts_of(root: &Path) -> Vec<String> {
    let mut paths = cloudflow_tests::files(root);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Pseudorandom numbers that are the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}
