//! An expression: its text. It is parsed alone, then at all allowed places of a flow of each dialect, and is evaluated
//! there.

use cloudflow_language::expr::{Expr, ExprKind, MAX_DEPTH, parse};
use cloudflow_local::migrate::shape::migrate_flow;
use cloudflow_local::simulation::{Simulation, SimulationOptions};

use crate::check::check_invariants as check_flow;

/// Maximum number of turns of a simulation of one expression.
const TURNS: usize = 100;

/// Reads and evaluates the expression.
pub fn run(bytes: &[u8]) {
    let expression = crate::text(bytes);
    let inside = |span: cloudflow_base::text::Span| {
        assert!(expression.get(span.start as usize..span.end as usize).is_some(), "{span:?} is not in the expression");
    };
    match parse(&expression) {
        Ok(parsed) => {
            let depth = check_invariants(&parsed.expr, &inside);
            assert!(depth <= 4 * MAX_DEPTH, "an expression of depth {depth}");
        }
        Err(mistake) => {
            inside(mistake.span.expect("a mistake has a place"));
            for edit in mistake.fix.iter().flat_map(|fix| &fix.edits) {
                inside(edit.span);
            }
        }
    }
    // JSON is YAML, so every text can be written.
    let quoted = serde_json::Value::from(expression).to_string();
    let machine = format!(
        "{{Type: StateMachine, SpecVersion: v1, Name: f, StartAt: A, States: [\
         {{Type: Choice, Name: A, Branches: [{{Condition: {quoted}, Next: B}}], Default: B}},\
         {{Type: Pass, Name: B, OutputConstructor: {{a.$: {quoted}}}, End: true}}]}}"
    );
    let flow = format!(
        "{{version: v1, type: flow, steps: [\
         {{type: choice, name: a, choices: [{{condition: {quoted}, goto: b}}], default: {{goto: b}}}},\
         {{type: pass, name: b, outputMappings: [{{target: a, source: {quoted}}}]}}]}}"
    );
    for text in [machine, flow] {
        check_flow(&text, &|| text.clone());
        migrate_flow(&text);
        evaluate(&text);
    }
}

/// Every span is inside the one around it. Returns the depth.
fn check_invariants(expr: &Expr<'_>, inside: &dyn Fn(cloudflow_base::text::Span)) -> u32 {
    inside(expr.span);
    let below = |part: &Expr<'_>| {
        assert!(expr.span.start <= part.span.start && part.span.end <= expr.span.end, "{part:?} stands in {expr:?}");
        check_invariants(part, inside)
    };
    let deepest = match &expr.kind {
        ExprKind::Path(base, steps) => {
            steps.iter().for_each(|step| inside(step.span));
            below(base)
        }
        ExprKind::Call { args: parts, .. } | ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Array(parts) => {
            parts.iter().map(below).max().unwrap_or(0)
        }
        ExprKind::Unary(_, operand) => below(operand),
        ExprKind::Compare { left, right, .. } => below(left).max(below(right)),
        ExprKind::Object(entries) => entries.iter().map(|(_, _, value)| below(value)).max().unwrap_or(0),
        _ => 0,
    };
    deepest + 1
}

fn evaluate(text: &str) {
    let input = r#"{"a": [1, {"b": "x"}], "n": 1.5, "t": "2024-05-06T07:08:09Z", "list": ["x", "x", "y"]}"#;
    let options = SimulationOptions { input: input.to_owned(), ..SimulationOptions::default() };
    let Ok(mut simulation) = Simulation::start(text, &options, 1_714_979_289_000, 1) else { return };
    for _ in 0..TURNS {
        let turn = simulation.turn(false);
        if let Some(end) = simulation.end() {
            serde_json::from_str::<serde_json::Value>(&end).expect("the end is JSON");
            return;
        }
        assert!(turn.more, "a flow without tasks waits for nobody");
    }
    panic!("not at its end after {TURNS} turns");
}
