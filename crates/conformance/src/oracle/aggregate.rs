//! Aggregations: groups of elements at one instant, and what becomes of each.

use super::quantile::of_values;
use super::sum::{mean, sum, variance};
use super::{Element, Operand, Oracle, Point, Refusal, Sparse, fails, total};
use crate::changes::Change;
use model::{Labels, METRIC_NAME};
use promql::ast::{AggregateExpr, AggregateOp};
use std::collections::BTreeMap;

/// Elements of one group in the order of the vector.
type Group = Vec<Element>;

impl Oracle<'_> {
    pub(super) fn aggregate(
        &self,
        aggregate: &AggregateExpr,
        times: &[i64],
    ) -> Result<Operand, Refusal> {
        let op = aggregate.op;
        if op == AggregateOp::CountValues {
            return self.count_values(aggregate, times);
        }
        if op == AggregateOp::LimitRatio {
            return Err(Refusal::Unknown("which series limit_ratio takes".to_owned()));
        }
        let parameters = match &aggregate.parameter {
            Some(parameter) => self.scalar(parameter, times)?,
            None => vec![f64::NAN; times.len()],
        };
        let input = self.vector(&aggregate.expr, times)?;
        if matches!(op, AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk) {
            check_counts(&parameters)?;
        }
        let mut steps = Vec::new();
        for (elements, parameter) in input.into_iter().zip(parameters) {
            let mut groups: BTreeMap<Labels, Group> = BTreeMap::new();
            for element in elements {
                let key = group_of(aggregate, &element.labels);
                groups.entry(key).or_default().push(element);
            }
            let mut out = Vec::new();
            for (labels, group) in groups {
                match op {
                    AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk => {
                        out.extend(self.pick(op, parameter, group));
                    }
                    _ => {
                        let drop_name = group.iter().any(|element| element.drop_name);
                        let value = self.reduce(op, parameter, &group)?;
                        out.extend(value.map(|value| Element { labels, drop_name, value }));
                    }
                }
            }
            steps.push(out);
        }
        Ok(Operand::Vector(steps))
    }

    fn reduce(
        &self,
        op: AggregateOp,
        parameter: f64,
        group: &Group,
    ) -> Result<Option<Point>, Refusal> {
        let floats: Vec<f64> = group.iter().filter_map(|element| element.value.float()).collect();
        let rounded = |value: f64| Some(Point::Float(self.rounded(value)));
        Ok(match op {
            AggregateOp::Sum | AggregateOp::Avg => self.total(op, group, &floats),
            AggregateOp::Count => Some(Point::Float(group.len() as f64)),
            AggregateOp::Group => Some(Point::Float(1.0)),
            _ if floats.is_empty() => None,
            AggregateOp::Min => Some(Point::Float(best(&floats, |a, b| a < b))),
            AggregateOp::Max => Some(Point::Float(best(&floats, |a, b| a > b))),
            AggregateOp::Quantile => rounded(of_values(parameter, floats)),
            AggregateOp::Stddev | AggregateOp::Stdvar => {
                let single = floats.len() == 1 && self.semantics.is_old(Change::DeviationOfOne);
                let value = if single { 0.0 } else { variance(&floats) };
                rounded(if op == AggregateOp::Stddev { value.sqrt() } else { value })
            }
            other => return Err(Refusal::Unknown(other.as_str().to_owned())),
        })
    }

    /// Sum or mean of floats or of histograms; there is none of both together.
    fn total(&self, op: AggregateOp, group: &Group, floats: &[f64]) -> Option<Point> {
        if floats.len() == group.len() {
            let value =
                if op == AggregateOp::Avg { mean(floats) } else { sum(floats.iter().copied()) };
            return Some(Point::Float(self.rounded(value)));
        }
        if !floats.is_empty() {
            return None;
        }
        let histograms: Vec<&Sparse> =
            group.iter().filter_map(|element| element.value.histogram()).collect();
        let value = match op {
            AggregateOp::Avg => total::mean(&histograms),
            _ => total::sum(&histograms),
        };
        Some(Point::Histogram(value.ok()?.compact().map(|value| self.rounded(value))))
    }

    /// The best elements of a group, best first, NaN last; of equals any. Histograms take no part.
    fn pick(&self, op: AggregateOp, parameter: f64, group: Group) -> Vec<Element> {
        let is_wanted = |index: &usize| (*index as f64) < parameter.trunc();
        if op == AggregateOp::Limitk {
            let wanted = group.into_iter().enumerate().filter(|(index, _)| is_wanted(index));
            return wanted.map(|(_, element)| element).collect();
        }
        let mut ranked: Vec<(f64, Element)> = group
            .into_iter()
            .filter_map(|element| Some((self.rounded(element.value.float()?), element)))
            .collect();
        self.shuffle(&mut ranked);
        ranked.sort_by(|(a, _), (b, _)| {
            let order = if op == AggregateOp::Topk { b.partial_cmp(a) } else { a.partial_cmp(b) };
            order.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
        });
        let wanted = ranked.into_iter().enumerate().filter(|(index, _)| is_wanted(index));
        wanted.map(|(_, (_, element))| element).collect()
    }

    fn count_values(&self, aggregate: &AggregateExpr, times: &[i64]) -> Result<Operand, Refusal> {
        let label = match &aggregate.parameter {
            Some(parameter) => self.text(parameter)?,
            None => return Err(fails("count_values without a label")),
        };
        if label.is_empty() {
            return Err(fails("invalid label name"));
        }
        let mut aggregate = aggregate.clone();
        if !aggregate.without {
            aggregate.grouping.push(label.clone());
        }
        let mut steps = Vec::new();
        for elements in self.vector(&aggregate.expr, times)? {
            let mut counts: BTreeMap<Labels, f64> = BTreeMap::new();
            for element in elements {
                let Point::Float(value) = element.value else {
                    return Err(Refusal::Unknown("texts of histograms".to_owned()));
                };
                let labels = element.labels.to_builder().set(&label, &text(value)).build();
                *counts.entry(group_of(&aggregate, &labels)).or_default() += 1.0;
            }
            let element =
                |(labels, count)| Element { labels, drop_name: false, value: Point::Float(count) };
            steps.push(counts.into_iter().map(element).collect());
        }
        self.checked(steps)
    }
}

fn group_of(aggregate: &AggregateExpr, labels: &Labels) -> Labels {
    let named = |name: &str| aggregate.grouping.iter().any(|label| label == name);
    if aggregate.without {
        labels.without(|name| name == METRIC_NAME || named(name))
    } else {
        labels.without(|name| !named(name))
    }
}

/// The first value that no other one beats; NaN only when there is nothing else.
fn best(values: &[f64], beats: fn(f64, f64) -> bool) -> f64 {
    let mut best = values[0];
    for value in values {
        if beats(*value, best) || best.is_nan() {
            best = *value;
        }
    }
    best
}

/// How many elements are wanted must be a number; nobody looks when it is none at any instant.
fn check_counts(parameters: &[f64]) -> Result<(), Refusal> {
    if parameters.iter().all(|parameter| *parameter < 1.0) {
        return Ok(());
    }
    if parameters.iter().any(|parameter| parameter.is_nan() || parameter.abs() >= 9.2e18) {
        return Err(fails("parameter is no number of elements"));
    }
    Ok(())
}

/// A float as a label value: shortest decimal without exponent.
fn text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        format!("{value}")
    }
}
