//! Plain scalars by the core schema of YAML 1.2 (yaml.org/spec/1.2.2, section 10.3.2).

use super::tree::Resolved;
use cloudflow_base::small::{parse_digits, parse_int};

/// Resolves a plain scalar.
pub(super) fn core(text: &str) -> Resolved<'_> {
    // Fast path: the first byte of most scalars decides that they are text.
    let special =
        |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F');
    if text.as_bytes().first().is_some_and(|byte| !special(byte)) {
        return Resolved::Text(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(text),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => number(text),
        _ => Resolved::Text(text),
    }
}

fn number(text: &str) -> Resolved<'_> {
    let radix = |prefix, radix| text.strip_prefix(prefix).map(|digits: &str| (digits, radix));
    if let Some((digits, radix)) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Resolved::Text(text);
        }
        let number = parse_digits(digits, radix).and_then(|number| number.try_into().ok());
        return number.map_or(Resolved::Float(text), Resolved::Int);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Resolved::Float(text);
    }
    let (whole, rest) = digits(unsigned);
    if whole > 0 && rest.is_empty() {
        // A number out of range is still a number.
        return parse_int(text).map_or(Resolved::Float(text), Resolved::Int);
    }
    let (fraction, rest) = rest.strip_prefix('.').map_or((0, rest), digits);
    if whole + fraction == 0 {
        return Resolved::Text(text);
    }
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else {
        return if rest.is_empty() { Resolved::Float(text) } else { Resolved::Text(text) };
    };
    let (count, rest) = digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    if count > 0 && rest.is_empty() { Resolved::Float(text) } else { Resolved::Text(text) }
}

/// The number of leading digits, and the rest.
fn digits(text: &str) -> (usize, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (text.len() - rest.len(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers() {
        for text in ["", "~", "null"] {
            assert_eq!(core(text), Resolved::Null);
        }
        for (text, value) in [("0", 0), ("-12", -12), ("+3", 3), ("0x1F", 31), ("0o17", 15), ("007", 7)] {
            assert_eq!(core(text), Resolved::Int(value), "{text}");
        }
        for text in ["1.5", ".5", "1.", "-1e9", "+.inf", ".NaN", "1E-3", "99999999999999999999"] {
            assert_eq!(core(text), Resolved::Float(text));
        }
        for text in
            ["yes", "on", "0x", "0x-1", "0b1", "1_000", "12:30", "-", "+", ".", "e5", "1e", "2024-01-01", "nUll"]
        {
            assert_eq!(core(text), Resolved::Text(text));
        }
    }
}
