//! The two dialects: which one a text speaks, and what each allows.

/// A language that flows are written in, named as a document itself gives its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `type: flow`: camelCase keys, nested `steps`, `goto`.
    Flow,
    /// `Type: StateMachine`: PascalCase keys, `States` joined by `Next`.
    StateMachine,
}

impl Dialect {
    /// The value of the document's type key.
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::Flow => "flow",
            Dialect::StateMachine => "StateMachine",
        }
    }

    /// What a user of the dialect calls a node of the flow.
    pub fn state_word(self) -> &'static str {
        match self {
            Dialect::Flow => "step",
            Dialect::StateMachine => "state",
        }
    }
}
