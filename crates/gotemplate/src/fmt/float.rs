//! Floats in Go's notations (strconv.FormatFloat): shortest or rounded digits, `%e %f %g %x %b`.
//! Rust's formatting gives the same correctly rounded digits; the layout is written here.

/// Digits after which a float has only zeros; longer precisions are filled up.
const DIGITS_MAX: usize = 1100;

/// A float in the notation of `verb` (`e E f F g G x X b`), with a sign only when negative.
///
/// Without precision the shortest digits are taken that give the same float back; `keeps_zeros`
/// leaves the zeros that `%g` drops (the `#` flag).
pub(super) fn format(
    value: f64,
    verb: char,
    precision: Option<usize>,
    keeps_zeros: bool,
) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let value = value.abs();
    let text = match verb {
        'e' | 'E' => exponent(value, precision),
        'f' | 'F' => fixed(value, precision),
        'x' | 'X' => hexadecimal(value, precision),
        'b' => binary(value),
        _ => general(value, precision, keeps_zeros),
    };
    let text = if verb.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text };
    format!("{sign}{text}")
}

/// Decimal digits, without zeros at the end, and where the point stands: `0.DIGITS * 10^point`.
struct Decimal {
    digits: String,
    point: i32,
}

impl Decimal {
    fn new(value: f64, digits: Option<usize>) -> Self {
        let text = match digits {
            None => format!("{value:e}"),
            Some(count) => format!("{value:.*e}", count.clamp(1, DIGITS_MAX) - 1),
        };
        let (mantissa, power) = text.split_once('e').expect("{:e} writes an e");
        let digits = mantissa.replace('.', "");
        let power: i32 = power.parse().expect("{:e} writes a decimal power");
        let digits = digits.trim_end_matches('0').to_owned();
        Self { point: if digits.is_empty() { 0 } else { power + 1 }, digits }
    }

    /// Digit at a place of the decimal notation, 0 is the one before the point's next.
    fn digit(&self, index: i32) -> char {
        let digit = usize::try_from(index).ok().and_then(|index| self.digits.as_bytes().get(index));
        digit.map_or('0', |digit| char::from(*digit))
    }

    fn count(&self) -> i32 {
        i32::try_from(self.digits.len()).expect("at most 1100 digits")
    }
}

fn exponent(value: f64, precision: Option<usize>) -> String {
    let decimal = Decimal::new(value, precision.map(|precision| precision + 1));
    let decimals = precision.unwrap_or_else(|| decimal.digits.len().saturating_sub(1));
    exponent_of(&decimal, decimals)
}

fn exponent_of(decimal: &Decimal, decimals: usize) -> String {
    let mut text = String::with_capacity(decimals + 8);
    text.push(decimal.digit(0));
    if decimals > 0 {
        text.push('.');
        let given = decimal.digits.get(1..).unwrap_or_default();
        text.push_str(&given[..given.len().min(decimals)]);
        text.extend(std::iter::repeat_n('0', decimals.saturating_sub(given.len())));
    }
    let power = if decimal.digits.is_empty() { 0 } else { decimal.point - 1 };
    let sign = if power < 0 { '-' } else { '+' };
    text + &format!("e{sign}{:02}", power.unsigned_abs())
}

fn fixed(value: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision else {
        // Display writes the shortest digits without exponent.
        return format!("{value}");
    };
    let exact = precision.min(DIGITS_MAX);
    let mut text = format!("{value:.exact$}");
    text.extend(std::iter::repeat_n('0', precision - exact));
    text
}

fn general(value: f64, precision: Option<usize>, keeps_zeros: bool) -> String {
    let precision = precision.map(|precision| precision.max(1));
    let decimal = Decimal::new(value, precision);
    let count = decimal.count();
    let wanted = precision.map_or(count, |precision| i32::try_from(precision).unwrap_or(i32::MAX));
    let mut most = wanted;
    if most > count && count >= decimal.point {
        most = count;
    }
    if precision.is_none() || keeps_zeros && precision == Some(6) && most < 6 {
        most = 6;
    }
    let power = decimal.point - 1;
    let text = if power < -4 || power >= most {
        exponent_of(&decimal, usize::try_from(count - 1).unwrap_or(0))
    } else {
        plain(&decimal)
    };
    if keeps_zeros { with_zeros(&text, usize::try_from(wanted.max(1)).unwrap_or(1)) } else { text }
}

/// The digits without exponent.
fn plain(decimal: &Decimal) -> String {
    let mut text = String::new();
    if decimal.point > 0 {
        text.extend((0..decimal.point).map(|index| decimal.digit(index)));
    } else {
        text.push('0');
    }
    if decimal.count() > decimal.point {
        text.push('.');
        text.extend((decimal.point..decimal.count()).map(|index| decimal.digit(index)));
    }
    text
}

/// Fills a number up to so many significant digits, with a point in any case.
fn with_zeros(text: &str, digits: usize) -> String {
    let (mantissa, power) = text.split_at(text.find('e').unwrap_or(text.len()));
    let significant = mantissa.trim_start_matches(['0', '.']).chars().filter(|c| *c != '.').count();
    let point = if mantissa.contains('.') { "" } else { "." };
    let zeros = digits.saturating_sub(significant.max(usize::from(mantissa == "0")));
    format!("{mantissa}{point}{}{power}", "0".repeat(zeros.min(DIGITS_MAX)))
}

/// Fills the fraction of a hexadecimal float up to four digits (the `#` flag).
pub(super) fn with_hexadecimal_zeros(text: &str) -> String {
    let Some((mantissa, power)) = text.split_once(['p', 'P']) else { return text.to_owned() };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let p = if text.contains('P') { 'P' } else { 'p' };
    format!("{whole}.{fraction:0<4}{p}{power}")
}

const MANTISSA_BITS: u32 = 52;

/// Mantissa with its leading bit, and power of two of its last bit.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << MANTISSA_BITS) - 1);
    let biased = i32::try_from(bits >> MANTISSA_BITS & 0x7ff).expect("eleven bits");
    if biased == 0 { (fraction, -1074) } else { (fraction | 1 << MANTISSA_BITS, biased - 1075) }
}

fn binary(value: f64) -> String {
    let (mantissa, power) = parts(value);
    format!("{mantissa}p{power:+}")
}

fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut power) = parts(value);
    power = if mantissa == 0 { 0 } else { power + 60 };
    // The leading 1 goes to bit 60, so that 15 hexadecimal digits follow it.
    while mantissa != 0 && mantissa & 1 << 60 == 0 {
        mantissa <<= 1;
        power -= 1;
    }
    if let Some(digits) = precision.filter(|digits| *digits < 15) {
        let shift = (15 - digits) * 4;
        let extra = mantissa & ((1 << shift) - 1);
        mantissa >>= shift;
        let half = 1u64 << (shift - 1);
        mantissa += u64::from(extra > half || extra == half && mantissa & 1 == 1);
        mantissa <<= shift;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            power += 1;
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let digits = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(count) => format!("{digits:0<count$.count$}", count = count.min(DIGITS_MAX)),
    };
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if power < 0 { '-' } else { '+' };
    format!("0x{}{point}{digits}p{sign}{:02}", mantissa >> 60, power.unsigned_abs())
}
