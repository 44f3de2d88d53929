//! The checker and the interpreter accept the same values.

use std::rc::Rc;

use cloudflow_language::{Document, Options};
use cloudflow_local::simulate::{Machine, Start, compile};
use serde_json::json;

/// True if the checks find an error; the error of the interpreter, which runs the flow without checks.
fn verdicts(text: &str) -> (bool, Option<(String, String)>) {
    let mut tree = None;
    let document = Document::read(text, Options::default(), &mut tree);
    let flow = document.flow.as_ref().expect("a flow");
    let mut machine = Machine::start(Rc::new(compile(flow)), Start { input: json!({}), ..Start::default() });
    machine.advance(0);
    let failure = machine.failure().map(|failure| (failure.error.clone(), failure.cause.clone()));
    (!document.is_valid(), failure)
}

#[test]
fn on_times() {
    let mut refused = 0;
    for time in [
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.5z",
        "1970-01-01t07:59:59+08:00",
        "1970-01-01 00:00:00+23:59",
        "1972-02-29T00:00:00Z",
        "1972-06-30T23:59:60Z",
        "1970-02-29T00:00:00Z",
        "1970-02-30T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "1970-04-31T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:61Z",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00-00:60",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00",
        "1970-01-01",
        "1970-01-01T00:00:00Zz",
        "一九七〇",
    ] {
        let text = format!("version: v1\ntype: flow\nsteps:\n  - type: wait\n    name: a\n    timestamp: \"{time}\"\n");
        let (error, failure) = verdicts(&text);
        let failed = failure.is_some_and(|(_, cause)| cause.contains("RFC 3339"));
        assert_eq!(error, failed, "{time}");
        refused += u32::from(failed);
    }
    assert_eq!(refused, 17);
}
