//! Characters that resemble others inside of brackets.

use super::super::look::{Class, look};
use super::{Content, Scan};
use cloudflow_base::text::Progress;

impl Scan<'_> {
    /// Searches the rest of a line from an opening bracket or inside of brackets. Only the structure is searched.
    pub(super) fn inside(&mut self, start: usize, end: usize) {
        let mut at = start;
        // The last character that is not a space, and whether the current entry may be a key.
        let mut last = None;
        let mut word = true;
        // The start of the entry, and the content of its value.
        let mut entry = start;
        let mut key = None;
        let mut quoted = false;
        // Invisible characters inside the entry, which are mistakes if it is a key.
        let mut hidden = Vec::new();
        let mut ahead = (start, None);
        let mut progress = Progress::default();
        while at < end {
            progress.step(at, 0);
            let Some(c) = self.char_at(at) else { return };
            let behind = at + c.len_utf8();
            let alike = look(c);
            // The next character is the same for a run of spaces.
            if alike.is_some() && ahead.0 <= at {
                ahead = self.next_mark(behind, end);
            }
            let next = ahead.1;
            let opens = matches!(last, None | Some('[' | '{' | ',' | ':'));
            let closes = matches!(next, None | Some(']' | '}' | ',' | ':'));
            match (c, alike) {
                ('"' | '\'', _) if opens => {
                    let Some(closed) = self.close(behind, end, c) else { return };
                    if key == Some(Content::Expression) {
                        self.expression(behind, closed - 1, c);
                    }
                    (at, last) = (closed, Some('"'));
                    continue;
                }
                // A plain expression ends at the comma.
                _ if key == Some(Content::Expression)
                    && last == Some(':')
                    && !matches!(c, ' ' | '\t' | ',' | '}' | ']') =>
                {
                    let rest = self.part(at, end);
                    let stop =
                        at + rest.bytes().position(|byte| matches!(byte, b',' | b'}' | b']')).unwrap_or(rest.len());
                    self.expression(at, stop, ' ');
                    (at, last, key) = (stop, Some('"'), None);
                    continue;
                }
                ('#', _) if last.is_none() || matches!(self.char_at(at.saturating_sub(1)), Some(' ')) => return,
                ('[' | '{', _) if opens => {
                    // Up to the end of these brackets. No line has such a column.
                    if key == Some(Content::Data) {
                        self.data = self.data.or(Some(usize::MAX - self.brackets.len()));
                    }
                    self.brackets.push(false);
                }
                (']' | '}', _) => {
                    self.brackets.pop();
                    self.data = self.data.filter(|data| *data != usize::MAX - self.brackets.len());
                    if self.brackets.is_empty() {
                        self.spaces_at_end(behind, end);
                        return;
                    }
                }
                // In data, a sign of another language is a part of the text.
                (_, Some((Class::Mark, sign, _))) if self.data.is_some() && !matches!(sign, ']' | '}') => {}
                (_, Some((Class::Mark, '[' | '{', _))) if opens => {
                    self.brackets.push(true);
                    self.plain(at);
                }
                (_, Some((Class::Mark, ']' | '}', _))) if self.brackets.last() == Some(&true) || closes => {
                    self.brackets.pop();
                    self.plain(at);
                    if self.brackets.is_empty() {
                        return;
                    }
                }
                (_, Some((Class::Mark, ',', _))) if self.names && self.wrong || ascii(last) && ascii(next) => {
                    let spaced = matches!(self.char_at(behind), Some(' '));
                    self.hit(at, if spaced { "," } else { ", " });
                }
                (_, Some((Class::Mark, ':', _))) if word && ascii(last) => {
                    let spaced = matches!(self.char_at(behind), Some(' '));
                    self.hit(at, if spaced { ":" } else { ": " });
                }
                (_, Some((Class::Mark, '$', _))) if opens => self.hit(at, "$"),
                // In data, a separator that is not ASCII is a part of the text.
                (_, Some((Class::Quote, ..)))
                    if opens
                        && self.is_closed(
                            behind,
                            end,
                            self.data.is_none() && (word || !matches!(key, None | Some(Content::Free | Content::Data))),
                        ) =>
                {
                    quoted = true;
                    self.hit(at, "\"");
                }
                (_, Some((Class::Quote, ..))) if closes && quoted => {
                    quoted = false;
                    self.hit(at, "\"");
                }
                (_, Some((Class::Space | Class::Invisible, ..))) if opens || closes => self.plain(at),
                (_, Some((Class::Invisible, ..))) if word => hidden.push(at),
                (_, Some((Class::Mark, ..))) if self.names => self.plain(at),
                _ => {}
            }
            let seen = alike.map_or(c, |(_, ascii, _)| ascii);
            if !matches!(seen, ' ' | '\t') {
                last = Some(seen);
                match seen {
                    '[' | '{' | ',' => {
                        (word, entry, key) = (true, behind, None);
                        hidden.clear();
                    }
                    ':' if word => {
                        let name = self.part(entry, at);
                        let mut plain = String::new();
                        for c in name.chars() {
                            if !matches!(c, ' ' | '\t' | '"' | '\'') && look(c).is_none() {
                                plain.push(c);
                            }
                        }
                        (word, key) = (false, self.content(&plain));
                        for at in hidden.drain(..).filter(|_| key.is_some()) {
                            self.plain(at);
                        }
                    }
                    _ => {}
                }
            }
            at = behind;
        }
    }

    /// True if the next quote is before a separator. `alike`: one that is not ASCII counts too.
    fn is_closed(&self, start: usize, end: usize, alike: bool) -> bool {
        let is_quote = |c: char| matches!(look(c), Some((Class::Quote, ..)));
        let Some(close) = self.part(start, end).find(is_quote) else { return false };
        let behind = start + close + self.char_at(start + close).map_or(0, char::len_utf8);
        match self.next_mark(behind, end) {
            (_, None) => true,
            (at, Some(']' | '}' | ',' | ':')) => alike || self.char_at(at).is_some_and(|c| c.is_ascii()),
            _ => false,
        }
    }

    /// The next character that is not a space, as the ASCII character that it resembles, and its position.
    fn next_mark(&self, at: usize, end: usize) -> (usize, Option<char>) {
        let rest = self.part(at, end);
        for (offset, c) in rest.char_indices() {
            match look(c) {
                None if matches!(c, ' ' | '\t') => {}
                None => return (at + offset, Some(c)),
                Some((Class::Space | Class::Invisible, ..)) => {}
                Some((_, ascii, _)) => return (at + offset, Some(ascii)),
            }
        }
        (end, None)
    }
}

/// True for an ASCII character.
fn ascii(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii())
}
