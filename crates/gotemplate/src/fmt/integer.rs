//! Integers under Go's verbs: bases, signs, precision and zero padding.

use super::directive::Flags;

/// An integer in a base, padded and signed as the flags say.
pub(super) fn format(value: i64, base: u32, verb: char, flags: &Flags) -> String {
    let sign = match value {
        ..0 => "-",
        _ if flags.plus => "+",
        _ if flags.space => " ",
        _ => "",
    };
    let magnitude = value.unsigned_abs();
    let digits_min = match (flags.precision, flags.width) {
        (Some(0), _) if value == 0 => return " ".repeat(flags.width.unwrap_or(0)),
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(sign.len()),
        _ => 0,
    };
    let mut digits = in_base(magnitude, base);
    if verb == 'X' {
        digits.make_ascii_uppercase();
    }
    let zeros = "0".repeat(digits_min.saturating_sub(digits.len()));
    let prefix = match base {
        2 if flags.sharp => "0b",
        8 if verb == 'O' => "0o",
        8 if flags.sharp && zeros.is_empty() && !digits.starts_with('0') => "0",
        16 if flags.sharp && verb == 'X' => "0X",
        16 if flags.sharp => "0x",
        _ => "",
    };
    format!("{sign}{prefix}{zeros}{digits}")
}

fn in_base(value: u64, base: u32) -> String {
    match base {
        2 => format!("{value:b}"),
        8 => format!("{value:o}"),
        16 => format!("{value:x}"),
        _ => value.to_string(),
    }
}
