//! What a hub stores: one line, and one attachment per socket.
//!
//! A Durable Object loses its memory when it hibernates or is evicted
//! (<https://developers.cloudflare.com/durable-objects/best-practices/websockets/>). The stored texts contain everything
//! that a hub knows, so a restored hub behaves like one that was never evicted. A test replaces hubs at random.

use super::frame::{NO_HASH, Words, line, push, push_number};
use super::{Join, Kind, Millis};

/// The first word of a record, and its version.
const RECORD: &str = "hub1";

/// The first word of an attachment, and its version.
const SOCKET: &str = "w1";

/// What a hub knows about its execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The number of the state. 0: no state.
    pub seq: u64,
    /// The rank of the state. 0: no state.
    pub rank: u8,
    pub hash: String,
    /// The last stored event.
    pub last: u64,
    /// The history is complete.
    pub complete: bool,
    /// The number of elections.
    pub epoch: u64,
    /// When the leader was elected.
    pub led_at: Millis,
    /// The last frame of the leader, or its election.
    pub heard: Millis,
    /// When the state was known to be current.
    pub known_at: Millis,
    /// When the history was known to be current.
    pub events_at: Millis,
    /// The long poll of the leader is open.
    pub open: bool,
    /// The leader fetches the history.
    pub asked: bool,
    /// The last poll of the object itself.
    pub poll_at: Millis,
    /// That poll has not ended.
    pub polling: bool,
    /// When the final state was stored.
    pub final_at: Millis,
    /// The alarm. 0: none.
    pub alarm: Millis,
}

impl Default for Record {
    fn default() -> Self {
        Record {
            seq: 0,
            rank: 0,
            hash: NO_HASH.to_owned(),
            last: 0,
            complete: false,
            epoch: 0,
            led_at: 0,
            heard: 0,
            known_at: 0,
            events_at: 0,
            open: false,
            asked: false,
            poll_at: 0,
            polling: false,
            final_at: 0,
            alarm: 0,
        }
    }
}

impl Record {
    /// Reads a stored text.
    pub fn read(text: &str) -> Option<Self> {
        let mut words = Words(text);
        if words.word() != RECORD {
            return None;
        }
        Some(Record {
            hash: words.hash()?.to_owned(),
            seq: words.number()?,
            rank: u8::try_from(words.number()?).ok()?,
            last: words.number()?,
            complete: words.flag()?,
            epoch: words.number()?,
            led_at: words.number()?,
            heard: words.number()?,
            known_at: words.number()?,
            events_at: words.number()?,
            open: words.flag()?,
            asked: words.flag()?,
            poll_at: words.number()?,
            polling: words.flag()?,
            final_at: words.number()?,
            alarm: words.number()?,
        })
    }

    /// The text to store. Empty for a hub that knows nothing.
    pub fn text(&self) -> String {
        if self.seq == 0 && self.epoch == 0 && self.last == 0 && self.poll_at == 0 && self.alarm == 0 {
            return String::new();
        }
        let mut text = RECORD.to_owned();
        push(&mut text, &self.hash);
        for number in [
            self.seq,
            self.rank.into(),
            self.last,
            self.complete.into(),
            self.epoch,
            self.led_at,
            self.heard,
            self.known_at,
            self.events_at,
            self.open.into(),
            self.asked.into(),
            self.poll_at,
            self.polling.into(),
            self.final_at,
            self.alarm,
        ] {
            push_number(&mut text, number);
        }
        text
    }
}

/// A watcher, as a hub knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watcher {
    pub id: u32,
    pub kind: Kind,
    pub history: bool,
    pub deadline: Millis,
    /// It has left. The entry remains until the list is compacted.
    pub gone: bool,
}

impl Watcher {
    pub fn new(join: Join) -> Self {
        // Only a stream has a place for events.
        let history = join.history && matches!(join.kind, Kind::Stream | Kind::Leaf);
        Watcher { id: join.id, kind: join.kind, history, deadline: join.deadline, gone: false }
    }

    /// Reads an attachment: the watcher, and its epoch if it leads.
    pub fn read(text: &str) -> Option<(Self, u64)> {
        let mut words = Words(text);
        if words.word() != SOCKET {
            return None;
        }
        let watcher = Watcher {
            id: words.short()?,
            kind: match words.number()? {
                0 => Kind::Poll,
                1 => Kind::Stream,
                2 => Kind::Now,
                3 => Kind::Leaf,
                _ => return None,
            },
            history: words.flag()?,
            deadline: words.number()?,
            gone: words.flag()?,
        };
        Some((watcher, words.number()?))
    }

    /// The attachment of its socket.
    pub fn text(&self, lead: u64) -> String {
        let kind = match self.kind {
            Kind::Poll => 0,
            Kind::Stream => 1,
            Kind::Now => 2,
            Kind::Leaf => 3,
        };
        line(SOCKET, &[self.id.into(), kind, self.history.into(), self.deadline, self.gone.into(), lead])
    }
}
