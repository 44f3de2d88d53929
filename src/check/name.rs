//! # What it does
//! Looks for names given twice, and for names of flows the service does not take.
//!
//! # Why is this bad?
//! A jump to a name that two states of one list have could mean either. A flow's name consists of
//! letters, digits, `_` and `-`, begins with a letter or `_`, and has 128 characters at most
//! (<https://alibabacloud.com/help/zh/serverless-workflow/latest/limits>); names of states are free.
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

use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Dialect, Findings, Flow, State, Text};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if let Some(name) = flow.name.filter(|name| !name.opaque && flow.dialect == Dialect::StateMachine) {
        flow_name(name, findings);
    }
    let mut first: Option<&State<'_>> = None;
    for state in flow.states_by_name() {
        let Some(name) = state.name else { continue };
        match first.and_then(|first| Some((first, first.name?))) {
            Some((other, other_name)) if other.scope == state.scope && other_name.value == name.value => {
                let word = flow.dialect.state_word();
                let message = ["another ", word, " of this list is named `", name.value, "` too"].concat();
                let related = ["the first `", name.value, "`"].concat();
                let diagnostic = Diagnostic::new(Code::DuplicateName, name.span, message);
                findings.add(diagnostic.related(other_name.span, related));
            }
            _ => first = Some(state),
        }
    }
}

fn flow_name(name: Text<'_>, findings: &mut Findings) {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let text = name.value;
    let message = if let Some(wrong) = text.chars().find(|c| !letter(*c)) {
        let mut shown = [0; 4];
        ["the name of a flow has letters, digits, `_` and `-` only, no `", wrong.encode_utf8(&mut shown), "`"].concat()
    } else if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        "the name of a flow begins with a letter or `_`".to_owned()
    } else if text.len() > 128 {
        "the name of a flow has 128 characters at most".to_owned()
    } else {
        return;
    };
    findings.add(Diagnostic::new(Code::InvalidName, name.span, message));
}
