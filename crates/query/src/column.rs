//! Columns of steps: what one series is worth at every step of a query.
//! Floats lie dense, presence is a bitmap, histograms are sparse; every operator works on these.
//! Cost: 8 bytes and 1 bit a step, whether the series is there or not.

use model::{Histogram, Labels, Value};
use std::sync::Arc;

/// The instants at which a query (or a subquery) is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    /// First instant, ms.
    pub start: i64,
    /// Distance, ms; at least 1.
    pub step: i64,
    /// How many.
    pub count: usize,
}

impl Steps {
    /// Steps from `start` to at most `end`; none when `end` lies before `start`.
    pub(crate) fn between(start: i64, end: i64, step: i64) -> Self {
        let step = step.max(1);
        let count = if end < start {
            0
        } else {
            let steps = (i128::from(end) - i128::from(start)) / i128::from(step) + 1;
            usize::try_from(steps).unwrap_or(usize::MAX)
        };
        Self { start, step, count }
    }

    /// The first of these steps alone.
    pub(crate) fn first(self) -> Self {
        Self { count: self.count.min(1), ..self }
    }

    /// Instant of a step, ms.
    pub(crate) fn at(self, index: usize) -> i64 {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        self.start.saturating_add(self.step.saturating_mul(index))
    }

    /// Instant of the last step, ms.
    pub(crate) fn last(self) -> i64 {
        self.at(self.count.saturating_sub(1))
    }

    /// All instants, ms.
    pub(crate) fn iter(self) -> impl Iterator<Item = i64> {
        (0..self.count).map(move |index| self.at(index))
    }

    /// Is this the form of an instant query? Then the order of the result is kept.
    pub(crate) fn is_instant(self) -> bool {
        self.count == 1
    }
}

/// One bit per step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(crate) fn zeroes(steps: usize) -> Self {
        Self { words: vec![0; steps.div_ceil(64)] }
    }

    pub(crate) fn ones(steps: usize) -> Self {
        let mut words = vec![u64::MAX; steps.div_ceil(64)];
        if let (Some(last), used @ 1..) = (words.last_mut(), steps % 64) {
            *last = (1 << used) - 1;
        }
        Self { words }
    }

    pub(crate) fn get(&self, step: usize) -> bool {
        self.words[step / 64] >> (step % 64) & 1 == 1
    }

    pub(crate) fn set(&mut self, step: usize) {
        self.words[step / 64] |= 1 << (step % 64);
    }

    pub(crate) fn unset(&mut self, step: usize) {
        self.words[step / 64] &= !(1 << (step % 64));
    }

    /// Is every one of the first `steps` bits set?
    pub(crate) fn all(&self, steps: usize) -> bool {
        self.count() == steps
    }

    pub(crate) fn any(&self) -> bool {
        self.words.iter().any(|word| *word != 0)
    }

    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Positions of the bits that are set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().zip((0..).step_by(64)).flat_map(|(word, base)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(base + bit)
            })
        })
    }

    pub(crate) fn intersects(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    pub(crate) fn keep(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    pub(crate) fn remove(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }
}

/// Value of a series at one step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    Absent,
    Float(f64),
    Histogram(&'a Arc<Histogram>),
}

impl Cell<'_> {
    /// The value by itself; `None` when there is none.
    pub(crate) fn to_value(self) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Float(value) => Some(Value::Float(value)),
            Self::Histogram(histogram) => Some(Value::Histogram(Arc::clone(histogram))),
        }
    }
}

/// Values of one series over the steps.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    values: Vec<f64>,
    present: Bits,
    /// By increasing step.
    histograms: Vec<(usize, Arc<Histogram>)>,
}

impl Column {
    /// A series that is nowhere.
    pub(crate) fn absent(steps: usize) -> Self {
        Self { values: vec![0.0; steps], present: Bits::zeroes(steps), histograms: Vec::new() }
    }

    /// A float at every step.
    pub(crate) fn dense(values: Vec<f64>) -> Self {
        let present = Bits::ones(values.len());
        Self { values, present, histograms: Vec::new() }
    }

    /// Floats where they are present; what stands elsewhere has no meaning.
    pub(crate) fn present_at(values: Vec<f64>, present: Bits) -> Self {
        Self { values, present, histograms: Vec::new() }
    }

    /// A float per step as the function says, `None` where there is none.
    pub(crate) fn floats(steps: usize, mut value: impl FnMut(usize) -> Option<f64>) -> Self {
        let mut values = vec![0.0; steps];
        let mut words = vec![0_u64; steps.div_ceil(64)];
        for (word, (values, base)) in
            words.iter_mut().zip(values.chunks_mut(64).zip((0..).step_by(64)))
        {
            for (bit, slot) in values.iter_mut().enumerate() {
                if let Some(value) = value(base + bit) {
                    *slot = value;
                    *word |= 1 << bit;
                }
            }
        }
        Self { values, present: Bits { words }, histograms: Vec::new() }
    }

    /// The same point at every step.
    pub(crate) fn repeated(cell: Cell<'_>, steps: usize) -> Self {
        match cell {
            Cell::Absent => Self::absent(steps),
            Cell::Float(value) => Self::dense(vec![value; steps]),
            Cell::Histogram(histogram) => Self {
                values: vec![0.0; steps],
                present: Bits::ones(steps),
                histograms: (0..steps).map(|step| (step, Arc::clone(histogram))).collect(),
            },
        }
    }

    /// Number of steps.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn present(&self) -> &Bits {
        &self.present
    }

    pub(crate) fn has_histograms(&self) -> bool {
        !self.histograms.is_empty()
    }

    /// Floats of all steps; meaningless where the series is absent or a histogram.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn histograms(&self) -> &[(usize, Arc<Histogram>)] {
        &self.histograms
    }

    pub(crate) fn get(&self, step: usize) -> Cell<'_> {
        if !self.present.get(step) {
            return Cell::Absent;
        }
        match self.histograms.binary_search_by_key(&step, |(at, _)| *at) {
            Ok(index) => Cell::Histogram(&self.histograms[index].1),
            Err(_) => Cell::Float(self.values[step]),
        }
    }

    /// Cells of all steps in order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let mut next = 0;
        (0..self.values.len()).map(move |step| {
            while self.histograms.get(next).is_some_and(|(at, _)| *at < step) {
                next += 1;
            }
            match self.histograms.get(next) {
                _ if !self.present.get(step) => Cell::Absent,
                Some((at, histogram)) if *at == step => Cell::Histogram(histogram),
                Some(_) | None => Cell::Float(self.values[step]),
            }
        })
    }

    /// Cells that are present, with their steps.
    pub(crate) fn points(&self) -> impl Iterator<Item = (usize, Cell<'_>)> {
        self.cells().enumerate().filter(|(_, cell)| !matches!(cell, Cell::Absent))
    }

    pub(crate) fn set_float(&mut self, step: usize, value: f64) {
        if !self.histograms.is_empty()
            && let Ok(index) = self.histograms.binary_search_by_key(&step, |(at, _)| *at)
        {
            self.histograms.remove(index);
        }
        self.values[step] = value;
        self.present.set(step);
    }

    pub(crate) fn set_histogram(&mut self, step: usize, histogram: Arc<Histogram>) {
        match self.histograms.binary_search_by_key(&step, |(at, _)| *at) {
            Ok(index) => self.histograms[index].1 = histogram,
            Err(index) => self.histograms.insert(index, (step, histogram)),
        }
        self.present.set(step);
    }

    pub(crate) fn set(&mut self, step: usize, point: Value) {
        match point {
            Value::Float(value) => self.set_float(step, value),
            Value::Histogram(histogram) => self.set_histogram(step, histogram),
        }
    }

    /// Takes over a cell of another column; an absent one changes nothing.
    pub(crate) fn set_cell(&mut self, step: usize, cell: Cell<'_>) {
        match cell {
            Cell::Absent => {}
            Cell::Float(value) => self.set_float(step, value),
            Cell::Histogram(histogram) => self.set_histogram(step, Arc::clone(histogram)),
        }
    }

    pub(crate) fn clear(&mut self, step: usize) {
        self.present.unset(step);
        if let Ok(index) = self.histograms.binary_search_by_key(&step, |(at, _)| *at) {
            self.histograms.remove(index);
        }
    }

    /// Keeps the steps of `mask`.
    pub(crate) fn keep(&mut self, mask: &Bits) {
        self.present.keep(mask);
        self.histograms.retain(|(step, _)| mask.get(*step));
    }

    /// Drops the steps of `mask`.
    pub(crate) fn remove(&mut self, mask: &Bits) {
        self.present.remove(mask);
        self.histograms.retain(|(step, _)| !mask.get(*step));
    }

    /// Changes every float, drops every histogram.
    pub(crate) fn map_floats(&mut self, change: impl Fn(usize, f64) -> f64) {
        for (step, _) in std::mem::take(&mut self.histograms) {
            self.present.unset(step);
        }
        for (step, value) in self.values.iter_mut().enumerate() {
            *value = change(step, *value);
        }
    }

    /// Changes every point; `None` drops it.
    pub(crate) fn map(&self, mut change: impl FnMut(usize, Cell<'_>) -> Option<Value>) -> Self {
        let mut out = Self::absent(self.len());
        for (step, cell) in self.points() {
            if let Some(point) = change(step, cell) {
                out.set(step, point);
            }
        }
        out
    }

    /// Takes over the points of another column; false when a step is taken already.
    pub(crate) fn merge(&mut self, other: &Self) -> bool {
        if self.present.intersects(&other.present) {
            return false;
        }
        for (step, cell) in other.points() {
            self.set_cell(step, cell);
        }
        true
    }
}

/// A series of an instant vector over the steps.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Identity; still with the metric name when it is to be dropped later.
    pub labels: Labels,
    /// The metric name goes away when the result is shown.
    pub drop_name: bool,
    /// Values.
    pub column: Column,
}

impl Row {
    pub(crate) fn new(labels: Labels, drop_name: bool, column: Column) -> Self {
        Self { labels, drop_name, column }
    }

    /// Takes over the points of a row with equal labels; false when a step is taken already. What
    /// comes first decides about the name, as upstream's `rangeEval` does.
    pub(crate) fn merge(&mut self, other: &Self) -> bool {
        let start = |row: &Self| row.column.points().next().map(|(step, _)| step);
        if start(other).is_some_and(|theirs| start(self).is_none_or(|own| theirs < own)) {
            self.drop_name = other.drop_name;
        }
        self.column.merge(&other.column)
    }

    /// The metric name, or the empty text.
    pub(crate) fn name(&self) -> &str {
        self.labels.value(model::METRIC_NAME)
    }
}

/// Value of an expression over the steps.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// A number per step.
    Scalar(Vec<f64>),
    /// A text.
    Text(String),
    /// Series; for an instant query in the order of the result.
    Vector(Vec<Row>),
}

#[cfg(test)]
mod tests;
