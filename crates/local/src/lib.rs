//! Runs flows, emulates the service, migrates definitions.
//!
//! # Where to start
//!
//! - [`simulate`] interprets one execution: a state machine. The driver passes the time.
//! - [`simulation`] runs a flow and the flows that it starts, on a virtual clock.
//! - [`single`] runs one attempt of one state.
//! - `schedule` connects executions: child flows, reports by token, cancellation.
//! - [`emulate`] is the service around the interpreter: its input is HTTP requests, its output is responses.
//! - [`migrate`] converts a definition of the `flow` dialect into one of the `StateMachine` dialect.
//! - [`shape`] has the options and answers of the emulator in JavaScript.
//!
//! # Invariants
//!
//! - No clock, no network, no randomness: the driver passes the time and a seed.
//! - There is one interpreter and one scheduler. [`simulation`] and [`emulate`] are two drivers of them. [`single`] runs the
//!   steps of the interpreter.
//! - Nothing panics, and each turn ends.

pub mod emulate;
pub mod migrate;
pub(crate) mod schedule;
pub mod shape;
pub mod simulate;
pub mod simulation;
pub mod single;
