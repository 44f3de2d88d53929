//! Flow definitions: one model for both dialects.

mod dialect;
mod model;

pub use dialect::Dialect;
pub use model::{
    Branch, Catch, Choice, Fail, Flag, Flow, Map, Mapping, Number, NumberValue, Parallel, Retry, Role, Scope, ScopeId,
    Shaping, State, StateId, StateKind, Target, Task, Text, TextValue, Wait,
};
