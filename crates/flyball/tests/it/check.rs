//! `flyball check` as a shell sees it: exit codes, what goes to which stream, what is named.

use crate::server::{binary, run};
use expect_test::{Expect, expect};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Exit code, then both streams one after the other.
fn transcript(folder: &Path, words: &[&str]) -> String {
    let (code, out, err) = run(folder, words);
    format!("{out}--\n{err}-- {code}\n")
}

#[track_caller]
fn check(files: &[(&str, &str)], words: &[&str], expected: &Expect) {
    let folder = folder(files);
    expected.assert_eq(&transcript(folder.path(), words));
}

const RULES: &str =
    "groups:\n- name: g\n  rules:\n  - {record: x, expr: up}\n  - {alert: A, expr: up == 0}\n";

#[test]
fn a_good_prometheus_yml_is_reported_as_promtool_does() {
    let files = [
        ("prometheus.yml", "rule_files: [rules/*.yml]\nscrape_configs: [{job_name: a}]\n"),
        ("rules/a.yml", RULES),
    ];
    check(
        &files,
        &["check", "config", "prometheus.yml"],
        &expect![[r"
            Checking prometheus.yml
              SUCCESS: 1 rule files found
             SUCCESS: prometheus.yml is valid prometheus config file syntax

            Checking rules/a.yml
              SUCCESS: 2 rules found

            --
            -- 0
        "]],
    );
}

#[test]
fn a_typing_error_is_named_with_its_place() {
    check(
        &[("prometheus.yml", "global: {scrape_intervall: 15s}\n")],
        &["check", "config", "prometheus.yml"],
        &expect![[r"
            Checking prometheus.yml
            --
              FAILED: prometheus.yml:1:10: unknown key `scrape_intervall`; did you mean `scrape_interval`?
                1 | global: {scrape_intervall: 15s}
                  |          ^
            -- 1
        "]],
    );
}

#[test]
fn each_mistake_of_a_file_is_a_failure() {
    let text = "global: {scrape_intervall: 15s}\nscrape_configs: [{job_name: a, foo: 1}]\n";
    let expected = expect![[r"
        Checking p.yml
        --
          FAILED: p.yml:1:10: unknown key `scrape_intervall`; did you mean `scrape_interval`?
            1 | global: {scrape_intervall: 15s}
              |          ^
          FAILED: p.yml:2:32: unknown key `foo`
            2 | scrape_configs: [{job_name: a, foo: 1}]
              |                                ^
        -- 1
    "]];
    check(&[("p.yml", text)], &["check", "config", "p.yml"], &expected);
    check(&[("p.yml", text)], &["check", "config", "--syntax-only", "p.yml"], &expected);
    let web = [("w.yml", "basic_auth_user: {}\nfoo: 1\n")];
    let many = (0..60).map(|at| format!("key_{at}: 1\n")).collect::<Vec<_>>().concat();
    let files = [web[0], ("p.yml", &format!("global: {{}}\n{many}"))];
    let folder = folder(&files);
    let (_, _, err) = run(folder.path(), &["check", "web-config", "w.yml"]);
    assert_eq!(err.matches("  FAILED: w.yml:").count(), 2, "{err}");
    let (_, _, err) = run(folder.path(), &["check", "config", "p.yml"]);
    assert!(err.ends_with("\n  FAILED: 10 more problems\n"), "{err}");
}

#[test]
fn what_the_host_collector_does_not_know_is_refused_before_the_start() {
    for (collect, said) in [
        ("collectors: {ethtol: true}", "no collector is named \"ethtol\", expected one of arp,"),
        ("intervals: {hwmom: 1m}", "no collector is named \"hwmom\", expected one of arp,"),
        ("flags: {ethtool.metric-include: x}", "flag ethtool.metric-include: is not known"),
        ("flags: {netdev.device-exclude: '('}", "invalid pattern in collector option netdev"),
    ] {
        let text = format!("collect: {{host: {{{collect}}}}}\n");
        let folder = folder(&[("f.yml", &text)]);
        let (_, _, err) = run(folder.path(), &["check", "config", "f.yml"]);
        assert!(err.contains(&format!("f.yml: collect.host: {said}")), "{err}");
    }
}

#[test]
fn a_file_that_is_no_utf_8_has_a_place() {
    let folder = folder(&[
        ("f.yml", "version: 1\nprometheus: p.yml\nalertmanager: a.yml\nrule_files: [r.yml]\n"),
        ("s.yml", "scrape_configs: [{job_name: a, file_sd_configs: [{files: [t.yml]}]}]\n"),
    ]);
    for name in ["p.yml", "a.yml", "r.yml", "t.yml"] {
        fs::write(folder.path().join(name), b"a: b\n# caf\xe9\n").unwrap();
    }
    let said = |words: &[&str]| {
        let (code, _, err) = run(folder.path(), words);
        assert_eq!(code, 1);
        err
    };
    let bad = |name: &str| {
        let place = format!("  FAILED: {name}:2:6: byte 0xe9 found, expected UTF-8\n");
        format!("{place}    2 | # caf\u{fffd}\n      |      ^\n")
    };
    assert_eq!(said(&["check", "config", "f.yml"]), ["p.yml", "r.yml", "a.yml"].map(bad).concat());
    assert_eq!(said(&["check", "config", "p.yml"]), bad("p.yml"));
    assert_eq!(said(&["check", "config", "--syntax-only", "p.yml"]), bad("p.yml"));
    assert_eq!(said(&["check", "rules", "r.yml"]), bad("r.yml"));
    assert_eq!(said(&["check", "web-config", "p.yml"]), bad("p.yml"));
    assert_eq!(said(&["check", "config", "s.yml"]), bad("t.yml"));
    let (_, out, err) = run(folder.path(), &["test", "rules", "r.yml"]);
    assert!(format!("{out}{err}").contains("r.yml:2:6: byte 0xe9 found"), "{out}{err}");
}

#[test]
fn mistakes_in_all_files_are_found_in_one_go() {
    let files = [
        ("flyball.yml", "version: 1\nprometheus: prometheus.yml\nalertmanager: am.yml\n"),
        (
            "prometheus.yml",
            "rule_files: [r.yml]\nscrape_configs:\n- {job_name: a}\n- {job_name: a}\n",
        ),
        ("r.yml", "groups:\n- name: g\n  rules:\n  - {record: x, expr: rate(up)}\n"),
        ("am.yml", "route: {receiver: nobody}\nreceivers: []\n"),
    ];
    let folder = folder(&files);
    let (code, _, err) = run(folder.path(), &["check", "config", "flyball.yml"]);
    assert_eq!(code, 1);
    for place in ["prometheus.yml:4:", "am.yml:1:"] {
        assert!(err.contains(place), "{place} in:\n{err}");
    }
    let (code, _, err) = run(folder.path(), &["check", "rules", "r.yml"]);
    assert_eq!(code, 1);
    assert!(err.contains("r.yml:4:28: parse error: "), "{err}");
}

#[test]
fn an_alertmanager_yml_is_checked_with_the_files_it_names() {
    let text = "\
route: {receiver: team, routes: [{matchers: [a=b c], receiver: team}]}
templates: [templates/*.tmpl]
inhibit_rules: [{source_matchers: [a=b], target_matchers: [c=d]}]
receivers:
- name: team
  slack_configs: [{api_url_file: slack.url}]
  webhook_configs: [{url: http://h}, {url: http://i}]
";
    check(
        &[("am.yml", text), ("slack.url", "x")],
        &["check", "config", "am.yml"],
        &expect![[r#"
        Checking am.yml
          WARNING: am.yml:1:46: matcher "a=b c": read in the classic way, since names and values are not quoted; better write `a="b c"`
          WARNING: am.yml:2:13: no file matches `templates/*.tmpl` of `templates`
            2 | templates: [templates/*.tmpl]
              |             ^
          SUCCESS: 1 receiver, 3 integrations, 1 inhibit rule, 0 time intervals, 1 template pattern found
         SUCCESS: am.yml is valid alertmanager config file syntax

        --
        -- 0
    "#]],
    );
    check(
        &[("am.yml", text)],
        &["check", "config", "am.yml"],
        &expect![[r#"
        Checking am.yml
          WARNING: am.yml:1:46: matcher "a=b c": read in the classic way, since names and values are not quoted; better write `a="b c"`
          WARNING: am.yml:2:13: no file matches `templates/*.tmpl` of `templates`
            2 | templates: [templates/*.tmpl]
              |             ^
        --
          FAILED: am.yml:6:34: receiver `team`: cannot read `api_url_file` slack.url: no such file or directory
            6 |   slack_configs: [{api_url_file: slack.url}]
              |                                  ^
        -- 1
    "#]],
    );
    check(
        &[("am.yml", text)],
        &["check", "config", "--syntax-only", "am.yml"],
        &expect![[r#"
        Checking am.yml
          WARNING: am.yml:1:46: matcher "a=b c": read in the classic way, since names and values are not quoted; better write `a="b c"`
          SUCCESS: 1 receiver, 3 integrations, 1 inhibit rule, 0 time intervals, 1 template pattern found
         SUCCESS: am.yml is valid alertmanager config file syntax

        --
        -- 0
    "#]],
    );
    check(
        &[("am.yml", "route: {receiver: tem}\nreceivers: [{name: team, slack_config: []}]\n")],
        &["check", "config", "am.yml"],
        &expect![[r#"
            Checking am.yml
            --
              FAILED: am.yml:1:19: receiver "tem" is not defined; did you mean `team`?
                1 | route: {receiver: tem}
                  |                   ^
              FAILED: am.yml:2:26: unknown key `slack_config`; did you mean `slack_configs`?
                2 | receivers: [{name: team, slack_config: []}]
                  |                          ^
            -- 1
        "#]],
    );
}

#[test]
fn files_that_only_a_scrape_would_miss_are_missed_now() {
    let prometheus = "\
scrape_configs:
- job_name: a
  authorization: {credentials_file: token}
  tls_config:
    ca_file: ca.pem
  file_sd_configs:
  - files: [none/*.json, sd.json]
";
    let files =
        [("prometheus.yml", prometheus), ("sd.json", "[{\"targets\": [\"a\"], \"lables\": {}}]")];
    check(
        &files,
        &["check", "config", "prometheus.yml"],
        &expect![[r#"
            Checking prometheus.yml
              WARNING: prometheus.yml:7:13: job `a`: no file `none/*.json` with targets exists yet
                7 |   - files: [none/*.json, sd.json]
                  |             ^
            --
              FAILED: prometheus.yml:3:37: job `a`: cannot read `credentials_file` token: no such file or directory
              FAILED: prometheus.yml:5:14: job `a`: cannot read `ca_file` ca.pem: no such file or directory
                5 |     ca_file: ca.pem
                  |              ^
              FAILED: sd.json:1:21: unknown key `lables`; did you mean `labels`?
                1 | [{"targets": ["a"], "lables": {}}]
                  |                     ^
            -- 1
        "#]],
    );
    let folder = folder(&files);
    let (code, ..) = run(folder.path(), &["check", "config", "--syntax-only", "prometheus.yml"]);
    assert_eq!(code, 0, "the file alone is good");
}

#[test]
fn duplicate_rules_are_lint() {
    let text =
        "groups:\n- name: g\n  rules:\n  - {record: x, expr: up}\n  - {record: x, expr: up}\n";
    let folder = folder(&[("r.yml", text)]);
    let code = |words: &[&str]| {
        let words = [&["check", "rules"], words, &["r.yml"]].concat();
        run(folder.path(), &words).0
    };
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--lint-fatal"]), 3);
    assert_eq!(code(&["--lint-fatal", "--lint=none"]), 0);
    let (_, out, _) = run(folder.path(), &["check", "rules", "r.yml"]);
    assert!(out.contains("WARNING: lint: r.yml: 2 rules have `record: x`"), "{out}");
}

#[test]
fn long_intervals_are_lint() {
    let text = "scrape_configs:\n- {job_name: slow, scrape_interval: 10m}\n";
    let folder = folder(&[("p.yml", text)]);
    let words = ["check", "config", "--lint=all", "--lint-fatal", "p.yml"];
    let (code, _, err) = run(folder.path(), &words);
    assert_eq!(code, 3);
    assert!(err.contains("job `slow` is scraped every 10m, queries look back 5m"), "{err}");
}

#[test]
fn the_wrong_kind_of_file_is_sent_to_its_own_check() {
    let folder = folder(&[
        ("r.yml", RULES),
        ("p.yml", "scrape_configs: []\n"),
        ("w.yml", "basic_auth_users: {}\n"),
    ]);
    let said = |words: &[&str]| {
        let (code, _, err) = run(folder.path(), words);
        assert_eq!(code, 1);
        err
    };
    assert!(said(&["check", "config", "r.yml"]).contains("with `flyball check rules`"));
    assert!(said(&["check", "config", "w.yml"]).contains("with `flyball check web-config`"));
    assert!(said(&["check", "rules", "p.yml"]).contains("with `flyball check config`"));
    let missing = said(&["check", "config", "prometheus.yml"]);
    assert!(missing.contains("there are: p.yml, r.yml, w.yml"), "{missing}");
    assert!(said(&["check", "config", "."]).contains("it is a directory"));
    assert!(said(&["check", "rules", "x*.yml"]).contains("no file matches x*.yml"));
}

#[test]
fn a_quoted_pattern_and_standard_input_reach_rules() {
    let folder = folder(&[("a.yml", RULES), ("b.yml", RULES)]);
    let (code, out, _) = run(folder.path(), &["check", "rules", "*.yml"]);
    assert_eq!((code, out.matches("SUCCESS: 2 rules found").count()), (0, 2), "{out}");
    let (code, out) = with_input(&["check", "rules"], RULES);
    assert_eq!((code, out.as_str()), (0, "Checking standard input\n  SUCCESS: 2 rules found\n\n"));
}

fn with_input(words: &[&str], input: &str) -> (i32, String) {
    let mut command = binary();
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn metrics_are_linted_with_promtools_exit_codes() {
    let good = "# HELP a_total b\n# TYPE a_total counter\na_total{x=\"1\"} 1\na_total 1\n";
    assert_eq!(with_input(&["check", "metrics"], good), (0, String::new()));
    let table = "Metric   Cardinality  Percentage\na_total            2     100.00%\nTotal              2        100%\n";
    assert_eq!(with_input(&["check", "metrics", "--extended"], good), (0, table.to_owned()));
    assert_eq!(with_input(&["check", "metrics"], "a_total 1\n").0, 3);
    assert_eq!(with_input(&["check", "metrics"], "a_total{\n").0, 1);
}

#[test]
fn web_configs_are_checked_with_their_files() {
    let tls = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n";
    let hash = "$2a$04$wpPGBqvN7zIlSfm1ymfFBuoPVWkIYkA2cKbjRnkzMyPPsj4ujiIQu";
    let users = format!("basic_auth_users: {{ann: '{hash}'}}\n");
    let folder = folder(&[
        ("tls.yml", tls),
        ("users.yml", &users),
        ("plain.yml", "basic_auth_users: {ann: secret}\n"),
    ]);
    let (code, _, err) = run(folder.path(), &["check", "web-config", "tls.yml"]);
    assert_eq!(code, 1);
    assert!(err.contains("tls.yml:2:14: ") && err.contains("cannot read `cert_file`"), "{err}");
    assert!(err.contains("cannot read `key_file`"), "{err}");
    assert_eq!(run(folder.path(), &["check", "web-config", "users.yml"]).0, 0);
    let (code, _, err) = run(folder.path(), &["check", "web-config", "plain.yml"]);
    assert_eq!(code, 1);
    assert!(err.contains("no bcrypt hash") && !err.contains("secret"), "{err}");
}

#[test]
fn the_schema_is_json_and_completions_are_scripts() {
    let folder = folder(&[]);
    let (code, out, _) = run(folder.path(), &["config", "schema"]);
    assert_eq!(code, 0);
    let schema: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(schema["properties"]["storage"].is_object());
    for (shell, word) in
        [("bash", "complete -F"), ("zsh", "#compdef flyball"), ("fish", "complete -c flyball")]
    {
        let (code, out, _) = run(folder.path(), &["completion", shell]);
        assert!(code == 0 && out.contains(word) && out.contains("web-config"), "{shell}");
    }
}

#[test]
fn a_reader_that_stops_early_is_no_failure() {
    let mut command = binary();
    command.args(["config", "schema"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn texts_of_receivers_are_rehearsed() {
    let text = "\
route: {receiver: team}
templates: [texts/*.tmpl]
receivers:
- name: team
  slack_configs:
  - {api_url: 'http://h', channel: c, text: '{{ template \"mine\" . }}', title: '{{ nope }}'}
  - {api_url: 'http://h', channel: c, text: '{{ (index .Alerts 1).Status }}'}
";
    let good = r#"{{ define "mine" }}{{ .Status }}{{ end }}"#;
    check(
        &[("am.yml", text), ("texts/a.tmpl", good)],
        &["check", "config", "am.yml"],
        &expect![[r#"
            Checking am.yml
              WARNING: am.yml: receiver "team", `receivers.slack_configs.text`: template: :1:4: executing "" at <index .Alerts 1>: error calling index: reflect: slice index out of range (rendering synthetic alerts)
            --
              FAILED: am.yml: receiver "team", `receivers.slack_configs.title`: template: :1: function "nope" not defined
            -- 1
        "#]],
    );
    let bad = "{{ define \"mine\" }}\n  {{ .Status | nope }}{{ end }}";
    check(
        &[("am.yml", &text.replace("nope", "1")), ("texts/a.tmpl", bad)],
        &["check", "config", "am.yml"],
        &expect![[r#"
            Checking am.yml
            --
              FAILED: texts/a.tmpl:2:3: cannot read templates: function "nope" not defined
                2 |   {{ .Status | nope }}{{ end }}
                  |   ^
            -- 1
        "#]],
    );
}
