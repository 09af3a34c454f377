//! What is judged, as configured: components, labels that lead to them, limits on expressions.

use config::{HealthComponent, HealthCriticality, HealthSettings, Place};
use health::{Component, Criticality};
use promql::ParserOptions;
use promql::ast::Expr;
use std::time::Duration;

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) interval: Duration,
    pub(crate) watched: Vec<Watched>,
    pub(crate) checks: Vec<Check>,
}

impl Default for Settings {
    fn default() -> Self {
        let HealthSettings { interval, .. } = HealthSettings::default();
        Self { interval, watched: Vec::new(), checks: Vec::new() }
    }
}

/// An expression that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands.
    pub place: Place,
    /// What is wrong.
    pub message: String,
}

/// A component and the labels that lead to it.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) component: Component,
    pub(crate) matches: Vec<(String, Vec<String>)>,
}

/// A limit on an expression.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) component: Option<String>,
    pub(crate) expr: Expr,
    pub(crate) text: String,
    pub(crate) soft: f64,
    pub(crate) hard: f64,
    pub(crate) remedy: String,
}

impl Settings {
    /// Reads the expressions; all that cannot be read are told.
    pub fn read(settings: &HealthSettings, options: &ParserOptions) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut checks = Vec::new();
        for check in &settings.checks {
            match promql::parse_with(&check.expr, options) {
                Ok(expr) => checks.push(Check {
                    name: check.name.clone(),
                    component: check.component.clone(),
                    expr,
                    text: check.expr.clone(),
                    soft: check.soft,
                    hard: check.hard,
                    remedy: check.remedy.clone(),
                }),
                Err(error) => mistakes.push(Mistake {
                    place: check.expr_place,
                    message: format!("`expr` of the check `{}`: {error}", check.name),
                }),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let watched = settings.components.iter().map(watched).collect();
        Ok(Self { interval: settings.interval, watched, checks })
    }
}

fn watched(component: &HealthComponent) -> Watched {
    let HealthComponent { name, title, criticality, depends_on, matches, vital, runbook } =
        component;
    let component = Component {
        name: name.clone(),
        title: title.clone().unwrap_or_else(|| name.clone()),
        criticality: match criticality {
            HealthCriticality::Minor => Criticality::Minor,
            HealthCriticality::Normal => Criticality::Normal,
            HealthCriticality::Critical => Criticality::Critical,
        },
        depends_on: depends_on.clone(),
        vital: vital.iter().cloned().collect(),
        runbook: runbook.clone().unwrap_or_default(),
    };
    Watched { component, matches: matches.clone() }
}
