//! Operations whose response is a page of a list: GetExecutionHistory and ListExecutions.
//!
//! Sources: <https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-getexecutionhistory>,
//! <https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-listexecutions>.

use super::execution::Status;
use super::request::{API_VERSION, DescribeExecution, name};
use cloudflow_base::diagnostic::{Code, Diagnostic, Path, PathSegment};
use cloudflow_base::fields::{self, Fields};
use cloudflow_base::limits::{DESCRIBE_RATE, EVENTS_PAGE, EXECUTIONS_PAGE, OTHER_RATE, RateLimit};
use cloudflow_base::small::to_decimal;
use cloudflow_base::time;
use cloudflow_base::value::{Kind, Value};

/// Maximum number of diagnostics about the entries of a page.
const MAX_WRONG: usize = 20;

/// The operations of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// One execution.
    DescribeExecution,
    /// A page of the events of an execution.
    GetExecutionHistory,
    /// A page of the executions of a flow.
    ListExecutions,
}

/// What can be signed and sent.
pub trait Signable {
    /// The operation.
    fn operation(&self) -> Operation;

    /// The parameters of the operation itself.
    fn parameters(&self) -> Vec<(&'static str, String)>;
}

/// The common parameters that name the operation, if no header does.
pub(crate) fn common(operation: Operation) -> [(&'static str, &'static str); 3] {
    // Without `Format`, the vendor's shared gateway answers in XML.
    [("Action", operation.as_str()), ("Format", "json"), ("Version", API_VERSION)]
}

impl Signable for DescribeExecution {
    fn operation(&self) -> Operation {
        Operation::DescribeExecution
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("FlowName", self.flow_name.clone()), ("ExecutionName", self.execution_name.clone())];
        if self.wait_time_seconds > 0 {
            parameters.push(("WaitTimeSeconds", to_decimal(self.wait_time_seconds)));
        }
        parameters
    }
}

/// A request for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    operation: Operation,
    // INVARIANT: the first one is the flow's name.
    parameters: Vec<(&'static str, String)>,
}

impl PageRequest {
    /// The flow's name.
    pub fn flow_name(&self) -> &str {
        self.parameters.first().map_or("", |(_, name)| name)
    }
}

impl Signable for PageRequest {
    fn operation(&self) -> Operation {
        self.operation
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        self.parameters.clone()
    }
}

/// What a field of a request has to be.
#[derive(Clone, Copy)]
enum Is {
    Name,
    Text,
    Time,
    Status,
    Flag,
    Limit(u64),
}

/// The fields of a request: key, parameter, value.
type Rows = &'static [(&'static str, &'static str, Is)];

const HISTORY: Rows = &[
    ("flowName", "FlowName", Is::Name),
    ("executionName", "ExecutionName", Is::Name),
    ("limit", "Limit", Is::Limit(EVENTS_PAGE)),
    ("nextToken", "NextToken", Is::Text),
];

const LIST: Rows = &[
    ("flowName", "FlowName", Is::Name),
    ("limit", "Limit", Is::Limit(EXECUTIONS_PAGE)),
    ("nextToken", "NextToken", Is::Text),
    ("status", "Status", Is::Status),
    ("startedTimeBegin", "StartedTimeBegin", Is::Time),
    ("startedTimeEnd", "StartedTimeEnd", Is::Time),
    ("executionNamePrefix", "ExecutionNamePrefix", Is::Text),
    ("mapRunName", "MapRunName", Is::Text),
    ("metadataOnly", "MetadataOnly", Is::Flag),
    ("qualifier", "Qualifier", Is::Text),
];

impl Operation {
    /// The service's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::DescribeExecution => "DescribeExecution",
            Operation::GetExecutionHistory => "GetExecutionHistory",
            Operation::ListExecutions => "ListExecutions",
        }
    }

    /// The rate limit of the account. Each operation has a bucket of its own.
    pub(crate) fn rate(self) -> RateLimit {
        match self {
            Operation::ListExecutions => OTHER_RATE,
            _ => DESCRIBE_RATE,
        }
    }
}

/// Reads the request of a page. Nothing else checks it.
pub fn read<V: Value>(operation: Operation, request: Option<V>) -> Result<PageRequest, Vec<Diagnostic>> {
    let rows = if operation == Operation::ListExecutions { LIST } else { HISTORY };
    let mut diagnostics = Vec::new();
    let mut fields = Fields::new(request, Path::new(), "the request", &mut diagnostics);
    let mut parameters = Vec::new();
    if fields.is_object() {
        let mut known = Vec::with_capacity(rows.len());
        for (key, ..) in rows {
            known.push(*key);
        }
        fields.only(&known);
        for &(key, parameter, is) in rows {
            if let Some(value) = value(&mut fields, key, is) {
                parameters.push((parameter, value));
            }
        }
    }
    if diagnostics.is_empty() { Ok(PageRequest { operation, parameters }) } else { Err(diagnostics) }
}

fn value<V: Value>(fields: &mut Fields<'_, V>, key: &str, is: Is) -> Option<String> {
    match is {
        Is::Name => return Some(name(fields, key)),
        Is::Limit(most) => {
            let limit = fields.integer(key, 1, u32::try_from(most).unwrap_or(u32::MAX))?;
            return Some(to_decimal(limit));
        }
        Is::Flag => return Some(if fields.boolean(key)? { "true" } else { "false" }.to_owned()),
        Is::Text | Is::Time | Is::Status => {}
    }
    let text = fields.text(key)?;
    if text.is_empty() {
        return None;
    }
    if matches!(is, Is::Time) && time::parse(&text).is_none() {
        let message = ["`", key, "` must be an RFC 3339 time like `2019-01-01T01:01:01.001Z`"].concat();
        fields.report(Code::OutOfRange, key, message);
    }
    if matches!(is, Is::Status) && Status::from_name(&text).is_none() {
        let message = ["`", key, "` must be one of ", &fields::list(&Status::ALL.map(Status::as_str))].concat();
        fields.report(Code::UnknownValue, key, message);
    }
    Some(text)
}

/// What is wrong with the body of a page. Without findings, every entry has what the readers of the package need.
///
/// A page without its list is empty if it has the id of its request.
///
/// ```
/// use cloudflow_service::wire::page::{Operation, check};
/// let page = serde_json::json!({ "RequestId": "r", "Events": [{ "EventId": 1, "Type": "New" }, { "EventId": 2 }] });
/// let found = check(Operation::GetExecutionHistory, &&page);
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].message, "the entry has no `Type`");
/// ```
pub fn check<V: Value>(operation: Operation, body: &V) -> Vec<Diagnostic> {
    let (list, required): (_, &[_]) = match operation {
        Operation::ListExecutions => {
            ("Executions", &[("FlowName", Kind::Text), ("Name", Kind::Text), ("Status", Kind::Text)])
        }
        _ => ("Events", &[("EventId", Kind::Number), ("Type", Kind::Text)]),
    };
    let mut diagnostics = Vec::new();
    let mut fields = Fields::new(Some(body.clone()), Path::new(), "a page", &mut diagnostics);
    let is_page = fields.get("RequestId").is_some();
    if fields.get(list).is_none() {
        if fields.is_object() && !is_page {
            fields.report(Code::MissingField, list, ["the response has no `", list, "`"].concat());
        }
        return diagnostics;
    }
    let Some(entries) = fields.of_kind(list, Kind::List) else {
        return diagnostics;
    };
    for index in 0..entries.len() {
        // A list may have thousands of wrong elements.
        if diagnostics.len() >= MAX_WRONG {
            break;
        }
        let entry = entries.item(index);
        // The usual entry needs no path.
        let is_valid = entry.as_ref().is_some_and(|entry| {
            required.iter().all(|(key, kind)| entry.member(key).is_some_and(|value| value.is(*kind)))
        });
        if is_valid {
            continue;
        }
        let path = vec![PathSegment::from(list), PathSegment::from(index)];
        let mut fields = Fields::new(entry, path, "an entry", &mut diagnostics);
        if !fields.is_object() {
            continue;
        }
        for &(key, kind) in required {
            match fields.get(key) {
                Some(value) => _ = fields.checked(key, value, kind),
                None => fields.report(Code::MissingField, key, ["the entry has no `", key, "`"].concat()),
            }
        }
    }
    diagnostics
}
