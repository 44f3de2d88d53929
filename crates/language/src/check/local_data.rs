//! # What it does
//! Reports references to `$local.name` if no step of the list puts `name` into the local data.
//! The usual cause is a `foreach` or `parallel` without `outputMappings`.
//!
//! # Why is this bad?
//! The value is absent at run time. The output of a `foreach` or `parallel` is empty unless it has
//! `outputMappings` (<https://help.aliyun.com/document_detail/122493.html>).
//!
//! # Example
//! ```yaml
//! - type: foreach
//!   name: each
//!   iterationMapping: {collection: $.keys, item: key}
//!   steps: [{type: task, name: work, resourceArn: "acs:fc:::services/s/functions/f"}]
//! - type: pass
//!   name: sum
//!   inputMappings: [{target: sizes, source: $local.sizes}]
//! ```
//!
//! # Use instead
//! ```yaml
//! - type: foreach
//!   name: each
//!   iterationMapping: {collection: $.keys, item: key}
//!   steps: [{type: task, name: work, resourceArn: "acs:fc:::services/s/functions/f"}]
//!   outputMappings: [{target: sizes, source: "$local[*].size"}]
//! ```

use crate::flow::{Dialect, Findings, Flow, Role, ScopeId, Shaping, State, StateKind, text};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::small;
use cloudflow_base::text::Span;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if flow.dialect != Dialect::Flow {
        return;
    }
    for scope in flow.scopes() {
        // It is not documented whether an option has access to the data around its choice.
        if scope.open || scope.damaged || matches!(scope.role, Role::Option(_) | Role::Default) {
            continue;
        }
        let Some(made) = made(flow, scope.id) else { continue };
        let no_output = no_output(flow, scope.id);
        for state in flow.states_of(scope.id) {
            readers(&state.input, &made, no_output, findings);
        }
        if scope.role == Role::Top {
            readers(&flow.output, &made, no_output, findings);
        }
    }
}

/// Reports members of `$local` that no step sets.
#[inline(never)]
fn readers(shaping: &Option<Shaping<'_>>, made: &[&str], no_output: Option<&State<'_>>, findings: &mut Findings) {
    let Some(Shaping::Mappings { entries, .. }) = shaping else { return };
    for entry in entries {
        let Some(text) = entry.source.and_then(text) else { continue };
        let Some(rest) = text.value.strip_prefix("$local.") else { continue };
        let end = rest.bytes().position(|b| matches!(b, b'.' | b'[')).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        if text.opaque || name.is_empty() || made.binary_search(&name).is_ok() {
            continue;
        }
        let span = super::expression::source(text, Span::new(7, 7 + end));
        let reported = findings
            .report(Code::UnknownMember, span, "no step of this list puts `{}` into `$local`", &[name])
            .about(text.span);
        if let Some(state) = no_output {
            reported.related(state.place(), "this step has no output: it has no `outputMappings`", &[]);
        }
    }
}

/// The sorted keys that the steps of a list put into its local data. Absent if they are not all known.
fn made<'a>(flow: &Flow<'a>, scope: ScopeId) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    for state in flow.states_of(scope) {
        let empty = matches!(
            state.kind,
            StateKind::Pass
                | StateKind::Wait(_)
                | StateKind::Parallel(_)
                | StateKind::Map(_)
                | StateKind::Succeed
                | StateKind::Fail(_)
        );
        if state.output.is_none() && !empty {
            return None;
        }
        for shaping in [&state.output, &state.error].into_iter().flatten() {
            let Shaping::Mappings { entries, .. } = shaping else { return None };
            for entry in entries {
                names.push(entry.target.filter(|target| !target.opaque)?.value);
            }
        }
    }
    small::sort(&mut names);
    Some(names)
}

/// A step of a list that has no output, although its author may expect one.
fn no_output<'f, 'a>(flow: &'f Flow<'a>, scope: ScopeId) -> Option<&'f State<'a>> {
    flow.states_of(scope)
        .iter()
        .find(|state| state.output.is_none() && matches!(state.kind, StateKind::Parallel(_) | StateKind::Map(_)))
}
