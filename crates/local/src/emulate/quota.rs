//! The rate limits of an account: token buckets, with the values of the limits page.

use std::collections::BTreeMap;

use crate::simulate::Millis;

/// The buckets of the account.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    buckets: BTreeMap<String, Box<Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    /// In thousandths of a token: a rate per second is a whole number per millisecond.
    level: u64,
    at: Millis,
}

impl Quotas {
    /// Takes one token of the operation. An error is the number of milliseconds until there is one.
    pub(crate) fn take(&mut self, action: &str, now: Millis) -> Result<(), Millis> {
        let (burst, rate) = match action {
            "StartExecution" => (100, 100),
            "StartSyncExecution" => (1000, 1000),
            "DescribeExecution" | "GetExecutionHistory" => (50, 5),
            _ => (10, 2),
        };
        let full = burst * 1000;
        let bucket = self.buckets.entry(action.to_owned()).or_insert_with(|| Box::new(Bucket { level: full, at: now }));
        let elapsed = now.saturating_sub(bucket.at);
        bucket.level = bucket.level.saturating_add(elapsed.saturating_mul(rate)).min(full);
        bucket.at = now;
        match bucket.level.checked_sub(1000) {
            Some(level) => {
                bucket.level = level;
                Ok(())
            }
            None => Err((1000 - bucket.level).div_ceil(rate)),
        }
    }
}
