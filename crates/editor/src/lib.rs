//! Language service for flow definitions of
//! [Alibaba Cloud CloudFlow](https://www.alibabacloud.com/help/en/cloudflow), in both dialects.
//!
//! # Example
//!
//! ```
//! use cloudflow_editor::OpenFlow;
//!
//! let text = "type: flow\nversion: v1\nsteps:\n- type: pass\n  name: first\n";
//! let mut flow = OpenFlow::open(text.to_owned(), Default::default());
//! assert_eq!(flow.symbols()[0].name, "first");
//!
//! // Offsets are in UTF-16 units, as in JavaScript strings and editors.
//! let end = flow.units();
//! flow.edit(end, end, "- type: succeed\n  name: last\n");
//! assert_eq!(flow.symbols().len(), 2);
//! ```
//!
//! # Where to start
//!
//! - [`OpenFlow`] keeps the text of one definition, and has one method per question of an editor.
//! - [`shape`] has the answers as JavaScript sees them.
//! - `view.rs` reads the text; `spot.rs` finds what an offset is about, with the tables of keys of the dialects.
//!
//! # Invariants
//!
//! - Every question has an answer for every text, also for a broken one. No input makes it fail, panic or hang.
//! - The answers refer to byte offsets. [`shape`] converts them to positions in UTF-16 units.
//! - Only [`OpenFlow::rename`] can refuse. [`OpenFlow::format`] reports a diagnostic instead.

mod about;
mod actions;
mod complete;
mod data;
mod explain;
mod format;
mod long;
mod names;
mod open;
mod outline;
pub mod shape;
mod spot;
mod text;
mod tokens;
mod view;

pub use about::{Hint, Hover, Signature};
pub use actions::{Action, ActionKind};
pub use cloudflow_base::diagnostic::Edit;
pub use complete::{Completion, Item, ItemKind};
pub use explain::Note;
pub use format::{FormatOptions, Formatted};
pub use names::Refusal;
pub use open::OpenFlow;
pub use outline::{Fold, FoldKind, Symbol};
pub use tokens::{Token, TokenKind};
