//! A conversation with the emulator: records that end with U+001E. The first byte of a record says what
//! it is, the rest is its text:
//!
//! ```text
//! r  a request as it comes: `METHOD /path?query`, header lines, an empty line, the body as bytes
//! s  a signed POST of the RPC scheme: the operation, then `Name=value`, parted by U+001F
//! a  the same as a signed GET of the ACS3 scheme
//! t  time passes: so many milliseconds, one day at most
//! f  every open task succeeds with this JSON
//! e  every open task fails with this error
//! q  what goes wrong from now on, as one byte of switches
//! v  what is saved goes to a new emulator
//! x  this text is restored by a new emulator
//! l  everyone who is held leaves
//! ```

use cloudflow_wasm::api::local;
use cloudflow_wasm::emulate::{AccessKey, Emulator, How, Options, Quirks, Request, WaiterId};
use cloudflow_wasm::sign::{acs3, encode, rpc};
use cloudflow_wasm::simulate::time;

/// The records of one conversation that are looked at.
const RECORDS: usize = 64;

/// The longest that one record waits.
const DAY: u64 = 24 * 3_600 * 1000;

/// So many moments that something was due at end every wait.
const MOMENTS: usize = 200_000;

const ZERO: u64 = 1_714_979_289_000;

struct Talk {
    emulator: Emulator,
    now: u64,
    nonce: u32,
    tasks: Vec<u64>,
    held: Vec<u64>,
}

/// Holds the conversation.
pub fn run(bytes: &[u8]) {
    let mut talk = Talk { emulator: emulator(1), now: ZERO, nonce: 0, tasks: Vec::new(), held: Vec::new() };
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
    // At the end nobody is left behind.
    talk.emulator.answer_held(talk.now);
    talk.advance();
    assert!(talk.held.is_empty(), "somebody is still held: {:?}", talk.held);
}

fn emulator(seed: u64) -> Emulator {
    let key = |id: &str, token: Option<&str>| AccessKey {
        id: id.to_owned(),
        secret: "testsecret".to_owned(),
        security_token: token.map(str::to_owned),
    };
    let access_keys = vec![key("testid", None), key("temporary", Some("STS.abc"))];
    Emulator::new(Options { seed, access_keys, nonces: true, ..Options::default() })
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
                    local::finish_task(&mut self.emulator, self.now, task, result);
                }
                self.advance();
            }
            b'q' => self.emulator.set_quirks(quirks(record.first().copied().unwrap_or(0))),
            b'v' => self.restart(),
            b'x' => {
                let mut other = emulator(3);
                if local::restore(&mut other, &crate::text(record)).is_ok() {
                    let saved = other.save();
                    other.advance(self.now);
                    local::restore(&mut emulator(4), &saved).expect("what was saved can be restored");
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
        let answer = local::request(&mut self.emulator, self.now, request);
        match answer.status {
            Some(status) => assert!((200..600).contains(&status), "the status {status}"),
            None => self.held.push(answer.waiter.expect("it is held")),
        }
        self.advance();
    }

    /// What is due, and the tasks that were asked for.
    fn advance(&mut self) {
        for answer in local::advance(&mut self.emulator, self.now) {
            let waiter = answer.waiter.expect("an answer for somebody");
            let at = self.held.iter().position(|held| *held == waiter);
            self.held.remove(at.expect("an answer for somebody who is held"));
        }
        let tasks = local::tasks(&mut self.emulator);
        self.tasks.extend(tasks.wanted.iter().map(|task| task.id));
        self.tasks.retain(|task| !tasks.cancelled.contains(task));
    }

    /// Every moment by itself, as a server does it.
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
        panic!("something is due for ever");
    }

    /// What was saved and restored is the same once more.
    fn restart(&mut self) {
        let saved = self.emulator.save();
        let mut next = emulator(2);
        let restored = local::restore(&mut next, &saved).expect("what was saved can be restored");
        assert!(restored.problems.is_empty(), "{:?}", restored.problems);
        assert_eq!(next.save(), saved, "saved again, it is the same");
        self.emulator = next;
        self.tasks.clear();
        self.held.clear();
        self.advance();
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

fn quirks(switches: u8) -> Quirks {
    let on = |bit: u8| switches >> bit & 1 == 1;
    let fail = |how| cloudflow_wasm::emulate::Failure { action: None, skip: 0, times: Some(1), how };
    Quirks {
        start_without_status: on(0),
        early_after: on(1).then_some(2_000),
        late_by: u64::from(on(2)) * 500,
        latency: u64::from(on(3)) * 100,
        missing_fields: on(4),
        status: on(5).then(|| "Thinking".to_owned()),
        cors: on(6),
        failures: if on(7) { vec![fail(How::Garbage { status: 200 }), fail(How::Cut)] } else { Vec::new() },
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

/// A request as a server hands it on: lines are text, the body is bytes.
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
