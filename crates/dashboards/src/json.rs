//! Small questions to JSON objects whose shape nobody guarantees.
//! Every reader of foreign dashboards asks through here; nothing panics on a wrong type.

use serde_json::{Map, Value};

/// A JSON object.
pub type Object = Map<String, Value>;

/// Longest piece of foreign text that a message repeats.
const SHOWN_CHARS_MAX: usize = 80;

/// A text member.
pub(crate) fn text<'o>(object: &'o Object, key: &str) -> Option<&'o str> {
    object.get(key).and_then(Value::as_str)
}

/// A text member that is not empty.
pub(crate) fn filled<'o>(object: &'o Object, key: &str) -> Option<&'o str> {
    text(object, key).filter(|text| !text.is_empty())
}

/// A finite number, also one that is written as text, as Angular panels do.
pub(crate) fn number(value: Option<&Value>) -> Option<f64> {
    let number = match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|number| number.is_finite())
}

/// A number as JSON, whole ones without a fraction.
pub(crate) fn from_number(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked: whole and below 2^53")]
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Value::from(number as i64);
    }
    Value::from(number)
}

/// A whole number within bounds.
pub(crate) fn whole(value: Option<&Value>, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and then it is clamped")]
    number(value).map(|number| (number as i64).clamp(*range.start(), *range.end()))
}

/// What JavaScript takes for true.
pub(crate) fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(bool)) => *bool,
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number != 0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(_) | Value::Object(_)) => true,
    }
}

/// An object member.
pub(crate) fn object<'o>(object: &'o Object, key: &str) -> Option<&'o Object> {
    object.get(key).and_then(Value::as_object)
}

/// An object member; what is there and no object is replaced by an empty one.
pub(crate) fn child<'o>(object: &'o mut Object, key: &str) -> &'o mut Object {
    let member = object.entry(key).or_insert(Value::Null);
    if !member.is_object() {
        *member = Value::Object(Object::new());
    }
    member.as_object_mut().expect("made an object above")
}

/// The elements of a list member.
pub(crate) fn list<'o>(object: &'o Object, key: &str) -> &'o [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list member; what is there and no list is replaced by an empty one.
pub(crate) fn list_mut<'o>(object: &'o mut Object, key: &str) -> &'o mut Vec<Value> {
    let member = object.entry(key).or_insert(Value::Null);
    if !member.is_array() {
        *member = Value::Array(Vec::new());
    }
    member.as_array_mut().expect("made a list above")
}

/// Takes the elements of a list member out.
pub(crate) fn take_list(object: &mut Object, key: &str) -> Vec<Value> {
    match object.remove(key) {
        Some(Value::Array(list)) => list,
        Some(_) | None => Vec::new(),
    }
}

/// Takes an object member out; an empty one when there is none.
pub(crate) fn take_object(object: &mut Object, key: &str) -> Object {
    match object.remove(key) {
        Some(Value::Object(object)) => object,
        Some(_) | None => Object::new(),
    }
}

/// Sets what is missing or null.
pub(crate) fn default_to(object: &mut Object, key: &str, value: impl Into<Value>) {
    if object.get(key).is_none_or(Value::is_null) {
        object.insert(key.to_owned(), value.into());
    }
}

/// Sets a member.
pub(crate) fn set(object: &mut Object, key: &str, value: impl Into<Value>) {
    object.insert(key.to_owned(), value.into());
}

/// Foreign text in quotes, short enough for a message.
pub(crate) fn shown(text: &str) -> String {
    let cut = text.char_indices().nth(SHOWN_CHARS_MAX).map(|(end, _)| &text[..end]);
    match cut {
        Some(beginning) => format!("{}...", model::quote(beginning)),
        None => model::quote(text).to_string(),
    }
}
