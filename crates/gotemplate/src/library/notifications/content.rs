//! What a template of a notification sees: the alerts, what they have in common, and their labels
//! as sorted pairs.

use crate::time::Time;
use crate::types::{Field, ListType, MapType, Method, StructType, Type};
use crate::value::{List, Map, Struct, Value};
use std::sync::Arc;

type Outcome = Result<Value, String>;

/// An alert of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// `firing` or `resolved`.
    pub status: String,
    /// Labels by name.
    pub labels: Vec<(String, String)>,
    /// Annotations by name.
    pub annotations: Vec<(String, String)>,
    /// When it began.
    pub starts_at: Time,
    /// When it ended; [`Time::ZERO`] while it is firing.
    pub ends_at: Time,
    /// Where it comes from.
    pub generator_url: String,
    /// Hash of its labels.
    pub fingerprint: String,
}

/// A notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// Name of the receiver.
    pub receiver: String,
    /// `firing` when any alert is.
    pub status: String,
    /// The alerts.
    pub alerts: Vec<Alert>,
    /// Why it is sent.
    pub notification_reason: String,
    /// Labels the alerts were grouped by.
    pub group_labels: Vec<(String, String)>,
    /// Labels that all alerts have.
    pub common_labels: Vec<(String, String)>,
    /// Annotations that all alerts have.
    pub common_annotations: Vec<(String, String)>,
    /// Where the server is reached from outside.
    pub external_url: String,
    /// Labels of the route.
    pub route_labels: Vec<(String, String)>,
}

impl From<Alert> for Value {
    fn from(alert: Alert) -> Self {
        let fields = vec![
            alert.status.into(),
            kv(alert.labels),
            kv(alert.annotations),
            alert.starts_at.into(),
            alert.ends_at.into(),
            alert.generator_url.into(),
            alert.fingerprint.into(),
        ];
        Self::Struct(Struct::new(&ALERT, fields))
    }
}

impl From<Data> for Value {
    fn from(data: Data) -> Self {
        let alerts = data.alerts.into_iter().map(Self::from).collect();
        let fields = vec![
            data.receiver.into(),
            data.status.into(),
            Self::List(List::new(&ALERTS, alerts)),
            data.notification_reason.into(),
            kv(data.group_labels),
            kv(data.common_labels),
            kv(data.common_annotations),
            data.external_url.into(),
            kv(data.route_labels),
        ];
        Self::Struct(Struct::new(&DATA, fields))
    }
}

/// Names and values as the templates' `KV`.
pub(super) fn kv(entries: impl IntoIterator<Item = (String, String)>) -> Value {
    Value::Map(Map::of_strings(&KV, entries))
}

static DATA: StructType = StructType {
    name: "template.Data",
    fields: &[
        Field { name: "Receiver", json: "receiver", kind: Type::String },
        Field { name: "Status", json: "status", kind: Type::String },
        Field { name: "Alerts", json: "alerts", kind: Type::List(&ALERTS) },
        Field { name: "NotificationReason", json: "notification_reason", kind: Type::String },
        Field { name: "GroupLabels", json: "groupLabels", kind: Type::Map(&KV) },
        Field { name: "CommonLabels", json: "commonLabels", kind: Type::Map(&KV) },
        Field { name: "CommonAnnotations", json: "commonAnnotations", kind: Type::Map(&KV) },
        Field { name: "ExternalURL", json: "externalURL", kind: Type::String },
        Field { name: "RouteLabels", json: "routeLabels", kind: Type::Map(&KV) },
    ],
    pointer: true,
};

static ALERT: StructType = StructType {
    name: "template.Alert",
    fields: &[
        Field { name: "Status", json: "status", kind: Type::String },
        Field { name: "Labels", json: "labels", kind: Type::Map(&KV) },
        Field { name: "Annotations", json: "annotations", kind: Type::Map(&KV) },
        Field { name: "StartsAt", json: "startsAt", kind: Type::Time },
        Field { name: "EndsAt", json: "endsAt", kind: Type::Time },
        Field { name: "GeneratorURL", json: "generatorURL", kind: Type::String },
        Field { name: "Fingerprint", json: "fingerprint", kind: Type::String },
    ],
    pointer: false,
};

static ALERTS: ListType = ListType {
    name: "template.Alerts",
    underlying: "[]template.Alert",
    element: Type::Struct(&ALERT),
    methods: &[
        Method { name: "Firing", parameters: &[], call: |alerts, _| with_status(alerts, "firing") },
        Method {
            name: "Resolved",
            parameters: &[],
            call: |alerts, _| with_status(alerts, "resolved"),
        },
    ],
    print: None,
};

/// What `Alerts.Firing` and `Alerts.Resolved` return.
static ALERT_LIST: ListType = ListType {
    name: "[]template.Alert",
    underlying: "[]template.Alert",
    element: Type::Struct(&ALERT),
    methods: &[],
    print: None,
};

static KV: MapType = MapType {
    name: "template.KV",
    underlying: "map[string]string",
    element: Type::String,
    methods: &[
        Method { name: "Names", parameters: &[], call: |map, _| column(&sorted_pairs(map)?, 0) },
        Method { name: "Remove", parameters: &[Type::List(&crate::types::STRINGS)], call: without },
        Method { name: "SortedPairs", parameters: &[], call: |map, _| sorted_pairs(map) },
        Method {
            name: "String",
            parameters: &[],
            call: |map, _| Ok(crate::fmt::shown(&sorted_pairs(map)?).into()),
        },
        Method { name: "Values", parameters: &[], call: |map, _| column(&sorted_pairs(map)?, 1) },
    ],
    print: Some(|map| shown_pairs(&pairs(map))),
};

static PAIR: StructType = StructType {
    name: "template.Pair",
    fields: &[
        Field { name: "Name", json: "Name", kind: Type::String },
        Field { name: "Value", json: "Value", kind: Type::String },
    ],
    pointer: false,
};

static PAIRS: ListType = ListType {
    name: "template.Pairs",
    underlying: "[]template.Pair",
    element: Type::Struct(&PAIR),
    methods: &[
        Method { name: "Names", parameters: &[], call: |pairs, _| column(pairs, 0) },
        Method {
            name: "String",
            parameters: &[],
            call: |pairs, _| Ok(crate::fmt::shown(pairs).into()),
        },
        Method { name: "Values", parameters: &[], call: |pairs, _| column(pairs, 1) },
    ],
    print: Some(|list| shown_pairs(list.items())),
};

fn with_status(alerts: &Value, status: &str) -> Outcome {
    let Value::List(list) = alerts else { return Err(unexpected("alerts", alerts)) };
    let has_status = |alert: &&Value| match alert {
        Value::Struct(alert) => alert.values()[0].as_str() == Some(status),
        _ => false,
    };
    let chosen = list.items().iter().filter(has_status).cloned().collect();
    Ok(Value::List(List::new(&ALERT_LIST, chosen)))
}

fn unexpected(wanted: &str, got: &Value) -> String {
    format!("expected {wanted}, got {}", got.type_name())
}

fn without(map: &Value, arguments: &[Value]) -> Outcome {
    let Value::Map(map) = map else { return Err(unexpected("a map", map)) };
    let removed: Vec<&str> = match arguments.first() {
        Some(Value::List(names)) => names.items().iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let entries = map.entries().iter().filter(|(name, _)| !removed.contains(&&**name));
    Ok(Value::Map(Map::new(&KV, entries.cloned().collect())))
}

fn sorted_pairs(map: &Value) -> Outcome {
    let Value::Map(map) = map else { return Err(unexpected("a map", map)) };
    Ok(Value::List(List::new(&PAIRS, pairs(map))))
}

/// Pairs sorted by name; the name of the alert comes first.
fn pairs(map: &Map) -> Vec<Value> {
    let is_alert_name = |entry: &&(Arc<str>, Value)| &*entry.0 == "alertname";
    let entries = map.entries();
    let alert_name = entries.iter().filter(is_alert_name);
    let others = entries.iter().filter(|entry| !is_alert_name(entry));
    let pair = |(name, value): &(Arc<str>, Value)| {
        Value::Struct(Struct::new(&PAIR, vec![Value::String(name.clone()), value.clone()]))
    };
    alert_name.chain(others).map(pair).collect()
}

/// Names (0) or values (1) of pairs.
fn column(pairs: &Value, index: usize) -> Outcome {
    let Value::List(list) = pairs else { return Err(unexpected("pairs", pairs)) };
    Ok(Value::strings(list.items().iter().map(|pair| part(pair, index))))
}

fn part(pair: &Value, index: usize) -> &str {
    match pair {
        Value::Struct(pair) => pair.values()[index].as_str().unwrap_or_default(),
        _ => "",
    }
}

/// `a=b, c=d`
fn shown_pairs(pairs: &[Value]) -> String {
    let shown = pairs.iter().map(|pair| format!("{}={}", part(pair, 0), part(pair, 1)));
    shown.collect::<Vec<_>>().join(", ")
}
