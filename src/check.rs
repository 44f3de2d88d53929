//! What is wrong with a flow: one file for each check over the model.
//!
//! Which severity a finding has follows from how sure it is: what the vendor's pages say is an
//! error; what only samples or common sense say is a warning.

mod choice;
mod constructor;
mod ending;
mod expression;
mod local;
mod loops;
mod map;
mod mapping;
mod name;
mod reach;
mod rules;
mod service;
mod successor;
mod target;
mod task;
mod version;
mod wait;

use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Findings, Flow, load};
use crate::text::Span;
use crate::yaml::Tree;

/// A request to the service may have 1,024 KiB
/// (<https://alibabacloud.com/help/zh/serverless-workflow/latest/limits>).
const MAX_BYTES: usize = 1024 * 1024;

/// Loads the flow of a tree and runs every check. `yaml` is what reading the text has found; all
/// findings come back in the one order.
pub fn check<'a>(tree: &'a Tree<'a>, yaml: Vec<Diagnostic>) -> (Option<Flow<'a>>, Vec<Diagnostic>) {
    let torn: Vec<Span> =
        yaml.iter().filter(|found| found.code.as_str().starts_with("yaml-")).filter_map(|found| found.span).collect();
    let mut findings = Findings::new();
    for diagnostic in yaml {
        findings.add(diagnostic);
    }
    let flow = load(tree, &torn, &mut findings);
    if let Some(flow) = &flow {
        if tree.text().len() > MAX_BYTES {
            let message = "a definition may have 1024 KiB at most, as much as a request to the service";
            let place = flow.root.entries().next().map_or(Span::at(0), |(key, _)| key.span());
            findings.about(flow.root.span(), Diagnostic::new(Code::TooLarge, place, message));
        }
        for check in CHECKS {
            check(flow, &mut findings);
        }
    }
    (flow, findings.finish(tree.root()))
}

/// Every check, each in its own file.
const CHECKS: [fn(&Flow<'_>, &mut Findings); 15] = [
    choice::check,
    constructor::check,
    ending::check,
    expression::check,
    local::check,
    loops::check,
    map::check,
    mapping::check,
    name::check,
    reach::check,
    rules::check,
    target::check,
    task::check,
    version::check,
    wait::check,
];
