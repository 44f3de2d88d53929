//! The service's wire format: requests, executions, faults. Knows no JSON parser: it reads any
//! [`Value`](cloudflow_base::value::Value), so that in a page the host's own `JSON.parse` does the work.

pub mod execution;
pub mod fault;
pub mod request;
