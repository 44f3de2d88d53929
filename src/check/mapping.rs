//! # What it does
//! Reads the data mappings of the `flow` dialect: sources that look like references but are none,
//! or refer to what is not there; targets made twice.
//!
//! # Why is this bad?
//! A source that begins with neither `$input`, `$local` nor `$context` is a constant and is passed
//! on as it stands. Of two mappings with one target only the later one has an effect
//! (<https://help.aliyun.com/document_detail/122493.html>).
//!
//! # Example
//! ```yaml
//! inputMappings:
//!   - {target: name, source: $inputs.name}
//! ```
//!
//! # Use instead
//! ```yaml
//! inputMappings:
//!   - {target: name, source: $input.name}
//! ```

use super::expression::{FLOW_CONTEXT, is_reference, source};
use crate::diagnostic::{Code, Diagnostic, Severity, nearest};
use crate::expr::{self, ExprKind, Place, StepKind};
use crate::flow::{Dialect, Findings, Flow, Mapping, Shaping, StateKind, Text, text};
use crate::order;

const SOURCE: Place = Place {
    variables: &["$input", "$local", "$context"],
    elsewhere: &[],
    instead: &[("$Input", "$input"), ("$Output", "$local"), ("$Context", "$context")],
    context: FLOW_CONTEXT,
    functions: false,
    condition: false,
};

/// What `$local` is where a list of mappings stands.
#[derive(Clone, Copy, PartialEq)]
enum Local {
    Known,
    /// There is none.
    Empty(&'static str),
    /// `error` and `cause`.
    Error,
}

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if flow.dialect != Dialect::Flow {
        return;
    }
    list(&flow.input, Local::Empty("the flow has not run yet"), findings);
    list(&flow.output, Local::Known, findings);
    for state in flow.states() {
        let output = match state.kind {
            StateKind::Pass => Local::Empty("a `pass` step makes no data of its own"),
            StateKind::Wait(_) => Local::Empty("a `wait` step makes no data of its own"),
            _ => Local::Known,
        };
        list(&state.input, Local::Known, findings);
        list(&state.output, output, findings);
        list(&state.error, Local::Error, findings);
    }
}

fn list(shaping: &Option<Shaping<'_>>, local: Local, findings: &mut Findings) {
    let Some(Shaping::Mappings { entries, .. }) = shaping else { return };
    for entry in entries {
        let text = entry.source.and_then(text).filter(|text| !text.opaque && text.value.starts_with('$'));
        if let Some(text) = text {
            reference(text, local, findings);
        }
    }
    twice(entries, findings);
}

fn reference(text: Text<'_>, local: Local, findings: &mut Findings) {
    let parsed = expr::parse(text.value).ok().filter(|parsed| is_reference(&parsed.expr));
    let Some(parsed) = parsed else {
        let message = ["`", text.value, "` is no reference: it is taken as a text"].concat();
        findings.add(Diagnostic::new(Code::LiteralReference, text.span, message));
        return;
    };
    let (name, steps) = match &parsed.expr.kind {
        ExprKind::Variable(name) => (*name, &[][..]),
        ExprKind::Path(base, steps) => match base.kind {
            ExprKind::Variable(name) => (name, steps.as_slice()),
            _ => return,
        },
        _ => return,
    };
    let span = source(text, crate::text::Span::new(0, name.len()));
    if name == "$" {
        let message = "`$` is documented for conditions, collections and parameters only: write `$input` or `$local`";
        findings.about(text.span, Diagnostic::new(Code::MisplacedVariable, span, message).severity(Severity::Warning));
        return;
    }
    if !SOURCE.variables.contains(&name) {
        let known = SOURCE.instead.iter().find(|(other, _)| *other == name).map(|(_, meant)| *meant);
        let mut message = ["there is no variable `", name, "`: `", text.value, "` is taken as a text"].concat();
        let Some(meant) = known.or_else(|| nearest(name, SOURCE.variables.iter().copied())) else {
            findings.add(Diagnostic::new(Code::LiteralReference, text.span, message));
            return;
        };
        message.push_str(&[", did you mean `", meant, "`?"].concat());
        let title = ["change `", name, "` to `", meant, "`"].concat();
        findings.about(
            text.span,
            Diagnostic::new(Code::LiteralReference, span, message).fix(title, span, meant),
        );
        return;
    }
    if name == "$local" {
        match (local, steps.first().map(|step| &step.kind)) {
            (Local::Empty(why), _) => {
                let message = ["`$local` is empty here: ", why].concat();
                let diagnostic = Diagnostic::new(Code::MisplacedVariable, span, message);
                findings.about(text.span, diagnostic.severity(Severity::Warning));
            }
            (Local::Error, Some(StepKind::Member(member))) if !["error", "cause", "code"].contains(&member.as_ref()) => {
                let message = ["a caught error has `error` and `cause`, no `", member, "`"].concat();
                findings.about(text.span, Diagnostic::new(Code::UnknownMember, text.span, message));
            }
            _ => {}
        }
        return;
    }
    let mut found = Vec::new();
    expr::check(&parsed.expr, &SOURCE, &mut found);
    for mut diagnostic in found {
        diagnostic.span = diagnostic.span.map(|span| source(text, span));
        for edit in diagnostic.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = source(text, edit.span);
        }
        findings.about(text.span, diagnostic);
    }
}

fn twice(entries: &[Mapping<'_>], findings: &mut Findings) {
    let mut targets: Vec<Text<'_>> =
        entries.iter().filter_map(|entry| entry.target).filter(|target| !target.opaque).collect();
    order::sort_by(&mut targets, |a, b| a.value.cmp(b.value));
    for pair in targets.windows(2) {
        let [first, second] = pair else { continue };
        if first.value == second.value {
            let message = ["`", second.value, "` is made twice: this one replaces the one before"].concat();
            let diagnostic = Diagnostic::new(Code::DuplicateTarget, second.span, message);
            findings.add(diagnostic.related(first.span, "the one before"));
        }
    }
}
