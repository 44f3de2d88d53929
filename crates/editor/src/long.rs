//! Answers with thousands of parts, as JSON: the graph and the tree of states. They are written without a value for each
//! part, and each range is a list of six numbers, which takes the engine less time to parse than two objects with names.

#![allow(clippy::single_char_add_str, reason = "a push encodes its character: it takes longer than a copy")]

use cloudflow_base::plain::{Plain, json_number, json_text};
use cloudflow_base::shape::Places;
use cloudflow_base::small;
use cloudflow_base::text::{LineIndex, Span};
use cloudflow_language::flow::{Dialect, Flow, ScopeId, State, StateId};
use cloudflow_language::graph::{self, Case, Place};
use cloudflow_language::shape::ids;

use crate::open::OpenFlow;
use crate::outline::Symbol;

/// A text in JSON, whose parts are written from the first to the last.
struct Json<'t> {
    out: String,
    lines: LineIndex<'t>,
    // The line of the last position: the next one is near it.
    line: usize,
}

impl<'t> Json<'t> {
    fn new(text: &'t str) -> Self {
        Json { out: String::with_capacity(2 * text.len()), lines: LineIndex::new(text), line: 1 }
    }

    /// The parts of a list, separated by commas.
    fn list<T>(&mut self, head: &str, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.out.push_str(head);
        let mut before = "[";
        for item in items {
            self.out.push_str(before);
            before = ",";
            write(self, item);
        }
        self.out.push_str(if before == "[" { "[]" } else { "]" });
    }

    /// What is before a text, and the text.
    #[inline(never)]
    fn text(&mut self, head: &str, text: &str) {
        self.out.push_str(head);
        json_text(text, &mut self.out);
    }

    /// What is before a part that is JSON already, and the part.
    #[inline(never)]
    fn word(&mut self, head: &str, word: &str) {
        self.out.push_str(head);
        self.out.push_str(word);
    }

    #[inline(never)]
    fn number(&mut self, head: &str, number: u32) {
        self.out.push_str(head);
        json_number(number.into(), &mut self.out);
    }

    #[inline(never)]
    fn range(&mut self, head: &str, span: Span) {
        self.out.push_str(head);
        let mut before = "[";
        for number in numbers(&self.lines, span, &mut self.line) {
            self.number(before, number);
            before = ",";
        }
        self.out.push_str("]");
    }
}

/// Line, column and offset of the start and of the end. `line` is that of the last position.
pub(crate) fn numbers(lines: &LineIndex<'_>, span: Span, line: &mut usize) -> [u32; 6] {
    let mut numbers = [0; 6];
    let offsets = [span.start, span.end];
    for (place, offset) in numbers.chunks_exact_mut(3).zip(offsets) {
        let found = lines.position_near(offset, line);
        place.copy_from_slice(&[found.line, found.column, found.offset]);
    }
    numbers
}

/// The tree of states.
pub(crate) fn symbols(flow: &OpenFlow) -> String {
    let mut json = Json::new(flow.text());
    list(&mut json, "", &flow.symbols());
    json.out
}

// Recursion is bounded by the depth limit of the YAML reader.
fn list(json: &mut Json<'_>, head: &str, symbols: &[Symbol]) {
    json.list(head, symbols, |json, symbol| {
        json.text("{\"name\":", &symbol.name);
        json.text(",\"type\":", &symbol.kind);
        if !symbol.list.is_empty() {
            json.text(",\"list\":", &symbol.list);
        }
        json.range(",\"range\":", symbol.span);
        json.range(",\"nameRange\":", symbol.name_span);
        list(json, ",\"children\":", &symbol.children);
        json.out.push_str("}");
    });
}

/// The graph with the findings, as `flowGraph` of the language has them.
pub(crate) fn graph(flow: &OpenFlow) -> String {
    let mut json = Json::new(flow.text());
    let mut found = Vec::new();
    flow.checked(true, &mut |view, diagnostics| {
        json.out.push_str("{\"nodes\":[");
        let mut edges = Vec::new();
        let mut ids = Vec::new();
        if let Some(flow) = &view.flow {
            ids = self::ids(flow);
            // As JSON: each is written several times.
            for id in &mut ids {
                let mut quoted = String::with_capacity(id.len() + 2);
                json_text(id, &mut quoted);
                *id = quoted;
            }
            edges = graph::graph(flow).edges;
            nodes(&mut json, flow, &ids);
        }
        let name = |place| match place {
            Place::Start => "\"start\"",
            Place::End => "\"end\"",
            Place::State(id) => self::name(&ids, id),
        };
        json.list("],\"edges\":", &edges, |json, edge| {
            json.word("{\"from\":", name(edge.from));
            json.word(",\"to\":", name(edge.to));
            json.word(",\"kind\":\"", edge.kind.as_str());
            json.out.push_str("\"");
            if let Some(label) = &edge.label {
                json.text(",\"label\":", label);
            }
            match edge.case {
                Some(Case::Option(index)) => json.number(",\"option\":", index as u32),
                Some(Case::Default) => json.word(",\"option\":", "\"default\""),
                Some(Case::NoMatch) => json.word(",\"option\":", "\"noMatch\""),
                None => {}
            }
            json.out.push_str("}");
        });
        found = diagnostics.to_vec();
    });
    let Json { mut out, lines, .. } = json;
    out.push_str(",\"diagnostics\":");
    Plain::list(Places::with_lines(flow.text(), lines).diagnostics(found)).json(&mut out);
    out.push_str("}");
    out
}

/// The id of a state as JSON.
fn name(ids: &[String], state: StateId) -> &str {
    ids.get(state.0 as usize).map_or("", String::as_str)
}

/// The states in the order of the text, between start and end.
fn nodes(json: &mut Json<'_>, flow: &Flow<'_>, ids: &[String]) {
    json.out.push_str("{\"id\":\"start\",\"name\":\"start\",\"type\":\"start\",\"path\":[]}");
    let mut states: Vec<&State<'_>> = flow.states().iter().collect();
    small::sort_by(&mut states, |a, b| a.node.span().cmp(&b.node.span()));
    let lists: Vec<String> = (0..flow.scopes().len())
        .map(|id| {
            let mut path = String::new();
            Plain::list(cloudflow_base::shape::path(flow.list_path(ScopeId(id as u32)))).json(&mut path);
            // The index of the state follows. No list of states is the root.
            path.truncate(path.len() - 1);
            path.push(',');
            path
        })
        .collect();
    for state in states {
        let scope = flow.scope(state.scope);
        json.word(",{\"id\":", name(ids, state.id));
        json.text(",\"name\":", state.name.map_or("", |name| name.value));
        // The type in the spelling of the `flow` dialect: a `Map` is a `foreach`.
        json.word(",\"type\":\"", state.kind.state_type().map_or("unknown", |of| of.name(Dialect::Flow)));
        json.out.push_str("\"");
        if let Some(owner) = scope.and_then(|scope| scope.owner) {
            json.word(",\"parent\":", name(ids, owner));
        }
        if let Some(index) = scope.and_then(|scope| scope.role.index()) {
            json.number(",\"branch\":", index);
        }
        json.out.push_str(",\"path\":");
        json.number(lists.get(state.scope.0 as usize).map_or("[", String::as_str), state.index);
        json.range("],\"range\":", state.place());
        json.out.push_str("}");
    }
    json.out.push_str(",{\"id\":\"end\",\"name\":\"end\",\"type\":\"end\",\"path\":[]}");
}
