//! One call of the client, from its arguments to its result.
//!
//! [`Call`](call::Call) checks the arguments, signs each attempt and interprets the responses. Calls of one client
//! share a [`ClientState`](state::ClientState).

pub mod call;
pub mod credentials;
pub mod error;
pub mod options;
pub mod state;
