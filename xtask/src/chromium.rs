//! Finds a Chromium for the tests.

use std::env;
use std::path::PathBuf;

use crate::command::{say, which};
use crate::{Outcome, debian};

/// An installed Chromium, or the package of Debian.
pub fn find() -> Outcome<PathBuf> {
    if let Some(wish) = env::var_os("CHROMIUM").filter(|wish| !wish.is_empty()) {
        let path = PathBuf::from(&wish);
        let found = if path.is_file() { Some(path) } else { which(&wish.to_string_lossy()) };
        return found.ok_or_else(|| format!("CHROMIUM is `{}`, which is not a program", wish.to_string_lossy()));
    }
    let installed = || {
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
        let mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
        names.into_iter().find_map(which).or_else(|| Some(PathBuf::from(mac)).filter(|path| path.is_file()))
    };
    if let Some(path) = installed() {
        say(&format!("browser: {}", path.display()));
        return Ok(path);
    }
    if debian::is_there() {
        debian::install(&["chromium"])?;
        if let Some(path) = installed() {
            say(&format!("browser: {}", path.display()));
            return Ok(path);
        }
    }
    Err("there is no Chromium or Chrome; install one (on Debian: apt-get install chromium), or name it in CHROMIUM"
        .to_owned())
}
