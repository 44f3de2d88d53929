//! Text to tokens, one at a time.

use std::borrow::Cow;

use crate::text::Span;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// `$`, `$Input`
    Variable(&'a str),
    /// A word.
    Name(&'a str),
    Number(&'a str),
    Text(Cow<'a, str>),
    /// An operator or a bracket, as written.
    Mark(&'static str),
    End,
}

/// What cannot be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// A text without its closing quote.
    Unclosed,
    /// A character that starts no token.
    Stray,
}

#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    pub text: &'a str,
    pub at: usize,
    /// A text stood in `\"`: backslashes that belong to some host language.
    pub escaped_quotes: bool,
}

/// Longest first. What the language has not stands here too, to be named by the parser.
const MARKS: [&str; 31] = [
    "==", "!=", "<=", ">=", "&&", "||", "=~", "!~", "??", "**", "(", ")", "[", "]", "{", "}", ",", ":", ".", "<", ">",
    "!", "-", "*", "+", "/", "%", "?", "=", "&", "|",
];

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Lexer { text, at: 0, escaped_quotes: false }
    }

    /// The next token and its place.
    pub fn next(&mut self) -> (Span, Result<Token<'a>, Broken>) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.at += rest.len() - trimmed.len();
        let start = self.at;
        let token = self.token(trimmed);
        (Span::new(start, self.at), token)
    }

    fn token(&mut self, rest: &'a str) -> Result<Token<'a>, Broken> {
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        let start = self.at;
        match first {
            '$' => {
                self.at += 1;
                self.skip(is_name);
                Ok(Token::Variable(self.since(start)))
            }
            '0'..='9' => {
                self.skip(|c| c.is_ascii_digit());
                let mut tail = self.text.get(self.at..).unwrap_or_default().bytes();
                if (tail.next(), tail.next().is_some_and(|b| b.is_ascii_digit())) == (Some(b'.'), true) {
                    self.at += 1;
                    self.skip(|c| c.is_ascii_digit());
                }
                let exponent = self.at;
                if self.eat('e') || self.eat('E') {
                    if !self.eat('+') {
                        self.eat('-');
                    }
                    let digits = self.at;
                    self.skip(|c| c.is_ascii_digit());
                    if self.at == digits {
                        self.at = exponent;
                    }
                }
                Ok(Token::Number(self.since(start)))
            }
            '"' | '\'' | '`' => {
                self.at += 1;
                self.quoted(first, false)
            }
            '\\' if rest.starts_with("\\\"") => {
                self.at += 2;
                self.escaped_quotes = true;
                self.quoted('"', true)
            }
            _ if is_name(first) => {
                self.skip(is_name);
                Ok(Token::Name(self.since(start)))
            }
            _ => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
                Some(mark) => {
                    self.at += mark.len();
                    Ok(Token::Mark(mark))
                }
                None => {
                    self.at += first.len_utf8();
                    Err(Broken::Stray)
                }
            },
        }
    }

    /// The name of a member, at the cursor: it may begin with a digit and hold a hyphen.
    pub fn member(&mut self) -> Option<(Span, &'a str)> {
        let start = self.at;
        self.skip(|c| is_name(c) || c == '-');
        (self.at > start).then(|| (Span::new(start, self.at), self.since(start)))
    }

    /// A text up to its closing quote, the opening one read.
    fn quoted(&mut self, quote: char, escaped: bool) -> Result<Token<'a>, Broken> {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let mut decoded: Option<String> = None;
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            if escaped && c == '\\' && rest.get(at..).is_some_and(|r| r.starts_with("\\\"")) {
                self.at = start + at + 2;
                return Ok(Token::Text(finish(decoded, rest, at)));
            }
            if c == quote && !escaped {
                self.at = start + at + 1;
                return Ok(Token::Text(finish(decoded, rest, at)));
            }
            if c == '\\' && quote != '`' {
                let out = decoded.get_or_insert_with(|| rest.get(..at).unwrap_or_default().to_owned());
                match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('u') => {
                        let digits = rest.get(at + 2..at + 6).unwrap_or_default();
                        match u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
                            Some(c) => {
                                out.push(c);
                                chars.nth(3);
                            }
                            None => out.push('u'),
                        }
                    }
                    Some(c) => out.push(c),
                    None => {}
                }
            } else if let Some(out) = &mut decoded {
                out.push(c);
            }
        }
        self.at = self.text.len();
        Err(Broken::Unclosed)
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(c));
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn skip(&mut self, is_part: impl Fn(char) -> bool) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

fn finish<'a>(decoded: Option<String>, rest: &'a str, end: usize) -> Cow<'a, str> {
    match decoded {
        Some(text) => Cow::Owned(text),
        None => Cow::Borrowed(rest.get(..end).unwrap_or_default()),
    }
}
