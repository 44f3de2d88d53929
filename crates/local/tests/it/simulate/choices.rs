//! `docs/emulator.md` lists undocumented behaviour. Each row names the case that tests it.

use std::collections::BTreeSet;
use std::fs;

/// All cases in the last column of the tables exist.
#[test]
fn every_choice_has_its_case() {
    let root = cloudflow_tests::root();
    let text = fs::read_to_string(root.join("docs/emulator.md")).unwrap();
    let mut rows = 0;
    let mut missing = Vec::new();
    let mut in_table = false;
    for line in text.lines() {
        let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) else {
            in_table &= line.starts_with('|');
            continue;
        };
        let last = row.rsplit(" | ").next().unwrap();
        if last == "case" {
            in_table = true;
        } else if in_table {
            rows += 1;
            let cases: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
            if cases.is_empty() || cases.iter().any(|case| !root.join("tests/cases").join(case).exists()) {
                missing.push(line);
            }
        }
    }
    assert!(rows > 40, "only {rows} rows were found");
    assert!(missing.is_empty(), "rows without an existing case:\n{}", missing.join("\n"));
}

/// The list contains exactly the error names of the interpreter.
#[test]
fn every_error_name_is_listed() {
    let root = cloudflow_tests::root();
    let text = fs::read_to_string(root.join("docs/emulator.md")).unwrap();
    let list = text.split("## Names of errors").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut used = BTreeSet::new();
    let mut todo = vec![
        root.join("crates/local/src/simulate"),
        root.join("crates/local/src/simulate.rs"),
        root.join("crates/local/src/simulation.rs"),
        root.join("crates/local/src/shape.rs"),
        root.join("pkg/cli"),
        root.join("pkg/local"),
    ];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            names(&fs::read_to_string(path).unwrap_or_default(), '"', &mut used);
        }
    }
    let mut listed = BTreeSet::new();
    names(list, '`', &mut listed);
    assert_eq!(used, listed);
}

fn names(text: &str, quote: char, into: &mut BTreeSet<String>) {
    into.extend(text.split(quote).filter(|word| word.starts_with("Local.") && !word.contains(' ')).map(str::to_owned));
}
