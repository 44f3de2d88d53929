//! Long measurements of several processes at once: the load test of the gateway, and the soak test.

use std::process::ExitCode;

use crate::command::say;
use crate::{Outcome, npm, paths, wasm};

/// Thousands of watchers of a gateway, the emulator with quotas as upstream. The program checks the options.
pub fn load_gateway(options: &[String]) -> Outcome<ExitCode> {
    run("load-gateway", "tests/gateway-load/run.mjs", options)
}

/// Client, gateway and emulator server for an hour, with faults between them. The program checks the options.
pub fn soak(options: &[String]) -> Outcome<ExitCode> {
    run("soak", "tests/soak/run.mjs", options)
}

/// Builds, then runs a program.
fn run(name: &str, program: &str, options: &[String]) -> Outcome<ExitCode> {
    wasm::build()?;
    npm::install()?;
    say(&format!("{name}: measuring; other work on this machine makes the figures worse"));
    let status = npm::node()?
        .arg(paths::root().join(program))
        .args(options)
        .env("CARGO_TARGET_DIR", paths::target())
        // The Cloudflare tools send nothing.
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false")
        .status()
        .map_err(|e| format!("cannot start `node`: {e}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
