//! Prometheus as a reader: it federates from the server and reads ranges that it does not have.

use crate::server::Server;
use std::process::Command;
use testkit::{Peer, find_program, free_port, http, skip, wait_for};

#[test]
fn prometheus_federates_and_reads_ranges() {
    let Some(prometheus) = find_program("prometheus") else {
        return skip("federation and remote read", "prometheus is not installed");
    };
    let mut server = Server::prepare(&["--config.file=own.yml"]);
    server.write("own.yml", "global: {external_labels: {region: eu}}\n");
    server.run();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let line = |n| format!("stock,job=shop,item=tea value={n} {}\n", now.as_secs() - 60 + n);
    let lines = (0..60).map(line).collect::<Vec<_>>().concat();
    let reply = http::post(server.address(), "/write?precision=s", &[], lines.as_bytes()).unwrap();
    assert_eq!(reply.status, 204, "{}", reply.text());
    let config = CONFIG.replace("FLYBALL", &server.address().to_string());
    let path = server.write("reader.yml", &config);
    let port = free_port();
    let mut command = Command::new(prometheus);
    command
        .arg(format!("--config.file={}", path.display()))
        .arg(format!("--storage.tsdb.path={}", server.folder.path().join("tsdb").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let _reader = Peer::start(&mut command, &server.folder.path().join("reader.log")).unwrap();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let ask = |query: &str| -> Option<Vec<serde_json::Value>> {
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let reply = http::get(address, &format!("/api/v1/query?query={encoded}")).ok()?;
        let body: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
        body["data"]["result"].as_array().cloned().filter(|result| !result.is_empty())
    };
    // The last sample alone came by federation; the others are only read from afar.
    let counts = wait_for("a range that is read from afar", || {
        let counts = ask("count_over_time(stock[5m])")?;
        (counts[0]["value"][1] == "60").then_some(counts)
    });
    assert_eq!(counts[0]["metric"]["region"], "eu", "{counts:?}");
    let federated = "count_over_time(up{job=\"federate\"}[5m]) and up{job=\"federate\"} == 1";
    wait_for("a good scrape of /federate", || ask(federated));
    let scraped =
        wait_for("samples of /federate", || ask("scrape_samples_scraped{job=\"federate\"} == 1"));
    assert_eq!(scraped.len(), 1);
    let reply = server.get("/federate?match[]=stock");
    let page = reply.text();
    assert!(page.starts_with("# TYPE stock untyped\nstock{item=\"tea\",job=\"shop\","), "{page}");
}

const CONFIG: &str = "\
global: {scrape_interval: 1s}
scrape_configs:
- job_name: federate
  honor_labels: true
  metrics_path: /federate
  params: {'match[]': ['{job=\"shop\"}']}
  static_configs:
  - targets: ['FLYBALL']
remote_read:
- url: http://FLYBALL/api/v1/read
  read_recent: true
";
