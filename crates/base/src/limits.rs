//! The limits of the service: one constant for each, with its documentation page.
//!
//! The checks, the interpreter, the emulator and the migration read them here, so that they agree.
//! The name of a limit of one dialect begins with `FLOW` (`type: flow`); a name without it is a limit
//! of the `StateMachine` dialect or of both.

// Sizes

/// Maximum length of a text from JavaScript, in UTF-16 units. It is a limit of this package: it bounds the memory of a call
/// and is sixteen times the largest definition that the service accepts.
pub const TEXT_UNITS: u32 = 16 * 1024 * 1024;

/// Maximum size of a request, and therefore of a definition, in bytes: 1,024 KiB
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>).
pub const REQUEST_BYTES: usize = 1024 * 1024;

/// Maximum size of the input, the output and the local data of a state, each as JSON, in bytes
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>).
pub const DATA_BYTES: usize = 64 * 1024;

/// Maximum size of the input, the output and the local data of a step together, in bytes, by the page
/// of the `flow` dialect (<https://help.aliyun.com/document_detail/122493.html>). The newer page of the
/// service has [`DATA_BYTES`], so that a larger value gives a warning and is not refused.
pub const FLOW_DATA_BYTES: usize = 32 * 1024;

/// Maximum size of a global variable as JSON, in bytes
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/global-io>).
pub const GLOBAL_BYTES: usize = 256 * 1024;

/// Maximum length of the name of a global variable, in bytes
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/global-io>).
pub const GLOBAL_NAME_BYTES: usize = 128;

/// Maximum length of the name of a flow or an execution, in characters
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>).
pub const NAME_CHARACTERS: usize = 128;

/// Maximum length of the description of a flow, in characters
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/overview-of-flow>).
pub const DESCRIPTION_CHARACTERS: usize = 128;

/// Maximum length of a reported `Error`, in characters
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-reporttaskfailed>).
pub const ERROR_CHARACTERS: usize = 128;

/// Maximum length of a reported `Cause`, in characters
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-reporttaskfailed>).
pub const CAUSE_CHARACTERS: usize = 4096;

// Numbers

/// Maximum number of events of an execution
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>).
pub const EVENTS: usize = 5_000;

/// Maximum number of branches of a `Parallel` (<https://help.aliyun.com/en/document_detail/2412619.html>).
pub const PARALLEL_BRANCHES: usize = 50;

/// Maximum number of branches of a `parallel` step (<https://help.aliyun.com/document_detail/122498.html>).
pub const FLOW_PARALLEL_BRANCHES: usize = 100;

/// Maximum number of concurrent iterations of a `Map` (<https://help.aliyun.com/document_detail/2851868.html>).
pub const MAP_CONCURRENCY: usize = 40;

/// Maximum number of concurrent iterations of a `foreach` step
/// (<https://help.aliyun.com/document_detail/122499.html>).
pub const FLOW_FOREACH_CONCURRENCY: usize = 100;

/// Maximum number of nested function calls in an expression
/// (<https://help.aliyun.com/document_detail/2579872.html>).
pub const NESTED_CALLS: u32 = 10;

/// Maximum number of flows of an account
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>).
pub const FLOWS: usize = 10_000;

/// Maximum number of running executions of an account
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>).
pub const RUNNING_EXECUTIONS: usize = 10_000;

// Lists. The reference pages state 1 to 99 and 1 to 999, the metadata 1 to 100 and 1 to 1000.

/// Default number of entries of a page of each list
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-listexecutions>).
pub const PAGE: u64 = 60;

/// Maximum number of executions on a page
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-listexecutions>,
/// <https://api.aliyun.com/meta/v1/products/fnf/versions/2019-03-15/api-docs.json>).
pub const EXECUTIONS_PAGE: u64 = 100;

/// Maximum number of events on a page
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-getexecutionhistory>,
/// <https://api.aliyun.com/meta/v1/products/fnf/versions/2019-03-15/api-docs.json>).
pub const EVENTS_PAGE: u64 = 1000;

/// Maximum number of flows on a page
/// (<https://api.aliyun.com/meta/v1/products/fnf/versions/2019-03-15/api-docs.json>).
pub const FLOWS_PAGE: u64 = 1000;

// Rates

/// A rate limit of an account: a token bucket. All values are those of the limits page
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/limits>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The size of the bucket: the number of requests at once.
    pub burst: u64,
    /// New tokens per second.
    pub per_second: u64,
}

/// StartExecution.
pub const START_RATE: RateLimit = RateLimit { burst: 100, per_second: 100 };

/// StartSyncExecution. The page states 1,000 requests per second.
pub const START_SYNC_RATE: RateLimit = RateLimit { burst: 1000, per_second: 1000 };

/// DescribeExecution and GetExecutionHistory, each.
pub const DESCRIBE_RATE: RateLimit = RateLimit { burst: 50, per_second: 5 };

/// Each other operation.
pub const OTHER_RATE: RateLimit = RateLimit { burst: 10, per_second: 2 };

// Durations, in seconds

/// Maximum time of a long poll: `WaitTimeSeconds` of DescribeExecution
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/api-fnf-2019-03-15-describeexecution>).
pub const LONG_POLL_SECONDS: u32 = 60;

/// Maximum duration of a `Wait` (<https://alibabacloud.com/help/zh/serverless-workflow/latest/wait-wait>).
pub const WAIT_SECONDS: i64 = 300;

/// Maximum duration of a `Wait` in express mode
/// (<https://alibabacloud.com/help/zh/serverless-workflow/latest/wait-wait>).
pub const EXPRESS_WAIT_SECONDS: i64 = 20;

/// Maximum duration of a `wait` step: two days (<https://help.aliyun.com/document_detail/122495.html>).
pub const FLOW_WAIT_SECONDS: i64 = 2 * 86_400;

/// Maximum `Timeout` of a `Task`: seven days
/// (<https://www.alibabacloud.com/help/en/serverless-workflow/latest/task-task>).
pub const TASK_TIMEOUT_SECONDS: i64 = 7 * 86_400;

/// Maximum interval of a retry: one day (<https://www.alibabacloud.com/help/doc-detail/2500862.html>,
/// <https://help.aliyun.com/document_detail/122494.html>).
pub const RETRY_INTERVAL_SECONDS: i64 = 86_400;

/// Maximum duration of an execution: one year (<https://help.aliyun.com/document_detail/2504569.html>).
pub const EXECUTION_SECONDS: i64 = 365 * 86_400;

/// Maximum duration of an express execution (<https://help.aliyun.com/document_detail/2504569.html>).
pub const EXPRESS_EXECUTION_SECONDS: i64 = 5 * 60;
