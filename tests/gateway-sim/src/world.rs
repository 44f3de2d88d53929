//! What is simulated.

/// A part that is broken on purpose: a simulation that does not notice it is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// All parts work.
    Nothing,
    /// The hub is not told that a leader has left, and has no alarm: the leader never dies.
    Leader,
    /// The hub loses its record when it is evicted.
    Hub,
    /// The budget loses its record with each call: it leaks.
    Budget,
}

/// How often something fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Resets of hub objects per minute: all sockets are closed, the storage remains.
    pub resets: u32,
    /// Resets of the budget object per minute.
    pub budget_resets: u32,
    /// Evictions of hub objects per minute, beside those after 10 s without an event: the sockets remain.
    pub evictions: u32,
    /// Sockets that are lost per minute.
    pub lost_sockets: u32,
    /// Workers that die per minute. One of five is silent: the hub is not told.
    pub dead_workers: u32,
    /// Leaders that die per minute, in the same way.
    pub dead_leaders: u32,
    /// Upstream calls of 1,000 that are throttled without a reason.
    pub throttled: u32,
    /// Upstream calls of 1,000 that fail with 503.
    pub unavailable: u32,
    /// Upstream calls of 1,000 without a response.
    pub dropped: u32,
    /// Upstream calls of 1,000 that take up to 8 s longer.
    pub slow: u32,
    /// Timers of 1,000 that are up to 3 s late.
    pub late_timers: u32,
    /// Maximum difference of a clock from the time, in ms.
    pub skew_ms: u64,
}

/// The part of the world that belongs to one account: accounts share nothing.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// Executions of the account.
    pub executions: u32,
    /// Watchers of all executions. The numbers per execution are uneven.
    pub watchers: u32,
    /// Watchers of the first execution beside these.
    pub crowd: u32,
    /// Locations with Workers, 1 to 150 ms from an object.
    pub locations: u32,
    /// The watchers arrive within this time.
    pub arrive_ms: u64,
    /// The executions end within this interval.
    pub ends_ms: (u64, u64),
    /// End of the simulation, if not all watchers have seen the end before.
    pub limit_ms: u64,
    /// Watchers of 1,000 that want the history (streams only).
    pub history: u32,
    /// Watchers of 1,000 that leave before the end.
    pub leave: u32,
    /// Pollers of 1,000 that poll without a wait every 5 s.
    pub short: u32,
    /// What fails.
    pub faults: Faults,
    /// What is broken on purpose.
    pub broken: Broken,
}

impl Faults {
    /// True if something fails.
    pub fn any(&self) -> bool {
        let rates =
            [self.resets, self.budget_resets, self.evictions, self.lost_sockets, self.dead_workers, self.dead_leaders];
        let calls = [self.throttled, self.unavailable, self.dropped, self.slow, self.late_timers];
        rates.iter().chain(&calls).any(|&rate| rate > 0)
    }
}

impl World {
    /// One of the many small worlds with all faults. Its sizes depend on the seed.
    pub fn small(seed: u64) -> Self {
        let mut rng = crate::rng::Rng::new(seed ^ 0x5eed);
        let mut up_to = |most: u32| u32::try_from(rng.below(u64::from(most) + 1)).unwrap_or(most);
        World {
            executions: 1 + up_to(7),
            watchers: 4 + up_to(60),
            crowd: 0,
            locations: 5,
            arrive_ms: 30_000,
            ends_ms: (20_000, 150_000),
            limit_ms: 900_000,
            history: up_to(700),
            leave: up_to(300),
            short: up_to(300),
            faults: Faults {
                resets: up_to(3),
                budget_resets: up_to(3),
                evictions: up_to(20),
                lost_sockets: up_to(20),
                dead_workers: up_to(8),
                dead_leaders: up_to(2),
                throttled: up_to(60),
                unavailable: up_to(60),
                dropped: up_to(20),
                slow: up_to(60),
                late_timers: up_to(60),
                skew_ms: u64::from(up_to(2000)),
            },
            broken: Broken::Nothing,
        }
    }

    /// The share of one account of the large world: 100 accounts have 10,000 executions and 1,000,000 watchers.
    pub fn large() -> Self {
        World {
            executions: 100,
            watchers: 10_000,
            crowd: 0,
            locations: 300,
            arrive_ms: 60_000,
            ends_ms: (120_000, 300_000),
            limit_ms: 900_000,
            history: 0,
            leave: 50,
            short: 0,
            faults: Faults { skew_ms: 500, ..Faults::default() },
            broken: Broken::Nothing,
        }
    }

    /// The same with faults.
    pub fn large_with_faults() -> Self {
        let faults = Faults {
            resets: 5,
            budget_resets: 1,
            evictions: 100,
            lost_sockets: 200,
            dead_workers: 100,
            dead_leaders: 5,
            throttled: 2,
            unavailable: 5,
            dropped: 1,
            slow: 10,
            late_timers: 10,
            skew_ms: 2000,
        };
        World { faults, ..World::large() }
    }

    /// One execution with more watchers than one object takes.
    pub fn crowd() -> Self {
        World { executions: 3, watchers: 60, crowd: 50_000, ..World::large() }
    }
}
