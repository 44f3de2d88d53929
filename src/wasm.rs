//! The only room that knows JavaScript: convert, call `api`, convert back.
//!
//! Free functions and plain objects only: nothing to free, nothing to leak. What is thrown from
//! here is a plain object that `pkg/lib/error.js` turns into a `CloudFlowError`.

/// Smaller and faster than the allocator that std brings.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

mod ask;
mod convert;
mod error;
mod exports;
mod host;
#[cfg(feature = "local")]
mod local;
#[cfg(feature = "local")]
mod migrate;
mod read;
mod shared;
mod value;
