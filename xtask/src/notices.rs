//! `THIRD-PARTY.txt`: the notices of the software that the package contains in compiled form.
//!
//! The list of crates comes from `cargo metadata`, the texts come from the sources of the crates.
//! Only what is not in a crate is stored here: the texts in `xtask/notices/`.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::command::{command, output};
use crate::{Outcome, toolchain};

/// The crate whose dependencies are compiled in.
const ROOT: &str = "cloudflow-wasm";

/// The build tool whose output is part of the package: the JavaScript that loads the modules.
pub const GLUE: &str = "wasm-bindgen-cli-support";

/// The standard library. Its sources are not in the registry. The text is composed from
/// `share/doc/rust/COPYRIGHT-library.html` of the toolchain and the licence files of
/// compiler-builtins and libm.
const STD: &str = include_str!("../notices/rust-std.txt");

/// The licences that the package accepts, with a phrase that identifies the text of each.
/// Where a crate offers a choice, the first of this list is taken.
const ALLOWED: [(&str, &str); 4] = [
    ("MIT", "Permission is hereby granted, free of charge"),
    ("Zlib", "This software is provided 'as-is'"),
    ("Unicode-3.0", "UNICODE LICENSE V3"),
    ("Apache-2.0", "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"),
];

/// Crates published without a licence file, with the file of the repository that they come from.
const WITHOUT_FILE: [(&str, &str); 2] =
    [("gloo-net", include_str!("../notices/gloo.txt")), ("gloo-utils", include_str!("../notices/gloo.txt"))];

const HEAD: &str = "\
Third-party software in cloudflow-wasm

The files `wasm/*.wasm` and `*.js` of this package
contain the software below in compiled form. The copyright notices and licences
of that software follow. The licence of cloudflow-wasm itself is in `LICENSE`.

`cli/THIRD-PARTY.txt` and `console/page/THIRD-PARTY.txt` contain the notices of
the npm packages in these folders. `sbom.cdx.json` lists all components
(CycloneDX 1.6).
";

/// One crate: its name with version, the licence it declares, the licences it is used under, their texts.
struct Notice {
    name: String,
    declared: String,
    chosen: Vec<&'static str>,
    text: String,
}

/// The complete text. Two calls with one `Cargo.lock` return the same text.
pub fn third_party() -> Outcome<String> {
    let std_crates = toolchain::std_crates();
    let missing = missing_of_std(&std_crates);
    if !missing.is_empty() {
        return Err(format!(
            "xtask/notices/rust-std.txt does not name these crates of the Rust standard library: {}; \
             add them with their copyright lines",
            missing.join(", ")
        ));
    }
    let notices = crates(&metadata()?)?.into_iter().map(notice).collect::<Outcome<Vec<Notice>>>()?;
    Ok(compose(&notices))
}

/// What `cargo metadata` says of the workspace and its dependencies for wasm32.
pub fn metadata() -> Outcome<Value> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut metadata = command(cargo);
    metadata.args(["metadata", "--format-version", "1", "--locked", "--all-features"]);
    metadata.args(["--filter-platform", toolchain::TARGET]);
    serde_json::from_str(&output(&mut metadata)?).map_err(|e| format!("`cargo metadata`: {e}"))
}

/// The packages that are compiled in, sorted by name and version.
pub fn crates(metadata: &Value) -> Outcome<Vec<&Value>> {
    let packages: BTreeMap<&str, &Value> = list(&metadata["packages"]).map(|p| (text(&p["id"]), p)).collect();
    let nodes: BTreeMap<&str, &Value> = list(&metadata["resolve"]["nodes"]).map(|n| (text(&n["id"]), n)).collect();
    let id = |name: &str| {
        let found = packages.iter().find(|(_, package)| text(&package["name"]) == name);
        found.map(|(id, _)| *id).ok_or_else(|| format!("`cargo metadata` names no package `{name}`"))
    };
    let mut open = vec![id(ROOT)?];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let Some((package, node)) = packages.get(id).zip(nodes.get(id)) else {
            return Err(format!("`cargo metadata` does not describe `{id}`"));
        };
        // A procedural macro writes a part of the compiled source. Its own dependencies only run in the compiler.
        if seen.insert(id) && !is_macro(package) {
            let normal = |kind: &Value| kind["kind"].is_null();
            let compiled = list(&node["deps"]).filter(|dep| list(&dep["dep_kinds"]).any(normal));
            open.extend(compiled.map(|dep| text(&dep["pkg"])));
        }
    }
    seen.insert(id(GLUE)?);
    // The members of the workspace have no source: they are what `LICENSE` covers.
    let mut found: Vec<&Value> =
        seen.iter().filter_map(|id| packages.get(id)).copied().filter(|package| !package["source"].is_null()).collect();
    found.sort_by_key(|package| (text(&package["name"]), text(&package["version"])));
    Ok(found)
}

fn is_macro(package: &Value) -> bool {
    list(&package["targets"]).any(|target| list(&target["kind"]).any(|kind| kind == "proc-macro"))
}

fn notice(package: &Value) -> Outcome<Notice> {
    let name = text(&package["name"]);
    let declared = text(&package["license"]).to_owned();
    let chosen = choose(&declared).ok_or_else(|| {
        let allowed: Vec<&str> = ALLOWED.iter().map(|(licence, _)| *licence).collect();
        format!("the licence of `{name}` is `{declared}`; allowed are {}", allowed.join(", "))
    })?;
    let stored = WITHOUT_FILE.iter().find(|(stored, _)| *stored == name).map(|(_, text)| (*text).to_owned());
    let dir = Path::new(text(&package["manifest_path"])).parent().unwrap_or(Path::new(""));
    let files = licence_files(dir)?;
    let mut texts: Vec<String> = Vec::new();
    for licence in &chosen {
        let phrase = ALLOWED.iter().find(|(allowed, _)| allowed == licence).map_or("", |(_, phrase)| *phrase);
        // A file of several licences is longer than a file of one.
        let file = files.iter().filter(|file| flat(file).contains(phrase)).min_by_key(|file| file.len());
        let found = file.or(stored.as_ref().filter(|stored| flat(stored).contains(phrase)));
        let found = found.ok_or_else(|| {
            format!(
                "`{name}` has no file with the text of {licence}; store the text in xtask/notices/ (see WITHOUT_FILE)"
            )
        })?;
        if !texts.contains(found) {
            texts.push(found.clone());
        }
    }
    let name = format!("{name} {}", text(&package["version"]));
    Ok(Notice { name, declared, chosen, text: texts.join("\n") })
}

/// The texts of the licence files in the folder of a crate, sorted by file name.
fn licence_files(dir: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_uppercase()).unwrap_or_default();
        path.is_file() && ["LICENSE", "LICENCE", "COPYING", "UNLICENSE"].iter().any(|start| name.starts_with(start))
    });
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
            let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
            Ok(format!("{}\n", lines.join("\n").trim_matches('\n')))
        })
        .collect()
}

/// A text without its line breaks: a phrase may be broken anywhere.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The licences of an SPDX expression under which the software is used; `None` if one is not allowed.
///
/// Reads what crates write: `A OR B`, the older `A/B`, and one level of `(A OR B) AND C`.
fn choose(expression: &str) -> Option<Vec<&'static str>> {
    let all = expression.split(" AND ").map(|part| {
        let part = part.trim().trim_start_matches('(').trim_end_matches(')').replace('/', " OR ");
        let offered: Vec<&str> = part.split(" OR ").map(str::trim).collect();
        ALLOWED.iter().map(|(licence, _)| *licence).find(|licence| offered.contains(licence))
    });
    let mut chosen: Vec<&str> = all.collect::<Option<_>>()?;
    chosen.dedup();
    Some(chosen)
}

/// The crates of the standard library that its notice names.
pub fn of_std() -> BTreeSet<&'static str> {
    STD.lines().filter_map(|line| line.strip_prefix("Crates: ")).flat_map(|line| line.split(", ")).collect()
}

/// The crates of `found` that the notice of the standard library does not name.
fn missing_of_std(found: &[String]) -> Vec<&str> {
    let named = of_std();
    found.iter().map(String::as_str).filter(|name| !named.contains(name)).collect()
}

/// Crates with the same text stand above one copy of it.
fn compose(notices: &[Notice]) -> String {
    let mut groups: Vec<(&str, Vec<&Notice>)> = Vec::new();
    for notice in notices {
        match groups.iter_mut().find(|(text, _)| *text == notice.text) {
            Some((_, group)) => group.push(notice),
            None => groups.push((&notice.text, vec![notice])),
        }
    }
    let rule = "=".repeat(80);
    let mut whole = HEAD.to_owned();
    for (text, group) in groups {
        let _ = write!(whole, "\n{rule}\n");
        for Notice { name, declared, chosen, .. } in group {
            let _ = writeln!(whole, "{name}: {declared}, used under {}", chosen.join(" and "));
        }
        let _ = write!(whole, "\n{text}");
    }
    let _ = write!(whole, "\n{rule}\nThe Rust standard library\n\n{STD}");
    whole
}

/// The elements of an array; none of any other value.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A string; empty for any other value.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// cargo-deny has the same list.
    #[test]
    fn deny_toml_allows_the_same_licences() {
        let text = fs::read_to_string(crate::paths::root().join("deny.toml")).unwrap();
        let list = ALLOWED.map(|(licence, _)| format!("\"{licence}\"")).join(", ");
        assert!(text.contains(&format!("\nallow = [{list}]\n")), "deny.toml: `allow` must be [{list}]");
    }

    #[test]
    fn of_several_licences_the_first_of_the_list_is_taken() {
        assert_eq!(choose("MIT"), Some(vec!["MIT"]));
        assert_eq!(choose("Apache-2.0 OR MIT"), Some(vec!["MIT"]));
        assert_eq!(choose("MIT/Apache-2.0"), Some(vec!["MIT"]));
        assert_eq!(choose("Unlicense OR MIT"), Some(vec!["MIT"]));
        assert_eq!(choose("(MIT OR Apache-2.0) AND Unicode-3.0"), Some(vec!["MIT", "Unicode-3.0"]));
    }

    #[test]
    fn an_unknown_licence_is_refused() {
        for expression in ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "MPL-2.0", "Apache-2.0 WITH LLVM-exception"] {
            assert_eq!(choose(expression), None, "{expression}");
        }
        let package = serde_json::json!({ "name": "a", "version": "1.0.0", "license": "MPL-2.0", "manifest_path": "" });
        let refused = notice(&package).map(|notice| notice.name);
        assert!(refused.unwrap_err().starts_with("the licence of `a` is `MPL-2.0`; allowed are MIT, "));
    }

    #[test]
    fn a_crate_without_a_text_is_refused() {
        let here = format!("{}/src/main.rs", env!("CARGO_MANIFEST_DIR"));
        let package = serde_json::json!({ "name": "a", "version": "1.0.0", "license": "MIT", "manifest_path": here });
        let refused = notice(&package).map(|notice| notice.name);
        assert!(refused.unwrap_err().starts_with("`a` has no file with the text of MIT"));
    }

    #[test]
    fn a_new_crate_of_the_standard_library_is_noticed() {
        assert_eq!(missing_of_std(&["core".to_owned(), "brand_new".to_owned()]), ["brand_new"]);
    }

    #[test]
    fn the_text_is_complete_and_always_the_same() {
        let whole = third_party().unwrap();
        assert_eq!(third_party().unwrap(), whole);
        for crate_name in ["wasm-bindgen ", "serde_derive ", "gloo-net ", "regex-lite ", "talc ", GLUE] {
            assert!(whole.contains(&format!("\n{crate_name}")), "{crate_name}");
        }
        // Build tools and the oracle of the tests are not compiled in.
        for crate_name in ["syn ", "granit-parser ", "quote "] {
            assert!(!whole.contains(&format!("\n{crate_name}")), "{crate_name}");
        }
        assert!(!whole.contains(".cargo"), "a path of this machine");
    }
}
