//! The rules of the house that a compiler does not check.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests read files, and may panic"
)]

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
        let before = found.len();
        files(&root().join(dir), ends, &mut found);
        assert!(found.len() > before, "{dir} holds no source file");
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

/// The address of the repository is a placeholder: it must be possible to replace it everywhere at once.
#[test]
fn the_repository_has_one_address() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let manifest = read("Cargo.toml");
    let value = |key: &str| {
        let start = format!("{key} = \"");
        let line = manifest.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("no {key}"));
        line.trim_end_matches('"').to_owned()
    };
    let address = value("repository");
    let package: serde_json::Value = serde_json::from_str(&read("pkg/package.json")).unwrap();
    assert_eq!(package["repository"]["url"], format!("git+{address}.git"));
    assert_eq!(package["homepage"], format!("{address}#readme"));
    assert_eq!(package["bugs"], format!("{address}/issues"));
    assert!(value("documentation").starts_with(&address));
    assert!(manifest.contains(&format!("authors = [{}]", package["author"])), "`author` of pkg/package.json");

    // Whatever names the project elsewhere names the same address.
    let mut found = vec![root().join(".github/ISSUE_TEMPLATE/config.yml")];
    for file in fs::read_dir(root()).unwrap() {
        found.extend(Some(file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    files(&root().join("docs"), &[".md"], &mut found);
    let (host, name) = ("https://github.com/", "/cloudflow-wasm");
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices(host) {
            let rest = &text[at..];
            let owner_end = rest[host.len()..].find('/').map(|end| host.len() + end);
            if owner_end.is_some_and(|end| rest[end..].starts_with(name)) {
                assert!(rest.starts_with(&address), "{}: another address than {address}", path.display());
            }
        }
    }
}

/// Git must not convert line ends: a case without its CR LF tests nothing.
#[test]
fn cases_with_carriage_returns_keep_them() {
    let attributes = fs::read_to_string(root().join(".gitattributes")).unwrap();
    assert!(attributes.lines().any(|line| line == "tests/cases/** -text"));
    let mut found = Vec::new();
    files(&root().join("tests/cases"), &[".yaml"], &mut found);
    // What a migration writes has LF.
    found.retain(|path| path.to_string_lossy().contains("crlf") && !path.ends_with("expected.yaml"));
    assert!(found.len() >= 4, "only {} cases have `crlf` in their path", found.len());
    for path in found {
        assert!(fs::read_to_string(&path).unwrap().contains("\r\n"), "{}: no CR LF", path.display());
    }
}
