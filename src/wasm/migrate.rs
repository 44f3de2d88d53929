//! The migration of flow definitions.

use wasm_bindgen::prelude::*;

use super::convert::{text, to_js};
use crate::api::{migrate, understand};

/// Turns a definition of the `flow` dialect into one of the `StateMachine` dialect.
#[wasm_bindgen(js_name = migrateFlow)]
pub fn migrate_flow(flow: &JsValue) -> Result<JsValue, JsValue> {
    to_js(&match text(flow, "text")? {
        Some(text) => migrate::migrate_flow(&text),
        None => migrate::Migration { text: None, diagnostics: understand::too_long() },
    })
}
