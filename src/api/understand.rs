//! Flow definitions for JavaScript: findings, the flow as a tree, its graph.

mod tree;

use serde::Serialize;

pub use tree::{FlowBody, FlowCatch, FlowOption, FlowShape, FlowState};

use super::shape::{Diagnostic, PathSegment, Places, Range, path};
use crate::diagnostic::Severity;
use crate::flow::{Flow, ScopeId, StateId};
use crate::graph::Place;
use crate::{check, graph, order, yaml};

/// What [`validate_flow`] says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowReport {
    /// `"flow"` or `"StateMachine"`; null where it cannot be told.
    pub dialect: Option<&'static str>,
    /// No finding is an error.
    pub valid: bool,
    /// Everything that was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// What [`parse_flow`] reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParsedFlow {
    /// `"flow"` or `"StateMachine"`; null where it cannot be told.
    pub dialect: Option<&'static str>,
    /// The flow, as much of it as can be read; null where the dialect cannot be told.
    pub flow: Option<FlowShape>,
    /// Everything that was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// What [`flow_graph`] draws.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowGraph {
    /// `start`, every state in the order of the text, `end`; none where there is no flow.
    pub nodes: Vec<GraphNode>,
    /// Where control may go.
    pub edges: Vec<GraphEdge>,
    /// Everything that was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GraphNode {
    /// `"start"`, `"end"`, or the way to the state: `/more/default/tidy`. A state without a name,
    /// or whose name another one of its list has too, has its index behind a `#`.
    pub id: String,
    /// The name of the state; `"start"`, `"end"`; empty where there is none.
    pub name: String,
    /// The type of the state in lower case, as the `flow` dialect spells it (`"task"`, `"pass"`,
    /// `"wait"`, `"choice"`, `"parallel"`, `"foreach"`, `"succeed"`, `"fail"`), or `"start"`,
    /// `"end"`, `"unknown"`. A `Map` is a `"foreach"`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The id of the state it stands in; absent at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The index of the branch or option it stands in; absent elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<u32>,
    /// Where in the parsed value; empty for start and end.
    pub path: Vec<PathSegment>,
    /// Where in the text: the name, or the whole state where it has none; absent for start and end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

/// An edge of a graph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GraphEdge {
    /// The id of a node.
    pub from: String,
    /// The id of a node.
    pub to: String,
    /// `"start"`, `"next"`, `"choice"`, `"default"`, `"noMatch"`, `"goto"`, `"fork"`, `"join"`,
    /// `"iterate"`, `"collect"`, `"catch"`, `"end"` or `"fail"`.
    pub kind: &'static str,
    /// The condition of a `choice`, the errors of a `catch`, the index of a `fork`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Checks a flow definition of either dialect.
pub fn validate_flow(text: &str) -> FlowReport {
    let (tree, found) = yaml::parse(text);
    let (flow, diagnostics) = check::check(&tree, found);
    FlowReport {
        dialect: flow.map(|flow| flow.dialect.as_str()),
        valid: diagnostics.iter().all(|found| found.severity != Severity::Error),
        diagnostics: Places::new(text).diagnostics(diagnostics),
    }
}

/// Reads a flow definition of either dialect.
pub fn parse_flow(text: &str) -> ParsedFlow {
    let (tree, found) = yaml::parse(text);
    let (flow, diagnostics) = check::check(&tree, found);
    let mut places = Places::new(text);
    ParsedFlow {
        dialect: flow.as_ref().map(|flow| flow.dialect.as_str()),
        flow: flow.map(|flow| tree::shape(&flow, &mut places)),
        diagnostics: places.diagnostics(diagnostics),
    }
}

/// Draws a flow definition of either dialect as nodes and edges.
pub fn flow_graph(text: &str) -> FlowGraph {
    let (tree, found) = yaml::parse(text);
    let (flow, diagnostics) = check::check(&tree, found);
    let mut places = Places::new(text);
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    if let Some(flow) = &flow {
        let ids = ids(flow);
        nodes = graph_nodes(flow, &ids, &mut places);
        let name = |place| match place {
            Place::Start => "start".to_owned(),
            Place::End => "end".to_owned(),
            Place::State(id) => ids.get(id.0 as usize).cloned().unwrap_or_default(),
        };
        edges = graph::graph(flow)
            .edges
            .into_iter()
            .map(|edge| GraphEdge {
                from: name(edge.from),
                to: name(edge.to),
                kind: edge.kind.as_str(),
                label: edge.label.map(|label| label.into_owned()),
            })
            .collect();
    }
    FlowGraph { nodes, edges, diagnostics: places.diagnostics(diagnostics) }
}

/// Draws a flow definition of either dialect as Mermaid text; empty where there is no flow.
pub fn flow_to_mermaid(text: &str) -> String {
    let (tree, found) = yaml::parse(text);
    let (flow, _) = check::check(&tree, found);
    flow.map(|flow| graph::mermaid(&flow, &graph::graph(&flow))).unwrap_or_default()
}

/// The id of every state's node, in the order of the arena.
fn ids(flow: &Flow<'_>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::with_capacity(flow.states().len());
    for scope in flow.scopes() {
        let mut prefix = scope.owner.and_then(|owner| ids.get(owner.0 as usize).cloned()).unwrap_or_default();
        prefix.push('/');
        if scope.owner.is_some() {
            prefix.push_str(&flow.slot(scope.id));
            prefix.push('/');
        }
        for state in flow.states_of(scope.id) {
            let mut id = prefix.clone();
            let name = state.name.map_or("", |name| name.value);
            id.push_str(&name.replace('~', "~0").replace('/', "~1"));
            if name.is_empty() || flow.find(scope.id, name) != Some(state.id) {
                id.push('#');
                id.push_str(&state.index.to_string());
            }
            ids.push(id);
        }
    }
    ids
}

fn graph_nodes(flow: &Flow<'_>, ids: &[String], places: &mut Places<'_>) -> Vec<GraphNode> {
    let bare = |name: &'static str| GraphNode {
        id: name.to_owned(),
        name: name.to_owned(),
        kind: name,
        parent: None,
        branch: None,
        path: Vec::new(),
        range: None,
    };
    let mut nodes = Vec::with_capacity(flow.states().len() + 2);
    nodes.push(bare("start"));
    let mut states: Vec<StateId> = flow.states().iter().map(|state| state.id).collect();
    let place = |id: &StateId| flow.state(*id).map(|state| state.node.span());
    order::sort_by(&mut states, |a, b| place(a).cmp(&place(b)));
    let lists: Vec<_> = (0..flow.scopes().len()).map(|id| flow.list_path(ScopeId(id as u32))).collect();
    for state in states.into_iter().filter_map(|id| flow.state(id)) {
        let scope = flow.scope(state.scope);
        let mut way = lists.get(state.scope.0 as usize).cloned().unwrap_or_default();
        way.push((state.index as usize).into());
        nodes.push(GraphNode {
            id: ids.get(state.id.0 as usize).cloned().unwrap_or_default(),
            name: state.name.map_or("", |name| name.value).to_owned(),
            kind: state.kind.as_str(),
            parent: scope.and_then(|scope| scope.owner).and_then(|owner| ids.get(owner.0 as usize).cloned()),
            branch: scope.and_then(|scope| scope.role.index()),
            path: path(way),
            range: Some(places.range(state.place())),
        });
    }
    nodes.push(bare("end"));
    nodes
}
