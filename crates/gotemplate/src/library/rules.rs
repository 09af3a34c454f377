//! Templates of alerting rules: their functions, their data, and labels and annotations read once
//! and expanded for every alert. Semantics: Prometheus 3.14, template/template.go.

use super::{Library, Signature, fixed, humanize, text, unknown, value, variadic};
use crate::error::{Error, ErrorKind};
use crate::escape::query_escaped;
use crate::limits::Limits;
use crate::templates::{Output, Templates};
use crate::types::{Field, ListType, STRING_MAP, SafeType, StructType, Type};
use crate::value::{List, Map, Struct, Value};
use std::sync::Arc;

/// Functions that labels and annotations of alerts may call.
pub static FUNCTIONS: &[Signature] = &[
    variadic("args", &[Type::Any]),
    fixed("externalURL", &[]),
    fixed("first", &[Type::List(&QUERY_RESULT)]),
    fixed("graphLink", &[Type::String]),
    fixed("humanize", &[Type::Any]),
    fixed("humanize1024", &[Type::Any]),
    fixed("humanizeDuration", &[Type::Any]),
    fixed("humanizePercentage", &[Type::Any]),
    fixed("humanizeTimestamp", &[Type::Any]),
    fixed("label", &[Type::String, Type::Struct(&SAMPLE)]),
    fixed("match", &[Type::String, Type::String]),
    fixed("now", &[]),
    fixed("parseDuration", &[Type::String]),
    fixed("pathPrefix", &[]),
    fixed("query", &[Type::String]),
    fixed("reReplaceAll", &[Type::String, Type::String, Type::String]),
    fixed("safeHtml", &[Type::String]),
    fixed("sortByLabel", &[Type::String, Type::List(&QUERY_RESULT)]),
    fixed("stripDomain", &[Type::String]),
    fixed("stripPort", &[Type::String]),
    fixed("strvalue", &[Type::Struct(&SAMPLE)]),
    fixed("tableLink", &[Type::String]),
    fixed("title", &[Type::String]),
    fixed("toDuration", &[Type::Any]),
    fixed("toLower", &[Type::String]),
    fixed("toTime", &[Type::Any]),
    fixed("toUpper", &[Type::String]),
    fixed("urlQueryEscape", &[Type::String]),
    fixed("value", &[Type::Struct(&SAMPLE)]),
];

static SAMPLE: StructType = StructType {
    name: "template.sample",
    fields: &[
        Field { name: "Labels", json: "Labels", kind: Type::Map(&STRING_MAP) },
        Field { name: "Value", json: "Value", kind: Type::Float },
    ],
    pointer: true,
};

static QUERY_RESULT: ListType = ListType {
    name: "template.queryResult",
    underlying: "[]*template.sample",
    element: Type::Struct(&SAMPLE),
    methods: &[],
    print: None,
};

static DATA: StructType = StructType {
    name: "struct { Labels map[string]string; ExternalLabels map[string]string; \
           ExternalURL string; Value interface {} }",
    fields: &[
        Field { name: "Labels", json: "Labels", kind: Type::Map(&STRING_MAP) },
        Field { name: "ExternalLabels", json: "ExternalLabels", kind: Type::Map(&STRING_MAP) },
        Field { name: "ExternalURL", json: "ExternalURL", kind: Type::String },
        Field { name: "Value", json: "Value", kind: Type::Any },
    ],
    pointer: false,
};

/// Variables that stand before every template, as upstream puts them there: columns in messages
/// count from their beginning.
const VARIABLES: &str = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}\
                         {{$externalURL := .ExternalURL}}{{$value := .Value}}";

/// A series of a query's answer and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its labels, `__name__` included.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// Its value.
    pub value: f64,
}

impl From<Sample> for Value {
    fn from(sample: Sample) -> Self {
        let labels = Map::of_strings(&STRING_MAP, sample.labels);
        Self::Struct(Struct::new(&SAMPLE, vec![Self::Map(labels), Self::Float(sample.value)]))
    }
}

/// What the template of an alert sees: `$labels`, `$externalLabels`, `$externalURL` and `$value`.
///
/// The label maps are [`Value::string_map`]s.
pub fn data(labels: Value, external_labels: Value, external_url: &str, value: Value) -> Value {
    Value::Struct(Struct::new(&DATA, vec![labels, external_labels, external_url.into(), value]))
}

/// Answers a query at the time of the evaluation.
pub type Query<'a> = &'a mut dyn FnMut(&str) -> Result<Vec<Sample>, String>;

/// The functions of rules, with what they need to know.
pub struct Functions<'a> {
    /// Answers queries.
    pub query: Query<'a>,
    /// Time of the evaluation, in seconds since 1970.
    pub now_seconds: f64,
    /// Where the server is reached from outside.
    pub external_url: &'a str,
}

impl Library for Functions<'_> {
    fn call(&mut self, name: &str, arguments: &[Value], bytes_max: usize) -> Result<Value, String> {
        match name {
            "query" => {
                let samples = (self.query)(text(arguments, 0))?;
                let samples = samples.into_iter().map(Value::from).collect();
                Ok(Value::List(List::new(&QUERY_RESULT, samples)))
            }
            "now" => Ok(self.now_seconds.into()),
            "externalURL" => Ok(self.external_url.into()),
            "pathPrefix" => Ok(path(self.external_url).into()),
            "match" => {
                super::strings::is_match(text(arguments, 0), text(arguments, 1)).map(Value::Bool)
            }
            "reReplaceAll" => super::strings::replace_in(arguments, bytes_max),
            "parseDuration" => {
                super::strings::duration_seconds(text(arguments, 0)).map(Value::from)
            }
            name => of_samples(name, arguments)
                .or_else(|| of_numbers(name, value(arguments, 0)))
                .or_else(|| of_texts(name, text(arguments, 0)).map(Ok))
                .unwrap_or_else(|| Err(unknown(name))),
        }
    }
}

/// Functions on the answers of queries, and `args`.
fn of_samples(name: &str, arguments: &[Value]) -> Option<Result<Value, String>> {
    Some(match name {
        "first" => match value(arguments, 0) {
            Value::List(list) if !list.items().is_empty() => Ok(list.items()[0].clone()),
            _ => Err("first() called on vector with no elements".into()),
        },
        "label" => labels(value(arguments, 1)).map(|map| map.get_or_zero(text(arguments, 0))),
        "strvalue" => labels(value(arguments, 0)).map(|map| map.get_or_zero("__value__")),
        "value" => sample(value(arguments, 0)).map(|sample| sample.values()[1].clone()),
        "sortByLabel" => Ok(sorted(text(arguments, 0), value(arguments, 1))),
        "args" => {
            let named =
                |(index, value): (usize, &Value)| (Arc::from(format!("arg{index}")), value.clone());
            Ok(Value::any_map(arguments.iter().enumerate().map(named).collect()))
        }
        _ => return None,
    })
}

fn sample(value: &Value) -> Result<&Struct, String> {
    match value {
        Value::Struct(sample) => Ok(sample),
        _ => Err("runtime error: invalid memory address or nil pointer dereference".into()),
    }
}

fn labels(value: &Value) -> Result<&Map, String> {
    match &sample(value)?.values()[0] {
        Value::Map(labels) => Ok(labels),
        other => Err(format!("expected labels, got {}", other.type_name())),
    }
}

fn sorted(label: &str, vector: &Value) -> Value {
    let Value::List(list) = vector else { return vector.clone() };
    let mut samples = list.items().to_vec();
    samples.sort_by_cached_key(|sample| {
        let value = labels(sample).map(|labels| labels.get_or_zero(label)).ok();
        value.and_then(|value| value.as_str().map(str::to_owned))
    });
    Value::List(List::new(list.kind(), samples))
}

/// Functions on numbers and on texts that are numbers.
fn of_numbers(name: &str, value: &Value) -> Option<Result<Value, String>> {
    let write: fn(f64) -> Result<Value, String> = match name {
        "humanize" => |number| Ok(humanize::humanize(number).into()),
        "humanize1024" => |number| Ok(humanize::humanize_1024(number).into()),
        "humanizeDuration" => |number| Ok(humanize::humanize_duration(number).into()),
        "humanizePercentage" => |number| Ok(humanize::humanize_percentage(number).into()),
        "humanizeTimestamp" => |number| humanize::humanize_timestamp(number).map(Value::from),
        "toTime" => |number| humanize::to_time(number).map(Value::from),
        "toDuration" => |number| Ok(Value::duration(nanoseconds(number))),
        _ => return None,
    };
    Some(humanize::to_float(value).and_then(write))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what does not fit becomes the largest duration"
)]
fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}

/// Functions on texts.
fn of_texts(name: &str, text: &str) -> Option<Value> {
    Some(match name {
        "graphLink" => format!("/graph?g0.expr={}&g0.tab=0", query_escaped(text)).into(),
        "tableLink" => format!("/graph?g0.expr={}&g0.tab=1", query_escaped(text)).into(),
        "safeHtml" => Value::Safe(SafeType::Html, text.into()),
        "stripDomain" => super::strings::strip_domain(text).into(),
        "stripPort" => super::strings::strip_port(text).into(),
        "title" => super::strings::title(text).into(),
        "toLower" => super::strings::to_lower(text).into(),
        "toUpper" => super::strings::to_upper(text).into(),
        "urlQueryEscape" => query_escaped(text).into(),
        _ => return None,
    })
}

/// The path of a URL.
fn path(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = behind_scheme.find('/').map_or("", |start| &behind_scheme[start..]);
    &path[..path.find(['?', '#']).unwrap_or(path.len())]
}

/// A label or annotation of an alert: plain text or a template.
#[derive(Clone, Debug)]
pub struct AlertText {
    /// Name in messages: `__alert_NAME`.
    name: Arc<str>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Plain(Arc<str>),
    Template(Templates),
}

impl AlertText {
    /// Reads the text of a label or annotation of the alert named `alert`.
    ///
    /// # Errors
    /// When it is no template; lines and columns count from before the variables that every
    /// template begins with, as upstream's do.
    pub fn parse(alert: &str, text: &str) -> Result<Self, Error> {
        let name: Arc<str> = format!("__alert_{alert}").into();
        if !text.contains("{{") {
            return Ok(Self { name, content: Content::Plain(text.into()) });
        }
        let mut templates = Templates::new(FUNCTIONS);
        templates.add(&name, &format!("{VARIABLES}{text}"))?;
        Ok(Self { name, content: Content::Template(templates) })
    }

    /// The text when it is no template.
    pub fn plain(&self) -> Option<&str> {
        match &self.content {
            Content::Plain(text) => Some(text),
            Content::Template(_) => None,
        }
    }

    /// The text for one alert; `data` is what [`data`] made.
    ///
    /// # Errors
    /// When the template asks for what is not there, a function fails or a limit is reached.
    pub fn expand(
        &self,
        data: &Value,
        functions: &mut Functions<'_>,
        limits: Limits,
    ) -> Result<String, Error> {
        match &self.content {
            Content::Plain(text) => Ok(text.to_string()),
            Content::Template(templates) => {
                templates.render(&self.name, data, Output::Text, functions, limits)
            }
        }
    }

    /// What stands in place of a text that could not be expanded, in upstream's words.
    pub fn failure(&self, error: &Error) -> String {
        let doing = match error.kind() {
            ErrorKind::Parse => "parsing",
            ErrorKind::Execute | ErrorKind::Limit => "executing",
        };
        let name = &self.name;
        format!("<error expanding template: error {doing} template {name}: {error}>")
    }
}
