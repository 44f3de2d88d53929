//! The coverage-guided fuzzers of `fuzz/`: set-up, seeds, build, runs.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use super::seeds;
use crate::command::{command, output, run, say, which};
use crate::{Outcome, paths};

/// Every target and its maximum input size.
const TARGETS: [(&str, usize); 5] =
    [("flow", 8192), ("expression", 512), ("response", 8192), ("emulator", 16_384), ("sign", 2048)];

/// Default time of each target.
const SECONDS: u32 = 600;

/// A longer run is a finding. A run usually takes milliseconds, but the machine may be busy.
const TIMEOUT: u32 = 10;

/// The version that is installed.
const CARGO_FUZZ: &str = "0.13.2";

/// The options of the command.
pub struct Wish {
    targets: Vec<(&'static str, usize)>,
    seconds: u32,
    seed: u32,
}

/// A new seed for each run. libFuzzer replaces 0 by a seed of its own.
fn new_seed() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.subsec_nanos().max(1))
}

/// Reads `--target T`, which can be repeated, `--seconds N` and `--seed N`.
pub fn wish(options: &[String]) -> Outcome<Wish> {
    let mut wish = Wish { targets: Vec::new(), seconds: SECONDS, seed: new_seed() };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let value = options.next().ok_or_else(|| format!("`{option}` needs a value"))?;
        match option.as_str() {
            "--target" => {
                let target = TARGETS.iter().find(|(name, _)| name == value);
                let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
                let unknown = || format!("`{value}` is not a target; {} are", known.join(", "));
                wish.targets.push(*target.ok_or_else(unknown)?);
            }
            "--seconds" | "--seed" => {
                let wrong = |_| format!("`{option}` takes a whole number, not `{value}`");
                let number = value.parse::<u32>().map_err(wrong)?;
                if option == "--seed" { wish.seed = number } else { wish.seconds = number }
            }
            _ => {
                let known = "`--target`, `--seconds` and `--seed`";
                return Err(format!("`{option}` is not an option of this command; {known} are"));
            }
        }
    }
    if wish.targets.is_empty() {
        wish.targets = TARGETS.to_vec();
    }
    Ok(wish)
}

/// The result of a run.
pub struct Run {
    pub target: &'static str,
    /// Nothing was found.
    pub passed: bool,
    /// One line about it.
    pub line: String,
}

/// The command.
pub fn fuzz(wish: &Wish) -> Outcome<ExitCode> {
    if let Some(reason) = obstacle()? {
        return Err(format!("the fuzzers cannot be built here: {reason}"));
    }
    let runs = fuzz_for(wish)?;
    println!();
    for run in &runs {
        println!("  {}", run.line);
    }
    Ok(if runs.iter().all(|run| run.passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs every target for the given time, for the tests. Returns a reason if they cannot run.
pub fn shortly(seconds: u32) -> Outcome<Result<Vec<Run>, String>> {
    match obstacle()? {
        Some(reason) => Ok(Err(reason)),
        None => fuzz_for(&Wish { targets: TARGETS.to_vec(), seconds, seed: new_seed() }).map(Ok),
    }
}

/// Installs cargo-fuzz and builds the targets, if they can be built here.
pub fn prepare() -> Outcome<()> {
    match obstacle()? {
        Some(_) => Ok(()),
        None => build().map(drop),
    }
}

/// Installs cargo-fuzz. Returns a reason if the fuzzers cannot be built on this machine.
fn obstacle() -> Outcome<Option<String>> {
    if !cfg!(any(target_os = "linux", target_os = "macos")) {
        return Ok(Some("libFuzzer is used on Linux and macOS only".to_owned()));
    }
    let compiler =
        env::var_os("CXX").map(PathBuf::from).or_else(|| ["c++", "g++", "clang++"].into_iter().find_map(which));
    if compiler.is_none() {
        return Ok(Some("libFuzzer is C++, and there is no C++ compiler".to_owned()));
    }
    // Without a sanitizer no flag is unstable; but a rustc may be built without LLVM's coverage.
    let probe = paths::memory().join("probe.rs");
    let prepared = fs::create_dir_all(paths::memory()).and_then(|()| fs::write(&probe, ""));
    prepared.map_err(|e| format!("{}: {e}", probe.display()))?;
    let probed = output(
        command("rustc")
            .args([
                "--crate-type=lib",
                "--emit=obj",
                "-Cpasses=sancov-module",
                "-Cllvm-args=-sanitizer-coverage-level=4",
            ])
            .arg("-o")
            .arg(probe.with_extension("o"))
            .arg(&probe),
    );
    if let Err(message) = probed {
        return Ok(Some(format!("rustc does not instrument for coverage: {message}")));
    }
    Ok(install().err())
}

fn cargo_fuzz() -> PathBuf {
    paths::target().join("tools/bin/cargo-fuzz")
}

/// cargo-fuzz, into `target/tools`.
fn install() -> Outcome<()> {
    let tool = cargo_fuzz();
    let is_there =
        |tool: &Path| output(command(tool).args(["fuzz", "--version"])).is_ok_and(|v| v.contains(CARGO_FUZZ));
    if is_there(&tool) {
        return Ok(());
    }
    say(&format!("fuzz: cargo install cargo-fuzz {CARGO_FUZZ}, into target/tools"));
    let mut install = command(cargo());
    install.args(["install", "cargo-fuzz", "--quiet", "--locked", "--force", "--version", CARGO_FUZZ, "--root"]);
    install.arg(paths::target().join("tools")).env("CARGO_TARGET_DIR", paths::target().join("tools/build"));
    run(&mut install)?;
    if is_there(&tool) { Ok(()) } else { Err(format!("{} does not run", tool.display())) }
}

fn cargo() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Builds all targets at once, without a sanitizer: the library has no unsafe code, so a sanitizer
/// cannot find anything, and a run without it takes half the time.
fn build() -> Outcome<PathBuf> {
    let out = paths::target().join("fuzz");
    say("fuzz: building the targets");
    run(command(cargo_fuzz())
        .args(["fuzz", "build", "--sanitizer", "none", "--target-dir"])
        .arg(&out)
        // This process is a child of cargo. The variables of cargo must not reach cargo-fuzz.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR"))?;
    let host = output(command("rustc").arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
    Ok(out.join(host).join("release"))
}

fn fuzz_for(wish: &Wish) -> Outcome<Vec<Run>> {
    let programs = build()?;
    for (target, _) in &wish.targets {
        let seeds = seeds::write(target, &dir("seeds", target))?;
        say(&format!("fuzz: {target}: {seeds} seeds"));
    }
    let queue = Mutex::new(wish.targets.iter());
    let runs = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from).min(wish.targets.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((target, longest)) = next(&queue) {
                    let run = one(&programs, target, *longest, wish).unwrap_or_else(|message| Run {
                        target,
                        passed: false,
                        line: format!("{target}: {message}"),
                    });
                    say(&format!("fuzz: {}", run.line));
                    if let Ok(mut runs) = runs.lock() {
                        runs.push(run);
                    }
                }
            });
        }
    });
    let mut runs = runs.into_inner().map_err(|_| "a run broke off".to_owned())?;
    runs.sort_by_key(|run| TARGETS.iter().position(|(name, _)| *name == run.target));
    Ok(runs)
}

fn next<'w, T>(queue: &Mutex<impl Iterator<Item = &'w T>>) -> Option<&'w T> {
    queue.lock().ok()?.next()
}

/// Below `target/fuzz`.
fn dir(kind: &str, target: &str) -> PathBuf {
    paths::target().join("fuzz").join(kind).join(target)
}

fn one(programs: &Path, target: &'static str, longest: usize, wish: &Wish) -> Outcome<Run> {
    let Wish { seconds, seed, .. } = wish;
    // The folder that `cargo fuzz run` also uses.
    let corpus = paths::root().join("fuzz/corpus").join(target);
    let findings = dir("findings", target);
    for dir in [&corpus, &findings] {
        fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    let known = names(&findings);
    let log = dir("log", target).with_extension("txt");
    let file = log.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&log));
    let file = file.map_err(|e| format!("{}: {e}", log.display()))?;
    let status = command(programs.join(target))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-seed={seed}"))
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-max_len={longest}"))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .arg(format!("-dict={}", paths::root().join("fuzz/words.dict").display()))
        .args(["-rss_limit_mb=2048", "-print_final_stats=1"])
        .env("RUST_BACKTRACE", "0")
        .arg(&corpus)
        .arg(dir("seeds", target))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .status()
        .map_err(|e| format!("cannot start the fuzzer: {e}"))?;
    let said = fs::read(&log).map_err(|e| format!("{}: {e}", log.display()))?;
    let said = String::from_utf8_lossy(&said);
    let found: Vec<String> = names(&findings).into_iter().filter(|name| !known.contains(name)).collect();
    let executions = said.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    // `#8192 pulse  cov: 5134 ft: 20321 corp: 812/310Kb …`
    let state = said.lines().rfind(|line| line.contains(" cov: ") && line.contains(" corp: "));
    let number = |name: &str| {
        let mut words = state.unwrap_or_default().split_whitespace();
        words.find(|word| *word == name).and_then(|_| words.next()).unwrap_or("?").to_owned()
    };
    let line = format!(
        "{target}: {} executions in {seconds} s from seed {seed}, coverage {} edges and {} features, corpus {} ({} files kept), findings: {}",
        executions.unwrap_or("?").trim(),
        number("cov:"),
        number("ft:"),
        number("corp:"),
        names(&corpus).len(),
        found.len()
    );
    let passed = status.success() && found.is_empty();
    if !passed {
        let tail: Vec<&str> = said.lines().rev().take(40).collect();
        println!("{}", tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        for name in &found {
            println!("again: {} {}", programs.join(target).display(), findings.join(name).display());
        }
    }
    Ok(Run { target, passed, line })
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
