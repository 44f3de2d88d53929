//! A script for the emulator: records that end with U+001E. The first byte of a record is its kind, the rest is its
//! text:
//!
//! ```text
//! r  a request as received: `METHOD /path?query`, header lines, an empty line, the body as bytes
//! s  a signed POST of the RPC scheme: the operation, then `Name=value`, separated by U+001F
//! a  the same as a signed GET of the ACS3 scheme
//! t  advances the clock by a number of milliseconds, one day at most
//! f  every open task succeeds with this JSON
//! e  every open task fails with this error
//! q  sets the faults, as one byte of flags
//! v  a new emulator restores the saved state; the text is the thousands of units of one of its turns
//! x  a new emulator restores this text
//! l  the clients of all held requests disconnect
//! ```
//!
//! A request or a result of a task is followed by one turn only. An execution may then be behind when
//! the next record is processed.

use cloudflow_local::emulate::{AccessKey, Emulator, Options, Request, WaiterId};
use cloudflow_local::shape::{self, Fail, Faults, Way};
use cloudflow_local::simulate::time;
use cloudflow_service::sign::{acs3, encode, rpc};

/// Maximum number of records of a script.
const RECORDS: usize = 64;

/// Maximum time of one record.
const DAY: u64 = 24 * 3_600 * 1000;

/// Maximum number of turns of one record.
const MOMENTS: usize = 200_000;

const ZERO: u64 = 1_714_979_289_000;

struct Talk {
    emulator: Emulator,
    now: u64,
    nonce: u32,
    tasks: Vec<u64>,
    held: Vec<u64>,
}

/// Runs the script.
pub fn run(bytes: &[u8]) {
    let mut talk = Talk { emulator: emulator(1, None), now: ZERO, nonce: 0, tasks: Vec::new(), held: Vec::new() };
    let mut rest = bytes;
    for _ in 0..RECORDS {
        if rest.is_empty() {
            break;
        }
        let record = crate::part(&mut rest, 0x1E);
        if let Some((kind, record)) = record.split_first() {
            talk.record(*kind, record);
        }
    }
    // At the end every held request is answered.
    talk.settle();
    talk.emulator.answer_held(talk.now);
    talk.advance();
    assert!(talk.held.is_empty(), "requests are still held: {:?}", talk.held);
}

fn emulator(seed: u64, work: Option<u64>) -> Emulator {
    let key = |id: &str, token: Option<&str>| AccessKey {
        id: id.to_owned(),
        secret: "testsecret".to_owned(),
        security_token: token.map(str::to_owned),
    };
    let access_keys = vec![key("testid", None), key("temporary", Some("STS.abc"))];
    Emulator::new(Options { seed, access_keys, nonces: true, work, ..Options::default() })
}

impl Talk {
    fn record(&mut self, kind: u8, record: &[u8]) {
        match kind {
            b'r' => {
                if let Some(request) = raw(record) {
                    self.send(&request);
                }
            }
            b's' => {
                let request = self.rpc(record);
                self.send(&request);
            }
            b'a' => {
                let request = self.acs3(record);
                self.send(&request);
            }
            b't' => {
                let pause = crate::text(record).trim().parse::<u64>().unwrap_or(0).min(DAY);
                self.wait(pause);
            }
            b'f' | b'e' => {
                let text = crate::text(record);
                for task in std::mem::take(&mut self.tasks) {
                    let result =
                        if kind == b'f' { Ok(text.as_str()) } else { Err((text.clone(), "said so".to_owned())) };
                    shape::finish_task(&mut self.emulator, self.now, task, result, 0.0);
                }
                self.advance();
            }
            b'q' => shape::set_faults(&mut self.emulator, faults(record.first().copied().unwrap_or(0))),
            b'v' => self.restart(crate::text(record).trim().parse().ok()),
            b'x' => {
                let mut other = emulator(3, None);
                if shape::restore(&mut other, &crate::text(record)).is_ok() {
                    let saved = other.save();
                    other.advance(self.now);
                    shape::restore(&mut emulator(4, None), &saved).expect("what was saved can be restored");
                }
            }
            b'l' => {
                for waiter in std::mem::take(&mut self.held) {
                    self.emulator.disconnect(WaiterId(waiter));
                }
            }
            _ => {}
        }
    }

    fn send(&mut self, request: &Request) {
        let answer = shape::request(&mut self.emulator, self.now, request);
        match answer.status {
            Some(status) => assert!((200..600).contains(&status), "the status {status}"),
            None => self.held.push(answer.waiter.expect("it is held")),
        }
        self.advance();
    }

    /// One turn: answers that are due, and the tasks that are requested or cancelled.
    fn advance(&mut self) {
        for answer in shape::advance(&mut self.emulator, self.now) {
            let waiter = answer.waiter.expect("an answer for somebody");
            let at = self.held.iter().position(|held| *held == waiter);
            self.held.remove(at.expect("an answer for somebody who is held"));
        }
        let tasks = shape::tasks(&mut self.emulator);
        self.tasks.extend(tasks.requested.iter().map(|task| task.id));
        self.tasks.retain(|task| !tasks.cancelled.contains(task));
    }

    /// Turns until nothing is due now.
    fn settle(&mut self) {
        self.wait(0);
    }

    /// Advances to each event separately, like a server, until nothing is due.
    fn wait(&mut self, pause: u64) {
        let end = self.now + pause;
        for _ in 0..MOMENTS {
            let due = self.emulator.wake_at().filter(|at| *at <= end);
            self.now = due.unwrap_or(end).max(self.now);
            self.advance();
            if due.is_none() {
                return;
            }
        }
        panic!("something is due after {MOMENTS} turns");
    }

    /// A restored emulator saves the same text, when no execution is behind in either.
    fn restart(&mut self, work: Option<u64>) {
        let saved = self.emulator.save();
        let mut next = emulator(2, work.map(|thousands| thousands.clamp(1, 1_000_000) * 1000));
        let restored = shape::restore(&mut next, &saved).expect("what was saved can be restored");
        assert!(restored.problems.is_empty(), "{:?}", restored.problems);
        if self.emulator.wake_at().is_none_or(|at| at > self.now) {
            assert_eq!(next.save(), saved, "a restored emulator saves the same text");
        }
        self.settle();
        let settled = body(&self.emulator.save());
        self.emulator = next;
        self.tasks.clear();
        self.held.clear();
        self.settle();
        assert_eq!(body(&self.emulator.save()), settled, "a restored emulator goes on in the same way");
    }

    fn stamp(&mut self) -> (String, String) {
        self.nonce += 1;
        (time::format(self.now)[..19].to_owned() + "Z", format!("nonce-{}", self.nonce))
    }

    fn rpc(&mut self, record: &[u8]) -> Request {
        let (stamp, nonce) = self.stamp();
        let (action, business) = call(record);
        let mut query: Vec<(String, String)> = [
            ("Action", action.as_str()),
            ("Version", "2019-03-15"),
            ("Format", "json"),
            ("Timestamp", &stamp),
            ("SignatureNonce", &nonce),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("AccessKeyId", "testid"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let all: Vec<(&str, &str)> = query.iter().chain(&business).map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let signature = rpc::signature("testsecret", &rpc::string_to_sign("POST", &rpc::canonical(&all)));
        query.push(("Signature".to_owned(), signature));
        Request {
            method: "POST".to_owned(),
            host: "localhost:8791".to_owned(),
            path: "/".to_owned(),
            query: form(&query),
            headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
            body: form(&business).into_bytes(),
        }
    }

    fn acs3(&mut self, record: &[u8]) -> Request {
        let (stamp, nonce) = self.stamp();
        let (action, business) = call(record);
        let hash = acs3::sha256_hex(b"");
        let mut headers: Vec<(String, String)> = [
            ("x-acs-action", action.as_str()),
            ("x-acs-version", "2019-03-15"),
            ("x-acs-date", &stamp),
            ("x-acs-signature-nonce", &nonce),
            ("x-acs-content-sha256", &hash),
            ("x-acs-security-token", "STS.abc"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let mut signed = vec![("host", "localhost:8791")];
        signed.extend(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let pairs: Vec<(&str, &str)> = business.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let canonical = acs3::canonical_request("GET", "/", &pairs, &signed, &hash);
        let signature = acs3::signature("testsecret", &acs3::string_to_sign(&canonical.request));
        let authorization = acs3::authorization("temporary", &canonical.signed_headers, &signature);
        headers.push(("authorization".to_owned(), authorization));
        Request {
            method: "GET".to_owned(),
            host: "localhost:8791".to_owned(),
            path: "/".to_owned(),
            query: form(&business),
            headers,
            body: Vec::new(),
        }
    }
}

/// A saved text without its head and its hash. The head has the time of the next child, which a task that is requested
/// again changes.
fn body(saved: &str) -> String {
    saved.lines().skip(1).filter(|line| !line.starts_with("{\"sha256\"")).collect::<Vec<_>>().join("\n")
}

fn faults(switches: u8) -> Faults {
    let on = |bit: u8| switches >> bit & 1 == 1;
    let fail = |how| Fail {
        action: None,
        skip: 0,
        times: Some(1),
        how,
        status: None,
        code: None,
        message: None,
        retry_after_ms: None,
    };
    Faults {
        epoch_stopped_time: on(0),
        early_after_ms: on(1).then_some(2_000),
        late_by_ms: u32::from(on(2)) * 500,
        latency_ms: u32::from(on(3)) * 100,
        missing_fields: on(4),
        status: on(5).then(|| "Thinking".to_owned()),
        cors: on(6),
        fail: if on(7) { vec![fail(Way::Garbage), fail(Way::Cut)] } else { Vec::new() },
    }
}

/// The operation and its parameters.
fn call(record: &[u8]) -> (String, Vec<(String, String)>) {
    let text = crate::text(record);
    let mut parts = text.split('\u{1F}');
    let action = parts.next().unwrap_or_default().to_owned();
    let pairs = parts.filter_map(|part| part.split_once('='));
    (action, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn form(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(n, v)| format!("{}={}", encode::percent(n), encode::percent(v))).collect();
    pairs.join("&")
}

/// A request in the form in which a server passes it: lines are text, the body is bytes.
fn raw(mut record: &[u8]) -> Option<Request> {
    let line = crate::text(crate::part(&mut record, b'\n'));
    let (method, target) = line.split_once(' ')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: method.to_owned(),
        host: "localhost:8791".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        ..Request::default()
    };
    loop {
        let line = crate::text(crate::part(&mut record, b'\n'));
        let Some((name, value)) = line.split_once(':') else { break };
        request.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    request.body = record.to_vec();
    Some(request)
}
