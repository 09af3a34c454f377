use crate::{Outside, flyball};
use expect_test::{Expect, expect};

/// The services of a section `collect`, or what is wrong with it.
fn check(collect: &str, expected: &Expect) {
    let text = format!("collect:\n{collect}");
    let out = match flyball::load("/etc/flyball.yml", &text, &Outside::nothing()) {
        Ok(loaded) => format!("{:#?}\n{}", loaded.config.services, loaded.redacted),
        Err(error) => {
            let line = |p: &crate::Problem| format!("{}: {}\n", p.place, p.message);
            error.problems().iter().map(line).collect()
        }
    };
    expected.assert_eq(&out);
}

#[test]
#[expect(clippy::too_many_lines, reason = "instances are shown as they are read")]
fn redis_has_defaults() {
    check(
        "  redis:
    - {address: 'localhost:6379'}
    - {address: /run/r.sock, instance: s, password_file: pw, interval: 2s, key_groups: {b: 'b:*'}}
    - {address: '[::1]:6380', password: secret, tls: {ca_file: ca}, collectors: {slowlog: false}}
",
        &expect![[r#"
            ServiceSettings {
                redis: [
                    RedisInstance {
                        common: InstanceSettings {
                            name: "localhost:6379",
                            interval: 15s,
                            timeout: 5s,
                            series_max: 10000,
                            collectors: [],
                        },
                        address: Tcp {
                            host: "localhost",
                            port: 6379,
                        },
                        username: None,
                        password: None,
                        tls: None,
                        key_groups: [],
                        key_groups_interval: 60s,
                        keys_max: 100000,
                    },
                    RedisInstance {
                        common: InstanceSettings {
                            name: "s",
                            interval: 2s,
                            timeout: 2s,
                            series_max: 10000,
                            collectors: [],
                        },
                        address: Unix(
                            "/run/r.sock",
                        ),
                        username: None,
                        password: Some(
                            File(
                                "/etc/pw",
                            ),
                        ),
                        tls: None,
                        key_groups: [
                            KeyGroup {
                                name: "b",
                                pattern: "b:*",
                            },
                        ],
                        key_groups_interval: 60s,
                        keys_max: 100000,
                    },
                    RedisInstance {
                        common: InstanceSettings {
                            name: "[::1]:6380",
                            interval: 15s,
                            timeout: 5s,
                            series_max: 10000,
                            collectors: [
                                (
                                    "slowlog",
                                    false,
                                ),
                            ],
                        },
                        address: Tcp {
                            host: "::1",
                            port: 6380,
                        },
                        username: None,
                        password: Some(
                            Inline(
                                <secret>,
                            ),
                        ),
                        tls: Some(
                            TlsConfig {
                                ca: Some(
                                    File(
                                        "/etc/ca",
                                    ),
                                ),
                                cert: None,
                                key: None,
                                server_name: None,
                                insecure_skip_verify: false,
                                min_version: None,
                                max_version: None,
                            },
                        ),
                        key_groups: [],
                        key_groups_interval: 60s,
                        keys_max: 100000,
                    },
                ],
                postgres: [],
                nginx: [],
                containers: ContainersSettings {
                    enabled: None,
                    common: InstanceSettings {
                        name: "",
                        interval: 15s,
                        timeout: 5s,
                        series_max: 50000,
                        collectors: [],
                    },
                    docker: None,
                    labels: None,
                    units: false,
                    containers_max: 500,
                    root: "/",
                },
            }
            collect:
              redis:
              - address: localhost:6379
              - address: /run/r.sock
                instance: s
                password_file: pw
                interval: 2s
                key_groups:
                  b: b:*
              - address: "[::1]:6380"
                password: <secret>
                tls:
                  ca_file: ca
                collectors:
                  slowlog: false
        "#]],
    );
}

#[test]
fn what_is_wrong_with_redis_is_told_with_its_place() {
    check(
        "  redis:
    - {}
    - {address: 'redis://u:secret@h:1'}
    - {address: 'h:0'}
    - {address: 'a:1', interval: 1s, timeout: 2s, series_max: 0, keys_max: 0}
    - {address: 'a:1', collectors: {slowlogs: false}}
    - {address: 'b:1', username: u}
    - {address: 'c:1', password: p, password_file: f}
    - {address: /s, tls: {cert_file: c}}
    - {address: 'd:1', instances: x}
    - {address: 'e:1', interval: 0s}
    - {address: 'f:1', timeout: 0s}
    - {address: 'g:1', interval: soon, intervall: 1s}
    - {address: 'h:1', instance: ''}
    - {address: 'h:1'}
",
        &expect![[r#"
            3:7: `address` is missing
            4:17: `address` is no `host:port` and no path of a socket
            5:17: `address` is no `host:port` and no path of a socket
            6:47: `timeout` is longer than `interval`
            6:63: `series_max` must be above 0
            6:76: `keys_max` must be above 0
            7:7: "a:1" is the name of two instances; set `instance`
            7:47: "slowlogs" is no collector here; expected one of `config`, `cluster`, `sentinel`, `latency`, `latency_histogram`, `slowlog`; did you mean `slowlog`?
            8:34: `username` needs `password` or `password_file`
            9:52: at most one of `password` and `password_file` may be set
            10:26: `tls` is for `host:port`, not for a socket
            10:26: `cert_file` and `key_file` go together
            11:24: unknown key `instances`; did you mean `instance`?
            12:34: `interval` must be above 0
            13:33: `timeout` must be above 0
            14:34: "soon" is no duration; expected something like `30s`, `5m` or `1h30m`
            14:40: unknown key `intervall`; did you mean `interval`?
            16:7: "h:1" is the name of two instances; set `instance`
        "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "instances are shown as they are read")]
fn postgres() {
    check(
        "  postgres:
    - {dsn: 'postgres://u:secret@h/d', compat_names: '0.11', collectors: {bloat: true}}
    - {dsn_file: pg, instance: two, password_file: pw}
",
        &expect![[r#"
            ServiceSettings {
                redis: [],
                postgres: [
                    PostgresInstance {
                        common: InstanceSettings {
                            name: "h:5432",
                            interval: 15s,
                            timeout: 5s,
                            series_max: 10000,
                            collectors: [
                                (
                                    "bloat",
                                    true,
                                ),
                            ],
                        },
                        dsn: Inline(
                            Dsn {
                                address: Tcp {
                                    host: "h",
                                    port: 5432,
                                },
                                user: "u",
                                password: Some(
                                    <secret>,
                                ),
                                database: "d",
                                application_name: "flyball",
                                ssl_mode: Prefer,
                                tls: TlsConfig {
                                    ca: None,
                                    cert: None,
                                    key: None,
                                    server_name: None,
                                    insecure_skip_verify: true,
                                    min_version: None,
                                    max_version: None,
                                },
                            },
                        ),
                        password: None,
                        old_names: true,
                    },
                    PostgresInstance {
                        common: InstanceSettings {
                            name: "two",
                            interval: 15s,
                            timeout: 5s,
                            series_max: 10000,
                            collectors: [],
                        },
                        dsn: File(
                            "/etc/pg",
                        ),
                        password: Some(
                            File(
                                "/etc/pw",
                            ),
                        ),
                        old_names: false,
                    },
                ],
                nginx: [],
                containers: ContainersSettings {
                    enabled: None,
                    common: InstanceSettings {
                        name: "",
                        interval: 15s,
                        timeout: 5s,
                        series_max: 50000,
                        collectors: [],
                    },
                    docker: None,
                    labels: None,
                    units: false,
                    containers_max: 500,
                    root: "/",
                },
            }
            collect:
              postgres:
              - dsn: <secret>
                compat_names: "0.11"
                collectors:
                  bloat: true
              - dsn_file: pg
                instance: two
                password_file: pw
        "#]],
    );
    check(
        "  postgres:
    - {}
    - {dsn: 'user=secret port=secret'}
    - {dsn_file: pg}
    - {dsn: 'user=u', collectors: {locked: true}, compat_names: '0.12'}
    - {dsn: 'user=u'}
    - {dsn: 'user=v'}
",
        &expect![[r#"
            3:7: one of `dsn` and `dsn_file` is needed
            4:13: `port` of the DSN is no port
            5:18: `dsn_file` needs `instance`
            6:44: "locked" is no collector here; expected one of `database`, `locks`, `postmaster`, `replication`, `replication_slots`, `stat_replication`, `stat_wal_receiver`, `stat_activity`, `long_running_transactions`, `stat_archiver`, `bgwriter`, `checkpointer`, `wraparound`, `stat_database`, `stat_database_conflicts`, `roles`, `wal`, `stat_user_tables`, `statio_user_tables`, `stat_user_indexes`, `stat_statements`, `bloat`, `settings`
            6:65: "0.12" is unknown; expected one of `0.11`; did you mean `0.11`?
            7:7: "/var/run/postgresql/.s.PGSQL.5432" is the name of two instances; set `instance`
            8:7: "/var/run/postgresql/.s.PGSQL.5432" is the name of two instances; set `instance`
        "#]],
    );
}

#[test]
fn nginx() {
    check(
        "  nginx:
    - {url: 'http://h:81/s', access_log: {path: log, routes: [/a/*]}}
",
        &expect![[r#"
            ServiceSettings {
                redis: [],
                postgres: [],
                nginx: [
                    NginxInstance {
                        common: InstanceSettings {
                            name: "h:81",
                            interval: 15s,
                            timeout: 5s,
                            series_max: 10000,
                            collectors: [],
                        },
                        url: "http://h:81/s",
                        username: None,
                        password: None,
                        tls: TlsConfig {
                            ca: None,
                            cert: None,
                            key: None,
                            server_name: None,
                            insecure_skip_verify: false,
                            min_version: None,
                            max_version: None,
                        },
                        access_log: Some(
                            AccessLog {
                                path: "/etc/log",
                                format: "combined",
                                routes: [
                                    "/a/*",
                                ],
                                routes_max: 50,
                            },
                        ),
                    },
                ],
                containers: ContainersSettings {
                    enabled: None,
                    common: InstanceSettings {
                        name: "",
                        interval: 15s,
                        timeout: 5s,
                        series_max: 50000,
                        collectors: [],
                    },
                    docker: None,
                    labels: None,
                    units: false,
                    containers_max: 500,
                    root: "/",
                },
            }
            collect:
              nginx:
              - url: http://h:81/s
                access_log:
                  path: log
                  routes:
                  - /a/*
        "#]],
    );
    check(
        "  nginx:
    - {}
    - {url: 'ftp://h/'}
    - {url: 'http://u:p@h/'}
    - {url: 'http://h/', password: p}
    - {url: 'http://i/', access_log: {}}
    - {url: 'http://j/', access_log: {path: p, routes: ['*/a'], routes_max: 0}}
    - {url: 'http://k/', access_log: {path: p, format: '$uri'}}
    - {url: 'http://l/', access_log: {path: p, format: '$status $request_time'}}
    - {url: 'http://m/', access_log: {path: p, format: '$${status} $request_method'}}
    - {url: 'http://n/', access_log: {path: p, format: '$status $${request_method} $request_uri'}}
    - {url: 'http://o/', access_log: {path: p, format: '[$request] $status'}}
    - {url: 'HTTP://p/', tls: {ca_file: ca}}
    - {url: 'https://q/', tls: {ca_file: ca}}
",
        &expect![[r#"
            3:7: `url` is missing
            4:13: `url`: the scheme of the URL must be `http` or `https`
            5:13: `url` holds a user; use `username` and `password_file`
            6:36: `password` needs `username`
            7:38: `path` of `access_log` is missing
            8:38: "*/a" is no route; expected a path, with `*` at its end for any
            8:77: `routes_max` must be above 0
            9:38: `format` of `access_log` needs `$status` and `$request`, or `$request_method` and `$uri`
            10:38: `format` of `access_log` needs `$status` and `$request`, or `$request_method` and `$uri`
            11:38: `format` of `access_log` needs `$status` and `$request`, or `$request_method` and `$uri`
            14:31: `tls` is for `https`, and `url` begins with `http`
        "#]],
    );
}
