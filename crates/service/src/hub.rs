//! Any number of watchers of an execution, one upstream poll: the gateway's hub, budget and watch, sans-IO.
//!
//! - [`Hub`]: the object of one execution. It knows the watchers, the leader, and the last state.
//! - [`Watch`]: one watcher, in the Worker of its request. The leader is a watch that polls for all.
//! - [`Budget`]: the permits of one account.
//! - [`frame`]: the header lines that they exchange.
//!
//! Bodies never enter the machines. A frame is one header line, or a header line and a body. The host carries the body.

mod budget;
mod execution;
pub mod frame;
mod record;
mod watch;
mod watchers;

pub use budget::{Bucket, Budget, Permit};
pub use execution::Hub;
pub use watch::{Do, Input, Payload, Watch, WatchOptions};

/// Unix milliseconds. Machines compare deadlines, so a skew of some seconds must be tolerated.
pub type Millis = u64;

/// The rank of a final state.
const FINAL: u8 = 3;

/// What a watcher waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A held poll: the final state, or the last state at the deadline.
    Poll,
    /// A stream: every state.
    Stream,
    /// One current state.
    Now,
    /// A leaf hub, represented by its leader: every state.
    Leaf,
}

/// A request to join a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    /// The number of the socket: [`Hub::next_id`].
    pub id: u32,
    /// The last state that the watcher has. 0 for none.
    pub since: u64,
    /// When the watcher leaves by itself.
    pub deadline: Millis,
    /// What it waits for.
    pub kind: Kind,
    /// True if it wants the history.
    pub history: bool,
    /// The last event of the history that it has.
    pub after: u64,
}

/// What happened at a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A watcher asks to join.
    Join(Join),
    /// A frame arrived: from a socket, or by a request or the object's own poll (`None`).
    Frame {
        /// The socket.
        from: Option<u32>,
        /// The first line.
        header: &'a str,
    },
    /// A socket was closed, or failed.
    Closed(u32),
    /// The alarm is due.
    Alarm,
    /// The object's own poll ended without a frame.
    Polled,
}

/// What the host of a hub does, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Answer the join with this text instead of a socket.
    Answer {
        /// The first line.
        header: String,
        /// The rest.
        body: BodyOf,
    },
    /// Answer the join with the number of leaf hubs instead of a socket.
    Leaves(u32),
    /// Accept the socket of the join.
    Accept {
        /// The number of the join.
        id: u32,
        /// The text for [`Hub::readd`].
        attachment: String,
    },
    /// Replace the attachment of a socket.
    Attach {
        /// The socket.
        id: u32,
        /// The text for [`Hub::readd`].
        attachment: String,
    },
    /// Send a frame to these sockets.
    Send {
        /// The sockets.
        to: Vec<u32>,
        /// The first line.
        header: String,
        /// The rest.
        body: BodyOf,
    },
    /// Close these sockets with code 1000.
    Close {
        /// The sockets.
        ids: Vec<u32>,
        /// The reason: `final`, `answered`, `fault`, `silent` or `expired`.
        reason: &'static str,
    },
    /// Store the body of the current frame as the state.
    SaveState,
    /// Store the event lines of the current frame: only those with `after < id`.
    SaveEvents {
        /// The last stored event.
        after: u64,
        /// The last event of the frame.
        last: u64,
    },
    /// Store the text for [`Hub::restore`].
    SaveRecord(String),
    /// Set the only alarm, or delete it.
    Alarm(Option<Millis>),
    /// Call DescribeExecution without a wait, under a permit, and pass the result as a frame without a socket.
    Poll,
    /// Delete the state, the events and the record.
    Clear,
}

/// The body of a frame to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyOf {
    /// None.
    Nothing,
    /// The body of the frame that is handled.
    Current,
    /// The stored state.
    Stored,
    /// The stored events after this one, one per line. The host may send several frames instead of a large one: each has
    /// its own `AFTER` and `LAST`, and only the last one the `DONE` of the header.
    Events {
        /// The last event that the receiver has.
        after: u64,
    },
}

/// A random time up to `most`, from 32 random bits.
fn jitter(random: u32, most: Millis) -> Millis {
    (most.min(1 << 31) * Millis::from(random)) >> 32
}
