//! The words of a text with their kinds, also inside of expressions.

use cloudflow_base::small;
use cloudflow_base::text::{Progress, Span};
use cloudflow_language::flow::Dialect;
use cloudflow_language::flow::dialect::{Shape, Slot, Value, computed_base};
use cloudflow_language::yaml::{Kind, Node, Resolved, Style};

use crate::outline::is_alias;
use crate::spot::key_named;
use crate::text::{is_name, run};
use crate::view::{View, line_end, part};

/// A word of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its span.
    pub span: Span,
    /// Its kind.
    pub kind: TokenKind,
}

/// The kind of a [`Token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A comment.
    Comment,
    /// A key of the language.
    Key,
    /// A key of data.
    Property,
    /// A type of states, an action, or another word of the language.
    Keyword,
    /// The name of a state where it is defined.
    State,
    /// The name of a state where it is used.
    Target,
    /// The name of an error.
    Error,
    /// A text.
    Text,
    /// A number, `true`, `false` or `null`.
    Constant,
    /// A variable of an expression.
    Variable,
    /// A member of a path in an expression.
    Member,
    /// A function of an expression.
    Function,
    /// An operator of an expression.
    Operator,
}

impl TokenKind {
    /// The names in the JavaScript interface, in the order of the numbers there.
    pub const NAMES: [&'static str; 13] = [
        "comment", "key", "property", "keyword", "state", "target", "error", "text", "constant", "variable", "member",
        "function", "operator",
    ];
}

/// A node that is to be read.
struct Step<'a> {
    node: Node<'a>,
    expects: Value,
    slot: Option<Slot>,
    computed: bool,
    /// The kind of a key.
    key: Option<TokenKind>,
}

pub(crate) fn tokens(view: &View<'_>) -> Vec<Token> {
    let dialect = view.dialect.unwrap_or(Dialect::StateMachine);
    let mut found = Tokens { view, list: Vec::new(), scalars: Vec::new() };
    let step = |node, expects, slot, computed, key| Step { node, expects, slot, computed, key };
    let document = Value::One(Shape::Document);
    let mut todo: Vec<Step<'_>> =
        view.tree.root().map(|root| step(root, document, None, false, None)).into_iter().collect();
    while let Some(Step { node, expects, slot, computed, key }) = todo.pop() {
        if let Some(kind) = key {
            found.add(node.span(), kind);
            found.scalars.push(node.span());
            continue;
        }
        if is_alias(view, node) {
            continue;
        }
        let from = todo.len();
        match node.kind() {
            Kind::Scalar => found.scalar(node, dialect, expects, slot, computed),
            Kind::Sequence => {
                let inner = match expects {
                    Value::Many(shape) => Value::One(shape),
                    Value::Texts => Value::Text,
                    _ => Value::Any,
                };
                todo.extend(node.items().map(|item| step(item, inner, slot, false, None)));
            }
            Kind::Mapping => {
                let shape = match expects {
                    Value::One(shape) | Value::Many(shape) => Some(shape),
                    _ => None,
                };
                for (key, value) in node.entries() {
                    let name = key.text().unwrap_or_default();
                    let base = computed_base(name);
                    let known = shape.and_then(|shape| key_named(dialect, shape, None, base.unwrap_or(name)));
                    let kind = if known.is_some() { TokenKind::Key } else { TokenKind::Property };
                    todo.push(step(key, Value::Any, None, false, Some(kind)));
                    let expects = known.map_or(Value::Any, |known| known.value);
                    let slot = if shape.is_some() { known.map(|known| known.slot) } else { slot };
                    todo.push(step(value, expects, slot, base.is_some(), None));
                }
            }
        }
        // In the order of the text, which is the order of the result except for merge keys.
        if let Some(inner) = todo.get_mut(from..) {
            inner.reverse();
        }
    }
    let words = std::mem::take(&mut found.list);
    found.comments();
    merged(words, found.list)
}

/// The words and the comments in one list, in the order of the text.
fn merged(mut words: Vec<Token>, comments: Vec<Token>) -> Vec<Token> {
    small::sort_by(&mut words, |a, b| a.span.cmp(&b.span));
    let mut list = Vec::with_capacity(words.len() + comments.len());
    let mut comments = comments.into_iter().peekable();
    for word in words {
        while let Some(comment) = comments.next_if(|comment| comment.span < word.span) {
            list.push(comment);
        }
        list.push(word);
    }
    list.extend(comments);
    // The content of a merge key has one place.
    let mut end = 0;
    list.retain(|token| {
        let is_next = token.span.start >= end;
        end = if is_next { token.span.end } else { end };
        is_next
    });
    list
}

struct Tokens<'v, 'a> {
    view: &'v View<'a>,
    list: Vec<Token>,
    /// The spans that contain no comment.
    scalars: Vec<Span>,
}

impl Tokens<'_, '_> {
    /// Adds a word. A text of several lines is one word for each line.
    fn add(&mut self, span: Span, kind: TokenKind) {
        let (mut start, end) = (span.start as usize, span.end as usize);
        while start < end {
            let stop = line_end(self.view.text, start).min(end);
            let line = part(self.view.text, start, stop);
            let shown = line.trim_ascii();
            let blanks = line.len() - line.trim_ascii_start().len();
            if !shown.is_empty() {
                self.list.push(Token { span: Span::new(start + blanks, start + blanks + shown.len()), kind });
            }
            start = stop + 1;
        }
    }

    fn scalar(&mut self, node: Node<'_>, dialect: Dialect, expects: Value, slot: Option<Slot>, computed: bool) {
        self.scalars.push(node.span());
        let text = node.text().unwrap_or_default();
        let is_path = text.starts_with('$') && dialect == Dialect::Flow;
        let dynamic = matches!(slot, Some(Slot::Source | Slot::Params | Slot::Seconds | Slot::Timestamp));
        if computed || expects == Value::Expression || is_path && dynamic {
            let mut span = node.span();
            if matches!(node.style(), Style::Literal | Style::Folded) {
                span.start = line_end(self.view.text, span.start as usize) as u32;
            }
            return self.expression(span);
        }
        let kind = match (expects, slot) {
            (Value::Target, _) => TokenKind::Target,
            (Value::Text | Value::Texts, Some(Slot::Errors)) => TokenKind::Error,
            (Value::Text, Some(Slot::Name)) => TokenKind::State,
            (Value::Text, Some(Slot::Type | Slot::Action | Slot::Version)) | (Value::OneOf(_), _) => TokenKind::Keyword,
            _ => match node.resolve() {
                Some(Resolved::Text(_)) | None => TokenKind::Text,
                Some(_) => TokenKind::Constant,
            },
        };
        self.add(node.span(), kind);
    }

    /// The words of an expression. Quotes and escapes of YAML do not change where words begin.
    fn expression(&mut self, span: Span) {
        let text = span.of(self.view.text);
        let start = span.start as usize;
        let bytes = text.as_bytes();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        let outer = byte(0);
        let mut at = usize::from(matches!(outer, b'"' | b'\''));
        let mut progress = Progress::default();
        while at < bytes.len() {
            progress.step(at, 0);
            let from = at;
            let c = byte(at);
            let word = |from: usize| from + run(text.get(from..).unwrap_or_default(), is_name);
            let escaped = c == b'\\' && byte(at + 1) == b'"';
            let kind = if matches!(c, b'"' | b'\'' | b'`') && c != outer || escaped {
                at += if escaped { 2 } else { 1 };
                // The end of the scalar ends an unclosed text.
                let last = bytes.len() - usize::from(bytes.last() == Some(&outer) && at < bytes.len());
                while at < last {
                    let ends = if escaped { byte(at) == b'\\' && byte(at + 1) == b'"' } else { byte(at) == c };
                    at += if ends && !escaped || byte(at) != b'\\' { 1 } else { 2 };
                    if ends {
                        break;
                    }
                }
                at = at.min(last.max(from + 1));
                while !text.is_char_boundary(at) {
                    at += 1;
                }
                TokenKind::Text
            } else if c == b'$' {
                at = word(at + 1);
                TokenKind::Variable
            } else if c == b'.' {
                at = word(at + 1);
                self.add(Span::new(start + from + 1, start + at), TokenKind::Member);
                continue;
            } else if c.is_ascii_digit() {
                let rest = text.get(at..).unwrap_or_default();
                at += run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'.');
                TokenKind::Constant
            } else if is_name(c) && c != b'-' {
                at = word(at);
                let name = text.get(from..at).unwrap_or_default();
                match name {
                    "true" | "false" | "null" => TokenKind::Constant,
                    "in" => TokenKind::Operator,
                    _ if byte(at) == b'(' => TokenKind::Function,
                    _ => TokenKind::Text,
                }
            } else if matches!(c, b'=' | b'!' | b'<' | b'>' | b'&' | b'|' | b'-' | b'+' | b'*' | b'/' | b'%') {
                while matches!(byte(at), b'=' | b'!' | b'<' | b'>' | b'&' | b'|' | b'-' | b'+' | b'*' | b'/' | b'%') {
                    at += 1;
                }
                TokenKind::Operator
            } else {
                at += 1;
                while !text.is_char_boundary(at) {
                    at += 1;
                }
                continue;
            };
            self.add(Span::new(start + from, start + at), kind);
        }
    }

    /// The comments: after a `#` outside of the scalars.
    fn comments(&mut self) {
        let text = self.view.text;
        small::sort_by(&mut self.scalars, |a, b| a.cmp(b));
        let mut at = 0;
        let spans = std::mem::take(&mut self.scalars);
        for span in spans.into_iter().chain([Span::at(text.len())]) {
            while let Some(gap) = text.as_bytes().get(at..(span.start as usize).max(at))
                && let Some(hash) = gap.iter().position(|byte| *byte == b'#')
            {
                let end = line_end(text, at + hash);
                self.add(Span::new(at + hash, end), TokenKind::Comment);
                at = end;
            }
            at = at.max(span.end as usize);
        }
    }
}
