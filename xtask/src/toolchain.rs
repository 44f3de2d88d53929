//! Selects the `cargo` and `rustc` that build for wasm32.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::command::{command, output, run_at_most, say, which};
use crate::fingerprint::{is_remembered, remember};
use crate::{Outcome, debian, paths};

pub const TARGET: &str = "wasm32-unknown-unknown";

/// Rust for wasm32 as Debian packages it: built for Chromium and Firefox, newer than its `rustc`.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

/// Time limit of `rustup target add`, which downloads about 20 MB.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

pub enum Toolchain {
    /// The `cargo` that runs this tool, with a compiled std for wasm32.
    Ready,
    /// That of Debian, which compiles std from source.
    Debian { cargo: PathBuf, rustc: PathBuf, linker: PathBuf },
}

/// Finds the toolchain or installs its missing parts.
pub fn find() -> Outcome<Toolchain> {
    let wish = env::var("CLOUDFLOW_TOOLCHAIN").unwrap_or_default();
    if !["", "rustup", "debian"].contains(&wish.as_str()) {
        return Err(format!("CLOUDFLOW_TOOLCHAIN is `{wish}`; it can be `rustup` or `debian`"));
    }
    let may_rustup = wish != "debian";
    let may_debian = wish != "rustup" && debian::is_there();

    if may_rustup && has_std() {
        say(&format!("toolchain: {} with its std for wasm32", version("rustc")));
        return Ok(Toolchain::Ready);
    }
    if may_rustup && rustup_adds(may_debian)? {
        return Ok(Toolchain::Ready);
    }
    if may_debian {
        debian::install(&PACKAGES)?;
        let cargo = file(PACKAGES[1], "/bin/cargo")?;
        let rustc = file(PACKAGES[0], "/bin/rustc")?;
        // Of `rust-lld`, which rustc would take, only a package that is recommended has a copy.
        let linker = file(PACKAGES[3], "/bin/wasm-ld")?;
        say(&format!(
            "toolchain: Debian's {} ({}), building std for wasm32 from source",
            version(&rustc),
            PACKAGES.join(" ")
        ));
        return Ok(Toolchain::Debian { cargo, rustc, linker });
    }
    Err(format!(
        "no Rust toolchain here can build for {TARGET}; install it with `rustup target add {TARGET}`, \
         or on Debian with `apt-get install {}`",
        PACKAGES.join(" ")
    ))
}

impl Toolchain {
    /// `cargo build` for wasm32, in release, of the library.
    pub fn cargo_build(&self) -> Command {
        let mut build = match self {
            Self::Ready => command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
            Self::Debian { cargo, rustc, linker } => {
                let mut build = command(cargo);
                scrub(&mut build);
                build.env("RUSTC", rustc).env("RUSTC_BOOTSTRAP", "1");
                build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                build
            }
        };
        build.args(["build", "--lib", "--package", "cloudflow-wasm", "--release", "--locked", "--target", TARGET]);
        if matches!(self, Self::Debian { .. }) {
            build.arg("-Zbuild-std=std,panic_abort");
        }
        // The module contains the source path of each panic. The prefix of this machine is removed.
        // `--config` adds these flags to those of .cargo/config.toml; RUSTFLAGS would replace them.
        let remap = |from: &Path, to: &str| format!("\"--remap-path-prefix={}={to}\"", from.display());
        let flags = [remap(&cargo_home().join("registry/src"), "crates"), remap(&paths::root(), ".")];
        build.arg("--config").arg(format!("target.{TARGET}.rustflags=[{}]", flags.join(", ")));
        build
    }

    /// The identity of the toolchain, for the fingerprint.
    pub fn identity(&self) -> Outcome<String> {
        match self {
            Self::Ready => output(command("rustc").arg("-vV")),
            Self::Debian { rustc, .. } => output(command(rustc).arg("-vV")).map(|v| format!("debian {v}")),
        }
    }
}

/// The crates of the compiled standard library for wasm32; empty where it is compiled from source.
pub fn std_crates() -> Vec<String> {
    let libraries = output(command("rustc").args(["--print", "target-libdir", "--target", TARGET])).unwrap_or_default();
    let entries = std::fs::read_dir(libraries.trim()).into_iter().flatten().flatten();
    let mut crates: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (name, _hash) = name.strip_prefix("lib")?.strip_suffix(".rlib")?.rsplit_once('-')?;
            Some(name.to_owned())
        })
        .collect();
    crates.sort();
    crates
}

/// Where cargo keeps the sources of the crates.
fn cargo_home() -> PathBuf {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default()
}

/// A `cargo` of rustup sets variables for its children. They must not reach the `cargo` of Debian.
fn scrub(command: &mut Command) {
    // These variables select the registry, not the toolchain.
    const KEPT: [&str; 6] =
        ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRY_", "CARGO_REGISTRIES_", "CARGO_SOURCE_"];
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let kept = KEPT.iter().any(|kept| text.starts_with(kept));
        if text.starts_with("RUST") || text == "LD_LIBRARY_PATH" || (text.starts_with("CARGO") && !kept) {
            command.env_remove(&name);
        }
    }
    if let Some(path) = env::var_os("PATH") {
        let dirs = env::split_paths(&path).filter(|dir| !dir.join("rustup").exists() && !is_of_rustup(dir));
        if let Ok(path) = env::join_paths(dirs) {
            command.env("PATH", path);
        }
    }
}

fn is_of_rustup(dir: &Path) -> bool {
    dir.components().any(|part| part.as_os_str() == ".rustup")
}

/// True if the `rustc` on the `PATH` has a std for wasm32.
pub fn has_std() -> bool {
    std_crates().iter().any(|name| name == "std")
}

/// Installs the std with rustup. A failure is stored if another toolchain is available, so rustup is tried once.
fn rustup_adds(another_way: bool) -> Outcome<bool> {
    const MEMORY: &str = "rustup-refused";
    if which("rustup").is_none() {
        return Ok(false);
    }
    let identity = output(command("rustc").arg("-vV"))?;
    if another_way && is_remembered(MEMORY, &identity) {
        say("toolchain: rustup could not add wasm32 the last time (remembered in target/xtask/rustup-refused)");
        return Ok(false);
    }
    say(&format!("toolchain: asking rustup for its std for wasm32 (at most {} s)", RUSTUP_LIMIT.as_secs()));
    let added = run_at_most(command("rustup").args(["target", "add", TARGET]), RUSTUP_LIMIT)?;
    if added && has_std() {
        say(&format!("toolchain: {} with its std for wasm32", version("rustc")));
        return Ok(true);
    }
    say("toolchain: rustup could not add it");
    if another_way {
        remember(MEMORY, &identity)?;
    }
    Ok(false)
}

fn version(rustc: impl AsRef<Path>) -> String {
    output(command(rustc.as_ref()).arg("--version")).map_or_else(|_| "rustc".to_owned(), |v| v.trim().to_owned())
}

fn file(package: &str, end: &str) -> Outcome<PathBuf> {
    debian::file_of(package, end).ok_or_else(|| format!("the Debian package {package} holds no file `…{end}`"))
}
