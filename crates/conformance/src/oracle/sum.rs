//! Sums without loss: Neumaier's form of Kahan's summation, as Prometheus computes them.

/// A sum and what rounding took from it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    /// Starts with a first value.
    pub(crate) fn from(value: f64) -> Self {
        Self { total: value, lost: 0.0 }
    }

    pub(crate) fn of_parts(total: f64, lost: f64) -> Self {
        Self { total, lost }
    }

    pub(crate) fn parts(self) -> (f64, f64) {
        (self.total, self.lost)
    }

    pub(crate) fn add(&mut self, value: f64) {
        let total = self.total + value;
        if total.is_infinite() {
            self.lost = 0.0;
        } else if self.total.abs() >= value.abs() {
            self.lost += (self.total - total) + value;
        } else {
            self.lost += (value - total) + self.total;
        }
        self.total = total;
    }

    /// The sum before the correction.
    pub(crate) fn rough(&self) -> f64 {
        self.total
    }

    pub(crate) fn scale(&mut self, factor: f64) {
        self.total *= factor;
        self.lost *= factor;
    }

    pub(crate) fn value(&self) -> f64 {
        if self.total.is_infinite() { self.total } else { self.total + self.lost }
    }
}

/// Sum of floats.
pub(crate) fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    values.into_iter().for_each(|value| sum.add(value));
    sum.value()
}

/// Mean of floats; the running mean once their sum would overflow. NaN without values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    let Some((first, rest)) = values.split_first() else { return f64::NAN };
    let mut total = Sum::from(*first);
    let mut running: Option<Sum> = None;
    for (index, value) in rest.iter().enumerate() {
        let count = index as f64 + 2.0;
        if running.is_none() {
            let mut next = total;
            next.add(*value);
            if !next.rough().is_infinite() {
                total = next;
                continue;
            }
            let mut mean = total;
            mean.scale(1.0 / (count - 1.0));
            running = Some(mean);
        }
        if let Some(mean) = &mut running {
            mean.scale((count - 1.0) / count);
            mean.add(value / count);
        }
    }
    if let Some(mean) = running {
        return mean.value();
    }
    total.scale(1.0 / values.len() as f64);
    total.value()
}

/// Variance of floats (of the whole population), by Welford's recurrence.
pub(crate) fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares) = (Sum::default(), Sum::default());
    for (index, value) in values.iter().enumerate() {
        let delta = value - mean.value();
        mean.add(delta / (index as f64 + 1.0));
        squares.add(delta * (value - mean.value()));
    }
    squares.value() / values.len() as f64
}
