//! The request, checked before it is sent, and its endpoint.

use cloudflow_base::diagnostic::{Code, Diagnostic, Path, nearest};
use cloudflow_base::fields::{self, Fields};
use cloudflow_base::limits::{LONG_POLL_SECONDS, NAME_CHARACTERS};
use cloudflow_base::small::{contains, find, head, split, split_once, to_decimal};
use cloudflow_base::value::Value;

/// The version of the API.
pub(crate) const API_VERSION: &str = "2019-03-15";

/// Maximum length of a name that is sent. It exceeds [`NAME_CHARACTERS`], because generated names violate the documented
/// rules: they begin with a digit and contain a `:`.
const MAX_NAME: usize = 200;

/// The regions with a documented endpoint. They serve for suggestions only: new regions must work.
/// Source: <https://alibabacloud.com/help/en/serverless-workflow/latest/call-method>
const REGIONS: &[&str] =
    &["ap-southeast-1", "cn-beijing", "cn-hangzhou", "cn-qingdao", "cn-shanghai", "cn-shenzhen", "us-west-1"];

/// The parameters of one DescribeExecution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeExecution {
    /// The flow's name.
    pub flow_name: String,
    /// The execution's name.
    pub execution_name: String,
    /// How long the service may hold the response, in seconds. 0 requests a response at once.
    pub wait_time_seconds: u32,
}

/// The base URL of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    // INVARIANT: scheme, host and path in visible ASCII without `?` and `#`; or a path that begins with one `/`.
    base: String,
    // INVARIANT: as the URL parser writes it: lower-case, without the default port of the scheme. Empty if relative.
    host: String,
}

/// Reads `{ flowName, executionName }` and, if `may_wait`, `waitTimeSeconds`.
pub fn read<V: Value>(request: Option<V>, may_wait: bool) -> Result<DescribeExecution, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let mut fields = Fields::new(request, Path::new(), "the request", &mut diagnostics);
    let known = ["flowName", "executionName", "waitTimeSeconds"];
    let call = if fields.is_object() {
        fields.only(if may_wait { &known } else { known.get(..2).unwrap_or_default() });
        DescribeExecution {
            flow_name: name(&mut fields, "flowName"),
            execution_name: name(&mut fields, "executionName"),
            wait_time_seconds: if may_wait {
                fields.integer("waitTimeSeconds", 0, LONG_POLL_SECONDS).unwrap_or(0)
            } else {
                0
            },
        }
    } else {
        DescribeExecution { flow_name: String::new(), execution_name: String::new(), wait_time_seconds: 0 }
    };
    if diagnostics.is_empty() { Ok(call) } else { Err(diagnostics) }
}

pub(super) fn name<V: Value>(fields: &mut Fields<'_, V>, key: &str) -> String {
    let Some(value) = fields.get(key) else {
        fields.report(Code::MissingField, key, ["`", key, "` is missing"].concat());
        return String::new();
    };
    if value.is_empty_text() {
        fields.report(Code::MissingField, key, ["`", key, "` is empty"].concat());
        return String::new();
    }
    let name = fields.text(key).unwrap_or_default();
    let length = name.bytes().filter(|byte| byte & 0xC0 != 0x80).count();
    if length > MAX_NAME {
        let (length, most) = (to_decimal(length), to_decimal(NAME_CHARACTERS));
        let message = ["`", key, "` has ", &length, " characters; the maximum is ", &most].concat();
        fields.report(Code::OutOfRange, key, message);
    } else if name.chars().any(char::is_control) {
        fields.report(Code::OutOfRange, key, ["`", key, "` has a line break or another control character"].concat());
    }
    name
}

impl Endpoint {
    /// The public endpoint of a region. For three regions, the SDKs build another host, which is not documented.
    ///
    /// ```
    /// use cloudflow_service::wire::request::Endpoint;
    /// let endpoint = Endpoint::of_region("cn-qingdao").unwrap();
    /// assert_eq!(endpoint.url("a=b"), "https://cn-qingdao.fnf.aliyuncs.com/?a=b");
    /// ```
    pub fn of_region(region: &str) -> Result<Self, String> {
        let parts = split(region, "-");
        let plain = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let letters = parts.first().is_some_and(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_lowercase()));
        // Other characters would change the host that receives the signed request.
        if !letters || parts.len() < 2 || region.len() > 40 || !parts.iter().all(plain) {
            let hint = match nearest(region, REGIONS.iter().copied()) {
                Some(near) => ["; did you mean `", near, "`?"].concat(),
                None => ["; known are ", &fields::list(REGIONS)].concat(),
            };
            return Err(["`", head(region, 40), "` is not a region id", &hint].concat());
        }
        let host = [region, ".fnf.aliyuncs.com"].concat();
        Ok(Endpoint { base: ["https://", &host, "/"].concat(), host })
    }

    /// Any base URL: a host, a gateway with a path, or a path alone (`/api/cloudflow`), which a page resolves against its
    /// origin.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fail =
            |why: &str| Err(["the endpoint ", why, "; a valid one is `https://cn-hangzhou.fnf.aliyuncs.com`"].concat());
        let is_encoded = |byte| matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
        if text.bytes().any(|byte| !byte.is_ascii_graphic() || is_encoded(byte)) {
            return fail("has a character that must be encoded in a URL");
        }
        if text.bytes().any(|byte| matches!(byte, b'?' | b'#')) {
            return fail("must not have a query or a fragment");
        }
        if text.starts_with('/') && !text.starts_with("//") {
            return Ok(Endpoint { base: text.to_owned(), host: String::new() });
        }
        let Some((scheme, rest)) = split_once(text, "://") else {
            return fail("must begin with `https://`, `http://` or one `/`");
        };
        let scheme = scheme.to_ascii_lowercase();
        let own_port = match scheme.as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => return fail("must begin with `https://` or `http://`"),
        };
        let (authority, path) = rest.split_at_checked(find(rest, "/").unwrap_or(rest.len())).unwrap_or((rest, ""));
        if contains(authority, "@") {
            return fail("must not have a user name or a password");
        }
        let authority = authority.to_ascii_lowercase();
        let host = authority.strip_suffix(own_port).unwrap_or(&authority);
        let colon = host.bytes().rposition(|byte| byte == b':').and_then(|at| host.split_at_checked(at));
        let (name, port) = match colon {
            Some((name, port)) if !contains(port, "]") => (name, port.get(1..)),
            _ => (host, None),
        };
        let literal = name.starts_with('[') && name.ends_with(']');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if name.is_empty() || !(literal || name.bytes().all(plain)) {
            return fail("has no valid host");
        }
        if port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()) || port.parse::<u16>().is_err()) {
            return fail("has no valid port");
        }
        let path = if path.is_empty() { "/" } else { path };
        Ok(Endpoint { base: [&scheme, "://", host, path].concat(), host: host.to_owned() })
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The region, if this is an endpoint of the service.
    ///
    /// ```
    /// use cloudflow_service::wire::request::Endpoint;
    ///
    /// let endpoint = Endpoint::parse("https://cn-hangzhou-internal.fnf.aliyuncs.com").unwrap();
    /// assert_eq!(endpoint.region(), Some("cn-hangzhou"));
    /// ```
    pub fn region(&self) -> Option<&str> {
        let label = self.host.strip_suffix(".fnf.aliyuncs.com")?;
        let label = label.strip_suffix("-internal").or_else(|| label.strip_suffix("-classic")).unwrap_or(label);
        // A legacy host begins with the account.
        label.rsplit('.').next()
    }

    /// The host with its port, as in the `host` header. Empty if the endpoint is a path.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// True if requests are not encrypted: `http` to another host than this machine.
    pub fn is_plain_http(&self) -> bool {
        self.base.starts_with("http://") && !self.is_loopback()
    }

    /// True if requests do not leave this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// True if the endpoint is a path, which only a page can complete.
    pub fn is_relative(&self) -> bool {
        self.host.is_empty()
    }

    /// The URL with this query, which must be encoded.
    pub fn url(&self, query: &str) -> String {
        [&self.base, "?", query].concat()
    }
}

/// True for a host, with or without its port, that every resolver and every URL parser takes for this machine. Other
/// spellings, like `127.1`, are not accepted.
fn is_loopback(host: &str) -> bool {
    let name = split_once(host, ":").map_or(host, |(name, _)| name);
    let is_byte = |part: &&str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        digits == part.len() && (matches!(digits, 1 | 2) || (digits == 3 && *part <= "255"))
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || host == "[::1]"
        || host.starts_with("[::1]:")
        // `0127` would be octal, another network.
        || (name.starts_with("127.") && split(name, ".").len() == 4 && split(name, ".").iter().all(is_byte))
}
