//! The two dialects, and the tables of keys that each dialect allows.
//!
//! The loader, the search for the nearest key, the documentation and the JSON Schema read these
//! tables. They follow the vendor's pages
//! <https://help.aliyun.com/document_detail/122492.html> (`flow`) and
//! <https://www.alibabacloud.com/help/en/serverless-workflow/latest/process-definition-introduction>
//! (`StateMachine`), and the page of each state type.

#![allow(missing_docs, reason = "a comment is written only where the name is not enough")]

mod any_keys;
mod flow_keys;
mod foreign_keys;
mod state_machine_keys;

pub use any_keys::AnyKeys;

pub use foreign_keys::{amazon, synonym};

/// A language for flow definitions, named after the value of the document's type key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `type: flow`: camelCase keys, nested `steps`, `goto`.
    Flow,
    /// `Type: StateMachine`: PascalCase keys, `States` connected by `Next`.
    StateMachine,
}

/// The type of a state. Each comment gives the names in both dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateType {
    /// `task`, `Task`
    Task,
    /// `pass`, `Pass`
    Pass,
    /// `wait`, `Wait`
    Wait,
    /// `choice`, `Choice`
    Choice,
    /// `parallel`, `Parallel`
    Parallel,
    /// `foreach`, `Map`
    Map,
    /// `succeed`, `Succeed`
    Succeed,
    /// `fail`, `Fail`
    Fail,
}

/// How a task receives its result. Each comment gives the words of both dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskMode {
    /// With the response: `requestResponse`, `RequestComplete`.
    RequestComplete,
    /// When the called work ends: `sync`, `WaitForSystemCallback`.
    SystemCallback,
    /// By a report with the task's token: `waitForCallback`, `WaitForCustomCallback`.
    CustomCallback,
}

/// The mode of the child executions of a distributed map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionMode {
    Standard,
    Express,
}

/// The key of the [`ExecutionMode`] in a `ProcessorConfig`.
pub const EXECUTION_MODE: &str = "ExecutionMode";

/// A set of state types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateTypes(u8);

/// A kind of mapping that has a table of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The whole document.
    Document,
    /// A state or step.
    State,
    /// An option of a choice.
    Option,
    /// The default of a choice in the `flow` dialect.
    Default,
    /// A branch of a parallel.
    Branch,
    /// The `Processor` of a `Map`.
    Processor,
    /// `iterationMapping`.
    Iteration,
    /// An entry of a list of data mappings.
    Mapping,
    /// A retry rule.
    Retry,
    /// A catch rule.
    Catch,
    /// A rule of the deprecated `OnErrors`: a retry rule or a catch rule.
    OnError,
    /// The `Retry` of a rule of `OnErrors`.
    OnErrorRetry,
}

/// One key of one shape.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    /// The meaning, independent of the dialect.
    pub slot: Slot,
    pub value: Value,
    /// Minimum and maximum of a whole number, or of the number of entries.
    pub range: (i64, i64),
    /// The state types that allow the key.
    pub on: StateTypes,
    /// The state types that require the key.
    pub required: StateTypes,
    /// Whether the value can be computed.
    pub dynamic: Dynamic,
    pub standing: Standing,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text,
    /// A text that may be null: a description.
    Remark,
    /// The name of a state.
    Target,
    /// A condition or path.
    Expression,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Whole,
    /// A whole number, or a text of digits.
    Digits,
    /// A number greater than 0.
    Factor,
    /// A list of at least one text.
    Texts,
    /// A mapping with any keys. Values of keys that end in `.$` are expressions.
    Constructor,
    /// A mapping with any keys.
    Object,
    /// Any value.
    Any,
    /// A mapping of this shape.
    One(Shape),
    /// A list of mappings of this shape.
    Many(Shape),
}

/// Whether a value can be computed when the flow runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dynamic {
    /// The value is a constant.
    No,
    /// The value is an expression if the key ends in `.$`.
    Key,
    /// The value is a path if it begins with `$`.
    Value,
}

/// How official a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Documented.
    Plain,
    /// Required by some pages, omitted by others.
    Advised,
    /// Replaced. The text names the replacement.
    Deprecated(&'static str),
    /// In use, but not documented.
    Undocumented,
}

macro_rules! slots {
    ($($name:ident)*) => {
        /// The meaning of a key, independent of its spelling in a dialect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Slot { $($name,)* }

        impl Slot {
            const COUNT: usize = [$(Slot::$name,)*].len();
        }
    };
}

slots! {
    Type Name Description Version StartAt States Timeout Input Output Global ErrorMappings End Next Resource Action
    Mode Params Retry Catch OnErrors Seconds Timestamp Branches Default Iteration Items Item Index Processor
    MaxConcurrency Config ItemReader ItemConstructor ItemBatcher ResultWriter MaxItems ToleratedPercentage
    ToleratedCount Code Detail Condition Errors MaxAttempts Interval Multiplier MaxInterval Target Source
}

impl Slot {
    /// True for a key of a group of which a mapping needs exactly one.
    pub(super) fn is_one_of_group(self) -> bool {
        use Slot::{Action, End, ItemReader, Items, Next, Resource, Seconds, Timestamp};
        matches!(self, Next | End | Resource | Action | Seconds | Timestamp | Items | ItemReader)
    }
}

/// A set of slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots(u64);

const _: () = assert!(Slot::COUNT <= 64, "a set of slots has 64 bits");
const _: () = assert!(StateType::COUNT <= 8, "a set of state types has 8 bits");

impl Slots {
    pub fn contains(self, slot: Slot) -> bool {
        self.0 & Slots::bit(slot) != 0
    }

    pub fn insert(&mut self, slot: Slot) {
        self.0 |= Slots::bit(slot);
    }

    pub fn remove(&mut self, slot: Slot) {
        self.0 &= !Self::bit(slot);
    }

    pub fn contains_all(self, others: Slots) -> bool {
        others.0 & !self.0 == 0
    }

    const fn bit(slot: Slot) -> u64 {
        1 << slot as u32
    }
}

impl StateType {
    const COUNT: usize = StateType::Fail as usize + 1;
}

impl StateTypes {
    /// No type.
    pub const NONE: StateTypes = StateTypes(0);
    /// Every type.
    pub const ALL: StateTypes = StateTypes(u8::MAX);
    /// The types that end their scope or continue with one next state.
    pub const SEQUENTIAL: StateTypes =
        StateTypes::of(&[StateType::Task, StateType::Pass, StateType::Wait, StateType::Parallel, StateType::Map]);
    /// The types that end their scope.
    pub const TERMINAL: StateTypes = StateTypes::of(&[StateType::Succeed, StateType::Fail]);

    /// The set of these types.
    pub const fn of(types: &[StateType]) -> Self {
        let (mut bits, mut rest) = (0, types);
        while let [first, others @ ..] = rest {
            bits |= StateTypes::bit(*first);
            rest = others;
        }
        StateTypes(bits)
    }

    /// True if the type is in the set.
    pub const fn contains(self, of: StateType) -> bool {
        self.0 & StateTypes::bit(of) != 0
    }

    /// True if the sets share a type.
    pub const fn intersects(self, other: StateTypes) -> bool {
        self.0 & other.0 != 0
    }

    /// The types of either set.
    pub const fn union(self, other: StateTypes) -> Self {
        StateTypes(self.0 | other.0)
    }

    /// The set without one type.
    pub const fn without(self, of: StateType) -> Self {
        StateTypes(self.0 & !StateTypes::bit(of))
    }

    const fn bit(of: StateType) -> u8 {
        1 << of as u32
    }
}

impl Shape {
    const COUNT: usize = Shape::OnErrorRetry as usize + 1;
    /// Number of values of [`Shape::index`].
    pub(super) const INDICES: usize = Shape::COUNT + StateType::COUNT;

    /// The index of a kind of mapping: one for each shape and one for each type of state.
    pub(super) const fn index(self, of: Option<StateType>) -> usize {
        match of {
            None => self as usize,
            Some(of) => Shape::COUNT + of as usize,
        }
    }
}

impl Dialect {
    /// Both dialects.
    pub const ALL: [Dialect; 2] = [Dialect::Flow, Dialect::StateMachine];

    /// The value of the document's type key.
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::Flow => "flow",
            Dialect::StateMachine => "StateMachine",
        }
    }

    /// The dialect's term for a state.
    pub fn state_word(self) -> &'static str {
        match self {
            Dialect::Flow => "step",
            Dialect::StateMachine => "state",
        }
    }

    /// The other dialect.
    pub fn other(self) -> Dialect {
        match self {
            Dialect::Flow => Dialect::StateMachine,
            Dialect::StateMachine => Dialect::Flow,
        }
    }

    /// The keys of a shape. Empty if the dialect does not have the shape.
    pub fn keys(self, shape: Shape) -> &'static [Key] {
        match self {
            Dialect::Flow => flow_keys::keys(shape),
            Dialect::StateMachine => state_machine_keys::keys(shape),
        }
    }

    /// The spelling of a slot in a shape. Empty if the shape does not have the slot.
    pub fn key(self, shape: Shape, slot: Slot) -> &'static str {
        self.keys(shape).iter().find(|key| key.slot == slot).map_or("", |key| key.name)
    }

    /// The key of a parallel's branches.
    pub fn branches_key(self) -> &'static str {
        let is_branches = |key: &&Key| key.slot == Slot::Branches && key.on == StateTypes::of(&[StateType::Parallel]);
        self.keys(Shape::State).iter().find(is_branches).map_or("", |key| key.name)
    }

    /// The state types with their names in the dialect.
    pub fn types(self) -> &'static [(&'static str, StateType)] {
        match self {
            Dialect::Flow => &flow_keys::TYPES,
            Dialect::StateMachine => &state_machine_keys::TYPES,
        }
    }

    /// The task modes with their words in the dialect.
    fn modes(self) -> &'static [(&'static str, TaskMode)] {
        match self {
            Dialect::Flow => &flow_keys::MODES,
            Dialect::StateMachine => &state_machine_keys::MODES,
        }
    }
}

impl StateType {
    /// The name of the type in a dialect.
    pub fn name(self, dialect: Dialect) -> &'static str {
        dialect.types().iter().find(|(_, of)| *of == self).map_or("", |(name, _)| *name)
    }

    /// The type with this name in a dialect.
    pub fn read(name: &str, dialect: Dialect) -> Option<Self> {
        dialect.types().iter().find(|(known, _)| *known == name).map(|(_, of)| *of)
    }
}

impl TaskMode {
    /// The word for the mode in a dialect.
    pub fn word(self, dialect: Dialect) -> &'static str {
        dialect.modes().iter().find(|(_, mode)| *mode == self).map_or("", |(word, _)| *word)
    }

    /// The mode for a word of a dialect.
    pub fn read(word: &str, dialect: Dialect) -> Option<Self> {
        dialect.modes().iter().find(|(known, _)| *known == word).map(|(_, mode)| *mode)
    }
}

impl ExecutionMode {
    /// The mode for a word.
    pub fn read(word: &str) -> Option<Self> {
        match word {
            "Standard" => Some(ExecutionMode::Standard),
            "Express" => Some(ExecutionMode::Express),
            _ => None,
        }
    }
}

/// The name of a key without the `.$` that marks its value as an expression. Absent if the key does not end in `.$`.
pub fn computed_base(key: &str) -> Option<&str> {
    match key.as_bytes() {
        // Two bytes are compared here. `strip_suffix` calls a function: 2 % of the instructions of a check.
        [.., b'.', b'$'] => key.get(..key.len() - 2),
        _ => None,
    }
}

const fn key(name: &'static str, slot: Slot, value: Value) -> Key {
    Key {
        name,
        slot,
        value,
        range: (i64::MIN, i64::MAX),
        on: StateTypes::ALL,
        required: StateTypes::NONE,
        dynamic: Dynamic::No,
        standing: Standing::Plain,
    }
}

impl Key {
    /// True if a mapping needs the key. A state of unknown type (`of` is none) needs only what
    /// every state needs.
    pub fn is_required(&self, of: Option<StateType>) -> bool {
        match of {
            Some(of) => self.required.contains(of),
            None => self.required == StateTypes::ALL,
        }
    }

    const fn on(self, types: StateTypes) -> Key {
        Key { on: types, ..self }
    }

    const fn required(self) -> Key {
        Key { required: self.on, ..self }
    }

    const fn range(self, least: i64, most: i64) -> Key {
        Key { range: (least, most), ..self }
    }

    const fn dynamic(self, dynamic: Dynamic) -> Key {
        Key { dynamic, ..self }
    }

    const fn standing(self, standing: Standing) -> Key {
        Key { standing, ..self }
    }
}
