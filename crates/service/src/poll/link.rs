//! How long the way to the service lets an answer be held.
//!
//! A proxy in between may cut every connection that is silent for 30 seconds, whatever the service
//! would do. Two cuts after about the same time give it away; from then on the client asks for
//! shorter waits, and tries a longer one now and then, in one attempt only.

use super::{MARGIN, Millis};

/// What the service itself holds at most, in seconds.
pub(super) const MOST: u32 = 60;

/// A connection that breaks sooner says nothing about how long it may last.
const LEAST: Millis = 5_000;

/// After this time a longer wait is tried again; doubled each time that fails.
const PATIENCE: Millis = 600_000;

const LONGEST_PATIENCE: Millis = 3_600_000;

/// What is known about the way.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The longest wait that is asked for, in seconds.
    cap: u32,
    /// Attempts from before then say nothing about the cap.
    capped_at: Millis,
    /// When a longer wait is tried.
    raise_at: Millis,
    patience: Millis,
    /// After which time the last held answer was cut.
    suspect: Option<Millis>,
}

impl Default for Link {
    fn default() -> Self {
        Link { cap: MOST, capped_at: 0, raise_at: 0, patience: PATIENCE, suspect: None }
    }
}

impl Link {
    /// The longest wait to ask for now, in seconds.
    pub fn cap(&self) -> u32 {
        self.cap
    }

    /// How long an answer may be held that is wanted held for so long. May let one attempt try a
    /// longer wait than the cap.
    pub fn allowed(&mut self, now: Millis, seconds: u32) -> u32 {
        if seconds <= self.cap {
            return seconds;
        }
        if now < self.raise_at {
            return self.cap;
        }
        self.raise_at = now.saturating_add(self.patience);
        seconds.min(self.cap + self.cap / 2 + 1)
    }

    /// An answer came to an attempt that was to be held for `seconds`.
    pub fn held(&mut self, now: Millis, seconds: u32, elapsed: Millis) {
        if self.suspect.is_some_and(|suspect| elapsed >= suspect) {
            self.suspect = None;
        }
        if seconds > self.cap && elapsed > Millis::from(self.cap) * 1000 + 500 {
            self.cap = u32::try_from(elapsed / 1000).unwrap_or(MOST).min(seconds);
            self.patience = PATIENCE;
            self.raise_at = now.saturating_add(PATIENCE);
        }
    }

    /// The connection broke, or somebody in between gave up, or nothing came (`silent`), in an
    /// attempt sent at `since` that was to be held for `seconds`.
    pub fn cut(&mut self, since: Millis, now: Millis, seconds: u32, silent: bool) {
        let elapsed = now.saturating_sub(since);
        // Later than any answer: the machine was asleep, or the service slow.
        if elapsed < LEAST || elapsed > Millis::from(seconds) * 1000 + MARGIN + LEAST {
            return;
        }
        if seconds > self.cap {
            if since >= self.capped_at {
                self.patience = (self.patience * 2).min(LONGEST_PATIENCE);
                self.raise_at = now.saturating_add(self.patience);
            }
            return;
        }
        // Where nothing tells when it was cut, half of the wait is tried next.
        let at = if silent { Millis::from(seconds) * 625 } else { elapsed };
        match self.suspect {
            Some(before) if at.abs_diff(before) <= before / 8 + 1000 => {
                self.cap = u32::try_from(at.min(before) * 4 / 5000).unwrap_or(MOST).clamp(1, self.cap);
                self.capped_at = now;
                self.raise_at = now.saturating_add(self.patience);
                self.suspect = None;
            }
            _ => self.suspect = Some(at),
        }
    }
}
