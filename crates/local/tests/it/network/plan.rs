//! What one seed stands for: who asks, and what goes wrong.

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

    /// From `least` to `most`.
    pub fn from(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// True in so many of a thousand cases.
    pub fn chance(&mut self, of_thousand: u64) -> bool {
        self.next() % 1000 < of_thousand
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize]
    }
}

/// Everything that is done to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[rustfmt::skip]
pub enum Kind {
    /// The request does not arrive; the connection fails.
    LostRequest,
    /// The request does not arrive, and nobody says so.
    SilentRequest,
    /// The answer does not arrive; the connection fails.
    LostAnswer,
    /// The answer does not arrive, and nobody says so.
    SilentAnswer,
    /// The request or its answer takes seconds.
    Slow,
    /// The request arrives twice.
    Duplicate,
    /// The answer ends in the middle.
    Truncated,
    Throttled,
    ServerError,
    BadGateway,
    Unavailable,
    EmptyBody,
    Xml,
    /// A refusal that no second attempt changes.
    Denied,
    /// Somebody in between holds no connection so long.
    ProxyCut,
    /// The clocks of client and service are more than the window apart.
    SkewedClock,
    /// The client's clock is set anew.
    ClockJump,
    ExpiredToken,
    /// The function gives no credentials.
    NoKeys,
    Suspended,
    Offline,
    /// The network is away, and the host does not say so.
    UntoldOffline,
    Visible,
    Abort,
    /// The service does not hold an answer as long as it should.
    EarlyAnswer,
    LateAnswer,
    /// The execution starts after it was asked for.
    NotYetThere,
    /// What the emulator itself refused for its quota.
    OverQuota,
}

pub const KINDS: usize = Kind::OverQuota as usize + 1;

/// Of these, each attempt may meet one.
pub const ON_THE_WAY: [Kind; 14] = [
    Kind::LostRequest,
    Kind::SilentRequest,
    Kind::LostAnswer,
    Kind::SilentAnswer,
    Kind::Slow,
    Kind::Duplicate,
    Kind::Truncated,
    Kind::Throttled,
    Kind::ServerError,
    Kind::BadGateway,
    Kind::Unavailable,
    Kind::EmptyBody,
    Kind::Xml,
    Kind::Denied,
];

/// The name of each kind, for the report.
pub fn name(kind: usize) -> String {
    const ALL: [Kind; KINDS] = [
        Kind::LostRequest,
        Kind::SilentRequest,
        Kind::LostAnswer,
        Kind::SilentAnswer,
        Kind::Slow,
        Kind::Duplicate,
        Kind::Truncated,
        Kind::Throttled,
        Kind::ServerError,
        Kind::BadGateway,
        Kind::Unavailable,
        Kind::EmptyBody,
        Kind::Xml,
        Kind::Denied,
        Kind::ProxyCut,
        Kind::SkewedClock,
        Kind::ClockJump,
        Kind::ExpiredToken,
        Kind::NoKeys,
        Kind::Suspended,
        Kind::Offline,
        Kind::UntoldOffline,
        Kind::Visible,
        Kind::Abort,
        Kind::EarlyAnswer,
        Kind::LateAnswer,
        Kind::NotYetThere,
        Kind::OverQuota,
    ];
    format!("{:?}", ALL[kind])
}

/// The world of one seed.
pub struct Plan {
    pub executions: Vec<PlannedExecution>,
    pub clients: Vec<PlannedClient>,
    /// From then on nothing goes wrong by chance.
    pub calm_at: u64,
    /// The longest way of a request or an answer.
    pub slowest: u64,
    /// How likely each of [`ON_THE_WAY`] is, of a thousand attempts.
    pub chances: [u64; ON_THE_WAY.len()],
    pub quotas: bool,
    pub nonces: bool,
    pub early_after: Option<u64>,
    pub late_by: u64,
    /// The service's clock, less the true time.
    pub skew: i64,
}

pub struct PlannedExecution {
    pub starts: u64,
    pub seconds: u64,
    pub fails: bool,
}

pub struct PlannedClient {
    pub counted: bool,
    /// Credentials come from a function, and last so long.
    pub lifetime: Option<u64>,
    pub no_keys: u64,
    pub skew: i64,
    /// The steady clock stands still while the machine sleeps.
    pub clock_sleeps: bool,
    pub proxy: Option<(u64, Cut)>,
    pub watchers: Vec<PlannedWatcher>,
    /// When, what, how long.
    pub events: Vec<(u64, Kind, u64)>,
}

/// How a proxy ends what it holds for too long.
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
        // Most worlds are small, so that there can be many.
        let most = if dice.chance(20) { 20 } else { dice.one(&[1, 1, 1, 1, 2, 2, 3]) };
        let calm_at = dice.from(10_000, 150_000);
        let executions: Vec<_> = (0..dice.from(1, most.min(3)))
            .map(|_| PlannedExecution {
                starts: if dice.chance(150) { dice.from(1, 3_000) } else { 0 },
                seconds: dice.from(1, 150),
                fails: dice.chance(300),
            })
            .collect();
        let mut chances = [0; ON_THE_WAY.len()];
        if dice.chance(800) {
            for chance in &mut chances {
                *chance = if dice.chance(300) { dice.one(&[10, 50, 200]) } else { 0 };
            }
            // It ends the call, so that it must be rare.
            chances[ON_THE_WAY.len() - 1] = if dice.chance(50) { 50 } else { 0 };
        }
        let skew = if dice.chance(100) { dice.one(&[-7_200_000, 1_000_000, -40_000]) } else { 0 };
        let quotas = dice.chance(600);
        let nonces = dice.chance(500);
        let clients = (0..if most > 2 { dice.from(1, 3) } else { 1 })
            .map(|_| client(dice, most, executions.len(), calm_at))
            .collect();
        Plan {
            executions,
            clients,
            calm_at,
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

fn client(dice: &mut Dice, most: u64, executions: usize, calm_at: u64) -> PlannedClient {
    let patient = dice.chance(600);
    // Many who ask every second want more than an account has.
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
            [Kind::Suspended, Kind::Offline, Kind::UntoldOffline, Kind::Visible, Kind::Visible, Kind::ClockJump];
        let mut at = 0;
        for _ in 0..dice.from(1, 3) {
            at += dice.from(500, calm_at / 2);
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
        no_keys: if dice.chance(50) { 100 } else { 0 },
        skew: if dice.chance(200) { dice.one(&[-86_400_000, -1_200_000, 30_000, 3_600_000]) } else { 0 },
        clock_sleeps: dice.chance(500),
        proxy: dice.chance(150).then(|| (dice.from(8_000, 45_000), dice.one(&[Cut::Broken, Cut::Status, Cut::Silent]))),
        watchers,
        events,
    }
}
