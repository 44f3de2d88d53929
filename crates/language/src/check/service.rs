//! The documented facts about the services that tasks call
//! (<https://help.aliyun.com/document_detail/2400140.html>, <https://help.aliyun.com/document_detail/149828.html>).

use cloudflow_base::small::{contains, split_once};

/// A service that an `Action` of the `StateMachine` dialect can name.
pub(super) struct Service {
    pub name: &'static str,
    /// The mode `WaitForSystemCallback` is documented.
    pub system_callback: bool,
    /// The mode `WaitForCustomCallback` is documented.
    pub custom_callback: bool,
}

const fn service(name: &'static str, system_callback: bool, custom_callback: bool) -> Service {
    Service { name, system_callback, custom_callback }
}

const SERVICES: [Service; 8] = [
    service("FC", true, true),
    service("FNF", true, true),
    service("EventBridge", false, true),
    service("MNS", false, true),
    service("HTTP", false, true),
    service("SMS", false, true),
    service("OSS", false, false),
    // Flows of FunctionAI. Neither its parameters nor its modes are documented.
    service("Extensions", true, true),
];

/// The service with this name. Other services are called through their API, without callbacks.
pub(super) fn by_name(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name.eq_ignore_ascii_case(name))
}

/// The required parameters of an action.
pub(crate) fn needed(action: &str) -> &'static [&'static str] {
    match action {
        "FC:InvokeFunction" => &["resourceArn", "invocationType"],
        "HTTP:Request" => &["url", "method"],
        "FNF:StartExecution" | "MNS:SendMessage" => &["resourceArn"],
        "OSS:GetObject" => &["bucket", "key"],
        "SMS:SendSms" => &["phoneNumbers", "signName", "templateCode"],
        _ => &[],
    }
}

/// The allowed values of a parameter.
pub(crate) enum Allowed {
    /// One of these words, ignoring case.
    Words(&'static [&'static str]),
    /// A whole number in this inclusive range.
    From(i64, i64),
}

/// The parameters whose values the pages restrict
/// (<https://help.aliyun.com/document_detail/2593203.html>, <https://help.aliyun.com/document_detail/2400200.html>,
/// <https://help.aliyun.com/en/document_detail/2593184.html>).
pub(crate) fn allowed(action: &str) -> &'static [(&'static str, Allowed)] {
    match action {
        "HTTP:Request" => &[("method", Allowed::Words(&["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"]))],
        "FC:InvokeFunction" => &[("invocationType", Allowed::Words(&["Sync", "Async"]))],
        "MNS:SendMessage" => &[("priority", Allowed::From(1, 16)), ("delaySeconds", Allowed::From(0, 604_800))],
        _ => &[],
    }
}

/// The kind of resource of a `resourceArn` in the `flow` dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Function,
    Flow,
    Queue,
    Topic,
}

/// The forms of resource names by product, for messages.
pub(crate) const FORMS: [(&str, &str); 3] = [
    ("fc", "acs:fc:{region}:{account}:services/{service}/functions/{function}"),
    ("fnf", "acs:fnf:{region}:{account}:flow/{flow}"),
    ("mns", "acs:mns:{region}:{account}:/queues/{queue}/messages"),
];

/// Parses a resource name. The error is the correct form.
pub(super) fn resource(arn: &str) -> Result<Resource, &'static str> {
    let product =
        split_once(arn, ":").map_or("", |(_, rest)| split_once(rest, ":").map_or(rest, |(product, _)| product));
    let form = FORMS.iter().find(|(name, _)| *name == product).or(FORMS.first()).map_or("", |(_, form)| form);
    let Some(rest) = name_in(arn) else { return Err(form) };
    let between = |head: &str, tail: &str| {
        let name = rest.strip_prefix(head)?.strip_suffix(tail)?;
        (!name.is_empty() && !contains(name, "/")).then_some(name)
    };
    match product {
        "fc" => {
            let named = |text: &str| !text.is_empty() && !contains(text, " ");
            let function = match rest.strip_prefix("services/").and_then(|rest| split_once(rest, "/functions/")) {
                Some((service, function)) if named(service) && !contains(service, "/") => function,
                // Functions of the newer version have no service.
                _ => rest.strip_prefix("functions/").unwrap_or_default(),
            };
            if named(function) { Ok(Resource::Function) } else { Err(form) }
        }
        "fnf" => between("flow/", "").map(|_| Resource::Flow).ok_or(form),
        "mns" if between("/queues/", "/messages").is_some() => Ok(Resource::Queue),
        "mns" if between("/topics/", "/messages").is_some() => Ok(Resource::Topic),
        _ => Err(form),
    }
}

/// The part after the region and the account.
fn name_in(arn: &str) -> Option<&str> {
    let (scheme, rest) = split_once(arn, ":")?;
    let (_, rest) = split_once(rest, ":")?;
    let (region, rest) = split_once(rest, ":")?;
    let (account, rest) = split_once(rest, ":").unwrap_or((rest, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (scheme == "acs" && plain(region) && plain(account)).then_some(rest)
}
