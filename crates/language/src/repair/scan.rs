//! Characters that resemble others, and dashes without their space, line by line. It depends on the key whether a
//! character is a mistake: a full-width comma is correct in a description and wrong in a condition.

mod inside;

use super::look::{Class, look, look_at_item};
use super::{Repair, edit};
use crate::flow::dialect::{Dialect, Dynamic, Slot, Value};
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
}

/// The repairs of a text.
pub(super) fn find(text: &str) -> Vec<Repair> {
    let mut scan = Scan {
        text,
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
        let Some((class, ..)) = look_at_item(found) else { return };
        self.hits.push(Hit { edit: edit(at, at + found.len_utf8(), new_text), class, found });
    }

    /// Replaces the character at `at` by the ASCII character that it resembles.
    fn plain(&mut self, at: usize) {
        let Some((class, ascii, _)) = self.char_at(at).and_then(look) else { return };
        // A bullet resembles a dash only at the start of a line.
        if ascii == '*' && class == Class::Dash {
            return;
        }
        let mut buffer = [0; 4];
        let new_text = if class == Class::Invisible { "" } else { ascii.encode_utf8(&mut buffer) };
        self.hit(at, new_text);
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
        if self.data.is_some_and(|data| column <= data) {
            self.data = None;
        }
        self.lists.retain(|(list, _)| *list <= column);
        let mut item = Content::Free;
        let mut progress = Progress::default();
        loop {
            progress.step(at, 0);
            let Some(first) = self.char_at(at) else { return };
            let mut behind = at + first.len_utf8();
            let spaced = behind >= end
                || matches!(self.char_at(behind), Some(' ' | '\t'))
                || self.class_at(behind) == Some(Class::Space);
            let known = self.lists.iter().find(|(list, _)| *list == column).map(|(_, content)| *content);
            let list = known.is_some()
                || matches!(self.opened, Some((Some(Content::List | Content::Names), key)) if column >= key);
            let is_bullet = matches!(first, '*' | '+') && matches!(self.char_at(behind), Some(' '));
            let is_dash = first == '-' || is_bullet || self.class_at(at) == Some(Class::Dash);
            if !is_dash || !(spaced && first == '-' || list && self.data.is_none()) {
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
                self.hit(at, if spaced { "-" } else { "- " });
            }
            item = known.or(self.opened.and_then(|(content, _)| content)).unwrap_or(Content::Free);
            if known.is_none() {
                self.lists.push((column, item));
            }
            let next = self.spaces(behind, end, false);
            column += 1 + self.width(behind, next);
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
                Some((Class::Quote, ..)) => hits.push((at, "")),
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
                if new_text.is_empty() { self.hit(at, "") } else { self.plain(at) }
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
                && matches!(content, Content::Names | Content::List | Content::Keys) =>
            {
                self.inside(start, end);
            }
            _ => self.scalar(start, end, content),
        }
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
        let text = small::find(text, " #").and_then(|at| text.get(..at)).unwrap_or(text);
        let trimmed = text.trim_end_matches(|c: char| {
            c == ' ' || c == '\t' || matches!(look(c), Some((Class::Space | Class::Invisible, ..)))
        });
        let inner = start + trimmed.len();
        // The spaces behind the value.
        self.spaces(inner, start + text.len(), false);
        let mut chars = trimmed.chars();
        let (first, last) = (chars.next(), chars.next_back());
        let is_quote = |c: Option<char>| matches!(c.and_then(look), Some((Class::Quote, ..)));
        let around = is_quote(first) && is_quote(last) && !trimmed.bytes().any(|byte| matches!(byte, b'"' | b'\\'));
        // `“$input.a”` as a source.
        let is_reference = content == Content::Data && self.data.is_none() && trimmed.chars().nth(1) == Some('$');
        if around && (is_reference || content != Content::Free && content != Content::Data) {
            self.hit(start, "\"");
            if content == Content::Code || content == Content::Expression {
                self.marks(start + first.map_or(0, char::len_utf8), inner - last.map_or(0, char::len_utf8));
            }
            return self.hit(inner - last.map_or(0, char::len_utf8), "\"");
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
        for (offset, c) in text.char_indices() {
            let class = look(c);
            let is_quote = matches!(class, Some((Class::Quote, ..)));
            match quote {
                Some(open) if c == open => quote = None,
                Some(_) if is_quote && quote == Some('\0') => {
                    self.quote_mark(start + offset, around);
                    quote = None;
                }
                Some(_) => {}
                None if is_quote => {
                    self.quote_mark(start + offset, around);
                    quote = Some('\0');
                }
                None if matches!(c, '"' | '\'' | '`') && c != around => quote = Some(c),
                // A hyphen is a part of a name.
                None if class.is_some() => self.plain(start + offset),
                None => {}
            }
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
        for (class, c, edits) in groups {
            let Some(((_, ascii, name), first)) = look_at_item(c).zip(edits.first()) else { continue };
            let (number, count) = (hexadecimal(c), to_decimal(edits.len()));
            let (shown, ascii) = (String::from(c), String::from(ascii));
            let times = if edits.len() == 1 { String::new() } else { [", ", &count, " times"].concat() };
            let message = match class {
                Class::Space => fill("{} ({}) is not a space in YAML{}: write a space", &[&number, name, &times]),
                Class::Invisible => {
                    fill("the invisible character {} ({}) is a part of the text{}: remove it", &[&number, name, &times])
                }
                Class::Quote => {
                    fill("typographic quotes such as `{}` are a part of the text here{}: write `\"`", &[&shown, &times])
                }
                Class::Dash => fill(
                    "`{}` ({}, {}) begins no list item and is no minus sign{}: write `-`",
                    &[&shown, name, &number, &times],
                ),
                Class::Mark => fill(
                    "`{}` ({}, {}) is a part of the text here{}: write `{}`",
                    &[&shown, name, &number, &times, &ascii],
                ),
            };
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
            edits.extend(self.shifted.iter().map(|(at, more)| edit(*at, *at, &" ".repeat(*more))));
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
