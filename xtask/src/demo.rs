//! Serves the console on this machine.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, ExitCode};

use crate::command::say;
use crate::{Outcome, npm, paths, wasm};

/// Default port of the console.
const PORT: u16 = 8787;

/// Reads `--port N`.
pub fn port(options: &[String]) -> Outcome<Option<u16>> {
    match options {
        [] => Ok(None),
        [name, port] if name == "--port" => match port.parse() {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(format!("`{port}` is not a port; a number from 1 to 65535 is")),
        },
        [name] if name == "--port" => Err("`--port` needs a number".to_owned()),
        [option, ..] => Err(format!("`{option}` is not an option of demo; `--port N` is")),
    }
}

/// Builds, then serves until an interrupt.
pub fn demo(port: Option<u16>) -> Outcome<ExitCode> {
    let serve = paths::root().join("www/serve.mjs");
    if !serve.exists() {
        return Err("there is no www/serve.mjs to serve the console with".to_owned());
    }
    wasm::build()?;
    let port = match port {
        Some(port) => port,
        None => (PORT..PORT + 100)
            .find(|port| is_free(*port))
            .ok_or_else(|| format!("no port from {PORT} to {} is free; name one with --port", PORT + 99))?,
    };
    say(&format!("console: starting on port {port}; Ctrl-C ends it"));
    let mut node = npm::node()?;
    node.arg(&serve).arg("--port").arg(port.to_string());
    // The demo sends nothing to other machines.
    node.env("CLOUDFLARE_CF_FETCH_ENABLED", "false").env("WRANGLER_SEND_METRICS", "false");
    hand_over(node)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Replaces this process by the server, so that the end of this process ends the server and its children.
#[cfg(unix)]
fn hand_over(mut command: Command) -> Outcome<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(format!("cannot start node: {}", command.exec()))
}

/// An interrupt reaches all processes of the console. This process only waits.
#[cfg(not(unix))]
fn hand_over(mut command: Command) -> Outcome<ExitCode> {
    crate::command::run(&mut command).map(|()| ExitCode::SUCCESS)
}
