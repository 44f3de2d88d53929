//! The permits of one account: for each operation a bucket and a queue.
//!
//! The service counts the calls of an account: 50 at once and 5 per second for DescribeExecution and for
//! GetExecutionHistory, 10 and 2 for the others
//! (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>). The budget allows less: timers that fire
//! together after a stall, and calls of other programs, must fit too.
//!
//! A place in the queue belongs to an execution, not to its leader. The successor of a leader continues in its place.
//! With a place per leader, executions with short polls never reached the front of the queue.

use super::Millis;
use super::frame::{Words, line};
use crate::poll::quota::{Quota, Ticket, URGENT};

/// The first word of a record, and its version.
const RECORD: &str = "budget1";

/// Buckets of DescribeExecution and GetExecutionHistory: 40 at once, 4.5 per second. A busy machine makes the calls of two
/// seconds at once: 49.
const DESCRIBE: (u64, u64) = (40, 45);

/// Bucket of the list operations: 6 at once, 1.8 per second.
const LIST: (u64, u64) = (6, 18);

/// Minimum pause after a refused call, and maximum of its random part.
const REFUSED: Millis = 1_000;

/// Maximum addition to a hold, in seconds.
const MAX_STRETCH: u32 = 60;

/// What a permit is for. Each bucket has a rate limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// DescribeExecution.
    Describe,
    /// GetExecutionHistory.
    History,
    /// The list operations.
    List,
    /// DescribeExecution for an execution whose state is unknown. It has the bucket of [`Bucket::Describe`], and passes the
    /// calls for known ones: 100 executions that begin at once have their first states after 12 s instead of 34 s.
    First,
}

impl Bucket {
    /// The bucket with this name: `describe`, `history` or `list`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "describe" => Some(Bucket::Describe),
            "history" => Some(Bucket::History),
            "list" => Some(Bucket::List),
            "first" => Some(Bucket::First),
            _ => None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Bucket::Describe => "describe",
            Bucket::History => "history",
            Bucket::List => "list",
            Bucket::First => "first",
        }
    }
}

/// The answer to a request for a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// 0: call now, a token is taken. Otherwise ask again after this time, with the same key.
    pub wait_ms: Millis,
    /// By how many seconds to lengthen the wait of the upstream call.
    pub stretch_seconds: u32,
}

/// The permits of one account.
///
/// ```
/// use cloudflow_service::hub::{Bucket, Budget};
/// let mut budget = Budget::restore("");
/// for execution in 0..40 {
///     assert_eq!(budget.permit(0, 0, Bucket::Describe, &execution.to_string(), None).wait_ms, 0);
/// }
/// // The bucket is empty. The next token comes after 222 ms.
/// assert_eq!(budget.permit(0, 0, Bucket::Describe, "a", None).wait_ms, 223);
/// assert_eq!(budget.permit(0, 0, Bucket::Describe, "b", None).wait_ms, 445);
/// // Another machine continues with the stored text.
/// let mut budget = Budget::restore(&budget.record());
/// assert_eq!(budget.permit(445, 0, Bucket::Describe, "b", None).wait_ms, 0);
/// ```
#[derive(Clone, Debug)]
pub struct Budget {
    describe: Quota,
    history: Quota,
    list: Quota,
}

impl Default for Budget {
    fn default() -> Self {
        let full = |(burst, per_ten_seconds)| Quota::remote(burst, per_ten_seconds);
        Budget { describe: full(DESCRIBE), history: full(DESCRIBE), list: full(LIST) }
    }
}

impl Budget {
    /// A budget from its stored text. An empty or unknown text is a full budget.
    pub fn restore(record: &str) -> Self {
        let mut budget = Budget::default();
        if budget.load(record).is_none() { Budget::default() } else { budget }
    }

    fn load(&mut self, record: &str) -> Option<()> {
        let mut words = Words(record);
        if words.word() != RECORD {
            return None;
        }
        for quota in [&mut self.describe, &mut self.history, &mut self.list] {
            quota.load(&mut || words.number())?;
        }
        Some(())
    }

    /// The text for [`Budget::restore`].
    pub fn record(&self) -> String {
        let mut numbers = Vec::new();
        for quota in [&self.describe, &self.history, &self.list] {
            quota.save(&mut numbers);
        }
        line(RECORD, &numbers)
    }

    /// Takes a token for the execution `key`, or keeps its place in the queue. `throttled`: its last call was refused,
    /// with the pause that the service asked for (0 if it named none).
    pub fn permit(&mut self, now: Millis, random: u32, bucket: Bucket, key: &str, throttled: Option<Millis>) -> Permit {
        let quota = match bucket {
            Bucket::Describe | Bucket::First => &mut self.describe,
            Bucket::History => &mut self.history,
            Bucket::List => &mut self.list,
        };
        if let Some(pause) = throttled {
            quota.drain(now, Some(pause.max(REFUSED) + super::jitter(random, REFUSED)));
            quota.pause();
        }
        let wait_ms =
            quota.take(now, Ticket(hash(key) | if bucket == Bucket::First { URGENT } else { 0 })).err().unwrap_or(0);
        Permit { wait_ms, stretch_seconds: quota.stretched(0, MAX_STRETCH) }
    }
}

/// FNV-1a with 63 bits. Two executions with one hash would share a place.
fn hash(key: &str) -> u64 {
    let mut hash = 14_695_981_039_346_656_037_u64;
    for byte in key.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash >> 1
}
