//! One entry of `alertmanagers`: the Alertmanagers it names at this moment, and the ways to them.

use super::endpoint::endpoints;
use super::lane::Lane;
use super::{AlertmanagerUrls, SenderOptions, SenderStats, lock};
use alerts::Alert;
use config::AlertmanagerConfig;
use discovery::{Discovery, Snapshot};
use net::{Client, ClientOptions};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running entry.
pub(super) struct Set {
    ways: Arc<Ways>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What owner and task share.
struct Ways {
    config: AlertmanagerConfig,
    client: Arc<Client>,
    options: SenderOptions,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// By URL, in the order of discovery.
    lanes: Vec<(String, Lane)>,
    dropped: Vec<String>,
    invalid: BTreeSet<String>,
}

impl Set {
    /// Starts sending to static Alertmanagers at once, to others as soon as they are found.
    pub(super) fn start(config: AlertmanagerConfig, options: &SenderOptions) -> Self {
        let client =
            ClientOptions { policy: Arc::clone(&options.policy), vfs: Arc::clone(&options.vfs) };
        let discovery = Discovery::start(&config.discovery, &client);
        let client = Arc::new(Client::new(config.http.clone(), client));
        let (options, current) = (options.clone(), Mutex::default());
        let ways = Arc::new(Ways { config, client, options, current });
        let (stop, stopped) = watch::channel(false);
        ways.follow(discovery.snapshots().borrow().as_deref());
        let task = tokio::spawn(run(Arc::clone(&ways), discovery, stopped));
        Self { ways, stop, task }
    }

    pub(super) fn config(&self) -> &AlertmanagerConfig {
        &self.ways.config
    }

    /// Queues alerts for all, after this entry's relabelling.
    pub(super) fn send(&self, alerts: &[Arc<Alert>]) {
        let rules = &self.ways.config.alert_relabel_configs;
        let relabelled: Vec<_>;
        let alerts = if rules.is_empty() {
            alerts
        } else {
            let one = |alert: &Arc<Alert>| {
                let mut labels = alert.labels.to_builder();
                let kept = relabel::apply(rules, &mut labels);
                kept.then(|| Arc::new(Alert { labels: labels.build(), ..Alert::clone(alert) }))
            };
            relabelled = alerts.iter().filter_map(one).collect();
            &relabelled
        };
        if alerts.is_empty() {
            return;
        }
        for (url, lane) in &lock(&self.ways.current).lanes {
            lane.add(url, alerts);
        }
    }

    pub(super) fn list(&self, urls: &mut AlertmanagerUrls) {
        let current = lock(&self.ways.current);
        urls.active.extend(current.lanes.iter().map(|(url, _)| url.clone()));
        urls.dropped.extend(current.dropped.iter().cloned());
    }

    pub(super) fn stats(&self) -> Vec<(String, SenderStats)> {
        let current = lock(&self.ways.current);
        current.lanes.iter().map(|(url, lane)| (url.clone(), lane.stats())).collect()
    }

    /// Ends discovery, then all ways, side by side.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        // A task that panicked has ended, too; the runtime has logged it.
        let _ended = self.task.await;
        let lanes = std::mem::take(&mut lock(&self.ways.current).lanes);
        let ends: Vec<_> = lanes.into_iter().map(|(_, lane)| tokio::spawn(lane.stop())).collect();
        for end in ends {
            let _ended = end.await;
        }
    }
}

/// Follows discovery until told to stop.
async fn run(ways: Arc<Ways>, discovery: Discovery, mut stopped: watch::Receiver<bool>) {
    let mut snapshots = discovery.snapshots();
    let mut may_change = true;
    while !*stopped.borrow() {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => {}
            changed = snapshots.changed(), if may_change => {
                // Static Alertmanagers have no sender: they never change.
                may_change = changed.is_ok();
                ways.follow(snapshots.borrow_and_update().as_deref());
            }
        }
    }
    discovery.stop().await;
}

impl Ways {
    /// Brings the ways in line with a snapshot, if there is one.
    fn follow(&self, snapshot: Option<&Snapshot>) {
        let Some(snapshot) = snapshot else { return };
        let found = endpoints(&self.config, snapshot);
        let mut current = lock(&self.current);
        for problem in found.invalid.difference(&current.invalid) {
            tracing::error!("cannot make an Alertmanager: {problem}");
        }
        (current.dropped, current.invalid) = (found.dropped, found.invalid);
        let mut former = std::mem::take(&mut current.lanes);
        for url in found.active {
            let name = url.to_string();
            let known = former.iter().position(|(known, _)| *known == name);
            let lane = if let Some(index) = known {
                former.remove(index).1
            } else {
                let client = Arc::clone(&self.client);
                Lane::start(url, client, self.config.timeout, &self.options)
            };
            current.lanes.push((name, lane));
        }
        for (_, lane) in former {
            tokio::spawn(lane.stop());
        }
    }
}
