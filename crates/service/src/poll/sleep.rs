//! Detects that the machine has slept.

use super::Millis;

/// Minimum gain of the wall clock on the monotonic clock that shows a sleep.
const WALL_CLOCK_GAIN: Millis = 5_000;

/// Minimum delay of a timer that shows a sleep, for monotonic clocks that continue during a sleep. Timers of a page in the
/// background are up to a minute late.
const TIMER_DELAY: Millis = 70_000;

/// Compares two clocks at each event.
#[derive(Clone, Copy, Debug)]
pub struct SleepDetector {
    steady: Millis,
    wall: Millis,
}

impl SleepDetector {
    /// Starts to compare.
    pub fn new(steady: Millis, wall: Millis) -> Self {
        SleepDetector { steady, wall }
    }

    /// True if the machine has slept since the last call. `due` is when the timer of this event was due, by the monotonic
    /// clock.
    pub fn slept(&mut self, steady: Millis, wall: Millis, due: Millis) -> bool {
        let passed = steady.saturating_sub(self.steady);
        let gained = wall.saturating_sub(self.wall).saturating_sub(passed);
        *self = SleepDetector { steady, wall };
        gained > WALL_CLOCK_GAIN || steady.saturating_sub(due) > TIMER_DELAY
    }
}
