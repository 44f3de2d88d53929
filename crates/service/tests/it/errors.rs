//! The registry of error codes, its page, and the sources that use it.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::fs;
use std::path::{Path, PathBuf};

use cloudflow_base::diagnostic::{ErrorCode, Retryable};
use cloudflow_tests::root;

/// `docs/errors.md` has a section for each code, in the order of the registry, with the kinds, the meaning and the
/// advice of the registry. `tests/js/errors.test.mjs` runs the examples.
#[test]
fn errors_are_documented() {
    let page = fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let sections: Vec<(&str, &str)> =
        page.split("\n### ").skip(1).map(|section| section.split_once('\n').unwrap()).collect();
    let documented: Vec<&str> = sections.iter().map(|(code, _)| *code).collect();
    let known: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(documented, known);
    for (code, (_, section)) in ErrorCode::ALL.iter().zip(&sections) {
        let kinds: Vec<String> = code.kinds().iter().map(|kind| format!("`{}`", kind.as_str())).collect();
        let retryable = match code.retryable() {
            Retryable::No => "not retryable",
            Retryable::Yes => "retryable",
            Retryable::Depends => "retryable in some cases",
        };
        let text = format!("\n*{}, {retryable}.* {}\n\n{}\n", kinds.join(" or "), code.meaning(), code.advice());
        assert!(section.starts_with(&text), "`{}` should begin with {text}", code.as_str());
    }
}

/// JavaScript uses only the codes of `codes.js`, and the registry has each of them.
#[test]
fn javascript_uses_the_codes_of_the_registry() {
    let mut sources = Vec::new();
    collect(&root().join("pkg"), "js", &mut sources);
    let text = |path: &Path| fs::read_to_string(path).unwrap();
    let table = text(&root().join("pkg/shared/codes.js"));
    let mut names = Vec::new();
    for line in table.lines().filter_map(|line| line.strip_prefix("export const ")) {
        let (name, code) = line.trim_end_matches(';').split_once(" = ").unwrap();
        let code = code.trim_matches('"');
        assert!(ErrorCode::ALL.iter().any(|known| known.as_str() == code), "the registry has no `{code}`");
        assert_eq!(name, camel_case(code));
        names.push(name);
    }
    let mut used = Vec::new();
    for path in &sources {
        let text = text(path);
        let places = text
            .match_indices("codes.")
            .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '/'));
        for (at, _) in places {
            let name: String = text[at + 6..].chars().take_while(|c| c.is_alphanumeric()).collect();
            assert!(names.contains(&name.as_str()), "{}: `codes.{name}` does not exist", path.display());
            used.push(name);
        }
        // The codes of the service begin with a capital letter.
        for (at, found) in text.match_indices("code: \"") {
            let first = text[at + found.len()..].chars().next();
            assert!(first.is_some_and(char::is_uppercase), "{}: a code is written out", path.display());
        }
    }
    for name in names {
        assert!(used.iter().any(|used| used == name), "`codes.{name}` is not used");
    }
}

/// The code of an error about arguments is that of its first finding. The registry has all these codes.
#[test]
fn findings_about_arguments_have_error_codes() {
    let mut found = 0;
    for file in
        ["crates/base/src/fields.rs", "crates/service/src/client/options.rs", "crates/service/src/wire/request.rs"]
    {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for (_, rest) in text.match_indices("(Code::").map(|(at, found)| text.split_at(at + found.len())) {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            assert!(ErrorCode::ALL.iter().any(|code| format!("{code:?}") == name), "{file}: `Code::{name}`");
            found += 1;
        }
        for (at, _) in text.match_indices("    Code::") {
            let name: String = text[at + 10..].chars().take_while(|c| c.is_alphanumeric()).collect();
            assert!(ErrorCode::ALL.iter().any(|code| format!("{code:?}") == name), "{file}: `Code::{name}`");
        }
    }
    assert!(found > 5);
}

/// Rust sources contain no code of the registry as a text. They use [`ErrorCode`] or `Code`.
#[test]
fn rust_uses_the_codes_of_the_registry() {
    let mut sources = Vec::new();
    for folder in ["src", "crates/service/src"] {
        collect(&root().join(folder), "rs", &mut sources);
    }
    assert!(sources.len() > 20);
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        for code in ErrorCode::ALL.iter().map(|code| code.as_str()).filter(|code| code.contains('-')) {
            assert!(!text.contains(&format!("\"{code}\"")), "{}: \"{code}\"", path.display());
        }
    }
}

fn camel_case(code: &str) -> String {
    let mut name = String::new();
    for (at, word) in code.split('-').enumerate() {
        let (first, rest) = word.split_at(1);
        name += &if at == 0 { first.to_owned() } else { first.to_uppercase() };
        name += rest;
    }
    name
}

/// The files with an extension below a folder, without generated files.
fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !["dist", "wasm", "node_modules"].iter().any(|made| path.ends_with(made)) {
            collect(&path, extension, found);
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
}
