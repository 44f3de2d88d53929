//! `cargo xtask sim-gateway`: runs many seeds of the small world, or the large world once.

#![allow(clippy::disallowed_methods, reason = "a tool: it measures the time and reads its arguments")]

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use gateway_sim::{Broken, Report, World, simulate};

const USAGE: &str = "\
usage: gateway-sim [--seeds N] [--seed S] [--world small|large|faults|crowd] [--broken leader|hub|budget]

  --seeds N     number of simulations (10000); in the large worlds each is an account with 100 executions and 10,000 watchers
  --seed S      the first seed (0)
  --world W     small: many small accounts with all faults; large: no faults; faults: large with faults;
                crowd: one execution with 50,000 watchers
  --broken P    breaks a part on purpose: the simulations have to fail
";

struct Wish {
    seeds: u64,
    first: u64,
    world: String,
    broken: Broken,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wish = match read(&arguments) {
        Ok(wish) => wish,
        Err(message) => {
            eprintln!("error: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let begun = Instant::now();
    let next = AtomicU64::new(0);
    let total = Mutex::new((Report::default(), Vec::<u64>::new()));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= wish.seeds {
                        return;
                    }
                    let seed = wish.first.wrapping_add(index);
                    let report = catch_unwind(|| simulate(world(&wish, seed), seed));
                    let mut report = report.unwrap_or_else(|_| Report {
                        violations: vec!["a panic; its message is above".to_owned()],
                        ..Report::default()
                    });
                    let fails = !report.violations.is_empty();
                    if fails && wish.broken == Broken::Nothing {
                        for violation in &mut report.violations {
                            *violation = format!("seed {seed}: {violation}");
                        }
                    }
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    total.0.merge(report);
                    if fails {
                        total.1.push(seed);
                    }
                }
            });
        }
    });
    let (report, mut failed) = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_unstable();
    print(&report, &wish, begun.elapsed().as_secs_f64());
    if wish.broken != Broken::Nothing {
        println!("{} of {} simulations noticed the broken part", failed.len(), wish.seeds);
        return if failed.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    for violation in &report.violations {
        println!("  {violation}");
    }
    let shown: Vec<String> = failed.iter().take(20).map(u64::to_string).collect();
    println!("{} of {} seeds failed: {}", failed.len(), wish.seeds, shown.join(", "));
    let first = failed.first().copied().unwrap_or(0);
    println!("repeat one with `cargo xtask sim-gateway --world {} --seeds 1 --seed {first}`", wish.world);
    // The other worlds are too large for the test command.
    if let "small" | "faults" = wish.world.as_str() {
        println!("add the seed to tests/cases/seeds/gateway-{}.txt", wish.world);
    }
    ExitCode::FAILURE
}

fn world(wish: &Wish, seed: u64) -> World {
    let world = match wish.world.as_str() {
        "large" => World::large(),
        "faults" => World::large_with_faults(),
        "crowd" => World::crowd(),
        _ => World::small(seed),
    };
    World { broken: wish.broken, ..world }
}

fn read(arguments: &[String]) -> Result<Wish, String> {
    let mut wish = Wish { seeds: 0, first: 0, world: "small".to_owned(), broken: Broken::Nothing };
    let mut seeds = None;
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("`{name}` needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("`{value}` is not a whole number"));
        match name.as_str() {
            "--seeds" => seeds = Some(number()?),
            "--seed" => wish.first = number()?,
            "--world" if ["small", "large", "faults", "crowd"].contains(&value.as_str()) => {
                value.clone_into(&mut wish.world)
            }
            "--broken" => {
                wish.broken = match value.as_str() {
                    "leader" => Broken::Leader,
                    "hub" => Broken::Hub,
                    "budget" => Broken::Budget,
                    _ => return Err(format!("`{value}` cannot be broken; expected leader, hub or budget")),
                }
            }
            "--world" => return Err(format!("`{value}` is not a world; expected small, large, faults or crowd")),
            _ => return Err(format!("`{name}` is not an option")),
        }
    }
    let default = match wish.world.as_str() {
        "small" => 10_000,
        "crowd" => 1,
        _ => 100,
    };
    wish.seeds = seeds.unwrap_or(default);
    Ok(wish)
}

fn print(report: &Report, wish: &Wish, seconds: f64) {
    let line = |name: &str, times: &[u32]| {
        let (median, p99, most) = Report::spread(times);
        println!("{name:<44} p50 {median:>7} ms   p99 {p99:>7} ms   maximum {most:>7} ms   ({} watchers)", times.len());
    };
    println!(
        "{} simulations of the world `{}`: {} executions, {} watchers, {} events in {seconds:.1} s",
        wish.seeds, wish.world, report.executions, report.watchers, report.events,
    );
    println!(
        "requests {}, joins {}, elections {}, refusals {}, calls of the service {} ({} permits had to wait), faults {}",
        report.requests, report.joins, report.leads, report.refusals, report.calls, report.queued, report.faults,
    );
    line("end to seen, executions without a fault", &report.quiet);
    line("end to seen, executions with a fault", &report.disturbed);
    line("final state in the hub to seen", &report.fan_out);
    let awake = report.billed as f64 / report.passed.max(1) as f64;
    println!("objects: billed {:.3} % of the time (1 ms per event assumed)", awake * 100.0);
    println!("longest time without an answer of the service for an execution: {} s", report.longest_gap / 1000);
}
