//! The load test of the gateway: thousands of watchers, the emulator with quotas as upstream.

use std::process::ExitCode;

use crate::command::say;
use crate::{Outcome, npm, paths, wasm};

/// Builds, then runs `tests/gateway-load/run.mjs`, which checks the options.
pub fn load_gateway(options: &[String]) -> Outcome<ExitCode> {
    wasm::build()?;
    npm::install()?;
    say("load-gateway: measuring; other work on this machine makes the figures worse");
    let status = npm::node()?
        .arg(paths::root().join("tests/gateway-load/run.mjs"))
        .args(options)
        .env("CARGO_TARGET_DIR", paths::target())
        // The Cloudflare tools send nothing.
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false")
        .status()
        .map_err(|e| format!("cannot start `node`: {e}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
