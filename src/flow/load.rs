//! Converts a tree to the model. The list of scopes is the work list, so that no depth of nesting
//! causes recursion.

use super::Dialect;
use super::detect::detect;
use super::dialect::{ExecutionMode, Shape, Slot, StateType, TaskMode};
use super::findings::Findings;
use super::found::{Field, Found, is_opaque, text};
use super::model::{
    Branch, Catch, Choice, Config, Fail, Flow, Map, Mapping, Mode, Parallel, Retry, Role, Scope, ScopeId, Shaping,
    State, StateId, StateKind, Target, Task, Text, Wait,
};
use super::reader::Reader;
use super::torn::Damage;
use crate::diagnostic::{Code, nearest};
use crate::order;
use crate::text::Span;
use crate::yaml::{Kind, Node, Tree};

/// Reads the flow of a document. Returns none if its dialect is unknown.
///
/// `damaged` holds the positions of syntax errors: no key is reported as missing there. `express`
/// selects the limits of the express mode.
pub fn load<'a>(tree: &'a Tree<'a>, damaged: &[Span], express: bool, findings: &mut Findings) -> Option<Flow<'a>> {
    let Some(root) = tree.root() else {
        if damaged.is_empty() {
            findings.report(Code::UnknownDialect, Span::at(0), "the text is empty", &[]);
        }
        return None;
    };
    // A syntax error may hide the header.
    let discarded = &mut Findings::new();
    let dialect = detect(root, if damaged.is_empty() { findings } else { discarded })?;
    let damaged = Damage::all(tree.text(), damaged);
    // The mode is documented for this dialect only.
    let express = express && dialect == Dialect::StateMachine;
    let reader = Reader {
        dialect,
        findings,
        text: tree.text(),
        damaged,
        express,
        key: Span::default(),
        spare: Vec::new(),
        needed: [None; Shape::INDICES],
    };
    let mut loader = Loader { reader, states: Vec::new(), scopes: Vec::new(), cut: false };
    let found = loader.reader.read(root, Shape::Document, None);
    loader.open(Role::Top, None, root, found.as_ref());
    let mut next = 0;
    while next < loader.scopes.len() {
        loader.scope(next);
        next += 1;
    }
    let found = found.as_ref();
    let input = found.and_then(|found| loader.shaping(found, Slot::Input));
    let output = found.and_then(|found| loader.shaping(found, Slot::Output));
    let Loader { states, scopes, .. } = loader;
    let word = |slot| found.and_then(|found: &Found<'a>| found.text(slot));
    let mut flow = Flow {
        dialect,
        root,
        text: tree.text(),
        version: word(Slot::Version),
        name: word(Slot::Name),
        description: word(Slot::Description),
        timeout: found.and_then(|found| found.number(Slot::Timeout)),
        input,
        output,
        states,
        scopes,
        by_name: Vec::new(),
    };
    resolve(&mut flow);
    Some(flow)
}

struct Loader<'a, 'f> {
    reader: Reader<'a, 'f>,
    states: Vec<State<'a>>,
    scopes: Vec<Scope<'a>>,
    /// The last state contains another state without its `- `.
    cut: bool,
}

impl<'a> Loader<'a, '_> {
    /// Adds a scope. Its states are read later.
    fn open(&mut self, role: Role, owner: Option<StateId>, node: Node<'a>, found: Option<&Found<'a>>) -> ScopeId {
        let id = ScopeId(self.scopes.len() as u32);
        let list = found.and_then(|found| found.node(Slot::States));
        let is_list = list.is_some_and(|list| list.kind() == Kind::Sequence);
        self.scopes.push(Scope {
            id,
            role,
            owner,
            node,
            list: list.filter(|_| is_list),
            start_at: found.and_then(|found| found.target(Slot::StartAt)),
            open: !is_list,
            express: self.reader.express,
            damaged: list.is_none_or(|list| self.reader.is_damaged(list.span())),
            first: 0,
            count: 0,
        });
        id
    }

    fn scope(&mut self, at: usize) {
        let first = self.states.len() as u32;
        let Some(scope) = self.scopes.get(at) else { return };
        let (id, list) = (scope.id, scope.list);
        self.reader.express = scope.express;
        let (mut open, mut damaged) = (false, false);
        self.states.reserve(list.map(Node::items).unwrap_or_default().count());
        for (index, node) in list.map(Node::items).unwrap_or_default().enumerate() {
            let state = self.state(id, index as u32, node);
            match state.name {
                Some(name) => open |= name.opaque,
                None => {
                    open |= is_opaque(node);
                    damaged = true;
                }
            }
            damaged |= std::mem::take(&mut self.cut);
            self.states.push(state);
        }
        let count = self.states.len() as u32 - first;
        if let Some(scope) = self.scopes.get_mut(at) {
            scope.first = first;
            scope.count = count;
            scope.open |= open;
            scope.damaged |= damaged;
        }
    }

    fn state(&mut self, scope: ScopeId, index: u32, node: Node<'a>) -> State<'a> {
        let id = StateId(self.states.len() as u32);
        let of = self.state_type(node);
        let found = self.reader.read(node, Shape::State, of);
        let of = of.filter(|_| found.is_some());
        let found = found.unwrap_or_default();
        self.cut = found.cut;
        let mut retry: Vec<_> = found.items(Slot::Retry).filter_map(|node| self.retry(node)).collect();
        let mut catch: Vec<_> = found.items(Slot::Catch).filter_map(|node| self.catch(node)).collect();
        let is_list = |slot| found.node(slot).is_some_and(|node| node.kind() == Kind::Sequence);
        let mut damaged =
            found.has(Slot::Catch) && !(is_list(Slot::Catch) && catch.len() == found.items(Slot::Catch).count());
        if found.has(Slot::OnErrors) {
            damaged |= !is_list(Slot::OnErrors);
            for node in found.items(Slot::OnErrors) {
                damaged |= !self.on_error(node, &mut retry, &mut catch);
            }
        }
        let state = State {
            id,
            scope,
            index,
            node,
            name: found.text(Slot::Name),
            type_name: found.text(Slot::Type),
            description: found.text(Slot::Description),
            next: found.field(Slot::Next, Found::target),
            end: found.field(Slot::End, Found::flag),
            input: self.shaping(&found, Slot::Input),
            output: self.shaping(&found, Slot::Output),
            global: found.node(Slot::Global),
            error: self.shaping(&found, Slot::ErrorMappings),
            retry,
            catch: Field::new(found.has(Slot::Catch), (is_list(Slot::Catch) || !catch.is_empty()).then_some(catch)),
            damaged,
            kind: of.map_or(StateKind::Unknown, |of| self.kind(of, id, node, &found)),
        };
        self.reader.release(found);
        state
    }

    /// The type of a state, or the type that a misspelled name means.
    fn state_type(&mut self, node: Node<'a>) -> Option<StateType> {
        let dialect = self.reader.dialect;
        let name = dialect.key(Shape::State, Slot::Type);
        let value = node.get(name).or_else(|| {
            node.entries().find(|(key, _)| key.text().is_some_and(|key| nearest(key, [name]).is_some())).map(|(_, v)| v)
        })?;
        let written = text(value).filter(|text| !text.opaque)?.value;
        let types = dialect.types();
        if let Some(found) = StateType::read(written, dialect) {
            return Some(found);
        }
        if written.is_empty() {
            return None;
        }
        let word = dialect.state_word();
        let meant = nearest(written, types.iter().map(|(name, _)| *name))
            // The other dialect's name for the type.
            .or_else(|| StateType::read(written, dialect.other()).map(|of| of.name(dialect)));
        match meant {
            Some(meant) => {
                let message = "unknown {} type `{}`: did you mean `{}`?";
                let args = [word, written, meant];
                let reported = self.reader.findings.report(Code::UnknownType, value.span(), message, &args);
                reported.change(written, value.span(), meant);
            }
            None => {
                let names: Vec<&str> = types.iter().map(|(name, _)| *name).collect();
                let all = names.join("`, `");
                let message = "unknown {} type `{}`: use one of `{}`";
                self.reader.findings.report(Code::UnknownType, value.span(), message, &[word, written, &all]);
            }
        }
        StateType::read(meant?, dialect)
    }

    fn kind(&mut self, of: StateType, id: StateId, node: Node<'a>, found: &Found<'a>) -> StateKind<'a> {
        match of {
            StateType::Task => StateKind::Task(Task {
                resource: found.field(Slot::Resource, Found::text),
                action: found.field(Slot::Action, Found::text),
                mode: found.text(Slot::Mode).map(|text| Mode {
                    text,
                    value: TaskMode::read(text.value, self.reader.dialect).filter(|_| !text.opaque),
                }),
                params: found.field(Slot::Params, Found::node),
                timeout: found.number(Slot::Timeout),
            }),
            StateType::Pass => StateKind::Pass,
            StateType::Wait => StateKind::Wait(Wait {
                seconds: found.field(Slot::Seconds, Found::number),
                timestamp: found.field(Slot::Timestamp, Found::text_value),
            }),
            StateType::Choice => StateKind::Choice(self.choice(id, found)),
            StateType::Parallel => {
                let mut branches = Vec::new();
                for (index, node) in found.items(Slot::Branches).enumerate() {
                    let inner = self.reader.read(node, Shape::Branch, None);
                    branches.push(self.open(Role::Branch(index as u32), Some(id), node, inner.as_ref()));
                    inner.into_iter().for_each(|inner| self.reader.release(inner));
                }
                StateKind::Parallel(Parallel { branches })
            }
            StateType::Map => StateKind::Map(Box::new(self.map(id, node, found))),
            StateType::Succeed => StateKind::Succeed,
            StateType::Fail => {
                StateKind::Fail(Fail { error: found.text_value(Slot::Code), cause: found.text_value(Slot::Detail) })
            }
        }
    }

    fn choice(&mut self, id: StateId, found: &Found<'a>) -> Choice<'a> {
        let mut options = Vec::new();
        for (index, node) in found.items(Slot::Branches).enumerate() {
            let inner = self.reader.read(node, Shape::Option, None);
            options.push(self.branch(Role::Option(index as u32), id, node, inner));
        }
        let default = found.node(Slot::Default).map(|node| match self.reader.dialect {
            Dialect::StateMachine => Branch { node, condition: None, target: found.target(Slot::Default), body: None },
            Dialect::Flow => {
                let inner = self.reader.read(node, Shape::Default, None);
                self.branch(Role::Default, id, node, inner)
            }
        });
        Choice { list: found.node(Slot::Branches), options, default }
    }

    fn branch(&mut self, role: Role, owner: StateId, node: Node<'a>, found: Option<Found<'a>>) -> Branch<'a> {
        let Some(found) = found else { return Branch { node, condition: None, target: None, body: None } };
        let branch = Branch {
            node,
            condition: found.text(Slot::Condition),
            target: found.target(Slot::Next),
            body: found.has(Slot::States).then(|| self.open(role, Some(owner), node, Some(&found))),
        };
        self.reader.release(found);
        branch
    }

    fn map(&mut self, id: StateId, node: Node<'a>, found: &Found<'a>) -> Map<'a> {
        let mut map = Map {
            items: found.field(Slot::Items, Found::text),
            max_concurrency: found.number(Slot::MaxConcurrency),
            config: found.node(Slot::Config).map(Config::new),
            item_reader: found.node(Slot::ItemReader),
            item_constructor: found.node(Slot::ItemConstructor),
            item_batcher: found.node(Slot::ItemBatcher),
            result_writer: found.node(Slot::ResultWriter),
            max_items: found.node(Slot::MaxItems),
            tolerated_percentage: found.node(Slot::ToleratedPercentage),
            tolerated_count: found.node(Slot::ToleratedCount),
            ..Map::default()
        };
        match self.reader.dialect {
            Dialect::Flow => {
                let iteration = found.node(Slot::Iteration);
                let iteration = iteration.and_then(|node| self.reader.read(node, Shape::Iteration, None));
                if let Some(iteration) = iteration {
                    map.items = iteration.field(Slot::Items, Found::text);
                    map.item = iteration.text(Slot::Item);
                    map.index = iteration.text(Slot::Index);
                }
                map.body = found.has(Slot::States).then(|| self.open(Role::Body, Some(id), node, Some(found)));
            }
            Dialect::StateMachine => {
                if let Some(node) = found.node(Slot::Processor) {
                    let inner = self.reader.read(node, Shape::Processor, None);
                    let own = inner.as_ref().and_then(|inner| inner.node(Slot::Config)).map(Config::new);
                    map.config_again = own.filter(|_| map.config.is_some());
                    map.config = map.config.or(own);
                    map.body = Some(self.open(Role::Body, Some(id), node, inner.as_ref()));
                    // Each item of a distributed map is an execution with a mode of its own.
                    if let (Some(config), Some(body)) = (map.config, self.scopes.last_mut()) {
                        body.express = config.execution_mode() == Some(ExecutionMode::Express);
                    }
                }
            }
        }
        map
    }

    fn shaping(&mut self, found: &Found<'a>, slot: Slot) -> Option<Shaping<'a>> {
        let node = found.node(slot)?;
        if self.reader.dialect == Dialect::StateMachine {
            return Some(Shaping::Constructor(node));
        }
        let mut entries = Vec::with_capacity(node.items().count());
        entries.extend(node.items().filter_map(|node| self.mapping(node)));
        Some(Shaping::Mappings { node, entries })
    }

    fn mapping(&mut self, node: Node<'a>) -> Option<Mapping<'a>> {
        let found = self.reader.read(node, Shape::Mapping, None)?;
        let mapping = Mapping { node, target: found.text(Slot::Target), source: found.node(Slot::Source) };
        self.reader.release(found);
        Some(mapping)
    }

    fn retry(&mut self, node: Node<'a>) -> Option<Retry<'a>> {
        let found = self.reader.read(node, Shape::Retry, None)?;
        let retry = Retry {
            node,
            errors: found.texts(Slot::Errors),
            description: found.text(Slot::Description),
            max_attempts: found.number(Slot::MaxAttempts),
            interval: found.number(Slot::Interval),
            multiplier: found.number(Slot::Multiplier),
            max_interval: found.number(Slot::MaxInterval),
        };
        self.reader.release(found);
        Some(retry)
    }

    fn catch(&mut self, node: Node<'a>) -> Option<Catch<'a>> {
        let found = self.reader.read(node, Shape::Catch, None)?;
        let catch = Catch {
            node,
            errors: found.texts(Slot::Errors),
            description: found.text(Slot::Description),
            output: found.node(Slot::Output),
            target: found.target(Slot::Next),
        };
        self.reader.release(found);
        Some(catch)
    }

    /// A rule of `OnErrors`, the form before `Retry` and `Catch`. If it has both a retry and a jump,
    /// the jump takes effect
    /// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/error-handling>). False if
    /// the rule is unreadable.
    #[cold]
    fn on_error(&mut self, node: Node<'a>, retries: &mut Vec<Retry<'a>>, catches: &mut Vec<Catch<'a>>) -> bool {
        let Some(found) = self.reader.read(node, Shape::OnError, None) else { return false };
        let errors = found.texts(Slot::Errors);
        let description = found.text(Slot::Description);
        let inner = found.node(Slot::Retry).and_then(|node| self.reader.read(node, Shape::OnErrorRetry, None));
        if found.has(Slot::Next) {
            let retry = found.node(Slot::Retry).map(Node::span);
            if let Some((key, _)) = node.entries().find(|(_, value)| retry == Some(value.span())) {
                let message = "`Retry` has no effect together with `Next`: remove it";
                self.reader.findings.report(Code::NoEffect, key.span(), message, &[]);
            }
            let (output, target) = (found.node(Slot::Output), found.target(Slot::Next));
            catches.push(Catch { node, errors, description, output, target });
        } else if let Some(inner) = inner {
            retries.push(Retry {
                node,
                errors,
                description,
                max_attempts: inner.number(Slot::MaxAttempts),
                interval: inner.number(Slot::Interval),
                multiplier: inner.number(Slot::Multiplier),
                max_interval: None,
            });
        } else if !found.has(Slot::Retry) {
            let place = node.entries().next().map_or(node.span(), |(key, _)| key.span());
            let message = "this rule has no effect: it needs `Next` or `Retry`";
            self.reader.findings.report(Code::NoEffect, place, message, &[]).about(node.span());
        }
        true
    }
}

/// Resolves the name of each target to a state.
fn resolve(flow: &mut Flow<'_>) {
    let mut by_name: Vec<(ScopeId, &str, StateId)> = Vec::with_capacity(flow.states.len());
    for state in &flow.states {
        if let Some(Text { value, opaque: false, .. }) = state.name {
            by_name.push((state.scope, value, state.id));
        }
    }
    order::sort(&mut by_name);
    let find = |scope: ScopeId, target: &mut Target<'_>| {
        let key = (scope, target.text.value);
        let at = by_name.partition_point(|(scope, name, _)| (*scope, *name) < key);
        target.state = by_name.get(at).filter(|(scope, name, _)| (*scope, *name) == key).map(|(_, _, id)| *id);
    };
    for state in &mut flow.states {
        let scope = state.scope;
        let rules = state.catch.as_mut().into_iter().flatten();
        let own = state.next.as_mut().into_iter().chain(rules.filter_map(|rule| rule.target.as_mut()));
        own.for_each(|target| find(scope, target));
        if let StateKind::Choice(choice) = &mut state.kind {
            let ways = choice.options.iter_mut().chain(&mut choice.default);
            ways.filter_map(|way| way.target.as_mut()).for_each(|target| find(scope, target));
        }
    }
    for scope in &mut flow.scopes {
        let id = scope.id;
        scope.start_at.iter_mut().for_each(|target| find(id, target));
    }
    flow.by_name = by_name.into_iter().map(|(_, _, id)| id).collect();
}
