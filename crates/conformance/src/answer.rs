//! What a query answers, in the one form in which engine, oracle and witnesses are compared.

use crate::oracle::Sparse;
use model::{Labels, Value};
use query::{QueryError, QueryOutput, QueryValue};
use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

/// A value of an answer.
#[derive(Clone, Debug)]
pub enum Datum {
    /// A float.
    Float(f64),
    /// A native histogram.
    Histogram(Box<Sparse>),
}

impl From<&Value> for Datum {
    fn from(value: &Value) -> Self {
        match value {
            Value::Float(value) => Self::Float(*value),
            Value::Histogram(histogram) => Self::Histogram(Box::new(Sparse::of(histogram))),
        }
    }
}

/// Values of one series by time.
pub type Row = BTreeMap<i64, Datum>;

/// The answer of a query.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The query failed; texts of errors are not compared.
    Error(String),
    /// The oracle does not know this part of the language.
    Unknown(String),
    /// A number.
    Scalar(f64),
    /// A text.
    Text(String),
    /// One value per series, in the order of the answer.
    Vector(Vec<(Labels, Datum)>),
    /// Values over time by series.
    Matrix(BTreeMap<Labels, Row>),
}

impl From<Result<QueryOutput, QueryError>> for Answer {
    fn from(output: Result<QueryOutput, QueryError>) -> Self {
        let output = match output {
            Ok(output) => output,
            Err(error) => return Self::Error(error.to_string()),
        };
        match output.value {
            QueryValue::Scalar { value, .. } => Self::Scalar(value),
            QueryValue::String { text, .. } => Self::Text(text),
            QueryValue::Vector(samples) => {
                let element = |sample: query::VectorSample| (sample.labels, (&sample.value).into());
                Self::Vector(samples.into_iter().map(element).collect())
            }
            QueryValue::Matrix(series) => {
                let row = |series: query::MatrixSeries| {
                    let points = series.points.iter();
                    (series.labels, points.map(|(at, value)| (at.ms(), value.into())).collect())
                };
                Self::Matrix(series.into_iter().map(row).collect())
            }
        }
    }
}

/// A few lines for people.
impl Display for Answer {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error(error) => writeln!(out, "  error: {error}"),
            Self::Unknown(what) => writeln!(out, "  unknown: {what}"),
            Self::Scalar(value) => writeln!(out, "  {value:?}"),
            Self::Text(text) => writeln!(out, "  {text:?}"),
            Self::Vector(elements) => elements
                .iter()
                .try_for_each(|(labels, datum)| writeln!(out, "  {labels} {datum:?}")),
            Self::Matrix(rows) => rows.iter().try_for_each(|(labels, row)| {
                write!(out, "  {labels}")?;
                row.iter().try_for_each(|(at, datum)| write!(out, " {datum:?}@{at}"))?;
                writeln!(out)
            }),
        }
    }
}
