//! Runs a flow on a clock it is given.
