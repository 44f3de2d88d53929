//! The one native test binary of this crate.

// clippy's own exception for tests does not reach the helpers beside them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

#[test]
fn codes_are_kebab_case_and_distinct() {
    let mut seen = std::collections::HashSet::new();
    for code in cloudflow_base::diagnostic::Code::ALL {
        let name = code.as_str();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
        assert!(seen.insert(name), "{name} twice");
        assert!(!code.meaning().is_empty(), "{name} has no meaning");
    }
}

#[test]
fn each_limit_names_its_page() {
    let source = include_str!("../../src/limits.rs");
    let mut limits = 0;
    for text in source.split("pub const ").collect::<Vec<_>>().windows(2) {
        let comment = text[0].rsplit("\n\n").next().unwrap();
        let name = text[1].split(':').next().unwrap();
        assert!(comment.contains("<https://"), "{name} has no page");
        limits += 1;
    }
    assert!(limits > 20, "{limits} limits found");
}
