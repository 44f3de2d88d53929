//! Clients, a faulty network and the emulator, simulated on one clock. A seed determines everything.
//!
//! Clients with up to twenty calls send requests to the emulator. The network loses, delays, duplicates and truncates
//! messages. Machines sleep, go offline and set their clocks. Tokens expire. `network/world/rules.rs` contains the rules
//! that every run must satisfy, `network/plan.rs` the faults.
//!
//! `CLOUDFLOW_SEED=17` runs one seed, `CLOUDFLOW_SEEDS=100000` that many, from `CLOUDFLOW_FIRST_SEED`. `cargo xtask fuzz-net`
//! sets them.

mod caller;
mod plan;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use caller::Mutant;
use cloudflow_tests::seeds::Seeds;
use plan::ALL_KINDS;
use world::{Figures, run};

/// Number of seeds in a run of the tests.
const SEEDS: u64 = 20_000;

#[test]
fn rules_hold_in_every_run() {
    let count = cloudflow_tests::scaled("CLOUDFLOW_SEEDS", cloudflow_tests::rounds(SEEDS));
    let seeds = Seeds::of("network", "CLOUDFLOW_SEED", "cloudflow-local --test it network::rules", count);
    let (figures, violation) = run_all(&seeds, Mutant::None);
    println!("{}", shown(seeds.count(), &figures));
    if let Some((seed, what)) = violation {
        panic!("seed {seed} violates a rule {what}; {}", seeds.advice(seed));
    }
    let never: Vec<String> = ALL_KINDS
        .iter()
        .zip(figures.counts)
        .filter(|(_, count)| *count == 0)
        .map(|(kind, _)| format!("{kind:?}"))
        .collect();
    assert!(seeds.count() < 1_000 || never.is_empty(), "faults that never occurred: {never:?}");
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

/// Runs the seeds on all processors. Returns the first seed that violates a rule.
fn run_all(seeds: &Seeds, mutant: Mutant) -> (Figures, Option<(u64, String)>) {
    let next = AtomicU64::new(0);
    let stop = AtomicU64::new(u64::MAX);
    let one = || {
        let (mut all, mut violation) = (Figures::default(), None);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(seed) = seeds.at(index).filter(|_| index <= stop.load(Ordering::Relaxed)) else {
                return (all, violation);
            };
            let guard = seeds.guard(seed);
            let (figures, what) = run(seed, mutant);
            drop(guard);
            all.add(&figures);
            if let Some(what) = what {
                stop.fetch_min(index, Ordering::Relaxed);
                violation = Some((index, seed, what));
            }
        }
    };
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let (mut all, mut violation) = (Figures::default(), None::<(u64, u64, String)>);
        for worker in workers {
            let (figures, what) = worker.join().unwrap();
            all.add(&figures);
            violation = [violation, what].into_iter().flatten().min();
        }
        (all, violation.map(|(_, seed, what)| (seed, what)))
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
