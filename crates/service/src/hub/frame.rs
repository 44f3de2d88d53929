//! The header lines of the frames between Workers and hubs: words separated by one space.
//!
//! From a watch to its hub:
//!
//! | frame | meaning |
//! |---|---|
//! | `report EPOCH HASH RANK [SEQ]` + state | the result of a call. `EPOCH` is 0 without leadership. `SEQ` is that of the parent, for a leaf hub |
//! | `same EPOCH` | the state was read and has not changed |
//! | `held EPOCH` | a long poll has been open for a second: the state is current until `gap` |
//! | `gap EPOCH` | no long poll has been open for two seconds |
//! | `events EPOCH AFTER LAST DONE` + events | the events after `AFTER` until `LAST`; `DONE` is 1 for the complete history |
//! | `fault EPOCH BUCKET STATUS PERMANENT` + error | a call failed |
//! | `resign EPOCH` | the leader leaves |
//! | `p` | the leader lives. The host of the hub answers `q` without waking it |
//!
//! From a hub to its watches:
//!
//! | frame | meaning |
//! |---|---|
//! | `state SEQ RANK HASH` + state | the state. A receiver drops it if it has one with this `SEQ` |
//! | `events AFTER LAST DONE` + events | as above |
//! | `lead EPOCH SEQ RANK HASH LAST HISTORY NOW` | the watch is the leader. The rest is what the hub has |
//! | `history 0` or `history 1` | to the leader: whether a watcher waits for the history |
//! | `now` | to the leader: a watcher waits for the current state |
//! | `fault STATUS PERMANENT BUCKET` + error | a call failed |
//!
//! `RANK` is 1 for a starting execution, 2 for a running one or an unknown status, and 3 for a final status. `HASH` is a
//! word that differs for different states; `-` for none.

use cloudflow_base::small::{parse_digits, split_once, to_decimal};

/// The leader is alive. The host of the hub answers `q` without waking the hub.
pub const PING: &str = "p";

/// Absent hash.
pub(super) const NO_HASH: &str = "-";

/// Maximum length of a hash.
const MAX_HASH: usize = 64;

/// Reads the words of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a>(pub &'a str);

impl<'a> Words<'a> {
    /// The next word. Empty after the last one.
    pub fn word(&mut self) -> &'a str {
        let (word, rest) = split_once(self.0, " ").unwrap_or((self.0, ""));
        self.0 = rest;
        word
    }

    /// The next word as a number.
    pub fn number(&mut self) -> Option<u64> {
        parse_digits(self.word(), 10)
    }

    /// The next word as a short number.
    pub fn short(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// The next word as 0 or 1.
    pub fn flag(&mut self) -> Option<bool> {
        Some(self.number()? != 0)
    }

    /// The next word as a rank: 1, 2 or 3.
    pub fn rank(&mut self) -> Option<u8> {
        u8::try_from(self.number()?).ok().filter(|rank| (1..=super::FINAL).contains(rank))
    }

    /// The next word as a hash.
    pub fn hash(&mut self) -> Option<&'a str> {
        let hash = self.word();
        (!hash.is_empty() && hash.len() <= MAX_HASH).then_some(hash)
    }
}

/// Appends a word.
pub(super) fn push(line: &mut String, word: &str) {
    if !line.is_empty() {
        line.push(' ');
    }
    line.push_str(word);
}

/// Appends a number.
pub(super) fn push_number(line: &mut String, number: u64) {
    push(line, &to_decimal(number));
}

/// A line of a word and numbers.
pub(super) fn line(word: &str, numbers: &[u64]) -> String {
    let mut line = word.to_owned();
    for &number in numbers {
        push_number(&mut line, number);
    }
    line
}

/// `state SEQ RANK HASH`.
pub(super) fn state(seq: u64, rank: u8, hash: &str) -> String {
    let mut line = line("state", &[seq, rank.into()]);
    push(&mut line, hash);
    line
}

/// `report EPOCH HASH RANK`.
pub(super) fn report(epoch: u64, hash: &str, rank: u8) -> String {
    let mut line = line("report", &[epoch]);
    push(&mut line, hash);
    push_number(&mut line, rank.into());
    line
}
