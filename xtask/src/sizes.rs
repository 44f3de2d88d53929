//! The sizes of the package and their budgets.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::command::{command, output, run, say};
use crate::{Outcome, npm, paths, wasm};

/// Size budgets (gzip -9) and goals. A budget is slightly above the reached size. Raise one only with a reason that
/// docs/decisions.md states.
const BUDGETS: [Budget; 20] = [
    Budget { row: "import { CloudFlowError }", kib: 1, aim_kib: None },
    Budget { row: "import { signRequest }", kib: 21, aim_kib: None },
    Budget { row: "import { describeExecution }", kib: 62, aim_kib: Some(50) },
    Budget { row: "import { validateFlow }", kib: 134, aim_kib: Some(88) },
    Budget { row: "everything", kib: 208, aim_kib: Some(130) },
    Budget { row: "slim (modules + entry)", kib: 206, aim_kib: Some(130) },
    Budget { row: "editor entry", kib: 176, aim_kib: Some(150) },
    Budget { row: "editor/codemirror, own code", kib: 3, aim_kib: None },
    Budget { row: "editor/monaco, own code", kib: 3, aim_kib: None },
    Budget { row: "command lsp, own code", kib: 9, aim_kib: None },
    Budget { row: "local entry", kib: 474, aim_kib: None },
    Budget { row: "graph entry", kib: 28, aim_kib: None },
    Budget { row: "zh entry", kib: 30, aim_kib: None },
    Budget { row: "console, usable", kib: 55, aim_kib: None },
    Budget { row: "console, first view", kib: 279, aim_kib: None },
    Budget { row: "console, first view and editor", kib: 401, aim_kib: Some(200) },
    Budget { row: "console, the same and its service", kib: 587, aim_kib: None },
    Budget { row: "gateway Worker", kib: 90, aim_kib: Some(90) },
    Budget { row: "import { bearer }", kib: 2, aim_kib: None },
    Budget { row: "import { jwt }, with jose", kib: 11, aim_kib: None },
];

struct Budget {
    row: &'static str,
    kib: usize,
    aim_kib: Option<usize>,
}

struct Row {
    name: String,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Reads `--functions N`, the number of functions to print.
pub fn options(options: &[String]) -> Outcome<usize> {
    match options {
        [] => Ok(15),
        [name, number] if name == "--functions" => {
            number.parse().map_err(|_| format!("`{number}` is not a number of functions"))
        }
        _ => Err("sizes takes the option `--functions N` only".to_owned()),
    }
}

/// The command: builds, prints where the bytes are, and compares with the last commit and with the budgets.
pub fn sizes(functions: usize) -> Outcome<ExitCode> {
    wasm::build()?;
    let commits = git(&["log", "--format=%H", "-n", "50"])?;
    let is_clean =
        git(&["status", "--porcelain", "--", "Cargo.toml", "Cargo.lock", "src", "crates", "xtask"])?.is_empty();
    let file = |commit: &str| paths::memory().join(format!("sizes/{commit}.json"));
    // With changes, the last commit is the first of the list. Without changes, it is what is measured now.
    let base = commits.lines().skip(usize::from(is_clean)).map(file).find(|file| file.exists());
    match base.as_deref().and_then(|file| file.file_stem()) {
        Some(commit) => say(&format!("change: since {}", commit.to_string_lossy())),
        None => say("change: no earlier commit was measured here"),
    }
    let now = if is_clean { commits.lines().next().map_or_else(|| file("changed"), file) } else { file("changed") };
    let mut node = npm::node()?;
    node.arg(paths::script("where.mjs")).arg(now).arg(base.unwrap_or_else(|| PathBuf::from("-")));
    node.arg(functions.to_string());
    node.args(wasm::MODULES.map(|module| format!("{module}={}", wasm::named(module).display())));
    run(&mut node)?;
    let over = over_budget()?;
    for line in &over {
        println!("over budget: {line}");
    }
    Ok(if over.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn git(arguments: &[&str]) -> Outcome<String> {
    output(command("git").args(arguments).current_dir(paths::root()))
}

/// Prints the table of sizes.
pub fn print() -> Outcome<()> {
    let line = |name: &str, cells: [String; 5]| {
        let [raw, gzip, brotli, budget, aim] = cells;
        println!("{name:<38} {raw:>9} {gzip:>9} {brotli:>9} {budget:>9} {aim:>9}");
    };
    line("bytes", ["raw", "gzip -9", "brotli 11", "budget gz", "aim gz"].map(str::to_owned));
    for row in measure(&[])? {
        let budget = BUDGETS.iter().find(|budget| budget.row == row.name);
        let bytes = |kib: Option<usize>| kib.map_or_else(String::new, |kib| (kib * 1024).to_string());
        let (limit, aim) = (budget.map(|budget| budget.kib), budget.and_then(|budget| budget.aim_kib));
        let measured = [row.raw, row.gzip, row.brotli].map(|size| size.to_string());
        let [raw, gzip, brotli] = measured;
        line(&row.name, [raw, gzip, brotli, bytes(limit), bytes(aim)]);
    }
    Ok(())
}

/// The message of every exceeded budget. A budget without a measured size also counts.
pub fn over_budget() -> Outcome<Vec<String>> {
    let rows = measure(&["--without-brotli"])?;
    let mut over = Vec::new();
    for Budget { row: name, kib, .. } in BUDGETS {
        match rows.iter().find(|row| row.name == name) {
            None => over.push(format!("{name}: there is nothing to measure")),
            Some(row) if row.gzip > kib * 1024 => {
                over.push(format!("{name}: {} bytes with gzip -9, the budget is {kib} KiB", row.gzip));
            }
            Some(_) => {}
        }
    }
    Ok(over)
}

pub fn budgets() -> usize {
    BUDGETS.len()
}

fn measure(options: &[&str]) -> Outcome<Vec<Row>> {
    let mut node = npm::node()?;
    node.arg(paths::script("sizes.mjs")).args(options).arg(paths::pkg()).args(wasm::MODULES);
    let text = output(&mut node)?;
    text.lines().map(row).collect()
}

fn row(line: &str) -> Outcome<Row> {
    let wrong = || format!("sizes.mjs printed `{line}`");
    let mut cells = line.split('\t');
    let name = cells.next().ok_or_else(wrong)?.to_owned();
    let mut number = || cells.next().and_then(|cell| cell.parse().ok()).ok_or_else(wrong);
    Ok(Row { name, raw: number()?, gzip: number()?, brotli: number()? })
}
