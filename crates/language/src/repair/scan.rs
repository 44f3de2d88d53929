//! Characters that resemble others, and dashes without their space, line by line. It depends on the key whether a
//! character is a mistake: a full-width comma is correct in a description and wrong in a condition.

mod inside;

use super::look::{Class, instead, is_quote_of_prose, look, look_at_item};
use super::{Repair, edit};
use crate::flow::dialect::{Dialect, Dynamic, Shape, Slot, Value};
use cloudflow_base::diagnostic::{Code, Edit, fill};
use cloudflow_base::small::{self, to_decimal};
use cloudflow_base::text::{Progress, Span};

/// What the value of a key is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// Words for people, or data.
    Free,
    /// A name: any text, without typographic quotes around it and without invisible characters.
    Name,
    /// ASCII: a type, a resource, a number.
    Code,
    /// An expression.
    Expression,
    /// A list of error names.
    Names,
    /// A list of mappings.
    List,
    /// A mapping of keys of the dialect.
    Keys,
    /// A mapping of data.
    Data,
}

/// The content of the value of a key, of either dialect. Absent for a key that no table has.
fn content(key: &str) -> Option<Content> {
    let name = key.strip_suffix(".$").unwrap_or(key);
    if name.len() < key.len() {
        return Some(Content::Expression);
    }
    let known = Dialect::ALL.into_iter().find_map(|dialect| dialect.any_key(name))?;
    Some(match (known.value, known.slot) {
        (Value::Target, _) | (Value::Text, Slot::Name | Slot::Target | Slot::Item | Slot::Index) => Content::Name,
        (Value::Text, Slot::Code | Slot::Detail | Slot::Description) | (Value::Remark, _) => Content::Free,
        (Value::Expression, _) => Content::Expression,
        (Value::Texts, _) => Content::Names,
        (Value::Many(_), _) => Content::List,
        (Value::One(_), _) => Content::Keys,
        (Value::Object | Value::Constructor | Value::Any, _) => Content::Data,
        _ if known.dynamic == Dynamic::Value => Content::Expression,
        _ => Content::Code,
    })
}

/// What follows a text at the start of an expression.
const OPERATORS: [&str; 7] = ["in ", "==", "!=", "<", ">", "&&", "||"];

/// A character that is replaced.
struct Hit {
    edit: Edit,
    class: Class,
    found: char,
}

struct Scan<'t> {
    text: &'t str,
    /// The text has an error: a character that is correct in a valid text may be the mistake.
    wrong: bool,
    hits: Vec<Hit>,
    /// Expressions that need quotes around them.
    unquoted: Vec<Span>,
    /// Dashes without a space.
    dashes: Vec<usize>,
    /// Behind such dashes: their columns, and whether the lines of the item get one more space.
    shifts: Vec<(usize, Option<bool>)>,
    /// The starts of these lines, and the number of their spaces.
    shifted: Vec<(usize, usize)>,
    /// Inside a block scalar: the column of its key.
    block: Option<usize>,
    /// Inside a mapping of data: the column of its key.
    data: Option<usize>,
    /// Inside a quoted text of several lines.
    quote: Option<char>,
    /// The open brackets. True for one that resembles a bracket.
    brackets: Vec<bool>,
    /// The content of the key at the end of the previous line, and its column.
    opened: Option<(Option<Content>, usize)>,
    /// The columns of the lists around this line, and the content of their items.
    lists: Vec<(usize, Content)>,
    /// The columns of the collections around this line. True for a list.
    columns: Vec<(usize, bool)>,
    /// The value consists of names of errors.
    names: bool,
}

/// The repairs of a text.
/// `wrong`: the text has an error.
pub(super) fn find(text: &str, wrong: bool) -> Vec<Repair> {
    let mut scan = Scan {
        text,
        wrong,
        hits: Vec::new(),
        unquoted: Vec::new(),
        dashes: Vec::new(),
        shifts: Vec::new(),
        shifted: Vec::new(),
        block: None,
        data: None,
        quote: None,
        brackets: Vec::new(),
        opened: None,
        lists: Vec::new(),
        columns: Vec::new(),
        names: false,
    };
    for (start, line) in super::frame::lines(text) {
        scan.line(start, start + line.len());
    }
    scan.repairs()
}

impl Scan<'_> {
    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// The number of characters.
    fn width(&self, start: usize, end: usize) -> usize {
        self.text.get(start..end).unwrap_or_default().chars().fold(0, |count, _| count + 1)
    }

    fn class_at(&self, at: usize) -> Option<Class> {
        Some(look(self.char_at(at)?)?.0)
    }

    fn hit(&mut self, at: usize, new_text: &str) {
        let Some(found) = self.char_at(at) else { return };
        let Some((class, ..)) = look(found) else { return };
        if !self.wrong && !self.names && is_quote_of_prose(found) {
            return;
        }
        let class = if class == Class::Space && new_text.is_empty() { Class::Invisible } else { class };
        self.hits.push(Hit { edit: edit(at, at + found.len_utf8(), new_text), class, found });
    }

    /// Replaces the character at `at` by the ASCII character that it resembles.
    fn plain(&mut self, at: usize) {
        let Some((class, ascii, _)) = self.char_at(at).and_then(look) else { return };
        // A bullet resembles a dash only at the start of a line.
        if ascii == '*' && class == Class::Dash {
            return;
        }
        let new_text =
            if class == Class::Invisible { String::new() } else { instead(self.char_at(at).unwrap_or(ascii), ascii) };
        self.hit(at, &new_text);
    }

    /// The end of the spaces at `at`, real and alike.
    fn spaces(&mut self, mut at: usize, end: usize, wide: bool) -> usize {
        while at < end {
            match (self.char_at(at), self.class_at(at)) {
                (Some(' ' | '\t'), _) => at += 1,
                (Some(c), Some(Class::Space)) => {
                    // An ideographic space has the width of two letters.
                    self.hit(at, if wide && c == '\u{3000}' { "  " } else { " " });
                    at += c.len_utf8();
                }
                (Some(c), Some(Class::Invisible)) => {
                    if at > 0 || c != '\u{FEFF}' {
                        self.hit(at, "");
                    }
                    at += c.len_utf8();
                }
                _ => break,
            }
        }
        at
    }

    fn line(&mut self, start: usize, end: usize) {
        if let Some(quote) = self.quote {
            match self.close(start, end, quote) {
                Some(behind) if !self.brackets.is_empty() => return self.inside(behind, end),
                Some(_) | None => return,
            }
        }
        if !self.brackets.is_empty() {
            return self.inside(start, end);
        }
        let before = self.hits.len();
        let mut at = self.spaces(start, end, true);
        let mut column = self.width(start, at);
        if at < end {
            // The items were indented for dashes without their space.
            self.shifts.retain(|(dash, _)| column > *dash);
            let mut more = 0;
            for (dash, shifts) in &mut self.shifts {
                // A deeper line does not show the column of the item.
                if column <= *dash + 2 {
                    shifts.get_or_insert(column == *dash + 1);
                }
                more += usize::from(*shifts == Some(true));
            }
            if more > 0 {
                self.shifted.push((start, more));
            }
        }
        if let Some(block) = self.block {
            // The indentation of the text itself is not searched unless it ends the text.
            let ascii = self.text.get(start..end).unwrap_or_default().bytes().take_while(|byte| *byte == b' ').count();
            if at == end || column > block {
                if ascii > block || at == end {
                    self.hits.truncate(before);
                }
                return;
            }
            self.block = None;
        }
        if at >= end || self.char_at(at) == Some('#') {
            return;
        }
        if self.wrong && matches!(self.char_at(at).and_then(look), Some((_, '#', _))) {
            return self.plain(at);
        }
        if self.hits.len() > before {
            column = self.indentation(start, at, end, before);
        }
        let dash = self.is_dash(at);
        self.columns.retain(|(known, list)| *known < column || dash && *known == column && !list);
        self.columns.push((column, dash));
        if self.data.is_some_and(|data| column <= data) {
            self.data = None;
        }
        self.lists.retain(|(list, _)| *list <= column);
        let mut item = Content::Free;
        let mut progress = Progress::default();
        loop {
            progress.step(at, 0);
            let Some(first) = self.char_at(at) else { return };
            let Some(mut behind) = self.item_mark(at, end) else { break };
            let spaced = behind >= end
                || matches!(self.char_at(behind), Some(' ' | '\t'))
                || self.class_at(behind) == Some(Class::Space);
            let known = self.lists.iter().find(|(list, _)| *list == column).map(|(_, content)| *content);
            let list = known.is_some()
                || matches!(self.opened, Some((Some(Content::List | Content::Names), key)) if column >= key);
            if !(spaced && first == '-' || list && self.data.is_none()) {
                break;
            }
            // Behind a mark of another format follows a key, or the name of an error.
            let content = known.or(self.opened.and_then(|(content, _)| content));
            if !(self.is_dash(at)
                || self.starts_with_key(behind, end)
                || spaced && behind < end && (content == Some(Content::Names) || matches!(first, '*' | '+')))
            {
                break;
            }
            if !spaced && first == '-' {
                let next = self.char_at(behind).unwrap_or(' ');
                if self.class_at(behind) == Some(Class::Invisible) {
                    // One space must remain.
                    let spaced = matches!(self.char_at(behind + next.len_utf8()), Some(' '));
                    self.hit(behind, if spaced { "" } else { " " });
                    behind += next.len_utf8();
                    column += usize::from(!spaced);
                } else if next.is_ascii_alphabetic() || matches!(next, '$' | '"' | '\'' | '{') {
                    self.dashes.push(behind);
                    self.shifts.push((column, None));
                } else {
                    break;
                }
            } else if first != '-' {
                // The other keys of the item may be in the column behind `- `.
                let width = self.width(at, behind);
                if !spaced && width == 1 {
                    self.shifts.push((column, None));
                }
                let least = usize::from(!spaced);
                let most = width - usize::from(spaced);
                let next = self.next_column(end).and_then(|next| next.checked_sub(column + 2 - least));
                let pad = next.filter(|pad| (least..=most).contains(pad)).unwrap_or(most.max(least));
                let new_text = ["-", &" ".repeat(pad)].concat();
                self.hits.push(Hit { edit: edit(at, behind, &new_text), class: Class::Dash, found: first });
            }
            item = known.or(self.opened.and_then(|(content, _)| content)).unwrap_or(Content::Free);
            if known.is_none() {
                self.lists.push((column, item));
            }
            let next = self.spaces(behind, end, false);
            column += 1 + self.width(behind, next);
            self.columns.push((column, false));
            at = next;
            self.opened = None;
            if at >= end {
                return;
            }
        }
        // The value of the key on the line before.
        if let Some((content, _)) = self.opened.take() {
            item = content.unwrap_or(Content::Free);
        }
        match self.key(at, end) {
            Some((content, value)) => {
                let in_data = self.data.is_some();
                // A key of the dialect has no meaning inside data.
                let content =
                    if in_data && content != Some(Content::Expression) { Some(Content::Data) } else { content };
                if value >= end || self.char_at(value) == Some('#') {
                    self.opened = Some((content, column));
                    if content == Some(Content::Data) && !in_data {
                        self.data = Some(column);
                    }
                    return;
                }
                self.value(value, end, content.unwrap_or(Content::Free), column);
            }
            None => {
                let content = if self.data.is_some() { Content::Free } else { item };
                self.value(at, end, content, column.saturating_sub(1));
            }
        }
    }

    /// The end of a mark that begins a list item, here or in another format: `-`, a bullet, `1.`, `(2)`.
    fn item_mark(&self, start: usize, end: usize) -> Option<usize> {
        let seen = |at: usize| {
            let c = self.char_at(at).filter(|_| at < end)?;
            Some((look(c).map_or(c, |(_, ascii, _)| ascii), at + c.len_utf8()))
        };
        let (first, mut at) = seen(start)?;
        if matches!(first, '-' | '*' | '+' | '>') {
            return Some(at);
        }
        let mut next = if first == '(' { seen(at)? } else { (first, at) };
        let mut digits = 0;
        while next.0.is_ascii_digit() && digits < 3 {
            digits += 1;
            at = next.1;
            next = seen(at)?;
        }
        (digits > 0 && (matches!(next.0, '.' | ')') || self.char_at(at) == Some('、'))).then_some(next.1)
    }

    /// True for a dash or a character that resembles one.
    fn is_dash(&self, at: usize) -> bool {
        self.char_at(at) == Some('-') || self.class_at(at) == Some(Class::Dash)
    }

    /// True if a key of the dialect and its colon are at `at`.
    fn starts_with_key(&self, at: usize, end: usize) -> bool {
        let text = self.text.get(at..end).unwrap_or_default();
        text.find([':', '：'])
            .and_then(|colon| text.get(..colon))
            .is_some_and(|name| content(name.trim().trim_matches(['"', '\''])).is_some())
    }

    /// The column of the next line that is not blank.
    fn next_column(&self, end: usize) -> Option<usize> {
        let rest = self.text.get(end..)?;
        let first = rest.bytes().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r'))?;
        let line = rest.get(..first)?.rfind('\n')?;
        let alike = matches!(self.class_at(end + first), Some(Class::Space | Class::Invisible));
        (!alike).then_some(first - line - 1)
    }

    /// Rewrites an indentation with characters that are no spaces: the column must be one in use.
    fn indentation(&mut self, start: usize, end: usize, line_end: usize, before: usize) -> usize {
        let (mut spaces, mut tabs, mut alike, mut wide, mut hidden) = (0, 0, 0, 0, 0);
        for c in self.text.get(start..end).unwrap_or_default().chars() {
            match (c, look(c)) {
                (' ', _) => spaces += 1,
                ('\t', _) => tabs += 1,
                ('\u{3000}', _) => wide += 1,
                (_, Some((Class::Invisible, ..))) => hidden += 1,
                _ => alike += 1,
            }
        }
        let dash = self.is_dash(end);
        let opened = self.opened.map(|(_, key)| key + usize::from(!dash));
        // The first line of a collection has the column of the second one.
        let next = self.next_column(line_end).filter(|next| opened.is_some_and(|least| *next >= least));
        let top = |name: &str| {
            let known = |dialect: Dialect| dialect.keys(Shape::Document).iter().any(|key| key.name == name);
            Dialect::ALL.into_iter().any(known)
        };
        let name = self.text.get(end..line_end).unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default().trim();
        let is_known = |column: &usize| self.columns.contains(&(*column, dash)) && (*column > 0 || dash || top(name));
        let mut columns = Vec::new();
        for tab in [2, 4, 8] {
            let rest = spaces + tabs * tab;
            let all = rest + alike + 2 * wide;
            columns.extend([all, rest, rest + alike + wide, all + hidden, all + 2 * hidden, all + 4 * hidden]);
        }
        let first = columns.first().copied().unwrap_or_default();
        if hidden > 0 {
            columns.extend(self.columns.iter().rev().map(|(column, _)| *column));
        }
        let find = |fits: &dyn Fn(&usize) -> bool| columns.iter().copied().find(fits);
        let column = find(&|column| next == Some(*column))
            .or_else(|| find(&|column| opened.is_some_and(|least| *column >= least)))
            .or_else(|| find(&is_known))
            .unwrap_or(first);
        let mut pad = " ".repeat(column.saturating_sub(spaces));
        let class = if pad.is_empty() { Class::Invisible } else { Class::Space };
        for hit in self.hits.iter_mut().skip(before) {
            hit.class = class;
            hit.edit.new_text = std::mem::take(&mut pad);
        }
        if let Some(&Hit { class, found, .. }) = self.hits.get(before) {
            for (offset, _) in self.text.get(start..end).unwrap_or_default().match_indices('\t') {
                self.hits.push(Hit { edit: edit(start + offset, start + offset + 1, ""), class, found });
            }
        }
        column
    }

    /// Reads a key and its colon. Returns the content of its value and the start of the value.
    fn key(&mut self, start: usize, end: usize) -> Option<(Option<Content>, usize)> {
        let mut name = String::new();
        let mut hits = Vec::new();
        let mut at = start;
        let quote = self.char_at(start).filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            let rest = self.text.get(start + 1..end)?;
            let length = rest.find(quote)?;
            name.push_str(rest.get(..length)?);
            at = start + 1 + length + 1;
        }
        let mut progress = Progress::default();
        let (colon, certain) = loop {
            progress.step(at, 0);
            let c = self.char_at(at).filter(|_| at < end)?;
            let behind = at + c.len_utf8();
            let class = look(c);
            if c == ':' {
                let next = self.class_at(behind);
                if behind >= end
                    || matches!(self.char_at(behind), Some(' ' | '\t'))
                    || matches!(next, Some(Class::Space | Class::Invisible))
                {
                    break (at, true);
                }
                return None;
            }
            match class {
                Some((_, ':', _)) => break (at, false),
                Some((Class::Space | Class::Invisible, ..)) => hits.push((at, "")),
                Some((Class::Quote, ..)) => hits.push((at, "\"")),
                Some((Class::Mark, ascii, _)) if ascii.is_ascii_alphanumeric() || matches!(ascii, '$' | '.') => {
                    name.push(ascii);
                    hits.push((at, "\0"));
                }
                Some(_) => return None,
                None if matches!(c, ' ' | '\t') => {}
                None if quote.is_some() => return None,
                None => name.push(c),
            }
            at = behind;
            // The key of a mapping is short.
            if at > start + 200 || matches!(c, '#' | '{' | '[') {
                return None;
            }
        };
        let content = content(&name);
        if !certain && (content.is_none() || self.data.is_some() && content != Some(Content::Expression)) {
            return None;
        }
        if !hits.is_empty()
            && (content.is_some() || hits.iter().all(|(at, _)| self.class_at(*at) == Some(Class::Invisible)))
        {
            for (at, new_text) in hits {
                if new_text == "\0" { self.plain(at) } else { self.hit(at, new_text) }
            }
        }
        let width = self.char_at(colon).map_or(1, char::len_utf8);
        let mut value = colon + width;
        if !certain {
            let spaced = value >= end || matches!(self.char_at(value), Some(' '));
            self.hit(colon, if spaced { ":" } else { ": " });
        }
        // One space must remain.
        if self.class_at(value) == Some(Class::Invisible) {
            let width = self.char_at(value).map_or(1, char::len_utf8);
            let spaced = value + width >= end || matches!(self.char_at(value + width), Some(' '));
            self.hit(value, if spaced { "" } else { " " });
            value += width;
        }
        Some((content, self.spaces(value, end, false)))
    }

    /// Searches a value on one line. `column` is that of its key.
    fn value(&mut self, mut start: usize, end: usize, content: Content, column: usize) {
        // A tag and an anchor.
        for _ in 0..2 {
            if matches!(self.char_at(start), Some('&' | '!')) && content != Content::Expression {
                let word = self.text.get(start..end).unwrap_or_default();
                start = self.spaces(start + small::find(word, " ").unwrap_or(word.len()), end, false);
            }
        }
        let Some(first) = self.char_at(start) else { return };
        self.names = content == Content::Names;
        match first {
            '|' | '>'
                if content != Content::Expression || self.text.get(start..end).is_some_and(|text| text.len() < 4) =>
            {
                self.block = Some(column);
            }
            '"' | '\'' => {
                if let Some(behind) = self.close(start + 1, end, first) {
                    if content == Content::Expression {
                        let rest = self.text.get(behind..end).unwrap_or_default().trim_start();
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
            '[' | '{' if content != Content::Expression => self.inside(start, end),
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
    fn last_quote(&self, start: usize, end: usize) -> Option<usize> {
        let text = self.text.get(start..end)?.trim_end();
        let last = text.chars().next_back()?;
        let is_quote = self.wrong && !last.is_ascii() && matches!(look(last), Some((Class::Quote, ..)));
        is_quote.then(|| start + text.len() - last.len_utf8())
    }

    /// Remembers an expression whose first character has another meaning in YAML.
    fn unquoted(&mut self, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or_default();
        let text = small::find(text, " #").and_then(|at| text.get(..at)).unwrap_or(text);
        self.unquoted.push(Span::new(start, start + text.trim_end().len()));
    }

    /// Removes characters like spaces between a value and the end of the line.
    fn spaces_at_end(&mut self, start: usize, end: usize) {
        let before = self.hits.len();
        let next = self.spaces(start, end, false);
        if next < end && self.char_at(next) != Some('#') {
            self.hits.truncate(before);
        }
    }

    /// A plain scalar.
    fn scalar(&mut self, start: usize, end: usize, content: Content) {
        let text = self.text.get(start..end).unwrap_or_default();
        let mut text = small::find(text, " #").and_then(|at| text.get(..at)).unwrap_or(text);
        if self.wrong
            && !matches!(content, Content::Free | Content::Data)
            && let Some(at) = small::find(text, " ＃")
        {
            self.plain(start + at + 1);
            text = text.get(..at).unwrap_or(text);
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
            // `＄input.a` as a source.
            Content::Data if matches!(first.and_then(look), Some((_, '$', _))) || first == Some('$') => {
                self.expression(start, inner, ' ');
            }
            Content::Code | Content::Names => self.marks(start, inner),
            Content::Name => {
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
    fn marks(&mut self, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or_default();
        for (offset, _) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
            self.plain(start + offset);
        }
    }

    /// Replaces such characters outside of the texts of an expression. `around` is the quote of the scalar.
    fn expression(&mut self, start: usize, end: usize, around: char) {
        let mut quote = None;
        let text = self.text.get(start..end).unwrap_or_default();
        let mut last = ' ';
        for (offset, c) in text.char_indices() {
            let class = look(c);
            let is_quote = matches!(class, Some((Class::Quote, ..)));
            let at = start + offset;
            match quote {
                Some(open) if c == open => quote = None,
                Some('\0') if is_quote => {
                    self.quote_mark(at, around);
                    quote = None;
                }
                Some(_) => {}
                None if matches!(c, '"' | '\'' | '`') => quote = Some(c).filter(|c| *c != around),
                None if is_quote => {
                    self.quote_mark(at, around);
                    quote = Some('\0');
                }
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

    fn quote_mark(&mut self, at: usize, around: char) {
        self.hit(at, if around == '"' { "\\\"" } else { "\"" });
    }

    /// The position behind the closing quote. Remembers a quote that is not closed on the line.
    fn close(&mut self, start: usize, end: usize, quote: char) -> Option<usize> {
        let mut escaped = false;
        let text = self.text.get(start..end).unwrap_or_default();
        for (offset, c) in text.char_indices() {
            if c == quote && !escaped {
                self.quote = None;
                return Some(start + offset + 1);
            }
            escaped = c == '\\' && quote == '"' && !escaped;
        }
        self.quote = Some(quote);
        None
    }

    /// One finding for each character, or class of characters, at its first place.
    fn repairs(self) -> Vec<Repair> {
        let mut groups: Vec<(Class, char, Vec<Edit>)> = Vec::new();
        for hit in self.hits {
            let own = matches!(hit.class, Class::Space | Class::Invisible);
            let group = groups.iter_mut().find(|(class, c, _)| *class == hit.class && (!own || *c == hit.found));
            match group {
                Some((_, _, edits)) => edits.push(hit.edit),
                None => groups.push((hit.class, hit.found, vec![hit.edit])),
            }
        }
        let mut found: Vec<Repair> = Vec::new();
        let spaces = self.shifted.iter().map(|(at, more)| edit(*at, *at, &" ".repeat(*more)));
        if self.dashes.is_empty()
            && let Some((.., edits)) = groups.iter_mut().find(|(class, ..)| *class == Class::Dash)
        {
            edits.extend(spaces.clone());
        }
        for (class, c, edits) in groups {
            let known = if class == Class::Dash { look_at_item(c) } else { look(c) };
            let Some(((_, ascii, name), first)) = known.zip(edits.first()) else { continue };
            let (number, count) = (hexadecimal(c), to_decimal(edits.len()));
            // The mark of an item may be longer.
            let shown = match class {
                Class::Dash if c.is_ascii() => first.span.of(self.text).to_owned(),
                _ => String::from(c),
            };
            let shown = if c == '`' { "a backtick".to_owned() } else { ["`", &shown, "`"].concat() };
            let times = if edits.len() == 1 { String::new() } else { [", ", &count, " times"].concat() };
            let message = match class {
                Class::Space => "{1} ({2}) is not a space in YAML{3}: write a space",
                Class::Invisible => "the invisible character {1} ({2}) is a part of the text{3}: remove it",
                Class::Dash if c.is_ascii_digit() || c == '(' => "{0} ({2}) begins no list item{3}: write `-`",
                Class::Dash => "{0} ({2}, {1}) begins no list item and is no minus sign{3}: write `-`",
                Class::Quote | Class::Mark => "{0} ({2}, {1}) is a part of the text here{3}: write `{4}`",
            };
            let message = numbered(message, &[&shown, &number, name, &times, &instead(c, ascii)]);
            let span = first.span;
            let title = if edits.len() == 1 { "replace the character" } else { "replace the characters" };
            found.push(Repair::new(Code::LookAlike, span, message, edits).offered(title, &[]));
        }
        for span in self.unquoted {
            let value = span.of(self.text);
            let message = if value.starts_with('!') {
                "a `!` at the start of a value begins a tag: quote the value"
            } else {
                "a value that begins with a quote ends with the next one: quote the whole value"
            };
            let (start, end) = (span.start as usize, span.end as usize);
            let marks = value.match_indices('\'').map(|(at, _)| edit(start + at, start + at, "'"));
            let edits = [edit(start, start, "'")].into_iter().chain(marks).chain([edit(end, end, "'")]).collect();
            let repair = Repair::new(Code::YamlUnexpected, span, message.to_owned(), edits);
            found.push(repair.offered("quote the value", &[]));
        }
        if let Some(first) = self.dashes.first() {
            let times = if self.dashes.len() == 1 {
                String::new()
            } else {
                [" of ", &to_decimal(self.dashes.len()), " list items"].concat()
            };
            let message = fill("missing space after the dash{}: a list item begins with `- `", &[&times]);
            let mut edits: Vec<Edit> = self.dashes.iter().map(|at| edit(*at, *at, " ")).collect();
            edits.extend(spaces);
            let span = Span::new(first - 1, *first);
            found.push(Repair::new(Code::YamlMissingSpace, span, message, edits).offered("insert the space", &[]));
        }
        found
    }
}

/// `U+00A0`.
fn hexadecimal(c: char) -> String {
    let mut digits = String::from("U+");
    let number = u32::from(c);
    for shift in [12, 8, 4, 0] {
        let digit = small::UPPER.get((number >> shift & 15) as usize);
        digits.push(digit.copied().unwrap_or(b'?').into());
    }
    digits
}

/// Fills a template with numbered places.
fn numbered(template: &str, args: &[&str]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        let Some((number, behind)) = behind.split_once('}') else { break };
        out.push_str(number.parse().ok().and_then(|at: usize| args.get(at).copied()).unwrap_or_default());
        rest = behind;
    }
    out.push_str(rest);
    out
}
