//! The fuzzers: coverage-guided ones, and the random tests with more seeds.

mod seeds;
pub mod targets;

use std::env;
use std::process::ExitCode;

use crate::command::{command, say};
use crate::{Outcome, paths};

/// Default number of simulation runs.
const SEEDS: u64 = 100_000;

/// The number of seeds.
pub fn seeds(options: &[String]) -> Outcome<u64> {
    match options {
        [] => Ok(SEEDS),
        [name, number] if name == "--seeds" => {
            number.parse().map_err(|_| format!("`--seeds` takes a number, not `{number}`"))
        }
        _ => Err("the only option of this command is `--seeds N`".to_owned()),
    }
}

/// Runs the simulated network of `crates/local/tests/it/network.rs`.
pub fn net(seeds: u64) -> Outcome<ExitCode> {
    say(&format!("fuzz-net: {seeds} runs"));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = command(cargo)
        .args([
            "test",
            "--quiet",
            "--release",
            "--package",
            "cloudflow-local",
            "--test",
            "it",
            "network::rules",
            "--",
            "--nocapture",
        ])
        .env("CARGO_TARGET_DIR", paths::target())
        // The release profile optimizes for size: it is slow to build and to run.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "2")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CLOUDFLOW_SEEDS", seeds.to_string())
        .status()
        .map_err(|e| format!("cannot start cargo: {e}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
