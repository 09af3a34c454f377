//! Values that templates compute with: what a Go template sees of Go's values.
//! Given by the caller as data, taken and returned by functions, printed by `fmt`.
//! Cheap to copy: texts, lists and maps are shared.

use crate::time::{Time, Zone};
use crate::types::{
    ANY_LIST, ANY_MAP, IntType, ListType, MapType, STRING_MAP, STRINGS, SafeType, StructType, Type,
};
use std::sync::Arc;

/// A value and its type.
#[derive(Clone, Debug)]
pub enum Value {
    /// No value at all: prints `<no value>`, has every field.
    Absent,
    /// A nil interface or pointer: prints `<no value>` or `<nil>`, has no field.
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(IntType, i64),
    /// A `float64`.
    Float(f64),
    /// A text. Go's may hold any bytes; ours are UTF-8, what is cut apart becomes U+FFFD.
    String(Arc<str>),
    /// A text that needs no escaping where it fits.
    Safe(SafeType, Arc<str>),
    /// A list.
    List(List),
    /// A map with text keys.
    Map(Map),
    /// A struct or a pointer to one.
    Struct(Struct),
    /// An instant in a time zone.
    Time(Time),
    /// A time zone.
    Location(Zone),
}

impl Value {
    /// An `int`.
    pub fn int(value: i64) -> Self {
        Self::Int(IntType::Int, value)
    }

    /// A `time.Duration`.
    pub fn duration(nanoseconds: i64) -> Self {
        Self::Int(IntType::Duration, nanoseconds)
    }

    /// A `[]string`.
    pub fn strings(items: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        let items = items.into_iter().map(|item| Self::String(item.into())).collect();
        Self::List(List::new(&STRINGS, items))
    }

    /// A `[]interface {}`.
    pub fn any_list(items: Vec<Self>) -> Self {
        Self::List(List::new(&ANY_LIST, items))
    }

    /// A `map[string]string`; of equal keys the last one stays.
    pub fn string_map<K, V>(entries: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<Arc<str>>,
        V: Into<Arc<str>>,
    {
        Self::Map(Map::of_strings(&STRING_MAP, entries))
    }

    /// A `map[string]interface {}`; of equal keys the last one stays.
    pub fn any_map(entries: Vec<(Arc<str>, Self)>) -> Self {
        Self::Map(Map::new(&ANY_MAP, entries))
    }

    /// Its type; nothing and nil have none.
    pub fn type_of(&self) -> Option<Type> {
        Some(match self {
            Self::Absent | Self::Nil => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(kind, _) => Type::Int(*kind),
            Self::Float(_) => Type::Float,
            Self::String(_) => Type::String,
            Self::Safe(kind, _) => Type::Safe(*kind),
            Self::List(list) => Type::List(list.kind),
            Self::Map(map) => Type::Map(map.kind),
            Self::Struct(value) => Type::Struct(value.kind),
            Self::Time(_) => Type::Time,
            Self::Location(_) => Type::Location,
        })
    }

    /// Name of its type.
    pub(crate) fn type_name(&self) -> String {
        self.type_of().map_or_else(|| "nil".into(), |kind| kind.to_string())
    }

    /// Is it true in the sense of `if`: not false, not zero, not empty?
    pub fn is_true(&self) -> bool {
        match self {
            Self::Absent | Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(_, value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::String(text) | Self::Safe(_, text) => !text.is_empty(),
            Self::List(list) => !list.items.is_empty(),
            Self::Map(map) => !map.entries.is_empty(),
            Self::Struct(_) | Self::Time(_) | Self::Location(_) => true,
        }
    }

    /// Levels of lists, maps and structs in it.
    pub(crate) fn depth(&self) -> u8 {
        match self {
            Self::List(list) => list.depth,
            Self::Map(map) => map.depth,
            Self::Struct(value) => value.depth,
            _ => 0,
        }
    }

    /// The text it is, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Safe(_, text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

/// A list of values.
#[derive(Clone, Debug)]
pub struct List {
    kind: &'static ListType,
    items: Arc<[Value]>,
    depth: u8,
}

impl List {
    /// A list; the items must be of the type's elements.
    pub fn new(kind: &'static ListType, items: Vec<Value>) -> Self {
        let depth = deepest(items.iter());
        Self { kind, items: items.into(), depth }
    }

    /// Its type.
    pub fn kind(&self) -> &'static ListType {
        self.kind
    }

    /// Its items.
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

/// A map from texts, sorted by them.
#[derive(Clone, Debug)]
pub struct Map {
    kind: &'static MapType,
    entries: Arc<[(Arc<str>, Value)]>,
    depth: u8,
}

impl Map {
    /// A map; the values must be of the type's elements. Of equal keys the last one stays.
    pub fn new(kind: &'static MapType, mut entries: Vec<(Arc<str>, Value)>) -> Self {
        if !entries.is_sorted_by(|a, b| a.0 < b.0) {
            entries.reverse();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries.dedup_by(|later, earlier| later.0 == earlier.0);
        }
        let depth = deepest(entries.iter().map(|entry| &entry.1));
        Self { kind, entries: entries.into(), depth }
    }

    /// A map of texts.
    pub fn of_strings<K, V>(
        kind: &'static MapType,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Self
    where
        K: Into<Arc<str>>,
        V: Into<Arc<str>>,
    {
        let entries = entries.into_iter().map(|(k, v)| (k.into(), Value::String(v.into())));
        Self::new(kind, entries.collect())
    }

    /// Its type.
    pub fn kind(&self) -> &'static MapType {
        self.kind
    }

    /// Keys and values, sorted by key.
    pub fn entries(&self) -> &[(Arc<str>, Value)] {
        &self.entries
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let index = self.entries.binary_search_by(|entry| (*entry.0).cmp(key)).ok()?;
        Some(&self.entries[index].1)
    }

    /// The value of a key, or what the type has for keys that are missing.
    pub(crate) fn get_or_zero(&self, key: &str) -> Value {
        self.get(key).cloned().unwrap_or_else(|| self.kind.element.zero())
    }
}

/// A struct, or a pointer to one.
#[derive(Clone, Debug)]
pub struct Struct {
    kind: &'static StructType,
    values: Arc<[Value]>,
    depth: u8,
}

impl Struct {
    /// A struct with a value for each field.
    ///
    /// # Panics
    /// When the number of values is not that of the fields.
    pub fn new(kind: &'static StructType, values: Vec<Value>) -> Self {
        assert_eq!(kind.fields.len(), values.len(), "{}: every field has a value", kind.name);
        let depth = deepest(values.iter());
        Self { kind, values: values.into(), depth }
    }

    /// Its type.
    pub fn kind(&self) -> &'static StructType {
        self.kind
    }

    /// Values of the fields, in the order of the type.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// A field and its type.
    pub fn field(&self, name: &str) -> Option<(&Value, Type)> {
        let index = self.kind.fields.iter().position(|field| field.name == name)?;
        Some((&self.values[index], self.kind.fields[index].kind))
    }
}

fn deepest<'v>(items: impl Iterator<Item = &'v Value>) -> u8 {
    items.map(Value::depth).max().unwrap_or(0).saturating_add(1)
}
