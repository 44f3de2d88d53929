//! `sbom.cdx.json`: the components of the package, as CycloneDX 1.6.
//!
//! The same sources give the same bytes: the file has no time and no serial number.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::notices::{self, list, text};
use crate::toolchain::Toolchain;
use crate::{Outcome, paths};

/// The name of the file in the package.
pub const FILE: &str = "sbom.cdx.json";

/// The notices of npm packages that the bundler writes, by folder of the package.
const BUNDLED: [&str; 2] = ["cli", "console/page"];

/// An npm package in a bundle.
struct Bundled {
    name: String,
    version: String,
    licence: String,
    /// The folders that contain it.
    folders: BTreeSet<&'static str>,
}

/// The complete text for a copy of the package, whose modules the toolchain compiled.
pub fn sbom(package: &Path, toolchain: &Toolchain) -> Outcome<String> {
    // Of `rustc -vV`. The standard library has the version of the compiler.
    let identity = toolchain.identity()?;
    let release = identity.lines().find_map(|line| line.strip_prefix("release: "));
    let release = release.ok_or("`rustc -vV` names no release")?;
    let read = |path: &Path| fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()));
    let mut bundled = BTreeMap::new();
    for folder in BUNDLED {
        packages(folder, &read(&package.join(folder).join("THIRD-PARTY.txt"))?, &mut bundled)?;
    }
    let lock = read(&paths::root().join("package-lock.json"))?;
    let lock: Value = serde_json::from_str(&lock).map_err(|e| format!("package-lock.json: {e}"))?;
    let crates = read(&paths::root().join("Cargo.lock"))?;
    let manifest = read(&package.join("package.json"))?;
    let manifest: Value = serde_json::from_str(&manifest).map_err(|e| format!("package.json: {e}"))?;
    compose(&manifest, release, &notices::metadata()?, &checksums(&crates), &bundled, &lock)
}

fn compose(
    manifest: &Value,
    release: &str,
    metadata: &Value,
    checksums: &BTreeMap<(&str, &str), &str>,
    bundled: &BTreeMap<String, Bundled>,
    lock: &Value,
) -> Outcome<String> {
    let crates = notices::crates(metadata)?;
    let std = format!("pkg:generic/rust-std@{release}");
    let root = format!("pkg:npm/{}@{}", text(&manifest["name"]), text(&manifest["version"]));
    let mut components = Vec::new();
    let mut graph = BTreeMap::from([(std.clone(), BTreeSet::new())]);

    let refs: BTreeMap<&str, String> =
        crates.iter().map(|package| (text(&package["id"]), cargo_url(package))).collect();
    for package in &crates {
        components.push(of_crate(package, checksums)?);
    }
    let mut direct = BTreeSet::from([std.clone()]);
    for node in list(&metadata["resolve"]["nodes"]) {
        let normal = list(&node["deps"]).filter(|dep| list(&dep["dep_kinds"]).any(|kind| kind["kind"].is_null()));
        let uses: BTreeSet<String> = normal.filter_map(|dep| refs.get(text(&dep["pkg"])).cloned()).collect();
        let id = text(&node["id"]);
        match refs.get(id) {
            Some(name) => {
                graph.insert(name.clone(), uses);
            }
            // The members of the workspace are the package. xtask and the tests are members too.
            None if is_shipped(metadata, id) => direct.extend(uses),
            None => {}
        }
    }
    // The tool whose output is in the package: no crate depends on it.
    direct.extend(crates.iter().filter(|package| text(&package["name"]) == notices::GLUE).map(|tool| cargo_url(tool)));

    for package in bundled.values() {
        let of_lock = &lock["packages"][format!("node_modules/{}", package.name)];
        if text(&of_lock["version"]) != package.version {
            return Err(format!(
                "the bundle contains `{} {}`, and package-lock.json names version `{}`; run `cargo xtask build`",
                package.name,
                package.version,
                text(&of_lock["version"])
            ));
        }
        components.push(of_package(package, of_lock)?);
        let names = of_lock["dependencies"].as_object();
        let uses = names.into_iter().flatten().filter_map(|(name, _)| bundled.get(name)).map(npm_url).collect();
        graph.insert(npm_url(package), uses);
        direct.insert(npm_url(package));
    }
    components.push(json!({
        "type": "library",
        "bom-ref": std,
        "name": "rust-std",
        "version": release,
        "description": "The Rust standard library",
        "licenses": licences("MIT OR Apache-2.0"),
        "purl": std,
        "components": notices::of_std().iter().map(|name| json!({ "type": "library", "name": name })).collect::<Vec<_>>(),
    }));
    graph.insert(root.clone(), direct);

    let dependencies: Vec<Value> = graph.iter().map(|(of, on)| json!({ "ref": of, "dependsOn": on })).collect();
    let whole = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{ "phase": "build" }],
            "component": {
                "type": "library",
                "bom-ref": root,
                "name": manifest["name"],
                "version": manifest["version"],
                "description": manifest["description"],
                "licenses": licences(text(&manifest["license"])),
                "purl": root,
                "externalReferences": [
                    { "type": "vcs", "url": text(&manifest["repository"]["url"]).trim_start_matches("git+") },
                ],
            },
        },
        "components": components,
        "dependencies": dependencies,
    });
    let text = serde_json::to_string_pretty(&whole).map_err(|e| format!("{FILE}: {e}"))?;
    Ok(format!("{text}\n"))
}

/// True for the crate of the modules and the crates of `crates/`.
fn is_shipped(metadata: &Value, id: &str) -> bool {
    let package = list(&metadata["packages"]).find(|package| text(&package["id"]) == id);
    package.is_some_and(|package| {
        let manifest = Path::new(text(&package["manifest_path"]));
        let folder = manifest.parent().and_then(|dir| dir.strip_prefix(paths::root()).ok());
        package["source"].is_null() && folder.is_some_and(|dir| dir == Path::new("") || dir.starts_with("crates"))
    })
}

fn of_crate(package: &Value, checksums: &BTreeMap<(&str, &str), &str>) -> Outcome<Value> {
    let (name, version, url) = (text(&package["name"]), text(&package["version"]), cargo_url(package));
    let checksum = checksums.get(&(name, version)).ok_or_else(|| format!("Cargo.lock has no checksum of `{name}`"))?;
    Ok(json!({
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": version,
        "hashes": [{ "alg": "SHA-256", "content": checksum }],
        "licenses": licences(&text(&package["license"]).replace('/', " OR ")),
        "purl": url,
    }))
}

fn of_package(package: &Bundled, of_lock: &Value) -> Outcome<Value> {
    let (group, name) = match package.name.split_once('/') {
        Some((scope, name)) => (Some(scope), name),
        None => (None, package.name.as_str()),
    };
    let digest = text(&of_lock["integrity"]).strip_prefix("sha512-").and_then(hex_of_base64);
    let digest = digest.ok_or_else(|| format!("package-lock.json has no SHA-512 of `{}`", package.name))?;
    let places: Vec<Value> = package.folders.iter().map(|folder| json!({ "location": folder })).collect();
    let mut component = json!({
        "type": "library",
        "bom-ref": npm_url(package),
        "name": name,
        "version": package.version,
        "hashes": [{ "alg": "SHA-512", "content": digest }],
        "licenses": licences(&package.licence),
        "purl": npm_url(package),
        "evidence": { "occurrences": places },
    });
    if let (Some(group), Some(fields)) = (group, component.as_object_mut()) {
        fields.insert("group".to_owned(), json!(group));
    }
    Ok(component)
}

/// One licence by its identifier, a choice as an expression.
fn licences(expression: &str) -> Value {
    if expression.contains(' ') {
        json!([{ "expression": expression, "acknowledgement": "declared" }])
    } else {
        json!([{ "license": { "id": expression, "acknowledgement": "declared" } }])
    }
}

fn cargo_url(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(&package["name"]), text(&package["version"]))
}

/// The scope is percent-encoded in a package URL.
fn npm_url(package: &Bundled) -> String {
    format!("pkg:npm/{}@{}", package.name.replacen('@', "%40", 1), package.version)
}

/// Adds the packages that a notice names. Each section begins with `name version: licence`.
fn packages(folder: &'static str, notice: &str, into: &mut BTreeMap<String, Bundled>) -> Outcome<()> {
    let rule = format!("{}\n", "=".repeat(80));
    for section in notice.split(&rule).skip(1) {
        let line = section.lines().next().unwrap_or_default();
        let read = line.split_once(": ").and_then(|(package, licence)| Some((package.split_once(' ')?, licence)));
        let ((name, version), licence) =
            read.ok_or_else(|| format!("{folder}/THIRD-PARTY.txt: `{line}` is not `name version: licence`"))?;
        let found = into.entry(name.to_owned()).or_insert_with(|| Bundled {
            name: name.to_owned(),
            version: version.to_owned(),
            licence: licence.to_owned(),
            folders: BTreeSet::new(),
        });
        if found.version != version {
            return Err(format!("the package contains `{name}` in the versions {} and {version}", found.version));
        }
        found.folders.insert(folder);
    }
    Ok(())
}

/// The checksums of `Cargo.lock` by name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    lock.split("[[package]]")
        .filter_map(|package| {
            let of = |key: &str| {
                let rest = package.split_once(&format!("\n{key} = \""))?.1;
                rest.split('"').next()
            };
            Some(((of("name")?, of("version")?), of("checksum")?))
        })
        .collect()
}

/// The bytes of a text in base64, as hexadecimal digits.
fn hex_of_base64(text: &str) -> Option<String> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = String::new();
    for digit in text.trim_end_matches('=').chars() {
        bits.push_str(&format!("{:06b}", DIGITS.find(digit)?));
    }
    // The last digit has two or four bits more than the last byte.
    let whole = bits.len() / 8 * 8;
    let nibbles = (0..whole).step_by(4).map(|at| {
        let nibble = u32::from_str_radix(bits.get(at..at + 4)?, 2).ok()?;
        char::from_digit(nibble, 16)
    });
    nibbles.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_becomes_hexadecimal() {
        assert_eq!(hex_of_base64("").unwrap(), "");
        assert_eq!(hex_of_base64("AA==").unwrap(), "00");
        assert_eq!(hex_of_base64("AP8=").unwrap(), "00ff");
        assert_eq!(hex_of_base64("3q2+7/8+").unwrap(), "deadbeefff3e");
        assert_eq!(hex_of_base64("a-b"), None);
    }

    #[test]
    fn a_package_of_two_folders_is_one_component() {
        let rule = "=".repeat(80);
        let notice = format!("Head.\n\n{rule}\n@a/b 1.2.0: MIT\n\ntext\n\n{rule}\nyaml 2.0.0: ISC\n\ntext\n");
        let mut found = BTreeMap::new();
        packages("cli", &notice, &mut found).unwrap();
        packages("console/page", &notice, &mut found).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["@a/b", "yaml"]);
        assert_eq!(found["yaml"].folders.len(), 2);
        assert_eq!(npm_url(&found["@a/b"]), "pkg:npm/%40a/b@1.2.0");
        let other = notice.replace("yaml 2.0.0", "yaml 2.0.1");
        assert!(packages("cli", &other, &mut found).unwrap_err().contains("versions 2.0.0 and 2.0.1"));
        assert!(packages("cli", &notice.replace(": ISC", ""), &mut found).is_err());
    }

    /// The crates come from `cargo metadata` and `Cargo.lock`; the packages are given.
    #[test]
    fn every_component_is_in_the_graph_and_the_text_is_always_the_same() {
        let lock = fs::read_to_string(paths::root().join("Cargo.lock")).unwrap();
        let package = |name: &str| Bundled {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: "MIT".to_owned(),
            folders: BTreeSet::from(["cli"]),
        };
        let bundled = BTreeMap::from(["a", "b"].map(|name| (name.to_owned(), package(name))));
        let npm = json!({ "packages": {
            "node_modules/a": { "version": "1.0.0", "integrity": "sha512-AA==", "dependencies": { "b": "^1.0.0", "c": "1" } },
            "node_modules/b": { "version": "1.0.0", "integrity": "sha512-AA==" },
        } });
        let manifest = json!({ "name": "cloudflow-wasm", "version": "1.2.3", "license": "Apache-2.0" });
        let metadata = notices::metadata().unwrap();
        let write = || compose(&manifest, "1.95.0", &metadata, &checksums(&lock), &bundled, &npm).unwrap();
        let text = write();
        assert_eq!(write(), text);
        for word in ["timestamp", "serialNumber", ".cargo"] {
            assert!(!text.contains(word), "{word}");
        }

        let sbom: Value = serde_json::from_str(&text).unwrap();
        let named: BTreeSet<&str> =
            list(&sbom["components"]).map(|component| component["bom-ref"].as_str().unwrap()).collect();
        let graph: BTreeMap<&str, &Value> =
            list(&sbom["dependencies"]).map(|node| (node["ref"].as_str().unwrap(), &node["dependsOn"])).collect();
        let mut reached = BTreeSet::new();
        let mut open = vec!["pkg:npm/cloudflow-wasm@1.2.3"];
        while let Some(name) = open.pop() {
            for next in list(graph[name]).map(|name| name.as_str().unwrap()) {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        assert_eq!(reached, named);
        assert_eq!(graph["pkg:npm/a@1.0.0"], &json!(["pkg:npm/b@1.0.0"]));
        assert!(named.iter().any(|name| name.starts_with("pkg:cargo/talc@")), "{named:?}");
    }

    #[test]
    fn a_package_of_another_version_than_the_lock_file_is_an_error() {
        let package = Bundled {
            name: "a".to_owned(),
            version: "1.0.0".to_owned(),
            licence: "MIT".to_owned(),
            folders: BTreeSet::new(),
        };
        let lock = fs::read_to_string(paths::root().join("Cargo.lock")).unwrap();
        let npm = json!({ "packages": { "node_modules/a": { "version": "1.0.1" } } });
        let bundled = BTreeMap::from([("a".to_owned(), package)]);
        let metadata = notices::metadata().unwrap();
        let refused = compose(&json!({}), "1.95.0", &metadata, &checksums(&lock), &bundled, &npm);
        assert!(refused.unwrap_err().contains("`a 1.0.0`, and package-lock.json names version `1.0.1`"));
    }
}
