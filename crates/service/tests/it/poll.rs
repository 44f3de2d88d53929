//! Scripts for the state machine of the long poll.
//!
//! A case `tests/cases/poll/*.txt` begins with one line of options. One line per step follows:
//!
//! ```text
//! wait until-done wait=20 timeout=60000 attempts=5 base=500 cap=10000
//!      0  start                     -> send 1 wait=20 timeout=30000
//!  20010  running                   -> send 1 wait=20 timeout=30000
//!  20100  fault Backoff r=50%       -> sleep 250
//!  20350  woke                      -> send 2 wait=20 timeout=30000
//!  40000  done                      -> finish execution
//! ```
//!
//! The time is in milliseconds. Options: `describe` or `wait`, then the differences to
//! `at-once=0 wait=0 attempts=5 base=500 cap=10000 counted=0` and no timeout; `attempts=0` are the defaults of a wait: no
//! limit, pauses of up to 30 s. Inputs: `start`, `running`,
//! `done`, `fault <Retry> [after=<ms>] [mended]`, `network`, `timeout`, `woke`, `slept`, `visible`,
//! `offline`, `online`, `abort`; `r=<n>%` is the random number (0 if absent). Lines that begin with
//! `#` are comments.
//!
//! Polls of one client have names: `@a` precedes the options, and follows the time of the steps. `@a*50` are fifty polls
//! with the same options and the same steps. If they return different actions, the number of each is shown.

use cloudflow_service::poll::{Action, Attempt, Input, Options, Outcome, Pacing, Poll, RetryOptions};
use cloudflow_service::wire::fault::Retry;

use cloudflow_tests::{cases, report};

#[test]
fn scripts() {
    let mut failures = Vec::new();
    for case in cases("poll", "txt") {
        let script = case.read("txt");
        case.expect("txt", &play(&script), &mut failures);
    }
    report("poll", failures);
}

/// The script with the actual actions.
fn play(script: &str) -> String {
    let mut pacing = Pacing::default();
    let mut polls: Vec<(String, Vec<Poll>)> = Vec::new();
    let mut played = String::new();
    for line in script.lines() {
        let mut words: Vec<&str> = line.split("->").next().unwrap().split_whitespace().collect();
        if line.starts_with('#') || words.is_empty() {
            played += &format!("{line}\n");
            continue;
        }
        let name = words.iter().position(|word| word.starts_with('@')).map(|at| words.remove(at));
        let (name, count) = name.and_then(|name| name.split_once('*')).unwrap_or((name.unwrap_or_default(), "1"));
        if ["wait", "describe"].contains(&words[0]) {
            let poll = Poll::new(options(&words));
            polls.push((name.to_owned(), vec![poll; count.parse().unwrap()]));
            played += &format!("{line}\n");
            continue;
        }
        let said = line.split("->").next().unwrap().trim_end();
        let now = words.remove(0).parse().unwrap_or_else(|e| panic!("{line}: {e}"));
        let (input, random) = input(&words);
        let polls = &mut polls.iter_mut().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{line}")).1;
        let mut answers: Vec<(String, u32)> = Vec::new();
        for poll in polls {
            let answer = shown(poll.step(&mut pacing, now, random, input));
            match answers.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, count)) => *count += 1,
                None => answers.push((answer, 1)),
            }
        }
        let answers: Vec<String> = match answers.as_slice() {
            [(answer, _)] => vec![answer.clone()],
            _ => answers.iter().map(|(answer, count)| format!("{count}x {answer}")).collect(),
        };
        played += &format!("{said:<32} -> {}\n", answers.join(", "));
    }
    played
}

const RETRIES: [Retry; 9] = [
    Retry::Never,
    Retry::Backoff,
    Retry::Throttled,
    Retry::GatewayTimeout,
    Retry::NotYetVisible,
    Retry::LimitedBackoff,
    Retry::Clock,
    Retry::Nonce,
    Retry::Credentials,
];

fn options(words: &[&str]) -> Options {
    let until_done = words[0] == "wait";
    let mut options = Options {
        until_done,
        first_at_once: false,
        wait_time_seconds: 0,
        timeout_ms: None,
        counted: false,
        retry: RetryOptions::default(),
    };
    for word in &words[1..] {
        let (name, value) = word.split_once('=').unwrap();
        let value: u64 = value.parse().unwrap();
        match name {
            "counted" => options.counted = value == 1,
            "at-once" => options.first_at_once = value == 1,
            "wait" => options.wait_time_seconds = value as u32,
            "timeout" => options.timeout_ms = Some(value),
            "attempts" if value == 0 => options.retry = RetryOptions::of_wait(),
            "attempts" => options.retry.max_attempts = value as u32,
            "base" => options.retry.base_delay_ms = value,
            "cap" => options.retry.max_delay_ms = value,
            other => panic!("{other}"),
        }
    }
    options
}

fn input(words: &[&str]) -> (Input, u32) {
    let number = |prefix: &str| {
        words.iter().find_map(|word| word.strip_prefix(prefix)).map(|n| n.trim_end_matches('%').parse::<u64>().unwrap())
    };
    let random = (u64::from(u32::MAX) * number("r=").unwrap_or(0)).div_ceil(100) as u32;
    let input = match words[0] {
        "start" => Input::Start,
        "running" => Input::Execution { done: false },
        "done" => Input::Execution { done: true },
        "fault" => {
            let retry = RETRIES.into_iter().find(|retry| format!("{retry:?}") == words[1]).unwrap();
            Input::Fault { retry, retry_after: number("after="), mended: words.contains(&"mended") }
        }
        "network" => Input::NetworkError,
        "timeout" => Input::TimedOut,
        "woke" => Input::Woke,
        "slept" => Input::Slept,
        "visible" => Input::Visible,
        "offline" => Input::Offline,
        "online" => Input::Online,
        "abort" => Input::Aborted,
        other => panic!("{other}"),
    };
    (input, random)
}

fn shown(action: Action) -> String {
    match action {
        Action::Send(Attempt { number, wait_time_seconds, timeout_ms }) => {
            format!("send {number} wait={wait_time_seconds} timeout={timeout_ms}")
        }
        Action::Sleep(delay) => format!("sleep {delay}"),
        Action::Stay => "stay".to_owned(),
        Action::Finish(outcome) => match outcome {
            Outcome::Execution => "finish execution",
            Outcome::Fault => "finish fault",
            Outcome::NetworkError => "finish network-error",
            Outcome::AttemptTimedOut => "finish attempt-timed-out",
            Outcome::DeadlinePassed => "finish deadline-passed",
            Outcome::Aborted => "finish aborted",
        }
        .to_owned(),
    }
}

/// For any events in any order, a poll ends, sends nothing after its end, does not sleep past its deadline, and no
/// attempt exceeds the deadline.
#[test]
fn any_events_satisfy_the_rules() {
    let mut seed = 1u64;
    let mut dice = move |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    for _ in 0..cloudflow_tests::rounds(20_000) {
        let timeout = 1 + dice(200_000);
        let options = Options {
            until_done: dice(2) == 0,
            first_at_once: dice(2) == 0,
            wait_time_seconds: dice(61) as u32,
            timeout_ms: Some(timeout),
            counted: dice(2) == 0,
            retry: RetryOptions::default(),
        };
        let (mut poll, mut pacing) = (Poll::new(options), Pacing::default());
        let begin = dice(1 << 40);
        let mut now = begin;
        let mut input = Input::Start;
        let mut early = 0;
        for step in 0.. {
            assert!(step < 2_000, "the poll does not end: {options:?}");
            let action = poll.step(&mut pacing, now, dice(1 << 32) as u32, input);
            match action {
                Action::Finish(outcome) => {
                    assert_eq!(poll.step(&mut pacing, now + 1, 0, Input::Woke), Action::Finish(outcome));
                    break;
                }
                Action::Stay => panic!("no event was out of order"),
                Action::Sleep(delay) => {
                    assert!(now + delay <= begin + timeout);
                    now += delay;
                    input = if dice(50) == 0 { Input::Aborted } else { Input::Woke };
                }
                Action::Send(attempt) => {
                    assert!(attempt.timeout_ms >= 1 && now + attempt.timeout_ms <= begin + timeout);
                    let most = if options.wait_time_seconds == 0 { 0 } else { 60 };
                    assert!(attempt.wait_time_seconds <= most);
                    assert!(attempt.number <= 5);
                    let took = dice(attempt.timeout_ms + 1);
                    input = match dice(8) {
                        0..4 => Input::Execution { done: dice(10) == 0 },
                        4 | 5 => Input::Fault {
                            retry: RETRIES[dice(9) as usize],
                            retry_after: (dice(4) == 0).then(|| dice(20_000)),
                            mended: dice(2) == 0,
                        },
                        6 => Input::NetworkError,
                        _ => Input::TimedOut,
                    };
                    now += if input == Input::TimedOut { attempt.timeout_ms } else { took };
                    early += u32::from(took < 1000);
                }
            }
        }
        // A poll without pauses would send thousands of requests in 200 seconds.
        assert!(early <= 220, "{early} early answers");
    }
}
