//! What surrounds a definition or interrupts it: encodings, Markdown fences, heredocs, conflict markers, comments of
//! JSON.

use super::{REPLACED, Repair, cut, edit, places};
use cloudflow_base::diagnostic::{Code, Edit};
use cloudflow_base::small::{contains, find as find_text, trim_end};
use cloudflow_base::text::Span;

/// The repairs of a text.
///
/// `wrong`: the text has an error. `other`: an ASCII character behind a byte that is not UTF-8 belongs to it, as in GBK.
pub(super) fn find(text: &str, wrong: bool, other: bool) -> Vec<Repair> {
    let mut found = Vec::new();
    let lines = lines(text);
    // The rest is searched in the decoded text only.
    let whole = encoding(text).or_else(|| if wrong { breaks(text).or_else(|| margin(&lines)) } else { None });
    if let Some(repair) = whole {
        found.push(repair);
        return found;
    }
    let frame = fence(text, &lines).or_else(|| heredoc(text, &lines));
    for repair in [frame, replaced(text, other), conflict(text, &lines, wrong), comments(text)].into_iter().flatten() {
        found.push(repair);
    }
    found
}

/// UTF-16 that was read as UTF-8 has a U+0000 beside every ASCII character. Other encodings give U+FFFD.
fn encoding(text: &str) -> Option<Repair> {
    // The search of most texts ends here.
    if !text.as_bytes().contains(&0) {
        return None;
    }
    let (mut zeros, mut ascii) = (0, 0);
    let mut edits = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '\0' => zeros += 1,
            '\u{FFFD}' => {}
            _ => {
                ascii += 1;
                continue;
            }
        }
        cut(&mut edits, at, at + c.len_utf8());
    }
    if zeros * 4 > text.len() {
        // The other characters were not read either.
        if ascii > zeros + 1
            || places(text, REPLACED).iter().enumerate().any(|(at, place)| at * REPLACED.len() != *place)
        {
            edits.clear();
            cut(&mut edits, 0, text.len());
        }
        let message = "the text is UTF-16, but was read as UTF-8: save it as UTF-8".to_owned();
        return Some(Repair::new(Code::BadEncoding, Span::new(0, 0), message, edits));
    }
    None
}

/// Bytes that are not UTF-8, which the reader of the file replaced.
fn replaced(text: &str, other: bool) -> Option<Repair> {
    let first = find_text(text, REPLACED)?;
    let mut edits = Vec::new();
    if other {
        for at in places(text, REPLACED) {
            let at = at + REPLACED.len();
            if matches!(text.as_bytes().get(at), Some(b'[' | b']' | b'{' | b'}' | b'|' | b'\\' | b'`')) {
                edits.push(edit(at, at + 1, REPLACED));
            }
        }
    }
    let message = "bytes that are not UTF-8 were replaced by U+FFFD: save the file as UTF-8, it may be GBK".to_owned();
    Some(Repair::new(Code::BadEncoding, Span::new(first, first + '\u{FFFD}'.len_utf8()), message, edits))
}

/// A line without its line break, and its start.
type Line<'t> = (usize, &'t str);

/// The lines of a text.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut lines, mut start) = (Vec::new(), 0);
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let end = find_text(rest, "\n").map_or(rest.len(), |at| at + 1);
        lines.push((start, trim_end(rest.get(..end).unwrap_or_default(), "\r\n")));
        start += end;
    }
    lines
}

/// Signs that stand where the line breaks were.
fn breaks(text: &str) -> Option<Repair> {
    let filled = text.trim_ascii_end();
    if contains(filled, "\n") || matches!(text.as_bytes().first(), Some(b'{' | b'[')) {
        return None;
    }
    for sign in ["\\n", "\u{2028}", "\u{85}"] {
        let signs = places(text, sign);
        let (Some(first), Some(_)) = (signs.first(), signs.get(1)) else { continue };
        let mut edits = Vec::new();
        for at in &signs {
            edits.push(edit(*at, at + sign.len(), "\n"));
        }
        // `"type: flow\n…"`
        let bytes = filled.as_bytes();
        if matches!(bytes.first(), Some(b'"' | b'\'')) && bytes.first() == bytes.last() {
            for at in places(text, "\\\"") {
                cut(&mut edits, at, at + 1);
            }
            cut(&mut edits, 0, 1);
            cut(&mut edits, filled.len() - 1, filled.len());
        }
        let span = Span::new(*first, first + sign.len());
        return Some(removed(
            span,
            "line breaks are written as `\\n` or as another character: write line breaks",
            "write line breaks",
            edits,
        ));
    }
    None
}

#[inline(never)]
fn removed(span: Span, message: &str, title: &str, edits: Vec<Edit>) -> Repair {
    Repair::new(Code::YamlUnexpected, span, message.to_owned(), edits).offered(title, &[])
}

/// The end of the margin of a line: a quote mark of a mail, a `+` of a patch, a line number.
#[inline(never)]
fn margin_of(line: &str) -> Option<usize> {
    let blank = line.len() - line.trim_ascii_start().len();
    let rest = line.get(blank..)?;
    let digits = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let behind = rest.get(digits..)?;
    let sign = behind.trim_ascii_start();
    let is_sign = |c: &char| matches!(c, '|' | '│') || matches!((c, digits), (':', 1..) | ('>' | '+' | '*', 0));
    match sign.chars().next().filter(is_sign) {
        Some(c) => Some(line.len() - sign.len() + c.len_utf8()),
        None if digits > 0 && (behind.is_empty() || behind.starts_with([' ', '\t'])) => Some(blank + digits),
        None => None,
    }
}

/// What each line begins with.
fn margin(lines: &[Line<'_>]) -> Option<Repair> {
    let mut edits = Vec::new();
    let (mut spaces, mut number) = (usize::MAX, false);
    let (mut first, mut before) = ("", "");
    for &(start, line) in lines.iter().filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let end = margin_of(line)?;
        let (margin, behind) = (line.get(..end)?.trim_ascii(), line.get(end..)?);
        if edits.is_empty() {
            (first, number) = (margin, margin.as_bytes().first().is_some_and(u8::is_ascii_digit));
        } else if number && margin == before || !number && margin != first {
            return None;
        }
        before = margin;
        if !behind.trim_ascii().is_empty() {
            spaces = spaces.min(behind.len() - behind.trim_ascii_start().len());
        }
        cut(&mut edits, start, start + end);
    }
    // The spaces behind the margin, without the indentation of the text.
    for (edit, (start, line)) in edits.iter_mut().zip(lines.iter().filter(|(_, line)| !line.trim_ascii().is_empty())) {
        let end = edit.span.end as usize + spaces.min(start + line.len() - edit.span.end as usize);
        edit.span = Span::new(*start, end);
    }
    let span = Span::new(edits.get(1).and(edits.first())?.span.start as usize, edits.first()?.span.end as usize);
    let message = "each line begins with a number or a sign that is not a part of a definition: remove it";
    Some(removed(span, message, "remove the margin", edits))
}

/// Marks around a text in Markdown, HTML and Python.
const FENCES: [&str; 9] = ["`;", "```", "~~~", "\"\"\"", "\'\'\'", "<pre", "</pre", "<code", "</code"];

/// A Markdown fence, with the text around it.
fn fence(text: &str, lines: &[Line<'_>]) -> Option<Repair> {
    let is_fence = |line: &str| {
        matches!(line.as_bytes().first(), Some(b'`' | b'~' | b'"' | b'\'' | b'<'))
            && FENCES.iter().any(|fence| line.starts_with(fence))
            || !line.starts_with(' ') && line.ends_with("= `")
    };
    let mut fences = lines.iter().filter(|(_, line)| is_fence(line));
    let &(open, line) = fences.next()?;
    // A closing fence only: the opening one was not copied.
    let behind = text.get(open + line.len()..).unwrap_or_default();
    let mut edits = Vec::new();
    if behind.trim_ascii().is_empty() {
        cut(&mut edits, open, text.len());
    } else {
        cut(&mut edits, 0, open + line.len());
        if let Some((close, _)) = fences.next() {
            cut(&mut edits, *close, text.len());
        }
    }
    let shown = ["`", line.trim_ascii(), "`"].concat();
    let what = if matches!(line.as_bytes().first(), Some(b'`' | b'~')) { "a Markdown fence" } else { &shown };
    let message = [what, " is not a part of a definition: remove it"].concat();
    Some(removed(Span::new(open, open + line.len()), &message, "remove the fence", edits))
}

/// The first and the last line of a heredoc: `cat > flow.yaml <<EOF`, `EOF`.
fn heredoc(text: &str, lines: &[Line<'_>]) -> Option<Repair> {
    let is_filled = |(_, line): &&Line<'_>| !line.trim_ascii().is_empty();
    let &(start, first) = lines.iter().find(is_filled)?;
    let &(end, last) = lines.iter().rev().find(is_filled).filter(|(end, _)| *end > start)?;
    // The prompt and the command that printed the text, the prompt behind it, the empty lines of an editor.
    let is_prompt = |line: &str| {
        let word = line.split(' ').next().unwrap_or_default();
        line == "~" || line.starts_with("$ ") || contains(word, "@") && (contains(line, "$ ") || contains(line, "# "))
    };
    let open = find_text(first, "<<");
    if open.is_none() && is_prompt(first) || last.trim_ascii_end() == "~" {
        let mut edits = Vec::new();
        for (at, line) in lines.iter().filter(|(_, line)| is_prompt(line)) {
            cut(&mut edits, *at, at + line.len());
        }
        let message = "the prompt of a shell or an editor is not a part of a definition: remove it";
        return Some(removed(edits.first()?.span, message, "remove the prompt", edits));
    }
    // An indented word is a part of a block scalar, except for the tabs of `<<-`.
    let word = last.trim_ascii_end();
    let word = word.strip_prefix('\t').unwrap_or(word);
    let is_word = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let open = open.filter(|at| first.get(at + 2..).is_some_and(|rest| is_word && contains(rest, word)));
    if !is_word || open.is_none() && !matches!(word, "EOF" | "EOT" | "END" | "YAML" | "JSON") {
        return None;
    }
    let mut edits = Vec::new();
    if open.is_some() {
        cut(&mut edits, start, start + first.len());
    }
    cut(&mut edits, end, text.len());
    let message = ["`", word, "` of a heredoc is not a part of a definition: remove it"].concat();
    let span = if open.is_some() { Span::new(start, start + first.len()) } else { Span::new(end, end + last.len()) };
    Some(removed(span, &message, "remove the heredoc", edits))
}

/// Conflict markers of Git. The first side remains. In a valid text and in block scalars, indented markers are text.
fn conflict(text: &str, lines: &[Line<'_>], wrong: bool) -> Option<Repair> {
    // Without one of these, the other markers are text.
    if !contains(text, "<<<<<<<") && !contains(text, ">>>>>>>") {
        return None;
    }
    let (mut edits, mut first, mut drop, mut certain) = (Vec::new(), None, None, false);
    let mut block = None;
    for &(start, line) in lines {
        let marker = if wrong { line.trim_ascii_start() } else { line };
        let column = line.len() - line.trim_start_matches([' ', '-']).len();
        if column == line.len() || block.is_some_and(|key| column > key) {
            continue;
        }
        let header =
            line.trim_end_matches(|c: char| !c.is_ascii() || matches!(c, ' ' | '+' | '-' | '0'..='9')).as_bytes();
        block = Some(column).filter(|_| matches!(header, [.., b' ', b'|' | b'>']));
        let is =
            |mark: &str| marker.starts_with(mark) && matches!(marker.as_bytes().get(mark.len()), None | Some(b' '));
        if !matches!(marker.as_bytes().first(), Some(b'<' | b'|' | b'=' | b'>')) {
            continue;
        }
        let next = text.get(start..).and_then(|rest| find_text(rest, "\n")).map_or(text.len(), |at| start + at + 1);
        let ends = is(">>>>>>>");
        if !ends && !is("<<<<<<<") && !is("=======") && !is("|||||||") {
            continue;
        }
        let at = start + line.len() - marker.len();
        first = first.or(Some(Span::new(at, start + line.len())));
        let opens = is("<<<<<<<");
        certain |= ends || opens;
        if opens && let Some((from, to)) = drop.take() {
            cut(&mut edits, from, to);
        }
        if ends && let Some((from, _)) = drop.take() {
            cut(&mut edits, from, next);
        } else if ends || opens {
            cut(&mut edits, start, next);
        } else {
            drop = drop.or(Some((start, next)));
        }
    }
    // A marker that was left.
    if let Some((start, next)) = drop {
        cut(&mut edits, start, next);
    }
    let message = "conflict markers of Git: keep one side of each conflict";
    Some(removed(first.filter(|_| certain)?, message, "keep the first side", edits))
}

/// True if a text is JSON and may have comments. YAML reads them as a part of a key or a value.
pub(super) fn may_comment(text: &str) -> bool {
    let json = text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_ascii_start();
    matches!(json.as_bytes().first(), Some(b'{' | b'[' | b'/')) && (contains(text, "//") || contains(text, "/*"))
}

/// Comments in a JSON text: `// …` and `/* … */`.
fn comments(text: &str) -> Option<Repair> {
    if !may_comment(text) || !contains(text, "{") {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut at, mut quote) = (0, None);
    // `http://` in an unquoted value is no comment.
    let mut before = b' ';
    let (mut edits, mut first) = (Vec::new(), None);
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match byte {
            b'\\' if quote == Some(b'"') => at += 1,
            b'"' | b'\'' if quote == Some(*byte) => quote = None,
            b'"' | b'\'' if quote.is_none() && matches!(before, b' ' | b'\t' | b'\n' | b'[' | b'{' | b',' | b':') => {
                quote = Some(*byte);
            }
            b'/' if quote.is_none()
                && (matches!(before, b' ' | b'\t' | b'\n' | b'[' | b'{' | b',' | b']' | b'}' | b'"')
                    || before == b':' && at > 1 && bytes.get(at - 2) == Some(&b'"'))
                && matches!(next, Some(b'/' | b'*')) =>
            {
                let rest = text.get(at..).unwrap_or_default();
                let length = if next == Some(&b'/') {
                    // The whole line break stays, also CR LF.
                    rest.bytes().position(|byte| matches!(byte, b'\r' | b'\n'))
                } else {
                    find_text(rest, "*/").map(|found| found + 2)
                };
                let end = length.map_or(text.len(), |length| at + length);
                first = first.or(Some(Span::new(at, at + 2)));
                cut(&mut edits, at, end);
                at = end;
                continue;
            }
            _ => {}
        }
        before = *byte;
        at += 1;
    }
    let message = "JSON has no comments: remove them, or write the definition as YAML with `#`";
    Some(removed(first?, message, "remove the comments", edits))
}
