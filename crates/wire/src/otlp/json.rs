//! OTLP/JSON as the protobuf bytes that mean the same, by a table of messages. As the standard
//! demands: names in `camelCase` (`snake_case` is taken too), ids in hexadecimal, enumerations as
//! numbers (their names are taken too), 64-bit numbers as texts or numbers, unknown names skipped.

use crate::WireError;
use crate::protobuf::put_varint;
use serde_json::Value;

/// Objects and lists within each other, at most: `serde_json`'s own bound.
pub const JSON_DEPTH_MAX: usize = 128;

/// How a field is written.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Bool,
    /// int64 and enumerations.
    Varint,
    Zigzag,
    Fixed64,
    Double,
    /// Bytes in hexadecimal.
    Hex,
    /// Bytes in base64.
    Base64,
    Message(&'static [Slot]),
    /// `AnyValue`, which may hold itself.
    Any,
    /// `KeyValue`.
    Pair,
}

/// Name, field number, form.
struct Slot(&'static str, u64, Form);

use Form::{Any, Base64, Bool, Double, Fixed64, Hex, Message, Pair, Text, Varint, Zigzag};

const REQUEST: &[Slot] = &[Slot("resourceMetrics", 1, Message(RESOURCE_METRICS))];
const RESOURCE_METRICS: &[Slot] = &[
    Slot("resource", 1, Message(&[Slot("attributes", 1, Pair)])),
    Slot("scopeMetrics", 2, Message(SCOPE_METRICS)),
];
const SCOPE_METRICS: &[Slot] = &[
    Slot("scope", 1, Message(SCOPE)),
    Slot("metrics", 2, Message(METRIC)),
    Slot("schemaUrl", 3, Text),
];
const SCOPE: &[Slot] =
    &[Slot("name", 1, Text), Slot("version", 2, Text), Slot("attributes", 3, Pair)];
const KEY_VALUE: &[Slot] = &[Slot("key", 1, Text), Slot("value", 2, Any)];
const ANY_VALUE: &[Slot] = &[
    Slot("stringValue", 1, Text),
    Slot("boolValue", 2, Bool),
    Slot("intValue", 3, Varint),
    Slot("doubleValue", 4, Double),
    Slot("arrayValue", 5, Message(&[Slot("values", 1, Any)])),
    Slot("kvlistValue", 6, Message(&[Slot("values", 1, Pair)])),
    Slot("bytesValue", 7, Base64),
];
const METRIC: &[Slot] = &[
    Slot("name", 1, Text),
    Slot("description", 2, Text),
    Slot("unit", 3, Text),
    Slot("gauge", 5, Message(&[Slot("dataPoints", 1, Message(NUMBER))])),
    Slot(
        "sum",
        7,
        Message(&[
            Slot("dataPoints", 1, Message(NUMBER)),
            Slot("aggregationTemporality", 2, Varint),
            Slot("isMonotonic", 3, Bool),
        ]),
    ),
    Slot(
        "histogram",
        9,
        Message(&[
            Slot("dataPoints", 1, Message(HISTOGRAM)),
            Slot("aggregationTemporality", 2, Varint),
        ]),
    ),
    Slot(
        "exponentialHistogram",
        10,
        Message(&[
            Slot("dataPoints", 1, Message(EXPONENTIAL)),
            Slot("aggregationTemporality", 2, Varint),
        ]),
    ),
    Slot("summary", 11, Message(&[Slot("dataPoints", 1, Message(SUMMARY))])),
];
const NUMBER: &[Slot] = &[
    Slot("attributes", 7, Pair),
    Slot("startTimeUnixNano", 2, Fixed64),
    Slot("timeUnixNano", 3, Fixed64),
    Slot("asDouble", 4, Double),
    Slot("asInt", 6, Fixed64),
    Slot("exemplars", 5, Message(EXEMPLAR)),
    Slot("flags", 8, Varint),
];
const HISTOGRAM: &[Slot] = &[
    Slot("attributes", 9, Pair),
    Slot("startTimeUnixNano", 2, Fixed64),
    Slot("timeUnixNano", 3, Fixed64),
    Slot("count", 4, Fixed64),
    Slot("sum", 5, Double),
    Slot("bucketCounts", 6, Fixed64),
    Slot("explicitBounds", 7, Double),
    Slot("exemplars", 8, Message(EXEMPLAR)),
    Slot("flags", 10, Varint),
];
const EXPONENTIAL: &[Slot] = &[
    Slot("attributes", 1, Pair),
    Slot("startTimeUnixNano", 2, Fixed64),
    Slot("timeUnixNano", 3, Fixed64),
    Slot("count", 4, Fixed64),
    Slot("sum", 5, Double),
    Slot("scale", 6, Zigzag),
    Slot("zeroCount", 7, Fixed64),
    Slot("positive", 8, Message(BUCKETS)),
    Slot("negative", 9, Message(BUCKETS)),
    Slot("flags", 10, Varint),
    Slot("exemplars", 11, Message(EXEMPLAR)),
    Slot("zeroThreshold", 14, Double),
];
const BUCKETS: &[Slot] = &[Slot("offset", 1, Zigzag), Slot("bucketCounts", 2, Varint)];
const SUMMARY: &[Slot] = &[
    Slot("attributes", 7, Pair),
    Slot("startTimeUnixNano", 2, Fixed64),
    Slot("timeUnixNano", 3, Fixed64),
    Slot("count", 4, Fixed64),
    Slot("sum", 5, Double),
    Slot("quantileValues", 6, Message(&[Slot("quantile", 1, Double), Slot("value", 2, Double)])),
    Slot("flags", 8, Varint),
];
const EXEMPLAR: &[Slot] = &[
    Slot("filteredAttributes", 7, Pair),
    Slot("timeUnixNano", 2, Fixed64),
    Slot("asDouble", 3, Double),
    Slot("asInt", 6, Fixed64),
    Slot("spanId", 4, Hex),
    Slot("traceId", 5, Hex),
];

/// Names of `AggregationTemporality`.
const ENUMERATIONS: [(&str, u64); 3] = [
    ("AGGREGATION_TEMPORALITY_UNSPECIFIED", 0),
    ("AGGREGATION_TEMPORALITY_DELTA", 1),
    ("AGGREGATION_TEMPORALITY_CUMULATIVE", 2),
];

/// An `ExportMetricsServiceRequest` in JSON as protobuf. A tree of the JSON stands in memory
/// meanwhile, up to 40 bytes for a byte of it: bound the body accordingly.
///
/// # Errors
/// `Malformed`: no JSON, or a value of another type than its field; the path says which.
/// `TooLarge`: a longer body than `len_max`.
pub fn protobuf_of_json(body: &[u8], len_max: usize) -> Result<Vec<u8>, WireError> {
    if body.len() > len_max {
        let text = format!("otlp: json: {} bytes, at most {len_max} accepted", body.len());
        return Err(WireError::too_large(len_max, text));
    }
    let tree: Value = serde_json::from_slice(body)
        .map_err(|error| WireError::malformed(0, format!("otlp: json: {error}")))?;
    let mut out = Vec::with_capacity(body.len() / 2);
    put_message(&tree, REQUEST, &mut out).map_err(|fault| {
        let path = fault.path.iter().rev().cloned().collect::<Vec<_>>().join(".");
        let path = if path.is_empty() { "request".to_owned() } else { path };
        WireError::malformed(0, format!("otlp: json: {path}: {}", fault.text))
    })?;
    Ok(out)
}

/// What is wrong, and names from the inside out.
struct Fault {
    path: Vec<String>,
    text: String,
}

impl Fault {
    fn expected(what: &str, found: &Value) -> Self {
        let mut found = found.to_string();
        if let Some((end, _)) = found.char_indices().nth(40) {
            found.truncate(end);
        }
        Self { path: Vec::new(), text: format!("{what} expected, found {found}") }
    }

    fn within(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }
}

fn put_message(tree: &Value, slots: &[Slot], out: &mut Vec<u8>) -> Result<(), Fault> {
    let Value::Object(members) = tree else { return Err(Fault::expected("an object", tree)) };
    for (name, value) in members {
        let Some(Slot(known, number, form)) = slots.iter().find(|slot| is_named(slot.0, name))
        else {
            continue;
        };
        put_field(value, *number, *form, out).map_err(|fault| fault.within(known))?;
    }
    Ok(())
}

/// The `camelCase` name or its `snake_case` form.
fn is_named(camel: &str, name: &str) -> bool {
    if camel == name {
        return true;
    }
    let mut chars = name.chars();
    let same = camel.chars().all(|c| {
        if c.is_ascii_uppercase() {
            return chars.next() == Some('_') && chars.next() == Some(c.to_ascii_lowercase());
        }
        chars.next() == Some(c)
    });
    same && chars.next().is_none()
}

fn put_field(value: &Value, number: u64, form: Form, out: &mut Vec<u8>) -> Result<(), Fault> {
    match value {
        Value::Null => Ok(()),
        Value::Array(values) => values.iter().enumerate().try_for_each(|(index, value)| {
            put_one(value, number, form, out).map_err(|fault| fault.within(&index.to_string()))
        }),
        value => put_one(value, number, form, out),
    }
}

fn put_one(value: &Value, number: u64, form: Form, out: &mut Vec<u8>) -> Result<(), Fault> {
    match form {
        Text => match value {
            Value::String(text) => put_bytes(number, text.as_bytes(), out),
            _ => return Err(Fault::expected("a text", value)),
        },
        Bool => match value {
            Value::Bool(truth) => put_number(number, u64::from(*truth), out),
            _ => return Err(Fault::expected("true or false", value)),
        },
        Varint => put_number(number, whole(value)?, out),
        Zigzag => {
            let signed = whole(value)?.cast_signed();
            put_number(number, ((signed << 1) ^ (signed >> 63)).cast_unsigned(), out);
        }
        Fixed64 => put_eight(number, whole(value)?, out),
        Double => put_eight(number, double(value)?.to_bits(), out),
        Hex => put_bytes(number, &decoded(value, "hexadecimal digits", hex)?, out),
        Base64 => put_bytes(number, &decoded(value, "base64", base64)?, out),
        Message(slots) => return put_inner(value, number, slots, out),
        Any => return put_inner(value, number, ANY_VALUE, out),
        Pair => return put_inner(value, number, KEY_VALUE, out),
    }
    Ok(())
}

fn put_inner(value: &Value, number: u64, slots: &[Slot], out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut inner = Vec::new();
    put_message(value, slots, &mut inner)?;
    put_bytes(number, &inner, out);
    Ok(())
}

fn put_number(number: u64, value: u64, out: &mut Vec<u8>) {
    put_varint(number << 3, out);
    put_varint(value, out);
}

fn put_eight(number: u64, bits: u64, out: &mut Vec<u8>) {
    put_varint(number << 3 | 1, out);
    out.extend_from_slice(&bits.to_le_bytes());
}

fn put_bytes(number: u64, bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(number << 3 | 2, out);
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A 64-bit number, signed ones as their two's complement.
fn whole(value: &Value) -> Result<u64, Fault> {
    let parsed = match value {
        Value::Number(number) => {
            let signed = || number.as_i64().map(i64::cast_unsigned);
            number.as_u64().or_else(signed).or_else(|| whole_double(number.as_f64()?))
        }
        Value::String(text) => {
            let signed = || text.parse().ok().map(i64::cast_unsigned);
            let named = || ENUMERATIONS.iter().find(|(name, _)| name == text).map(|(_, n)| *n);
            text.parse().ok().or_else(signed).or_else(named)
        }
        _ => None,
    };
    parsed.ok_or_else(|| Fault::expected("a whole number", value))
}

/// `1e3` and `5.0` are whole numbers too.
fn whole_double(value: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^53 and whole")]
    let whole = (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64);
    whole.map(i64::cast_unsigned)
}

fn double(value: &Value) -> Result<f64, Fault> {
    let parsed = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            "NaN" => Some(f64::from_bits(model::NORMAL_NAN_BITS)),
            text => text.parse().ok().filter(|value: &f64| value.is_finite()),
        },
        _ => None,
    };
    parsed.ok_or_else(|| Fault::expected("a number", value))
}

fn decoded(
    value: &Value,
    what: &str,
    decode: fn(&[u8]) -> Option<Vec<u8>>,
) -> Result<Vec<u8>, Fault> {
    let text = value.as_str().ok_or_else(|| Fault::expected(what, value))?;
    decode(text.as_bytes()).ok_or_else(|| Fault::expected(what, value))
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.chunks(2)
        .map(|pair| {
            let [high, low] = pair else { return None };
            u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
        })
        .collect()
}

/// RFC 4648, either alphabet, with or without padding.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held).to_le_bytes()[0]);
        }
    }
    Some(out)
}
