//! Hostile texts: truncated, deeply nested, with many names.

use std::fmt::Write as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use cloudflow_base::diagnostic::Code;
use cloudflow_base::text::Span;
use cloudflow_language::shape;
use cloudflow_language::yaml;

use super::invariants::check_invariants;
use super::{Random, texts};

#[test]
fn cut_at_every_character() {
    for text in texts() {
        // Long texts are cut at fewer positions.
        let step = cloudflow_tests::stride() + text.len() / 50;
        for (at, _) in text.char_indices().step_by(step).chain([(text.len(), ' ')]) {
            check_invariants(&text[..at]);
        }
        for (at, c) in text.char_indices().step_by(step) {
            check_invariants(&(text[..at].to_owned() + &text[at + c.len_utf8()..]));
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
    for _ in 0..cloudflow_tests::rounds(8_000) {
        let mut text = String::new();
        for _ in 0..random.below(24) {
            text += alphabet[random.below(alphabet.len())];
        }
        check_invariants(&text);
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
    // Chained aliases have the depth of their nodes.
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

/// The time limit of a test: only a hang exceeds it, also on a loaded machine.
const HANGS: Duration = Duration::from_secs(600);

/// Runs `work` in a new thread. Fails if it does not end.
fn that_ends(work: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = thread::spawn(move || {
        work();
        done.send(()).unwrap();
    });
    match wait.recv_timeout(HANGS) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the reader did not end within {} s", HANGS.as_secs()),
        _ => thread.join().unwrap(),
    }
}

/// Every public reader of flow definitions.
fn read_in_every_way(text: &str) {
    check_invariants(text);
    shape::validate_flow(text);
    shape::parse_flow(text);
    shape::flow_graph(text);
    shape::flow_to_mermaid(text);
}

/// All short texts of these pieces, so that each piece occurs before and after a U+0000.
#[test]
fn control_characters_and_the_end() {
    that_ends(|| {
        let pieces = ["\u{7}", "\0", "\n", " ", "a", ": ", "- ", "[", "]", "{", "\"", "'", "|", "#", "?", "&", "流"];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            for text in &texts {
                let nul = text.find('\0');
                if nul.is_some() {
                    read_in_every_way(text);
                }
                let found = yaml::parse(text).1;
                let at = found.iter().filter(|one| one.message.contains("U+0000")).map(|one| one.span.unwrap());
                assert!(at.eq(nul.map(|nul| Span::new(nul, nul + 1))), "{text:?}: {found:?}");
            }
            texts = texts.iter().flat_map(|text| pieces.map(|piece| text.clone() + piece)).collect();
        }
    });
}

/// The text after a U+0000 has no effect.
#[test]
fn text_after_the_end_is_not_read() {
    that_ends(|| {
        let texts = texts();
        for text in texts.iter().filter(|text| text.len() < 8 * 1024) {
            for (at, _) in text.char_indices().step_by(1 + text.len() / 20) {
                let head = text[..at].to_owned() + "\0";
                let (short, long) = (yaml::parse(&head), head.clone() + &text[at..] + "\u{1}\0\"");
                let long = yaml::parse(&long);
                assert_eq!(short.1, long.1, "{head:?}");
                assert_eq!(format!("{:?}", short.0), format!("{:?}", long.0), "{head:?}");
            }
        }
    });
}

/// Binary files as a browser decodes them: archives, programs, pictures, documents, texts in other encodings.
#[test]
fn binary_files() {
    that_ends(|| {
        let mut utf16 = vec![0xFF, 0xFE];
        utf16.extend("Type: StateMachine\nName: 流程\n".encode_utf16().flat_map(u16::to_le_bytes));
        let heads: [&[u8]; 9] = [
            b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xDF\xA4\xD2l\x5A\x01\x00\x00 \x05\x00\x00\x13\x00\x08\x02[Content_Types].xml",
            b"\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03\xCB\x48\xCD\xC9\xC9\x07\x00\x86\xA6\x10\x36\x05\x00\x00\x00",
            b"\x7FELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00>\x00\x01\x00\x00\x00",
            b"\x89PNG\r\n\x1A\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06\x00\x00\x00",
            b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\nstream\n\x78\x9C\x07\x00\n",
            b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xFF\xFF\x00\x00",
            b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7F\x7F\x01\x7F",
            b"Name: \xC1\xF7\xB3\xCC\nType: StateMachine\n",
            &utf16,
        ];
        for head in heads {
            let mut random = Random(head.len() as u64);
            let rest: Vec<u8> = (0..1024).map(|_| random.below(256) as u8).collect();
            for bytes in [head.to_vec(), [head, &rest].concat()] {
                read_in_every_way(&String::from_utf8_lossy(&bytes));
            }
        }
    });
}
