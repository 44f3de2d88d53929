//! The plan of one seed: the executions, the clients and the faults.

/// Numbers from a seed: splitmix64, after Steele, Lea and Flood.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `least` to `most`.
    pub fn from(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// True with a probability in thousandths.
    pub fn chance(&mut self, of_thousand: u64) -> bool {
        self.next() % 1000 < of_thousand
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize]
    }
}

/// Defines [`Kind`] and the list of all kinds.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident,)*) => {
        /// A fault or an event that affects a client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        /// In the order of their numbers.
        pub const ALL_KINDS: [Kind; KINDS] = [$(Kind::$kind,)*];
        pub const KINDS: usize = [$(stringify!($kind),)*].len();
    };
}

kinds! {
    /// The request does not arrive; the connection fails.
    LostRequest,
    /// The request does not arrive; the connection stays open.
    SilentRequest,
    /// The answer does not arrive; the connection fails.
    LostAnswer,
    /// The answer does not arrive; the connection stays open.
    SilentAnswer,
    /// The request or its answer takes seconds.
    Slow,
    /// The request arrives twice.
    Duplicate,
    /// The answer is truncated.
    Truncated,
    Throttled,
    ServerError,
    BadGateway,
    Unavailable,
    EmptyBody,
    Xml,
    /// A permanent error.
    Denied,
    /// A proxy closes connections that are held for a long time.
    ProxyCut,
    /// The difference between the clocks of client and service exceeds the allowed window.
    SkewedClock,
    /// The client's clock is set.
    ClockJump,
    ExpiredToken,
    /// The credentials function fails.
    CredentialsFail,
    Suspended,
    Offline,
    /// The network is down, and the host reports no event.
    SilentOffline,
    Visible,
    Abort,
    /// The service ends a long poll early.
    EarlyAnswer,
    LateAnswer,
    /// The execution starts after the first request for it.
    StartedLater,
    /// The emulator throttles a request.
    OverQuota,
}

/// Number of the kinds that are faults of a request: the first ones. An attempt has at most one.
pub const REQUEST_FAULTS: usize = Kind::ProxyCut as usize;

/// The plan of one seed.
pub struct Plan {
    pub executions: Vec<PlannedExecution>,
    pub clients: Vec<PlannedClient>,
    /// The time after which there are no random faults.
    pub faults_end_at: u64,
    /// Maximum latency of a request or an answer.
    pub slowest: u64,
    /// Probability of each request fault, in thousandths.
    pub chances: [u64; REQUEST_FAULTS],
    pub quotas: bool,
    pub nonces: bool,
    pub early_after: Option<u64>,
    pub late_by: u64,
    /// Offset of the service's clock.
    pub skew: i64,
}

pub struct PlannedExecution {
    pub starts: u64,
    pub seconds: u64,
    pub fails: bool,
}

pub struct PlannedClient {
    pub counted: bool,
    /// The lifetime of the credentials. Absent if they do not come from a function.
    pub lifetime: Option<u64>,
    pub credentials_fail: u64,
    pub skew: i64,
    /// Whether the monotonic clock stops while the machine sleeps.
    pub clock_sleeps: bool,
    pub proxy: Option<(u64, Cut)>,
    pub watchers: Vec<PlannedWatcher>,
    /// Time, kind and duration.
    pub events: Vec<(u64, Kind, u64)>,
}

/// How a proxy ends a request that it holds for too long.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    Broken,
    Status,
    Silent,
}

pub struct PlannedWatcher {
    pub execution: usize,
    pub starts: u64,
    pub until_done: bool,
    pub is_watched: bool,
    pub wait: u64,
    pub timeout: Option<u64>,
    pub attempts: u64,
    pub aborts: Option<u64>,
}

impl Plan {
    pub fn new(seed: u64) -> Self {
        let dice = &mut Dice::new(seed);
        // Most runs are small, so that there can be many.
        let most = if dice.chance(20) { 20 } else { dice.one(&[1, 1, 1, 1, 2, 2, 3]) };
        let faults_end_at = dice.from(10_000, 150_000);
        let executions: Vec<_> = (0..dice.from(1, most.min(3)))
            .map(|_| PlannedExecution {
                starts: if dice.chance(150) { dice.from(1, 3_000) } else { 0 },
                seconds: dice.from(1, 150),
                fails: dice.chance(300),
            })
            .collect();
        let mut chances = [0; REQUEST_FAULTS];
        if dice.chance(800) {
            for chance in &mut chances {
                *chance = if dice.chance(300) { dice.one(&[10, 50, 200]) } else { 0 };
            }
            // A permanent error ends the call, so it must be rare.
            chances[REQUEST_FAULTS - 1] = if dice.chance(50) { 50 } else { 0 };
        }
        let skew = if dice.chance(100) { dice.one(&[-7_200_000, 1_000_000, -40_000]) } else { 0 };
        let quotas = dice.chance(600);
        let nonces = dice.chance(500);
        let clients = (0..if most > 2 { dice.from(1, 3) } else { 1 })
            .map(|_| client(dice, most, executions.len(), faults_end_at))
            .collect();
        Plan {
            executions,
            clients,
            faults_end_at,
            slowest: dice.one(&[20, 100, 500, 2_000]),
            chances,
            quotas,
            nonces,
            early_after: dice.chance(60).then(|| dice.from(0, 4_000)),
            late_by: if dice.chance(60) { dice.from(100, 6_000) } else { 0 },
            skew,
        }
    }
}

fn client(dice: &mut Dice, most: u64, executions: usize, faults_end_at: u64) -> PlannedClient {
    let patient = dice.chance(600);
    // Many calls that poll every second exceed the quota of the account.
    let is_busy = most > 10 && dice.chance(500);
    let watchers = (0..dice.from(1.max(most / 2), most))
        .map(|_| {
            let until_done = dice.chance(850);
            PlannedWatcher {
                execution: dice.from(0, executions as u64 - 1) as usize,
                starts: if dice.chance(700) { dice.from(0, 500) } else { dice.from(0, 60_000) },
                until_done,
                is_watched: dice.chance(500),
                wait: if is_busy { 1 } else { dice.one(&[0, 1, 5, 20, 20, 20, 30, 60, 60]) },
                timeout: dice.chance(150).then(|| dice.from(100, 200_000)),
                attempts: if patient { 100 } else { dice.one(&[1, 2, 5, 5, 5]) },
                aborts: dice.chance(120).then(|| dice.from(0, 120_000)),
            }
        })
        .collect();
    let mut events = Vec::new();
    if dice.chance(400) {
        let kinds =
            [Kind::Suspended, Kind::Offline, Kind::SilentOffline, Kind::Visible, Kind::Visible, Kind::ClockJump];
        let mut at = 0;
        for _ in 0..dice.from(1, 3) {
            at += dice.from(500, faults_end_at / 2);
            let kind = dice.one(&kinds);
            let long = match kind {
                Kind::Suspended => dice.one(&[2_000, 30_000, 600_000, 30_000_000]),
                _ => dice.from(1_000, 40_000),
            };
            events.push((at, kind, long));
            at += long;
        }
    }
    PlannedClient {
        counted: dice.chance(900),
        lifetime: dice.chance(300).then(|| dice.from(65_000, 200_000)),
        credentials_fail: if dice.chance(50) { 100 } else { 0 },
        skew: if dice.chance(200) { dice.one(&[-86_400_000, -1_200_000, 30_000, 3_600_000]) } else { 0 },
        clock_sleeps: dice.chance(500),
        proxy: dice.chance(150).then(|| (dice.from(8_000, 45_000), dice.one(&[Cut::Broken, Cut::Status, Cut::Silent]))),
        watchers,
        events,
    }
}
