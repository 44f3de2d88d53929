//! The invariants of the tree of any text. The fuzzers check them too.

use cloudflow_base::diagnostic::Diagnostic;
use cloudflow_language::yaml::{self, Kind, Node, Tree};

/// Reads the text and checks the tree: each span is in the text, inside its parent, and in order; each offset in a
/// scalar maps to a position of the text.
pub fn check_invariants(text: &str) -> (Tree<'_>, Vec<Diagnostic>) {
    let (tree, diagnostics) = yaml::parse(text);
    for diagnostic in &diagnostics {
        let span = diagnostic.span.unwrap();
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {diagnostic:?} in {text:?}");
        for edit in diagnostic.fix.iter().flat_map(|fix| &fix.edits) {
            assert!(text.get(edit.span.start as usize..edit.span.end as usize).is_some(), "{diagnostic:?} in {text:?}");
        }
    }
    // The node of an alias is checked once, at its definition.
    fn check(text: &str, node: Node<'_>, parent: (u32, u32), todo: &mut usize) -> u32 {
        let span = node.span();
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
        assert!(parent.0 <= span.start && span.end <= parent.1, "{span:?} is not inside {parent:?} in {text:?}");
        *todo = todo.saturating_sub(1);
        if *todo == 0 || text[span.start as usize..].starts_with('*') {
            return span.end;
        }
        let mut last = span.start;
        let here = (span.start, span.end);
        let mut child = |child: Node<'_>| {
            // Merged entries have the place of the alias.
            let merged = text[child.span().start as usize..].starts_with('*');
            assert!(merged || child.span().start >= last, "{:?} is out of order in {text:?}", child.span());
            last = check(text, child, here, todo);
        };
        match node.kind() {
            Kind::Sequence => node.items().for_each(child),
            Kind::Mapping => node.entries().for_each(|(key, value)| {
                child(key);
                child(value);
            }),
            Kind::Scalar => {
                let value = node.text().unwrap();
                let mut before = span.start;
                for (at, c) in value.char_indices().take(400) {
                    let place = node.source_offset(at);
                    assert!(before <= place && place <= span.end, "{at} of {value:?} at {place} in {text:?}");
                    assert!(text.is_char_boundary(place as usize), "{at} of {value:?} at {place} in {text:?}");
                    let there = text[place as usize..].chars().next();
                    // Line breaks, escapes and folded blanks differ from the source.
                    assert!(
                        there == Some(c)
                            || matches!(there, Some('\\' | '\n' | '\r' | ' ' | '\t' | '\0'))
                            || there.is_none(),
                        "{at} of {value:?} at {place} in {text:?}"
                    );
                    before = place;
                }
            }
        }
        span.end
    }
    if let Some(root) = tree.root() {
        check(text, root, (0, text.len() as u32), &mut 20_000);
    }
    (tree, diagnostics)
}
