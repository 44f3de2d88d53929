//! The hub of one execution.

use super::{Effect, Event, Millis};

/// The hub of one execution: its watchers, its leader, and its last state.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    leader: Option<u32>,
    last_id: u32,
}

impl Hub {
    /// A hub from its stored text. An empty or unknown text is a new hub. A `leaf` relays the states of its parent.
    pub fn restore(record: &str, leaf: bool) -> Self {
        let _ = (record, leaf);
        Hub::default()
    }

    /// Adds a socket that outlived the machine. Returns its number, or nothing for an unknown text.
    pub fn readd(&mut self, attachment: &str) -> Option<u32> {
        let _ = attachment;
        None
    }

    /// The number for the next join.
    pub fn next_id(&self) -> u32 {
        self.last_id.wrapping_add(1)
    }

    /// The socket of the leader. The host passes the time of its last automatic answer to every step.
    pub fn leader(&self) -> Option<u32> {
        self.leader
    }

    /// True if the state and the history are known to be current: `FRESH` and `DONE` of a page of events.
    pub fn events_known(&self, now: Millis) -> (bool, bool, u64) {
        let _ = now;
        (false, false, 0)
    }

    /// Handles an event.
    pub fn step(&mut self, now: Millis, leader_seen: Option<Millis>, event: Event<'_>) -> Vec<Effect> {
        let _ = (now, leader_seen, event);
        Vec::new()
    }
}
