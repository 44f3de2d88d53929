//! Expressions: choice conditions, references, the values of `.$` keys. Knows nothing of YAML.
//!
//! One grammar covers both dialects. `check` checks an expression against its `Place`. The operators and
//! their precedence follow the vendor's list for choice conditions, and the Go library
//! <https://github.com/PaesslerAG/gval>, which that list resembles.

pub mod ast;
mod check;
mod function;
mod lexer;
mod parser;

pub use ast::{CompareOp, Expr, ExprKind, Step, StepKind, UnaryOp};
pub(crate) use check::{Constant, MAPPING_VARIABLES, Members, Place, STEP_VARIABLES, Variable, check, kind, number};
pub(crate) use function::{FUNCTIONS, function};
pub use function::{Function, Kind};
pub use parser::{MAX_DEPTH, Parsed, parse};
