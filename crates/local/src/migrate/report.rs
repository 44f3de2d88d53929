//! The findings about data: what the new dialect has no equal for, and what behaves differently there.

use cloudflow_base::diagnostic::{Code, fill};
use cloudflow_base::limits::PARALLEL_BRANCHES;
use cloudflow_base::text::Span;
use cloudflow_language::flow::dialect::{Shape, Slot};
use cloudflow_language::flow::{ScopeId, Shaping, State, StateKind};
use cloudflow_language::yaml::{Kind, Node};

use super::presence::Has;
use super::source::{self, Root, element, first_key, own_references};
use super::symbol::{Desc, Found, Local};
use super::{Migrator, old_key, uses};

/// The place of a mapping.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    FlowInput,
    FlowOutput,
    Input,
    Output,
    Error,
}

impl<'f, 'a> Migrator<'f, 'a> {
    /// Reports everything that does not depend on the new text.
    pub(super) fn report_all(&mut self) {
        let flow = self.flow;
        for id in self.names.renamed.clone() {
            let Some(state) = flow.state(id) else { continue };
            let own = state.name.map_or("step", |name| name.value);
            let message = "the step `{}` is renamed to `{}`: its new list already contains the name";
            self.report(Code::MigrateRenamed, state.place(), fill(message, &[own, &self.name_of(id)]));
        }
        for id in self.layout.plan.symbols.too_large.clone() {
            let place = flow.state(id).map_or(Span::at(0), |state| state.place());
            self.no_equal(
                place,
                "the mappings repeat so much data that they cannot be written: the data are lost here",
            );
        }
        if self.layout.plan.is_wrapped(ScopeId(0)) {
            let place = flow
                .root
                .get(old_key(Shape::Document, Slot::States))
                .and_then(|steps| steps.items().last())
                .and_then(|last| last.get(old_key(Shape::State, Slot::Name)));
            let place = place.map_or(Span::at(0), |node| node.span());
            self.no_equal(
                place,
                "the output of the execution was all of `$local`, whose keys are not all known: the new output has this \
                 object under the key `local`",
            );
        }
        for state in flow.states() {
            if let StateKind::Map(map) = &state.kind
                && let (Some(index), Some(body)) = (map.index, map.body)
                && self.layout.plan.indices.contains(&body)
            {
                self.no_equal(
                    index.span,
                    fill("a Map has no index: `{}` is removed, and a reference to it gives null", &[index.value]),
                );
            }
        }
        let mut mappings: Vec<(Option<&State<'a>>, Place, &Shaping<'a>)> = Vec::new();
        mappings.extend(flow.input.iter().map(|shaping| (None, Place::FlowInput, shaping)));
        mappings.extend(flow.output.iter().map(|shaping| (None, Place::FlowOutput, shaping)));
        for state in flow.states() {
            mappings.extend(state.input.iter().map(|shaping| (Some(state), Place::Input, shaping)));
            mappings.extend(state.output.iter().map(|shaping| (Some(state), Place::Output, shaping)));
            if !state.catch_rules().is_empty() {
                mappings.extend(state.error.iter().map(|shaping| (Some(state), Place::Error, shaping)));
            }
        }
        let mut absent: Vec<Span> = Vec::new();
        for (state, place, shaping) in mappings {
            for (_, _, node) in source::effective(shaping) {
                self.report_source(state, place, node);
                if let Some(state) = state
                    && matches!(state.kind, StateKind::Fail(_))
                {
                    continue;
                }
                if self.may_be_absent(state, place, node) {
                    absent.push(node.span());
                }
            }
        }
        for state in flow.states() {
            if let StateKind::Task(task) = &state.kind {
                for (node, rest) in task.params.get().into_iter().flat_map(|params| own_references(params)) {
                    let own = self.layout.plan.symbols.own(state.id);
                    if state.input.is_none() && is_uncertain(&own, rest) {
                        absent.push(node.span());
                    }
                }
            }
        }
        if let Some(first) = absent.into_iter().min_by_key(|span| span.start) {
            let message = "a reference to an absent value gives null in the old dialect; this is not documented for the \
                           new one, where the simulation fails: check that the values of all references exist";
            self.review(first, message);
        }
        self.report_results();
    }

    /// Reports once that results are checked differently.
    fn report_results(&mut self) {
        let tasks = self.flow.states().iter().filter(|state| matches!(state.kind, StateKind::Task(_)));
        let first = tasks.filter(|state| state.output.is_none()).min_by_key(|state| state.node.span().start);
        if let Some(state) = first {
            let message = "a result that is not an object fails with `FnF.InvalidLocal` in the old dialect; the new one \
                           passes it on, or fails with another error: check that the results are objects";
            self.review(state.place(), message);
        }
    }

    fn report_source(&mut self, state: Option<&State<'a>>, place: Place, node: Node<'a>) {
        let Some((root, rest)) = source::reference(node) else {
            self.report_tags(node);
            return;
        };
        match root {
            Root::Context => match rest {
                ".task.token" | ".execution.name" | ".step.name" => {}
                ".flow.name" => self.review(
                    node.span(),
                    "the context of the new dialect does not contain the name of \
                    the flow: the name is written as a constant",
                ),
                _ => {
                    let message = "the context of the new dialect does not contain `{}`: the value is null";
                    self.no_equal(node.span(), fill(message, &[rest.trim_start_matches('.')]));
                }
            },
            Root::Local => match (place, state) {
                (Place::Input, Some(state)) if self.layout.plan.symbols.presence.before(state.id).is_empty() => {
                    self.review(node.span(), "no step has put data into `$local` here: the value is null");
                }
                (Place::Error, _) if !["", ".error", ".cause", ".code"].contains(&rest) => {
                    let message = "an error has only `.error` and `.cause`: `{}` is null";
                    self.no_equal(node.span(), fill(message, &[rest]));
                }
                (Place::Output, Some(state)) => self.report_children(state, node, rest),
                _ => {}
            },
            Root::Input | Root::Own => {}
        }
    }

    fn report_children(&mut self, state: &State<'a>, node: Node<'a>, rest: &str) {
        let (index, tail) = element(rest);
        match &state.kind {
            StateKind::Map(_) if index.is_none_or(|index| index == "*") => {
                self.review(node.span(), "`[*]` is documented only for the old dialect: test it before you rely on it");
            }
            StateKind::Parallel(_) if index == Some("*") && tail.contains("[*]") => {
                let message = "a second `[*]` makes one list of all branches in the old dialect: the new output has a \
                               list for each branch";
                self.no_equal(node.span(), message);
            }
            StateKind::Parallel(_) if index == Some("*") => {
                self.review(
                    node.span(),
                    "`[*]` skips branches without the value in the old dialect: in the new one \
                        every branch must have it",
                );
            }
            _ => {}
        }
    }

    /// Reports tags inside of expressions.
    fn report_tags(&mut self, node: Node<'a>) {
        if node.kind() != Kind::Scalar && node.tag().is_some_and(|tag| !tag.starts_with("!!")) {
            self.no_equal(node.span(), "an expression cannot contain a tag: the value is kept without the tag");
        }
    }

    /// True if the value of a reference may be absent. The data may show it, not the definition.
    fn may_be_absent(&self, state: Option<&State<'a>>, place: Place, node: Node<'a>) -> bool {
        let Some((root, rest)) = source::reference(node) else { return false };
        let symbols = &self.layout.plan.symbols;
        match (root, place, state) {
            (Root::Context, ..) => false,
            (_, Place::FlowInput, _) => !rest.is_empty(),
            (Root::Local, Place::FlowOutput, _) => !rest.is_empty(),
            (_, Place::FlowOutput, _) => is_uncertain(&symbols.input(ScopeId(0)), rest),
            (Root::Local, Place::Input, Some(state)) => is_uncertain(&symbols.local(state), rest),
            (Root::Input, Place::Input, Some(state)) => is_uncertain(&symbols.input(state.scope), rest),
            (_, Place::Input, Some(_)) => true,
            (Root::Local, Place::Error, _) => false,
            (Root::Local, _, Some(state)) => match uses::result(state) {
                Local::Object(_) if !matches!(state.kind, StateKind::Choice(_)) => false,
                _ if rest.starts_with("[*]") && !matches!(state.kind, StateKind::Parallel(_)) => false,
                Local::Branches(branches) => match element(rest) {
                    (Some("*"), tail) => !tail.is_empty(),
                    (Some(index), tail) => {
                        let known = index.parse().is_ok_and(|at: usize| at < branches.len());
                        known && !tail.is_empty()
                    }
                    (None, _) => false,
                },
                _ => !rest.is_empty(),
            },
            (_, _, Some(state)) => is_uncertain(&symbols.own(state.id), rest),
            (_, _, None) => false,
        }
    }
}

/// True if the path may lead nowhere.
fn is_uncertain(desc: &Desc<'_>, rest: &str) -> bool {
    if rest.is_empty() || rest.starts_with("[*]") {
        return false;
    }
    match first_key(rest) {
        None => true,
        Some((key, after)) => match desc.lookup(key) {
            Found::Absent => false,
            Found::Val(value, sure) => match value {
                super::symbol::Val::Constant(_) => false,
                super::symbol::Val::Expr(_) => !sure || !after.is_empty(),
            },
            Found::Mixed => desc.has(key) != Has::Always || !after.is_empty(),
        },
    }
}

/// The groups of a Parallel with too many branches: the path of a branch in its output.
pub(super) fn branch_path(at: usize, count: usize) -> String {
    if count <= PARALLEL_BRANCHES {
        return format!(".Branch{at}");
    }
    format!(".Branch{}.Branch{}", at / PARALLEL_BRANCHES, at % PARALLEL_BRANCHES)
}
