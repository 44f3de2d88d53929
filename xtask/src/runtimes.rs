//! Deno, Bun and workerd, which come from npm.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::command::{command, which};
use crate::{Outcome, npm};

/// Prevents network requests of the Cloudflare tools.
pub fn quiet(command: &mut Command) -> &mut Command {
    command
        .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_HIDE_BANNER", "true")
}

/// Deno of the npm package.
pub fn deno() -> Outcome<PathBuf> {
    platform_binary("deno", "@deno", &["deno", "deno.exe"])
}

/// Bun of the npm package, without its `bin`, which requires an install script.
pub fn bun() -> Outcome<PathBuf> {
    platform_binary("bun", "@oven", &["bin/bun", "bin/bun.exe"])
}

/// The binary of an npm package that has one package per platform in a scope. Of several, the one
/// that starts on this machine (Bun has one for processors without AVX2).
fn platform_binary(name: &str, scope: &str, files: &[&str]) -> Outcome<PathBuf> {
    // npm installs them next to the package or inside it.
    let scopes = [npm::file(scope), npm::file(name).join("node_modules").join(scope)];
    let mut found: Vec<PathBuf> = scopes
        .iter()
        .flat_map(|scope| std::fs::read_dir(scope).into_iter().flatten().flatten())
        .flat_map(|package| files.iter().map(move |file| package.path().join(file)))
        .collect();
    found.retain(|file| file.is_file());
    found.sort();
    found
        .into_iter()
        .chain(which(name))
        .find(|file| {
            command(file)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|s| s.success())
        })
        .ok_or_else(|| format!("no {name} that runs here is in node_modules/{scope} or on the PATH"))
}
