//! The model: states and scopes in two flat arenas, one shape for both dialects.
//!
//! An attribute that is absent, of the wrong type or repeated is `None` here; the loader has
//! said so. A value that a template fills in later (`!Ref x`, `${x}`) is there, but opaque.

use super::Dialect;
use super::dialect::{Shape, Slot};
use crate::yaml::Node;
use cloudflow_base::diagnostic::Path;
use cloudflow_base::text::{Span, decimal};

/// One flow, borrowed from the tree it was read from.
#[derive(Debug)]
pub struct Flow<'a> {
    /// The language it is written in.
    pub dialect: Dialect,
    /// The whole document.
    pub root: Node<'a>,
    /// Its text.
    pub text: &'a str,
    /// `version` or `SpecVersion`.
    pub version: Option<Text<'a>>,
    /// `name` (tolerated) or `Name`.
    pub name: Option<Text<'a>>,
    /// `Description`.
    pub description: Option<Text<'a>>,
    /// `timeoutSeconds` or `Timeout`, in seconds.
    pub timeout: Option<Number<'a>>,
    /// `inputMappings` of the flow.
    pub input: Option<Shaping<'a>>,
    /// `outputMappings` of the flow.
    pub output: Option<Shaping<'a>>,
    // INVARIANT: a `StateId` and a `ScopeId` are indices here; the states of one scope stand
    // side by side, in the order of the text; a scope comes after the state that owns it.
    pub(super) states: Vec<State<'a>>,
    pub(super) scopes: Vec<Scope<'a>>,
    // INVARIANT: every named state, sorted by scope, name, id.
    pub(super) by_name: Vec<StateId>,
}

/// A state in its [`Flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u32);

/// A scope in its [`Flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u32);

/// A list of states that run after one another, and whose names see only each other.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Its own id.
    pub id: ScopeId,
    /// What it is to its owner.
    pub role: Role,
    /// The state it stands in; none for the top.
    pub owner: Option<StateId>,
    /// The mapping that holds the list.
    pub node: Node<'a>,
    /// The list itself: `steps` or `States`.
    pub list: Option<Node<'a>>,
    /// `StartAt`; always none in the `flow` dialect, whose scopes start with their first state.
    pub start_at: Option<Target<'a>>,
    /// What stands in it runs in the express mode: the text says so of what a distributed map
    /// runs, who checks it of the rest.
    pub express: bool,
    /// It may hold states whose names a template fills in later.
    pub open: bool,
    /// Part of it could not be read, or has no name.
    pub torn: bool,
    pub(super) first: u32,
    pub(super) count: u32,
}

/// What a scope is to the state that owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The flow itself.
    Top,
    /// The steps of the choice's option of this index.
    Option(u32),
    /// The steps of the choice's default.
    Default,
    /// The branch of this index of a parallel.
    Branch(u32),
    /// What a map runs for each item.
    Body,
}

/// One state, or step.
#[derive(Debug)]
pub struct State<'a> {
    /// Its own id.
    pub id: StateId,
    /// Where it stands.
    pub scope: ScopeId,
    /// Its position in that scope, from 0.
    pub index: u32,
    /// The mapping that defines it (or whatever stands in its place).
    pub node: Node<'a>,
    /// Its name.
    pub name: Option<Text<'a>>,
    /// Its type, as written.
    pub type_name: Option<Text<'a>>,
    /// `Description`.
    pub description: Option<Text<'a>>,
    /// What is particular to its type.
    pub kind: StateKind<'a>,
    /// `Next`; always none in the `flow` dialect: see [`Flow::after`].
    pub next: Option<Target<'a>>,
    /// `Next` stands there, if perhaps with a value that means nothing.
    pub has_next: bool,
    /// `end` or `End`.
    pub end: Option<Flag<'a>>,
    /// `inputMappings` or `InputConstructor`.
    pub input: Option<Shaping<'a>>,
    /// `outputMappings` or `OutputConstructor`.
    pub output: Option<Shaping<'a>>,
    /// `GlobalConstructor`.
    pub global: Option<Node<'a>>,
    /// `errorMappings`.
    pub error: Option<Shaping<'a>>,
    /// `retry` or `Retry`, in order; then what `OnErrors` says of retrying.
    pub retry: Vec<Retry<'a>>,
    /// `catch` or `Catch` stands there, if perhaps with a value that means nothing.
    pub has_catch: bool,
    /// `catch` or `Catch`, in order; then the jumps of `OnErrors`.
    pub catch: Vec<Catch<'a>>,
    /// A rule that says where to go after an error could not be read.
    pub torn: bool,
}

/// What is particular to a type of state.
#[derive(Debug)]
pub enum StateKind<'a> {
    /// Calls something outside the flow.
    Task(Task<'a>),
    /// Does nothing but shape data.
    Pass,
    /// Waits.
    Wait(Wait<'a>),
    /// Goes one of several ways.
    Choice(Choice<'a>),
    /// Runs branches side by side.
    Parallel(Parallel),
    /// Runs its body for each item: `foreach` or `Map`. Boxed: it is rare and large.
    Map(Box<Map<'a>>),
    /// Ends its scope well.
    Succeed,
    /// Ends its scope with an error.
    Fail(Fail<'a>),
    /// A type that does not exist, is missing, or is filled in by a template.
    Unknown,
}

/// A task.
#[derive(Debug, Default)]
pub struct Task<'a> {
    /// `resourceArn` stands there, if perhaps with a value that means nothing.
    pub has_resource: bool,
    /// `resourceArn`.
    pub resource: Option<Text<'a>>,
    /// `action` or `Action` stands there, if perhaps with a value that means nothing.
    pub has_action: bool,
    /// `action` or `Action`.
    pub action: Option<Text<'a>>,
    /// `pattern` or `TaskMode`.
    pub mode: Option<Text<'a>>,
    /// `serviceParams` or `Parameters` stands there, if perhaps with a value that means nothing.
    pub has_params: bool,
    /// `serviceParams` or `Parameters`.
    pub params: Option<Node<'a>>,
    /// `timeoutSeconds` or `Timeout`, in seconds.
    pub timeout: Option<Number<'a>>,
}

/// A wait.
#[derive(Debug, Default)]
pub struct Wait<'a> {
    /// `duration` or `Seconds` stands there, if perhaps with a value that means nothing.
    pub has_seconds: bool,
    /// `timestamp` stands there, likewise.
    pub has_timestamp: bool,
    /// `duration` or `Seconds`, in seconds.
    pub seconds: Option<Number<'a>>,
    /// `timestamp`: RFC 3339, or a `$.path`.
    pub timestamp: Option<TextValue<'a>>,
}

/// A choice.
#[derive(Debug, Default)]
pub struct Choice<'a> {
    /// The list: `choices` or `Branches`.
    pub list: Option<Node<'a>>,
    /// The ways, in order.
    pub options: Vec<Branch<'a>>,
    /// The way when no option is true.
    pub default: Option<Branch<'a>>,
}

/// One way out of a choice. The default of a `StateMachine` has a target only.
#[derive(Debug)]
pub struct Branch<'a> {
    /// The mapping; the target's scalar for the default of a `StateMachine`.
    pub node: Node<'a>,
    /// `condition` or `Condition`; none in a default.
    pub condition: Option<Text<'a>>,
    /// `goto`, `Next` or `Default`.
    pub target: Option<Target<'a>>,
    /// `steps` of the `flow` dialect: run before the jump.
    pub body: Option<ScopeId>,
}

/// A parallel.
#[derive(Debug, Default)]
pub struct Parallel {
    /// Its branches, in order.
    pub branches: Vec<ScopeId>,
}

/// A `foreach` or `Map`.
#[derive(Debug, Default)]
pub struct Map<'a> {
    /// `ItemsPath` stands there, if perhaps with a value that means nothing.
    pub has_items: bool,
    /// `iterationMapping.collection` or `ItemsPath`: an expression.
    pub items: Option<Text<'a>>,
    /// `iterationMapping.item`: the key of the item in the body's input.
    pub item: Option<Text<'a>>,
    /// `iterationMapping.index`: the key of the index in the body's input.
    pub index: Option<Text<'a>>,
    /// `steps` or `Processor`.
    pub body: Option<ScopeId>,
    /// `MaxConcuccency` (so the service spells it) or `MaxConcurrency`.
    pub max_concurrency: Option<Number<'a>>,
    /// `ProcessorConfig`, on the state or in its processor.
    pub config: Option<Node<'a>>,
    /// The one in the processor, where there are both.
    pub config_again: Option<Node<'a>>,
    /// `ItemReader`, of the distributed mode.
    pub item_reader: Option<Node<'a>>,
    /// `ItemConstructor`, of the distributed mode.
    pub item_constructor: Option<Node<'a>>,
    /// `ItemBatcher`, of the distributed mode.
    pub item_batcher: Option<Node<'a>>,
    /// `ResultWriter`, of the distributed mode.
    pub result_writer: Option<Node<'a>>,
    /// `MaxItems`, of the distributed mode.
    pub max_items: Option<Node<'a>>,
    /// `ToleratedFailurePercentage`, of the distributed mode.
    pub tolerated_percentage: Option<Node<'a>>,
    /// `ToleratedFailureCount`, of the distributed mode.
    pub tolerated_count: Option<Node<'a>>,
}

/// A fail.
#[derive(Debug, Default)]
pub struct Fail<'a> {
    /// `error` or `Code`.
    pub error: Option<TextValue<'a>>,
    /// `cause` or `Detail`.
    pub cause: Option<TextValue<'a>>,
}

/// How data are shaped on the way in or out.
#[derive(Debug)]
pub enum Shaping<'a> {
    /// The `flow` dialect: a list of target and source.
    Mappings {
        /// The list.
        node: Node<'a>,
        /// Its entries, in order.
        entries: Vec<Mapping<'a>>,
    },
    /// The `StateMachine` dialect: a mapping whose keys ending in `.$` hold expressions.
    Constructor(Node<'a>),
}

/// One entry of a list of mappings.
#[derive(Clone, Copy, Debug)]
pub struct Mapping<'a> {
    /// The entry.
    pub node: Node<'a>,
    /// The key that is made.
    pub target: Option<Text<'a>>,
    /// Its value: a reference (`$input.a`) or any constant.
    pub source: Option<Node<'a>>,
}

/// One retry rule.
#[derive(Debug)]
pub struct Retry<'a> {
    /// The rule.
    pub node: Node<'a>,
    /// The names it is for.
    pub errors: Vec<Text<'a>>,
    /// `Description`.
    pub description: Option<Text<'a>>,
    /// `maxAttempts` or `MaxAttempts`: retries, the first run not counted.
    pub max_attempts: Option<Number<'a>>,
    /// `intervalSeconds` or `IntervalSeconds`.
    pub interval: Option<Number<'a>>,
    /// `multiplier` or `BackoffRate`.
    pub multiplier: Option<Number<'a>>,
    /// `maxIntervalSeconds` or `MaxBackoffSeconds`.
    pub max_interval: Option<Number<'a>>,
}

/// One catch rule.
#[derive(Debug)]
pub struct Catch<'a> {
    /// The rule.
    pub node: Node<'a>,
    /// The names it is for.
    pub errors: Vec<Text<'a>>,
    /// `Description`.
    pub description: Option<Text<'a>>,
    /// `OutputConstructor`: the input of the target.
    pub output: Option<Node<'a>>,
    /// `goto` or `Next`.
    pub target: Option<Target<'a>>,
}

/// A text with its place.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The text, decoded.
    pub value: &'a str,
    /// Its place, quotes included.
    pub span: Span,
    /// Its scalar.
    pub node: Node<'a>,
    /// A template fills it in later: nothing can be said about the value.
    pub opaque: bool,
}

/// A text that may be computed.
#[derive(Clone, Copy, Debug)]
pub enum TextValue<'a> {
    /// As written.
    Literal(Text<'a>),
    /// `Code.$: ...`, `timestamp: $.path`.
    Expression(Text<'a>),
}

/// A number with its place.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a> {
    /// The value.
    pub value: NumberValue<'a>,
    /// Its place.
    pub span: Span,
    /// Its scalar.
    pub node: Node<'a>,
}

/// A number as it can be written.
#[derive(Clone, Copy, Debug)]
pub enum NumberValue<'a> {
    /// A whole number.
    Int(i64),
    /// Another number, as written.
    Float(&'a str),
    /// `Seconds.$: ...`, `duration: $.path`: known when the state runs.
    Expression(Text<'a>),
    /// A template fills it in later.
    Opaque,
}

/// A yes or no with its place.
#[derive(Clone, Copy, Debug)]
pub struct Flag<'a> {
    /// The value.
    pub value: bool,
    /// Its place.
    pub span: Span,
    /// Its scalar.
    pub node: Node<'a>,
}

/// A state named by another.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The name.
    pub text: Text<'a>,
    /// The state of that name in the same scope; none where there is none.
    pub state: Option<StateId>,
}

impl<'a> Flow<'a> {
    /// Every state; not in the order of the text: see [`Flow::states_of`].
    pub fn states(&self) -> &[State<'a>] {
        &self.states
    }

    /// Every scope, the top first, owners before what they own.
    pub fn scopes(&self) -> &[Scope<'a>] {
        &self.scopes
    }

    /// A state by its id.
    pub fn state(&self, id: StateId) -> Option<&State<'a>> {
        self.states.get(id.0 as usize)
    }

    /// A scope by its id.
    pub fn scope(&self, id: ScopeId) -> Option<&Scope<'a>> {
        self.scopes.get(id.0 as usize)
    }

    /// The states of a scope, in order.
    pub fn states_of(&self, id: ScopeId) -> &[State<'a>] {
        let Some(scope) = self.scope(id) else { return &[] };
        let first = scope.first as usize;
        self.states.get(first..first + scope.count as usize).unwrap_or_default()
    }

    /// The states that have names, sorted by scope, name and place.
    pub(crate) fn states_by_name(&self) -> impl Iterator<Item = &State<'a>> {
        self.by_name.iter().filter_map(|id| self.state(*id))
    }

    /// The bytes before an offset in its line; none where there is more than indentation and dashes.
    pub(crate) fn column(&self, offset: u32) -> Option<usize> {
        let before = self.text.get(..offset as usize)?;
        let line = before.get(before.rfind(['\n', '\r']).map_or(0, |at| at + 1)..)?;
        line.bytes().all(|b| matches!(b, b' ' | b'-')).then_some(line.len())
    }

    /// The first state of a name in a scope.
    pub(crate) fn find(&self, scope: ScopeId, name: &str) -> Option<StateId> {
        let key = |id: &StateId| {
            let state = self.state(*id);
            (state.map(|s| s.scope), state.and_then(|s| s.name).map_or("", |n| n.value))
        };
        let at = self.by_name.partition_point(|id| key(id) < (Some(scope), name));
        self.by_name.get(at).copied().filter(|id| key(id) == (Some(scope), name))
    }

    /// The key of a scope in its owner: `choices[0]`, `default`, `branches[1]`, `steps`.
    pub(crate) fn slot(&self, id: ScopeId) -> String {
        let Some(scope) = self.scope(id) else { return String::new() };
        let (key, index) = self.slot_key(scope);
        match index {
            Some(index) => [key, "[", &decimal(index), "]"].concat(),
            None => key.to_owned(),
        }
    }

    /// The path of a scope's list, from the root of the document.
    pub(crate) fn list_path(&self, id: ScopeId) -> Path {
        let mut path = Path::new();
        let mut next = self.scope(id);
        // Written from the end, then turned round.
        while let Some(scope) = next {
            let steps = self.dialect.key(Shape::Document, Slot::States);
            let owner = scope.owner.and_then(|owner| self.state(owner));
            let (key, index) = self.slot_key(scope);
            // The body of a `foreach` is its own list.
            if owner.is_none() || key != steps {
                path.push(steps.into());
            }
            if let Some(owner) = owner {
                path.extend(index.map(|index| (index as usize).into()));
                path.push(key.into());
                path.push((owner.index as usize).into());
            }
            next = owner.and_then(|owner| self.scope(owner.scope));
        }
        path.reverse();
        path
    }

    fn slot_key(&self, scope: &Scope<'_>) -> (&'static str, Option<u32>) {
        let (slot, index) = match scope.role {
            Role::Top => (Slot::States, None),
            // Both lists have one slot; in the `flow` dialect the key of branches comes second.
            Role::Option(index) => return (self.dialect.key(Shape::State, Slot::Branches), Some(index)),
            Role::Branch(index) => return (self.dialect.branches_key(), Some(index)),
            Role::Default => (Slot::Default, None),
            Role::Body if self.dialect == Dialect::StateMachine => (Slot::Processor, None),
            Role::Body => (Slot::States, None),
        };
        (self.dialect.key(Shape::State, slot), index)
    }

    /// Where a scope begins: its first state, or what `StartAt` names.
    pub fn start(&self, id: ScopeId) -> Option<StateId> {
        match self.dialect {
            Dialect::Flow => self.states_of(id).first().map(|state| state.id),
            Dialect::StateMachine => self.scope(id)?.start_at?.state,
        }
    }

    /// The state that follows when this one is done and jumps nowhere: the next sibling, or
    /// what `Next` names. None where the state ends its scope.
    pub fn after(&self, id: StateId) -> Option<StateId> {
        let state = self.state(id)?;
        if state.ends() {
            return None;
        }
        match self.dialect {
            Dialect::Flow => {
                let next = self.state(StateId(id.0 + 1))?;
                (next.scope == state.scope).then_some(next.id)
            }
            Dialect::StateMachine => state.next?.state,
        }
    }
}

impl Role {
    /// The index of a branch or option.
    pub(crate) fn index(self) -> Option<u32> {
        match self {
            Role::Option(index) | Role::Branch(index) => Some(index),
            Role::Top | Role::Default | Role::Body => None,
        }
    }
}

impl StateKind<'_> {
    /// The name of the type in the `flow` dialect; `unknown` where there is none.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            StateKind::Task(_) => "task",
            StateKind::Pass => "pass",
            StateKind::Wait(_) => "wait",
            StateKind::Choice(_) => "choice",
            StateKind::Parallel(_) => "parallel",
            StateKind::Map(_) => "foreach",
            StateKind::Succeed => "succeed",
            StateKind::Fail(_) => "fail",
            StateKind::Unknown => "unknown",
        }
    }
}

impl State<'_> {
    /// True where the scope ends with this state by what the state says itself: `end: true`,
    /// succeed, fail.
    pub fn ends(&self) -> bool {
        matches!(self.kind, StateKind::Succeed | StateKind::Fail(_)) || self.end.is_some_and(|end| end.value)
    }

    /// The place that stands for the state in a message: its name, or the whole.
    pub fn place(&self) -> Span {
        self.name.map_or(self.node.span(), |name| name.span)
    }
}

impl<'a> TextValue<'a> {
    /// The text, whatever it is.
    pub fn text(self) -> Text<'a> {
        match self {
            TextValue::Literal(text) | TextValue::Expression(text) => text,
        }
    }
}

impl<'a> Number<'a> {
    /// The whole number, if it is one.
    pub(crate) fn int(&self) -> Option<i64> {
        match self.value {
            NumberValue::Int(value) => Some(value),
            _ => None,
        }
    }
}

impl<'a> Shaping<'a> {
    /// The list or mapping it is written as.
    pub fn node(&self) -> Node<'a> {
        match self {
            Shaping::Mappings { node, .. } | Shaping::Constructor(node) => *node,
        }
    }
}
