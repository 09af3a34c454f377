//! What scraping counts about itself, as families for our own `/metrics`.

use crate::ScrapeReport;
use exposition::Family;
use model::Labels;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start; plain sums, so relaxed order is enough.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    scrapes: AtomicU64,
    failed: AtomicU64,
    samples: AtomicU64,
    stale: AtomicU64,
    out_of_order: AtomicU64,
    duplicates: AtomicU64,
    out_of_bounds: AtomicU64,
    refused: AtomicU64,
    exemplars_refused: AtomicU64,
    unconverted: AtomicU64,
    sample_limit: AtomicU64,
    bucket_limit: AtomicU64,
    not_stored: AtomicU64,
}

impl Counters {
    pub(crate) fn count(&self, report: &ScrapeReport) {
        let add = |counter: &AtomicU64, by: usize| counter.fetch_add(by as u64, Ordering::Relaxed);
        add(&self.scrapes, 1);
        add(&self.failed, usize::from(report.error.is_some()));
        add(&self.samples, report.scraped);
        add(&self.stale, report.stale);
        add(&self.out_of_order, report.out_of_order);
        add(&self.duplicates, report.duplicates);
        add(&self.out_of_bounds, report.out_of_bounds);
        add(&self.refused, report.refused);
        add(&self.exemplars_refused, report.exemplars_refused);
        add(&self.unconverted, report.unconverted);
        add(&self.sample_limit, usize::from(report.sample_limit_exceeded));
        add(&self.bucket_limit, usize::from(report.bucket_limit_exceeded));
        add(&self.not_stored, usize::from(report.store_error.is_some()));
    }

    pub(crate) fn families(&self) -> Vec<Family> {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        let simple = |name: &str, help: &str, counter| {
            Family::counter(format!("flyball_scrape_{name}_total"), help).with(value(counter))
        };
        let mut refused = Family::counter(
            "flyball_scrape_samples_refused_total",
            "Scraped samples that were refused, by reason.",
        );
        for (reason, counter) in [
            ("out_of_order", &self.out_of_order),
            ("duplicate_timestamp", &self.duplicates),
            ("out_of_bounds", &self.out_of_bounds),
            ("beyond_limit", &self.refused),
        ] {
            refused.push(Labels::from_pairs([("reason", reason)]), value(counter));
        }
        vec![
            simple("scrapes", "Scrapes, failed ones included.", &self.scrapes),
            simple("failures", "Scrapes that failed.", &self.failed),
            simple("samples", "Samples that targets exposed.", &self.samples),
            simple("stale_markers", "Staleness markers written.", &self.stale),
            simple("sample_limit_exceeded", "Scrapes above sample_limit.", &self.sample_limit),
            simple(
                "bucket_limit_exceeded",
                "Scrapes with a histogram above native_histogram_bucket_limit.",
                &self.bucket_limit,
            ),
            simple("not_stored", "Scrapes that the storage refused.", &self.not_stored),
            simple(
                "exemplars_refused",
                "Exemplars that were refused because their labels are too long.",
                &self.exemplars_refused,
            ),
            simple(
                "histograms_not_converted",
                "Classic histograms that made no native one and were dropped.",
                &self.unconverted,
            ),
            refused,
        ]
    }
}
