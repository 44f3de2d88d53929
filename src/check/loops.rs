//! # What it does
//! Looks for loops that nothing leads out of, and for loops of nothing but passes and choices.
//!
//! # Why is this bad?
//! An execution that comes into the first kind can only fail or time out: at the latest after
//! 5,000 events (<https://alibabacloud.com/help/zh/serverless-workflow/latest/limits>). The second
//! kind waits for nothing and asks nobody, so it spends its events at once.
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

use super::successor::{is_sound, reach, successors};
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Findings, Flow, ScopeId, State, StateKind};

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    for scope in flow.scopes() {
        if !is_sound(flow, scope) {
            continue;
        }
        let states = flow.states_of(scope.id);
        let mut reached = vec![false; states.len()];
        reach(flow, flow.start(scope.id), &mut reached);
        let leaves = leaving(flow, scope.id);
        let is = |list: &[bool], at: usize| list.get(at).copied().unwrap_or(false);
        // One finding for a loop: at the first of its states.
        let stuck = states.iter().enumerate().find(|(at, _)| is(&reached, *at) && !is(&leaves, *at));
        if let Some((_, state)) = stuck {
            let word = flow.dialect.state_word();
            let name = state.name.map_or("", |name| name.value);
            let message = ["from the ", word, " `", name, "` on, every way leads round in a loop: nothing ends it"];
            let diagnostic = Diagnostic::new(Code::EndlessLoop, state.place(), message.concat());
            findings.about(state.node.span(), diagnostic);
            continue;
        }
        if let Some(state) = idle_loop(flow, scope.id, &reached) {
            let name = state.name.map_or("", |name| name.value);
            let message = ["`", name, "` is in a loop without a task or a wait: once in it, the 5000 events of an execution are spent at once"];
            let diagnostic = Diagnostic::new(Code::EndlessLoop, state.place(), message.concat());
            findings.about(state.node.span(), diagnostic);
        }
    }
}

/// The states from which the end of their scope can be reached.
fn leaving(flow: &Flow<'_>, scope: ScopeId) -> Vec<bool> {
    let states = flow.states_of(scope);
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); states.len()];
    let mut todo = Vec::new();
    for state in states {
        let next = successors(flow, state);
        if next.exit {
            todo.push(state.index);
        }
        for id in next.states {
            let after = flow.state(id).and_then(|after| before.get_mut(after.index as usize));
            after.into_iter().for_each(|before| before.push(state.index));
        }
    }
    let mut leaves = vec![false; states.len()];
    while let Some(at) = todo.pop() {
        match leaves.get_mut(at as usize) {
            Some(leaves) if !*leaves => *leaves = true,
            _ => continue,
        }
        todo.extend(before.get(at as usize).into_iter().flatten());
    }
    leaves
}

/// A state of a loop in which nothing happens.
fn idle_loop<'f, 'a>(flow: &'f Flow<'a>, scope: ScopeId, reached: &[bool]) -> Option<&'f State<'a>> {
    let states = flow.states_of(scope);
    let idle = |state: &State<'_>| match &state.kind {
        StateKind::Pass => true,
        StateKind::Choice(choice) => choice.options.iter().chain(&choice.default).all(|way| way.body.is_none()),
        _ => false,
    };
    // 0: not seen, 1: on the way, 2: done.
    let mut colour = vec![0u8; states.len()];
    for state in states {
        if !idle(state) || !reached.get(state.index as usize).copied().unwrap_or(false) {
            continue;
        }
        let mut way = vec![(state, successors(flow, state).states)];
        match colour.get_mut(state.index as usize) {
            Some(colour) if *colour == 0 => *colour = 1,
            _ => continue,
        }
        while let Some((at, rest)) = way.last_mut() {
            let Some(next) = rest.pop() else {
                if let Some(colour) = colour.get_mut(at.index as usize) {
                    *colour = 2;
                }
                way.pop();
                continue;
            };
            let Some(next) = flow.state(next).filter(|next| idle(next)) else { continue };
            match colour.get_mut(next.index as usize) {
                Some(colour) if *colour == 0 => *colour = 1,
                Some(1) => return Some(next),
                _ => continue,
            }
            way.push((next, successors(flow, next).states));
        }
    }
    None
}
