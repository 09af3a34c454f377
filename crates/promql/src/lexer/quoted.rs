//! Shapes of quoted strings: where one ends and whether its escapes are Go's.
//! Source of semantics: Prometheus 3.14, `lexString`, `lexRawString`, `lexEscape`.

/// Length of the string at the start of `text`, quotes included.
pub(crate) fn scan_string(text: &str) -> Result<usize, String> {
    let mut chars = text.char_indices().peekable();
    let Some((_, quote)) = chars.next() else { return Err(unterminated('"')) };
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote != '`' => escape(&mut chars, quote)?,
            // Upstream cannot tell the replacement character from damaged UTF-8.
            '\u{fffd}' => return Err("invalid UTF-8 rune".into()),
            '\n' if quote != '`' => return Err(unterminated(quote)),
            c if c == quote => return Ok(at + c.len_utf8()),
            _ => {}
        }
    }
    Err(unterminated(quote))
}

fn unterminated(quote: char) -> String {
    let kind = if quote == '`' { "raw" } else { "quoted" };
    format!("unterminated {kind} string")
}

/// Checks the escape behind a backslash.
fn escape(
    chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
    quote: char,
) -> Result<(), String> {
    let unfinished = || "escape sequence not terminated".to_owned();
    let (_, first) = chars.next().ok_or_else(unfinished)?;
    let (mut left, base, max) = match first {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Ok(()),
        c if c == quote => return Ok(()),
        '0'..='7' => (2, 8, 255),
        'x' => (2, 16, 255),
        'u' => (4, 16, 0x10_ffff),
        'U' => (8, 16, 0x10_ffff),
        c => return Err(format!("unknown escape sequence {}", show_code(c))),
    };
    let mut value = if base == 8 { first.to_digit(8).unwrap_or_default() } else { 0 };
    while left > 0 {
        let (_, c) = chars.next().ok_or_else(unfinished)?;
        let digit = c
            .to_digit(base)
            .ok_or_else(|| format!("illegal character {} in escape sequence", show_code(c)))?;
        value = value.saturating_mul(base).saturating_add(digit);
        left -= 1;
    }
    if value > max || (0xd800..0xe000).contains(&value) {
        return Err("escape sequence is an invalid Unicode code point".into());
    }
    Ok(())
}

/// Go's `%#U`: `U+0063 'c'`.
fn show_code(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    if c.is_control() { code } else { format!("{code} '{c}'") }
}
