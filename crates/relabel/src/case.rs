//! Upper and lower case letter by letter, as Go's `strings.ToUpper` and `strings.ToLower` do it.
//! Rust's own mapping may turn one letter into several; Unicode's simple mapping never does.
//! Used by the actions `lowercase` and `uppercase`.

/// Every letter in its simple lower case.
pub(crate) fn lower(text: &str) -> String {
    text.chars().map(simple_lower).collect()
}

/// Every letter in its simple upper case.
pub(crate) fn upper(text: &str) -> String {
    text.chars().map(simple_upper).collect()
}

fn simple_lower(c: char) -> char {
    // U+0130 is the only letter whose full lower case is longer than the simple one.
    if c == '\u{130}' { 'i' } else { single(c.to_lowercase(), c) }
}

fn simple_upper(c: char) -> char {
    // Greek letters with a subscript iota: the full upper case spells the iota out, the simple one
    // is the title case letter in the same block. All others without a single form stay.
    match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shift(c, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shift(c, 9),
        c => single(c.to_uppercase(), c),
    }
}

fn shift(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

fn single(mut mapped: impl Iterator<Item = char>, fallback: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => fallback,
    }
}
