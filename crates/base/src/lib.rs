//! What the other cloudflow crates share: places in a text, findings about it, and the plain data
//! that JavaScript sees.
//!
//! # Where to start
//!
//! - [`text`]: byte spans, and the one place that turns them into lines and columns.
//! - [`diagnostic`]: findings; the registry of their [codes](diagnostic::Code).
//! - [`value`] and [`fields`]: read a JSON value without a JSON library, and note what is wrong with it.
//! - [`shape`] and [`plain`]: findings as JavaScript sees them.
//! - [`small`] has sorting.
//!
//! # Invariants
//!
//! - This crate knows nothing of flows, of the service, or of JavaScript.
//! - Spans are byte offsets into the text as given. Positions count UTF-16 units and are made in
//!   [`text`] only.
//! - Reading a value returns what could be read *and* diagnostics. No input makes it fail or panic.

pub mod diagnostic;
pub mod fields;
pub mod limits;
pub mod plain;
pub mod shape;
pub mod small;
pub mod text;
pub mod time;
pub mod value;
