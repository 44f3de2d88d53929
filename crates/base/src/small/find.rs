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
        at += rest.iter().position(|byte| byte == first)?;
        if bytes.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
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

/// True if the text contains `needle`.
///
/// ```
/// assert!(cloudflow_base::small::contains("a b", " "));
/// ```
pub fn contains(text: &str, needle: &str) -> bool {
    find(text, needle).is_some()
}

/// True if `text` is one of `words`. One function for all lists of words, so that the comparison is compiled once.
///
/// ```
/// assert!(cloudflow_base::small::is_one_of("b", &["a", "b"]));
/// assert!(!cloudflow_base::small::is_one_of("c", &["a", "b"]));
/// ```
#[inline(never)]
pub fn is_one_of(text: &str, words: &[&str]) -> bool {
    let first = text.as_bytes().first();
    words.iter().any(|word| word.len() == text.len() && word.as_bytes().first() == first && *word == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        let texts = ["", "a", "aa", "aab", "abab", "é流é", "流程", "ababac"];
        for text in texts {
            for needle in ["a", "aa", "ab", "b", "流", "é", "ac", "abac", "abacx"] {
                assert_eq!(find(text, needle), text.find(needle), "{needle} in {text}");
                assert_eq!(split_once(text, needle), text.split_once(needle), "{needle} in {text}");
                assert_eq!(contains(text, needle), text.contains(needle), "{needle} in {text}");
            }
        }
        assert_eq!(find("a", ""), None);
    }
}
