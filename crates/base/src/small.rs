//! Small algorithms, compiled once for all types: each use of the standard ones costs more module.

mod sort;

pub use sort::{sort, sort_by};
