//! The build tool of the project: `cargo xtask build | sizes | package | reproduce | demo | playground | docs | screens | lint | test | bench | load-gateway | soak | fuzz | fuzz-net | sim-gateway`.
//!
//! Every command does its own set-up (a Rust toolchain that can build for wasm32, the packages
//! of `package-lock.json`, a Chromium), prints each step and skips steps that are up to date.

#![allow(
    clippy::disallowed_methods,
    reason = "the build tool reads files, the environment and the clock; it is no part of the library"
)]

mod bench;
mod bundle;
mod chromium;
mod command;
mod console;
mod debian;
mod demo;
mod engines;
mod fingerprint;
mod fuzz;
mod glue;
mod hosts;
mod inline;
mod lint;
mod load;
mod notices;
mod npm;
mod package;
mod paths;
mod python;
mod quick;
mod reproduce;
mod runtimes;
mod sbom;
mod sim_gateway;
mod site;
mod sizes;
mod test;
mod toolchain;
mod traps;
mod wasm;

use std::env;
use std::process::ExitCode;

/// The result of a step. The error is a message for the user.
type Outcome<T> = Result<T, String>;

const USAGE: &str = "\
The build tool of cloudflow-wasm. Each command does its own set-up and skips steps that are up to date.

usage: cargo xtask <command> [options]

  build [--only MODULE] [--without STEP]
                    the WebAssembly modules and their glue, into pkg/wasm/, the console, into pkg/console/page/, and
                    the package as programs load it, into pkg/dist/; to measure what a step saves,
                    leave it out: encoder, names, traps (may be given more than once);
                    MODULE: ask, editor, gateway, language, local (can be repeated)
  sizes [--functions N]
                    build, then print where the bytes of each module are, by source module and by function (15),
                    with the change since the last commit that was measured here; fails if a size is over its budget
  package           the npm tarball of pkg/dist/, into target/package/
  reproduce [--with TARBALL] [--keep]
                    the package from two clones of the last commit in different folders; fails if a byte differs;
                    --with compares one build with a tarball, such as the published one; --keep leaves the clones
  demo [--port N]   build, then serve the console and print its address (8787, or the next free port)
  playground [--out DIR]
                    build, then write the console with an emulator in the page, for any static host, also in a
                    subfolder (target/playground/)
  docs [--out DIR] [--base PATH] [--no-playground]
                    the documentation as a site for any static host, with a search, the reference of the API and the
                    playground (target/site/); checks every link; PATH: the path of the site on its host (/)
  screens [ENGINE]  build, then take pictures of the console at four widths, light and dark, into target/screens/;
                    ENGINE: chromium, firefox, webkit
  lint [--only PART] [--fix]
                    format, lints, documentation, types of the JavaScript, spelling; PART: format-js, format-rust,
                    spelling, workflows, types-js, clippy, clippy-wasm, rustdoc, rustdoc-wasm (can be repeated);
                    --fix formats first
  test [--only S] [--filter NAME]
                    build, then every test; S: lint, rust, budgets, node, deno, bun, workerd, browser, servers,
                    commands, pages, types, packaging, fuzz (can be repeated), or engines, runtimes, which run only if
                    they are selected; --filter runs the tests whose name contains NAME in the JavaScript suites
  test --hosts [NAME]
                    build, then one program in every host (runtimes, bundlers, frameworks, browsers, versions of
                    TypeScript) whose name contains NAME (several: 'Vite 8|Rollup'); writes docs/hosts.md
  test --quick      the native tests with few random seeds, without a build for WebAssembly
  bench [--quick] [--only PART]
                    build, then measure against the peers of tests/bench/; PART: size, cold, validate,
                    growth, editor, response, sign, runtimes, abort, poll, language-service, check, mistakes, emulator,
                    console; only if named: watchers, lighthouse
  load-gateway [--gateway G] [--scenario S] [--watchers N] [--executions N] ...
                    build, then the load test of the gateway; G: workerd, wrangler, node, single, cache; S: ends, kill,
                    sleep; `node tests/gateway-load/run.mjs --help` lists all options
  soak [--minutes N] [--executions N] [--seed N] [--json FILE]
                    build, then client, gateway and emulator server together for an hour, with faults and restarts

  fuzz [--target T] [--seconds N] [--seed N]
                    run the coverage-guided fuzzers of fuzz/, each for N seconds (600); T: flow, expression,
                    response, emulator, sign (can be repeated); --seed: of the mutations (default: the time; printed)
  fuzz-net [--seeds N] [--seed S]
                    run N simulations (100000) of clients, networks and the emulator, from seed S (0); a seed that
                    breaks a rule is printed with the command that repeats it

  sim-gateway [--seeds N] [--seed S] [--world small|large|faults|crowd] [--broken leader|hub|budget]
                    simulate gateways with many watchers and faults (10000 seeds of a small world); a seed that
                    breaks a rule is printed; large: 1,000,000 watchers of 10,000 executions in 300 locations

  -h, --help        this text

environment
  CARGO_TARGET_DIR      where Rust builds (default: target/)
  CHROMIUM, FIREFOX     the browsers for the tests
  CLOUDFLOW_REQUIRE_LINT  an absent tool of lint is a failure instead of a skipped part
  CLOUDFLOW_TOOLCHAIN   rustup or debian: the toolchain for wasm32; default: the first that works
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome<ExitCode> {
    let Some((command, options)) = arguments.split_first() else {
        eprint!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    if arguments.iter().any(|a| a == "-h" || a == "--help") || command == "help" {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let done = match command.as_str() {
        "build" => wasm::options(options).map(|options| wasm::build_with(&options).map(|()| ExitCode::SUCCESS)),
        "sizes" => sizes::options(options).map(sizes::sizes),
        "package" => none(options).map(|()| package::package().map(|_| ExitCode::SUCCESS)),
        "reproduce" => reproduce::options(options).map(|options| reproduce::reproduce(&options)),
        "demo" => demo::port(options).map(demo::demo),
        "screens" => engines::name(options).map(engines::screens),
        "playground" => console::out(options).map(|out| console::playground(&out)),
        "docs" => site::options(options).map(|options| site::site(&options)),
        "lint" => lint::options(options).map(|options| lint::lint(&options)),
        "test" => test::options(options).map(|options| test::test(&options)),
        "fuzz" => fuzz::targets::wish(options).map(|wish| fuzz::targets::fuzz(&wish)),
        "fuzz-net" => fuzz::net_options(options).map(|net| fuzz::net(&net)),
        "sim-gateway" => sim_gateway::run(options).map(Ok),
        "bench" => bench::options(options).map(|()| bench::bench(options)),
        "load-gateway" => Ok(load::load_gateway(options)),
        "soak" => Ok(load::soak(options)),
        _ => Err(format!("`{command}` is not a command")),
    };
    done.unwrap_or_else(|message| {
        eprintln!("error: {message}\n");
        eprint!("{USAGE}");
        Ok(ExitCode::from(2))
    })
}

fn none(options: &[String]) -> Outcome<()> {
    match options.first() {
        None => Ok(()),
        Some(option) => Err(format!("`{option}` is not an option of this command")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The lines of the help about a command.
    fn usage(command: &str) -> Vec<&str> {
        let begins = |line: &str| line.strip_prefix("  ").is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        let is_it = |line: &&str| begins(line) && line.split_whitespace().next() == Some(command);
        // The lines of `test`, `test --hosts` and `test --quick` follow each other.
        let mut lines = USAGE.lines().skip_while(|line| !is_it(line)).peekable();
        let mut found = Vec::new();
        while let Some(line) = lines.next_if(|line| is_it(line) || !found.is_empty() && !begins(line)) {
            found.push(line);
        }
        found
    }

    /// Calls of this tool in a text: the words behind `cargo xtask`, up to the end of the command.
    fn calls(text: &str) -> Vec<Vec<&str>> {
        let end = |c: char| "\n`#;|&)".contains(c);
        let calls = text.split("cargo xtask ").skip(1).map(|rest| rest.split(end).next().unwrap_or_default());
        calls.map(|call| call.split_whitespace().collect()).collect()
    }

    #[test]
    fn workflows_and_documents_name_commands_and_options_that_exist() {
        let mut files = Vec::new();
        for dir in [".github/workflows", ".ci", "docs", "tests", "fuzz", "."] {
            let entries = fs::read_dir(paths::root().join(dir)).unwrap().map(|entry| entry.unwrap().path());
            files.extend(entries.filter(|path| {
                let is_text = path.extension().is_some_and(|end| end == "yml" || end == "md");
                path.is_file() && (is_text || dir == ".ci")
            }));
        }
        // Its help says `...`: the program lists all options.
        let load = fs::read_to_string(paths::root().join("tests/gateway-load/options.mjs")).unwrap();
        let (mut count, mut wrong) = (0, Vec::new());
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for call in calls(&text) {
                let (Some(name), options) = (call.first(), call.get(1..).unwrap_or_default()) else { continue };
                let mut help = usage(name);
                if *name == "load-gateway" {
                    help.extend(load.lines());
                }
                let has = |option: &str| {
                    let is_word = |word: &str| word.trim_matches(['[', ']', ',', ';', ':']) == option;
                    help.iter().any(|line| line.split_whitespace().any(is_word))
                };
                count += 1;
                let unknown: Vec<&&str> = options.iter().filter(|word| word.starts_with("--") && !has(word)).collect();
                let steps = options.iter().zip(options.iter().skip(1)).filter(|(option, _)| **option == "--only");
                let unlisted: Vec<&str> = steps.map(|(_, step)| *step).filter(|step| !has(step)).collect();
                if help.is_empty() || !unknown.is_empty() || !unlisted.is_empty() {
                    wrong.push(format!("{}: cargo xtask {}: {unknown:?} {unlisted:?}", file.display(), call.join(" ")));
                }
            }
        }
        assert!(count > 50, "only {count} calls");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
