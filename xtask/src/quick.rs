//! `cargo xtask test --quick` skips the expensive crates whose tests passed with the same files.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs};

use serde_json::Value;

use crate::command::command;
use crate::fingerprint::{Fingerprint, is_remembered, remember};
use crate::{Outcome, paths};

/// The crates with expensive tests, and what their tests read in addition to `tests/`.
const EXPENSIVE: [(&str, &[&str]); 2] = [("cloudflow-language", &["pkg/schema"]), ("cloudflow-local", &["docs"])];

/// A crate, its state, and whether its tests passed in this state.
pub struct Crate {
    pub name: &'static str,
    pub folder: PathBuf,
    pub is_unchanged: bool,
    state: String,
}

/// A compiled test binary.
pub struct Binary {
    pub executable: PathBuf,
    /// The folder of its crate.
    pub folder: PathBuf,
}

/// Compiles the test binaries of the workspace. A part of the workspace would have other features of dependencies, so
/// that Cargo would compile these again.
pub fn build() -> Outcome<Vec<Binary>> {
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--workspace", "--locked", "--lib", "--bins", "--tests", "--no-run"]);
    cargo.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    let output = cargo.output().map_err(|e| format!("cannot run cargo: {e}"))?;
    if !output.status.success() {
        return Err("the tests cannot be compiled".to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let binary = |line: &str| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("profile")?.get("test")?.as_bool().filter(|is_test| *is_test)?;
        let folder = Path::new(message.get("manifest_path")?.as_str()?).parent()?.to_owned();
        Some(Binary { executable: message.get("executable")?.as_str()?.into(), folder })
    };
    Ok(text.lines().filter_map(binary).collect())
}

/// The state of the expensive crates.
pub fn crates() -> Outcome<Vec<Crate>> {
    EXPENSIVE
        .iter()
        .map(|(name, inputs)| {
            let state = state(name, inputs)?;
            Ok(Crate { name, folder: folder(name), is_unchanged: is_remembered(&stamp(name), &state), state })
        })
        .collect()
}

/// Stores that the tests of a crate passed.
pub fn passed(of: &Crate) -> Outcome<()> {
    remember(&stamp(of.name), &of.state)
}

fn stamp(name: &str) -> String {
    format!("quick-{name}")
}

/// A hash of all files that the tests of a crate depend on.
fn state(name: &str, inputs: &[&str]) -> Outcome<String> {
    let mut folders = Vec::new();
    dependencies(name, &mut folders)?;
    folders.sort();
    let mut state = Fingerprint::new();
    let further = ["Cargo.toml", "Cargo.lock", "tests/cases", "tests/corpus"];
    let further = further.iter().chain(inputs).map(|path| paths::root().join(path));
    for path in folders.into_iter().chain(further) {
        state.path(&path)?;
    }
    Ok(state.text())
}

fn folder(name: &str) -> PathBuf {
    match name {
        "cloudflow-tests" => paths::root().join("tests/support"),
        _ => paths::root().join("crates").join(name.trim_start_matches("cloudflow-")),
    }
}

/// Adds the folder of a crate and of its dependencies in the workspace.
fn dependencies(name: &str, folders: &mut Vec<PathBuf>) -> Outcome<()> {
    let folder = folder(name);
    if folders.contains(&folder) {
        return Ok(());
    }
    let manifest = folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    folders.push(folder);
    for line in text.lines().filter(|line| line.starts_with("cloudflow-")) {
        let end = line.find([' ', '.', '=']).unwrap_or(line.len());
        dependencies(&line[..end], folders)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_depends_on_its_dependencies() {
        let folders = |name: &str| {
            let mut folders = Vec::new();
            dependencies(name, &mut folders).unwrap();
            let mut names: Vec<_> =
                folders.iter().map(|folder| folder.file_name().unwrap().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(folders("cloudflow-language"), ["base", "language", "reader", "support"]);
        assert_eq!(folders("cloudflow-local"), ["base", "language", "local", "reader", "service", "support"]);
    }

    #[test]
    fn every_input_exists() {
        for (name, inputs) in EXPENSIVE {
            assert!(inputs.iter().all(|path| paths::root().join(path).exists()), "{name}");
        }
    }
}
