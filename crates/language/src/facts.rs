//! The words that the checks know, for a language service: errors, functions, members of the context, services.

use crate::check::{self, Allowed};
use crate::expr;
use crate::flow::Dialect;

pub use crate::expr::{Function, Kind};

/// Names of errors in the vendor's pages and samples. The set is open: a function can raise any name.
pub fn errors() -> &'static [&'static str] {
    &check::KNOWN_ERRORS
}

/// The built-in functions of the `StateMachine` dialect, sorted by name.
pub fn functions() -> &'static [Function] {
    &expr::FUNCTIONS
}

/// The built-in function with this name.
pub fn function(name: &str) -> Option<&'static Function> {
    expr::function(name)
}

/// The documented members of the context, as paths joined by dots.
pub fn context(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    check::context(dialect).iter().map(|(path, _)| *path)
}

/// The required parameters of an action of the `StateMachine` dialect.
pub fn needed(action: &str) -> &'static [&'static str] {
    check::needed(action)
}

/// The words that a parameter of an action can have. Empty if the pages do not restrict them.
pub fn words(action: &str, parameter: &str) -> &'static [&'static str] {
    let found = check::allowed(action).iter().find(|(name, _)| *name == parameter);
    match found {
        Some((_, Allowed::Words(words))) => words,
        _ => &[],
    }
}

/// The forms of resource names of the `flow` dialect.
pub fn resources() -> impl Iterator<Item = &'static str> {
    check::FORMS.iter().map(|(_, form)| *form)
}
