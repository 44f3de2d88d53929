//! # What it does
//! Reports loops without an exit, and loops that contain only passes and choices.
//!
//! # Why is this bad?
//! An execution in a loop without an exit can only fail or time out. It fails after at most 5,000
//! events (<https://alibabacloud.com/help/zh/serverless-workflow/latest/limits>). A loop without a
//! task or a wait reaches this limit immediately.
//!
//! # Example
//! ```yaml
//! - {Type: Pass, Name: A, Next: B}
//! - {Type: Pass, Name: B, Next: A}
//! ```
//!
//! # Use instead
//! ```yaml
//! - {Type: Task, Name: A, Action: "FC:InvokeFunction", Next: B}
//! - Type: Choice
//!   Name: B
//!   Branches:
//!     - {Condition: $Input.done, Next: C}
//!   Default: A
//! - {Type: Succeed, Name: C}
//! ```

use super::name_of;
use super::successor::Ways;
use crate::flow::{Findings, Flow, Scope, State, StateKind};
use cloudflow_base::diagnostic::Code;
use cloudflow_base::limits::EVENTS;
use cloudflow_base::small::to_decimal;

pub(super) fn check(flow: &Flow<'_>, scope: &Scope<'_>, ways: &Ways, findings: &mut Findings) {
    let states = flow.states_of(scope.id);
    let mut leaves = vec![false; states.len()];
    ways.before.mark(ways.exits.clone(), &mut leaves);
    // One finding per loop, at its first state.
    let stuck = leaves.iter().zip(&ways.reached).position(|(leaves, reached)| *reached && !*leaves);
    if let Some(state) = stuck.and_then(|at| states.get(at)) {
        let message = "endless loop: no path from the {} `{}` leads to an end";
        findings
            .report(Code::EndlessLoop, state.place(), message, &[flow.dialect.state_word(), name_of(state)])
            .about(state.node.span());
    } else if let Some(state) = idle_loop(states, ways).and_then(|at| states.get(at as usize)) {
        let message = "`{}` is in a loop without a task or a wait, which reaches the limit of {} events immediately";
        let args = [name_of(state), &to_decimal(EVENTS)];
        findings.report(Code::EndlessLoop, state.place(), message, &args).about(state.node.span());
    }
}

/// A state of a loop that contains only passes and choices.
fn idle_loop(states: &[State<'_>], ways: &Ways) -> Option<u32> {
    const NEW: u8 = 0;
    const ACTIVE: u8 = 1;
    const DONE: u8 = 2;
    let mut colours = vec![DONE; states.len()];
    for (state, colour) in states.iter().zip(&mut colours) {
        if is_idle(state) {
            *colour = NEW;
        }
    }
    for start in 0..states.len() as u32 {
        if ways.reached.get(start as usize) != Some(&true) || colours.get(start as usize) != Some(&NEW) {
            continue;
        }
        // The active states, each with the number of edges that are left to follow.
        let mut way: Vec<(u32, usize)> = Vec::new();
        let mut next = start;
        loop {
            match colours.get_mut(next as usize) {
                Some(colour) if *colour == NEW => {
                    *colour = ACTIVE;
                    way.push((next, ways.next.of(next).len()));
                }
                Some(&mut ACTIVE) => return Some(next),
                _ => {}
            }
            while let Some((at, 0)) = way.last() {
                if let Some(colour) = colours.get_mut(*at as usize) {
                    *colour = DONE;
                }
                way.pop();
            }
            let Some((at, left)) = way.last_mut() else { break };
            *left -= 1;
            next = ways.next.of(*at).get(*left).copied().unwrap_or(u32::MAX);
        }
    }
    None
}

fn is_idle(state: &State<'_>) -> bool {
    match &state.kind {
        StateKind::Pass => true,
        StateKind::Choice(choice) => choice.options.iter().chain(&choice.default).all(|way| way.body.is_none()),
        _ => false,
    }
}
