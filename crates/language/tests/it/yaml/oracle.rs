//! Compares the reader with granit-parser, which follows the specification.

use std::fmt::Write as _;

use cloudflow_base::diagnostic::{Code, Diagnostic, Severity};
use cloudflow_language::yaml;
use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};

use super::{Random, texts};

/// The event lines of `text`. Absent if granit refuses it.
fn granit(text: &str) -> Option<String> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.strict_indentation = true;
    options.emit_anchor_events = true;
    let mut events = Parser::new_from_str_with_options(text, options);
    let mut out = String::new();
    let mut names = std::collections::HashMap::new();
    // The line of an anchor follows its node.
    let mut pending = Vec::new();
    while let Some(event) = events.next_event() {
        let (event, span) = event.ok()?;
        if let Event::Anchor(id, name) = &event {
            names.insert(*id, name.to_string());
            continue;
        }
        pending.push((event, span));
    }
    for (event, span) in pending {
        let props = |anchor: usize, tag: &Option<std::borrow::Cow<'_, granit_parser::Tag>>| {
            let mut props = String::new();
            if let Some(name) = names.get(&anchor) {
                write!(props, " &{name}").unwrap();
            }
            if let Some(tag) = tag {
                write!(props, " <{}{}>", tag.handle(), tag.suffix()).unwrap();
            }
            props
        };
        let mark = |style, brackets| if style == StructureStyle::Flow { brackets } else { "" };
        match event {
            Event::StreamStart => out += "+STR\n",
            Event::StreamEnd => out += "-STR\n",
            Event::DocumentStart(explicit, _) => out += if explicit { "+DOC ---\n" } else { "+DOC\n" },
            Event::DocumentEnd => out += "-DOC\n",
            Event::SequenceStart(style, anchor, tag) => {
                writeln!(out, "+SEQ{}{}", mark(style, " []"), props(anchor, &tag)).unwrap();
            }
            Event::MappingStart(style, anchor, tag) => {
                writeln!(out, "+MAP{}{}", mark(style, " {}"), props(anchor, &tag)).unwrap();
            }
            Event::SequenceEnd => out += "-SEQ\n",
            Event::MappingEnd => out += "-MAP\n",
            Event::Alias(id) => writeln!(out, "=ALI *{}", names[&id]).unwrap(),
            Event::Scalar(value, style, anchor, tag) => {
                let mark = match style {
                    ScalarStyle::Plain => ':',
                    ScalarStyle::SingleQuoted => '\'',
                    ScalarStyle::DoubleQuoted => '"',
                    ScalarStyle::Literal => '|',
                    ScalarStyle::Folded => '>',
                };
                let value = if span.is_empty() && style == ScalarStyle::Plain { "".into() } else { value };
                let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
                let value = value.replace('\t', "\\t").replace('\u{8}', "\\b");
                writeln!(out, "=VAL{} {mark}{value}", props(anchor, &tag)).unwrap();
            }
            _ => return None,
        }
    }
    Some(out)
}

/// The difference. Absent if there is none.
fn compare(text: &str) -> Option<String> {
    let (ours, diagnostics) = yaml::events(text);
    let ours = ours.replace("-DOC ...", "-DOC");
    let refused = diagnostics.iter().find(|d| d.severity <= Severity::Warning && d.code.as_str().starts_with("yaml"));
    match (granit(text), refused) {
        (None, Some(_)) => None,
        (Some(theirs), None) if theirs == ours => None,
        // A last line of blanks without a line break counts as a line, as in case JEF9 of the suite.
        (Some(_), None) if text.contains('+') && text.ends_with([' ', '\t']) => None,
        // A verbatim tag is not decoded (section 6.9.1).
        (Some(_), None) if text.contains("!<") && text.contains('%') => None,
        // A `?` before a bracket does not begin a key (rule 126). Both readers accept it.
        (Some(_), None) if ["?]", "?}", "?,"].iter().any(|mark| text.contains(mark)) => None,
        (Some(theirs), None) => Some(format!("{text:?}\n--- granit\n{theirs}--- ours\n{ours}")),
        (Some(_), Some(d)) if is_excused(text, d) => None,
        (Some(_), Some(d)) => Some(format!("{text:?}\nwe refuse, granit reads: {:?} {}", d.span, d.message)),
        // A block scalar at the top of the document needs no indentation (section 8.1.1.1), also if it begins with a tab.
        (None, None) if text.contains("\n\t") && text.contains(['|', '>']) => None,
        // A tag with escapes that are not UTF-8: rule 39 requires hexadecimal digits only.
        (None, None) if ours.contains('\u{fffd}') => None,
        // `{a:[b]}`: in a flow collection, a `:` before `[` is not part of a plain scalar, so it ends the key (rules 130 and
        // 150).
        (None, None) if [":[", ":{"].iter().any(|mark| text.contains(mark)) => None,
        // `[? : value]`: a pair with an empty key (rule 144: the explicit entry may be empty).
        (None, None) if text.split('?').skip(1).any(|rest| rest.trim_start().starts_with(':')) => None,
        // A block scalar with an indentation indicator ends at a comment that is indented less (rule 169:
        // `l-trail-comments`).
        (None, None) if ["|", ">"].iter().any(|mark| explicit_indent(text, mark)) && text.contains("\n #") => None,
        (None, None) => Some(format!("{text:?}\nwe read, granit refuses\n{ours}")),
    }
}

/// True if a block scalar with the indicator `mark` has an indentation indicator.
fn explicit_indent(text: &str, mark: &str) -> bool {
    text.split(mark).skip(1).any(|rest| rest.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit()))
}

/// Texts that granit accepts and the specification refuses.
fn is_excused(text: &str, refusal: &Diagnostic) -> bool {
    // Tabs before the first entry of a block (section 6.1: tabs do not indent).
    refusal.code == Code::YamlTabIndent
        // A tab does not indent a line of a quoted text either (yaml-test-suite DK95/01).
        || (refusal.message.starts_with("a line of a quoted text must be indented") && text.contains("\n\t"))
        // An alias inside its own node.
        || refusal.code == Code::YamlUnknownAlias
        // An anchor directly before a bracket, which cannot be part of its name (rule 96: a blank must follow).
        || refusal.code == Code::YamlMissingSpace
        || refusal.message == "missing space after a tag or an anchor"
        // A `%TAG` without a prefix (rule 88: a name and a prefix).
        || text.lines().any(|line| line.starts_with("%TAG") && line.split_whitespace().count() < 3)
        // A block scalar without indentation whose first line begins with `#` is not a comment, so the preceding empty lines
        // may not be deeper (section 8.1.1.1).
        || (refusal.message.starts_with("an empty line before the text is indented more") && text.contains("\n#"))
        // An entry without a key has no collection on its line (rule 193: the value is a block node, not a compact one).
        || text.split(['\n', '\r']).any(|line| line.trim_start_matches([' ', '-', '?']).starts_with(':'))
}

/// Our reader reads placeholders and byte order marks inside the text as text, granit does not.
fn is_template(text: &str) -> bool {
    let mark = text.chars().skip(1).any(|c| c == '\u{feff}');
    mark || ["{{", "{%", "{#", "${"].iter().any(|mark| text.contains(mark))
}

#[test]
fn reads_as_granit_does() {
    let mut failures = Vec::new();
    for text in texts() {
        if !is_template(&text) {
            failures.extend(compare(&text));
        }
    }
    assert!(failures.is_empty(), "{}\n{} differ", failures.join("\n=====\n"), failures.len());
}

#[test]
fn reads_as_granit_does_after_random_edits() {
    // The edits of a text depend on nothing else: a new case does not change those of the others.
    let rounds = if std::env::var_os("YAML_ROUNDS").is_some() { 30 } else { 3 };
    let pieces = [
        " ", "  ", "\n", "\n ", "\n  ", ":", ": ", "- ", "\n- ", "? ", "#", " # c", "\"", "'", "[", "]", "{", "}",
        ", ", "|", ">", "|-\n", "&a ", "*a", "!t ", "\t", "---\n", "...\n", "%", "@", "x", "中", "\r\n", "\\", "\n\n",
        "key: v\n",
    ];
    let mut failures = Vec::new();
    let each = texts().into_iter().flat_map(|text| {
        let random = Random(text.bytes().fold(0x5eed, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte)) | 1);
        (0..rounds).map(move |round| (text.clone(), Random(random.0 + 2 * round)))
    });
    for (text, mut random) in each.step_by(if cloudflow_tests::is_quick() { 20 } else { 1 }) {
        let text = &text;
        // Edits are made within a window, so that they interact.
        let from = floor(text, random.below(text.len() + 1));
        let from = text[..from].rfind('\n').map_or(0, |at| at + 1);
        let to = floor(text, (from + 10 + random.below(150)).min(text.len()));
        let mut text = text[from.min(to)..to].to_owned();
        for _ in 0..random.below(4) {
            let at = floor(&text, random.below(text.len() + 1));
            if random.below(3) == 0 {
                let end = floor(&text, (at + 1 + random.below(4)).min(text.len()));
                text.replace_range(at..end.max(at), "");
            } else {
                text.insert_str(at, pieces[random.below(pieces.len())]);
            }
        }
        if !is_template(&text) {
            failures.extend(compare(&text));
        }
        if failures.len() > 60 {
            break;
        }
    }
    failures.sort_by_key(String::len);
    let count = failures.len();
    failures.truncate(25);
    assert!(failures.is_empty(), "{}\n{count} differ", failures.join("\n=====\n"));
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
