//! An open text keeps its tree and its findings between questions. After every edit, its answers are those of a text that is
//! opened anew, in any order of the questions.

use cloudflow_editor::{OpenFlow, shape};
use cloudflow_language::Options;
use cloudflow_language::shape::flow_graph;
use serde_json::{Value, json};

use crate::corpus::{each, everything};

const QUESTIONS: [&str; 17] = [
    "diagnostics",
    "graph",
    "symbols",
    "folding",
    "tokens",
    "selectionRanges",
    "completion",
    "hover",
    "signatureHelp",
    "inlayHints",
    "definition",
    "references",
    "prepareRename",
    "rename",
    "codeActions",
    "format",
    "sort",
];

/// What is typed: parts of keys, values and signs, and the start of another line.
const TYPED: [&str; 16] = [
    "",
    "",
    "",
    "x",
    "\n",
    "\n  - Ty",
    "\n    Nam: a",
    ": ",
    "[",
    "}",
    "\"",
    "  ",
    "- ",
    "流",
    "🎈",
    "\nCatch:\n- Errors: [FnF.ALL]\n",
];

fn answer(flow: &OpenFlow, question: &str, at: usize) -> String {
    match question {
        "folding" => format!("{:?}", shape::folding(flow)),
        "tokens" => format!("{:?}", shape::tokens(flow)),
        "sort" => format!("{:?}", shape::ask(flow, "format", at, at, "sortKeys")),
        "format" => format!("{:?}", shape::ask(flow, "format", at, at, "")),
        _ => format!("{:?}", shape::ask(flow, question, at, at, "another name")),
    }
}

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

#[test]
fn answers_after_an_edit_are_those_of_a_new_text() {
    let rounds = if cloudflow_tests::is_quick() { 1 } else { 6 };
    each(&everything(), |name, text| {
        let seed = name.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let mut numbers = Numbers(seed);
        let mut flow = OpenFlow::open(text.to_owned(), Options::default());
        for _ in 0..rounds {
            // Some questions before the edit, so that there is something to keep.
            for _ in 0..2 {
                answer(&flow, QUESTIONS[numbers.below(QUESTIONS.len())], numbers.below(flow.units()));
            }
            let start = numbers.below(flow.units() + 1);
            let length = numbers.below(4) * numbers.below(12);
            flow.edit(start, start + length, TYPED[numbers.below(TYPED.len())]);
            let first = numbers.below(QUESTIONS.len());
            for index in 0..QUESTIONS.len() {
                let question = QUESTIONS[(first + index * 5) % QUESTIONS.len()];
                let at = if numbers.below(2) == 0 { start } else { numbers.below(flow.units() + 1) };
                let fresh = OpenFlow::open(flow.text().to_owned(), Options::default());
                let (got, expected) = (answer(&flow, question, at), answer(&fresh, question, at));
                assert!(got == expected, "{name}: {question} at {at}:\n{got}\n{expected}\n{}", flow.text());
            }
        }
    });
}

/// The ranges of a graph, which are six numbers each, as objects.
fn with_ranges(mut graph: Value) -> Value {
    for node in graph["nodes"].as_array_mut().unwrap() {
        let Some(range) = node.get_mut("range") else { continue };
        let place = |at: usize| json!({ "line": range[at], "column": range[at + 1], "offset": range[at + 2] });
        *range = json!({ "start": place(0), "end": place(3) });
    }
    graph
}

#[test]
fn the_graph_is_that_of_the_language() {
    let mut misspelled = everything();
    misspelled.retain(|(_, text)| text.len() < 4000);
    // The flow that runs is without a misspelled key.
    misspelled
        .iter_mut()
        .for_each(|(_, text)| *text = text.replacen("Name:", "Nmae:", 2).replacen("next:", "nxet:", 1));
    for texts in [everything(), misspelled] {
        each(&texts, |name, text| {
            for first in ["codeActions", "diagnostics", "hover", "graph"] {
                let flow = OpenFlow::open(text.to_owned(), Options::default());
                shape::ask(&flow, first, 0, 0, "").unwrap();
                let graph = shape::ask(&flow, "graph", 0, 0, "").unwrap();
                let mut expected = String::new();
                flow_graph(text).json(&mut expected);
                let expected: Value = serde_json::from_str(&expected).unwrap();
                assert_eq!(with_ranges(serde_json::from_str(&graph).unwrap()), expected, "{name} after {first}");
            }
        });
    }
}
