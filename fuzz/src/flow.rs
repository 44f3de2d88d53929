//! A flow definition: the text itself.

use cloudflow_wasm::api::migrate::migrate_flow;
use cloudflow_wasm::api::plain::Plain;
use cloudflow_wasm::api::understand::{flow_graph, flow_to_mermaid, parse_flow, validate_flow_with};
use cloudflow_wasm::check::Options;
use cloudflow_wasm::diagnostic::Severity;
use cloudflow_wasm::text::LineIndex;
use cloudflow_wasm::yaml;

use crate::check::{look_at, mend};

/// Reads the text in every public way.
pub fn run(bytes: &[u8]) {
    read(&crate::text(bytes));
}

fn read(text: &str) {
    crate::yaml::look_at(text);
    let name = || format!("{text:?}");
    let found = look_at(text, &name);
    // A repair that is done gives a text that can be read again.
    for fix in found.iter().filter_map(|found| found.fix.as_ref()).take(8) {
        look_at(&mend(text, fix), &name);
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

/// Every edge leads from one node to another.
fn graph(text: &str) {
    flow_to_mermaid(text);
    let Plain::Object(graph) = flow_graph(text) else { panic!("the graph is no object") };
    let list = |key: &str| match graph.fields().iter().find(|(name, _)| *name == key) {
        Some((_, Plain::List(items))) => items.clone(),
        other => panic!("`{key}` is {other:?}"),
    };
    let field = |item: &Plain, key: &str| match item {
        Plain::Object(item) => match item.fields().iter().find(|(name, _)| *name == key) {
            Some((_, Plain::Text(text))) => text.clone(),
            other => panic!("`{key}` is {other:?}"),
        },
        other => panic!("no object: {other:?}"),
    };
    let mut ids: Vec<String> = list("nodes").iter().map(|node| field(node, "id")).collect();
    ids.sort_unstable();
    for edge in list("edges") {
        for end in [field(&edge, "from"), field(&edge, "to")] {
            assert!(ids.binary_search(&end).is_ok(), "an edge ends at `{end}`, which is no node");
        }
    }
}

/// What is migrated can be read.
fn migrate(text: &str) {
    let Some(new) = migrate_flow(text).text else { return };
    let wrong: Vec<_> = yaml::parse(&new).1.into_iter().filter(|found| found.severity == Severity::Error).collect();
    assert!(wrong.is_empty(), "the migrated text is no YAML: {wrong:?}\n{new}");
}
