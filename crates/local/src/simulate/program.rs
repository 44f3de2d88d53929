//! A compiled flow: owned data, resolved targets, parsed expressions.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::expression::{Env, Expression};
use super::machine::TaskMode;
use super::{Failure, Millis};
use cloudflow_base::diagnostic::Path;
use cloudflow_language::flow::Dialect;

/// A flow that [`Machine`](super::Machine)s run. Machines can share it.
#[derive(Debug)]
pub struct Program {
    pub(super) dialect: Dialect,
    pub(super) express: bool,
    pub(super) name: Option<String>,
    pub(super) timeout: Option<Number>,
    /// A placeholder at a place that decides how the flow runs.
    pub(super) unfilled: Option<String>,
    /// The reason why the program cannot run: with aliases, a short definition can expand to any amount of data.
    pub(super) oversized: Option<String>,
    pub(super) input: Option<Shape>,
    pub(super) output: Option<Shape>,
    // INVARIANT: every index in the program is one of these; scope 0 is the top.
    pub(super) scopes: Vec<Scope>,
    pub(super) states: Vec<State>,
}

#[derive(Debug)]
pub(super) struct Scope {
    /// The first state. Absent in an empty scope, which ends at once.
    pub start: Option<usize>,
}

#[derive(Debug)]
pub(super) struct State {
    pub name: Rc<str>,
    pub path: Path,
    pub kind: Kind,
    /// The next state. Absent at the end of the scope.
    pub next: Option<usize>,
    /// The reason why there is no next state: the definition names an unknown state or no state.
    pub lost: Option<String>,
    pub input: Option<Shape>,
    pub output: Option<Shape>,
    pub global: Option<Shape>,
    /// `errorMappings`.
    pub error: Option<Shape>,
    pub retry: Vec<Retry>,
    pub catch: Vec<Catch>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Pass,
    Succeed,
    Wait(Wait),
    Fail {
        error: Option<Expression>,
        cause: Option<Expression>,
    },
    Choice {
        options: Vec<Way>,
        default: Option<Way>,
    },
    Parallel {
        branches: Vec<usize>,
    },
    Map(Iteration),
    Task(Task),
    /// Not supported, with the reason.
    NotSupported(String),
    /// Not valid, with the reason: it contains a placeholder.
    Invalid(String),
}

#[derive(Debug)]
pub(super) enum Wait {
    Seconds(Number),
    Until(Expression),
    Nothing,
}

/// One option of a choice.
#[derive(Debug)]
pub(super) struct Way {
    pub condition: Option<Expression>,
    pub body: Option<usize>,
    pub target: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Iteration {
    pub items: Expression,
    pub item: Option<String>,
    pub index: Option<String>,
    pub body: usize,
    pub concurrency: Option<Number>,
}

#[derive(Debug)]
pub(super) struct Task {
    /// `resourceArn` or `Action`: the key of handlers.
    pub action: Rc<str>,
    pub parameters: Option<Shape>,
    pub timeout: Option<Number>,
    pub mode: TaskMode,
}

#[derive(Debug)]
pub(super) struct Retry {
    pub errors: Vec<String>,
    pub most: u32,
    pub interval: f64,
    pub rate: f64,
    pub cap: f64,
}

#[derive(Debug)]
pub(super) struct Catch {
    pub errors: Vec<String>,
    pub output: Option<Shape>,
    pub target: Option<usize>,
}

#[derive(Debug)]
pub(super) enum Number {
    Value(f64),
    Computed(Expression),
}

/// Data to be built.
#[derive(Debug)]
pub(super) enum Shape {
    Constant(Value),
    /// An absent value fails the state.
    Computed(Expression),
    /// An absent value is null: the rule for mappings of the `flow` dialect.
    OrNull(Expression),
    List(Vec<Shape>),
    Object(Vec<(String, Shape)>),
}

impl Program {
    /// The name in the definition. Absent in the `flow` dialect.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| self.dialect == Dialect::StateMachine)
    }

    /// Fails if the definition contains a name that differs from the name of the flow.
    pub(crate) fn check_name(&self, flow: &str) -> Result<(), String> {
        match self.name() {
            Some(own) if own != flow => {
                Err(format!("the definition is named `{own}`, but the flow `{flow}`: they must be the same"))
            }
            _ => Ok(()),
        }
    }

    /// The reason why no state of the program can run.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.oversized.as_deref().or(self.unfilled.as_deref())
    }

    /// The reason why the program cannot run. Absent if the amount of its data is allowed.
    pub fn oversized(&self) -> Option<&str> {
        self.oversized.as_deref()
    }

    /// The path of the state of an [`Event`](super::Event) in the definition.
    pub fn path(&self, state: usize) -> Option<&Path> {
        self.states.get(state).map(|state| &state.path)
    }
}

impl Shape {
    // Recursion is bounded by the depth that the reader of YAML allows.
    pub(crate) fn build(&self, env: &Env<'_>) -> Result<Value, Failure> {
        Ok(match self {
            Shape::Constant(value) => env.meter.copy(value)?,
            Shape::Computed(expression) => expression.required(env)?,
            Shape::OrNull(expression) => expression.or_null(env)?,
            Shape::List(items) => Value::Array(items.iter().map(|item| item.build(env)).collect::<Result<_, _>>()?),
            Shape::Object(entries) => {
                let mut object = Map::new();
                for (key, shape) in entries {
                    env.meter.charge(16 + key.len() as u64)?;
                    object.insert(key.clone(), shape.build(env)?);
                }
                Value::Object(object)
            }
        })
    }
}

impl Number {
    pub(crate) fn value(&self, env: &Env<'_>) -> Result<f64, Failure> {
        match self {
            Number::Value(value) => Ok(*value),
            Number::Computed(expression) => {
                let value = expression.required(env)?;
                // The documentation declares `Timeout` as a text, so digits in quotes are read as a number.
                let digits = || value.as_str()?.parse::<u32>().ok().map(f64::from);
                let number = value.as_f64().or_else(digits);
                number.ok_or_else(|| Failure::expression(format!("expected a number, not {value}")))
            }
        }
    }
}

/// Converts seconds to milliseconds, limited to the range from 0 to a century.
pub(super) fn millis(seconds: f64) -> Millis {
    let longest = 100.0 * 365.0 * 86_400.0;
    let seconds = if seconds.is_nan() { 0.0 } else { seconds.clamp(0.0, longest) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped above")]
    let millis = (seconds * 1000.0).round() as Millis;
    millis
}

impl Retry {
    /// The pause before retry `k`, from 1.
    pub(crate) fn delay(&self, k: u32) -> Millis {
        let growth = self.rate.powi(i32::try_from(k.saturating_sub(1)).unwrap_or(i32::MAX));
        millis((self.interval * growth).min(self.cap))
    }
}

/// Whether a rule matches an error: by its exact name, or by the name that matches every error.
pub(super) fn matches(errors: &[String], error: &str) -> bool {
    errors.iter().any(|name| name == error || name == "FnF.ALL")
}
