//! A simulated network between the calls of clients and the emulated service: everything from one seed.
//!
//! Clients with up to twenty calls ask the emulator through a network that loses, delays, repeats and
//! cuts; machines sleep, go offline and set their clocks; tokens end. What must hold in every world stands
//! in `network/world.rs`; what can go wrong in `network/plan.rs`.
//!
//! `CLOUDFLOW_SEED=17` plays one seed alone, `CLOUDFLOW_SEEDS=100000` so many, as `cargo xtask fuzz-net` does.

#![allow(clippy::disallowed_methods, reason = "the environment says how much to play")]

mod caller;
mod plan;
mod world;

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use caller::Mutant;
use world::{Figures, play};

/// So many worlds are played in every run of the tests.
const SEEDS: u64 = 20_000;

#[test]
fn rules_hold_in_every_world() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse().unwrap_or_else(|e| panic!("{name}: {e}")));
    if let Some(seed) = number("CLOUDFLOW_SEED") {
        let (_, broken) = play(seed, Mutant::Sound);
        return assert_eq!(broken, None, "seed {seed}");
    }
    let seeds = number("CLOUDFLOW_SEEDS").unwrap_or(cloudflow_tests::rounds(SEEDS));
    let (figures, broken) = play_all(seeds, Mutant::Sound);
    println!("{}", shown(seeds, &figures));
    if let Some((seed, what)) = broken {
        panic!("seed {seed} breaks a rule {what}; again with CLOUDFLOW_SEED={seed}");
    }
    let never: Vec<String> = (0..plan::KINDS).filter(|kind| figures.met[*kind] == 0).map(plan::name).collect();
    assert!(seeds < 1_000 || never.is_empty(), "these never happened: {never:?}");
}

/// The rules are no rules if nobody can break them.
#[test]
fn every_mutant_is_caught() {
    let mutants = [
        Mutant::IgnoresAbort,
        Mutant::ReusesRequest,
        Mutant::IgnoresClock,
        Mutant::IgnoresBudget,
        Mutant::GoesOnAfterTheEnd,
        Mutant::RetriesTheHopeless,
        Mutant::Oversleeps,
        Mutant::GivesUp,
        Mutant::TellsTwice,
    ];
    for mutant in mutants {
        let caught = (0..2_000).find_map(|seed| play(seed, mutant).1.map(|what| (seed, what)));
        let (seed, what) = caught.unwrap_or_else(|| panic!("{mutant:?} lives through 2000 worlds"));
        println!("{mutant:?}: seed {seed}, {what}");
    }
}

/// Plays the seeds on every processor; the first that breaks a rule, by number.
fn play_all(seeds: u64, mutant: Mutant) -> (Figures, Option<(u64, String)>) {
    let next = AtomicU64::new(0);
    let stop = AtomicU64::new(u64::MAX);
    let one = || {
        let (mut all, mut broken) = (Figures::default(), None);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds || seed > stop.load(Ordering::Relaxed) {
                return (all, broken);
            }
            let (figures, what) = play(seed, mutant);
            all.add(&figures);
            if let Some(what) = what {
                stop.fetch_min(seed, Ordering::Relaxed);
                broken = Some((seed, what));
            }
        }
    };
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let (mut all, mut broken) = (Figures::default(), None::<(u64, String)>);
        for worker in workers {
            let (figures, what) = worker.join().unwrap();
            all.add(&figures);
            broken = [broken, what].into_iter().flatten().min();
        }
        (all, broken)
    })
}

impl Figures {
    fn add(&mut self, other: &Figures) {
        for (mine, theirs) in self.met.iter_mut().zip(other.met) {
            *mine += theirs;
        }
        self.calls += other.calls;
        self.ended += other.ended;
        self.failed += other.failed;
        self.sent += other.sent;
        self.told += other.told;
        self.worst = self.worst.max(other.worst);
    }
}

fn shown(seeds: u64, figures: &Figures) -> String {
    let met: Vec<String> = (0..plan::KINDS).map(|kind| format!("{} {}", plan::name(kind), figures.met[kind])).collect();
    format!(
        "{seeds} worlds: {} calls, {} ended with an execution, {} failed; {} requests, {} changes told\n\
         worst notice of an end {} ms (seed {}), allowed {} ms\n{}",
        figures.calls,
        figures.ended,
        figures.failed,
        figures.sent,
        figures.told,
        figures.worst.0,
        figures.worst.1,
        world::BOUND,
        met.join(", ")
    )
}
