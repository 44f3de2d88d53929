//! Errors that are thrown: plain objects with the fields of `CloudFlowError`.

use wasm_bindgen::prelude::*;

use crate::convert::plain;
use cloudflow_base::diagnostic::ErrorCode;
use cloudflow_service::client::error::CloudFlowError;

/// An error without further details.
pub(super) fn error(code: ErrorCode, message: &str) -> JsValue {
    thrown(CloudFlowError::new(code, message.to_owned()))
}

/// The object to throw. `pkg/shared/error.js` converts it to the class.
pub(super) fn thrown(error: CloudFlowError) -> JsValue {
    plain(&error.into()).unwrap_or_else(|error| error)
}
