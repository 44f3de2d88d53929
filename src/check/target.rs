//! # What it does
//! Looks for transitions (`Next`, `Default`, `StartAt`, `goto`) to a name that no state of the
//! same list has.
//!
//! # Why is this bad?
//! The execution fails when it gets there; the service may refuse the definition.
//! Scopes are closed: a branch, an option or an iteration cannot be entered or left by a jump
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

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::flow::{Findings, Flow, ScopeId, State, StateKind, Target};
use crate::order;

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    let mut lost = Vec::new();
    for scope in flow.scopes() {
        lost.extend(scope.start_at.filter(|target| target.state.is_none()).map(|target| (scope.id, target)));
    }
    for state in flow.states() {
        lost.extend(targets(state).filter(|target| target.state.is_none()).map(|target| (state.scope, *target)));
    }
    lost.retain(|(scope, target)| !target.text.opaque && flow.scope(*scope).is_some_and(|scope| !scope.open));
    if lost.is_empty() {
        return;
    }
    // Where each name is, to say that it is another scope's.
    let mut names: Vec<(&str, ScopeId)> = Vec::new();
    for state in flow.states() {
        names.extend(state.name.map(|name| (name.value, state.scope)));
    }
    order::sort(&mut names);
    for (scope, target) in lost {
        let word = flow.dialect.state_word();
        let name = target.text.value;
        let span = target.text.span;
        let elsewhere = names.binary_search_by_key(&name, |(name, _)| *name).ok().and_then(|at| names.get(at));
        if let Some((_, other)) = elsewhere {
            let first = flow.find(*other, name).and_then(|id| flow.state(id));
            let message =
                ["`", name, "` is a ", word, " of another list: a jump cannot enter or leave a list of ", word, "s"];
            let mut diagnostic = Diagnostic::new(Code::UnknownTarget, span, message.concat());
            if let Some(state) = first {
                diagnostic = diagnostic.related(state.place(), "it stands here");
            }
            findings.add(diagnostic);
            continue;
        }
        let siblings = flow.states_of(scope);
        let mut message = ["there is no ", word, " `", name, "` in this list"].concat();
        let meant = if findings.may_search(siblings.len()) {
            nearest(name, siblings.iter().filter_map(|state| state.name).map(|name| name.value))
        } else {
            None
        };
        let Some(meant) = meant else {
            // The state may stand where the text could not be read.
            if flow.scope(scope).is_some_and(|scope| scope.torn) {
                continue;
            }
            findings.add(Diagnostic::new(Code::UnknownTarget, span, message));
            continue;
        };
        message.push_str(&[": did you mean `", meant, "`?"].concat());
        let title = ["change `", name, "` to `", meant, "`"].concat();
        findings.add(Diagnostic::new(Code::UnknownTarget, span, message).fix(title, span, meant));
    }
}

/// Every transition a state names.
fn targets<'s, 'a>(state: &'s State<'a>) -> impl Iterator<Item = &'s Target<'a>> {
    let (options, default) = match &state.kind {
        StateKind::Choice(choice) => (choice.options.as_slice(), choice.default.as_ref()),
        _ => (&[][..], None),
    };
    let ways = options.iter().chain(default).filter_map(|way| way.target.as_ref());
    state.next.iter().chain(state.catch.iter().filter_map(|rule| rule.target.as_ref())).chain(ways)
}
