//! The public functions as plain Rust; the serde shapes that JavaScript sees.
