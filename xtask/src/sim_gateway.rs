//! `sim-gateway`: the simulation of gateways in `tests/gateway-sim`.

use std::env;
use std::process::ExitCode;

use crate::command::command;
use crate::{Outcome, paths};

/// Builds the simulation for speed and runs it.
pub fn run(options: &[String]) -> Outcome<ExitCode> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = command(cargo)
        .args(["run", "--quiet", "--locked", "--profile", "sim", "--package", "gateway-sim", "--"])
        .args(options)
        .env("CARGO_TARGET_DIR", paths::target())
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}
