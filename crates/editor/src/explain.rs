//! The documentation texts, with the page of the vendor that each comes from.

use cloudflow_base::small::is_one_of;
use cloudflow_language::flow::dialect::{Shape, Slot as S, StateType as T};
use cloudflow_language::flow::{Dialect, TaskMode};

use crate::text::replaced;

/// A documentation text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// One or two sentences.
    pub text: &'static str,
    /// The address of a page of the vendor.
    pub page: &'static str,
}

impl Note {
    /// The text with the term of a dialect: state or step.
    pub fn words(self, dialect: Dialect) -> String {
        replaced(self.text, "state", dialect.state_word())
    }
}

const HELP: [&str; 22] = [
    "https://help.aliyun.com/document_detail/122492.html",
    "https://help.aliyun.com/document_detail/122493.html",
    "https://help.aliyun.com/document_detail/122494.html",
    "https://help.aliyun.com/document_detail/122495.html",
    "https://help.aliyun.com/document_detail/122496.html",
    "https://help.aliyun.com/document_detail/122497.html",
    "https://help.aliyun.com/document_detail/122498.html",
    "https://help.aliyun.com/document_detail/122499.html",
    "https://www.alibabacloud.com/help/en/serverless-workflow/latest/succeed-steps",
    "https://www.alibabacloud.com/help/en/serverless-workflow/latest/fail-steps",
    "https://www.alibabacloud.com/help/en/serverless-workflow/latest/process-definition-introduction",
    "https://help.aliyun.com/document_detail/2402077.html",
    "https://www.alibabacloud.com/help/en/serverless-workflow/latest/task-task",
    "https://alibabacloud.com/help/zh/serverless-workflow/latest/wait-wait",
    "https://help.aliyun.com/en/document_detail/2412526.html",
    "https://help.aliyun.com/en/document_detail/2412568.html",
    "https://help.aliyun.com/en/document_detail/2412619.html",
    "https://help.aliyun.com/document_detail/2851868.html",
    "https://www.alibabacloud.com/help/en/serverless-workflow/latest/succeeded",
    "https://help.aliyun.com/document_detail/2489683.html",
    "https://help.aliyun.com/document_detail/214310.html",
    "https://www.alibabacloud.com/help/doc-detail/2500862.html",
];
const DISTRIBUTED: &str = "https://help.aliyun.com/en/document_detail/2851869.html";
const GLOBALS: &str = "https://www.alibabacloud.com/help/en/serverless-workflow/latest/global-io";
const DATA: &str = "https://www.alibabacloud.com/help/en/serverless-workflow/latest/data-transfer";
const FUNCTIONS: &str = "https://help.aliyun.com/document_detail/2579872.html";
const MODES: [&str; 2] =
    ["https://help.aliyun.com/document_detail/149828.html", "https://help.aliyun.com/document_detail/2592915.html"];

fn help(index: usize) -> &'static str {
    HELP.get(index).copied().unwrap_or_default()
}

/// The page of a dialect about flows.
fn overview(dialect: Dialect) -> &'static str {
    help(if dialect == Dialect::Flow { 0 } else { 10 })
}

/// The page of a dialect about inputs and outputs.
fn data(dialect: Dialect) -> &'static str {
    help(if dialect == Dialect::Flow { 1 } else { 11 })
}

/// The page of a dialect about errors.
fn failures(dialect: Dialect) -> &'static str {
    help(if dialect == Dialect::Flow { 20 } else { 21 })
}

/// The page of a type of states.
fn page(dialect: Dialect, of: T) -> &'static str {
    let index = match of {
        T::Task => 0,
        T::Wait => 1,
        T::Pass => 2,
        T::Choice => 3,
        T::Parallel => 4,
        T::Map => 5,
        T::Succeed => 6,
        T::Fail => 7,
    };
    help(index + if dialect == Dialect::Flow { 2 } else { 12 })
}

/// A type of states.
pub(crate) fn state_type(dialect: Dialect, of: T) -> Note {
    let text = match of {
        T::Task => "Calls a service or a function and waits for its result.",
        T::Pass => "Calls nothing. It reshapes data or holds a place.",
        T::Wait => "Waits for a number of seconds or until a time.",
        T::Choice => "Takes the first option whose condition is true, or else the default.",
        T::Parallel => "Runs its branches at the same time and continues when all of them have ended.",
        T::Map => "Runs its body for each item of a list.",
        T::Succeed => "Ends its list of states successfully, like `return`.",
        T::Fail => "Ends its list of states with an error, like `throw`.",
    };
    Note { text, page: page(dialect, of) }
}

/// A key of a mapping.
pub(crate) fn key(dialect: Dialect, shape: Shape, of: Option<T>, slot: S) -> Note {
    let flow = dialect == Dialect::Flow;
    let text = match (slot, shape) {
        (S::Type, Shape::Document) => "The language of the definition.",
        (S::Type, _) => "What the state does. It selects the other keys.",
        (S::Name, Shape::Document) => "The name of the flow, equal to the name in the service.",
        (S::Name, _) => "The name of the state. Targets use it; it is unique in its list.",
        (S::Description, _) => "A remark for readers. The console shows it.",
        (S::Version, _) => "The version of the language: `v1`.",
        (S::StartAt, _) => "The name of the state that runs first. It belongs to the list beside this key.",
        (S::States, Shape::Option | Shape::Default) => "Steps that run before the jump.",
        (S::States, Shape::State) => "The steps that run for each item, one after the other.",
        (S::States, _) if flow => "The steps, which run one after the other.",
        (S::States, _) => "The states. `StartAt` and `Next` set their order.",
        (S::Timeout, Shape::Document) => "Maximum duration of an execution in seconds.",
        (S::Timeout, _) => "Maximum duration of the call in seconds. 0 means no limit.",
        (S::Input, Shape::Document) => "The input of the flow, made from the input of the execution.",
        (S::Input, _) if flow => "The input of the step. Each entry copies a source to a target.",
        (S::Input, _) => "A new input that replaces the original one. Values of keys that end in `.$` are expressions.",
        (S::Output, Shape::Document) => "The output of the flow, made from its input and the results of its steps.",
        (S::Output, Shape::Catch | Shape::OnError) => "The input of the target, made from `$Context.Current.Error`.",
        (S::Output, _) if flow => "The output of the step. Without it, the output is the result (`$local`).",
        (S::Output, _) => "A new output that replaces the result. Values of keys that end in `.$` are expressions.",
        (S::Global, _) => "Writes global variables when the state ends. Later states read them from `$Global`.",
        (S::ErrorMappings, _) => "Data from `$local.error` and `$local.cause` for the step that handles the error.",
        (S::End, _) => "`true` ends the list of states after this state.",
        (S::Next, Shape::Option) => "The state that runs if the condition is true.",
        (S::Next, Shape::Catch | Shape::OnError) => "The state that handles the error.",
        (S::Next, Shape::Default) => "The step that runs next if no option is true.",
        (S::Next, _) => "The state that runs next. It belongs to the same list.",
        (S::Resource, _) => "The name of the function, flow, queue or topic that the task calls.",
        (S::Action, _) => "The service and the operation: `FC:InvokeFunction`.",
        (S::Mode, _) => "When the task is done: with the response, when the work ends, or by a report with its token.",
        (S::Params, _) => "The parameters of the call.",
        (S::Retry, Shape::OnError) => "How often and when the state is tried again.",
        (S::Retry, _) => "Rules that try the state again. The first rule that names the error applies.",
        (S::Catch, _) => "Rules that continue after an error. The first rule that names the error applies.",
        (S::OnErrors, _) => "The old form of `Retry` and `Catch`.",
        (S::Seconds, _) => "The time to wait, in seconds.",
        (S::Timestamp, _) => "The time to wait for, such as `2030-01-01T12:00:00Z`.",
        (S::Branches, _) if of == Some(T::Parallel) => "The branches, which run at the same time with the same input.",
        (S::Branches, _) => "The options. The first one whose condition is true is taken.",
        (S::Default, _) => "The way if no option is true.",
        (S::Iteration, _) => "The list, and the names of the item and of its index in the input of the steps.",
        (S::Items, _) => "The list. The body runs once for each of its items.",
        (S::Item, _) => "The key of the item in the input of the steps.",
        (S::Index, _) => "The key of the index in the input of the steps.",
        (S::Processor, _) => "The states that run for each item.",
        (S::MaxConcurrency, _) => {
            "Maximum number of iterations at the same time. The service documents this spelling: `MaxConcuccency`."
        }
        (S::Config, _) => "The mode of the child executions.",
        (S::ItemReader, _) => "Reads the items from an object in storage.",
        (S::ItemConstructor, _) => "Makes the input of each iteration from `$Item`.",
        (S::ItemBatcher, _) => "Puts several items into one iteration.",
        (S::ResultWriter, _) => "Writes the results to an object in storage.",
        (S::MaxItems, _) => "Maximum number of items.",
        (S::ToleratedPercentage, _) => "The percentage of failed iterations that does not fail the state.",
        (S::ToleratedCount, _) => "The number of failed iterations that does not fail the state.",
        (S::Code, _) => "The name of the error. Catch rules match it.",
        (S::Detail, _) => "The cause of the error, for readers.",
        (S::Condition, _) => "An expression that is true or false, such as `$Input.amount > 100`.",
        (S::Errors, _) => "The names of the errors that the rule is for. `FnF.ALL` is every error.",
        (S::MaxAttempts, _) => "Maximum number of retries, without the first attempt.",
        (S::Interval, _) => "The time before the first retry, in seconds.",
        (S::Multiplier, _) => "The factor by which the interval grows after each retry.",
        (S::MaxInterval, _) => "Maximum interval between two retries, in seconds.",
        (S::Target, _) => "The key that the entry sets.",
        (S::Source, _) => "A path such as `$input.order`, or a constant.",
    };
    let page = match (shape, slot) {
        (_, S::Mode) => MODES.get(usize::from(!flow)).copied().unwrap_or_default(),
        (_, S::Global) => GLOBALS,
        (_, S::Input | S::Output | S::ErrorMappings) | (Shape::Mapping, _) => data(dialect),
        (_, S::Retry | S::Catch | S::OnErrors) => failures(dialect),
        (Shape::Retry | Shape::Catch | Shape::OnError | Shape::OnErrorRetry, _) => failures(dialect),
        (Shape::Document, _) => overview(dialect),
        (
            _,
            S::ItemReader
            | S::ItemConstructor
            | S::ItemBatcher
            | S::ResultWriter
            | S::MaxItems
            | S::ToleratedPercentage
            | S::ToleratedCount
            | S::Config,
        ) => DISTRIBUTED,
        (Shape::Option | Shape::Default, _) => page(dialect, T::Choice),
        (Shape::Branch, _) => page(dialect, T::Parallel),
        (Shape::Processor | Shape::Iteration, _) => page(dialect, T::Map),
        _ => of.map_or(overview(dialect), |of| page(dialect, of)),
    };
    Note { text, page }
}

/// A mode of tasks.
pub(crate) fn mode(dialect: Dialect, mode: TaskMode) -> Note {
    let text = match mode {
        TaskMode::RequestComplete => "The task is done when the service has answered.",
        TaskMode::SystemCallback => "The task is done when the called work ends. The service reports it.",
        TaskMode::CustomCallback => "The task is done when its result is reported with its token.",
    };
    Note { text, page: MODES.get(usize::from(dialect == Dialect::StateMachine)).copied().unwrap_or_default() }
}

/// The name of an error.
pub(crate) fn error(dialect: Dialect, name: &str) -> Note {
    let text = match name {
        "FnF.ALL" => "Every error.",
        "FnF.TaskTimeout" => "The task took longer than its timeout.",
        "FnF.InvalidLocal" => "The result of the task is not a valid object.",
        "FnF.RuntimeError" => "The flow failed while a state ran.",
        "FC.ResourceThrottled" => "The function was throttled because of its concurrency.",
        "FC.ResourceExhausted" => "The function was throttled because resources are lacking.",
        "FC.InternalServerError" => "Function Compute had an internal error.",
        "FC.Unknown" => "The function raised an error that it did not handle.",
        "FC.ServerError" => "Function Compute answered with a server error.",
        "FC.ServiceNotFound" => "The service of the function does not exist.",
        "FC.FunctionNotFound" => "The function does not exist.",
        "FC.InvalidArgument" => "Function Compute refused the call.",
        _ if name.starts_with("FC.") => "An error of Function Compute.",
        _ => "An error of this flow, or of a function that it calls.",
    };
    Note { text, page: failures(dialect) }
}

/// A built-in function.
pub(crate) fn function(name: &str) -> Note {
    let text = match name {
        "arrayContains" => "True if the list has an element that is equal to the value.",
        "arrayUnique" => "The list without duplicates.",
        "format" => "The template, with each `{}` replaced by the next value.",
        "fromBase64" => "The decoded text.",
        "fromJSON" | "stringToJson" => "The value of a JSON text.",
        "get" => "The element of a list with this index, or the value of an object with this key.",
        "hash" => "The hash in hexadecimal. Algorithms: MD5, SHA-1, SHA-256, SHA-512.",
        "intAdd" => "The sum of two whole numbers.",
        "jsonMerge" => "The keys of both objects. The second object wins.",
        "jsonToString" => "The value as JSON text.",
        "length" => "The number of elements, keys or characters.",
        "mapKeys" => "The keys of the object.",
        "mapValues" => "The values of the object.",
        "randomInt" => "A random whole number in a range.",
        "regexMatchString" => "True if the text matches the regular expression.",
        "split" => "The parts of the text between the delimiters.",
        "toArray" => "A list of the values.",
        "toBase64" => "The text in Base64.",
        "uuid" => "A random identifier.",
        _ => "",
    };
    Note { text, page: FUNCTIONS }
}

/// A variable.
pub(crate) fn variable(dialect: Dialect, name: &str) -> Note {
    let text = match name {
        "$" => "The input of the step, made by its `inputMappings`.",
        "$input" => "The input of the parent in `inputMappings`, the input of the step in `outputMappings`.",
        "$local" => "The results of the steps before in `inputMappings`, the result of the step in `outputMappings`.",
        "$Input" => "The input of the state, after its `InputConstructor`.",
        "$Output" => "The result of the state.",
        "$Global" => "The global variables of the execution.",
        "$Item" => "The item of the iteration.",
        "$context" | "$Context" => "Data about the execution and the current state.",
        _ => "",
    };
    let page = match name {
        "$Global" => GLOBALS,
        _ if dialect == Dialect::Flow => data(dialect),
        _ => DATA,
    };
    Note { text, page }
}

/// A member of the context.
pub(crate) fn member(dialect: Dialect, path: &str) -> Note {
    let text = match path {
        "task.token" | "Current.TaskToken" => "The token that reports the result of the task.",
        "execution.name" | "Execution.Name" => "The name of the execution.",
        "flow.name" => "The name of the flow.",
        "step.eventId" => "The number of the event of this step.",
        "Execution.Input" => "The input of the execution.",
        "Execution.RoleArn" => "The role of the flow.",
        "Current.Name" => "The name of the state.",
        "Current.Input" => "The input of the state.",
        "Current.Output" => "The result of the state.",
        "Current.Error.Code" => "The name of the caught error.",
        "Current.Error.Detail" => "The cause of the caught error.",
        "Current.RetryCount" => "The number of retries so far.",
        _ => "",
    };
    Note { text, page: if dialect == Dialect::Flow { data(dialect) } else { DATA } }
}

/// An action, with the names of its parameters.
pub(crate) struct Action {
    pub name: &'static str,
    pub parameters: &'static [&'static str],
    pub note: Note,
}

const fn action(
    name: &'static str,
    parameters: &'static [&'static str],
    text: &'static str,
    page: &'static str,
) -> Action {
    Action { name, parameters, note: Note { text, page } }
}

/// The documented actions of the `StateMachine` dialect. The set is open: every API can be called.
pub(crate) static ACTIONS: [Action; 7] = [
    action(
        "FC:InvokeFunction",
        &["resourceArn", "invocationType", "body"],
        "Calls a function.",
        "https://help.aliyun.com/document_detail/2400200.html",
    ),
    action(
        "FNF:StartExecution",
        &["resourceArn", "executionName", "input"],
        "Starts another flow.",
        "https://help.aliyun.com/document_detail/2400188.html",
    ),
    action(
        "HTTP:Request",
        &["url", "method", "headers", "body"],
        "Sends an HTTP request.",
        "https://help.aliyun.com/document_detail/2593203.html",
    ),
    action(
        "MNS:SendMessage",
        &["resourceArn", "message", "priority", "delaySeconds", "messageTag", "messageAttributes"],
        "Sends a message to a queue or a topic.",
        "https://help.aliyun.com/en/document_detail/2593184.html",
    ),
    action(
        "EventBridge:PutEvents",
        &["id", "type", "eventBusName", "subject", "source", "data"],
        "Sends an event.",
        "https://help.aliyun.com/en/document_detail/2400202.html",
    ),
    action(
        "OSS:GetObject",
        &["bucket", "key", "region", "versionId", "range", "ifMatch", "ifNoneMatch"],
        "Reads an object from storage.",
        "https://help.aliyun.com/en/document_detail/2573663.html",
    ),
    action(
        "SMS:SendSms",
        &["phoneNumbers", "signName", "templateCode", "templateParam"],
        "Sends a text message.",
        "https://help.aliyun.com/en/document_detail/2619166.html",
    ),
];

/// The documented action with this name.
pub(crate) fn action_named(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}

/// A parameter of an action.
pub(crate) fn parameter(name: &str) -> &'static str {
    match name {
        "resourceArn" => "The name of the called resource, such as `acs:fc:…`.",
        "invocationType" => "`Sync` waits for the result of the function; `Async` does not.",
        "body" => "The payload: a text, or a value that is sent as JSON.",
        "executionName" => "The unique name of the started execution.",
        "input" => "The input of the started execution.",
        "url" => "The address of the request.",
        "method" => "The method of the request.",
        "headers" => "The headers of the request.",
        _ if is_one_of(name, &["message", "data"]) => "The content that is sent.",
        _ => "A parameter of the call.",
    }
}
