//! Senders beside a site that answers as it is told.

use super::*;
use config::{DiscoveryConfig, FileSdConfig, HttpClientConfig, TargetGroup};
use model::{Labels, Timestamp};
use relabel::{Action, NameScheme, Rule, RuleSpec};
use sys::{OsVfs, SystemClock};
use testkit::http::{Asked, Site};

fn options(queue_max: usize, batch_max: usize, drains: bool) -> SenderOptions {
    SenderOptions {
        queue_max,
        batch_max,
        drains,
        policy: Arc::default(),
        vfs: Arc::new(OsVfs),
        clock: Arc::new(SystemClock::new()),
    }
}

fn config(addresses: &[String]) -> AlertmanagerConfig {
    let group = TargetGroup { targets: addresses.to_vec(), ..TargetGroup::default() };
    AlertmanagerConfig {
        scheme: "http".into(),
        path_prefix: "/am".into(),
        timeout: Duration::from_secs(5),
        http: HttpClientConfig::default(),
        discovery: DiscoveryConfig { static_configs: vec![group], ..DiscoveryConfig::default() },
        relabel_configs: Vec::new(),
        alert_relabel_configs: Vec::new(),
    }
}

fn alerts(count: usize) -> Vec<Arc<Alert>> {
    let alert = |index: usize| Alert {
        labels: Labels::from_pairs([("alertname", "A".to_owned()), ("n", index.to_string())]),
        annotations: alerts::Texts::default(),
        starts_at: Timestamp::from_ms(0),
        ends_at: Timestamp::from_ms(1000),
        updated_at: Timestamp::from_ms(0),
        generator_url: "".into(),
        ends_by_timeout: false,
    };
    (0..count).map(alert).map(Arc::new).collect()
}

fn rule(action: Action, source: &str, regex: &str) -> Rule {
    let spec = RuleSpec {
        source_labels: Some(vec![source.to_owned()]),
        regex: Some(regex.to_owned()),
        action,
        ..RuleSpec::default()
    };
    Rule::new(spec, NameScheme::Utf8).unwrap()
}

/// Values of the label `n` in a request.
fn numbers(asked: &Asked) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    let alerts = body.as_array().unwrap().iter();
    alerts.map(|alert| alert["labels"]["n"].as_str().unwrap().to_owned()).collect()
}

/// Waits until something is so; other tasks run meanwhile.
async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(testkit::DEADLINE, wait).await.is_ok(), "in vain: {what}");
}

#[tokio::test]
async fn every_alertmanager_gets_every_alert_in_batches() {
    let sites = [Site::start(|_| (200, String::new())), Site::start(|_| (200, String::new()))];
    let managers = Alertmanagers::new(options(100, 4, true));
    managers.apply(&[config(&sites.each_ref().map(|site| site.address().to_string()))]);
    managers.send(&alerts(10));
    until("three batches each", || sites.iter().all(|site| site.asked().len() == 3)).await;
    for site in &sites {
        let asked = site.asked();
        assert!(asked.iter().all(|asked| asked.target == "POST /am/api/v2/alerts"));
        let sizes: Vec<usize> = asked.iter().map(|asked| numbers(asked).len()).collect();
        assert_eq!(sizes, [4, 4, 2]);
        let url = format!("http://{}/am/api/v2/alerts", site.address());
        until("the counters", || managers.stats()[&url].sent == 10).await;
        let stats = managers.stats()[&url];
        assert_eq!((stats.batches, stats.dropped, stats.errors, stats.queued), (3, 0, 0, 0));
    }
}

#[tokio::test]
async fn a_failed_batch_is_dropped_and_others_go_on() {
    let (bad, good) = (Site::start(|_| (500, "no".into())), Site::start(|_| (200, String::new())));
    let managers = Alertmanagers::new(options(100, 10, true));
    let sites = [&bad, &good];
    managers.apply(&sites.map(|site| config(&[site.address().to_string()])));
    managers.send(&alerts(3));
    let url = |site: &Site| format!("http://{}/am/api/v2/alerts", site.address());
    until("both answers", || {
        let stats = managers.stats();
        stats[&url(&bad)].errors == 3 && stats[&url(&good)].sent == 3
    })
    .await;
    assert_eq!(managers.stats()[&url(&bad)].dropped, 3);
    assert_eq!(bad.asked().len(), 1, "the rules send again, not the sender");
}

#[tokio::test]
async fn relabelling_chooses_alertmanagers_and_alerts() {
    let site = Site::start(|_| (200, String::new()));
    let managers = Alertmanagers::new(options(100, 10, true));
    let dropped = "dropped.example:9093".to_owned();
    let config = AlertmanagerConfig {
        relabel_configs: vec![rule(Action::Drop, "__address__", "dropped.*")],
        alert_relabel_configs: vec![rule(Action::Keep, "n", "1|3")],
        ..config(&[site.address().to_string(), dropped])
    };
    managers.apply(&[config]);
    let urls = managers.urls();
    assert_eq!(urls.active, [format!("http://{}/am/api/v2/alerts", site.address())]);
    assert_eq!(urls.dropped, ["http://dropped.example:9093/am/api/v2/alerts"]);
    managers.send(&alerts(5));
    until("a request", || site.asked().len() == 1).await;
    assert_eq!(numbers(&site.asked()[0]), ["1", "3"]);
}

#[tokio::test]
async fn what_waits_is_sent_before_the_end_if_wanted() {
    // A batch that is under way when the stop comes is finished.
    for (drains, told) in [(true, 7..=7), (false, 0..=3)] {
        let site = Site::start(|_| (200, String::new()));
        let managers = Alertmanagers::new(options(100, 3, drains));
        managers.apply(&[config(&[site.address().to_string()])]);
        managers.send(&alerts(7));
        managers.stop(Duration::from_secs(20)).await;
        let count: usize = site.asked().iter().map(|asked| numbers(asked).len()).sum();
        assert!(told.contains(&count), "drains: {drains}, {count} told");
        assert_eq!(managers.urls(), AlertmanagerUrls::default());
    }
}

#[tokio::test]
async fn files_of_targets_add_and_end_alertmanagers() {
    let site = Site::start(|_| (200, String::new()));
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("am.yml");
    let write = |text: &str| std::fs::write(&file, text).expect("a file");
    write(&format!("- targets: ['{}']\n", site.address()));
    let files = FileSdConfig {
        files: vec![file.display().to_string()],
        refresh_interval: Duration::from_millis(20),
    };
    let discovery = DiscoveryConfig { file_sd_configs: vec![files], ..DiscoveryConfig::default() };
    let managers = Alertmanagers::new(options(100, 10, true));
    managers.apply(&[AlertmanagerConfig { discovery, ..config(&[]) }]);
    until("the file to be read", || managers.urls().active.len() == 1).await;
    managers.send(&alerts(1));
    until("a request", || site.asked().len() == 1).await;
    write("[]\n");
    until("the file to be read again", || managers.urls().active.is_empty()).await;
    managers.send(&alerts(1));
    managers.stop(Duration::from_secs(20)).await;
    assert_eq!(site.asked().len(), 1);
}

#[tokio::test]
async fn a_reload_leaves_equal_groups_alone() {
    let site = Site::start(|_| (200, String::new()));
    let same = config(&[site.address().to_string()]);
    let managers = Alertmanagers::new(options(100, 10, true));
    managers.apply(std::slice::from_ref(&same));
    managers.send(&alerts(2));
    managers.apply(&[config(&["127.0.0.1:1".into()]), same]);
    let url = format!("http://{}/am/api/v2/alerts", site.address());
    until("the counters to go on", || managers.stats()[&url].sent == 2).await;
    assert_eq!(managers.urls().active.len(), 2);
}
