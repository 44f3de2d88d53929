//! The options of a call, checked before anything is sent.

use super::credentials::{Keys, Source};
use super::error::CloudFlowError;
use crate::poll::{self, RetryOptions};
use crate::sign::Scheme;
use crate::wire::request::Endpoint;
use cloudflow_base::diagnostic::{Code, Path};
use cloudflow_base::fields::Fields;
use cloudflow_base::limits::LONG_POLL_SECONDS;
use cloudflow_base::value::{Kind, Value};

/// Default of `waitTimeSeconds` of a wait: the example value of the service's documentation, below the timeout of most
/// proxies.
const DEFAULT_WAIT_SECONDS: u32 = 20;

/// Maximum length of the name of a header.
const MAX_HEADER_NAME: usize = 200;

/// The options of every call.
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
    "transport",
    "signal",
    "timeoutMs",
];

/// The further options of a wait.
const WAIT: &[&str] = &["waitTimeSeconds", "onUpdate", "onRetry"];

/// What a call has to know about the host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// True in a page or a worker of a browser, where every visitor can read what the program knows.
    pub is_page: bool,
    /// True if `fetch` is that of an emulator: no request leaves the program.
    pub is_emulated: bool,
    /// The origin that completes an endpoint that is a path. Absent outside of pages.
    pub origin: Option<String>,
}

/// The options of one call, checked.
#[derive(Clone, Debug)]
pub struct Settings<V> {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The signature.
    pub scheme: Scheme,
    /// The source of the credentials.
    pub credentials: Source<V>,
    /// Additional headers, in the caller's spelling.
    pub headers: Vec<(String, String)>,
    /// The long poll.
    pub poll: poll::Options,
    /// The caller's `fetch`.
    pub fetch: Option<V>,
    /// The caller's `AbortSignal`.
    pub signal: Option<V>,
    /// Called with each change of the execution.
    pub on_update: Option<V>,
    pub(super) is_page: bool,
    is_emulated: bool,
    /// The origin of the page, if the endpoint is a path.
    page: Option<Endpoint>,
    allow_page: bool,
    allow_insecure_http: bool,
}

/// Reads `ClientOptions & CallOptions`, or `ClientOptions & WaitOptions` if `until_done`. `wait_time_seconds` is that of
/// the request, if it is not an option.
pub fn settings<V: Value>(
    options: Option<V>,
    until_done: bool,
    wait_time_seconds: u32,
    host: &Host,
) -> Result<Settings<V>, CloudFlowError> {
    let mut diagnostics = Vec::new();
    let mut fields = Fields::new(options, Path::new(), "the options", &mut diagnostics);
    let mut known = CALL.to_vec();
    if until_done {
        known.extend_from_slice(WAIT);
    }
    fields.only(&known);
    let endpoint = endpoint(&mut fields);
    let scheme = scheme(&mut fields);
    let headers = headers(&mut fields);
    let retry = retry(&mut fields, until_done);
    let timeout_ms = fields.integer("timeoutMs", 1, u32::MAX).map(u64::from);
    let allow_page = fields.boolean("dangerouslyAllowBrowser").unwrap_or(false);
    let allow_insecure_http = fields.boolean("allowInsecureHttp").unwrap_or(false);
    let wait_time_seconds = match until_done {
        true => fields.integer("waitTimeSeconds", 0, LONG_POLL_SECONDS).unwrap_or(DEFAULT_WAIT_SECONDS),
        false => wait_time_seconds,
    };
    let fetch = fields.of_kind("fetch", Kind::Function);
    let on_update = fields.of_kind("onUpdate", Kind::Function);
    fields.of_kind("onRetry", Kind::Function);
    // `pkg/ask/stream.js` reads it.
    fields.of_kind("transport", Kind::Text);
    let signal = signal(&mut fields);
    let given = fields.get("credentials");
    let is_function = given.as_ref().is_some_and(|given| given.kind() == Kind::Function);
    if given.is_some() && scheme == Scheme::Acs3HmacSha256 {
        check_for_acs3(&mut fields, endpoint.as_ref(), &headers);
    }
    let page = page(&mut fields, endpoint.as_ref(), host);
    let Some(endpoint) = endpoint.filter(|_| diagnostics.is_empty()) else {
        let error = CloudFlowError::of_arguments(diagnostics);
        // A secret may be in the wrong field.
        let keys = given.filter(|_| !is_function).and_then(|given| Keys::read(Some(given)).ok());
        return Err(match keys {
            Some(keys) => error.redacted(&keys.credentials.secrets()),
            None => error,
        });
    };
    let credentials = match given {
        None => Source::None,
        Some(function) if is_function => Source::Function(function),
        Some(given) => Source::Fixed(Keys::read(Some(given))?),
    };
    // Without credentials, a gateway signs the call and counts it.
    let counted = !matches!(credentials, Source::None);
    let first_at_once = on_update.is_some();
    let poll = poll::Options { until_done, first_at_once, wait_time_seconds, timeout_ms, counted, retry };
    let settings = Settings {
        endpoint,
        scheme,
        credentials,
        headers,
        poll,
        fetch,
        signal,
        on_update,
        is_page: host.is_page,
        is_emulated: host.is_emulated,
        page,
        allow_page,
        allow_insecure_http,
    };
    if let Source::Fixed(keys) = &settings.credentials {
        settings.check_keys(keys)?;
    }
    Ok(settings)
}

impl<V> Settings<V> {
    /// Refuses a long-lived secret in a place where others can read it. An emulator accepts made-up secrets only.
    pub(super) fn check_keys(&self, keys: &Keys) -> Result<(), CloudFlowError> {
        if self.is_emulated {
            return Ok(());
        }
        let endpoint = self.page.as_ref().unwrap_or(&self.endpoint);
        keys.check_page(self.is_page && !endpoint.is_loopback(), self.allow_page)?;
        keys.check_endpoint(endpoint, self.allow_insecure_http)
    }
}

/// The page that completes an endpoint that is a path.
fn page<V: Value>(fields: &mut Fields<'_, V>, endpoint: Option<&Endpoint>, host: &Host) -> Option<Endpoint> {
    if !endpoint?.is_relative() {
        return None;
    }
    match &host.origin {
        Some(origin) => Endpoint::parse(origin).ok(),
        None => {
            let message = "the endpoint is a path, which works in a page only: add the host".to_owned();
            fields.report(Code::BadEndpoint, "endpoint", message);
            None
        }
    }
}

/// The caller's signal: an object that works like an `AbortSignal`, of any realm.
fn signal<V: Value>(fields: &mut Fields<'_, V>) -> Option<V> {
    let signal = fields.of_kind("signal", Kind::Object)?;
    let has = |key: &str, kind| signal.member(key).is_some_and(|value| value.is(kind));
    let works = has("addEventListener", Kind::Function)
        && has("removeEventListener", Kind::Function)
        && has("aborted", Kind::Boolean);
    if !works {
        fields.report(Code::WrongType, "signal", "`signal` must be an `AbortSignal`".to_owned());
    }
    works.then_some(signal)
}

fn endpoint<V: Value>(fields: &mut Fields<'_, V>) -> Option<Endpoint> {
    let (key, parsed) = if fields.get("endpoint").is_some() {
        ("endpoint", Endpoint::parse(&fields.text("endpoint")?))
    } else if fields.get("region").is_some() {
        ("region", Endpoint::of_region(&fields.text("region")?))
    } else {
        fields.report(Code::MissingField, "region", "`region` or `endpoint` is missing".to_owned());
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
        let message = "`ACS3-HMAC-SHA256` signs the host: the endpoint must have one".to_owned();
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
    // The bytes of a token in RFC 9110. A `match`: the standard library's search costs 0.2 KB.
    let token = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
    };
    for name in given.keys() {
        if name.is_empty() || name.len() > MAX_HEADER_NAME || !name.bytes().all(token) {
            inner.report(Code::OutOfRange, &name, "this is not a valid name of a header".to_owned());
            continue;
        }
        let Some(value) = inner.text(&name) else {
            continue;
        };
        if !value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
            let message = ["the value of `", &name, "` has a character that is not valid in a header"].concat();
            inner.report(Code::OutOfRange, &name, message);
        } else {
            headers.push((name, value));
        }
    }
    headers
}

fn retry<V: Value>(fields: &mut Fields<'_, V>, until_done: bool) -> RetryOptions {
    let mut retry = if until_done { RetryOptions::of_wait() } else { RetryOptions::default() };
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
