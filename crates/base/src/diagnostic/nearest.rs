//! Finds the existing word that is nearest to a misspelled one.

/// The candidate nearest to `word`: equal apart from case, hyphens and underscores, or with about one
/// typo per three letters. The first candidate wins a tie. Absent if no candidate is near enough.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let mut search = Search::new(word);
    for candidate in candidates {
        search.compare(candidate);
    }
    search.best
}

/// The search, compiled once and not for every iterator type.
struct Search<'w, 'c> {
    word: &'w str,
    letters: Vec<char>,
    // A match has fewer typos.
    limit: usize,
    best: Option<&'c str>,
}

impl<'w, 'c> Search<'w, 'c> {
    #[inline(never)]
    fn new(word: &'w str) -> Self {
        let letters = fold(word);
        let possible = !letters.is_empty() && letters.len() <= MAX_LETTERS;
        let limit = if possible { (letters.len() / 3).max(1) + 1 } else { 0 };
        Search { word, letters, limit, best: None }
    }

    #[inline(never)]
    fn compare(&mut self, candidate: &'c str) {
        let count = self.letters.len();
        // Fast path: a letter has at most 4 bytes.
        if self.limit == 0 || candidate == self.word || candidate.len() > 4 * (count + self.limit) {
            return;
        }
        let other = fold(candidate);
        if other.len() > MAX_LETTERS || other.is_empty() || other.len().abs_diff(count) >= self.limit {
            return;
        }
        // A word of two letters is one typo away from too many others.
        let typos = distance(&self.letters, &other);
        if typos < self.limit && (typos == 0 || count.min(other.len()) > 2) {
            self.limit = typos;
            self.best = Some(candidate);
        }
    }
}

const MAX_LETTERS: usize = 64;

/// The compared letters, at most one more than the maximum.
fn fold(word: &str) -> Vec<char> {
    let mut letters = Vec::new();
    for c in word.chars() {
        if !matches!(c, '-' | '_' | ' ') && letters.len() <= MAX_LETTERS {
            letters.push(c.to_ascii_lowercase());
        }
    }
    letters
}

/// The number of insertions, deletions, replacements and transpositions between two words.
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut row: Vec<usize> = vec![0; width];
    let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
    for (i, x) in a.iter().enumerate() {
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (j, y) in b.iter().enumerate() {
            let mut cost = (get(&last, j) + usize::from(x != y)).min(get(&last, j + 1) + 1).min(left + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                cost = cost.min(get(&before, j - 1) + 1);
            }
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = cost;
            }
            left = cost;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    get(&last, b.len())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let keys = ["Name", "Next", "Type", "InputConstructor", "TaskMode"];
        for (word, meant) in [
            ("Nxt", Some("Next")),
            ("next", Some("Next")),
            ("Tpye", Some("Type")),
            ("input_constructor", Some("InputConstructor")),
            ("InputConstuctor", Some("InputConstructor")),
            ("taskmode", Some("TaskMode")),
            ("Retry", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), meant, "{word}");
        }
        assert_eq!(nearest("发送通之", ["发送通知", "结束"]), Some("发送通知"));
        assert_eq!(nearest("a", ["b", "c"]), None);
    }
}
