//! For tests: a dispatcher in virtual time with scripted receivers, driven like Alertmanager's
//! acceptance tests: alerts at an instant, and what each receiver heard when.

use crate::*;
use model::{Labels, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const EPOCH_MS: i64 = 1_700_000_000_000;

/// Settings of an alertmanager.yml.
pub(crate) fn settings(yaml: &str) -> Settings {
    let file = config::alertmanager::load("alertmanager.yml", yaml).unwrap().config;
    let integration = |i: &config::Integration| Integration {
        name: format!("{}[{}]", i.kind.name(), i.index),
        send_resolved: i.send_resolved,
    };
    let receivers = file.receivers.iter().map(|receiver| Receiver {
        name: receiver.name.clone(),
        integrations: receiver.integrations.iter().map(integration).collect(),
    });
    Settings {
        route: file.route,
        receivers: receivers.collect(),
        inhibit_rules: file.inhibit_rules,
        time_intervals: file.time_intervals,
        compat: Compat::Improved,
    }
}

/// A dispatcher with a clock and receivers whose answers are scripted.
pub(crate) struct Stage {
    pub(crate) dispatcher: Dispatcher,
    pub(crate) settings: Settings,
    /// Milliseconds since the beginning.
    pub(crate) ms: i64,
    pub(crate) wall_offset_ms: i64,
    /// The next answers, whoever is asked.
    pub(crate) answers: VecDeque<Delivery>,
    /// Receivers' integrations that fail until an instant: `ops/webhook[1]`.
    pub(crate) failing_until_ms: BTreeMap<String, i64>,
    /// What was heard, with the reason.
    pub(crate) heard: Vec<String>,
    /// What was heard, with beginnings and ends.
    pub(crate) spans: Vec<String>,
    /// `global.resolve_timeout`
    pub(crate) resolve_timeout: Duration,
    /// What is on the disk.
    pub(crate) written: Vec<Change>,
    ids: u32,
}

impl Stage {
    pub(crate) fn new(yaml: &str) -> Self {
        let file = config::alertmanager::load("alertmanager.yml", yaml).unwrap().config;
        Self { resolve_timeout: file.resolve_timeout, ..Self::with(settings(yaml)) }
    }

    pub(crate) fn strict(yaml: &str) -> Self {
        let strict = Settings { compat: Compat::Strict, ..settings(yaml) };
        Self { resolve_timeout: Self::new(yaml).resolve_timeout, ..Self::with(strict) }
    }

    fn with(settings: Settings) -> Self {
        Self {
            dispatcher: Dispatcher::new(&settings).unwrap(),
            settings,
            ms: 0,
            wall_offset_ms: 0,
            answers: VecDeque::new(),
            failing_until_ms: BTreeMap::new(),
            heard: Vec::new(),
            spans: Vec::new(),
            resolve_timeout: Duration::from_mins(5),
            written: Vec::new(),
            ids: 0,
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        let monotonic = Duration::from_millis(self.ms.unsigned_abs());
        Moment { wall: Timestamp::from_ms(EPOCH_MS + self.ms + self.wall_offset_ms), monotonic }
    }

    /// An instant in seconds since the beginning.
    pub(crate) fn at(seconds: f64) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "instants of tests are small")]
        Timestamp::from_ms(EPOCH_MS + (seconds * 1000.0).round() as i64)
    }

    pub(crate) fn step(&mut self, event: Event) {
        let mut effects = Vec::new();
        self.dispatcher.step(self.moment(), event, &mut effects);
        self.carry_out(effects);
    }

    pub(crate) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Remember(changes) => self.written.extend(changes),
                Effect::Notify { ticket, notification, .. } => {
                    let answer = self.answer(&notification);
                    self.hear(&notification, &answer);
                    let why = if matches!(answer, Delivery::Accepted { .. }) { "" } else { "down" };
                    self.step(Event::Delivered(ticket, answer, why.to_owned()));
                }
                Effect::GaveUp { receiver, .. } => {
                    self.heard.push(format!("{} {receiver} gave up", self.seconds()));
                }
            }
        }
    }

    fn answer(&mut self, notification: &Notification) -> Delivery {
        if let Some(answer) = self.answers.pop_front() {
            return answer;
        }
        let receivers = &self.settings.receivers;
        let receiver = receivers.iter().find(|r| r.name == notification.receiver).unwrap();
        let name = &receiver.integrations[notification.integration].name;
        match self.failing_until_ms.get(&format!("{}/{name}", receiver.name)) {
            Some(until) if self.ms < *until => Delivery::Retry { after: None },
            _ => accepted(),
        }
    }

    fn seconds(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "instants of tests are small")]
        let seconds = self.ms as f64 / 1000.0;
        format!("{seconds}s")
    }

    fn hear(&mut self, notification: &Notification, answer: &Delivery) {
        let alerts: Vec<String> = notification.alerts.iter().map(shown).collect();
        let failed = if matches!(answer, Delivery::Accepted { .. }) { "" } else { " FAILED" };
        let (receiver, reason) = (&notification.receiver, notification.reason.as_str());
        let place = match notification.integration {
            0 => String::new(),
            place => format!("#{place}"),
        };
        let (seconds, alerts) = (self.seconds(), alerts.join(" "));
        self.heard.push(format!("{seconds} {receiver}{place} {alerts} ({reason}){failed}"));
        if failed.is_empty() {
            let spans: Vec<String> = notification.alerts.iter().map(shown_span).collect();
            self.spans.push(format!("{seconds}{place} {}", spans.join(" ")));
        }
    }

    /// An alert that fires: ten minutes from now it ends, unless it comes again.
    pub(crate) fn fire(&mut self, labels: &[(&str, &str)]) {
        self.send(labels, 600.0);
    }

    pub(crate) fn resolve(&mut self, labels: &[(&str, &str)]) {
        self.send(labels, 0.0);
    }

    pub(crate) fn send(&mut self, labels: &[(&str, &str)], ends_in: f64) {
        let now = self.moment().wall;
        #[expect(clippy::cast_possible_truncation, reason = "spans of tests are small")]
        let ends_at = Timestamp::from_ms(now.ms() + (ends_in * 1000.0) as i64);
        self.push(alert(labels, now, Some(ends_at), now));
    }

    pub(crate) fn push(&mut self, alert: Alert) {
        self.step(Event::Alerts(vec![alert]));
    }

    pub(crate) fn silence(&mut self, matchers: &str, ends_in: f64) -> String {
        let now = self.moment().wall;
        #[expect(clippy::cast_possible_truncation, reason = "spans of tests are small")]
        let ends_at = Timestamp::from_ms(now.ms() + (ends_in * 1000.0) as i64);
        self.ids += 1;
        let silence = Silence {
            id: String::new(),
            matchers: config::MatcherMode::default().matchers(matchers).unwrap(),
            starts_at: now,
            ends_at,
            updated_at: now,
            created_by: "ops".into(),
            comment: "test".into(),
            annotations: Vec::new(),
        };
        let mut effects = Vec::new();
        let id = format!("silence-{}", self.ids);
        let id = self.dispatcher.set_silence(self.moment(), silence, id, &mut effects).unwrap();
        self.carry_out(effects);
        id
    }

    /// Lets time pass, waking the dispatcher exactly when it wants to.
    pub(crate) fn run_until(&mut self, seconds: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "instants of tests are small")]
        let end = (seconds * 1000.0).round() as i64;
        loop {
            let base = EPOCH_MS + self.wall_offset_ms;
            let wake = self.dispatcher.next_wake().map(|at| (at.ms() - base).max(self.ms));
            match wake.filter(|wake| *wake <= end) {
                Some(wake) => {
                    // The wall clock is asked at least this often, as by the shell.
                    self.ms = wake.min(self.ms + 5000);
                    self.step(Event::Tick);
                }
                None if self.ms + 5000 < end => {
                    self.ms += 5000;
                    self.step(Event::Tick);
                }
                None => break,
            }
        }
        self.ms = end;
        self.step(Event::Tick);
    }

    /// The state that a process would find which begins now.
    pub(crate) fn saved(&self) -> Saved {
        let mut saved = Saved::default();
        self.written.iter().cloned().for_each(|change| saved.apply(change));
        saved
    }

    /// Another configuration.
    pub(crate) fn reroute(&mut self, yaml: &str) {
        self.settings = settings(yaml);
        self.dispatcher.reroute(self.moment(), &self.settings).unwrap();
    }

    /// Kills the process and starts it again with what is on the disk.
    pub(crate) fn restart(&mut self) {
        let saved = self.saved();
        self.dispatcher = Dispatcher::new(&self.settings).unwrap();
        self.dispatcher.restore(self.moment(), saved);
        self.step(Event::Tick);
    }
}

/// `+HostDown/a`: sign, name and the other labels' values.
fn shown(alert: &NotifiedAlert) -> String {
    let sign = if alert.firing { "+" } else { "-" };
    let others = alert.labels.iter().filter(|(name, _)| *name != "alertname");
    let name = alert.labels.value("alertname");
    let parts: Vec<&str> = [name].into_iter().chain(others.map(|(_, value)| value)).collect();
    format!("{sign}{}", parts.join("/"))
}

/// The same with the beginning and the end, in seconds: `-HostDown/a@1..3.5`.
fn shown_span(alert: &NotifiedAlert) -> String {
    #[expect(clippy::cast_precision_loss, reason = "instants of tests are small")]
    let seconds = |at: Timestamp| (at.ms() - EPOCH_MS) as f64 / 1000.0;
    let end = alert.ends_at.map(|at| format!("..{}", seconds(at))).unwrap_or_default();
    format!("{}@{}{end}", shown(alert), seconds(alert.starts_at))
}

/// A delivery that arrived.
pub(crate) fn accepted() -> Delivery {
    Delivery::Accepted { receiver_data: BTreeMap::new() }
}

/// An alert as a sender describes it; without an end it lives for five minutes.
pub(crate) fn alert(
    labels: &[(&str, &str)],
    starts_at: Timestamp,
    ends_at: Option<Timestamp>,
    now: Timestamp,
) -> Alert {
    Alert {
        labels: Labels::from_pairs(labels.iter().copied()),
        annotations: Texts::default(),
        starts_at,
        ends_at: ends_at.unwrap_or_else(|| now.saturating_add(Duration::from_mins(5))),
        updated_at: now,
        generator_url: "".into(),
        ends_by_timeout: ends_at.is_none(),
    }
}
