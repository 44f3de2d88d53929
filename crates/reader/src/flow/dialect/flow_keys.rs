//! The keys of `type: flow`.

use super::{Dynamic, Key, Shape, Slot as S, Standing, StateType, StateTypes, TaskMode, Value as V, key};
use cloudflow_base::limits;

const TASK: StateTypes = StateTypes::of(&[StateType::Task]);
const WAIT: StateTypes = StateTypes::of(&[StateType::Wait]);
const CHOICE: StateTypes = StateTypes::of(&[StateType::Choice]);
const PARALLEL: StateTypes = StateTypes::of(&[StateType::Parallel]);
const FOREACH: StateTypes = StateTypes::of(&[StateType::Map]);
const FAIL: StateTypes = StateTypes::of(&[StateType::Fail]);

pub(super) static TYPES: [(&str, StateType); 8] = [
    ("task", StateType::Task),
    ("pass", StateType::Pass),
    ("wait", StateType::Wait),
    ("choice", StateType::Choice),
    ("parallel", StateType::Parallel),
    ("foreach", StateType::Map),
    ("succeed", StateType::Succeed),
    ("fail", StateType::Fail),
];

pub(super) static MODES: [(&str, TaskMode); 3] = [
    ("requestResponse", TaskMode::RequestComplete),
    ("sync", TaskMode::SystemCallback),
    ("waitForCallback", TaskMode::CustomCallback),
];
static MODE_WORDS: [&str; 3] = [MODES[0].0, MODES[1].0, MODES[2].0];

pub(super) fn keys(shape: Shape) -> &'static [Key] {
    match shape {
        Shape::Document => &DOCUMENT,
        Shape::State => &STATE,
        Shape::Option => &OPTION,
        Shape::Default => &DEFAULT,
        Shape::Branch => &BRANCH,
        Shape::Processor | Shape::OnError | Shape::OnErrorRetry => &[],
        Shape::Iteration => &ITERATION,
        Shape::Mapping => &MAPPING,
        Shape::Retry => &RETRY,
        Shape::Catch => &CATCH,
    }
}

static DOCUMENT: [Key; 7] = [
    key("version", S::Version, V::Text).required(),
    key("type", S::Type, V::Text).required(),
    key("steps", S::States, V::Many(Shape::State)).range(1, i64::MAX).required(),
    key("inputMappings", S::Input, V::Many(Shape::Mapping)),
    key("outputMappings", S::Output, V::Many(Shape::Mapping)),
    key("timeoutSeconds", S::Timeout, V::Whole).range(1, i64::MAX),
    // Used in a walkthrough and in an example of the SDK.
    key("name", S::Name, V::Text).standing(Standing::Undocumented),
];

// <https://help.aliyun.com/document_detail/122494.html> to `/122499.html`, one page per type.
static STATE: [Key; 22] = [
    key("type", S::Type, V::Text).required(),
    key("name", S::Name, V::Text).required(),
    key("inputMappings", S::Input, V::Many(Shape::Mapping)),
    key("outputMappings", S::Output, V::Many(Shape::Mapping)),
    key("end", S::End, V::Bool).on(StateTypes::SEQUENTIAL.union(CHOICE)),
    key("resourceArn", S::Resource, V::Text).on(TASK),
    key("action", S::Action, V::Text).on(TASK).standing(Standing::Undocumented),
    key("pattern", S::Mode, V::OneOf(&MODE_WORDS)).on(TASK),
    key("serviceParams", S::Params, V::Object).on(TASK),
    key("timeoutSeconds", S::Timeout, V::Whole).range(1, i64::MAX).on(TASK),
    key("errorMappings", S::ErrorMappings, V::Many(Shape::Mapping)).on(TASK),
    key("retry", S::Retry, V::Many(Shape::Retry)).on(TASK),
    key("catch", S::Catch, V::Many(Shape::Catch)).on(TASK),
    // Maximum: 2 days.
    key("duration", S::Seconds, V::Whole).range(0, limits::FLOW_WAIT_SECONDS).on(WAIT).dynamic(Dynamic::Value),
    key("timestamp", S::Timestamp, V::Text).on(WAIT).dynamic(Dynamic::Value),
    key("choices", S::Branches, V::Many(Shape::Option)).range(1, i64::MAX).on(CHOICE).required(),
    key("default", S::Default, V::One(Shape::Default)).on(CHOICE),
    key("branches", S::Branches, V::Many(Shape::Branch))
        .range(1, limits::FLOW_PARALLEL_BRANCHES as i64)
        .on(PARALLEL)
        .required(),
    key("iterationMapping", S::Iteration, V::One(Shape::Iteration)).on(FOREACH).required(),
    key("steps", S::States, V::Many(Shape::State)).range(1, i64::MAX).on(FOREACH).required(),
    key("error", S::Code, V::Text).on(FAIL),
    key("cause", S::Detail, V::Text).on(FAIL),
];

static OPTION: [Key; 3] = [
    key("condition", S::Condition, V::Expression).required(),
    key("steps", S::States, V::Many(Shape::State)).range(1, i64::MAX),
    key("goto", S::Next, V::Target),
];

static DEFAULT: [Key; 2] =
    [key("steps", S::States, V::Many(Shape::State)).range(1, i64::MAX), key("goto", S::Next, V::Target)];

static BRANCH: [Key; 1] = [key("steps", S::States, V::Many(Shape::State)).range(1, i64::MAX).required()];

static ITERATION: [Key; 3] = [
    key("collection", S::Items, V::Expression).required(),
    key("item", S::Item, V::Text).required(),
    key("index", S::Index, V::Text),
];

static MAPPING: [Key; 2] = [key("target", S::Target, V::Text).required(), key("source", S::Source, V::Any).required()];

static RETRY: [Key; 5] = [
    key("errors", S::Errors, V::Texts).required(),
    key("intervalSeconds", S::Interval, V::Whole).range(1, limits::RETRY_INTERVAL_SECONDS),
    key("maxIntervalSeconds", S::MaxInterval, V::Whole).range(1, limits::RETRY_INTERVAL_SECONDS),
    key("maxAttempts", S::MaxAttempts, V::Whole).range(0, i64::MAX),
    key("multiplier", S::Multiplier, V::Factor),
];

static CATCH: [Key; 2] = [key("errors", S::Errors, V::Texts).required(), key("goto", S::Next, V::Target).required()];
