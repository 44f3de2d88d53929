//! A graph as Mermaid text (<https://mermaid.js.org/syntax/flowchart.html>).

use super::{EdgeKind, Graph, Place};
use crate::flow::{Flow, Role, ScopeId, StateKind};
use cloudflow_base::small::to_decimal;

/// The flow chart of a flow as Mermaid text.
pub fn mermaid(flow: &Flow<'_>, graph: &Graph<'_>) -> String {
    let mut out = String::from("flowchart TD\n");
    if !flow.states().is_empty() {
        out.push_str("  start([\"start\"])\n");
    }
    scope(flow, ScopeId(0), 1, &mut out);
    if graph.edges.iter().any(|edge| edge.to == Place::End) {
        out.push_str("  stop([\"end\"])\n");
    }
    for edge in &graph.edges {
        out.push_str("  ");
        place(edge.from, &mut out);
        out.push_str(match edge.kind {
            EdgeKind::Catch | EdgeKind::Fail => " -.->",
            _ => " -->",
        });
        let label = match (&edge.label, edge.kind) {
            (Some(label), _) => label,
            (None, EdgeKind::Default) => "default",
            (None, EdgeKind::NoMatch) => "no match",
            (None, _) => "",
        };
        if !label.is_empty() {
            out.push_str("|\"");
            escape(label, &mut out);
            out.push_str("\"|");
        }
        out.push(' ');
        place(edge.to, &mut out);
        out.push('\n');
    }
    out
}

/// Writes the states of a scope and their scopes as subgraphs. Recursion is bounded by the nesting of
/// the text.
fn scope(flow: &Flow<'_>, id: ScopeId, depth: usize, out: &mut String) {
    for state in flow.states_of(id) {
        let (open, close) = match &state.kind {
            StateKind::Choice(_) => ("{\"", "\"}"),
            StateKind::Wait(_) => ("(\"", "\")"),
            StateKind::Parallel(_) | StateKind::Map(_) => ("[[\"", "\"]]"),
            StateKind::Succeed | StateKind::Fail(_) => ("([\"", "\"])"),
            StateKind::Task(_) | StateKind::Pass | StateKind::Unknown => ("[\"", "\"]"),
        };
        indent(depth, out);
        place(Place::State(state.id), out);
        out.push_str(open);
        escape(state.name.map_or("?", |name| name.value), out);
        out.push_str(close);
        out.push('\n');
        let mut inner: Vec<ScopeId> = Vec::new();
        match &state.kind {
            StateKind::Choice(choice) => {
                inner.extend(choice.options.iter().chain(&choice.default).filter_map(|way| way.body));
            }
            StateKind::Parallel(parallel) => inner.extend(&parallel.branches),
            StateKind::Map(map) => inner.extend(map.body),
            _ => {}
        }
        for id in inner {
            // The steps of an option are on the level of their choice, because a jump may leave them.
            let index = match flow.scope(id).map(|scope| scope.role) {
                Some(Role::Branch(index)) => Some([" ", &to_decimal(index)].concat()),
                Some(Role::Body) => Some(String::new()),
                _ => None,
            };
            let Some(index) = index else {
                scope(flow, id, depth, out);
                continue;
            };
            indent(depth, out);
            out.push_str("subgraph g");
            out.push_str(&to_decimal(id.0));
            out.push_str("[\"");
            escape(state.name.map_or("?", |name| name.value), out);
            out.push_str(&index);
            out.push_str("\"]\n");
            scope(flow, id, depth + 1, out);
            indent(depth, out);
            out.push_str("end\n");
        }
    }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn place(place: Place, out: &mut String) {
    match place {
        Place::Start => out.push_str("start"),
        Place::End => out.push_str("stop"),
        Place::State(id) => {
            out.push('s');
            out.push_str(&to_decimal(id.0));
        }
    }
}

/// Writes a text with the special characters of Mermaid and HTML escaped.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '#' => out.push_str("#35;"),
            '`' => out.push_str("#96;"),
            '\\' => out.push_str("#92;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
}
