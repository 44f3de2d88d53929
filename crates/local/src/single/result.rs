//! The result of `simulateState` as JSON. Values of the execution are written without a copy.

use serde_json::Value;

use crate::shape::path_value;
use crate::simulate::{Failure, Inner, Note, ObjectWriter, Program, Visit, Visited, time};
use cloudflow_base::shape::{Places, Position, Range};
use cloudflow_language::flow::{Dialect, Flow, State, StateKind};

pub(super) struct Writer<'w, 'a> {
    pub text: &'w str,
    pub flow: &'w Flow<'a>,
    pub program: &'w Program,
    pub ids: &'w [String],
}

impl Writer<'_, '_> {
    pub fn write(&self, at: usize, visit: &Visit, visited: &Visited) -> String {
        let notes = visited.notes.as_slice();
        let mut text = String::new();
        let mut out = ObjectWriter::begin(&mut text);
        self.state(at, out.name("state"));
        let is_caught = notes.iter().any(|note| matches!(note, Note::Catch(_)));
        let status = match notes.last() {
            Some(Note::Failed(_)) => "failed",
            Some(Note::Retry { .. }) => "retriable",
            Some(Note::Left(..)) if is_caught => "caught",
            Some(Note::Left(..)) => "succeeded",
            _ => "pending",
        };
        out.text("status", status);
        if let Some(Note::Left(next, _)) = notes.last() {
            if let Some(next) = next {
                self.state(*next, out.name("next"));
            }
            let output = notes.iter().rev().find_map(|note| match note {
                Note::Output(output) => Some(output),
                _ => None,
            });
            if let Some(output) = output {
                out.member("output", output);
            }
        }
        let failure = notes.iter().rev().find_map(|note| match note {
            Note::Error(failure) => Some(&**failure),
            Note::Failed(failure) => Some(failure),
            _ => None,
        });
        if let Some(failure) = failure {
            out.text("error", &failure.error);
            out.text("cause", &failure.cause);
        }
        if let Some(state) = self.flow.states().get(at) {
            self.rule(state, notes, &mut out);
            self.work(state, visit, visited, &mut out);
        }
        self.values(notes, out.name("values"));
        out.end();
        text
    }

    /// A state: its id and its type in `flowGraph`, its name, its path.
    fn state(&self, at: usize, text: &mut String) {
        let mut out = ObjectWriter::begin(text);
        if let Some(state) = self.flow.states().get(at) {
            out.text("id", self.ids.get(at).map_or("", String::as_str));
            out.text("name", state.name.map_or("", |name| name.value));
            out.text("type", state.kind.state_type().map_or("unknown", |kind| kind.name(Dialect::Flow)));
        }
        if let Some(path) = self.program.path(at) {
            out.member("path", &path_value(path));
        }
        out.end();
    }

    /// The rule that applied.
    fn rule(&self, state: &State<'_>, notes: &[Note], out: &mut ObjectWriter<'_>) {
        for note in notes {
            let (kind, index, errors, node) = match note {
                Note::Retry { rule, .. } => {
                    let Some(of) = state.retry.get(*rule) else { continue };
                    ("retry", rule, &of.errors, of.node)
                }
                Note::Catch(rule) => {
                    let Some(of) = state.catch_rules().get(*rule) else { continue };
                    ("catch", rule, &of.errors, of.node)
                }
                _ => continue,
            };
            let mut names = Vec::new();
            for name in errors {
                names.push(Value::from(name.value));
            }
            let mut of_rule = ObjectWriter::begin(out.name("rule"));
            of_rule.text("kind", kind);
            of_rule.member("index", index);
            of_rule.member("errors", &Value::Array(names));
            let Range { start, end } = Places::new(self.text).range(node.span());
            let mut range = ObjectWriter::begin(of_rule.name("range"));
            position(start, range.name("start"));
            position(end, range.name("end"));
            range.end();
            if let Note::Retry { retry, most, delay, .. } = note {
                of_rule.member("retry", retry);
                of_rule.member("maxAttempts", most);
                of_rule.member("pauseMs", delay);
            }
            of_rule.end();
        }
    }

    /// What the state does, by its type.
    fn work(&self, state: &State<'_>, visit: &Visit, visited: &Visited, out: &mut ObjectWriter<'_>) {
        for note in &visited.notes {
            match note {
                Note::Wait(ms) => {
                    let mut wait = ObjectWriter::begin(out.name("wait"));
                    wait.member("ms", ms);
                    wait.text("until", &time::format(visit.now.saturating_add(*ms)));
                    wait.end();
                }
                Note::Conditions(results) => {
                    self.choice(state, results, &visited.inner, out.name("choice"));
                }
                Note::Items(items, concurrency) => {
                    let mut map = ObjectWriter::begin(out.name("map"));
                    map.member("items", items);
                    map.member("maxConcurrency", concurrency);
                    if let Some(inner) = visited.inner.first() {
                        self.inner(Some(visit.iteration), inner, map.name("iteration"));
                    }
                    map.end();
                }
                _ => {}
            }
        }
        if let StateKind::Parallel(_) = &state.kind {
            let list = out.name("branches");
            list.push('[');
            for (at, inner) in visited.inner.iter().enumerate() {
                list.push_str(if at > 0 { "," } else { "" });
                let mut branch = ObjectWriter::begin(list);
                if let Some(start) = inner.start {
                    self.state(start, branch.name("start"));
                }
                branch.end();
            }
            list.push(']');
        }
        let Some((task, limit)) = &visited.task else { return };
        let mut of_task = ObjectWriter::begin(out.name("task"));
        of_task.text("action", &task.action);
        if let Some(resource) = &task.resource {
            of_task.text("resource", resource);
        }
        of_task.text("mode", task.mode.word(self.flow.dialect));
        of_task.member("input", &task.input);
        if let Some(limit) = limit {
            of_task.member("timeoutMs", limit);
        }
        if let Some(child) = &task.child {
            let mut of_child = ObjectWriter::begin(of_task.name("starts"));
            of_child.text("flowName", &child.flow);
            if let Some(execution) = &child.execution {
                of_child.text("executionName", execution);
            }
            of_child.member("input", &child.input);
            of_child.end();
        }
        of_task.end();
    }

    /// The conditions up to the first one that is true, and the option that is taken.
    fn choice(&self, state: &State<'_>, results: &[Result<bool, Failure>], inner: &[Inner], text: &mut String) {
        let StateKind::Choice(choice) = &state.kind else { return text.push_str("{}") };
        let mut out = ObjectWriter::begin(text);
        let list = out.name("conditions");
        list.push('[');
        for (at, (result, option)) in results.iter().zip(&choice.options).enumerate() {
            list.push_str(if at > 0 { "," } else { "" });
            let mut of_condition = ObjectWriter::begin(list);
            of_condition.text("condition", option.condition.map_or("", |condition| condition.value));
            of_condition.member("result", &matches!(result, Ok(true)));
            if let Err(failure) = result {
                of_condition.text("problem", &failure.cause);
            }
            of_condition.end();
        }
        list.push(']');
        // The first condition that is true is the last one that is evaluated.
        if let Some(Ok(true)) = results.last() {
            out.member("option", &(results.len() - 1));
        } else if choice.default.is_some() {
            out.text("option", "default");
        }
        if let Some(inner) = inner.first() {
            self.inner(None, inner, out.name("steps"));
        }
        out.end();
    }

    /// A series inside of the state: its first state and its input.
    fn inner(&self, index: Option<usize>, inner: &Inner, text: &mut String) {
        let mut out = ObjectWriter::begin(text);
        if let Some(index) = index {
            out.member("index", &index);
        }
        if let Some(start) = inner.start {
            self.state(start, out.name("start"));
        }
        out.member("input", &inner.input);
        out.end();
    }

    /// The values after each step of the processing order.
    fn values(&self, notes: &[Note], text: &mut String) {
        let mut out = ObjectWriter::begin(text);
        // A catch rule replaces the output of a state that fails after it was built.
        let last = notes.iter().rposition(|note| matches!(note, Note::Output(_)));
        for (at, note) in notes.iter().enumerate() {
            match note {
                Note::Begin(value) => out.member("input", value),
                Note::Input(value) => out.member("afterInput", value),
                Note::Parameters(value) => out.member("parameters", value),
                Note::Result(value) => out.member("result", value),
                Note::Output(value) if Some(at) == last => out.member("output", value),
                Note::Global(value) => out.member("global", value),
                Note::Left(_, value) if self.flow.dialect == Dialect::Flow => out.member("local", value),
                _ => {}
            }
        }
        out.end();
    }
}

fn position(at: Position, text: &mut String) {
    let mut out = ObjectWriter::begin(text);
    out.member("line", &at.line);
    out.member("column", &at.column);
    out.member("offset", &at.offset);
    out.end();
}
