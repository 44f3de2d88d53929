//! Every offered change of every definition can be applied, and adds no error.

use std::sync::atomic::{AtomicUsize, Ordering};

use cloudflow_base::diagnostic::Severity;
use cloudflow_editor::{ActionKind, OpenFlow};
use cloudflow_language::{Document, Options};

use crate::corpus::{apply, each, everything};

fn errors(text: &str) -> usize {
    let found = Document::read(text, Options::default(), &mut None).diagnostics;
    found.iter().filter(|found| found.severity == Severity::Error).count()
}

#[test]
fn changes_add_no_errors() {
    let count = AtomicUsize::new(0);
    each(&everything(), |name, text| {
        let open = OpenFlow::open(text.to_owned(), Options::default());
        let before = errors(text);
        let mut todo = open.symbols();
        let mut done = 0;
        while let Some(symbol) = todo.pop() {
            todo.extend(symbol.children);
            done += 1;
            if done > 40 {
                return;
            }
            let at = symbol.name_span.start as usize;
            for action in open.code_actions(at, at) {
                if action.kind != ActionKind::Refactor {
                    continue;
                }
                assert!(action.edits.is_sorted_by(|a, b| a.span.end <= b.span.start), "{name}: {}", action.title);
                let after = apply(text, &action.edits);
                count.fetch_add(1, Ordering::Relaxed);
                assert!(errors(&after) <= before, "{name}: {}:\n{after}", action.title);
                // A change is not offered again.
                let again = OpenFlow::open(after, Options::default());
                let titles: Vec<String> = again.code_actions(at, at).into_iter().map(|other| other.title).collect();
                assert!(!titles.contains(&action.title), "{name}: {} twice", action.title);
            }
        }
    });
    assert!(count.into_inner() > 50);
}
