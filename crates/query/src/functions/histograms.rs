//! `histogram_*`: native histograms and classic ones, which are bucket series with a label `le`.
//! Both at once under the same labels contradict each other: neither is evaluated.

use super::CallSite;
use crate::QueryError;
use crate::account::Held;
use crate::classic::{self, Bucket};
use crate::column::{Bits, Cell, Column, Operand, Row, Steps};
use crate::evaluate::{Evaluator, merge_equal};
use crate::histogram::{self, NanNote};
use crate::number::{openmetrics, parse_float};
use crate::signature::IndexMap;
use model::{BUCKET_LABEL, Histogram, Labels, METRIC_NAME, Value};
use promql::ast::Place;

pub(super) fn eval(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
) -> Result<Operand, QueryError> {
    match site.name() {
        "histogram_avg" => each(evaluator, site, histogram::average),
        "histogram_count" => each(evaluator, site, |h| h.count),
        "histogram_sum" => each(evaluator, site, |h| h.sum),
        "histogram_stddev" => each(evaluator, site, |h| histogram::variance(h).sqrt()),
        "histogram_stdvar" => each(evaluator, site, histogram::variance),
        "histogram_quantile" => quantile(evaluator, site),
        "histogram_quantiles" => quantiles(evaluator, site),
        "histogram_fraction" => fraction(evaluator, site),
        name => Err(QueryError::execution(format!("function {name} cannot be evaluated"))),
    }
}

/// A number per native histogram; floats are passed over.
fn each(
    evaluator: &mut Evaluator<'_>,
    site: &CallSite<'_>,
    number: fn(&Histogram) -> f64,
) -> Result<Operand, QueryError> {
    let totals = matches!(site.name(), "histogram_avg" | "histogram_count" | "histogram_sum");
    let wanted = totals || evaluator.resets_wanted;
    if totals {
        evaluator.says(|| "notes resets while histograms are read".into());
    }
    let mut rows = evaluator.with_resets(wanted, |evaluator| site.vector(evaluator, 0))?;
    for row in &mut rows {
        evaluator.tick(site.steps.count)?;
        row.column = row.column.map(|_, cell| match cell {
            Cell::Histogram(histogram) => Some(Value::Float(number(histogram))),
            Cell::Absent | Cell::Float(_) => None,
        });
        evaluator.drop_name(row);
    }
    rows.retain(|row| row.column.present().any());
    evaluator.merge_delayed(rows).map(Operand::Vector)
}

/// A classic histogram: its bucket series by increasing bound.
struct Classic {
    /// Labels without `le`.
    labels: Labels,
    /// Bound and position of the series.
    buckets: Vec<(f64, usize)>,
    /// Position of a series with native histograms under the same labels.
    native: Option<usize>,
}

/// All histograms of a vector.
struct Histograms {
    rows: Vec<Row>,
    classics: Vec<Classic>,
    /// Positions of the series with native histograms.
    natives: Vec<usize>,
    steps: Steps,
    /// Place of the vector.
    place: Place,
}

/// A histogram at one step.
struct Input<'a> {
    step: usize,
    metric: &'a str,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Classic(&'a mut Vec<Bucket>),
    Native(&'a Histogram),
}

/// Makes a number of a histogram.
type Number<'a> = dyn FnMut(&mut Evaluator<'_>, Input<'_>) -> f64 + 'a;

impl Histograms {
    fn new(evaluator: &mut Evaluator<'_>, rows: Vec<Row>, steps: Steps, place: Place) -> Self {
        let mut known = IndexMap::default();
        let mut classics: Vec<Classic> = Vec::new();
        let mut natives = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            if row.column.has_histograms() {
                natives.push(index);
            }
            if row.column.present().count() == row.column.histograms().len() {
                continue;
            }
            let label = row.labels.value(BUCKET_LABEL);
            let Some(bound) = parse_float(label) else {
                evaluator.notes.bad_bucket_label(place, row.name(), label);
                continue;
            };
            let labels = row.labels.without(|name| name == BUCKET_LABEL);
            let at = *known.entry(labels).or_insert_with_key(|labels| {
                let labels = labels.clone();
                classics.push(Classic { labels, buckets: Vec::new(), native: None });
                classics.len() - 1
            });
            classics[at].buckets.push((bound, index));
        }
        for native in &natives {
            if let Some(at) = known.get(&rows[*native].labels) {
                classics[*at].native = Some(*native);
            }
        }
        for classic in &mut classics {
            classic.buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        }
        Self { rows, classics, natives, steps, place }
    }

    /// One series of numbers per histogram.
    fn compute(
        &self,
        evaluator: &mut Evaluator<'_>,
        number: &mut Number<'_>,
    ) -> Result<Vec<Row>, QueryError> {
        let mut out = Vec::new();
        let mut conflicts = vec![Bits::default(); self.rows.len()];
        for index in &self.natives {
            conflicts[*index] = Bits::zeroes(self.steps.count);
        }
        for classic in &self.classics {
            out.push(self.compute_classic(evaluator, classic, &mut conflicts, number)?);
        }
        for index in &self.natives {
            let row = &self.rows[*index];
            evaluator.hold(Held::steps(self.steps.count).and(Held::labels(&row.labels)))?;
            let mut column = Column::absent(self.steps.count);
            for (step, histogram) in row.column.histograms() {
                evaluator.tick(histogram.positive_buckets.len() + 1)?;
                if !conflicts[*index].get(*step) {
                    let kind = Kind::Native(histogram);
                    let input = Input { step: *step, metric: row.name(), kind };
                    column.set_float(*step, number(evaluator, input));
                }
            }
            out.push(Row::new(row.labels.clone(), row.drop_name, column));
        }
        out.retain(|row| row.column.present().any());
        Ok(out)
    }

    fn compute_classic(
        &self,
        evaluator: &mut Evaluator<'_>,
        classic: &Classic,
        conflicts: &mut [Bits],
        number: &mut Number<'_>,
    ) -> Result<Row, QueryError> {
        evaluator.hold(Held::steps(self.steps.count).and(Held::labels(&classic.labels)))?;
        let mut column = Column::absent(self.steps.count);
        let mut buckets = Vec::with_capacity(classic.buckets.len());
        let metric = classic.labels.value(METRIC_NAME);
        for step in 0..self.steps.count {
            evaluator.tick(classic.buckets.len())?;
            buckets.clear();
            buckets.extend(classic.buckets.iter().filter_map(|(upper, index)| {
                match self.rows[*index].column.get(step) {
                    Cell::Float(count) => Some(Bucket { upper: *upper, count }),
                    Cell::Absent | Cell::Histogram(_) => None,
                }
            }));
            if buckets.is_empty() {
                continue;
            }
            let native = classic
                .native
                .filter(|index| matches!(self.rows[*index].column.get(step), Cell::Histogram(_)));
            if let Some(native) = native {
                evaluator.notes.mixed_classic_native(self.place, metric);
                conflicts[native].set(step);
                continue;
            }
            let input = Input { step, metric, kind: Kind::Classic(&mut buckets) };
            column.set_float(step, number(evaluator, input));
        }
        Ok(Row::new(classic.labels.clone(), false, column))
    }
}

fn finish(evaluator: &Evaluator<'_>, mut rows: Vec<Row>) -> Result<Operand, QueryError> {
    for row in &mut rows {
        evaluator.drop_name(row);
    }
    evaluator.merge_delayed(rows).map(Operand::Vector)
}

fn quantile_of(
    evaluator: &mut Evaluator<'_>,
    quantile: f64,
    input: Input<'_>,
    place: Place,
) -> f64 {
    match input.kind {
        Kind::Native(histogram) => {
            let (value, note) = histogram::quantile(quantile, histogram);
            match note {
                NanNote::Clean => {}
                NanNote::Skewed => evaluator.notes.quantile_nan_skew(place, input.metric),
                NanNote::Result => evaluator.notes.quantile_nan_result(place, input.metric),
            }
            value
        }
        Kind::Classic(buckets) => {
            let (value, forced) = classic::quantile(quantile, buckets);
            if forced {
                evaluator.notes.forced_monotonicity(place, input.metric);
            }
            value
        }
    }
}

fn note_quantile(evaluator: &mut Evaluator<'_>, quantiles: &[f64], place: Place) {
    for quantile in quantiles {
        if !(0.0..=1.0).contains(quantile) {
            evaluator.notes.invalid_quantile(place, *quantile);
        }
    }
}

fn quantile(evaluator: &mut Evaluator<'_>, site: &CallSite<'_>) -> Result<Operand, QueryError> {
    let (rank, vector) = (site.arg(0)?.place, site.arg(1)?.place);
    let quantiles = site.scalar(evaluator, 0)?;
    note_quantile(evaluator, &quantiles, rank);
    let rows = evaluator.with_resets(false, |evaluator| site.vector(evaluator, 1))?;
    let histograms = Histograms::new(evaluator, rows, site.steps, vector);
    let rows = histograms.compute(evaluator, &mut |evaluator, input| {
        quantile_of(evaluator, quantiles[input.step], input, vector)
    })?;
    finish(evaluator, rows)
}

/// `histogram_quantiles(v, "label", q...)`: one series per quantile.
fn quantiles(evaluator: &mut Evaluator<'_>, site: &CallSite<'_>) -> Result<Operand, QueryError> {
    let vector = site.arg(0)?.place;
    let rows = site.vector(evaluator, 0)?;
    let label = site.text(evaluator, 1)?;
    let histograms = Histograms::new(evaluator, rows, site.steps, vector);
    let mut out = Vec::new();
    for index in 2..site.call.args.len() {
        let quantiles = site.scalar(evaluator, index)?;
        note_quantile(evaluator, &quantiles, site.arg(index)?.place);
        let rows = histograms.compute(evaluator, &mut |evaluator, input| {
            quantile_of(evaluator, quantiles[input.step], input, vector)
        })?;
        for row in &rows {
            label_by(evaluator, (row, &label), &quantiles, &mut out)?;
        }
    }
    let out = merge_equal(out)?;
    finish(evaluator, out)
}

/// The series split by the quantile of each step, which goes into a label.
fn label_by(
    evaluator: &mut Evaluator<'_>,
    (row, label): (&Row, &str),
    quantiles: &[f64],
    out: &mut Vec<Row>,
) -> Result<(), QueryError> {
    let mut known = IndexMap::default();
    for (step, cell) in row.column.points() {
        let Cell::Float(value) = cell else { continue };
        let labels = row.labels.to_builder().set(label, &openmetrics(quantiles[step])).build();
        let next = out.len();
        let at = *known.entry(labels.clone()).or_insert(next);
        if at == next {
            // Every step may have its own quantile, and each makes a series of all steps.
            evaluator.hold(Held::steps(row.column.len()).and(Held::labels(&labels)))?;
            out.push(Row::new(labels, row.drop_name, Column::absent(row.column.len())));
        }
        out[at].column.set_float(step, value);
    }
    Ok(())
}

fn fraction(evaluator: &mut Evaluator<'_>, site: &CallSite<'_>) -> Result<Operand, QueryError> {
    let (lower, upper) = (site.scalar(evaluator, 0)?, site.scalar(evaluator, 1)?);
    let vector = site.arg(2)?.place;
    let rows = evaluator.with_resets(false, |evaluator| site.vector(evaluator, 2))?;
    let histograms = Histograms::new(evaluator, rows, site.steps, vector);
    let rows = histograms.compute(evaluator, &mut |evaluator, input| {
        let (lower, upper) = (lower[input.step], upper[input.step]);
        match input.kind {
            Kind::Classic(buckets) => classic::fraction(lower, upper, buckets),
            Kind::Native(histogram) => {
                let (value, note) = histogram::fraction(lower, upper, histogram);
                if note != NanNote::Clean {
                    evaluator.notes.fraction_nan(vector, input.metric);
                }
                value
            }
        }
    })?;
    finish(evaluator, rows)
}
