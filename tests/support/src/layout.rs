//! No case is lost: every file of `tests/cases` is a part of a case that the suites read.

#![allow(clippy::string_slice, reason = "cut at an ASCII character")]

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Mutex, PoisonError};

use crate::{cases, files, root};

/// A family: the parts that make a file or folder a case, then the other parts.
struct Family {
    name: &'static str,
    markers: &'static [&'static str],
    others: &'static [&'static str],
    /// Whether each case has a folder.
    folders: bool,
}

const FAMILIES: [Family; 15] = [
    flat("check", &["yaml"], &["out", "options.json", "seeds.txt"]),
    flat("editor", &["yaml"], &["out"]),
    flat("execution", &["response.json"], &["execution.json", "out"]),
    flat("expr", &["txt"], &[]),
    flat("fault", &["answer.txt"], &["out"]),
    flat("graph", &["yaml"], &["graph.json", "mmd", "parsed.json"]),
    flat("hub", &["txt"], &[]),
    flat("poll", &["txt"], &[]),
    flat("seeds", &["txt"], &[]),
    flat("state", &["yaml"], &["calls.json", "out.json"]),
    flat("yaml", &["yaml"], &["tree", "out"]),
    // `*.yaml`: the definitions that a script names.
    folder("emulate", &["script.txt"], &["answers.txt", "*.yaml"]),
    folder("migrate", &["flow.yaml"], &["input.json", "mocks.json", "expected.yaml", "diagnostics.txt"]),
    folder(
        "sign",
        &["request.json", "string.json", "table.json"],
        &[
            "canonical.txt",
            "to-sign.txt",
            "signature.txt",
            "authorization.txt",
            "url.txt",
            "message.txt",
            "expected.txt",
        ],
    ),
    folder("simulate", &["flow.yaml"], &["input.json", "mocks.json", "options.json", "trace.json", "flows/*.yaml"]),
];

const fn flat(name: &'static str, markers: &'static [&'static str], others: &'static [&'static str]) -> Family {
    Family { name, markers, others, folders: false }
}

const fn folder(name: &'static str, markers: &'static [&'static str], others: &'static [&'static str]) -> Family {
    Family { name, markers, others, folders: true }
}

/// `*.yaml` names every file with that ending.
fn is_part(part: &str, known: &str) -> bool {
    match known.split_once('*') {
        None => part == known,
        Some((before, after)) => {
            let middle = part.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            middle.is_some_and(|middle| !middle.is_empty() && !middle.contains('/'))
        }
    }
}

/// One test may move files that the other lists.
static FILES: Mutex<()> = Mutex::new(());

#[test]
fn every_file_is_a_part_of_a_case() {
    let _guard = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let all = root().join("tests/cases");
    let mut families = BTreeSet::new();
    let mut failures = Vec::new();
    for entry in fs::read_dir(&all).unwrap() {
        families.insert(entry.unwrap().file_name().to_string_lossy().into_owned());
    }
    assert_eq!(families, FAMILIES.iter().map(|family| family.name.to_owned()).collect(), "families of tests/cases");
    let mut total = 0;
    for family in &FAMILIES {
        let mut names = BTreeSet::new();
        for marker in family.markers {
            let found = cases(family.name, marker);
            total += found.len();
            for case in found {
                let name = case.name;
                assert!(names.insert(name.clone()), "{}/{name} is a case twice", family.name);
            }
        }
        let dir = all.join(family.name);
        let mut markers = 0;
        for path in files(&dir) {
            let path = path.strip_prefix(&dir).unwrap().to_string_lossy().replace('\\', "/");
            let is_named_well = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-./".contains(c);
            if !path.chars().all(is_named_well) {
                failures.push(format!("{}/{path}: names are kebab-case", family.name));
            }
            // `<case>/<part>` or `<case>.<part>`; a part may hold `/` or `.` itself.
            let end = if family.folders { '/' } else { '.' };
            let case = path.match_indices(end).find(|(at, _)| names.contains(&path[..*at]));
            let Some((at, _)) = case else {
                failures.push(format!("{}/{path}: no case reads it (cases have {:?})", family.name, family.markers));
                continue;
            };
            let part = &path[at + 1..];
            if family.markers.contains(&part) {
                markers += 1;
            } else if !family.others.iter().any(|known| is_part(part, known)) {
                failures.push(format!("{}/{path}: the family has no part `{part}`", family.name));
            }
        }
        assert_eq!(markers, names.len(), "files of {} beside the cases that are read", family.name);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(total > 900, "only {total} cases");
}

/// `<code>` is that of the first error; without an error, that of the first finding. `ok` has no finding.
/// `UPDATE_EXPECT=1` moves the others.
#[test]
fn cases_are_filed_under_their_code() {
    let _guard = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut failures = Vec::new();
    for family in ["check", "yaml"] {
        for case in cases(family, "yaml") {
            let folder = case.name.split('/').next().unwrap();
            let text = case.read_if_there("out").unwrap_or_default();
            let found = findings(&text);
            let first = found.iter().find(|(severity, _)| *severity == "error").or(found.first());
            let wanted = first.map_or("ok", |(_, code)| *code);
            let is_right = folder == wanted && case.name.matches('/').count() == 1;
            if !is_right && crate::is_update() {
                let (_, name) = case.name.rsplit_once('/').unwrap_or(("", &case.name));
                let into = root().join("tests/cases").join(family).join(wanted);
                fs::create_dir_all(&into).unwrap();
                for part in ["yaml", "out", "tree", "options.json", "seeds.txt"] {
                    let (from, to) = (case.path(part), into.join(format!("{name}.{part}")));
                    assert!(!to.exists(), "{} exists already", to.display());
                    if from.exists() {
                        fs::rename(from, to).unwrap();
                    }
                }
                // Only an empty folder goes.
                let _ = fs::remove_dir(&case.dir);
            } else if !is_right {
                failures.push(format!("{family}/{}: belongs to `{family}/{wanted}/`", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Severity and code of each finding of a `.out`; the lines below a finding are indented.
fn findings(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with(' '));
    let read = |line: &'_ str| -> Option<(usize, usize)> {
        // `1:2-3:4 error code: message`, or without a place.
        let head = line.find(": ")?;
        let code = line[..head].rfind(' ')? + 1;
        Some((code, head))
    };
    lines
        .filter_map(|line| {
            let (code, end) = read(line)?;
            Some((line[..code].split_whitespace().next_back()?, &line[code..end]))
        })
        .collect()
}
