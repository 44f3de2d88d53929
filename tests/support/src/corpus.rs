//! Flow definitions as people write them: `tests/corpus` always, `CLOUDFLOW_CORPUS` in addition if it is set.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::{env, fs, io};

/// The folders of a corpus: one for each dialect, and definitions with placeholders of a template language.
pub const FOLDERS: [&str; 3] = ["flow", "statemachine", "templated"];

/// One file of a corpus.
pub struct Definition {
    /// `<folder>/<file>`.
    pub name: String,
    pub text: String,
    /// Whether it is a file of `tests/corpus`.
    pub own: bool,
}

/// The definitions of `folders`, our own first, sorted by name.
pub fn definitions(folders: &[&str]) -> Vec<Definition> {
    let mut found = of(&own(), folders, true);
    assert!(!found.is_empty(), "{} holds no definition", own().display());
    if let Some(other) = external() {
        let others = of(&other, folders, false);
        assert!(!others.is_empty(), "CLOUDFLOW_CORPUS: {} holds no definition", other.display());
        found.extend(others);
    }
    found
}

/// The folder of our own corpus.
pub fn own() -> PathBuf {
    crate::root().join("tests/corpus")
}

/// The folder that `CLOUDFLOW_CORPUS` names. The first call without it says so, past the capture of `cargo test`.
pub fn external() -> Option<PathBuf> {
    static TOLD: Once = Once::new();
    let folder = env::var_os("CLOUDFLOW_CORPUS").filter(|folder| !folder.is_empty());
    if folder.is_none() {
        TOLD.call_once(|| notice("CLOUDFLOW_CORPUS is not set: tests read the definitions of tests/corpus only"));
    }
    folder.map(PathBuf::from)
}

/// Prints a line that `cargo test` shows although the test passes.
pub fn notice(line: &str) {
    // `eprintln!` is captured.
    let _ = writeln!(io::stderr(), "note: {line}");
}

fn of(root: &Path, folders: &[&str], own: bool) -> Vec<Definition> {
    let mut found = Vec::new();
    for folder in folders {
        let dir = root.join(folder);
        let entries = fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
            found.push(Definition { name, text: fs::read_to_string(&path).unwrap(), own });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Name and codes of the findings of each definition of `tests/corpus`, as its index lists them.
pub fn index() -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string(own().join("README.md")).unwrap();
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.contains(".yaml` |"));
    let mut rows: Vec<_> = rows
        .map(|row| {
            let (first, codes) = row.trim_end_matches(" |").rsplit_once(" | ").unwrap();
            (quoted(first).remove(0), quoted(codes))
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn the_index_lists_every_definition() {
    let listed = index();
    let listed: Vec<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();
    let files = of(&own(), &FOLDERS, true);
    assert_eq!(listed, files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>());
}
