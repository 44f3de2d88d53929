//! The word somebody meant: the nearest of those that exist.

/// The candidate nearest to `word`, if one is near enough to be meant: the same but for case,
/// hyphens and underscores, or about one slip in three letters. The first of equals.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let letters: Vec<char> = fold(word).take(MAX_LETTERS + 1).collect();
    if letters.is_empty() || letters.len() > MAX_LETTERS {
        return None;
    }
    let mut limit = (letters.len() / 3).max(1) + 1;
    let mut best = None;
    for candidate in candidates {
        // A letter is at most four bytes: what is much shorter or longer need not be looked at.
        if candidate == word || candidate.len() > 4 * (letters.len() + limit) {
            continue;
        }
        let other: Vec<char> = fold(candidate).take(MAX_LETTERS + 1).collect();
        if other.len() > MAX_LETTERS || other.is_empty() || other.len().abs_diff(letters.len()) >= limit {
            continue;
        }
        // A word of two letters is one slip away from too many others.
        let slips = distance(&letters, &other);
        if slips < limit && (slips == 0 || letters.len().min(other.len()) > 2) {
            limit = slips;
            best = Some(candidate);
            if slips == 0 {
                break;
            }
        }
    }
    best
}

const MAX_LETTERS: usize = 64;

fn fold(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).map(|c| c.to_ascii_lowercase())
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
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
