//! Identifiers from a seed: the same seed gives the same identifiers.

use std::cell::Cell;

use crate::simulate::{next_random, uuid};

/// The emulator's own series of random numbers.
#[derive(Debug)]
pub(super) struct Random {
    state: Cell<u64>,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Random { state: Cell::new(seed) }
    }

    /// What [`Random::new`] takes to go on from here.
    pub fn state(&self) -> u64 {
        self.state.get()
    }

    pub fn number(&mut self) -> u64 {
        next_random(&self.state)
    }

    /// Lower case, shaped like a UUID, of no version: so are the service's request ids.
    pub fn id(&mut self) -> String {
        let (a, b) = (self.number(), self.number());
        uuid(a, b)
    }
}
