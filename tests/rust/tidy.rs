//! The rules of the house that a compiler does not check.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files, and may panic")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, ends: &[&str], into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["node_modules", "target", "wasm-bindgen", "screens"].contains(&name.as_str()) && !name.starts_with('.')
            {
                files(&path, ends, into);
            }
        } else if ends.iter().any(|end| name.ends_with(end)) {
            into.push(path);
        }
    }
}

fn sources(dirs: &[&str], ends: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for dir in dirs {
        files(&root().join(dir), ends, &mut found);
    }
    found.sort();
    found
        .into_iter()
        .filter(|path| !path.starts_with(root().join("pkg/wasm")))
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn no_file_holds_two_things() {
    let mut long: Vec<String> = Vec::new();
    for (file, text) in
        sources(&["src", "crates", "tests", "xtask", "pkg", "www"], &[".rs", ".js", ".mjs", ".ts", ".css", ".html"])
    {
        let lines = text.lines().count();
        if lines > 600 {
            long.push(format!("{file}: {lines} lines"));
        }
        assert!(!file.ends_with("/mod.rs"), "{file}: `foo.rs` beside `foo/`, no `mod.rs`");
    }
    assert!(long.is_empty(), "much past 500 lines:\n{}", long.join("\n"));
}
