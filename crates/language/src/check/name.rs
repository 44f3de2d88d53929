//! # What it does
//! Reports duplicate names of states, and names of flows that the service refuses.
//!
//! # Why is this bad?
//! A jump to a duplicate name is ambiguous. The name of a flow consists of letters, digits, `_` and
//! `-`, begins with a letter or `_`, and has at most 128 characters
//! (<https://alibabacloud.com/help/zh/serverless-workflow/latest/limits>). The names of states are
//! not restricted.
//!
//! # Example
//! ```yaml
//! - {Type: Pass, Name: A, Next: B}
//! - {Type: Pass, Name: A, End: true}
//! ```
//!
//! # Use instead
//! ```yaml
//! - {Type: Pass, Name: A, Next: B}
//! - {Type: Pass, Name: B, End: true}
//! ```

use crate::flow::{Dialect, Findings, Flow, State, Text};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::limits::NAME_CHARACTERS;
use cloudflow_base::small::to_decimal;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if let Some(name) = flow.name.filter(|name| !name.opaque && flow.dialect == Dialect::StateMachine) {
        flow_name(name, findings);
    }
    if flow.has_unique_names() {
        return;
    }
    let mut first: Option<&State<'_>> = None;
    for state in flow.states_by_name() {
        let Some(name) = state.name else { continue };
        match first.and_then(|first| Some((first, first.name?))) {
            Some((other, other_name)) if other.scope == state.scope && other_name.value == name.value => {
                let word = flow.dialect.state_word();
                let message = "duplicate name: another {} in this list is named `{}`";
                findings.report(Code::DuplicateName, name.span, message, &[word, name.value]).related(
                    other_name.span,
                    "the first `{}`",
                    &[name.value],
                );
            }
            _ => first = Some(state),
        }
    }
}

fn flow_name(name: Text<'_>, findings: &mut Findings) {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let text = name.value;
    let message = if let Some(c) = text.chars().find(|c| !letter(*c)) {
        let message = "the name of a flow may contain only letters, digits, `_` and `-`, not `{}`";
        findings.report(Code::InvalidName, name.span, message, &[c.encode_utf8(&mut [0; 4])]);
        return;
    } else if text.bytes().next().is_some_and(|b| b.is_ascii_digit() || b == b'-') {
        "the name of a flow must begin with a letter or `_`"
    } else if text.len() > NAME_CHARACTERS {
        let message = "the name of a flow may have at most {} characters, not {}";
        let args = [&*to_decimal(NAME_CHARACTERS), &*to_decimal(text.len())];
        findings.report(Code::InvalidName, name.span, message, &args);
        return;
    } else {
        return;
    };
    findings.report(Code::InvalidName, name.span, message, &[]);
}
