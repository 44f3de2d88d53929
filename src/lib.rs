//! The WebAssembly modules of the npm package. Each export converts its arguments, calls the crates in `crates/`, and
//! converts the result.
//!
//! Only this crate knows JavaScript, and it contains no decision logic. It is empty for every target except wasm32. The
//! other crates are tested natively. `ARCHITECTURE.md` has the code map.
//!
//! Exports are functions that exchange plain objects, no classes. Errors are plain objects that `pkg/shared/error.js`
//! converts to `CloudFlowError`.

#![cfg(target_arch = "wasm32")]

/// Smaller and faster than the default allocator.
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
