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
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        for number in [0, 1, -1, 9, 10, 1_000_000, i64::MAX, i64::MIN] {
            assert_eq!(to_decimal(number), number.to_string());
            assert_eq!(parse_int(&to_decimal(number)), Some(number));
        }
        assert_eq!(to_decimal(u64::MAX), i64::MAX.to_string());
    }
}
