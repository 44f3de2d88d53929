//! Expressions: choice conditions, references, the values of `.$` keys. Knows nothing of YAML.
//!
//! One grammar covers both dialects; [`check`] holds an expression to the [`Place`] it stands in.
//! Operators and their ranks follow what the vendor lists for choice conditions, and the Go
//! library <https://github.com/PaesslerAG/gval>, which that list resembles.

pub mod ast;
mod check;
mod function;
mod lexer;
mod parser;

pub use ast::{CompareOp, Expr, ExprKind, Step, StepKind, UnaryOp};
pub use check::{MAPPING_VARIABLES, Members, Place, STEP_VARIABLES, Variable, Variables, check};
pub use function::{FUNCTIONS, Function, function};
pub use parser::{MAX_DEPTH, Parsed, parse};
