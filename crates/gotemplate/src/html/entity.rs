//! Character references in attribute values, as far as they matter for what a script, style or URL
//! says: numbers and the names of punctuation. Others stay as they are: they stand for letters.

use std::borrow::Cow;

const NAMES: [(&str, char); 22] = [
    ("amp", '&'),
    ("apos", '\''),
    ("bsol", '\\'),
    ("colon", ':'),
    ("equals", '='),
    ("excl", '!'),
    ("grave", '`'),
    ("gt", '>'),
    ("lbrace", '{'),
    ("lpar", '('),
    ("lsqb", '['),
    ("lt", '<'),
    ("NewLine", '\n'),
    ("num", '#'),
    ("quest", '?'),
    ("quot", '"'),
    ("rbrace", '}'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("semi", ';'),
    ("sol", '/'),
    ("Tab", '\t'),
];

/// The text without character references.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        plain.push_str(before);
        let (c, behind) = number(reference).or_else(|| name(reference)).unwrap_or(('&', reference));
        plain.push(c);
        rest = behind;
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn number(text: &str) -> Option<(char, &str)> {
    let digits = text.strip_prefix('#')?;
    let (radix, digits) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (16, hex),
        None => (10, digits),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let code = u32::from_str_radix(&digits[..end], radix).ok()?;
    let behind = &digits[end..];
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some((c, behind.strip_prefix(';').unwrap_or(behind)))
}

fn name(text: &str) -> Option<(char, &str)> {
    let known = NAMES.iter().find_map(|(name, c)| Some((*c, text.strip_prefix(name)?)));
    let (c, behind) = known?;
    match behind.strip_prefix(';') {
        Some(behind) => Some((c, behind)),
        // Browsers take these also without the semicolon.
        None => matches!(c, '&' | '<' | '>' | '"').then_some((c, behind)),
    }
}
