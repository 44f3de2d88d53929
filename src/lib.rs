//! Alibaba Cloud CloudFlow for browsers and edge runtimes: ask for executions, read the
//! answers, understand flow definitions, run them locally.
//!
//! Three layers: the **core** (pure, no JavaScript, no clock, no network), **api** (pure;
//! plain data in and out) and **wasm** (the only room that knows JavaScript). The modules
//! below stand in reading order; each knows only those above it. `ARCHITECTURE.md` draws the map.

pub use cloudflow_language::{check, diagnostic, expr, flow, order, text, yaml};

pub mod graph;

pub mod wire;

pub mod sign;

pub mod poll;

#[cfg(feature = "local")]
pub mod migrate;

#[cfg(feature = "local")]
pub mod simulate;

#[cfg(feature = "local")]
pub mod emulate;

pub mod api;

#[cfg(target_arch = "wasm32")]
mod wasm;
