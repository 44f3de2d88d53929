//! The longest hold that the connection to the service survives.
//!
//! A proxy may close every connection that is idle for 30 seconds, although the service holds a response for longer. Two
//! interruptions after about the same time show this. From then on the client requests shorter holds. From time to time,
//! one attempt tries a longer hold.

use cloudflow_base::limits::LONG_POLL_SECONDS;

use super::{MARGIN, Millis};

/// Maximum hold of the service, in seconds.
pub(super) const MAX_HOLD: u32 = LONG_POLL_SECONDS;

/// An interruption within this time does not depend on the hold.
const MIN_ELAPSED: Millis = 5_000;

/// A longer hold is tried after this time. It doubles with each failure.
const RAISE_INTERVAL: Millis = 600_000;

/// Maximum of that time.
const MAX_RAISE_INTERVAL: Millis = 3_600_000;

/// What is known about the connection.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The longest hold to request, in seconds.
    cap: u32,
    /// When the cap was set. Attempts that were sent before do not count.
    capped_at: Millis,
    /// When a longer hold is tried.
    raise_at: Millis,
    raise_interval: Millis,
    /// The time after which the last held response was interrupted.
    suspect: Option<Millis>,
}

impl Default for Link {
    fn default() -> Self {
        Link { cap: MAX_HOLD, capped_at: 0, raise_at: 0, raise_interval: RAISE_INTERVAL, suspect: None }
    }
}

impl Link {
    /// The longest hold to request now, in seconds.
    pub fn cap(&self) -> u32 {
        self.cap
    }

    /// The hold to request instead of `seconds`. From time to time, one attempt gets a longer hold than the cap.
    pub fn allowed(&mut self, now: Millis, seconds: u32) -> u32 {
        if seconds <= self.cap {
            return seconds;
        }
        if now < self.raise_at {
            return self.cap;
        }
        self.raise_at = now.saturating_add(self.raise_interval);
        seconds.min(self.cap + self.cap / 2 + 1)
    }

    /// A response arrived for an attempt with a hold of `seconds`.
    pub fn held(&mut self, now: Millis, seconds: u32, elapsed: Millis) {
        if self.suspect.is_some_and(|suspect| elapsed >= suspect) {
            self.suspect = None;
        }
        if seconds > self.cap && elapsed > Millis::from(self.cap) * 1000 + 500 {
            self.cap = u32::try_from(elapsed / 1000).unwrap_or(MAX_HOLD).min(seconds);
            self.raise_interval = RAISE_INTERVAL;
            self.raise_at = now.saturating_add(RAISE_INTERVAL);
        }
    }

    /// The connection failed, a proxy gave up, or nothing arrived (`silent`), for an attempt that was sent at `since`
    /// with a hold of `seconds`.
    pub fn interrupted(&mut self, since: Millis, now: Millis, seconds: u32, silent: bool) {
        // Without a hold, an interruption says nothing about holds.
        if seconds == 0 {
            return;
        }
        let elapsed = now.saturating_sub(since);
        // Later than any response: the machine was asleep, or the service was slow.
        if elapsed < MIN_ELAPSED || elapsed > Millis::from(seconds) * 1000 + MARGIN + MIN_ELAPSED {
            return;
        }
        if seconds > self.cap {
            if since >= self.capped_at {
                self.raise_interval = (self.raise_interval * 2).min(MAX_RAISE_INTERVAL);
                self.raise_at = now.saturating_add(self.raise_interval);
            }
            return;
        }
        // If the time of the interruption is unknown, half of the hold is tried next.
        let at = if silent { Millis::from(seconds) * 625 } else { elapsed };
        match self.suspect {
            Some(before) if at.abs_diff(before) <= before / 8 + 1000 => {
                self.cap = u32::try_from(at.min(before) * 4 / 5000).unwrap_or(MAX_HOLD).clamp(1, self.cap);
                self.capped_at = now;
                self.raise_at = now.saturating_add(self.raise_interval);
                self.suspect = None;
            }
            _ => self.suspect = Some(at),
        }
    }
}
