//! What understands flow definitions, as a package of its own so that it can be built for speed
//! and the rest of the module for size: see `language/Cargo.toml`. `lib.rs` shows it as its own.

pub mod order;

pub mod text;

pub mod diagnostic;

pub mod yaml;

pub mod expr;

pub mod flow;

pub mod check;
