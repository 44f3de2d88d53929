//! The values of keys: names, words and expressions.

use super::super::look::{Class, look};
use super::{Content, Scan};
use cloudflow_base::small;
use cloudflow_base::text::Span;

/// What follows a text at the start of an expression.
const OPERATORS: [&str; 7] = ["in ", "==", "!=", "<", ">", "&&", "||"];

/// The entities of HTML for the signs of expressions.
const ENTITIES: [(&str, &str); 6] =
    [("&gt;", ">"), ("&lt;", "<"), ("&amp;", "&"), ("&quot;", "\""), ("&#39;", "\""), ("&#34;", "\"")];

impl Scan<'_> {
    /// Searches a value on one line. `column` is that of its key.
    pub(super) fn value(&mut self, mut start: usize, end: usize, content: Content, column: usize) {
        // A tag and an anchor.
        for _ in 0..2 {
            if matches!(self.char_at(start), Some('&' | '!')) && content != Content::Expression {
                let word = self.part(start, end);
                start = self.spaces(start + small::find(word, " ").unwrap_or(word.len()), end, false);
            }
        }
        let Some(first) = self.char_at(start) else { return };
        self.names = content == Content::Names;
        match first {
            '|' | '>' if content != Content::Expression || end - start < 4 => {
                self.block = Some(column);
                let header = self.part(start, end).trim_start_matches(['|', '>', '+', '-']);
                self.spaces_at_end(end - header.len(), end);
            }
            '"' | '\'' => {
                if let Some(behind) = self.close(start + 1, end, first) {
                    if content == Content::Expression {
                        let rest = self.part(behind, end).trim_ascii_start();
                        if first == '"' && OPERATORS.iter().any(|operator| rest.starts_with(operator)) {
                            return self.unquoted(start, end);
                        }
                        self.expression(start + 1, behind - 1, first);
                    }
                    self.spaces_at_end(behind, end);
                } else if let Some(last) = self.last_quote(start + 1, end) {
                    // `"a”`
                    self.quote = None;
                    self.hit(last, first.encode_utf8(&mut [0; 4]));
                }
            }
            // `!Ref` is a tag of a template.
            '!' if content == Content::Expression
                && !self.char_at(start + 1).is_some_and(|c| c.is_ascii_uppercase() || matches!(c, '!' | ' ')) =>
            {
                self.unquoted(start, end);
            }
            '[' | '{' if content != Content::Expression => {
                if content == Content::Data {
                    self.data = self.data.or(Some(column));
                }
                self.inside(start, end);
            }
            _ if matches!(look(first), Some((Class::Mark, '[' | '{', _)))
                && (matches!(content, Content::Names | Content::List | Content::Keys)
                    || self.wrong && content == Content::Data && self.data.is_none()) =>
            {
                self.inside(start, end);
            }
            _ => self.scalar(start, end, content),
        }
    }

    /// The last character of a value, if it is a quote that is not ASCII.
    pub(super) fn last_quote(&self, start: usize, end: usize) -> Option<usize> {
        let text = self.part(start, end).trim_ascii_end();
        let last = text.chars().next_back()?;
        let is_quote = self.wrong && !last.is_ascii() && matches!(look(last), Some((Class::Quote, ..)));
        is_quote.then(|| start + text.len() - last.len_utf8())
    }

    /// Remembers an expression whose first character has another meaning in YAML.
    pub(super) fn unquoted(&mut self, start: usize, end: usize) {
        let text = self.part(start, end);
        let text = small::find(text, " #").and_then(|at| text.get(..at)).unwrap_or(text);
        self.unquoted.push(Span::new(start, start + text.trim_ascii_end().len()));
    }

    /// Removes characters like spaces between a value and the end of the line.
    pub(super) fn spaces_at_end(&mut self, start: usize, end: usize) {
        let before = self.hits.len();
        let next = self.spaces(start, end, false);
        // `"a",`
        if self.wrong && matches!(self.part(next, end).trim_ascii_end(), "," | ";" | "，" | "；") {
            let width = self.char_at(next).map_or(1, char::len_utf8);
            return self.sign(next, next + width, "");
        }
        if next < end && self.char_at(next) != Some('#') {
            self.hits.truncate(before);
        }
    }

    /// A plain scalar.
    pub(super) fn scalar(&mut self, start: usize, end: usize, content: Content) {
        let text = self.part(start, end);
        let mut text = small::find(text, " #").and_then(|at| text.get(..at)).unwrap_or(text);
        if self.wrong && !matches!(content, Content::Free | Content::Data) {
            for mark in [" ＃", " // "] {
                if let Some(at) = small::find(text, mark)
                    && text.get(..at).is_some_and(|text| text.matches('"').count() % 2 == 0)
                {
                    if mark.is_ascii() {
                        self.sign(start + at + 1, start + at + 3, "#");
                    } else {
                        self.plain(start + at + 1);
                    }
                    text = self.part(start, start + at);
                }
            }
            let filled = text.trim_ascii_end();
            let last = filled.chars().next_back().unwrap_or(' ');
            let at = start + filled.len() - last.len_utf8().min(filled.len());
            if at > start
                && (matches!(last, ',' | ';') || matches!(look(last), Some((Class::Mark, ',' | '.', _))))
                && !ENTITIES.iter().any(|(name, _)| filled.ends_with(name))
                // A call goes on in the next line.
                && filled.matches('(').count() <= filled.matches(')').count()
            {
                self.sign(at, start + filled.len(), "");
                text = self.part(start, at);
            }
        }
        let trimmed = text.trim_end_matches(|c: char| {
            c == ' ' || c == '\t' || matches!(look(c), Some((Class::Space | Class::Invisible, ..)))
        });
        let inner = start + trimmed.len();
        // The spaces behind the value.
        self.spaces(inner, start + text.len(), false);
        let mut chars = trimmed.chars();
        let (first, last) = (chars.next(), chars.next_back());
        let is_quote = |c: Option<char>| matches!(c.and_then(look), Some((Class::Quote, ..)));
        // `“a"`
        let is_closed = matches!(last, Some('"' | '\'')) && self.wrong;
        let body = trimmed.get(..trimmed.len() - usize::from(is_closed)).unwrap_or_default();
        let around = is_quote(first)
            && (is_quote(last) || is_closed)
            && !chars.as_str().bytes().any(|byte| matches!(byte, b'"' | b'\\' | b'`'))
            && body.len() > 1;
        // `“$input.a”` as a source.
        let is_reference = content == Content::Data && self.data.is_none() && trimmed.chars().nth(1) == Some('$');
        if around && (is_reference || content != Content::Free && content != Content::Data) {
            self.names |= is_reference;
            let mut buffer = [0; 4];
            let quote: &str = match last {
                Some(last @ '\'') => last.encode_utf8(&mut buffer),
                _ => "\"",
            };
            self.hit(start, quote);
            let (from, to) = (start + first.map_or(0, char::len_utf8), inner - last.map_or(0, char::len_utf8));
            if content == Content::Code || content == Content::Expression {
                self.marks(from, to);
            }
            if !is_closed {
                self.hit(to, quote);
            }
            return;
        }
        match content {
            Content::Expression => self.expression(start, inner, ' '),
            // `＄input.a` as a source. Another text after a dollar sign is data.
            Content::Data if is_path(trimmed) => self.expression(start, inner, ' '),
            Content::Code | Content::Names => self.marks(start, inner),
            Content::Name if self.may_resemble(start, inner) => {
                for (offset, c) in trimmed.char_indices() {
                    match look(c) {
                        Some((Class::Invisible, ..)) => self.hit(start + offset, ""),
                        Some((Class::Space, ..)) if c != '\u{3000}' => self.hit(start + offset, " "),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// Replaces every such character.
    pub(super) fn marks(&mut self, start: usize, end: usize) {
        let text = self.part(start, end);
        if text.is_ascii() {
            return;
        }
        for (offset, _) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
            self.plain(start + offset);
        }
    }

    /// Replaces such characters outside of the texts of an expression. `around` is the quote of the scalar.
    pub(super) fn expression(&mut self, start: usize, end: usize, around: char) {
        let mut quote = None;
        let text = self.part(start, end);
        if !self.may_resemble(start, end) && !small::contains(text, "&") {
            return;
        }
        let mut last = ' ';
        for (offset, c) in text.char_indices() {
            let class = look(c);
            let is_quote = matches!(class, Some((Class::Quote, ..)));
            let at = start + offset;
            match quote {
                // An escaped quote: `\"`, in a quoted scalar `\\\"`.
                Some(open) if c == open => {
                    let text = text.get(..offset).unwrap_or_default();
                    let slashes = text.len() - text.trim_end_matches('\\').len();
                    if (slashes >> u8::from(around == '"')) & 1 == 0 {
                        quote = None;
                    }
                }
                Some('\0') if is_quote => {
                    self.quote_mark(at, around);
                    quote = None;
                }
                Some(_) => {}
                None if matches!(c, '"' | '\'' | '`') => quote = Some(c).filter(|c| *c == '"' || *c != around),
                None if is_quote => {
                    self.quote_mark(at, around);
                    quote = Some('\0');
                }
                None if c == '&' && self.entity(at) => {}
                // A space inside of a path.
                None if matches!(class, Some((Class::Space, ..)))
                    && (matches!(last, '.' | '$') || self.char_at(at + c.len_utf8()) == Some('.')) =>
                {
                    self.hit(at, "");
                }
                // A hyphen is a part of a name.
                None if class.is_some() => self.plain(at),
                None => {}
            }
            last = c;
        }
    }

    /// Replaces an entity of HTML.
    fn entity(&mut self, at: usize) -> bool {
        let rest = self.part(at, self.text.len());
        let Some((name, sign)) = ENTITIES.into_iter().find(|(name, _)| rest.starts_with(name)) else { return false };
        self.sign(at, at + name.len(), sign);
        true
    }

    pub(super) fn quote_mark(&mut self, at: usize, around: char) {
        self.hit(at, if around == '"' { "\\\"" } else { "\"" });
    }

    /// The position behind the closing quote. Remembers a quote that is not closed on the line.
    pub(super) fn close(&mut self, start: usize, end: usize, quote: char) -> Option<usize> {
        let mut escaped = false;
        let text = self.part(start, end);
        for (offset, byte) in text.bytes().enumerate() {
            // The quote is ASCII.
            if char::from(byte) == quote && !escaped {
                self.quote = None;
                return Some(start + offset + 1);
            }
            escaped = byte == b'\\' && quote == '"' && !escaped;
        }
        self.quote = Some(quote);
        None
    }
}

/// True for a reference whose characters are ASCII or resemble ASCII.
fn is_path(text: &str) -> bool {
    let alike = |c: char| look(c).map_or(c, |(_, ascii, _)| ascii);
    let mut chars = text.chars();
    if chars.next().map(alike) != Some('$') || !text.chars().all(|c| c != ' ' && alike(c).is_ascii()) {
        return false;
    }
    let path = chars.as_str().trim_start_matches(|c| alike(c) == ' ');
    [".", "．", "input", "local", "context"].iter().any(|root| path.starts_with(root))
}
