//! The one native test binary. Each family of cases is a module; the data stand in `tests/cases`.

// clippy's own exception for tests does not reach the helpers beside them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod check;
mod emulate;
mod execution;
mod expr;
mod graph;
mod migrate;
mod network;
mod poll;
mod schema;
mod sign;
mod simulate;
mod support;
mod tidy;
mod yaml;
