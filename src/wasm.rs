//! The only room that knows JavaScript: convert, call `api`, convert back.
//!
//! Free functions and plain objects only: nothing to free, nothing to leak. What is thrown from
//! here is a plain object that `pkg/lib/error.js` turns into a `CloudFlowError`.

mod convert;
mod error;
mod exports;
