//! Variables of the second model: kinds become types, words become numbers.

use super::{object_of, query};
use crate::error::Error;
use crate::import::VARIABLES_MAX;
use crate::json::{Object, object, set, shown, take_list, text};
use crate::report::{Report, element};
use serde_json::{Value, json};

/// Kinds and their classic types.
const KINDS: [(&str, &str); 9] = [
    ("QueryVariable", "query"),
    ("CustomVariable", "custom"),
    ("TextVariable", "textbox"),
    ("ConstantVariable", "constant"),
    ("DatasourceVariable", "datasource"),
    ("IntervalVariable", "interval"),
    ("AdhocVariable", "adhoc"),
    ("GroupByVariable", "groupby"),
    ("SwitchVariable", "switch"),
];

/// Orders of a query's values, by their classic number.
const SORTS: [&str; 9] = [
    "disabled",
    "alphabeticalAsc",
    "alphabeticalDesc",
    "numericalAsc",
    "numericalDesc",
    "alphabeticalCaseInsensitiveAsc",
    "alphabeticalCaseInsensitiveDesc",
    "naturalAsc",
    "naturalDesc",
];

/// Variables in their order.
///
/// # Errors
/// When there are more than any dashboard may have.
pub(super) fn variables(
    spec: &mut Object,
    path: &str,
    report: &mut Report,
) -> Result<Vec<Value>, Error> {
    let kinds = take_list(spec, "variables");
    if kinds.len() > VARIABLES_MAX {
        let found = kinds.len();
        return Err(Error::invalid(format!("{found} variables, at most {VARIABLES_MAX} are read")));
    }
    let mut variables = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        let place = element(path, "variables", index);
        let name = kind.get("kind").and_then(Value::as_str).unwrap_or_default();
        let known = KINDS.iter().find(|(kind, _)| *kind == name);
        match (known, object_of(kind, "spec")) {
            (Some((_, word)), Some(spec)) => variables.push(Value::Object(variable(word, spec))),
            _ => report.dropped(&place, format!("a variable of kind {}", shown(name))),
        }
    }
    Ok(variables)
}

fn variable(kind: &str, spec: &Object) -> Object {
    let mut variable = spec.clone();
    set(&mut variable, "type", kind);
    let hide = match text(spec, "hide") {
        Some("hideVariable") => 2,
        Some("hideLabel") => 1,
        _ => 0,
    };
    set(&mut variable, "hide", hide);
    let refresh = match text(spec, "refresh") {
        Some("onTimeRangeChanged") => 2,
        Some("onDashboardLoad") => 1,
        _ => 0,
    };
    if spec.contains_key("refresh") {
        set(&mut variable, "refresh", refresh);
    }
    if let Some(sort) = text(spec, "sort") {
        let number = SORTS.iter().position(|word| *word == sort).unwrap_or(0);
        set(&mut variable, "sort", number);
    }
    match kind {
        "query" => query_of(spec, &mut variable),
        "datasource" => {
            let plugin = text(spec, "pluginId").unwrap_or("prometheus");
            set(&mut variable, "query", plugin);
            variable.remove("pluginId");
        }
        "textbox" | "constant" => {
            let value = text(spec, "query").unwrap_or_default();
            set(&mut variable, "query", value);
        }
        "switch" => {
            let value = spec.get("current").cloned().unwrap_or_else(|| json!("false"));
            set(&mut variable, "current", json!({"text": value, "value": value}));
            let choices = [("enabledValue", "true"), ("disabledValue", "false")];
            let options = choices.map(|(key, plain)| {
                let value = text(spec, key).unwrap_or(plain);
                json!({"text": value, "value": value})
            });
            set(&mut variable, "options", json!(options));
            variable.remove("enabledValue");
            variable.remove("disabledValue");
        }
        _ => {}
    }
    variable
}

/// A query that is one text is that text; others stay objects.
fn query_of(spec: &Object, variable: &mut Object) {
    let Some(query) = object(spec, "query") else { return };
    let (source, mut fields) = query::read(spec, query);
    set(variable, "datasource", source);
    let only = fields.remove("__legacyStringValue");
    let query = only.unwrap_or(Value::Object(fields));
    set(variable, "query", query);
}
