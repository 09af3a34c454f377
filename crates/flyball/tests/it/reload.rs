//! A reload is all or nothing: a bad file changes nothing, a good one changes everything at once.

use crate::server::Server;
use testkit::http::{self, Site};
use testkit::wait_for;

fn config(site: &Site, job: &str) -> String {
    format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n\
         - job_name: {job}\n  static_configs:\n  - targets: ['{}']\n",
        site.address()
    )
}

#[test]
fn a_bad_file_leaves_everything_and_a_good_one_replaces_it() {
    let site = Site::start(|_| (200, "a_total 1\n".to_owned()));
    let mut server = Server::prepare(&["--config.file=prometheus.yml", "--web.enable-lifecycle"]);
    server.write("prometheus.yml", &config(&site, "first"));
    server.run();
    server.wait_for_query("up{job=\"first\"} == 1", |found| found.len() == 1);

    server.write("prometheus.yml", "scrape_configs:\n- job_nam: x\n");
    let reply = http::post(server.address(), "/-/reload", &[], b"").unwrap();
    assert_eq!(reply.status, 500);
    let text = reply.text();
    assert!(text.contains("prometheus.yml:2:3") && text.contains("job_name"), "{text}");
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("flyball_config_last_reload_successful 0"));
    let scraped = site.asked().len();
    wait_for("further scrapes of the first job", || (site.asked().len() > scraped).then_some(()));

    server.write("prometheus.yml", &config(&site, "second"));
    server.signal("HUP");
    server.wait_for_query("up{job=\"second\"} == 1", |found| found.len() == 1);
    server.wait_for_query("up{job=\"first\"}", <[_]>::is_empty);
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("flyball_config_last_reload_successful 1"));
}

#[test]
fn reload_by_http_needs_the_flag() {
    let server = Server::start(&[]);
    let reply = http::post(server.address(), "/-/reload", &[], b"").unwrap();
    assert_eq!(reply.status, 403, "{}", reply.text());
}
