//! A flow definition: the text itself.

use cloudflow_language::Options;
use cloudflow_language::shape::{flow_graph, flow_to_mermaid, parse_flow, validate_flow_with};
use std::collections::BTreeSet;

use cloudflow_base::diagnostic::Severity;
use cloudflow_base::text::LineIndex;
use cloudflow_language::yaml;
use cloudflow_local::migrate::shape::migrate_flow;
use serde_json::Value;

use crate::check::{check_invariants, apply_repair};

/// Calls every public reader of flow definitions.
pub fn run(bytes: &[u8]) {
    read(&crate::text(bytes));
}

fn read(text: &str) {
    crate::yaml::check_invariants(text);
    let name = || format!("{text:?}");
    let found = check_invariants(text, &name);
    // A repair results in a text that can be read.
    for fix in found.iter().filter_map(|found| found.fix.as_ref()).take(8) {
        check_invariants(&apply_repair(text, fix), &name);
    }
    validate_flow_with(text, Options { express: true });
    positions(text);
    nothing_behind_nul(text);
    parse_flow(text);
    graph(text);
    migrate(text);
}

fn positions(text: &str) {
    let index = LineIndex::new(text);
    let mut before = index.position(0);
    for (at, _) in text.char_indices().take(4096) {
        let here = index.position(at as u32);
        assert!(before <= here && before.offset <= here.offset, "positions go back at {at}");
        before = here;
    }
}

fn nothing_behind_nul(text: &str) {
    let Some(nul) = text.find('\0') else { return };
    let (short, long) = (yaml::parse(&text[..=nul]), yaml::parse(text));
    assert_eq!(short.1, long.1, "what stands behind U+0000 was read");
    assert!(long.1.iter().any(|found| found.message.contains("U+0000")), "U+0000 is not reported");
}

/// Edges connect existing nodes.
fn graph(text: &str) {
    flow_to_mermaid(text);
    let graph = serde_json::to_value(flow_graph(text)).expect("a graph can be written");
    let list = |key: &str| graph[key].as_array().unwrap_or_else(|| panic!("`{key}` is not a list: {graph}"));
    let text = |item: &Value, key: &str| match &item[key] {
        Value::String(text) => text.clone(),
        other => panic!("`{key}` is {other}"),
    };
    let ids: BTreeSet<String> = list("nodes").iter().map(|node| text(node, "id")).collect();
    for edge in list("edges") {
        for end in [text(edge, "from"), text(edge, "to")] {
            assert!(ids.contains(&end), "an edge ends at `{end}`, which is no node");
        }
    }
}

/// The output of the migration can be read.
fn migrate(text: &str) {
    let Some(new) = migrate_flow(text).text else { return };
    let wrong: Vec<_> = yaml::parse(&new).1.into_iter().filter(|found| found.severity == Severity::Error).collect();
    assert!(wrong.is_empty(), "the migrated text is no YAML: {wrong:?}\n{new}");
}
