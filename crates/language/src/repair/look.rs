//! Characters that resemble the characters of YAML and of expressions. The only table of them.

/// How a character is mistaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// It looks like a space.
    Space,
    /// It is not visible.
    Invisible,
    /// It looks like a quote.
    Quote,
    /// It looks like the dash of a list item: a dash, or a bullet (`*`).
    Dash,
    /// It looks like another ASCII character.
    Mark,
    /// A sign of another language.
    Sign,
}

/// A class, the ASCII character that its characters resemble, their name, and their ranges: first and last character.
struct Look(Class, char, &'static str, &'static str);

const LOOKS: [Look; 28] = [
    Look(Class::Space, ' ', "no-break space", "\u{A0}\u{A0}"),
    Look(Class::Space, ' ', "ideographic space", "\u{3000}\u{3000}"),
    Look(Class::Space, ' ', "em space", "\u{2003}\u{2003}"),
    Look(Class::Space, ' ', "en space", "\u{2000}\u{2002}"),
    Look(Class::Space, ' ', "thin space", "\u{2004}\u{200A}"),
    Look(Class::Space, ' ', "narrow no-break space", "\u{202F}\u{202F}"),
    Look(Class::Space, ' ', "next line", "\u{85}\u{85}"),
    Look(Class::Space, ' ', "line separator", "\u{2028}\u{2029}"),
    Look(Class::Space, ' ', "hangul filler", "\u{115F}\u{1160}\u{3164}\u{3164}\u{FFA0}\u{FFA0}"),
    Look(Class::Space, ' ', "ogham space", "\u{1680}\u{1680}"),
    Look(Class::Space, ' ', "mathematical space", "\u{205F}\u{205F}"),
    Look(Class::Space, ' ', "braille blank", "\u{2800}\u{2800}"),
    Look(Class::Invisible, ' ', "zero-width space", "\u{200B}\u{200B}"),
    Look(Class::Invisible, ' ', "zero-width non-joiner", "\u{200C}\u{200C}"),
    Look(Class::Invisible, ' ', "zero-width joiner", "\u{200D}\u{200D}"),
    Look(Class::Invisible, ' ', "byte order mark", "\u{FEFF}\u{FEFF}"),
    Look(Class::Invisible, ' ', "soft hyphen", "\u{AD}\u{AD}"),
    Look(Class::Invisible, ' ', "vowel separator", "\u{180E}\u{180E}"),
    Look(Class::Invisible, ' ', "direction mark", "\u{200E}\u{200F}\u{202A}\u{202E}\u{2066}\u{206F}"),
    Look(Class::Invisible, ' ', "word joiner", "\u{2060}\u{2064}"),
    Look(Class::Quote, '"', "typographic quote", "\u{2018}\u{201F}\u{301D}\u{301F}\u{275B}\u{275E}"),
    Look(Class::Quote, '"', "angle quote", "««»»‹›"),
    Look(Class::Quote, '"', "corner bracket", "〈』﹁﹄｢｣"),
    Look(Class::Quote, '"', "prime", "\u{2032}\u{2037}"),
    Look(Class::Quote, '"', "accent", "´´\u{2B9}\u{2BC}ˋˋ"),
    Look(Class::Dash, '-', "dash", "\u{2010}\u{2015}\u{FE31}\u{FE32}\u{FE58}\u{FE58}\u{FE63}\u{FE63}"),
    Look(Class::Dash, '-', "minus sign", "\u{2212}\u{2212}"),
    // Bullets, arrows, stars, circled numbers.
    Look(Class::Dash, '*', "bullet", "··•‣\u{2043}\u{2043}←⇿∗∗∙∙①⑳■◿★☆☐☒✓✗❶➓➔➾・・･･"),
];

/// Signs, each with the ASCII character that it resembles.
const SIGNS: &str = "：:，,、,。.【[】]〔[〕]〖[〗]∶:꞉:︰:﹐,﹑,﹒.﹔,﹕:﹛{﹜}﹟#﹤<﹥>﹦=﹩$｡.､,․.∕/∣|∧&∨&≠!≤<≥>≦<≧>";

/// The class of a character, the ASCII character that it resembles, and its name. Absent for a character that resembles
/// none.
pub(super) fn look(c: char) -> Option<(Class, char, &'static str)> {
    match c {
        '`' => return Some((Class::Quote, '"', "grave accent")),
        '\u{B}' | '\u{C}' => return Some((Class::Space, ' ', "control character")),
        // Chinese has most of the characters.
        '\0'..='\u{7F}' | '\u{3400}'..='\u{9FFF}' => return None,
        // U+FF01 to U+FF5E resemble the ASCII characters from `!` to `~`.
        '\u{FF01}'..='\u{FF5E}' => {
            let ascii = char::from_u32(u32::from(c) - 0xFF01 + u32::from('!')).unwrap_or(' ');
            let (class, ascii) = match ascii {
                '-' => (Class::Dash, ascii),
                '"' | '\'' | '`' => (Class::Quote, '"'),
                // It separates the items of a list in Chinese.
                ';' => (Class::Mark, ','),
                _ => (Class::Mark, ascii),
            };
            return Some((class, ascii, "full-width form"));
        }
        _ => {}
    }
    for Look(class, ascii, name, ranges) in &LOOKS {
        if pair(ranges, |first, last| (first..=last).contains(&c)).is_some() {
            return Some((*class, *ascii, name));
        }
    }
    let ascii = pair(SIGNS, |sign, _| sign == c)?;
    Some((Class::Mark, ascii, "similar sign"))
}

/// The second character of the first fitting pair.
fn pair(pairs: &str, fits: impl Fn(char, char) -> bool) -> Option<char> {
    let mut chars = pairs.chars();
    while let (Some(first), Some(second)) = (chars.next(), chars.next()) {
        if fits(first, second) {
            return Some(second);
        }
    }
    None
}

/// What is written instead of a character that resembles `ascii`.
pub(super) fn instead(c: char, ascii: char) -> String {
    let mut new_text = String::from(ascii);
    match c {
        '≠' | '≤'..='≧' => new_text.push('='),
        '∧' => new_text.push('&'),
        '∨' => return "||".to_owned(),
        _ => {}
    }
    new_text
}

/// Like [`look`], at the start of a list item: there, the marks of other formats resemble a dash too.
pub(super) fn look_at_item(c: char) -> Option<(Class, char, &'static str)> {
    let name = match c {
        '*' | '＊' => "asterisk",
        '+' | '＋' => "plus sign",
        '>' | '＞' => "greater-than sign",
        '-' => "dash",
        _ if c.is_ascii_alphanumeric() || matches!(c, '(' | '（' | '０'..='９') || is_numeral(c) => "number",
        _ => return look(c),
    };
    Some((Class::Dash, '*', name))
}

/// True for a Chinese numeral.
pub(super) fn is_numeral(c: char) -> bool {
    matches!(c, '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十')
}

/// True for a quote of a language or of Markdown: in a valid text it is a part of a name.
pub(super) fn is_quote_of_prose(c: char) -> bool {
    matches!(look(c), Some((Class::Quote, ..))) && !matches!(c, '\u{2018}'..='\u{201F}' | '＂' | '＇')
}

/// True if the text may contain such a character. Every first byte of the table counts; texts in Chinese without
/// punctuation have none of them.
pub(super) fn suspicious(text: &str) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mut from = 0;
    for word in words {
        if u64::from_le_bytes(*word) & HIGH != 0 && resembles(text, word, from) {
            return true;
        }
        from += 8;
    }
    resembles(text, rest, from)
}

/// True if a character that begins in `bytes`, which are at `from`, resembles another one.
#[inline(never)]
fn resembles(text: &str, bytes: &[u8], from: usize) -> bool {
    bytes.iter().enumerate().any(|(at, byte)| {
        matches!(byte, 0xC2 | 0xCA..=0xCB | 0xE1 | 0xE2 | 0xE3 | 0xEA | 0xEF)
            && text
                .get(from + at..)
                .and_then(|rest| rest.chars().next())
                .is_some_and(|c| look(c).is_some() || c == '\u{FFFD}')
    })
}
