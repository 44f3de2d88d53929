//! The migration of a flow definition for JavaScript.

use serde::Serialize;

use crate::migrate;
use cloudflow_base::shape::{Diagnostic, Places};

/// What [`migrate_flow`] comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Migration {
    /// The definition as a `StateMachine`; null where the old one has errors.
    pub text: Option<String>,
    /// What is wrong with the old definition, or what the new one cannot say as the old one did.
    /// Every place is in the old text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Turns a definition of the `flow` dialect into one of the `StateMachine` dialect.
pub fn migrate_flow(text: &str) -> Migration {
    let migrate::Migration { text: new, diagnostics } = migrate::migrate(text);
    Migration { text: new, diagnostics: Places::new(text).diagnostics(diagnostics) }
}
