//! Flow definitions for JavaScript: findings, the flow as a tree, its graph.

mod replay;
mod tree;

use crate::flow::{Dialect, Flow, ScopeId, StateId};
use crate::graph::{self, Case, Place};
use crate::{Document, Options};
use cloudflow_base::diagnostic::{self, Code, Path};
use cloudflow_base::fields::Fields;
use cloudflow_base::limits::REQUEST_BYTES;
use cloudflow_base::plain::{Object, Plain};
use cloudflow_base::shape::{Diagnostic, PathSegment, Places, path};
use cloudflow_base::small;
use cloudflow_base::small::to_decimal;
use cloudflow_base::text::{Span, TEXT_UNITS};
use cloudflow_base::value::Value;

/// The field of an execution that contains the definition.
const DEFINITION: &str = "FlowDefinition";

/// The result of [`validate_flow`].
#[derive(Clone, Debug, PartialEq)]
pub struct FlowReport {
    /// `"flow"` or `"StateMachine"`. Absent if the dialect is unknown.
    pub dialect: Option<&'static str>,
    /// No finding is an error.
    pub valid: bool,
    /// All findings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// The finding for a text that is too long to be read.
pub fn too_long() -> Vec<Diagnostic> {
    let (characters, size) = (to_decimal(TEXT_UNITS), to_decimal(REQUEST_BYTES / 1024));
    let message =
        ["the text has more than ", &characters, " characters; the maximum of a definition is ", &size, " KiB"]
            .concat();
    Places::new("").diagnostics(vec![diagnostic::Diagnostic::new(Code::YamlLimit, Some(Span::at(0)), message)])
}

/// Checks a flow definition of either dialect.
pub fn validate_flow(text: &str) -> FlowReport {
    validate_flow_with(text, Options::default())
}

/// [`validate_flow`] with options.
pub fn validate_flow_with(text: &str, options: Options) -> FlowReport {
    let tree = &mut None;
    let document = Document::read(text, options, tree);
    FlowReport {
        dialect: document.flow.as_ref().map(|flow| flow.dialect.as_str()),
        valid: document.is_valid(),
        diagnostics: Places::new(text).diagnostics(document.diagnostics),
    }
}

/// The findings about the definition inside an execution. A definition of unknown dialect gives one finding, not
/// one for each of its lines.
pub fn definition(text: &str) -> Vec<Diagnostic> {
    let report = validate_flow(text);
    let mut found = report.diagnostics;
    if report.dialect.is_none() {
        let first = found.into_iter().min_by_key(|found| found.severity);
        let why = first.as_ref().map_or("", |first| &first.message);
        let message = ["the definition cannot be read as a flow: ", why].concat();
        let range = first.and_then(|first| first.range);
        found =
            Places::new(text).diagnostics(vec![diagnostic::Diagnostic::new(Code::UnreadableDefinition, None, message)]);
        found.iter_mut().for_each(|found| found.range = range);
    }
    for finding in &mut found {
        finding.path.insert(0, PathSegment::Key(DEFINITION.to_owned()));
    }
    found
}

/// Reads the options of [`validate_flow_with`], which may be absent.
pub fn options<V: Value>(given: Option<V>) -> Result<Options, Vec<diagnostic::Diagnostic>> {
    let mut diagnostics = Vec::new();
    let mut options = Options::default();
    if given.is_some() {
        let mut fields = Fields::new(given, Path::new(), "the options", &mut diagnostics);
        fields.only(&["mode", "locale"]);
        match fields.text("mode").as_deref() {
            None | Some("Standard") => {}
            Some("Express") => options.express = true,
            Some(_) => {
                let message = "`mode` must be `Standard` or `Express`".to_owned();
                fields.report(Code::UnknownValue, "mode", message);
            }
        }
    }
    if diagnostics.is_empty() { Ok(options) } else { Err(diagnostics) }
}

/// Reads a flow definition of either dialect: `{ dialect, flow, diagnostics }`. The first two are null if the
/// dialect is unknown. The findings are in the order of the text.
pub fn parse_flow(text: &str) -> Plain {
    let tree = &mut None;
    let Document { flow, diagnostics, .. } = Document::read(text, Options::default(), tree);
    let mut places = Places::new(text);
    let mut out = Object::new();
    out.put("dialect", Plain::text_or_null(flow.as_ref().map(|flow| flow.dialect.as_str())));
    out.put("flow", flow.map_or(Plain::Null, |flow| tree::shape(&flow, &mut places)));
    out.put("diagnostics", Plain::list(places.diagnostics(diagnostics)));
    out.into()
}

/// Draws a flow definition of either dialect as `{ nodes, edges, diagnostics }`. The nodes are
/// `start`, every state in the order of the text, `end`. They are empty if there is no flow.
pub fn flow_graph(text: &str) -> Plain {
    draw(text, false)
}

/// [`flow_graph`] with the `dialect`, and with everything of a state that the replay of a history needs: the rules for
/// its errors, the number of its branches, the place of the items in its input.
pub fn replay_plan(text: &str) -> Plain {
    draw(text, true)
}

fn draw(text: &str, for_replay: bool) -> Plain {
    let tree = &mut None;
    let Document { flow, diagnostics, .. } = Document::read(text, Options::default(), tree);
    let mut places = Places::new(text);
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    if let Some(flow) = &flow {
        let ids = ids(flow);
        nodes = graph_nodes(flow, &ids, &mut places, for_replay);
        let name = |place| match place {
            Place::Start => "start",
            Place::End => "end",
            Place::State(id) => ids.get(id.0 as usize).map_or("", String::as_str),
        };
        for edge in graph::graph(flow).edges {
            let mut out = Object::new();
            out.text("from", name(edge.from));
            out.text("to", name(edge.to));
            out.text("kind", edge.kind.as_str());
            // The condition of a `choice`, the errors of a `catch`, the index of a `fork`.
            out.text_if("label", edge.label.as_deref());
            match edge.case {
                Some(Case::Option(index)) => out.number("option", index as i64),
                Some(Case::Default) => out.text("option", "default"),
                Some(Case::NoMatch) => out.text("option", "noMatch"),
                None => {}
            }
            edges.push(out.into());
        }
    }
    let mut out = Object::new();
    if for_replay {
        out.text_if("dialect", flow.as_ref().map(|flow| flow.dialect.as_str()));
    }
    out.put("nodes", Plain::List(nodes));
    out.put("edges", Plain::List(edges));
    out.put("diagnostics", Plain::list(places.diagnostics(diagnostics)));
    out.into()
}

/// Draws a flow definition of either dialect as Mermaid text. Empty if there is no flow.
pub fn flow_to_mermaid(text: &str) -> String {
    let tree = &mut None;
    Document::read(text, Options::default(), tree)
        .flow
        .map(|flow| graph::mermaid(&flow, &graph::graph(&flow)))
        .unwrap_or_default()
}

impl From<FlowReport> for Plain {
    fn from(report: FlowReport) -> Self {
        let mut out = Object::new();
        out.put("dialect", Plain::text_or_null(report.dialect));
        out.put("valid", Plain::Boolean(report.valid));
        out.put("diagnostics", Plain::list(report.diagnostics));
        out.into()
    }
}

/// The id of the node of every state, in the order of the arena: the path of the state, such as
/// `/more/default/tidy`. A state without a name, or with a duplicate name, has its index after a `#`.
pub fn ids(flow: &Flow<'_>) -> Vec<String> {
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
            for c in name.chars() {
                match c {
                    '~' => id.push_str("~0"),
                    '/' => id.push_str("~1"),
                    c => id.push(c),
                }
            }
            if name.is_empty() || flow.find(scope.id, name) != Some(state.id) {
                id.push('#');
                id.push_str(&to_decimal(state.index));
            }
            ids.push(id);
        }
    }
    ids
}

fn graph_nodes(flow: &Flow<'_>, ids: &[String], places: &mut Places<'_>, for_replay: bool) -> Vec<Plain> {
    let id = |state: StateId| ids.get(state.0 as usize).map_or("", String::as_str);
    let bare = |name: &'static str| {
        let mut out = node(name, name, name);
        out.put("path", Plain::List(Vec::new()));
        Plain::from(out)
    };
    let mut nodes = Vec::with_capacity(flow.states().len() + 2);
    nodes.push(bare("start"));
    let mut states: Vec<StateId> = flow.states().iter().map(|state| state.id).collect();
    let place = |id: &StateId| flow.state(*id).map(|state| state.node.span());
    small::sort_by(&mut states, |a, b| place(a).cmp(&place(b)));
    let lists: Vec<_> = (0..flow.scopes().len()).map(|id| flow.list_path(ScopeId(id as u32))).collect();
    for state in states.into_iter().filter_map(|id| flow.state(id)) {
        let scope = flow.scope(state.scope);
        let mut way = lists.get(state.scope.0 as usize).cloned().unwrap_or_default();
        way.push((state.index as usize).into());
        // The type in the spelling of the `flow` dialect: a `Map` is a `foreach`.
        let kind = state.kind.state_type().map_or("unknown", |of| of.name(Dialect::Flow));
        let mut out = node(id(state.id), state.name.map_or("", |name| name.value), kind);
        out.text_if("parent", scope.and_then(|scope| scope.owner).map(id));
        // The index of the branch or option that contains it.
        out.number_if("branch", scope.and_then(|scope| scope.role.index()).map(i64::from));
        out.put("path", Plain::list(path(way)));
        // The name, or the whole state if it has none.
        out.put("range", places.range(state.place()).into());
        if for_replay {
            replay::rules(flow, state, &id, places, &mut out);
        }
        nodes.push(out.into());
    }
    nodes.push(bare("end"));
    nodes
}

fn node(id: &str, name: &str, kind: &str) -> Object {
    let mut out = Object::new();
    out.text("id", id);
    out.text("name", name);
    out.text("type", kind);
    out
}
