//! # What it does
//! Checks the data mappings of the `flow` dialect: sources that look like references but are
//! constants, references to absent data, duplicate targets, constants that are too large.
//!
//! # Why is this bad?
//! A source that does not begin with `$input`, `$local` or `$context` is a constant and is passed
//! unchanged. If two mappings have the same target, only the later one has an effect
//! (<https://help.aliyun.com/document_detail/122493.html>). The input, output and local data of a
//! step may together have at most 32 KiB, by the same page.
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

use super::constructor::{constants, report_size};
use super::duplicates;
use super::expression::{FLOW_CONTEXT, is_reference, locate, plain_path, source};
use crate::expr::{self, ExprKind, MAPPING_VARIABLES, Place, STEP_VARIABLES, StepKind, Variable};
use crate::flow::{Dialect, Findings, Flow, Mapping, Shaping, StateKind, Text, text};
use crate::yaml::Node;
use cloudflow_base::diagnostic::{Code, Severity, nearest};
use cloudflow_base::limits::{DATA_BYTES, FLOW_DATA_BYTES};

const SOURCE: Place = Place {
    variables: MAPPING_VARIABLES,
    elsewhere: &[],
    instead: &[("$Input", "$input"), ("$Output", "$local"), ("$Context", "$context")],
    context: FLOW_CONTEXT,
    functions: false,
    condition: false,
};

/// The content of `$local` in a list of mappings.
#[derive(Clone, Copy, PartialEq)]
enum Local {
    Known,
    /// No data. The text is the reason.
    Empty(&'static str),
    /// `error` and `cause`.
    Error,
}

pub(super) fn check(flow: &Flow<'_>, findings: &mut Findings) {
    if flow.dialect != Dialect::Flow {
        return;
    }
    list(flow.root, &flow.input, Local::Empty("the flow has not run yet"), findings);
    list(flow.root, &flow.output, Local::Known, findings);
    for state in flow.states() {
        let output = match state.kind {
            StateKind::Pass => Local::Empty("a `pass` step has no output"),
            StateKind::Wait(_) => Local::Empty("a `wait` step has no output"),
            _ => Local::Known,
        };
        list(state.node, &state.input, Local::Known, findings);
        list(state.node, &state.output, output, findings);
        list(state.node, &state.error, Local::Error, findings);
    }
}

fn list(parent: Node<'_>, shaping: &Option<Shaping<'_>>, local: Local, findings: &mut Findings) {
    let Some(Shaping::Mappings { node, entries }) = shaping else { return };
    let mut size = 0;
    for entry in entries {
        let Some(source) = entry.source else { continue };
        match text(source).filter(|text| !text.opaque && text.value.starts_with('$')) {
            Some(text) => reference(text, local, findings),
            None => {
                size += constants(source);
                undollared(source, findings);
            }
        }
    }
    if size > DATA_BYTES {
        report_size(parent, Some(*node), size, DATA_BYTES, findings);
    } else if size > FLOW_DATA_BYTES {
        // The page of the dialect contradicts the newer limits page, so the service may accept it.
        report_size(parent, Some(*node), size, FLOW_DATA_BYTES, findings).severity(Severity::Warning);
    }
    targets(entries, findings);
}

/// Reports `input.id`: a reference without its `$`, which is a constant text.
fn undollared(source: Node<'_>, findings: &mut Findings) {
    // Fast path: `input`, `local`, `context`.
    let Some(text) = text(source).filter(|text| !text.opaque && text.value.starts_with(['i', 'l', 'c'])) else {
        return;
    };
    let meant = ["$", text.value].concat();
    let variable = plain_path(&meant, &SOURCE).is_some() || meant.starts_with("$context.");
    if variable && text.value.contains('.') && !text.value.contains(' ') {
        let message = "`{}` is a constant text: a reference begins with `$`";
        let reported = findings.report(Code::LiteralReference, text.span, message, &[text.value]);
        let member = meant.strip_prefix("$context.");
        if member.is_none_or(|member| FLOW_CONTEXT.iter().any(|(known, _)| *known == member)) {
            reported.fix("write `{}`", &[&meant], source.span(), &meant);
        }
    }
}

fn reference(text: Text<'_>, local: Local, findings: &mut Findings) {
    if plain_path(text.value, &SOURCE).is_some_and(|variable| local == Local::Known || variable != Variable::Local) {
        return;
    }
    let parsed = expr::parse(text.value).ok().filter(|parsed| is_reference(&parsed.expr));
    let Some(parsed) = parsed else {
        let message = "`{}` is a constant text, not a reference";
        findings.report(Code::LiteralReference, text.span, message, &[text.value]);
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
    let span = source(text, cloudflow_base::text::Span::new(0, name.len()));
    if STEP_VARIABLES.iter().any(|(own, _)| *own == name) {
        let message = "`$` is documented only for conditions, collections and parameters: write `$input` or `$local`";
        findings.report(Code::MisplacedVariable, span, message, &[]).severity(Severity::Warning).about(text.span);
        return;
    }
    let Some(variable) = SOURCE.variable(name) else {
        let known = SOURCE.instead.iter().find(|(other, _)| *other == name).map(|(_, meant)| *meant);
        let Some(meant) = known.or_else(|| nearest(name, SOURCE.names())) else {
            let message = "unknown variable `{}`: `{}` is a constant text";
            findings.report(Code::LiteralReference, text.span, message, &[name, text.value]);
            return;
        };
        let message = "unknown variable `{}`: `{}` is a constant text, did you mean `{}`?";
        findings
            .report(Code::LiteralReference, span, message, &[name, text.value, meant])
            .change(name, span, meant)
            .about(text.span);
        return;
    };
    if variable == Variable::Local {
        match (local, steps.first().map(|step| &step.kind)) {
            (Local::Empty(why), _) => {
                findings
                    .report(Code::MisplacedVariable, span, "`$local` is empty here: {}", &[why])
                    .severity(Severity::Warning)
                    .about(text.span);
            }
            (Local::Error, Some(StepKind::Member(member))) if !matches!(&**member, "error" | "cause" | "code") => {
                let message = "unknown member `{}`: a caught error has only `error` and `cause`";
                findings.report(Code::UnknownMember, text.span, message, &[member]);
            }
            _ => {}
        }
        return;
    }
    findings.make_room();
    let before = findings.list().len();
    expr::check(&parsed.expr, text.value, &SOURCE, findings.list());
    locate(text, before, findings);
}

fn targets(entries: &[Mapping<'_>], findings: &mut Findings) {
    let mut targets: Vec<Text<'_>> = Vec::new();
    for entry in entries {
        targets.extend(entry.target.filter(|target| !target.opaque));
    }
    duplicates(&mut targets, &mut |first, second| {
        let message = "duplicate target `{}`: this mapping replaces the earlier one";
        findings.report(Code::DuplicateTarget, second.span, message, &[second.value]).related(
            first.span,
            "the earlier mapping",
            &[],
        );
    });
}
