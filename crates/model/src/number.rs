//! Floats in the notations of Go's `strconv.FormatFloat` with the shortest digits, which clients
//! compare in labels, annotations and printed queries.

/// Notation `f`: never an exponent, infinities with their sign. `0.000001`, `+Inf`, `NaN`.
pub fn go_decimal(value: f64) -> String {
    special(value).map_or_else(|| value.to_string(), str::to_owned)
}

/// Notation `e`: always an exponent, with a sign and at least two digits. `1.5e+03`.
pub fn go_exponent(value: f64) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    let (digits, exponent) = scientific(value);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Notation `g`, also Go's `%v`: an exponent below 1e-4 and from 1e6 on. `123456`, `1e+06`.
///
/// Whether to write an exponent is decided as if there were six digits, however many follow.
pub fn go_general(value: f64) -> String {
    let plain = special(value).is_some() || value == 0.0;
    if plain || (-4..6).contains(&scientific(value).1) {
        go_decimal(value)
    } else {
        go_exponent(value)
    }
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("+Inf")
    } else if value == f64::NEG_INFINITY {
        Some("-Inf")
    } else {
        None
    }
}

/// Shortest digits with a point behind the first, and the exponent of ten, of a finite number.
fn scientific(value: f64) -> (String, i32) {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').expect("`{:e}` writes an exponent");
    (digits.to_owned(), exponent.parse().expect("`{:e}` writes an integer exponent"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_are_those_of_go() {
        let cases = [
            (0.0, "0", "0e+00", "0"),
            (-0.0, "-0", "-0e+00", "-0"),
            (1.5, "1.5", "1.5e+00", "1.5"),
            (1e-4, "0.0001", "1e-04", "0.0001"),
            (-2.5e-5, "-0.000025", "-2.5e-05", "-2.5e-05"),
            (123_456.0, "123456", "1.23456e+05", "123456"),
            (1e6, "1000000", "1e+06", "1e+06"),
            (1_234_567.5, "1234567.5", "1.2345675e+06", "1.2345675e+06"),
            (1e300, &format!("1{}", "0".repeat(300)), "1e+300", "1e+300"),
            (f64::INFINITY, "+Inf", "+Inf", "+Inf"),
            (f64::NEG_INFINITY, "-Inf", "-Inf", "-Inf"),
            (f64::NAN, "NaN", "NaN", "NaN"),
        ];
        for (value, decimal, exponent, general) in cases {
            assert_eq!(go_decimal(value), decimal);
            assert_eq!(go_exponent(value), exponent);
            assert_eq!(go_general(value), general);
        }
    }
}
