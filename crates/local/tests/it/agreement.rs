//! The checker and the interpreter accept the same values.

use std::rc::Rc;

use cloudflow_base::limits;
use cloudflow_language::{Document, Options};
use cloudflow_local::simulate::{Machine, Start, compile};
use serde_json::{Value, json};

/// True if the checks find an error.
fn is_refused(text: &str) -> bool {
    !Document::read(text, Options::default(), &mut None).is_valid()
}

/// Error and cause of an execution whose input is `{ "n": n }`. The flow runs even if it has errors.
fn failure(text: &str, n: Value) -> Option<(String, String)> {
    let mut tree = None;
    let flow = Document::read(text, Options::default(), &mut tree).flow.expect("a flow");
    let mut machine = Machine::start(Rc::new(compile(&flow)), Start { input: json!({ "n": n }), ..Start::default() });
    machine.advance(0);
    machine.failure().map(|failure| (failure.error.clone(), failure.cause.clone()))
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
        let wait = |time: &str| {
            format!("version: v1\ntype: flow\nsteps:\n  - type: wait\n    name: a\n    timestamp: {time}\n")
        };
        let failed = failure(&wait("$.n"), json!(time)).is_some_and(|(_, cause)| cause.contains("RFC 3339"));
        assert_eq!(is_refused(&wait(&format!("\"{time}\""))), failed, "{time}");
        refused += u32::from(failed);
    }
    assert_eq!(refused, 17);
}

/// Both accept the values up to a limit, and refuse the values beyond it. The checks read a constant, the interpreter a
/// value of the input.
#[test]
fn on_durations() {
    let step = "version: v1\ntype: flow\nsteps:\n- {type: wait, name: a, duration: #}\n";
    let states = "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: a\nStates:\n- {Name: a, End: true, ";
    let wait = [states, "Type: Wait, Seconds: #}\n"].concat();
    let task = "Type: Task, Action: FC:InvokeFunction, TaskMode: RequestComplete, Parameters: {resourceArn: a}";
    let task = [states, task, ", Timeout: #}\n"].concat();
    for (constant, least, most) in [
        (step, 0, limits::FLOW_WAIT_SECONDS),
        (&wait, 1, limits::WAIT_SECONDS),
        (&task, 0, limits::TASK_TIMEOUT_SECONDS),
    ] {
        let dynamic = constant.replace("duration: #", "duration: $.n").replace(": #", ".$: $Input.n");
        for (seconds, valid) in [(least, true), (most, true), (least - 1, false), (most + 1, false)] {
            assert_eq!(!is_refused(&constant.replace('#', &seconds.to_string())), valid, "{seconds} {constant}");
            let failure = failure(&dynamic, json!(seconds)).map(|(error, _)| error).unwrap_or_default();
            let known = ["Local.InvalidWait", "Local.InvalidTimeout"].contains(&&*failure);
            assert!(if valid { failure.is_empty() } else { known }, "{seconds} {failure} {dynamic}");
        }
    }
}

#[test]
fn on_sizes() {
    let states =
        "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: a\nStates:\n- {Name: a, End: true, Type: Pass, ";
    let mapping = |bytes: usize| {
        let text = "x".repeat(bytes);
        let map = format!("inputMappings: [{{target: t, source: {text}}}]");
        format!("version: v1\ntype: flow\nsteps:\n- {{type: pass, name: a, {map}}}\n")
    };
    let output = |bytes: usize| format!("{states}OutputConstructor: {{t: {}}}}}\n", "x".repeat(bytes));
    let global = |name: usize, value: usize| {
        format!("{states}GlobalConstructor: {{{}: {}}}}}\n", "g".repeat(name), "x".repeat(value))
    };
    for (what, within, beyond) in [
        // The 8 bytes of `{"t":""}` are around the value.
        ("mapping", mapping(limits::DATA_BYTES - 8), mapping(limits::DATA_BYTES + 1)),
        ("output", output(limits::DATA_BYTES - 8), output(limits::DATA_BYTES + 1)),
        ("global", global(1, limits::GLOBAL_BYTES - 2), global(1, limits::GLOBAL_BYTES + 1)),
        ("name", global(limits::GLOBAL_NAME_BYTES, 1), global(limits::GLOBAL_NAME_BYTES + 1, 1)),
    ] {
        assert!(!is_refused(&within), "{what}");
        assert_eq!(failure(&within, Value::Null), None, "{what}");
        assert!(is_refused(&beyond), "{what}");
        let failure = failure(&beyond, Value::Null).map(|(error, _)| error);
        assert_eq!(failure.as_deref(), Some("Local.DataLimitExceeded"), "{what}");
    }
}
