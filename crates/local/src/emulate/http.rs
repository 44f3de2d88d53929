//! Requests, responses and parameters.

use super::fault::Fault;
use cloudflow_base::small::from_hex;

/// Maximum number of parameters of a request, in the query and the form together.
pub(super) const PARAMETERS: usize = 1024;

/// Maximum number of headers, and of names in `SignedHeaders`.
pub(super) const HEADERS: usize = 256;

/// An HTTP request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// The `Host` header, with the port where there is one.
    pub host: String,
    /// Begins with `/`.
    pub path: String,
    /// The text after the `?`, not decoded.
    pub query: String,
    /// Names are case-insensitive.
    pub headers: Vec<(String, String)>,
    /// The body, unchanged.
    pub body: Vec<u8>,
}

/// One HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// JSON in UTF-8, apart from the faults.
    pub body: Vec<u8>,
    /// The connection is closed without an answer. The other fields have no effect.
    pub cut: bool,
}

impl Request {
    /// The value of a header, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The size of the parts that the caller controls.
    pub fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.method.len() + self.host.len() + self.path.len() + self.query.len() + headers + self.body.len()
    }

    /// Whether the body is a form.
    fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
    }
}

/// The decoded query and form. Each name occurs once.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    /// From the query.
    pub query: Vec<(String, String)>,
    /// From the form.
    pub form: Vec<(String, String)>,
}

impl Parameters {
    /// Reads the parameters. They are counted first: an unsigned request must be cheap.
    pub(crate) fn read(request: &Request) -> Result<Self, Fault> {
        let count = |bytes: &[u8]| bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).count();
        let in_form = if request.is_form() { count(&request.body) } else { 0 };
        if count(request.query.as_bytes()) + in_form > PARAMETERS {
            return Err(Fault::invalid(format!("a request may have at most {PARAMETERS} parameters")));
        }
        let query = pairs(&request.query)?;
        let form = if request.is_form() {
            pairs(std::str::from_utf8(&request.body).map_err(|_| Fault::invalid("the form is not UTF-8"))?)?
        } else {
            Vec::new()
        };
        let parameters = Parameters { query, form };
        let mut names: Vec<&str> = parameters.all().map(|(name, _)| name).collect();
        names.sort_unstable();
        let twice = names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b);
        if let Some((name, _)) = twice {
            return Err(Fault::invalid(format!("the parameter `{name}` is given twice")));
        }
        Ok(parameters)
    }

    /// Every pair, the query's first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().chain(&self.form).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value. Absent also if it is empty: the service does not distinguish the two.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all().find(|&(n, value)| n == name && !value.is_empty()).map(|(_, value)| value)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Fault> {
        self.get(name).ok_or_else(|| Fault::missing_parameter(name))
    }

    /// A whole number in a range.
    pub(crate) fn number(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Fault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.parse::<u64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(Fault::invalid(format!("`{name}` must be a whole number from {least} to {most}, not `{text}`"))),
        }
    }

    /// Refuses a parameter that is not emulated, if ignoring it would give a wrong answer.
    pub(crate) fn refuse(&self, name: &str, why: &str) -> Result<(), Fault> {
        match self.get(name) {
            None => Ok(()),
            Some(value) => Err(Fault::invalid(format!("`{name}` must be left out, not `{value}`: {why}"))),
        }
    }

    /// A text with a maximum length.
    pub(crate) fn text(&self, name: &str, most: usize) -> Result<Option<&str>, Fault> {
        let Some(text) = self.get(name) else { return Ok(None) };
        if text.chars().count() > most {
            return Err(Fault::invalid(format!("`{name}` is longer than {most} characters")));
        }
        Ok(Some(text))
    }
}

fn pairs(text: &str) -> Result<Vec<(String, String)>, Fault> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value)) {
                (Some(name), Some(value)) => Ok((name, value)),
                _ => Err(Fault::invalid(format!("the parameter `{name}` is not percent-encoded UTF-8"))),
            }
        })
        .collect()
}

/// Decodes a form: `+` is a space. A `%` without two hex digits is kept unchanged, as in browsers.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => match from_hex(tail) {
                Some(decoded) => {
                    bytes.push(decoded);
                    rest = tail.get(2..).unwrap_or_default();
                }
                None => bytes.push(b'%'),
            },
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}
