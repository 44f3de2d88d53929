//! The hub, the budget and the watch of the gateway.

mod world;

use world::{Broken, Plan, Report, World};

const CALM: Plan =
    Plan { seed: 0, executions: 5, clients: 40, leaves: false, chaos: 0, foreign: 0, short: false, broken: Broken::No };

/// Runs the world for seeds. Returns the reports, or the first failure.
fn run(plan: Plan, seeds: u64, limit: u64) -> Result<Vec<Report>, String> {
    let mut reports = Vec::new();
    for seed in 0..seeds {
        let world = World::new(Plan { seed, ..plan });
        reports.push(world.run(limit).map_err(|failure| format!("seed {seed}: {failure}"))?);
    }
    Ok(reports)
}

fn check(name: &str, plan: Plan, seeds: u64, limit: u64) -> (Vec<u64>, usize) {
    let reports = run(plan, seeds, limit).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    let mut delays: Vec<u64> = reports.iter().flat_map(|report| report.delays.iter().copied()).collect();
    delays.sort_unstable();
    let refused = reports.iter().map(|report| report.refused).sum();
    let calls: usize = reports.iter().map(|report| report.calls).sum();
    let wakes: usize = reports.iter().map(|report| report.wakes).sum();
    let faults: usize = reports.iter().map(|report| report.faults).sum();
    let at = |percent: usize| delays[(delays.len() - 1) * percent / 100];
    println!(
        "{name}: delays p50 {} p99 {} max {}, {calls} calls, {refused} refused, {wakes} wakes, {faults} faults",
        at(50),
        at(99),
        at(100)
    );
    (delays, refused)
}

#[test]
fn every_watcher_sees_the_end() {
    let (delays, refused) = check("calm", CALM, 60, 400_000);
    assert_eq!(refused, 0);
    assert!(*delays.last().unwrap() <= 2_000, "{:?}", delays.last());
}

#[test]
fn every_watcher_sees_the_end_through_faults() {
    let (_, refused) = check("chaos", Plan { chaos: 10, ..CALM }, 100, 900_000);
    assert_eq!(refused, 0);
}
