//! Scalars and what they mean as booleans and numbers.
//! Rules of Go's yaml.v2 (YAML 1.1 words, octal with a leading zero), since Prometheus' files
//! rely on them: `yes` is true, `1_000` is a number, and a text field takes any scalar as written.

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes: may be null, a boolean or a number.
    Plain,
    /// In quotes: always text.
    Quoted,
    /// `|` block: the text begins on a line of its own.
    Literal,
    /// `>` block: like a literal block, but lines are joined.
    Folded,
}

/// A scalar with its text after unquoting.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) style: Style,
    /// `!!str` or another tag makes a plain scalar text.
    pub(crate) forced_text: bool,
}

impl Scalar {
    fn is_plain(&self) -> bool {
        self.style == Style::Plain && !self.forced_text
    }

    pub(crate) fn is_null(&self) -> bool {
        self.is_plain() && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// What the scalar is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_null() {
            "nothing"
        } else if self.bool().is_some() {
            "a boolean"
        } else if self.float().is_some() {
            "a number"
        } else {
            "a text"
        }
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        if !self.is_plain() {
            return None;
        }
        match self.text.as_str() {
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                Some(true)
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off"
            | "OFF" => Some(false),
            _ => None,
        }
    }

    /// A whole number: decimal, `0x`, `0b`, `0o` or a leading zero (octal), with `_` anywhere.
    pub(crate) fn integer(&self) -> Option<i128> {
        if !self.is_plain() {
            return None;
        }
        let plain: String = self.text.chars().filter(|&c| c != '_').collect();
        let (negative, digits) = match plain.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
        };
        let (radix, digits) = match digits.as_bytes() {
            [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
            [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
            [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
            [b'0', _, ..] => (8, &digits[1..]),
            _ => (10, digits),
        };
        let bare = digits.starts_with(|c: char| c.is_ascii_hexdigit());
        let value = bare.then(|| i128::from_str_radix(digits, radix).ok()).flatten();
        value.map(|value| if negative { -value } else { value }).or_else(|| self.whole_float())
    }

    /// `1e6` counts as a whole number, as it does upstream.
    fn whole_float(&self) -> Option<i128> {
        let float = self.decimal_float()?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53: exact")]
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i128)
    }

    pub(crate) fn float(&self) -> Option<f64> {
        if !self.is_plain() {
            return None;
        }
        match self.text.as_str() {
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => return Some(f64::NEG_INFINITY),
            ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
            _ => {}
        }
        self.decimal_float().or_else(|| self.integer().map(|value| value as f64))
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, so no `inf` and no `nan`.
    fn decimal_float(&self) -> Option<f64> {
        let text = self.text.as_str();
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let octal =
            digits.len() > 1 && digits.starts_with('0') && !digits.contains(['.', 'e', 'E']);
        (self.is_plain() && begins && !octal).then(|| text.parse().ok()).flatten()
    }
}

#[cfg(test)]
mod tests;
