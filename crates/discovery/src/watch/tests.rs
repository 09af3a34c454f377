use super::Discovery;
use config::{DiscoveryConfig, FileSdConfig, TargetGroup};
use model::Labels;
use net::{AddressPolicy, ClientOptions};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use sys::Vfs;
use sys::sim::SimVfs;

fn config(files: &[&str]) -> DiscoveryConfig {
    let group = TargetGroup { targets: vec!["fixed:1".into()], labels: Labels::empty() };
    let files = files.iter().map(|&file| FileSdConfig {
        files: vec![file.to_owned()],
        refresh_interval: Duration::from_mins(5),
    });
    let file_sd_configs = files.collect();
    DiscoveryConfig { static_configs: vec![group], file_sd_configs, ..DiscoveryConfig::default() }
}

fn options(vfs: Arc<dyn Vfs>) -> ClientOptions {
    ClientOptions { policy: Arc::new(AddressPolicy::allow_all()), vfs }
}

#[tokio::test]
async fn static_groups_are_there_at_once() {
    let discovery = Discovery::start(&config(&[]), &options(Arc::new(SimVfs::new(1))));
    let snapshot = discovery.snapshots().borrow().clone().unwrap();
    assert_eq!(snapshot.groups[0].targets[0].get("__address__"), Some("fixed:1"));
    discovery.stop().await;
}

#[tokio::test(start_paused = true)]
async fn file_changes_are_published_and_the_first_snapshot_is_complete() {
    let vfs = Arc::new(SimVfs::new(1));
    vfs.create_dir_all(Path::new("/sd")).unwrap();
    let write = |text: &str| vfs.replace(Path::new("/sd/a.json"), text.as_bytes()).unwrap();
    write(r#"[{"targets": ["one:1"]}]"#);
    let discovery = Discovery::start(&config(&["/sd/*.json", "/sd/none"]), &options(vfs.clone()));
    let mut snapshots = discovery.snapshots();
    let targets = |snapshots: &tokio::sync::watch::Receiver<_>| {
        let snapshot: Arc<crate::Snapshot> = Option::clone(&snapshots.borrow()).unwrap();
        snapshot.groups.iter().flat_map(|g| g.targets.clone()).map(|t| t.to_string()).collect()
    };
    snapshots.wait_for(Option::is_some).await.unwrap();
    let found: Vec<String> = targets(&snapshots);
    assert_eq!(found, [r#"{__address__="fixed:1"}"#, r#"{__address__="one:1"}"#]);
    snapshots.mark_unchanged();
    write(r#"[{"targets": ["two:2"]}]"#);
    snapshots.changed().await.unwrap();
    let found: Vec<String> = targets(&snapshots);
    assert_eq!(found, [r#"{__address__="fixed:1"}"#, r#"{__address__="two:2"}"#]);
    drop(discovery);
    assert!(snapshots.changed().await.is_err(), "the task ends with its owner");
}

#[tokio::test(start_paused = true)]
async fn files_that_do_not_exist_still_give_a_first_snapshot() {
    let discovery =
        Discovery::start(&config(&["/nowhere/x.yml"]), &options(Arc::new(SimVfs::new(1))));
    let mut snapshots = discovery.snapshots();
    let snapshot = snapshots.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    assert_eq!(snapshot.groups.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn faults_are_published_with_the_groups() {
    let vfs = Arc::new(SimVfs::new(1));
    vfs.create_dir_all(Path::new("/sd")).unwrap();
    vfs.replace(Path::new("/sd/a.json"), b"[{").unwrap();
    let discovery = Discovery::start(&config(&["/sd/*.json"]), &options(vfs));
    let mut snapshots = discovery.snapshots();
    let snapshot = snapshots.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    let sources: Vec<&str> = snapshot.faults.iter().map(|fault| fault.source.as_str()).collect();
    assert_eq!(sources, ["/sd/a.json"]);
}

#[tokio::test(start_paused = true)]
async fn files_are_read_once_in_an_interval() {
    let vfs = Arc::new(SimVfs::new(1));
    vfs.create_dir_all(Path::new("/sd")).unwrap();
    let write = |text: &str| vfs.replace(Path::new("/sd/a.json"), text.as_bytes()).unwrap();
    write(r#"[{"targets": ["one:1"]}]"#);
    let discovery = Discovery::start(&config(&["/sd/*.json"]), &options(vfs.clone()));
    let mut snapshots = discovery.snapshots();
    snapshots.wait_for(Option::is_some).await.unwrap();
    snapshots.mark_unchanged();
    let begun = tokio::time::Instant::now();
    write(r#"[{"targets": ["two:2"]}]"#);
    snapshots.changed().await.unwrap();
    assert_eq!(
        begun.elapsed(),
        super::POLL,
        "sooner than every five minutes, never without a pause"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stopped_discovery_reads_no_more() {
    let vfs = Arc::new(SimVfs::new(1));
    let discovery = Discovery::start(&config(&["/sd/*.json"]), &options(vfs));
    let mut snapshots = discovery.snapshots();
    snapshots.wait_for(Option::is_some).await.unwrap();
    snapshots.mark_unchanged();
    discovery.stop().await;
    assert!(snapshots.changed().await.is_err(), "the sender is gone");
}
