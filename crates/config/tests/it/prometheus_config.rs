//! Whole files: what errors look like, what is resolved, what is warned about, what is shown.

use config::{HttpAuth, Outside, PrometheusConfig, ScrapeProtocol, SecretSource, prometheus};
use expect_test::{Expect, expect};
use std::fmt::Write;
use std::time::Duration;

fn load(text: &str) -> PrometheusConfig {
    prometheus::load("/etc/prometheus/prometheus.yml", text, &Outside::nothing()).unwrap().config
}

fn refuse(text: &str, expected: &Expect) {
    let error = prometheus::load("prometheus.yml", text, &Outside::nothing()).unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[test]
fn an_unknown_key_is_shown_with_its_line_and_the_nearest_key() {
    refuse(
        "global:\n  scrape_interval: 15s\nscrape_configs:\n  - job_name: a\n    scrape_intervall: 5s\n",
        &expect![[r"
            prometheus.yml:5:5: unknown key `scrape_intervall`; did you mean `scrape_interval`?
              5 |     scrape_intervall: 5s
                |     ^"]],
    );
}

#[test]
fn every_mistake_of_a_file_is_reported_in_the_order_of_the_file() {
    refuse(
        "global: {scrape_interval: 15, evaluation_interval: -1m}
scrape_configs:
- job_name: a
  scrape_interval: 10s
  scrape_timeout: 11s
  sample_limit: -1
  honor_labels: sometimes
  relabel_configs:
  - {source_labels: [a], regex: 'a(b', target_label: c}
  - {action: relpace, target_label: c}
  - {action: hashmod, target_label: c}
  proxy_url: http://ho st/
- job_name: a
  static_configs: [{targets: ['http://x:1/metrics']}]
  params: [x]
remote_write: [{url: ':9090'}]
rule_files: [a/*/b.yml]
",
        &expect![[r#"
            prometheus.yml:1:27: `scrape_interval`: "15" is no duration; did you mean `15s`?
              1 | global: {scrape_interval: 15, evaluation_interval: -1m}
                |                           ^
            prometheus.yml:1:52: `evaluation_interval`: "-1m" is no duration; expected something like `30s`, `5m` or `1h30m`
              1 | global: {scrape_interval: 15, evaluation_interval: -1m}
                |                                                    ^
            prometheus.yml:5:19: `scrape_timeout` is longer than `scrape_interval` (10s)
              5 |   scrape_timeout: 11s
                |                   ^
            prometheus.yml:6:17: `sample_limit` cannot be -1
              6 |   sample_limit: -1
                |                 ^
            prometheus.yml:7:17: `honor_labels` is `true` or `false`, found a text
              7 |   honor_labels: sometimes
                |                 ^
            prometheus.yml:9:33: cannot compile regular expression "a(b": unclosed group
              9 |   - {source_labels: [a], regex: 'a(b', target_label: c}
                |                                 ^
            prometheus.yml:10:14: unknown relabel action "relpace"; did you mean `replace`?
              10 |   - {action: relpace, target_label: c}
                 |              ^
            prometheus.yml:11:5: relabel action `hashmod` needs a `modulus` above 0
              11 |   - {action: hashmod, target_label: c}
                 |     ^
            prometheus.yml:12:14: `proxy_url`: the host of the URL has a character that no host can have
              12 |   proxy_url: http://ho st/
                 |              ^
            prometheus.yml:13:13: job "a" is already defined in line 3
              13 | - job_name: a
                 |             ^
            prometheus.yml:14:31: "http://x:1/metrics" is no host and port; a target has no scheme and no path (see `scheme` and `metrics_path`)
              14 |   static_configs: [{targets: ['http://x:1/metrics']}]
                 |                               ^
            prometheus.yml:15:11: `params` is a map of keys, found a list
              15 |   params: [x]
                 |           ^
            prometheus.yml:16:22: `url`: the URL begins with a colon; expected a scheme
              16 | remote_write: [{url: ':9090'}]
                 |                      ^
            prometheus.yml:17:14: `rule_files`: only the last part of a path may be a glob
              17 | rule_files: [a/*/b.yml]
                 |              ^"#]],
    );
}

#[test]
fn text_that_is_no_yaml_is_shown_too() {
    refuse(
        "global:\n  scrape_interval: 15s\n scrape_timeout: 1s\n",
        &expect![[r"
        prometheus.yml:3:2: this is no YAML: while parsing a block mapping, did not find expected key
          3 |  scrape_timeout: 1s
            |  ^"]],
    );
    refuse(
        "scrape_configs: [{job_name: a}",
        &expect![[r"
        prometheus.yml:1:17: this is no YAML: unclosed bracket '['
          1 | scrape_configs: [{job_name: a}
            |                 ^"]],
    );
    refuse(
        "- a",
        &expect![[r"
        prometheus.yml:1:1: the file is a map of keys, found a list
          1 | - a
            | ^"]],
    );
    refuse(
        "just a text",
        &expect![[r"
        prometheus.yml:1:1: the file is a map of keys, found a text
          1 | just a text
            | ^"]],
    );
}

#[test]
fn inv_70_errors_show_no_secret() {
    let text = "scrape_configs:\n- job_name: a\n  basic_auth: {username: u, password: hunter2, usr: x}\n  bearer_tokn: hunter2\n  proxy_url: 'http://u:hunter2@h:x/'\n  authorization:\n    credentials: [hunter2]\n  static_configs: [{targets: ['http://u:hunter2@h/']}]\n";
    let error = prometheus::load("p.yml", text, &Outside::nothing()).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
    assert_eq!(error.matches("p.yml:").count(), 6, "{error}");
}

#[test]
fn jobs_inherit_from_global() {
    let config = load(
        "global:
  scrape_interval: 5s
  body_size_limit: 1MB
  sample_limit: 10
  label_limit: 20
  scrape_native_histograms: true
  convert_classic_histograms_to_nhcb: true
  extra_scrape_metrics: true
  metric_name_validation_scheme: legacy
scrape_configs:
- job_name: inherits
- job_name: decides
  scrape_interval: 1m
  sample_limit: 5
  body_size_limit: 0
  scrape_native_histograms: false
  extra_scrape_metrics: false
  metric_name_validation_scheme: utf8
",
    );
    let [inherits, decides] = &config.scrape_configs[..] else { panic!("two jobs") };
    assert_eq!(inherits.scrape_interval, Duration::from_secs(5));
    assert_eq!(inherits.scrape_timeout, Duration::from_secs(5), "never longer than the interval");
    assert_eq!(decides.scrape_timeout, Duration::from_secs(5), "that of `global`");
    assert_eq!(inherits.limits.sample_limit, Some(10));
    assert_eq!(decides.limits.sample_limit, Some(5));
    assert_eq!(decides.limits.body_size_bytes_max, Some(1 << 20), "0 means: inherit");
    assert_eq!(inherits.scrape_protocols, ScrapeProtocol::DEFAULT_NATIVE);
    assert_eq!(decides.scrape_protocols, ScrapeProtocol::DEFAULT);
    assert!(inherits.histograms.convert_classic && decides.histograms.convert_classic);
    assert!(inherits.extra_scrape_metrics && !decides.extra_scrape_metrics);
    assert_eq!(inherits.escaping.as_str(), "underscores");
    assert_eq!(decides.escaping.as_str(), "allow-utf-8");
    assert_eq!(inherits.metrics_path, "/metrics");
    assert!(inherits.honor_timestamps && inherits.enable_compression && !inherits.honor_labels);
}

#[test]
fn an_empty_file_has_upstreams_defaults() {
    for text in ["", "global:\n", "global: {}\nscrape_configs:\n"] {
        let config = load(text);
        assert_eq!(config, PrometheusConfig::default(), "{text:?}");
        assert_eq!(config.global.scrape_interval, Duration::from_mins(1));
        assert_eq!(config.global.scrape_timeout, Duration::from_secs(10));
    }
}

#[test]
fn null_is_the_zero_value_and_not_the_default() {
    let config = load(
        "scrape_configs: [{job_name: a, honor_timestamps: , follow_redirects: ~, scrape_interval: null}]",
    );
    let job = &config.scrape_configs[0];
    assert!(!job.honor_timestamps && !job.http.follow_redirects);
    assert_eq!(job.scrape_interval, Duration::from_mins(1), "zero means: inherit");
}

#[test]
fn relative_paths_start_in_the_directory_of_the_file() {
    let config = load(
        "rule_files: [rules/*.yml, /abs/x.yml, ./here.yml]
scrape_configs:
- job_name: a
  bearer_token_file: token
  tls_config: {ca_file: ca.pem, cert_file: ../c.pem, key_file: k.pem}
  file_sd_configs: [{files: [sd/*.json]}]
",
    );
    assert_eq!(
        config.rule_files,
        ["/etc/prometheus/rules/*.yml", "/abs/x.yml", "/etc/prometheus/here.yml"]
    );
    let job = &config.scrape_configs[0];
    assert_eq!(job.discovery.file_sd_configs[0].files, ["/etc/prometheus/sd/*.json"]);
    let expected = SecretSource::File("/etc/prometheus/token".into());
    let HttpAuth::Authorization { kind, credentials } = &job.http.auth else { panic!("bearer") };
    assert_eq!((kind.as_str(), credentials), ("Bearer", &Some(expected)));
    let name = prometheus::load("prometheus.yml", "rule_files: [a.yml]", &Outside::nothing());
    assert_eq!(name.unwrap().config.rule_files, ["a.yml"], "no directory, nothing to join");
}

#[test]
fn external_labels_take_environment_variables() {
    let env = |name: &str| (name == "ZONE").then(|| "eu".to_owned());
    let file = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let outside = Outside::new(&env, &file);
    let text = "global: {external_labels: {zone: '${ZONE}-1', gone: $NOPE, price: $$5}}\nrule_files: ['${ZONE}.yml']";
    let loaded = prometheus::load("p.yml", text, &outside).unwrap();
    assert_eq!(loaded.config.global.external_labels.to_string(), r#"{price="$5", zone="eu-1"}"#);
    assert_eq!(loaded.config.rule_files, ["${ZONE}.yml"], "nowhere else");
    assert_eq!(loaded.warnings.len(), 1);
    assert!(loaded.warnings[0].message.contains("`NOPE`"));
}

#[test]
fn keys_without_effect_give_one_warning_each_with_a_place() {
    let text = "global: {query_log_file: q.log}
scrape_configs:
- job_name: a
  eureka_sd_configs: [{server: 'http://c:1'}, {server: 'http://c:2'}]
  proxy_url: socks5://p:1
  oauth2: {client_id: a, client_secret: b, token_url: http://t}
- job_name: b
  linode_sd_configs: [{}]
remote_write: [{url: http://a, sigv4: {}}, {url: http://b}]
tracing: {endpoint: 'x:1'}
runtime: {gogc: 50}
";
    let loaded = prometheus::load("p.yml", text, &Outside::nothing()).unwrap();
    let mut out = String::new();
    for warning in &loaded.warnings {
        writeln!(out, "{warning}").unwrap();
        let known = prometheus::unsupported_keys().iter().any(|entry| entry.key == warning.key);
        assert!(known, "{} stands in the table", warning.key);
    }
    expect![[r"
        p.yml:4:3: `eureka_sd_configs` is not acted on: no targets come from Eureka
        p.yml:5:3: `proxy_url` is not acted on: of SOCKS proxies; requests through one fail
        p.yml:8:3: `linode_sd_configs` is not acted on: no targets come from Linode
        p.yml:9:32: `sigv4` is not acted on: requests are not signed
        p.yml:10:1: `tracing` is not acted on yet: Flyball's own traces are not exported
        p.yml:11:10: `runtime` is not acted on: settings of the Go runtime have no counterpart
    "]]
    .assert_eq(&out);
}

#[test]
fn at_most_one_way_to_authenticate() {
    for (keys, second) in [
        ("basic_auth: {username: a}, bearer_token: b", "bearer_token"),
        ("authorization: {}, oauth2: {client_id: a, token_url: b}", "oauth2"),
        ("authorization: {credentials: a}, basic_auth: {username: a}", "authorization"),
        ("oauth2: {client_id: a, token_url: b}, bearer_token_file: c", "bearer_token_file"),
    ] {
        let text = format!("scrape_configs: [{{job_name: a, {keys}}}]");
        let error = prometheus::load("p.yml", &text, &Outside::nothing()).unwrap_err();
        assert!(error.to_string().contains(&format!("and `{second}` may be set")), "{error}");
    }
}

#[test]
fn anchors_and_merge_keys_share_settings() {
    let config = load(
        "scrape_configs:
- &base
  job_name: a
  scrape_interval: 7s
  static_configs: [{targets: &t ['x:1']}]
- <<: *base
  job_name: b
  static_configs: [{targets: *t}]
",
    );
    assert_eq!(config.scrape_configs[1].scrape_interval, Duration::from_secs(7));
    assert_eq!(config.scrape_configs[1].discovery.static_configs[0].targets, ["x:1"]);
}

#[test]
fn scalars_are_texts_as_written_where_a_text_is_wanted() {
    let config = load("global: {external_labels: {version: 1.10, on: yes, n: 007}}");
    let labels = config.global.external_labels.to_string();
    assert_eq!(labels, r#"{n="007", on="yes", version="1.10"}"#);
}

#[test]
fn included_files_know_the_jobs_of_the_main_file() {
    let main = load("global: {scrape_interval: 3s}\nscrape_configs: [{job_name: a}]");
    let more =
        |text| prometheus::load_scrape_configs("jobs/b.yml", text, &main, &Outside::nothing());
    let jobs = more("scrape_configs: [{job_name: b}]").unwrap().config;
    assert_eq!(jobs[0].scrape_interval, Duration::from_secs(3));
    let error = more("scrape_configs: [{job_name: a}]").unwrap_err().to_string();
    assert!(error.contains("already defined in another file"), "{error}");
    let error = more("global: {}").unwrap_err().to_string();
    assert!(error.contains("unknown key `global`"), "{error}");
}

#[test]
fn what_is_shown_has_defaults_and_no_secrets() {
    let env = |_: &str| Some("eu$1".to_owned());
    let file = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let outside = Outside::new(&env, &file);
    let text = "global: {scrape_interval: 5s, external_labels: {zone: $ZONE}}
scrape_configs:
- basic_auth: {username: u, password: hunter2}
  job_name: 'yes'
  proxy_url: http://u:hunter2@p:1/
  static_configs: [{targets: ['a:1']}]
";
    let loaded = prometheus::load("p.yml", text, &outside).unwrap();
    expect![[r#"
        global:
          scrape_timeout: 5s
          evaluation_interval: 1m
          scrape_interval: 5s
          external_labels:
            zone: eu$$1
        scrape_configs:
        - job_name: "yes"
          honor_timestamps: true
          track_timestamps_staleness: false
          scrape_interval: 5s
          scrape_timeout: 5s
          scrape_protocols:
          - OpenMetricsText1.0.0
          - OpenMetricsText0.0.1
          - PrometheusText1.0.0
          - PrometheusText0.0.4
          metrics_path: /metrics
          scheme: http
          enable_compression: true
          follow_redirects: true
          enable_http2: true
          basic_auth:
            username: u
            password: <secret>
          proxy_url: http://u:xxxxx@p:1/
          static_configs:
          - targets:
            - a:1
    "#]]
    .assert_eq(&loaded.redacted);
    let again = prometheus::load("p.yml", &loaded.redacted, &Outside::nothing()).unwrap();
    assert_eq!(again.redacted, loaded.redacted);
    assert_eq!(again.config.global, loaded.config.global, "the same meaning");
    assert_eq!(again.config.scrape_configs[0].job_name, "yes");
    let empty = prometheus::load("p.yml", "", &outside).unwrap().redacted;
    expect![[r"
        global:
          scrape_interval: 1m
          scrape_timeout: 10s
          evaluation_interval: 1m
    "]]
    .assert_eq(&empty);
}
