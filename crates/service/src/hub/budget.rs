//! The permits of one account.

use super::Millis;

/// What a permit is for. Each bucket has a rate limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// DescribeExecution.
    Describe,
    /// GetExecutionHistory.
    History,
    /// The list operations.
    List,
}

impl Bucket {
    /// The bucket with this name: `describe`, `history` or `list`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "describe" => Some(Bucket::Describe),
            "history" => Some(Bucket::History),
            "list" => Some(Bucket::List),
            _ => None,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Bucket::Describe => "describe",
            Bucket::History => "history",
            Bucket::List => "list",
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
#[derive(Clone, Debug)]
pub struct Budget {}

impl Budget {
    /// A budget from its stored text. An empty or unknown text is a full budget.
    pub fn restore(record: &str) -> Self {
        let _ = record;
        Budget {}
    }

    /// The text for [`Budget::restore`].
    pub fn record(&self) -> String {
        String::new()
    }

    /// Takes a token, or keeps a place in the queue. `throttled`: a call was refused, with the pause that the service
    /// asked for (0 if it named none).
    pub fn permit(&mut self, now: Millis, random: u32, bucket: Bucket, key: &str, throttled: Option<Millis>) -> Permit {
        let _ = (now, random, bucket, key, throttled);
        Permit { wait_ms: 0, stretch_seconds: 0 }
    }
}
