//! Parser, checker and graph of flow definitions of
//! [Alibaba Cloud CloudFlow](https://www.alibabacloud.com/help/en/cloudflow), in both dialects:
//! `type: flow` with `steps`, and `Type: StateMachine` with `States`.
//!
//! # Example
//!
//! ```
//! use cloudflow_base::text::LineIndex;
//! use cloudflow_language::{Document, Options};
//!
//! let text = "\
//! Type: StateMachine
//! SpecVersion: v1
//! Name: greet
//! StartAt: Hello
//! States:
//!   - Type: Pass
//!     Name: Hello
//!     Next: Bye
//!   - Type: Succeed
//!     Name: Goodbye
//! ";
//! let mut tree = None;
//! let document = Document::read(text, Options::default(), &mut tree);
//!
//! let lines = LineIndex::new(text);
//! let found: Vec<String> = document
//!     .diagnostics
//!     .iter()
//!     .map(|found| {
//!         let line = found.span.map_or(0, |span| lines.position(span.start).line);
//!         format!("{line}: {}: {}", found.code.as_str(), found.message)
//!     })
//!     .collect();
//! assert_eq!(found[0], "8: unknown-target: unknown state `Bye` in this list");
//!
//! // A document with errors still has its flow.
//! let flow = document.flow.expect("the dialect is known");
//! assert_eq!(flow.states().len(), 2);
//! ```
//!
//! # Where to start
//!
//! - [`Document::read`] reads and checks a text. It is the only entry point: it combines the YAML reader, the
//!   loader and the checks.
//! - [`flow`] is the model of both dialects. [`flow::dialect`] has the keys and values of each dialect.
//! - [`yaml`] is the tree under the model. Its nodes have spans.
//! - [`expr`] parses the expressions of both dialects.
//! - [`facts`] has the words that the checks know, for a language service.
//! - [`graph`] draws a flow as nodes and edges, and as Mermaid text.
//! - [`shape`] has the answers to JavaScript: `validateFlow`, `parseFlow`, `flowGraph`, `flowToMermaid`, and
//!   the description of a flow for `replayExecution`.
//! - The directory `src/check` has one file per check. Each begins with what the check reports, and why.
//!
//! # Invariants
//!
//! - Reading, loading and checking return a value *and* diagnostics. No input makes them fail, panic or hang. No
//!   input causes unbounded recursion or unbounded alias expansion.
//! - Spans are byte offsets into the original text. Each value of the model keeps its span.
//! - [`yaml`] does not know flows. [`expr`] does not know YAML.
//! - The model does not know the spelling of its dialect. Tables contain the spelling. A message uses the term of
//!   the author of the flow: state, or step.
//! - Only correctly spelled input takes effect. The checks treat a misspelled word as the intended word, so that a
//!   typo causes no follow-up diagnostics. The interpreter, the migration and the graph do not.
//! - The limits of the service are in [`cloudflow_base::limits`], with their documentation pages.

mod check;
mod document;
pub mod expr;
pub mod facts;
pub mod graph;
mod notation;
mod repair;
pub mod shape;

pub use cloudflow_reader::{flow, yaml};
pub use document::{Document, Options};
