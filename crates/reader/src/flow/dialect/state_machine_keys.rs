//! The keys of `Type: StateMachine`.

use super::{Dynamic, Key, Shape, Slot as S, Standing, StateType, StateTypes, TaskMode, Value as V, key};
use cloudflow_base::limits;

const TASK: StateTypes = StateTypes::of(&[StateType::Task]);
const WAIT: StateTypes = StateTypes::of(&[StateType::Wait]);
const CHOICE: StateTypes = StateTypes::of(&[StateType::Choice]);
const PARALLEL: StateTypes = StateTypes::of(&[StateType::Parallel]);
const MAP: StateTypes = StateTypes::of(&[StateType::Map]);
const FAIL: StateTypes = StateTypes::of(&[StateType::Fail]);
/// The types whose errors can be handled.
const FALLIBLE: StateTypes = StateTypes::of(&[StateType::Task, StateType::Parallel, StateType::Map]);

pub(super) static TYPES: [(&str, StateType); 8] = [
    ("Task", StateType::Task),
    ("Pass", StateType::Pass),
    ("Wait", StateType::Wait),
    ("Choice", StateType::Choice),
    ("Parallel", StateType::Parallel),
    ("Map", StateType::Map),
    ("Succeed", StateType::Succeed),
    ("Fail", StateType::Fail),
];

pub(super) static MODES: [(&str, TaskMode); 3] = [
    ("RequestComplete", TaskMode::RequestComplete),
    ("WaitForSystemCallback", TaskMode::SystemCallback),
    ("WaitForCustomCallback", TaskMode::CustomCallback),
];
static MODE_WORDS: [&str; 3] = [MODES[0].0, MODES[1].0, MODES[2].0];

pub(super) fn keys(shape: Shape) -> &'static [Key] {
    match shape {
        Shape::Document => &DOCUMENT,
        Shape::State => &STATE,
        Shape::Option => &OPTION,
        Shape::Branch => &BRANCH,
        Shape::Processor => &PROCESSOR,
        Shape::Retry => &RETRY,
        Shape::Catch => &CATCH,
        Shape::OnError => &ON_ERROR,
        Shape::OnErrorRetry => &ON_ERROR_RETRY,
        Shape::Default | Shape::Iteration | Shape::Mapping => &[],
    }
}

static DOCUMENT: [Key; 7] = [
    key("Type", S::Type, V::Text).required(),
    key("SpecVersion", S::Version, V::Text).required(),
    key("Name", S::Name, V::Text).required(),
    key("StartAt", S::StartAt, V::Target).required(),
    key("States", S::States, V::Many(Shape::State)).range(1, i64::MAX).required(),
    key("Description", S::Description, V::Remark),
    key("Timeout", S::Timeout, V::Whole).range(1, i64::MAX),
];

// One page per type, from <https://help.aliyun.com/document_detail/2412526.html> (Pass) to
// <https://help.aliyun.com/document_detail/2851869.html> (Map, distributed).
static STATE: [Key; 33] = [
    key("Type", S::Type, V::Text).required(),
    key("Name", S::Name, V::Text).required(),
    key("Description", S::Description, V::Remark),
    key("Next", S::Next, V::Target).on(StateTypes::SEQUENTIAL),
    // The pages of Succeed and Fail do not list `End`, but the vendor's examples set it.
    key("End", S::End, V::Bool).on(StateTypes::SEQUENTIAL.union(StateTypes::TERMINAL)),
    key("InputConstructor", S::Input, V::Constructor),
    key("OutputConstructor", S::Output, V::Constructor).on(StateTypes::ALL.without(StateType::Choice)),
    key("GlobalConstructor", S::Global, V::Constructor),
    key("Action", S::Action, V::Text).on(TASK).required(),
    key("TaskMode", S::Mode, V::OneOf(&MODE_WORDS)).on(TASK),
    key("Parameters", S::Params, V::Constructor).on(TASK),
    key("Timeout", S::Timeout, V::Digits).range(0, limits::TASK_TIMEOUT_SECONDS).on(TASK).dynamic(Dynamic::Key),
    key("Retry", S::Retry, V::Many(Shape::Retry)).on(FALLIBLE),
    key("Catch", S::Catch, V::Many(Shape::Catch)).on(FALLIBLE),
    key("OnErrors", S::OnErrors, V::Many(Shape::OnError))
        .on(TASK)
        .standing(Standing::Deprecated("`Retry` and `Catch`")),
    key("Seconds", S::Seconds, V::Whole).range(1, limits::WAIT_SECONDS).on(WAIT).required().dynamic(Dynamic::Key),
    key("Branches", S::Branches, V::Many(Shape::Option)).range(1, i64::MAX).on(CHOICE).required(),
    key("Default", S::Default, V::Target).on(CHOICE).required(),
    key("Branches", S::Branches, V::Many(Shape::Branch))
        .range(1, limits::PARALLEL_BRANCHES as i64)
        .on(PARALLEL)
        .required(),
    key("ItemsPath", S::Items, V::Expression).on(MAP),
    key("Processor", S::Processor, V::One(Shape::Processor)).on(MAP).required(),
    // The table of every page has the first spelling; a heading has the second one.
    key("MaxConcuccency", S::MaxConcurrency, V::Whole).range(1, i64::MAX).on(MAP),
    key("MaxConcurrency", S::MaxConcurrency, V::Whole).range(1, i64::MAX).on(MAP),
    key("ProcessorConfig", S::Config, V::Object).on(MAP),
    key("ItemReader", S::ItemReader, V::Any).on(MAP),
    key("ItemConstructor", S::ItemConstructor, V::Any).on(MAP),
    key("ItemBatcher", S::ItemBatcher, V::Any).on(MAP),
    key("ResultWriter", S::ResultWriter, V::Any).on(MAP),
    key("MaxItems", S::MaxItems, V::Any).on(MAP),
    key("ToleratedFailurePercentage", S::ToleratedPercentage, V::Any).on(MAP),
    key("ToleratedFailureCount", S::ToleratedCount, V::Any).on(MAP),
    key("Code", S::Code, V::Text).on(FAIL).dynamic(Dynamic::Key),
    // The table of the page requires it; the sample of the page omits it.
    key("Detail", S::Detail, V::Text).on(FAIL).required().dynamic(Dynamic::Key).standing(Standing::Advised),
];

static OPTION: [Key; 3] = [
    key("Condition", S::Condition, V::Expression).required(),
    key("Next", S::Next, V::Target).required(),
    // Not in the table of the page. Every other mapping with a `Next` has it.
    key("Description", S::Description, V::Remark),
];

static BRANCH: [Key; 2] = [
    key("StartAt", S::StartAt, V::Target).required(),
    key("States", S::States, V::Many(Shape::State)).range(1, i64::MAX).required(),
];

static PROCESSOR: [Key; 3] = [
    key("StartAt", S::StartAt, V::Target).required(),
    key("States", S::States, V::Many(Shape::State)).range(1, i64::MAX).required(),
    key("ProcessorConfig", S::Config, V::Object),
];

// <https://www.alibabacloud.com/help/doc-detail/2500862.html>
static RETRY: [Key; 6] = [
    key("Errors", S::Errors, V::Texts).required(),
    key("Description", S::Description, V::Text).required().standing(Standing::Advised),
    key("MaxAttempts", S::MaxAttempts, V::Whole).range(0, i64::MAX).required(),
    key("IntervalSeconds", S::Interval, V::Whole).range(0, limits::RETRY_INTERVAL_SECONDS).required(),
    key("BackoffRate", S::Multiplier, V::Factor),
    key("MaxBackoffSeconds", S::MaxInterval, V::Whole).range(0, limits::RETRY_INTERVAL_SECONDS),
];

static CATCH: [Key; 4] = [
    key("Errors", S::Errors, V::Texts).required(),
    key("Description", S::Description, V::Text).required().standing(Standing::Advised),
    key("OutputConstructor", S::Output, V::Constructor),
    key("Next", S::Next, V::Target).required(),
];

// The form of 2023. <https://www.alibabacloud.com/help/en/serverless-workflow/latest/task-task> still
// showed it in early 2024.
static ON_ERROR: [Key; 5] = [
    key("Errors", S::Errors, V::Texts).required(),
    key("Description", S::Description, V::Text),
    key("OutputConstructor", S::Output, V::Constructor),
    key("Next", S::Next, V::Target),
    key("Retry", S::Retry, V::One(Shape::OnErrorRetry)),
];

static ON_ERROR_RETRY: [Key; 3] = [
    key("MaxAttempts", S::MaxAttempts, V::Whole).range(0, i64::MAX).required(),
    key("FixedBackoff", S::Interval, V::Whole).range(0, i64::MAX),
    key("Multiplier", S::Multiplier, V::Factor),
];
