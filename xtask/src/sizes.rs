//! The sizes of the package and their budgets.

use crate::command::output;
use crate::{Outcome, npm, paths};

/// Size budgets (gzip -9) and goals. A budget is slightly above the reached size. Raise one only with a reason that
/// docs/decisions.md states.
const BUDGETS: [Budget; 5] = [
    Budget { row: "slim (core.wasm + entry, minified)", kib: 160, aim_kib: Some(80) },
    Budget { row: "default entry, minified", kib: 161, aim_kib: Some(100) },
    Budget { row: "local.wasm", kib: 449, aim_kib: None },
    Budget { row: "local entry, minified", kib: 462, aim_kib: None },
    Budget { row: "graph entry, minified", kib: 28, aim_kib: None },
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

/// Prints the table of sizes.
pub fn print() -> Outcome<()> {
    let line = |name: &str, cells: [String; 5]| {
        let [raw, gzip, brotli, budget, aim] = cells;
        println!("{name:<38} {raw:>9} {gzip:>9} {brotli:>9} {budget:>9} {aim:>9}");
    };
    line("bytes", ["raw", "gzip -9", "brotli 11", "budget gz", "aim gz"].map(str::to_owned));
    for row in measure()? {
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
    let rows = measure()?;
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

fn measure() -> Outcome<Vec<Row>> {
    let text = output(npm::node()?.arg(paths::script("sizes.mjs")).arg(paths::pkg()))?;
    text.lines().map(row).collect()
}

fn row(line: &str) -> Outcome<Row> {
    let wrong = || format!("sizes.mjs printed `{line}`");
    let mut cells = line.split('\t');
    let name = cells.next().ok_or_else(wrong)?.to_owned();
    let mut number = || cells.next().and_then(|cell| cell.parse().ok()).ok_or_else(wrong);
    Ok(Row { name, raw: number()?, gzip: number()?, brotli: number()? })
}
