//! Converts conditions. An absent value makes a whole condition of the old dialect not true. In the new dialect it
//! makes one comparison not true: where that differs, the condition checks that the value is there.

use cloudflow_base::text::Span;
use cloudflow_language::expr::{self, CompareOp, ExprKind, UnaryOp};

use super::expression::Expr;
use super::presence::Has;
use super::source::{element, first_key};
use super::symbol::{Found, Layer, Symbols, Val};
use super::uses;
use super::write::json_text;
use cloudflow_language::flow::{State, StateId};

/// The new text of a variable.
pub(super) struct Replacement {
    span: Span,
    text: String,
    /// True if the value is there.
    present: Vec<String>,
    /// The value is a constant.
    constant: bool,
    /// True if the value, which is null in the old dialect if it is absent, is there.
    not_null: Vec<String>,
}

/// A condition with the replacements of its variables.
pub(super) struct Condition<'t> {
    text: &'t str,
    replacements: Vec<Replacement>,
}

/// The condition that is never true.
const NEVER: &str = "false";

impl<'t> Condition<'t> {
    pub fn new(text: &'t str, replacements: Vec<Replacement>) -> Self {
        Condition { text, replacements }
    }

    /// The text of a part, with its variables replaced.
    fn text(&self, span: Span) -> String {
        let mut out = String::new();
        let mut from = span.start;
        for found in self.within(span) {
            out.push_str(Span { start: from, end: found.span.start }.of(self.text));
            out.push_str(&found.text);
            from = found.span.end;
        }
        out.push_str(Span { start: from, end: span.end }.of(self.text));
        out
    }

    /// The whole text, with its variables replaced.
    pub fn plain(&self) -> String {
        self.text(Span { start: 0, end: self.text.len() as u32 })
    }

    fn within(&self, span: Span) -> impl Iterator<Item = &Replacement> {
        let from = self.replacements.partition_point(|found| found.span.start < span.start);
        self.replacements.iter().skip(from).take_while(move |found| found.span.end <= span.end)
    }

    fn operand(&self, expr: &expr::Expr<'_>) -> String {
        self.text(expr.span)
    }

    /// The conditions under which no value of a part is absent.
    fn guards(&self, expr: &expr::Expr<'_>, with_null: bool) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for replacement in self.within(expr.span) {
            let null: &[String] = if with_null { &replacement.not_null } else { &[] };
            for guard in replacement.present.iter().chain(null) {
                if !found.contains(guard) {
                    found.push(guard.clone());
                }
            }
        }
        found
    }

    /// The guards of an operand of a logical operator.
    fn guards_of(&self, expr: &expr::Expr<'_>) -> Vec<String> {
        if matches!(expr.kind, ExprKind::Path(..) | ExprKind::Variable(_)) && self.has_wrong_operand(expr) {
            return vec![NEVER.to_owned()];
        }
        if let ExprKind::Unary(UnaryOp::Not, operand) = &expr.kind {
            return self.guards_of(operand);
        }
        let equality = matches!(&expr.kind, ExprKind::Compare { op: CompareOp::Equal | CompareOp::NotEqual, .. });
        self.guards(expr, !equality)
    }

    fn is_plain(&self, expr: &expr::Expr<'_>) -> bool {
        self.guards(expr, true).is_empty() && !self.has_wrong_operand(expr)
    }

    /// True if the part, or an operand of its logical operators, is a constant that is neither true nor false.
    // Recursion is bounded by the parser's depth limit.
    fn has_wrong_operand(&self, expr: &expr::Expr<'_>) -> bool {
        match &expr.kind {
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                operands.iter().any(|operand| self.has_wrong_operand(operand))
            }
            ExprKind::Unary(UnaryOp::Not, operand) => self.has_wrong_operand(operand),
            ExprKind::Path(..) | ExprKind::Variable(_) => {
                self.within(expr.span).any(|found| found.constant && !["true", "false"].contains(&&*found.text))
            }
            _ => false,
        }
    }

    /// The part is true, and no value is absent.
    // Recursion is bounded by the parser's depth limit.
    pub fn holds(&self, expr: &expr::Expr<'_>) -> String {
        if self.is_plain(expr) {
            return self.operand(expr);
        }
        match &expr.kind {
            ExprKind::And(operands) => all(operands.iter().map(|operand| self.holds(operand))),
            ExprKind::Or(operands) => {
                let mut rest: Option<String> = None;
                for operand in operands.iter().rev() {
                    rest = Some(match rest {
                        None => self.holds(operand),
                        Some(rest) => self.or(operand, &rest),
                    });
                }
                rest.unwrap_or_default()
            }
            ExprKind::Unary(UnaryOp::Not, operand) => self.fails(operand),
            ExprKind::Compare { op, left, right } => {
                let guards = self.guards_of(expr);
                let simple = |operand: &expr::Expr<'_>| {
                    !matches!(
                        operand.kind,
                        ExprKind::Compare { .. }
                            | ExprKind::And(_)
                            | ExprKind::Or(_)
                            | ExprKind::Call { .. }
                            | ExprKind::Unary(UnaryOp::Not, _)
                    )
                };
                let needed = *op == CompareOp::NotEqual || !simple(left) || !simple(right);
                let never = guards.iter().any(|guard| guard == NEVER);
                let guards = if needed || never { guards } else { Vec::new() };
                all(guards.into_iter().chain([self.operand(expr)]))
            }
            _ if self.guards_of(expr).iter().any(|guard| guard == NEVER) => NEVER.to_owned(),
            _ => self.operand(expr),
        }
    }

    /// `operand || rest`, where an absent value of the operand makes it not true.
    fn or(&self, operand: &expr::Expr<'_>, rest: &str) -> String {
        match &operand.kind {
            _ if is_compound(operand) && !self.is_plain(operand) => {
                any([self.holds(operand), all([self.fails(operand), rest.to_owned()])])
            }
            _ => {
                let either = any([self.operand(operand), rest.to_owned()]);
                all(self.guards_of(operand).into_iter().chain([either]))
            }
        }
    }

    /// The part is false, and no value is absent.
    // Recursion is bounded by the parser's depth limit.
    fn fails(&self, expr: &expr::Expr<'_>) -> String {
        match &expr.kind {
            ExprKind::And(operands) if !self.is_plain(expr) => {
                let mut rest: Option<String> = None;
                for operand in operands.iter().rev() {
                    rest = Some(match rest {
                        None => self.fails(operand),
                        Some(rest) => any([self.fails(operand), all([self.holds(operand), rest])]),
                    });
                }
                rest.unwrap_or_default()
            }
            ExprKind::Or(operands) if !self.is_plain(expr) => all(operands.iter().map(|operand| self.fails(operand))),
            ExprKind::Unary(UnaryOp::Not, operand) => self.holds(operand),
            _ => {
                let text = self.operand(expr);
                let enclosed = text.starts_with('(') && matches!(expr.kind, ExprKind::Compare { .. });
                let simple = matches!(
                    expr.kind,
                    ExprKind::Path(..) | ExprKind::Variable(_) | ExprKind::Call { .. } | ExprKind::Bool(_)
                );
                let not = if enclosed || simple { ["!", &text].concat() } else { ["!(", &text, ")"].concat() };
                all(self.guards_of(expr).into_iter().chain([not]))
            }
        }
    }
}

/// True if not all values of the part are always read.
// Recursion is bounded by the parser's depth limit.
fn is_compound(expr: &expr::Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::And(_) | ExprKind::Or(_) => true,
        ExprKind::Unary(UnaryOp::Not, operand) => is_compound(operand),
        _ => false,
    }
}

/// True if the text is an operation of this operator outside all parentheses and quotes.
fn has_operator(text: &str, operator: &str) -> bool {
    let mut depth = 0_u32;
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open && before != '\\' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 && text.get(at..).is_some_and(|rest| rest.starts_with(operator)) => return true,
            _ => {}
        }
        before = if before == '\\' { ' ' } else { c };
    }
    false
}

fn all(parts: impl IntoIterator<Item = String>) -> String {
    let mut found: Vec<String> = Vec::new();
    for part in parts {
        if part == NEVER {
            return part;
        }
        let part = if has_operator(&part, "||") { ["(", &part, ")"].concat() } else { part };
        if !found.contains(&part) {
            found.push(part);
        }
    }
    found.join(" && ")
}

fn any(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| part != NEVER).collect();
    if parts.is_empty() { NEVER.to_owned() } else { parts.join(" || ") }
}

impl<'f, 'a> Symbols<'f, 'a> {
    /// The replacement of a path into the own input of a step. `show` writes an expression.
    pub fn replacement(
        &self,
        state: &State<'a>,
        span: Span,
        rest: &str,
        own: Option<&Expr>,
        show: &dyn Fn(&Expr) -> String,
    ) -> Replacement {
        let desc = self.own(state.id);
        let key = first_key(rest);
        let found = match key {
            Some((key, _)) => desc.lookup(key),
            None => Found::Val(Val::Expr(desc.whole()), true),
        };
        let after = key.map_or(rest, |(_, after)| after);
        let absent = Replacement {
            span,
            text: "null".to_owned(),
            present: vec![NEVER.to_owned()],
            not_null: Vec::new(),
            constant: true,
        };
        let (base, sure, steps, mapped) = match (own, found) {
            (Some(own), Found::Absent) => {
                return Replacement { text: show(&own.clone().path(rest)), ..absent };
            }
            (None, Found::Absent) => return absent,
            (Some(own), _) => {
                let sure = key.is_none_or(|(key, _)| desc.has(key) == Has::Always);
                (own.clone(), usize::from(sure && key.is_some()), rest.to_owned(), false)
            }
            (None, Found::Val(Val::Constant(node), _)) => {
                let value = Val::Constant(node).path(after);
                return match value {
                    Val::Constant(_) => Replacement {
                        span,
                        text: show(&value.expr()),
                        present: Vec::new(),
                        not_null: Vec::new(),
                        constant: true,
                    },
                    Val::Expr(_) => absent,
                };
            }
            (None, Found::Val(Val::Expr(Expr::Index(_)), _)) => return absent,
            (None, Found::Val(Val::Expr(value), _)) => {
                let mapped = desc.layers.iter().any(|layer| {
                    matches!(&**layer, Layer::Known(entries) if entries.iter().any(|(k, _)| Some(*k) == key.map(|k| k.0)))
                });
                let (base, path) = match value {
                    Expr::Path(base, path) => (*base, path),
                    other => (other, String::new()),
                };
                let sure = usize::from(self.has_first(state.id, &base, &path));
                let own_steps = path.clone();
                if mapped && after.is_empty() {
                    (base, sure, own_steps, true)
                } else {
                    (base, sure, own_steps + after, false)
                }
            }
            (None, Found::Mixed) => (desc.whole(), 0, rest.to_owned(), false),
        };
        let text = show(&base.clone().path(&steps));
        if matches!(
            base,
            Expr::Null | Expr::Index(_) | Expr::Text(_) | Expr::Literal(_) | Expr::Object(_) | Expr::List(_)
        ) {
            return Replacement { span, text, present: Vec::new(), not_null: Vec::new(), constant: true };
        }
        let guards = guards(&base, &steps, sure, show);
        let (present, not_null) = if mapped { (Vec::new(), guards) } else { (guards, Vec::new()) };
        Replacement { span, text, present, not_null, constant: false }
    }

    /// True if the first step of the path is certainly there.
    pub fn has_first(&self, state: StateId, base: &Expr, path: &str) -> bool {
        let Some((key, _)) = first_key(path) else { return false };
        let mut state = self.flow.state(state);
        match base {
            Expr::Local(scope) => {
                while let Some(inner) = state.filter(|state| state.scope != *scope) {
                    state = self.flow.scope(inner.scope).and_then(|around| self.flow.state(around.owner?));
                }
                state.is_some_and(|state| self.presence.before(state.id).has(key) == Has::Always)
            }
            _ => false,
        }
    }

    /// The replacements of all variables of an expression over the own input of a step.
    pub fn replacements(
        &self,
        state: &State<'a>,
        text: &str,
        parsed: &expr::Expr<'_>,
        own: Option<&Expr>,
        show: &dyn Fn(&Expr) -> String,
    ) -> Vec<Replacement> {
        let mut variables = Vec::new();
        uses::variables(parsed, &mut variables);
        let mut found: Vec<Replacement> = variables
            .into_iter()
            .map(|(variable, end)| {
                let rest = Span { start: variable.end, end }.of(text);
                self.replacement(state, Span { start: variable.start, end }, rest, own, show)
            })
            .collect();
        found.sort_by_key(|replacement| replacement.span);
        found
    }
}

/// The conditions under which each step of a path leads to a value. The first `sure` steps do.
fn guards(base: &Expr, path: &str, sure: usize, show: &dyn Fn(&Expr) -> String) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    let mut at = 0;
    while !rest.is_empty() {
        let before = path.get(..path.len() - rest.len()).unwrap_or_default();
        let around = || show(&base.clone().path(before));
        let (guard, after) = match first_key(rest) {
            Some((key, after)) => (Some([&json_text(key), " in ", &around()].concat()), after),
            None => match element(rest) {
                (Some(index), after) => match index.parse::<u32>() {
                    Ok(_) => (Some(["length(", &around(), ") > ", index].concat()), after),
                    Err(_) => {
                        let key = index.trim_matches(['"', '\'']);
                        let named = key.len() < index.len();
                        (named.then(|| [&json_text(key), " in ", &around()].concat()), after)
                    }
                },
                (None, _) => break,
            },
        };
        if at >= sure {
            found.extend(guard);
        }
        at += 1;
        rest = after;
    }
    found
}
