//! Text to tokens, one at a time.

use std::borrow::Cow;

use cloudflow_base::small::parse_digits;
use cloudflow_base::text::{Progress, Span};

/// A kind of token. Its text is the text of its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    End,
    /// `$`, `$Input`
    Variable,
    /// A word.
    Name,
    Number,
    /// A text with its quotes; [`decode`] reads it.
    Text,

    Equal,
    NotEqual,
    LessEqual,
    GreaterEqual,
    Less,
    Greater,
    And,
    Or,
    Not,
    Minus,
    Star,
    Dot,
    Comma,
    Colon,
    Open,
    Close,
    OpenList,
    CloseList,
    OpenObject,
    CloseObject,
    /// An operator that the language does not have. The parser reports it.
    Foreign,

    /// A text without its closing quote, up to the end.
    Unclosed,
    /// A character that begins no token.
    Stray,
}

#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    pub text: &'a str,
    pub at: usize,
    /// A text was quoted with `\"`: the backslashes belong to a host language.
    pub escaped_quotes: bool,
}

/// Longest first.
const MARKS: [([u8; 2], Token); 31] = [
    (*b"==", Token::Equal),
    (*b"!=", Token::NotEqual),
    (*b"<=", Token::LessEqual),
    (*b">=", Token::GreaterEqual),
    (*b"&&", Token::And),
    (*b"||", Token::Or),
    (*b"=~", Token::Foreign),
    (*b"!~", Token::Foreign),
    (*b"??", Token::Foreign),
    (*b"**", Token::Foreign),
    (*b"(\0", Token::Open),
    (*b")\0", Token::Close),
    (*b"[\0", Token::OpenList),
    (*b"]\0", Token::CloseList),
    (*b"{\0", Token::OpenObject),
    (*b"}\0", Token::CloseObject),
    (*b",\0", Token::Comma),
    (*b":\0", Token::Colon),
    (*b".\0", Token::Dot),
    (*b"<\0", Token::Less),
    (*b">\0", Token::Greater),
    (*b"!\0", Token::Not),
    (*b"-\0", Token::Minus),
    (*b"*\0", Token::Star),
    (*b"+\0", Token::Foreign),
    (*b"/\0", Token::Foreign),
    (*b"%\0", Token::Foreign),
    (*b"?\0", Token::Foreign),
    (*b"=\0", Token::Foreign),
    (*b"&\0", Token::Foreign),
    (*b"|\0", Token::Foreign),
];

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Lexer { text, at: 0, escaped_quotes: false }
    }

    /// The next token and its span.
    #[inline(never)]
    pub fn next(&mut self) -> (Span, Token) {
        self.skip(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
        let start = self.at;
        let token = self.token();
        (Span::new(start, self.at), token)
    }

    fn token(&mut self) -> Token {
        if self.at >= self.text.len() {
            return Token::End;
        }
        let first = self.byte(0);
        match first {
            b'$' => {
                self.at += 1;
                self.skip(is_name);
                Token::Variable
            }
            b'0'..=b'9' => {
                self.skip(|b| b.is_ascii_digit());
                if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
                    self.at += 1;
                    self.skip(|b| b.is_ascii_digit());
                }
                if matches!(self.byte(0), b'e' | b'E') {
                    let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
                    if self.byte(1 + sign).is_ascii_digit() {
                        self.at += 1 + sign;
                        self.skip(|b| b.is_ascii_digit());
                    }
                }
                Token::Number
            }
            b'"' | b'\'' | b'`' => {
                self.at += 1;
                self.quoted(first, false)
            }
            b'\\' if self.byte(1) == b'"' => {
                self.at += 2;
                self.escaped_quotes = true;
                self.quoted(b'"', true)
            }
            _ if is_name(first) => {
                self.skip(is_name);
                Token::Name
            }
            _ => {
                let second = self.byte(1);
                self.at += 1;
                for ([a, b], token) in MARKS {
                    if a == first && (b == 0 || b == second) {
                        self.at += usize::from(b != 0);
                        return token;
                    }
                }
                Token::Stray
            }
        }
    }

    /// The name of a member at the cursor. It may begin with a digit and contain hyphens.
    pub fn member(&mut self) -> Option<Span> {
        let start = self.at;
        self.skip(|b| is_name(b) || b == b'-');
        (self.at > start).then(|| Span::new(start, self.at))
    }

    /// Reads a text after its opening quote, up to its closing quote.
    fn quoted(&mut self, quote: u8, escaped: bool) -> Token {
        let mut progress = Progress::default();
        while self.at < self.text.len() {
            progress.step(self.at, 0);
            let byte = self.byte(0);
            self.at += 1;
            if escaped && byte == b'\\' && self.byte(0) == b'"' {
                self.at += 1;
                return Token::Text;
            }
            if byte == quote && !escaped {
                return Token::Text;
            }
            if byte == b'\\' && quote != b'`' {
                // The other bytes of a longer character are skipped as ordinary bytes.
                self.at += 1;
            }
        }
        self.at = self.text.len();
        Token::Unclosed
    }

    /// The byte at an offset from the cursor. 0 past the end.
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or_default()
    }

    #[inline(never)]
    fn skip(&mut self, is_part: fn(u8) -> bool) {
        while self.at < self.text.len() && is_part(self.byte(0)) {
            self.at += 1;
        }
    }
}

/// The content of a quoted text, without its escapes.
pub(super) fn decode(token: &str) -> Cow<'_, str> {
    let quote = if token.starts_with('\\') { 2 } else { 1 };
    let text = token.get(quote..token.len().saturating_sub(quote)).unwrap_or_default();
    if token.starts_with('`') || !text.as_bytes().contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('u') => {
                let digits = chars.as_str().get(..4).unwrap_or_default();
                let code = parse_digits(digits, 16).and_then(|code| code.try_into().ok());
                match code.and_then(char::from_u32) {
                    Some(c) => {
                        chars.nth(3);
                        c
                    }
                    None => 'u',
                }
            }
            Some(c) => c,
            None => break,
        });
    }
    Cow::Owned(out)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}
