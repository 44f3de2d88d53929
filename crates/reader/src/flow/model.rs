//! The model: states and scopes in two flat arenas, the same structs for both dialects.
//!
//! An optional attribute is `None` if it is absent or unusable; the loader reports the latter.
//! [`Field`] tells the two apart where a check needs it. A value that a template fills in later
//! (`!Ref x`, `${x}`) is present, but opaque.

#![allow(missing_docs, reason = "a comment is written only where the name is not enough")]

use super::Dialect;
use super::dialect::{EXECUTION_MODE, ExecutionMode, Shape, Slot, StateType, TaskMode};
use super::fields::Field;
use super::names::Names;
use crate::yaml::Node;
use cloudflow_base::diagnostic::Path;
use cloudflow_base::small::to_decimal;
use cloudflow_base::text::Span;

/// One flow, borrowed from the tree that it was read from.
#[derive(Debug)]
pub struct Flow<'a> {
    pub dialect: Dialect,
    /// The whole document.
    pub root: Node<'a>,
    pub text: &'a str,
    /// `version` or `SpecVersion`.
    pub version: Option<Text<'a>>,
    /// `name` (tolerated) or `Name`.
    pub name: Option<Text<'a>>,
    pub description: Option<Text<'a>>,
    /// `timeoutSeconds` or `Timeout`, in seconds.
    pub timeout: Option<Number<'a>>,
    /// `inputMappings` of the flow.
    pub input: Option<Shaping<'a>>,
    /// `outputMappings` of the flow.
    pub output: Option<Shaping<'a>>,
    // INVARIANT: a `StateId` and a `ScopeId` are indices into these lists. The states of one scope
    // are adjacent, in the order of the text. A scope comes after the state that owns it.
    pub(super) states: Vec<State<'a>>,
    pub(super) scopes: Vec<Scope<'a>>,
    pub(super) names: Names<'a>,
}

/// A state in its [`Flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u32);

/// A scope in its [`Flow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u32);

/// A list of states. Transitions stay inside the list.
#[derive(Debug)]
pub struct Scope<'a> {
    pub id: ScopeId,
    pub role: Role,
    /// The state that contains the scope. Absent for the top scope.
    pub owner: Option<StateId>,
    /// The mapping that contains the list.
    pub node: Node<'a>,
    /// The list itself: `steps` or `States`.
    pub list: Option<Node<'a>>,
    /// `StartAt`. Always absent in the `flow` dialect, whose scopes start with their first state.
    pub start_at: Option<Target<'a>>,
    /// The states run in express mode. The body of a distributed map declares it in the text; for
    /// the other scopes it is an option of the check.
    pub express: bool,
    /// The scope may contain states whose names a template fills in later.
    pub open: bool,
    /// A part of the scope is unreadable or has no name.
    pub damaged: bool,
    pub(super) first: u32,
    pub(super) count: u32,
}

/// The relation of a scope to its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The flow itself.
    Top,
    /// The steps of the choice's option with this index.
    Option(u32),
    /// The steps of the choice's default.
    Default,
    /// The branch with this index of a parallel.
    Branch(u32),
    /// The states that a map runs for each item.
    Body,
}

/// One state, or step.
#[derive(Debug)]
pub struct State<'a> {
    pub id: StateId,
    pub scope: ScopeId,
    /// The index in the scope, from 0.
    pub index: u32,
    /// The mapping that defines the state, or the value that is in its place.
    pub node: Node<'a>,
    pub name: Option<Text<'a>>,
    /// The type as written.
    pub type_name: Option<Text<'a>>,
    pub description: Option<Text<'a>>,
    /// The attributes of the type.
    pub kind: StateKind<'a>,
    /// `Next`. Always absent in the `flow` dialect: see [`Flow::after`].
    pub next: Field<Target<'a>>,
    /// `end` or `End`.
    pub end: Field<Flag<'a>>,
    /// `inputMappings` or `InputConstructor`.
    pub input: Option<Shaping<'a>>,
    /// `outputMappings` or `OutputConstructor`.
    pub output: Option<Shaping<'a>>,
    /// `GlobalConstructor`.
    pub global: Option<Node<'a>>,
    /// `errorMappings`.
    pub error: Option<Shaping<'a>>,
    /// The rules of `retry` or `Retry`, then the retry rules of `OnErrors`.
    pub retry: Vec<Retry<'a>>,
    /// The rules of `catch` or `Catch`, then the catch rules of `OnErrors`.
    pub catch: Field<Vec<Catch<'a>>>,
    /// A rule that handles an error is unreadable.
    pub damaged: bool,
}

/// The type of a state and its attributes.
#[derive(Debug)]
pub enum StateKind<'a> {
    /// Calls a service.
    Task(Task<'a>),
    /// Transforms data.
    Pass,
    Wait(Wait<'a>),
    Choice(Choice<'a>),
    /// Runs branches concurrently.
    Parallel(Parallel),
    /// Runs its body for each item: `foreach` or `Map`. Boxed because it is rare and large.
    Map(Box<Map<'a>>),
    /// Ends its scope successfully.
    Succeed,
    /// Ends its scope with an error.
    Fail(Fail<'a>),
    /// A type that is absent, does not exist, or is filled in by a template.
    Unknown,
}

#[derive(Debug, Default)]
pub struct Task<'a> {
    /// `resourceArn`.
    pub resource: Field<Text<'a>>,
    /// `action` or `Action`.
    pub action: Field<Text<'a>>,
    /// `pattern` or `TaskMode`.
    pub mode: Option<Mode<'a>>,
    /// `serviceParams` or `Parameters`.
    pub params: Field<Node<'a>>,
    /// `timeoutSeconds` or `Timeout`, in seconds.
    pub timeout: Option<Number<'a>>,
}

/// The value of `pattern` or `TaskMode`.
#[derive(Clone, Copy, Debug)]
pub struct Mode<'a> {
    pub text: Text<'a>,
    /// Absent if a template fills it in later.
    pub value: Option<TaskMode>,
}

#[derive(Debug, Default)]
pub struct Wait<'a> {
    /// `duration` or `Seconds`, in seconds.
    pub seconds: Field<Number<'a>>,
    /// `timestamp`: RFC 3339, or a `$.path`.
    pub timestamp: Field<TextValue<'a>>,
}

#[derive(Debug, Default)]
pub struct Choice<'a> {
    /// The list: `choices` or `Branches`.
    pub list: Option<Node<'a>>,
    pub options: Vec<Branch<'a>>,
    /// Taken if no option is true.
    pub default: Option<Branch<'a>>,
}

/// An option or the default of a choice. The default of a `StateMachine` has a target only.
#[derive(Debug)]
pub struct Branch<'a> {
    /// The mapping. For the default of a `StateMachine`: the scalar of the target.
    pub node: Node<'a>,
    /// `condition` or `Condition`. Absent in a default.
    pub condition: Option<Text<'a>>,
    /// `goto`, `Next` or `Default`.
    pub target: Option<Target<'a>>,
    /// `steps` of the `flow` dialect. They run before the jump.
    pub body: Option<ScopeId>,
}

#[derive(Debug, Default)]
pub struct Parallel {
    pub branches: Vec<ScopeId>,
}

/// A `foreach` or `Map`.
#[derive(Debug, Default)]
pub struct Map<'a> {
    /// `iterationMapping.collection` or `ItemsPath`: an expression.
    pub items: Field<Text<'a>>,
    /// `iterationMapping.item`: the key of the item in the body's input.
    pub item: Option<Text<'a>>,
    /// `iterationMapping.index`: the key of the index in the body's input.
    pub index: Option<Text<'a>>,
    /// `steps` or `Processor`.
    pub body: Option<ScopeId>,
    /// `MaxConcuccency` (the service's spelling) or `MaxConcurrency`.
    pub max_concurrency: Option<Number<'a>>,
    /// `ProcessorConfig` of the state, or else of its processor.
    pub config: Option<Config<'a>>,
    /// `ProcessorConfig` of the processor if the state has one too.
    pub config_again: Option<Config<'a>>,
    // Attributes of the distributed mode.
    pub item_reader: Option<Node<'a>>,
    pub item_constructor: Option<Node<'a>>,
    pub item_batcher: Option<Node<'a>>,
    pub result_writer: Option<Node<'a>>,
    pub max_items: Option<Node<'a>>,
    /// `ToleratedFailurePercentage`.
    pub tolerated_percentage: Option<Node<'a>>,
    /// `ToleratedFailureCount`.
    pub tolerated_count: Option<Node<'a>>,
}

/// `ProcessorConfig`.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    pub node: Node<'a>,
    /// `ExecutionMode`, whatever its value.
    pub mode: Option<Node<'a>>,
}

#[derive(Debug, Default)]
pub struct Fail<'a> {
    /// `error` or `Code`.
    pub error: Option<TextValue<'a>>,
    /// `cause` or `Detail`.
    pub cause: Option<TextValue<'a>>,
}

/// A transformation of input or output data.
#[derive(Debug)]
pub enum Shaping<'a> {
    /// The `flow` dialect: a list of targets and sources.
    Mappings { node: Node<'a>, entries: Vec<Mapping<'a>> },
    /// The `StateMachine` dialect: a mapping. The values of keys that end in `.$` are expressions.
    Constructor(Node<'a>),
}

/// One entry of a list of data mappings.
#[derive(Clone, Copy, Debug)]
pub struct Mapping<'a> {
    pub node: Node<'a>,
    /// The key that the mapping sets.
    pub target: Option<Text<'a>>,
    /// The value: a reference (`$input.a`) or any constant.
    pub source: Option<Node<'a>>,
}

/// One retry rule.
#[derive(Debug)]
pub struct Retry<'a> {
    pub node: Node<'a>,
    /// The names of the errors.
    pub errors: Vec<Text<'a>>,
    pub description: Option<Text<'a>>,
    /// `maxAttempts` or `MaxAttempts`: maximum number of retries, without the first attempt.
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
    pub node: Node<'a>,
    /// The names of the errors.
    pub errors: Vec<Text<'a>>,
    pub description: Option<Text<'a>>,
    /// `OutputConstructor`: the input of the target.
    pub output: Option<Node<'a>>,
    /// `goto` or `Next`.
    pub target: Option<Target<'a>>,
}

/// A text with its position.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The decoded text.
    pub value: &'a str,
    /// Includes the quotes.
    pub span: Span,
    pub node: Node<'a>,
    /// A template fills in the value later. Checks ignore an opaque value.
    pub opaque: bool,
}

/// A text that may be computed.
#[derive(Clone, Copy, Debug)]
pub enum TextValue<'a> {
    Literal(Text<'a>),
    /// `Code.$: ...`, `timestamp: $.path`.
    Expression(Text<'a>),
}

/// A number with its position.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a> {
    pub value: NumberValue<'a>,
    pub span: Span,
    pub node: Node<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum NumberValue<'a> {
    Int(i64),
    /// Any other number, as written.
    Float(&'a str),
    /// `Seconds.$: ...`, `duration: $.path`: computed when the state runs.
    Expression(Text<'a>),
    /// A template fills in the value later.
    Opaque,
}

/// A boolean with its position.
#[derive(Clone, Copy, Debug)]
pub struct Flag<'a> {
    pub value: bool,
    pub span: Span,
    pub node: Node<'a>,
}

/// The name of a state in a transition.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub text: Text<'a>,
    /// The state with that name in the same scope. Absent if there is none.
    pub state: Option<StateId>,
}

impl<'a> Flow<'a> {
    /// All states. They are not in the order of the text: see [`Flow::states_of`].
    pub fn states(&self) -> &[State<'a>] {
        &self.states
    }

    /// All scopes: the top scope first, each scope after the scope of its owner.
    pub fn scopes(&self) -> &[Scope<'a>] {
        &self.scopes
    }

    /// The state with this id.
    pub fn state(&self, id: StateId) -> Option<&State<'a>> {
        self.states.get(id.0 as usize)
    }

    /// The scope with this id.
    pub fn scope(&self, id: ScopeId) -> Option<&Scope<'a>> {
        self.scopes.get(id.0 as usize)
    }

    /// The states of a scope, in order.
    pub fn states_of(&self, id: ScopeId) -> &[State<'a>] {
        let Some(scope) = self.scope(id) else { return &[] };
        let first = scope.first as usize;
        self.states.get(first..first + scope.count as usize).unwrap_or_default()
    }

    /// True if no two states of one list have the same name.
    pub fn has_unique_names(&self) -> bool {
        self.names.unique
    }

    /// The named states. Those with the same scope and name are adjacent, in the order of the text.
    pub fn states_by_name(&self) -> impl Iterator<Item = &State<'a>> {
        self.names.states().filter_map(|id| self.state(id))
    }

    /// The number of bytes before an offset in its line. Absent if they are not only indentation and dashes.
    pub fn column(&self, offset: u32) -> Option<usize> {
        let before = self.text.as_bytes().get(..offset as usize)?;
        let start = before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
        let line = before.get(start..)?;
        line.iter().all(|byte| matches!(byte, b' ' | b'-')).then_some(line.len())
    }

    /// The first state with this name in a scope.
    pub fn find(&self, scope: ScopeId, name: &str) -> Option<StateId> {
        self.names.find(scope, name)
    }

    /// The key of a scope in its owner: `choices[0]`, `default`, `branches[1]`, `steps`.
    pub fn slot(&self, id: ScopeId) -> String {
        let Some(scope) = self.scope(id) else { return String::new() };
        let (key, index) = self.slot_key(scope);
        match index {
            Some(index) => [key, "[", &to_decimal(index), "]"].concat(),
            None => key.to_owned(),
        }
    }

    /// The path of a scope's list, from the root of the document.
    pub fn list_path(&self, id: ScopeId) -> Path {
        let mut path = Path::new();
        let mut next = self.scope(id);
        // Collected from the innermost scope outwards, then reversed.
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
            // The lists of choices and of branches share a slot. The key of choices comes first.
            Role::Option(index) => return (self.dialect.key(Shape::State, Slot::Branches), Some(index)),
            Role::Branch(index) => return (self.dialect.branches_key(), Some(index)),
            Role::Default => (Slot::Default, None),
            Role::Body if self.dialect == Dialect::StateMachine => (Slot::Processor, None),
            Role::Body => (Slot::States, None),
        };
        (self.dialect.key(Shape::State, slot), index)
    }

    /// The state that a scope starts with: its first state, or the target of `StartAt`.
    pub fn start(&self, id: ScopeId) -> Option<StateId> {
        match self.dialect {
            Dialect::Flow => self.states_of(id).first().map(|state| state.id),
            Dialect::StateMachine => self.scope(id)?.start_at?.state,
        }
    }

    /// The state that follows this one without a jump: the next sibling, or the target of `Next`.
    /// Absent if the state ends its scope.
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
            Dialect::StateMachine => state.next.get()?.state,
        }
    }
}

impl Role {
    /// The index of a branch or of an option.
    pub fn index(self) -> Option<u32> {
        match self {
            Role::Option(index) | Role::Branch(index) => Some(index),
            Role::Top | Role::Default | Role::Body => None,
        }
    }
}

impl StateKind<'_> {
    /// The type. Absent if it is unknown.
    pub fn state_type(&self) -> Option<StateType> {
        Some(match self {
            StateKind::Task(_) => StateType::Task,
            StateKind::Pass => StateType::Pass,
            StateKind::Wait(_) => StateType::Wait,
            StateKind::Choice(_) => StateType::Choice,
            StateKind::Parallel(_) => StateType::Parallel,
            StateKind::Map(_) => StateType::Map,
            StateKind::Succeed => StateType::Succeed,
            StateKind::Fail(_) => StateType::Fail,
            StateKind::Unknown => return None,
        })
    }
}

impl<'a> State<'a> {
    /// The catch rules, in order.
    pub fn catch_rules(&self) -> &[Catch<'a>] {
        self.catch.as_ref().map_or(&[], Vec::as_slice)
    }
}

impl State<'_> {
    /// True if the state ends its scope by its own attributes: `end: true`, succeed, fail.
    pub fn ends(&self) -> bool {
        matches!(self.kind, StateKind::Succeed | StateKind::Fail(_)) || self.end.get().is_some_and(|end| end.value)
    }

    /// The span of the state in a message: its name, or else the whole state.
    pub fn place(&self) -> Span {
        self.name.map_or(self.node.span(), |name| name.span)
    }
}

impl<'a> TextValue<'a> {
    /// The text as written.
    pub fn text(self) -> Text<'a> {
        match self {
            TextValue::Literal(text) | TextValue::Expression(text) => text,
        }
    }
}

impl<'a> Number<'a> {
    /// The value, if it is a whole number.
    pub fn int(&self) -> Option<i64> {
        match self.value {
            NumberValue::Int(value) => Some(value),
            _ => None,
        }
    }
}

impl<'a> Config<'a> {
    pub(super) fn new(node: Node<'a>) -> Self {
        Config { node, mode: node.get(EXECUTION_MODE) }
    }

    /// The value of `ExecutionMode`, if it is a known one.
    pub fn execution_mode(&self) -> Option<ExecutionMode> {
        ExecutionMode::read(self.mode?.text()?)
    }
}

impl<'a> Shaping<'a> {
    /// The list or mapping in the text.
    pub fn node(&self) -> Node<'a> {
        match self {
            Shaping::Mappings { node, .. } | Shaping::Constructor(node) => *node,
        }
    }
}
