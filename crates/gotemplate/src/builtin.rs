//! Go's own template functions: comparisons, `index`, `len`, `printf` and their like.
//! Called by the evaluator, which itself does `and` and `or`: they leave out arguments.
//! Semantics and messages: Go's text/template, funcs.go.

use crate::escape;
use crate::fmt::{self, Sink};
use crate::types::{IntType, Type};
use crate::value::{List, Value};
use std::cmp::Ordering;

/// A function that every template has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    Urlquery,
}

impl Builtin {
    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "call" => Self::Call,
            "eq" => Self::Eq,
            "ge" => Self::Ge,
            "gt" => Self::Gt,
            "html" => Self::Html,
            "index" => Self::Index,
            "js" => Self::Js,
            "le" => Self::Le,
            "len" => Self::Len,
            "lt" => Self::Lt,
            "ne" => Self::Ne,
            "not" => Self::Not,
            "or" => Self::Or,
            "print" => Self::Print,
            "printf" => Self::Printf,
            "println" => Self::Println,
            "slice" => Self::Slice,
            "urlquery" => Self::Urlquery,
            _ => return None,
        })
    }

    /// Types of the arguments, and whether the last one repeats.
    pub(crate) fn parameters(self) -> (&'static [Type], bool) {
        match self {
            Self::Len | Self::Not => (&[Type::Any], false),
            Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => {
                (&[Type::Any, Type::Any], false)
            }
            Self::And | Self::Or | Self::Call | Self::Index | Self::Slice | Self::Eq => {
                (&[Type::Any, Type::Any], true)
            }
            Self::Printf => (&[Type::String, Type::Any], true),
            Self::Html | Self::Js | Self::Print | Self::Println | Self::Urlquery => {
                (&[Type::Any], true)
            }
        }
    }

    /// Calls the function; texts above `bytes_max` are refused.
    pub(crate) fn call(self, arguments: &[Value], bytes_max: usize) -> Result<Value, String> {
        let mut out = Sink::new(bytes_max);
        let (first, rest) = match arguments.split_first() {
            Some((first, rest)) => (first, rest),
            None => (&Value::Absent, arguments),
        };
        let second = rest.first().unwrap_or(&Value::Absent);
        match self {
            // The evaluator stops at the argument that decides.
            Self::And | Self::Or => return Ok(arguments.last().unwrap_or(first).clone()),
            Self::Call => return Err(not_callable(first)),
            Self::Eq => return equals_any(first, rest).map(Value::Bool),
            Self::Ne => return Ok(Value::Bool(!equals(first, second)?)),
            Self::Lt => return less(first, second).map(Value::Bool),
            Self::Le => return less_or_equal(first, second).map(Value::Bool),
            Self::Gt => return Ok(Value::Bool(!less_or_equal(first, second)?)),
            Self::Ge => return Ok(Value::Bool(!less(first, second)?)),
            Self::Index => {
                return rest.iter().try_fold(indexable(first)?, |item, key| index(&item, key));
            }
            Self::Slice => return slice(first, rest),
            Self::Len => return length(first).map(Value::int),
            Self::Not => return Ok(Value::Bool(!first.is_true())),
            Self::Print => fmt::print(&mut out, arguments),
            Self::Println => fmt::println(&mut out, arguments),
            Self::Printf => fmt::printf(&mut out, first.as_str().unwrap_or_default(), rest),
            Self::Html => escape::html(&mut out, &joined(arguments, bytes_max)?),
            Self::Js => escape::js(&mut out, &joined(arguments, bytes_max)?),
            Self::Urlquery => escape::url_query(&mut out, &joined(arguments, bytes_max)?),
        }
        text(out, bytes_max)
    }
}

fn text(out: Sink, bytes_max: usize) -> Result<Value, String> {
    out.finish().map(Value::from).ok_or_else(|| too_long(bytes_max))
}

/// The complaint about a text that is too long.
pub(crate) fn too_long(bytes_max: usize) -> String {
    format!("result is longer than {bytes_max} bytes")
}

/// Arguments as one text, as the output would show them.
pub(crate) fn joined(arguments: &[Value], bytes_max: usize) -> Result<String, String> {
    if let [Value::String(text)] = arguments {
        return Ok(text.to_string());
    }
    let mut out = Sink::new(bytes_max);
    if let [only] = arguments {
        fmt::show(&mut out, only);
    } else {
        let shown = |value: &Value| match value {
            Value::Absent | Value::Nil => Value::from("<no value>"),
            value => value.clone(),
        };
        let arguments: Vec<Value> = arguments.iter().map(shown).collect();
        fmt::print(&mut out, &arguments);
    }
    out.finish().ok_or_else(|| too_long(bytes_max))
}

fn not_callable(value: &Value) -> String {
    match value.type_of() {
        None => "call of nil".into(),
        Some(kind) => format!("non-function of type {kind}"),
    }
}

/// Kinds that can be compared and ordered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Basic {
    Bool,
    Int,
    Uint,
    Float,
    String,
    Other,
}

fn basic(value: &Value) -> Basic {
    match value {
        Value::Bool(_) => Basic::Bool,
        Value::Int(IntType::Uint8, _) => Basic::Uint,
        Value::Int(..) => Basic::Int,
        Value::Float(_) => Basic::Float,
        Value::String(_) | Value::Safe(..) => Basic::String,
        _ => Basic::Other,
    }
}

fn incompatible(a: &Value, b: &Value) -> String {
    format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name())
}

fn equals_any(first: &Value, rest: &[Value]) -> Result<bool, String> {
    if rest.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for other in rest {
        if equals(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equals(a: &Value, b: &Value) -> Result<bool, String> {
    let nothing = |value: &Value| matches!(value, Value::Absent | Value::Nil);
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Int(_, a), Value::Int(_, b)) => Ok(a == b),
        (Value::Float(a), Value::Float(b)) => Ok(a == b),
        _ if basic(a) == Basic::String && basic(b) == Basic::String => Ok(a.as_str() == b.as_str()),
        _ if nothing(a) || nothing(b) => Ok(nothing(a) && nothing(b)),
        (Value::Time(a), Value::Time(b)) => Ok(a == b),
        (Value::Location(a), Value::Location(b)) => Ok(a == b),
        (Value::Struct(a), Value::Struct(b)) if a.kind().pointer && b.kind().pointer => {
            Ok(std::ptr::eq(a.values(), b.values()))
        }
        _ if basic(a) != basic(b) => Err(incompatible(a, b)),
        _ if std::mem::discriminant(a) != std::mem::discriminant(b) => {
            let (shown, other) = (as_text(a), fmt::shown(b));
            Err(format!(
                "non-comparable types {shown}: {}, {}: {other}",
                a.type_name(),
                b.type_name()
            ))
        }
        _ => Err(format!("non-comparable type {}: {}", as_text(b), b.type_name())),
    }
}

/// The value under `%s`, as the complaints about comparisons show it.
fn as_text(value: &Value) -> String {
    let mut out = Sink::new(256);
    fmt::printf(&mut out, "%s", std::slice::from_ref(value));
    out.cut()
}

fn less(a: &Value, b: &Value) -> Result<bool, String> {
    let ordering = match (a, b) {
        (Value::Int(_, a), Value::Int(_, b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        _ if basic(a) == Basic::Other || basic(b) == Basic::Other => {
            return Err("invalid type for comparison".into());
        }
        _ if basic(a) != basic(b) => return Err(incompatible(a, b)),
        _ if basic(a) == Basic::Bool => return Err("invalid type for comparison".into()),
        _ => Some(a.as_str().cmp(&b.as_str())),
    };
    Ok(ordering == Some(Ordering::Less))
}

fn less_or_equal(a: &Value, b: &Value) -> Result<bool, String> {
    Ok(less(a, b)? || equals(a, b)?)
}

fn length(value: &Value) -> Result<i64, String> {
    let length = match value {
        Value::String(text) | Value::Safe(_, text) => text.len(),
        Value::List(list) => list.items().len(),
        Value::Map(map) => map.entries().len(),
        Value::Absent | Value::Nil => return Err("len of nil pointer".into()),
        other => return Err(format!("len of type {}", other.type_name())),
    };
    i64::try_from(length).map_err(|error| error.to_string())
}

fn indexable(value: &Value) -> Result<Value, String> {
    match value {
        Value::Absent | Value::Nil => Err("index of untyped nil".into()),
        value => Ok(value.clone()),
    }
}

fn index(item: &Value, key: &Value) -> Result<Value, String> {
    match item {
        Value::List(list) => {
            let at = position(key, list.items().len())?;
            list.items().get(at).cloned().ok_or_else(|| "reflect: slice index out of range".into())
        }
        Value::String(text) | Value::Safe(_, text) => {
            let at = position(key, text.len())?;
            let byte = text.as_bytes().get(at).ok_or("reflect: string index out of range")?;
            Ok(Value::Int(IntType::Uint8, i64::from(*byte)))
        }
        Value::Map(map) => match key {
            Value::String(name) => Ok(map.get_or_zero(name)),
            Value::Absent | Value::Nil => Err("value is nil; should be of type string".into()),
            other => Err(format!("value has type {}; should be string", other.type_name())),
        },
        Value::Absent | Value::Nil => Err("index of nil pointer".into()),
        other => Err(format!("can't index item of type {}", other.type_name())),
    }
}

/// An index from 0 to the length.
fn position(key: &Value, length: usize) -> Result<usize, String> {
    match key {
        Value::Int(_, number) => usize::try_from(*number)
            .ok()
            .filter(|at| *at <= length)
            .ok_or_else(|| format!("index out of range: {number}")),
        Value::Absent | Value::Nil => Err("cannot index slice/array with nil".into()),
        other => Err(format!("cannot index slice/array with type {}", other.type_name())),
    }
}

fn slice(item: &Value, indexes: &[Value]) -> Result<Value, String> {
    let length = match item {
        Value::Absent | Value::Nil => return Err("slice of untyped nil".into()),
        _ if indexes.len() > 3 => return Err(format!("too many slice indexes: {}", indexes.len())),
        Value::String(_) | Value::Safe(..) if indexes.len() == 3 => {
            return Err("cannot 3-index slice a string".into());
        }
        Value::String(text) | Value::Safe(_, text) => text.len(),
        Value::List(list) => list.items().len(),
        other => return Err(format!("can't slice item of type {}", other.type_name())),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, length)?;
    }
    let [from, to, capacity] = bounds;
    for (low, high) in [(from, to), (to, capacity)] {
        if low > high {
            return Err(format!("invalid slice index: {low} > {high}"));
        }
    }
    Ok(match item {
        Value::List(list) => Value::List(List::new(list.kind(), list.items()[from..to].to_vec())),
        Value::Safe(kind, text) => Value::Safe(*kind, bytes(text, from, to).into()),
        other => Value::from(bytes(other.as_str().unwrap_or_default(), from, to)),
    })
}

/// Bytes of a text; characters that are cut apart become U+FFFD.
fn bytes(text: &str, from: usize, to: usize) -> String {
    String::from_utf8_lossy(&text.as_bytes()[from..to]).into_owned()
}
