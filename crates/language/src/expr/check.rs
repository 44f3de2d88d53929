//! Checks an expression against the variables, members and functions of its place.

use super::ast::{CompareOp, Expr, ExprKind, Step, StepKind, UnaryOp};
use super::function::{ALGORITHMS, FUNCTIONS, Function, Kind, function};
use cloudflow_base::diagnostic::{Code, Diagnostic, Severity, nearest, report};
use cloudflow_base::limits::NESTED_CALLS;
use cloudflow_base::small::{parse_int, to_decimal};
use cloudflow_base::text::Span;

/// The meaning of a variable, independent of its name in a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// The input of the step after its own mappings: `$` in the `flow` dialect.
    Own,
    /// The input of the scope (`$input`) or of the state (`$Input`).
    Input,
    /// The output of the state.
    Output,
    /// The local data of the scope.
    Local,
    /// Data about the execution.
    Context,
    /// Data shared by all states.
    Global,
    /// The item of an iteration.
    Item,
}

/// What the members of a member of the context are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// The documented ones. None for a scalar.
    Documented,
    /// Any: the value comes from the flow.
    Any,
}

/// A table of variables by name.
pub type Variables = &'static [(&'static str, Variable)];

/// The variables of data mappings in the `flow` dialect.
pub const MAPPING_VARIABLES: Variables =
    &[("$input", Variable::Input), ("$local", Variable::Local), ("$context", Variable::Context)];

/// The variables of conditions, collections and parameters in the `flow` dialect.
pub const STEP_VARIABLES: Variables = &[("$", Variable::Own)];

/// What an expression may use at its place in a flow.
#[derive(Debug)]
pub struct Place {
    /// The variables that exist here.
    pub variables: Variables,
    /// Names of variables that exist in the dialect, but not here.
    pub elsewhere: &'static [&'static str],
    /// Names of variables of the other dialect or of another place, and their names here.
    pub instead: &'static [(&'static str, &'static str)],
    /// The documented members of the context variable, as paths joined by dots.
    pub context: &'static [(&'static str, Members)],
    /// Functions can be called.
    pub functions: bool,
    /// The expression must be a boolean.
    pub condition: bool,
}

impl Place {
    /// The variable with this name.
    pub fn variable(&self, name: &str) -> Option<Variable> {
        self.variables.iter().find(|(known, _)| *known == name).map(|(_, variable)| *variable)
    }

    /// The names of the variables.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.variables.iter().map(|(name, _)| *name)
    }
}

/// Adds the findings about `expr`, which was read from `text`, at `place`. Spans are relative to the text.
pub fn check(expr: &Expr<'_>, text: &str, place: &Place, found: &mut Vec<Diagnostic>) {
    if place.condition {
        boolean(expr, place, found);
    }
    Checker { place, text, found, calls: 0 }.expr(expr);
}

/// The kind of the value of an expression, if it does not depend on data.
pub fn kind(expr: &Expr<'_>) -> Kind {
    match &expr.kind {
        ExprKind::Null => Kind::Null,
        ExprKind::Bool(_)
        | ExprKind::Unary(UnaryOp::Not, _)
        | ExprKind::Compare { .. }
        | ExprKind::And(_)
        | ExprKind::Or(_) => Kind::Bool,
        ExprKind::Number(_) | ExprKind::Unary(UnaryOp::Minus, _) => Kind::Number,
        ExprKind::Text(_) => Kind::Text,
        ExprKind::Array(_) => Kind::List,
        ExprKind::Object(_) => Kind::Object,
        ExprKind::Variable(_) | ExprKind::Path(..) => Kind::Any,
        ExprKind::Call { name, .. } => function(name).map_or(Kind::Any, |function| function.gives),
    }
}

/// A constant number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    Whole(i64),
    /// Not a whole number, or one that is too large.
    Other,
}

/// The value of a constant number.
pub fn number(expr: &Expr<'_>) -> Option<Constant> {
    let (text, sign) = match &expr.kind {
        ExprKind::Number(text) => (*text, 1),
        ExprKind::Unary(UnaryOp::Minus, operand) => match operand.kind {
            ExprKind::Number(text) => (text, -1),
            _ => return None,
        },
        _ => return None,
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = parse_int(&[whole, fraction].concat());
    // The point moves to the right by the exponent.
    let places = parse_int(exponent).and_then(|exponent| exponent.checked_sub(i64::try_from(fraction.len()).ok()?));
    let scale = places.and_then(|places| 10_i64.checked_pow(u32::try_from(places).ok()?));
    let value = digits.zip(scale).and_then(|(digits, scale)| digits.checked_mul(scale));
    Some(value.map_or(Constant::Other, |value| Constant::Whole(value * sign)))
}

struct Checker<'p, 'f> {
    place: &'p Place,
    text: &'p str,
    found: &'f mut Vec<Diagnostic>,
    // The number of calls that enclose the current expression.
    calls: u32,
}

impl Checker<'_, '_> {
    // Recursion is bounded by the parser's depth limit.
    fn expr(&mut self, expr: &Expr<'_>) {
        match &expr.kind {
            ExprKind::Variable(name) => {
                self.variable(name, expr.span);
            }
            ExprKind::Path(base, steps) => {
                if let ExprKind::Variable(name) = base.kind {
                    if self.variable(name, base.span) == Some(Variable::Context) {
                        self.context_members(name, steps);
                    }
                } else {
                    self.expr(base);
                }
            }
            ExprKind::Call { name, name_span, args } => self.call(name, *name_span, args),
            ExprKind::Unary(op, operand) => {
                if *op == UnaryOp::Not {
                    boolean(operand, self.place, self.found);
                }
                self.expr(operand);
            }
            ExprKind::Compare { op, left, right } => {
                if *op == CompareOp::In && matches!(kind(right), Kind::Number | Kind::Text | Kind::Bool | Kind::Null) {
                    self.report(
                        Code::WrongType,
                        right.span,
                        "the right operand of `in` must be a list or an object",
                        &[],
                    );
                }
                self.expr(left);
                self.expr(right);
            }
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                for operand in operands {
                    boolean(operand, self.place, self.found);
                    self.expr(operand);
                }
            }
            ExprKind::Array(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Object(entries) => entries.iter().for_each(|(_, _, value)| self.expr(value)),
            ExprKind::Text(_) if self.place.condition => self.quotes(expr.span),
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => {}
        }
    }

    /// Reports single quotes: the page of conditions documents double quotes and backticks.
    fn quotes(&mut self, span: Span) {
        let text = span.of(self.text);
        let Some(content) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) else { return };
        if content.bytes().any(|byte| matches!(byte, b'"' | b'\\')) {
            return;
        }
        let right = ["\"", content, "\""].concat();
        let message = "single quotes are not documented for a text in a condition: write `{}`";
        self.report(Code::Undocumented, span, message, &[&right]).write(span, &right);
    }

    /// The variable, if it exists at this place. Otherwise reports it.
    fn variable(&mut self, name: &str, span: Span) -> Option<Variable> {
        if let Some(variable) = self.place.variable(name) {
            return Some(variable);
        }
        if self.place.elsewhere.contains(&name) {
            let here = self.variables();
            self.report(Code::MisplacedVariable, span, "`{}` does not exist here: use `{}`", &[name, &here]);
            return None;
        }
        let meant = self.place.instead.iter().find(|(other, _)| *other == name).map(|(_, meant)| *meant);
        let Some(meant) = meant.or_else(|| nearest(name, self.place.names())) else {
            let here = self.variables();
            self.report(Code::UnknownVariable, span, "unknown variable `{}`: use `{}`", &[name, &here]);
            return None;
        };
        let message = "unknown variable `{}`: write `{}`";
        self.report(Code::UnknownVariable, span, message, &[name, meant]).write(span, meant);
        None
    }

    #[cold]
    fn variables(&self) -> String {
        let mut here = String::new();
        for name in self.place.names() {
            here.push_str(if here.is_empty() { "" } else { "`, `" });
            here.push_str(name);
        }
        here
    }

    /// Checks the path into the context variable.
    fn context_members(&mut self, variable: &str, steps: &[Step<'_>]) {
        let mut path = String::new();
        for step in steps {
            if self.place.context.iter().any(|(known, members)| *members == Members::Any && *known == path) {
                return;
            }
            let StepKind::Member(name) = &step.kind else { return };
            let before = path.len();
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
            if self.place.context.iter().any(|(known, _)| matches!(below(known, &path), Some((_, b'.' | 0)))) {
                continue;
            }
            let parent = path.get(..before).unwrap_or_default();
            // The documented members of the parent.
            let siblings = self.place.context.iter().filter_map(|(known, _)| {
                let (rest, _) = below(known, parent)?;
                let rest = rest.strip_prefix('.').unwrap_or(rest);
                rest.get(..rest.bytes().position(|b| b == b'.').unwrap_or(rest.len()))
            });
            let dot = if parent.is_empty() { "" } else { "." };
            let Some(meant) = nearest(name, siblings) else {
                let message = "`{}` is not a documented member of `{}{}{}`";
                self.report(Code::UnknownMember, step.span, message, &[name, variable, dot, parent]);
                return;
            };
            let message = "`{}` is not a documented member of `{}{}{}`: did you mean `{}`?";
            let reported = self.report(Code::UnknownMember, step.span, message, &[name, variable, dot, parent, meant]);
            // A member in brackets has quotes, so its span is longer.
            if (step.span.end - step.span.start) as usize == name.len() {
                reported.write(step.span, meant);
            }
            return;
        }
    }

    fn call(&mut self, name: &str, span: Span, args: &[Expr<'_>]) {
        self.calls += 1;
        if self.calls == NESTED_CALLS + 1 {
            let message = "calls may be nested at most {} levels deep, this is level {}";
            let [most, level] = [to_decimal(NESTED_CALLS), to_decimal(self.calls)];
            self.report(Code::ExpressionTooDeep, span, message, &[&most, &level]);
        }
        if !self.place.functions {
            let message = "functions do not exist here: `{}` is not called";
            self.report(Code::UnknownFunction, span, message, &[name]);
        } else if let Some(known) = function(name) {
            self.arguments(known, span, args);
        } else if let Some(meant) = nearest(name, FUNCTIONS.iter().map(|function| function.name)) {
            let message = "unknown function `{}`: did you mean `{}`?";
            self.report(Code::UnknownFunction, span, message, &[name, meant]).write(span, meant);
        } else {
            self.report(Code::UnknownFunction, span, "unknown function `{}`", &[name]);
        }
        args.iter().for_each(|arg| self.expr(arg));
        self.calls -= 1;
    }

    /// Checks the arguments of a call of a known function.
    fn arguments(&mut self, known: &Function, span: Span, args: &[Expr<'_>]) {
        if !known.documented {
            let message = "the function `{}` is not documented";
            self.report(Code::Undocumented, span, message, &[known.name]);
        }
        if !known.accepts(args.len()) {
            let count = to_decimal(args.len());
            let word = if count == "1" { "argument" } else { "arguments" };
            self.report(Code::WrongArity, span, "`{}` does not accept {} {}", &[known.signature, &count, word]);
            return;
        }
        let mut fits = true;
        for (at, arg) in args.iter().enumerate() {
            let needed = known.takes.get(at).or(known.takes.last()).copied().unwrap_or(Kind::Any);
            let given = kind(arg);
            if !needed.accepts(given) {
                fits = false;
                let message = "argument {} of `{}` must be {}, not {}";
                let args = [&*to_decimal(at + 1), known.signature, needed.as_str(), given.as_str()];
                self.report(Code::WrongType, arg.span, message, &args);
            }
        }
        let [first, second] = args else { return };
        match (known.name, &first.kind, &second.kind) {
            ("hash", _, ExprKind::Text(name)) if !ALGORITHMS.contains(&&**name) => {
                let message = "unknown algorithm `{}`: use one of `{}`";
                let all = ALGORITHMS.join("`, `");
                let reported = self.report(Code::UnknownValue, second.span, message, &[name, &all]);
                if let Some(meant) = nearest(name, ALGORITHMS) {
                    let right = ["\"", meant, "\""].concat();
                    reported.write(second.span, &right);
                }
            }
            // The pattern is a constant nearly always, and the text is not.
            ("regexMatchString", first_kind, ExprKind::Text(_)) if fits && !matches!(first_kind, ExprKind::Text(_)) => {
                let [one, two] = [first.span.of(self.text), second.span.of(self.text)];
                let right = [two, ", ", one].concat();
                let message = "the pattern is the first argument of `{}`";
                let span = first.span.join(second.span);
                let place = second.span;
                let reported = self.report(Code::WrongType, place, message, &[known.signature]);
                reported.severity(Severity::Warning).fix("exchange the arguments", &[], span, &right);
            }
            ("randomInt", ..)
                if matches!((number(first), number(second)),
                    (Some(Constant::Whole(least)), Some(Constant::Whole(most))) if least > most) =>
            {
                self.report(Code::OutOfRange, first.span, "`randomInt` needs the smaller number first", &[]);
            }
            _ => {}
        }
    }

    fn report(&mut self, code: Code, span: Span, template: &str, args: &[&str]) -> &mut Diagnostic {
        report(self.found, code, span, template, args)
    }
}

/// The rest of a path that begins with `path`, and the first byte of the rest, which is 0 at the end.
fn below<'p>(known: &'p str, path: &str) -> Option<(&'p str, u8)> {
    let rest = known.strip_prefix(path)?;
    Some((rest, rest.as_bytes().first().copied().unwrap_or_default()))
}

/// Reports a value that is never a boolean.
fn boolean(expr: &Expr<'_>, place: &Place, found: &mut Vec<Diagnostic>) {
    let given = match expr.kind {
        // The input of a step is an object.
        ExprKind::Variable(name) if place.variable(name) == Some(Variable::Own) => Kind::Object,
        _ => kind(expr),
    };
    if Kind::Bool.accepts(given) {
        return;
    }
    report(found, Code::NotBoolean, expr.span, "expected a boolean, not {}", &[given.as_str()]);
}
