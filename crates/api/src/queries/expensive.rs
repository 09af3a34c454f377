//! Finished questions that cost most, by expression: a dashboard that asks the same every few
//! seconds is one line. Bounded: when the table is full, the line with the least time goes.

use super::{QueryKind, Question};
use model::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// Lines of the table; with texts of at most 1 KiB less than 1 MB.
const LINES_MAX: usize = 500;
/// Bytes of an expression that are kept and shown.
pub(crate) const TEXT_BYTES_MAX: usize = 1024;

/// What lines differ in: the kind, and the text with every run of white space as one space.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Shape {
    pub(crate) kind: QueryKind,
    pub(crate) text: String,
}

/// Cost of one question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Time of evaluation, without the queue.
    pub(crate) ran: Duration,
    pub(crate) failed: bool,
    /// Samples read from the store.
    pub(crate) samples: u64,
    pub(crate) bytes_peak: usize,
}

/// Cost of all questions of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) count: u64,
    pub(crate) failed: u64,
    pub(crate) total: Duration,
    pub(crate) longest: Duration,
    pub(crate) samples: u64,
    pub(crate) bytes_peak: usize,
    pub(crate) last: Timestamp,
}

/// What "most expensive" means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Seconds of all together.
    Seconds,
    /// Seconds of the longest.
    Longest,
    /// Samples read by all together.
    Samples,
    /// Bytes of the largest.
    Memory,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Expensive(HashMap<Shape, Spent>);

impl Shape {
    pub(crate) fn of(question: &Question) -> Self {
        Self { kind: question.kind, text: shortened(&question.text) }
    }
}

/// A text on one line, cut to [`TEXT_BYTES_MAX`] and what tells how much is missing.
pub(crate) fn shortened(text: &str) -> String {
    let mut short = String::with_capacity(text.len().min(TEXT_BYTES_MAX));
    let mut taken = 0;
    for word in text.split_whitespace() {
        let room = TEXT_BYTES_MAX.saturating_sub(short.len() + 1);
        if word.len() > room {
            short.push_str(if short.is_empty() { "" } else { " " });
            short.push_str(&word[..word.floor_char_boundary(room)]);
            break;
        }
        short.push_str(if short.is_empty() { "" } else { " " });
        short.push_str(word);
        taken += 1;
    }
    if text.split_whitespace().nth(taken).is_some() {
        short.push_str("... (");
        short.push_str(&text.len().to_string());
        short.push_str(" bytes)");
    }
    short
}

impl Expensive {
    /// Adds a finished question.
    pub(crate) fn add(&mut self, shape: Shape, cost: Cost, now: Timestamp) {
        if self.0.len() >= LINES_MAX && !self.0.contains_key(&shape) {
            let cheapest = self.0.iter().min_by_key(|(shape, spent)| (spent.total, *shape));
            let cheapest = cheapest.map(|(shape, _)| shape.clone());
            cheapest.and_then(|shape| self.0.remove(&shape));
        }
        let spent = self.0.entry(shape).or_default();
        spent.count += 1;
        spent.failed += u64::from(cost.failed);
        spent.total += cost.ran;
        spent.longest = spent.longest.max(cost.ran);
        spent.samples += cost.samples;
        spent.bytes_peak = spent.bytes_peak.max(cost.bytes_peak);
        spent.last = now;
    }

    /// The first lines in an order, most expensive first.
    pub(crate) fn top(&self, order: Order, limit: usize) -> Vec<(Shape, Spent)> {
        let mut lines: Vec<_> = self.0.iter().collect();
        lines.sort_by(|(a, x), (b, y)| y.rank(order).cmp(&x.rank(order)).then(a.cmp(b)));
        lines.truncate(limit);
        lines.into_iter().map(|(shape, spent)| (shape.clone(), *spent)).collect()
    }
}

impl Spent {
    fn rank(&self, order: Order) -> u128 {
        match order {
            Order::Seconds => self.total.as_nanos(),
            Order::Longest => self.longest.as_nanos(),
            Order::Samples => u128::from(self.samples),
            Order::Memory => self.bytes_peak as u128,
        }
    }
}
