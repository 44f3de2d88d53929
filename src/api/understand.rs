//! Flow definitions for JavaScript: findings, the flow as a tree, its graph.

use serde::Serialize;

use super::shape::{Diagnostic, Places};
use crate::check;
use crate::diagnostic::Severity;

/// What [`validate_flow`] says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowReport {
    /// `"flow"` or `"StateMachine"`; null where it cannot be told.
    pub dialect: Option<&'static str>,
    /// No finding is an error.
    pub valid: bool,
    /// Everything that was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a flow definition of either dialect.
pub fn validate_flow(text: &str) -> FlowReport {
    let (tree, yaml) = crate::yaml::parse(text);
    let (flow, diagnostics) = check::check(&tree, yaml);
    FlowReport {
        dialect: flow.map(|flow| flow.dialect.as_str()),
        valid: diagnostics.iter().all(|found| found.severity != Severity::Error),
        diagnostics: Places::new(text).diagnostics(diagnostics),
    }
}
