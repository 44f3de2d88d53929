//! Broken texts: every question has an answer, its spans are inside the text, and the time is linear.

#![allow(clippy::disallowed_methods, reason = "a test measures time")]

use std::fs;
use std::sync::LazyLock;
use std::time::Instant;

use cloudflow_base::text::Span;
use cloudflow_editor::{OpenFlow, shape};

use crate::corpus::{corpus, each, everything, places};

/// Asks everything about a place.
fn ask(text: &str, at: usize, what: &dyn Fn() -> String) {
    let flow = OpenFlow::open(text.to_owned(), Default::default());
    let inside = |span: Span| {
        let (start, end) = (span.start as usize, span.end as usize);
        let good = start <= end && text.is_char_boundary(start) && text.is_char_boundary(end);
        assert!(good, "{}: {span:?}", what());
    };
    let found = flow.completion(at);
    inside(found.span);
    let line = |place: usize| text[..place].matches(['\n', '\r']).count();
    assert!(found.span.start as usize <= at && at <= found.span.end as usize, "{}: {:?} at {at}", what(), found.span);
    assert_eq!(line(found.span.start as usize), line(found.span.end as usize), "{}: a span of several lines", what());
    if let Some(hover) = flow.hover(at) {
        inside(hover.span);
    }
    flow.signature_help(at);
    flow.references(at).into_iter().for_each(inside);
    flow.definition(at).into_iter().for_each(inside);
    flow.selection_ranges(at).into_iter().for_each(inside);
}

/// Asks everything about a text.
fn ask_all(text: &str, what: &dyn Fn() -> String) {
    let flow = OpenFlow::open(text.to_owned(), Default::default());
    flow.symbols();
    shape::ask(&flow, "symbols", 0, 0, "").unwrap();
    for fold in flow.folding() {
        assert!(text.is_char_boundary(fold.span.end as usize), "{}", what());
    }
    flow.inlay_hints();
    let mut end = 0;
    for token in flow.semantic_tokens() {
        assert!(token.span.start >= end && !token.span.is_empty(), "{}: {token:?} before {end}", what());
        assert!(!token.span.of(text).contains('\n'), "{}: {token:?}", what());
        end = token.span.end;
    }
}

#[test]
fn cut_at_many_places() {
    let most = if cloudflow_tests::is_quick() { 2 } else { 100 };
    each(&corpus(), |name, text| {
        for at in places(text, name, most) {
            let what = || format!("{name} cut at {at}");
            ask(&text[..at], at, &what);
            ask_all(&text[..at], &what);
        }
    });
}

/// The cursor is anywhere in a text that is complete.
#[test]
fn asked_at_many_places() {
    let most = if cloudflow_tests::is_quick() { 2 } else { 48 };
    each(&everything(), |name, text| {
        ask_all(text, &|| name.to_owned());
        for at in places(text, name, most) {
            ask(text, at, &|| format!("{name} at {at}"));
        }
    });
}

/// Time of this thread on a processor, where the system states it: other processes do not count. Else the time of the clock.
fn processor_seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let nanoseconds = fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| START.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

/// A text of twice the length takes about twice the time.
#[test]
fn time_is_linear() {
    let (_, unit) = corpus().into_iter().max_by_key(|(_, text)| text.len().min(20_000)).unwrap();
    let texts = |count: usize| {
        let step = "- type: task\n  name: s#\n  resourceArn: acs:fc:::services/s/functions/f\n  catch:\n  - {errors: [FnF.ALL], goto: s#}\n";
        let mut flow = "version: v1\ntype: flow\nsteps:\n".to_owned();
        for index in 0..count * 100 {
            flow += &step.replace('#', &index.to_string());
        }
        [
            flow,
            unit.repeat(count),
            "[".repeat(count * 500),
            "- ".repeat(count * 500),
            "{a: ".repeat(count * 500),
            "$Input.a.".repeat(count * 500),
            format!("a: {}", "f(".repeat(count * 500)),
        ]
    };
    let time = |text: &str| {
        let started = processor_seconds();
        ask(text, text.len(), &|| "long".to_owned());
        ask(text, text.len() / 2, &|| "long".to_owned());
        ask_all(text, &|| "long".to_owned());
        processor_seconds() - started
    };
    for (index, (short, long)) in texts(2).iter().zip(texts(16).iter()).enumerate() {
        // Other processes can slow one measurement down, not the fastest of five.
        let fastest = |text| (0..5).map(|_| time(text)).fold(f64::INFINITY, f64::min);
        let (first, second) = (fastest(short).max(0.004), fastest(long));
        assert!(second < first * 8.0 * 6.0, "text {index}: {first:.4} s, 8 times as long {second:.4} s");
    }
}

/// Edits keep the text of a mirror in JavaScript, in UTF-16 units.
#[test]
fn edits_are_in_utf16_units() {
    let mut flow = OpenFlow::open("a🎈b流c".to_owned(), Default::default());
    assert_eq!(flow.units(), 6);
    flow.edit(3, 4, "x");
    assert_eq!(flow.text(), "a🎈x流c");
    flow.edit(5, 99, "🎈");
    assert_eq!(flow.text(), "a🎈x流🎈");
    assert_eq!(flow.units(), 7);
    // Half of a pair.
    flow.edit(2, 2, "-");
    assert_eq!(flow.text(), "a\u{fffd}-\u{fffd}x流🎈");
    assert_eq!(flow.units(), 8);
    flow.edit(6, 7, "");
    assert_eq!(flow.text(), "a\u{fffd}-\u{fffd}x流\u{fffd}");
    flow.edit(7, 3, "");
    assert_eq!(flow.text(), "a\u{fffd}-");
    flow.edit(0, 3, "ascii");
    assert_eq!((flow.text(), flow.units()), ("ascii", 5));
    assert_eq!((flow.byte(2), flow.byte(9)), (2, 5));
}

/// Texts of other kinds: every function answers.
#[test]
fn strange_texts_have_answers() {
    let long = "x".repeat(100_000);
    let texts = [
        "".to_owned(),
        "\u{feff}Type: StateMachine\nStates:\n  - ".to_owned(),
        "\0\0".to_owned(),
        "---\n...\n---\n".to_owned(),
        "%YAML 1.2\n---\ntype: flow\n".to_owned(),
        "type: flow\rsteps:\r- type: pass\r  name: a\r".to_owned(),
        "\t\t\n\t: \t- \t".to_owned(),
        "? a\n: b\n? - c\n".to_owned(),
        "{\"Type\": \"StateMachine\", \"States\": [{\"Name\": \"a".to_owned(),
        "&a *a\n".to_owned(),
        "a: &a [*a, *a]\nb: *b\n<<: *a\n".to_owned(),
        "steps: {{ steps }}\n{% if x %}\ntype: flow\n{% endif %}\n".to_owned(),
        "type: flow\nsteps:\n- {type: pass, name: \"a\n  b\", x: |\n  c}\n".to_owned(),
        format!("{long}: {long}\n"),
        format!("type: flow\nsteps:\n- name: {long}\n  type: pass\n"),
        format!("Condition: {}", "$Input.a && ".repeat(5000)),
        "StartAt: A\nStates:\n  A:\n    Type: Pass\n    End: true\n".to_owned(),
        "type: flow\nsteps:\n  - type: \"pa\\\n    ss\"\n    name: 'a''b'\n".to_owned(),
        "Type: StateMachine\nStates:\n- Name: 🎈🎈\n  Type: Task\n  Parameters: {a.$: \"$Input.\u{6570}\u{636e}.\"}\n"
            .to_owned(),
    ];
    for text in &texts {
        let what = || text.chars().take(60).collect::<String>();
        ask_all(text, &what);
        let stride = (text.len() / 200).max(1);
        for (at, _) in text.char_indices().step_by(stride).chain([(text.len(), ' ')]) {
            ask(text, at, &what);
            let flow = OpenFlow::open(text.clone(), Default::default());
            let _ = flow.rename(at, "other");
            flow.code_actions(at, at);
        }
        for sort_keys in [false, true] {
            let flow = OpenFlow::open(text.clone(), Default::default());
            let edits = flow.format(cloudflow_editor::FormatOptions { sort_keys }).edits;
            crate::corpus::apply(text, &edits);
        }
    }
}
