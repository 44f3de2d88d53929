//! Flow definitions: one model for both dialects.

mod detect;
pub mod dialect;
mod findings;
mod found;
mod load;
mod model;
mod reader;
mod torn;

pub use dialect::{Dialect, TaskMode};
pub use findings::Findings;
pub use found::{Field, text};
pub(crate) use load::load;
pub use model::{
    Branch, Catch, Choice, Config, Fail, Flag, Flow, Map, Mapping, Mode, Number, NumberValue, Parallel, Retry, Role,
    Scope, ScopeId, Shaping, State, StateId, StateKind, Target, Task, Text, TextValue, Wait,
};
