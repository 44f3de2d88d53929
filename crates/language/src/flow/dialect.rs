//! The two dialects, and the one table of what each allows.
//!
//! The loader, the search for the nearest key, the documentation and the JSON Schema read the
//! same tables: nothing else in the crate spells a key. What they say follows the vendor's
//! pages, <https://help.aliyun.com/document_detail/122492.html> (`flow`) and
//! <https://www.alibabacloud.com/help/en/serverless-workflow/latest/process-definition-introduction>
//! (`StateMachine`), and the pages of the single types beside them.

mod flow_keys;
mod state_machine_keys;

/// A language that flows are written in, named as a document itself gives its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `type: flow`: camelCase keys, nested `steps`, `goto`.
    Flow,
    /// `Type: StateMachine`: PascalCase keys, `States` joined by `Next`.
    StateMachine,
}

/// A type of state, both dialects' names for it being one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateType {
    /// `task`, `Task`
    Task = 1,
    /// `pass`, `Pass`
    Pass = 2,
    /// `wait`, `Wait`
    Wait = 4,
    /// `choice`, `Choice`
    Choice = 8,
    /// `parallel`, `Parallel`
    Parallel = 16,
    /// `foreach`, `Map`
    Map = 32,
    /// `succeed`, `Succeed`
    Succeed = 64,
    /// `fail`, `Fail`
    Fail = 128,
}

/// A kind of mapping that has a table of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The whole document.
    Document,
    /// A state or step.
    State,
    /// An option of a choice.
    Option,
    /// The default of a choice of the `flow` dialect.
    Default,
    /// A branch of a parallel.
    Branch,
    /// The `Processor` of a `Map`.
    Processor,
    /// `iterationMapping`.
    Iteration,
    /// An entry of a list of mappings.
    Mapping,
    /// A retry rule.
    Retry,
    /// A catch rule.
    Catch,
    /// A rule of the deprecated `OnErrors`: either of the two above.
    OnError,
    /// What a rule of `OnErrors` says of retrying.
    OnErrorRetry,
}

/// One key of one shape.
#[derive(Debug)]
pub struct Key {
    /// Its spelling.
    pub name: &'static str,
    /// What it says; the same for both dialects where they say the same.
    pub slot: Slot,
    /// What its value must be.
    pub value: Value,
    /// The least and the greatest whole number, or number of entries.
    pub range: (i64, i64),
    /// The types of state it may stand on, as bits of [`StateType`].
    pub on: u8,
    /// Those of them that cannot do without it.
    pub required: u8,
    /// Whether it can be computed.
    pub dynamic: Dynamic,
    /// How official it is.
    pub standing: Standing,
}

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text,
    /// A text that may also be nothing: a description.
    Remark,
    /// The name of a state.
    Target,
    /// A condition or path.
    Expression,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Yes or no.
    Bool,
    /// A whole number.
    Whole,
    /// A whole number, or its digits as text.
    Digits,
    /// A number greater than 0.
    Factor,
    /// A list of texts, at least one.
    Texts,
    /// A mapping of anything, with expressions under keys that end in `.$`.
    Constructor,
    /// A mapping of anything.
    Object,
    /// Anything.
    Any,
    /// A mapping of this shape.
    One(Shape),
    /// A list of mappings of this shape.
    Many(Shape),
}

/// Whether a value can be computed when the flow runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dynamic {
    /// It stands as it is.
    No,
    /// With `.$` behind the key the value is an expression.
    Key,
    /// A text that begins with `$` is a path.
    Value,
}

/// How official a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Documented.
    Plain,
    /// Documented as required by some pages, left out by others.
    Advised,
    /// Replaced; what to use instead.
    Deprecated(&'static str),
    /// In use, but on no page.
    Undocumented,
}

macro_rules! slots {
    ($($name:ident)*) => {
        /// What a key says, whatever its dialect calls it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the tables of keys document them")]
        pub enum Slot { $($name,)* }
    };
}

slots! {
    Type Name Description Version StartAt States Timeout Input Output Global ErrorMappings End Next Resource Action
    Mode Params Retry Catch OnErrors Seconds Timestamp Branches Default Iteration Items Item Index Processor
    MaxConcurrency Config ItemReader ItemConstructor ItemBatcher ResultWriter MaxItems ToleratedPercentage
    ToleratedCount Code Detail Condition Errors MaxAttempts Interval Multiplier MaxInterval Target Source
}

impl Dialect {
    /// Both.
    pub(crate) const ALL: [Dialect; 2] = [Dialect::Flow, Dialect::StateMachine];

    /// The value of the document's type key.
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::Flow => "flow",
            Dialect::StateMachine => "StateMachine",
        }
    }

    /// What a user of the dialect calls a node of the flow.
    pub(crate) fn state_word(self) -> &'static str {
        match self {
            Dialect::Flow => "step",
            Dialect::StateMachine => "state",
        }
    }

    /// The other one.
    pub(crate) fn other(self) -> Dialect {
        match self {
            Dialect::Flow => Dialect::StateMachine,
            Dialect::StateMachine => Dialect::Flow,
        }
    }

    /// The keys of a shape; none where the dialect has no such shape.
    pub fn keys(self, shape: Shape) -> &'static [Key] {
        match self {
            Dialect::Flow => flow_keys::keys(shape),
            Dialect::StateMachine => state_machine_keys::keys(shape),
        }
    }

    /// The key that says `slot` in a shape; empty where there is none.
    pub fn key(self, shape: Shape, slot: Slot) -> &'static str {
        self.keys(shape).iter().find(|key| key.slot == slot).map_or("", |key| key.name)
    }

    /// The key of a parallel's branches.
    pub(crate) fn branches_key(self) -> &'static str {
        let is_branches = |key: &&Key| key.on == StateType::Parallel as u8 && key.slot == Slot::Branches;
        self.keys(Shape::State).iter().find(is_branches).map_or("", |key| key.name)
    }

    /// The types of states, by the names of the dialect.
    pub fn types(self) -> &'static [(&'static str, StateType)] {
        match self {
            Dialect::Flow => &flow_keys::TYPES,
            Dialect::StateMachine => &state_machine_keys::TYPES,
        }
    }
}

/// Every type of state.
pub(super) const ALL: u8 = 255;

const fn key(name: &'static str, slot: Slot, value: Value) -> Key {
    Key {
        name,
        slot,
        value,
        range: (i64::MIN, i64::MAX),
        on: ALL,
        required: 0,
        dynamic: Dynamic::No,
        standing: Standing::Plain,
    }
}

impl Key {
    const fn on(self, types: u8) -> Key {
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
