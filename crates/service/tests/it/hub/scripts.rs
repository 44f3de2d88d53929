//! Scripts for the hub, the watch and the budget of the gateway.
//!
//! A case `tests/cases/hub/*.txt` begins with the machine. One line per step follows: the time in milliseconds, what
//! happens, and what the machine does.
//!
//! ```text
//! hub
//!   1000  join 1 stream until=60000  -> accept 1, attach 1, to 1: lead 1 0 0 - 0 0 1, alarm 11001
//!   1200  frame 1 report 1 aa 2      -> save state, to 1: state 1200 2 aa + body
//! ```
//!
//! - `hub` or `hub leaf`: `join <id> <kind> until=<ms> [since= after=] [history]` (`<id>` may be a range `1..9`: the actions
//!   of the last are shown), `frame <id or -> <header>`, `closed <id>`, `alarm`, `polled`, and `evict`, which replaces the
//!   hub by one with the stored texts. `seen=<ms>` is the last automatic answer of the leader.
//! - `watch <kind> deadline=<ms> [since= after=] [history] [most=<s>]`: `start`, `joined`, `failed`, `leaves <n>`,
//!   `frame <header>`, `closed`, `woke`, `permit <bucket> [wait= stretch=]`, `no-permit <bucket>`, `answered <hash> <rank>`,
//!   `events <last> [done] [more]`, `fault <bucket> <status> [retryable] [throttled] [after=]`, `parent <header>`, `gone`.
//!   `r=<n>%` is the random number (0 if absent).
//! - `budget`: `permit <bucket> <key> [throttled=<ms>]` (`<key>` may be a range `1..9`), `evict`.

use std::collections::BTreeMap;

use cloudflow_service::hub::{
    BodyOf, Bucket, Budget, Do, Effect, Event, Hub, Input, Join, Kind, Millis, Payload, Watch, WatchOptions,
};
use cloudflow_tests::{cases, report};

#[test]
fn scripts() {
    let mut failures = Vec::new();
    for case in cases("hub", "txt") {
        let script = case.read("txt");
        case.expect("txt", &play(&script), &mut failures);
    }
    report("hub", failures);
}

struct Line<'a> {
    now: Millis,
    words: Vec<&'a str>,
}

impl<'a> Line<'a> {
    fn option(&self, name: &str) -> Option<u64> {
        let value = self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
        Some(value.trim_end_matches('%').parse().unwrap_or_else(|e| panic!("{name}: {e}")))
    }

    fn has(&self, name: &str) -> bool {
        self.words.contains(&name)
    }

    fn word(&self, at: usize) -> &'a str {
        self.words.get(at).copied().unwrap_or_else(|| panic!("{:?}", self.words))
    }

    fn number(&self, at: usize) -> u64 {
        self.word(at).parse().unwrap_or_else(|e| panic!("{:?}: {e}", self.words))
    }

    /// The rest of the line without options: a header.
    fn header(&self, at: usize) -> String {
        let words: Vec<&str> = self.words[at..].iter().copied().filter(|word| !word.contains('=')).collect();
        words.join(" ")
    }

    /// The numbers of a range, or one.
    fn range(&self, at: usize) -> std::ops::RangeInclusive<u32> {
        let word = self.word(at);
        let (first, last) = word.split_once("..").unwrap_or((word, word));
        first.parse().unwrap()..=last.parse().unwrap()
    }
}

enum Machine {
    None,
    Hub { hub: Hub, leaf: bool, record: String, sockets: BTreeMap<u32, String> },
    Watch(Box<Watch>),
    Budget(Budget),
}

/// The script with the actual actions.
fn play(script: &str) -> String {
    let mut machine = Machine::None;
    let mut played = String::new();
    for line in script.lines() {
        let said = line.split("->").next().unwrap().trim_end();
        let mut words: Vec<&str> = said.split_whitespace().collect();
        if line.starts_with('#') || words.is_empty() {
            played += &format!("{line}\n");
            continue;
        }
        let Ok(now) = words[0].parse() else {
            machine = start(&Line { now: 0, words });
            played += &format!("{line}\n");
            continue;
        };
        words.remove(0);
        let line = Line { now, words };
        let actions = match &mut machine {
            Machine::None => panic!("{said}"),
            Machine::Hub { hub, leaf, record, sockets } => at_hub(hub, *leaf, record, sockets, &line),
            Machine::Watch(watch) => at_watch(watch, &line),
            Machine::Budget(budget) => at_budget(budget, &line),
        };
        played += format!("{said:<44} -> {}", actions.join(", ")).trim_end();
        played += "\n";
    }
    played
}

fn start(line: &Line<'_>) -> Machine {
    match line.word(0) {
        "hub" => {
            let leaf = line.has("leaf");
            let hub = Hub::restore("", leaf);
            Machine::Hub { hub, leaf, record: String::new(), sockets: BTreeMap::new() }
        }
        "watch" => Machine::Watch(Box::new(Watch::new(WatchOptions {
            kind: kind(line.word(1)),
            since: line.option("since").unwrap_or(0),
            after: line.option("after").unwrap_or(0),
            history: line.has("history"),
            deadline: line.option("deadline").unwrap(),
            max_wait_seconds: line.option("most").unwrap_or(60) as u32,
            linger_ms: 25_000,
        }))),
        "budget" => Machine::Budget(Budget::restore("")),
        other => panic!("{other}"),
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "poll" => Kind::Poll,
        "stream" => Kind::Stream,
        "now" => Kind::Now,
        "leaf" => Kind::Leaf,
        _ => panic!("{name}"),
    }
}

fn at_hub(
    hub: &mut Hub,
    leaf: bool,
    record: &mut String,
    sockets: &mut BTreeMap<u32, String>,
    line: &Line<'_>,
) -> Vec<String> {
    let header;
    let seen = line.option("seen");
    let mut effects = Vec::new();
    match line.word(0) {
        "evict" => {
            *hub = Hub::restore(record, leaf);
            for attachment in sockets.values() {
                hub.readd(attachment);
            }
            return Vec::new();
        }
        "join" => {
            for id in line.range(1) {
                if id > *line.range(1).start() {
                    keep(&effects, record, sockets);
                }
                let join = Join {
                    id,
                    since: line.option("since").unwrap_or(0),
                    deadline: line.option("until").unwrap(),
                    kind: kind(line.word(2)),
                    history: line.has("history"),
                    after: line.option("after").unwrap_or(0),
                };
                effects = hub.step(line.now, seen, Event::Join(join));
            }
        }
        word => {
            let event = match word {
                "frame" => {
                    header = line.header(2);
                    Event::Frame { from: line.word(1).parse().ok(), header: &header }
                }
                "closed" => {
                    sockets.remove(&(line.number(1) as u32));
                    Event::Closed(line.number(1) as u32)
                }
                "alarm" => Event::Alarm,
                "polled" => Event::Polled,
                other => panic!("{other}"),
            };
            effects = hub.step(line.now, seen, event);
        }
    }
    keep(&effects, record, sockets);
    effects.into_iter().filter_map(effect).collect()
}

/// Stores what a host stores.
fn keep(effects: &[Effect], record: &mut String, sockets: &mut BTreeMap<u32, String>) {
    for effect in effects {
        match effect {
            Effect::Accept { id, attachment } | Effect::Attach { id, attachment } => {
                sockets.insert(*id, attachment.clone());
            }
            Effect::Close { ids, .. } => sockets.retain(|id, _| !ids.contains(id)),
            Effect::SaveRecord(text) => record.clone_from(text),
            Effect::Clear => record.clear(),
            _ => {}
        }
    }
}

fn effect(effect: Effect) -> Option<String> {
    let with = |body: BodyOf| match body {
        BodyOf::Nothing => String::new(),
        BodyOf::Current => " + body".to_owned(),
        BodyOf::Stored => " + state".to_owned(),
        BodyOf::Events { after } => format!(" + events after {after}"),
    };
    Some(match effect {
        Effect::Answer { header, body } => format!("answer {header}{}", with(body)),
        Effect::Leaves(count) => format!("leaves {count}"),
        Effect::Accept { id, .. } => format!("accept {id}"),
        Effect::Attach { id, .. } => format!("attach {id}"),
        Effect::Send { to, header, body } => format!("to {}: {header}{}", list(&to), with(body)),
        Effect::Close { ids, reason } => format!("close {} {reason}", list(&ids)),
        Effect::SaveState => "save state".to_owned(),
        Effect::SaveEvents { after, last } => format!("save events {}..{last}", after + 1),
        // Every change of the hub changes it.
        Effect::SaveRecord(_) => return None,
        Effect::Alarm(Some(at)) => format!("alarm {at}"),
        Effect::Alarm(None) => "no alarm".to_owned(),
        Effect::Poll => "poll".to_owned(),
        Effect::Clear => "clear".to_owned(),
    })
}

fn list(ids: &[u32]) -> String {
    match ids {
        [first, .., last] if ids.len() > 5 => format!("{first}..{last} ({})", ids.len()),
        _ => ids.iter().map(u32::to_string).collect::<Vec<_>>().join("+"),
    }
}

fn bucket(line: &Line<'_>) -> Bucket {
    Bucket::parse(line.word(1)).unwrap()
}

fn at_watch(watch: &mut Watch, line: &Line<'_>) -> Vec<String> {
    let header = line.header(1);
    let input = match line.word(0) {
        "start" => Input::Start,
        "joined" => Input::Joined,
        "failed" => Input::JoinFailed,
        "leaves" => Input::Leaves(line.number(1) as u32),
        "frame" => Input::Frame(&header),
        "closed" => Input::Closed,
        "woke" => Input::Woke,
        "permit" => Input::Permit {
            bucket: bucket(line),
            wait_ms: line.option("wait").unwrap_or(0),
            stretch_seconds: line.option("stretch").unwrap_or(0) as u32,
        },
        "no-permit" => Input::PermitFailed(bucket(line)),
        "answered" => Input::Answered { hash: line.word(1), rank: line.number(2) as u8 },
        "events" => Input::Events { last: line.number(1), done: line.has("done"), more: line.has("more") },
        "fault" => Input::Fault {
            bucket: bucket(line),
            retryable: line.has("retryable"),
            throttled: line.has("throttled"),
            retry_after: line.option("after"),
            status: line.number(2) as u16,
        },
        "parent" => Input::Parent(&header),
        "gone" => Input::CallerGone,
        other => panic!("{other}"),
    };
    let random = line.option("r").map_or(0, |percent| (u64::from(u32::MAX) * percent / 100) as u32);
    watch.step(line.now, random, input).into_iter().map(action).collect()
}

fn action(action: Do) -> String {
    match action {
        Do::Connect { since, deadline, after, leaf } => {
            let leaf = leaf.map(|leaf| format!(" leaf={leaf}")).unwrap_or_default();
            format!("connect since={since} until={deadline} after={after}{leaf}")
        }
        Do::Send(header, payload) => match payload {
            Payload::Nothing => format!("send {header}"),
            Payload::State => format!("send {header} + state"),
            Payload::Events => format!("send {header} + events"),
            Payload::Fault => format!("send {header} + fault"),
        },
        Do::Permit { bucket, throttled } => {
            let throttled = throttled.map(|pause| format!(" throttled={pause}")).unwrap_or_default();
            format!("permit {}{throttled}", bucket.as_str())
        }
        Do::Describe { wait_seconds, timeout_ms } => format!("describe wait={wait_seconds} timeout={timeout_ms}"),
        Do::History { after } => format!("history after={after}"),
        Do::Parent { since, after, history, deadline } => {
            let history = if history { " history" } else { "" };
            format!("parent since={since} after={after} until={deadline}{history}")
        }
        Do::LeaveParent => "leave parent".to_owned(),
        Do::AbortCalls => "abort".to_owned(),
        Do::Wake(at) => format!("wake {at}"),
        Do::Keep => "keep".to_owned(),
        Do::Deliver => "deliver".to_owned(),
        Do::DeliverEvents { after, done } => {
            format!("deliver events after {after}{}", if done { ", complete" } else { "" })
        }
        Do::DeliverFault => "deliver fault".to_owned(),
        Do::Answer => "answer".to_owned(),
        Do::Disconnect => "disconnect".to_owned(),
        Do::Done => "done".to_owned(),
    }
}

fn at_budget(budget: &mut Budget, line: &Line<'_>) -> Vec<String> {
    if line.has("evict") {
        *budget = Budget::restore(&budget.record());
        return Vec::new();
    }
    let random = line.option("r").map_or(0, |percent| (u64::from(u32::MAX) * percent / 100) as u32);
    let mut answers: Vec<(String, u32)> = Vec::new();
    for key in line.range(2) {
        let permit = budget.permit(line.now, random, bucket(line), &key.to_string(), line.option("throttled"));
        let answer = match permit.wait_ms {
            0 => format!("call stretch={}", permit.stretch_seconds),
            wait => format!("wait {wait}"),
        };
        match answers.last_mut() {
            Some((last, count)) if *last == answer => *count += 1,
            _ => answers.push((answer, 1)),
        }
    }
    answers
        .iter()
        .map(|(answer, count)| if *count > 1 { format!("{count}x {answer}") } else { answer.clone() })
        .collect()
}
