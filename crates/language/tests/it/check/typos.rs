//! Misspelt keys: every key of the valid cases with every kind of typo. A misspelt key never takes effect, the text
//! without it decides whether the flow is valid, and the typo causes one finding whose fix repairs the text.

use cloudflow_base::shape::Diagnostic;
use cloudflow_language::shape::{parse_flow, validate_flow};
use cloudflow_language::yaml::{Kind, Node, parse};

use super::invariants::apply_repair;
use crate::yaml::Random;
use cloudflow_tests::{cases, report, scaled};

/// The scalar keys of a text that consist of letters: start and text.
fn keys(text: &str) -> Vec<(usize, String)> {
    let (tree, _) = parse(text);
    let mut found = Vec::new();
    let mut todo: Vec<Node<'_>> = tree.root().into_iter().collect();
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for (key, value) in node.entries() {
            todo.push(value);
            let span = key.span();
            let text = key.text().unwrap_or_default();
            let plain = key.kind() == Kind::Scalar && text.len() == (span.end - span.start) as usize;
            if plain && text.len() > 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                found.push((span.start as usize, text.to_owned()));
            }
        }
    }
    found.sort();
    found
}

/// A key with one typo of a kind.
fn typo(key: &str, kind: usize, random: &mut Random) -> String {
    let at = random.below(key.len());
    let letter = char::from(b'a' + random.below(26) as u8);
    let mut letters: Vec<char> = key.chars().collect();
    match kind {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        2 => letters.insert(at, letter),
        3 => letters[at] = letter,
        4 => letters.swap(at, (at + 1) % key.len()),
        5 => letters.push('s'),
        6 => {
            letters[0] = if letters[0].is_uppercase() {
                letters[0].to_ascii_lowercase()
            } else {
                letters[0].to_ascii_uppercase()
            }
        }
        _ => letters.insert(at, '_'),
    }
    letters.into_iter().collect()
}

/// The flow of a text without its positions.
fn flow(text: &str) -> String {
    serde_json::to_value(parse_flow(text)).unwrap()["flow"].to_string()
}

fn at(found: &Diagnostic) -> usize {
    found.range.unwrap().start.offset as usize
}

#[test]
fn a_misspelt_key_never_takes_effect() {
    let mut random = Random(0x7e57);
    let (mut tried, mut meant) = (0, 0);
    let mut failures = Vec::new();
    let sound = cases("check", "yaml").into_iter().filter(|case| case.name.starts_with("ok/"));
    let sound: Vec<_> = sound.filter(|case| !case.path("options.json").exists()).collect();
    let rounds = scaled("TYPO_ROUNDS", 1);
    for case in &sound {
        let text = case.read("yaml");
        if !text.is_ascii() || text.len() > 8 * 1024 {
            continue;
        }
        let taken: Vec<String> = keys(&text).into_iter().map(|(_, key)| key).collect();
        for (start, key) in keys(&text) {
            for round in 0..8 * rounds {
                let wrong = typo(&key, round as usize % 8, &mut random);
                let put = |new: &str| [&text[..start], new, &text[start + key.len()..]].concat();
                if taken.contains(&wrong) || wrong == key {
                    continue;
                }
                let bad = put(&wrong);
                let found = validate_flow(&bad);
                let here: Vec<_> =
                    found.diagnostics.iter().filter(|one| one.code == "unknown-key" && at(one) == start).collect();
                let [one] = here[..] else { continue };
                tried += 1;
                // A key of the same length that resembles no other.
                let other = put(&"Q".repeat(wrong.len()));
                let without = validate_flow(&other);
                let name = || format!("{}: `{key}` as `{wrong}`", case.name);
                // A key of the other dialect is an error, whether it is required or not.
                let foreign = one.message.contains("is a key of the");
                if found.valid != without.valid && !foreign {
                    let list: Vec<_> = without.diagnostics.iter().map(|one| &one.message).collect();
                    failures.push(format!(
                        "{}: valid: {}, without it: {}: {list:?}",
                        name(),
                        found.valid,
                        without.valid
                    ));
                }
                if flow(&bad) != flow(&other) {
                    failures.push(format!("{}: takes effect", name()));
                }
                let Some(fix) = &one.fix else { continue };
                let mended = apply_repair(&bad, fix);
                if mended != text {
                    continue;
                }
                meant += 1;
                if found.diagnostics.len() != 1 {
                    let list: Vec<_> = found.diagnostics.iter().map(|one| &one.message).collect();
                    failures.push(format!("{}: {list:?}", name()));
                }
            }
        }
    }
    println!("{tried} misspelt keys, {meant} understood");
    assert!(cloudflow_tests::is_quick() || tried > 1000 && meant * 10 > tried * 9, "{tried} keys, {meant} understood");
    failures.sort();
    failures.dedup();
    report("typos", failures);
}
