//! # What it does
//! Reports unreachable states: no transition, choice or catch rule leads to them.
//!
//! # Why is this bad?
//! They never run. Usually a transition is missing or names the wrong state. Steps after an
//! `end: true`, a succeed or a fail are reachable by a jump: this is the usual form of an error
//! handler (<https://help.aliyun.com/document_detail/122482.html>).
//!
//! # Example
//! ```yaml
//! - {type: succeed, name: done}
//! - {type: pass, name: forgotten}
//! ```
//!
//! # Use instead
//! Remove the state, or add a transition to it.

use super::name_of;
use super::successor::Ways;
use crate::flow::{Findings, Flow, Scope};
use cloudflow_base::diagnostic::Code;

pub(super) fn check(flow: &Flow<'_>, scope: &Scope<'_>, ways: &Ways, findings: &mut Findings) {
    if !ways.reached.contains(&false) {
        return;
    }
    let mut reached = ways.reached.clone();
    // One finding per connected group: first the states without predecessors, then loops.
    for loops_too in [false, true] {
        for state in flow.states_of(scope.id) {
            let name = name_of(state);
            let led_to = || ways.before.of(state.index).iter().any(|before| *before != state.index);
            // A second state with the same name is unreachable, but reported as a duplicate name.
            if reached.get(state.index as usize) != Some(&false)
                || !loops_too && led_to()
                || flow.find(scope.id, name) != Some(state.id)
            {
                continue;
            }
            findings
                .report(
                    Code::UnreachableState,
                    state.place(),
                    "unreachable: no transition leads to the {} `{}`",
                    &[flow.dialect.state_word(), name],
                )
                .about(state.node.span());
            ways.next.mark(vec![state.index], &mut reached);
        }
    }
}
