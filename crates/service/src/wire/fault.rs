//! What the service, or somebody in between, says instead of an execution.

mod table;

pub use table::{Advice, Row, TABLE, of_code};

use cloudflow_base::diagnostic::ErrorCode;
pub use cloudflow_base::diagnostic::ErrorKind;
use cloudflow_base::small::{split_once, to_decimal};
use cloudflow_base::time;
use cloudflow_base::value::{Kind, Value};

/// So many bytes are shown of what the service says.
const MAX_SHOWN: usize = 16_384;

/// Whether, and on what condition, asking once more can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// It cannot.
    Never,
    /// After a pause that grows.
    Backoff,
    /// After a pause that grows, and everybody who shares the client slows down.
    Throttled,
    /// After a pause that grows. Somebody in between gave up, perhaps because the answer was held
    /// for longer than they wait.
    GatewayTimeout,
    /// After a pause, a few times only, and only by who waits for an execution and has not seen it
    /// yet: right after a start the service may not know it.
    NotYetVisible,
    /// After a pause, a few times only.
    LimitedBackoff,
    /// Once, when the clock has been set right.
    Clock,
    /// Once, with a new nonce; every attempt has one.
    Nonce,
    /// Once, with refreshed credentials.
    Credentials,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<V> {
    /// A JSON value.
    Json(V),
    /// A text that is not JSON.
    Text(String),
    /// Nothing, or only blanks.
    Empty,
}

/// An answer that is not an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault, roughly.
    pub kind: ErrorKind,
    /// The service's code, or one of ours in kebab-case.
    pub code: String,
    /// What happened and what to do, for people. It may quote the service, which may quote the
    /// request: redact it before it is shown.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// The service's own words, where it refused in JSON.
    pub said: Option<String>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// Whether asking again can help.
    pub retry: Retry,
    /// The service's own time, in Unix milliseconds, where a fault about the time tells it.
    pub time: Option<u64>,
}

/// True for a redirect, of which hosts without access to the status report 0. Its body is not read.
pub fn is_redirect(status: u16) -> bool {
    status == 0 || (300..400).contains(&status)
}

/// The fault in an answer, if it holds one. A 2xx is a fault where its body is no JSON, or has a
/// `Code` that is not success, as the vendor's own Node core treats it.
pub fn read<V: Value>(status: u16, body: &Body<V>) -> Option<Fault> {
    let good = (200..300).contains(&status);
    if is_redirect(status) {
        return Some(own(
            status,
            ErrorCode::Redirect,
            "the endpoint redirects elsewhere; a request is sent only where it was meant to go: set `endpoint` to the final address",
            Retry::Never,
        ));
    }
    match body {
        Body::Json(value) if value.kind() == Kind::Object => match code_in(value) {
            Some(code) => {
                let (said, id) = (message_in(value), text_of(value, &["RequestId", "requestId"]));
                let fault = refused(status, code, said.clone(), id, denied(value));
                Some(Fault { said: Some(said.unwrap_or_default()), ..fault })
            }
            None if good => None,
            None => Some(unclear(status, message_in(value).as_deref().unwrap_or(""))),
        },
        Body::Json(value) if good => {
            let message = ["the answer is JSON but not an object: ", value.kind().name()].concat();
            Some(own(status, ErrorCode::NotJson, &message, Retry::Never))
        }
        Body::Text(text) => Some(match element(text, "Code").filter(|code| !code.is_empty()) {
            Some(code) => refused(status, code, element(text, "Message"), element(text, "RequestId"), None),
            None => not_json(status, good, text),
        }),
        Body::Empty if good => Some(own(
            status,
            ErrorCode::EmptyBody,
            "the answer is empty; an execution was expected",
            Retry::LimitedBackoff,
        )),
        _ => Some(unclear(status, "")),
    }
}

/// The `Code` of an answer, where it says that something went wrong.
pub(crate) fn code_in<V: Value>(body: &V) -> Option<String> {
    let code = text_of(body, &["Code", "code"])?;
    (!matches!(code.as_str(), "" | "200" | "OK" | "Success" | "success")).then_some(code)
}

/// The `Message` of an answer.
pub(crate) fn message_in<V: Value>(body: &V) -> Option<String> {
    text_of(body, &["Message", "message"])
}

/// A refusal with a code of the service, or of the vendor's shared gateway.
fn refused(
    status: u16,
    code: String,
    said: Option<String>,
    request_id: Option<String>,
    action: Option<String>,
) -> Fault {
    let row = of_code(&code);
    let (kind, retry) = row.map_or((ErrorKind::Service, by_status(status)), |row| (row.kind, row.retry));
    let mut message = ["the service answered `", &code, "`"].concat();
    let said = said.unwrap_or_default();
    let said = said.trim_ascii().trim_end_matches('.');
    if !said.is_empty() {
        message.push_str(": ");
        message.push_str(said);
    }
    if let Some(advice) = row.map(|row| row.advice.text()).filter(|advice| !advice.is_empty()) {
        message.push_str("; ");
        message.push_str(advice);
    }
    if let Some(action) = action.filter(|action| split_once(&message, action).is_none()) {
        message.push_str(" (it needs the permission `");
        message.push_str(&action);
        message.push_str("`)");
    }
    // The message names the time of the request, then the service's.
    let time = match retry {
        Retry::Clock => said.split_ascii_whitespace().filter_map(time::parse).next_back(),
        _ => None,
    };
    Fault { kind, code, message, status, said: None, request_id, retry, time }
}

/// An error status whose body does not say why.
fn unclear(status: u16, said: &str) -> Fault {
    let mut message =
        ["the answer is the HTTP status ", &to_decimal(status), " without the service's error code"].concat();
    let said = said.trim_ascii().trim_end_matches('.');
    if !said.is_empty() {
        message.push_str(": ");
        message.push_str(said);
    }
    own(status, ErrorCode::HttpError, &message, by_status(status))
}

fn not_json(status: u16, good: bool, text: &str) -> Fault {
    if good && text.trim_ascii_start().starts_with('{') {
        let message = "the answer begins as JSON and is not: it was probably cut off on its way";
        return own(status, ErrorCode::NotJson, message, Retry::LimitedBackoff);
    }
    let begins =
        |tag: &str| text.trim_ascii_start().get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag));
    let page = begins("<!doctype html") || begins("<html");
    let (what, shown) = match page {
        true => ("a web page", element(text, "title").unwrap_or_default()),
        false => ("a text that is not JSON", text.trim_ascii().to_owned()),
    };
    let shown: String = shown.split_ascii_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
    let mut message = ["the answer (HTTP status ", &to_decimal(status), ") is ", what].concat();
    if !shown.is_empty() {
        message = [&message, ", `", &shown, "`"].concat();
    }
    message.push_str(", not the service's JSON: something else answers at this endpoint");
    let (code, retry) =
        if good { (ErrorCode::NotJson, Retry::Never) } else { (ErrorCode::HttpError, by_status(status)) };
    own(status, code, &message, retry)
}

/// A fault that the service did not name.
pub(crate) fn own(status: u16, code: ErrorCode, message: &str, retry: Retry) -> Fault {
    let (kind, code, message) = (code.kind(), code.as_str().to_owned(), message.to_owned());
    Fault { kind, code, message, status, said: None, request_id: None, retry, time: None }
}

/// What an unknown code's status says: too many requests and trouble of the server pass.
fn by_status(status: u16) -> Retry {
    match status {
        429 => Retry::Throttled,
        408 | 502 | 504 => Retry::GatewayTimeout,
        425 | 500 | 503 => Retry::Backoff,
        _ => Retry::Never,
    }
}

/// The first of these fields that holds a text or a whole number.
fn text_of<V: Value>(body: &V, keys: &[&str]) -> Option<String> {
    keys.iter().filter_map(|key| body.member(key)).find_map(|value| match value.kind() {
        Kind::Text => value.text().map(shortened),
        Kind::Number => value.number().filter(|number| number % 1.0 == 0.0).map(|number| to_decimal(number as i64)),
        _ => None,
    })
}

/// A text that is shown to people. A cut inside a secret is known to the redactor.
fn shortened(text: String) -> String {
    if text.len() <= MAX_SHOWN {
        return text;
    }
    let cut = (0..=MAX_SHOWN).rev().find_map(|at| text.get(..at));
    [cut.unwrap_or_default(), "…"].concat()
}

/// The action that an authorization failure names.
fn denied<V: Value>(body: &V) -> Option<String> {
    body.member("AccessDeniedDetail")?.member("AuthAction")?.text()
}

/// The text of the first element of this name. Enough for an error in XML, which the shared
/// gateway sends where it overlooks the asked format; not an XML parser.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, behind) = split_once(text, &["<", name, ">"].concat())?;
    let (inside, _) = split_once(behind, &["</", name, ">"].concat())?;
    let mut rest = inside.trim_ascii();
    let mut text = String::new();
    while let Some((before, entity)) = split_once(rest, "&") {
        const ENTITIES: [(&str, &str); 5] =
            [("lt;", "<"), ("gt;", ">"), ("quot;", "\""), ("apos;", "'"), ("amp;", "&")];
        text.push_str(before);
        let known = ENTITIES.iter().find_map(|(name, sign)| Some((*sign, entity.strip_prefix(name)?)));
        let (sign, behind) = known.unwrap_or(("&", entity));
        text.push_str(sign);
        rest = behind;
    }
    text.push_str(rest);
    Some(text)
}
