//! What the test suites of the crates share: walks the folders of cases and compares with the expected files.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic, and needs no documentation"
)]

use std::path::{Path, PathBuf};
use std::{env, fs};

/// How many of `all` random rounds a test plays: all, or a few where `CASES_QUICK` is set (`cargo xtask test --quick`).
pub fn rounds(all: u64) -> u64 {
    if is_quick() { (all / 20).max(1) } else { all }
}

/// Tests that take a text apart at every character do it at every n-th.
pub fn stride() -> usize {
    if is_quick() { 23 } else { 1 }
}

/// Whether what never happened proves nothing, because few rounds are played.
pub fn is_quick() -> bool {
    env::var_os("CASES_QUICK").is_some_and(|value| value != "0")
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

/// One folder of `tests/cases/<family>`.
pub struct Case {
    /// The path below the family, with `/`.
    pub name: String,
    pub dir: PathBuf,
}

/// Every folder below `tests/cases/<family>` that holds `marker`, sorted. A family without a
/// case is a mistake.
pub fn cases(family: &str, marker: &str) -> Vec<Case> {
    let root = root().join("tests/cases").join(family);
    let mut found = Vec::new();
    let mut todo = vec![root.clone()];
    while let Some(dir) = todo.pop() {
        let entries = fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.file_name().is_some_and(|name| name == marker) {
                let name = dir.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Case { name, dir: dir.clone() });
            }
        }
    }
    assert!(!found.is_empty(), "no case of family `{family}` holds a `{marker}`");
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

impl Case {
    /// A file of the case; panics where it is missing.
    pub fn read(&self, file: &str) -> String {
        let path = self.dir.join(file);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// A file of the case, if it is there.
    pub fn read_if_there(&self, file: &str) -> Option<String> {
        self.dir.join(file).exists().then(|| self.read(file))
    }

    /// Compares with the expected file, or rewrites it where `UPDATE_EXPECT=1`. What differs is
    /// added to `failures`.
    pub fn expect(&self, file: &str, actual: &str, failures: &mut Vec<String>) {
        let path = self.dir.join(file);
        if env::var("UPDATE_EXPECT").is_ok_and(|v| v == "1") {
            fs::write(&path, actual).unwrap();
            return;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != actual {
            failures.push(format!("{}/{file}\n--- expected\n{expected}\n--- actual\n{actual}", self.name));
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
