//! What is wrong with a dashboard: expressions that do not parse, variables that are not there,
//! panels that cover each other, units nobody knows, metrics that do not exist.

use crate::dashboard::Dashboard;
use crate::json::{Object, filled, list, object, shown, text, truthy, whole};
use crate::report::{element, member};
use crate::{substitute, units};
use promql::{Expr, ExprKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Panels without queries of their own.
const WITHOUT_TARGETS: [&str; 6] = ["text", "row", "dashlist", "alertlist", "news", "annolist"];
/// Values that a variable without a current one is tried with: a name, a number, a duration.
const TRIED: [&str; 4] = ["x", "1", "5m", "{x=\"y\"}"];
/// Longest expression that is parsed.
const EXPRESSION_BYTES_MAX: usize = 256 << 10;
/// Names that are filled in without being variables of the dashboard.
const GIVEN: [&str; 3] = ["interval", "timeFilter", "timeRange"];

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something is not shown.
    Error,
    /// Something may not be meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Where: `panels[3].targets[0].expr`.
    pub path: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
}

/// What is wrong with a dashboard. With names of metrics, others are told too.
pub fn lint(dashboard: &Dashboard, metrics: Option<&BTreeSet<String>>) -> Vec<Complaint> {
    let mut linter = Linter { values: values(dashboard), metrics, complaints: Vec::new() };
    linter.variables(dashboard);
    for (path, panel) in dashboard.panels() {
        linter.panel(panel, &path);
    }
    overlaps(list(dashboard.json(), "panels"), &mut linter);
    linter.complaints
}

struct Linter<'l> {
    /// Variables with the value that they have, if it can be used.
    values: BTreeMap<String, Option<String>>,
    metrics: Option<&'l BTreeSet<String>>,
    complaints: Vec<Complaint>,
}

impl Linter<'_> {
    fn complain(&mut self, path: &str, severity: Severity, message: impl Into<String>) {
        self.complaints.push(Complaint {
            path: path.to_owned(),
            severity,
            message: message.into(),
        });
    }

    fn variables(&mut self, dashboard: &Dashboard) {
        let mut seen = BTreeSet::new();
        for (index, variable) in dashboard.variables().enumerate() {
            let path = element("templating", "list", index);
            let name = text(variable, "name").unwrap_or_default();
            if !seen.insert(name) {
                self.complain(&path, Severity::Error, format!("a second variable {}", shown(name)));
            }
            if text(variable, "type") == Some("query") {
                let query = variable_query(variable);
                self.names(&query, &member(&path, "query"));
                if let Some(expression) = expression_of(&query) {
                    self.expression(expression, &member(&path, "query"));
                }
            }
        }
    }

    fn panel(&mut self, panel: &Object, path: &str) {
        let kind = text(panel, "type").unwrap_or_default();
        if !crate::judge::PANEL_TYPES.contains(&kind) {
            let message = format!("type {} shows its data as a table", shown(kind));
            self.complain(&member(path, "type"), Severity::Warning, message);
        }
        if !WITHOUT_TARGETS.contains(&kind) && list(panel, "targets").is_empty() {
            self.complain(path, Severity::Warning, "the panel asks nothing");
        }
        for key in ["title", "repeat"] {
            let text = text(panel, key).unwrap_or_default();
            // The name alone repeats a panel.
            let text = if key == "repeat" { format!("${text}") } else { text.to_owned() };
            self.names(&text, &member(path, key));
        }
        self.targets(panel, path);
        self.units(panel, path);
    }

    fn targets(&mut self, panel: &Object, path: &str) {
        for (index, target) in list(panel, "targets").iter().enumerate() {
            let Some(target) = target.as_object() else { continue };
            let source = object(target, "datasource").or_else(|| object(panel, "datasource"));
            let kind = source.and_then(|source| text(source, "type")).unwrap_or("prometheus");
            let Some(expression) = filled(target, "expr").filter(|_| kind == "prometheus") else {
                continue;
            };
            let path = member(&element(path, "targets", index), "expr");
            self.names(expression, &path);
            self.expression(expression, &path);
        }
    }

    /// Variables that a text uses must be there.
    fn names(&mut self, text: &str, path: &str) {
        for name in substitute::names(text) {
            if !self.values.contains_key(name) && !GIVEN.contains(&name) {
                self.complain(path, Severity::Error, format!("there is no variable ${name}"));
            }
        }
    }

    /// An expression must parse with some values in the place of its variables.
    fn expression(&mut self, expression: &str, path: &str) {
        if expression.len() > EXPRESSION_BYTES_MAX {
            return self.complain(path, Severity::Error, "the expression is too long");
        }
        match self.parse(expression) {
            Ok(expr) => self.metrics_of(&expr, path),
            Err(error) => self.complain(path, Severity::Error, error),
        }
    }

    fn parse(&self, expression: &str) -> Result<Expr, String> {
        let with = |fallback: Option<&str>| {
            let value = |name: &str| match (fallback, self.values.get(name)) {
                (None, Some(Some(value))) => value.clone(),
                (fallback, _) => fallback.unwrap_or(TRIED[0]).to_owned(),
            };
            let filled = substitute::filled(expression, value);
            promql::parse_with(&filled, &promql::ParserOptions::ALL)
                .map_err(|error| error.to_string())
        };
        let first = with(None);
        let mut tries = TRIED.iter().filter_map(|tried| with(Some(tried)).ok());
        first.or_else(|error| tries.next().ok_or(error))
    }

    fn metrics_of(&mut self, expr: &Expr, path: &str) {
        let Some(known) = self.metrics else { return };
        for name in metric_names(expr) {
            if !known.contains(&name) {
                let message = format!("no metric is called {}", shown(&name));
                self.complain(path, Severity::Warning, message);
            }
        }
    }

    fn units(&mut self, panel: &Object, path: &str) {
        let Some(config) = object(panel, "fieldConfig") else { return };
        let mut found = Vec::new();
        if let Some(unit) = object(config, "defaults").and_then(|defaults| text(defaults, "unit")) {
            found.push((member(path, "fieldConfig.defaults.unit"), unit));
        }
        for (index, rule) in list(config, "overrides").iter().enumerate() {
            let Some(rule) = rule.as_object() else { continue };
            let properties = list(rule, "properties").iter().filter_map(Value::as_object);
            for property in properties.filter(|property| text(property, "id") == Some("unit")) {
                let path = element(&member(path, "fieldConfig"), "overrides", index);
                found.extend(text(property, "value").map(|unit| (path, unit)));
            }
        }
        for (path, unit) in found {
            if !unit.is_empty() && !units::is_known(unit) {
                let message = format!("unit {} is written behind the number", shown(unit));
                self.complain(&path, Severity::Warning, message);
            }
        }
    }
}

/// Names of the metrics that an expression selects.
pub fn metric_names(expr: &Expr) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    expr.walk(&mut |part| {
        let selector = match &part.kind {
            ExprKind::Vector(selector) => selector,
            ExprKind::Matrix(matrix) => &matrix.selector,
            _ => return,
        };
        names.extend(selector.name.clone());
    });
    names
}

/// Current values of variables, where they are one text.
fn values(dashboard: &Dashboard) -> BTreeMap<String, Option<String>> {
    let value = |variable: &Object| {
        if text(variable, "type") == Some("interval") {
            return Some("5m".to_owned());
        }
        let current = object(variable, "current")?.get("value")?;
        let current = current.as_str().filter(|value| !value.is_empty() && *value != "$__all");
        current.filter(|value| !value.starts_with("$__")).map(str::to_owned)
    };
    let variables = dashboard.variables();
    variables
        .filter_map(|variable| Some((filled(variable, "name")?.to_owned(), value(variable))))
        .collect()
}

fn variable_query(variable: &Object) -> String {
    match variable.get("query") {
        Some(Value::String(query)) => query.clone(),
        Some(Value::Object(query)) => text(query, "query").unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

/// The PromQL in `label_values(metric{...}, label)` and `query_result(...)`.
fn expression_of(query: &str) -> Option<&str> {
    let query = query.trim();
    if let Some(inner) = query.strip_prefix("query_result(") {
        return inner.strip_suffix(')');
    }
    let inner = query.strip_prefix("label_values(")?.strip_suffix(')')?;
    let (selector, _label) = inner.rsplit_once(',')?;
    Some(selector.trim()).filter(|selector| !selector.is_empty())
}

/// Panels of one grid must not cover each other; those in collapsed rows are on grids of their own.
fn overlaps(panels: &[Value], linter: &mut Linter<'_>) {
    let mut seen: Vec<(String, [i64; 4])> = Vec::new();
    for (index, panel) in panels.iter().enumerate() {
        let Some(panel) = panel.as_object() else { continue };
        let path = format!("panels[{index}]");
        let place = place(panel);
        if let Some((other, _)) = seen.iter().find(|(_, other)| cover(&place, other)) {
            let message = format!("the panel covers {other}");
            linter.complain(&member(&path, "gridPos"), Severity::Warning, message);
        }
        seen.push((path, place));
        if truthy(panel.get("collapsed")) {
            overlaps(list(panel, "panels"), linter);
        }
    }
}

/// Left, top, right and bottom.
fn place(panel: &Object) -> [i64; 4] {
    let place = object(panel, "gridPos");
    let at = |key| place.and_then(|place| whole(place.get(key), 0..=1 << 20)).unwrap_or(0);
    [at("x"), at("y"), at("x") + at("w"), at("y") + at("h")]
}

fn cover(a: &[i64; 4], b: &[i64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[cfg(test)]
mod tests;
