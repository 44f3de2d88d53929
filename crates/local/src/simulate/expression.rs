//! Expressions of a program, and their evaluation.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::data::normal;
use super::meter::{Meter, cost};
use super::{Failure, function};
use cloudflow_language::expr::{CompareOp, ExprKind, StepKind, UnaryOp, ast, parse};

/// An expression that can be evaluated any number of times.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Literal(Value),
    Variable(Variable),
    Path(Box<Expression>, Vec<Step>),
    Call(String, Vec<Expression>),
    Not(Box<Expression>),
    Minus(Box<Expression>),
    Compare(CompareOp, Box<Expression>, Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Array(Vec<Expression>),
    Object(Vec<(String, Expression)>),
    /// A syntax error. The evaluation fails.
    Broken(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// `$`: the state's own input.
    Own,
    Input,
    Output,
    Local,
    Context,
    Global,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Member(String),
    Index(usize),
    All,
}

/// The variables of an expression.
pub(super) struct Env<'a> {
    pub input: &'a Value,
    /// `$`, if it differs from `input`.
    pub own: Option<&'a Value>,
    /// `$Output` of a `StateMachine`.
    pub output: Option<&'a Value>,
    /// `$local` of a `flow`.
    pub local: Option<&'a Value>,
    pub global: &'a Value,
    /// Built when first used.
    pub context: &'a Context<'a>,
    /// For `uuid` and `randomInt`.
    pub random: &'a Cell<u64>,
    /// Whether a comparison with an absent value is false (`!=`: true), as in the `StateMachine` dialect. Otherwise a
    /// condition with an absent value is not true.
    pub missing_compares: bool,
    /// Counts the work.
    pub meter: &'a Meter,
}

/// `$context` or `$Context`, built when first used.
pub(super) struct Context<'a> {
    made: OnceCell<Value>,
    make: &'a dyn Fn() -> Value,
}

/// The reason why an expression has no value.
#[derive(Debug)]
pub(super) enum NoValue {
    /// The value of a path is absent.
    Missing(String),
    Other(Failure),
}

impl Expression {
    pub(crate) fn read(text: &str) -> Self {
        match parse(text.trim()) {
            Ok(parsed) => own(&parsed.expr),
            Err(diagnostic) => Expression::Broken(format!("`{text}` cannot be read: {}", diagnostic.message)),
        }
    }

    /// Evaluates the expression. An absent value is a separate error: its meaning depends on the caller.
    pub(crate) fn value(&self, env: &Env<'_>) -> Result<Value, NoValue> {
        self.eval(env)?.owned(env)
    }

    /// Evaluates the expression. The value of a path is borrowed.
    // Recursion is bounded by the depth that the parser allows.
    fn eval<'e>(&'e self, env: &'e Env<'_>) -> Result<Cow<'e, Value>, NoValue> {
        env.meter.charge(NODE)?;
        Ok(Cow::Owned(match self {
            Expression::Literal(value) => return Ok(Cow::Borrowed(value)),
            Expression::Variable(_) | Expression::Path(..) => return self.place(env),
            Expression::Call(name, arguments) => {
                let arguments = arguments.iter().map(|argument| argument.eval(env)).collect::<Result<Vec<_>, _>>()?;
                let arguments: Vec<&Value> = arguments.iter().map(|argument| &**argument).collect();
                function::call(name, &arguments, env.random, env.meter)?
            }
            Expression::Not(operand) => Value::Bool(!truth(&*operand.eval(env)?)?),
            Expression::Minus(operand) => match &*operand.eval(env)? {
                Value::Number(number) => negative(number)?,
                other => return Err(wrong(format!("`-` needs a number, not {}", kind(other)))),
            },
            Expression::Compare(op, left, right) => Value::Bool(compare(*op, left, right, env)?),
            Expression::And(operands) => {
                for operand in operands {
                    if !truth(&*operand.eval(env)?)? {
                        return Ok(Cow::Owned(Value::Bool(false)));
                    }
                }
                Value::Bool(true)
            }
            Expression::Or(operands) => {
                for operand in operands {
                    if truth(&*operand.eval(env)?)? {
                        return Ok(Cow::Owned(Value::Bool(true)));
                    }
                }
                Value::Bool(false)
            }
            Expression::Array(items) => {
                Value::Array(items.iter().map(|item| item.value(env)).collect::<Result<_, _>>()?)
            }
            Expression::Object(entries) => {
                let mut object = Map::new();
                for (key, value) in entries {
                    env.meter.charge(key.len() as u64)?;
                    object.insert(key.clone(), value.value(env)?);
                }
                Value::Object(object)
            }
            Expression::Broken(message) => return Err(wrong(message.clone())),
        }))
    }

    /// The value in a constructor: an absent value fails the state.
    pub(crate) fn required(&self, env: &Env<'_>) -> Result<Value, Failure> {
        self.value(env).map_err(Failure::from)
    }

    /// The value in a mapping of the `flow` dialect: an absent value is null.
    pub(crate) fn or_null(&self, env: &Env<'_>) -> Result<Value, Failure> {
        match self.value(env) {
            Err(NoValue::Missing(_)) => Ok(Value::Null),
            other => other.map_err(Failure::from),
        }
    }

    /// Whether the condition is true. The error is the reason why it has no truth value: an absent value, a wrong type or a
    /// result that is not a boolean. Such a condition counts as not true: the next option or the default is used.
    pub(crate) fn holds(&self, env: &Env<'_>) -> Result<bool, Failure> {
        Ok(truth(&*self.eval(env)?)?)
    }

    fn place<'e>(&'e self, env: &'e Env<'_>) -> Result<Cow<'e, Value>, NoValue> {
        let (base, steps) = match self {
            Expression::Path(base, steps) => (&**base, steps.as_slice()),
            other => (other, [].as_slice()),
        };
        let none = || NoValue::Missing("the variable has no value here".to_owned());
        // The variable is borrowed: only the value of the path is copied.
        let value = match base {
            Expression::Variable(Variable::Own) => env.own.unwrap_or(env.input),
            Expression::Variable(Variable::Input) => env.input,
            Expression::Variable(Variable::Output) => env.output.ok_or_else(none)?,
            Expression::Variable(Variable::Local) => env.local.ok_or_else(none)?,
            Expression::Variable(Variable::Global) => env.global,
            Expression::Variable(Variable::Context) => env.context.get(env.meter)?,
            other => {
                return match other.eval(env)? {
                    Cow::Borrowed(value) => follow(value, steps, env.meter),
                    Cow::Owned(value) => Ok(Cow::Owned(follow(&value, steps, env.meter)?.owned(env)?)),
                };
            }
        };
        follow(value, steps, env.meter)
    }
}

/// The units of an expression without its operands.
const NODE: u64 = 32;

/// Converts to an owned value. A copy counts as work.
trait Owned {
    fn owned(self, env: &Env<'_>) -> Result<Value, NoValue>;
}

impl Owned for Cow<'_, Value> {
    fn owned(self, env: &Env<'_>) -> Result<Value, NoValue> {
        Ok(match self {
            Cow::Borrowed(value) => env.meter.copy(value)?,
            Cow::Owned(value) => value,
        })
    }
}

impl<'a> Context<'a> {
    pub fn new(make: &'a dyn Fn() -> Value) -> Self {
        Context { made: OnceCell::new(), make }
    }

    fn get(&self, meter: &Meter) -> Result<&Value, Failure> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = self.made.get_or_init(self.make);
        meter.charge(cost(made))?;
        Ok(made)
    }
}

impl From<Failure> for NoValue {
    fn from(failure: Failure) -> Self {
        NoValue::Other(failure)
    }
}

impl From<NoValue> for Failure {
    fn from(no_value: NoValue) -> Self {
        match no_value {
            NoValue::Missing(what) => Failure::expression(what),
            NoValue::Other(failure) => failure,
        }
    }
}

fn own(expr: &ast::Expr<'_>) -> Expression {
    let boxed = |expr: &ast::Expr<'_>| Box::new(own(expr));
    let list = |exprs: &[ast::Expr<'_>]| exprs.iter().map(own).collect();
    match &expr.kind {
        ExprKind::Null => Expression::Literal(Value::Null),
        ExprKind::Bool(value) => Expression::Literal(Value::Bool(*value)),
        ExprKind::Number(text) => match number(text) {
            Some(number) => Expression::Literal(Value::Number(number)),
            None => Expression::Broken(format!("`{text}` is not a number")),
        },
        ExprKind::Text(text) => Expression::Literal(Value::from(text.as_ref())),
        ExprKind::Variable(name) => match *name {
            "$" => Expression::Variable(Variable::Own),
            "$Input" | "$input" => Expression::Variable(Variable::Input),
            "$Output" => Expression::Variable(Variable::Output),
            "$local" => Expression::Variable(Variable::Local),
            "$Context" | "$context" => Expression::Variable(Variable::Context),
            "$Global" => Expression::Variable(Variable::Global),
            other => Expression::Broken(format!("there is no variable `{other}`")),
        },
        ExprKind::Path(base, steps) => {
            let steps = steps.iter().map(|step| match &step.kind {
                StepKind::Member(name) => Step::Member(name.clone().into_owned()),
                StepKind::Index(index) => Step::Index(usize::try_from(*index).unwrap_or(usize::MAX)),
                StepKind::All => Step::All,
            });
            Expression::Path(boxed(base), steps.collect())
        }
        ExprKind::Call { name, args, .. } => Expression::Call((*name).to_owned(), list(args)),
        ExprKind::Unary(UnaryOp::Not, operand) => Expression::Not(boxed(operand)),
        ExprKind::Unary(UnaryOp::Minus, operand) => Expression::Minus(boxed(operand)),
        ExprKind::Compare { op, left, right } => Expression::Compare(*op, boxed(left), boxed(right)),
        ExprKind::And(operands) => Expression::And(list(operands)),
        ExprKind::Or(operands) => Expression::Or(list(operands)),
        ExprKind::Array(items) => Expression::Array(list(items)),
        ExprKind::Object(entries) => {
            Expression::Object(entries.iter().map(|(key, _, value)| (key.clone().into_owned(), own(value))).collect())
        }
    }
}

/// A number in the representation of the JSON reader.
pub(super) fn number(text: &str) -> Option<Number> {
    text.parse::<i64>().ok().map(Number::from).or_else(|| Number::from_f64(text.parse().ok()?)).map(normal)
}

/// The value of a path. After a `[*]` it is one flat list. Elements without the rest of the path are skipped, because
/// the only public mapping with two `[*]` requires it.
// Recursion happens at `[*]` only, each time one level further down in the data.
fn follow<'v>(mut value: &'v Value, mut steps: &[Step], meter: &Meter) -> Result<Cow<'v, Value>, NoValue> {
    while let Some((step, rest)) = steps.split_first() {
        meter.charge(NODE)?;
        let next = match step {
            Step::Member(name) => value.get(name.as_str()),
            Step::Index(index) => value.get(*index),
            Step::All => return every(value, rest, meter).map(Cow::Owned),
        };
        value = next.ok_or_else(|| {
            let what = match step {
                Step::Member(name) => format!("`{name}`"),
                Step::Index(index) => format!("element {index}"),
                Step::All => String::new(),
            };
            NoValue::Missing(format!("there is no {what} in {}", kind(value)))
        })?;
        steps = rest;
    }
    Ok(Cow::Borrowed(value))
}

fn every(value: &Value, rest: &[Step], meter: &Meter) -> Result<Value, NoValue> {
    let Value::Array(items) = value else {
        return Err(NoValue::Missing(format!("`[*]` needs a list, not {}", kind(value))));
    };
    let nested = rest.iter().any(|step| matches!(step, Step::All));
    let mut found = Vec::new();
    for item in items {
        match follow(item, rest, meter) {
            Ok(Cow::Owned(Value::Array(inner))) if nested => found.extend(inner),
            Ok(Cow::Borrowed(Value::Array(inner))) if nested => {
                for value in inner {
                    found.push(meter.copy(value)?);
                }
            }
            Ok(Cow::Borrowed(value)) => found.push(meter.copy(value)?),
            Ok(Cow::Owned(value)) => found.push(value),
            Err(NoValue::Missing(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(Value::Array(found))
}

fn compare(op: CompareOp, left: &Expression, right: &Expression, env: &Env<'_>) -> Result<bool, NoValue> {
    fn operand<'e>(expression: &'e Expression, env: &'e Env<'_>) -> Result<Option<Cow<'e, Value>>, NoValue> {
        match expression.eval(env) {
            Ok(value) => Ok(Some(value)),
            Err(NoValue::Missing(_)) if env.missing_compares => Ok(None),
            Err(other) => Err(other),
        }
    }
    let (Some(left), Some(right)) = (operand(left, env)?, operand(right, env)?) else {
        return Ok(op == CompareOp::NotEqual);
    };
    let (left, right) = (&*left, &*right);
    env.meter.charge(comparison(left, right))?;
    let ordered =
        || order(left, right).ok_or_else(|| wrong(format!("{} and {} have no order", kind(left), kind(right))));
    Ok(match op {
        CompareOp::Equal => equal(left, right),
        CompareOp::NotEqual => !equal(left, right),
        CompareOp::Less => ordered()? == Ordering::Less,
        CompareOp::LessEqual => ordered()? != Ordering::Greater,
        CompareOp::Greater => ordered()? == Ordering::Greater,
        CompareOp::GreaterEqual => ordered()? != Ordering::Less,
        CompareOp::In => match (left, right) {
            (_, Value::Array(items)) => {
                env.meter.charge(cost(right))?;
                items.iter().any(|item| equal(item, left))
            }
            (Value::String(key), Value::Object(object)) => object.contains_key(key),
            _ => return Err(wrong(format!("`in` needs a list, or a text and an object, not {}", kind(right)))),
        },
    })
}

/// The units that a comparison of two values takes at most.
fn comparison(left: &Value, right: &Value) -> u64 {
    match (left, right) {
        (Value::String(a), Value::String(b)) => a.len().min(b.len()) as u64,
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => cost(left),
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => cost(left),
        _ => 0,
    }
}

/// Whether two values are equal. `1` and `1.0` are the same number, at any depth.
// Recursion is bounded by the depth of JSON that the reader of JSON allows.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => left == right,
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn truth(value: &Value) -> Result<bool, NoValue> {
    value.as_bool().ok_or_else(|| wrong(format!("expected true or false, not {}", kind(value))))
}

fn negative(number: &Number) -> Result<Value, NoValue> {
    let negative = match number.as_i64() {
        Some(number) => number.checked_neg().map(Value::from),
        None => {
            number.as_f64().and_then(|number| Number::from_f64(-number)).map(|number| Value::Number(normal(number)))
        }
    };
    negative.ok_or_else(|| wrong(format!("`-{number}` does not fit")))
}

fn wrong(cause: String) -> NoValue {
    NoValue::Other(Failure::expression(cause))
}

/// The type of a value, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
