//! The result of a simulation, and its rules.

use crate::sim::Sim;
use crate::world::Broken;

/// Maximum time from the first final state in a hub until all connected watchers have it.
const FAN_OUT_MS: u64 = 2_000;

/// The result.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Broken rules.
    pub violations: Vec<String>,
    /// From the end of an execution until a watcher has seen it, for executions without a fault in the minutes before.
    pub quiet: Vec<u32>,
    /// The same for the others.
    pub disturbed: Vec<u32>,
    /// From the first final state in a hub until a watcher has seen it.
    pub fan_out: Vec<u32>,
    /// Requests of clients.
    pub requests: u64,
    /// Joins of hubs.
    pub joins: u64,
    /// Elections.
    pub leads: u64,
    /// Requests for permits that had to wait.
    pub queued: u64,
    /// Requests of clients that were refused.
    pub refusals: u64,
    /// Faults.
    pub faults: u64,
    /// Calls of the service.
    pub calls: u64,
    /// Watchers.
    pub watchers: u64,
    /// Executions.
    pub executions: u64,
    /// Events of the simulation.
    pub events: u64,
    /// Time for which the objects were billed, in ms.
    pub billed: u64,
    /// Time that has passed since the objects were created, in ms.
    pub passed: u64,
    /// Longest time without an answer of the service for an execution, in ms.
    pub longest_gap: u64,
}

/// Maximum time without an answer of the service for an execution with watchers, without faults: 100 executions take their
/// first states and their long polls within this time.
const LONGEST_GAP_MS: u64 = 40_000;

impl Report {
    /// Records a broken rule.
    pub fn fault(&mut self, text: String) {
        if self.violations.len() < 20 {
            self.violations.push(text);
        }
    }

    /// Records that a watcher has seen the end.
    pub fn seen(&mut self, since_end: u64, since_known: u64, quiet: bool) {
        let short = |ms: u64| u32::try_from(ms).unwrap_or(u32::MAX);
        if quiet {
            self.quiet.push(short(since_end))
        } else {
            self.disturbed.push(short(since_end))
        }
        self.fan_out.push(short(since_known));
    }

    /// Adds the result of another account.
    pub fn merge(&mut self, other: Report) {
        for violation in other.violations {
            self.fault(violation);
        }
        self.quiet.extend(other.quiet);
        self.disturbed.extend(other.disturbed);
        self.fan_out.extend(other.fan_out);
        self.requests += other.requests;
        self.joins += other.joins;
        self.leads += other.leads;
        self.queued += other.queued;
        self.refusals += other.refusals;
        self.faults += other.faults;
        self.calls += other.calls;
        self.watchers += other.watchers;
        self.executions += other.executions;
        self.events += other.events;
        self.billed += other.billed;
        self.passed += other.passed;
        self.longest_gap = self.longest_gap.max(other.longest_gap);
    }

    /// Median, 99th percentile and maximum.
    pub fn spread(times: &[u32]) -> (u32, u32, u32) {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let at = |per_mille: usize| sorted.get((sorted.len() * per_mille / 1000).min(sorted.len().max(1) - 1)).copied();
        (at(500).unwrap_or(0), at(990).unwrap_or(0), sorted.last().copied().unwrap_or(0))
    }
}

impl Sim {
    /// Checks the rules at the end.
    pub fn conclude(mut self) -> Report {
        let lost = self.lost();
        if !lost.is_empty() {
            let (count, first) = (lost.len(), lost.first().copied().unwrap_or(0));
            self.report.fault(format!("{count} watchers have not seen the end, such as client {first}"));
        }
        let (calls, beyond) = self.upstream.calls();
        if beyond > 0 {
            self.report.fault(format!("{beyond} calls exceeded the rate limit of the account"));
        }
        let mut report = std::mem::take(&mut self.report);
        for object in &self.objects {
            let (billed, passed) = object.billed(self.now);
            report.billed += billed;
            report.passed += passed;
        }
        let gaps = self.upstream.executions.iter().map(|execution| execution.longest_gap);
        report.longest_gap = gaps.max().unwrap_or(0);
        report.calls = calls;
        report.watchers = self.clients.len() as u64;
        report.executions = self.upstream.executions.len() as u64;
        report.events = self.queue.total();
        let has_faults = self.world.faults.any();
        if !has_faults && report.longest_gap > LONGEST_GAP_MS {
            report.fault(format!("an execution was without an answer of the service for {} ms", report.longest_gap));
        }
        if self.world.crowd == 0 && self.world.short == 0 && report.billed * 100 > report.passed {
            report.fault(format!("the objects were awake for {} of {} ms", report.billed, report.passed));
        }
        // 20 ms are the way to the service and back.
        let late = report.quiet.iter().filter(|&&ms| u64::from(ms) > FAN_OUT_MS + 200).count();
        if late > 0 && self.world.broken == Broken::Nothing {
            report.fault(format!(
                "{late} watchers of undisturbed executions saw the end after more than {FAN_OUT_MS} ms"
            ));
        }
        report
    }
}
