//! A real exporter (`client_golang`) scraped in protobuf and as text: the same series.

use crate::world::{World, eventually};
use scrape::Health;
use std::process::Command;
use testkit::{Peer, find_program, free_port, skip};

#[tokio::test]
async fn an_exporter_says_the_same_in_protobuf_and_as_text() {
    let Some(exporter) = find_program("prometheus-node-exporter") else {
        return skip("protobuf of a real exporter", "prometheus-node-exporter is not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let mut command = Command::new(exporter);
    command.args(["--collector.disable-defaults", "--collector.time", "--collector.uname"]);
    command.arg("--collector.cpu").arg(format!("--web.listen-address={address}"));
    let _peer = Peer::start(&mut command, &folder.path().join("log")).unwrap();
    let job = |name: &str, protocol: &str| {
        format!(
            "- job_name: {name}\n  scrape_protocols: [{protocol}]\n  scrape_interval: 1s\n  \
             extra_scrape_metrics: true\n  static_configs: [{{targets: ['{address}']}}]\n"
        )
    };
    let mut world = World::new();
    let jobs = [job("binary", "PrometheusProto"), job("text", "PrometheusText0.0.4")].concat();
    world.apply(&jobs).await;
    for pool in ["binary", "text"] {
        world.target(pool, |it| it.pool == pool && it.health == Health::Up).await;
    }
    let size = |job: &str| {
        let labels = [("__name__", "scrape_body_size_bytes"), ("instance", &address), ("job", job)];
        world.memory.samples(&labels).last().map(|(_, size)| *size)
    };
    let stored = || size("binary").zip(size("text"));
    let (binary, text) = eventually("both pages", stored).await;
    assert_ne!(binary, text, "protobuf was sent");
    let (binary, text) = (world.memory.series_of("binary"), world.memory.series_of("text"));
    assert_eq!(binary, text);
    assert!(binary.iter().any(|labels| labels.contains("quantile=\"0.25\"")), "a summary");
    assert!(binary.len() > 40, "{}", binary.len());
    world.pools.stop().await;
}
