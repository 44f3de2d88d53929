//! What an expression is made of. Spans are bytes in the expression's own text.

use std::borrow::Cow;

use cloudflow_base::text::Span;

/// An expression. Never deeper than [`super::MAX_DEPTH`], so that recursion over it is safe.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr<'a> {
    /// Where it stands in the expression's text.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind<'a>,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number without sign, as written: digits, perhaps a fraction and an exponent.
    Number(&'a str),
    /// A text, escapes undone.
    Text(Cow<'a, str>),
    /// `$`, `$Input`, `$local`: the name with its dollar sign.
    Variable(&'a str),
    /// A base and at least one step into it: `$Input.list[0].name`.
    Path(Box<Expr<'a>>, Vec<Step<'a>>),
    /// `format("{}", $Input.a)`
    Call {
        /// The function's name.
        name: &'a str,
        /// Where the name stands.
        name_span: Span,
        /// The arguments, in order.
        args: Vec<Expr<'a>>,
    },
    /// `!a`, `-a`
    Unary(UnaryOp, Box<Expr<'a>>),
    /// `a == b`, `a in b`; left-associative.
    Compare {
        /// The operator.
        op: CompareOp,
        /// Its left operand.
        left: Box<Expr<'a>>,
        /// Its right operand.
        right: Box<Expr<'a>>,
    },
    /// `a && b && c`: at least two operands, evaluated from the left until one is false.
    And(Vec<Expr<'a>>),
    /// `a || b || c`: at least two operands, evaluated from the left until one is true.
    Or(Vec<Expr<'a>>),
    /// `[1, $Input.a]`
    Array(Vec<Expr<'a>>),
    /// `{"a": $Input.a}`: keys, where they stand, values.
    Object(Vec<(Cow<'a, str>, Span, Expr<'a>)>),
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a> {
    /// Where it stands, brackets included, the dot not.
    pub span: Span,
    /// Where it goes.
    pub kind: StepKind<'a>,
}

/// Where a step of a path goes.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind<'a> {
    /// `.name`, `["any name"]`
    Member(Cow<'a, str>),
    /// `[0]`
    Index(u64),
    /// `[*]`: every element; what follows applies to each.
    All,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Minus,
}

/// Comparison operators; all of one rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`: an element of the list, or a key of the object, on the right.
    In,
}
