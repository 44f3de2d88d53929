//! Some small worlds in the test command. `cargo xtask sim-gateway` runs thousands, and the large ones.

use cloudflow_tests::seeds::Seeds;
use gateway_sim::{Broken, World, simulate};

#[test]
fn small_worlds_keep_the_rules() {
    keep_the_rules(&Seeds::of("gateway-small", "GATEWAY_SEED", "gateway-sim small", 300), World::small);
}

#[test]
fn large_worlds_with_faults_keep_the_rules() {
    keep_the_rules(&Seeds::of("gateway-faults", "GATEWAY_SEED", "gateway-sim large", 1), |_| {
        World::large_with_faults()
    });
}

fn keep_the_rules(seeds: &Seeds, world: impl Fn(u64) -> World) {
    for seed in seeds.all() {
        let report = simulate(world(seed), seed);
        assert!(report.violations.is_empty(), "{:#?}", report.violations);
    }
}

#[test]
fn a_seed_always_gives_the_same_world() {
    let run = || {
        let report = simulate(World::small(7), 7);
        (report.events, report.calls, report.joins, report.disturbed)
    };
    assert_eq!(run(), run());
}

#[test]
fn broken_parts_are_noticed() {
    for broken in [Broken::Leader, Broken::Hub, Broken::Budget] {
        let noticed = (0..200).any(|seed| {
            // The rate limit is out of reach for a small world.
            let world =
                if broken == Broken::Budget { World { watchers: 500, ..World::large() } } else { World::small(seed) };
            let world = World { broken, ..world };
            !simulate(world, seed).violations.is_empty()
        });
        assert!(noticed, "{broken:?}");
    }
}
