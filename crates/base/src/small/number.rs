//! Whole numbers as text.

/// A whole number in decimal digits. A number above `i64::MAX` gives that.
///
/// ```
/// assert_eq!(cloudflow_base::small::to_decimal(-120), "-120");
/// ```
pub fn to_decimal(number: impl TryInto<i64>) -> String {
    text(number.try_into().unwrap_or(i64::MAX))
}

fn text(number: i64) -> String {
    let mut text = String::with_capacity(20);
    if number < 0 {
        text.push('-');
    }
    push_digits(&mut text, number.unsigned_abs());
    text
}

/// Recursion is bounded by the 20 digits of a number.
fn push_digits(text: &mut String, number: u64) {
    if number >= 10 {
        push_digits(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// The whole number that a text is, if it is one.
///
/// ```
/// assert_eq!(cloudflow_base::small::parse_int("-120"), Some(-120));
/// assert_eq!(cloudflow_base::small::parse_int("12s"), None);
/// ```
#[inline(never)]
pub fn parse_int(text: &str) -> Option<i64> {
    match text.as_bytes() {
        [b'-', ..] => 0_i64.checked_sub_unsigned(parse_digits(text.get(1..)?, 10)?),
        [b'+', ..] => parse_digits(text.get(1..)?, 10)?.try_into().ok(),
        _ => parse_digits(text, 10)?.try_into().ok(),
    }
}

/// The number that digits of a radix up to 16 are. Absent for a text that is not only digits, and for a number with more
/// than 64 bits.
///
/// ```
/// assert_eq!(cloudflow_base::small::parse_digits("1f", 16), Some(31));
/// assert_eq!(cloudflow_base::small::parse_digits("+1", 10), None);
/// ```
#[inline(never)]
pub fn parse_digits(digits: &str, radix: u32) -> Option<u64> {
    let mut number = None;
    for c in digits.chars() {
        let before: u64 = number.unwrap_or(0);
        // A number of 60 bits takes one more digit.
        if before >> 60 != 0 {
            return None;
        }
        number = Some(before * u64::from(radix) + u64::from(c.to_digit(radix)?));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_the_standard_library() {
        let bounds = [i64::MIN.to_string(), i64::MAX.to_string(), (1_u64 << 60).to_string(), u64::MAX.to_string()];
        let more =
            ["9223372036854775808", "-9223372036854775809", "99999999999999999999", "00000000000000000000000001"];
        let texts = ["", "-", "+", "0", "-0", "+7", "--1", "1-", "1_0", " 1", "1 ", "１", "-120", "007"];
        for text in bounds.iter().map(String::as_str).chain(more).chain(texts) {
            assert_eq!(parse_int(text), text.parse().ok(), "{text}");
        }
        for text in [
            "",
            "0",
            "ff",
            "FF",
            "g",
            "7fffffffffffffff",
            "8000000000000000",
            "10000000000000000",
            "0000000000000000001",
        ] {
            let expected = i64::from_str_radix(text, 16).ok();
            assert_eq!(parse_digits(text, 16).and_then(|number| number.try_into().ok()), expected, "{text}");
        }
    }

    #[test]
    fn agrees_with_the_standard_library() {
        for number in [0, 1, -1, 9, 10, 1_000_000, i64::MAX, i64::MIN] {
            assert_eq!(to_decimal(number), number.to_string());
            assert_eq!(parse_int(&to_decimal(number)), Some(number));
        }
        assert_eq!(to_decimal(u64::MAX), i64::MAX.to_string());
    }
}
