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

/// A range of characters, the ASCII character that they resemble (the first one of the range, if `run`), their class
/// and name.
struct Look(char, char, char, Class, &'static str);

/// Sorted by character.
const LOOKS: [Look; 88] = [
    Look('\u{85}', '\u{85}', ' ', Class::Space, "next line"),
    Look('\u{A0}', '\u{A0}', ' ', Class::Space, "no-break space"),
    Look('\u{AB}', '\u{AB}', '"', Class::Quote, "angle quote"),
    Look('\u{AD}', '\u{AD}', ' ', Class::Invisible, "soft hyphen"),
    Look('\u{B4}', '\u{B4}', '"', Class::Quote, "acute accent"),
    Look('\u{B7}', '\u{B7}', '*', Class::Dash, "middle dot"),
    Look('\u{BB}', '\u{BB}', '"', Class::Quote, "angle quote"),
    Look('\u{2B9}', '\u{2BC}', '"', Class::Quote, "modifier apostrophe"),
    Look('\u{2CB}', '\u{2CB}', '"', Class::Quote, "modifier accent"),
    Look('\u{115F}', '\u{1160}', ' ', Class::Space, "hangul filler"),
    Look('\u{1680}', '\u{1680}', ' ', Class::Space, "ogham space"),
    Look('\u{180E}', '\u{180E}', ' ', Class::Invisible, "vowel separator"),
    Look('\u{2000}', '\u{2002}', ' ', Class::Space, "en space"),
    Look('\u{2003}', '\u{2003}', ' ', Class::Space, "em space"),
    Look('\u{2004}', '\u{200A}', ' ', Class::Space, "thin space"),
    Look('\u{200B}', '\u{200B}', ' ', Class::Invisible, "zero-width space"),
    Look('\u{200C}', '\u{200C}', ' ', Class::Invisible, "zero-width non-joiner"),
    Look('\u{200D}', '\u{200D}', ' ', Class::Invisible, "zero-width joiner"),
    Look('\u{200E}', '\u{200F}', ' ', Class::Invisible, "direction mark"),
    Look('\u{2010}', '\u{2015}', '-', Class::Dash, "dash"),
    Look('\u{2018}', '\u{201F}', '"', Class::Quote, "typographic quote"),
    Look('\u{2022}', '\u{2023}', '*', Class::Dash, "bullet"),
    Look('\u{2024}', '\u{2024}', '.', Class::Mark, "one dot leader"),
    Look('\u{2028}', '\u{2029}', ' ', Class::Space, "line separator"),
    Look('\u{202A}', '\u{202E}', ' ', Class::Invisible, "direction mark"),
    Look('\u{202F}', '\u{202F}', ' ', Class::Space, "narrow no-break space"),
    Look('\u{2032}', '\u{2037}', '"', Class::Quote, "prime"),
    Look('\u{2039}', '\u{203A}', '"', Class::Quote, "angle quote"),
    Look('\u{2043}', '\u{2043}', '*', Class::Dash, "bullet"),
    Look('\u{205F}', '\u{205F}', ' ', Class::Space, "mathematical space"),
    Look('\u{2060}', '\u{2064}', ' ', Class::Invisible, "word joiner"),
    Look('\u{2066}', '\u{206F}', ' ', Class::Invisible, "direction mark"),
    Look('\u{2190}', '\u{21FF}', '*', Class::Dash, "arrow"),
    Look('\u{2212}', '\u{2212}', '-', Class::Dash, "minus sign"),
    Look('\u{2215}', '\u{2215}', '/', Class::Mark, "division slash"),
    Look('\u{2217}', '\u{2217}', '*', Class::Dash, "asterisk operator"),
    Look('\u{2219}', '\u{2219}', '*', Class::Dash, "bullet"),
    Look('\u{2223}', '\u{2223}', '|', Class::Mark, "divides sign"),
    Look('\u{2227}', '\u{2228}', '&', Class::Mark, "logical sign"),
    Look('\u{2236}', '\u{2236}', ':', Class::Mark, "ratio"),
    Look('\u{2260}', '\u{2260}', '!', Class::Mark, "not equal sign"),
    Look('\u{2264}', '\u{2267}', '<', Class::Mark, "comparison sign"),
    Look('\u{2460}', '\u{2473}', '*', Class::Dash, "circled number"),
    Look('\u{25A0}', '\u{25FF}', '*', Class::Dash, "bullet"),
    Look('\u{2605}', '\u{2606}', '*', Class::Dash, "star"),
    Look('\u{2610}', '\u{2612}', '*', Class::Dash, "check box"),
    Look('\u{2713}', '\u{2717}', '*', Class::Dash, "check mark"),
    Look('\u{275B}', '\u{275E}', '"', Class::Quote, "ornamental quote"),
    Look('\u{2776}', '\u{2793}', '*', Class::Dash, "circled number"),
    Look('\u{2794}', '\u{27BE}', '*', Class::Dash, "arrow"),
    Look('\u{2800}', '\u{2800}', ' ', Class::Space, "braille blank"),
    Look('\u{3000}', '\u{3000}', ' ', Class::Space, "ideographic space"),
    Look('\u{3001}', '\u{3001}', ',', Class::Mark, "ideographic comma"),
    Look('\u{3002}', '\u{3002}', '.', Class::Mark, "ideographic full stop"),
    Look('\u{3008}', '\u{300F}', '"', Class::Quote, "corner bracket"),
    Look('\u{3010}', '\u{3010}', '[', Class::Mark, "full-width bracket"),
    Look('\u{3011}', '\u{3011}', ']', Class::Mark, "full-width bracket"),
    Look('\u{3014}', '\u{3014}', '[', Class::Mark, "full-width bracket"),
    Look('\u{3015}', '\u{3015}', ']', Class::Mark, "full-width bracket"),
    Look('\u{3016}', '\u{3016}', '[', Class::Mark, "full-width bracket"),
    Look('\u{3017}', '\u{3017}', ']', Class::Mark, "full-width bracket"),
    Look('\u{301D}', '\u{301F}', '"', Class::Quote, "ornamental quote"),
    Look('\u{30FB}', '\u{30FB}', '*', Class::Dash, "bullet"),
    Look('\u{3164}', '\u{3164}', ' ', Class::Space, "hangul filler"),
    Look('\u{A789}', '\u{A789}', ':', Class::Mark, "modifier colon"),
    Look('\u{FE30}', '\u{FE30}', ':', Class::Mark, "vertical colon"),
    Look('\u{FE31}', '\u{FE32}', '-', Class::Dash, "vertical dash"),
    Look('\u{FE41}', '\u{FE44}', '"', Class::Quote, "corner bracket"),
    Look('\u{FE50}', '\u{FE51}', ',', Class::Mark, "small comma"),
    Look('\u{FE52}', '\u{FE52}', '.', Class::Mark, "small full stop"),
    Look('\u{FE54}', '\u{FE54}', ',', Class::Mark, "small semicolon"),
    Look('\u{FE55}', '\u{FE55}', ':', Class::Mark, "small colon"),
    Look('\u{FE58}', '\u{FE58}', '-', Class::Dash, "small dash"),
    Look('\u{FE5B}', '\u{FE5B}', '{', Class::Mark, "small bracket"),
    Look('\u{FE5C}', '\u{FE5C}', '}', Class::Mark, "small bracket"),
    Look('\u{FE5F}', '\u{FE5F}', '#', Class::Mark, "small number sign"),
    Look('\u{FE63}', '\u{FE63}', '-', Class::Dash, "small dash"),
    Look('\u{FE64}', '\u{FE64}', '<', Class::Mark, "small sign"),
    Look('\u{FE65}', '\u{FE65}', '>', Class::Mark, "small sign"),
    Look('\u{FE66}', '\u{FE66}', '=', Class::Mark, "small sign"),
    Look('\u{FE69}', '\u{FE69}', '$', Class::Mark, "small dollar sign"),
    Look('\u{FEFF}', '\u{FEFF}', ' ', Class::Invisible, "byte order mark"),
    // U+FF01 to U+FF5E resemble the ASCII characters from `!` to `~`.
    Look('\u{FF01}', '\u{FF5E}', '!', Class::Mark, "full-width form"),
    Look('\u{FF61}', '\u{FF61}', '.', Class::Mark, "half-width full stop"),
    Look('\u{FF62}', '\u{FF63}', '"', Class::Quote, "corner bracket"),
    Look('\u{FF64}', '\u{FF64}', ',', Class::Mark, "half-width comma"),
    Look('\u{FF65}', '\u{FF65}', '*', Class::Dash, "bullet"),
    Look('\u{FFA0}', '\u{FFA0}', ' ', Class::Space, "hangul filler"),
];

/// The class of a character, the ASCII character that it resembles, and its name. Absent for a character that resembles
/// none.
pub(super) fn look(c: char) -> Option<(Class, char, &'static str)> {
    if c.is_ascii() {
        return match c {
            '`' => Some((Class::Quote, '"', "grave accent")),
            '\u{B}' => Some((Class::Space, ' ', "vertical tab")),
            '\u{C}' => Some((Class::Space, ' ', "form feed")),
            _ => None,
        };
    }
    let at = LOOKS.partition_point(|look| look.1 < c);
    let Look(first, _, ascii, class, name) = LOOKS.get(at).filter(|look| look.0 <= c)?;
    if *first != '\u{FF01}' {
        return Some((*class, *ascii, name));
    }
    let ascii = char::from_u32(u32::from(c) - 0xFF01 + u32::from('!')).unwrap_or(' ');
    let (class, ascii) = match ascii {
        '-' => (Class::Dash, ascii),
        '"' | '\'' | '`' => (Class::Quote, '"'),
        // It separates the items of a list in Chinese.
        ';' => (Class::Mark, ','),
        _ => (Class::Mark, ascii),
    };
    Some((class, ascii, name))
}

/// What is written instead of a character that resembles `ascii`.
pub(super) fn instead(c: char, ascii: char) -> String {
    match c {
        '≠' => "!=".to_owned(),
        '≤' | '≦' => "<=".to_owned(),
        '≥' | '≧' => ">=".to_owned(),
        '∧' => "&&".to_owned(),
        '∨' => "||".to_owned(),
        _ => ascii.into(),
    }
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
    "一二三四五六七八九十".contains(c)
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
