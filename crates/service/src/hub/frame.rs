//! The header lines of the frames between Workers and hubs.
