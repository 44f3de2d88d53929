//! The one native test binary of this crate. The data are in `tests/cases/editor`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod actions;
mod corpus;
mod edits;
mod format;
mod hostile;
mod marks;
mod typing;
