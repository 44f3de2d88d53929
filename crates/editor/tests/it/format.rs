//! Formatting keeps the content and every comment of every text, and changes nothing the second time.

#![allow(clippy::disallowed_methods, reason = "the test reads the files of all families")]

use std::sync::atomic::{AtomicUsize, Ordering};

use cloudflow_editor::{FormatOptions, OpenFlow};
use cloudflow_language::shape::flow_to_mermaid;
use cloudflow_language::yaml;
use cloudflow_tests::{files, root};

use crate::corpus::{apply, corpus, each};

/// The comments with the text of their lines, without indentation.
fn comments(text: &str, any_order: bool) -> Vec<String> {
    let tokens = OpenFlow::open(text.to_owned(), Default::default()).semantic_tokens();
    let is_comment = |token: &cloudflow_editor::Token| token.kind == cloudflow_editor::TokenKind::Comment;
    let mut found: Vec<String> = tokens
        .iter()
        .filter(|token| is_comment(token))
        .map(|token| token.span.of(text).trim_end().to_owned())
        .collect();
    if any_order {
        found.sort();
    }
    found
}

/// Everything that does not depend on the layout.
fn content(text: &str, any_order: bool) -> (String, String) {
    let (tree, _) = yaml::parse(text);
    let mut out = String::new();
    let mut todo: Vec<(yaml::Node<'_>, usize)> = tree.root().map(|root| (root, 0)).into_iter().collect();
    while let Some((node, depth)) = todo.pop() {
        out += &format!("{depth} {:?} {:?} {:?} {:?}\n", node.kind(), node.tag(), node.text(), node.resolve());
        if depth > 40 {
            continue;
        }
        todo.extend(node.items().map(|item| (item, depth + 1)));
        let mut entries: Vec<_> = node.entries().collect();
        if any_order {
            entries.sort_by_key(|(key, _)| key.text().map(str::to_owned));
        }
        for (key, value) in entries {
            todo.push((key, depth + 1));
            todo.push((value, depth + 1));
        }
    }
    (out, flow_to_mermaid(text))
}

/// The corpus, and every YAML file of every family of cases.
fn texts() -> Vec<(String, String)> {
    let mut all = corpus();
    let folder = root().join("tests/cases");
    for path in files(&folder) {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        if name.ends_with(".yaml")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            all.push((name, text));
        }
    }
    assert!(all.len() > 1000, "{} texts", all.len());
    all
}

fn check(options: FormatOptions) {
    let (changed, refused, all) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    each(&texts(), |name, text| {
        let formatted = OpenFlow::open(text.to_owned(), Default::default()).format(options);
        all.fetch_add(1, Ordering::Relaxed);
        if !formatted.diagnostics.is_empty() {
            assert!(formatted.edits.is_empty());
            if formatted.diagnostics.iter().any(|found| found.message.contains("layout")) {
                refused.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        let after = apply(text, &formatted.edits);
        changed.fetch_add(usize::from(after != text), Ordering::Relaxed);
        let any_order = options.sort_keys;
        assert!(content(text, any_order) == content(&after, any_order), "{name}: the content differs\n{after}");
        assert_eq!(comments(text, any_order), comments(&after, any_order), "{name}: the comments differ\n{after}");
        if !any_order {
            assert_eq!(text.lines().count(), after.lines().count(), "{name}: the number of lines differs");
        }
        let again = OpenFlow::open(after.clone(), Default::default()).format(options);
        let twice = apply(&after, &again.edits);
        assert_eq!(again.diagnostics, [], "{name}: refused the second time\n{after}");
        assert_eq!(after, twice, "{name}: the second time changes the text");
    });
    let (all, changed, refused) = (all.into_inner(), changed.into_inner(), refused.into_inner());
    assert!(changed > 5 && refused < 3, "{all} texts, {changed} changed, {refused} refused");
}

#[test]
fn indentation_keeps_content_and_comments() {
    check(FormatOptions { sort_keys: false });
}

#[test]
fn order_of_keys_keeps_content_and_comments() {
    check(FormatOptions { sort_keys: true });
}
