//! Sums and means of histograms: every count is summed as floats are, without loss.

use super::sparse::{Incompatible, Sparse};
use super::sum::Sum;

/// A sum of histograms and what rounding took from it.
#[derive(Clone, Debug)]
struct Total {
    sum: Sparse,
    lost: Sparse,
}

impl Total {
    fn from(first: &Sparse) -> Self {
        Self { sum: first.clone(), lost: Sparse::empty_like(first) }
    }

    fn add(&mut self, other: &Sparse) -> Result<(), Incompatible> {
        let (mut sum, other) = self.sum.reconciled(other)?;
        let mut lost = self.lost.clone().laid_out_as(&sum);
        add(&mut sum.zero_count, &mut lost.zero_count, other.zero_count);
        add(&mut sum.count, &mut lost.count, other.count);
        add(&mut sum.sum, &mut lost.sum, other.sum);
        for (sums, losts, others) in [
            (&mut sum.positive, &mut lost.positive, &other.positive),
            (&mut sum.negative, &mut lost.negative, &other.negative),
        ] {
            for (index, count) in others {
                let total = sums.entry(*index).or_insert(0.0);
                add(total, losts.entry(*index).or_insert(0.0), *count);
            }
        }
        (self.sum, self.lost) = (sum, lost);
        Ok(())
    }

    fn over(&self, count: f64) -> Self {
        let divided = |histogram: &Sparse| histogram.clone().map(|value| value / count);
        Self { sum: divided(&self.sum), lost: divided(&self.lost) }
    }

    fn times(&self, factor: f64) -> Self {
        let scaled = |histogram: &Sparse| histogram.clone().map(|value| value * factor);
        Self { sum: scaled(&self.sum), lost: scaled(&self.lost) }
    }

    fn overflows(&self) -> bool {
        let numbers = [self.sum.zero_count, self.sum.count, self.sum.sum];
        let buckets = self.sum.positive.values().chain(self.sum.negative.values());
        numbers.iter().chain(buckets).any(|value| value.is_infinite())
    }

    fn value(self) -> Sparse {
        let mut value = self.sum;
        value.zero_count += self.lost.zero_count;
        value.count += self.lost.count;
        value.sum += self.lost.sum;
        for (side, lost) in
            [(&mut value.positive, self.lost.positive), (&mut value.negative, self.lost.negative)]
        {
            for (index, lost) in lost {
                *side.entry(index).or_insert(0.0) += lost;
            }
        }
        value
    }
}

fn add(total: &mut f64, lost: &mut f64, value: f64) {
    let mut sum = Sum::of_parts(*total, *lost);
    sum.add(value);
    (*total, *lost) = sum.parts();
}

/// Sum of histograms, at least one.
pub(super) fn sum(histograms: &[&Sparse]) -> Result<Sparse, Incompatible> {
    let mut total = Total::from(histograms[0]);
    for histogram in &histograms[1..] {
        total.add(histogram)?;
    }
    Ok(total.value())
}

/// Mean of histograms, at least one; the running mean once their sum would overflow.
pub(super) fn mean(histograms: &[&Sparse]) -> Result<Sparse, Incompatible> {
    let mut total = Total::from(histograms[0]);
    let mut running: Option<Total> = None;
    for (index, histogram) in histograms[1..].iter().enumerate() {
        let count = index as f64 + 2.0;
        if running.is_none() {
            let mut next = total.clone();
            next.add(histogram)?;
            if !next.overflows() {
                total = next;
                continue;
            }
            running = Some(total.over(count - 1.0));
        }
        if let Some(mean) = &mut running {
            *mean = mean.times((count - 1.0) / count);
            mean.add(&(*histogram).clone().map(|value| value / count))?;
        }
    }
    let mean = running.unwrap_or_else(|| total.over(histograms.len() as f64));
    Ok(mean.value())
}
