//! The one native test binary of this crate. Each family of cases is a module; the data are in `tests/cases`.

// clippy's own exception for tests does not reach the helpers beside them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod client;
mod errors;
mod execution;
mod hub;
mod page;
mod poll;
mod sign;
