//! The clock of the flows. It runs faster than the clock of the host, or jumps, by option. Waits, pauses before retries
//! and timeouts are all measured on it, so that they keep their order. Everything about requests is measured on the
//! clock of the host: signatures, long polls, rate limits, injected delays.

use crate::simulate::Millis;

/// The clock of the flows, as a function of the clock of the host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Milliseconds of the flows per millisecond of the host.
    speed: u64,
    /// Both clocks at one moment. Absent until the host passes its time.
    known: Option<(Millis, Millis)>,
    /// The clock is not earlier. It is the time of a restored state.
    floor: Millis,
}

impl Clock {
    /// A clock that shows the time of the host when it starts.
    pub fn new(speed: u32) -> Self {
        Clock { speed: u64::from(speed.max(1)), known: None, floor: 0 }
    }

    /// Starts the clock, unless it runs.
    pub fn start(&mut self, host: Millis) {
        let floor = self.floor;
        self.known.get_or_insert((host, host.max(floor)));
    }

    /// The time, at a time of the host. The clock of a restored state does not go back.
    pub fn at(&self, host: Millis) -> Millis {
        match self.known {
            None => self.floor,
            Some((from, time)) => time.saturating_add(host.saturating_sub(from).saturating_mul(self.speed)),
        }
    }

    /// The time of the host when the clock shows a time: the past, if it already shows a later one.
    pub fn host(&self, time: Millis) -> Millis {
        let (from, known) = self.known.unwrap_or((0, self.floor));
        from.saturating_add(time.saturating_sub(known).div_ceil(self.speed))
    }

    /// Whether the clock shows another time than the host. A text that is saved must then hold the time: the host does
    /// not know it.
    pub fn differs(&self, host: Millis) -> bool {
        self.at(host) != host
    }

    /// Sets the clock forward.
    pub fn jump(&mut self, host: Millis, time: Millis) {
        self.known = Some((host, self.at(host).max(time)));
    }

    /// Continues at the time of a restored state, or at the time of the host if that is later.
    pub fn restore(&mut self, time: Millis) {
        *self = Clock { known: None, floor: time, ..*self };
    }
}
