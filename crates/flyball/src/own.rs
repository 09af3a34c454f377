//! Flyball's own metrics: what every part counts, as metric families.
//! They are rendered at `/metrics` and stored like any other target's, as `job="flyball"`.

mod answers;
mod receiver;
mod rules;
mod senders;
mod storage;

pub(crate) use answers::{Past, families as answer_families};
pub(crate) use receiver::families as receiver_families;
pub(crate) use senders::families as sender_families;

use crate::dispatch::Dispatch;
use crate::evaluate::Evaluator;
use crate::load::ShownRouting;
use crate::process;
use crate::supervise::PanicCounts;
use crate::version;
use config::ScrapeConfig;
use exposition::Family;
use model::{Labels, Timestamp};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// So long before its end a silence that still mutes is told of.
const SILENCE_ENDS_SOON: Duration = Duration::from_mins(15);
/// Longest part of a person's text that becomes a label.
const TEXT_CHARS_MAX: usize = 100;

/// Whether the configuration on disk is the one in force.
#[derive(Debug, Default)]
pub(crate) struct ReloadState {
    succeeded: AtomicBool,
    at_ms: AtomicI64,
    failures: AtomicU64,
}

impl ReloadState {
    pub(crate) fn note_success(&self, now: Timestamp) {
        self.succeeded.store(true, Ordering::Relaxed);
        self.at_ms.store(now.ms(), Ordering::Relaxed);
    }

    pub(crate) fn note_failure(&self) {
        self.succeeded.store(false, Ordering::Relaxed);
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.succeeded.load(Ordering::Relaxed)
    }

    /// When the configuration in force was loaded.
    pub(crate) fn at(&self) -> Timestamp {
        Timestamp::from_ms(self.at_ms.load(Ordering::Relaxed))
    }
}

/// The configuration in force, as far as others show it.
#[derive(Debug, Default)]
pub(crate) struct Live {
    redacted: Mutex<String>,
    routing: Mutex<Arc<ShownRouting>>,
    jobs: Mutex<Arc<Vec<ScrapeConfig>>>,
}

impl Live {
    pub(crate) fn set(&self, redacted: String, routing: ShownRouting, jobs: Vec<ScrapeConfig>) {
        *self.jobs.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(jobs);
        *self.redacted.lock().unwrap_or_else(PoisonError::into_inner) = redacted;
        *self.routing.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(routing);
    }

    /// The files without their secrets.
    pub(crate) fn redacted(&self) -> String {
        self.redacted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is scraped, as configured.
    pub(crate) fn jobs(&self) -> Arc<Vec<ScrapeConfig>> {
        Arc::clone(&self.jobs.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Routing as the API shows it.
    pub(crate) fn routing(&self) -> Arc<ShownRouting> {
        Arc::clone(&self.routing.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A part that contributes families of its own.
pub(crate) type Contribution = Box<dyn Fn() -> Vec<Family> + Send + Sync>;

/// Everything that is counted.
pub(crate) struct OwnMetrics {
    pub(crate) db: Arc<tsdb::Db>,
    pub(crate) evaluator: Arc<Evaluator>,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) panics: PanicCounts,
    pub(crate) reload: Arc<ReloadState>,
    pub(crate) contributions: Mutex<Vec<Contribution>>,
}

impl OwnMetrics {
    /// Adds families of a part that is wired later.
    pub(crate) fn add(&self, contribution: Contribution) {
        self.contributions.lock().unwrap_or_else(PoisonError::into_inner).push(contribution);
    }

    /// All families at this moment, each name once.
    pub(crate) fn families(&self) -> Vec<Family> {
        let mut families = process::families();
        families.push(build_info());
        families.extend(self.reload_families());
        families.push(self.panic_family());
        families.extend(storage::families(&self.db.stats()));
        families.extend(rules::families(&self.evaluator));
        families.extend(self.notification_families());
        let contributions = self.contributions.lock().unwrap_or_else(PoisonError::into_inner);
        families.extend(contributions.iter().flat_map(|contribution| contribution()));
        families.sort_by(|a, b| a.name.cmp(&b.name));
        families
    }

    fn reload_families(&self) -> [Family; 2] {
        let good = f64::from(u8::from(self.reload.succeeded()));
        [
            Family::gauge(
                "flyball_config_last_reload_successful",
                "Whether the last reload of the configuration succeeded (1) or failed (0).",
            )
            .with(good),
            Family::gauge(
                "flyball_config_last_reload_success_timestamp_seconds",
                "When the configuration in force was loaded.",
            )
            .with(self.reload.at().seconds()),
        ]
    }

    fn panic_family(&self) -> Family {
        let help = "Panics of each part; a part is restarted after a panic.";
        let mut family = Family::counter("flyball_part_panics_total", help);
        for (part, count) in self.panics.snapshot() {
            family.push(Labels::from_pairs([("part", part)]), count as f64);
        }
        family
    }

    fn silence_family(&self) -> Family {
        let help = "End of a silence that mutes firing alerts and ends within 15 minutes.";
        let mut family = Family::gauge("flyball_silence_ends_timestamp_seconds", help);
        for silence in self.dispatch.silences_ending(SILENCE_ENDS_SOON) {
            let labels = [
                ("id", silence.id.as_str()),
                ("created_by", cut(&silence.created_by)),
                ("comment", cut(&silence.comment)),
            ];
            family.push(Labels::from_pairs(labels), silence.ends_at.seconds());
        }
        family
    }

    fn letter_family(&self) -> Family {
        let help = "Notifications that did not arrive, by receiver.";
        let mut family = Family::gauge("flyball_notifications_dead_letters", help);
        for (receiver, count) in self.dispatch.dead_letters_by_receiver() {
            family.push(Labels::from_pairs([("receiver", &receiver)]), f64::from(count));
        }
        family
    }

    fn notification_families(&self) -> Vec<Family> {
        let stats = self.dispatch.stats();
        let counter =
            |name: &str, help: &str, value: u64| Family::counter(name, help).with(value as f64);
        vec![
            self.silence_family(),
            Family::gauge("flyball_alerts", "Alerts held by routing.").with(stats.alerts as f64),
            Family::gauge("flyball_alert_groups", "Groups of alerts held by routing.")
                .with(stats.groups as f64),
            self.letter_family(),
            counter(
                "flyball_notifications_dead_letters_dropped_total",
                "Dead letters that were forgotten because there were too many.",
                stats.letters_dropped,
            ),
            counter(
                "flyball_alerts_refused_total",
                "Alerts refused because routing holds too many.",
                stats.refused_alerts,
            ),
            counter(
                "flyball_alert_log_failures_total",
                "Writes of alerts, silences or notifications to the disk that failed.",
                self.dispatch.log_failures(),
            ),
            counter(
                "flyball_notifications_accepted_total",
                "Notifications that a receiver accepted.",
                stats.accepted,
            ),
            counter(
                "flyball_notifications_retried_total",
                "Deliveries that failed and are tried again.",
                stats.retried,
            ),
            counter(
                "flyball_notifications_refused_total",
                "Deliveries that were given up.",
                stats.refused,
            ),
        ]
    }
}

/// The beginning of a text, short enough for a label.
fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text.len(), |(end, _)| end);
    &text[..end]
}

pub(crate) fn build_info() -> Family {
    let mut family = Family::gauge(
        "flyball_build_info",
        "A constant 1 with version, commit and compiler as labels.",
    );
    let labels = [
        ("version", version::VERSION),
        ("revision", version::REVISION),
        ("branch", version::BRANCH),
        ("compiler", version::COMPILER),
    ];
    family.push(Labels::from_pairs(labels), 1.0);
    family
}
