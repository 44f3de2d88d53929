//! Telling a sleep of the machine from the time that passes.

use super::Millis;

/// A wall clock that gains more than this on the steady one went on while the machine slept.
const GAINED: Millis = 5_000;

/// Some steady clocks go on, too; but a page in the background has timers that are late by a minute.
const LATE: Millis = 70_000;

/// Two clocks, compared each time something happens.
#[derive(Clone, Copy, Debug)]
pub struct SleepDetector {
    steady: Millis,
    wall: Millis,
}

impl SleepDetector {
    /// Begins to compare.
    pub fn new(steady: Millis, wall: Millis) -> Self {
        SleepDetector { steady, wall }
    }

    /// True where the machine has slept since the last look. `due` is when the timer of this look was
    /// to fire, by the steady clock.
    pub fn slept(&mut self, steady: Millis, wall: Millis, due: Millis) -> bool {
        let passed = steady.saturating_sub(self.steady);
        let gained = wall.saturating_sub(self.wall).saturating_sub(passed);
        *self = SleepDetector { steady, wall };
        gained > GAINED || steady.saturating_sub(due) > LATE
    }
}
