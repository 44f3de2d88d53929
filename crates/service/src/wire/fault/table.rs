//! The codes of the service: kind, retry class and advice of each. The codes of the package are in
//! [`ErrorCode`](cloudflow_base::diagnostic::ErrorCode).
//!
//! Sources: the error list of DescribeExecution and its sister operations
//! (<https://api.aliyun.com/meta/v1/products/fnf/versions/2019-03-15/api-docs.json>), the codes
//! of the vendor's shared gateway (<https://www.alibabacloud.com/help/doc-detail/25932.htm>,
//! <https://help.aliyun.com/zh/sdk/product-overview/rpc-mechanism>). Which errors are transient
//! is derived from the message texts and from what the official SDKs retry.

use super::{ErrorKind, Retry};
use cloudflow_base::small::split_once;

/// One code.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The code. With a trailing `*`, all codes with this prefix.
    pub code: &'static str,
    /// The kind of the error.
    pub kind: ErrorKind,
    /// The retry class.
    pub retry: Retry,
    /// What the user should do.
    pub advice: Advice,
}

/// What the user should do. Several codes share one advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The message of the service is sufficient.
    None,
    /// The names or the account are wrong.
    Flow,
    /// The name of the execution is wrong, or the execution is not visible yet or no longer stored.
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
    /// The account does not use the product yet.
    Activate,
    /// A parameter violates a rule.
    Rules,
    /// The clock is wrong.
    Clock,
    /// Too many calls.
    Slower,
    /// The service does not accept the request: the endpoint may belong to another product.
    Endpoint,
    /// A failure of the service.
    Later,
}

impl Advice {
    /// The advice as the end of a sentence.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Advice::None => "",
            Advice::Flow => "check the name of the flow, the account and the region",
            Advice::Execution => {
                "check the name of the execution; the service may not know it right after its start and long after its end"
            }
            Advice::Key => "check `accessKeyId`: it is unknown or disabled, or belongs to another site of the vendor",
            Advice::Secret => "check `accessKeySecret`: it does not belong to this `accessKeyId`",
            Advice::Token => "check `securityToken`: a temporary key needs the token that was issued with it",
            Advice::Expired => {
                "get new temporary credentials, or pass a function as `credentials`, which is called when they expire"
            }
            Advice::Permission => "ask for a RAM policy that allows `fnf:DescribeExecution` on this flow",
            Advice::Activate => {
                "activate CloudFlow for this account, in its console: no RAM policy helps before the product is activated"
            }
            Advice::Rules => {
                "names have 1 to 128 letters, digits, `_` and `-`, the first a letter or `_`; a wait has 0 to 60 seconds"
            }
            Advice::Clock => "correct the clock of this machine: the service accepts a difference of about 15 minutes",
            Advice::Slower => {
                "send fewer requests: the limit of an account is 5 per second; a longer `waitTimeSeconds` reduces them"
            }
            Advice::Endpoint => "check `endpoint`: it may belong to another product or another version of the API",
            Advice::Later => "try again later",
        }
    }
}

const fn row(code: &'static str, kind: ErrorKind, retry: Retry, advice: Advice) -> Row {
    Row { code, kind, retry, advice }
}

/// Every known code, those of the service first.
pub const TABLE: &[Row] = &[
    row("InvalidArgument", ErrorKind::Service, Retry::Never, Advice::Rules),
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
    row("InvalidParameter*", ErrorKind::Service, Retry::Never, Advice::Rules),
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

/// The row of a code. Every code that contains `throttl` is throttling: the service sends `ResourceThrottled`, the shared
/// gateway `Throttling.User`, others `Rejected.Throttling`.
pub fn of_code(code: &str) -> Option<&'static Row> {
    let found = TABLE.iter().find(|row| match row.code.strip_suffix('*') {
        Some(prefix) => code.starts_with(prefix),
        None => code == row.code,
    });
    let throttled = || split_once(&code.to_ascii_lowercase(), "throttl").is_some();
    found.or_else(|| throttled().then(|| TABLE.iter().find(|row| row.code == "Throttling*")).flatten())
}
