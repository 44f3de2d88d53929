//! Keys that authors bring from elsewhere: Amazon States Language, and the words of other workflow languages.

use super::{Dialect, Shape, Slot as S};

/// A key of another language with the meaning of one of ours.
pub struct Foreign {
    name: &'static str,
    shapes: &'static [Shape],
    /// The slot with its meaning.
    pub slot: S,
    /// The value has the same form.
    pub same_value: bool,
}

const fn f(name: &'static str, shapes: &'static [Shape], slot: S, same_value: bool) -> Foreign {
    Foreign { name, shapes, slot, same_value }
}

const STATE: &[Shape] = &[Shape::State];
const RULES: &[Shape] = &[Shape::Retry, Shape::Catch, Shape::OnError];

/// The keys of Amazon States Language (<https://states-language.net/spec.html>) that the `StateMachine` dialect does
/// not have.
static AMAZON: [Foreign; 34] = [
    f("Comment", &[Shape::Document, Shape::State, Shape::Option, Shape::Retry, Shape::Catch], S::Description, true),
    f("TimeoutSeconds", &[Shape::Document, Shape::State], S::Timeout, true),
    f("TimeoutSecondsPath", STATE, S::Timeout, false),
    f("Version", &[Shape::Document], S::Version, false),
    f("QueryLanguage", &[Shape::Document, Shape::State], S::Version, false),
    f("Resource", STATE, S::Action, false),
    f("Arguments", STATE, S::Params, false),
    f("Choices", STATE, S::Branches, true),
    f("Iterator", STATE, S::Processor, true),
    f("ItemProcessor", STATE, S::Processor, true),
    f("ItemSelector", STATE, S::ItemConstructor, false),
    f("Items", STATE, S::Items, false),
    f("MaxConcurrencyPath", STATE, S::MaxConcurrency, false),
    f("MaxItemsPath", STATE, S::MaxItems, false),
    f("InputPath", STATE, S::Input, false),
    f("OutputPath", STATE, S::Output, false),
    f("ResultPath", &[Shape::State, Shape::Catch], S::Output, false),
    f("ResultSelector", STATE, S::Output, false),
    f("Result", STATE, S::Output, false),
    f("Output", &[Shape::State, Shape::Catch], S::Output, false),
    f("Assign", STATE, S::Global, false),
    f("Error", STATE, S::Code, true),
    f("ErrorPath", STATE, S::Code, false),
    f("Cause", STATE, S::Detail, true),
    f("CausePath", STATE, S::Detail, false),
    f("SecondsPath", STATE, S::Seconds, false),
    f("Timestamp", STATE, S::Seconds, false),
    f("TimestampPath", STATE, S::Seconds, false),
    f("ErrorEquals", RULES, S::Errors, true),
    f("MaxDelaySeconds", &[Shape::Retry], S::MaxInterval, true),
    f("Variable", &[Shape::Option], S::Condition, false),
    f("And", &[Shape::Option], S::Condition, false),
    f("Or", &[Shape::Option], S::Condition, false),
    f("Not", &[Shape::Option], S::Condition, false),
];

/// `StringEquals`, `NumericLessThanPath`, `IsPresent` of a choice rule.
static COMPARISONS: [&str; 5] = ["String", "Numeric", "Boolean", "Timestamp", "Is"];
static COMPARISON: Foreign = f("", &[], S::Condition, false);

/// Other words for the keys of the `flow` dialect.
static FLOW: [Foreign; 3] = [
    f("next", &[Shape::Option, Shape::Default, Shape::Catch], S::Next, true),
    f("to", &[Shape::Option, Shape::Default, Shape::Catch], S::Next, true),
    f("if", &[Shape::Option], S::Condition, true),
];

/// A key of Amazon States Language.
pub fn amazon(dialect: Dialect, shape: Shape, name: &str) -> Option<&'static Foreign> {
    if dialect == Dialect::Flow {
        return None;
    }
    let compares = shape == Shape::Option && COMPARISONS.iter().any(|head| name.starts_with(head));
    let known = AMAZON.iter().find(|key| key.name == name && key.shapes.contains(&shape));
    known.or(compares.then_some(&COMPARISON))
}

/// Another word for a key of the `flow` dialect.
pub fn synonym(dialect: Dialect, shape: Shape, name: &str) -> Option<&'static Foreign> {
    FLOW.iter().find(|key| dialect == Dialect::Flow && key.name == name && key.shapes.contains(&shape))
}
