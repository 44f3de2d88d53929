//! The repairs of the characters that were found.

use super::super::look::{Class, instead, look, look_at_item};
use super::super::{Repair, edit, places};
use super::Scan;
use cloudflow_base::diagnostic::{Code, Edit, fill};
use cloudflow_base::small::{self, to_decimal};
use cloudflow_base::text::Span;

impl Scan<'_> {
    /// One finding for each character, or class of characters, at its first place.
    pub(super) fn repairs(self) -> Vec<Repair> {
        let mut groups: Vec<(Class, char, Vec<Edit>)> = Vec::new();
        for hit in self.hits {
            let own = matches!(hit.class, Class::Space | Class::Invisible | Class::Sign);
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
            let known = match class {
                Class::Dash => look_at_item(c),
                Class::Sign => Some((class, ' ', "")),
                _ => look(c),
            };
            let Some(((_, ascii, name), first)) = known.zip(edits.first()) else { continue };
            let (number, count) = (hexadecimal(c), to_decimal(edits.len()));
            // The mark of an item may be longer.
            let shown = match class {
                Class::Dash | Class::Sign => first.span.of(self.text).to_owned(),
                _ => String::from(c),
            };
            let shown = if c == '`' { "a backtick".to_owned() } else { ["`", &shown, "`"].concat() };
            let times = if edits.len() == 1 { String::new() } else { [", ", &count, " times"].concat() };
            let new_text = if class == Class::Sign { first.new_text.clone() } else { instead(c, ascii) };
            let message = match class {
                Class::Space => "{1} ({2}) is not a space in YAML{3}: write a space",
                Class::Invisible => "the invisible character {1} ({2}) is a part of the text{3}: remove it",
                Class::Dash if name == "number" || c == '-' => "{0} begins no list item{3}: write `- `",
                Class::Dash => "{0} ({2}, {1}) begins no list item and is no minus sign{3}: write `-`",
                Class::Quote | Class::Mark => "{0} ({2}, {1}) is a part of the text here{3}: write `{4}`",
                Class::Sign if new_text.is_empty() => "{0} is a part of the text here{3}: remove it",
                Class::Sign => "{0} is a part of the text here{3}: write `{4}`",
            };
            let message = numbered(message, &[&shown, &number, name, &times, &new_text]);
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
            let marks = places(value, "'").into_iter().map(|at| edit(start + at, start + at, "'"));
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
    let mut is_number = false;
    for c in template.chars() {
        match c {
            '{' => is_number = true,
            '}' => is_number = false,
            _ if is_number => out.push_str(args.get(c as usize - '0' as usize).unwrap_or(&"")),
            _ => out.push(c),
        }
    }
    out
}
