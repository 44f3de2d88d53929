//! The size of migrated flows: the states of the new definition for each step of the old one.

use cloudflow_language::{Document, Options};
use cloudflow_local::migrate::shape::migrate_flow;
use cloudflow_tests::corpus::definitions;

pub fn states(text: &str) -> usize {
    Document::read(text, Options::default(), &mut None).flow.map_or(0, |flow| flow.states().len())
}

/// Prints the mean and the worst five: `cargo test -p cloudflow-local migrate::growth -- --nocapture`.
#[test]
fn the_corpus_grows_little() {
    let mut found = Vec::new();
    for definition in definitions(&["flow", "templated"]) {
        let old = definition.text;
        let Some(new) = migrate_flow(&old).text.filter(|new| *new != old) else { continue };
        let (before, after) = (states(&old), states(&new));
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        found.push((after as f64 / before as f64, before, after, definition.name));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let mean = found.iter().map(|(ratio, ..)| ratio).sum::<f64>() / found.len() as f64;
    println!("states after / states before: mean {mean:.3} of {} flows; the worst:", found.len());
    for (ratio, before, after, name) in found.iter().take(5) {
        println!("  {ratio:.2} ({before} -> {after}) {name}");
    }
    assert!(mean < 1.15, "the states grow by the factor {mean:.3}");
}
