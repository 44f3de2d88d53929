//! Flows as graphs: `tests/cases/graph`.

use cloudflow_language::shape::{flow_graph, flow_to_mermaid, parse_flow};

use cloudflow_tests::{cases, report};

#[test]
fn graphs_are_as_expected() {
    let mut failures = Vec::new();
    for case in cases("graph", "yaml") {
        let text = case.read("yaml");
        let graph = flow_graph(&text);
        let mut json = serde_json::to_string_pretty(&graph).unwrap();
        json.push('\n');
        case.expect("graph.json", &json, &mut failures);
        case.expect("mmd", &flow_to_mermaid(&text), &mut failures);
        let mut json = serde_json::to_string_pretty(&parse_flow(&text)).unwrap();
        json.push('\n');
        case.expect("parsed.json", &json, &mut failures);
    }
    report("graph", failures);
}
