//! The start of a line: indentation with characters that are no spaces, marks of list items in other formats.

use super::super::look::{Class, is_numeral, look};
use super::super::{edit, places};
use super::{Hit, Scan};
use crate::flow::dialect::{Dialect, Shape};
use cloudflow_base::small::{find, split_once, trim_end};

impl Scan<'_> {
    /// The end of a mark that begins a list item, here or in another format: `-`, a bullet, `1.`, `(2)`.
    pub(super) fn item_mark(&self, start: usize, end: usize) -> Option<usize> {
        let seen = |at: usize| {
            let c = self.char_at(at).filter(|_| at < end)?;
            Some((look(c).map_or(c, |(_, ascii, _)| ascii), at + c.len_utf8()))
        };
        let (first, mut at) = seen(start)?;
        if matches!(first, '-' | '*' | '+' | '>') {
            // `-- type`, `- [ ] type`
            let rest = self.part(at, end);
            let more = ["- ", " [ ] ", " [x] ", " [X] "].into_iter().find(|more| rest.starts_with(more));
            let more = more.map_or(0, |more| more.len() - 1);
            return Some(at + if self.starts_with_key(at + more, end) { more } else { 0 });
        }
        let mut next = if first == '(' { seen(at)? } else { (first, at) };
        let mut digits = 0;
        while (next.0.is_ascii_alphanumeric() || is_numeral(next.0)) && digits < 3 {
            digits += 1;
            at = next.1;
            next = seen(at)?;
        }
        (digits > 0 && (matches!(next.0, '.' | ')') || self.char_at(at) == Some('、'))).then_some(next.1)
    }

    /// True for a dash or a character that resembles one.
    pub(super) fn is_dash(&self, at: usize) -> bool {
        self.char_at(at) == Some('-') || self.class_at(at) == Some(Class::Dash)
    }

    /// True if a key of the dialect and its colon are at `at`.
    pub(super) fn starts_with_key(&self, at: usize, end: usize) -> bool {
        // A key is short.
        let mut name = String::new();
        for c in self.part(at, end).chars() {
            match c {
                ':' | '：' => return self.content(trim_end(&name, " \"'")).is_some(),
                ' ' | '{' | '"' | '\'' if name.is_empty() => {}
                _ if name.len() > 40 => break,
                _ => name.push(c),
            }
        }
        false
    }

    /// The column of the next line that is not blank.
    pub(super) fn next_column(&self, end: usize) -> Option<usize> {
        let rest = self.text.get(end..)?;
        let first = rest.bytes().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r'))?;
        let line = rest.get(..first)?.bytes().rposition(|byte| byte == b'\n')?;
        let alike = matches!(self.class_at(end + first), Some(Class::Space | Class::Invisible));
        (!alike).then_some(first - line - 1)
    }

    /// The column of the first of the next lines that is not deeper than `most`.
    pub(super) fn sibling_column(&self, start: usize, mut end: usize, mut most: usize) -> Option<usize> {
        // The next line belongs to the key.
        if matches!(self.part(start, end).trim_ascii_end().as_bytes().last(), Some(b':' | b'|' | b'>' | b'-' | b'+')) {
            let list = self.part(end, self.text.len()).trim_ascii_start().starts_with("- ");
            most = most.min(self.next_column(end)?.saturating_sub(usize::from(!list)));
        }
        for _ in 0..50 {
            let column = self.next_column(end)?;
            if column <= most {
                return Some(column);
            }
            // Behind the line that was seen.
            let rest = self.part(end, self.text.len());
            let line = end + rest.len() - rest.trim_ascii_start().len();
            end = line + find(self.part(line, self.text.len()), "\n")?;
        }
        None
    }

    /// Rewrites an indentation with characters that are no spaces: the column must be one in use.
    pub(super) fn indentation(&mut self, start: usize, end: usize, line_end: usize, before: usize) -> usize {
        self.indented = true;
        let (mut spaces, mut tabs, mut alike, mut wide, mut hidden) = (0, 0, 0, 0, 0);
        for c in self.part(start, end).chars() {
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
        let mut next = self.next_column(line_end);
        // The item begins two columns before its other keys.
        let behind = self.part(line_end, self.text.len()).trim_ascii_start();
        if dash && !behind.starts_with('-') {
            next = next.and_then(|next| next.checked_sub(2));
        }
        // The next line belongs to this key.
        if self.part(end, line_end).trim_ascii_end().ends_with(':') {
            next = None;
        }
        let next = next.filter(|next| opened.is_some_and(|least| *next >= least));
        let name = split_once(self.part(end, line_end), ":").map_or("", |(name, _)| name);
        let top = Dialect::ALL
            .into_iter()
            .any(|dialect| dialect.keys(Shape::Document).iter().any(|key| key.name == name.trim_ascii()));
        let mut columns = Vec::new();
        for tab in [2, 4, 8] {
            let rest = spaces + tabs * tab;
            let all = rest + alike + 2 * wide;
            let [first, second] = if !self.narrow {
                [all, rest]
            } else if hidden > 0 {
                [all + hidden, all]
            } else {
                [rest, all]
            };
            columns.extend_from_slice(&[
                first,
                second,
                rest + alike + wide,
                all + hidden,
                all + 2 * hidden,
                all + 4 * hidden,
            ]);
        }
        let first = columns.first().copied().unwrap_or_default();
        if hidden > 0 {
            for (column, _) in self.columns.iter().rev() {
                columns.push(*column);
            }
        }
        // The best is the column of the next line, then one behind the key, then one in use.
        let (mut best, mut rank) = (first, 0);
        for column in columns {
            let value = if next == Some(column) {
                3
            } else if opened.is_some_and(|least| column >= least) {
                2
            } else {
                u8::from(self.columns.contains(&(column, dash)) && (column > 0 || dash || top))
            };
            if value > rank {
                (best, rank) = (column, value);
            }
        }
        let column = best;
        let mut pad = " ".repeat(column.saturating_sub(spaces));
        let class = if pad.is_empty() { Class::Invisible } else { Class::Space };
        for hit in self.hits.iter_mut().skip(before) {
            hit.class = class;
            hit.edit.new_text = std::mem::take(&mut pad);
        }
        if let Some(&Hit { class, found, .. }) = self.hits.get(before) {
            for offset in places(self.part(start, end), "\t") {
                self.hits.push(Hit { edit: edit(start + offset, start + offset + 1, ""), class, found });
            }
        }
        column
    }
}
