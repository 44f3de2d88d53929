//! Whole texts in the form of another format, made of every valid case and definition: states as a mapping, JSON with
//! comments, other encodings, the header of the other dialect, Amazon States Language.

use cloudflow_language::flow::Dialect;
use cloudflow_language::flow::dialect::{Shape, Slot};
use cloudflow_language::shape::validate_flow;
use cloudflow_language::yaml::{Kind, Node, Resolved, Style, parse};

use super::invariants::apply_repair;
use super::mistakes::{Tally, sound};
use crate::yaml::Random;
use cloudflow_tests::corpus::{FOLDERS, definitions};
use cloudflow_tests::{cases, scaled};

/// The valid cases, and the definitions of the corpus without a finding.
fn texts() -> Vec<(String, String)> {
    let mut texts = sound();
    let corpus = definitions(&FOLDERS).into_iter().map(|definition| (definition.name, definition.text));
    texts.extend(corpus.filter(|(_, text)| text.len() < 8 * 1024 && validate_flow(text).diagnostics.is_empty()));
    texts
}

/// The nodes of a text that are lists of states, with the dialect and the key.
fn lists<'a>(root: Node<'a>) -> Vec<(Dialect, Node<'a>, Node<'a>)> {
    let mut found = Vec::new();
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        todo.extend(node.items());
        for (key, value) in node.entries() {
            for dialect in Dialect::ALL {
                let name = dialect.key(Shape::State, Slot::Name);
                let is_state = |node: Node<'_>| node.get(name).is_some_and(|name| name.text().is_some());
                let is_list = key.text() == Some(dialect.key(Shape::Document, Slot::States));
                if is_list && value.items().next().is_some() && value.items().all(is_state) {
                    found.push((dialect, key, value));
                }
            }
            todo.push(value);
        }
    }
    found
}

/// The text with a block list of states as a mapping. Absent if a state cannot be written so.
fn as_mapping(text: &str, dialect: Dialect, key: Node<'_>, list: Node<'_>) -> Option<String> {
    if list.style() != Style::Block || text.contains(['&', '*']) {
        return None;
    }
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |at| at + 1);
    let column = key.span().start as usize - line_of(key.span().start as usize);
    let starts: Vec<usize> = list.items().map(|item| line_of(item.span().start as usize)).collect();
    let end = text[list.span().end as usize..].find('\n').map_or(text.len(), |at| list.span().end as usize + at + 1);
    let mut out = text[..*starts.first()?].to_owned();
    for (at, item) in list.items().enumerate() {
        let (start, end) = (starts[at], starts.get(at + 1).copied().unwrap_or(end));
        let dash = text[start..].find("- ")?;
        if dash <= column || !text[start..start + dash].trim().is_empty() || item.style() != Style::Block {
            return None;
        }
        let (key, name) = item.entries().find(|(key, _)| key.text() == Some(dialect.key(Shape::State, Slot::Name)))?;
        let own = line_of(key.span().start as usize);
        let line = text[own..].split_inclusive('\n').next()?;
        let written = name.span().of(text);
        if name.style() != Style::Plain || line.trim().trim_start_matches("- ") != format!("{}: {written}", key.text()?)
        {
            return None;
        }
        out += &format!("{}{written}:\n", " ".repeat(dash));
        let body = [&text[start..own], &text[own + line.len()..end]].concat();
        let body = if own == start { body } else { body.replacen("- ", "  ", 1) };
        if body.trim().is_empty() {
            return None;
        }
        out += &body;
    }
    Some(out + &text[end..])
}

#[test]
fn states_as_a_mapping() {
    let mut tally = Tally::default();
    for (name, text) in texts() {
        let (tree, _) = parse(&text);
        for (dialect, key, list) in tree.root().map(lists).unwrap_or_default() {
            let Some(bad) = as_mapping(&text, dialect, key, list) else { continue };
            tally.check(&format!("{name} {}", key.span().start), &bad, key.span().start as usize, &["wrong-type"]);
        }
    }
    tally.end("states as a mapping", 40);
}

/// Writes a node as JSON. `mapping`: the number of the list of states that is written as a mapping.
fn json(node: Node<'_>, indent: usize, mapping: &mut Option<usize>, out: &mut String) {
    let line = |out: &mut String, indent: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(indent));
    };
    let text = |node: Node<'_>| serde_json::to_string(node.text().unwrap_or_default()).unwrap();
    match node.kind() {
        Kind::Sequence => {
            let name = Dialect::ALL
                .map(|dialect| dialect.key(Shape::State, Slot::Name))
                .into_iter()
                .find(|name| node.items().next().is_some_and(|first| first.get(name).is_some() && is_typed(first)));
            let is_mapped = name.is_some() && *mapping == Some(0);
            if name.is_some() {
                *mapping = mapping.and_then(|left| left.checked_sub(1));
            }
            out.push(if is_mapped { '{' } else { '[' });
            for (at, item) in node.items().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                line(out, indent + 1);
                if let Some(name) = name.filter(|_| is_mapped) {
                    out.push_str(&format!("{}: ", text(item.get(name).unwrap())));
                    object(item, Some(name), indent + 1, mapping, out);
                } else {
                    json(item, indent + 1, mapping, out);
                }
            }
            line(out, indent);
            out.push(if is_mapped { '}' } else { ']' });
        }
        Kind::Mapping => object(node, None, indent, mapping, out),
        Kind::Scalar => match node.resolve() {
            Some(Resolved::Null) => out.push_str("null"),
            Some(Resolved::Bool(value)) => out.push_str(if value { "true" } else { "false" }),
            Some(Resolved::Int(value)) => out.push_str(&value.to_string()),
            _ => out.push_str(&text(node)),
        },
    }
}

fn is_typed(node: Node<'_>) -> bool {
    Dialect::ALL.into_iter().any(|dialect| node.get(dialect.key(Shape::State, Slot::Type)).is_some())
}

fn object(node: Node<'_>, without: Option<&str>, indent: usize, mapping: &mut Option<usize>, out: &mut String) {
    out.push('{');
    let mut first = true;
    for (key, value) in node.entries().filter(|(key, _)| key.text() != without) {
        out.push_str(if first { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(indent + 1));
        first = false;
        out.push_str(&format!("{}: ", serde_json::to_string(key.text().unwrap_or_default()).unwrap()));
        json(value, indent + 1, mapping, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(indent));
    out.push('}');
}

/// The valid cases as JSON, and how many lists of states they have.
fn as_json() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, text) in texts() {
        let (tree, _) = parse(&text);
        let Some(root) = tree.root().filter(|_| !text.contains(['&', '*', '!', '$']) || !text.contains("${")) else {
            continue;
        };
        let mut out = String::new();
        json(root, 0, &mut None, &mut out);
        if out.len() < 4096 && validate_flow(&out).diagnostics.is_empty() {
            found.push((name, out + "\n"));
        }
    }
    found
}

#[test]
fn states_as_a_mapping_in_json() {
    let mut tally = Tally::default();
    for (name, text) in as_json() {
        let (tree, _) = parse(&text);
        let root = tree.root().unwrap();
        for at in 0..lists(root).len() {
            let mut bad = String::new();
            json(root, 0, &mut Some(at), &mut bad);
            // The key before the first brace that was a bracket.
            let place = text.bytes().zip(bad.bytes()).position(|(one, two)| one != two).unwrap();
            let place = bad[..place].rfind('\n').unwrap() + 1;
            let key = place + bad[place..].find('"').unwrap();
            tally.check(&format!("{name} {at}"), &bad, key, &["wrong-type"]);
        }
    }
    tally.end("states as a mapping in JSON", 50);
}

#[test]
fn comments_in_json() {
    let mut random = Random(0xc0);
    let mut tally = Tally::default();
    for (name, text) in as_json() {
        let mut quoted = false;
        let mut places = vec![0, text.len()];
        for (at, c) in text.char_indices() {
            // No text of these cases has an escaped quote at an even place.
            quoted ^= c == '"' && !text[..at].ends_with('\\');
            if !quoted && matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | ' ' | '\n') {
                places.push(at + 1);
            }
        }
        for at in places {
            if random.below(15) > 0 && at > 0 {
                continue;
            }
            for comment in ["// note\n", "/* note */", "/* {\n \"a\": [1] // */", "// it's \"a\"\n", "//\n"] {
                // A comment of a line ends the line.
                let bad = [&text[..at], comment, &text[at..]].concat();
                tally.check(
                    &format!("{name} {:?}", text.get(at.saturating_sub(9)..(at + 9).min(text.len()))),
                    &bad,
                    at,
                    &["yaml-unexpected"],
                );
            }
        }
        // YAML accepts a comma behind the last item.
        for (at, _) in text.match_indices(['}', ']']).filter(|(at, _)| !text[..*at].trim_end().ends_with(['{', '['])) {
            let inside = text[..at].matches('"').count() % 2 == 1;
            let end = text[..at].trim_end().len();
            let bad = [&text[..end], ",", &text[end..]].concat();
            tally.tried += 1;
            if !inside && !validate_flow(&bad).diagnostics.is_empty() {
                tally.failures.push(format!("{name}: a comma at {end}: {:?}", validate_flow(&bad).diagnostics));
            }
        }
    }
    tally.end("comments in JSON", 1000);
}

/// Checks that a text has one finding with this code, at an offset in UTF-16 units, besides those of `others`.
fn only(tally: &mut Tally, name: &str, bad: &str, at: Option<u32>, code: &str, others: &[&str]) {
    tally.tried += 1;
    let found = validate_flow(bad).diagnostics;
    let (own, rest): (Vec<_>, Vec<_>) = found.iter().partition(|one| one.code == code);
    let unknown: Vec<_> = rest.iter().filter(|one| !others.contains(&one.code)).collect();
    let is_one = own.len() == 1 && unknown.is_empty();
    if !is_one || at.is_some_and(|at| own[0].range.unwrap().start.offset != at) {
        let list: String = found.iter().take(6).map(|one| format!("\n  {}: {}", one.code, one.message)).collect();
        let line = own.first().map(|one| one.range.unwrap().start.offset);
        tally.failures.push(format!("{name}: {} findings, at {line:?}, not {at:?}{list}", found.len()));
        return;
    }
    let Some(fix) = &own[0].fix else { return };
    let repaired = apply_repair(bad, fix);
    let left = validate_flow(&repaired).diagnostics;
    if let Some(left) = left.iter().find(|one| !others.contains(&one.code)) {
        tally.failures.push(format!("{name}: the fix leaves {}: {}\n{repaired}", left.code, left.message));
    }
}

#[test]
fn texts_in_other_encodings() {
    // The words as GBK: also with bytes that are ASCII letters and signs.
    let words: [&[u8]; 6] = [
        b"\xC1\xF7\xB3\xCC",
        b"\xB6\xA9\xB5\xA5",
        b"\xE9\x46\xAC\x75",
        b"\x81\x5C\x81\x7C",
        b"\x81\x5B\x81\x7B",
        b"\xB4\xA6\xC0\xED\x81\x40",
    ];
    let mut tally = Tally::default();
    for (name, text) in texts() {
        for (kind, little, mark) in [("LE", true, true), ("LE", true, false), ("BE", false, true), ("BE", false, false)]
        {
            for text in [text.clone(), text.replacen('\n', " # 订单流程\n", 1), text.replacen('\n', " # 䴀娊ਊ∀\n", 1)]
            {
                let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
                let bytes: Vec<u8> =
                    units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
                let bad = String::from_utf8_lossy(&bytes);
                only(&mut tally, &format!("{name} UTF-16{kind} {mark}"), &bad, Some(0), "bad-encoding", &[]);
            }
        }
        let (tree, _) = parse(&text);
        let Some((dialect, _, list)) = tree.root().and_then(|root| lists(root).pop()) else { continue };
        let state = list.items().last().and_then(|item| item.get(dialect.key(Shape::State, Slot::Name))).unwrap();
        let Some(state) = state.text().filter(|name| name.len() > 2 && state.style() == Style::Plain) else { continue };
        for word in words.iter().copied().chain([&b"caf\xE9"[..], b"na\xEFve \xE9t\xE9", b"\xE6\xB5", b"a\xF0\x9F\x8E"])
        {
            let mut bytes = Vec::new();
            let mut rest = text.as_str();
            while let Some(at) = rest.find(state) {
                bytes.extend_from_slice(&rest.as_bytes()[..at]);
                bytes.extend_from_slice(word);
                rest = &rest[at + state.len()..];
            }
            bytes.extend_from_slice(rest.as_bytes());
            let bad = String::from_utf8_lossy(&bytes);
            let at = bad.find('\u{FFFD}').map(|at| bad[..at].encode_utf16().count() as u32);
            only(&mut tally, &format!("{name} {state} {word:?}"), &bad, at, "bad-encoding", &[]);
        }
        // The file is cut inside of a character.
        let text = format!("{}\n", text.trim_end());
        let bad = format!("{text}# \u{FFFD}");
        only(&mut tally, &name, &bad, Some(text.encode_utf16().count() as u32 + 2), "bad-encoding", &[]);
    }
    tally.end("encodings", 800);
}

/// The lines of the header of a text: keys at the top, except for the states.
fn header<'a>(root: Node<'a>, dialect: Dialect) -> Vec<(Slot, Node<'a>, Node<'a>)> {
    let keys = dialect.keys(Shape::Document);
    let slot = |key: Node<'a>| keys.iter().find(|own| key.text() == Some(own.name)).map(|own| own.slot);
    root.entries()
        .filter_map(|(key, value)| Some((slot(key)?, key, value)))
        .filter(|(slot, ..)| *slot != Slot::States)
        .collect()
}

#[test]
fn header_of_the_other_dialect() {
    let mut tally = Tally::default();
    let corpus = definitions(&FOLDERS).into_iter().map(|definition| (definition.name, definition.text));
    for (name, text) in sound().into_iter().chain(corpus) {
        let before = validate_flow(&text);
        let Some(dialect) = before.dialect.filter(|_| before.valid) else { continue };
        let dialect = if dialect == "flow" { Dialect::Flow } else { Dialect::StateMachine };
        let (tree, _) = parse(&text);
        let Some(root) = tree.root().filter(|root| root.style() == Style::Block) else { continue };
        let header = header(root, dialect);
        let states = root.get(dialect.key(Shape::Document, Slot::States));
        let first = states.and_then(|list| list.items().next()?.get(dialect.key(Shape::State, Slot::Name))?.text());
        let Some(first) = first.filter(|_| header.iter().all(|(.., value)| value.style() == Style::Plain)) else {
            continue;
        };
        // The findings of the body do not depend on the header.
        let others: Vec<&str> = before.diagnostics.iter().map(|one| one.code).collect();
        let starts_first = header.iter().all(|(slot, _, value)| *slot != Slot::StartAt || value.text() == Some(first));
        if !starts_first || root.get("inputMappings").is_some() || root.get("outputMappings").is_some() {
            continue;
        }
        let other = dialect.other();
        for whole in [true, false] {
            let mut bad = String::new();
            let mut at = 0;
            let mut place = None;
            for (slot, key, value) in &header {
                let (start, end) = (key.span().start as usize, value.span().end as usize);
                bad += &text[at..start];
                at = end;
                match slot {
                    Slot::Type => {
                        place = Some(bad.encode_utf16().count() as u32);
                        bad += &format!("{}: {}", other.key(Shape::Document, Slot::Type), other.as_str());
                    }
                    Slot::Version => bad += &format!("{}: v1", other.key(Shape::Document, Slot::Version)),
                    _ if whole => bad += "# removed",
                    _ => bad += &text[start..end],
                }
            }
            if whole && other == Dialect::StateMachine {
                let indent = bad.lines().rfind(|line| line.contains("Type:")).unwrap().split("Type").next().unwrap();
                let indent = indent.to_owned();
                bad += &format!("\n{indent}Name: demo\n{indent}StartAt: {first}");
            }
            bad += &text[at..];
            only(&mut tally, &format!("{name} {whole}"), &bad, place, "unknown-dialect", &others);
        }
    }
    tally.end("headers", 100);
}

/// A random definition in Amazon States Language.
fn amazon(random: &mut Random) -> serde_json::Value {
    use serde_json::json;
    let count = 1 + random.below(5);
    let mut states = serde_json::Map::new();
    for at in 0..count {
        let mut state = match random.below(8) {
            0 => json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "TimeoutSeconds": 5}),
            1 => json!({"Type": "Pass", "Result": {"a": 1}, "ResultPath": "$.b"}),
            2 => json!({"Type": "Wait", "Seconds": 3}),
            3 => json!({"Type": "Wait", "SecondsPath": "$.s"}),
            4 => json!({"Type": "Succeed"}),
            5 => json!({"Type": "Fail", "Error": "E", "Cause": "c"}),
            6 => {
                json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "S0"}], "Default": "S0"})
            }
            _ => {
                json!({"Type": "Map", "ItemsPath": "$.i", "Iterator": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}})
            }
        };
        let of = state["Type"].as_str().unwrap().to_owned();
        let object = state.as_object_mut().unwrap();
        if !["Succeed", "Fail", "Choice"].contains(&of.as_str()) {
            if at + 1 < count {
                object.insert("Next".into(), json!(format!("S{}", at + 1)))
            } else {
                object.insert("End".into(), json!(true))
            };
        }
        if random.below(3) == 0 {
            object.insert("Comment".into(), json!("note"));
        }
        if of == "Task" && random.below(2) == 0 {
            object.insert("Retry".into(), json!([{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]));
            object.insert("Catch".into(), json!([{"ErrorEquals": ["States.ALL"], "Next": "S0", "ResultPath": "$.e"}]));
        }
        states.insert(format!("S{at}"), state);
    }
    let mut machine = serde_json::Map::new();
    if random.below(2) == 0 {
        machine.insert("Comment".into(), json!("made by a tool"));
    }
    machine.insert("StartAt".into(), json!("S0"));
    machine.insert("States".into(), states.into());
    for (key, value) in [("TimeoutSeconds", json!(60)), ("QueryLanguage", json!("JSONPath")), ("Version", json!("1.0"))]
    {
        if random.below(4) == 0 {
            machine.insert(key.into(), value);
        }
    }
    machine.into()
}

/// A value as YAML in block style.
fn block(value: &serde_json::Value, indent: usize, out: &mut String) {
    use serde_json::Value;
    let pad = "  ".repeat(indent);
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                *out += &format!("\n{pad}{key}:");
                block(value, indent + 1, out);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                let mut inner = String::new();
                block(item, indent + 1, &mut inner);
                *out += &format!("\n{pad}- {}", inner.trim_start());
            }
        }
        other => *out += &format!(" {other}"),
    }
}

#[test]
fn texts_in_amazon_states_language() {
    let mut random = Random(0xa5);
    let mut tally = Tally::default();
    for round in 0..scaled("LOOK_ROUNDS", 1) * 500 {
        let machine = amazon(&mut random);
        let pretty = serde_json::to_string_pretty(&machine).unwrap();
        let mut yaml = String::new();
        block(&machine, 0, &mut yaml);
        let yaml = yaml.trim_start().to_owned() + "\n";
        for (text, at) in [(machine.to_string(), 1), (pretty.clone(), 4), (yaml.clone(), 0)] {
            only(&mut tally, &format!("{round}: {text}"), &text, Some(at), "unknown-dialect", &[]);
        }
    }
    tally.end("Amazon States Language", 500);
}

/// A text with an error is searched for further characters: what a valid text contains is none of them.
#[test]
fn a_mistake_makes_nothing_else_one() {
    let mut tally = Tally::default();
    let corpus = definitions(&FOLDERS).into_iter().map(|definition| (definition.name, definition.text));
    let cases = cases("check", "yaml").into_iter().filter(|case| case.name.starts_with("ok/"));
    let cases =
        cases.filter(|case| !case.path("options.json").exists()).map(|case| (case.name.clone(), case.read("yaml")));
    for (name, text) in cases.chain(corpus).filter(|(_, text)| text.len() < 32 * 1024) {
        let before = validate_flow(&text);
        // Each version key in turn, and the first value `true`: the rest of the text is unchanged.
        for (old, new) in [
            ("ersion: v1", "ersion: v9"),
            ("ersion: \"v1\"", "ersion: \"v9\""),
            ("nd: true", "nd: maybe"),
            ("oto: ", "oto: nowhere-"),
            ("Next: ", "Next: nowhere-"),
        ] {
            let bad = text.replacen(old, new, 1);
            if !before.valid || bad == text {
                continue;
            }
            tally.tried += 1;
            let found = validate_flow(&bad).diagnostics;
            let is_new = |code: &str| {
                let count =
                    |list: &[cloudflow_base::shape::Diagnostic]| list.iter().filter(|one| one.code == code).count();
                count(&found) > count(&before.diagnostics)
            };
            for code in [
                "look-alike",
                "yaml-unexpected",
                "bad-encoding",
                "yaml-missing-space",
                "yaml-bad-indent",
                "trailing-break",
            ] {
                if is_new(code) {
                    let one = found.iter().find(|one| one.code == code).unwrap();
                    tally.failures.push(format!(
                        "{name} {new}: {code}: {} {:?}",
                        one.message,
                        one.range.unwrap().start.line
                    ));
                }
            }
        }
    }
    tally.end("texts with a mistake", 150);
}
