//! Mistakes of one kind, put into every valid case at every place where a person makes them: characters that resemble
//! others, dashes without a space, keys and shapes of other formats, frames around the text. Each has one finding, at
//! its character, and a fix that restores a text without findings.

use cloudflow_language::flow::dialect::{Dialect, Shape, Slot, Value};
use cloudflow_language::shape::validate_flow;
use cloudflow_language::yaml::{Kind, Node, Style, parse};

use super::invariants::apply_repair;
use crate::yaml::Random;
use cloudflow_tests::{cases, report, rounds, scaled};

/// A place in a valid text where a mistake is put.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Site {
    /// The colon behind a key of the dialect.
    Colon,
    /// The space behind the colon.
    Space,
    /// The indentation of a line that begins with a key.
    Indent,
    /// The dash of an item of a list of the dialect.
    Dash,
    /// The name of a state in a transition.
    Target,
    /// Another value that is a name: a name, a type, a resource.
    Word,
    /// A condition in which a text is compared.
    Text,
    /// A comma between the names of errors.
    Name,
    /// A dollar sign at the start of an expression.
    Dollar,
    /// A comma between keys in braces.
    Comma,
    /// A key of the dialect.
    Key,
}

pub(super) struct Place {
    pub site: Site,
    pub start: usize,
    pub end: usize,
    /// The column of its line.
    pub indent: usize,
}

const SHAPES: [Shape; 11] = [
    Shape::Document,
    Shape::State,
    Shape::Option,
    Shape::Default,
    Shape::Branch,
    Shape::Processor,
    Shape::Iteration,
    Shape::Mapping,
    Shape::Retry,
    Shape::Catch,
    Shape::OnErrorRetry,
];

/// The places of a text.
pub(super) fn places(text: &str) -> Vec<Place> {
    let (tree, _) = parse(text);
    let mut found = Vec::new();
    let mut todo: Vec<Node<'_>> = tree.root().into_iter().collect();
    while let Some(node) = todo.pop() {
        for item in node.items() {
            todo.push(item);
            let start = item.span().start as usize;
            let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
            let before = &text[line..start];
            if node.style() == Style::Block && before.trim_start() == "- " {
                found.push(Place { site: Site::Dash, start: start - 2, end: start - 1, indent: start - 2 - line });
            }
        }
        for (key, value) in node.entries() {
            let name = key.text().unwrap_or_default();
            let base = name.strip_suffix(".$").unwrap_or(name);
            let mut known = None;
            for dialect in Dialect::ALL {
                let keys = SHAPES.iter().flat_map(|shape| dialect.keys(*shape));
                known = known.or(keys.into_iter().find(|known| known.name == base).map(|key| (key.value, key.slot)));
            }
            let Some((kind, slot)) = known else { continue };
            let data = matches!(kind, Value::Constructor | Value::Object | Value::Any);
            if !data || node.style() == Style::Block && value.kind() == Kind::Scalar {
                todo.push(value);
            }
            let (start, end) = (key.span().start as usize, key.span().end as usize);
            if key.style() != Style::Plain || text.as_bytes().get(end) != Some(&b':') {
                continue;
            }
            let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
            let indent = text[line..start].len();
            let mut add = |site, start, end| found.push(Place { site, start, end, indent });
            add(Site::Colon, end, end + 1);
            add(Site::Key, start, end);
            let first = value.span().start as usize;
            let beside = text.get(end + 1..first) == Some(" ") && value.style() == Style::Plain;
            if beside {
                add(Site::Space, end + 1, end + 2);
            }
            if indent >= 2 && text[line..start].bytes().all(|byte| byte == b' ') {
                add(Site::Indent, line, line + 2);
            }
            let last = value.span().end as usize;
            if kind == Value::Target && beside && !value.is_template() && slot != Slot::Default {
                add(Site::Target, first, last);
            }
            let is_word =
                matches!(kind, Value::Text | Value::OneOf(_)) && !matches!(slot, Slot::Description | Slot::Detail);
            if is_word && beside && !value.is_template() && value.tag().is_none() {
                add(Site::Word, first, last);
            }
            if kind == Value::Expression && beside && node.style() == Style::Block {
                let quotes: Vec<usize> = text[first..last].match_indices('"').map(|(at, _)| first + at).collect();
                if let [open, close] = quotes[..] {
                    add(Site::Text, open, close + 1);
                }
            }
            if kind == Value::Texts && value.style() == Style::Flow {
                for (at, _) in text[first..last].match_indices(", ") {
                    add(Site::Name, first + at, first + at + 1);
                }
            }
            if kind == Value::Expression && beside && text[first..].starts_with("$.") {
                add(Site::Dollar, first, first + 1);
            }
            if node.style() == Style::Flow && text[last..].starts_with(", ") && value.style() == Style::Plain {
                add(Site::Comma, last, last + 1);
            }
        }
    }
    found
}

/// The valid cases of the check that have no comment on their own format.
pub(super) fn sound() -> Vec<(String, String)> {
    let all = cases("check", "yaml").into_iter().filter(|case| case.name.starts_with("ok/"));
    let all = all.filter(|case| !case.path("options.json").exists()).map(|case| (case.name.clone(), case.read("yaml")));
    all.filter(|(_, text)| {
        text.len() < 8 * 1024 && text.is_ascii() && !text.contains('\r') && validate_flow(text).valid
    })
    .filter(|(_, text)| validate_flow(text).diagnostics.is_empty())
    .collect()
}

/// Tells what is wrong with the report about a text with one mistake at `at`.
fn wrong(bad: &str, at: usize, codes: &[&str]) -> Option<String> {
    let found = validate_flow(bad).diagnostics;
    let list = || found.iter().map(|one| format!("\n  {}: {}", one.code, one.message)).collect::<String>();
    let [one] = &found[..] else { return Some(format!("{} findings{}", found.len(), list())) };
    let offset = bad[..at].encode_utf16().count();
    let start = one.range.unwrap().start.offset as usize;
    if !codes.contains(&one.code) {
        return Some(format!("another code{}", list()));
    }
    if start != offset {
        return Some(format!("at {start}, not {offset}{}", list()));
    }
    let Some(fix) = &one.fix else { return Some(format!("no fix{}", list())) };
    let left = validate_flow(&apply_repair(bad, fix)).diagnostics;
    (!left.is_empty()).then(|| format!("the fix leaves {:?}{}\n{}", left[0].message, list(), apply_repair(bad, fix)))
}

/// Counts what was tried, and collects what was wrong.
#[derive(Default)]
pub(super) struct Tally {
    pub tried: usize,
    pub failures: Vec<String>,
}

impl Tally {
    pub fn check(&mut self, name: &str, bad: &str, at: usize, codes: &[&str]) {
        self.tried += 1;
        if let Some(why) = wrong(bad, at, codes) {
            let line = bad[at..].lines().next().unwrap_or_default().to_owned();
            self.failures.push(format!("{name}: {line:?}: {why}"));
        }
    }

    pub fn end(mut self, family: &str, least: usize) {
        println!("{family}: {} tried, {} failed", self.tried, self.failures.len());
        assert!(cloudflow_tests::is_quick() || self.tried >= least, "{family}: only {} tried", self.tried);
        self.failures.sort_by_key(String::len);
        self.failures.truncate(30);
        report(family, self.failures);
    }
}

pub(super) fn chars(ranges: &[(u32, u32)]) -> Vec<char> {
    ranges.iter().flat_map(|(from, to)| *from..=*to).filter_map(char::from_u32).collect()
}

#[test]
fn characters_that_resemble_others() {
    let spaces = chars(&[(0xA0, 0xA0), (0x2000, 0x200A), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)]);
    let invisible = chars(&[(0xAD, 0xAD), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064), (0xFEFF, 0xFEFF)]);
    let dashes = chars(&[
        (0x2010, 0x2015),
        (0x2022, 0x2023),
        (0x2043, 0x2043),
        (0x2212, 0x2212),
        (0x25AA, 0x25AA),
        (0x25CF, 0x25CF),
        (0xB7, 0xB7),
        (0x30FB, 0x30FB),
        (0xFE63, 0xFE63),
        (0xFF0D, 0xFF0D),
    ]);
    let quotes: Vec<(char, char)> = "“”‘’„“＂＂””’’„‟‚‘«»»«‹›「」『』《》〈〉〝〞´´′′″″``ˋˋ＇＇｀｀｢｣﹁﹂❝❞ʼʼ"
        .chars()
        .collect::<Vec<_>>()
        .chunks(2)
        .map(|pair| (pair[0], pair[1]))
        .collect();
    let items =
        ["1.", "2)", "(3)", "12.", "*", "+", ">", "＊", "＋", "１．", "（2）", "3、", "①", "❶", "→", "✓", "☐", "★"];
    let mut random = Random(0x100c);
    let mut tally = Tally::default();
    for (name, text) in sound() {
        for Place { site, start, end, .. } in places(&text) {
            for _ in 0..scaled("LOOK_ROUNDS", 2) {
                let roll = random.below(8);
                let at = random.below(1000);
                let mut pick = |list: &[char]| list[random.below(list.len())];
                let new = match site {
                    // A comma of names has no space behind it in Chinese.
                    Site::Name => String::from(pick(&['，', '、', '；', '﹐', '､', '﹔'])),
                    Site::Text => {
                        let (open, close) = quotes[random.below(quotes.len())];
                        // Backticks are correct in an expression.
                        let (open, close) = if open == '`' { ('“', '”') } else { (open, close) };
                        format!("{open}{}{close}", &text[start + 1..end - 1])
                    }
                    Site::Word => continue,
                    Site::Colon => String::from(pick(&['：', '﹕', '∶'])),
                    Site::Comma => String::from(pick(&['，', '、', '﹐', '；', '､'])),
                    Site::Dollar => String::from(pick(&['＄', '﹩'])),
                    Site::Dash if roll < 4 => items[random.below(items.len())].to_owned(),
                    Site::Dash => String::from(pick(&dashes)),
                    Site::Space => String::from(pick(&spaces)),
                    Site::Indent => match (pick(&spaces), roll) {
                        // In addition to the indentation.
                        (space, 0) => format!("  {space}"),
                        (space, 1) => format!("{space}  "),
                        (space, 2) => format!("\t{space}"),
                        (_, 3) => String::from_iter([invisible[at % invisible.len()], invisible[at % invisible.len()]]),
                        ('\u{3000}', _) => String::from('\u{3000}'),
                        (space, _) => String::from_iter([space, space]),
                    },
                    Site::Target => {
                        let target = &text[start..end];
                        let (open, close) = quotes[random.below(quotes.len())];
                        // Where a template fills in names, a name in other quotes may be one of them.
                        let open_end = name.contains("placeholder") || name.contains("template");
                        let (open, close) = if open_end { ('“', '”') } else { (open, close) };
                        match random.below(4) {
                            0 => format!("{open}{target}{close}"),
                            1 => format!("{target}{}", invisible[random.below(invisible.len())]),
                            2 => format!("{}{target}", invisible[random.below(invisible.len())]),
                            _ => format!("{target}{}", spaces[random.below(spaces.len())]),
                        }
                    }
                    Site::Key => {
                        let key = &text[start..end];
                        let at = 1 + random.below(key.len());
                        format!("{}{}{}", &key[..at], invisible[random.below(invisible.len())], &key[at..])
                    }
                };
                let bad = [&text[..start], &new, &text[end..]].concat();
                // The finding is at the first character that is wrong.
                let at = bad.find(|c: char| !c.is_ascii()).filter(|_| site != Site::Dash).unwrap_or(start);
                tally.check(&format!("{name}, {site:?} {new:?}"), &bad, at, &["look-alike"]);
            }
        }
    }
    tally.end("look-alikes", 2000);
}

#[test]
fn dashes_without_a_space() {
    let mut tally = Tally::default();
    for (name, text) in sound() {
        for Place { site, end, .. } in places(&text) {
            if site == Site::Dash && text[end + 1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
                let bad = [&text[..end], &text[end + 1..]].concat();
                tally.check(&name, &bad, end - 1, &["yaml-missing-space"]);
            }
        }
    }
    tally.end("dashes", 80);
}

#[test]
fn names_with_a_line_break() {
    let mut random = Random(0xb4ea);
    let mut tally = Tally::default();
    for (name, text) in sound() {
        for Place { site, start, end, indent } in places(&text) {
            let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
            if !matches!(site, Site::Target | Site::Word)
                || text[line..].lines().next().is_some_and(|line| line.contains(['{', '[']))
            {
                continue;
            }
            let header = ["|", ">", "|+", ">+", "|2"][random.below(5)];
            let deep = " ".repeat(indent + 2);
            let bad = [&text[..start], header, "\n", &deep, &text[start..]].concat();
            // The key is a part of an item.
            if !validate_flow(&[&text[..start], &header[..1], "-\n", &deep, &text[start..end], &text[end..]].concat())
                .valid
            {
                continue;
            }
            tally.check(&format!("{name} {header}"), &bad, start, &["trailing-break"]);
        }
    }
    tally.end("line breaks", 50);
}

#[test]
fn keys_of_amazon_states_language() {
    let pairs = [
        ("Branches", "Choices"),
        ("Processor", "Iterator"),
        ("Processor", "ItemProcessor"),
        ("Errors", "ErrorEquals"),
        ("MaxBackoffSeconds", "MaxDelaySeconds"),
        ("Description", "Comment"),
        ("Timeout", "TimeoutSeconds"),
        ("Code", "Error"),
        ("Detail", "Cause"),
    ];
    let synonyms = [("goto", "next"), ("goto", "to"), ("condition", "if")];
    let mut tally = Tally::default();
    for (name, text) in sound() {
        for Place { site, start, end, .. } in places(&text) {
            let key = &text[start..end];
            let machine = text.contains("StateMachine");
            let list: &[(&str, &str)] = if machine { &pairs } else { &synonyms };
            for (_, new) in list.iter().filter(|(own, _)| site == Site::Key && *own == key) {
                let bad = [&text[..start], new, &text[end..]].concat();
                // A parallel has branches here and there.
                if *new == "Choices"
                    && validate_flow(&bad).diagnostics.iter().any(|one| one.message.contains("Parallel"))
                {
                    continue;
                }
                tally.check(&format!("{name} {new}"), &bad, start, &["unknown-key"]);
            }
        }
    }
    tally.end("keys of other languages", 50);
}

#[test]
fn frames_around_a_definition() {
    let mut random = Random(0xf4a3);
    let mut tally = Tally::default();
    for (name, text) in sound() {
        if !text.ends_with('\n') || text.starts_with(['%', '\u{feff}']) {
            continue;
        }
        let mut frame = |head: &str, tail: &str, first: usize| {
            let bad = [head, &text, tail].concat();
            tally.check(&format!("{name} {head:?} {tail:?}"), &bad, first, &["yaml-unexpected"]);
        };
        for mark in ["```", "~~~", "````"] {
            for language in ["", "yaml", "yml", "json", " yaml"] {
                frame(&format!("{mark}{language}\n"), &format!("{mark}\n"), 0);
            }
            frame(&format!("Use this:\n\n{mark}yaml\n"), &format!("{mark}\n\nIt works.\n"), 11);
        }
        frame("", "```\n", text.len());
        for (open, close) in [
            ("<pre>", "</pre>"),
            ("<pre><code class=\"yaml\">", "</code></pre>"),
            ("\"\"\"", "\"\"\""),
            ("'''", "'''"),
            ("const flow = `", "`;"),
        ] {
            frame(&format!("{open}\n"), &format!("{close}\n"), 0);
        }
        for prompt in [
            "$ cat flow.yml",
            "me@host:~/flows$ cat flow.yml",
            "root@host:/srv# cat flow.yml",
            "[me@host srv]$ cat flow.yml",
        ] {
            frame(&format!("{prompt}\n"), "", 0);
        }
        frame("me@host:~$ cat flow.yml\n", "me@host:~$ \n", 0);
        frame("", "~\n~\n~\n", text.len());
        // A margin. Texts of one line and JSON have other findings.
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > 2 && !text.starts_with(['{', '[', '#']) && !text.contains(['|', '>']) {
            for kind in 0..9 {
                let line = |(at, line): (usize, &&str)| {
                    let at = at + 1;
                    match kind {
                        0 => format!("> {line}\n"),
                        1 => format!("+{line}\n"),
                        2 => format!("│ {line}\n"),
                        3 => format!(" * {line}\n"),
                        4 => format!("{at:3}  {line}\n"),
                        5 => format!("{at}: {line}\n"),
                        6 => format!("{at:4} | {line}\n"),
                        7 => format!("| {line}\n"),
                        _ => format!("{at:>6}\t{line}\n"),
                    }
                };
                let bad: String = lines.iter().enumerate().map(line).collect();
                tally.check(&format!("{name} margin {kind}"), &bad, 0, &["yaml-unexpected"]);
            }
        }
        let mut frame = |head: &str, tail: &str, first: usize| {
            let bad = [head, &text, tail].concat();
            tally.check(&format!("{name} {head:?} {tail:?}"), &bad, first, &["yaml-unexpected"]);
        };
        for word in ["EOF", "EOT", "END", "YAML"] {
            frame("", &format!("{word}\n"), text.len());
            frame(&format!("cat > flow.yml <<{word}\n"), &format!("{word}\n"), 0);
            frame(&format!("cat <<'{word}' | tee flow.yml\n"), &format!("{word}\n"), 0);
            frame(&format!("cat <<-{word} > flow.yml\n"), &format!("\t{word}\n"), 0);
            let lower = word.to_lowercase();
            frame(&format!("cat << \"{lower}\" > flow.yml\n"), &format!("{lower}\n"), 0);
        }
        // A conflict about a line.
        let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len()).collect();
        for _ in 0..rounds(4).min(starts.len() as u64) {
            let at = starts[random.below(starts.len())];
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
            let line = &text[at..end];
            if line.trim().is_empty() || text[..at].contains(['|', '>']) {
                continue;
            }
            let base = if random.below(2) == 0 { format!("||||||| base\n{line}") } else { String::new() };
            let bad = [&text[..at], "<<<<<<< HEAD\n", line, &base, "=======\n", line, ">>>>>>> other\n", &text[end..]]
                .concat();
            tally.check(&name, &bad, at, &["yaml-unexpected"]);
        }
    }
    tally.end("frames", 500);
}
