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

use super::successor::{is_sound, reach, successors};
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Findings, Flow};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for scope in flow.scopes() {
        if !is_sound(flow, scope) {
            continue;
        }
        let mut reached = vec![false; flow.states_of(scope.id).len()];
        reach(flow, flow.start(scope.id), &mut reached);
        if reached.iter().all(|reached| *reached) {
            continue;
        }
        // Of what hangs together the first is enough: that nothing leads to but perhaps itself.
        let mut led_to = vec![false; reached.len()];
        for state in flow.states_of(scope.id) {
            for next in successors(flow, state).states.into_iter().filter(|next| *next != state.id) {
                let next = flow.state(next).and_then(|next| led_to.get_mut(next.index as usize));
                next.into_iter().for_each(|led_to| *led_to = true);
            }
        }
        for loops_too in [false, true] {
            for state in flow.states_of(scope.id) {
                let is = |list: &[bool]| list.get(state.index as usize).copied().unwrap_or(true);
                let name = state.name.map_or("", |name| name.value);
                // Of two states of one name only the first can be reached: that has been said.
                if is(&reached) || is(&led_to) && !loops_too || flow.find(scope.id, name) != Some(state.id) {
                    continue;
                }
                let message = ["nothing leads to the ", flow.dialect.state_word(), " `", name, "`"].concat();
                findings.about(state.node.span(), Diagnostic::new(Code::UnreachableState, state.place(), message));
                reach(flow, Some(state.id), &mut reached);
            }
        }
    }
}
