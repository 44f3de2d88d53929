//! `describeExecution` and `waitForExecution`: the options, checked before anything is sent, and
//! what goes wrong, as plain data. The driver of the conversation lives where the network is.

use crate::poll::{self, Outcome, RetryOptions};
use crate::sign::{self, Credentials, Scheme};
use crate::wire::fault::{self, Advice, ErrorKind, Fault, Retry};
use crate::wire::request::{Endpoint, MAX_WAIT_SECONDS};
use cloudflow_base::diagnostic::{Code, Diagnostic, Path, PathSegment};
use cloudflow_base::fields::Fields;
use cloudflow_base::plain::{Object, Plain};
use cloudflow_base::shape::Places;
use cloudflow_base::small::to_decimal;
use cloudflow_base::time;
use cloudflow_base::value::{Kind, Value};

/// What a wait asks for if it is not told: the example value of the service's own page, and
/// short enough for most proxies in between.
const DEFAULT_WAIT_SECONDS: u32 = 20;

/// Credentials that end sooner are fetched anew.
const EXPIRY_MARGIN_MS: u64 = 60_000;

/// The options of one call, checked.
#[derive(Clone, Debug)]
pub struct Settings<V> {
    /// Where to ask.
    pub endpoint: Endpoint,
    /// The page that completes an endpoint that is a path.
    pub page: Option<Endpoint>,
    /// How to sign.
    pub scheme: Scheme,
    /// With which credentials.
    pub credentials: Source<V>,
    /// Headers to send along, in the caller's spelling.
    pub headers: Vec<(String, String)>,
    /// The long poll.
    pub poll: poll::Options,
    /// A page may hold a long-lived secret.
    pub allow_page: bool,
    /// A long-lived secret may be used over plain `http`.
    pub allow_insecure_http: bool,
}

/// Where the credentials come from.
#[derive(Clone, Debug)]
pub enum Source<V> {
    /// Nowhere: the request goes out unsigned.
    None,
    /// From the options.
    Fixed(Keys),
    /// From this function, asked when they are needed.
    Function(V),
}

/// Credentials, and when they end.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The credentials.
    pub credentials: Credentials,
    /// In Unix milliseconds.
    pub expiration: Option<u64>,
}

/// What goes wrong: the plain data of a `CloudFlowError`. Its texts show no secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The kind, by which callers tell errors apart.
    pub kind: ErrorKind,
    /// The service's code, or one of ours in kebab-case.
    pub code: String,
    /// For people.
    pub message: String,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// Asking again may help.
    pub retryable: bool,
    /// How many attempts in a row were made.
    pub attempts: u32,
    /// What exactly is wrong with the call or with the answer.
    pub diagnostics: Vec<Diagnostic>,
    /// The service's own message of a refusal in JSON, for the gateway to pass on. Without the key's id, too.
    pub said: Option<String>,
    /// The pause that the service asks for, in milliseconds.
    pub retry_after: Option<u64>,
}

/// No header's name is longer.
const MAX_HEADER_NAME: usize = 200;

/// Options that every call takes.
const CALL: &[&str] = &[
    "region",
    "endpoint",
    "credentials",
    "signature",
    "fetch",
    "headers",
    "retry",
    "dangerouslyAllowBrowser",
    "allowInsecureHttp",
    "signal",
    "timeoutMs",
];

/// Options that a wait takes besides.
const WAIT: &[&str] = &["waitTimeSeconds", "onUpdate"];

/// Reads `ClientOptions & CallOptions`, or `ClientOptions & WaitOptions` where `until_done`.
/// `wait_time_seconds` is the request's own, where it is not an option.
pub fn settings<V: Value>(
    options: Option<V>,
    until_done: bool,
    wait_time_seconds: u32,
) -> Result<Settings<V>, Failure> {
    let mut diagnostics = Vec::new();
    let mut fields = Fields::new(options, Path::new(), "the options", &mut diagnostics);
    let known: Vec<&str> = CALL.iter().chain(if until_done { WAIT } else { &[] }).copied().collect();
    fields.only(&known);
    let endpoint = endpoint(&mut fields);
    let scheme = scheme(&mut fields);
    let headers = headers(&mut fields);
    let retry = retry(&mut fields);
    let timeout_ms = fields.integer("timeoutMs", 1, u32::MAX).map(u64::from);
    let allow_page = fields.boolean("dangerouslyAllowBrowser").unwrap_or(false);
    let allow_insecure_http = fields.boolean("allowInsecureHttp").unwrap_or(false);
    let wait_time_seconds = match until_done {
        true => fields.integer("waitTimeSeconds", 0, MAX_WAIT_SECONDS).unwrap_or(DEFAULT_WAIT_SECONDS),
        false => wait_time_seconds,
    };
    // The driver takes these as they are.
    fields.of_kind("fetch", Kind::Function);
    let is_watched = fields.of_kind("onUpdate", Kind::Function).is_some();
    fields.of_kind("signal", Kind::Object);
    let given = fields.get("credentials");
    let is_function = given.as_ref().is_some_and(|given| given.kind() == Kind::Function);
    if given.is_some() && scheme == Scheme::Acs3HmacSha256 {
        check_for_acs3(&mut fields, endpoint.as_ref(), &headers);
    }
    let Some(endpoint) = endpoint.filter(|_| diagnostics.is_empty()) else {
        let failure = Failure::of_call(diagnostics);
        // A secret may be in a wrong place, too.
        let keys = given.filter(|_| !is_function).and_then(|given| keys(Some(given)).ok());
        return Err(match keys {
            Some(keys) => failure.redacted(&keys.credentials.secrets()),
            None => failure,
        });
    };
    let credentials = match given {
        None => Source::None,
        Some(function) if is_function => Source::Function(function),
        Some(given) => Source::Fixed(keys(Some(given))?),
    };
    // Without credentials somebody behind the endpoint signs, and counts.
    let counted = !matches!(credentials, Source::None);
    let poll = poll::Options { until_done, first_at_once: is_watched, wait_time_seconds, timeout_ms, counted, retry };
    Ok(Settings { page: None, endpoint, scheme, credentials, headers, poll, allow_page, allow_insecure_http })
}

/// Reads `Credentials`. Messages name fields, never values.
pub fn keys<V: Value>(given: Option<V>) -> Result<Keys, Failure> {
    let mut diagnostics = Vec::new();
    let path = vec![PathSegment::from("credentials")];
    let mut fields = Fields::new(given, path, "`credentials`", &mut diagnostics);
    if fields.is_object() {
        fields.only(&["accessKeyId", "accessKeySecret", "securityToken", "expiration"]);
    }
    let mut required = |key: &str| {
        if fields.is_object() && fields.get(key).is_none() {
            fields.report(Code::MissingField, key, ["`", key, "` is missing"].concat());
        }
        fields.text(key).unwrap_or_default()
    };
    let (access_key_id, access_key_secret) = (required("accessKeyId"), required("accessKeySecret"));
    let security_token = fields.text("securityToken");
    let expiration = fields.text("expiration").and_then(|text| {
        let moment = time::parse(&text);
        if moment.is_none() {
            fields.report(
                Code::BadTime,
                "expiration",
                "`expiration` is no RFC 3339 time like `2019-01-01T01:01:01Z`".to_owned(),
            );
        }
        moment
    });
    let credentials = Credentials { access_key_id, access_key_secret, security_token };
    let problem = match diagnostics.first() {
        Some(first) => Some(first.message.clone()),
        None => credentials.problem(),
    };
    let Some(message) = problem else { return Ok(Keys { credentials, expiration }) };
    let code = match diagnostics.first() {
        Some(first) if first.code == Code::OutOfRange => first.code.as_str(),
        _ => "bad-credentials",
    };
    Err(Failure { diagnostics, ..Failure::new(ErrorKind::Credentials, code, message) })
}

impl Keys {
    /// True where they end before a request could use them.
    pub(crate) fn are_stale(&self, now: u64) -> bool {
        self.expiration.is_some_and(|end| end <= now.saturating_add(EXPIRY_MARGIN_MS))
    }

    /// A page shows its secrets to everybody: a long-lived one is refused there.
    pub fn check_page(&self, is_page: bool, allow_page: bool) -> Result<(), Failure> {
        if !is_page || allow_page || self.credentials.security_token.is_some() {
            return Ok(());
        }
        let message = "a long-lived secret in a page can be read by everybody who opens it: ask through a gateway, use \
                       temporary credentials with a `securityToken`, or set `dangerouslyAllowBrowser`";
        Err(Failure::new(ErrorKind::Credentials, "secret-in-page", message.to_owned()))
    }

    /// Over plain `http` everybody on the way can read what a long-lived secret signs, and send it again.
    pub fn check_endpoint(&self, endpoint: &Endpoint, allow_insecure_http: bool) -> Result<(), Failure> {
        if allow_insecure_http || self.credentials.security_token.is_some() || !endpoint.is_plain_http() {
            return Ok(());
        }
        let message = [
            "`",
            endpoint.base(),
            "` is not encrypted: use `https` with a long-lived secret, or set `allowInsecureHttp` in a network that you trust",
        ];
        Err(Failure::new(ErrorKind::Credentials, "insecure-endpoint", message.concat()))
    }
}

impl Failure {
    /// A failure of which no more is known.
    pub fn new(kind: ErrorKind, code: &str, message: String) -> Self {
        Failure {
            kind,
            code: code.to_owned(),
            message,
            status: None,
            request_id: None,
            retryable: false,
            attempts: 0,
            diagnostics: Vec::new(),
            said: None,
            retry_after: None,
        }
    }

    /// A call that was not sent, because of these findings.
    pub fn of_call(diagnostics: Vec<Diagnostic>) -> Self {
        let code = diagnostics.first().map_or("internal", |first| first.code.as_str());
        let failure = Failure::new(ErrorKind::Request, code, summary(&diagnostics));
        Failure { diagnostics, ..failure }
    }

    /// An answer that holds a fault.
    pub fn of_fault(fault: &Fault, attempts: u32) -> Self {
        Failure {
            status: (fault.status > 0).then_some(fault.status),
            request_id: fault.request_id.clone(),
            // An execution that never was is no more there the next time.
            retryable: !matches!(fault.retry, Retry::Never | Retry::Start),
            attempts,
            said: fault.said.clone(),
            ..Failure::new(fault.kind, &fault.code, fault.message.clone())
        }
    }

    /// Without secrets, wherever they are. Every failure of a call that has credentials goes through here.
    #[must_use]
    pub fn redacted(mut self, secrets: &[&str]) -> Self {
        let clean = |text: &mut String| *text = sign::without(text, secrets);
        clean(&mut self.message);
        // A code that is known holds no secret, whatever the secret is.
        if fault::of_code(&self.code).is_none() {
            clean(&mut self.code);
        }
        self.request_id.as_mut().map(clean);
        self.said.as_mut().map(clean);
        for found in &mut self.diagnostics {
            clean(&mut found.message);
            for segment in &mut found.path {
                if let PathSegment::Key(key) = segment {
                    clean(key);
                }
            }
        }
        self
    }

    /// An answer that should be an execution and is not.
    pub(crate) fn of_reading(status: u16, diagnostics: Vec<Diagnostic>, attempts: u32) -> Self {
        let message = ["the answer is not an execution: ", &summary(&diagnostics)].concat();
        let failure = Failure::new(ErrorKind::Response, "not-an-execution", message);
        Failure { status: Some(status), attempts, diagnostics, ..failure }
    }

    /// Says where was asked, or by how much the clock is off, where the advice is to check that.
    /// `offset` is how far the service's clock is ahead, in milliseconds.
    pub(crate) fn placed(mut self, endpoint: &Endpoint, offset: i64) -> Self {
        match fault::of_code(&self.code).map(|row| row.advice) {
            Some(Advice::Flow | Advice::Execution | Advice::Endpoint | Advice::Key) => {
                for part in ["; asked at `", endpoint.base(), "`"] {
                    self.message.push_str(part);
                }
            }
            Some(Advice::Clock) if offset.unsigned_abs() >= 60_000 => {
                let minutes = to_decimal(offset.unsigned_abs() / 60_000);
                let way = if offset > 0 { " minutes behind the service's" } else { " minutes ahead of the service's" };
                for part in ["; it is ", &minutes, way] {
                    self.message.push_str(part);
                }
            }
            _ => {}
        }
        self
    }

    /// No answer at all. `reason` is what the host says, or what went wrong before the time was over.
    pub(crate) fn of_silence(
        outcome: Outcome,
        endpoint: &Endpoint,
        reason: &str,
        is_page: bool,
        attempts: u32,
    ) -> Self {
        let at = ["`", endpoint.base(), "`"].concat();
        let (kind, code, mut message) = match outcome {
            Outcome::NetworkError => (ErrorKind::Network, "network", ["no answer from ", &at].concat()),
            Outcome::AttemptTimedOut => (ErrorKind::Timeout, "timeout", [&at, " did not answer in time"].concat()),
            Outcome::DeadlinePassed => {
                (ErrorKind::Timeout, "timeout", "the time given by `timeoutMs` is over".to_owned())
            }
            _ => (ErrorKind::Internal, "internal", "the call ended in a way that cannot be".to_owned()),
        };
        if !reason.is_empty() && outcome != Outcome::AttemptTimedOut {
            message.push_str(if outcome == Outcome::DeadlinePassed { "; before that: " } else { ": " });
            message.push_str(reason);
        }
        if is_page && outcome == Outcome::NetworkError {
            message.push_str(
                "; a browser says no more where the other side lets no page of another origin read its answers: ask \
                 through a gateway",
            );
        }
        Failure { retryable: kind != ErrorKind::Internal, attempts, ..Failure::new(kind, code, message) }
    }
}

/// A `CloudFlowError` as JavaScript sees it. Absent means absent.
impl From<Failure> for Plain {
    fn from(failure: Failure) -> Self {
        let mut out = Object::new();
        out.text("kind", failure.kind.as_str());
        out.put("code", Plain::Text(failure.code));
        out.put("message", Plain::Text(failure.message));
        out.number_if("status", failure.status.map(i64::from));
        out.text_if("requestId", failure.request_id.as_deref());
        out.put("retryable", Plain::Boolean(failure.retryable));
        out.number("attempts", failure.attempts.into());
        if !failure.diagnostics.is_empty() {
            // Findings about a value have paths, no places in a text.
            let found = Places::new("").diagnostics(failure.diagnostics);
            out.put("diagnostics", Plain::list(found));
        }
        if let Some(said) = failure.said {
            out.put("said", Plain::Text(said));
        }
        out.number_if("retryAfter", failure.retry_after.and_then(|ms| i64::try_from(ms).ok()));
        out.into()
    }
}

/// The first finding, and how many more there are.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.first().map(|first| first.message.clone()).unwrap_or_default();
    match diagnostics.len() {
        0 | 1 => first,
        all => [&first, " (and ", &to_decimal(all - 1), " more)"].concat(),
    }
}

fn endpoint<V: Value>(fields: &mut Fields<'_, V>) -> Option<Endpoint> {
    let (key, parsed) = if fields.get("endpoint").is_some() {
        ("endpoint", Endpoint::parse(&fields.text("endpoint")?))
    } else if fields.get("region").is_some() {
        ("region", Endpoint::of_region(&fields.text("region")?))
    } else {
        fields.report(Code::MissingField, "region", "say where to ask: `region` or `endpoint`".to_owned());
        return None;
    };
    match parsed {
        Ok(endpoint) => Some(endpoint),
        Err(message) => {
            fields.report(Code::BadEndpoint, key, message);
            None
        }
    }
}

fn scheme<V: Value>(fields: &mut Fields<'_, V>) -> Scheme {
    let Some(name) = fields.text("signature") else {
        return Scheme::default();
    };
    Scheme::from_name(&name).unwrap_or_else(|| {
        let message = "`signature` must be `HMAC-SHA1` or `ACS3-HMAC-SHA256`".to_owned();
        fields.report(Code::UnknownValue, "signature", message);
        Scheme::default()
    })
}

fn check_for_acs3<V: Value>(fields: &mut Fields<'_, V>, endpoint: Option<&Endpoint>, headers: &[(String, String)]) {
    if endpoint.is_some_and(Endpoint::is_relative) {
        let message = "`ACS3-HMAC-SHA256` signs the host, so the endpoint must name one".to_owned();
        fields.report(Code::BadEndpoint, "endpoint", message);
    }
    let owned = headers.iter().find(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name == "authorization" || name == "host" || name.starts_with("x-acs-")
    });
    if let Some((name, _)) = owned {
        fields.report(Code::UnknownOption, "headers", ["`", name, "` is set by the signature"].concat());
    }
}

fn headers<V: Value>(fields: &mut Fields<'_, V>) -> Vec<(String, String)> {
    let Some(given) = fields.of_kind("headers", Kind::Object) else {
        return Vec::new();
    };
    let path = fields.path_of("headers");
    let mut inner = Fields::new(Some(given.clone()), path, "`headers`", fields.diagnostics());
    let mut headers = Vec::new();
    for name in given.keys() {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || name.len() > MAX_HEADER_NAME || !name.bytes().all(token) {
            inner.report(Code::OutOfRange, &name, "this is not the name of a header".to_owned());
            continue;
        }
        let Some(value) = inner.text(&name) else {
            continue;
        };
        if !value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
            let message = ["the value of `", &name, "` holds a character that a header cannot hold"].concat();
            inner.report(Code::OutOfRange, &name, message);
        } else {
            headers.push((name, value));
        }
    }
    headers
}

fn retry<V: Value>(fields: &mut Fields<'_, V>) -> RetryOptions {
    let mut retry = RetryOptions::default();
    let Some(given) = fields.get("retry") else {
        return retry;
    };
    if given.boolean() == Some(false) {
        return RetryOptions { max_attempts: 1, ..retry };
    }
    let path = fields.path_of("retry");
    let mut inner = Fields::new(Some(given), path, "`retry`", fields.diagnostics());
    inner.only(&["maxAttempts", "baseDelayMs", "maxDelayMs"]);
    if let Some(attempts) = inner.integer("maxAttempts", 1, 100) {
        retry.max_attempts = attempts;
    }
    if let Some(delay) = inner.integer("baseDelayMs", 0, 3_600_000) {
        retry.base_delay_ms = delay.into();
    }
    if let Some(delay) = inner.integer("maxDelayMs", 0, 3_600_000) {
        retry.max_delay_ms = delay.into();
    }
    retry
}
