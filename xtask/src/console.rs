//! Bundles the console: into the package, and as a playground for a static host.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::command::{run, say};
use crate::fingerprint::{Fingerprint, is_remembered, remember};
use crate::{Outcome, notices, npm, paths, wasm};

/// Everything that a bundle contains or that decides its form.
const INPUTS: [&str; 8] = [
    "www/console",
    "www/bundle",
    "www/playground",
    "pkg",
    "xtask/js/page.mjs",
    "xtask/js/console.mjs",
    "package.json",
    "package-lock.json",
];

/// Bundles the console into the package, if it is not up to date. Needs the WebAssembly modules.
pub fn bundle() -> Outcome<()> {
    let page = page();
    let inputs = inputs(&page)?;
    if page.join("index.html").exists() && is_remembered("console", &inputs) {
        say("console: up to date");
        return Ok(());
    }
    say("console: bundling");
    write("console", &page)?;
    remember("console", &inputs)
}

/// Reads `--out DIR`. Default: `target/playground`.
pub fn out(options: &[String]) -> Outcome<PathBuf> {
    match options {
        [] => Ok(paths::target().join("playground")),
        [name, dir] if name == "--out" && !dir.is_empty() => {
            std::env::current_dir().map(|here| here.join(dir)).map_err(|e| format!("the current folder: {e}"))
        }
        [name, ..] if name == "--out" => Err("`--out` needs one folder".to_owned()),
        [option, ..] => Err(format!("`{option}` is not an option of playground; `--out DIR` is")),
    }
}

/// Builds, then writes the playground.
pub fn playground(out: &Path) -> Outcome<ExitCode> {
    if is_foreign(out) {
        return Err(format!(
            "{} contains other files; name an empty folder, or one of an earlier playground",
            out.display()
        ));
    }
    wasm::build()?;
    write("playground", out)?;
    // The folder is a distribution of its own: the notices of the compiled crates belong to it.
    let file = out.join("THIRD-PARTY.txt");
    let failed = |e: std::io::Error| format!("{}: {e}", file.display());
    let of_the_page = std::fs::read_to_string(&file).map_err(failed)?;
    std::fs::write(&file, format!("{of_the_page}\n{}", notices::third_party()?)).map_err(failed)?;
    std::fs::copy(paths::root().join("LICENSE"), out.join("LICENSE")).map_err(|e| format!("LICENSE: {e}"))?;
    say(&format!("playground: {}; copy it to any static host", out.display()));
    Ok(ExitCode::SUCCESS)
}

/// The folder of the console in the package.
pub fn page() -> PathBuf {
    paths::pkg().join("console/page")
}

fn write(kind: &str, out: &Path) -> Outcome<()> {
    run(npm::node()?.arg(paths::script("console.mjs")).arg(kind).arg(out))
}

/// Whether a folder has files, but no page. The bundler empties it.
fn is_foreign(out: &Path) -> bool {
    let is_empty = std::fs::read_dir(out).map_or(!out.exists(), |mut entries| entries.next().is_none());
    let is_page = ["index.html", "THIRD-PARTY.txt"].iter().all(|name| out.join(name).exists());
    !is_empty && !is_page
}

fn inputs(page: &Path) -> Outcome<String> {
    let mut state = Fingerprint::new();
    for path in INPUTS {
        let path = paths::root().join(path);
        if path == paths::pkg() {
            without(&mut state, &path, &[page, &paths::pkg_dist()])?
        } else {
            state.path(&path)?
        }
    }
    Ok(state.text())
}

/// A folder without some folders below it.
fn without(state: &mut Fingerprint, folder: &Path, left_out: &[&Path]) -> Outcome<()> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        if left_out.contains(&entry.as_path()) {
            continue;
        }
        let contains_one = left_out.iter().any(|path| path.starts_with(&entry));
        if contains_one { without(state, &entry, left_out)? } else { state.path(&entry)? }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Outcome<PathBuf> {
        out(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_folder_of_the_playground_is_an_option() {
        assert!(read(&[]).unwrap().ends_with("playground"));
        assert!(read(&["--out", "site"]).unwrap().ends_with("site"));
        assert!(read(&["--out"]).is_err());
        assert!(read(&["--into", "site"]).is_err_and(|message| message.contains("`--out DIR`")));
    }

    #[test]
    fn a_folder_with_other_files_is_not_emptied() {
        assert!(is_foreign(&paths::root()));
        assert!(!is_foreign(&paths::root().join("there/is/no/such/folder")));
    }

    #[test]
    fn the_page_is_no_input() {
        let at = |left_out: &Path| {
            let mut state = Fingerprint::new();
            without(&mut state, &paths::root().join("xtask/js"), &[left_out]).unwrap();
            state.text()
        };
        assert_ne!(at(&paths::root().join("xtask/js/page.mjs")), at(&paths::root().join("xtask/js/console.mjs")));
    }
}
