//! What sending counts, under the names of upstream's dashboards and rules, with its labels
//! `remote_name` and `url`.

use super::counts::{BATCH_BOUNDS, Counts, Kinds};
use config::QueueConfig;
use exposition::Family;
use model::{Labels, MetricKind};

/// One endpoint as its numbers are shown.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) queue: QueueConfig,
    pub(crate) counts: Counts,
}

impl Told {
    fn labels(&self) -> Labels {
        Labels::from_pairs([("remote_name", &self.name), ("url", &self.url)])
    }

    fn labels_with(&self, name: &str, value: &str) -> Labels {
        let pairs = [("remote_name", &*self.name), ("url", &*self.url), (name, value)];
        Labels::from_pairs(pairs)
    }
}

type Number = fn(&Told) -> f64;
type Part = fn(&Counts) -> Kinds;

const COUNTERS: [(&str, &str, Number); 8] = [
    ("bytes_total", "Compressed bytes of samples that were accepted.", |one| {
        one.counts.bytes as f64
    }),
    ("enqueue_retries_total", "Times that reading waited because a shard was full.", |one| {
        one.counts.waits as f64
    }),
    ("metadata_total", "Entries of metadata that were accepted.", |one| {
        one.counts.metadata[0] as f64
    }),
    ("metadata_failed_total", "Entries of metadata that were not accepted.", |one| {
        one.counts.metadata[1] as f64
    }),
    ("metadata_retried_total", "Entries of metadata that were sent again.", |one| {
        one.counts.metadata[2] as f64
    }),
    ("samples_in_total", "Samples taken from storage to be sent.", |one| {
        one.counts.taken.samples as f64
    }),
    ("exemplars_in_total", "Exemplars taken from storage to be sent.", |one| {
        one.counts.taken.exemplars as f64
    }),
    ("histograms_in_total", "Native histograms taken from storage to be sent.", |one| {
        one.counts.taken.histograms as f64
    }),
];

const GAUGES: [(&str, &str, Number); 9] = [
    ("max_samples_per_send", "Most samples of a request.", |one| {
        one.queue.samples_per_send_max as f64
    }),
    ("queue_highest_sent_timestamp_seconds", "Newest instant that was accepted.", |one| {
        one.counts.newest_sent.unwrap_or(0) as f64 / 1e3
    }),
    ("queue_highest_timestamp_seconds", "Newest instant taken from storage.", |one| {
        one.counts.newest_taken.unwrap_or(0) as f64 / 1e3
    }),
    ("samples_pending", "Samples that wait in memory.", |one| one.counts.pending.all() as f64),
    ("shard_capacity", "Samples that may wait in a shard.", |one| one.queue.capacity as f64),
    ("shards", "Shards that send at the same time.", |one| one.counts.shards as f64),
    ("shards_desired", "Shards that the present load needs.", |one| one.counts.desired_shards),
    ("shards_max", "Most shards.", |one| one.queue.shards_max as f64),
    ("shards_min", "Fewest shards.", |one| one.queue.shards_min as f64),
];

/// Counters of each kind: name after the kind, verb, numbers.
const PARTS: [(&str, &str, Part); 3] = [
    ("total", "were sent, accepted or not", |counts| {
        let mut all = counts.sent;
        all.add(counts.failed);
        all
    }),
    ("failed_total", "were refused for good", |counts| counts.failed),
    ("retried_total", "were sent again", |counts| counts.retried),
];

const PREFIX: &str = "prometheus_remote_storage_";

/// All families; none without endpoints.
pub(crate) fn families(told: &[Told], newest_seconds: Option<f64>) -> Vec<Family> {
    if told.is_empty() {
        return Vec::new();
    }
    let mut families = Vec::new();
    let name = |suffix: &str| format!("{PREFIX}{suffix}");
    for (suffix, help, number) in COUNTERS {
        families.push(with(Family::counter(name(suffix), help), told, number));
    }
    for (suffix, help, number) in GAUGES {
        families.push(with(Family::gauge(name(suffix), help), told, number));
    }
    for (suffix, verb, part) in PARTS {
        families.extend(by_kind(suffix, verb, told, part));
    }
    families.extend(dropped(told));
    families.push(durations(told));
    let help = "Newest instant that was stored and is to be sent.";
    let newest = Family::gauge(name("highest_timestamp_in_seconds"), help);
    families.push(newest.with(newest_seconds.unwrap_or(0.0)));
    let help = "Segment of the journal that is read for an endpoint.";
    let segment = Family::gauge("prometheus_wal_watcher_current_segment", help);
    let mut segment = segment;
    for one in told {
        segment.push(Labels::from_pairs([("consumer", &one.name)]), one.counts.segment as f64);
    }
    families.push(segment);
    families
}

fn with(mut family: Family, told: &[Told], number: Number) -> Family {
    for one in told {
        family.push(one.labels(), number(one));
    }
    family
}

fn by_kind(suffix: &str, verb: &str, told: &[Told], part: Part) -> [Family; 3] {
    type Count = fn(&Kinds) -> u64;
    let kinds: [(&str, Count); 3] = [
        ("samples", |kinds| kinds.samples),
        ("exemplars", |kinds| kinds.exemplars),
        ("histograms", |kinds| kinds.histograms),
    ];
    kinds.map(|(kind, number)| {
        let help = format!("How many {kind} {verb}.");
        let mut family = Family::counter(format!("{PREFIX}{kind}_{suffix}"), help);
        for one in told {
            family.push(one.labels(), number(&part(&one.counts)) as f64);
        }
        family
    })
}

fn dropped(told: &[Told]) -> [Family; 2] {
    let family = |kind: &str| {
        let help = format!("How many {kind} were not sent, by reason.");
        Family::counter(format!("{PREFIX}{kind}_dropped_total"), help)
    };
    let mut both = [family("samples"), family("histograms")];
    for one in told {
        for (reason, kinds) in &one.counts.dropped {
            let labels = one.labels_with("reason", reason);
            both[0].push(labels.clone(), kinds.samples as f64);
            both[1].push(labels, kinds.histograms as f64);
        }
    }
    both
}

fn durations(told: &[Told]) -> Family {
    let name = format!("{PREFIX}sent_batch_duration_seconds");
    let help = "How long requests took that were answered.";
    let mut family = Family::new(name, MetricKind::Histogram, help);
    for one in told {
        let mut count = 0;
        for (bucket, more) in one.counts.durations.iter().enumerate() {
            count += more;
            let bound = BATCH_BOUNDS.get(bucket).map_or("+Inf".to_owned(), f64::to_string);
            family.push_part("_bucket", one.labels_with("le", &bound), count as f64);
        }
        family.push_part("_sum", one.labels(), one.counts.duration_sum);
        family.push_part("_count", one.labels(), count as f64);
    }
    family
}
