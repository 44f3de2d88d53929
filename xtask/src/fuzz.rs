//! The fuzzers: coverage-guided ones, and the random tests with more seeds.

mod seeds;
pub mod targets;

use std::env;
use std::process::ExitCode;

use crate::command::{command, say};
use crate::{Outcome, paths};

/// Default number of simulation runs.
const SEEDS: u64 = 100_000;

/// The options of `fuzz-net`.
pub struct Net {
    seeds: u64,
    first: u64,
}

/// Reads `--seeds N` and `--seed N`.
pub fn net_options(options: &[String]) -> Outcome<Net> {
    let mut net = Net { seeds: SEEDS, first: 0 };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let value = options.next().ok_or_else(|| format!("`{option}` needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("`{option}` takes a whole number, not `{value}`"));
        match option.as_str() {
            "--seeds" => net.seeds = number()?,
            "--seed" => net.first = number()?,
            _ => return Err(format!("`{option}` is not an option of this command; `--seeds` and `--seed` are")),
        }
    }
    Ok(net)
}

/// Runs the simulated network of `crates/local/tests/it/network.rs`.
pub fn net(Net { seeds, first }: &Net) -> Outcome<ExitCode> {
    say(&format!("fuzz-net: {seeds} runs from seed {first}"));
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
        .env("CLOUDFLOW_FIRST_SEED", first.to_string())
        .status()
        .map_err(|e| format!("cannot start cargo: {e}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
