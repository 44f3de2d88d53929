//! Findings about flow definitions: `tests/cases/check` and the corpus.

#![allow(clippy::disallowed_methods, reason = "tests read the environment")]
#![allow(clippy::string_slice, reason = "cut where a character begins")]

mod hostile;
mod invariants;
mod mistakes;
mod seeded;
mod shapes;
mod typos;

use std::collections::HashSet;
use std::env;

use cloudflow_base::shape::Diagnostic;
use cloudflow_language::shape::{
    self, FlowReport, flow_graph, flow_to_mermaid, parse_flow, validate_flow, validate_flow_with,
};
use serde_json::Value;

use cloudflow_tests::corpus::{self, Definition, FOLDERS, definitions};
use cloudflow_tests::{cases, report};

/// One line for each finding, with positions from 1, then its details, indented.
fn lines(text: &str) -> String {
    listed(validate_flow(text))
}

fn listed(report: FlowReport) -> String {
    let mut out = String::new();
    for found in report.diagnostics {
        if let Some(range) = found.range {
            let (start, end) = (range.start, range.end);
            out += &format!("{}:{}-{}:{} ", start.line, start.column, end.line, end.column);
        }
        out += &format!("{} {}: {}\n", found.severity, found.code, found.message);
        if !found.path.is_empty() {
            let path: Vec<String> = found.path.iter().map(|part| serde_json::to_string(part).unwrap()).collect();
            out += &format!("  at [{}]\n", path.join(", "));
        }
        for related in found.related {
            let start = related.range.start;
            out += &format!("  {}:{} {}\n", start.line, start.column, related.message);
        }
        if let Some(fix) = found.fix {
            out += &format!("  fix: {}\n", fix.title);
        }
    }
    out
}

#[test]
fn findings_are_as_expected() {
    let mut failures = Vec::new();
    for case in cases("check", "yaml") {
        let options = case.read_if_there("options.json");
        let options: Option<Value> = options.map(|options| serde_json::from_str(&options).unwrap());
        let options = shape::options(options.as_ref()).unwrap();
        let found = listed(validate_flow_with(&case.read("yaml"), options));
        if case.name.starts_with("ok/") && !found.is_empty() {
            failures.push(format!("{} must be silent:\n{found}", case.name));
        }
        case.expect("out", &found, &mut failures);
    }
    report("check", failures);
}

/// A wrong option is refused with the correction.
#[test]
fn wrong_options_are_refused() {
    let read = |text: &str| shape::options(Some(&serde_json::from_str::<Value>(text).unwrap()));
    assert!(!shape::options::<&Value>(None).unwrap().express);
    for (text, express) in [("{}", false), (r#"{"mode": "Standard"}"#, false), (r#"{"mode": "Express"}"#, true)] {
        assert_eq!(read(text).unwrap().express, express, "{text}");
    }
    for (text, code, message) in [
        ("[]", "wrong-type", "the options must be an object"),
        (r#"{"mode": true}"#, "wrong-type", "`mode` must be a text"),
        (r#"{"mode": "express"}"#, "unknown-value", "`mode` must be `Standard` or `Express`"),
        (r#"{"mod": "Express"}"#, "unknown-option", "did you mean `mode`?"),
    ] {
        let found = read(text).unwrap_err();
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].code.as_str(), code, "{text}");
        assert!(found[0].message.contains(message), "{text}: {}", found[0].message);
    }
}

/// Edges connect nodes of the graph, ids are distinct, and a graph with nodes has a Mermaid text.
#[test]
fn truncated_texts_have_a_graph() {
    let mut edges = 0;
    for case in cases("graph", "yaml") {
        let text = case.read("yaml");
        for (at, _) in text.char_indices().step_by(cloudflow_tests::stride()) {
            let text = &text[..at];
            let graph = serde_json::to_value(flow_graph(text)).unwrap();
            let list = |key: &str| graph[key].as_array().cloned().unwrap_or_default();
            let mut nodes = HashSet::new();
            for node in list("nodes") {
                assert!(nodes.insert(node["id"].clone()), "{} cut at {at}: {node} twice", case.name);
            }
            for edge in list("edges") {
                let is_known = nodes.contains(&edge["from"]) && nodes.contains(&edge["to"]);
                assert!(is_known, "{} cut at {at}: {edge} leads nowhere", case.name);
                edges += 1;
            }
            let mermaid = flow_to_mermaid(text);
            assert_eq!(mermaid.starts_with("flowchart"), !nodes.is_empty(), "{} cut at {at}: {mermaid}", case.name);
            parse_flow(text);
        }
    }
    assert!(edges > 100, "only {edges} edges");
}

/// A repair consists of edits of the text. Applied, it removes its finding.
#[test]
fn every_repair_removes_its_finding() {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases("check", "yaml") {
        let text = case.read("yaml");
        let before = validate_flow(&text).diagnostics;
        let units: Vec<u16> = text.encode_utf16().collect();
        for found in before.iter().filter(|found| found.fix.is_some()) {
            count += 1;
            let mut mended = units.clone();
            for edit in found.fix.iter().flat_map(|fix| &fix.edits).rev() {
                let (start, end) = (edit.range.start.offset as usize, edit.range.end.offset as usize);
                mended.splice(start..end, edit.new_text.encode_utf16());
            }
            let mended = String::from_utf16(&mended).unwrap();
            let after = validate_flow(&mended).diagnostics;
            // The finding is gone. Another mistake at the same place may show up.
            let errors = |list: &[Diagnostic]| list.iter().filter(|one| one.severity == "error").count();
            let same = after.iter().any(|other| other.code == found.code && other.path == found.path);
            if same && !found.path.is_empty() || errors(&after) > errors(&before) {
                failures.push(format!("{}: {}\n{mended}\n{}", case.name, found.message, lines(&mended)));
            }
        }
    }
    assert!(count > 80, "only {count} repairs");
    report("repairs", failures);
}

/// Applies the repairs of a text that do not touch each other.
fn mended(text: &str) -> String {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    let fixes = validate_flow(text).diagnostics.into_iter().filter_map(|found| found.fix);
    let mut edits: Vec<_> = fixes.flat_map(|fix| fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start.offset));
    for edit in edits {
        let range = edit.range.start.offset as usize..edit.range.end.offset as usize;
        units.splice(range, edit.new_text.encode_utf16());
    }
    String::from_utf16(&units).unwrap()
}

/// A repaired JSON text is JSON, and a quoted key keeps its value.
#[test]
fn repairs_keep_quotes() {
    let text = r#"{"Type": "StateMachine", "SpecVersion": "v1", "Nmae": "a", "StartAt":"a", "States": [
  {"Type": "Pas", "Name": "A", "Next": "b c"}, {"Type":"Wait","Name":"B C","Duration":"5"}]}"#;
    let result = mended(text);
    let read: Value = serde_json::from_str(&result).unwrap_or_else(|error| panic!("{error}: {result}"));
    let expected = serde_json::json!({"Type": "StateMachine", "SpecVersion": "v1", "Name": "a", "StartAt": "A", "States": [
        {"Type": "Pass", "Name": "A", "Next": "B C"}, {"Type": "Wait", "Name": "B C", "Seconds": 5, "End": true}]});
    assert_eq!(read, expected, "{result}");

    let text = "version: v1\ntype: flow\nsteps:\n- {'type':'wiat', \"nmae\":\"a\", 'duration':'3'}\n";
    let expected = "version: v1\ntype: flow\nsteps:\n- {'type':'wait', \"name\":\"a\", 'duration':3}\n";
    assert_eq!(mended(text), expected);
}

/// Files of `CLOUDFLOW_CORPUS` with errors (or not YAML, or in an undocumented dialect), and the expected codes. All
/// other files have no error.
const FAULTY: &[(&str, &[&str])] = &[
    ("flow/go-sdk-doc-example-describe.yaml", &["6:2-6:6 error yaml-bad-indent"]),
    ("flow/ros-docs-mypass-broken-indent.yaml", &["5:2-5:6 error yaml-bad-indent"]),
    (
        "statemachine/mcp-fnf-test-template-transform.yaml",
        &["error missing-key: `SpecVersion`", "error missing-key: `StartAt`"],
    ),
    ("templated/fnf-time-trigger-preview-b.yaml", &["1:1-1:7 error unknown-key: unknown key `ersion`"]),
    ("templated/simulated-sales-business-flow-template.yaml", &["1:7-1:15 error unknown-dialect"]),
    ("templated/vista-backtest-fanout.yaml", &["warning unknown-key: unknown key `maxConcurrency`"]),
    ("templated/vista-research-full.yaml", &["9:11-9:15 error unknown-type", "16:11-16:15 error unknown-type"]),
    (
        "templated/vista-research-pipeline.yaml",
        &["68:14-68:35 error unknown-value: `pattern`", "293:19-293:24 error unknown-target: `abort`"],
    ),
];

/// The definitions of `tests/corpus` have exactly the findings that its index lists.
#[test]
fn the_corpus_is_read_without_an_error() {
    let mut failures = Vec::new();
    let index = corpus::index();
    let (mut own, mut external) = (0, 0);
    for Definition { name, text, own: is_own } in definitions(&FOLDERS) {
        let found = lines(&text);
        if env::var("SHOW_CORPUS").is_ok() {
            println!("== {name}\n{found}");
        }
        if is_own {
            own += 1;
            let codes: Vec<String> =
                validate_flow(&text).diagnostics.into_iter().map(|found| found.code.into()).collect();
            let (_, listed) = index.iter().find(|(listed, _)| *listed == name).expect("every file is listed");
            if codes != *listed {
                failures.push(format!("tests/corpus/{name}: the index lists {listed:?}\n{found}"));
            }
            continue;
        }
        external += 1;
        let errors: Vec<&str> = found.lines().filter(|line| line.split(' ').nth(1) == Some("error")).collect();
        if let Some((_, wanted)) = FAULTY.iter().find(|(faulty, _)| *faulty == name) {
            let lost: Vec<_> = wanted.iter().filter(|wanted| !found.contains(**wanted)).collect();
            if !lost.is_empty() {
                failures.push(format!("{name}: not found: {lost:?}\n{found}"));
            }
        } else if !errors.is_empty() {
            failures.push(format!("{name}\n{}", errors.join("\n")));
        }
    }
    assert!(own >= 16, "only {own} definitions of tests/corpus");
    assert!(corpus::external().is_none() || external > 70, "only {external} definitions of CLOUDFLOW_CORPUS");
    report("the corpus", failures);
}
