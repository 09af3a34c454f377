//! YAML texts as plain values, for texts that are rendered later and may hold any of them.
//! Rules of Go's yaml.v2, as for files; places do not matter here.

use crate::yaml::{self, Content, Node, Scalar};
use serde_json::{Map, Number, Value};

/// The value of a YAML text; `None` when the text is not YAML as a whole, says nothing but comments
/// or holds several documents. An empty text is null.
///
/// Upstream takes the beginning of a text that is YAML, so that `[FIRING:1] HostDown` becomes a
/// list (prometheus/alertmanager#5012); here it stays a text.
///
/// Keys of maps that are no texts are taken as written; an infinite number is a text.
pub fn yaml_value(text: &str) -> Option<Value> {
    if text.trim().is_empty() {
        return Some(Value::Null);
    }
    yaml::only_document(text).map(|root| of_node(&root))
}

fn of_node(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(scalar) => of_scalar(scalar),
        Content::List(items) => items.iter().map(of_node).collect(),
        Content::Map(entries) => {
            let entry =
                |(key, value): &(Node, Node)| Some((key.scalar()?.text.clone(), of_node(value)));
            Value::Object(entries.iter().filter_map(entry).collect::<Map<_, _>>())
        }
    }
}

fn of_scalar(scalar: &Scalar) -> Value {
    if scalar.is_null() {
        return Value::Null;
    }
    if let Some(value) = scalar.bool() {
        return Value::Bool(value);
    }
    let is_fraction = scalar.text.contains(['.', 'e', 'E']) && !scalar.text.starts_with("0x");
    let whole = scalar.integer().filter(|_| !is_fraction);
    if let Some(whole) = whole.and_then(|whole| i64::try_from(whole).ok()) {
        return whole.into();
    }
    let number = scalar.float().and_then(Number::from_f64);
    number.map_or_else(|| Value::String(scalar.text.clone()), Value::Number)
}

#[cfg(test)]
mod tests;
