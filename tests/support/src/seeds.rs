//! The seeds of the random tests. `tests/cases/seeds/<family>.txt` lists those that failed once; every run begins with them.
//! `CLOUDFLOW_FIRST_SEED` moves the range that follows, so that each night has other seeds.

use std::{env, thread};

use crate::cases;

/// The first seed of the range of every random test: 0 if it is not set.
const FIRST: &str = "CLOUDFLOW_FIRST_SEED";

/// The seeds of one run of a test.
pub struct Seeds {
    family: String,
    /// The variable that names the only seed to play.
    only: &'static str,
    /// The package and the filter of the test, as arguments of `cargo test -p`.
    test: &'static str,
    kept: Vec<u64>,
    first: u64,
    count: u64,
}

impl Seeds {
    /// The kept seeds of a family, then `count` seeds in a row; or the only seed that the variable `only` names. `test`: the
    /// package and the filter of the test, as arguments of `cargo test -p`.
    pub fn of(family: &str, only: &'static str, test: &'static str, count: u64) -> Self {
        let (kept, first, count) = match number(only) {
            Some(seed) => (Vec::new(), seed, 1),
            None => (kept(family), number(FIRST).unwrap_or(0), count),
        };
        Seeds { family: family.to_owned(), only, test, kept, first, count }
    }

    /// The seed of a run; `None` after the last one.
    pub fn at(&self, index: u64) -> Option<u64> {
        let kept = self.kept.len() as u64;
        if index < kept {
            return self.kept.get(usize::try_from(index).ok()?).copied();
        }
        let further = index - kept;
        (further < self.count).then(|| self.first.wrapping_add(further))
    }

    /// The number of runs.
    pub fn count(&self) -> u64 {
        self.kept.len() as u64 + self.count
    }

    /// All of them, in order. A panic before the next one prints how to repeat the seed.
    pub fn all(&self) -> All<'_> {
        All { seeds: self, next: 0, guard: None }
    }

    /// Prints how to repeat a seed if a panic drops it.
    pub fn guard(&self, seed: u64) -> Guard<'_> {
        Guard { seeds: self, seed }
    }

    /// What to do about a failing seed: the command that repeats it, and the file that keeps it.
    pub fn advice(&self, seed: u64) -> String {
        let Seeds { family, only, test, .. } = self;
        format!("repeat with `{only}={seed} cargo test -p {test}`; add {seed} to tests/cases/seeds/{family}.txt")
    }

    /// Whether they are the seeds of an ordinary run. Other seeds need not lead to every rare end.
    pub fn are_usual(&self) -> bool {
        self.are_first() && !crate::is_quick()
    }

    /// Whether they begin with the first seed of all, as in an ordinary run or in a part of it.
    pub fn are_first(&self) -> bool {
        self.first == 0 && self.count > 1
    }
}

/// The iterator of [`Seeds::all`].
pub struct All<'s> {
    seeds: &'s Seeds,
    next: u64,
    /// Of the seed that is played.
    guard: Option<Guard<'s>>,
}

impl Iterator for All<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.guard = self.seeds.at(self.next).map(|seed| self.seeds.guard(seed));
        self.next += 1;
        self.guard.as_ref().map(|guard| guard.seed)
    }
}

/// A seed that is played.
pub struct Guard<'s> {
    seeds: &'s Seeds,
    seed: u64,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("seed {}: {}", self.seed, self.seeds.advice(self.seed));
        }
    }
}

/// The value of an environment variable.
fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} takes a whole number, not `{value}`")))
}

/// The seeds in `tests/cases/seeds/<family>.txt`. `#` begins a comment.
fn kept(family: &str) -> Vec<u64> {
    let cases = cases("seeds", "txt");
    let case = cases.iter().find(|case| case.name == family);
    let case = case.unwrap_or_else(|| panic!("tests/cases/seeds/{family}.txt is absent"));
    read(&case.read("txt")).unwrap_or_else(|line| panic!("tests/cases/seeds/{family}.txt: `{line}` is not a seed"))
}

/// The seeds of a file, or the first line that has none.
fn read(text: &str) -> Result<Vec<u64>, String> {
    let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(before, _)| before).trim());
    lines.filter(|line| !line.is_empty()).map(|line| line.parse().map_err(|_| line.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_seeds_precede_the_range() {
        let seeds =
            Seeds { family: "f".to_owned(), only: "F_SEED", test: "f", kept: vec![7, 3], first: u64::MAX, count: 2 };
        assert_eq!(seeds.all().collect::<Vec<_>>(), [7, 3, u64::MAX, 0]);
        assert_eq!((seeds.count(), seeds.at(4), seeds.at(u64::MAX)), (4, None, None));
    }

    #[test]
    fn comments_are_no_seeds() {
        assert_eq!(read("# of a night\n17 # a late answer\n\n  4  \n"), Ok(vec![17, 4]));
        assert_eq!(read("17\nx9\n"), Err("x9".to_owned()));
    }

    #[test]
    fn every_file_of_seeds_can_be_read() {
        for case in cases("seeds", "txt") {
            assert!(!kept(&case.name).is_empty(), "{}", case.name);
        }
    }
}
