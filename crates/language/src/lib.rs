//! Flow definitions of Alibaba Cloud CloudFlow: text to a model with spans, findings about it, its
//! graph.
//!
//! # Where to start
//!
//! - [`shape::validate_flow`] checks a text; [`check::check`] does so for a tree that was read.
//! - [`yaml::parse`] reads a text to a tree, [`flow::load`] a tree to the model of both dialects.
//! - [`flow::dialect`] has what each dialect allows; [`check`] has one file for each check.
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

pub mod check;
pub mod expr;
pub mod flow;
pub mod graph;
pub mod shape;
pub mod yaml;
