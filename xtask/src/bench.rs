//! Benchmarks next to the packages that a user would take instead.

use std::process::ExitCode;

use crate::command::say;
use crate::{Outcome, npm, paths, wasm};

/// Checks the options. The scripts check the name of a part.
pub fn options(options: &[String]) -> Outcome<()> {
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--quick" | "--peers" => {}
            "--only" if options.next().is_some() => {}
            "--only" => return Err("`--only` takes the name of a part".to_owned()),
            _ => return Err(format!("`{option}` is not an option of this command")),
        }
    }
    Ok(())
}

/// Builds, installs the peers, and runs `tests/bench/run.mjs`.
pub fn bench(options: &[String]) -> Outcome<ExitCode> {
    wasm::build()?;
    let folder = paths::root().join("tests/bench");
    npm::install_at(&folder, "npm packages of the bench")?;
    if options.iter().any(|option| option == "lighthouse") {
        npm::install_at(&folder.join("lighthouse"), "Lighthouse")?;
    }
    say("bench: measuring; other work on this machine makes the figures worse");
    let status = npm::node()?
        .arg(folder.join("run.mjs"))
        .args(options)
        .env("CARGO_TARGET_DIR", paths::target())
        .status()
        .map_err(|e| format!("cannot start `node`: {e}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
