//! What the test suites of the crates share: reads the cases and the corpus, compares with expected outputs.
//! `tests/README.md` documents the families and their formats.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic, and needs no documentation"
)]

pub mod corpus;
#[cfg(test)]
mod layout;
pub mod seeds;

use std::path::{Path, PathBuf};
use std::{env, fs};

/// How many of `all` random rounds a test plays: all, or a few where `CASES_QUICK` is set (`cargo xtask test --quick`).
pub fn rounds(all: u64) -> u64 {
    if is_quick() { (all / 20).max(1) } else { all }
}

/// The number of rounds of a generator: `few`, or the value of an environment variable.
pub fn scaled(variable: &str, few: u64) -> u64 {
    env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(few)
}

/// Tests that take a text apart at every character do it at every n-th.
pub fn stride() -> usize {
    if is_quick() { 23 } else { 1 }
}

/// Whether what never happened proves nothing, because few rounds are played.
pub fn is_quick() -> bool {
    env::var_os("CASES_QUICK").is_some_and(|value| value != "0")
}

/// Whether expected output is written instead of compared.
pub fn is_update() -> bool {
    env::var("UPDATE_EXPECT").is_ok_and(|value| value == "1")
}

/// Parses JSON. This crate is optimized, the tests are not: three times as fast as in the test itself.
#[inline(never)]
pub fn parse(text: &[u8]) -> serde_json::Value {
    serde_json::from_slice(text).unwrap()
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_path_buf()
}

/// A case of `tests/cases/<family>`: a folder `<name>/` with one file per part, or files `<name>.<part>`.
pub struct Case {
    /// The path below the family, with `/`.
    pub name: String,
    /// The folder that holds the parts.
    pub dir: PathBuf,
    /// What the names of its files begin with: empty in a folder of its own, else `<name>.`.
    prefix: String,
}

/// Every case of `tests/cases/<family>` that has the part `marker`, sorted by name. A family without a
/// case is an error.
pub fn cases(family: &str, marker: &str) -> Vec<Case> {
    let root = root().join("tests/cases").join(family);
    let mut found = Vec::new();
    for path in files(&root) {
        let dir = path.parent().unwrap().to_path_buf();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let (named, prefix) = if file == marker {
            (dir.clone(), String::new())
        } else {
            let Some((stem, _)) = file.split_once('.').filter(|(_, part)| *part == marker) else { continue };
            (dir.join(stem), format!("{stem}."))
        };
        let name = named.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        found.push(Case { name, dir, prefix });
    }
    assert!(!found.is_empty(), "no case of family `{family}` has a part `{marker}`");
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Every file below a folder, sorted.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_path_buf()];
    while let Some(dir) = todo.pop() {
        let entries = fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() { todo.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

impl Case {
    /// The file of a part, present or not.
    pub fn path(&self, part: &str) -> PathBuf {
        self.dir.join(format!("{}{part}", self.prefix))
    }

    /// The text of a part; panics if it is absent.
    pub fn read(&self, part: &str) -> String {
        let path = self.path(part);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// The text of a part, if it is present.
    pub fn read_if_there(&self, part: &str) -> Option<String> {
        self.path(part).exists().then(|| self.read(part))
    }

    /// Compares with the expected output, or writes it if `UPDATE_EXPECT=1`. An absent file means no
    /// output. A difference is added to `failures`.
    pub fn expect(&self, part: &str, actual: &str, failures: &mut Vec<String>) {
        let path = self.path(part);
        if is_update() {
            if !actual.is_empty() {
                fs::write(&path, actual).unwrap();
            } else if path.exists() {
                fs::remove_file(&path).unwrap();
            }
            return;
        }
        let expected = self.read_if_there(part).unwrap_or_default();
        if expected != actual {
            let file = path.strip_prefix(root()).unwrap().display();
            failures.push(format!("{file}\n--- expected\n{expected}\n--- actual\n{actual}"));
        }
    }
}

/// Fails with every case that differs, not only the first.
pub fn report(family: &str, failures: Vec<String>) {
    assert!(
        failures.is_empty(),
        "{} of the cases of `{family}` differ (UPDATE_EXPECT=1 rewrites them):\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}
