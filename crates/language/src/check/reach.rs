//! # What it does
//! Looks for states that control can never come to: no state leads to them, no choice, no catch.
//!
//! # Why is this bad?
//! They never run. Usually a transition is missing, or names another state than was meant.
//! Steps behind an `end: true`, a succeed or a fail are fine as long as something jumps to them:
//! so handlers are written (<https://help.aliyun.com/document_detail/122482.html>).
//!
//! # Example
//! ```yaml
//! - {type: succeed, name: done}
//! - {type: pass, name: forgotten}
//! ```
//!
//! # Use instead
//! Remove the state, or lead to it.

use super::name_of;
use super::successor::Ways;
use crate::flow::{Findings, Flow, Scope};
use cloudflow_base::diagnostic::Code;

pub(super) fn check(flow: &Flow<'_>, scope: &Scope<'_>, ways: &Ways, findings: &mut Findings) {
    if !ways.reached.contains(&false) {
        return;
    }
    let mut reached = ways.reached.clone();
    // Of what hangs together the first is enough: that nothing leads to but perhaps itself.
    for loops_too in [false, true] {
        for state in flow.states_of(scope.id) {
            let name = name_of(state);
            let led_to = || ways.before.of(state.index).iter().any(|before| *before != state.index);
            // Of two states of one name only the first can be reached: that has been said.
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
                    "nothing leads to the {} `{}`",
                    &[flow.dialect.state_word(), name],
                )
                .about(state.node.span());
            ways.next.mark(vec![state.index], &mut reached);
        }
    }
}
