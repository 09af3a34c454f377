//! Prometheus itself as a sender, with several shards: every sample arrives exactly once.

use crate::server::Server;
use std::fmt::Write;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use testkit::http::Site;
use testkit::{Peer, find_program, free_port, skip, wait_for};

const SERIES: usize = 200;
const SCRAPES: usize = 15;

#[test]
fn every_sample_that_prometheus_sends_is_stored_once() {
    let Some(prometheus) = find_program("prometheus") else {
        return skip("remote write through the binary", "prometheus is not installed");
    };
    let server = Server::start(&["--config.file=/dev/null"]);
    let scrapes = AtomicU64::new(0);
    let target = Site::start(move |_| (200, page(scrapes.fetch_add(1, Ordering::SeqCst))));
    let config = CONFIG
        .replace("TARGET", &target.address().to_string())
        .replace("FLYBALL", &server.address().to_string());
    let path = server.write("sender.yml", &config);
    let mut command = Command::new(prometheus);
    command
        .arg(format!("--config.file={}", path.display()))
        .arg(format!("--storage.agent.path={}", server.folder.path().join("agent").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{}", free_port()))
        .arg("--enable-feature=agent");
    let _sender = Peer::start(&mut command, &server.folder.path().join("sender.log")).unwrap();
    let complete = format!("count(count_over_time(sent_total[10m]) >= {SCRAPES})");
    wait_for("samples of all series", || {
        let found = server.query(&complete);
        found.first().filter(|(_, count)| *count >= SERIES as f64).map(drop)
    });
    // Values grow by one with each scrape: a gap or a double would show as another change.
    let reply = server.get("/api/v1/query?query=sent_total[10m]");
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    let series = body["data"]["result"].as_array().unwrap();
    assert_eq!(series.len(), SERIES);
    for one in series {
        let values = one["values"].as_array().unwrap().iter();
        let numbers: Vec<f64> = values.map(|v| v[1].as_str().unwrap().parse().unwrap()).collect();
        let steps = numbers.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
        assert!(steps, "{}: {numbers:?}", one["metric"]);
    }
}

fn page(scrape: u64) -> String {
    let mut page = String::new();
    for index in 0..SERIES {
        writeln!(page, "sent_total{{series=\"{index}\"}} {scrape}").unwrap();
    }
    page
}

const CONFIG: &str = "\
global: {scrape_interval: 250ms, scrape_timeout: 250ms}
scrape_configs:
- job_name: shop
  static_configs:
  - targets: ['TARGET']
remote_write:
- url: http://FLYBALL/api/v1/write
  queue_config: {min_shards: 4, max_shards: 4, max_samples_per_send: 70, batch_send_deadline: 300ms}
";
