//! What a developer does at a desk: run flows, emulate the service, migrate definitions.
//!
//! # Where to start
//!
//! - [`simulate`] interprets one execution: a state machine on a clock that it is given.
//! - [`simulation`] runs a flow and those that it starts, on a clock of its own.
//! - [`emulate`] is the service around the interpreter: HTTP requests in, responses out.
//! - [`migrate`] turns a definition of the `flow` dialect into one of the `StateMachine` dialect.
//! - [`shape`] has the options and answers of the emulator as JavaScript sees them.
//!
//! # Invariants
//!
//! - No clock, no network, no randomness: a driver hands in the time, and a seed.
//! - There is one interpreter. [`simulation`] and [`emulate`] are two drivers of it.
//! - Nothing panics, and each turn ends.

pub mod emulate;
pub mod migrate;
pub(crate) mod schedule;
pub mod shape;
pub mod simulate;
pub mod simulation;
