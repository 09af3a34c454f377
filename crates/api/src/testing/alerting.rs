//! Routing of alerts in memory: the real core, without a disk and without anybody to tell.

use alerts::{
    Alert, AlertSelection, AlertStatus, Compat, DeadLetter, Decision, Dispatcher, Event,
    GroupStatus, IntegrationStatus, Moment, Receiver, RouteView, Sample, Settings, Silence,
};
use api::{AlertsProvider, ProviderError, ReceiverInfo, SilenceFailure};
use model::{Labels, Matcher, Timestamp};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

const FILE: &str = "\
route:
  receiver: default
  group_by: [alertname]
  routes:
  - {receiver: db, matchers: [team=db], mute_time_intervals: [always], continue: true}
  - {receiver: 'pager, a', matchers: ['team=~\"a|db\"']}
inhibit_rules:
- {source_matchers: [severity=high], target_matchers: [severity=low], equal: [team]}
time_intervals:
- {name: always, time_intervals: [{years: ['1970:2100']}]}
receivers:
- {name: default}
- {name: db, labels: {owner: ann}}
- {name: 'pager, a'}
";

/// Alerts, groups and silences at one moment that lasts until a test lets time pass.
#[derive(Debug)]
pub(crate) struct Alerting {
    dispatcher: Mutex<Dispatcher>,
    silences_made: AtomicU64,
    pub(crate) now_ms: AtomicI64,
}

impl Alerting {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self::routing(FILE, now)
    }

    /// The same with another alertmanager.yml, of which receivers do nothing.
    pub(crate) fn routing(file: &str, now: Timestamp) -> Self {
        let file = config::alertmanager::load("alertmanager.yml", file).unwrap().config;
        let receivers = file.receivers.iter();
        let receivers = receivers
            .map(|receiver| Receiver { name: receiver.name.clone(), integrations: Vec::new() })
            .collect();
        let settings = Settings {
            route: file.route,
            receivers,
            inhibit_rules: file.inhibit_rules,
            time_intervals: file.time_intervals,
            compat: Compat::Improved,
        };
        let dispatcher = Mutex::new(Dispatcher::new(&settings).unwrap());
        Self { dispatcher, silences_made: AtomicU64::new(0), now_ms: AtomicI64::new(now.ms()) }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now_ms.load(Ordering::Relaxed))
    }

    fn moment(&self) -> Moment {
        let wall = self.now();
        Moment { wall, monotonic: Duration::from_millis(wall.ms().unsigned_abs()) }
    }
}

impl AlertsProvider for Alerting {
    fn configuration(&self) -> String {
        FILE.to_owned()
    }

    fn file(&self) -> Option<String> {
        Some("alertmanager.yml".to_owned())
    }

    fn routes(&self, labels: Option<&Labels>) -> Vec<RouteView> {
        self.dispatcher.lock().routes(labels)
    }

    fn integrations(&self) -> Vec<IntegrationStatus> {
        self.dispatcher.lock().integrations()
    }

    fn receivers(&self) -> Vec<ReceiverInfo> {
        let info = |name: &str, labels: &[(&str, &str)]| ReceiverInfo {
            name: name.into(),
            labels: labels
                .iter()
                .chain(&[("name", name)])
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect(),
        };
        vec![info("default", &[]), info("db", &[("owner", "ann")]), info("pager, a", &[])]
    }

    fn resolve_timeout(&self) -> Duration {
        Duration::from_mins(5)
    }

    fn alerts(&self, selection: &AlertSelection<'_>) -> Vec<AlertStatus> {
        self.dispatcher.lock().alerts(self.now(), selection)
    }

    fn decisions(&self, matchers: &[Matcher], count: usize) -> Vec<Decision> {
        self.dispatcher.lock().decisions(matchers, count)
    }

    fn groups(&self, matchers: &[Matcher]) -> Vec<GroupStatus> {
        self.dispatcher.lock().groups(self.now(), matchers)
    }

    fn sample(&self, wanted: &Sample<'_>) -> Option<serde_json::Value> {
        let sample = self.dispatcher.lock().sample(self.now(), wanted)?;
        Some(serde_json::json!({"receiver": sample.receiver, "groupKey": sample.group_key}))
    }

    fn put(&self, alerts: Vec<Alert>) -> Result<(), ProviderError> {
        self.dispatcher.lock().step(self.moment(), Event::Alerts(alerts), &mut Vec::new());
        Ok(())
    }

    fn dead_letters(&self) -> Vec<DeadLetter> {
        self.dispatcher.lock().dead_letters()
    }

    fn resend(&self, id: &str) -> bool {
        self.dispatcher.lock().resend(self.moment(), id, &mut Vec::new())
    }

    fn forget_dead_letter(&self, id: &str) -> bool {
        self.dispatcher.lock().forget_dead_letter(id, &mut Vec::new())
    }

    fn silences(&self) -> Vec<Silence> {
        self.dispatcher.lock().silences()
    }

    fn set_silence(&self, silence: Silence) -> Result<String, SilenceFailure> {
        let made = self.silences_made.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{made:012}");
        let mut dispatcher = self.dispatcher.lock();
        Ok(dispatcher.set_silence(self.moment(), silence, id, &mut Vec::new())?)
    }

    fn expire_silence(&self, id: &str) -> Result<(), SilenceFailure> {
        Ok(self.dispatcher.lock().expire_silence(self.moment(), id, &mut Vec::new())?)
    }
}
