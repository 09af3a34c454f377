//! JSON as Go's encoding/json writes it: sorted keys, `<`, `>` and `&` escaped, floats in its
//! notation. For `toJson` and for values inside scripts.

use crate::builtin::too_long;
use crate::fmt::{self, Sink};
use crate::value::Value;

/// A value as JSON; texts above `bytes_max` are refused.
pub(crate) fn to_json(value: &Value, bytes_max: usize) -> Result<String, String> {
    let mut out = Sink::new(bytes_max);
    write(&mut out, value)?;
    out.finish().ok_or_else(|| too_long(bytes_max))
}

fn write(out: &mut Sink, value: &Value) -> Result<(), String> {
    if out.is_full() {
        return Ok(());
    }
    match value {
        Value::Absent | Value::Nil => out.push("null"),
        Value::Bool(value) => out.push(if *value { "true" } else { "false" }),
        Value::Int(_, number) => out.push(&number.to_string()),
        Value::Float(number) => out.push(&float(*number)?),
        Value::String(text) | Value::Safe(_, text) => string(out, text),
        Value::Time(time) => string(out, &time.rfc3339()),
        Value::Location(_) => out.push("{}"),
        Value::List(list) => {
            out.push("[");
            for (index, item) in list.items().iter().enumerate() {
                out.push(if index > 0 { "," } else { "" });
                write(out, item)?;
            }
            out.push("]");
        }
        Value::Map(map) => {
            let entries = map.entries().iter().map(|(key, value)| (&**key, value));
            object(out, entries)?;
        }
        Value::Struct(fields) => {
            let names = fields.kind().fields.iter().map(|field| field.json);
            object(out, names.zip(fields.values()))?;
        }
    }
    Ok(())
}

fn object<'v>(
    out: &mut Sink,
    entries: impl Iterator<Item = (&'v str, &'v Value)>,
) -> Result<(), String> {
    out.push("{");
    for (index, (key, value)) in entries.enumerate() {
        out.push(if index > 0 { "," } else { "" });
        string(out, key);
        out.push(":");
        write(out, value)?;
    }
    out.push("}");
    Ok(())
}

fn string(out: &mut Sink, text: &str) {
    out.push("\"");
    for c in text.chars() {
        match c {
            '"' => out.push("\\\""),
            '\\' => out.push("\\\\"),
            '\n' => out.push("\\n"),
            '\r' => out.push("\\r"),
            '\t' => out.push("\\t"),
            '\x08' => out.push("\\b"),
            '\x0c' => out.push("\\f"),
            '<' | '>' | '&' | '\0'..' ' | '\u{2028}' | '\u{2029}' => {
                out.push(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push_char(c),
        }
    }
    out.push("\"");
}

/// A float: without exponent between 1e-6 and 1e21, with the shortest exponent elsewhere.
fn float(number: f64) -> Result<String, String> {
    if !number.is_finite() {
        return Err(format!("json: unsupported value: {}", fmt::shown(&Value::Float(number))));
    }
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return Ok(fmt::fixed(number));
    }
    Ok(fmt::exponent(number).replace("e-0", "e-"))
}
