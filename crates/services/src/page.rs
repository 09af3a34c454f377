//! The families of one round, grouped by name in the order of their first appearance, within a
//! budget of samples. Parts fill pages of their own, so that one too many costs its part alone.

use exposition::{Family, Point};
use model::{Labels, MetricKind};
use std::collections::HashMap;

/// Longest value of a label, in bytes; longer ones are cut. Below the limit of the storage, so that
/// a long name in a service cannot cost its page.
const LABEL_BYTES_MAX: usize = 1024;

/// Families under construction.
#[derive(Debug, Default)]
pub struct Page {
    families: Vec<Family>,
    by_name: HashMap<String, usize>,
    samples: usize,
}

impl Page {
    /// Adds a gauge's sample.
    pub fn gauge(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        self.push(name, MetricKind::Gauge, help, labels, value);
    }

    /// Adds a counter's sample.
    pub fn counter(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: f64) {
        self.push(name, MetricKind::Counter, help, labels, value);
    }

    /// Adds a sample.
    pub fn push(
        &mut self,
        name: &str,
        kind: MetricKind,
        help: &str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        self.part((name, kind, help), "", labels, value);
    }

    /// Adds a part of a histogram or summary: suffix `_bucket`, `_sum` or `_count`.
    pub fn part(
        &mut self,
        (name, kind, help): (&str, MetricKind, &str),
        suffix: &'static str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        let labels = Labels::from_pairs(labels.iter().map(|(name, value)| (*name, cut(value))));
        let point = Point { suffix, labels, value, timestamp: None };
        self.family(name, kind, help).points.push(point);
        self.samples += 1;
    }

    fn family(&mut self, name: &str, kind: MetricKind, help: &str) -> &mut Family {
        let index = self.by_name.get(name).copied().unwrap_or_else(|| {
            self.by_name.insert(name.to_owned(), self.families.len());
            self.families.push(Family::new(name, kind, help));
            self.families.len() - 1
        });
        &mut self.families[index]
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Adds all samples of another page; the first declaration of a name gives its kind and help.
    pub fn absorb(&mut self, other: &Self) {
        for family in &other.families {
            let own = self.family(&family.name, family.kind, &family.help);
            own.points.extend(family.points.iter().cloned());
        }
        self.samples += other.samples;
    }

    /// The families, by name.
    pub fn into_families(mut self) -> Vec<Family> {
        self.families.sort_by(|a, b| a.name.cmp(&b.name));
        self.families
    }
}

/// The beginning of a text that fits into a label.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LABEL_BYTES_MAX)]
}
