//! Identifiers from a seed: the same seed gives the same identifiers.

use std::cell::Cell;

use crate::simulate::{next_random, uuid};

/// A reproducible series of random numbers.
#[derive(Debug)]
pub(super) struct Random {
    state: Cell<u64>,
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Random { state: Cell::new(seed) }
    }

    /// The seed with which [`Random::new`] continues the series.
    pub fn state(&self) -> u64 {
        self.state.get()
    }

    pub fn number(&mut self) -> u64 {
        next_random(&self.state)
    }

    /// An identifier in the form of the service's request ids: a UUID in lower case without a version.
    pub fn id(&mut self) -> String {
        let (a, b) = (self.number(), self.number());
        uuid(a, b)
    }
}
