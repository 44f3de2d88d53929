//! Clients, a faulty network and the emulator, simulated on one clock. A seed determines everything.
//!
//! Clients with up to twenty calls send requests to the emulator. The network loses, delays, duplicates and truncates
//! messages. Machines sleep, go offline and set their clocks. Tokens expire. `network/world/rules.rs` contains the rules
//! that every run must satisfy, `network/plan.rs` the faults.
//!
//! `CLOUDFLOW_SEED=17` runs one seed, `CLOUDFLOW_SEEDS=100000` that many. `cargo xtask fuzz-net` sets them.

#![allow(clippy::disallowed_methods, reason = "the environment selects the seeds")]

mod caller;
mod plan;
mod world;

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use caller::Mutant;
use plan::ALL_KINDS;
use world::{Figures, run};

/// Number of seeds in a run of the tests.
const SEEDS: u64 = 20_000;

#[test]
fn rules_hold_in_every_run() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse().unwrap_or_else(|e| panic!("{name}: {e}")));
    if let Some(seed) = number("CLOUDFLOW_SEED") {
        let (_, violation) = run(seed, Mutant::None);
        return assert_eq!(violation, None, "seed {seed}");
    }
    let seeds = number("CLOUDFLOW_SEEDS").unwrap_or(cloudflow_tests::rounds(SEEDS));
    let (figures, violation) = run_all(seeds, Mutant::None);
    println!("{}", shown(seeds, &figures));
    if let Some((seed, what)) = violation {
        panic!("seed {seed} violates a rule {what}; repeat with CLOUDFLOW_SEED={seed}");
    }
    let never: Vec<String> = ALL_KINDS
        .iter()
        .zip(figures.counts)
        .filter(|(_, count)| *count == 0)
        .map(|(kind, _)| format!("{kind:?}"))
        .collect();
    assert!(seeds < 1_000 || never.is_empty(), "faults that never occurred: {never:?}");
}

/// Each mutant of the client violates a rule. This proves that the rules can fail.
#[test]
fn every_mutant_is_caught() {
    let mutants = [
        Mutant::IgnoresAbort,
        Mutant::ReusesRequest,
        Mutant::IgnoresClock,
        Mutant::IgnoresBudget,
        Mutant::ContinuesAfterEnd,
        Mutant::RetriesPermanentErrors,
        Mutant::SleepsTooLong,
        Mutant::NeverRetries,
        Mutant::ReportsTwice,
    ];
    for mutant in mutants {
        let caught = (0..2_000).find_map(|seed| run(seed, mutant).1.map(|what| (seed, what)));
        let (seed, what) = caught.unwrap_or_else(|| panic!("no rule detects {mutant:?} in 2000 runs"));
        println!("{mutant:?}: seed {seed}, {what}");
    }
}

/// Runs the seeds on all processors. Returns the smallest seed that violates a rule.
fn run_all(seeds: u64, mutant: Mutant) -> (Figures, Option<(u64, String)>) {
    let next = AtomicU64::new(0);
    let stop = AtomicU64::new(u64::MAX);
    let one = || {
        let (mut all, mut violation) = (Figures::default(), None);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds || seed > stop.load(Ordering::Relaxed) {
                return (all, violation);
            }
            let (figures, what) = run(seed, mutant);
            all.add(&figures);
            if let Some(what) = what {
                stop.fetch_min(seed, Ordering::Relaxed);
                violation = Some((seed, what));
            }
        }
    };
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let (mut all, mut violation) = (Figures::default(), None::<(u64, String)>);
        for worker in workers {
            let (figures, what) = worker.join().unwrap();
            all.add(&figures);
            violation = [violation, what].into_iter().flatten().min();
        }
        (all, violation)
    })
}

impl Figures {
    fn add(&mut self, other: &Figures) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        self.calls += other.calls;
        self.ended += other.ended;
        self.failed += other.failed;
        self.sent += other.sent;
        self.reported += other.reported;
        self.worst = self.worst.max(other.worst);
    }
}

fn shown(seeds: u64, figures: &Figures) -> String {
    let counts: Vec<String> =
        ALL_KINDS.iter().zip(figures.counts).map(|(kind, count)| format!("{kind:?} {count}")).collect();
    format!(
        "{seeds} runs: {} calls, {} ended with an execution, {} failed; {} requests, {} changes reported\n\
         maximum delay until an end is noticed {} ms (seed {}), allowed {} ms\n{}",
        figures.calls,
        figures.ended,
        figures.failed,
        figures.sent,
        figures.reported,
        figures.worst.0,
        figures.worst.1,
        world::BOUND,
        counts.join(", ")
    )
}
