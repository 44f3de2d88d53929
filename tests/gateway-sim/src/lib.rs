//! A gateway with many watchers, simulated: clients in many locations, Workers, hub objects, the budget of an account, and
//! the service. All of it derives from one seed. The state machines are those that ship
//! (`cloudflow_service::hub`); the simulation has their hosts.
//!
//! # Rules
//!
//! - Every watcher that stays sees the end.
//! - No state and no event is delivered twice or out of order.
//! - The calls of the service never exceed its rate limits.
//! - The watchers of an execution without a fault see its end within two seconds.
//! - No execution is starved: without faults, the service answers for each at least every 40 s beside the long polls.
//! - Objects are billed for at most 1 % of the time, unless an execution has a crowd or only watchers that do not wait.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test tool: its numbers are small"
)]

mod client;
mod object;
mod queue;
mod report;
mod rng;
mod session;
mod sim;
mod upstream;
mod world;

pub use report::Report;
pub use sim::simulate;
pub use world::{Broken, Faults, World};
