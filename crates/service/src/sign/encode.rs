//! Percent-encoding for both signatures.

use cloudflow_base::small::{UPPER, push_hex};

/// Percent-encoding by RFC 3986: every UTF-8 byte except `A–Z a–z 0–9 - _ . ~` becomes `%XX` in upper case.
///
/// ```
/// assert_eq!(cloudflow_service::sign::encode::percent("a b*~"), "a%20b%2A~");
/// ```
pub fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + text.len() / 4);
    percent_into(&mut encoded, text);
    encoded
}

/// Appends the [`percent`]-encoded text.
pub(crate) fn percent_into(to: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            to.push(byte.into());
        } else {
            to.push('%');
            push_hex(to, byte, UPPER);
        }
    }
}
