//! Counts work. The count limits a state and a turn of the interpreter, independent of the clock.
//!
//! A unit is about one byte that is copied or compared. The count depends on the data only, so an execution takes the
//! same number of units on every machine.

use std::cell::Cell;

use serde_json::Value;

use super::Failure;

/// Maximum units of the expressions of a state, each time it runs: about 50 ms.
pub const MOST_OF_A_STATE: u64 = 16 * 1024 * 1024;

/// The units after which a turn ends: about 10 ms.
pub const MOST_OF_A_TURN: u64 = 4 * 1024 * 1024;

/// The units of a value, in addition to its texts.
const VALUE: u64 = 16;

/// Counts the work of one execution.
#[derive(Debug)]
pub(super) struct Meter {
    /// The units that are left of the turn.
    turn: Cell<u64>,
    /// The units that are left of the state.
    state: Cell<u64>,
}

impl Meter {
    pub fn new(turn: u64) -> Self {
        Meter { turn: Cell::new(turn), state: Cell::new(MOST_OF_A_STATE) }
    }

    /// Begins a turn of that many units.
    pub fn set_turn(&self, units: u64) {
        self.turn.set(units);
    }

    /// The units that are left of the turn.
    pub fn left(&self) -> u64 {
        self.turn.get()
    }

    /// Resets the units of the state.
    pub fn begin_state(&self) {
        self.state.set(MOST_OF_A_STATE);
    }

    /// Counts work that is bounded by other limits.
    pub fn spend(&self, units: u64) {
        self.turn.set(self.turn.get().saturating_sub(units));
    }

    /// Counts work in advance. Fails if the state does not have enough units left.
    pub fn charge(&self, units: u64) -> Result<(), Failure> {
        self.spend(units);
        match self.state.get().checked_sub(units) {
            Some(left) => {
                self.state.set(left);
                Ok(())
            }
            None => {
                self.state.set(0);
                Err(self.exhausted().unwrap_or_else(too_much))
            }
        }
    }

    /// The error of a state whose units are used up.
    pub fn exhausted(&self) -> Option<Failure> {
        (self.state.get() == 0).then(too_much)
    }

    /// A copy of a value, counted.
    pub fn copy(&self, value: &Value) -> Result<Value, Failure> {
        self.charge(cost(value))?;
        Ok(value.clone())
    }
}

fn too_much() -> Failure {
    let most = MOST_OF_A_STATE / (1024 * 1024);
    Failure::expression(format!("the expressions of the state need more than {most} Mi units of work"))
}

/// The units that a copy of the value takes.
// Recursion is bounded by the depth of the value, like the recursion of `clone`.
pub(super) fn cost(value: &Value) -> u64 {
    VALUE
        + match value {
            Value::String(text) => text.len() as u64,
            Value::Array(items) => items.iter().map(cost).sum(),
            Value::Object(object) => object.iter().map(|(key, value)| VALUE + key.len() as u64 + cost(value)).sum(),
            _ => 0,
        }
}
