//! Tokens to a tree, by recursive descent of bounded depth. Stops at the first mistake: what
//! follows one in a line of operators is rarely worth saying.

use super::ast::{CompareOp, Expr, ExprKind, Step, StepKind, UnaryOp};
use super::lexer::{Broken, Lexer, Token};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::Span;

/// How deep an expression may be nested.
pub const MAX_DEPTH: u32 = 64;

/// What [`parse`] read.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<'a> {
    /// The expression.
    pub expr: Expr<'a>,
    /// A text stood in `\"`: the backslashes are left over from some host language.
    pub escaped_quotes: bool,
}

/// Reads one expression. The finding's span is in bytes of `text`.
pub fn parse(text: &str) -> Result<Parsed<'_>> {
    let mut parser = Parser { lexer: Lexer::new(text), token: Token::End, span: Span::at(0), end: 0, depth: 0 };
    parser.advance()?;
    if parser.token == Token::End {
        return parser.fail("an expression is expected");
    }
    let expr = parser.or()?;
    if parser.token != Token::End {
        return parser.surplus();
    }
    Ok(Parsed { expr, escaped_quotes: parser.lexer.escaped_quotes })
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    // The token that is looked at, and its place.
    token: Token<'a>,
    span: Span,
    // Where the token before it ended.
    end: u32,
    depth: u32,
}

type Result<T, E = Box<Diagnostic>> = std::result::Result<T, E>;

impl<'a> Parser<'a> {
    fn or(&mut self) -> Result<Expr<'a>> {
        self.chain("||", Self::and, ExprKind::Or)
    }

    fn and(&mut self) -> Result<Expr<'a>> {
        self.chain("&&", Self::compare, ExprKind::And)
    }

    fn chain(
        &mut self,
        mark: &'static str,
        operand: fn(&mut Self) -> Result<Expr<'a>>,
        kind: fn(Vec<Expr<'a>>) -> ExprKind<'a>,
    ) -> Result<Expr<'a>> {
        let first = operand(self)?;
        if self.token != Token::Mark(mark) {
            return Ok(first);
        }
        let start = first.span;
        let mut operands = vec![first];
        while self.eat(mark)? {
            operands.push(operand(self)?);
        }
        Ok(Expr { span: self.since(start), kind: kind(operands) })
    }

    fn compare(&mut self) -> Result<Expr<'a>> {
        let mut left = self.unary()?;
        let depth = self.depth;
        while let Some(op) = self.comparison() {
            // A chain of comparisons nests to the left.
            self.deeper()?;
            self.advance()?;
            let right = self.unary()?;
            let span = self.since(left.span);
            left = Expr { span, kind: ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) } };
        }
        self.depth = depth;
        Ok(left)
    }

    fn comparison(&self) -> Option<CompareOp> {
        Some(match self.token {
            Token::Mark("==") => CompareOp::Equal,
            Token::Mark("!=") => CompareOp::NotEqual,
            Token::Mark("<") => CompareOp::Less,
            Token::Mark("<=") => CompareOp::LessEqual,
            Token::Mark(">") => CompareOp::Greater,
            Token::Mark(">=") => CompareOp::GreaterEqual,
            Token::Name("in") => CompareOp::In,
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Expr<'a>> {
        let start = self.span;
        let op = match self.token {
            Token::Mark("!") => UnaryOp::Not,
            Token::Mark("-") => UnaryOp::Minus,
            _ => return self.path(),
        };
        self.deeper()?;
        self.advance()?;
        let operand = self.unary()?;
        self.depth -= 1;
        Ok(Expr { span: self.since(start), kind: ExprKind::Unary(op, Box::new(operand)) })
    }

    fn path(&mut self) -> Result<Expr<'a>> {
        let base = self.primary()?;
        let mut steps = Vec::new();
        loop {
            let start = self.span;
            let kind = match self.token {
                Token::Mark(".") => {
                    // Read before the next token: a member may look like a number or an operator.
                    let Some((span, name)) = self.lexer.member() else {
                        self.advance()?;
                        return self.fail("the name of a member is expected after `.`");
                    };
                    self.end = span.end;
                    self.advance_after(span.end)?;
                    StepKind::Member(name.into())
                }
                Token::Mark("[") => {
                    self.advance()?;
                    let kind = match &self.token {
                        Token::Number(digits) => digits.parse().ok().map(StepKind::Index),
                        Token::Text(name) => Some(StepKind::Member(name.clone())),
                        Token::Mark("*") => Some(StepKind::All),
                        _ => None,
                    };
                    let Some(kind) = kind else {
                        return self.fail("an index, `*` or a quoted name is expected after `[`");
                    };
                    self.advance()?;
                    self.close("]")?;
                    kind
                }
                _ => break,
            };
            steps.push(Step { span: self.since(start), kind });
        }
        if steps.is_empty() {
            return Ok(base);
        }
        Ok(Expr { span: self.since(base.span), kind: ExprKind::Path(Box::new(base), steps) })
    }

    fn primary(&mut self) -> Result<Expr<'a>> {
        let start = self.span;
        let kind = match self.token.clone() {
            Token::Variable(name) => ExprKind::Variable(name),
            Token::Number(digits) => ExprKind::Number(digits),
            Token::Text(text) => ExprKind::Text(text),
            Token::Name("true") => ExprKind::Bool(true),
            Token::Name("false") => ExprKind::Bool(false),
            Token::Name("null") => ExprKind::Null,
            Token::Name(name) => {
                self.advance()?;
                if self.token != Token::Mark("(") {
                    return Err(bare_name(name, start));
                }
                let args = self.list(")")?;
                return Ok(Expr { span: self.since(start), kind: ExprKind::Call { name, name_span: start, args } });
            }
            Token::Mark("(") => {
                self.deeper()?;
                self.advance()?;
                let inner = self.or()?;
                self.close(")")?;
                self.depth -= 1;
                return Ok(Expr { span: self.since(start), kind: inner.kind });
            }
            Token::Mark("[") => {
                let items = self.list("]")?;
                return Ok(Expr { span: self.since(start), kind: ExprKind::Array(items) });
            }
            Token::Mark("{") => return self.object(),
            _ => return self.fail("a value is expected"),
        };
        self.advance()?;
        Ok(Expr { span: start, kind })
    }

    /// Values between the bracket that is looked at and `close`.
    fn list(&mut self, close: &'static str) -> Result<Vec<Expr<'a>>> {
        self.deeper()?;
        self.advance()?;
        let mut items = Vec::new();
        if self.token != Token::Mark(close) {
            items.push(self.or()?);
            while self.eat(",")? {
                items.push(self.or()?);
            }
        }
        self.close(close)?;
        self.depth -= 1;
        Ok(items)
    }

    fn object(&mut self) -> Result<Expr<'a>> {
        let start = self.span;
        self.deeper()?;
        self.advance()?;
        let mut entries = Vec::new();
        while self.token != Token::Mark("}") {
            let span = self.span;
            let Token::Text(key) = self.token.clone() else { return self.fail("a quoted key is expected") };
            self.advance()?;
            self.close(":")?;
            entries.push((key, span, self.or()?));
            if !self.eat(",")? {
                break;
            }
        }
        self.close("}")?;
        self.depth -= 1;
        Ok(Expr { span: self.since(start), kind: ExprKind::Object(entries) })
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        Err(Box::new(Diagnostic::new(Code::ExpressionTooDeep, self.span, "the expression is nested too deeply")))
    }

    fn close(&mut self, mark: &'static str) -> Result<()> {
        if self.eat(mark)? {
            return Ok(());
        }
        if matches!(self.token, Token::Mark(_) | Token::End) || mark == ":" {
            return self.fail(&["`", mark, "` is expected"].concat());
        }
        self.surplus()
    }

    fn eat(&mut self, mark: &'static str) -> Result<bool> {
        let found = self.token == Token::Mark(mark);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn advance(&mut self) -> Result<()> {
        self.advance_after(self.span.end)
    }

    fn advance_after(&mut self, end: u32) -> Result<()> {
        self.end = end;
        let (span, token) = self.lexer.next();
        self.span = span;
        self.token = match token {
            Ok(token) => token,
            Err(Broken::Unclosed) => {
                let opening = Span { start: span.start, end: span.start + 1 };
                return Err(syntax(opening, "the text that begins here is not closed"));
            }
            Err(Broken::Stray) => {
                let found = span.of(self.lexer.text);
                return Err(syntax(span, ["`", found, "` has no meaning here"].concat()));
            }
        };
        Ok(())
    }

    fn since(&self, start: Span) -> Span {
        Span { start: start.start, end: self.end }
    }

    /// A mistake at the token that is looked at.
    fn fail<T>(&self, expected: &str) -> Result<T> {
        if self.token == Token::End {
            return Err(syntax(self.span, [expected, ", but the expression ends here"].concat()));
        }
        let found = self.span.of(self.lexer.text);
        if let Token::Mark(mark) = self.token
            && let Some(instead) = foreign(mark)
        {
            return Err(syntax(self.span, ["`", mark, "` is not an operator here", instead].concat()));
        }
        Err(syntax(self.span, [expected, ", not `", found, "`"].concat()))
    }

    /// A token where the expression, or a part of it, could have ended.
    fn surplus<T>(&self) -> Result<T> {
        let found = self.span.of(self.lexer.text);
        match self.token {
            Token::Name(word) if word.eq_ignore_ascii_case("and") => repair(self.span, found, "&&"),
            Token::Name(word) if word.eq_ignore_ascii_case("or") => repair(self.span, found, "||"),
            Token::Mark("=") => repair(self.span, found, "=="),
            Token::Mark("&") => repair(self.span, found, "&&"),
            Token::Mark("|") => repair(self.span, found, "||"),
            _ => self.fail("an operator or the end is expected"),
        }
    }
}

/// Operators of other languages, and what to do instead.
fn foreign(mark: &str) -> Option<&'static str> {
    Some(match mark {
        "+" | "*" | "/" | "%" | "**" => ": expressions have no arithmetic",
        "?" | "??" => ": expressions have no `?`, use a choice",
        "=~" | "!~" => ": patterns are not supported",
        _ => return None,
    })
}

fn bare_name(name: &str, span: Span) -> Box<Diagnostic> {
    for (word, right) in [("true", "true"), ("false", "false"), ("null", "null"), ("not", "!")] {
        if name.eq_ignore_ascii_case(word) {
            return syntax(span, ["`", name, "` has no meaning here: write `", right, "`"].concat());
        }
    }
    syntax(span, ["`", name, "` is neither a variable nor a call: a variable begins with `$`, a text stands in double quotes"].concat())
}

fn syntax(span: Span, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(Code::ExpressionSyntax, span, message))
}

/// A mistake with the edit that repairs it.
fn repair<T>(span: Span, found: &str, instead: &str) -> Result<T> {
    let message = ["`", found, "` is not an operator: write `", instead, "`"].concat();
    let title = ["write `", instead, "`"].concat();
    Err(Box::new(Diagnostic::new(Code::ExpressionSyntax, span, message).fix(title, span, instead)))
}
