//! What a driver tells a watch, and what it does for it.

use crate::hub::{Bucket, Kind, Millis};

/// What a watcher waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// Its kind.
    pub kind: Kind,
    /// The last state that the caller has.
    pub since: u64,
    /// The last event that the caller has.
    pub after: u64,
    /// True to get the history.
    pub history: bool,
    /// When the caller is answered in any case.
    pub deadline: Millis,
    /// Maximum hold of an upstream call, in seconds: 60.
    pub max_wait_seconds: u32,
    /// How long the watch may continue after its caller was answered: 25,000.
    pub linger_ms: Millis,
}

/// What happened at a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The watch starts.
    Start,
    /// The socket is open. It precedes the frames of the socket: a frame without it is the answer to the join, in the place
    /// of a socket.
    Joined,
    /// The socket cannot be opened. For the leader of a leaf hub: the watch of the parent has failed.
    JoinFailed,
    /// The hub named its number of leaf hubs instead.
    Leaves(u32),
    /// A frame arrived, or an answer to the join in the place of a socket.
    Frame(&'a str),
    /// The socket was closed.
    Closed,
    /// The timer is due.
    Woke,
    /// An answer to [`Do::Permit`].
    Permit {
        /// The bucket.
        bucket: Bucket,
        /// The wait.
        wait_ms: Millis,
        /// The addition to the hold.
        stretch_seconds: u32,
    },
    /// The budget is not reachable.
    PermitFailed(Bucket),
    /// DescribeExecution succeeded.
    Answered {
        /// The hash of its body.
        hash: &'a str,
        /// 1 starting, 2 running or unknown, 3 final.
        rank: u8,
    },
    /// GetExecutionHistory succeeded.
    Events {
        /// The last event of the page. The value of `after` for an empty page.
        last: u64,
        /// True if the history is complete.
        done: bool,
        /// True if the next page exists now.
        more: bool,
    },
    /// An upstream call failed.
    Fault {
        /// Which call.
        bucket: Bucket,
        /// True for a transient fault.
        retryable: bool,
        /// True if the rate limit was exceeded.
        throttled: bool,
        /// The pause that the service asked for.
        retry_after: Option<Millis>,
        /// The HTTP status. 0 without a response.
        status: u16,
    },
    /// For the leader of a leaf hub: a frame that the watch of the parent delivered.
    Parent(&'a str),
    /// The caller has left.
    CallerGone,
}

/// The body of a frame of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// None.
    Nothing,
    /// The body of the last response of DescribeExecution, or of the last `state` frame of the parent.
    State,
    /// The lines of the last page of events, or of the last `events` frame of the parent.
    Events,
    /// The error of the last failed call, or of the last `fault` frame of the parent.
    Fault,
}

/// What the driver of a watch does, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Open a socket to the hub, or to a leaf hub.
    Connect {
        /// For the join.
        since: u64,
        /// For the join.
        deadline: Millis,
        /// For the join.
        after: u64,
        /// The number of the leaf hub.
        leaf: Option<u32>,
    },
    /// Send a frame.
    Send(String, Payload),
    /// Ask the budget.
    Permit {
        /// The bucket.
        bucket: Bucket,
        /// A call was refused by the rate limit, with the pause that the service asked for.
        throttled: Option<Millis>,
    },
    /// Call DescribeExecution.
    Describe {
        /// Its hold.
        wait_seconds: u32,
        /// Time limit of the response.
        timeout_ms: Millis,
    },
    /// Call GetExecutionHistory.
    History {
        /// The events after this one.
        after: u64,
    },
    /// For the leader of a leaf hub: start a watch of kind [`Kind::Leaf`] of the hub itself, and pass the frames that
    /// it delivers as [`Input::Parent`].
    Parent {
        /// The last state of the leaf hub.
        since: u64,
        /// The last event of the leaf hub.
        after: u64,
        /// True to get the history.
        history: bool,
        /// When the watch of the parent ends.
        deadline: Millis,
    },
    /// End the watch of the parent: pass [`Input::CallerGone`] to it.
    LeaveParent,
    /// Abandon the upstream calls.
    AbortCalls,
    /// Set the only timer to this time: it replaces the earlier one.
    Wake(Millis),
    /// Remember the state of this frame for [`Do::Answer`].
    Keep,
    /// Give the state of this frame to the caller. It answers everything but a stream.
    Deliver,
    /// Give the events of this frame to the caller.
    DeliverEvents {
        /// Only those after this one.
        after: u64,
        /// True if the history is complete with them.
        done: bool,
    },
    /// Give the fault of this frame to the caller. It ends the response. The driver of a watch of kind [`Kind::Leaf`]
    /// passes it on as [`Input::Parent`].
    DeliverFault,
    /// The deadline has passed. Answer the caller with the last remembered state, or without one with 503. End the
    /// response of a stream, which its client may resume.
    Answer,
    /// Close the socket.
    Disconnect,
    /// The watch has ended. A stream whose response has not ended has everything.
    Done,
}
