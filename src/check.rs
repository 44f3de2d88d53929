//! What is wrong with a flow: one file for each check over the model.

mod target;

use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Findings, Flow, load};
use crate::text::Span;
use crate::yaml::Tree;

/// Loads the flow of a tree and runs every check. `yaml` is what reading the text has found; all
/// findings come back in the one order.
pub fn check<'a>(tree: &'a Tree<'a>, yaml: Vec<Diagnostic>) -> (Option<Flow<'a>>, Vec<Diagnostic>) {
    let torn: Vec<Span> =
        yaml.iter().filter(|found| found.code == Code::YamlSyntax).filter_map(|found| found.span).collect();
    let mut findings = Findings::new();
    for diagnostic in yaml {
        findings.add(diagnostic);
    }
    let flow = load(tree, &torn, &mut findings);
    if let Some(flow) = &flow {
        for check in CHECKS {
            check(flow, &mut findings);
        }
    }
    (flow, findings.finish(tree.root()))
}

/// Every check, each in its own file.
const CHECKS: [fn(&Flow<'_>, &mut Findings); 1] = [target::check];
