//! Python with the packages of `tests/python/requirements.txt`, in a folder below `target/`.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::command::{command, output, run, say, which};
use crate::fingerprint::Fingerprint;
use crate::{Outcome, paths};

/// The interpreter with the packages. Absent if this machine has no Python.
pub fn install() -> Outcome<Option<PathBuf>> {
    if which("python3").is_none() {
        say("python: no `python3` is on the PATH; the official SDK for Python is not tried");
        return Ok(None);
    }
    let requirements = paths::root().join("tests/python/requirements.txt");
    let folder = paths::target().join("python");
    let inside = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let python = folder.join(inside);
    let stamp = folder.join(".xtask-installed");
    let mut state = Fingerprint::new();
    state.path(&requirements)?;
    let state = format!("{} {}", output(command("python3").arg("--version"))?.trim(), state.text());
    if python.is_file() && fs::read_to_string(&stamp).is_ok_and(|text| text == state) {
        say("python: up to date");
        return Ok(Some(python));
    }
    let start = Instant::now();
    say("python: installing what tests/python/requirements.txt names (pip)");
    run(command("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .map_err(|e| format!("{e}; on Debian, `python3 -m venv` is in the package python3-venv"))?;
    run(command(&python)
        .args(["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", "-r"])
        .arg(requirements))?;
    fs::write(&stamp, state).map_err(|e| format!("{}: {e}", stamp.display()))?;
    say(&format!("python: installed in {:.1} s", start.elapsed().as_secs_f64()));
    Ok(Some(python))
}
