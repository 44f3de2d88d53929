//! The rate limits of an account: one token bucket per operation.

use std::collections::BTreeMap;

use cloudflow_base::limits::{DESCRIBE_RATE, OTHER_RATE, RateLimit, START_RATE, START_SYNC_RATE};

use crate::simulate::Millis;

/// A request, in thousandths of a token: a rate per second is a whole number per millisecond.
const TOKEN: u64 = 1000;

/// The buckets of the account.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    buckets: BTreeMap<String, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// In thousandths of a token.
    level: u64,
    at: Millis,
}

impl Quotas {
    /// Takes one token of the operation. An error is the number of milliseconds until there is one.
    pub(crate) fn take(&mut self, action: &str, now: Millis) -> Result<(), Millis> {
        let RateLimit { burst, per_second } = match action {
            "StartExecution" => START_RATE,
            "StartSyncExecution" => START_SYNC_RATE,
            "DescribeExecution" | "GetExecutionHistory" => DESCRIBE_RATE,
            _ => OTHER_RATE,
        };
        let full = burst * TOKEN;
        let bucket = self.buckets.entry(action.to_owned()).or_insert(Bucket { level: full, at: now });
        let elapsed = now.saturating_sub(bucket.at);
        bucket.level = bucket.level.saturating_add(elapsed.saturating_mul(per_second)).min(full);
        bucket.at = now;
        match bucket.level.checked_sub(TOKEN) {
            Some(level) => {
                bucket.level = level;
                Ok(())
            }
            None => Err((TOKEN - bucket.level).div_ceil(per_second)),
        }
    }
}
