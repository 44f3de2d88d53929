//! The wire format of the service: requests, executions, faults.
//!
//! This module has no JSON parser. It reads any [`Value`](cloudflow_base::value::Value), so that a page can use the
//! host's `JSON.parse`.

pub mod execution;
pub mod fault;
pub mod page;
pub mod request;
