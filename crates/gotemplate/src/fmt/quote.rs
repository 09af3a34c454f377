//! Texts between quotes, as Go's strconv.Quote writes them, and which characters it leaves alone.

/// A text in double quotes with Go's escapes.
pub(crate) fn quote(text: &str) -> String {
    quote_with(text, '"', false)
}

/// A text in quotes; `ascii` escapes everything else too.
pub(super) fn quote_with(text: &str, quote: char, ascii: bool) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for c in text.chars() {
        escape(&mut quoted, c, quote, ascii);
    }
    quoted.push(quote);
    quoted
}

fn escape(out: &mut String, c: char, quote: char, ascii: bool) {
    match c {
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        c if c == quote || c == '\\' => out.extend(['\\', c]),
        c if is_print(c) && (c.is_ascii() || !ascii) => out.push(c),
        c => out.push_str(&code(u32::from(c))),
    }
}

fn code(code: u32) -> String {
    match code {
        ..0x20 | 0x7f => format!("\\x{code:02x}"),
        0x20..0x10000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Can the text stand between backquotes?
pub(super) fn can_backquote(text: &str) -> bool {
    text.chars().all(|c| c == '\t' || !(c < ' ' || matches!(c, '`' | '\x7f' | '\u{feff}')))
}

/// Does the character have a shape of its own (Go's `unicode.IsPrint`)? Characters that Unicode
/// has not assigned yet count as printable here.
pub(crate) fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    let invisible = matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{8e2}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}'..='\u{e007f}'
        | '\u{f0000}'..='\u{10ffff}');
    !(invisible || c.is_control() || c.is_whitespace())
}
