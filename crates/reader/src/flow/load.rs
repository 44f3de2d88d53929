//! Converts a tree to the model. The list of scopes is the work list, so that no depth of nesting
//! causes recursion.

use super::Dialect;
use super::damage::Damage;
use super::detect::detect;
use super::dialect::{ExecutionMode, Shape, Slot, StateType, TaskMode};
use super::fields::{Field, Fields, is_opaque, text};
use super::model::{
    Branch, Catch, Choice, Config, Fail, Flow, Map, Mapping, Mode, Parallel, Retry, Role, Scope, ScopeId, Shaping,
    State, StateId, StateKind, Target, Task, Wait,
};
use super::names::Names;
use super::reader::Reader;
use super::sink::Findings;
use crate::yaml::{Kind, Node, Tree};
use cloudflow_base::diagnostic::{Code, nearest};
use cloudflow_base::text::Span;

/// Reads the flow of a document. Returns none if its dialect is unknown.
///
/// `damaged` holds the positions of syntax errors: no key is reported as missing there. `express`
/// selects the limits of the express mode. `strict` reads only what is spelt correctly; otherwise a misspelt key is read
/// as the key that it means, so that it causes no further findings.
pub fn load<'a>(
    tree: &'a Tree<'a>,
    damaged: &[Span],
    express: bool,
    strict: bool,
    findings: &mut Findings,
) -> Option<Flow<'a>> {
    let Some(root) = tree.root() else {
        if damaged.is_empty() {
            findings.report(Code::UnknownDialect, Span::at(0), "the text is empty", &[]);
        }
        return None;
    };
    // A syntax error may hide the header.
    let discarded = &mut Findings::new();
    let (dialect, other_header) =
        detect(root, tree.text(), strict, if damaged.is_empty() { findings } else { discarded })?;
    let damaged = Damage::all(tree.text(), damaged);
    // The mode is documented for this dialect only.
    let express = express && dialect == Dialect::StateMachine;
    let reader = Reader {
        dialect,
        findings,
        text: tree.text(),
        damaged,
        express,
        strict,
        other_header,
        key: Span::default(),
        spare: Vec::new(),
        needed: [None; Shape::INDICES],
    };
    let mut loader = Loader { reader, states: Vec::new(), scopes: Vec::new(), cut: false };
    let fields = loader.reader.read(root, Shape::Document, None);
    loader.open(Role::Top, None, root, fields.as_ref());
    let mut next = 0;
    while next < loader.scopes.len() {
        loader.scope(next);
        next += 1;
    }
    let fields = fields.as_ref();
    let input = fields.and_then(|fields| loader.shaping(fields, Slot::Input));
    let output = fields.and_then(|fields| loader.shaping(fields, Slot::Output));
    let Loader { states, scopes, .. } = loader;
    let word = |slot| fields.and_then(|fields: &Fields<'a>| fields.text(slot));
    let mut flow = Flow {
        dialect,
        root,
        text: tree.text(),
        version: word(Slot::Version),
        name: word(Slot::Name),
        description: word(Slot::Description),
        timeout: fields.and_then(|fields| fields.number(Slot::Timeout)),
        input,
        output,
        states,
        scopes,
        names: Names::default(),
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
    fn open(&mut self, role: Role, owner: Option<StateId>, node: Node<'a>, fields: Option<&Fields<'a>>) -> ScopeId {
        let id = ScopeId(self.scopes.len() as u32);
        let list = fields.and_then(|fields| fields.node(Slot::States));
        let is_list = list.is_some_and(|list| list.kind() == Kind::Sequence);
        self.scopes.push(Scope {
            id,
            role,
            owner,
            node,
            list: list.filter(|_| is_list),
            start_at: fields.and_then(|fields| fields.target(Slot::StartAt)),
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
        let fields = self.reader.read(node, Shape::State, of);
        let of = of.filter(|_| fields.is_some());
        let fields = fields.unwrap_or_default();
        self.cut = fields.cut;
        let mut retry: Vec<_> = fields.items(Slot::Retry).filter_map(|node| self.retry(node)).collect();
        let mut catch: Vec<_> = fields.items(Slot::Catch).filter_map(|node| self.catch(node)).collect();
        let is_list = |slot| fields.node(slot).is_some_and(|node| node.kind() == Kind::Sequence);
        let mut damaged =
            fields.has(Slot::Catch) && !(is_list(Slot::Catch) && catch.len() == fields.items(Slot::Catch).count());
        if fields.has(Slot::OnErrors) {
            damaged |= !is_list(Slot::OnErrors);
            for node in fields.items(Slot::OnErrors) {
                damaged |= !self.on_error(node, &mut retry, &mut catch);
            }
        }
        let state = State {
            id,
            scope,
            index,
            node,
            name: fields.text(Slot::Name),
            type_name: fields.text(Slot::Type),
            description: fields.text(Slot::Description),
            next: fields.field(Slot::Next, Fields::target),
            end: fields.field(Slot::End, Fields::flag),
            input: self.shaping(&fields, Slot::Input),
            output: self.shaping(&fields, Slot::Output),
            global: fields.node(Slot::Global),
            error: self.shaping(&fields, Slot::ErrorMappings),
            retry,
            catch: Field::new(fields.has(Slot::Catch), (is_list(Slot::Catch) || !catch.is_empty()).then_some(catch)),
            damaged,
            kind: of.map_or(StateKind::Unknown, |of| self.kind(of, id, node, &fields)),
        };
        self.reader.release(fields);
        state
    }

    /// The type of a state, or the type that a misspelled name means.
    fn state_type(&mut self, node: Node<'a>) -> Option<StateType> {
        let dialect = self.reader.dialect;
        let name = dialect.key(Shape::State, Slot::Type);
        let value = node.get(name).or_else(|| {
            let mut entries = node.entries().filter(|_| !self.reader.strict);
            entries.find(|(key, _)| key.text().is_some_and(|key| nearest(key, [name]).is_some())).map(|(_, v)| v)
        })?;
        let written = text(value).filter(|text| !text.opaque)?.value;
        if let Some(of) = StateType::read(written, dialect) {
            return Some(of);
        }
        if written.is_empty() {
            return None;
        }
        self.unknown_type(written, value, node)
    }

    /// Reports a name that is not a type. Returns the type that it means.
    #[cold]
    #[inline(never)]
    fn unknown_type(&mut self, written: &str, value: Node<'a>, node: Node<'a>) -> Option<StateType> {
        let dialect = self.reader.dialect;
        let (word, types) = (dialect.state_word(), dialect.types());
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
        self.reader.findings.typo(value.span(), node.span(), true);
        StateType::read(meant.filter(|_| !self.reader.strict)?, dialect)
    }

    fn kind(&mut self, of: StateType, id: StateId, node: Node<'a>, fields: &Fields<'a>) -> StateKind<'a> {
        match of {
            StateType::Task => StateKind::Task(Task {
                resource: fields.field(Slot::Resource, Fields::text),
                action: fields.field(Slot::Action, Fields::text),
                mode: fields.text(Slot::Mode).map(|text| Mode {
                    text,
                    value: TaskMode::read(text.value, self.reader.dialect).filter(|_| !text.opaque),
                }),
                params: fields.field(Slot::Params, Fields::node),
                timeout: fields.number(Slot::Timeout),
            }),
            StateType::Pass => StateKind::Pass,
            StateType::Wait => StateKind::Wait(Wait {
                seconds: fields.field(Slot::Seconds, Fields::number),
                timestamp: fields.field(Slot::Timestamp, Fields::text_value),
            }),
            StateType::Choice => StateKind::Choice(self.choice(id, fields)),
            StateType::Parallel => {
                let mut branches = Vec::new();
                for (index, node) in fields.items(Slot::Branches).enumerate() {
                    let inner = self.reader.read(node, Shape::Branch, None);
                    branches.push(self.open(Role::Branch(index as u32), Some(id), node, inner.as_ref()));
                    inner.into_iter().for_each(|inner| self.reader.release(inner));
                }
                StateKind::Parallel(Parallel { branches })
            }
            StateType::Map => StateKind::Map(Box::new(self.map(id, node, fields))),
            StateType::Succeed => StateKind::Succeed,
            StateType::Fail => {
                StateKind::Fail(Fail { error: fields.text_value(Slot::Code), cause: fields.text_value(Slot::Detail) })
            }
        }
    }

    fn choice(&mut self, id: StateId, fields: &Fields<'a>) -> Choice<'a> {
        let mut options = Vec::new();
        for (index, node) in fields.items(Slot::Branches).enumerate() {
            let inner = self.reader.read(node, Shape::Option, None);
            options.push(self.branch(Role::Option(index as u32), id, node, inner));
        }
        let default = fields.node(Slot::Default).map(|node| match self.reader.dialect {
            Dialect::StateMachine => Branch { node, condition: None, target: fields.target(Slot::Default), body: None },
            Dialect::Flow => {
                let inner = self.reader.read(node, Shape::Default, None);
                self.branch(Role::Default, id, node, inner)
            }
        });
        Choice { list: fields.node(Slot::Branches), options, default }
    }

    fn branch(&mut self, role: Role, owner: StateId, node: Node<'a>, fields: Option<Fields<'a>>) -> Branch<'a> {
        let Some(fields) = fields else { return Branch { node, condition: None, target: None, body: None } };
        let branch = Branch {
            node,
            condition: fields.text(Slot::Condition),
            target: fields.target(Slot::Next),
            body: fields.has(Slot::States).then(|| self.open(role, Some(owner), node, Some(&fields))),
        };
        self.reader.release(fields);
        branch
    }

    fn map(&mut self, id: StateId, node: Node<'a>, fields: &Fields<'a>) -> Map<'a> {
        let mut map = Map {
            items: fields.field(Slot::Items, Fields::text),
            max_concurrency: fields.number(Slot::MaxConcurrency),
            config: fields.node(Slot::Config).map(Config::new),
            item_reader: fields.node(Slot::ItemReader),
            item_constructor: fields.node(Slot::ItemConstructor),
            item_batcher: fields.node(Slot::ItemBatcher),
            result_writer: fields.node(Slot::ResultWriter),
            max_items: fields.node(Slot::MaxItems),
            tolerated_percentage: fields.node(Slot::ToleratedPercentage),
            tolerated_count: fields.node(Slot::ToleratedCount),
            ..Map::default()
        };
        match self.reader.dialect {
            Dialect::Flow => {
                let iteration = fields.node(Slot::Iteration);
                let iteration = iteration.and_then(|node| self.reader.read(node, Shape::Iteration, None));
                if let Some(iteration) = iteration {
                    map.items = iteration.field(Slot::Items, Fields::text);
                    map.item = iteration.text(Slot::Item);
                    map.index = iteration.text(Slot::Index);
                }
                map.body = fields.has(Slot::States).then(|| self.open(Role::Body, Some(id), node, Some(fields)));
            }
            Dialect::StateMachine => {
                if let Some(node) = fields.node(Slot::Processor) {
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

    fn shaping(&mut self, fields: &Fields<'a>, slot: Slot) -> Option<Shaping<'a>> {
        let node = fields.node(slot)?;
        if self.reader.dialect == Dialect::StateMachine {
            return Some(Shaping::Constructor(node));
        }
        let mut entries = Vec::with_capacity(node.items().count());
        entries.extend(node.items().filter_map(|node| self.mapping(node)));
        Some(Shaping::Mappings { node, entries })
    }

    fn mapping(&mut self, node: Node<'a>) -> Option<Mapping<'a>> {
        let fields = self.reader.read(node, Shape::Mapping, None)?;
        let mapping = Mapping { node, target: fields.text(Slot::Target), source: fields.node(Slot::Source) };
        self.reader.release(fields);
        Some(mapping)
    }

    fn retry(&mut self, node: Node<'a>) -> Option<Retry<'a>> {
        let fields = self.reader.read(node, Shape::Retry, None)?;
        let retry = Retry {
            node,
            errors: fields.texts(Slot::Errors),
            description: fields.text(Slot::Description),
            max_attempts: fields.number(Slot::MaxAttempts),
            interval: fields.number(Slot::Interval),
            multiplier: fields.number(Slot::Multiplier),
            max_interval: fields.number(Slot::MaxInterval),
        };
        self.reader.release(fields);
        Some(retry)
    }

    fn catch(&mut self, node: Node<'a>) -> Option<Catch<'a>> {
        let fields = self.reader.read(node, Shape::Catch, None)?;
        let catch = Catch {
            node,
            errors: fields.texts(Slot::Errors),
            description: fields.text(Slot::Description),
            output: fields.node(Slot::Output),
            target: fields.target(Slot::Next),
        };
        self.reader.release(fields);
        Some(catch)
    }

    /// A rule of `OnErrors`, the form before `Retry` and `Catch`. If it has both a retry and a jump,
    /// the jump takes effect
    /// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/error-handling>). False if
    /// the rule is unreadable.
    #[cold]
    fn on_error(&mut self, node: Node<'a>, retries: &mut Vec<Retry<'a>>, catches: &mut Vec<Catch<'a>>) -> bool {
        let Some(fields) = self.reader.read(node, Shape::OnError, None) else { return false };
        let errors = fields.texts(Slot::Errors);
        let description = fields.text(Slot::Description);
        let inner = fields.node(Slot::Retry).and_then(|node| self.reader.read(node, Shape::OnErrorRetry, None));
        if fields.has(Slot::Next) {
            let retry = fields.node(Slot::Retry).map(Node::span);
            if let Some((key, _)) = node.entries().find(|(_, value)| retry == Some(value.span())) {
                let message = "`Retry` has no effect together with `Next`: remove it";
                self.reader.findings.report(Code::NoEffect, key.span(), message, &[]);
            }
            let (output, target) = (fields.node(Slot::Output), fields.target(Slot::Next));
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
        } else if !fields.has(Slot::Retry) {
            let place = node.entries().next().map_or(node.span(), |(key, _)| key.span());
            let message = "this rule has no effect: it needs `Next` or `Retry`";
            self.reader.findings.report(Code::NoEffect, place, message, &[]).about(node.span());
        }
        true
    }
}

/// Resolves the name of each target to a state.
fn resolve(flow: &mut Flow<'_>) {
    let names = Names::new(&flow.states);
    for at in 0..flow.states.len() {
        // Most transitions lead to the next state. Without this guess a flow of 100,000 states takes 10 % more time,
        // because the hash table is larger than the cache. If two states had the name, the first would be the target.
        let guess = flow.states.get(at + 1).filter(|_| names.unique);
        let guess = guess.and_then(|next| Some((next.scope, next.name.filter(|name| !name.opaque)?.value, next.id)));
        let Some(state) = flow.states.get_mut(at) else { break };
        let scope = state.scope;
        let find = |target: &mut Target<'_>| {
            let name = target.text.value;
            target.state = match guess {
                Some((near, next, id)) if near == scope && next == name => Some(id),
                _ => names.find(scope, name),
            };
        };
        let rules = state.catch.as_mut().into_iter().flatten();
        let own = state.next.as_mut().into_iter().chain(rules.filter_map(|rule| rule.target.as_mut()));
        own.for_each(find);
        if let StateKind::Choice(choice) = &mut state.kind {
            let ways = choice.options.iter_mut().chain(&mut choice.default);
            ways.filter_map(|way| way.target.as_mut()).for_each(find);
        }
    }
    for scope in &mut flow.scopes {
        let id = scope.id;
        scope.start_at.iter_mut().for_each(|target| target.state = names.find(id, target.text.value));
    }
    flow.names = names;
}
