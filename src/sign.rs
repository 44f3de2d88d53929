//! The export of the module `sign`, which the module `local` has too.

use wasm_bindgen::prelude::*;

use crate::error::error;
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_service::sign::{self, Credentials, Form, Stamp};

/// Signs an operation in the form of the official SDKs. `parameters` are alternating names and values. `keys` are the
/// key id, the secret and, for a temporary key, the token. `random`
/// has 16 bytes. Returns the query and the form.
#[wasm_bindgen(js_name = signForm)]
pub fn sign_form(
    action: &str,
    parameters: Vec<String>,
    keys: Vec<String>,
    now: f64,
    random: &[u8],
) -> Result<Vec<String>, JsValue> {
    let mut keys = keys.into_iter();
    let credentials = Credentials {
        access_key_id: keys.next().unwrap_or_default(),
        access_key_secret: keys.next().unwrap_or_default(),
        security_token: keys.next(),
    };
    // The range of `Date` from 1970 on.
    if !(0.0..=8.64e15).contains(&now) {
        return Err(error(ErrorCode::OutOfRange, "`now` must be a time in Unix milliseconds"));
    }
    let random = random.try_into().map_err(|_| error(ErrorCode::Internal, "the nonce needs 16 random bytes"))?;
    let nonce = sign::nonce(random);
    let stamp = Stamp { now: millis(now), nonce: &nonce };
    let signed = sign::form(action, &pairs(parameters), &credentials, stamp);
    let Form { query, body } = signed.map_err(|message| error(ErrorCode::ReservedParameter, &message))?;
    Ok(vec![query, body])
}

/// Converts a list of alternating names and values.
pub fn pairs(parts: Vec<String>) -> Vec<(String, String)> {
    let mut pairs = Vec::with_capacity(parts.len() / 2);
    let mut parts = parts.into_iter();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        pairs.push((name, value));
    }
    pairs
}

/// Converts a JavaScript number to an integer. Numbers that are not integers become 0.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
pub fn millis(number: f64) -> u64 {
    number as u64
}
