//! Rules of the repository that no compiler checks.

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
        .filter(|path| {
            !["pkg/dist", "pkg/wasm", "pkg/console/page"].iter().any(|built| path.starts_with(root().join(built)))
        })
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

/// A text of the workspace manifest.
fn in_manifest(key: &str) -> String {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let start = format!("{key} = \"");
    let line = manifest.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("no {key}"));
    line.trim_end_matches('"').to_owned()
}

/// The address of the repository is a placeholder: it must be possible to replace it everywhere at once.
#[test]
fn the_repository_has_one_address() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let manifest = read("Cargo.toml");
    let address = in_manifest("repository");
    let package: serde_json::Value = serde_json::from_str(&read("pkg/package.json")).unwrap();
    assert_eq!(package["repository"]["url"], format!("git+{address}.git"));
    assert_eq!(package["homepage"], format!("{address}#readme"));
    assert_eq!(package["bugs"], format!("{address}/issues"));
    assert!(in_manifest("documentation").starts_with(&address));
    assert!(manifest.contains(&format!("authors = [{}]", package["author"])), "`author` of pkg/package.json");

    // Whatever names the project elsewhere names the same address.
    let mut found = vec![root().join(".github/ISSUE_TEMPLATE/config.yml")];
    for file in fs::read_dir(root()).unwrap() {
        found.extend(Some(file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    files(&root().join("docs"), &[".md"], &mut found);
    let (host, name) = ("https://github.com/", "cloudflow-wasm");
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices(host) {
            let (_, rest) = text.split_at(at);
            let behind_owner = rest.strip_prefix(host).and_then(|path| path.split_once('/'));
            if behind_owner.is_some_and(|(_, path)| path.starts_with(name)) {
                assert!(rest.starts_with(&address), "{}: another address than {address}", path.display());
            }
        }
    }
}

/// The documents, with their paths. `docs/` is complete, so a new page is checked too.
fn documents() -> Vec<(String, String)> {
    let mut found = sources(&["docs", "tests", "fuzz", "crates", "examples", "www"], &[".md"]);
    for name in ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"] {
        found.push((name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    }
    assert!(found.iter().any(|(name, _)| name == "docs/emulator.md"), "docs/ was not read");
    found
}

/// The lines outside of fenced code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// The texts in backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// True for a file, a folder, or a pattern with `*` in its last part that matches at least one file.
fn exists(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Some((start, end)) = name.split_once('*') else { return path.exists() };
    let entries = path.parent().and_then(|dir| fs::read_dir(dir).ok());
    entries.into_iter().flatten().any(|entry| {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    })
}

/// Folders that a build makes, names of the package, requests of the language server that are no paths, and files of the
/// reader's project.
const NOT_IN_THE_REPOSITORY: [&str; 9] = [
    "target/",
    "node_modules/",
    "pkg/wasm/",
    "pkg/console/page/",
    "console/page/",
    "cloudflow-wasm/",
    "completionItem/",
    "src/main.js",
    ".github/workflows/flows.yml",
];

/// Every path in backticks exists, from the root, from the folder of the document, from `tests/cases/`, or from the folder
/// that the last heading names. A name without a folder is checked below such a heading only.
#[test]
fn paths_in_the_documents_exist() {
    let is_path = |text: &str| {
        text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-*".contains(c))
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.')
    };
    let is_file = |text: &str| [".rs", ".js", ".mjs", ".d.ts"].iter().any(|end| text.ends_with(end));
    let mut missing = Vec::new();
    let mut count = 0;
    for (name, text) in documents() {
        let beside = root().join(&name).parent().unwrap().to_path_buf();
        let mut below = None;
        for line in prose(&text) {
            if line.starts_with('#') {
                below = quoted(line).find(|text| text.ends_with('/')).map(|folder| root().join(folder));
                assert!(below.as_ref().is_none_or(|folder| folder.is_dir()), "{name}: {line}");
                continue;
            }
            for path in quoted(line) {
                let inside = path.trim_end_matches('/').contains('/');
                let looks_so =
                    inside || below.is_some() && (path.ends_with('/') || is_file(path) && !path.starts_with('.'));
                if !looks_so || !is_path(path) || NOT_IN_THE_REPOSITORY.iter().any(|start| path.starts_with(start)) {
                    continue;
                }
                count += 1;
                let places = [Some(root()), Some(beside.clone()), Some(root().join("tests/cases")), below.clone()];
                if !places.iter().flatten().any(|place| exists(&place.join(path))) {
                    missing.push(format!("{name}: `{path}`"));
                }
            }
        }
    }
    assert!(count > 100, "only {count} paths were found");
    assert!(missing.is_empty(), "no such file or folder:\n{}", missing.join("\n"));
}

/// The anchors of the headings, as GitHub and npm make them.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter_map(|line| line.strip_prefix('#'));
    let kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect::<String>())
        .map(|heading| heading.replace(' ', "-"))
        .collect()
}

/// Links lead to a file and a heading that exist. The documents in the package are read without the repository: they link
/// to files of the package or to the address of the repository.
#[test]
fn links_in_the_documents_lead_somewhere() {
    let packed = fs::read_to_string(root().join("xtask/src/package.rs")).unwrap();
    let packed = packed.lines().find(|line| line.starts_with("const BESIDE: ")).unwrap();
    let address = format!("{}/", in_manifest("repository"));
    let address = address.as_str();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, text) in documents() {
        let is_packed = quoted(&packed.replace('"', "`")).any(|file| file == name);
        let beside = root().join(&name).parent().unwrap().to_path_buf();
        // A link may be broken in two lines.
        let joined = prose(&text).collect::<Vec<_>>().join("\n");
        for (at, _) in joined.match_indices("](") {
            let link = joined[at + 2..].split(')').next().unwrap();
            count += 1;
            let (link, base) = match link.strip_prefix(address) {
                Some(path) => match path.strip_prefix("blob/main/").or(path.strip_prefix("tree/main/")) {
                    Some(path) => (path, root()),
                    None => continue,
                },
                None if link.starts_with("https://") => continue,
                None if is_packed && !link.starts_with('#') && !packed.contains(&format!("\"{link}\"")) => {
                    wrong.push(format!("{name}: `{link}` is not in the package"));
                    continue;
                }
                None => (link, beside.clone()),
            };
            let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let file = if path.is_empty() { root().join(&name) } else { base.join(path) };
            if !file.exists() {
                wrong.push(format!("{name}: `{link}`: no such file"));
            } else if let Some(anchor) = anchor
                && !anchors(&fs::read_to_string(&file).unwrap()).iter().any(|known| known == anchor)
            {
                wrong.push(format!("{name}: `{link}`: no such heading"));
            }
        }
    }
    // `docs/` is not in the package, so its types name addresses.
    for (name, text) in sources(&["pkg"], &[".d.ts"]) {
        for (at, _) in text.match_indices("docs/") {
            let start = text[..at].rfind(|c: char| c.is_whitespace() || "(\"'`".contains(c)).map_or(0, |at| at + 1);
            let is_address = text[start..].starts_with("https://");
            let path = text[at..].split(|c: char| !(c.is_ascii_alphanumeric() || "/._-".contains(c))).next().unwrap();
            let path = path.trim_end_matches('.');
            if !is_address {
                wrong.push(format!("{name}: `{path}` is not in the package: name its address"));
            } else if text[start..].starts_with(address) && !root().join(path).exists() {
                wrong.push(format!("{name}: `{path}`: no such file"));
            }
        }
    }
    assert!(count > 20, "only {count} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The required versions are stated once for programs and again for people.
#[test]
fn required_versions_agree() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let engine = |file: &str| {
        let manifest: serde_json::Value = serde_json::from_str(&read(file)).unwrap();
        manifest["engines"]["node"].as_str().unwrap().trim_start_matches(">=").to_owned()
    };
    let node = engine("package.json");
    assert_eq!(engine("pkg/package.json"), node);
    let rust = in_manifest("rust-version");
    for file in ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"] {
        let text = read(file);
        for wanted in [format!("Node {node}"), format!("Rust {rust}")] {
            assert!(text.contains(&wanted), "{file} does not state `{wanted}`");
        }
        for (at, _) in text.match_indices("Node ").filter(|(at, _)| text[at + 5..].starts_with(char::is_numeric)) {
            assert!(text[at + 5..].starts_with(&node), "{file}: another version than Node {node}");
        }
    }
    // The table of docs/versions.md, with the versions that the build and the tests of the types use.
    let page = read("xtask/js/page.mjs");
    let browser = |name: &str| {
        let (_, rest) = page.split_once(&format!("\"{name}")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let types: serde_json::Value = serde_json::from_str(&read("tests/js/types/oldest/package.json")).unwrap();
    let typescript = types["dependencies"]["typescript"].as_str().unwrap().rsplit_once('.').unwrap().0.to_owned();
    let versions = read("docs/versions.md");
    for (host, version) in [
        ("Node", node),
        ("Chrome and Edge", browser("chrome")),
        ("Firefox", browser("firefox")),
        ("Safari", browser("safari")),
        ("TypeScript", typescript),
        ("Rust, to build", rust),
    ] {
        let row = versions.lines().find(|line| line.starts_with(&format!("| {host} | ")));
        let stated = row.and_then(|row| row.split(" | ").nth(1)?.split([',', ' ']).next());
        assert_eq!(stated, Some(version.as_str()), "docs/versions.md: {host}");
    }
}

/// The version is defined in `[workspace.package]`. Manifests of crates inherit it, the package and the command get it when
/// they are packed, and no other place names another version.
#[test]
fn the_version_has_one_place() {
    let read = |file: &Path| fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let version = in_manifest("version");
    let mut wrong = Vec::new();

    // cargo accepts no reference to the version in a dependency with a path.
    let dependencies = read(&root().join("Cargo.toml"));
    let published: Vec<&str> = dependencies.lines().filter(|line| line.contains("path = \"crates/")).collect();
    assert_eq!(published.len(), fs::read_dir(root().join("crates")).unwrap().count());
    for line in published.iter().filter(|line| !line.contains(&format!("version = \"{version}\""))) {
        wrong.push(format!("Cargo.toml: `{line}`"));
    }
    let mut manifests = Vec::new();
    for dir in ["crates", "tests/gateway-sim", "tests/support", "xtask"] {
        files(&root().join(dir), &["Cargo.toml"], &mut manifests);
    }
    manifests.push(root().join("Cargo.toml"));
    assert!(manifests.len() > 8, "{manifests:?}");
    for path in manifests {
        let text = read(&path);
        let package = text.split("\n[package]\n").nth(1).or(text.strip_prefix("[package]\n")).unwrap();
        if !package.split("\n[").next().unwrap().lines().any(|line| line == "version.workspace = true") {
            wrong.push(format!("{}: no `version.workspace = true`", path.display()));
        }
    }
    let package: serde_json::Value = serde_json::from_str(&read(&root().join("pkg/package.json"))).unwrap();
    if package["version"] != "0.0.0" {
        wrong
            .push("pkg/package.json: the version is written when the package is packed; `0.0.0` is correct".to_owned());
    }

    let ends = [".md", ".yml", ".yaml", ".json", ".jsonc", ".js", ".mjs", ".ts", ".html"];
    let mut texts = vec![root().join("action.yml")];
    for dir in [".github", "docs", "examples", "pkg", "www", "crates", "tests/js"] {
        files(&root().join(dir), &ends, &mut texts);
    }
    for entry in fs::read_dir(root()).unwrap() {
        texts.extend(Some(entry.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    texts.retain(|path| {
        let built = ["pkg/dist", "pkg/wasm", "pkg/console/page", "CHANGELOG.md"];
        !built.iter().any(|built| path.starts_with(root().join(built))) && !path.ends_with("package-lock.json")
    });
    let mut count = 0;
    for path in texts {
        let text = read(&path);
        for (at, name) in text.match_indices("cloudflow-wasm") {
            // `cloudflow-wasm-1.2.3.tgz`, `cloudflow-wasm@1.2.3`, `cloudflow-wasm 1.2.3`, `cloudflow-wasm@v1.2.3`
            let Some(rest) = text[at + name.len()..].strip_prefix(['-', '@', ' ']) else { continue };
            let rest = rest.strip_prefix('v').unwrap_or(rest);
            let named: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            let named = named.trim_end_matches('.');
            if named.split('.').count() == 3 {
                count += 1;
                if named != version {
                    wrong.push(format!("{}: version {named}", path.display()));
                }
            }
        }
    }
    assert!(count > 2, "only {count} texts name a version");
    assert!(wrong.is_empty(), "the version is {version}:\n{}", wrong.join("\n"));
}

/// The release takes its notes from the section of the version. Between releases, a section "Unreleased" is above it.
#[test]
fn the_changelog_has_a_section_of_the_version() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let released: Vec<&str> = sections.iter().copied().filter(|name| *name != "Unreleased").collect();
    let version = in_manifest("version");
    assert!(released.first().is_some_and(|name| name.split(' ').next() == Some(version.as_str())), "{sections:?}");
    assert!(sections.iter().skip(1).all(|name| *name != "Unreleased"), "{sections:?}");
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
