//! The parts that the other cloudflow crates share: positions in a text, findings, times, limits, and the plain
//! data that JavaScript sees.
//!
//! ```
//! use cloudflow_base::text::{LineIndex, Span};
//!
//! let text = "a: 流程\nb: 2\n";
//! let span = Span::new(10, 11);
//! let start = LineIndex::new(text).position(span.start);
//! assert_eq!((span.of(text), start.line, start.column, start.offset), ("b", 2, 1, 6));
//! ```
//!
//! # Where to start
//!
//! - [`text`]: byte spans, and the only conversion to lines and columns.
//! - [`diagnostic`]: findings, and the registry of their [codes](diagnostic::Code).
//! - [`limits`]: the limits of the service, each with its documentation page.
//! - [`time`]: the only RFC 3339 implementation.
//! - [`value`] and [`fields`]: read a JSON value without a JSON library, and report what is wrong with it.
//! - [`shape`] and [`plain`]: findings as JavaScript sees them.
//! - [`small`]: sort, search, numbers, hexadecimal, Base64.
//!
//! # Invariants
//!
//! - This crate does not know flows, the service, or JavaScript.
//! - Spans are byte offsets into the original text. Positions count UTF-16 units and are computed in [`text`] only.
//! - Reading a value returns the readable part *and* diagnostics. No input makes it fail or panic.

pub mod diagnostic;
pub mod fields;
pub mod limits;
pub mod plain;
pub mod shape;
pub mod small;
pub mod text;
pub mod time;
pub mod value;
