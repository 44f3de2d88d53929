//! Firefox and WebKitGTK for the tests of pages, beside Chromium.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::command::{run, say, which};
use crate::{Outcome, chromium, debian, npm, paths, wasm};

/// Installs the missing browsers. Elsewhere than on Debian, the tests print which browsers are absent and skip them; in
/// CI (`CI=true`) an absent browser is an error.
pub fn install() -> Outcome<()> {
    let mut missing = Vec::new();
    if firefox().is_none() {
        missing.push("firefox-esr");
    }
    if cfg!(target_os = "linux") {
        for (program, package) in
            [("WebKitWebDriver", "webkit2gtk-driver"), ("Xvfb", "xvfb"), ("xkbcomp", "x11-xkb-utils")]
        {
            if which(program).is_none() {
                missing.push(package);
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    if debian::is_there() {
        return debian::install(&missing);
    }
    let list = missing.join(", ");
    if env::var("CI").is_ok_and(|value| value == "true") {
        return Err(format!("browsers for the tests are absent (as packages of Debian: {list}), and this is CI"));
    }
    say(&format!("browsers: absent, and their tests are skipped; as packages of Debian: {list}"));
    Ok(())
}

/// The Firefox for the tests, if there is one.
pub fn firefox() -> Option<PathBuf> {
    let given = env::var_os("FIREFOX").map(PathBuf::from);
    let mac = Path::new("/Applications/Firefox.app/Contents/MacOS/firefox");
    given
        .or_else(|| which("firefox-esr"))
        .or_else(|| which("firefox"))
        .or_else(|| Some(mac.to_path_buf()).filter(|path| path.is_file()))
}

/// Reads the name of a browser.
pub fn name(options: &[String]) -> Outcome<&str> {
    match options {
        [] => Ok("chromium"),
        [name] if ["chromium", "firefox", "webkit"].contains(&name.as_str()) => Ok(name),
        [option, ..] => Err(format!("`{option}` is not an option of screens; chromium, firefox and webkit are")),
    }
}

/// Builds, then takes pictures of the console.
pub fn screens(name: &str) -> Outcome<ExitCode> {
    wasm::build()?;
    install()?;
    let mut node = npm::node()?;
    node.env("CHROMIUM", chromium::find()?);
    if let Some(firefox) = firefox() {
        node.env("FIREFOX", firefox);
    }
    run(node.arg(paths::root().join("tests/js/engines/screens.mjs")).arg(name))?;
    Ok(ExitCode::SUCCESS)
}
