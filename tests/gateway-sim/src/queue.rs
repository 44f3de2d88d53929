//! The events of the simulation, in the order of time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::upstream::{Millis, Reply};

/// What a frame carries after its first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    Nothing,
    /// The state with this version.
    State(u8),
    /// The events after `after` until `last`.
    Events { after: u64, last: u64 },
    /// An error.
    Fault,
}

/// A frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The first line.
    pub header: String,
    /// The rest.
    pub body: Body,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum What {
    /// A client sends its request.
    Request { client: u32 },
    /// A client leaves.
    Leave { client: u32 },
    /// The timer of a session is due.
    Timer { session: u32, turn: u32 },
    /// A join arrives at an object.
    Join { session: u32, link: u32, since: u64, deadline: Millis, after: u64 },
    /// The answer to a join arrives: the link is open, or a frame, or the number of leaf hubs.
    Joined { link: u32 },
    /// See above.
    Answered { link: u32, frame: Frame },
    /// See above.
    Leaves { link: u32, count: u32 },
    /// The object could not be reached.
    Refused { link: u32 },
    /// A frame arrives at an object.
    Up { link: u32, frame: Frame },
    /// A frame arrives at a Worker.
    Down { link: u32, frame: Frame },
    /// The object is told that a socket is closed.
    ClosedUp { link: u32 },
    /// The Worker is told that its socket is closed.
    ClosedDown { link: u32 },
    /// The alarm of an object is due.
    Alarm { object: u32, turn: u32 },
    /// A request for a permit arrives at the budget. `session` is absent for an object's own poll.
    Ask { caller: Caller, history: bool, throttled: Option<Millis>, turn: u32 },
    /// Its answer arrives.
    Permit { caller: Caller, history: bool, wait_ms: Millis, stretch: u32, turn: u32 },
    /// A call arrives at the service.
    Call { caller: Caller, history: bool, wait_ms: Millis, after: u64, turn: u32 },
    /// Its answer arrives. Absent: the time limit of the caller is over.
    Reply { caller: Caller, history: bool, reply: Option<Reply>, turn: u32 },
    /// Something fails.
    Break(Break),
}

/// Who calls the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A leader.
    Session(u32),
    /// An object.
    Object(u32),
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// An object is reset.
    Reset,
    /// The budget is reset.
    Budget,
    /// An object is evicted.
    Evict,
    /// A socket is lost.
    Socket,
    /// A Worker dies.
    Worker,
    /// A leader dies.
    Leader,
}

struct Entry {
    at: Millis,
    order: u64,
    what: What,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The queue. Events of the same time happen in the order in which they were added.
#[derive(Default)]
pub struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    order: u64,
}

impl Queue {
    /// Adds an event.
    pub fn push(&mut self, at: Millis, what: What) {
        self.order += 1;
        self.heap.push(Reverse(Entry { at, order: self.order, what }));
    }

    /// The next event.
    pub fn pop(&mut self) -> Option<(Millis, What)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.what))
    }

    /// Number of events that happened or wait.
    pub fn total(&self) -> u64 {
        self.order
    }
}
