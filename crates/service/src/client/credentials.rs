//! The option `credentials`: where the credentials come from, and where a long-lived secret may be used.

use super::error::CloudFlowError;
use crate::sign::Credentials;
use crate::wire::request::Endpoint;
use cloudflow_base::diagnostic::{Code, ErrorCode, ErrorKind, PathSegment};
use cloudflow_base::fields::Fields;
use cloudflow_base::time;
use cloudflow_base::value::Value;

/// Credentials that expire within this time are replaced before they are used.
const EXPIRY_MARGIN_MS: u64 = 60_000;

/// The source of the credentials.
#[derive(Clone, Debug)]
pub enum Source<V> {
    /// None: requests are not signed.
    None,
    /// The options.
    Fixed(Keys),
    /// This function. It is called when credentials are needed.
    Function(V),
}

/// Credentials and their expiration.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The credentials.
    pub credentials: Credentials,
    /// Unix milliseconds. Absent if they do not expire.
    pub expiration: Option<u64>,
}

impl Keys {
    /// Reads `Credentials`. Messages name fields, never values.
    pub fn read<V: Value>(given: Option<V>) -> Result<Keys, CloudFlowError> {
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
                let message = "`expiration` must be an RFC 3339 time like `2019-01-01T01:01:01Z`";
                fields.report(Code::BadTime, "expiration", message.to_owned());
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
            Some(first) if first.code == Code::OutOfRange => ErrorCode::OutOfRange,
            _ => ErrorCode::BadCredentials,
        };
        Err(CloudFlowError { kind: ErrorKind::Credentials, diagnostics, ..CloudFlowError::new(code, message) })
    }

    /// True if they expire before a request could use them.
    pub(super) fn are_stale(&self, now: u64) -> bool {
        self.expiration.is_some_and(|end| end <= now.saturating_add(EXPIRY_MARGIN_MS))
    }

    /// Refuses a long-lived secret in a browser, where every visitor can read it.
    pub fn check_page(&self, is_page: bool, allow_page: bool) -> Result<(), CloudFlowError> {
        if !is_page || allow_page || self.credentials.security_token.is_some() {
            return Ok(());
        }
        let message = "every visitor can read a long-lived secret in a browser: use a gateway, temporary credentials \
                       with a `securityToken`, or `dangerouslyAllowBrowser`";
        Err(CloudFlowError::new(ErrorCode::SecretInPage, message.to_owned()))
    }

    /// Refuses a long-lived secret over plain `http`, where everyone on the network path can read and repeat the
    /// signed request.
    pub fn check_endpoint(&self, endpoint: &Endpoint, allow_insecure_http: bool) -> Result<(), CloudFlowError> {
        if allow_insecure_http || self.credentials.security_token.is_some() || !endpoint.is_plain_http() {
            return Ok(());
        }
        let message = [
            "`",
            endpoint.base(),
            "` is not encrypted: use `https` with a long-lived secret, or set `allowInsecureHttp` in a trusted network",
        ];
        Err(CloudFlowError::new(ErrorCode::InsecureEndpoint, message.concat()))
    }
}
