//! Matchers as alertmanager.yml and amtool write them: `severity="page", team=~"a|b"`.
//! Alertmanager's UTF-8 grammar: names and values are bare words or Go-quoted texts, braces
//! around the list are optional. Used by routes here, by silences and inhibitions elsewhere.

use model::{MatchOp, Matcher};

/// Letters that end a bare word.
const RESERVED: &str = "{}!=~,\\\"'`";

/// Reads a list of matchers; the error says what is wrong and at which character, from 1.
pub fn parse_matchers(text: &str) -> Result<Vec<Matcher>, String> {
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
        format!("matcher {}: {expected}, found {found} at {column}", model::quote(self.text))
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

    /// A Go string in double quotes.
    fn quoted(&mut self) -> Result<String, String> {
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' => {
                    let Some((_, escaped)) = chars.next() else { break };
                    match escape(escaped, &mut chars) {
                        Some(c) => out.push(c),
                        None => return Err(self.error("expected a valid escape sequence")),
                    }
                }
                '\n' => return Err(self.error("expected a closing quote on the same line")),
                c => out.push(c),
            }
        }
        Err(self.error("expected a closing quote"))
    }
}

/// The character of a Go escape sequence whose letter was just read.
fn escape(letter: char, rest: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let text: String = rest.take(digits).map(|(_, c)| c).collect();
        let code = u32::from_str_radix(&text, 16).ok().filter(|_| text.len() == digits)?;
        return char::from_u32(code);
    }
    Some(match letter {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' | '"' => letter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
