//! A fast search for lines that may have a mistake of this kind. Most texts with another error have none, and a complete
//! scan takes half of the time of their repair.

use super::super::look::suspicious;
use cloudflow_base::small::{contains, find, split_once, trim_end};

/// False if a scan finds nothing, and nothing surrounds or interrupts the definition. True also for some texts without a
/// mistake.
///
/// One loop over the bytes finds the lines that may have such a mistake: those that begin with another byte than most lines,
/// or that have a sign.
pub(in super::super) fn may_repair(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut start, mut signs) = (0, Signs::default());
    for (at, &byte) in bytes.iter().enumerate() {
        let is_sign = byte < 64 && SIGNS >> byte & 1 == 1 || byte == b'`';
        if !is_sign {
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(b'\n');
        match byte {
            b'\n' => {
                if is_odd(text.get(start..at), signs) {
                    return true;
                }
                (start, signs) = (at + 1, Signs::default());
            }
            b'"' => signs.quote = true,
            b',' | b';' => signs.separator = true,
            b'!' => signs.pair |= before == b' ',
            b'/' => signs.pair |= before == byte,
            b'&' => signs.pair |= matches!(bytes.get(at + 1), Some(b'a'..=b'z' | b'#')),
            // A marker of a conflict, a heredoc.
            b'<' | b'>' if before != byte => {}
            _ => return true,
        }
    }
    is_odd(text.get(start..), signs) || suspicious(text) || is_framed(text)
}

/// One bit for each byte that matters, except for the backtick. Most bytes of a text are not among them.
const SIGNS: u64 = {
    let (mut bits, mut rest) = (0, b"\n\",;!/&<>\0\x0B\x0C".as_slice());
    while let [sign, others @ ..] = rest {
        bits |= 1 << *sign;
        rest = others;
    }
    bits
};

/// True if the first or the last line of a text may not belong to the definition.
fn is_framed(text: &str) -> bool {
    let text = text.trim_ascii();
    let first = find(text, "\n").and_then(|end| text.get(..end)).unwrap_or_default();
    let last = text.bytes().rposition(|byte| byte == b'\n').and_then(|at| text.get(at + 1..)).unwrap_or_default();
    let begins = matches!(first.as_bytes(), [b'a'..=b'z' | b'A'..=b'Z' | b'#', ..] | b"---") && !contains(first, "@");
    !begins || !contains(last, " ")
}

/// The signs in a line.
#[derive(Clone, Copy, Default)]
struct Signs {
    /// `"`
    quote: bool,
    /// `,` or `;`
    separator: bool,
    /// `//`, ` !`, or the start of an entity of HTML.
    pair: bool,
}

fn is_odd(line: Option<&str>, signs: Signs) -> bool {
    let mut line = line.unwrap_or_default();
    while let Some(rest) = line.strip_suffix('\r') {
        line = rest;
    }
    // Fences, and what a shell or an editor writes.
    let is_fence = matches!(line.as_bytes(), [b'~' | b'"' | b'\'' | b'<' | b'$', ..]);
    is_fence
        || starts_oddly(line)
        || signs.separator && ends_oddly(line)
        || (signs.pair || signs.quote) && has_odd_value(line)
}

/// Comments of other languages, marks of items, a dash without its space.
fn starts_oddly(line: &str) -> bool {
    let mut rest = line.as_bytes();
    loop {
        rest = rest.trim_ascii_start();
        match rest {
            [b'-', b' ' | b'\t', behind @ ..] => rest = behind,
            [b'-'] => return false,
            [b'[', b' ' | b'x' | b'X', b']', ..] => return true,
            [b'-' | b'*' | b'+' | b'>' | b'(' | b'/' | b'<' | b';' | b'!', ..] => return true,
            [first, ..] if !first.is_ascii() => return true,
            _ => break,
        }
    }
    // `1. `, `b)type:`; not the key of an expression, such as `id.$`, and not a name, such as `FnF.ALL`.
    let digits = rest.iter().take(3).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let Some([b'.' | b')', behind @ ..]) = rest.get(digits..).filter(|_| digits > 0) else { return false };
    matches!(behind, [] | [b' ' | b'\t', ..]) || !matches!(behind, [b'$', ..]) && behind.contains(&b':')
}

/// A comma or a semicolon at the end of a value.
fn ends_oddly(line: &str) -> bool {
    let ends = |part: &str| matches!(trim_end(part, " \t").as_bytes().last(), Some(b',' | b';'));
    ends(line) || find(line, " #").and_then(|at| line.get(..at)).is_some_and(ends)
}

/// Comments of other languages, entities of HTML, expressions that need quotes.
fn has_odd_value(line: &str) -> bool {
    let is_entity = |pair: &[u8]| matches!(pair, [b'&', b'a'..=b'z' | b'#']);
    if contains(line, "// ") || contains(line, ": !") || line.as_bytes().windows(2).any(is_entity) {
        return true;
    }
    // A quoted text and an operator behind it.
    let has_operator = |value: &str| {
        let Some((text, behind)) = value.strip_prefix('"').and_then(|text| split_once(text, "\"")) else {
            return false;
        };
        let behind = behind.trim_ascii_start().as_bytes().first();
        contains(text, "\\") || matches!(behind, Some(b'i' | b'=' | b'!' | b'<' | b'>' | b'&' | b'|'))
    };
    let mut content = line.trim_ascii_start();
    while let Some(rest) = content.strip_prefix("- ") {
        content = rest.trim_ascii_start();
    }
    let is_odd = contains(line, "\"") && (contains(line, ":\t") || contains(line, ":  "));
    let value = find(line, ": \"").and_then(|at| line.get(at + 2..));
    is_odd || has_operator(content) || value.is_some_and(has_operator)
}

#[cfg(test)]
mod tests {
    use super::super::super::frame;
    use super::super::find as scan;
    use super::*;
    use cloudflow_tests::cases;
    use cloudflow_tests::corpus::{FOLDERS, definitions};

    /// A text that the fast search skips has no repair in a complete scan, whole and cut.
    #[test]
    fn skips_only_texts_without_repairs() {
        let mut texts: Vec<String> = definitions(&FOLDERS).into_iter().map(|definition| definition.text).collect();
        let whole = texts.iter().filter(|text| !may_repair(text)).count();
        assert!(whole * 3 > texts.len(), "{whole} of {} texts are skipped", texts.len());
        texts.extend(cases("check", "yaml").into_iter().map(|case| case.read("yaml")));
        texts.extend(cases("yaml", "yaml").into_iter().map(|case| case.read("yaml")));
        for mark in ["- ", "-", "1. ", "a) ", "// ", "<!-- ", "; ", "* ", "+ ", "(1) ", "- [ ] ", "一. ", "!"] {
            texts.push(format!("type: flow\nsteps:\n{mark}type: pass\n{mark}name: a\n"));
        }
        for value in
            ["\"a\" == $.b", "'a' in $.b", "\"a\" in $.b", "!$.a", "$.a,", "$.a; # b", "$.a &gt; 1", "$.a // b"]
        {
            texts.push(format!(
                "type: flow\nsteps:\n- type: choice\n  choices:\n  - condition: {value}\n    goto: a,\n"
            ));
            texts.push(format!("type: flow\nsteps:\n- type: choice\n  choices:\n  - condition:\n      {value}\n"));
        }
        let frames = [
            "```yaml\n#\n```\n",
            "#\n```\n",
            "~~~\n#\n~~~\n",
            "cat > flow.yaml <<EOF\n#\nEOF\n",
            "#\nEOF\n",
            "$ cat flow.yaml\n#\n$ \n",
            "me@host:~$ cat flow.yaml\n#\n",
            "#\n~\n~\n",
            "> #\n",
            "1 #\n",
            "<pre>\n#\n</pre>\n",
            "#\n<<<<<<< HEAD\n=======\n>>>>>>> b\n",
            "text = `\n#\n`;\n",
            "\"\"\"\n#\n\"\"\"\n",
            "\0#\n",
            "\u{fffd}#\n",
            "\u{feff}#\n",
            "{\"a\": 1} // b\n#\n",
            "# a\\nb\\nc #",
        ];
        let whole: Vec<String> = texts.iter().take(3).cloned().collect();
        for frame in frames {
            texts.extend(whole.iter().map(|text| frame.replace('#', text)));
            texts.push(frame.replace('#', "type: flow\nsteps:\n- type: pass\n  name: a"));
        }
        for text in &texts {
            let stride = (text.len() / 20).max(1);
            let cuts = text.char_indices().map(|(at, _)| at).step_by(stride).chain([text.len()]);
            for cut in cuts.filter_map(|at| text.get(..at)).filter(|cut| !may_repair(cut)) {
                for (wrong, narrow) in [(false, false), (true, false), (true, true)] {
                    let (mut repairs, indented) = scan(cut, wrong, narrow);
                    repairs.extend(frame::find(cut, wrong, narrow));
                    assert!(repairs.is_empty() && !indented, "a repair is skipped in:\n{cut}");
                }
            }
        }
    }
}
