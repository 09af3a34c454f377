//! Queries of the second model: in `v2alpha1` the kind is the data source's, later it is a group.

use crate::json::{Object, object, text};
use serde_json::{Value, json};

/// Data source and fields of a query. `around` is what the query belongs to: `v2alpha1` names the
/// data source there.
pub(super) fn read(around: &Object, query: &Object) -> (Value, Object) {
    let group =
        text(query, "group").or_else(|| text(query, "kind").filter(|kind| *kind != "DataQuery"));
    let named = object(query, "datasource").and_then(|source| text(source, "name"));
    let source = match (object(around, "datasource"), group, named) {
        (Some(source), _, _) => Value::Object(source.clone()),
        (None, Some(group), Some(name)) => json!({"type": group, "uid": name}),
        (None, Some(group), None) if !group.is_empty() => json!({"type": group}),
        (None, _, Some(name)) => json!({"uid": name}),
        (None, _, None) => Value::Null,
    };
    (source, object(query, "spec").cloned().unwrap_or_default())
}
