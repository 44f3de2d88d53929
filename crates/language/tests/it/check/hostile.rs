//! Hostile flows: truncated, edited at random, deeply nested. Nothing panics, findings are inside the text and in order,
//! repairs can be applied and add no findings.

use std::thread;

use cloudflow_language::shape::validate_flow;

use super::invariants::{apply_repair, check_invariants};
use crate::yaml::Random;
use cloudflow_tests::corpus::{FOLDERS, definitions};
use cloudflow_tests::{cases, report};

/// Distributes the texts over the processors.
fn each(texts: &[(String, String)], work: impl Fn(&str, &str) + Sync) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for first in 0..threads {
            let work = &work;
            scope.spawn(move || {
                for (name, text) in texts.iter().skip(first).step_by(threads) {
                    work(name, text);
                }
            });
        }
    });
}

/// The flows of the cases and of the corpus.
fn flows(corpus: bool) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for family in ["check", "graph"] {
        all.extend(cases(family, "yaml").into_iter().map(|case| (case.name.clone(), case.read("yaml"))));
    }
    if corpus {
        all.extend(definitions(&FOLDERS).into_iter().map(|definition| (definition.name, definition.text)));
    }
    all
}

/// Large constants are tested at their beginning only.
const LONG: usize = 8 * 1024;

#[test]
fn cut_at_every_character() {
    each(&flows(false), |name, text| {
        for (at, _) in text.char_indices().step_by(cloudflow_tests::stride()).filter(|_| text.len() < LONG) {
            check_invariants(&text[..at], &|| format!("{name} cut at {at}"));
        }
    });
}

#[test]
fn edited_at_random() {
    let pieces = [
        " ",
        "  ",
        "\n",
        "\n  ",
        "\n    ",
        ":",
        ": ",
        "- ",
        "\n- ",
        "? ",
        "#",
        "\"",
        "'",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "|",
        "&a ",
        "*a",
        "!t ",
        "\t",
        "---\n",
        "%",
        "$",
        "$Input",
        ".$",
        "x",
        "中",
        "🎈",
        "\r\n",
        "\\",
        "Next",
        "Type: Pass\n",
        "goto: a\n",
        "${x}",
        "{{ x }}",
        "true",
        "-1",
        "\u{1}",
    ];
    each(&flows(true), |name, text| {
        // Each text has its own series, which is the same in every run.
        let mut random = Random(text.bytes().fold(0x5eed, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte)) | 1);
        let rounds = cloudflow_tests::rounds(2 + 60_000 / (text.len() as u64 + 500));
        for round in 0..rounds {
            let mut text = text.to_owned();
            for _ in 0..=random.below(4) {
                let at = floor(&text, random.below(text.len() + 1));
                match random.below(3) {
                    0 => text.replace_range(at..floor(&text, (at + 1 + random.below(12)).min(text.len())).max(at), ""),
                    1 => text.insert_str(at, pieces[random.below(pieces.len())]),
                    _ => {
                        // Copies a part of the text to another place.
                        let end = floor(&text, (at + random.below(60)).min(text.len())).max(at);
                        let moved = text[at..end].to_owned();
                        let to = floor(&text, random.below(text.len() + 1));
                        text.insert_str(to, &moved);
                    }
                }
            }
            check_invariants(&text, &|| format!("{name}, round {round}:\n{text}"));
        }
    });
}

#[test]
fn nested_without_end() {
    let deep = 10_000;
    let machine = "Type: StateMachine\nName: m\nSpecVersion: v1\nStartAt: A\nStates: ";
    let flow = "version: v1\ntype: flow\nsteps: ";
    let condition = "[{Type: Choice, Name: A, Default: A, Branches: [{Next: A, Condition: ";
    for (head, piece) in [
        (machine, "[{Type: Parallel, Name: A, End: true, Branches: [{StartAt: A, States: "),
        (machine, "[{Type: Map, Name: A, ItemsPath: $Input.a, End: true, Processor: {StartAt: A, States: "),
        (flow, "[{type: choice, name: a, choices: [{condition: $.a, steps: "),
        (flow, "[{type: foreach, name: a, iterationMapping: {collection: $.a, item: b}, steps: "),
        (flow, "{"),
    ] {
        let found = check_invariants(&(head.to_owned() + &piece.repeat(deep)), &|| piece.to_owned());
        assert_eq!(found.iter().filter(|one| one.code == "yaml-limit").count(), 1, "{piece}");
    }
    for piece in ["(", "!", "-", "f(", "[", "{\"a\": ", "$Input.a[", "1 in ", "a.", "$Input["] {
        let text = format!("{machine}{condition}'{}'}}]}}]\n", piece.repeat(deep));
        let found = check_invariants(&text, &|| piece.to_owned());
        assert!(!found.is_empty(), "{piece}");
    }
}

/// Aliases that expand exponentially: of states, of rules, of constants.
#[test]
fn alias_bombs_of_states() {
    let mut text = String::from("version: v1\ntype: flow\nsteps:\n  - &s0 {type: pass, name: a}\n");
    for n in 1..30 {
        let inner = format!("*s{}, ", n - 1).repeat(9);
        text += &format!(
            "  - &s{n} {{type: parallel, name: p{n}, branches: [{{steps: [{inner}]}}, {{steps: [{inner}]}}]}}\n"
        );
    }
    let found = check_invariants(&text, &|| "bomb".to_owned());
    assert_eq!(found.iter().filter(|one| one.code == "yaml-limit").count(), 1);
}

/// A repair of a case adds no finding elsewhere.
#[test]
fn repairs_add_no_findings() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, text) in flows(true) {
        let before = validate_flow(&text).diagnostics;
        for found in &before {
            let Some(fix) = &found.fix else { continue };
            count += 1;
            let mended = apply_repair(&text, fix);
            let lines = fix.edits.iter().map(|edit| edit.range.start.line);
            let (first, last) = (lines.clone().min().unwrap(), lines.max().unwrap());
            for other in check_invariants(&mended, &|| name.clone()) {
                let known = before.iter().any(|old| old.code == other.code && old.message == other.message);
                let line = other.range.unwrap().start.line;
                if !known && !(first..=last).contains(&line) {
                    failures
                        .push(format!("{name}: {}\n  then {line}: {} {}", found.message, other.code, other.message));
                }
            }
        }
    }
    assert!(count > 80, "only {count} repairs");
    report("repairs", failures);
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[test]
fn a_text_with_many_mistakes_has_its_first_reported() {
    let machine = |state: &str, count: usize| {
        format!("Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: S\nStates:\n{}", state.repeat(count))
    };
    let wrong = validate_flow(&machine("  - {Typee: Pas, Nam: S, Nxt: T}\n", 20_000));
    assert_eq!((wrong.valid, wrong.diagnostics.len()), (false, 100));
    // An error after more warnings than are reported.
    let mapping = "      - {target: t, source: $input.a}\n".repeat(5000);
    let text = format!(
        "version: v1\ntype: flow\nsteps:\n  - type: pass\n    name: a\n    outputMappings:\n{mapping}  - {{type: choice, name: c}}\n"
    );
    let report = validate_flow(&text);
    assert_eq!((report.valid, report.diagnostics.len()), (false, 100));
}

#[test]
fn escapes_after_the_last_reported_mistake_cost_no_memory() {
    let report = validate_flow(&format!("\"{}\"", "\\q".repeat(2_000_000)));
    assert!(report.diagnostics.len() < 1000 && !report.valid);
}

/// Texts of a MiB on which a search for repairs must not take quadratic time.
#[test]
fn long_texts_of_one_character_are_searched_in_linear_time() {
    let machine = "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: A\nStates:\n";
    let count = if cloudflow_tests::is_quick() { 10_000 } else { 100_000 };
    for (head, piece) in [
        ("States: [", " "),
        ("States: [", "\u{a0}"),
        ("States: [", "，"),
        ("States: [", "“a”, "),
        ("Next: ", "!a "),
        ("Next: ", "\u{200b}"),
        ("", "a\u{200b}"),
        ("", "–"),
        ("", "- "),
        ("", "<<<<<<<\n"),
        ("", "```\n"),
        ("{", "// a\n"),
        ("{", "/*"),
        ("", "<<: a\n"),
        ("", "-a\n"),
        ("", "1. "),
        ("", "> "),
        ("", "1 a\n"),
        ("", "$ a\n"),
        ("", "\\n"),
        ("", "  1. Type: a\n"),
        ("", "\u{a0}Type: a\n"),
        ("Next: ", "\u{a0}\n"),
        ("  - Condition: ", "&gt;"),
        ("  - Condition: ", "a, "),
        ("Errors:\n", "  -a\n"),
        ("", "\u{3000}"),
        ("", "\0a"),
        ("", "\u{fffd}"),
        ("  - Condition: ", "“"),
        ("  - a.$: ", "＄"),
        ("", "  - {Type: Pass, Name: A, Nxt: 014}\n"),
        ("", "  a: {Type: Pass}\n"),
    ] {
        let count = count * 3 / piece.len().max(3);
        let start = std::time::Instant::now();
        check_invariants(&format!("{machine}{head}{}", piece.repeat(count)), &|| format!("{head}{piece}"));
        assert!(start.elapsed().as_secs() < 30, "{head}{piece}: {:?}", start.elapsed());
    }
}
