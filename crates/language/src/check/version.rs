//! # What it does
//! Checks the version of the language, which is `v1` in both dialects.
//!
//! # Why is this bad?
//! No other version is documented. Most published flows of the `flow` dialect have `v1beta1`, and
//! examples of the SDK have `v1.0`, so the service appears to accept them.
//!
//! # Example
//! ```yaml
//! version: v2
//! type: flow
//! ```
//!
//! # Use instead
//! ```yaml
//! version: v1
//! type: flow
//! ```

use crate::flow::dialect::{Shape, Slot};
use crate::flow::{Dialect, Findings, Flow};
use cloudflow_base::diagnostic::{Code, Severity};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    let Some(version) = super::literal(flow.version) else { return };
    let tolerated = flow.dialect == Dialect::Flow;
    let severity = match version.value {
        "v1" => return,
        // Too common to report.
        "v1beta1" if tolerated => return,
        "v1.0" if tolerated => Severity::Warning,
        _ => Severity::Error,
    };
    let key = flow.dialect.key(Shape::Document, Slot::Version);
    findings
        .report(Code::UnknownVersion, version.span, "`{}` must be `v1`, not `{}`", &[key, version.value])
        .severity(severity)
        .write(version.span, "v1");
}
