//! `sort`, `sort_desc`, `sort_by_label`, `sort_by_label_desc`: the order of an instant result.
//! In a range query there is no order to choose; a warning says so.

use super::CallSite;
use crate::QueryError;
use crate::column::{Cell, Operand, Row};
use crate::evaluate::Evaluator;
use std::cmp::Ordering;

pub(super) fn sort(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    let mut rows = site.vector(evaluator, 0)?;
    if evaluator.span.step > 0 {
        evaluator.notes.sort_in_range_query(site.expr.place);
    }
    if matches!(site.name(), "sort" | "sort_desc") {
        for row in &mut rows {
            row.column.map_floats(|_, value| value);
        }
        rows.retain(|row| row.column.present().any());
    }
    if !site.steps.is_instant() {
        return Ok(Operand::Vector(rows));
    }
    match site.name() {
        "sort" => rows.sort_by(|a, b| by_float(a, b, Ordering::Less)),
        "sort_desc" => rows.sort_by(|a, b| by_float(a, b, Ordering::Greater)),
        name => {
            let mut labels = Vec::new();
            for index in 1..site.call.args.len() {
                labels.push(site.text(evaluator, index)?);
            }
            rows.sort_by(|a, b| by_labels(a, b, &labels));
            if name == "sort_by_label_desc" {
                rows.reverse();
            }
        }
    }
    Ok(Operand::Vector(rows))
}

/// NaN comes last either way.
fn by_float(a: &Row, b: &Row, first: Ordering) -> Ordering {
    let value = |row: &Row| match row.column.get(0) {
        Cell::Float(value) => value,
        Cell::Absent | Cell::Histogram(_) => f64::NAN,
    };
    let (a, b) = (value(a), value(b));
    let order = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
    let order = if first == Ordering::Less { order } else { order.reverse() };
    a.is_nan().cmp(&b.is_nan()).then(order)
}

fn by_labels(a: &Row, b: &Row, labels: &[String]) -> Ordering {
    for label in labels {
        let order = natural(a.labels.value(label), b.labels.value(label));
        if order != Ordering::Equal {
            return order;
        }
    }
    a.labels.cmp(&b.labels)
}

/// Natural order: runs of digits compare as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while !left.is_empty() && !right.is_empty() {
        let (left_run, left_rest) = run(left);
        let (right_run, right_rest) = run(right);
        let order = match (left_run.parse::<u64>(), right_run.parse::<u64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left_run.cmp(right_run),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The leading run of digits or of anything else, and the rest.
fn run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}
