//! # What it does
//! Reports transitions (`Next`, `Default`, `StartAt`, `goto`) to a name that no state of the same
//! list has.
//!
//! # Why is this bad?
//! The execution fails at the transition, or the service refuses the definition. A jump cannot
//! enter or leave a branch, an option or an iteration
//! (<https://help.aliyun.com/document_detail/122497.html>).
//!
//! # Example
//! ```yaml
//! - Type: Pass
//!   Name: Prepare
//!   Next: Snd
//! - Type: Pass
//!   Name: Send
//!   End: true
//! ```
//!
//! # Use instead
//! ```yaml
//!   Next: Send
//! ```

use super::name_of;
use crate::flow::{Findings, Flow, ScopeId, State, StateKind, Target};
use cloudflow_base::diagnostic::{Code, nearest};
use cloudflow_base::small;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    let mut unresolved = Unresolved { flow, list: Vec::new() };
    for scope in flow.scopes() {
        unresolved.check(scope.id, scope.start_at);
    }
    for state in flow.states() {
        transitions(state, &mut unresolved);
    }
    if unresolved.list.is_empty() {
        return;
    }
    // The named states of all scopes, to find a name in another scope.
    let mut named: Vec<&State<'_>> = Vec::new();
    for state in flow.states() {
        if state.name.is_some() {
            named.push(state);
        }
    }
    small::sort_by(&mut named, |a, b| name_of(a).cmp(name_of(b)).then(a.scope.cmp(&b.scope)));
    for (scope, target) in unresolved.list {
        let word = flow.dialect.state_word();
        let name = target.text.value;
        let span = target.text.span;
        if let Some(other) = named.binary_search_by(|state| name_of(state).cmp(name)).ok().and_then(|at| named.get(at))
        {
            let message = "`{}` is a {} of another list: a jump cannot enter or leave a list of {}s";
            let reported = findings.report(Code::UnknownTarget, span, message, &[name, word, word]);
            if let Some(state) = flow.find(other.scope, name).and_then(|id| flow.state(id)) {
                reported.related(state.place(), "defined here", &[]);
            }
            continue;
        }
        let siblings = flow.states_of(scope);
        let names = siblings.iter().filter_map(|state| state.name).map(|name| name.value);
        let meant = if findings.may_search(siblings.len()) { nearest(name, names) } else { None };
        if let Some(meant) = meant {
            let message = "unknown {} `{}` in this list: did you mean `{}`?";
            findings.report(Code::UnknownTarget, span, message, &[word, name, meant]).change(name, span, meant);
        } else if flow.scope(scope).is_none_or(|scope| !scope.damaged) {
            // In a damaged scope the state may be in the unreadable part.
            findings.report(Code::UnknownTarget, span, "unknown {} `{}` in this list", &[word, name]);
        }
    }
}

/// The transitions without a target state.
struct Unresolved<'f, 'a> {
    flow: &'f Flow<'a>,
    list: Vec<(ScopeId, Target<'a>)>,
}

impl<'a> Unresolved<'_, 'a> {
    #[inline(never)]
    fn check(&mut self, scope: ScopeId, target: Option<Target<'a>>) {
        if let Some(target) = target
            && target.state.is_none()
            && !target.text.opaque
            && self.flow.scope(scope).is_some_and(|scope| !scope.open)
        {
            self.list.push((scope, target));
        }
    }
}

/// Checks every transition of a state.
fn transitions<'a>(state: &State<'a>, unresolved: &mut Unresolved<'_, 'a>) {
    unresolved.check(state.scope, state.next.get());
    for rule in state.catch_rules() {
        unresolved.check(state.scope, rule.target);
    }
    if let StateKind::Choice(choice) = &state.kind {
        for way in choice.options.iter().chain(&choice.default) {
            unresolved.check(state.scope, way.target);
        }
    }
}
