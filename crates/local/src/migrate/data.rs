//! Converts references of the old dialect to expressions of the new one.
//!
//! The old dialect merges the output of every step into the local data of its scope. In the new
//! dialect a state receives only the output of the previous state. Therefore the output of each
//! state is one object with the data of the scope: `input` (the scope's input), `local` (its local
//! data), and for the steps of an option `outer` (the object of the scope around it). The object
//! contains only data that a later state reads.

use super::Migrator;
use super::expression::{Data, Expr};
use super::reads::{self, Root};
use super::write::{Entry, Value};
use cloudflow_base::diagnostic::fill;
use cloudflow_base::text::Span;
use cloudflow_language::expr::{self, ExprKind, StepKind};
use cloudflow_language::flow::{Mapping, ScopeId, State, Text};
use cloudflow_language::yaml::Node;

/// The data that the states of a scope pass.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub scope: ScopeId,
    pub input: Input,
    /// The object has `local`.
    pub local: bool,
    /// This is the first step, whose output creates `local`.
    pub fresh: bool,
    /// The object has `outer`.
    pub outer: bool,
    /// For the steps of an option that has no data of its own: the index of its choice.
    pub at: Option<u32>,
}

/// The location of the input of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The input of the execution.
    Execution,
    /// The member `input` of the passed object.
    Passed,
    /// No step reads it.
    Unread,
}

/// The meaning of `$local` in a step's output mappings.
#[derive(Clone, Debug)]
pub(super) enum Local {
    /// One value.
    Value(Data),
    /// Nothing.
    Empty,
    /// The outputs of this number of branches.
    Branches(usize),
    /// The outputs of the iterations.
    Items,
    /// An error.
    Error,
}

/// The conversion of a source.
pub(super) enum Source<'a> {
    Expression(Expr),
    Constant(Node<'a>),
    /// An absent value, which is null in the old dialect.
    Nothing,
    /// The conversion needs the step's whole input.
    NeedsOwn,
}

impl Frame {
    /// The input of the scope.
    pub fn input(&self) -> Expr {
        Expr::Data(match self.input {
            Input::Execution => Data::ExecutionInput,
            Input::Passed | Input::Unread => Data::ScopeInput,
        })
    }

    /// True if the states pass data of the scope.
    pub fn passes_data(&self) -> bool {
        self.local || self.fresh || self.outer || self.input == Input::Passed
    }

    /// The entries that pass the members of `base` without `local`.
    pub fn pass_on(&self, base: Data) -> Vec<Entry> {
        let mut entries = Vec::new();
        if self.input == Input::Passed {
            entries.push(Entry::expression("input", Expr::from(base).member("input")));
        }
        if self.outer {
            entries.push(Entry::expression("outer", Expr::from(base).member("outer")));
        }
        entries
    }
}

impl<'f, 'a> Migrator<'f, 'a> {
    /// Converts a source in a mapping with access to the data of the scope.
    pub fn parent_source(&mut self, frame: &Frame, source: Node<'a>) -> Source<'a> {
        match reads::reference(source) {
            None => Source::Constant(source),
            Some((Root::Input, rest)) => Source::Expression(frame.input().path(rest)),
            Some((Root::Local, rest)) if frame.local => Source::Expression(Expr::from(Data::Local).path(rest)),
            Some((Root::Local, _)) => {
                self.review(source.span(), "no step has put data into `$local` here: the value is null");
                Source::Nothing
            }
            Some((Root::Context, rest)) => self.context(source, rest),
            Some((Root::Own, rest)) => Source::Expression(merged(frame).path(rest)),
        }
    }

    pub fn context(&mut self, source: Node<'a>, rest: &str) -> Source<'a> {
        let known = match rest {
            ".task.token" => Data::TaskToken,
            ".execution.name" => Data::ExecutionName,
            ".step.name" => Data::StateName,
            ".flow.name" => {
                self.review(
                    source.span(),
                    "the context of the new dialect does not contain the name of \
                    the flow: the name is written as a constant",
                );
                return Source::Expression(Expr::Text(self.name.clone()));
            }
            _ => {
                let message = fill(
                    "the context of the new dialect does not contain `{}`: the value is null",
                    &[rest.trim_start_matches('.')],
                );
                self.no_equal(source.span(), message);
                return Source::Nothing;
            }
        };
        Source::Expression(known.into())
    }

    /// Converts mappings with access to the data of the scope to the entries of a constructor.
    pub fn parent_entries(&mut self, frame: &Frame, mappings: &[Mapping<'a>]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for mapping in effective(mappings) {
            let (Some(target), Some(source)) = (mapping.target, mapping.source) else {
                continue;
            };
            let built = self.parent_source(frame, source);
            let entry = self.entry(target.value, built);
            entries.push(entry.with(self.mapping_comments(mapping)));
        }
        entries
    }

    /// An entry of a constructor.
    pub fn entry(&mut self, key: &str, source: Source<'a>) -> Entry {
        match source {
            Source::Expression(expression) => Entry::expression(key, expression),
            Source::Constant(node) => Entry::new(key, self.constant(node)),
            Source::Nothing | Source::NeedsOwn => Entry::new(key, Value::Scalar("null".to_owned())),
        }
    }

    /// Converts a path into the step's own input that no constructor has built. The path is split
    /// into its first key and the rest as written.
    pub fn own_path(&mut self, frame: &Frame, state: &'f State<'a>, key: &str, rest: &str) -> Source<'a> {
        let Some(shaping) = &state.input else {
            let from_input = || Source::Expression(frame.input().member(key).path(rest));
            if !frame.local {
                return from_input();
            }
            let Some(facts) = self.facts.get(frame.scope.0 as usize) else {
                return Source::NeedsOwn;
            };
            let at = frame.at.unwrap_or(state.index);
            return match facts.keys.get(key) {
                None if !facts.unknown => from_input(),
                Some(Some(first)) if *first < at => Source::Expression(Expr::from(Data::Local).member(key).path(rest)),
                _ => Source::NeedsOwn,
            };
        };
        let found = reads::entries(shaping).iter().rev().find(|entry| entry.target.is_some_and(|t| t.value == key));
        let Some(source) = found.and_then(|entry| entry.source) else {
            return Source::NeedsOwn;
        };
        if reads::reference(source).is_none_or(|(root, _)| root == Root::Context) {
            return Source::NeedsOwn;
        }
        match self.parent_source(frame, source) {
            Source::Expression(expression) => Source::Expression(expression.path(rest)),
            _ => Source::NeedsOwn,
        }
    }

    /// The step's whole own input.
    pub fn own_whole(&mut self, frame: &Frame, state: &'f State<'a>, own: Option<Data>) -> Value {
        if let Some(own) = own {
            return Value::Expression(own.into());
        }
        match &state.input {
            Some(shaping) => Value::Map(self.parent_entries(frame, reads::entries(shaping))),
            None => Value::Expression(merged(frame)),
        }
    }

    /// Converts a reference to the step's own input: `$`, `$.a.b`, or `$input…` in its output mappings.
    pub fn own_source(&mut self, frame: &Frame, state: &'f State<'a>, rest: &str, own: Option<Data>) -> Source<'a> {
        if let Some(own) = own {
            return Source::Expression(Expr::from(own).path(rest));
        }
        match first_key(rest) {
            Some((key, rest)) => self.own_path(frame, state, key, rest),
            None if state.input.is_none() => Source::Expression(merged(frame).path(rest)),
            None => Source::NeedsOwn,
        }
    }

    /// Converts an expression over the step's own input. Absent if the conversion needs the whole input.
    pub fn own_expression(
        &mut self,
        frame: &Frame,
        state: &'f State<'a>,
        text: Text<'a>,
        own: Option<Data>,
    ) -> Option<Expr> {
        // The backslashes come from another language.
        let unescaped;
        let mut value = text.value;
        if expr::parse(value).is_ok_and(|parsed| parsed.escaped_quotes) {
            unescaped = value.replace("\\\"", "\"");
            value = &unescaped;
        }
        let Ok(parsed) = expr::parse(value) else {
            self.review(
                text.span,
                "the template must be filled in before the expression can be read: it is kept unchanged",
            );
            return Some(Expr::Written(value.to_owned()));
        };
        let mut edits = Vec::new();
        variables(&parsed.expr, &mut edits);
        edits.sort_unstable_by_key(|(span, _)| *span);
        let mut out = String::with_capacity(value.len() + 16 * edits.len());
        let mut from = 0;
        for (span, steps) in edits {
            out.push_str(value.get(from..span.start as usize).unwrap_or_default());
            let steps = Span { start: span.end, end: steps }.of(value);
            match self.own_source(frame, state, steps, own) {
                Source::Expression(expression) => out.push_str(&expression.to_string()),
                _ => return None,
            }
            from = span.end as usize + steps.len();
        }
        out.push_str(value.get(from..).unwrap_or_default());
        Some(Expr::Written(out))
    }

    /// True if the mappings need the step's whole input, so that the state must keep it.
    pub fn needs_own(&mut self, frame: &Frame, state: &'f State<'a>) -> bool {
        let shapings = state.output.iter().chain(state.error.iter().filter(|_| !state.catch_rules().is_empty()));
        for source in shapings.flat_map(reads::entries).filter_map(|entry| entry.source) {
            if let Some((Root::Input | Root::Own, rest)) = reads::reference(source)
                && !matches!(self.dry_run(|this| this.own_source(frame, state, rest, None)), Source::Expression(_))
            {
                return true;
            }
        }
        false
    }

    /// The entries of an `InputConstructor` that adds the step's own input to the passed data.
    pub fn keep_own(&mut self, frame: &Frame, state: &'f State<'a>) -> Value {
        let mut entries = frame.pass_on(Data::Input);
        if frame.local {
            entries.push(Entry::expression("local", Data::Local));
        }
        let own = self.own_whole(frame, state, None);
        entries.push(Entry::new("own", own));
        Value::Map(entries)
    }
}

/// The default input of a step: the scope's input, overridden by the local data.
fn merged(frame: &Frame) -> Expr {
    if frame.local { Expr::merge(frame.input(), Data::Local) } else { frame.input() }
}

/// The key after a dot, and the rest.
fn first_key(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.strip_prefix('.')?;
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    Some((rest.get(..end)?, rest.get(end..)?))
}

/// The effective mappings: the last one of each target.
pub(super) fn effective<'s, 'a>(mappings: &'s [Mapping<'a>]) -> Vec<&'s Mapping<'a>> {
    let mut seen = std::collections::HashSet::new();
    let mut found: Vec<&Mapping<'a>> =
        mappings.iter().rev().filter(|entry| entry.target.is_some_and(|t| seen.insert(t.value))).collect();
    found.reverse();
    found
}

/// The variables of an expression: the span of each, and the end of its path.
// Recursion is bounded by the parser's depth limit.
fn variables(expr: &expr::Expr<'_>, found: &mut Vec<(Span, u32)>) {
    match &expr.kind {
        ExprKind::Variable(_) => found.push((expr.span, expr.span.end)),
        ExprKind::Path(base, steps) => match base.kind {
            ExprKind::Variable(_) => {
                // Only a path that begins with a member is converted.
                let plain = steps.first().is_some_and(|step| matches!(step.kind, StepKind::Member(_)));
                let end = if plain { expr.span.end } else { base.span.end };
                found.push((base.span, end));
            }
            _ => variables(base, found),
        },
        ExprKind::Call { args, .. } => args.iter().for_each(|arg| variables(arg, found)),
        ExprKind::Unary(_, operand) => variables(operand, found),
        ExprKind::Compare { left, right, .. } => {
            variables(left, found);
            variables(right, found);
        }
        ExprKind::And(operands) | ExprKind::Or(operands) | ExprKind::Array(operands) => {
            operands.iter().for_each(|operand| variables(operand, found));
        }
        ExprKind::Object(entries) => entries.iter().for_each(|(_, _, value)| variables(value, found)),
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => {}
    }
}
