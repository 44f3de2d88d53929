//! The WebAssembly modules of the npm package: convert, call the crates below `crates/`, convert back.
//!
//! This is the only crate that knows JavaScript, and it decides nothing. For any target but wasm32
//! it is empty; the other crates are tested natively. `ARCHITECTURE.md` draws the map.
//!
//! Free functions and plain objects only: nothing to free, nothing to leak. What is thrown from
//! here is a plain object that `pkg/shared/error.js` turns into a `CloudFlowError`.

#![cfg(target_arch = "wasm32")]

/// Smaller and faster than the allocator that std brings.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

mod ask;
mod convert;
mod error;
mod host;
mod language;
#[cfg(feature = "local")]
mod local;
mod read;
mod value;
