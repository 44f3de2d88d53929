//! Flow definitions: one model for both dialects.

mod damage;
mod detect;
pub mod dialect;
mod fields;
mod load;
mod model;
mod names;
mod reader;
mod sink;
mod unfilled;
mod unknown;

pub use detect::is_amazon;
pub use dialect::{Dialect, TaskMode};
pub use fields::{Field, text};
pub use load::load;
pub use model::{
    Branch, Catch, Choice, Config, Fail, Flag, Flow, Map, Mapping, Mode, Number, NumberValue, Parallel, Retry, Role,
    Scope, ScopeId, Shaping, State, StateId, StateKind, Target, Task, Text, TextValue, Wait,
};
pub use sink::Findings;
pub use unfilled::unfilled;
