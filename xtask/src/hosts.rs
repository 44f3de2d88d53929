//! `cargo xtask test --hosts`: one program in every host that the package supports.

use std::process::ExitCode;

use crate::command::say;
use crate::runtimes::{bun, deno, quiet};
use crate::{Outcome, chromium, engines, npm, package, paths, wasm};

/// Builds and packs, then runs the hosts whose name contains a text. Writes `docs/hosts.md`.
pub fn test(name: &str) -> Outcome<ExitCode> {
    wasm::build()?;
    let packaging = paths::root().join("tests/js/packaging");
    npm::install_at(&packaging, "npm packages of the bundlers")?;
    engines::install()?;
    let tarball = package::pack()?;
    say("hosts: each one installs its packages; all of them take about half an hour");
    let mut node = npm::node()?;
    quiet(&mut node).env("CHROMIUM", chromium::find()?).env("DENO", deno()?).env("BUN", bun()?);
    if let Some(firefox) = engines::firefox() {
        node.env("FIREFOX", firefox);
    }
    node.arg(packaging.join("hosts/run.mjs")).arg(tarball);
    node.arg("--table").arg(paths::root().join("docs/hosts.md"));
    if !name.is_empty() {
        node.args(["--filter", name]);
    }
    let status = node.status().map_err(|e| format!("cannot start node: {e}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
