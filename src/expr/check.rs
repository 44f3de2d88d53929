//! What is wrong with an expression at the place where it stands.

use super::ast::{CompareOp, Expr, ExprKind, Step, StepKind, UnaryOp};
use super::function::{FUNCTIONS, function};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::text::Span;

/// What an expression may use where it stands.
#[derive(Debug)]
pub struct Place {
    /// The variables that exist here.
    pub variables: &'static [&'static str],
    /// Variables that exist in the dialect, but not here.
    pub elsewhere: &'static [&'static str],
    /// Variables of the other dialect or place, and what they are called here.
    pub instead: &'static [(&'static str, &'static str)],
    /// What the context variable holds, as paths joined by dots.
    pub context: &'static [&'static str],
    /// Functions may be called.
    pub functions: bool,
    /// The whole must be true or false.
    pub condition: bool,
}

/// How deep calls may stand in calls.
const MAX_CALLS: u32 = 10;

/// Adds what is wrong with `expr` at `place`; spans are in the expression's text.
pub fn check(expr: &Expr<'_>, place: &Place, found: &mut Vec<Diagnostic>) {
    if place.condition {
        boolean(expr, found);
    }
    Checker { place, found, calls: 0 }.expr(expr);
}

struct Checker<'p, 'f> {
    place: &'p Place,
    found: &'f mut Vec<Diagnostic>,
    // The calls around the expression that is looked at.
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
                    if self.variable(name, base.span) {
                        self.members(name, steps);
                    }
                } else {
                    self.expr(base);
                }
            }
            ExprKind::Call { name, name_span, args } => self.call(name, *name_span, args),
            ExprKind::Unary(op, operand) => {
                if *op == UnaryOp::Not {
                    boolean(operand, self.found);
                }
                self.expr(operand);
            }
            ExprKind::Compare { op, left, right } => {
                if *op == CompareOp::In
                    && matches!(right.kind, ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Bool(_))
                {
                    self.report(Code::WrongType, right.span, &["`in` needs a list or an object on its right"]);
                }
                self.expr(left);
                self.expr(right);
            }
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                for operand in operands {
                    boolean(operand, self.found);
                    self.expr(operand);
                }
            }
            ExprKind::Array(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Object(entries) => entries.iter().for_each(|(_, _, value)| self.expr(value)),
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) => {}
        }
    }

    /// True where the variable may stand here.
    fn variable(&mut self, name: &str, span: Span) -> bool {
        if self.place.variables.contains(&name) {
            return true;
        }
        if self.place.elsewhere.contains(&name) {
            let here = &self.place.variables.join("`, `");
            self.report(Code::MisplacedVariable, span, &["`", name, "` is not known here, only `", here, "`"]);
            return false;
        }
        let meant = self.place.instead.iter().find(|(other, _)| *other == name).map(|(_, meant)| *meant);
        let Some(meant) = meant.or_else(|| nearest(name, self.place.variables.iter().copied())) else {
            let here = &self.place.variables.join("`, `");
            self.report(Code::UnknownVariable, span, &["there is no variable `", name, "`, only `", here, "`"]);
            return false;
        };
        let message = ["there is no variable `", name, "` here: write `", meant, "`"].concat();
        let title = ["write `", meant, "`"].concat();
        self.found.push(Diagnostic::new(Code::UnknownVariable, span, message).fix(title, span, meant));
        false
    }

    /// Looks at the steps into a context variable.
    fn members(&mut self, variable: &str, steps: &[Step<'_>]) {
        if !variable.ends_with("ontext") {
            return;
        }
        let mut path = String::new();
        for step in steps {
            // What the flow itself has put in may hold anything.
            if path.ends_with("Input") || path.ends_with("Output") {
                return;
            }
            let StepKind::Member(name) = &step.kind else { return };
            let before = path.len();
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
            let known = |known: &&&str| {
                **known == path || known.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.'))
            };
            if self.place.context.iter().find(known).is_some() {
                continue;
            }
            let parent = path.get(..before).unwrap_or_default();
            let siblings = self.place.context.iter().filter_map(|known| {
                let rest = known.strip_prefix(parent)?;
                rest.strip_prefix('.').unwrap_or(rest).split('.').next()
            });
            let holder = if parent.is_empty() { variable.to_owned() } else { [variable, ".", parent].concat() };
            let mut message = ["no `", name, "` is documented in `", &holder, "`"].concat();
            let mut fix = None;
            if let Some(meant) = nearest(name, siblings) {
                message.push_str(&[": did you mean `", meant, "`?"].concat());
                // The name ends where the step does, unless it stands in brackets.
                let name_span = Span { start: step.span.end.saturating_sub(name.len() as u32), end: step.span.end };
                fix = (step.span.start + 1 == name_span.start).then_some((meant, name_span));
            }
            let mut diagnostic = Diagnostic::new(Code::UnknownMember, step.span, message);
            if let Some((meant, span)) = fix {
                diagnostic = diagnostic.fix(["write `", meant, "`"].concat(), span, meant);
            }
            self.found.push(diagnostic);
            return;
        }
    }

    fn call(&mut self, name: &str, span: Span, args: &[Expr<'_>]) {
        self.calls += 1;
        if self.calls == MAX_CALLS + 1 {
            self.report(Code::ExpressionTooDeep, span, &["calls may stand in each other 10 deep, this one is the 11th"]);
        }
        if !self.place.functions {
            self.report(Code::UnknownFunction, span, &["there are no functions here: `", name, "` would not be called"]);
        } else if let Some(known) = function(name) {
            let count = args.len();
            if count < usize::from(known.least) || (known.most < u8::MAX && count > usize::from(known.most)) {
                let count = count.to_string();
                let plural = if count == "1" { " argument is given" } else { " arguments are given" };
                let few = ["`", known.signature, "`: ", &count, plural];
                self.report(Code::WrongArity, span, &few);
            }
        } else if let Some(meant) = nearest(name, FUNCTIONS.iter().map(|function| function.name)) {
            let message = ["no function `", name, "` is documented: did you mean `", meant, "`?"].concat();
            let title = ["write `", meant, "`"].concat();
            self.found.push(Diagnostic::new(Code::UnknownFunction, span, message).fix(title, span, meant));
        } else {
            self.report(Code::UnknownFunction, span, &["no function `", name, "` is documented"]);
        }
        args.iter().for_each(|arg| self.expr(arg));
        self.calls -= 1;
    }

    fn report(&mut self, code: Code, span: Span, message: &[&str]) {
        self.found.push(Diagnostic::new(code, span, message.concat()));
    }
}

/// Complains about a value that is never true or false where one is needed.
fn boolean(expr: &Expr<'_>, found: &mut Vec<Diagnostic>) {
    let what = match &expr.kind {
        ExprKind::Text(_) => "a text",
        ExprKind::Number(_) | ExprKind::Unary(UnaryOp::Minus, _) => "a number",
        ExprKind::Array(_) => "a list",
        ExprKind::Object(_) => "an object",
        ExprKind::Null => "null",
        _ => return,
    };
    found.push(Diagnostic::new(Code::NotBoolean, expr.span, [what, " is neither true nor false"].concat()));
}
