//! Scripts of requests to the emulator, on a virtual clock.
//!
//! A case is a `script.txt` with one command per line, and its transcript `answers.txt`:
//!
//! ```text
//! set quotas | nonces | cors | epoch-stopped-time | missing-fields
//! set latency 100 | late 500 | early 2000 | status Thinking
//! set speed 60 | skip-waits         the clock of the flows
//! set token STS.abc                 the key `testid` needs this STS token
//! set fail <cut|empty|xml|error|garbage> [Action]   once
//! at 1500                           set the clock, in ms after 2024-05-06T07:08:09Z
//! rpc a StartExecution FlowName=f Input='{"a": 1}'     a POST of the RPC signature, called `a`
//! acs3 b DescribeExecution FlowName=f ExecutionName=e  a GET of the ACS3 signature
//! raw c GET /?Action=X              no signature
//! leave b                           the client of `b` disconnects
//! finish <name of the state> <JSON> | fail <name of the state> <error>
//! finish <name of the state> text:<bytes>     an object of this size
//! later <name of the state> <ms | never> <JSON>     the result of a mock, on the clock of the flows
//! restart                    restore the saved state in a new emulator; held requests are lost
//! ```
//!
//! `Name=@file` is the text of a file of the case, `Name=$token` the token of the task that was requested last,
//! `Name=$a.NextToken` a field of the answer called `a`. Words that begin with `!` falsify the request: `!secret=x`, `!key=x`,
//! `!time=-1000000` (ms), `!nonce=x`, `!token=x`, `!method=GET`, `!version=x`, `!path=/x`, `!omit=X`,
//! `!size=2000000` (bytes of a body that is not a form).

mod attacks;
mod damaged;
mod load;
mod operations;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use cloudflow_local::emulate::{
    AccessKey, Emulator, Ended, FailRule, How, Options, Reply, Request, Response, WaiterId,
};
use cloudflow_local::simulate::{self, time};
use cloudflow_service::sign::{acs3, encode, rpc};

use cloudflow_tests::{Case, cases, report};

#[test]
fn scripts() {
    let mut failures = Vec::new();
    for case in cases("emulate", "script.txt") {
        let answers = Session::new(&case).run();
        case.expect("answers.txt", &answers, &mut failures);
        // After each line, the saved text and the journal restore the state of the emulator.
        let mut recorded = Session::new(&case);
        recorded.record = Some(String::new());
        recorded.run();
        // A restore between two lines does not change the transcript.
        let script = case.read("script.txt");
        if ["set quotas", "set nonces", "set fail", "later "].iter().any(|what| script.contains(what)) {
            continue;
        }
        let mut restarted = Session::new(&case);
        restarted.restarts = true;
        let again = restarted.run();
        if again != answers {
            failures.push(format!("{} with restarts\n--- without\n{answers}\n--- with\n{again}", case.name));
        }
    }
    report("emulate", failures);
}

struct Session<'c> {
    case: &'c Case,
    options: Options,
    emulator: Option<Emulator>,
    zero: u64,
    now: u64,
    /// The time of the last call. The clock does not go back.
    reached: u64,
    nonce: u32,
    names: HashMap<WaiterId, String>,
    tasks: HashMap<String, u64>,
    /// Open tasks: name, execution, whether there is a token.
    open: BTreeSet<(String, String, bool)>,
    token: String,
    answers: HashMap<String, serde_json::Value>,
    transcript: String,
    /// Whether the emulator is restored between lines while no request is held.
    restarts: bool,
    /// The saved text and its journal, if they are checked.
    record: Option<String>,
}

impl<'c> Session<'c> {
    fn new(case: &'c Case) -> Self {
        let key = AccessKey { id: "testid".into(), secret: "testsecret".into(), security_token: None };
        let zero = time::parse("2024-05-06T07:08:09Z").unwrap();
        Session {
            case,
            options: Options { seed: 1, access_keys: vec![key], ..Options::default() },
            emulator: None,
            zero,
            now: zero,
            reached: zero,
            nonce: 0,
            names: HashMap::new(),
            tasks: HashMap::new(),
            open: BTreeSet::new(),
            token: String::new(),
            answers: HashMap::new(),
            transcript: String::new(),
            restarts: false,
            record: None,
        }
    }

    fn run(mut self) -> String {
        for line in self.case.read("script.txt").lines() {
            let words = words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if self.restarts && self.names.is_empty() && self.emulator.is_some() {
                self.restart(false);
            }
            match words.as_slice() {
                [] => {}
                ["restart"] => self.restart(true),
                ["set", what @ ..] => self.set(what),
                ["at", at] => {
                    self.now = self.zero + at.parse::<u64>().unwrap();
                    self.advance();
                }
                ["leave", name] => {
                    let waiter = *self.names.iter().find(|(_, n)| n == name).unwrap().0;
                    self.emulator().disconnect(waiter);
                }
                ["finish", task, size] if size.starts_with("text:") => {
                    let bytes: usize = size["text:".len()..].parse().unwrap();
                    let text = "x".repeat(bytes - "{\"text\":\"\"}".len());
                    self.finish(task, Ok(serde_json::json!({ "text": text })));
                }
                ["finish", task, json] => self.finish(task, Ok(serde_json::from_str(json).unwrap())),
                ["later", task, delay, json] => {
                    let delay = if *delay == "never" { f64::INFINITY } else { delay.parse().unwrap() };
                    let (id, now) = (self.tasks[*task], self.now);
                    self.emulator().finish_task_later(now, id, Ok(serde_json::from_str(json).unwrap()), delay);
                    self.advance();
                }
                ["fail", task, error] => {
                    self.finish(
                        task,
                        Err(simulate::Failure { error: (*error).into(), cause: "requested by the test".into() }),
                    );
                }
                [scheme @ ("rpc" | "acs3"), name, action, arguments @ ..] => {
                    let request = self.signed(scheme, action, arguments);
                    self.send(name, &request);
                }
                ["raw", name, method, target] => {
                    let (path, query) = target.split_once('?').unwrap_or((target, ""));
                    let request = Request {
                        method: (*method).into(),
                        host: "localhost".into(),
                        path: path.into(),
                        query: query.into(),
                        ..Request::default()
                    };
                    self.send(name, &request);
                }
                _ => panic!("{}: `{line}` is not a command", self.case.name),
            }
            self.check_record(line);
        }
        self.transcript
    }

    /// Compares the emulator with one that is restored from the saved text and its journal.
    fn check_record(&mut self, line: &str) {
        let Some(mut text) = self.record.take() else { return };
        if self.emulator.is_some() {
            if text.is_empty() || line.starts_with("restart") {
                text = self.emulator().save_and_record();
            } else {
                let batch = self.emulator().journal();
                assert_eq!(self.emulator().journal(), "", "a change is recorded once");
                text.push_str(&batch);
            }
            let mut restored = Emulator::new(Options { seed: 2, ..self.options.clone() });
            let problems = restored.restore(&text).unwrap().problems;
            assert!(problems.is_empty(), "{}: {line}: {problems:?}", self.case.name);
            let now = self.now;
            restored.advance(now);
            // The head holds the time and the random numbers, which also change with reads.
            let body =
                |text: &str| text.lines().skip(1).filter(|l| !l.starts_with("{\"sha")).collect::<Vec<_>>().join("\n");
            assert_eq!(body(&restored.save()), body(&self.emulator().save()), "{}: {line}", self.case.name);
        }
        self.record = Some(text);
    }

    fn set(&mut self, what: &[&str]) {
        assert!(self.emulator.is_none(), "options must precede requests");
        let faults = &mut self.options.faults;
        match what {
            ["quotas"] => self.options.quotas = true,
            ["nonces"] => self.options.nonces = true,
            ["speed", speed] => self.options.speed = speed.parse().unwrap(),
            ["skip-waits"] => self.options.skip_waits = true,
            ["cors"] => faults.cors = true,
            ["epoch-stopped-time"] => faults.epoch_stopped_time = true,
            ["missing-fields"] => faults.missing_fields = true,
            ["latency", millis] => faults.latency = millis.parse().unwrap(),
            ["late", millis] => faults.late_by = millis.parse().unwrap(),
            ["early", millis] => faults.early_after = Some(millis.parse().unwrap()),
            ["status", text] => faults.status = Some((*text).into()),
            ["token", token] => self.options.access_keys[0].security_token = Some((*token).into()),
            ["fail", how, action @ ..] => {
                let (code, message) = ("InternalServerError".to_owned(), "<broken>".to_owned());
                let how = match *how {
                    "cut" => How::Cut,
                    "garbage" => How::Garbage { status: 200 },
                    "empty" => How::Empty { status: 502 },
                    "xml" => How::Xml { status: 500, code, message },
                    "error" => How::Error { status: 500, code, message, retry_after: Some(250) },
                    _ => panic!("unknown failure: {how}"),
                };
                let action = action.first().map(|action| (*action).to_owned());
                faults.failures.push(FailRule { action, skip: 0, times: Some(1), how });
            }
            _ => panic!("unknown option: {what:?}"),
        }
    }

    fn emulator(&mut self) -> &mut Emulator {
        self.emulator.get_or_insert_with(|| Emulator::new(self.options.clone()))
    }

    /// Restores the saved state in a new emulator.
    fn restart(&mut self, is_written: bool) {
        let text = self.emulator().save();
        let mut next = Emulator::new(Options { seed: 2, ..self.options.clone() });
        let restored = next.restore(&text).unwrap();
        assert_eq!(next.save(), text, "{}: the second saved text differs", self.case.name);
        self.emulator = Some(next);
        if !is_written {
            assert!(restored.problems.is_empty(), "{}: {restored:?}", self.case.name);
            // Tasks are requested again; nothing else is due.
            let now = self.now;
            assert!(self.emulator().advance(now).is_empty());
            let mut requested = BTreeSet::new();
            for call in self.emulator().take_tasks() {
                self.tasks.insert(call.request.name.clone(), call.id);
                requested.insert((call.request.name, call.execution, call.request.token.is_some()));
            }
            // Tasks with a token may have been reported.
            assert!(requested.is_subset(&self.open), "{}: {requested:?} of {:?}", self.case.name, self.open);
            assert!(self.open.difference(&requested).all(|(.., token)| *token), "{}: {requested:?}", self.case.name);
            assert!(self.emulator().take_cancelled().is_empty());
            return;
        }
        let (now, zero) = (self.now, self.zero);
        writeln!(
            self.transcript,
            "[{}] {} flows and {} executions are restored {:?}",
            now - zero,
            restored.flows,
            restored.executions,
            restored.problems
        )
        .unwrap();
        for (_, name) in std::mem::take(&mut self.names) {
            writeln!(self.transcript, "[{}] {name} is lost", now - zero).unwrap();
        }
        self.advance();
    }

    fn signed(&mut self, scheme: &str, action: &str, arguments: &[&str]) -> Request {
        let mut falsified: HashMap<&str, &str> = HashMap::new();
        let mut business: Vec<(String, String)> = Vec::new();
        for argument in arguments {
            let (name, value) = argument.split_once('=').unwrap();
            match (name.strip_prefix('!'), value.strip_prefix('@')) {
                (Some(name), _) => drop(falsified.insert(name, value)),
                (None, Some(file)) => business.push((name.into(), self.case.read(file))),
                (None, None) if value == "$token" => business.push((name.into(), self.token.clone())),
                (None, None) if value.starts_with('$') => {
                    let (answer, field) = value[1..].split_once('.').unwrap();
                    business.push((name.into(), self.answers[answer][field].as_str().unwrap().into()));
                }
                (None, None) => business.push((name.into(), value.into())),
            }
        }
        self.nonce += 1;
        let skew: i64 = falsified.get("time").map_or(0, |skew| skew.parse().unwrap());
        let stamp = time::format(self.now.checked_add_signed(skew).unwrap())[..19].to_owned() + "Z";
        let nonce = falsified.get("nonce").map_or_else(|| format!("nonce-{}", self.nonce), |nonce| (*nonce).to_owned());
        let key = falsified.get("key").copied().unwrap_or("testid").to_owned();
        let secret = falsified.get("secret").copied().unwrap_or("testsecret");
        let version = falsified.get("version").copied().unwrap_or("2019-03-15").to_owned();
        let method = falsified.get("method").copied().unwrap_or(if scheme == "rpc" { "POST" } else { "GET" });
        let path = falsified.get("path").copied().unwrap_or("/");
        let mut request =
            Request { method: method.into(), host: "localhost:8791".into(), path: path.into(), ..Request::default() };
        let form = |pairs: &[(String, String)]| {
            pairs
                .iter()
                .map(|(n, v)| format!("{}={}", encode::percent(n), encode::percent(v)))
                .collect::<Vec<_>>()
                .join("&")
        };
        let borrowed = |pairs: &[(String, String)]| -> Vec<(String, String)> { pairs.to_vec() };
        if let Some(size) = falsified.get("size") {
            request.body = vec![b'x'; size.parse().unwrap()];
            request.headers.push(("content-type".into(), "text/plain".into()));
        }
        if scheme == "rpc" {
            let mut query: Vec<(String, String)> = [
                ("Action", action),
                ("Version", &version),
                ("Format", "json"),
                ("Timestamp", &stamp),
                ("SignatureNonce", &nonce),
                ("SignatureMethod", "HMAC-SHA1"),
                ("SignatureVersion", "1.0"),
                ("AccessKeyId", &key),
            ]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .to_vec();
            if let Some(token) = falsified.get("token") {
                query.push(("SecurityToken".into(), (*token).into()));
            }
            query.retain(|(name, _)| falsified.get("omit") != Some(&name.as_str()));
            let in_form = method == "POST" && !falsified.contains_key("size");
            let mut all = borrowed(&query);
            all.extend(business.clone());
            let pairs: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let signature = rpc::signature(secret, &rpc::string_to_sign(method, &rpc::canonical(&pairs)));
            if in_form {
                request.body = form(&business).into_bytes();
                request.headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
            } else {
                query.extend(business);
            }
            query.push(("Signature".into(), signature));
            query.retain(|(name, _)| falsified.get("omit") != Some(&name.as_str()));
            request.query = form(&query);
        } else {
            request.query = form(&business);
            let hash = acs3::sha256_hex(&request.body);
            let mut headers: Vec<(String, String)> = [
                ("x-acs-action", action),
                ("x-acs-version", &version),
                ("x-acs-date", &stamp),
                ("x-acs-signature-nonce", &nonce),
                ("x-acs-content-sha256", &hash),
            ]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .to_vec();
            if let Some(token) = falsified.get("token") {
                headers.push(("x-acs-security-token".into(), (*token).into()));
            }
            headers.retain(|(name, _)| falsified.get("omit") != Some(&name.as_str()));
            let mut signed: Vec<(&str, &str)> = vec![("host", &request.host)];
            signed.extend(headers.iter().map(|(n, v)| (n.as_str(), v.as_str())));
            let pairs: Vec<(&str, &str)> = business.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let canonical = acs3::canonical_request(method, path, &pairs, &signed, &hash);
            let signature = acs3::signature(secret, &acs3::string_to_sign(&canonical.request));
            headers.push(("Authorization".into(), acs3::authorization(&key, &canonical.signed_headers, &signature)));
            request.headers.extend(headers);
        }
        request
    }

    fn send(&mut self, name: &str, request: &Request) {
        let now = self.now;
        match self.emulator().request(now, request) {
            Reply::Answer(response) => self.write_response(name, &response),
            Reply::Hold(waiter) => {
                self.names.insert(waiter, name.to_owned());
                writeln!(self.transcript, "[{}] {name}: held", self.now - self.zero).unwrap();
            }
        }
        self.advance();
    }

    /// Processes everything that is due, each event at its own time.
    fn advance(&mut self) {
        let end = self.now;
        loop {
            let due = self.emulator().wake_at().filter(|at| *at <= end);
            self.now = due.unwrap_or(end).max(self.reached);
            self.reached = self.now;
            let now = self.now;
            for (waiter, response) in self.emulator().advance(now) {
                let name = self.names.remove(&waiter).expect("an answer for a held request");
                self.write_response(&name, &response);
            }
            for call in self.emulator().take_tasks() {
                let request = &call.request;
                writeln!(
                    self.transcript,
                    "[{}] task {} of {}: {} attempt {} {}",
                    now - self.zero,
                    request.name,
                    call.execution,
                    request.action,
                    request.attempt,
                    request.input
                )
                .unwrap();
                self.tasks.insert(request.name.clone(), call.id);
                self.open.insert((request.name.clone(), call.execution.clone(), request.token.is_some()));
                self.token = request.token.clone().unwrap_or_default();
            }
            for task in self.emulator().take_cancelled() {
                let name =
                    self.tasks.iter().find(|(_, id)| **id == task).map(|(name, _)| name.clone()).unwrap_or_default();
                self.open.retain(|(open, ..)| *open != name);
                writeln!(self.transcript, "[{}] task {name} is cancelled", now - self.zero).unwrap();
            }
            for failed in self.emulator().take_failed() {
                let Ended { flow, execution, status, state, failure } = failed;
                let at = state.map(|state| format!(" in {state}")).unwrap_or_default();
                let (error, cause) = (failure.error, failure.cause);
                writeln!(
                    self.transcript,
                    "[{}] {flow}/{execution} {}{at}: {error}: {cause}",
                    now - self.zero,
                    status.as_str()
                )
                .unwrap();
            }
            if due.is_none() {
                break;
            }
        }
        self.now = end;
    }

    fn finish(&mut self, task: &str, result: simulate::TaskResult) {
        let id = *self
            .tasks
            .get(task)
            .unwrap_or_else(|| panic!("{}: no task `{task}`\n{}", self.case.name, self.transcript));
        let now = self.now;
        self.open.retain(|(open, ..)| open != task);
        self.emulator().finish_task(now, id, result);
        self.advance();
    }

    fn write_response(&mut self, name: &str, response: &Response) {
        let body = String::from_utf8(response.body.clone()).unwrap();
        let cut = if response.cut { " cut" } else { "" };
        self.answers.insert(name.to_owned(), serde_json::from_str(&body).unwrap_or_default());
        writeln!(self.transcript, "[{}] {name}: {}{cut} {body}", self.now - self.zero, response.status).unwrap();
        for (header, value) in &response.headers {
            if !matches!(header.as_str(), "content-type" | "x-acs-request-id") || value.starts_with("text/") {
                writeln!(self.transcript, "    {header}: {value}").unwrap();
            }
        }
    }
}

/// Splits at blanks, except in `'`. `#` begins a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            '#' if !quoted && word.is_empty() => break,
            c if c.is_whitespace() && !quoted => {
                words.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty()))
            }
            c => word.push(c),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// A restored execution keeps the mode in which it started, also if the mode of the flow has changed since.
#[test]
fn a_restored_execution_keeps_its_mode() {
    let flow = "Type: StateMachine\nSpecVersion: v1\nName: f\nStartAt: P\nStates:\n  - {Type: Pass, Name: P, \
                OutputConstructor: {seconds: 25}, Next: W}\n  - {Type: Wait, Name: W, Seconds.$: $Input.seconds, End: true}\n";
    let key = AccessKey { id: "k".into(), secret: "s".into(), security_token: None };
    let mut emulator = Emulator::new(Options { seed: 1, access_keys: vec![key], ..Options::default() });
    let zero = time::parse("2024-05-06T07:08:09Z").unwrap();
    for (express, action) in [(true, "StartSyncExecution"), (false, "StartExecution")] {
        emulator.put_flow(zero, "f", flow, express).unwrap();
        let start = [("FlowName", "f"), ("ExecutionName", "e")];
        assert!(matches!(ask(&mut emulator, zero, action, &start), Reply::Answer(Response { status: 200, .. })));
    }
    let saved = emulator.save();
    assert!(saved.contains("\"status\":\"Failed\"") && saved.contains("\"status\":\"Running\""), "{saved}");
    let mut restored = Emulator::new(Options::default());
    let found = restored.restore(&saved).unwrap();
    assert_eq!((found.executions, found.problems), (2, Vec::new()));
    assert_eq!(restored.save(), saved);
}

fn ask(emulator: &mut Emulator, now: u64, action: &str, business: &[(&str, &str)]) -> Reply {
    let mut pairs = vec![
        ("AccessKeyId", "k"),
        ("Action", action),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "n"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2024-05-06T07:08:09Z"),
        ("Version", "2019-03-15"),
    ];
    pairs.extend(business);
    let canonical = rpc::canonical(&pairs);
    let signature = rpc::signature("s", &rpc::string_to_sign("GET", &canonical));
    let query = format!("{canonical}&Signature={}", encode::percent(&signature));
    emulator.request(now, &Request { method: "GET".into(), path: "/".into(), query, ..Request::default() })
}

/// Any bytes get an answer in JSON with a code.
#[test]
fn any_request_is_answered() {
    let key = AccessKey { id: "k".into(), secret: "s".into(), security_token: None };
    let mut emulator = Emulator::new(Options { seed: 1, access_keys: vec![key], ..Options::default() });
    let good = "AccessKeyId=k&Action=ListFlows&SignatureMethod=HMAC-SHA1&SignatureNonce=n&SignatureVersion=1.0\
                &Timestamp=2024-05-06T07%3A08%3A09Z&Version=2019-03-15&Signature=x";
    let mut queries: Vec<String> = (0..good.len()).map(|at| good[..at].to_owned()).collect();
    for strange in ["%", "%F", "%C3%28", "&&", "==", "=", "\u{0}", "流", "+", "%00"] {
        queries.extend((0..good.len()).step_by(3).map(|at| format!("{}{strange}{}", &good[..at], &good[at..])));
    }
    for (number, query) in queries.into_iter().enumerate() {
        let authorization =
            ["", "ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 Credential=k,SignedHeaders=;;,Signature="][number % 3];
        let headers = vec![
            ("authorization".to_owned(), authorization.to_owned()),
            ("x-acs-action".to_owned(), "ListFlows".to_owned()),
            ("x-acs-version".to_owned(), "2019-03-15".to_owned()),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ];
        let body = query.clone().into_bytes();
        let request = Request { method: "POST".into(), host: "h".into(), path: "/".into(), query, headers, body };
        let Reply::Answer(response) = emulator.request(0, &request) else { panic!("held") };
        let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        assert!((400..500).contains(&response.status) && body["Code"].is_string(), "{body}");
    }
}
