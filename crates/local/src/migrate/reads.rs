//! The data that each scope reads and writes. They are found before the output is built, so that the
//! output passes only data that are read.

use std::collections::{HashMap, HashSet};

use cloudflow_language::expr::ExprKind;
use cloudflow_language::flow::{Flow, Map, Role, Scope, ScopeId, Shaping, State, StateKind, TextValue};
use cloudflow_language::yaml::{Node, Resolved};

/// Facts about one scope.
#[derive(Debug, Default)]
pub(super) struct Facts<'f> {
    /// A step reads the input of the scope.
    pub reads_input: bool,
    /// All of the input is read, not only single keys.
    pub reads_whole: bool,
    /// The single keys of the input that are read.
    pub input_keys: HashSet<&'f str>,
    /// A step reads the local data.
    pub reads_local: bool,
    /// A step may write the local data.
    pub writes: bool,
    /// A step may write keys that the text does not contain.
    pub unknown: bool,
    /// The written keys, each with the index of the first step that certainly writes it.
    pub keys: HashMap<&'f str, Option<u32>>,
    /// The same keys in the order of the text.
    pub order: Vec<&'f str>,
    /// The index of the first step that may end the scope.
    pub first_exit: u32,
    /// A step jumps back to the first one.
    pub restarts: bool,
    /// The output of the scope is read.
    pub result: bool,
}

impl<'f> Facts<'f> {
    /// The scope neither reads nor writes data.
    pub fn inert(&self) -> bool {
        !self.reads_input && !self.reads_local && !self.writes
    }

    /// The states must pass the local data.
    pub fn keeps_local(&self) -> bool {
        self.writes && (self.reads_local || self.result)
    }

    /// Every key is known and exists at each end of the scope.
    pub fn is_certain(&self) -> bool {
        !self.unknown && self.keys.values().all(|first| first.is_some_and(|first| first <= self.first_exit))
    }

    fn key(&mut self, key: &'f str, surely_at: Option<u32>) {
        self.writes = true;
        match self.keys.get_mut(key) {
            Some(first) => *first = first.or(surely_at),
            None => {
                self.keys.insert(key, surely_at);
                self.order.push(key);
            }
        }
    }
}

/// The facts about every scope, by their ids.
pub(super) fn facts<'f, 'a: 'f>(flow: &'f Flow<'a>) -> Vec<Facts<'f>> {
    let mut all: Vec<Facts<'f>> = flow.scopes().iter().map(|_| Facts::default()).collect();
    // Owners precede the scopes that they own: the reverse order visits inner scopes first.
    for scope in flow.scopes().iter().rev() {
        let facts = scope_facts(flow, scope, &all);
        if let Some(slot) = all.get_mut(scope.id.0 as usize) {
            *slot = facts;
        }
    }
    all
}

fn scope_facts<'f, 'a: 'f>(flow: &'f Flow<'a>, scope: &Scope<'_>, all: &[Facts<'f>]) -> Facts<'f> {
    let states = flow.states_of(scope.id);
    let mut facts = Facts { first_exit: u32::MAX, result: has_result(flow, scope), ..Facts::default() };
    // The last step that an earlier step jumps to.
    let mut jumped = 0;
    // A read before the first write reads nothing, unless a jump leads back.
    let (mut first_write, mut last_read, mut back) = (None, None, false);
    for state in states {
        let certain = |jumped: u32| (jumped <= state.index).then_some(state.index);
        let own_jump = state.catch_rules().iter().filter_map(|rule| rule.target).filter_map(|to| index(flow, to.state));
        for to in own_jump {
            facts.restarts |= to == 0;
            back |= to <= state.index;
            jumped = jumped.max(to);
        }
        writes(state, all, &mut facts, certain(jumped));
        if facts.writes {
            first_write = first_write.or(Some(state.index));
        }
        let mut reads_local = false;
        if uses_own_input(state, all) {
            match &state.input {
                None => (facts.reads_input, facts.reads_whole, reads_local) = (true, true, true),
                Some(shaping) => {
                    for (root, rest) in sources(shaping).filter_map(reference) {
                        reads_local |= matches!(root, Root::Local | Root::Own);
                        if matches!(root, Root::Input | Root::Own) {
                            facts.reads_input = true;
                            match rest.strip_prefix('.') {
                                Some(rest) => {
                                    let end = rest.find(['.', '[']).unwrap_or(rest.len());
                                    facts.input_keys.extend(rest.get(..end));
                                }
                                None => facts.reads_whole = true,
                            }
                        }
                    }
                }
            }
        }
        if reads_local {
            last_read = Some(state.index);
        }
        if flow.after(state.id).is_none() && !matches!(state.kind, StateKind::Fail(_)) {
            facts.first_exit = facts.first_exit.min(state.index);
        }
        if let StateKind::Choice(choice) = &state.kind {
            let ways = choice.options.iter().chain(&choice.default).filter_map(|way| way.target);
            for to in ways.filter_map(|to| index(flow, to.state)) {
                facts.restarts |= to == 0;
                back |= to <= state.index;
                jumped = jumped.max(to);
            }
        }
    }
    facts.reads_local = last_read.is_some() && (back || first_write < last_read);
    if scope.role == Role::Top {
        for root in flow.output.iter().flat_map(roots) {
            facts.reads_input |= root == Root::Input;
            facts.reads_local |= root == Root::Local;
        }
    }
    facts
}

fn index(flow: &Flow<'_>, state: Option<cloudflow_language::flow::StateId>) -> Option<u32> {
    flow.state(state?).map(|state| state.index)
}

/// Adds the keys that a step writes to the local data of its scope.
fn writes<'f>(state: &'f State<'_>, all: &[Facts<'f>], facts: &mut Facts<'f>, surely: Option<u32>) {
    if matches!(state.kind, StateKind::Fail(_)) {
        return;
    }
    match &state.output {
        Some(shaping) => {
            for target in targets(shaping) {
                facts.key(target, surely);
            }
        }
        None => match &state.kind {
            StateKind::Task(_) => (facts.writes, facts.unknown) = (true, true),
            StateKind::Choice(choice) => {
                let bodies = choice.options.iter().chain(&choice.default).filter_map(|way| way.body);
                for inner in bodies.filter_map(|body| all.get(body.0 as usize)) {
                    facts.writes |= inner.writes;
                    facts.unknown |= inner.unknown;
                    for key in &inner.order {
                        facts.key(key, None);
                    }
                }
            }
            _ => {}
        },
    }
    if !state.catch_rules().is_empty() {
        for target in state.error.iter().flat_map(targets) {
            facts.key(target, None);
        }
    }
}

/// True if the step's own input is read.
fn uses_own_input(state: &State<'_>, all: &[Facts<'_>]) -> bool {
    let reads = |scope: ScopeId| all.get(scope.0 as usize).is_some_and(|facts| facts.reads_input);
    let by_kind = match &state.kind {
        StateKind::Task(task) => task.resource.get().is_some() || task.params.get().is_some_and(refers),
        StateKind::Choice(choice) => choice.options.iter().chain(&choice.default).any(|way| {
            way.condition.is_some_and(|condition| condition.value.contains('$')) || way.body.is_some_and(reads)
        }),
        StateKind::Map(_) => true,
        StateKind::Parallel(parallel) => parallel.branches.iter().copied().any(reads),
        StateKind::Wait(wait) => {
            wait.seconds
                .get()
                .is_some_and(|seconds| matches!(seconds.value, cloudflow_language::flow::NumberValue::Expression(_)))
                || matches!(wait.timestamp.get(), Some(TextValue::Expression(_)))
        }
        _ => false,
    };
    by_kind || state.output.iter().chain(&state.error).flat_map(roots).any(|root| root == Root::Input)
}

/// True if parameters refer to the step's own input.
pub(super) fn refers(params: Node<'_>) -> bool {
    let mut todo = vec![params];
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        todo.extend(node.entries().map(|(_, value)| value));
        if node.text().is_some_and(|text| text.starts_with('$')) {
            return true;
        }
    }
    false
}

/// True if the output of the scope is read.
fn has_result(flow: &Flow<'_>, scope: &Scope<'_>) -> bool {
    let output = match scope.owner.and_then(|owner| flow.state(owner)) {
        // The data of an option become the data of its choice.
        Some(_) if matches!(scope.role, Role::Option(_) | Role::Default) => return true,
        Some(owner) => owner.output.as_ref(),
        None if flow.output.is_none() => return true,
        None => flow.output.as_ref(),
    };
    output.into_iter().flat_map(roots).any(|root| root == Root::Local)
}

/// True if the steps of a Map read only the item of their input.
pub(super) fn reads_only_item(all: &[Facts<'_>], map: &Map<'_>) -> bool {
    let facts = map.body.and_then(|body| all.get(body.0 as usize));
    let item = map.item.map(|item| item.value);
    facts.is_some_and(|facts| !facts.reads_whole && facts.input_keys.iter().all(|key| Some(*key) == item))
}

/// The variable of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// `$input`
    Input,
    /// `$local`
    Local,
    /// `$context`
    Context,
    /// `$`
    Own,
}

/// The variable of a source that is a reference, and the path after it as written.
pub(super) fn reference<'a>(node: Node<'a>) -> Option<(Root, &'a str)> {
    let Some(Resolved::Text(text)) = node.resolve() else {
        return None;
    };
    if node.tag().is_some() || node.is_template() {
        return None;
    }
    let all = [("$input", Root::Input), ("$local", Root::Local), ("$context", Root::Context), ("$", Root::Own)];
    let (rest, root) = all.into_iter().find_map(|(name, root)| Some((text.strip_prefix(name)?, root)))?;
    let ends = rest.starts_with(['.', '[']) || (rest.is_empty() && root != Root::Own);
    // A text that is not a path is a constant.
    let is_path = |text: &str| {
        cloudflow_language::expr::parse(text)
            .is_ok_and(|parsed| matches!(parsed.expr.kind, ExprKind::Variable(_) | ExprKind::Path(..)))
    };
    (ends && is_path(text)).then_some((root, rest))
}

fn roots<'s>(shaping: &'s Shaping<'_>) -> impl Iterator<Item = Root> + 's {
    sources(shaping).filter_map(|source| Some(reference(source)?.0))
}

fn sources<'s, 'a>(shaping: &'s Shaping<'a>) -> impl Iterator<Item = Node<'a>> + 's {
    entries(shaping).iter().filter_map(|entry| entry.source)
}

fn targets<'s, 'a: 's>(shaping: &'s Shaping<'a>) -> impl Iterator<Item = &'s str> + 's {
    entries(shaping).iter().filter_map(|entry| entry.target.map(|target| target.value))
}

/// The entries of a list of mappings.
pub(super) fn entries<'s, 'a>(shaping: &'s Shaping<'a>) -> &'s [cloudflow_language::flow::Mapping<'a>] {
    match shaping {
        Shaping::Mappings { entries, .. } => entries,
        Shaping::Constructor(_) => &[],
    }
}
