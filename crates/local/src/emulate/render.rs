//! Writes answers as HTTP responses.

use serde_json::{Map, Value};

use super::fault::Fault;
use super::faults::How;
use super::http::Response;

/// The parts of a response that do not depend on the result.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    pub request_id: String,
    pub host: String,
}

impl Envelope {
    /// A success. The request id comes last, as in the responses recorded in 2024.
    pub fn body(&self, mut body: Map<String, Value>) -> Response {
        body.insert("RequestId".to_owned(), Value::from(self.request_id.as_str()));
        self.response(200, "application/json;charset=utf-8", Value::Object(body).to_string())
    }

    /// An error.
    pub fn fault(&self, fault: &Fault) -> Response {
        let body = serde_json::json!({
            "RequestId": self.request_id,
            "HostId": self.host,
            "Code": fault.code,
            "Message": fault.message,
        });
        let mut response = self.response(fault.status, "application/json;charset=utf-8", body.to_string());
        if let Some(millis) = fault.retry_after {
            response.headers.push(("x-acs-retry-after".to_owned(), millis.to_string()));
        }
        if let Some(string) = &fault.string_to_sign {
            response.headers.push(("x-emulator-string-to-sign".to_owned(), one_line(string)));
        }
        response
    }

    /// An injected fault.
    pub fn failure(&self, how: &How) -> Response {
        match how {
            How::Cut => Response { cut: true, ..self.response(500, "text/plain", String::new()) },
            How::Empty { status } => self.response(*status, "text/plain", String::new()),
            How::Garbage { status } => {
                let body = format!("{{\"RequestId\":\"{}\",\"FlowName\":\"", self.request_id);
                self.response(*status, "application/json;charset=utf-8", body)
            }
            How::Error { status, code, message, retry_after } => {
                let fault = Fault::new(*status, code.as_str(), message.as_str());
                self.fault(&Fault { retry_after: *retry_after, ..fault })
            }
            How::Xml { status, code, message } => {
                let body = format!(
                    "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>{}</RequestId><HostId>{}</HostId>\
                     <Code>{}</Code><Message>{}</Message></Error>",
                    self.request_id,
                    escaped(&self.host),
                    escaped(code),
                    escaped(message)
                );
                self.response(*status, "text/xml;charset=utf-8", body)
            }
        }
    }

    fn response(&self, status: u16, content_type: &str, body: String) -> Response {
        let headers = [("content-type", content_type), ("x-acs-request-id", &self.request_id)];
        Response {
            status,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: body.into_bytes(),
            cut: false,
        }
    }
}

/// The headers that the shared gateway sends with every answer, as captured in public logs.
pub(super) fn cors(response: &mut Response) {
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "POST, GET, OPTIONS"),
        ("access-control-allow-headers", "X-Requested-With, X-Sequence, _aop_secret, _aop_signature"),
        ("access-control-max-age", "172800"),
    ] {
        response.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// Maximum length of the string to sign in its header, in bytes: clients refuse a response with a longer header.
const LONGEST_HEADER: usize = 4096;

/// Converts a text to one line of visible ASCII, cut to the maximum length.
fn one_line(text: &str) -> String {
    const CUT: &str = "...";
    let mut line = String::new();
    for c in text.chars() {
        let before = line.len();
        if c == ' ' || c.is_ascii_graphic() {
            line.push(c);
        } else {
            line.extend(c.escape_default());
        }
        if line.len() > LONGEST_HEADER - CUT.len() {
            line.truncate(before);
            line.push_str(CUT);
            break;
        }
    }
    line
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
