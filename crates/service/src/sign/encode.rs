//! Percent-encoding, Base64 and hexadecimal for both signatures.

const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";
const HEX_LOWER: &[u8; 16] = b"0123456789abcdef";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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
            push_hex(to, byte, HEX_UPPER);
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        push_hex(&mut text, byte, HEX_LOWER);
    }
    text
}

/// The byte that two hexadecimal digits of either case are.
pub fn from_hex(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

/// Base64 with the standard alphabet and padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            // A chunk of n bytes fills n + 1 digits.
            text.push(if at <= chunk.len() { digit(BASE64, bits >> shift & 0x3F) } else { '=' });
        }
    }
    text
}

fn push_hex(to: &mut String, byte: u8, digits: &[u8]) {
    to.push(digit(digits, u32::from(byte >> 4)));
    to.push(digit(digits, u32::from(byte & 0x0F)));
}

fn digit(digits: &[u8], at: u32) -> char {
    digits.get(at as usize).copied().unwrap_or(b'?').into()
}
