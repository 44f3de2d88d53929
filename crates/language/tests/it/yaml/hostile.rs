//! Texts that nobody means well: cut anywhere, nested without end, full of names.

use std::fmt::Write as _;

use cloudflow_base::diagnostic::{Code, Diagnostic};
use cloudflow_language::yaml::{self, Kind, Node, Tree};

use super::{Random, texts};

/// Reads the text and looks at all of it: every span is in the text, inside its parent's, in
/// order; every place of every scalar is one of the text.
fn look_at(text: &str) -> (Tree<'_>, Vec<Diagnostic>) {
    let (tree, diagnostics) = yaml::parse(text);
    for diagnostic in &diagnostics {
        let span = diagnostic.span.unwrap();
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {diagnostic:?} in {text:?}");
        for edit in diagnostic.fix.iter().flat_map(|fix| &fix.edits) {
            assert!(text.get(edit.span.start as usize..edit.span.end as usize).is_some(), "{diagnostic:?} in {text:?}");
        }
    }
    // Nodes behind aliases are seen where they are, once.
    fn look(text: &str, node: Node<'_>, parent: (u32, u32), todo: &mut usize) -> u32 {
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
            assert!(child.span().start >= last, "{:?} is out of order in {text:?}", child.span());
            last = look(text, child, here, todo);
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
                    // Line breaks, escapes and blanks of folding are written otherwise.
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
        look(text, root, (0, text.len() as u32), &mut 20_000);
    }
    (tree, diagnostics)
}

#[test]
fn cut_at_every_character() {
    for text in texts() {
        // Long texts are cut more rarely.
        let step = 1 + text.len() / 50;
        for (at, _) in text.char_indices().step_by(step).chain([(text.len(), ' ')]) {
            look_at(&text[..at]);
        }
        for (at, c) in text.char_indices().step_by(step) {
            look_at(&(text[..at].to_owned() + &text[at + c.len_utf8()..]));
        }
    }
}

#[test]
fn random_bytes_of_yaml() {
    let alphabet = [
        " ", " ", "\n", "\n", "  ", "-", "- ", ": ", ":", "?", "\"", "'", "[", "]", "{", "}", ",", "#", "&", "*", "!",
        "|", ">", "%", "@", "`", "\\", "\t", "\r", "a", "b", "流", "🎈", "{{", "}}", "{%", "%}", "${", "---", "...",
        "\0", "\u{feff}",
    ];
    let mut random = Random(7);
    for _ in 0..8_000 {
        let mut text = String::new();
        for _ in 0..random.below(24) {
            text += alphabet[random.below(alphabet.len())];
        }
        look_at(&text);
    }
}

#[test]
fn nesting_without_end() {
    let n = 100_000;
    let mut stairs = String::new();
    for depth in 0..3_000 {
        writeln!(stairs, "{}a:", " ".repeat(depth)).unwrap();
    }
    for text in
        ["[".repeat(n), "{".repeat(n), "{a: ".repeat(n), "- ".repeat(n), "? ".repeat(n), "[[".repeat(n) + "]", stairs]
    {
        let (_, diagnostics) = yaml::parse(&text);
        let limits = diagnostics.iter().filter(|d| d.code == Code::YamlLimit).count();
        assert_eq!(limits, 1, "{:?}", diagnostics.first());
        assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    }
}

#[test]
fn an_alias_bomb_stays_small() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let alias = format!("*a{}, ", n - 1).repeat(9);
        writeln!(text, "a{n}: &a{n} [{alias}]").unwrap();
    }
    let (_, diagnostics) = yaml::parse(&text);
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::YamlLimit]);
    // Aliases in a chain nest as deep as what they name.
    let mut text = String::from("- &a0 [x]\n");
    for n in 1..1000 {
        writeln!(text, "- &a{n} [*a{}]", n - 1).unwrap();
    }
    let (_, diagnostics) = yaml::parse(&text);
    assert!(diagnostics.iter().all(|d| d.code == Code::YamlLimit) && !diagnostics.is_empty());
    let (_, diagnostics) = yaml::parse("a: &a [*a]\n");
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::YamlUnknownAlias]);
}

#[test]
fn many_names() {
    let (mut keys, mut anchors) = (String::new(), String::new());
    for n in 0..100_000 {
        writeln!(keys, "key{n}: {n}").unwrap();
        writeln!(anchors, "- &a{n} x\n- *a{}", n / 2).unwrap();
    }
    keys += "key77: again\n";
    let (tree, diagnostics) = yaml::parse(&keys);
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::DuplicateKey]);
    assert_eq!(tree.root().unwrap().entries().count(), 100_001);
    let (tree, diagnostics) = yaml::parse(&anchors);
    assert_eq!(diagnostics, []);
    assert_eq!(tree.root().unwrap().items().count(), 200_000);
}
