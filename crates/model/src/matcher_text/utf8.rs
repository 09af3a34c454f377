//! The UTF-8 grammar of matchers: names and values are bare words or Go-quoted texts.
//! Semantics: Alertmanager's `matcher/parse`.

use crate::{MatchOp, Matcher};

/// Letters that end a bare word.
const RESERVED: &str = "{}!=~,\\\"'`";

/// Reads a list of matchers; braces around it are optional, a comma at its end too.
pub(super) fn parse(text: &str) -> Result<Vec<Matcher>, String> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_space();
    let braced = cursor.take("{");
    let mut matchers = Vec::new();
    loop {
        cursor.skip_space();
        if cursor.rest().is_empty() || cursor.rest().starts_with('}') {
            break;
        }
        matchers.push(cursor.matcher()?);
        cursor.skip_space();
        if !cursor.take(",") {
            break;
        }
    }
    cursor.skip_space();
    if braced && !cursor.take("}") {
        return Err(cursor.error("expected `,` or `}`"));
    }
    cursor.skip_space();
    if cursor.rest().is_empty() { Ok(matchers) } else { Err(cursor.error("expected `,`")) }
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn error(&self, expected: &str) -> String {
        let column = self.text[..self.at].chars().count() + 1;
        let found = match self.rest().chars().next() {
            Some(c) => format!("`{c}`"),
            None => "the end".to_owned(),
        };
        format!("matcher {}: {expected}, found {found} at {column}", crate::quote(self.text))
    }

    fn matcher(&mut self) -> Result<Matcher, String> {
        let name = self.word("a label name")?;
        if name.is_empty() {
            return Err(self.error("a label name cannot be empty"));
        }
        self.skip_space();
        let op = self.operator()?;
        self.skip_space();
        let value = self.word("a value")?;
        Matcher::new(op, &name, &value).map_err(|error| error.to_string())
    }

    fn operator(&mut self) -> Result<MatchOp, String> {
        for op in [MatchOp::Regex, MatchOp::NotRegex, MatchOp::NotEqual, MatchOp::Equal] {
            if self.take(op.as_str()) {
                return Ok(op);
            }
        }
        Err(self.error("expected `=`, `!=`, `=~` or `!~`"))
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let is_end = |c: char| c.is_whitespace() || RESERVED.contains(c);
        let end = self.rest().find(is_end).unwrap_or(self.rest().len());
        if end == 0 {
            return Err(self.error(&format!("expected {what}")));
        }
        let word = &self.rest()[..end];
        self.at += end;
        Ok(word.to_owned())
    }

    /// A Go string in double quotes; `\x` and octal escapes are bytes, the whole must be UTF-8.
    fn quoted(&mut self) -> Result<String, String> {
        let mut out = Vec::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    let text = String::from_utf8(out)
                        .map_err(|error| self.error(&format!("expected UTF-8 ({error})")))?;
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' => {
                    let Some((_, letter)) = chars.next() else { break };
                    if escape(letter, &mut chars, &mut out).is_none() {
                        return Err(self.error("expected a valid escape sequence"));
                    }
                }
                '\n' => return Err(self.error("expected a closing quote on the same line")),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        Err(self.error("expected a closing quote"))
    }
}

/// Appends what a Go escape sequence stands for, whose first letter was just read.
fn escape(
    letter: char,
    rest: &mut impl Iterator<Item = (usize, char)>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let simple = match letter {
        'x' => {
            out.push(u8::try_from(number("", rest, 2, 16)?).ok()?);
            return Some(());
        }
        '0'..='7' => {
            out.push(u8::try_from(number(&letter.to_string(), rest, 2, 8)?).ok()?);
            return Some(());
        }
        'u' | 'U' => char::from_u32(number("", rest, if letter == 'u' { 4 } else { 8 }, 16)?)?,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' | '"' => letter,
        _ => return None,
    };
    out.extend_from_slice(simple.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}

/// A number with exactly so many more digits.
fn number(
    first: &str,
    rest: &mut impl Iterator<Item = (usize, char)>,
    digits: usize,
    radix: u32,
) -> Option<u32> {
    let mut value = first.chars().next().and_then(|c| c.to_digit(radix)).unwrap_or(0);
    for _ in 0..digits {
        let digit = rest.next()?.1.to_digit(radix)?;
        value = value.checked_mul(radix)?.checked_add(digit)?;
    }
    Some(value)
}
