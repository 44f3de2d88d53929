//! `docs/diagnostics.md` is executed. Its codes come from every crate, so the test is in the last one.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::fs;

use cloudflow_base::diagnostic::Code;
use cloudflow_base::shape::{Diagnostic, Places};
use cloudflow_language::shape::{definition, validate_flow};
use cloudflow_local::migrate::shape::migrate_flow;
use cloudflow_service::client::options::{self, Host};
use cloudflow_service::read;
use cloudflow_tests::report;
use serde_json::Value;

/// `docs/diagnostics.md` has every code. A bad example has this finding only, at the documented position. A good example
/// has no finding.
#[test]
fn the_documented_examples_have_the_documented_findings() {
    let path = cloudflow_tests::root().join("docs/diagnostics.md");
    let text = fs::read_to_string(path).unwrap();
    let mut sections: Vec<(&str, &str)> = Vec::new();
    for section in text.split("\n### ").skip(1) {
        sections.push(section.split_once('\n').unwrap());
    }
    for code in Code::ALL {
        let count = sections.iter().filter(|(name, _)| *name == code.as_str()).count();
        assert_eq!(count, 1, "sections about `{}`", code.as_str());
    }
    let mut failures = Vec::new();
    for (code, body) in &sections {
        assert!(Code::ALL.iter().any(|known| known.as_str() == *code), "`{code}` is not a code");
        let bad = example(body, "\nBad, at ").unwrap_or_else(|| panic!("`{code}` has no bad example"));
        let good = example(body, "\nGood").unwrap_or_else(|| panic!("`{code}` has no good example"));
        let found = examine(code, bad.text);
        match found.iter().find(|found| found.code == *code) {
            // A migration may report further findings with other codes. So does `too-many`: the findings that it counts.
            Some(_) if found.len() > 1 && !code.starts_with("migrate-") && *code != "too-many" => {
                failures.push(format!("{code}: {found:#?}"))
            }
            Some(one) if place(one) != bad.place => {
                failures.push(format!("{code}: at {}, not {}", place(one), bad.place));
            }
            Some(one) => assert!(body.contains(one.severity), "`{code}`"),
            None => failures.push(format!("{code}: {found:#?}")),
        }
        let left = examine(code, good.text);
        let migrates = code.starts_with("migrate-");
        if if migrates { left.iter().any(|found| found.code == *code) } else { !left.is_empty() } {
            failures.push(format!("the good example of `{code}`: {left:#?}"));
        }
        if migrates && !validate_flow(good.text).diagnostics.is_empty() {
            failures.push(format!("the good example of `{code}` is not a valid flow"));
        }
    }
    report("documented codes", failures);
}

struct Example<'t> {
    place: &'t str,
    text: &'t str,
}

/// The code block after a heading, and the text between the heading and its colon.
fn example<'t>(section: &'t str, heading: &str) -> Option<Example<'t>> {
    let (_, rest) = section.split_once(heading)?;
    let (place, rest) = rest.split_once(":\n\n```")?;
    let (_, text) = rest.split_once('\n')?;
    Some(Example { place, text: text.split_once("```")?.0 })
}

/// The findings of an example: a flow, a response of the service, or the options of a client.
fn examine(code: &str, text: &str) -> Vec<Diagnostic> {
    if code.starts_with("migrate-") {
        return migrate_flow(text).diagnostics;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(options) if ["unknown-option", "bad-endpoint"].contains(&code) => {
            let found = options::settings(Some(&options), false, 0, &Host::default())
                .map_or_else(|failure| failure.diagnostics, |_| Vec::new());
            Places::new("").diagnostics(found)
        }
        Ok(body) => read::validate(&&body, definition),
        Err(_) => validate_flow(text).diagnostics,
    }
}

/// `line:column` in a text, the keys from the root in a value.
fn place(found: &Diagnostic) -> String {
    if let Some(range) = found.range {
        return format!("{}:{}", range.start.line, range.start.column);
    }
    let path: Vec<String> = found
        .path
        .iter()
        .map(|part| serde_json::to_value(part).unwrap())
        .map(|part| part.as_str().map_or(part.to_string(), str::to_owned))
        .collect();
    format!("`{}`", if path.is_empty() { "$".to_owned() } else { path.join(".") })
}
