//! The agent of VictoriaMetrics: it scrapes the server's own metrics and sends them to it by remote
//! write, keeps them while the server is away, and goes on when it is back.

use crate::server::Server;
use std::process::Command;
use testkit::{Peer, find_program, free_port, skip, wait_for};

#[test]
fn vmagent_scrapes_and_sends_through_a_restart() {
    let Some(program) = find_program("vmagent") else {
        return skip("vmagent", "victoria-metrics is not installed");
    };
    let address = format!("127.0.0.1:{}", free_port());
    let listen = format!("--web.listen-address={address}");
    let mut server = Server::start(&["--config.file=/dev/null", &listen]);
    let config = server.write(
        "vmagent.yml",
        &format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: flyball-by-vmagent\n  \
             static_configs: [{{targets: ['{address}']}}]\n"
        ),
    );
    let folder = server.folder.path().to_owned();
    let mut command = Command::new(program);
    command.args([
        format!("-promscrape.config={}", config.display()),
        format!("-remoteWrite.url=http://{address}/api/v1/write"),
        format!("-remoteWrite.tmpDataPath={}", folder.join("queue").display()),
        "-remoteWrite.flushInterval=200ms".to_owned(),
        // Blocks of several queues overtake each other after an outage.
        "-remoteWrite.queues=1".to_owned(),
        format!("-httpListenAddr=127.0.0.1:{}", free_port()),
    ]);
    let _agent = Peer::start(&mut command, &folder.join("vmagent.log")).unwrap();
    let up = "count_over_time(up{job=\"flyball-by-vmagent\"}[1h])";
    let at_least = |server: &Server, query: &str, least: f64| {
        server.wait_for_query(query, |found| found.iter().any(|(_, count)| *count >= least));
    };
    at_least(&server, up, 3.0);
    let scraped = "count({__name__=~\"flyball_.+\",job=\"flyball-by-vmagent\"})";
    at_least(&server, scraped, 20.0);
    // Orderly once, then by a kill: what was scraped meanwhile says that the target was away.
    assert!(server.terminate().success());
    let noticed = || {
        let log = std::fs::read_to_string(folder.join("vmagent.log")).unwrap_or_default();
        ["couldn't send a block", "error when scraping"].iter().all(|text| log.contains(text))
    };
    wait_for("the agent to notice", || noticed().then_some(()));
    server.run();
    let away = "count_over_time((up{job=\"flyball-by-vmagent\"} == 0)[1h:1s])";
    at_least(&server, away, 1.0);
    server.kill();
    server.run();
    let since = "min_over_time(up{job=\"flyball-by-vmagent\"}[3s])";
    at_least(&server, since, 1.0);
    let log = std::fs::read_to_string(folder.join("vmagent.log")).unwrap();
    for refused in ["unexpected status code 4", "dropping", "was rejected"] {
        assert!(!log.contains(refused), "{log}");
    }
}
