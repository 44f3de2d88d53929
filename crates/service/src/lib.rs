//! The client of the Alibaba Cloud CloudFlow API without its network: what is sent, when, and what
//! an answer means.
//!
//! # Where to start
//!
//! - [`client`] is one call from its beginning to its end; the driver carries requests, answers and
//!   the time.
//! - [`poll`] decides when to ask, ask again, and stop.
//! - [`sign`] signs a request; [`wire`] reads and writes what the service writes and reads.
//! - [`read`] reads the body of an answer.
//!
//! # Invariants
//!
//! - No clock, no network, no randomness: a driver hands them in.
//! - The URL that was signed is the URL that is sent, byte for byte. Each attempt is signed anew.
//! - [`sign`] is the only holder of secrets; a message shows none.
//! - An unknown status or field is kept. A missing required field is a finding that names its path.

pub mod client;
pub mod poll;
pub mod read;
pub mod sign;
pub mod wire;
