//! Flows as graphs: `tests/cases/graph`.

use cloudflow_language::shape::{flow_graph, flow_to_mermaid, parse_flow, replay_plan};

use cloudflow_tests::{cases, report};
use serde_json::{Value, json};

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

/// The description of a flow for a replay is its graph, with the rules for errors.
#[test]
fn a_plan_for_replays_is_the_graph_with_rules() {
    for case in cases("graph", "yaml") {
        let text = case.read("yaml");
        let graph = serde_json::to_value(flow_graph(&text)).unwrap();
        let mut plan = serde_json::to_value(replay_plan(&text)).unwrap();
        let dialect = plan.as_object_mut().unwrap().shift_remove("dialect").unwrap();
        assert!(dialect == "flow" || dialect == "StateMachine");
        for node in plan["nodes"].as_array_mut().unwrap() {
            for key in ["retry", "catch", "branches", "items"] {
                node.as_object_mut().unwrap().shift_remove(key);
            }
        }
        assert_eq!(plan, graph, "{}", case.name);
    }
    let text = "version: v1
type: flow
steps:
  - type: task
    name: t
    resourceArn: acs:fc:::services/s/functions/f
    retry:
      - {errors: [A, B], intervalSeconds: 2, maxAttempts: 5, multiplier: 1.5}
    catch:
      - {errors: [FnF.ALL], goto: each}
  - type: foreach
    name: each
    iterationMapping: {collection: $.a.b_1, item: i}
    steps: [{type: pass, name: p}]
  - type: parallel
    name: both
    branches: [{steps: [{type: pass, name: q}]}, {steps: [{type: pass, name: r}]}]
";
    let plan = serde_json::to_value(replay_plan(text)).unwrap();
    let [_, task, each, _, both, ..] = plan["nodes"].as_array().unwrap().as_slice() else { panic!("{plan}") };
    let line = |rule: &Value| rule["range"]["start"]["line"].clone();
    let (retry, catch) = (&task["retry"][0], &task["catch"][0]);
    assert_eq!((&retry["errors"], &retry["multiplier"]), (&json!(["A", "B"]), &json!("1.5")));
    assert_eq!((&retry["intervalSeconds"], &retry["maxAttempts"], line(retry)), (&json!(2), &json!(5), json!(8)));
    assert_eq!((&catch["errors"], &catch["to"], line(catch)), (&json!(["FnF.ALL"]), &json!("/each"), json!(10)));
    assert_eq!((&each["items"], &both["branches"]), (&json!(["a", "b_1"]), &json!(2)));
    // An expression that would have to be evaluated.
    for items in ["$.a[0]", "$local.a", "$", "$.", "$.a + 1", "a"] {
        let plan = serde_json::to_value(replay_plan(&text.replace("$.a.b_1", items))).unwrap();
        assert_eq!(plan["nodes"][2].get("items"), (items == "$").then_some(&json!([])), "{items}");
    }
}
