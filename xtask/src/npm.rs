//! Node and the packages of `package-lock.json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::command::{command, output, run, say, which};
use crate::fingerprint::Fingerprint;
use crate::{Outcome, paths};

/// Minimum version of Node for the tools of `package.json`.
const NODE: (u32, u32) = (20, 19);

/// Installs the packages of `package-lock.json` if they are absent.
pub fn install() -> Outcome<()> {
    install_at(&paths::root(), "npm packages")
}

/// The same for a folder with a lock file of its own.
pub fn install_at(folder: &Path, what: &str) -> Outcome<()> {
    check_node()?;
    let stamp = folder.join("node_modules/.xtask-installed");
    let mut state = Fingerprint::new();
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        state.path(&folder.join(name))?;
    }
    let state = state.text();
    if fs::read_to_string(&stamp).is_ok_and(|text| text == state) {
        say(&format!("{what}: up to date"));
        return Ok(());
    }
    let start = Instant::now();
    say(&format!("{what}: installing what package-lock.json names (npm ci)"));
    if which("npm").is_none() {
        return Err("`npm` is not on the PATH; it comes with Node (https://nodejs.org), on Debian as the package npm"
            .to_owned());
    }
    run(command("npm").current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, state).map_err(|e| format!("{}: {e}", stamp.display()))?;
    say(&format!("{what}: installed in {:.1} s", start.elapsed().as_secs_f64()));
    Ok(())
}

/// `node`, to run in the repository.
pub fn node() -> Outcome<Command> {
    check_node()?;
    Ok(command("node"))
}

/// A file of an installed package.
pub fn file(path: &str) -> PathBuf {
    paths::root().join("node_modules").join(path)
}

fn check_node() -> Outcome<()> {
    let (major, minor) = NODE;
    let wanted = format!("Node {major}.{minor} or newer is needed (https://nodejs.org)");
    if which("node").is_none() {
        return Err(format!("`node` is not on the PATH; {wanted}"));
    }
    let version = output(command("node").arg("--version"))?;
    let mut parts = version.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < NODE {
        return Err(format!("this is Node {}; {wanted}", version.trim()));
    }
    Ok(())
}
