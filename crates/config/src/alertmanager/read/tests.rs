use super::load;
use crate::alertmanager::Route;
use expect_test::{Expect, expect};
use std::fmt::Write;

fn draw(route: &Route, depth: usize, out: &mut String) {
    let matchers: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
    let timing = (route.group_wait, route.group_interval, route.repeat_interval);
    let goes_on = if route.continue_matching { " continue" } else { "" };
    writeln!(
        out,
        "{:indent$}{{{}}} -> {} {:?} {timing:?}{goes_on}",
        "",
        matchers.join(","),
        route.receiver,
        route.group_by,
        indent = 2 * depth
    )
    .unwrap();
    route.routes.iter().for_each(|child| draw(child, depth + 1, out));
}

fn check(text: &str, expected: &Expect) {
    let mut out = String::new();
    match load("am.yml", text) {
        Ok(loaded) => {
            writeln!(out, "resolve {:?}", loaded.config.resolve_timeout).unwrap();
            draw(&loaded.config.route, 0, &mut out);
            for receiver in &loaded.config.receivers {
                writeln!(out, "{receiver:?}").unwrap();
            }
            out.push_str(&loaded.redacted);
        }
        Err(error) => {
            for problem in error.problems() {
                writeln!(out, "{}: {}", problem.place, problem.message).unwrap();
            }
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn routes_inherit_from_their_parents() {
    check(
        "global: {resolve_timeout: 1m}
route:
  receiver: a
  group_by: [alertname]
  group_wait: 0s
  routes:
  - matchers: ['severity=\"page\", team!=x', a=~b]
    receiver: b
    continue: true
    repeat_interval: 1h
    routes:
    - match: {x: y}
      group_by: ['...']
  - match_re: {service: ^(foo1|foo2)$}
    group_by: []
receivers:
- name: a
- name: b
",
        &expect![[r#"
            resolve 60s
            {} -> a Labels(["alertname"]) (0ns, 300s, 14400s)
              {a=~"b",severity="page",team!="x"} -> b Labels(["alertname"]) (0ns, 300s, 3600s) continue
                {x="y"} -> b AllLabels (0ns, 300s, 3600s)
              {service=~"^(?:^(foo1|foo2)$)$"} -> a Labels([]) (0ns, 300s, 14400s)
            Receiver { name: "a", labels: {}, integrations: [] }
            Receiver { name: "b", labels: {}, integrations: [] }
            global:
              resolve_timeout: 1m
            route:
              receiver: a
              group_by:
              - alertname
              group_wait: 0s
              routes:
              - matchers:
                - severity="page", team!=x
                - a=~b
                receiver: b
                continue: true
                repeat_interval: 1h
                routes:
                - match:
                    x: y
                  group_by:
                  - ...
              - match_re:
                  service: ^(foo1|foo2)$
                group_by: []
            receivers:
            - name: a
            - name: b
        "#]],
    );
}

#[test]
fn webhooks_inherit_the_global_client() {
    check(
        "global: {http_config: {follow_redirects: false}}
route: {receiver: a}
receivers:
- name: a
  webhook_configs:
  - url: http://h/secret-token
    max_alerts: 5
    timeout: 3s
  - url_file: token/url
    send_resolved: false
    http_config: {authorization: {credentials: hunter2}}
",
        &expect![[r#"
            resolve 300s
            {} -> a Labels([]) (30s, 300s, 14400s)
            Receiver { name: "a", labels: {}, integrations: [Integration { send_resolved: true, index: 0, kind: Webhook(WebhookConfig { url: Inline(<secret>), alerts_max: Some(5), timeout: Some(3s), payload: None, http: HttpClientConfig { auth: None, tls: TlsConfig { ca: None, cert: None, key: None, server_name: None, insecure_skip_verify: false, min_version: None, max_version: None }, follow_redirects: false, enable_http2: true, proxy: ProxyConfig { url: None, no_proxy: None, from_environment: false, connect_headers: [] }, headers: [] } }) }, Integration { send_resolved: false, index: 1, kind: Webhook(WebhookConfig { url: File("token/url"), alerts_max: None, timeout: None, payload: None, http: HttpClientConfig { auth: Authorization { kind: "Bearer", credentials: Some(Inline(<secret>)) }, tls: TlsConfig { ca: None, cert: None, key: None, server_name: None, insecure_skip_verify: false, min_version: None, max_version: None }, follow_redirects: true, enable_http2: true, proxy: ProxyConfig { url: None, no_proxy: None, from_environment: false, connect_headers: [] }, headers: [] } }) }] }
            global:
              http_config:
                follow_redirects: false
            route:
              receiver: a
            receivers:
            - name: a
              webhook_configs:
              - url: http://<secret>
                max_alerts: 5
                timeout: 3s
              - url_file: token/url
                send_resolved: false
                http_config:
                  authorization:
                    credentials: <secret>
        "#]],
    );
}

#[test]
fn what_alertmanager_refuses_is_refused() {
    check(
        "",
        &expect![[r"
        1:1: the file needs a `route`
    "]],
    );
    check(
        "route: {}",
        &expect![[r"
        1:8: the root route needs a `receiver`
    "]],
    );
    check(
        "route: {receiver: a, continue: true, matchers: [a=b]}\nreceivers: [{name: a}]",
        &expect![[r"
            1:22: the root route matches every alert; it has no `continue`
            1:38: the root route matches every alert; it has no `matchers`
        "]],
    );
    check(
        "route: {receiver: team}\nreceivers: [{name: team-x}, {name: team-x}, {nam: x}]",
        &expect![[r#"
            1:19: receiver "team" is not defined; did you mean `team-x`?
            2:36: receiver "team-x" is already defined in line 2
            2:45: a receiver needs a `name`
            2:46: unknown key `nam`; did you mean `name`?
        "#]],
    );
    check(
        "route: {receiver: a, group_by: [x, x, ...], group_interval: 0s, repeat_interval: 0s}\nreceivers: [{name: a}]",
        &expect![[r"
            1:32: `group_by` has `...`, which stands for all labels; name no other
            1:61: `group_interval` cannot be zero
            1:82: `repeat_interval` cannot be zero
        "]],
    );
    check(
        "route: {receiver: a, routes: [{match_re: {x: }, match: {a-b: c}, matchers: [x]}]}\nreceivers: [{name: a}]",
        &expect![[r#"
            1:44: `match_re` has no expression for `x`
            1:57: "a-b" is no valid label name
            1:77: matcher "x": expected `=`, `!=`, `=~` or `!~`, found the end at 2
        "#]],
    );
    check(
        "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{}, {url: x, url_file: y}, {url: ftp://x}, ]}]",
        &expect![[r"
            2:41: a webhook needs `url` or `url_file`
            2:51: `url`: the scheme of the URL must be `http` or `https`
            2:64: at most one of `url` and `url_file` may be set
            2:74: `url`: the scheme of the URL must be `http` or `https`
        "]],
    );
}

#[test]
fn unknown_keys_and_names_have_hints() {
    check(
        "global: {smtp_from: x, smtp_fro: x}
templates: []
inhibit_rules: []
route: {receiver: a, mute_time_intervals: [x]}
receivers: [{name: a, slack_configs: [], email_configs: []}]",
        &expect![[r#"
            1:24: unknown key `smtp_fro`; did you mean `smtp_from`?
            4:22: the root route is active at all times; it has no `mute_time_intervals`
            4:44: time interval "x" is not defined
        "#]],
    );
}
