//! Aggregations that make one series of a group: sums, means, extremes, counts, spread, quantiles.
//! State lies in columns, one cell per step; histograms have cells only where they appear.

use crate::account::Held;
use crate::annotation::{Annotations, HistogramOperation};
use crate::column::{Cell, Column, Row};
use crate::histogram::{self, Merge, Sum};
use crate::number::{self, Kahan};
use model::{CounterReset, Histogram, Value};
use promql::ast::{AggregateOp, Place};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Floats of a group at one step so far.
#[derive(Clone, Copy, Debug, Default)]
struct FloatCell {
    sum: Kahan,
    mean: f64,
    count: u32,
    /// The mean is carried along because the sum would overflow.
    running: bool,
}

/// Sums of floats, one per step; apart from each other, so that several steps are added at once.
#[derive(Clone, Debug)]
struct Sums {
    totals: Vec<f64>,
    comps: Vec<f64>,
    counts: Vec<u32>,
    /// Every step has a value.
    is_filled: bool,
}

impl Sums {
    fn new(steps: usize) -> Self {
        let zeroes = vec![0.0; steps];
        Self { totals: zeroes.clone(), comps: zeroes, counts: vec![0; steps], is_filled: false }
    }

    fn add(&mut self, step: usize, value: f64) {
        self.counts[step] += 1;
        if self.counts[step] == 1 {
            self.totals[step] = value;
            return;
        }
        let mut sum = Kahan { sum: self.totals[step], comp: self.comps[step] };
        sum.add(value);
        (self.totals[step], self.comps[step]) = (sum.sum, sum.comp);
    }

    fn add_column(&mut self, column: &Column) {
        let is_dense = column.present().all(column.len());
        if !is_dense || !self.is_filled {
            column.present().iter().for_each(|step| self.add(step, column.values()[step]));
            self.is_filled |= is_dense;
            return;
        }
        let cells = self.totals.iter_mut().zip(&mut self.comps).zip(column.values());
        for ((sum, comp), value) in cells {
            let mut next = Kahan { sum: *sum, comp: *comp };
            next.add_branchless(*value);
            (*sum, *comp) = (next.sum, next.comp);
        }
        self.counts.iter_mut().for_each(|count| *count += 1);
    }
}

/// The floats of a group so far.
#[derive(Clone, Debug)]
enum Floats {
    Sums(Sums),
    Cells(Vec<FloatCell>),
}

impl Floats {
    fn new(op: AggregateOp, steps: usize) -> Self {
        match op {
            AggregateOp::Sum => Self::Sums(Sums::new(steps)),
            _ => Self::Cells(vec![FloatCell::default(); steps]),
        }
    }

    /// Values at a step.
    fn count(&self, step: usize) -> u32 {
        match self {
            Self::Sums(sums) => sums.counts[step],
            Self::Cells(cells) => cells[step].count,
        }
    }

    fn steps(&self) -> usize {
        match self {
            Self::Sums(sums) => sums.totals.len(),
            Self::Cells(cells) => cells.len(),
        }
    }
}

/// Histograms of a group at one step so far.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four independent observations")]
struct HistogramCell {
    sum: Sum,
    count: u32,
    running: bool,
    incompatible: bool,
    reset: bool,
    no_reset: bool,
}

/// One group while its series come in.
pub(crate) struct Reduction {
    op: AggregateOp,
    place: Place,
    floats: Floats,
    histograms: BTreeMap<usize, HistogramCell>,
    /// All floats per step, for quantiles.
    values: Vec<Vec<f64>>,
}

impl Reduction {
    /// An empty group; `place` is that of the aggregated expression.
    pub(crate) fn new(op: AggregateOp, place: Place, steps: usize) -> Self {
        let values = if op == AggregateOp::Quantile { vec![Vec::new(); steps] } else { Vec::new() };
        let floats = Floats::new(op, steps);
        Self { op, place, floats, histograms: BTreeMap::new(), values }
    }

    /// What it holds while these columns come in.
    pub(crate) fn cost<'c>(
        op: AggregateOp,
        members: impl Iterator<Item = &'c Column>,
        steps: usize,
    ) -> Held {
        let keeps_values = op == AggregateOp::Quantile;
        let lists = if keeps_values { size_of::<Vec<f64>>() } else { 0 };
        let (mut values, mut histograms) = (0, 0);
        for column in members {
            // Lists of values double when they are full.
            values +=
                if keeps_values { column.present().count() * 2 * size_of::<f64>() } else { 0 };
            // Sums of histograms have two numbers a bucket.
            histograms = Held::histograms_of(column).bytes.saturating_mul(2).max(histograms);
        }
        let cells = steps.saturating_mul(size_of::<FloatCell>() + lists);
        Held::bytes(cells.saturating_add(values).saturating_add(histograms))
    }

    /// Takes a series.
    pub(crate) fn add(&mut self, row: &Row, notes: &mut Annotations) {
        if !row.column.has_histograms() {
            self.add_floats(&row.column);
            return;
        }
        for (step, cell) in row.column.points() {
            match cell {
                Cell::Absent => {}
                Cell::Float(value) => self.add_float(step, value),
                Cell::Histogram(histogram) => {
                    self.add_histogram(step, histogram, row.name(), notes);
                }
            }
        }
    }

    /// A whole column of floats; the operator is chosen once.
    fn add_floats(&mut self, column: &Column) {
        let cells = match &mut self.floats {
            Floats::Sums(sums) => return sums.add_column(column),
            Floats::Cells(cells) => cells,
        };
        match self.op {
            AggregateOp::Avg => each(cells, column, FloatCell::add_to_mean),
            AggregateOp::Min => each(cells, column, FloatCell::add_to_min),
            AggregateOp::Max => each(cells, column, FloatCell::add_to_max),
            AggregateOp::Stddev | AggregateOp::Stdvar => {
                each(cells, column, FloatCell::add_to_variance);
            }
            AggregateOp::Quantile => {
                for (step, cell) in column.points() {
                    if let Cell::Float(value) = cell {
                        self.add_float(step, value);
                    }
                }
            }
            AggregateOp::Sum
            | AggregateOp::Count
            | AggregateOp::Group
            | AggregateOp::Topk
            | AggregateOp::Bottomk
            | AggregateOp::CountValues
            | AggregateOp::Limitk
            | AggregateOp::LimitRatio => each(cells, column, |_, _| {}),
        }
    }

    fn add_float(&mut self, step: usize, value: f64) {
        let cell = match &mut self.floats {
            Floats::Sums(sums) => return sums.add(step, value),
            Floats::Cells(cells) => &mut cells[step],
        };
        cell.count += 1;
        match self.op {
            AggregateOp::Avg => cell.add_to_mean(value),
            AggregateOp::Min => cell.add_to_min(value),
            AggregateOp::Max => cell.add_to_max(value),
            AggregateOp::Stddev | AggregateOp::Stdvar => cell.add_to_variance(value),
            AggregateOp::Quantile => self.values[step].push(value),
            AggregateOp::Sum
            | AggregateOp::Count
            | AggregateOp::Group
            | AggregateOp::Topk
            | AggregateOp::Bottomk
            | AggregateOp::CountValues
            | AggregateOp::Limitk
            | AggregateOp::LimitRatio => {}
        }
    }

    fn add_histogram(
        &mut self,
        step: usize,
        histogram: &Histogram,
        metric: &str,
        notes: &mut Annotations,
    ) {
        match self.op {
            AggregateOp::Sum | AggregateOp::Avg => {
                let average = self.op == AggregateOp::Avg;
                let place = self.place;
                let cell = self.histograms.entry(step);
                cell.and_modify(|cell| cell.add(histogram, average, (place, metric), notes))
                    .or_insert_with(|| HistogramCell::new(histogram));
            }
            AggregateOp::Count | AggregateOp::Group => self.add_float(step, 0.0),
            AggregateOp::Min
            | AggregateOp::Max
            | AggregateOp::Stddev
            | AggregateOp::Stdvar
            | AggregateOp::Quantile
            | AggregateOp::Topk
            | AggregateOp::Bottomk
            | AggregateOp::CountValues
            | AggregateOp::Limitk
            | AggregateOp::LimitRatio => notes.histogram_ignored(self.place, self.op.as_str()),
        }
    }

    /// The series of the group.
    pub(crate) fn finish(mut self, parameter: &[f64], notes: &mut Annotations) -> Column {
        let mut column = Column::absent(self.floats.steps());
        for step in 0..self.floats.steps() {
            if self.floats.count(step) == 0 || self.histograms.contains_key(&step) {
                continue;
            }
            let value = match &self.floats {
                Floats::Sums(sums) => sums.totals[step] + sums.comps[step],
                Floats::Cells(cells) => {
                    let values = self.values.get_mut(step);
                    cells[step].finish(self.op, values, parameter.get(step))
                }
            };
            column.set_float(step, value);
        }
        for (step, cell) in std::mem::take(&mut self.histograms) {
            if self.floats.count(step) > 0 {
                notes.mixed_floats_histograms_aggregation(self.place);
                continue;
            }
            if let Some(histogram) = cell.finish(self.op, self.place, notes) {
                column.set(step, Value::Histogram(Arc::new(histogram)));
            }
        }
        column
    }
}

fn each(cells: &mut [FloatCell], column: &Column, add: impl Fn(&mut FloatCell, f64)) {
    let cells = cells.iter_mut().zip(column.values());
    if column.present().all(column.len()) {
        for (cell, value) in cells {
            cell.count += 1;
            add(cell, *value);
        }
        return;
    }
    for (step, (cell, value)) in cells.enumerate() {
        if column.present().get(step) {
            cell.count += 1;
            add(cell, *value);
        }
    }
}

impl FloatCell {
    fn add_to_min(&mut self, value: f64) {
        if self.count == 1 || value < self.mean || self.mean.is_nan() {
            self.mean = value;
        }
    }

    fn add_to_max(&mut self, value: f64) {
        if self.count == 1 || value > self.mean || self.mean.is_nan() {
            self.mean = value;
        }
    }

    fn add_to_mean(&mut self, value: f64) {
        let count = f64::from(self.count);
        if self.count == 1 {
            self.sum.sum = value;
            return;
        }
        if !self.running {
            let mut next = self.sum;
            next.add(value);
            if !next.sum.is_infinite() {
                self.sum = next;
                return;
            }
            self.running = true;
            let before = count - 1.0;
            self.sum = Kahan { sum: self.sum.sum / before, comp: self.sum.comp / before };
        }
        let weight = (count - 1.0) / count;
        self.sum = Kahan { sum: weight * self.sum.sum, comp: weight * self.sum.comp };
        self.sum.add(value / count);
    }

    /// Welford's method; `sum.sum` is the sum of squared deviations.
    fn add_to_variance(&mut self, value: f64) {
        if self.count == 1 {
            self.mean = value;
            self.sum.sum = if value.is_finite() { 0.0 } else { f64::NAN };
            return;
        }
        let delta = value - self.mean;
        self.mean += delta / f64::from(self.count);
        self.sum.sum += delta * (value - self.mean);
    }

    fn finish(&self, op: AggregateOp, values: Option<&mut Vec<f64>>, q: Option<&f64>) -> f64 {
        let count = f64::from(self.count);
        match op {
            AggregateOp::Avg if self.running => self.sum.total(),
            AggregateOp::Avg => self.sum.sum / count + self.sum.comp / count,
            AggregateOp::Min | AggregateOp::Max => self.mean,
            AggregateOp::Group => 1.0,
            AggregateOp::Stdvar => self.sum.sum / count,
            AggregateOp::Stddev => (self.sum.sum / count).sqrt(),
            AggregateOp::Quantile => {
                let q = q.copied().unwrap_or(f64::NAN);
                values.map_or(f64::NAN, |values| number::quantile(q, values))
            }
            // Sums have no cells.
            AggregateOp::Sum
            | AggregateOp::Count
            | AggregateOp::Topk
            | AggregateOp::Bottomk
            | AggregateOp::CountValues
            | AggregateOp::Limitk
            | AggregateOp::LimitRatio => count,
        }
    }
}

impl HistogramCell {
    fn new(first: &Histogram) -> Self {
        let mut cell = Self {
            sum: Sum::compensated(first),
            count: 1,
            running: false,
            incompatible: false,
            reset: false,
            no_reset: false,
        };
        cell.hint(first);
        cell
    }

    fn hint(&mut self, histogram: &Histogram) {
        self.reset |= histogram.counter_reset == CounterReset::Reset;
        self.no_reset |= histogram.counter_reset == CounterReset::NotReset;
    }

    fn add(
        &mut self,
        histogram: &Histogram,
        average: bool,
        (place, metric): (Place, &str),
        notes: &mut Annotations,
    ) {
        if self.incompatible {
            return;
        }
        self.count += 1;
        self.hint(histogram);
        let merged = if average { self.add_to_mean(histogram) } else { self.sum.add(histogram) };
        match merged {
            Ok(merge) if merge.bounds_reconciled => {
                notes.mismatched_custom_buckets(place, HistogramOperation::Aggregate);
            }
            Ok(_) => {}
            Err(_) => {
                self.incompatible = true;
                notes.mixed_exponential_custom(place, metric);
            }
        }
    }

    fn add_to_mean(&mut self, histogram: &Histogram) -> Result<Merge, histogram::Incompatible> {
        let count = f64::from(self.count);
        if !self.running {
            let mut next = self.sum.clone();
            let merge = next.add(histogram)?;
            if !next.overflows() {
                self.sum = next;
                return Ok(merge);
            }
            self.running = true;
            self.sum.divide(count - 1.0);
        }
        self.sum.scale((count - 1.0) / count);
        self.sum.add(&histogram::divide(histogram, count))
    }

    fn finish(
        mut self,
        op: AggregateOp,
        place: Place,
        notes: &mut Annotations,
    ) -> Option<Histogram> {
        if self.incompatible {
            return None;
        }
        if self.reset && self.no_reset {
            notes.counter_reset_collision(place, HistogramOperation::Aggregate);
        }
        if op == AggregateOp::Avg && !self.running {
            self.sum.divide(f64::from(self.count));
        }
        Some(self.sum.finish())
    }
}
