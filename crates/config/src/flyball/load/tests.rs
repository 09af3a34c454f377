use super::{ConfigFile, load_any};
use crate::Outside;
use expect_test::{Expect, expect};
use std::fmt::Write;

fn check(text: &str, expected: &Expect) {
    let mut out = String::new();
    match load_any("/etc/flyball.yml", text, &Outside::nothing()) {
        Ok(loaded) => match loaded.config {
            ConfigFile::Flyball(config) => writeln!(out, "{config:?}").unwrap(),
            ConfigFile::Prometheus(config) => {
                writeln!(out, "prometheus.yml with {} jobs", config.scrape_configs.len()).unwrap();
            }
        },
        Err(error) => {
            for problem in error.problems() {
                writeln!(out, "{}: {}", problem.place, problem.message).unwrap();
            }
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn an_empty_file_decides_nothing() {
    check(
        "",
        &expect![[r#"
            FlyballConfig { prometheus: None, alertmanager: None, blackbox: None, probes: [], probe_locations: [], rule_files: [], default_rules: None, rule_packs: RulePacks { off: [], thresholds: [("cpu_busy_percent", 80.0), ("cpu_high_percent", 95.0), ("memory_tight_percent", 85.0), ("memory_low_percent", 95.0), ("disk_free_percent", 5.0), ("http_p95_slow_seconds", 2.0), ("http_p95_very_slow_seconds", 5.0), ("http_errors_percent", 5.0), ("http_errors_many_percent", 10.0), ("queue_long", 50.0), ("queue_very_long", 100.0), ("cache_hit_percent", 70.0), ("database_connections_percent", 70.0), ("database_connections_critical_percent", 90.0), ("slow_query_seconds", 60.0), ("exclusive_locks", 50.0), ("row_lock_waits_per_second", 10.0), ("redis_memory_percent", 85.0), ("redis_memory_critical_percent", 95.0), ("redis_lag_seconds", 10.0), ("certificate_days", 14.0), ("certificate_critical_days", 3.0)] }, dashboards: [], storage: StorageSettings { path: None, durability: None, retention_time: None, retention_size_bytes: None }, memory_limit_bytes: None, web: WebSettings { listen_addresses: [], external_url: None, route_prefix: None, config_file: None, allowed_hosts: [], allow_anonymous: None, enable_lifecycle: None, enable_admin_api: None }, query: QuerySettings { timeout: None, samples_max: None, series_max: None, memory_bytes_max: None, concurrency_max: None, lookback_delta: None, slow_threshold: None }, host: HostSettings { enabled: None, interval: None, collectors: [], intervals: [], timeouts: [], timeout: None, flags: [] }, services: ServiceSettings { redis: [], postgres: [], nginx: [], containers: ContainersSettings { enabled: None, common: InstanceSettings { name: "", interval: 15s, timeout: 5s, series_max: 50000, collectors: [] }, docker: None, labels: None, units: false, containers_max: 500, root: "/" } }, receive: ReceiveSettings { statsd: None, graphite: None }, health: HealthSettings { interval: 15s, components: [], checks: [] }, limits: SeriesLimits { series_max: None, series_per_target_max: None }, remote_write_backlog_bytes_max: None, webhooks: [], strict_notifications: false, redact: [], log: LogSettings { level: None, format: None } }
        "#]],
    );
}

#[test]
fn every_key_is_resolved() {
    check(
        "version: 1
prometheus: prometheus.yml
alertmanager: /am.yml
rule_files: [rules/*.yml]
dashboards: [boards, /srv/boards]
storage: {path: data, durability: sync, retention: {time: 7d, size: 1GB}, remote_write_backlog: 2GB}
memory: {limit: 512MB}
web:
  listen_address: [127.0.0.1:1, '[::1]:2']
  external_url: http://h/x
  route_prefix: /x
  config_file: web.yml
collect:
  host:
    interval: 5s
    collectors: {arp: no, cpu: true}
    intervals: {hwmon: 30s}
    timeouts: {textfile: 500ms}
    timeout: 1s
    flags: {netdev.device-exclude: ^veth, textfile.directory: [/a, /b]}
limits: {series_max: 5}
notify: {webhooks: [{url: http://h/token, timeout: 0s}, {url_file: u}]}
log: {level: debug, format: json}
",
        &expect![[r#"
            FlyballConfig { prometheus: Some("/etc/prometheus.yml"), alertmanager: Some("/am.yml"), blackbox: None, probes: [], probe_locations: [], rule_files: ["/etc/rules/*.yml"], default_rules: None, rule_packs: RulePacks { off: [], thresholds: [("cpu_busy_percent", 80.0), ("cpu_high_percent", 95.0), ("memory_tight_percent", 85.0), ("memory_low_percent", 95.0), ("disk_free_percent", 5.0), ("http_p95_slow_seconds", 2.0), ("http_p95_very_slow_seconds", 5.0), ("http_errors_percent", 5.0), ("http_errors_many_percent", 10.0), ("queue_long", 50.0), ("queue_very_long", 100.0), ("cache_hit_percent", 70.0), ("database_connections_percent", 70.0), ("database_connections_critical_percent", 90.0), ("slow_query_seconds", 60.0), ("exclusive_locks", 50.0), ("row_lock_waits_per_second", 10.0), ("redis_memory_percent", 85.0), ("redis_memory_critical_percent", 95.0), ("redis_lag_seconds", 10.0), ("certificate_days", 14.0), ("certificate_critical_days", 3.0)] }, dashboards: ["/etc/boards", "/srv/boards"], storage: StorageSettings { path: Some("/etc/data"), durability: Some(Sync), retention_time: Some(604800s), retention_size_bytes: Some(1073741824) }, memory_limit_bytes: Some(536870912), web: WebSettings { listen_addresses: ["127.0.0.1:1", "[::1]:2"], external_url: Some("http://h/x"), route_prefix: Some("/x"), config_file: Some("/etc/web.yml"), allowed_hosts: [], allow_anonymous: None, enable_lifecycle: None, enable_admin_api: None }, query: QuerySettings { timeout: None, samples_max: None, series_max: None, memory_bytes_max: None, concurrency_max: None, lookback_delta: None, slow_threshold: None }, host: HostSettings { enabled: None, interval: Some(5s), collectors: [("arp", false), ("cpu", true)], intervals: [("hwmon", 30s)], timeouts: [("textfile", 500ms)], timeout: Some(1s), flags: [("netdev.device-exclude", ["^veth"]), ("textfile.directory", ["/a", "/b"])] }, services: ServiceSettings { redis: [], postgres: [], nginx: [], containers: ContainersSettings { enabled: None, common: InstanceSettings { name: "", interval: 15s, timeout: 5s, series_max: 50000, collectors: [] }, docker: None, labels: None, units: false, containers_max: 500, root: "/" } }, receive: ReceiveSettings { statsd: None, graphite: None }, health: HealthSettings { interval: 15s, components: [], checks: [] }, limits: SeriesLimits { series_max: Some(5), series_per_target_max: None }, remote_write_backlog_bytes_max: Some(2147483648), webhooks: [Integration { send_resolved: true, index: 0, kind: Webhook(WebhookConfig { url: Inline(<secret>), alerts_max: None, timeout: None, payload: None, http: HttpClientConfig { auth: None, tls: TlsConfig { ca: None, cert: None, key: None, server_name: None, insecure_skip_verify: false, min_version: None, max_version: None }, follow_redirects: true, enable_http2: true, proxy: ProxyConfig { url: None, no_proxy: None, from_environment: false, connect_headers: [] }, headers: [] } }) }, Integration { send_resolved: true, index: 1, kind: Webhook(WebhookConfig { url: File("/etc/u"), alerts_max: None, timeout: None, payload: None, http: HttpClientConfig { auth: None, tls: TlsConfig { ca: None, cert: None, key: None, server_name: None, insecure_skip_verify: false, min_version: None, max_version: None }, follow_redirects: true, enable_http2: true, proxy: ProxyConfig { url: None, no_proxy: None, from_environment: false, connect_headers: [] }, headers: [] } }) }], strict_notifications: false, redact: [], log: LogSettings { level: Some(Debug), format: Some(Json) } }
        "#]],
    );
}

#[test]
fn empty_sections_are_sections_without_keys() {
    check(
        "web:\nstorage:\n  retention:\ncollect: {host: }\nlog: {level: }",
        &expect![[r#"
            FlyballConfig { prometheus: None, alertmanager: None, blackbox: None, probes: [], probe_locations: [], rule_files: [], default_rules: None, rule_packs: RulePacks { off: [], thresholds: [("cpu_busy_percent", 80.0), ("cpu_high_percent", 95.0), ("memory_tight_percent", 85.0), ("memory_low_percent", 95.0), ("disk_free_percent", 5.0), ("http_p95_slow_seconds", 2.0), ("http_p95_very_slow_seconds", 5.0), ("http_errors_percent", 5.0), ("http_errors_many_percent", 10.0), ("queue_long", 50.0), ("queue_very_long", 100.0), ("cache_hit_percent", 70.0), ("database_connections_percent", 70.0), ("database_connections_critical_percent", 90.0), ("slow_query_seconds", 60.0), ("exclusive_locks", 50.0), ("row_lock_waits_per_second", 10.0), ("redis_memory_percent", 85.0), ("redis_memory_critical_percent", 95.0), ("redis_lag_seconds", 10.0), ("certificate_days", 14.0), ("certificate_critical_days", 3.0)] }, dashboards: [], storage: StorageSettings { path: None, durability: None, retention_time: None, retention_size_bytes: None }, memory_limit_bytes: None, web: WebSettings { listen_addresses: [], external_url: None, route_prefix: None, config_file: None, allowed_hosts: [], allow_anonymous: None, enable_lifecycle: None, enable_admin_api: None }, query: QuerySettings { timeout: None, samples_max: None, series_max: None, memory_bytes_max: None, concurrency_max: None, lookback_delta: None, slow_threshold: None }, host: HostSettings { enabled: None, interval: None, collectors: [], intervals: [], timeouts: [], timeout: None, flags: [] }, services: ServiceSettings { redis: [], postgres: [], nginx: [], containers: ContainersSettings { enabled: None, common: InstanceSettings { name: "", interval: 15s, timeout: 5s, series_max: 50000, collectors: [] }, docker: None, labels: None, units: false, containers_max: 500, root: "/" } }, receive: ReceiveSettings { statsd: None, graphite: None }, health: HealthSettings { interval: 15s, components: [], checks: [] }, limits: SeriesLimits { series_max: None, series_per_target_max: None }, remote_write_backlog_bytes_max: None, webhooks: [], strict_notifications: false, redact: [], log: LogSettings { level: None, format: None } }
        "#]],
    );
}

#[test]
fn a_prometheus_yml_is_known_by_its_keys() {
    check(
        "scrape_configs: [{job_name: a}]",
        &expect![[r"
        prometheus.yml with 1 jobs
    "]],
    );
    check(
        "global:",
        &expect![[r"
        prometheus.yml with 0 jobs
    "]],
    );
    check(
        "storage: {exemplars: {max_exemplars: 1}}",
        &expect![[r"
        prometheus.yml with 0 jobs
    "]],
    );
    check(
        "version: 1\nscrape_configs: []\nglobal: {}",
        &expect![[r"
            2:1: `scrape_configs` belongs in prometheus.yml; name that file with `prometheus`
            3:1: `global` belongs in prometheus.yml; name that file with `prometheus`
        "]],
    );
}

#[test]
fn mistakes_are_found_with_their_places() {
    check(
        "version: 2",
        &expect![[r"
            1:10: schema version 2 is unknown; expected 1
        "]],
    );
    check(
        "wbe: {}\nlog: {levle: info, format: xml}\nstorage: {pth: x}",
        &expect![[r#"
            1:1: unknown key `wbe`; did you mean `web`?
            2:7: unknown key `levle`; did you mean `level`?
            2:28: "xml" is unknown; expected one of `logfmt`, `json`
            3:11: unknown key `pth`; did you mean `path`?
        "#]],
    );
    check(
        "storage: {durability: fsync}",
        &expect![[r#"
            1:23: "fsync" is unknown; expected one of `window`, `sync`; did you mean `sync`?
        "#]],
    );
    check(
        "storage: {retention: {time: 30}}",
        &expect![[r#"
            1:29: "30" is no duration; did you mean `30s`?
        "#]],
    );
    check(
        "memory: {limit: -1GB}",
        &expect![[r"
            1:17: a size cannot be negative
        "]],
    );
    check(
        "web: {listen_address: 1788, external_url: h, route_prefix: x}",
        &expect![[r#"
            1:23: "1788" is no address; expected `host:port`
            1:43: `external_url`: the scheme of the URL must be `http` or `https`
            1:60: `route_prefix` begins with `/`
        "#]],
    );
}

#[test]
fn all_values_of_a_wrong_type_are_found_with_their_places() {
    check(
        "query: {timeout: x, max_samples: y}\nprometheus: {a: 1}\nrule_files: [{}]\nlimits: []",
        &expect![[r#"
            1:18: "x" is no duration; expected something like `30s`, `5m` or `1h30m`
            1:34: expected a whole number, found a boolean
            2:13: expected a text, found a map
            3:14: expected a text, found a map
            4:9: expected a map of keys, found a list
        "#]],
    );
    check(
        "web: [a]",
        &expect![[r"
            1:6: expected a map of keys, found a list
        "]],
    );
    check(
        "collect: {host: {enabled: maybe, interval: 0s}}",
        &expect![[r"
            1:27: expected `true` or `false`, found a text
            1:44: `interval` must be above 0
        "]],
    );
    check(
        "collect: {host: {interval: 0s, timeouts: {cpu: 0s}, collectors: {cpu: 1}}}",
        &expect![[r"
            1:28: `interval` must be above 0
            1:48: `cpu` must be above 0
            1:71: expected `true` or `false`, found a number
        "]],
    );
    check(
        "limits: {series_max: -1}",
        &expect![[r"
            1:22: -1 is out of range
        "]],
    );
    check(
        "notify: {webhooks: [{}, {url: 'ftp://u:hunter2@h/'}, {url: http://h, url_file: x}]}",
        &expect![[r"
            1:20: a webhook needs one of `url` and `url_file`
            1:20: `url` of a webhook: the scheme of the URL must be `http` or `https`
            1:20: a webhook needs one of `url` and `url_file`
        "]],
    );
    check(
        "notify: {webhooks: {url: x}}",
        &expect![[r"
            1:20: expected a list, found a map
        "]],
    );
    check(
        "prometheus: [a]",
        &expect![[r"
            1:13: expected a text, found a list
        "]],
    );
    check(
        "- a",
        &expect![[r"
            1:1: expected a map of keys, found a list
        "]],
    );
}
