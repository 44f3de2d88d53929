//! The console, served on this machine.

use std::process::ExitCode;

use crate::command::{run, say};
use crate::{Outcome, npm, paths, wasm};

const PORT: u16 = 8787;

/// Reads `--port N`.
pub fn port(options: &[String]) -> Outcome<Option<u16>> {
    match options {
        [] => Ok(None),
        [name, port] if name == "--port" => {
            let port = port
                .parse()
                .map_err(|_| format!("`{port}` is not a port; a number from 1 to 65535 is"))?;
            if port == 0 {
                Err("`0` is not a port; a number from 1 to 65535 is".to_owned())
            } else {
                Ok(Some(port))
            }
        }
        [name] if name == "--port" => Err("`--port` needs a number".to_owned()),
        [option, ..] => Err(format!(
            "`{option}` is not an option of demo; `--port N` is"
        )),
    }
}

/// Builds, then serves until it is interrupted.
///
/// An interrupt at the terminal reaches the whole process group, so `serve.mjs` ends its own
/// children; here is only waited.
pub fn demo(port: Option<u16>) -> Outcome<ExitCode> {
    let serve = paths::root().join("www/serve.mjs");
    if !serve.exists() {
        return Err("there is no www/serve.mjs to serve the console with".to_owned());
    }
    wasm::build()?;
    let port = port.unwrap_or(PORT);
    say(&format!("console: starting on port {port}; Ctrl-C ends it"));
    let mut node = npm::node()?;
    node.arg(&serve).arg("--port").arg(port.to_string());
    node.env_remove("CHROMIUM")
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false");
    run(&mut node).map(|()| ExitCode::SUCCESS)
}
