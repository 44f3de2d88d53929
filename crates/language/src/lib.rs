//! Flow definitions of Alibaba Cloud CloudFlow: text to a model with spans, findings about it, its
//! graph.
//!
//! # Where to start
//!
//! - [`Document::read`] reads and checks a text. It is the only entry point.
//! - [`yaml`] is the tree, [`flow`] the model of both dialects, [`flow::dialect`] what each dialect allows.
//! - [`graph`] draws a flow.
//!
//! ```
//! use cloudflow_language::shape::validate_flow;
//!
//! let report = validate_flow("type: flow\nsteps:\n- type: pass\n  name: a\n  nxt: b\n");
//! assert!(!report.valid);
//! ```
//!
//! # Invariants
//!
//! - Reading, loading and checking return a value *and* diagnostics. No input makes them fail, panic,
//!   hang, recurse without bound or expand aliases without bound.
//! - Each value of the model keeps its span. [`yaml`] knows nothing of flows, [`expr`] nothing of YAML.
//! - The model does not know its dialect's spelling. A message uses the word that the author of the
//!   flow would use: state, or step.

mod check;
mod document;
pub mod expr;
pub mod flow;
pub mod graph;
pub mod shape;
pub mod yaml;

pub use document::{Document, Options};
