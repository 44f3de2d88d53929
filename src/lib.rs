//! The WebAssembly modules of the npm package. Each export converts its arguments, calls the crates in `crates/`, and
//! converts the result.
//!
//! Only this crate knows JavaScript, and it contains no decision logic. It is empty for every target except wasm32. The
//! other crates are tested natively. `ARCHITECTURE.md` has the code map.
//!
//! The features `ask`, `editor`, `gateway`, `language`, `local` and `sign` select what a module exports. The npm package
//! contains one module for each of them.
//!
//! Exports are functions that exchange plain objects, no classes. Errors are plain objects that `pkg/shared/error.js`
//! converts to `CloudFlowError`.

#![cfg(target_arch = "wasm32")]
#![cfg_attr(
    not(all(feature = "ask", feature = "editor", feature = "gateway", feature = "language", feature = "local")),
    allow(dead_code, reason = "each module uses a part of the conversions; the linker removes the rest")
)]

/// Smaller and faster than the default allocator.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[cfg(feature = "calls")]
mod ask;
#[cfg(feature = "ask")]
mod body;
mod convert;
#[cfg(feature = "editor")]
mod editor;
mod error;
#[cfg(feature = "gateway")]
mod gateway;
#[cfg(feature = "calls")]
mod host;
#[cfg(feature = "language")]
mod language;
#[cfg(feature = "local")]
mod local;
#[cfg(feature = "calls")]
mod read;
#[cfg(feature = "sign")]
mod sign;
mod value;
