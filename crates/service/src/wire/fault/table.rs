//! The one table of error codes: what each means, whether asking again helps, what to do.
//!
//! Sources: the error list of DescribeExecution and its sister operations
//! (<https://api.aliyun.com/meta/v1/products/fnf/versions/2019-03-15/api-docs.json>), the codes
//! of the vendor's shared gateway (<https://www.alibabacloud.com/help/doc-detail/25932.htm>,
//! <https://help.aliyun.com/zh/sdk/product-overview/rpc-mechanism>). Which errors pass by themselves
//! is read from the message texts and from what the official SDKs retry.

use super::{ErrorKind, Retry};
use cloudflow_base::small::split_once;

/// One code.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The code; with a trailing `*`, all that begin so.
    pub code: &'static str,
    /// Whose fault.
    pub kind: ErrorKind,
    /// Whether asking again can help.
    pub retry: Retry,
    /// What a person should do.
    pub advice: Advice,
}

/// What a person should do. Several codes share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The service's message says it all.
    None,
    /// The names or the account are wrong.
    Flow,
    /// The execution's name is wrong, or it is too early or too late to ask.
    Execution,
    /// The key id is wrong or disabled.
    Key,
    /// The secret is wrong.
    Secret,
    /// The temporary token is wrong.
    Token,
    /// The temporary token is too old.
    Expired,
    /// A permission is missing.
    Permission,
    /// The clock is wrong.
    Clock,
    /// Too many calls.
    Slower,
    /// What was sent is not what the service expects; the endpoint may be another product's.
    Endpoint,
    /// Trouble on the other side.
    Later,
}

impl Advice {
    /// The advice as the end of a sentence.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Advice::None => "",
            Advice::Flow => "check the flow's name, and that account and region are those where it lives",
            Advice::Execution => {
                "check the execution's name; right after a start, and long after the end, the service may not know it"
            }
            Advice::Key => "check `accessKeyId`: it is unknown or disabled, or belongs to another site of the vendor",
            Advice::Secret => "check `accessKeySecret`: it does not belong to this `accessKeyId`",
            Advice::Token => "check `securityToken`: a temporary key needs the token that was given out with it",
            Advice::Expired => "get new temporary credentials; a function as `credentials` is asked for them",
            Advice::Permission => "ask for a RAM policy that allows `fnf:DescribeExecution` on this flow",
            Advice::Clock => "set the clock of this machine right: the service accepts about 15 minutes of difference",
            Advice::Slower => {
                "ask less often: an account may describe 5 executions a second, so wait longer in each call"
            }
            Advice::Endpoint => "check `endpoint`: it may belong to another product or another version of the API",
            Advice::Later => "try again later",
        }
    }
}

const fn row(code: &'static str, kind: ErrorKind, retry: Retry, advice: Advice) -> Row {
    Row { code, kind, retry, advice }
}

/// Every code that is known, the service's own first.
pub const TABLE: &[Row] = &[
    row("InvalidArgument", ErrorKind::Service, Retry::Never, Advice::None),
    row("MissingRequiredHeader", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("MissingRequiredParams", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("ActionNotSupported", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("APIVersionNotSupported", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("EntityTooLarge", ErrorKind::Service, Retry::Never, Advice::None),
    row("ExecutionAlreadyExists", ErrorKind::Service, Retry::Never, Advice::None),
    row("ExecutionAlreadyCompleted", ErrorKind::Service, Retry::Never, Advice::None),
    row("TaskAlreadyCompleted", ErrorKind::Service, Retry::Never, Advice::None),
    row("InvalidAccessKeyID", ErrorKind::Credentials, Retry::Never, Advice::Key),
    row("RequestTimeTooSkewed", ErrorKind::Service, Retry::Clock, Advice::Clock),
    row("SignatureNotMatch", ErrorKind::Credentials, Retry::Never, Advice::Secret),
    row("AccessDenied", ErrorKind::Service, Retry::Never, Advice::Permission),
    row("FlowNotExists", ErrorKind::Service, Retry::Never, Advice::Flow),
    row("ExecutionNotExists", ErrorKind::Service, Retry::NotYetVisible, Advice::Execution),
    row("ScheduleNotExists", ErrorKind::Service, Retry::Never, Advice::None),
    row("FlowAlreadyExists", ErrorKind::Service, Retry::Never, Advice::None),
    row("ConcurrentUpdateError", ErrorKind::Service, Retry::Backoff, Advice::None),
    row("TaskInvalidState", ErrorKind::Service, Retry::Backoff, Advice::None),
    row("PreconditionFailed", ErrorKind::Service, Retry::LimitedBackoff, Advice::None),
    row("UnsupportedMediaType", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("ResourceThrottled", ErrorKind::Service, Retry::Throttled, Advice::Slower),
    row("InternalServerError", ErrorKind::Service, Retry::Backoff, Advice::Later),
    // The shared gateway.
    row("MissingSecurityToken", ErrorKind::Credentials, Retry::Never, Advice::Token),
    row("MissingParameter", ErrorKind::Service, Retry::Never, Advice::None),
    row("Missing*", ErrorKind::Service, Retry::Never, Advice::None),
    row("InvalidParameter*", ErrorKind::Service, Retry::Never, Advice::None),
    row("IncompleteSignature", ErrorKind::Credentials, Retry::Never, Advice::Secret),
    row("SignatureDoesNotMatch", ErrorKind::Credentials, Retry::Never, Advice::Secret),
    row("InvalidSignatureMethod", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("UnsupportedHTTPMethod", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("InvalidProtocol.NeedSsl", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("InvalidTimeStamp.Format", ErrorKind::Service, Retry::Never, Advice::Clock),
    row("InvalidTimeStamp.Expired", ErrorKind::Service, Retry::Clock, Advice::Clock),
    row("SignatureNonceUsed", ErrorKind::Service, Retry::Nonce, Advice::None),
    row("InvalidAccessKeyId.NotFound", ErrorKind::Credentials, Retry::Never, Advice::Key),
    row("InvalidAccessKeyId.Inactive", ErrorKind::Credentials, Retry::Never, Advice::Key),
    row("Forbidden.AccessKeyDisabled", ErrorKind::Credentials, Retry::Never, Advice::Key),
    row("InvalidSecurityToken.Expired", ErrorKind::Credentials, Retry::Credentials, Advice::Expired),
    row("InvalidSecurityToken.*", ErrorKind::Credentials, Retry::Never, Advice::Token),
    row("Forbidden.RAM", ErrorKind::Service, Retry::Never, Advice::Permission),
    row("NoPermission", ErrorKind::Service, Retry::Never, Advice::Permission),
    row("Forbidden", ErrorKind::Service, Retry::Never, Advice::Permission),
    row("InvalidAction.NotFound", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("InvalidVersion", ErrorKind::Service, Retry::Never, Advice::Endpoint),
    row("Throttling*", ErrorKind::Service, Retry::Throttled, Advice::Slower),
    row("InternalError", ErrorKind::Service, Retry::Backoff, Advice::Later),
    row("ServiceUnavailable", ErrorKind::Service, Retry::Backoff, Advice::Later),
];

/// The row of a code. A code that speaks of throttling is throttling, in whatever spelling:
/// the service itself says `ResourceThrottled`, the shared gateway `Throttling.User`, others
/// `Rejected.Throttling`.
pub fn of_code(code: &str) -> Option<&'static Row> {
    let found = TABLE.iter().find(|row| match row.code.strip_suffix('*') {
        Some(prefix) => code.starts_with(prefix),
        None => code == row.code,
    });
    let throttled = || split_once(&code.to_ascii_lowercase(), "throttl").is_some();
    found.or_else(|| throttled().then(|| TABLE.iter().find(|row| row.code == "Throttling*")).flatten())
}
