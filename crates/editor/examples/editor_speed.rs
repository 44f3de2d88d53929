//! The time of every answer at 64 KB, after an edit of one character. `cargo run --release -p cloudflow-editor --example
//! editor_speed`

#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used, reason = "a program for developers")]

use std::time::Instant;

use cloudflow_editor::{FormatOptions, OpenFlow};

fn step(index: usize) -> String {
    let next = index + 1;
    format!(
        "  - Type: Task\n    Name: state{index}\n    Action: FC:InvokeFunction\n    Parameters:\n      resourceArn: \
         acs:fc:::functions/f{index}\n      invocationType: Sync\n      body.$: format(\"{{}}\", \
         $Input.order{index}.id)\n    OutputConstructor:\n      order{next}.$: $Output.Body\n    Catch:\n      - Errors: \
         [FnF.ALL]\n        Description: all\n        Next: state0\n    Next: state{next}\n"
    )
}

fn main() {
    let mut text = "Type: StateMachine\nSpecVersion: v1\nName: big\nStartAt: state0\nStates:\n".to_owned();
    let mut count = 0;
    while text.len() < 64 * 1024 {
        text += &step(count);
        count += 1;
    }
    text += &format!("  - Type: Succeed\n    Name: state{count}\n");
    let target = text.find("Next: state100\n").unwrap() + 6;
    let remark = text.find("Description: all").unwrap() + 14;
    let member = text.find("$Input.order100").unwrap() + 7;
    for (what, place) in [("a valid edit", remark), ("an unknown target", target)] {
        println!("after {what}");
        let mut flow = OpenFlow::open(text.clone(), Default::default());
        let mut time = |name: &str, ask: &dyn Fn(&OpenFlow)| {
            let mut best = f64::INFINITY;
            for _ in 0..20 {
                flow.edit(place, place, "x");
                let started = Instant::now();
                ask(&flow);
                best = best.min(started.elapsed().as_secs_f64() * 1e3);
                flow.edit(place, place + 1, "");
            }
            println!("  {name:<16} {best:.2} ms");
        };
        time("diagnostics", &|flow| assert!(flow.diagnostics().len() < 200));
        time("symbols", &|flow| drop(flow.symbols()));
        time("folding", &|flow| drop(flow.folding()));
        time("inlayHints", &|flow| drop(flow.inlay_hints()));
        time("semanticTokens", &|flow| drop(flow.semantic_tokens()));
        time("selectionRanges", &|flow| drop(flow.selection_ranges(target)));
        time("completion", &|flow| drop(flow.completion(target)));
        time("members", &|flow| drop(flow.completion(member)));
        time("hover", &|flow| drop(flow.hover(target)));
        time("references", &|flow| drop(flow.references(target)));
        time("rename", &|flow| drop(flow.rename(target, "other")));
        time("codeActions", &|flow| drop(flow.code_actions(target, target)));
        time("format", &|flow| drop(flow.format(FormatOptions::default())));
        time("sortKeys", &|flow| drop(flow.format(FormatOptions { sort_keys: true })));
    }
}
