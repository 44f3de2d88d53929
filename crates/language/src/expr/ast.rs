//! The syntax tree of an expression. Spans are byte offsets into the text of the expression.

use std::borrow::Cow;

use cloudflow_base::text::Span;

/// An expression. Its depth is at most [`super::MAX_DEPTH`], so that recursion over it is safe.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr<'a> {
    /// The span in the text of the expression.
    pub span: Span,
    /// The kind of the expression.
    pub kind: ExprKind<'a>,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number without sign, as written: digits, with an optional fraction and exponent.
    Number(&'a str),
    /// A text without its escapes.
    Text(Cow<'a, str>),
    /// `$`, `$Input`, `$local`: the name with its dollar sign.
    Variable(&'a str),
    /// A base and at least one step into it: `$Input.list[0].name`.
    Path(Box<Expr<'a>>, Vec<Step<'a>>),
    /// `format("{}", $Input.a)`
    Call {
        /// The function's name.
        name: &'a str,
        /// The span of the name.
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
    /// `{"a": $Input.a}`: keys, their spans, values.
    Object(Vec<(Cow<'a, str>, Span, Expr<'a>)>),
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a> {
    /// The span, with brackets, without the dot.
    pub span: Span,
    /// The kind of the step.
    pub kind: StepKind<'a>,
}

/// The kinds of steps of a path.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind<'a> {
    /// `.name`, `["any name"]`
    Member(Cow<'a, str>),
    /// `[0]`
    Index(u64),
    /// `[*]`: every element. The next steps apply to each.
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

/// Comparison operators. All have the same precedence.
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
