//! Characters that resemble others, and dashes without their space, line by line. It depends on the key whether a
//! character is a mistake: a full-width comma is correct in a description and wrong in a condition.

mod indent;
mod inside;
pub(super) mod quick;
mod report;
mod value;

use super::look::{Class, instead, is_quote_of_prose, look};
use super::{Repair, edit};
use crate::flow::dialect::{AnyKeys, Dialect, Dynamic, Slot, Value};
use cloudflow_base::diagnostic::Edit;
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

/// A character that is replaced.
struct Hit {
    edit: Edit,
    class: Class,
    found: char,
}

struct Scan<'t> {
    text: &'t str,
    /// The keys of both dialects.
    keys: [AnyKeys; 2],
    /// The text has an error: a character that is correct in a valid text may be the mistake.
    wrong: bool,
    narrow: bool,
    indented: bool,
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
/// `wrong`: the text has an error. `narrow`: a character in an indentation is rather removed than replaced. True in the
/// result: there is such a character.
pub(super) fn find(text: &str, wrong: bool, narrow: bool) -> (Vec<Repair>, bool) {
    let mut scan = Scan {
        text,
        keys: Dialect::ALL.map(AnyKeys::new),
        wrong,
        narrow,
        indented: false,
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
    let indented = scan.indented;
    (scan.repairs(), indented)
}

impl<'t> Scan<'t> {
    #[cfg_attr(not(feature = "editor"), inline(never))]
    fn char_at(&self, at: usize) -> Option<char> {
        match self.text.as_bytes().get(at) {
            Some(byte) if cfg!(feature = "editor") && byte.is_ascii() => Some(char::from(*byte)),
            _ => self.wide_char_at(at),
        }
    }

    #[inline(never)]
    fn wide_char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// True if a part of the text may have a character that resembles another one.
    #[inline(never)]
    fn may_resemble(&self, start: usize, end: usize) -> bool {
        if !cfg!(feature = "editor") {
            return true;
        }
        let part = self.text.as_bytes().get(start..end).unwrap_or_default();
        part.iter().any(|byte| !byte.is_ascii() || matches!(byte, b'`' | b'\x0B' | b'\x0C'))
    }

    /// The content of the value of a key, of either dialect. Absent for a key that no table has.
    fn content(&self, key: &str) -> Option<Content> {
        let name = key.strip_suffix(".$").unwrap_or(key);
        if name.len() < key.len() {
            return Some(Content::Expression);
        }
        let known = self.keys.iter().find_map(|keys| keys.get(name))?;
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

    /// A part of the text.
    #[inline(never)]
    fn part(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The number of characters.
    fn width(&self, start: usize, end: usize) -> usize {
        // Every byte that begins a character.
        self.part(start, end).bytes().filter(|byte| byte & 0xC0 != 0x80).count()
    }

    #[cfg_attr(not(feature = "editor"), inline(never))]
    fn class_at(&self, at: usize) -> Option<Class> {
        if self.may_resemble(at, at + 1) { Some(look(self.char_at(at)?)?.0) } else { None }
    }

    fn hit(&mut self, at: usize, new_text: &str) {
        let Some(found) = self.char_at(at) else { return };
        let Some((class, ..)) = look(found) else { return };
        // Persian words and emoji contain joiners.
        let is_joined = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && look(c).is_none());
        if matches!(found, '\u{200C}' | '\u{200D}')
            && is_joined(self.part(0, at).chars().next_back())
            && is_joined(self.char_at(at + found.len_utf8()))
        {
            return;
        }
        if !self.wrong && !self.names && is_quote_of_prose(found) {
            return;
        }
        let class = if class == Class::Space && new_text.is_empty() { Class::Invisible } else { class };
        self.hits.push(Hit { edit: edit(at, at + found.len_utf8(), new_text), class, found });
    }

    /// Replaces a sign of another language.
    fn sign(&mut self, start: usize, end: usize, new_text: &str) {
        let Some(found) = self.char_at(start) else { return };
        self.hits.push(Hit { edit: edit(start, end, new_text), class: Class::Sign, found });
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
            let ascii = self.part(start, end).bytes().take_while(|byte| *byte == b' ').count();
            let spaces = self.part(start, at).bytes().filter(|byte| *byte == b' ').count();
            // A key behind the block, with a character besides its indentation.
            let ends = self.hits.len() > before && spaces <= block && self.starts_with_key(at, end);
            if at == end || column > block && !ends {
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
        if self.wrong && self.data.is_none() {
            if matches!(self.char_at(at).and_then(look), Some((_, '#', _))) {
                return self.plain(at);
            }
            let line = self.part(at, end);
            if matches!(line.as_bytes().first(), Some(b'/' | b'<' | b'-' | b';'))
                && let Some(mark) = ["// ", "/* ", "<!--", "-- ", "; "].into_iter().find(|mark| line.starts_with(mark))
                && !self.starts_with_key(at + mark.len(), end)
            {
                return self.sign(at, at + mark.trim_ascii_end().len(), "#");
            }
        }
        if self.hits.len() > before {
            column = self.indentation(start, at, end, before);
        }
        let dash = self.is_dash(at);
        while self.columns.last().is_some_and(|(known, list)| *known > column || *known == column && (*list || !dash)) {
            self.columns.pop();
        }
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
            if !(spaced && first == '-' && behind == at + 1 || list && self.data.is_none()) {
                break;
            }
            // Behind a mark of another format follows a key, or the name of an error.
            let content = known.or(self.opened.and_then(|(content, _)| content));
            let plain = first == '-' && behind == at + 1;
            if !(plain
                || self.class_at(at) == Some(Class::Dash)
                || self.starts_with_key(behind, end)
                || spaced && behind < end && (content == Some(Content::Names) || matches!(first, '*' | '+')))
            {
                break;
            }
            if !spaced && plain {
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
            } else if !plain {
                // The other keys of the item may be in the column behind `- `.
                let width = self.width(at, behind);
                if !spaced && width == 1 {
                    self.shifts.push((column, None));
                }
                let least = usize::from(!spaced);
                let most = width - usize::from(spaced);
                let next = self.sibling_column(behind, end, column + most + 2 - least);
                let next = next.and_then(|next| next.checked_sub(column + 2 - least));
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
                // A text goes on in deeper lines.
                if content == Some(Content::Free)
                    || content == Some(Content::Data) && !matches!(self.char_at(value), Some('&' | '!'))
                {
                    self.block = Some(column);
                }
            }
            None => {
                let content = if self.data.is_some() { Content::Free } else { item };
                self.value(at, end, content, column.saturating_sub(1));
            }
        }
    }

    /// Reads a key of ASCII letters, its colon and a space. Most keys are of this kind.
    fn usual_key(&self, start: usize, end: usize) -> Option<(Option<Content>, usize)> {
        let line = self.part(start, end);
        let length = line.bytes().position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'$'))?;
        let behind = line.as_bytes().get(length..)?;
        let value = start + length + if behind.len() == 1 { 1 } else { 2 };
        let is_usual = matches!(behind, [b':'] | [b':', b' ', 33..=126, ..]) && length <= 200;
        is_usual.then(|| (line.get(..length).and_then(|name| self.content(name)), value))
    }

    /// Reads a key and its colon. Returns the content of its value and the start of the value.
    fn key(&mut self, start: usize, end: usize) -> Option<(Option<Content>, usize)> {
        if cfg!(feature = "editor")
            && let Some(found) = self.usual_key(start, end)
        {
            return Some(found);
        }
        let mut name = String::new();
        let mut hits = Vec::new();
        let mut at = start;
        let quote = self.char_at(start).filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            let rest = self.part(start + 1, end);
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
        let content = self.content(&name);
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
}
