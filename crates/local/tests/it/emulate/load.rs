//! Many clients at the same time.

use std::collections::HashMap;

use cloudflow_local::emulate::{AccessKey, Emulator, Options, Reply, Response};
use cloudflow_local::simulate::time;

use super::ask;

/// Ten thousand clients wait for a hundred executions. Each gets one answer, when its execution ends.
#[test]
fn ten_thousand_waiters() {
    let flow = "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: $.seconds}\n";
    let key = AccessKey { id: "k".into(), secret: "s".into(), security_token: None };
    let mut emulator = Emulator::new(Options { seed: 1, access_keys: vec![key], ..Options::default() });
    let zero = time::parse("2024-05-06T07:08:09Z").unwrap();
    let ask = |emulator: &mut Emulator, action: &str, business: &[(&str, &str)]| ask(emulator, zero, action, business);
    let create = [("Name", "f"), ("Definition", flow), ("Description", "d"), ("Type", "FDL")];
    assert!(matches!(ask(&mut emulator, "CreateFlow", &create), Reply::Answer(Response { status: 200, .. })));
    let mut held = HashMap::new();
    for execution in 0..100_u64 {
        let (name, input) = (format!("e{execution}"), format!("{{\"seconds\": {}}}", execution % 10 + 1));
        let start = [("FlowName", "f"), ("ExecutionName", &*name), ("Input", &*input)];
        assert!(matches!(ask(&mut emulator, "StartExecution", &start), Reply::Answer(Response { status: 200, .. })));
        for _ in 0..100 {
            let describe = [("FlowName", "f"), ("ExecutionName", &*name), ("WaitTimeSeconds", "60")];
            let Reply::Hold(waiter) = ask(&mut emulator, "DescribeExecution", &describe) else { panic!("not held") };
            held.insert(waiter, execution);
        }
    }
    assert_eq!(held.len(), 10_000);
    while let Some(at) = emulator.wake_at().filter(|_| !held.is_empty()) {
        for (waiter, response) in emulator.advance(at) {
            let execution = held.remove(&waiter).expect("one answer for each");
            assert_eq!(at, zero + (execution % 10 + 1) * 1000);
            let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
            assert_eq!((&body["Name"], &body["Status"]), (&format!("e{execution}").into(), &"Succeeded".into()));
        }
    }
    assert!(held.is_empty());
}

/// Under load, the accepted requests are exactly the documented quota. A throttled request has no effect.
#[test]
fn quotas_under_load() {
    let flow = "version: v1\ntype: flow\nsteps:\n  - {type: wait, name: nap, duration: 1000}\n";
    let key = AccessKey { id: "k".into(), secret: "s".into(), security_token: None };
    let mut emulator = Emulator::new(Options { seed: 1, access_keys: vec![key], quotas: true, ..Options::default() });
    let zero = time::parse("2024-05-06T07:08:09Z").unwrap();
    emulator.put_flow(zero, "f", flow, false).unwrap();
    let mut passed: HashMap<&str, usize> = HashMap::new();
    for tick in 0..10_000_u64 {
        let now = zero + tick;
        emulator.advance(now);
        // 2,000 requests of each operation per second. All starts have different names.
        for turn in 0..2 {
            let name = format!("e{tick}-{turn}");
            let poll = [("FlowName", "f"), ("ExecutionName", "e0-0"), ("WaitTimeSeconds", "60")];
            let start = [("FlowName", "f"), ("ExecutionName", &*name)];
            for (action, business) in [("StartExecution", &start[..]), ("DescribeExecution", &poll), ("ListFlows", &[])]
            {
                match ask(&mut emulator, now, action, business) {
                    Reply::Hold(_) => *passed.entry(action).or_default() += 1,
                    Reply::Answer(response) if response.status == 200 => *passed.entry(action).or_default() += 1,
                    Reply::Answer(response) => {
                        assert_eq!(response.status, 429);
                        let wait = response.headers.iter().find(|(name, _)| name == "x-acs-retry-after").unwrap();
                        assert!((1..=500).contains(&wait.1.parse::<u64>().unwrap()));
                    }
                }
            }
        }
    }
    // Bursts of 100, 50 and 10, then 100, 5 and 2 per second.
    assert_eq!(passed["StartExecution"], 100 + 999);
    assert_eq!(passed["DescribeExecution"], 50 + 49);
    assert_eq!(passed["ListFlows"], 10 + 19);
    let saved = emulator.save();
    assert_eq!(saved.matches("{\"execution\":").count(), 100 + 999);
}
