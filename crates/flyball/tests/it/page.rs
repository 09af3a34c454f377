//! From a failing scrape target to a page, and later to its end.

use crate::server::Server;
use serde_json::Value;
use testkit::http::Site;
use testkit::wait_for;

#[test]
fn a_failing_target_pages_a_webhook_and_later_resolves() {
    let target = Site::start(|_| (200, "orders_total 1\n".to_owned()));
    let sink = Site::start(|_| (200, String::new()));
    let mut server = Server::prepare(&["--config.file=flyball.yml"]);
    server.write("flyball.yml", FLYBALL);
    server.write("prometheus.yml", &PROMETHEUS.replace("TARGET", &target.address().to_string()));
    server.write("rules.yml", RULES);
    server.write("alertmanager.yml", &ALERTMANAGER.replace("SINK", &sink.address().to_string()));
    server.run();
    server.wait_for_query("up{job=\"shop\"} == 1", |found| found.len() == 1);

    target.answer_with(|_| (500, "broken".to_owned()));
    let page =
        wait_for("the page", || messages(&sink).into_iter().find(|m| m["status"] == "firing"));
    assert_eq!(page["version"], "4");
    assert_eq!(page["receiver"], "ops");
    assert_eq!(page["alerts"][0]["labels"]["alertname"], "ShopDown");
    assert_eq!(page["alerts"][0]["labels"]["severity"], "critical");
    assert_eq!(page["alerts"][0]["annotations"]["summary"], "the shop is down");
    server.wait_for_query("ALERTS{alertstate=\"firing\",alertname=\"ShopDown\"}", |f| f.len() == 1);

    target.answer_with(|_| (200, "orders_total 2\n".to_owned()));
    let resolve = |m: &Value| m["status"] == "resolved";
    let end = wait_for("the resolve", || messages(&sink).into_iter().find(resolve));
    assert_eq!(end["alerts"][0]["status"], "resolved");
    assert_eq!(end["groupKey"], page["groupKey"]);
    let pages = messages(&sink).iter().filter(|m| m["status"] == "firing").count();
    assert_eq!(pages, 1, "nobody is paged twice for one alert");
}

fn messages(sink: &Site) -> Vec<Value> {
    sink.asked().iter().map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect()
}

const FLYBALL: &str = "\
version: 1
prometheus: prometheus.yml
alertmanager: alertmanager.yml
collect: {host: {enabled: false}}
";

const PROMETHEUS: &str = "\
global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 300ms}
rule_files: [rules.yml]
scrape_configs:
- job_name: shop
  static_configs:
  - targets: ['TARGET']
";

const RULES: &str = "\
groups:
- name: shop
  rules:
  - alert: ShopDown
    expr: up{job=\"shop\"} == 0
    for: 500ms
    labels: {severity: critical}
    annotations: {summary: the shop is down}
";

const ALERTMANAGER: &str = "\
route: {receiver: ops, group_wait: 100ms, group_interval: 500ms, repeat_interval: 1h}
receivers:
- name: ops
  webhook_configs:
  - url: http://SINK/hook
";
