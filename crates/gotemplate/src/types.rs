//! Types of values, as far as templates can tell them apart: names for messages, kinds for
//! comparisons, methods, and what may be passed where. Semantics: Go's reflect package.

use crate::value::{List, Map, Struct, Value};
use std::fmt;

/// A type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`: takes every value.
    Any,
    /// `bool`
    Bool,
    /// `int` and the types made of integers.
    Int(IntType),
    /// `float64`
    Float,
    /// `string`
    String,
    /// Text that needs no escaping where it fits.
    Safe(SafeType),
    /// A list.
    List(&'static ListType),
    /// A map with text keys.
    Map(&'static MapType),
    /// A struct.
    Struct(&'static StructType),
    /// `time.Time`
    Time,
    /// `*time.Location`
    Location,
}

/// Types that are integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntType {
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint8`, a byte of a text.
    Uint8,
    /// `time.Duration`, in nanoseconds.
    Duration,
    /// `time.Month`, from 1.
    Month,
    /// `time.Weekday`, Sunday is 0.
    Weekday,
}

impl IntType {
    /// Type of texts made of it in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Duration => "time.Duration",
            Self::Month => "time.Month",
            Self::Weekday => "time.Weekday",
        }
    }
}

/// Where a text needs no escaping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafeType {
    /// `template.HTML`
    Html,
    /// `template.URL`
    Url,
}

impl SafeType {
    fn name(self) -> &'static str {
        match self {
            Self::Html => "template.HTML",
            Self::Url => "template.URL",
        }
    }
}

/// A type of lists.
#[derive(Debug)]
pub struct ListType {
    /// Its name in messages, `template.Alerts` for example.
    pub name: &'static str,
    /// The same without a name of its own, `[]template.Alert` for example.
    pub underlying: &'static str,
    /// Type of the elements.
    pub element: Type,
    /// What can be called on it.
    pub methods: &'static [Method],
    /// How it prints, when not as `[a b]`.
    pub print: Option<fn(&List) -> String>,
}

/// A type of maps from texts.
#[derive(Debug)]
pub struct MapType {
    /// Its name in messages.
    pub name: &'static str,
    /// The same without a name of its own.
    pub underlying: &'static str,
    /// Type of the values; it decides what a missing key gives.
    pub element: Type,
    /// What can be called on it.
    pub methods: &'static [Method],
    /// How it prints, when not as `map[a:b]`.
    pub print: Option<fn(&Map) -> String>,
}

/// A type of structs.
#[derive(Debug)]
pub struct StructType {
    /// Its name in messages.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// Values are pointers to it.
    pub pointer: bool,
}

/// A field of a struct.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its name in JSON.
    pub json: &'static str,
    /// Its type.
    pub kind: Type,
}

/// Something that can be called on a value: `.Name argument...`.
#[derive(Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Types of its arguments.
    pub parameters: &'static [Type],
    /// What it does; the first argument is the receiver.
    pub call: fn(&Value, &[Value]) -> Result<Value, String>,
}

macro_rules! same_by_address {
    ($($name:ty),*) => {$(
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                std::ptr::eq(self, other)
            }
        }
        impl Eq for $name {}
    )*};
}
same_by_address!(ListType, MapType, StructType);

/// `[]interface {}`
pub(crate) static ANY_LIST: ListType = ListType {
    name: "[]interface {}",
    underlying: "[]interface {}",
    element: Type::Any,
    methods: &[],
    print: None,
};

/// `[]string`
pub(crate) static STRINGS: ListType = ListType {
    name: "[]string",
    underlying: "[]string",
    element: Type::String,
    methods: &[],
    print: None,
};

/// `map[string]interface {}`
pub(crate) static ANY_MAP: MapType = MapType {
    name: "map[string]interface {}",
    underlying: "map[string]interface {}",
    element: Type::Any,
    methods: &[],
    print: None,
};

/// `map[string]string`
pub(crate) static STRING_MAP: MapType = MapType {
    name: "map[string]string",
    underlying: "map[string]string",
    element: Type::String,
    methods: &[],
    print: None,
};

impl Type {
    /// Can `nil` be passed for it?
    pub(crate) fn takes_nil(self) -> bool {
        match self {
            Self::Any | Self::List(_) | Self::Map(_) | Self::Location => true,
            Self::Struct(kind) => kind.pointer,
            Self::Bool | Self::Int(_) | Self::Float | Self::String | Self::Safe(_) | Self::Time => {
                false
            }
        }
    }

    /// Can a value of this type be passed for `other`?
    pub(crate) fn fits(self, other: Self) -> bool {
        let underlying = |a: (&str, &str), b: (&str, &str)| {
            a.0 == b.0 || a.1 == b.1 && (a.0 == a.1 || b.0 == b.1)
        };
        match (self, other) {
            (_, Self::Any) => true,
            (Self::List(a), Self::List(b)) => {
                underlying((a.name, a.underlying), (b.name, b.underlying))
            }
            (Self::Map(a), Self::Map(b)) => {
                underlying((a.name, a.underlying), (b.name, b.underlying))
            }
            (a, b) => a == b,
        }
    }

    /// What a field or key of this type holds before anything is put there.
    pub(crate) fn zero(self) -> Value {
        match self {
            Self::Bool => Value::Bool(false),
            Self::Int(kind) => Value::Int(kind, 0),
            Self::Float => Value::Float(0.0),
            Self::String => Value::from(""),
            Self::Safe(kind) => Value::Safe(kind, "".into()),
            Self::List(kind) => Value::List(List::new(kind, Vec::new())),
            Self::Map(kind) => Value::Map(Map::new(kind, Vec::new())),
            Self::Struct(kind) if !kind.pointer => {
                let fields = kind.fields.iter().map(|field| field.kind.zero()).collect();
                Value::Struct(Struct::new(kind, fields))
            }
            Self::Time => Value::Time(crate::time::Time::ZERO),
            Self::Any | Self::Struct(_) | Self::Location => Value::Nil,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Int(kind) => kind.name(),
            Self::Float => "float64",
            Self::String => "string",
            Self::Safe(kind) => kind.name(),
            Self::List(kind) => kind.name,
            Self::Map(kind) => kind.name,
            Self::Struct(kind) => {
                let pointer = if kind.pointer { "*" } else { "" };
                return write!(f, "{pointer}{}", kind.name);
            }
            Self::Time => "time.Time",
            Self::Location => "*time.Location",
        })
    }
}
