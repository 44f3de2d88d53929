//! Moments: milliseconds since 1970-01-01T00:00:00Z, and RFC 3339 text for people.

/// Milliseconds since 1970-01-01T00:00:00Z, of whatever clock is handed in.
pub type Millis = u64;

/// A day.
pub(crate) const DAY: Millis = 24 * 60 * 60 * 1000;

/// The moment as the service writes it: `2019-01-01T01:01:01.001Z`.
pub fn format(at: Millis) -> String {
    let (year, month, day) = civil(at / DAY);
    let (hour, minute, second) = (at / 3_600_000 % 24, at / 60_000 % 60, at / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", at % 1000)
}

/// Reads RFC 3339: `2019-01-01T01:01:01Z`, with a fraction or an offset if there is one. A moment
/// before 1970 counts as 1970: nothing here looks further back.
pub fn parse(text: &str) -> Option<Millis> {
    let mut reader = Reader { rest: text };
    let year = reader.digits(4)?;
    reader.one_of("-")?;
    let month = reader.digits(2)?;
    reader.one_of("-")?;
    let day = reader.digits(2)?;
    reader.one_of("Tt ")?;
    let hour = reader.digits(2)?;
    reader.one_of(":")?;
    let minute = reader.digits(2)?;
    reader.one_of(":")?;
    let second = reader.digits(2)?;
    let mut millis = 0;
    if reader.one_of(".").is_some() {
        let mut unit = 100;
        millis = reader.digits(1)? * unit;
        while let Some(digit) = reader.digits(1) {
            unit /= 10;
            millis += digit * unit;
        }
    }
    let ahead = match reader.one_of("Zz+-")? {
        sign @ ('+' | '-') => {
            let hours = reader.digits(2)?;
            reader.one_of(":")?;
            let minutes = reader.digits(2)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * 60_000 * if sign == '+' { 1 } else { -1 }
        }
        _ => 0,
    };
    let valid = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61
        && reader.rest.is_empty();
    if !valid {
        return None;
    }
    let clock = ((hour * 60 + minute) * 60 + second) * 1000 + millis;
    let at = days(year, month, day) * DAY.cast_signed() + clock - ahead;
    Some(at.max(0).cast_unsigned())
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        digits.parse().ok()
    }

    fn one_of(&mut self, allowed: &str) -> Option<char> {
        let first = self.rest.chars().next().filter(|&c| allowed.contains(c))?;
        self.rest = self.rest.strip_prefix(first)?;
        Some(first)
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days(next_year, next_month, 1) - days(year, month, 1)
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March, so
/// that the leap day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The reverse of [`days`].
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_the_round_trip() {
        for at in [0, 951_782_399_999, 951_782_400_000, 1_714_979_289_001, 4_102_444_800_000, 253_402_300_799_999] {
            assert_eq!(parse(&format(at)), Some(at));
        }
        assert_eq!(format(1_546_304_461_001), "2019-01-01T01:01:01.001Z");
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        assert_eq!(parse("2030-01-01T12:00:00+08:00"), parse("2030-01-01T04:00:00Z"));
        assert_eq!(parse("2024-02-29T23:59:59.5Z"), parse("2024-02-29T23:59:59.500Z"));
        for bad in ["", "2023-02-29T00:00:00Z", "2024-01-01", "2024-01-01T00:00:00", "2024-13-01T00:00:00Z", "流2024"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
