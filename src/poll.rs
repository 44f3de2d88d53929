//! The long poll, sans-IO: when to send, when to sleep, when it is over.
