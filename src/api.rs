//! The public functions as plain Rust; the serde shapes that JavaScript sees.

pub mod ask;
#[cfg(feature = "local")]
pub mod local;
#[cfg(feature = "local")]
pub mod migrate;
pub mod plain;
pub mod read;
pub mod shape;
pub mod talk;
pub mod understand;
