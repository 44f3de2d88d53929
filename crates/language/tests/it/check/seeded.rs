//! Mistakes inserted into valid flows, alone and in pairs. Each is found at its position, and there are no other findings.
//!
//! The valid flow is a case of `check/ok`, with the mistakes in `seeds.txt`. `tests/README.md` describes the format. A
//! mistake that is `shy` may be missing beside another one: reachability is unknown if a transition is invalid, and a
//! duplicate is unknown if one of its parts is invalid.

use cloudflow_base::text::LineIndex;
use cloudflow_language::shape::validate_flow;

use cloudflow_tests::{cases, report};

struct Seed<'t> {
    name: &'t str,
    code: &'t str,
    shy: bool,
    start: usize,
    end: usize,
    to: &'t str,
}

fn seeds<'t>(flow: &str, list: &'t str) -> Vec<Seed<'t>> {
    let read = |seed: &'t str| {
        let (head, rest) = seed.split_once('\n').unwrap();
        let mut head = head.split(" / ");
        let (name, code, shy) = (head.next().unwrap(), head.next().unwrap(), head.next().is_some());
        let (from, to) = rest.split_once("\n=>\n").unwrap();
        let to = to.strip_suffix('\n').unwrap_or(to);
        assert_eq!(flow.matches(from).count(), 1, "{name}: {from:?} must stand once in the flow");
        assert_eq!(to.matches('¦').count(), 1, "{name}: one mark");
        let start = flow.find(from).unwrap();
        Seed { name, code, shy, start, end: start + from.len(), to }
    };
    list.split("## ").skip(1).map(read).collect()
}

/// The flow with the mistakes in the order of their positions, and `line:column code` of each.
fn plant(flow: &str, planted: &[&Seed<'_>]) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut marks = Vec::new();
    let mut at = 0;
    for seed in planted {
        let (before, behind) = seed.to.split_once('¦').unwrap();
        text += &flow[at..seed.start];
        text += before;
        marks.push((text.len(), seed.code));
        text += behind;
        at = seed.end;
    }
    text += &flow[at..];
    let index = LineIndex::new(&text);
    let shown = |(at, code): (usize, &str)| {
        let place = index.position(at as u32);
        format!("{}:{} {code}", place.line, place.column)
    };
    let mut wanted: Vec<String> = marks.into_iter().map(shown).collect();
    wanted.sort();
    (text, wanted)
}

fn found(text: &str) -> Vec<String> {
    let shown = validate_flow(text).diagnostics.into_iter().map(|found| {
        let start = found.range.unwrap().start;
        format!("{}:{} {}", start.line, start.column, found.code)
    });
    let mut all: Vec<String> = shown.collect();
    all.sort();
    all
}

#[test]
fn every_mistake_is_found_alone_and_beside_every_other() {
    let mut failures = Vec::new();
    let (mut kinds, mut pairs) = (0, 0);
    for case in cases("check", "seeds.txt") {
        let flow = case.read("yaml");
        let list = case.read("seeds.txt");
        let seeds = seeds(&flow, &list);
        assert_eq!(found(&flow), Vec::<String>::new(), "{} is sound", case.name);
        let mut check = |planted: &[&Seed<'_>]| {
            let (text, wanted) = plant(&flow, planted);
            let mut found = found(&text);
            let shy = planted.iter().filter(|seed| seed.shy && planted.len() > 1);
            for code in shy.map(|seed| seed.code) {
                let is_it = |line: &String| line.ends_with(code);
                found.extend(wanted.iter().find(|line| is_it(line)).filter(|_| !found.iter().any(is_it)).cloned());
                found.sort();
            }
            if found != wanted {
                let names: Vec<&str> = planted.iter().map(|seed| seed.name).collect();
                failures.push(format!("{}: {}\n  wanted {wanted:?}\n  found  {found:?}", case.name, names.join(" + ")));
            }
        };
        for (at, first) in seeds.iter().enumerate() {
            kinds += 1;
            check(&[first]);
            for second in &seeds[at + 1..] {
                let (one, two) = if first.start <= second.start { (first, second) } else { (second, first) };
                // Two mistakes that change the same lines are skipped.
                if one.end < two.start {
                    pairs += 1;
                    check(&[one, two]);
                }
            }
        }
    }
    println!("{kinds} kinds, {pairs} pairs");
    assert!(kinds >= 60 && pairs > 1000, "{kinds} kinds, {pairs} pairs");
    failures.sort_by_key(String::len);
    report("seeded", failures);
}
