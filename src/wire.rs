//! The service's wire format: requests, executions, faults.
