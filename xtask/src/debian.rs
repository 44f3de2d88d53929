//! Installs missing packages of Debian.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::command::{command, output, run, say, which};

/// True if `apt-get` of Debian or a derived system is available.
pub fn is_there() -> bool {
    Path::new("/etc/debian_version").exists() && which("apt-get").is_some()
}

/// Installs the missing packages. Never removes a package.
pub fn install(packages: &[&str]) -> Outcome<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    say(&format!("installing the Debian packages {list} with apt-get"));
    let install = || {
        let mut apt = apt_get()?;
        apt.args(["install", "--yes", "--no-remove", "--no-install-recommends"]).args(&missing);
        run(&mut apt)
    };
    if install().is_ok() {
        return Ok(());
    }
    // A new image has no package lists, an old one has outdated lists.
    say("apt-get could not; refreshing its package lists and trying again");
    run(apt_get()?.arg("update"))?;
    install().map_err(|e| format!("{e}; install them by hand: apt-get install {list}"))
}

/// The file of an installed package whose path has this end; the shortest path of several.
pub fn file_of(package: &str, end: &str) -> Option<PathBuf> {
    let files = output(command("dpkg-query").args(["--listfiles", package])).ok()?;
    files.lines().filter(|line| line.ends_with(end)).min_by_key(|line| line.len()).map(PathBuf::from)
}

fn is_installed(package: &str) -> bool {
    output(command("dpkg-query").args(["--show", "--showformat=${db:Status-Abbrev}", package]))
        .is_ok_and(|status| status.starts_with("ii"))
}

/// `apt-get`, with `sudo` if the user is not root.
fn apt_get() -> Outcome<Command> {
    let id = output(command("id").arg("-u"))?;
    if id.trim() == "0" {
        let mut apt = command("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        return Ok(apt);
    }
    if which("sudo").is_none() {
        return Err("installing packages needs root, and there is no `sudo`".to_owned());
    }
    let mut sudo = command("sudo");
    if !std::io::stdin().is_terminal() {
        // Fail instead of waiting for a password.
        sudo.arg("--non-interactive");
    }
    sudo.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(sudo)
}
