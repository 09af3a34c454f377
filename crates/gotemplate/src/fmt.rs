//! Prints values as Go's fmt package does: `Sprint`, `Sprintln`, `Sprintf` with all its verbs.
//! Used for output, for `print`, `printf` and `println`, and for messages.
//! Pointers print as what they point to: addresses say nothing and differ from run to run.

mod directive;
mod float;
mod integer;
mod quote;
mod sink;
mod verbs;

pub(crate) use quote::{is_print, quote};
pub(crate) use sink::Sink;

use crate::value::Value;
use directive::Flags;
use verbs::Printer;

/// `fmt.Sprint`: a space between two values when neither is a text.
pub(crate) fn print(out: &mut Sink, values: &[Value]) {
    let mut previous_is_text = true;
    for (index, value) in values.iter().enumerate() {
        let is_text = matches!(value, Value::String(_) | Value::Safe(..));
        if index > 0 && !is_text && !previous_is_text {
            out.push(" ");
        }
        verb_v(out, value);
        previous_is_text = is_text;
    }
}

/// `fmt.Sprintln`: a space between any two values and a line feed at the end.
pub(crate) fn println(out: &mut Sink, values: &[Value]) {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(" ");
        }
        verb_v(out, value);
    }
    out.push("\n");
}

/// `fmt.Sprintf`.
pub(crate) fn printf(out: &mut Sink, format: &str, values: &[Value]) {
    directive::print(out, format, values);
}

/// How the output shows a value: nothing and nil as `<no value>`.
pub(crate) fn show(out: &mut Sink, value: &Value) {
    match value {
        Value::Absent | Value::Nil => out.push("<no value>"),
        value => Printer::following(out).argument(value, 'v'),
    }
}

/// `%v` of a value, for messages.
pub(crate) fn shown(value: &Value) -> String {
    let mut out = Sink::new(256);
    verb_v(&mut out, value);
    out.cut()
}

/// `%.4g` of a number, as the humanizing functions write.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    float::format(value, 'g', Some(digits), false)
}

/// A float without exponent, with the shortest digits.
pub(crate) fn fixed(value: f64) -> String {
    float::format(value, 'f', None, false)
}

/// A float with exponent, with the shortest digits.
pub(crate) fn exponent(value: f64) -> String {
    float::format(value, 'e', None, false)
}

fn verb_v(out: &mut Sink, value: &Value) {
    Printer::new(out, Flags::default()).argument(value, 'v');
}

#[cfg(test)]
mod tests;
