//! Nodes as a serde data source: for types that serde reads, with the places of problems.
//! Unknown keys and values of a wrong type are all noted in one reading, with hints.
//! A newtype struct named `SecretText` hides its value in the redacted form.

use super::Reader;
use crate::Place;
use crate::hint::did_you_mean;
use crate::yaml::{Content, Node, Scalar};
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use std::fmt;

/// Reads a value; `None` after noting what is wrong.
///
/// A value that cannot be read is noted, left out, and the reading starts again, so that
/// the next wrong value is found too.
pub(crate) fn from_node<T: DeserializeOwned>(node: &Node, reader: &Reader<'_>) -> Option<T> {
    let mut node = node.clone();
    for _ in 0..crate::PROBLEMS_MAX {
        let fault = match T::deserialize(Value { node: &node, reader }) {
            Ok(value) => return Some(value),
            Err(fault) => fault,
        };
        let place = fault.place.unwrap_or(node.place);
        reader.problem(place, fault.message);
        if place == node.place {
            return None;
        }
        node = node.without(place);
    }
    None
}

/// A message on its way to the place it belongs to.
#[derive(Debug)]
pub(crate) struct Fault {
    place: Option<Place>,
    message: String,
}

impl Fault {
    fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { place: None, message: message.to_string() }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let list = expected.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = did_you_mean(variant, expected.iter().copied());
        let quoted = model::quote(variant);
        de::Error::custom(format!("{quoted} is unknown; expected one of {list}{hint}"))
    }
}

#[derive(Clone, Copy)]
struct Value<'de> {
    node: &'de Node,
    reader: &'de Reader<'de>,
}

impl<'de> Value<'de> {
    fn wrong(&self, expected: &dyn fmt::Display) -> Fault {
        let message = format!("expected {expected}, found {}", self.node.kind());
        Fault { place: Some(self.node.place), message }
    }

    fn parsed<T>(
        &self,
        expected: &str,
        parse: impl FnOnce(&Scalar) -> Option<T>,
    ) -> Result<T, Fault> {
        self.node.scalar().and_then(parse).ok_or_else(|| self.wrong(&expected))
    }

    fn integer<T: TryFrom<i128>>(&self) -> Result<T, Fault> {
        let value = self.parsed("a whole number", Scalar::integer)?;
        T::try_from(value).map_err(|_out_of_range| Fault {
            place: Some(self.node.place),
            message: format!("{value} is out of range"),
        })
    }

    /// Entries of a map; null is an empty map.
    fn entries(&self) -> Result<&'de [(Node, Node)], Fault> {
        match &self.node.content {
            Content::Map(entries) => Ok(entries),
            Content::Scalar(_) if self.node.is_null() => Ok(&[]),
            Content::Scalar(_) | Content::List(_) => Err(self.wrong(&"a map of keys")),
        }
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let place = self.node.place;
            visitor.$visit(self.integer::<$type>()?).map_err(|fault: Fault| fault.at(place))
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::List(_) => self.deserialize_seq(visitor),
            Content::Map(_) => self.deserialize_map(visitor),
            Content::Scalar(_) => self.deserialize_str(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_bool(self.parsed("`true` or `false`", Scalar::bool)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(self.parsed("a number", Scalar::float)?)
    }

    integers! {
        deserialize_i64 visit_i64 i64;
        deserialize_u64 visit_u64 u64;
        deserialize_i32 visit_i32 i32;
        deserialize_u32 visit_u32 u32;
        deserialize_u16 visit_u16 u16;
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let place = self.node.place;
        let filled = |scalar: &'de Scalar| (!scalar.is_null()).then_some(scalar);
        let scalar = self.node.scalar().and_then(filled).ok_or_else(|| self.wrong(&"a text"))?;
        visitor.visit_str(&scalar.text).map_err(|fault: Fault| fault.at(place))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.node.is_null() {
            return visitor.visit_none();
        }
        let place = self.node.place;
        visitor.visit_some(self).map_err(|fault| fault.at(place))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name == "SecretText" {
            self.reader.hide(self.node);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Content::List(items) = &self.node.content else { return Err(self.wrong(&"a list")) };
        visitor.visit_seq(Items { items: items.iter(), reader: self.reader })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let pairs = self.entries()?.iter();
        visitor.visit_map(Entries { pairs, fields: None, value: None, reader: self.reader })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let pairs = self.entries()?.iter();
        let fields = Some(fields);
        visitor.visit_map(Entries { pairs, fields, value: None, reader: self.reader })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let place = self.node.place;
        let scalar = self.node.scalar().ok_or_else(|| self.wrong(&"one word"))?;
        visitor.visit_enum(Word(&scalar.text)).map_err(|fault: Fault| fault.at(place))
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i128 u8 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

struct Items<'de> {
    items: std::slice::Iter<'de, Node>,
    reader: &'de Reader<'de>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.items.next() else { return Ok(None) };
        seed.deserialize(Value { node, reader: self.reader })
            .map(Some)
            .map_err(|fault| fault.at(node.place))
    }
}

struct Entries<'de> {
    pairs: std::slice::Iter<'de, (Node, Node)>,
    /// Known keys, when the map is a struct.
    fields: Option<&'static [&'static str]>,
    value: Option<&'de Node>,
    reader: &'de Reader<'de>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        for (key, value) in self.pairs.by_ref() {
            let text = key.scalar().map_or("", |key| key.text.as_str());
            if let Some(fields) = self.fields.filter(|fields| !fields.contains(&text)) {
                let hint = did_you_mean(text, fields.iter().copied());
                self.reader.problem(key.place, format!("unknown key `{text}`{hint}"));
                continue;
            }
            self.value = Some(value);
            let name: StrDeserializer<'_, Fault> = text.into_deserializer();
            return seed.deserialize(name).map(Some).map_err(|fault| fault.at(key.place));
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let node = self.value.take().ok_or_else(|| de::Error::custom("a value without key"))?;
        let value = Value { node, reader: self.reader };
        seed.deserialize(value).map_err(|fault| fault.at(node.place))
    }
}

/// The name of a variant without content.
struct Word<'de>(&'de str);

impl<'de> EnumAccess<'de> for Word<'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, Fault> {
        Err(de::Error::custom(format!("`{}` is one word", self.0)))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, Fault> {
        Err(de::Error::custom(format!("`{}` is one word", self.0)))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Fault> {
        Err(de::Error::custom(format!("`{}` is one word", self.0)))
    }
}
