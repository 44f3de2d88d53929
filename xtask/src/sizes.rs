//! What is sent over the wire, and the budgets that hold it down.

use crate::command::output;
use crate::{Outcome, npm, paths};

/// What of the package is measured, and the most it may weigh with gzip -9.
const BUDGETS: [Budget; 4] = [
    Budget {
        row: "slim (core.wasm + entry, minified)",
        kib: 80,
    },
    Budget {
        row: "default entry, minified",
        kib: 100,
    },
    Budget {
        row: "local.wasm",
        kib: 300,
    },
    Budget {
        row: "local entry, minified",
        kib: 320,
    },
];

struct Budget {
    row: &'static str,
    kib: usize,
}

struct Row {
    name: String,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Prints the table of sizes.
pub fn print() -> Outcome<()> {
    println!(
        "{:<38} {:>9} {:>9} {:>9} {:>9}",
        "bytes", "raw", "gzip -9", "brotli 11", "budget gz"
    );
    for row in measure()? {
        let budget = BUDGETS.iter().find(|budget| budget.row == row.name);
        let limit = budget.map_or_else(String::new, |budget| (budget.kib * 1024).to_string());
        println!(
            "{:<38} {:>9} {:>9} {:>9} {:>9}",
            row.name, row.raw, row.gzip, row.brotli, limit
        );
    }
    Ok(())
}

/// Every budget that is passed, in words; also those of which the thing itself is missing.
pub fn over_budget() -> Outcome<Vec<String>> {
    let rows = measure()?;
    let mut over = Vec::new();
    for Budget { row: name, kib } in BUDGETS {
        match rows.iter().find(|row| row.name == name) {
            None => over.push(format!("{name}: there is nothing to measure")),
            Some(row) if row.gzip > kib * 1024 => {
                over.push(format!(
                    "{name}: {} bytes with gzip -9, the budget is {kib} KiB",
                    row.gzip
                ));
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
    let text = output(
        npm::node()?
            .arg(paths::script("sizes.mjs"))
            .arg(paths::pkg()),
    )?;
    text.lines().map(row).collect()
}

fn row(line: &str) -> Outcome<Row> {
    let wrong = || format!("sizes.mjs printed `{line}`");
    let mut cells = line.split('\t');
    let name = cells.next().ok_or_else(wrong)?.to_owned();
    let mut number = || {
        cells
            .next()
            .and_then(|cell| cell.parse().ok())
            .ok_or_else(wrong)
    };
    Ok(Row {
        name,
        raw: number()?,
        gzip: number()?,
        brotli: number()?,
    })
}
