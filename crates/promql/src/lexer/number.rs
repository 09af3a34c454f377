//! Shapes of numbers and durations; whether a well-shaped number has a value is decided later.
//! Source of semantics: Prometheus 3.14, `scanNumber` and `acceptRemainingDuration`.

use crate::token::TokenKind;

/// Two dialects differ in what `x` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `0x1f` is a number.
    Expression,
    /// `0x3` is three repetitions of zero.
    Series,
}

/// Cursor over bytes; the end of the text reads as `None`.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn is(&self, set: impl Fn(u8) -> bool) -> bool {
        self.peek().is_some_and(set)
    }

    fn accept(&mut self, set: impl Fn(u8) -> bool) -> bool {
        let accepted = self.is(set);
        self.at += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, set: impl Fn(u8) -> bool) {
        while self.accept(&set) {}
    }
}

/// Reads a number or a duration: how many bytes were looked at, and which it is, if any.
pub(crate) fn scan_number_or_duration(text: &[u8]) -> (usize, Option<TokenKind>) {
    let (length, well_formed) = scan_number(text, Dialect::Expression);
    if well_formed {
        return (length, Some(TokenKind::Number));
    }
    let mut cursor = Cursor { text, at: length };
    if rest_of_duration(&mut cursor) {
        return (cursor.at, Some(TokenKind::Duration));
    }
    (cursor.at, None)
}

/// Reads a number: how many bytes were looked at, and whether they form one.
pub(crate) fn scan_number(text: &[u8], dialect: Dialect) -> (usize, bool) {
    let mut cursor = Cursor { text, at: 0 };
    let hexadecimal = dialect == Dialect::Expression
        && cursor.accept(|byte| byte == b'0')
        && cursor.accept(|byte| matches!(byte, b'x' | b'X'));
    if hexadecimal {
        cursor.accept(|byte| byte == b'_');
    }
    let well_formed = digits(&mut cursor, hexadecimal) && cursor.at > 0;
    let repeats = dialect == Dialect::Series && cursor.peek() == Some(b'x');
    let ends = repeats || !cursor.is(is_alphanumeric);
    (cursor.at, well_formed && ends)
}

/// Digits with at most one dot and one exponent; underscores between digits.
fn digits(cursor: &mut Cursor<'_>, hexadecimal: bool) -> bool {
    let digit = move |byte: u8| {
        if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() }
    };
    let exponent = |byte: u8| matches!(byte, b'e' | b'E');
    // What may not follow an exponent or an underscore.
    let clash = |byte: u8| matches!(byte, b'.' | b'_' | b'e' | b'E');
    let (mut dot_seen, mut exponent_seen) = (false, false);
    cursor.accept(|byte| byte == b'.');
    cursor.accept(digit);
    loop {
        if cursor.accept(|byte| byte == b'.') {
            let broken = dot_seen || cursor.accept(|byte| matches!(byte, b'_' | b'.'));
            if broken || hexadecimal {
                return false;
            }
            dot_seen = true;
        } else if cursor.accept(exponent) {
            if exponent_seen {
                return false;
            }
            exponent_seen = true;
            cursor.accept(|byte| matches!(byte, b'+' | b'-'));
            if cursor.accept(clash) || cursor.peek().is_none() {
                return false;
            }
        } else if cursor.accept(|byte| byte == b'_') {
            if cursor.accept(clash) || cursor.peek().is_none() {
                return false;
            }
        } else if cursor.is(digit) {
            cursor.accept_run(digit);
        } else {
            return true;
        }
    }
}

/// Behind the first digits of a duration: a unit, then more digits with units. A wrong unit such
/// as `hs` is found when the duration is read.
fn rest_of_duration(cursor: &mut Cursor<'_>) -> bool {
    if !cursor.accept(|byte| b"smhdwy".contains(&byte)) {
        return false;
    }
    cursor.accept(|byte| byte == b's');
    while cursor.accept(|byte| byte.is_ascii_digit()) {
        cursor.accept_run(|byte| byte.is_ascii_digit());
        if !cursor.accept(|byte| b"smhdw".contains(&byte)) {
            return false;
        }
        cursor.accept(|byte| byte == b's');
    }
    // A letter directly behind it is shown in the error, so it counts as looked at.
    !cursor.accept(is_alphanumeric)
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
