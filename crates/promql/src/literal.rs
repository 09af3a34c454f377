//! Values of literals whose shape the lexer has accepted: strings in Go's notations, numbers.
//! Source of semantics: Prometheus 3.14 `strutil.Unquote` and Go's `strconv`.

/// Decodes a quoted string, quotes included; Go's strings may hold any bytes, ours are UTF-8.
pub(crate) fn unquote(raw: &str) -> Result<String, Vec<u8>> {
    let inner = &raw[1..raw.len() - 1];
    if raw.starts_with('`') || !inner.contains('\\') {
        return Ok(inner.to_owned());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(backslash) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..backslash]);
        rest = decode_escape(&rest[backslash + 1..], &mut bytes);
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(std::string::FromUtf8Error::into_bytes)
}

/// Decodes the escape behind a backslash and returns what follows it.
fn decode_escape<'a>(text: &'a str, out: &mut Vec<u8>) -> &'a str {
    let first = text.chars().next().unwrap_or('\\');
    let simple = match first {
        'a' => Some(0x07),
        'b' => Some(0x08),
        'f' => Some(0x0c),
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        'v' => Some(0x0b),
        _ => None,
    };
    if let Some(byte) = simple {
        out.push(byte);
        return &text[1..];
    }
    let (digits, base) = match first {
        '0'..='7' => (0..3, 8),
        'x' => (1..3, 16),
        'u' => (1..5, 16),
        'U' => (1..9, 16),
        // The quote or the backslash itself.
        _ => {
            out.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
            return text.get(first.len_utf8()..).unwrap_or_default();
        }
    };
    let rest = text.get(digits.end..).unwrap_or_default();
    let code = text.get(digits).and_then(|digits| u32::from_str_radix(digits, base).ok());
    let code = code.unwrap_or(u32::from(char::REPLACEMENT_CHARACTER));
    match (first, u8::try_from(code)) {
        ('u' | 'U', _) | (_, Err(_)) => {
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        (_, Ok(byte)) => out.push(byte),
    }
    rest
}

/// Bytes as Go's `%q` shows them when they are not UTF-8: `"a\xc5z"`.
pub(crate) fn quote_bytes(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        let quoted = model::quote(chunk.valid()).to_string();
        out.push_str(&quoted[1..quoted.len() - 1]);
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    out.push('"');
    out
}

/// Value of a number: an integer in Go's notations (`0x1f`, `0755` is octal) or a decimal float.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    if let Some(integer) = go_integer(text) {
        return Ok(integer as f64);
    }
    let failed = |why: &str| {
        let text = model::quote(text);
        format!("error parsing number: strconv.ParseFloat: parsing {text}: {why}")
    };
    if text.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN);
    }
    if text.eq_ignore_ascii_case("inf") {
        return Ok(f64::INFINITY);
    }
    let value: f64 =
        without_underscores(text).parse().ok().ok_or_else(|| failed("invalid syntax"))?;
    if value.is_infinite() { Err(failed("value out of range")) } else { Ok(value) }
}

/// Go's `ParseInt(text, 0, 64)`: base by prefix, underscores allowed.
fn go_integer(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let (digits, base) = if let Some(hex) = lower.strip_prefix("0x") {
        (hex, 16)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (lower.as_str(), 10)
    };
    i64::from_str_radix(&without_underscores(digits), base).ok()
}

fn without_underscores(text: &str) -> String {
    text.replace('_', "")
}
