//! The members of data that the flow makes known: what states before this one set, and what expressions use.

use cloudflow_base::small::{self, find};
use cloudflow_language::flow::dialect::{Slot, computed_base};
use cloudflow_language::flow::{Dialect, Flow, Role, Shaping, State, StateId, StateKind};
use cloudflow_language::graph::{self, EdgeKind, Place};
use cloudflow_language::yaml::Node;

use crate::spot::Spot;
use crate::text::{is_name, run};
use crate::view::View;

/// Maximum number of states whose output is followed.
const MAX_STATES: usize = 64;

/// A member, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub name: String,
    pub origin: String,
}

/// The members of a variable after a path of members.
pub(crate) fn members(view: &View<'_>, spot: &Spot<'_>, variable: &str, path: &[&str], at: usize) -> Vec<Member> {
    let mut found = Found { path, list: Vec::new() };
    if let Some(flow) = &view.flow {
        let state = spot.state().and_then(|frame| {
            let is_it = |state: &&State<'_>| state.node.span() == frame.node.span();
            flow.states().iter().find(is_it)
        });
        match flow.dialect {
            Dialect::Flow => steps(flow, state, spot, variable, &mut found),
            Dialect::StateMachine => machine(flow, state, spot, variable, &mut found),
        }
    }
    used(view.text, variable, at, &mut found);
    found.list
}

struct Found<'p> {
    path: &'p [&'p str],
    list: Vec<Member>,
}

impl Found<'_> {
    fn add(&mut self, name: &str, origin: &str) {
        if !name.is_empty() && self.list.len() < 200 && !self.list.iter().any(|known| known.name == name) {
            self.list.push(Member { name: name.to_owned(), origin: origin.to_owned() });
        }
    }

    /// Adds a name that is known for certain, if it belongs directly below the variable.
    fn top(&mut self, name: &str, origin: &str) {
        if self.path.is_empty() {
            self.add(name, origin);
        }
    }

    /// Adds the keys of a constructor.
    fn keys(&mut self, node: Node<'_>, origin: &str) {
        let mut at = Some(node);
        for name in self.path {
            at = at.and_then(|node| node.get(name));
        }
        for (key, _) in at.into_iter().flat_map(Node::entries) {
            let key = key.text().unwrap_or_default();
            self.add(computed_base(key).unwrap_or(key), origin);
        }
    }

    /// Adds what a state or flow sets.
    fn shaping(&mut self, shaping: &Shaping<'_>, origin: &str) {
        match shaping {
            Shaping::Constructor(node) => self.keys(*node, origin),
            Shaping::Mappings { entries, .. } => {
                for entry in entries {
                    self.top(entry.target.map_or("", |target| target.value), origin);
                }
            }
        }
    }
}

fn name<'a>(state: &State<'a>) -> &'a str {
    state.name.map_or("", |name| name.value)
}

fn machine(flow: &Flow<'_>, state: Option<&State<'_>>, spot: &Spot<'_>, variable: &str, found: &mut Found<'_>) {
    match variable {
        "$Global" => {
            for state in flow.states() {
                if let Some(node) = state.global {
                    found.keys(node, name(state));
                }
            }
        }
        "$Output" => {
            let Some(state) = state else { return };
            match &state.input {
                Some(own) if passes(state) => found.shaping(own, name(state)),
                None if passes(state) => before(flow, state.id, found),
                _ => result(state, found),
            }
        }
        "$Input" => {
            let Some(state) = state else { return };
            match &state.input {
                Some(own) if spot.slot() != Some(Slot::Input) => found.shaping(own, name(state)),
                _ => before(flow, state.id, found),
            }
        }
        _ => {}
    }
}

/// The result of a state before its `OutputConstructor`.
fn result(state: &State<'_>, found: &mut Found<'_>) {
    match &state.kind {
        StateKind::Parallel(parallel) => {
            for index in 0..parallel.branches.len() {
                found.top(&["Branch", &small::to_decimal(index)].concat(), name(state));
            }
        }
        StateKind::Map(_) => found.top("Items", name(state)),
        _ => {}
    }
}

/// The members of the input that a state gets.
fn before(flow: &Flow<'_>, id: StateId, found: &mut Found<'_>) {
    let edges = graph::graph(flow).edges;
    let mut todo = vec![id];
    let mut seen = vec![id];
    while let Some(id) = todo.pop() {
        for edge in edges.iter().filter(|edge| edge.to == Place::State(id)) {
            let Place::State(from) = edge.from else { continue };
            let Some(state) = flow.state(from) else { continue };
            let into = matches!(edge.kind, EdgeKind::Fork | EdgeKind::Iterate);
            if matches!(edge.kind, EdgeKind::Join | EdgeKind::Collect) {
                continue;
            }
            if edge.kind == EdgeKind::Catch {
                for rule in state.catch_rules() {
                    let leads = rule.target.and_then(|target| target.state) == Some(id);
                    if let Some(node) = rule.output.filter(|_| leads) {
                        found.keys(node, name(state));
                    }
                }
                continue;
            }
            match (&state.output, &state.input) {
                (Some(output), _) if !into => found.shaping(output, name(state)),
                (_, Some(input)) if into || passes(state) => found.shaping(input, name(state)),
                // The items of a map are not known.
                _ if edge.kind == EdgeKind::Iterate => {}
                _ if into || passes(state) => {
                    if seen.len() < MAX_STATES && !seen.contains(&from) {
                        seen.push(from);
                        todo.push(from);
                    }
                }
                _ => result(state, found),
            }
        }
    }
}

/// True if the result of a state is its input.
fn passes(state: &State<'_>) -> bool {
    matches!(state.kind, StateKind::Pass | StateKind::Wait(_) | StateKind::Choice(_))
}

fn steps(flow: &Flow<'_>, state: Option<&State<'_>>, spot: &Spot<'_>, variable: &str, found: &mut Found<'_>) {
    let input = spot.frames.iter().rev().find_map(|frame| {
        let (key, _) = frame.node.entries().take_while(|(key, _)| key.span().start <= spot_start(spot)).last()?;
        key.text().filter(|key| key.ends_with("Mappings"))
    });
    let Some(state) = state else {
        // The mappings of the flow.
        if variable == "$local" {
            for step in flow.states_of(cloudflow_language::flow::ScopeId(0)) {
                step.output.iter().for_each(|output| found.shaping(output, name(step)));
            }
        } else if variable == "$input" && input == Some("outputMappings") {
            flow.input.iter().for_each(|input| found.shaping(input, "inputMappings"));
        }
        return;
    };
    match (variable, input) {
        ("$", _) | ("$input", Some("outputMappings" | "errorMappings")) => {
            state.input.iter().for_each(|input| found.shaping(input, name(state)));
        }
        ("$input", _) => parent_input(flow, state, found),
        ("$local", Some("errorMappings")) => {
            found.top("error", name(state));
            found.top("cause", name(state));
        }
        ("$local", Some("inputMappings")) => {
            for step in flow.states_of(state.scope).iter().filter(|step| step.index < state.index) {
                step.output.iter().for_each(|output| found.shaping(output, name(step)));
            }
        }
        _ => {}
    }
}

/// The start of the innermost entry.
fn spot_start(spot: &Spot<'_>) -> u32 {
    spot.entry.map_or(u32::MAX, |(key, _)| key.span().start)
}

/// The members of the input of the list that contains a step.
fn parent_input(flow: &Flow<'_>, state: &State<'_>, found: &mut Found<'_>) {
    let scope = flow.scope(state.scope);
    let Some(owner) = scope.and_then(|scope| flow.state(scope.owner?)) else {
        flow.input.iter().for_each(|input| found.shaping(input, "inputMappings"));
        return;
    };
    if let (StateKind::Map(map), Some(Role::Body)) = (&owner.kind, scope.map(|scope| scope.role)) {
        for text in [map.item, map.index].into_iter().flatten() {
            found.top(text.value, name(owner));
        }
    }
    owner.input.iter().for_each(|input| found.shaping(input, name(owner)));
}

/// Adds the members that the text uses after the variable and the path, except at the cursor.
fn used(text: &str, variable: &str, cursor: usize, found: &mut Found<'_>) {
    let mut prefix = variable.to_owned();
    for name in found.path {
        prefix.push('.');
        prefix.push_str(name);
    }
    prefix.push('.');
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| find(rest, &prefix)) {
        at += next + prefix.len();
        let rest = text.get(at..).unwrap_or_default();
        let length = run(rest, is_name);
        if !(at..=at + length).contains(&cursor) {
            found.add(rest.get(..length).unwrap_or_default(), "");
        }
    }
}
