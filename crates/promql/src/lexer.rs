//! Lexer of PromQL expressions: text in, tokens with places out; never fails twice.
//! Source of semantics: Prometheus 3.14, `promql/parser/lex.go`; what a character means depends on
//! the innermost bracket: plain text, `{...}` of a selector, or `[...]` of a range.

mod number;
mod quoted;
#[cfg(test)]
mod tests;

pub(crate) use number::{Dialect, scan_number};
pub(crate) use quoted::scan_string;

use crate::ast::{BinaryOp, Place};
use crate::token::{Token, TokenKind, Word, reserved_word};

/// Why the lexer stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LexError {
    pub(crate) message: String,
    /// The offending character, number or string.
    pub(crate) place: Place,
}

/// Reads tokens from left to right.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    source: &'a str,
    at: usize,
    /// Where the token being read begins.
    start: usize,
    parens: u32,
    bracket: Bracket,
    braces_open: bool,
    /// A duration was seen in any range so far (upstream never forgets it).
    duration_seen: bool,
    error: Option<LexError>,
}

/// Where in `[...]` the lexer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bracket {
    Closed,
    /// In front of a duration: words other than `step`, `range`, ... are refused.
    BeforeDuration,
    /// Behind a duration: operators, `:` and `]` follow.
    AfterDuration {
        colon_seen: bool,
    },
}

/// What is wrong and how many bytes from the token's start show it; at least one character.
struct Fault {
    message: String,
    length: usize,
}

impl<T: Into<String>> From<T> for Fault {
    fn from(message: T) -> Self {
        Self { message: message.into(), length: 0 }
    }
}

type Scan = Result<Option<TokenKind>, Fault>;

impl<'a> Lexer<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            start: 0,
            parens: 0,
            bracket: Bracket::Closed,
            braces_open: false,
            duration_seen: false,
            error: None,
        }
    }

    /// Why a [`TokenKind::Bad`] token was returned.
    pub(crate) fn error(&self) -> Option<&LexError> {
        self.error.as_ref()
    }

    /// The next token; after the end or an error always the same one.
    pub(crate) fn next_token(&mut self) -> Token {
        while self.error.is_none() {
            self.start = self.at;
            match self.scan() {
                Ok(Some(kind)) => {
                    return Token { kind, place: Place { start: self.start, end: self.at } };
                }
                Ok(None) => {}
                Err(fault) => self.error = Some(self.located(fault)),
            }
        }
        let end = self.source.len();
        Token { kind: TokenKind::Bad, place: Place { start: end, end } }
    }

    fn located(&self, fault: Fault) -> LexError {
        let rest = &self.source[self.start..];
        let one = rest.chars().next().map_or(0, char::len_utf8);
        let end = self.start + fault.length.clamp(one, rest.len());
        LexError { message: fault.message, place: Place { start: self.start, end } }
    }

    /// Reads one token, or skips spaces and comments (`None`).
    fn scan(&mut self) -> Scan {
        let Some(c) = self.peek() else { return self.end() };
        match c {
            ' ' | '\t' | '\n' | '\r' => {
                self.at += 1;
                Ok(None)
            }
            '#' if self.bracket != Bracket::BeforeDuration => {
                self.skip_comment();
                Ok(None)
            }
            _ if self.braces_open => self.in_braces(c),
            _ if self.bracket == Bracket::BeforeDuration => self.before_duration(c),
            _ => self.statement(c),
        }
    }

    fn end(&self) -> Scan {
        if self.braces_open {
            Err("unexpected end of input inside braces".into())
        } else if self.bracket == Bracket::BeforeDuration {
            Err("unexpected end of input in duration expression".into())
        } else if self.parens != 0 {
            Err("unclosed left parenthesis".into())
        } else if self.bracket != Bracket::Closed {
            Err("unclosed left bracket".into())
        } else {
            Ok(Some(TokenKind::End))
        }
    }

    /// Outside of braces, and in brackets behind a duration.
    fn statement(&mut self, c: char) -> Scan {
        match c {
            '0'..='9' => self.number(),
            '.' if self.peek_at(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            '"' | '\'' | '`' => self.string(),
            'a'..='z' | 'A'..='Z' | '_' | ':' => match self.bracket {
                Bracket::Closed => Ok(Some(self.word())),
                Bracket::BeforeDuration => self.word_in_bracket(c, false),
                Bracket::AfterDuration { colon_seen } => self.word_in_bracket(c, colon_seen),
            },
            '(' | ')' => self.paren(c),
            '{' => {
                self.braces_open = true;
                self.take(1, TokenKind::LeftBrace)
            }
            '[' => self.open_bracket(),
            ']' => self.close_bracket(),
            ',' => self.take(1, TokenKind::Comma),
            '@' => self.take(1, TokenKind::At),
            '=' | '!' | '<' | '>' => self.comparison(c),
            _ => match arithmetic(c) {
                Some(op) => self.take(1, TokenKind::Operator(op)),
                None => Err(format!("unexpected character: {}", quote_char(Some(c))).into()),
            },
        }
    }

    fn comparison(&mut self, c: char) -> Scan {
        let next = self.peek_at(1);
        let (length, op) = match (c, next) {
            ('=', Some('=')) => (2, BinaryOp::Equal),
            ('=', Some('~')) => return Err("unexpected character after '=': '~'".into()),
            ('=', _) => return self.take(1, TokenKind::Assign),
            ('!', Some('=')) => (2, BinaryOp::NotEqual),
            ('!', _) => {
                return Err(format!("unexpected character after '!': {}", quote_char(next)).into());
            }
            ('<', Some('=')) => (2, BinaryOp::LessOrEqual),
            ('<', Some('/')) => (2, BinaryOp::TrimUpper),
            ('<', _) => (1, BinaryOp::Less),
            (_, Some('=')) => (2, BinaryOp::GreaterOrEqual),
            (_, Some('/')) => (2, BinaryOp::TrimLower),
            (_, _) => (1, BinaryOp::Greater),
        };
        self.take(length, TokenKind::Operator(op))
    }

    fn paren(&mut self, c: char) -> Scan {
        if c == '(' {
            self.parens += 1;
            return self.take(1, TokenKind::LeftParen);
        }
        if self.parens == 0 {
            // Upstream has taken the parenthesis already when it complains.
            self.start = self.at + 1;
            return Err("unexpected right parenthesis ')'".into());
        }
        self.parens -= 1;
        self.take(1, TokenKind::RightParen)
    }

    fn open_bracket(&mut self) -> Scan {
        if self.bracket != Bracket::Closed {
            return Err("unexpected left bracket '['".into());
        }
        self.bracket = Bracket::BeforeDuration;
        self.take(1, TokenKind::LeftBracket)
    }

    fn close_bracket(&mut self) -> Scan {
        if self.bracket == Bracket::Closed {
            return Err("unexpected right bracket ']'".into());
        }
        self.bracket = Bracket::Closed;
        self.take(1, TokenKind::RightBracket)
    }

    /// Inside brackets before the first number: `step()`, `-(`, a number, or the end of it.
    fn before_duration(&mut self, c: char) -> Scan {
        let unexpected = || {
            Err(format!("unexpected character in duration expression: {}", quote_char(Some(c)))
                .into())
        };
        match c {
            '0'..='9' => self.number(),
            '.' if self.peek_at(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            'a'..='z' | 'A'..='Z' | '_' => match self.duration_word() {
                Some(kind) => Ok(Some(kind)),
                None => unexpected(),
            },
            ':' if !self.duration_seen => {
                self.start = self.at + 1;
                Err("unexpected colon before duration in duration expression".into())
            }
            ':' => {
                self.bracket = Bracket::AfterDuration { colon_seen: true };
                self.take(1, TokenKind::Colon)
            }
            '(' | ')' => self.paren(c),
            ']' => self.close_bracket(),
            ',' => self.take(1, TokenKind::Comma),
            _ => match arithmetic(c) {
                Some(op) => self.take(1, TokenKind::Operator(op)),
                None => unexpected(),
            },
        }
    }

    fn word_in_bracket(&mut self, c: char, colon_seen: bool) -> Scan {
        if c == ':' && colon_seen {
            return Err("unexpected colon ':'".into());
        }
        if c == ':' {
            self.bracket = Bracket::AfterDuration { colon_seen: true };
            return self.take(1, TokenKind::Colon);
        }
        match self.duration_word() {
            Some(kind) => Ok(Some(kind)),
            None => {
                Err(format!("unexpected character: {}, expected ':'", quote_char(Some(c))).into())
            }
        }
    }

    /// `step`, `range`, `min_of`, `max_of` in any case; nothing is consumed otherwise.
    fn duration_word(&mut self) -> Option<TokenKind> {
        let word = run(self.rest(), |byte| byte.is_ascii_alphabetic() || byte == b'_');
        match reserved_word(word)? {
            kind @ TokenKind::Word(Word::Step | Word::Range | Word::MinOf | Word::MaxOf) => {
                self.at += word.len();
                Some(kind)
            }
            _ => None,
        }
    }

    fn in_braces(&mut self, c: char) -> Scan {
        match (c, self.peek_at(1)) {
            ('a'..='z' | 'A'..='Z' | '_', _) => {
                let name = run(self.rest(), is_word_byte);
                self.take(name.len(), TokenKind::Identifier)
            }
            ('"' | '\'' | '`', _) => self.string(),
            (',', _) => self.take(1, TokenKind::Comma),
            ('=', Some('~')) => self.take(2, TokenKind::RegexMatch),
            ('=', _) => self.take(1, TokenKind::Assign),
            ('!', Some('~')) => self.take(2, TokenKind::RegexNoMatch),
            ('!', Some('=')) => self.take(2, TokenKind::Operator(BinaryOp::NotEqual)),
            ('!', next) => {
                let found = quote_char(next);
                Err(format!("unexpected character after '!' inside braces: {found}").into())
            }
            ('{', _) => Err("unexpected left brace '{'".into()),
            ('}', _) => {
                self.braces_open = false;
                self.take(1, TokenKind::RightBrace)
            }
            (c, _) => {
                Err(format!("unexpected character inside braces: {}", quote_char(Some(c))).into())
            }
        }
    }

    fn word(&mut self) -> TokenKind {
        let word = run(self.rest(), |byte| is_word_byte(byte) || byte == b':');
        self.at += word.len();
        match reserved_word(word) {
            // `fill + fill` are metrics; only `fill(` is the modifier.
            Some(TokenKind::Word(Word::Fill | Word::FillLeft | Word::FillRight))
                if !self.paren_follows() =>
            {
                TokenKind::Identifier
            }
            Some(kind) => kind,
            None if word.contains(':') => TokenKind::MetricIdentifier,
            None => TokenKind::Identifier,
        }
    }

    fn paren_follows(&self) -> bool {
        self.rest().trim_start_matches([' ', '\t', '\n', '\r']).starts_with('(')
    }

    fn number(&mut self) -> Scan {
        let (length, kind) = number::scan_number_or_duration(self.rest().as_bytes());
        let Some(kind) = kind else {
            let text = &self.rest()[..length];
            let message = format!("bad number or duration syntax: {}", model::quote(text));
            return Err(Fault { message, length });
        };
        if let Bracket::BeforeDuration = self.bracket {
            self.bracket = Bracket::AfterDuration { colon_seen: false };
            self.duration_seen = true;
        }
        self.take(length, kind)
    }

    fn string(&mut self) -> Scan {
        let whole_line = |message| {
            let length = self.rest().find('\n').unwrap_or(self.rest().len());
            Fault { message, length }
        };
        let length = scan_string(self.rest()).map_err(whole_line)?;
        self.take(length, TokenKind::String)
    }

    fn skip_comment(&mut self) {
        let comment = self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
        self.at += comment;
    }

    #[expect(clippy::unnecessary_wraps, reason = "the common last step of the scanning functions")]
    fn take(&mut self, length: usize, kind: TokenKind) -> Scan {
        self.at += length;
        Ok(Some(kind))
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_at(&self, index: usize) -> Option<char> {
        self.rest().chars().nth(index)
    }
}

const fn arithmetic(c: char) -> Option<BinaryOp> {
    match c {
        '+' => Some(BinaryOp::Add),
        '-' => Some(BinaryOp::Sub),
        '*' => Some(BinaryOp::Mul),
        '/' => Some(BinaryOp::Div),
        '%' => Some(BinaryOp::Mod),
        '^' => Some(BinaryOp::Pow),
        _ => None,
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Longest prefix of bytes that satisfy `belongs` (ASCII only, so it ends at a character).
fn run(text: &str, belongs: impl Fn(u8) -> bool) -> &str {
    let length = text.bytes().take_while(|byte| byte.is_ascii() && belongs(*byte)).count();
    &text[..length]
}

/// A character as Go's `%q` shows a rune; the end of the text is the replacement character.
pub(crate) fn quote_char(c: Option<char>) -> String {
    match c {
        None => "'\u{fffd}'".into(),
        Some('\'') => "'\\''".into(),
        Some('"') => "'\"'".into(),
        Some(c) => {
            let quoted = model::quote(c.encode_utf8(&mut [0; 4])).to_string();
            format!("'{}'", quoted.trim_matches('"'))
        }
    }
}
