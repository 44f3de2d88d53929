//! Writes the package as programs load it, `pkg/dist/`, from the sources in `pkg/`.

use std::fs;

use crate::command::{run, say};
use crate::fingerprint::{Fingerprint, is_remembered, remember};
use crate::{Outcome, npm, paths};

/// Bundles the sources if one of them was changed.
pub fn build() -> Outcome<()> {
    let inputs = inputs()?;
    if paths::pkg_dist().join("shared.js").exists() && is_remembered("built-dist", &inputs) {
        say("dist: up to date");
        return Ok(());
    }
    say("dist: writing");
    run(npm::node()?.arg(paths::script("bundle.mjs")).arg(paths::pkg()).arg(paths::pkg_dist()))?;
    remember("built-dist", &inputs)
}

fn inputs() -> Outcome<String> {
    let mut state = Fingerprint::new();
    let root = paths::root();
    for path in ["package-lock.json", "docs/diagnostics.md", "docs/errors.md"] {
        state.path(&root.join(path))?;
    }
    state.path(&paths::script("bundle.mjs"))?;
    let entries = fs::read_dir(paths::pkg()).map_err(|e| format!("{}: {e}", paths::pkg().display()))?;
    let mut sources: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    sources.retain(|path| *path != paths::pkg_dist());
    sources.sort();
    for path in sources {
        state.path(&path)?;
    }
    Ok(state.text())
}
