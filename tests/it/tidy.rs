//! The rules of the house that a compiler does not check.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms a room may know, besides itself. `ARCHITECTURE.md` says why.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("order", &[]),
    ("text", &[]),
    ("diagnostic", &["text"]),
    ("yaml", &["text", "diagnostic"]),
    ("expr", &["text", "diagnostic"]),
    ("flow", &["text", "diagnostic", "yaml", "expr"]),
    ("check", &["text", "diagnostic", "yaml", "expr", "flow"]),
    ("graph", &["text", "diagnostic", "yaml", "expr", "flow"]),
    ("wire", &["text", "diagnostic"]),
    ("sign", &["text", "wire"]),
    ("poll", &["wire"]),
    ("migrate", &["text", "diagnostic", "yaml", "expr", "flow", "check"]),
    ("simulate", &["text", "diagnostic", "yaml", "expr", "flow"]),
    ("emulate", &["text", "diagnostic", "yaml", "expr", "flow", "check", "wire", "sign", "simulate"]),
    (
        "api",
        &[
            "text",
            "diagnostic",
            "yaml",
            "expr",
            "flow",
            "check",
            "graph",
            "wire",
            "sign",
            "poll",
            "migrate",
            "simulate",
            "emulate",
        ],
    ),
    ("wasm", &["text", "diagnostic", "wire", "sign", "poll", "emulate", "api"]),
];

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

/// The room a file below `src/` belongs to.
fn room(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap();
    inside.split(['/', '.']).next().unwrap()
}

#[test]
fn rooms_know_only_what_stands_before_them() {
    let mut wrong = Vec::new();
    for (file, text) in sources(&["src"], &[".rs"]) {
        let here = room(&file);
        if matches!(here, "lib" | "language") {
            continue;
        }
        let allowed = MAY_KNOW
            .iter()
            .find(|(name, _)| *name == here)
            .unwrap_or_else(|| panic!("`{here}` ({file}) is not in the table of rooms"))
            .1;
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for used in line.match_indices("crate::").map(|(at, found)| &line[at + found.len()..]) {
                // `crate::{a, b}` names several; anything else names one.
                let names: Vec<&str> = match used.strip_prefix('{') {
                    Some(list) => list.split([',', '}']).map(str::trim).collect(),
                    None => vec![used],
                };
                for name in names {
                    let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                    if !["", "order", here].contains(&name) && !allowed.contains(&name) {
                        wrong.push(format!("{file}: `{here}` must not know `{name}`"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_wasm_room_names_javascript() {
    let crates = ["wasm_bindgen", "js_sys", "web_sys", "gloo_net", "serde_wasm_bindgen"];
    for (file, text) in sources(&["src"], &[".rs"]) {
        if room(&file) != "wasm" {
            for name in crates {
                assert!(!text.contains(&format!("{name}::")), "{file} uses {name}");
            }
        }
    }
}

#[test]
fn no_file_holds_two_things() {
    let mut long: Vec<String> = Vec::new();
    for (file, text) in
        sources(&["src", "tests", "xtask", "pkg", "www"], &[".rs", ".js", ".mjs", ".ts", ".css", ".html"])
    {
        let lines = text.lines().count();
        if lines > 600 {
            long.push(format!("{file}: {lines} lines"));
        }
        assert!(!file.ends_with("/mod.rs"), "{file}: `foo.rs` beside `foo/`, no `mod.rs`");
    }
    assert!(long.is_empty(), "much past 500 lines:\n{}", long.join("\n"));
}

#[test]
fn codes_are_kebab_case_and_distinct() {
    let mut seen = std::collections::HashSet::new();
    for code in cloudflow_wasm::diagnostic::Code::ALL {
        let name = code.as_str();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
        assert!(seen.insert(name), "{name} twice");
        assert!(!code.meaning().is_empty(), "{name} has no meaning");
    }
}

/// Each message template has as many arguments as holes, in every call whose template and
/// arguments are literals. The debug assertion in `fill` covers the other calls.
#[test]
fn templates_have_their_arguments() {
    let text = r#""(?:[^"\\]|\\.)*""#;
    let inline = regex_lite::Regex::new(&format!(r"({text}),\s*&\[")).unwrap();
    let named = regex_lite::Regex::new(&format!(r"let message =\s*({text});")).unwrap();
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (file, source) in sources(&["src", "crates"], &[".rs"]) {
        // A use of `message` belongs to the last definition before it.
        let mut calls: Vec<(&str, &str)> = Vec::new();
        for found in inline.captures_iter(&source) {
            let template = found.get(1).unwrap().as_str();
            // A literal without a space is a key or a code.
            if template.contains(' ') {
                calls.push((template, &source[found.get(0).unwrap().end()..]));
            }
        }
        for found in named.captures_iter(&source) {
            let rest = &source[found.get(0).unwrap().end()..];
            let rest = &rest[..rest.find("let message").unwrap_or(rest.len())];
            if let Some((_, args)) = rest.split_once("message, &[") {
                calls.push((found.get(1).unwrap().as_str(), args));
            }
        }
        for (template, args) in calls {
            let (holes, given) = (template.matches("{}").count(), arguments(args));
            checked += 1;
            if holes != given {
                wrong.push(format!("{file}: {template} has {holes} holes and {given} arguments"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 100, "only {checked} calls found");
}

/// The number of elements before the `]` that closes a list.
fn arguments(list: &str) -> usize {
    let (mut depth, mut count, mut pending) = (0, 0, false);
    for c in list.chars() {
        match c {
            ']' if depth == 0 => break,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => pending = false,
            c if !c.is_whitespace() && !pending => {
                pending = true;
                count += 1;
            }
            _ => {}
        }
    }
    count
}
