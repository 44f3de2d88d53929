//! How fast YAML is read: `cargo run --release --example yaml_speed [file]`. Without a file a
//! definition of 64 KB is made up. granit-parser, which only tells events, runs beside.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that measures and prints")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use cloudflow_language::yaml;
use granit_parser::{Options, Parser};

fn main() {
    let text = match std::env::args().nth(1) {
        Some(path) => std::fs::read_to_string(path).unwrap_or_default(),
        None => definition(64 * 1024),
    };
    let (_, diagnostics) = yaml::parse(&text);
    println!("{} bytes, {} findings", text.len(), diagnostics.len());
    measure("this reader, tree", &text, || {
        black_box(yaml::parse(black_box(&text)));
    });
    measure("granit-parser, events", &text, || {
        let mut options = Options::default();
        options.set_emit_comments(false);
        for event in Parser::new_from_str_with_options(black_box(&text), options) {
            let _ = black_box(event);
        }
    });
}

fn measure(name: &str, text: &str, run: impl Fn()) {
    let mut best = Duration::MAX;
    for _ in 0..200 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    let seconds = best.as_secs_f64();
    println!("{name:24} {:8.3} ms {:8.1} MB/s", seconds * 1e3, text.len() as f64 / 1e6 / seconds);
}

/// A definition of about `size` bytes, with a little of everything.
fn definition(size: usize) -> String {
    let mut text = String::from("Type: StateMachine\nSpecVersion: v1\nName: big\nStartAt: s0\nStates:\n");
    let mut n = 0;
    while text.len() < size {
        let (next, later) = (n + 1, n + 2);
        let _ = write!(
            text,
            "  # 步骤 {n}\n  - Type: Task\n    Name: s{n}\n    Action: FC:InvokeFunction\n    TaskMode: RequestComplete\n    \
             Parameters:\n      resourceArn: \"acs:fc:::services/demo/functions/f{n}\"\n      body:\n        \
             key.$: $Input.items[{n}].value\n        list: [1, 2, {{a: b, c: 'it''s'}}]\n        note: >-\n          \
             a folded text\n          of two lines\n    Timeout: 60\n    Retry:\n      - Errors: [FC.ResourceThrottled]\n        \
             IntervalSeconds: 3\n        BackoffRate: 1.5\n        MaxAttempts: 3\n    Next: c{n}\n  - Type: Choice\n    \
             Name: c{n}\n    Branches:\n      - Condition: '$Input.value > {n}'\n        Next: s{next}\n    Default: s{later}\n"
        );
        n += 1;
    }
    text
}
