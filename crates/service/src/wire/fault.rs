//! Responses without an execution, of the service or of a proxy.

mod table;

pub use table::{Advice, Row, TABLE, of_code};

use cloudflow_base::diagnostic::ErrorCode;
pub use cloudflow_base::diagnostic::ErrorKind;
use cloudflow_base::small::{contains, head, split_once, to_decimal, trim_end};
use cloudflow_base::time;
use cloudflow_base::value::{Kind, Value};

/// Maximum length of a text of the service in a message, in bytes.
const MAX_SHOWN: usize = 16_384;

/// The retry class of a fault. `docs/retries.md` documents the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Retry {
    /// A retry cannot succeed.
    Never,
    /// Retry after a pause that grows.
    Backoff,
    /// As `Backoff`. All calls of the client slow down.
    Throttled,
    /// As `Backoff`. A proxy gave up, perhaps because the response was held for longer than its time limit.
    GatewayTimeout,
    /// As `LimitedBackoff`, in a wait before the first execution only: right after its start, an execution may not be
    /// visible yet.
    NotYetVisible,
    /// As `Backoff`, with at most three attempts.
    LimitedBackoff,
    /// Retry once with the corrected clock.
    Clock,
    /// Retry once. Every attempt has a new nonce.
    Nonce,
    /// Retry once with new credentials.
    Credentials,
}

/// The body of a response.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<V> {
    /// A JSON value.
    Json(V),
    /// A text that is not JSON.
    Text(String),
    /// Nothing, or white space only.
    Empty,
}

/// A response without an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of the error.
    pub kind: ErrorKind,
    /// The code of the service, or an [`ErrorCode`].
    pub code: String,
    /// What happened and what to do. It may quote the service, which may quote the request: it must be redacted before
    /// it is shown.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// The message of the service, if it refused in JSON.
    pub said: Option<String>,
    /// The id that the service gave the request.
    pub request_id: Option<String>,
    /// The retry class.
    pub retry: Retry,
    /// The time of the service in Unix milliseconds, if a fault about the time contains it.
    pub time: Option<u64>,
    /// What the user should do.
    pub advice: Advice,
    /// The id of the account, if an authorization failure names it.
    pub account: Option<String>,
}

/// True for a redirect. Its status is 0 if the host hides it. The client does not read its body.
pub fn is_redirect(status: u16) -> bool {
    status == 0 || (300..400).contains(&status)
}

/// The fault of a response, if it has one. A 2xx is a fault if its body is not JSON, or has a `Code` other than success, as
/// in the vendor's SDK for Node.
///
/// ```
/// use cloudflow_service::wire::fault::{self, Body, Retry};
/// let body = serde_json::json!({ "Code": "FlowNotExists", "Message": "Flow f does not exist." });
/// let fault = fault::read(404, &Body::Json(&body)).unwrap();
/// assert_eq!((fault.code.as_str(), fault.retry), ("FlowNotExists", Retry::Never));
/// ```
pub fn read<V: Value>(status: u16, body: &Body<V>) -> Option<Fault> {
    let good = (200..300).contains(&status);
    if is_redirect(status) {
        return Some(own(
            status,
            ErrorCode::Redirect,
            "the endpoint redirects to another address, and redirects are not followed: set `endpoint` to the final address",
            Retry::Never,
        ));
    }
    match body {
        Body::Json(value) if value.kind() == Kind::Object => match code_in(value) {
            Some(code) => {
                let (said, id) = (message_in(value), text_of(value, &["RequestId", "requestId"]));
                let fault = refused(status, code, said.clone(), id, denied(value, "AuthAction"));
                let account = denied(value, "AuthPrincipalOwnerId");
                Some(Fault { said: Some(said.unwrap_or_default()), account, ..fault })
            }
            None if good => None,
            None => Some(unclear(status, message_in(value).as_deref().unwrap_or(""))),
        },
        Body::Json(value) if good => {
            let message = ["the response is JSON but not an object: ", value.kind().name()].concat();
            Some(own(status, ErrorCode::NotJson, &message, Retry::Never))
        }
        Body::Text(text) => Some(match element(text, "Code").filter(|code| !code.is_empty()) {
            Some(code) => refused(status, code, element(text, "Message"), element(text, "RequestId"), None),
            None => not_json(status, good, text),
        }),
        Body::Empty if good => Some(own(
            status,
            ErrorCode::EmptyBody,
            "the response is empty: an execution was expected",
            Retry::LimitedBackoff,
        )),
        _ => Some(unclear(status, "")),
    }
}

/// The `Code` of a response, unless it is success.
pub(crate) fn code_in<V: Value>(body: &V) -> Option<String> {
    let code = text_of(body, &["Code", "code"])?;
    (!matches!(code.as_str(), "" | "200" | "OK" | "Success" | "success")).then_some(code)
}

/// The `Message` of a response.
pub(crate) fn message_in<V: Value>(body: &V) -> Option<String> {
    text_of(body, &["Message", "message"])
}

/// A refusal with a code of the service or of the vendor's shared gateway.
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
    let said = trim_end(said.trim_ascii(), ".");
    push_said(&mut message, said);
    let advice = match row {
        _ if status == 403 && is_not_activated(said) => Advice::Activate,
        row => row.map_or(Advice::None, |row| row.advice),
    };
    if advice != Advice::None {
        message.push_str("; ");
        message.push_str(advice.text());
    }
    if let Some(action) = action.filter(|action| split_once(&message, action).is_none()) {
        message.push_str(" (it needs the permission `");
        message.push_str(&action);
        message.push_str("`)");
    }
    // The message contains the time of the request, then that of the service.
    let time = match retry {
        Retry::Clock => said.split_ascii_whitespace().filter_map(time::parse).next_back(),
        _ => None,
    };
    Fault { kind, code, message, status, said: None, request_id, retry, time, advice, account: None }
}

/// Whether the service says that the account does not use the product: no policy helps then.
fn is_not_activated(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["not enabled", "not activated", "not been activated", "not open"].iter().any(|words| contains(&said, words))
}

/// Appends what the service said.
fn push_said(message: &mut String, said: &str) {
    if !said.is_empty() {
        message.push_str(": ");
        message.push_str(said);
    }
}

/// An error status whose body has no reason.
fn unclear(status: u16, said: &str) -> Fault {
    let mut message =
        ["the response has the HTTP status ", &to_decimal(status), " without an error code of the service"].concat();
    push_said(&mut message, trim_end(said.trim_ascii(), "."));
    own(status, ErrorCode::HttpError, &message, by_status(status))
}

fn not_json(status: u16, good: bool, text: &str) -> Fault {
    if good && text.trim_ascii_start().starts_with('{') {
        let message = "the response begins as JSON but is not complete: it was probably cut off";
        return own(status, ErrorCode::NotJson, message, Retry::LimitedBackoff);
    }
    let begins =
        |tag: &str| text.trim_ascii_start().get(..tag.len()).is_some_and(|head| head.eq_ignore_ascii_case(tag));
    let page = begins("<!doctype html") || begins("<html");
    let (what, shown) = match page {
        true => ("a web page", element(text, "title").unwrap_or_default()),
        false => ("a text that is not JSON", text.trim_ascii().to_owned()),
    };
    let mut words = String::new();
    for word in shown.split_ascii_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    let shown = head(&words, 80);
    let mut message = ["the response (HTTP status ", &to_decimal(status), ") is ", what].concat();
    if !shown.is_empty() {
        message = [&message, ", `", shown, "`"].concat();
    }
    message.push_str(", not JSON of the service: this endpoint is another server");
    let (code, retry) =
        if good { (ErrorCode::NotJson, Retry::Never) } else { (ErrorCode::HttpError, by_status(status)) };
    own(status, code, &message, retry)
}

/// A fault without a code of the service.
pub(crate) fn own(status: u16, code: ErrorCode, message: &str, retry: Retry) -> Fault {
    let (kind, code, message) = (code.kind(), code.as_str().to_owned(), message.to_owned());
    let (advice, account) = (Advice::None, None);
    Fault { kind, code, message, status, said: None, request_id: None, retry, time: None, advice, account }
}

/// The retry class of an unknown code, by its status.
fn by_status(status: u16) -> Retry {
    match status {
        429 => Retry::Throttled,
        // 522 and 524: timeouts of a content delivery network in front of a gateway.
        408 | 502 | 504 | 522 | 524 => Retry::GatewayTimeout,
        // 520 to 530: such a network does not reach the gateway, as during a deployment.
        425 | 500 | 503 | 520..=530 => Retry::Backoff,
        _ => Retry::Never,
    }
}

/// The first of these fields that is a text or an integer.
fn text_of<V: Value>(body: &V, keys: &[&str]) -> Option<String> {
    keys.iter().filter_map(|key| body.member(key)).find_map(|value| match value.kind() {
        Kind::Text => value.text().map(shortened),
        Kind::Number => value.number().filter(|number| number % 1.0 == 0.0).map(|number| to_decimal(number as i64)),
        _ => None,
    })
}

/// A text for a message. The redactor recognizes a secret that is cut.
fn shortened(text: String) -> String {
    if text.len() <= MAX_SHOWN {
        return text;
    }
    let mut end = MAX_SHOWN;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    [text.get(..end).unwrap_or_default(), "…"].concat()
}

/// A detail of an authorization failure, such as the action.
fn denied<V: Value>(body: &V, name: &str) -> Option<String> {
    body.member("AccessDeniedDetail")?.member(name)?.text()
}

/// The text of the first element with this name. This is no XML parser: it reads the errors of the shared gateway, which
/// sometimes ignores the requested format.
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
