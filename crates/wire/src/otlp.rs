//! OTLP metrics (`opentelemetry.proto.collector.metrics.v1`): a walk over the protobuf form that
//! copies nothing, and the JSON form as the same bytes. Field numbers: opentelemetry-proto 1.7.

mod attributes;
mod json;
mod points;
mod response;

pub use attributes::{AnyValue, Attributes};
pub use json::{JSON_DEPTH_MAX, protobuf_of_json};
pub use points::{
    Buckets, ExponentialPoint, HistogramPoint, Link, NumberPoint, Quantile, SummaryPoint,
};
pub use response::{response_json, response_protobuf, status_json, status_protobuf};

use crate::WireError;
use crate::protobuf::{Field, Reader};

/// Messages that stand in one repeated field.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a> {
    reader: Reader<'a>,
    number: u32,
}

impl<'a> Messages<'a> {
    const fn of(reader: Reader<'a>, number: u32) -> Self {
        Self { reader, number }
    }

    fn empty() -> Self {
        Self::of(Reader::new(&[]), 1)
    }

    /// Resources of a request.
    pub const fn resources(body: &'a [u8]) -> Self {
        Self::of(Reader::new(body), 1)
    }

    /// The next message, or nothing at the end.
    pub fn next_message(&mut self) -> Result<Option<Reader<'a>>, WireError> {
        while let Some(field) = self.reader.next_field()? {
            if field.number == self.number {
                return field.reader().map(Some);
            }
        }
        Ok(None)
    }
}

/// `ResourceMetrics`.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// Attributes of the resource.
    pub attributes: Attributes<'a>,
    /// Its scopes: [`Scope::read`].
    pub scopes: Messages<'a>,
}

impl<'a> Resource<'a> {
    /// Reads the message's own fields.
    pub fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let mut found = Self { attributes: Attributes::empty(), scopes: Messages::of(message, 2) };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            if field.number == 1 {
                found.attributes = Attributes::of(field.reader()?, 1);
            }
        }
        Ok(found)
    }
}

/// `ScopeMetrics`.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// Name of the library.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Schema of its names.
    pub schema_url: &'a str,
    /// Its attributes.
    pub attributes: Attributes<'a>,
    /// Its metrics: [`Metric::read`].
    pub metrics: Messages<'a>,
}

impl<'a> Scope<'a> {
    /// Reads the message's own fields.
    pub fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let attributes = Attributes::empty();
        let metrics = Messages::of(message, 2);
        let mut found = Self { name: "", version: "", schema_url: "", attributes, metrics };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => found.read_library(field.reader()?)?,
                3 => found.schema_url = field.text()?,
                _ => {}
            }
        }
        Ok(found)
    }

    fn read_library(&mut self, message: Reader<'a>) -> Result<(), WireError> {
        self.attributes = Attributes::of(message, 3);
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => self.name = field.text()?,
                2 => self.version = field.text()?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What kind of points a metric has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing that is known here.
    Unknown,
    /// [`NumberPoint`]s.
    Gauge,
    /// [`NumberPoint`]s.
    Sum {
        /// Never goes down.
        is_monotonic: bool,
    },
    /// [`HistogramPoint`]s.
    Histogram,
    /// [`ExponentialPoint`]s.
    Exponential,
    /// [`SummaryPoint`]s.
    Summary,
}

/// What the points of sums and histograms count from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temporality {
    /// Not said.
    Unspecified,
    /// Since the point before.
    Delta,
    /// Since the start.
    Cumulative,
}

/// `Metric`.
#[derive(Clone, Copy, Debug)]
pub struct Metric<'a> {
    /// Name as the instrument has it.
    pub name: &'a str,
    /// Help.
    pub description: &'a str,
    /// Unit (UCUM).
    pub unit: &'a str,
    /// Kind of its points.
    pub kind: Kind,
    /// What they count from.
    pub temporality: Temporality,
    /// The points.
    pub points: Messages<'a>,
}

impl<'a> Metric<'a> {
    /// Reads the message's own fields.
    pub fn read(message: Reader<'a>) -> Result<Self, WireError> {
        let mut found = Self {
            name: "",
            description: "",
            unit: "",
            kind: Kind::Unknown,
            temporality: Temporality::Unspecified,
            points: Messages::empty(),
        };
        let mut reader = message;
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => found.name = field.text()?,
                2 => found.description = field.text()?,
                3 => found.unit = field.text()?,
                5 => found.read_points(Kind::Gauge, &field)?,
                7 => found.read_points(Kind::Sum { is_monotonic: false }, &field)?,
                9 => found.read_points(Kind::Histogram, &field)?,
                10 => found.read_points(Kind::Exponential, &field)?,
                11 => found.read_points(Kind::Summary, &field)?,
                _ => {}
            }
        }
        Ok(found)
    }

    fn read_points(&mut self, kind: Kind, field: &Field<'a>) -> Result<(), WireError> {
        let mut reader = field.reader()?;
        self.kind = kind;
        self.points = Messages::of(reader, 1);
        while let Some(field) = reader.next_field()? {
            match field.number {
                2 if kind != Kind::Gauge => self.temporality = temporality(field.varint()?),
                3 if matches!(kind, Kind::Sum { .. }) => {
                    self.kind = Kind::Sum { is_monotonic: field.varint()? != 0 };
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn temporality(number: u64) -> Temporality {
    match number {
        1 => Temporality::Delta,
        2 => Temporality::Cumulative,
        _ => Temporality::Unspecified,
    }
}
