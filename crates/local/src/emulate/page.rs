//! A page of a list, and the token of the next one.

use cloudflow_base::small::{base64, from_base64};
use serde_json::Value;

/// The size at which a page ends, in bytes, independent of the limit in the request: 100 executions with definitions
/// of 1 MiB would need an answer of 100 MiB.
const LARGEST: usize = 4 * 1024 * 1024;

/// A page that is being filled.
#[derive(Debug)]
pub(super) struct Page {
    pub items: Vec<Value>,
    limit: usize,
    bytes: usize,
}

impl Page {
    pub fn new(limit: u64) -> Self {
        Page { items: Vec::new(), limit: usize::try_from(limit).unwrap_or(usize::MAX), bytes: 0 }
    }

    pub fn is_full(&self) -> bool {
        self.items.len() >= self.limit || self.bytes >= LARGEST
    }

    /// Adds an item, an object of texts.
    pub fn push(&mut self, item: Value) {
        let texts = item.as_object().into_iter().flat_map(|object| object.values());
        self.bytes += texts.filter_map(Value::as_str).map(str::len).sum::<usize>();
        self.items.push(item);
    }
}

/// The token of a page that begins at a place. The tokens of the service are such opaque texts.
pub(super) fn token(place: &str) -> String {
    base64(format!("{TOKEN}{place}").as_bytes())
}

/// The place of a token. Absent if it is no token.
pub(super) fn read_token(token: &str) -> Option<String> {
    let text = String::from_utf8(from_base64(token)?).ok()?;
    text.strip_prefix(TOKEN).map(str::to_owned)
}

/// The first part of every token. A name of a flow or an execution, sent as a token, is not one.
const TOKEN: &str = "next:";
