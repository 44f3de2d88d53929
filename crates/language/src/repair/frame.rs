//! What surrounds a definition or interrupts it: encodings, Markdown fences, heredocs, conflict markers, comments of
//! JSON.

use super::{REPLACED, Repair, edit};
use cloudflow_base::diagnostic::{Code, Edit, fill};
use cloudflow_base::small::{contains, find as find_text, trim_end};
use cloudflow_base::text::Span;

/// The repairs of a text.
///
/// `wrong`: the text has an error. `other`: an ASCII character behind a byte that is not UTF-8 belongs to it, as in GBK.
pub(super) fn find(text: &str, wrong: bool, other: bool) -> Vec<Repair> {
    let mut found = Vec::new();
    if let Some(repair) = encoding(text) {
        // The rest is searched in the decoded text only.
        return vec![repair];
    }
    if wrong && let Some(repair) = breaks(text) {
        return vec![repair];
    }
    let lines = lines(text);
    if wrong && let Some(repair) = margin(&lines) {
        return vec![repair];
    }
    found.extend(fence(text, &lines).or_else(|| heredoc(text, &lines)));
    found.extend(replaced(text, other));
    found.extend(conflict(text, &lines, wrong));
    found.extend(comments(text));
    found
}

/// UTF-16 that was read as UTF-8 has a U+0000 beside every ASCII character. Other encodings give U+FFFD.
fn encoding(text: &str) -> Option<Repair> {
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
        edits.push(edit(at, at + c.len_utf8(), ""));
    }
    if zeros * 4 > text.len() {
        // The other characters were not read either.
        if ascii > zeros + 1 || text.trim_start_matches('\u{FFFD}').contains('\u{FFFD}') {
            edits = vec![edit(0, text.len(), "")];
        }
        let message = "the text is UTF-16, but was read as UTF-8: save it as UTF-8".to_owned();
        return Some(Repair::new(Code::BadEncoding, Span::new(0, 0), message, edits));
    }
    None
}

/// Bytes that are not UTF-8, which the reader of the file replaced.
fn replaced(text: &str, other: bool) -> Option<Repair> {
    let first = find_text(text, REPLACED)?;
    let behind = |(at, found): (usize, &str)| {
        let at = at + found.len();
        let is_sign = matches!(text.as_bytes().get(at), Some(b'[' | b']' | b'{' | b'}' | b'|' | b'\\' | b'`'));
        is_sign.then(|| edit(at, at + 1, REPLACED))
    };
    let edits = if other { text.match_indices(REPLACED).filter_map(behind).collect() } else { Vec::new() };
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
    if text.trim_ascii_end().contains('\n') || text.starts_with(['{', '[']) {
        return None;
    }
    for sign in ["\\n", "\u{2028}", "\u{85}"] {
        let signs: Vec<usize> = text.match_indices(sign).map(|(at, _)| at).collect();
        let Some(first) = signs.get(1).and(signs.first()) else { continue };
        let mut edits: Vec<Edit> = signs.iter().map(|at| edit(*at, at + sign.len(), "\n")).collect();
        // `"type: flow\n…"`
        let end = text.trim_ascii_end().len();
        if sign == "\\n" && text.starts_with(['"', '\'']) && text.get(..end)?.ends_with(['"', '\'']) {
            edits.extend(text.match_indices("\\\"").map(|(at, _)| edit(at, at + 1, "")));
            edits.extend([edit(0, 1, ""), edit(end - 1, end, "")]);
        }
        let shown = if sign == "\\n" { "`\\n`" } else { "a character of Unicode" };
        let message = fill("{} is written instead of line breaks", &[shown]);
        let repair = Repair::new(Code::YamlUnexpected, Span::new(*first, first + sign.len()), message, edits);
        return Some(repair.offered("write line breaks", &[]));
    }
    None
}

/// What each line begins with: a quote mark of a mail, a `+` of a patch, a line number.
fn margin(lines: &[Line<'_>]) -> Option<Repair> {
    let filled = || lines.iter().filter(|(_, line)| !line.trim_ascii().is_empty());
    let number = |line: &str| {
        let blank = line.len() - line.trim_ascii_start().len();
        let digits = line.get(blank..)?.bytes().take_while(u8::is_ascii_digit).count();
        let rest = line.get(blank + digits..)?;
        let sign =
            rest.trim_ascii_start().chars().next().filter(|c| matches!(c, ':' | '|' | '│')).map_or(0, char::len_utf8);
        let gap = if sign > 0 { rest.len() - rest.trim_ascii_start().len() } else { 0 };
        (digits > 0 && (sign > 0 || rest.is_empty() || rest.starts_with([' ', '\t'])))
            .then_some(blank + digits + gap + sign)
    };
    let mark = |line: &str| {
        let blank = line.len() - line.trim_ascii_start().len();
        let first = line.get(blank..)?.chars().next().filter(|c| matches!(c, '>' | '+' | '|' | '│' | '*'))?;
        Some(blank + first.len_utf8())
    };
    let width = |line: &str| number(line).or_else(|| mark(line));
    let (start, first) = *filled().next()?;
    let (_, second) = filled().nth(1)?;
    let is_number = number(first).is_some();
    let sign = |line: &str| line.get(..width(line)?).map(|margin| margin.trim_ascii().to_owned());
    if !filled().all(|(_, line)| width(line).is_some() && number(line).is_some() == is_number)
        || !is_number && !filled().all(|(_, line)| sign(line) == sign(first))
        || is_number && sign(first) == sign(second)
    {
        return None;
    }
    // The spaces behind the margin, without the indentation of the text.
    let behind =
        |line: &str| line.get(width(line)?..).map(|rest| (rest.len() - rest.trim_ascii_start().len(), rest.len()));
    let spaces = filled().filter_map(|(_, line)| behind(line)).filter(|(spaces, all)| spaces < all);
    let spaces = spaces.map(|(spaces, _)| spaces).min()?;
    let cut = |&(start, line): &Line<'_>| {
        let end = width(line)?;
        Some(edit(start, start + (end + spaces).min(line.len()), ""))
    };
    let edits = filled().filter_map(cut).collect();
    let what = if is_number { "a line number" } else { "the same sign" };
    let message = fill("each line begins with {}: remove it", &[what]);
    let span = Span::new(start, start + width(first)?);
    Some(Repair::new(Code::YamlUnexpected, span, message, edits).offered("remove the margin", &[]))
}

/// Marks around a text in Markdown, HTML and Python.
const FENCES: [&str; 9] = ["`;", "```", "~~~", "\"\"\"", "\'\'\'", "<pre", "</pre", "<code", "</code"];

/// A Markdown fence, with the text around it.
fn fence(text: &str, lines: &[Line<'_>]) -> Option<Repair> {
    let is_fence = |line: &str| FENCES.iter().any(|fence| line.starts_with(fence)) || line.ends_with("= `");
    let mut fences = lines.iter().filter(|(_, line)| is_fence(line));
    let &(open, line) = fences.next()?;
    // A closing fence only: the opening one was not copied.
    let behind = text.get(open + line.len()..).unwrap_or_default();
    let edits = if behind.trim_ascii().is_empty() {
        vec![edit(open, text.len(), "")]
    } else {
        let mut edits = vec![edit(0, open + line.len(), "")];
        edits.extend(fences.next().map(|(close, _)| edit(*close, text.len(), "")));
        edits
    };
    let message = if line.starts_with(['`', '~']) {
        "a Markdown fence is not a part of a definition: remove it".to_owned()
    } else {
        fill("`{}` is not a part of a definition: remove it", &[line.trim_ascii()])
    };
    let span = Span::new(open, open + line.len());
    Some(Repair::new(Code::YamlUnexpected, span, message, edits).offered("remove the fence", &[]))
}

/// The first and the last line of a heredoc: `cat > flow.yaml <<EOF`, `EOF`.
fn heredoc(text: &str, lines: &[Line<'_>]) -> Option<Repair> {
    let is_filled = |(_, line): &&Line<'_>| !line.trim_ascii().is_empty();
    let &(start, first) = lines.iter().find(is_filled)?;
    let &(end, last) = lines.iter().rev().find(is_filled).filter(|(end, _)| *end > start)?;
    // The prompt and the command that printed the text, the prompt behind it, the empty lines of an editor.
    let is_prompt = |line: &str| {
        line.starts_with("$ ")
            || line.contains('@') && ["$ ", "# "].iter().any(|sign| contains(line, sign))
            || line == "~"
    };
    let open = find_text(first, "<<");
    if is_prompt(first) && open.is_none() || last.trim_ascii_end() == "~" {
        let edits = lines.iter().filter(|(_, line)| is_prompt(line)).map(|(at, line)| edit(*at, at + line.len(), ""));
        let (at, line) =
            if is_prompt(first) { (start, first) } else { *lines.iter().find(|(_, line)| *line == "~")? };
        let message = "the prompt of a shell or an editor is not a part of a definition: remove it".to_owned();
        let repair = Repair::new(Code::YamlUnexpected, Span::new(at, at + line.len()), message, edits.collect());
        return Some(repair.offered("remove the prompt", &[]));
    }
    // An indented word is a part of a block scalar, except for the tabs of `<<-`.
    let word = last.trim_ascii_end().trim_start_matches('\t');
    let is_word = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let open = open.filter(|at| first.get(at + 2..).is_some_and(|rest| is_word && contains(rest, word)));
    if !is_word || open.is_none() && !matches!(word, "EOF" | "EOT" | "END" | "YAML" | "JSON") {
        return None;
    }
    let mut edits: Vec<Edit> = open.map(|_| edit(start, start + first.len(), "")).into_iter().collect();
    edits.push(edit(end, text.len(), ""));
    let message = ["`", word, "` of a heredoc is not a part of a definition: remove it"].concat();
    let span = if open.is_some() { Span::new(start, start + first.len()) } else { Span::new(end, end + last.len()) };
    Some(Repair::new(Code::YamlUnexpected, span, message, edits).offered("remove the heredoc", &[]))
}

/// Conflict markers of Git. The first side remains. In a valid text, indented markers are a part of a block scalar.
fn conflict(text: &str, lines: &[Line<'_>], wrong: bool) -> Option<Repair> {
    let (mut edits, mut first, mut drop, mut certain) = (Vec::new(), None, None, false);
    for &(start, line) in lines {
        let marker = if wrong { line.trim_ascii_start() } else { line };
        let is = |mark: &str| marker.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
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
            edits.push(edit(from, to, ""));
        }
        if ends && let Some((from, _)) = drop.take() {
            edits.push(edit(from, next, ""));
        } else if ends || opens {
            edits.push(edit(start, next, ""));
        } else {
            drop = drop.or(Some((start, next)));
        }
    }
    // A marker that was left.
    edits.extend(drop.map(|(start, next)| edit(start, next, "")));
    let message = "conflict markers of Git: keep one side of each conflict".to_owned();
    let repair = Repair::new(Code::YamlUnexpected, first.filter(|_| certain)?, message, edits);
    Some(repair.offered("keep the first side", &[]))
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
                let (end, cut) = if next == Some(&b'/') { ("\n", 0) } else { ("*/", 2) };
                let rest = text.get(at..).unwrap_or_default();
                let end = find_text(rest, end).map_or(text.len(), |found| at + found + cut);
                first = first.or(Some(Span::new(at, at + 2)));
                edits.push(edit(at, end, ""));
                at = end;
                continue;
            }
            _ => {}
        }
        before = *byte;
        at += 1;
    }
    let message = "JSON has no comments: remove them, or write the definition as YAML with `#`".to_owned();
    Some(Repair::new(Code::YamlUnexpected, first?, message, edits).offered("remove the comments", &[]))
}
