//! `flyball migrate` as a shell sees it.

use crate::server::run;
use expect_test::expect;
use std::fs;

const PROMETHEUS: &str = "\
rule_files: ['rules/?/*.yml', 'none/*.yml', rules/a/a.yml]
tracing:
  endpoint: elsewhere:4317
scrape_configs:
- job_name: hosts
  static_configs: [{targets: [a:1]}]
  file_sd_configs: [{files: [targets.yml]}]
- job_name: cloud
  linode_sd_configs: [{authorization: {credentials_file: token}}]
";
const RULES: &str =
    "groups: [{name: g, rules: [{record: x, expr: up}, {alert: A, expr: up == 0}]}]";
const ALERTMANAGER: &str = "\
route: {receiver: team}
receivers:
- name: team
  webhook_configs: [{url: 'http://a/b'}]
  email_configs: [{to: a@b.c, from: d@e.f, smarthost: 'mail:25'}]
templates: [none/*.tmpl]
";
const BOARD: &str = r#"{"title": "Load", "schemaVersion": 39, "panels": [
    {"id": 1, "type": "made-up-panel", "title": "p", "gridPos": {"h": 8, "w": 8, "x": 0, "y": 0}}]}"#;

#[test]
fn files_of_a_whole_installation_are_judged_in_one_report() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("prometheus.yml", PROMETHEUS),
        ("rules/a/a.yml", RULES),
        ("alertmanager.yml", ALERTMANAGER),
        ("boards/load.json", BOARD),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let words = ["migrate", "--from-prometheus=prometheus.yml", "--alertmanager=alertmanager.yml"];
    let words = [&words[..], &["--grafana=boards"]].concat();
    let (code, out, err) = run(folder.path(), &words);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    expect![[r#"
        prometheus.yml
          works:
            2 scrape jobs by file_sd_configs, static_configs
            1 alerting rule and 1 recording rule in 1 file
          comes later:
            prometheus.yml:2:1: `tracing` is not acted on yet: Flyball's own traces are not exported
          does not work:
            prometheus.yml:9:3: `linode_sd_configs` is not acted on: no targets come from Linode
          to know:
            none/*.yml: there is no folder none
          missing on this machine:
            prometheus.yml:7:30: job `hosts`: no file `targets.yml` with targets exists yet
              7 |   file_sd_configs: [{files: [targets.yml]}]
                |                              ^

        alertmanager.yml
          works:
            the routing tree
            2 integrations of receivers: email, webhook
          to know:
            none/*.tmpl: there is no folder none

        boards
          works:
            1 dashboard with losses that are listed below
          does not work:
            boards/load.json: panels[0].type: unsupported: panel "p" of type "made-up-panel" shows its data as a table

        Start with these files:
          flyball --config.file=prometheus.yml --alertmanager.config.file=alertmanager.yml
        Hand the dashboards over, while the server runs:
          flyball dashboard import boards/*.json
    "#]].assert_eq(&out);
    let (code, ..) = run(folder.path(), &[&words[..], &["--strict"]].concat());
    assert_eq!(code, 1);
}

#[test]
fn a_mistake_ends_the_report_without_a_way_to_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.yml"), "scrape_config: []\n").unwrap();
    let (code, out, err) = run(folder.path(), &["migrate", "--from-prometheus=p.yml"]);
    assert_eq!((code, err.as_str()), (1, ""));
    expect![[r"
        p.yml
          refused:
            p.yml:1:1: unknown key `scrape_config`
              1 | scrape_config: []
                | ^

        Files that are refused have mistakes; repair them, then ask again.
    "]]
    .assert_eq(&out);
    let (code, ..) = run(folder.path(), &["migrate"]);
    assert_eq!(code, 2);
}
