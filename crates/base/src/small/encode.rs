//! Hexadecimal, Base64, and the text of a UUID.

/// The lower-case hexadecimal digits.
pub const LOWER: &[u8; 16] = b"0123456789abcdef";

/// The upper-case hexadecimal digits.
pub const UPPER: &[u8; 16] = b"0123456789ABCDEF";

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes in lower-case hexadecimal.
///
/// ```
/// assert_eq!(cloudflow_base::small::hex(&[0, 0xAB]), "00ab");
/// ```
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        push_hex(&mut text, byte, LOWER);
    }
    text
}

/// Appends a byte as two of the `digits`: [`LOWER`] or [`UPPER`].
pub fn push_hex(text: &mut String, byte: u8, digits: &[u8; 16]) {
    text.push(digit(digits, u32::from(byte >> 4)));
    text.push(digit(digits, u32::from(byte & 0x0F)));
}

/// The byte that the first two hexadecimal digits give, in either case.
///
/// ```
/// assert_eq!(cloudflow_base::small::from_hex(b"aB"), Some(0xAB));
/// ```
pub fn from_hex(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

/// Sixteen bytes in the text form of a UUID.
///
/// ```
/// assert_eq!(cloudflow_base::small::uuid([0; 16]), "00000000-0000-0000-0000-000000000000");
/// ```
pub fn uuid(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push_hex(&mut text, byte, LOWER);
    }
    text
}

/// Bytes in Base64, with the standard alphabet and padding.
///
/// ```
/// assert_eq!(cloudflow_base::small::base64(b"flow"), "Zmxvdw==");
/// ```
pub fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            // A chunk of n bytes gives n + 1 digits.
            text.push(if at <= chunk.len() { digit(BASE64, bits >> shift & 0x3F) } else { '=' });
        }
    }
    text
}

/// The bytes of a Base64 text, with or without padding.
///
/// ```
/// assert_eq!(cloudflow_base::small::from_base64("Zmxvdw=="), Some(b"flow".to_vec()));
/// ```
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for chunk in digits.chunks(4) {
        // One digit has 6 bits, less than a byte.
        if chunk.len() == 1 {
            return None;
        }
        let mut bits = 0;
        for &digit in chunk {
            let value = BASE64.iter().position(|&known| known == digit)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        bits <<= 6 * (4 - chunk.len());
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend([a, b, c].into_iter().take(chunk.len() - 1));
    }
    Some(bytes)
}

fn digit(digits: &[u8], at: u32) -> char {
    digits.get(at as usize).copied().unwrap_or(b'?').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 4648.
    #[test]
    fn base64_of_known_texts() {
        let vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, encoded) in vectors.into_iter().enumerate() {
            let bytes = b"foobar".get(..length).unwrap_or_default();
            assert_eq!(base64(bytes), encoded);
            assert_eq!(from_base64(encoded).as_deref(), Some(bytes));
            assert_eq!(from_base64(encoded.trim_end_matches('=')).as_deref(), Some(bytes));
        }
        for wrong in ["Z", "Zm9vY", "Zm9-", "Zm 9v", "流"] {
            assert_eq!(from_base64(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hexadecimal_and_back() {
        for byte in 0..=u8::MAX {
            assert_eq!(hex(&[byte]), format!("{byte:02x}"));
            assert_eq!(from_hex(hex(&[byte]).as_bytes()), Some(byte));
        }
        assert_eq!(uuid(0x0123_4567_89ab_cdef_u128.to_be_bytes()), "00000000-0000-0000-0123-456789abcdef");
        assert_eq!((from_hex(b"g0"), from_hex(b"0")), (None, None));
    }
}
