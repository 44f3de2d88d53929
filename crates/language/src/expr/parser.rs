//! Tokens to a tree, by recursive descent of bounded depth. Stops at the first error, because later errors in one
//! expression are usually consequences of the first.

use super::ast::{CompareOp, Expr, ExprKind, Step, StepKind, UnaryOp};
use super::lexer::{Lexer, Token, decode};
use cloudflow_base::diagnostic::{Code, Diagnostic, fill};
use cloudflow_base::small::parse_int;
use cloudflow_base::text::{Progress, Span};

/// Maximum nesting depth of an expression.
pub const MAX_DEPTH: u32 = 64;

/// The result of [`parse`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<'a> {
    /// The expression.
    pub expr: Expr<'a>,
    /// A text was quoted with `\"`: the backslashes belong to a host language.
    pub escaped_quotes: bool,
}

/// Reads one expression. The span of the finding is in bytes of `text`.
pub fn parse(text: &str) -> Result<Parsed<'_>> {
    let mut parser = Parser { lexer: Lexer::new(text), token: Token::End, span: Span::at(0), end: 0, depth: 0 };
    parser.advance()?;
    if parser.token == Token::End {
        return Err(parser.fail("expected an expression"));
    }
    let expr = parser.or()?;
    if parser.token != Token::End {
        return Err(parser.surplus());
    }
    Ok(Parsed { expr, escaped_quotes: parser.lexer.escaped_quotes })
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    // The current token and its span.
    token: Token,
    span: Span,
    // The end of the previous token.
    end: u32,
    depth: u32,
}

type Result<T, E = Box<Diagnostic>> = std::result::Result<T, E>;

impl<'a> Parser<'a> {
    fn or(&mut self) -> Result<Expr<'a>> {
        self.chain(Token::Or, Self::and, ExprKind::Or)
    }

    fn and(&mut self) -> Result<Expr<'a>> {
        self.chain(Token::And, Self::compare, ExprKind::And)
    }

    fn chain(
        &mut self,
        mark: Token,
        operand: fn(&mut Self) -> Result<Expr<'a>>,
        kind: fn(Vec<Expr<'a>>) -> ExprKind<'a>,
    ) -> Result<Expr<'a>> {
        let first = operand(self)?;
        if self.token != mark {
            return Ok(first);
        }
        let start = first.span;
        let mut operands = vec![first];
        let mut progress = Progress::default();
        while self.eat(mark)? {
            progress.step(self.lexer.at, 0);
            operands.push(operand(self)?);
        }
        Ok(Expr { span: self.since(start), kind: kind(operands) })
    }

    fn compare(&mut self) -> Result<Expr<'a>> {
        let mut left = self.unary()?;
        let depth = self.depth;
        let mut progress = Progress::default();
        while let Some(op) = self.comparison() {
            progress.step(self.lexer.at, 0);
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
            Token::Equal => CompareOp::Equal,
            Token::NotEqual => CompareOp::NotEqual,
            Token::Less => CompareOp::Less,
            Token::LessEqual => CompareOp::LessEqual,
            Token::Greater => CompareOp::Greater,
            Token::GreaterEqual => CompareOp::GreaterEqual,
            Token::Name if self.found() == "in" => CompareOp::In,
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Expr<'a>> {
        let start = self.span;
        let op = match self.token {
            Token::Not => UnaryOp::Not,
            Token::Minus => UnaryOp::Minus,
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
        let mut progress = Progress::default();
        loop {
            progress.step(self.lexer.at, 0);
            let mut start = self.span;
            let kind = match self.token {
                Token::Dot => {
                    // Read before the next token: a member may look like a number or an operator.
                    let Some(span) = self.lexer.member() else {
                        self.advance()?;
                        return Err(self.fail("expected the name of a member after `.`"));
                    };
                    self.advance_after(span.end)?;
                    start = span;
                    StepKind::Member(span.of(self.lexer.text).into())
                }
                Token::OpenList => {
                    self.advance()?;
                    let kind = match self.token {
                        Token::Number => parse_int(self.found()).and_then(|at| at.try_into().ok()).map(StepKind::Index),
                        Token::Text => Some(StepKind::Member(decode(self.found()))),
                        Token::Star => Some(StepKind::All),
                        _ => None,
                    };
                    let Some(kind) = kind else {
                        return Err(self.fail("expected an index, `*` or a quoted name after `[`"));
                    };
                    self.advance()?;
                    self.close(Token::CloseList)?;
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
        let found = self.found();
        let kind = match self.token {
            Token::Variable => ExprKind::Variable(found),
            Token::Number => ExprKind::Number(found),
            Token::Text => ExprKind::Text(decode(found)),
            Token::Name => match found {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                "null" => ExprKind::Null,
                name => {
                    self.advance()?;
                    if self.token != Token::Open {
                        return Err(bare_name(name, start));
                    }
                    let args = self.list(Token::Close)?;
                    return Ok(Expr { span: self.since(start), kind: ExprKind::Call { name, name_span: start, args } });
                }
            },
            Token::Open => {
                self.deeper()?;
                self.advance()?;
                let inner = self.or()?;
                self.close(Token::Close)?;
                self.depth -= 1;
                return Ok(Expr { span: self.since(start), kind: inner.kind });
            }
            Token::OpenList => {
                let items = self.list(Token::CloseList)?;
                return Ok(Expr { span: self.since(start), kind: ExprKind::Array(items) });
            }
            Token::OpenObject => return self.object(),
            _ => return Err(self.fail("expected a value")),
        };
        self.advance()?;
        Ok(Expr { span: start, kind })
    }

    /// The values between the current bracket and `close`.
    fn list(&mut self, close: Token) -> Result<Vec<Expr<'a>>> {
        self.deeper()?;
        self.advance()?;
        let mut items = Vec::new();
        if self.token != close {
            items.push(self.or()?);
            let mut progress = Progress::default();
            while self.eat(Token::Comma)? {
                progress.step(self.lexer.at, 0);
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
        let mut progress = Progress::default();
        while self.token != Token::CloseObject {
            progress.step(self.lexer.at, 0);
            let span = self.span;
            if self.token != Token::Text {
                return Err(self.fail("expected a quoted key"));
            }
            let key = decode(self.found());
            self.advance()?;
            self.close(Token::Colon)?;
            entries.push((key, span, self.or()?));
            if !self.eat(Token::Comma)? {
                break;
            }
        }
        self.close(Token::CloseObject)?;
        self.depth -= 1;
        Ok(Expr { span: self.since(start), kind: ExprKind::Object(entries) })
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        Err(mistake(Code::ExpressionTooDeep, self.span, "the expression is nested too deeply", &[]))
    }

    #[inline(never)]
    fn close(&mut self, mark: Token) -> Result<()> {
        if self.eat(mark)? {
            return Ok(());
        }
        let could_end = matches!(self.token, Token::Variable | Token::Name | Token::Number | Token::Text);
        Err(match mark {
            Token::Colon => self.fail("expected `:`"),
            _ if could_end => self.surplus(),
            Token::Close => self.fail("expected `)`"),
            Token::CloseList => self.fail("expected `]`"),
            _ => self.fail("expected `}`"),
        })
    }

    #[inline(never)]
    fn eat(&mut self, mark: Token) -> Result<bool> {
        let found = self.token == mark;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn advance(&mut self) -> Result<()> {
        self.advance_after(self.span.end)
    }

    #[inline(never)]
    fn advance_after(&mut self, end: u32) -> Result<()> {
        self.end = end;
        (self.span, self.token) = self.lexer.next();
        match self.token {
            Token::Unclosed => {
                let opening = Span { start: self.span.start, end: self.span.start + 1 };
                Err(syntax(opening, "unclosed text", &[]))
            }
            Token::Stray => Err(syntax(self.span, "unexpected `{}`", &[self.found()])),
            _ => Ok(()),
        }
    }

    /// The text of the current token.
    fn found(&self) -> &'a str {
        self.span.of(self.lexer.text)
    }

    fn since(&self, start: Span) -> Span {
        Span { start: start.start, end: self.end }
    }

    /// An error at the current token.
    #[cold]
    fn fail(&self, expected: &str) -> Box<Diagnostic> {
        let found = self.found();
        let template = if self.token == Token::End {
            return syntax(self.span, "{}, but the expression ends here", &[expected]);
        } else if let Some(foreign) = foreign(found) {
            return syntax(self.span, "`{}` is not an operator here{}", &[found, foreign]);
        } else {
            "{}, not `{}`"
        };
        syntax(self.span, template, &[expected, found])
    }

    /// An error at a token where the expression, or a part of it, could end.
    #[cold]
    fn surplus(&self) -> Box<Diagnostic> {
        let mut span = self.span;
        if self.lexer.text.get(span.start as usize..).is_some_and(|rest| rest.starts_with("=>")) {
            span.end = span.start + 2;
        }
        let found = span.of(self.lexer.text);
        let instead = match found {
            "=" => "==",
            "=>" => ">=",
            "&" => "&&",
            "|" => "||",
            _ if found.eq_ignore_ascii_case("and") => "&&",
            _ if found.eq_ignore_ascii_case("or") => "||",
            _ => return self.fail("expected an operator or the end"),
        };
        let mut mistake = syntax(span, "`{}` is not an operator: write `{}`", &[found, instead]);
        mistake.write(span, instead);
        mistake
    }
}

/// Operators of other languages, and their replacement.
fn foreign(mark: &str) -> Option<&'static str> {
    Some(match mark {
        "+" | "*" | "/" | "%" | "**" => ": expressions have no arithmetic",
        "?" | "??" => ": expressions have no `?`, use a choice",
        "=~" | "!~" => ": patterns are not supported",
        _ => return None,
    })
}

#[cold]
fn bare_name(name: &str, span: Span) -> Box<Diagnostic> {
    for (word, right) in [("true", "true"), ("false", "false"), ("null", "null"), ("not", "!")] {
        if name.eq_ignore_ascii_case(word) {
            return syntax(span, "unexpected `{}`: write `{}`", &[name, right]);
        }
    }
    let message = "`{}` is neither a variable nor a call: a variable begins with `$`, a text is in double quotes";
    syntax(span, message, &[name])
}

fn syntax(span: Span, template: &str, args: &[&str]) -> Box<Diagnostic> {
    mistake(Code::ExpressionSyntax, span, template, args)
}

#[cold]
#[inline(never)]
fn mistake(code: Code, span: Span, template: &str, args: &[&str]) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(code, span, fill(template, args)))
}
