//! What became of each part of a collection: its page within the budget, its time, its fault.
//! The series about the parts are the same for all services but for their prefix.

use crate::{Fault, Page, Reason};
use std::time::Duration;

/// How a service's series about its parts are called.
pub(crate) struct Names {
    /// Word for the label `service`.
    pub(crate) service: &'static str,
    /// Gauge of seconds, by `collector`.
    pub(crate) duration: (&'static str, &'static str),
    /// Gauge of 0 or 1, by `collector`.
    pub(crate) success: (&'static str, &'static str),
}

/// Series about trouble; the same for all services.
const FAULT: (&str, &str) =
    ("flyball_service_collector_fault", "Collectors that lack data and why, value is always 1.");

/// One part that ran, or could not.
#[derive(Clone, Debug)]
pub struct PartOutcome {
    /// Name of the part.
    pub part: &'static str,
    /// How long it took.
    pub took: Duration,
    /// Why it has no data, or not all.
    pub fault: Option<Fault>,
    /// Has it data in spite of its fault?
    pub has_data: bool,
}

/// A round as it comes together.
pub(crate) struct Round<'n> {
    names: &'n Names,
    samples_max: usize,
    page: Page,
    parts: Vec<PartOutcome>,
}

impl<'n> Round<'n> {
    /// An empty round; `samples_max` bounds the samples of all its parts.
    pub(crate) fn new(names: &'n Names, samples_max: usize) -> Self {
        Self { names, samples_max, page: Page::default(), parts: Vec::new() }
    }

    /// Samples that belong to the round itself and always fit.
    pub(crate) fn page(&mut self) -> &mut Page {
        &mut self.page
    }

    /// Takes the page of a part if it fits into the budget.
    pub(crate) fn take(
        &mut self,
        part: &'static str,
        took: Duration,
        outcome: Result<&Page, Fault>,
    ) {
        let fault = match outcome {
            Ok(page) if self.page.samples() + page.samples() > self.samples_max => {
                let (found, max) = (page.samples(), self.samples_max);
                let left = max.saturating_sub(self.page.samples());
                let message = format!(
                    "collector {part} gave {found} samples, {left} are left of series_max {max}"
                );
                Some(Fault::new(Reason::Limit, message))
            }
            Ok(page) => {
                self.page.absorb(page);
                None
            }
            Err(fault) => Some(fault),
        };
        let has_data = fault.is_none();
        self.parts.push(PartOutcome { part, took, fault, has_data });
    }

    /// Notes that the last part has data, but not all: others would have given more.
    pub(crate) fn lacks(&mut self, fault: Fault) {
        if let Some(last) = self.parts.last_mut().filter(|last| last.fault.is_none()) {
            last.fault = Some(fault);
        }
    }

    /// The page with the series about the parts, and the parts.
    pub(crate) fn finish(mut self) -> (Page, Vec<PartOutcome>) {
        let (duration, success) = (self.names.duration, self.names.success);
        for outcome in &self.parts {
            let label = [("collector", outcome.part)];
            let good = f64::from(u8::from(outcome.has_data));
            self.page.gauge(duration.0, duration.1, &label, outcome.took.as_secs_f64());
            self.page.gauge(success.0, success.1, &label, good);
            if let Some(fault) = &outcome.fault {
                let labels = [
                    ("service", self.names.service),
                    ("collector", outcome.part),
                    ("reason", fault.reason.word()),
                ];
                self.page.gauge(FAULT.0, FAULT.1, &labels, 1.0);
            }
        }
        (self.page, self.parts)
    }
}
