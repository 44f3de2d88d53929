//! The hub, the budget and the watch of the gateway.

mod scripts;
mod world;

use cloudflow_service::hub::{Bucket, Budget, Effect, Event, Hub, Input, Join, Kind, Watch, WatchOptions};
use cloudflow_tests::seeds::Seeds;
use world::{Broken, Plan, Report, World};

const CALM: Plan =
    Plan { seed: 0, executions: 5, clients: 40, leaves: false, chaos: 0, foreign: 0, short: false, broken: Broken::No };

/// Runs the world for seeds. Returns the reports, or the first seed that fails and its failure.
fn run(plan: Plan, seeds: impl Iterator<Item = u64>, limit: u64) -> Result<Vec<Report>, (u64, String)> {
    let run = |seed| World::new(Plan { seed, ..plan }).run(limit).map_err(|failure| (seed, failure));
    seeds.map(run).collect()
}

fn check(name: &str, plan: Plan, seeds: u64, limit: u64) -> (Vec<u64>, usize) {
    let seeds = Seeds::of("hub", "HUB_SEED", "cloudflow-service --test it hub::", seeds);
    let reports = run(plan, seeds.all(), limit);
    let reports = reports.unwrap_or_else(|(seed, failure)| panic!("{name}: {failure}; {}", seeds.advice(seed)));
    let mut delays: Vec<u64> = reports.iter().flat_map(|report| report.delays.iter().copied()).collect();
    delays.sort_unstable();
    let refused = reports.iter().map(|report| report.refused).sum();
    let calls: usize = reports.iter().map(|report| report.calls).sum();
    let wakes: usize = reports.iter().map(|report| report.wakes).sum();
    let busy: usize = reports.iter().map(|report| report.busy).sum();
    let faults: usize = reports.iter().map(|report| report.faults).sum();
    let at = |percent: usize| delays[(delays.len() - 1) * percent / 100];
    println!(
        "{name}: delays p50 {} p99 {} max {}, {calls} calls, {refused} refused, {wakes} wakes, {faults} faults, {busy} busy",
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

#[test]
fn leaf_hubs_relay() {
    let (delays, refused) = check("leaves", Plan { leaves: true, ..CALM }, 60, 400_000);
    assert_eq!(refused, 0);
    assert!(*delays.last().unwrap() <= 2_000, "{:?}", delays.last());
    check("leaves in chaos", Plan { leaves: true, chaos: 10, ..CALM }, 100, 900_000);
}

/// The budget is the bottleneck: 150 executions with short polls.
#[test]
fn nobody_starves() {
    let plan = Plan { executions: 150, clients: 400, short: true, ..CALM };
    let (_, refused) = check("short polls", plan, 4, 300_000);
    assert_eq!(refused, 0);
}

#[test]
fn many_executions_begin_at_once() {
    let (_, refused) = check("many", Plan { executions: 100, clients: 1_000, ..CALM }, 4, 300_000);
    assert_eq!(refused, 0);
}

#[test]
fn other_programs_use_the_quota_too() {
    check("foreign", Plan { foreign: 60, ..CALM }, 20, 900_000);
    check("foreign in chaos", Plan { foreign: 60, chaos: 10, ..CALM }, 20, 900_000);
}

#[test]
fn broken_machines_are_found() {
    let plan = Plan { chaos: 10, ..CALM };
    let busy = Plan { executions: 150, clients: 400, short: true, ..CALM };
    for (broken, plan, failures) in [
        (Broken::ImmortalLeader, plan, ["lost", "old"]),
        (Broken::ForgetfulHub, plan, ["twice", "two leaders"]),
        (Broken::SilentReports, plan, ["lost", "old"]),
        (Broken::PlacePerLeader, busy, ["lost", "old"]),
        (Broken::LeakyBudget, busy, ["refused", "refused"]),
    ] {
        let outcome = run(Plan { broken, ..plan }, 0..20, 300_000);
        let found = match outcome {
            Err((_, found)) => found,
            Ok(reports) => {
                let refused: usize = reports.iter().map(|report| report.refused).sum();
                assert!(refused > 0, "{broken:?} is not found");
                "refused".to_owned()
            }
        };
        println!("{broken:?}: {found}");
        assert!(failures.iter().any(|failure| found.contains(failure)), "{broken:?}: {found}");
    }
}

/// Random frames, records and attachments: no machine panics.
#[test]
fn hostile_texts() {
    const WORDS: [&str; 24] = [
        "report",
        "same",
        "held",
        "gap",
        "events",
        "fault",
        "resign",
        "p",
        "state",
        "lead",
        "history",
        "now",
        "describe",
        "hub1",
        "w1",
        "budget2",
        "-",
        "aa",
        "",
        "0",
        "1",
        "3",
        "18446744073709551615",
        "1152921504606846975",
    ];
    let mut random = 7_u64;
    let mut below = |most: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % most
    };
    for _ in 0..3_000 {
        let mut text = |first: &str, most| {
            let mut text = first.to_owned();
            for _ in 0..below(most) {
                text.push(' ');
                text.push_str(WORDS[below(WORDS.len())]);
            }
            text
        };
        let mut hub = Hub::restore(&text("hub1", 18), false);
        for _ in 0..3 {
            hub.readd(&text("w1", 8));
        }
        let mut budget = Budget::restore(&text("budget2", 16));
        let mut watch = Watch::new(WatchOptions {
            kind: Kind::Stream,
            since: 0,
            after: 0,
            history: true,
            deadline: 900_000,
            max_wait_seconds: 60,
            linger_ms: 25_000,
        });
        let join = Join { id: 9, since: 0, deadline: 900_000, kind: Kind::Stream, history: true, after: 0 };
        hub.step(1_000, None, Event::Join(join));
        watch.step(0, 0, Input::Start);
        watch.step(0, 0, Input::Joined);
        watch.step(0, 0, Input::Frame("lead 1 0 0 - 0 1 1"));
        for now in 1_000..1_020 {
            let header = text(WORDS[now as usize % 12], 8);
            hub.step(now, Some(now), Event::Frame { from: Some(9), header: &header });
            watch.step(now, u32::MAX, Input::Frame(&header));
            watch.step(now, u32::MAX, Input::Parent(&header));
            budget.permit(now, u32::MAX, Bucket::Describe, &header, Some(u64::MAX / 2));
        }
        hub.step(90_000_000, None, Event::Alarm);
        // What was stored can be restored.
        assert_eq!(Budget::restore(&budget.record()).record(), budget.record());
    }
}

/// A hub with 5,000 watchers, and a budget with 2,000 executions in its queue.
#[test]
fn many_watchers_take_linear_time() {
    let mut hub = Hub::restore("", false);
    let mut sockets = Vec::new();
    let mut keep = |effects: Vec<Effect>| {
        for effect in effects {
            if let Effect::Accept { attachment, .. } = effect {
                sockets.push(attachment);
            }
        }
    };
    let stream = |id| Join { id, since: 0, deadline: 900_000, kind: Kind::Stream, history: false, after: 0 };
    for id in 1..=5_000 {
        keep(hub.step(1_000, None, Event::Join(stream(id))));
    }
    assert_eq!((hub.watchers(), hub.leader()), (5_000, Some(1)));
    let mut restored = Hub::restore("", false);
    for socket in sockets.iter().rev() {
        restored.readd(socket);
    }
    // Everything but the leader leaves.
    for id in 2..=5_000 {
        assert!(hub.step(2_000, None, Event::Closed(id)).is_empty());
    }
    assert_eq!((hub.watchers(), hub.leader()), (1, Some(1)));
    assert_eq!(restored.watchers(), 5_000);
    let effects = restored.step(2_000, None, Event::Closed(1));
    assert!(matches!(&effects[1], Effect::Send { to, .. } if *to == [2]), "{effects:?}");

    let mut budget = Budget::default();
    let mut calls = 0;
    let mut due: Vec<u64> = vec![0; 2_000];
    for now in (0..500_000).step_by(50) {
        for (execution, due) in due.iter_mut().enumerate().filter(|(_, due)| **due <= now) {
            let permit = budget.permit(now, 0, Bucket::Describe, &execution.to_string(), None);
            calls += usize::from(permit.wait_ms == 0);
            *due = if permit.wait_ms == 0 { u64::MAX } else { now + permit.wait_ms };
        }
    }
    // 40 at once, then 4.5 per second: each execution has its turn within 436 s.
    assert_eq!(calls, 2_000);
}

/// A Worker that was stalled makes the calls of its permits late, together with those of later permits.
#[test]
fn the_calls_of_two_seconds_fit_into_the_burst_of_the_service() {
    for (bucket, burst) in [(Bucket::Describe, 50), (Bucket::History, 50), (Bucket::List, 10)] {
        let mut budget = Budget::default();
        let mut due = [0; 100];
        let mut calls = 0;
        for now in (0..=2_000).step_by(10) {
            for (execution, due) in due.iter_mut().enumerate().filter(|(_, due)| **due <= now) {
                let wait = budget.permit(now, 0, bucket, &execution.to_string(), None).wait_ms;
                calls += usize::from(wait == 0);
                *due = if wait == 0 { u64::MAX } else { now + wait };
            }
        }
        assert!(calls <= burst, "{}: {calls}", bucket.as_str());
    }
}

/// Pages ask for executions that do not exist, more often than the account may call.
#[test]
fn calls_for_unknown_executions_starve_no_known_one() {
    let mut budget = Budget::restore("");
    let known = |key: &str| !key.starts_with('u');
    // The key, and when it asks next.
    let mut asking: Vec<(String, u64)> = Vec::new();
    let mut served = Vec::new();
    for now in (0..120_000).step_by(50) {
        if now % 100 == 0 {
            asking.push((format!("u{now}"), now));
        }
        if now == 30_000 {
            asking.extend((0..5).map(|key| (key.to_string(), now)));
            budget = Budget::restore(&budget.record());
        }
        asking.retain_mut(|(key, at)| {
            if *at > now {
                return true;
            }
            let bucket = if known(key) { Bucket::Describe } else { Bucket::First };
            let wait = budget.permit(now, 0, bucket, key, None).wait_ms;
            *at = now + wait;
            if wait == 0 && known(key) {
                served.push(now - 30_000);
            }
            wait > 0
        });
        // The answer to their request is 503 after a time.
        asking.retain(|(key, _)| known(key) || key.strip_prefix('u').unwrap().parse::<u64>().unwrap() + 13_000 > now);
    }
    assert_eq!(served.len(), 5, "{served:?}");
    assert!(served.iter().all(|&wait| wait < 60_000), "{served:?}");
}

#[test]
fn the_places_of_all_executions_outlive_an_eviction() {
    let mut budget = Budget::restore("");
    let ask = |budget: &mut Budget, key: u32| {
        let bucket = if key.is_multiple_of(3) { Bucket::First } else { Bucket::Describe };
        budget.permit(1_000, 0, bucket, &format!("flow-{}/execution", key * 7), None).wait_ms
    };
    for key in 0..145 {
        ask(&mut budget, key);
    }
    let before: Vec<u64> = (45..145).map(|key| ask(&mut budget, key)).collect();
    let mut budget = Budget::restore(&budget.record());
    let after: Vec<u64> = (45..145).map(|key| ask(&mut budget, key)).collect();
    assert_eq!(before, after);
}
