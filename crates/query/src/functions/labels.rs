//! `label_replace` and `label_join`: they change label sets, not samples.
//! A metric name that was to be dropped can be read here and kept by writing it anew.

use super::CallSite;
use crate::QueryError;
use crate::account::{Held, labels_bytes};
use crate::column::{Operand, Row};
use crate::evaluate::{Evaluator, merge_equal};
use model::{METRIC_NAME, Pattern};

/// Longest label value that is made; stored ones have a few kilobytes at most.
const VALUE_BYTES_MAX: usize = 16 << 20;

pub(super) fn replace(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    let target = site.text(evaluator, 1)?;
    let template = site.text(evaluator, 2)?;
    let source = site.text(evaluator, 3)?;
    let expression = site.text(evaluator, 4)?;
    let pattern = Pattern::new(&expression).map_err(|reason| {
        let text = format!("invalid regular expression in label_replace(): {expression}");
        QueryError::execution(format!("{text} ({reason})"))
    })?;
    check_name(&target, "destination", "label_replace")?;
    let references = template.matches('$').count();
    let mut rows = site.vector(evaluator, 0)?;
    for row in &mut rows {
        // One match may take as long as thousands of samples.
        evaluator.meter.check()?;
        let from = row.labels.value(&source);
        // No group is longer than the whole text.
        let longest = template.len().saturating_add(references.saturating_mul(from.len()));
        make_room(evaluator, row, longest)?;
        if let Some(value) = pattern.expand(from, &template) {
            set(row, &target, &value);
        }
    }
    merge_equal(rows).map(Operand::Vector)
}

pub(super) fn join(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    let target = site.text(evaluator, 1)?;
    let separator = site.text(evaluator, 2)?;
    let mut sources = Vec::new();
    for index in 3..site.call.args.len() {
        let source = site.text(evaluator, index)?;
        check_name(&source, "source", "label_join")?;
        sources.push(source);
    }
    check_name(&target, "destination", "label_join")?;
    let mut rows = site.vector(evaluator, 0)?;
    for row in &mut rows {
        evaluator.tick(1)?;
        let values: Vec<&str> = sources.iter().map(|source| row.labels.value(source)).collect();
        let separators = separator.len().saturating_mul(sources.len());
        let text = values.iter().map(|value| value.len()).fold(separators, usize::saturating_add);
        make_room(evaluator, row, text)?;
        let value = values.join(&separator);
        set(row, &target, &value);
    }
    merge_equal(rows).map(Operand::Vector)
}

/// Accounts for a label set with another value of at most so many bytes, before it is made.
fn make_room(
    evaluator: &mut Evaluator<'_>,
    row: &Row,
    value_bytes: usize,
) -> Result<(), QueryError> {
    if value_bytes > VALUE_BYTES_MAX {
        let text = format!("a label value would have up to {value_bytes} bytes");
        return Err(QueryError::execution(format!("{text}, at most {VALUE_BYTES_MAX} are made")));
    }
    evaluator.hold(Held::bytes(labels_bytes(&row.labels) + value_bytes))
}

fn set(row: &mut Row, target: &str, value: &str) {
    row.labels = row.labels.to_builder().set(target, value).build();
    if target == METRIC_NAME {
        row.drop_name = false;
    }
}

fn check_name(name: &str, which: &str, function: &str) -> Result<(), QueryError> {
    if !name.is_empty() {
        return Ok(());
    }
    let text = format!("invalid {which} label name in {function}(): {name}");
    Err(QueryError::execution(text))
}
